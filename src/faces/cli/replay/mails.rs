//! Mails from files: mbox, Maildir, or a folder of single mails.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::message::Incoming;
use crate::mail::parse::{Limits, parse};

/// A mail that is played.
pub struct Mail {
    /// File, and place in it where there are several; folder and UID in a mailbox.
    pub name: String,
    pub raw: Bytes,
    pub read: Incoming,
    /// By its Date header, that of the one before it where it has none; in a mailbox when the server got it.
    pub at: Timestamp,
}

/// Reads all mails of files and folders, in the order of time; `before` is when one without a date came that is the
/// first.
///
/// # Errors
/// A file or folder that cannot be read.
pub fn mails(paths: &[PathBuf], before: Timestamp) -> io::Result<Vec<Mail>> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    let mut mails: Vec<Mail> = Vec::new();
    for file in files {
        let bytes = fs::read(&file)?;
        let shown = file.display().to_string();
        let parts = if bytes.starts_with(b"From ") { parted(&bytes) } else { vec![bytes] };
        let several = parts.len() > 1;
        for (n, raw) in parts.into_iter().enumerate() {
            let read = parse(&raw, &Limits::default());
            let at = read.date.or(mails.last().map(|mail| mail.at)).unwrap_or(before);
            let name = if several { format!("{shown}#{}", n + 1) } else { shown.clone() };
            mails.push(Mail { name, raw: raw.into(), read, at });
        }
    }
    mails.sort_by_key(|mail| mail.at);
    Ok(mails)
}

/// Files below a folder, sorted by name; those that are being delivered (`tmp` of a Maildir) and hidden ones are not
/// mails.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_folder = entry.is_dir();
        let of_server = name.starts_with('.') || name.starts_with("dovecot") || is_folder && name == "tmp";
        if !of_server {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

/// The mails of an mbox: each begins with a `From ` line behind an empty one (or at the beginning), and lines of text
/// that look like one have a `>` more than they had (RFC 4155, and the variant known as mboxrd).
fn parted(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut mails: Vec<Vec<u8>> = Vec::new();
    let mut after_empty = true;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let is_empty = line.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        if after_empty && line.starts_with(b"From ") {
            if let Some(done) = mails.last_mut() {
                drop_empty_end(done);
            }
            mails.push(Vec::new());
        } else if let Some(mail) = mails.last_mut() {
            let quoted = line.iter().position(|byte| *byte != b'>').unwrap_or(0);
            let escaped = quoted > 0 && line[quoted..].starts_with(b"From ");
            mail.extend_from_slice(if escaped { &line[1..] } else { line });
        }
        after_empty = is_empty;
    }
    mails
}

/// The empty line that parts two mails belongs to neither.
fn drop_empty_end(mail: &mut Vec<u8>) {
    for end in [&b"\r\n"[..], b"\n"] {
        let doubled = mail.ends_with(&[b"\n", end].concat());
        if doubled {
            mail.truncate(mail.len() - end.len());
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_mbox_is_parted_where_a_mail_begins() {
        let mbox = "From ona@client.example Mon Mar  2 09:00:00 2026\nSubject: one\n\nFrom here on\n>From there\n>>From x\n\n\
                    From - Mon Mar  2 10:00:00 2026\nSubject: two\n\nlast\n";
        let mails: Vec<String> =
            parted(mbox.as_bytes()).into_iter().map(|mail| String::from_utf8(mail).expect("text")).collect();
        assert_eq!(
            mails.len(),
            3,
            "a From line behind an empty one begins a mail, whatever it meant: {mails:?}"
        );
        let escaped = mbox.replace("\nFrom here", "\n>From here");
        let mails: Vec<String> = parted(escaped.as_bytes())
            .into_iter()
            .map(|mail| String::from_utf8(mail).expect("text"))
            .collect();
        assert_eq!(mails, ["Subject: one\n\nFrom here on\nFrom there\n>From x\n", "Subject: two\n\nlast\n"]);
        let crlf = parted(escaped.replace('\n', "\r\n").as_bytes());
        assert!(crlf[0].ends_with(b">From x\r\n"), "{:?}", String::from_utf8_lossy(&crlf[0]));
    }
}
