//! People's mails, and how they hand them in: over SMTP, as their mail programs would.

use std::io;
use std::time::Duration;

use jiff::Zoned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::cast::Role;
use crate::domain::message::{Incoming, ReturnPath};
use crate::mail::wire::within;

/// Longest wait for a reply of the sandbox.
const REPLY_MAX: Duration = Duration::from_secs(10);

/// A mail with its envelope.
#[derive(Clone, Debug)]
pub struct Written {
    /// `None` is `<>`.
    pub envelope_from: Option<String>,
    pub to: String,
    pub subject: String,
    pub bytes: Vec<u8>,
}

/// Writes mails; each gets a Message-ID of its own.
#[derive(Debug, Default)]
pub struct Pen {
    written: u32,
}

impl Pen {
    /// A new mail to the desk.
    pub fn letter(&mut self, who: Role, subject: &str, text: &str, now: &Zoned) -> Written {
        self.mail(who, Role::Desk.address(), subject, &[], text, now)
    }

    /// A reply to `letter`, quoted below the new text.
    pub fn reply(&mut self, who: Role, letter: &Incoming, text: &str, now: &Zoned) -> Written {
        let from = letter.from.mailbox();
        let to = letter.reply_to.as_ref().or(from).map(|m| m.address.to_string()).unwrap_or_default();
        let author = from.map(|m| format!("{} <{}>", m.name, m.address)).unwrap_or_default();
        let date = letter.date.map_or_else(|| now.clone(), |date| date.to_zoned(now.time_zone().clone()));
        let quoted: String = letter.text.lines().map(|line| format!("> {line}\n")).collect();
        let text = format!("{text}\n\nOn {}, {author} wrote:\n{quoted}", date.strftime("%Y-%m-%d %H:%M"));
        let headers = thread(letter);
        self.mail(who, &to, &format!("Re: {}", letter.subject), &headers, &text, now)
    }

    /// What a mail program says of itself while its owner is away: to the envelope sender of `letter`, from nobody
    /// (RFC 3834, sections 3 and 4). `None` where the letter may not be answered so.
    pub fn away(
        &mut self,
        who: Role,
        letter: &Incoming,
        prefix: &str,
        text: &str,
        now: &Zoned,
    ) -> Option<Written> {
        let Some(ReturnPath::Address(to)) = &letter.return_path else { return None };
        let mut headers = thread(letter);
        headers.push(("Auto-Submitted", "auto-replied".to_owned()));
        let subject = format!("{prefix}: {}", letter.subject);
        let written = self.mail(who, to.as_str(), &subject, &headers, text, now);
        Some(Written { envelope_from: None, ..written })
    }

    fn mail(
        &mut self,
        who: Role,
        to: &str,
        subject: &str,
        headers: &[(&str, String)],
        text: &str,
        now: &Zoned,
    ) -> Written {
        self.written += 1;
        let (name, address) = (who.name(), who.address());
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        let id = format!("{}.{}@{domain}", now.strftime("%Y%m%d%H%M"), self.written);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S %z");
        let more: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let mail = format!(
            "From: {name} <{address}>\nTo: <{to}>\nSubject: {subject}\nDate: {date}\nMessage-ID: <{id}>\n{more}\
             MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
             {text}\n"
        );
        Written {
            envelope_from: Some(address.to_owned()),
            to: to.to_owned(),
            subject: subject.to_owned(),
            bytes: mail.replace('\n', "\r\n").into_bytes(),
        }
    }
}

/// The headers by which mail programs thread (RFC 5322, section 3.6.4).
fn thread(letter: &Incoming) -> Vec<(&'static str, String)> {
    let Some(id) = &letter.message_id else { return Vec::new() };
    let ids: String = letter.references.iter().map(|id| format!("<{id}> ")).collect();
    vec![("In-Reply-To", format!("<{id}>")), ("References", format!("{ids}<{id}>"))]
}

/// Hands a mail to the server on loopback. Headers are UTF-8 as they stand (RFC 6531, section 3.4).
///
/// # Errors
/// The server cannot be reached, is silent, or refuses: with its words.
pub async fn hand_in(mail: &Written, smtp_port: u16) -> io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", smtp_port)).await?;
    stream.set_nodelay(true)?;
    let mut line = BufReader::new(stream);
    reply(&mut line).await?;
    let sender = mail.envelope_from.as_deref().unwrap_or_default();
    let words = [
        "EHLO laptop.example".to_owned(),
        format!("MAIL FROM:<{sender}> BODY=8BITMIME SMTPUTF8"),
        format!("RCPT TO:<{}>", mail.to),
        "DATA".to_owned(),
    ];
    for word in words {
        line.write_all(format!("{word}\r\n").as_bytes()).await?;
        reply(&mut line).await?;
    }
    line.write_all(&with_dots_doubled(&mail.bytes)).await?;
    line.write_all(b".\r\n").await?;
    reply(&mut line).await?;
    line.write_all(b"QUIT\r\n").await?;
    reply(&mut line).await
}

/// Reads a reply to its last line; one that says no is an error.
async fn reply(line: &mut BufReader<TcpStream>) -> io::Result<()> {
    loop {
        let mut text = String::new();
        within(REPLY_MAX, "the sandbox", line.read_line(&mut text)).await?;
        if text.as_bytes().get(3) == Some(&b'-') {
            continue;
        }
        return if text.starts_with(['2', '3']) { Ok(()) } else { Err(io::Error::other(text.trim_end())) };
    }
}

/// A dot before each that begins a line (RFC 5321, section 4.5.2).
fn with_dots_doubled(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 16);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out
}
