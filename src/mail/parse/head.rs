//! Header blocks: where they end, which fields they hold, what a field says.

use std::borrow::Cow;

use memchr::memchr;

use super::word;

/// One field, as it stands in the mail.
#[derive(Clone, Copy, Debug)]
pub struct Field<'x> {
    pub name: &'x str,
    /// Folded, raw bytes behind the colon.
    pub value: &'x [u8],
}

/// The fields of a header block, in order.
#[derive(Clone, Debug, Default)]
pub struct Head<'x> {
    pub fields: Vec<Field<'x>>,
    /// Set where a limit left fields or bytes unread.
    pub cut: bool,
}

/// Next line of `bytes` from `at`: its end without the line break, and the start of the one behind it.
pub fn line(bytes: &[u8], at: usize) -> (usize, usize) {
    match memchr(b'\n', &bytes[at..]) {
        Some(length) => {
            let end = at + length;
            let bare = if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
            (bare, end + 1)
        }
        None => {
            let bare = if bytes[at..].last() == Some(&b'\r') { bytes.len() - 1 } else { bytes.len() };
            (bare, bytes.len())
        }
    }
}

/// Name of the field that starts at this line. Blanks before the colon are taken (RFC 5322, section 4.5),
/// blanks within the name are not: `Fr om:` is no From.
pub fn field_name(line: &[u8]) -> Option<(&str, usize)> {
    let colon = line.iter().take(200).position(|b| *b == b':')?;
    let name = line[..colon].trim_ascii_end();
    let sound = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
    let name = std::str::from_utf8(name).ok().filter(|_| sound)?;
    Some((name, colon + 1))
}

/// Ends of the header block that starts at `from`: where its last line stops, and where the body starts.
///
/// A line of blanks alone ends the block too, unless another field follows it at once.
pub fn block_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut at = from;
    while at < bytes.len() {
        let (end, next) = line(bytes, at);
        if bytes[at..end].trim_ascii().is_empty() {
            let blank_only = end > at;
            let (after, _) = if next < bytes.len() { line(bytes, next) } else { (next, next) };
            if !blank_only || field_name(&bytes[next.min(after)..after]).is_none() {
                return (at, next);
            }
        }
        at = next;
    }
    (bytes.len(), bytes.len())
}

impl<'x> Head<'x> {
    /// Reads a header block of at most `bytes_max` bytes and `fields_max` fields. Lines that are neither a
    /// field nor the continuation of one are left out.
    pub fn read(block: &'x [u8], bytes_max: usize, fields_max: usize) -> Head<'x> {
        let mut head = Head { fields: Vec::new(), cut: block.len() > bytes_max };
        let block = &block[..block.len().min(bytes_max)];
        let mut at = 0;
        let mut open: Option<(&'x str, usize, usize)> = None;
        while at < block.len() {
            let (end, next) = line(block, at);
            let text = &block[at..end];
            let folded = matches!(text.first(), Some(b' ' | b'\t')) || text.is_empty();
            match (folded, &mut open) {
                (true, Some((_, _, until))) => *until = end,
                (true, None) => {}
                (false, _) => {
                    head.push(open.take(), block);
                    open = field_name(text).map(|(name, value)| (name, at + value, end));
                }
            }
            if head.fields.len() >= fields_max {
                head.cut = true;
                return head;
            }
            at = next;
        }
        head.push(open, block);
        head
    }

    fn push(&mut self, open: Option<(&'x str, usize, usize)>, block: &'x [u8]) {
        if let Some((name, from, until)) = open {
            self.fields.push(Field { name, value: &block[from..until] });
        }
    }

    /// Every value of the fields called `name`, topmost first.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'x [u8]> + 'a {
        self.fields.iter().filter(move |f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value)
    }

    /// The topmost value, raw.
    pub fn raw(&self, name: &str) -> Option<&'x [u8]> {
        self.all(name).next()
    }

    /// The topmost value, unfolded, on one line, encoded words read.
    pub fn text(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| word::decode(&unfold(value), None))
    }

    /// The topmost value, unfolded, without blanks at its ends; encoded words stay as they are.
    pub fn plain(&self, name: &str) -> Option<String> {
        self.raw(name).map(plain)
    }

    /// Whether such a field stands here at all.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }
}

/// A value on one line: unfolded, controls as blanks, bad UTF-8 replaced, no blanks at the ends.
pub fn plain(value: &[u8]) -> String {
    let unfolded = unfold(value);
    let text = String::from_utf8_lossy(&unfolded);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.trim().to_owned()
}

/// Most Message-IDs taken from one header; of more, the newest count.
const REFERENCES_MAX: usize = 200;

/// Message-IDs in a value, without brackets; blanks that folding put into one are taken out.
/// Where there are no brackets at all, words with an `@` count.
pub fn ids(value: &[u8]) -> Vec<String> {
    let text = plain(value);
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, behind)) = rest.split_once('<') {
        let Some((id, after)) = behind.split_once('>') else { break };
        let id: String = id.chars().filter(|c| !c.is_whitespace() && *c != '<').collect();
        if !id.is_empty() && id.len() <= 998 {
            found.push(id);
        }
        rest = after;
    }
    if found.is_empty() {
        let words = text.split_whitespace().map(|w| w.trim_matches(['<', '>', ',', '"']));
        found = words.filter(|w| w.contains('@') && w.len() <= 998).map(str::to_owned).collect();
    }
    // The first one began the thread, the last ones are nearest: of very many those in between go.
    let extra = found.len().saturating_sub(REFERENCES_MAX);
    if extra > 0 {
        found.drain(1..=extra);
    }
    found
}

/// The value without its line breaks (RFC 5322, section 2.2.3).
pub fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if value.iter().any(|b| matches!(b, b'\r' | b'\n')) {
        Cow::Owned(value.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect())
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_name_with_a_blank_within_is_no_field() {
        for (line, name) in [
            ("From: a", Some("From")),
            ("From : a", Some("From")),
            ("Fr om: a", None),
            (":From: a", None),
            ("no colon", None),
        ] {
            assert_eq!(field_name(line.as_bytes()).map(|(n, _)| n), name, "{line}");
        }
    }

    #[test]
    fn a_header_without_a_final_line_break_keeps_its_last_field() {
        let bytes = b"From: a@b.example\r\nSubject: last";
        let (end, body) = block_end(bytes, 0);
        let head = Head::read(&bytes[..end], 1000, 10);
        assert_eq!((head.plain("subject").as_deref(), body), (Some("last"), bytes.len()));
    }

    #[test]
    fn folded_values_are_joined_and_garbage_lines_left_out() {
        let block = b"Subject: one\r\n two\r\nnonsense line\r\nTo: x\r\n";
        let head = Head::read(block, 1000, 10);
        assert_eq!(head.plain("Subject").as_deref(), Some("one two"));
        assert_eq!(head.plain("to").as_deref(), Some("x"));
        assert!(Head::read(block, 1000, 1).cut);
    }
}
