//! Values with parameters: Content-Type and Content-Disposition (RFC 2045, 2183), RFC 2231 and its misuse.

use super::{head, transfer, word};
use crate::mail::charset;

/// Longest main value: twice 127 and a slash (RFC 6838, section 4.2).
const MAIN_CHARS_MAX: usize = 255;

/// A main value and its parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Valued {
    /// One word in lower case, without comments: `text/plain`, `attachment`.
    pub main: String,
    /// Names in lower case, values decoded.
    params: Vec<(String, String)>,
}

/// A parameter before its sections are joined.
struct Section {
    name: String,
    number: Option<u32>,
    is_extended: bool,
    value: Vec<u8>,
}

impl Valued {
    /// Reads a value; never fails, what cannot be read is left out.
    pub fn parse(value: &[u8]) -> Valued {
        let value = head::unfold(value);
        let mut pieces = split(&value).into_iter();
        let main = pieces.next().unwrap_or_default();
        let main = head::plain(without_comment(main));
        let main = main.split(' ').next().unwrap_or_default().chars().take(MAIN_CHARS_MAX);
        let main = main.collect::<String>().to_ascii_lowercase();
        let sections: Vec<Section> = pieces.take(200).filter_map(section).collect();
        let mut params: Vec<(String, String)> = Vec::new();
        for s in &sections {
            if !params.iter().any(|(n, _)| *n == s.name) {
                params.push((s.name.clone(), joined(&sections, &s.name)));
            }
        }
        Valued { main, params }
    }

    /// The parameter called `name` (lower case).
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Splits at semicolons outside quotes; an unclosed quote reaches to the end.
fn split(value: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let (mut from, mut quoted, mut escaped) = (0, false, false);
    for (i, byte) in value.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                pieces.push(&value[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    pieces.push(&value[from..]);
    pieces
}

fn without_comment(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|b| *b == b'(').unwrap_or(value.len());
    value[..end].trim_ascii()
}

fn section(piece: &[u8]) -> Option<Section> {
    let equals = piece.iter().position(|b| *b == b'=')?;
    let name = std::str::from_utf8(piece[..equals].trim_ascii()).ok()?.to_ascii_lowercase();
    let mut value = piece[equals + 1..].trim_ascii();
    let mut marks = name.split('*');
    let base = marks.next().filter(|n| !n.is_empty())?.to_owned();
    let rest: Vec<&str> = marks.collect();
    let number = rest.first().and_then(|n| n.parse().ok());
    let is_extended = rest.last() == Some(&"") && !rest.is_empty();
    let unquoted;
    if let Some(inner) = value.strip_prefix(b"\"") {
        unquoted = unquote(inner);
        value = &unquoted;
    } else if base == "charset" || base == "boundary" {
        value = without_comment(value);
    }
    Some(Section { name: base, number, is_extended, value: value.to_vec() })
}

/// The inside of a quoted string. A backslash escapes only a quote or itself: Windows paths keep theirs.
fn unquote(inner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(inner.len());
    let mut i = 0;
    while i < inner.len() {
        match inner[i] {
            b'\\' if matches!(inner.get(i + 1), Some(b'"' | b'\\')) => {
                out.push(inner[i + 1]);
                i += 1;
            }
            b'"' => break,
            byte => out.push(byte),
        }
        i += 1;
    }
    out
}

/// Joins the sections of one parameter: `name*`, else `name*0`, `name*1`, …, else the plain one.
fn joined(sections: &[Section], name: &str) -> String {
    let of_name = || sections.iter().filter(|s| s.name == name);
    if let Some(whole) = of_name().find(|s| s.is_extended && s.number.is_none()) {
        return extended(&[whole]);
    }
    let mut numbered: Vec<&Section> = of_name().filter(|s| s.number.is_some()).collect();
    if !numbered.is_empty() {
        numbered.sort_by_key(|s| s.number);
        return extended(&numbered);
    }
    of_name().next().map(|s| word::decode(&s.value, None)).unwrap_or_default()
}

/// Decodes `charset'language'text` with percent escapes (RFC 2231, section 4), over all sections at once.
fn extended(sections: &[&Section]) -> String {
    let mut label = None;
    let mut bytes = Vec::new();
    for (i, s) in sections.iter().enumerate() {
        let mut value = s.value.as_slice();
        if i == 0 && s.is_extended {
            let mut parts = value.splitn(3, |b| *b == b'\'');
            if let (Some(charset), Some(_), Some(text)) = (parts.next(), parts.next(), parts.next()) {
                label = std::str::from_utf8(charset).ok();
                value = text;
            }
        }
        if s.is_extended { percent(value, &mut bytes) } else { bytes.extend_from_slice(value) }
    }
    match label {
        Some(label) => word::one_line(&charset::decode(&bytes, Some(label), None).text),
        None => word::decode(&bytes, None),
    }
}

fn percent(value: &[u8], out: &mut Vec<u8>) {
    let mut i = 0;
    while i < value.len() {
        let byte = (value[i] == b'%').then(|| value.get(i + 1..i + 3).and_then(transfer::hex)).flatten();
        out.push(byte.unwrap_or(value[i]));
        i += if byte.is_some() { 3 } else { 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_every_form_that_programs_write() {
        for (value, expected) in [
            ("attachment; filename=\"a b.pdf\"", "a b.pdf"),
            ("attachment; filename=plain name.pdf; size=3", "plain name.pdf"),
            ("attachment; filename=\r\n \"folded.pdf\"", "folded.pdf"),
            ("attachment; filename*=UTF-8''S%C4%85skaita%20%E2%84%96%2012.pdf", "Sąskaita № 12.pdf"),
            ("attachment; filename*0*=UTF-8''S%C4; filename*1*=%85s; filename*2=\".pdf\"", "Sąs.pdf"),
            ("attachment; filename*1=\"b.pdf\"; filename*0=\"a\"", "ab.pdf"),
            ("attachment; filename=\"=?utf-8?B?xaA=?=\r\n =?utf-8?B?xb4ucGRm?=\"", "Šž.pdf"),
            ("attachment; filename=bad.pdf; filename*=windows-1251''%C0.pdf", "А.pdf"),
            ("attachment; filename=\"unclosed.pdf", "unclosed.pdf"),
            ("attachment; filename=\"a;b.pdf\"", "a;b.pdf"),
            ("attachment; filename=\"C:\\dir\\a.pdf\"", "C:\\dir\\a.pdf"),
        ] {
            assert_eq!(Valued::parse(value.as_bytes()).param("filename"), Some(expected), "{value}");
        }
    }

    #[test]
    fn comments_and_case_do_not_matter() {
        let valued = Valued::parse(b" Text/HTML (page); Charset=UTF-8 (unicode)");
        assert_eq!((valued.main.as_str(), valued.param("charset")), ("text/html", Some("UTF-8")));
    }
}
