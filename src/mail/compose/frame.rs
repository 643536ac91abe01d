//! The body of a letter: text, HTML beside it, and the frame into which attachments are put when it is sent.
//!
//! `mixed( related( alternative( text, html ), pictures… ), attachments… )`, each layer only where it is needed.

use mail_builder::headers::Header;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::message_id::MessageId;
use mail_builder::mime::MimePart;
use sha2::{Digest, Sha256};

use super::{Draft, header, one_line};
use crate::domain::letter::{Attached, LetterPart, MsgId};

const FILE_NAME_CHARS_MAX: usize = 120;

pub(super) struct Framed {
    pub parts: Vec<LetterPart>,
    pub tail: Vec<u8>,
}

/// Appends content headers, texts and the opening of the frame to `head`.
pub(super) fn write_body(head: &mut Vec<u8>, draft: &Draft) -> Framed {
    let (pictures, files): (Vec<&Attached>, Vec<&Attached>) =
        draft.attachments.iter().partition(|attached| is_shown(attached, draft));
    let related = boundary(&draft.message_id, "related");
    let mixed = boundary(&draft.message_id, "mixed");
    if !files.is_empty() {
        open(head, ContentType::new("multipart/mixed").attribute("boundary", &mixed), &mixed);
    }
    if !pictures.is_empty() {
        let kind = ContentType::new("multipart/related").attribute("type", "multipart/alternative");
        open(head, kind.attribute("boundary", &related), &related);
    }
    write_texts(head, draft);

    let mut parts = Vec::with_capacity(draft.attachments.len());
    for picture in &pictures {
        parts.push(LetterPart { head: part_head("", &related, picture, true), attached: (*picture).clone() });
    }
    let close_related = if pictures.is_empty() { String::new() } else { format!("--{related}--\r\n") };
    for (at, file) in files.iter().enumerate() {
        let before = if at == 0 { close_related.as_str() } else { "" };
        parts.push(LetterPart { head: part_head(before, &mixed, file, false), attached: (*file).clone() });
    }
    let tail = if files.is_empty() { close_related } else { format!("--{mixed}--\r\n") };
    Framed { parts, tail: tail.into_bytes() }
}

/// Whether the HTML shows this picture where it stands.
fn is_shown(attached: &Attached, draft: &Draft) -> bool {
    match (&draft.html, content_id(attached)) {
        (Some(html), Some(id)) => html.contains(&format!("cid:{id}")),
        _ => false,
    }
}

fn open(head: &mut Vec<u8>, kind: ContentType<'_>, boundary: &str) {
    header(head, "Content-Type", kind);
    head.extend(format!("\r\n--{boundary}\r\n").as_bytes());
}

fn write_texts(head: &mut Vec<u8>, draft: &Draft) {
    let text = MimePart::new("text/plain", sound_lines(&draft.text));
    let body = match &draft.html {
        None => text,
        Some(html) => {
            let kind = ContentType::new("multipart/alternative")
                .attribute("boundary", boundary(&draft.message_id, "alternative"));
            MimePart::new(kind, vec![text, MimePart::new("text/html", sound_lines(html))])
        }
    };
    body.write_part(head);
    if !head.ends_with(b"\r\n") {
        head.extend(b"\r\n");
    }
}

/// A boundary that no text of ours can hold: `=_` occurs neither in base64 nor in quoted-printable, and the rest
/// cannot be foreseen by who does not know the Message-ID.
fn boundary(id: &MsgId, layer: &str) -> String {
    let digest = Sha256::digest(format!("{layer}:{id}"));
    let hex: String = digest[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("=_{hex}")
}

/// CRLF line ends throughout and at the end, no controls but tabs (RFC 5322, section 2.3).
fn sound_lines(text: &str) -> String {
    let mut sound = String::with_capacity(text.len() + text.len() / 32 + 2);
    let mut after_cr = false;
    for c in text.chars() {
        match c {
            ' '..='~' | 'À'..='ӿ' | '\t' => sound.push(c),
            '\n' if after_cr => {}
            '\r' | '\n' => sound.push_str("\r\n"),
            c if c.is_control() => {}
            c => sound.push(c),
        }
        after_cr = c == '\r';
    }
    if !sound.ends_with("\r\n") {
        sound.push_str("\r\n");
    }
    sound
}

fn part_head(before: &str, boundary: &str, attached: &Attached, shown: bool) -> Vec<u8> {
    let name = file_name(&attached.name);
    let mut head = format!("{before}--{boundary}\r\n").into_bytes();
    content_type(&attached.content_type, &name, &mut head);
    head.extend(b"Content-Transfer-Encoding: base64\r\n");
    let place = ContentType::new(if shown { "inline" } else { "attachment" });
    header(&mut head, "Content-Disposition", place.attribute("filename", &name));
    if let Some(id) = content_id(attached) {
        header(&mut head, "Content-ID", MessageId::new(id));
    }
    head.extend(b"\r\n");
    head
}

/// The type as the sender named it where it is one, with his charset. Mails and multiparts must not be written
/// in base64 (RFC 2045, section 6.4), so they travel as plain bytes.
fn content_type(named: &str, name: &str, out: &mut Vec<u8>) {
    let mut fields = named.split(';').map(str::trim);
    let kind = fields.next().unwrap_or_default().to_ascii_lowercase();
    let sound =
        kind.len() <= 120 && matches!(kind.split_once('/'), Some((a, b)) if is_token(a) && is_token(b));
    let whole = kind.starts_with("multipart/") || kind.starts_with("message/");
    let kind = if sound && !whole { kind } else { "application/octet-stream".to_owned() };
    let charset = fields.find_map(|field| {
        let (key, value) = field.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (key.trim().eq_ignore_ascii_case("charset") && is_token(value) && value.len() <= 40).then_some(value)
    });
    let mut written = ContentType::new(kind);
    if let Some(charset) = charset {
        written = written.attribute("charset", charset);
    }
    out.extend(b"Content-Type: ");
    written.attribute("name", name).write_header(out, "Content-Type: ".len());
}

/// RFC 2045, section 5.1.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&b))
}

fn content_id(attached: &Attached) -> Option<&str> {
    let id = attached.content_id.as_deref()?.trim().trim_start_matches('<').trim_end_matches('>');
    let sound = |b: u8| b.is_ascii_graphic() && !b"<>\"'()".contains(&b);
    (!id.is_empty() && id.len() <= 200 && id.bytes().all(sound)).then_some(id)
}

/// The last step of a path, without what would hide or change its meaning; its end is kept when it is cut.
fn file_name(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let base = one_line(base, usize::MAX / 8);
    let base = base.trim_start_matches(['.', ' ']).trim_end();
    if base.is_empty() {
        return "attachment".to_owned();
    }
    let length = base.chars().count();
    if length <= FILE_NAME_CHARS_MAX {
        return base.to_owned();
    }
    let ending = base.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending = if ending.chars().count() <= 10 { format!(".{ending}") } else { String::new() };
    let kept: String = base.chars().take(FILE_NAME_CHARS_MAX - ending.chars().count()).collect();
    format!("{kept}{ending}")
}
