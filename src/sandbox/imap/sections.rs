//! A mail as parts, and the bytes that a section of FETCH names (RFC 3501, 6.4.5).

use imap_codec::imap_types::core::AString;
use imap_codec::imap_types::fetch::Section;
use mail_parser::{Header, Message, MessageParser, PartType};

/// Parts inside parts deeper than this are shown as leaves, so that no mail can exhaust the stack.
const DEPTH_MAX: usize = 40;

/// One part of a mail; the mail itself is the root.
pub(super) struct Part<'m> {
    /// The header with the empty line that ends it.
    pub header: &'m [u8],
    pub body: &'m [u8],
    /// The fields as mail-parser understood them.
    pub fields: Vec<Header<'m>>,
    pub kind: Kind<'m>,
}

/// What a part holds.
pub(super) enum Kind<'m> {
    Leaf,
    Multipart(Vec<Part<'m>>),
    /// A message/rfc822 with the mail inside.
    Message(Box<Part<'m>>),
}

impl<'m> Part<'m> {
    /// Takes a mail apart.
    pub fn read(mail: &'m [u8]) -> Part<'m> {
        Part::read_at(mail, 0)
    }

    fn read_at(mail: &'m [u8], depth: usize) -> Part<'m> {
        let parsed = MessageParser::default().parse(mail);
        match parsed.as_ref().filter(|message| !message.parts.is_empty()) {
            Some(message) => Part::of(mail, message, 0, depth),
            None => {
                let (header, body) = split(mail);
                Part { header, body, fields: Vec::new(), kind: Kind::Leaf }
            }
        }
    }

    fn of(mail: &'m [u8], message: &Message<'m>, id: usize, depth: usize) -> Part<'m> {
        let part = &message.parts[id];
        let slice = |from: u32, to: u32| mail.get(from as usize..to as usize).unwrap_or_default();
        let body = slice(part.offset_body, part.offset_end);
        let kind = match &part.body {
            _ if depth >= DEPTH_MAX => Kind::Leaf,
            PartType::Multipart(children) if !children.is_empty() => {
                let known =
                    children.iter().map(|&child| child as usize).filter(|&child| child < message.parts.len());
                Kind::Multipart(known.map(|child| Part::of(mail, message, child, depth + 1)).collect())
            }
            // Offsets inside count from the mail outside, so the mail inside is read for itself.
            PartType::Message(_) if part.encoding == mail_parser::Encoding::None => {
                Kind::Message(Box::new(Part::read_at(body, depth + 1)))
            }
            _ => Kind::Leaf,
        };
        let header = slice(part.offset_header, part.offset_body);
        Part { header, body, fields: part.headers.clone(), kind }
    }

    /// The part at a path of numbers. A mail that is no multipart has itself as part 1.
    fn at(&self, path: &[u32]) -> Option<&Part<'m>> {
        let (&number, deeper) = path.split_first()?;
        let index = (number as usize).checked_sub(1)?;
        let mut part = match &self.kind {
            Kind::Multipart(children) => children.get(index)?,
            _ => (index == 0).then_some(self)?,
        };
        for (depth, _) in deeper.iter().enumerate() {
            part = match &part.kind {
                Kind::Multipart(children) => children.get((deeper[depth] as usize).checked_sub(1)?)?,
                Kind::Message(inside) => return inside.at(&deeper[depth..]),
                Kind::Leaf => return None,
            };
        }
        Some(part)
    }

    /// The mail inside the message/rfc822 part at a path.
    fn mail_at(&self, path: &[u32]) -> Option<&Part<'m>> {
        match &self.at(path)?.kind {
            Kind::Message(inside) => Some(inside),
            _ => None,
        }
    }
}

/// The bytes of a section of a mail; `None` if the mail has no such part.
pub(super) fn section(mail: &[u8], section: Option<&Section<'_>>) -> Option<Vec<u8>> {
    let numbers = |part: &imap_codec::imap_types::fetch::Part| -> Vec<u32> {
        part.0.as_ref().iter().map(|number| number.get()).collect()
    };
    let header_at = |part: &Option<imap_codec::imap_types::fetch::Part>| -> Option<Vec<u8>> {
        match part {
            None => Some(split(mail).0.to_vec()),
            Some(part) => Part::read(mail).mail_at(&numbers(part)).map(|inside| inside.header.to_vec()),
        }
    };
    match section {
        None => Some(mail.to_vec()),
        Some(Section::Header(part)) => header_at(part),
        Some(Section::HeaderFields(part, names)) => Some(pick(&header_at(part)?, names.as_ref(), true)),
        Some(Section::HeaderFieldsNot(part, names)) => Some(pick(&header_at(part)?, names.as_ref(), false)),
        Some(Section::Text(None)) => Some(split(mail).1.to_vec()),
        Some(Section::Text(Some(part))) => {
            Part::read(mail).mail_at(&numbers(part)).map(|inside| inside.body.to_vec())
        }
        Some(Section::Mime(part)) => Part::read(mail).at(&numbers(part)).map(|part| part.header.to_vec()),
        Some(Section::Part(part)) => Part::read(mail).at(&numbers(part)).map(|part| part.body.to_vec()),
    }
}

/// The header with its empty line, and the body.
pub(super) fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    while let Some(length) = mail[start..].iter().position(|&byte| byte == b'\n') {
        let line = &mail[start..start + length];
        start += length + 1;
        if line.is_empty() || line == b"\r" {
            return mail.split_at(start);
        }
    }
    // Without an empty line everything is header.
    (mail, &[])
}

/// The fields of a header, folded lines and all: name and whole text.
pub(super) fn fields(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let length =
                rest[end..].iter().position(|&byte| byte == b'\n').map_or(rest.len() - end, |at| at + 1);
            end += length;
            if end == rest.len() || !matches!(rest[end], b' ' | b'\t') {
                break;
            }
        }
        let (field, left) = rest.split_at(end);
        rest = left;
        let name = field.split(|&byte| byte == b':').next().unwrap_or_default();
        (!field.is_empty()).then_some((name.trim_ascii_end(), field))
    })
    .filter(|(_, field)| !field.trim_ascii().is_empty())
}

/// The value of the first field of this name, unfolded, without outer space.
pub(super) fn field<'h>(header: &'h [u8], name: &str) -> Option<Vec<u8>> {
    let named = |(own, _): &(&'h [u8], &'h [u8])| own.eq_ignore_ascii_case(name.as_bytes());
    let (_, whole) = fields(header).find(named)?;
    let colon = whole.iter().position(|&byte| byte == b':')?;
    let value = &whole[colon + 1..];
    Some(
        value
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect::<Vec<u8>>()
            .trim_ascii()
            .to_vec(),
    )
}

/// The fields named, or all but them, and the empty line that ends every header.
fn pick(header: &[u8], names: &[AString<'_>], wanted: bool) -> Vec<u8> {
    let mut picked = Vec::new();
    for (name, whole) in fields(header) {
        if names.iter().any(|own| own.as_ref().eq_ignore_ascii_case(name)) == wanted {
            picked.extend_from_slice(whole);
        }
    }
    picked.extend_from_slice(b"\r\n");
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    const NESTED: &[u8] = b"Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n--b\r\n\
        Content-Type: text/plain\r\n\r\nfirst\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\
        Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n\
        <p>html\r\n--c--\r\n\r\n--b--\r\n";

    fn at(path: &[u32]) -> Option<String> {
        Part::read(NESTED).at(path).map(|part| String::from_utf8_lossy(part.body).into_owned())
    }

    #[test]
    fn a_part_is_found_by_its_numbers() {
        assert_eq!(at(&[1]).as_deref(), Some("first"));
        assert!(at(&[2]).unwrap().starts_with("Subject: inner\r\n"));
        assert_eq!(at(&[2, 1]).as_deref(), Some("plain"));
        assert_eq!(at(&[2, 2]).as_deref(), Some("<p>html"));
        assert_eq!(at(&[2, 3]), None);
        assert_eq!(at(&[1, 1]), None);
        assert_eq!(at(&[3]), None);
        let root = Part::read(NESTED);
        assert_eq!(
            root.mail_at(&[2]).map(|inside| field(inside.header, "subject")),
            Some(Some(b"inner".to_vec()))
        );
        assert!(root.mail_at(&[1]).is_none());
    }

    #[test]
    fn a_mail_of_one_part_has_itself_as_part_one() {
        let root = Part::read(b"Subject: x\r\n\r\nbody\r\n");
        assert_eq!(root.at(&[1]).map(|part| part.body), Some(&b"body\r\n"[..]));
        assert!(root.at(&[2]).is_none());
    }

    #[test]
    fn header_and_body_part_at_the_first_empty_line() {
        let table: [(&[u8], usize); 6] = [
            (b"A: b\r\n\r\nbody", 8),
            (b"A: b\n\nbody", 6),
            (b"A: b\r\n\r\n", 8),
            (b"\r\nbody", 2),
            (b"A: b\r\n", 6),
            (b"", 0),
        ];
        for (mail, expected) in table {
            assert_eq!(split(mail).0.len(), expected, "{}", String::from_utf8_lossy(mail));
        }
    }

    #[test]
    fn folded_fields_are_picked_whole() {
        let header = b"To: a\r\nSubject: one\r\n two\r\nX: y\r\n\r\n";
        let names = [AString::try_from("subject").unwrap()];
        assert_eq!(pick(header, &names, true), b"Subject: one\r\n two\r\n\r\n");
        assert_eq!(pick(header, &names, false), b"To: a\r\nX: y\r\n\r\n");
        assert_eq!(field(header, "SUBJECT").as_deref(), Some(&b"one two"[..]));
    }
}
