//! Bytes to an incoming mail. Total: whatever the bytes are, something comes out, in linear time.
//!
//! The structure is found by a reader of our own, so that limits hold before anything is built, parts have
//! numbers that never move, and the damage that mail suffers is mended in one place each. Date fields and
//! UTF-7 are left to mail-parser.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{Offset, TimeZone};

use crate::domain::address::Address;
use crate::domain::message::{Attachment, Author, Defect, Enclosed, Incoming, ReturnPath, Sender};
use crate::mail::{automatic, bounce};
use head::{Head, ids};
use tree::{Part, Tree};

mod armor;
pub mod digest;
mod file_name;
mod flowed;
pub mod head;
pub mod mailbox;
pub mod parameter;
pub mod received;
mod text;
mod transfer;
pub mod tree;
pub mod word;
mod wrapped;

pub use file_name::safe as safe_name;

/// Bounds of what is read of one mail (invariant 13). What lies beyond is noted as a defect; the raw mail
/// holds it all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a longer mail only the header block is read.
    pub mail_bytes: usize,
    /// Of one header block.
    pub header_bytes: usize,
    pub header_fields: usize,
    pub parts: usize,
    /// Multiparts within multiparts.
    pub depth: usize,
    /// Over To and Cc together.
    pub addresses: usize,
    pub attachments: usize,
    /// Of readable text.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            mail_bytes: 50 << 20,
            header_bytes: 1 << 20,
            header_fields: 1_000,
            parts: 1_000,
            depth: 50,
            addresses: 500,
            attachments: 200,
            text_bytes: 1 << 20,
        }
    }
}

/// The mark of a mail that only its words make a report.
pub const REPORT_BY_WORDING: &str = "the text is a delivery report";

/// Longest subject in characters.
const SUBJECT_CHARS_MAX: usize = 2_000;

/// Where a mail's own header and body lie, once line ends that only old machines write are mended.
struct Opened<'x> {
    bytes: Cow<'x, [u8]>,
    from: usize,
    head_end: usize,
    body: usize,
}

/// Reads a mail. Never fails, never panics.
pub fn parse(bytes: &[u8], limits: &Limits) -> Incoming {
    let opened = open(bytes);
    let size = bytes.len();
    let is_oversize = size > limits.mail_bytes;
    let seen = if is_oversize { &opened.bytes[..opened.body] } else { &opened.bytes[..] };
    let tree = Tree::read(seen, opened.from, opened.head_end, opened.body, limits);
    let head = &tree.parts[0].head;
    let (raw, fingerprint) = if let Cow::Borrowed(all) = &opened.bytes {
        digest::both(all, head, opened.body)
    } else {
        (digest::of(bytes), digest::both(&opened.bytes, head, opened.body).1)
    };
    let mut defects = Vec::new();
    if is_oversize {
        defects.push(Defect::Oversize);
    }
    if size == 0 || head.fields.is_empty() {
        defects.push(Defect::Unparsable);
    }
    defects.extend(tree.limits.iter().map(|name| Defect::Limit((*name).to_owned())));
    let from = mailbox::sender(head.all("from"));
    let mut incoming = envelope(head, from, limits, &mut defects);
    incoming.raw = raw;
    incoming.fingerprint = fingerprint;
    incoming.size_bytes = size as u64;
    if !is_oversize {
        content(&tree, &mut incoming, limits, &mut defects);
    }
    let seen = automatic::Seen {
        tree: &tree,
        from: &incoming.from,
        return_path: incoming.return_path.as_ref(),
        subject: &incoming.subject,
    };
    incoming.machine = automatic::classify(&seen);
    incoming.report = bounce::read(&tree, &incoming);
    if incoming.report.is_some() && incoming.machine.kind == Author::Person {
        incoming.machine.kind = Author::Bounce;
        incoming.machine.marks.push(REPORT_BY_WORDING.to_owned());
    }
    incoming.defects = defects;
    incoming
}

/// The decoded bytes of part `number` of a mail, counted as [`Attachment::part`] is.
pub fn part(bytes: &[u8], number: u32) -> Option<Vec<u8>> {
    let opened = open(bytes);
    // The same limits for ever, or numbers would move when an operator changes one.
    let limits = Limits { mail_bytes: usize::MAX, ..Limits::default() };
    let tree = Tree::read(&opened.bytes, opened.from, opened.head_end, opened.body, &limits);
    if let Some((part, place)) = wrapped::place(number) {
        return wrapped::file(tree.parts.get(part)?, place, &limits);
    }
    let part = tree.parts.get(usize::try_from(number).ok()?)?;
    Some(text::encoding(part).decode(part.body))
}

/// Finds header block and body. A line of an mbox file before the header is passed over.
fn open(bytes: &[u8]) -> Opened<'_> {
    let (mut head_end, mut body) = head::block_end(bytes, 0);
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1).is_some_and(|next| *next != b'\n');
    let bytes = if (0..head_end).any(lone) {
        let mended = lines_mended(bytes);
        (head_end, body) = head::block_end(&mended, 0);
        Cow::Owned(mended)
    } else {
        Cow::Borrowed(bytes)
    };
    let mut from = 0;
    while let Some(rest) = bytes.get(from..) {
        let (end, next) = head::line(&bytes, from);
        let text = &rest[..end - from];
        let is_mbox = text.starts_with(b"From ") || text.starts_with(b">From ");
        if from < bytes.len() && (is_mbox || text.trim_ascii().is_empty()) && next > from {
            from = next;
        } else {
            break;
        }
    }
    if from > 0 {
        (head_end, body) = head::block_end(&bytes, from);
    }
    let first = head::line(&bytes, from).0;
    let has_head = head::field_name(&bytes[from..first]).is_some()
        || !Head::read(&bytes[from..head_end], 4_096, 1).fields.is_empty()
            && looks_like_head(&bytes[from..head_end]);
    if !has_head {
        (head_end, body) = (from, from);
    }
    Opened { bytes, from, head_end, body }
}

/// Whether a block that starts with garbage is a header all the same.
fn looks_like_head(block: &[u8]) -> bool {
    let head = Head::read(block, 1 << 20, 1_000);
    ["from", "received", "message-id", "mime-version", "return-path"].iter().any(|name| head.has(name))
}

/// Lone CR, and CR CR LF, become LF (D20).
fn lines_mended(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'\r' {
            let run = bytes[at..].iter().take_while(|b| **b == b'\r').count();
            if bytes.get(at + run) != Some(&b'\n') {
                out.extend(std::iter::repeat_n(b'\n', run));
            }
            at += run;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

/// What the header says.
fn envelope(head: &Head<'_>, from: Sender, limits: &Limits, defects: &mut Vec<Defect>) -> Incoming {
    for name in ["From", "Subject", "Message-ID", "Date", "Content-Type", "To", "Cc", "Reply-To"] {
        if head.all(name).count() > 1 {
            defects.push(Defect::RepeatedHeader(name.to_owned()));
        }
    }
    let date = head.plain("date").and_then(|value| date(&value));
    if date.is_none() {
        defects.push(Defect::Date);
    }
    let (to, left) = recipients(head, "to", limits.addresses, defects);
    let (cc, _) = recipients(head, "cc", left, defects);
    let delivered = ["delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"];
    let mut delivered_to: Vec<Address> = Vec::new();
    for address in delivered.iter().flat_map(|name| head.all(name)).take(50).filter_map(mailbox::bare) {
        if !delivered_to.contains(&address) {
            delivered_to.push(address);
        }
    }
    Incoming {
        fingerprint: crate::domain::hash::Hash([0; 32]),
        raw: crate::domain::hash::Hash([0; 32]),
        size_bytes: 0,
        message_id: head.raw("message-id").and_then(|v| ids(v).into_iter().next()),
        reply_to: head.raw("reply-to").and_then(|v| mailbox::list(v, 1).0.first()?.mailbox()),
        to,
        cc,
        delivered_to,
        return_path: head.raw("return-path").and_then(return_path),
        subject: subject(head, &from, defects),
        date,
        in_reply_to: head.raw("in-reply-to").map(ids).unwrap_or_default(),
        references: head.raw("references").map(ids).unwrap_or_default(),
        from,
        text: String::new(),
        attachments: Vec::new(),
        enclosed: None,
        machine: crate::domain::message::Machine::default(),
        report: None,
        authentication: head.all("authentication-results").take(50).map(head::plain).collect(),
        spam: spam(head),
        instances: head.all("x-maildesk-instance").take(100).map(head::plain).collect(),
        hops: head.all("received").count(),
        defects: Vec::new(),
    }
}

/// Repeated fields are merged (D17); `max` addresses are taken, the number left over comes second.
fn recipients(
    head: &Head<'_>,
    name: &str,
    max: usize,
    defects: &mut Vec<Defect>,
) -> (Vec<crate::domain::address::Mailbox>, usize) {
    let mut found = Vec::new();
    let mut left = max;
    for value in head.all(name) {
        let (entries, more) = mailbox::list(value, left);
        left -= entries.len();
        found.extend(entries.iter().filter_map(mailbox::Entry::mailbox));
        if more {
            defects.push(Defect::Limit("addresses".to_owned()));
            break;
        }
    }
    (found, left)
}

fn subject(head: &Head<'_>, from: &Sender, defects: &mut Vec<Defect>) -> String {
    let tld = tld(from);
    let all: Vec<String> = head.all("subject").take(5).map(|v| word::decode(&head::unfold(v), tld)).collect();
    let mut joined = String::new();
    for (i, one) in all.iter().enumerate() {
        if !all[..i].contains(one) {
            joined.push_str(if joined.is_empty() { "" } else { " " });
            joined.push_str(one);
        }
    }
    if joined.chars().count() > SUBJECT_CHARS_MAX {
        defects.push(Defect::Limit("subject".to_owned()));
        joined = joined.chars().take(SUBJECT_CHARS_MAX).collect();
    }
    joined
}

/// The sender's top level domain: a hint for guessing charsets.
fn tld(from: &Sender) -> Option<&str> {
    from.mailbox().and_then(|m| m.address.domain().rsplit('.').next())
}

fn return_path(value: &[u8]) -> Option<ReturnPath> {
    let plain = head::plain(value);
    if matches!(plain.as_str(), "<>" | "< >" | "") {
        return Some(ReturnPath::Empty);
    }
    mailbox::bare(value).map(ReturnPath::Address)
}

/// The Date field where it names an instant that can be (D15).
fn date(value: &str) -> Option<Timestamp> {
    let read = mail_parser::DateTime::parse_rfc822(&with_seconds(value))?;
    let small = |n: u8| i8::try_from(n).ok();
    let year = i16::try_from(read.year).ok().filter(|y| (1980..2200).contains(y))?;
    let local = civil::DateTime::new(
        year,
        small(read.month)?,
        small(read.day)?,
        small(read.hour)?,
        small(read.minute)?,
        small(read.second)?.min(59),
        0,
    )
    .ok()?;
    let seconds = i32::from(read.tz_hour) * 3600 + i32::from(read.tz_minute) * 60;
    let offset = Offset::from_seconds(if read.tz_before_gmt { -seconds } else { seconds }).ok()?;
    (read.tz_hour <= 15 && read.tz_minute < 60).then_some(())?;
    TimeZone::fixed(offset).to_timestamp(local).ok()
}

/// A date whose time has no seconds (RFC 5322 allows it, the parser does not), with them.
fn with_seconds(value: &str) -> String {
    let is_short = |word: &&str| {
        let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        word.split_once(':').is_some_and(|(hour, minute)| digits(hour) && digits(minute))
    };
    match value.split_whitespace().find(is_short) {
        Some(time) => value.replacen(time, &format!("{time}:00"), 1),
        None => value.to_owned(),
    }
}

/// The first mark of a spam filter that is sure.
fn spam(head: &Head<'_>) -> Option<String> {
    for name in ["X-Spam-Flag", "X-Spam", "X-Spam-Status"] {
        if let Some(value) = head.plain(name)
            && value.get(..3).is_some_and(|v| v.eq_ignore_ascii_case("yes"))
        {
            return Some(format!("{name}: {}", value.split([',', ' ', ';']).next().unwrap_or_default()));
        }
    }
    let scl = head.plain("X-MS-Exchange-Organization-SCL").or_else(|| {
        let report = head.plain("X-Forefront-Antispam-Report")?;
        report.split(';').find_map(|item| item.trim().strip_prefix("SCL:").map(str::to_owned))
    })?;
    scl.trim().parse::<i32>().ok().filter(|level| *level >= 5).map(|level| format!("SCL: {level}"))
}

/// Text and attachments.
fn content(tree: &Tree<'_>, incoming: &mut Incoming, limits: &Limits, defects: &mut Vec<Defect>) {
    let hint = tld(&incoming.from).map(str::to_owned);
    let mut reading = text::read(tree, hint.as_deref(), limits);
    incoming.text = std::mem::take(&mut reading.text);
    defects.append(&mut reading.defects);
    defects.extend(encrypted(tree, &incoming.text));
    let is_report = tree.parts.iter().any(|part| part.content.main == "multipart/report");
    let letter = tree.parts.iter().find(|part| !is_report && part.content.main == "message/rfc822");
    incoming.enclosed = letter.map(|part| Box::new(enclosed(part, limits)));
    for (number, part) in files(tree, &reading) {
        let mut found = match wrapped::open(part, number as u32, limits) {
            Some(mut wrapped) => {
                if incoming.text.is_empty() {
                    incoming.text = text::bounded(&wrapped.text, limits.text_bytes);
                }
                if !wrapped.is_whole {
                    wrapped.attachments.push(attachment(part, number as u32, &reading));
                }
                wrapped.attachments
            }
            None => vec![attachment(part, number as u32, &reading)],
        };
        let room = limits.attachments - incoming.attachments.len();
        let has_room = found.len() <= room;
        found.truncate(room);
        incoming.attachments.append(&mut found);
        if !has_room {
            defects.push(Defect::Limit("attachments".to_owned()));
            break;
        }
    }
}

/// The parts that are neither text nor what holds others together, with their numbers.
fn files<'t, 'x>(
    tree: &'t Tree<'x>,
    reading: &'t text::Reading,
) -> impl Iterator<Item = (usize, &'t Part<'x>)> {
    tree.parts.iter().enumerate().filter(|(number, part)| {
        let structural = part.is_multipart() && *number != 0 || tree.children(*number).next().is_some();
        !structural && !reading.used.contains(number) && !is_nothing(part)
    })
}

/// Who wrote an attached mail, and what.
fn enclosed(part: &Part<'_>, limits: &Limits) -> Enclosed {
    let seen = &part.body[..part.body.len().min(limits.text_bytes.saturating_mul(8))];
    let bytes = text::encoding(part).decode(seen);
    let opened = open(&bytes);
    let tree = Tree::read(&opened.bytes, opened.from, opened.head_end, opened.body, limits);
    let from = mailbox::sender(tree.parts[0].head.all("from"));
    let hint = tld(&from).map(str::to_owned);
    Enclosed { text: text::read(&tree, hint.as_deref(), limits).text, from }
}

/// An empty text without a name: what mail programs leave between files.
fn is_nothing(part: &Part<'_>) -> bool {
    part.body.trim_ascii().is_empty()
        && part.disposition.param("filename").is_none()
        && part.content.param("name").is_none()
        && part.disposition.main != "attachment"
}

fn attachment(part: &Part<'_>, number: u32, reading: &text::Reading) -> Attachment {
    let mut hash = digest::Running::default();
    let mut size_bytes = 0;
    text::encoding(part).pieces(part.body, |piece| {
        size_bytes += piece.len() as u64;
        hash.take(piece);
    });
    let content_id = part.head.raw("content-id").and_then(|v| ids(v).into_iter().next());
    let content_id = content_id.or_else(|| part.head.plain("content-id").filter(|id| !id.is_empty()));
    let content_id = content_id.map(|id| id.trim_matches(['<', '>']).to_owned());
    let shown = content_id.as_ref().is_some_and(|id| reading.shown.contains(id));
    let location = part.head.plain("content-location").is_some_and(|l| reading.shown.contains(&l));
    let is_picture = part.content.main.starts_with("image/");
    let is_signature = part.content.main.ends_with("-signature");
    Attachment {
        name: name(part, number),
        content_type: part.content.main.clone(),
        size_bytes,
        hash: hash.end(),
        part: number,
        inline: shown || location || is_picture && part.disposition.main == "inline" || is_signature,
        content_id,
    }
}

/// The name that the part brings, made safe; of an attached mail its subject.
fn name(part: &Part<'_>, number: u32) -> String {
    let given = part.disposition.param("filename").or_else(|| part.content.param("name"));
    let subject = || {
        let is_mail = part.content.main == "message/rfc822" && part.encoding == transfer::Encoding::None;
        let (end, _) = head::block_end(part.body, 0);
        let subject = is_mail.then(|| Head::read(&part.body[..end], 1 << 16, 200).text("subject")).flatten();
        subject.and_then(|s| file_name::safe(&s)).map(|s| format!("{s}.eml"))
    };
    given
        .and_then(file_name::safe)
        .or_else(subject)
        .unwrap_or_else(|| file_name::invented(&part.content.main, number))
}

/// Encrypted or signed mail is kept as it came and said to be so (D21).
fn encrypted(tree: &Tree<'_>, text: &str) -> Option<Defect> {
    let by_type = tree.parts.iter().find_map(|part| match part.content.main.as_str() {
        "multipart/encrypted" => Some("PGP/MIME, encrypted"),
        "multipart/signed" => Some("signed"),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => match part.content.param("smime-type") {
            Some("signed-data") => Some("S/MIME, signed"),
            None if wrapped::is_signed(part) => Some("S/MIME, signed"),
            _ => Some("S/MIME, encrypted"),
        },
        _ => None,
    });
    let inline = text.lines().any(|l| l == "-----BEGIN PGP MESSAGE-----").then_some("PGP, encrypted");
    by_type.or(inline).map(|kind| Defect::Encrypted(kind.to_owned()))
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
