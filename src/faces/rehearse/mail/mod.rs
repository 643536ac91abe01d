//! Raw mails of what a step says somebody writes, as the mail programs of clients and agents make them.

mod body;
mod header;

pub use header::address_of;

use data_encoding::BASE64;
use encoding_rs::Encoding;
use jiff::Zoned;

use super::conversation::{AttachedFile, Mail, NameEncoding};
use crate::domain::address::Address;
use crate::domain::message::Incoming;

/// How the lines of a mail end where it is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// As on the wire.
    #[default]
    CrLf,
    /// As in files of old Unix programs.
    Lf,
}

/// A mail that later ones refer to and quote: whatever of it a mail program keeps for that.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// Without angle brackets.
    pub message_id: String,
    pub references: Vec<String>,
    /// Where its answers are to go.
    pub reply_to: Option<Address>,
    /// Everybody on To and Cc.
    pub to: Vec<Address>,
    pub text: String,
}

impl Earlier {
    /// What a mail program keeps of a mail that it has read.
    pub fn of(mail: &Incoming) -> Earlier {
        let reply_to = mail.reply_to.as_ref().or(mail.from.mailbox());
        Earlier {
            message_id: mail.message_id.clone().unwrap_or_default(),
            references: mail.references.clone(),
            reply_to: reply_to.map(|m| m.address.clone()),
            to: mail.to.iter().chain(&mail.cc).map(|m| m.address.clone()).collect(),
            text: mail.text.clone(),
        }
    }
}

/// All that a raw mail needs beside the words of its step.
pub struct Writing<'a> {
    /// The sender's clock.
    pub at: &'a Zoned,
    /// Left part of its Message-ID; another for each step.
    pub id: &'a str,
    /// Where it goes if the step does not say.
    pub to: &'a Address,
    pub answers: Option<&'a Earlier>,
    /// Texts of earlier mails, by name, for quotations.
    pub text_of: &'a dyn Fn(&str) -> Option<String>,
    /// Language of running text.
    pub language: &'a str,
    pub line_ends: LineEnds,
}

/// The bytes of a mail.
///
/// # Errors
/// A charset or a named mail that does not exist, or a text that the charset cannot write.
pub fn write(mail: &Mail, writing: &Writing<'_>) -> Result<Vec<u8>, String> {
    let label = mail.charset.as_deref().unwrap_or("utf-8");
    let charset =
        Encoding::for_label(label.as_bytes()).ok_or_else(|| format!("charset {label:?} is not known"))?;
    let top = content(mail, writing, charset, label)?;
    let mut head = header::Head::new(charset, label);
    head.add("Return-Path", "<>").replace_if(!is_report(mail), "Return-Path", &angled(&mail.from));
    head.add("Date", &jiff::fmt::rfc2822::to_string(writing.at).map_err(|e| e.to_string())?);
    head.add_people("From", std::slice::from_ref(&mail.from))?;
    let desk = [writing.to.to_string()];
    head.add_people("To", mail.to.as_deref().unwrap_or(&desk))?;
    head.add_people("Cc", &mail.cc)?;
    head.add("Message-ID", &format!("<{}@{}>", writing.id, domain(&mail.from)));
    if let Some(earlier) = writing.answers {
        head.add("In-Reply-To", &format!("<{}>", earlier.message_id));
        let thread = earlier.references.iter().chain([&earlier.message_id]);
        head.add("References", &thread.map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\n "));
    }
    head.add_text("Subject", &mail.subject)?;
    head.add("MIME-Version", "1.0");
    for (name, value) in &top.head {
        head.add(name, value);
    }
    for (name, value) in mail.headers.iter().filter(|(name, _)| !(is_report(mail) && is_content_type(name))) {
        head.replace(name, value)?;
    }
    let mut bytes = head.into_bytes();
    bytes.push(b'\n');
    bytes.extend(top.body);
    Ok(match writing.line_ends {
        LineEnds::Lf => bytes,
        LineEnds::CrLf => as_on_the_wire(&bytes),
    })
}

fn as_on_the_wire(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n");
        wire.extend_from_slice(text.unwrap_or(line));
        if text.is_some() {
            wire.extend_from_slice(b"\r\n");
        }
    }
    wire
}

/// One MIME entity; lines end in LF.
struct Part {
    head: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

fn content(
    mail: &Mail,
    writing: &Writing<'_>,
    charset: &'static Encoding,
    label: &str,
) -> Result<Part, String> {
    let body = mail.body.as_deref().map(|text| body::written(text, writing)).transpose()?;
    if is_report(mail) {
        return Ok(report(body.unwrap_or_default(), writing));
    }
    let plain = body.map(|text| text_part("plain", &text, charset, label)).transpose()?;
    let html = mail.html.as_deref().map(|text| text_part("html", text, charset, label)).transpose()?;
    let text = match (plain, html) {
        (Some(plain), Some(html)) => multipart("alternative", writing.id, vec![plain, html]),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => text_part("plain", "", charset, label)?,
    };
    let (inline, attached): (Vec<_>, Vec<_>) = mail.attachments.iter().partition(|a| a.inline);
    let text = with_files("related", writing.id, text, &inline);
    Ok(with_files("mixed", writing.id, text, &attached))
}

fn with_files(kind: &str, id: &str, text: Part, files: &[&AttachedFile]) -> Part {
    if files.is_empty() {
        return text;
    }
    let parts = std::iter::once(text).chain(files.iter().map(|file| file_part(file)));
    multipart(kind, id, parts.collect())
}

fn text_part(kind: &str, text: &str, charset: &'static Encoding, label: &str) -> Result<Part, String> {
    let bytes = header::encoded(text, charset, label)?;
    // RFC 5322, section 2.1.1: no line over 998 bytes.
    let fits = bytes.split(|b| *b == b'\n').all(|line| line.len() <= 998);
    let (transfer, body) = if fits { ("8bit", bytes) } else { ("base64", base64_lines(&bytes)) };
    let head = vec![
        ("Content-Type", format!("text/{kind}; charset={label}")),
        ("Content-Transfer-Encoding", transfer.to_owned()),
    ];
    Ok(Part { head, body })
}

fn file_part(file: &AttachedFile) -> Part {
    let disposition = if file.inline { "inline" } else { "attachment" };
    let name = match file.name_encoding {
        _ if file.name.is_ascii() => format!("filename=\"{}\"", file.name),
        NameEncoding::Rfc2231 => format!("filename*=UTF-8''{}", header::percent(&file.name)),
        NameEncoding::Rfc2047 => format!("filename=\"{}\"", header::utf8_words(&file.name)),
    };
    let mut head = vec![
        ("Content-Type", file.content_type.clone()),
        ("Content-Transfer-Encoding", "base64".to_owned()),
        ("Content-Disposition", format!("{disposition};\n {name}")),
    ];
    if file.inline {
        head.push(("Content-ID", format!("<{}>", content_id(&file.name))));
    }
    Part { head, body: base64_lines(&bytes_of(file)) }
}

/// `logo.png@rehearsal`: HTML refers to an inline picture by it.
fn content_id(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' });
    format!("{}@rehearsal", plain.collect::<String>())
}

/// The contents of an attachment: its name over and over.
pub fn bytes_of(file: &AttachedFile) -> Vec<u8> {
    let line = format!("{}\n", file.name).into_bytes();
    let mut bytes = line.repeat(file.size / line.len() + 1);
    bytes.truncate(file.size);
    bytes
}

fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() / 57 * 77 + 78);
    for chunk in bytes.chunks(57) {
        lines.extend(BASE64.encode(chunk).into_bytes());
        lines.push(b'\n');
    }
    lines
}

fn multipart(kind: &str, id: &str, parts: Vec<Part>) -> Part {
    let boundary = format!("=_{kind}-{id}");
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{boundary}\n").into_bytes());
        for (name, value) in &part.head {
            body.extend(format!("{name}: {value}\n").into_bytes());
        }
        body.push(b'\n');
        body.extend(part.body);
        if body.last() != Some(&b'\n') {
            body.push(b'\n');
        }
    }
    body.extend(format!("--{boundary}--\n").into_bytes());
    let kind = if kind == "report" { "report; report-type=delivery-status" } else { kind };
    Part { head: vec![("Content-Type", format!("multipart/{kind};\n boundary=\"{boundary}\""))], body }
}

/// A delivery report (RFC 3462, RFC 3464): the step's body is its machine-readable part.
fn report(status: String, writing: &Writing<'_>) -> Part {
    let part = |kind: &str, text: String| Part {
        head: vec![("Content-Type", kind.to_owned())],
        body: text.into_bytes(),
    };
    let mut parts = vec![
        part(
            "text/plain; charset=us-ascii",
            "This is the mail system. Your message could not be delivered.\n".to_owned(),
        ),
        part("message/delivery-status", status),
    ];
    if let Some(earlier) = writing.answers {
        parts.push(part("text/rfc822-headers", format!("Message-ID: <{}>\n", earlier.message_id)));
    }
    multipart("report", writing.id, parts)
}

fn is_content_type(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-type")
}

fn is_report(mail: &Mail) -> bool {
    let mut headers = mail.headers.iter();
    headers.any(|(name, value)| is_content_type(name) && value.to_lowercase().starts_with("multipart/report"))
}

/// `<address>` of `Name <address>`.
fn angled(person: &str) -> String {
    format!("<{}>", address_of(person))
}

fn domain(person: &str) -> &str {
    address_of(person).rsplit_once('@').map_or("rehearsal.invalid", |(_, domain)| domain)
}

#[cfg(test)]
mod tests;
