//! The pieces of a page: tags, text, and what is neither.

/// A piece of a page, borrowed from it.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'p> {
    Text(&'p str),
    Open(Tag<'p>),
    Close(String),
}

/// An opening tag.
#[derive(Debug, PartialEq, Eq)]
pub struct Tag<'p> {
    /// Lower case.
    pub name: String,
    attributes: &'p str,
}

impl Tag<'_> {
    /// The value of an attribute, lower case; entities stay as they are.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let lower = self.attributes.to_ascii_lowercase();
        let at = lower.match_indices(name).map(|(i, _)| i).find(|i| {
            let before = lower[..*i].chars().next_back();
            before.is_none_or(char::is_whitespace) && lower[i + name.len()..].trim_start().starts_with('=')
        })?;
        let value = lower[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        Some(match quote {
            Some(q) => value[1..].split(q).next().unwrap_or_default().to_owned(),
            None => value.split([' ', '\t', '\n', '\r']).next().unwrap_or_default().to_owned(),
        })
    }

    /// Whether the class attribute holds this word.
    pub fn has_class(&self, class: &str) -> bool {
        self.attribute("class").is_some_and(|c| c.split_whitespace().any(|w| w == class))
    }
}

/// Splits a page into pieces, one after another.
pub struct Pieces<'p> {
    page: &'p str,
    at: usize,
    /// No comment ends behind this place: asked once, not for every opening.
    no_comment_end: bool,
}

impl<'p> Pieces<'p> {
    pub fn of(page: &'p str) -> Pieces<'p> {
        Pieces { page, at: 0, no_comment_end: false }
    }

    /// Passes over everything up to the closing tag `name`, the contents of scripts and styles.
    pub fn skip_to_close(&mut self, name: &str) {
        let bytes = self.page.as_bytes();
        let mut at = self.at;
        while at < bytes.len() {
            if bytes[at] == b'<'
                && bytes.get(at + 1) == Some(&b'/')
                && bytes
                    .get(at + 2..at + 2 + name.len())
                    .is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
            {
                break;
            }
            at += 1;
        }
        self.at = at;
    }

    fn comment(&mut self) -> bool {
        let rest = &self.page[self.at..];
        if !rest.starts_with("<!--") || self.no_comment_end {
            return false;
        }
        match rest.find("-->") {
            Some(end) => self.at += end + 3,
            None => self.no_comment_end = true,
        }
        !self.no_comment_end
    }

    fn tag(&mut self) -> Option<Piece<'p>> {
        let rest = &self.page[self.at..];
        let end = tag_end(rest);
        let inner = &rest[1..end];
        self.at += (end + 1).min(rest.len());
        let closing = inner.strip_prefix('/');
        let body = closing.unwrap_or(inner);
        let name_end = body.find(|c: char| !c.is_ascii_alphanumeric() && c != ':').unwrap_or(body.len());
        let name = body[..name_end].to_ascii_lowercase();
        if closing.is_some() {
            return Some(Piece::Close(name));
        }
        let declaration = inner.starts_with(['!', '?']);
        (!declaration).then(|| Piece::Open(Tag { name, attributes: &body[name_end..] }))
    }
}

/// Where the tag at the start of `rest` ends: the first `>` outside quotes, of at most 8 kB.
fn tag_end(rest: &str) -> usize {
    let mut quote = None;
    let mut plain = None;
    for (i, byte) in rest.bytes().enumerate().take(64 * 1024) {
        match (byte, quote) {
            (b'>', None) => return i,
            (b'>', Some(_)) => plain = plain.or(Some(i)),
            (b'"' | b'\'', None) if i > 0 && matches!(rest.as_bytes()[i - 1], b'=' | b' ') => {
                quote = Some(byte)
            }
            (b, Some(q)) if b == q => quote = None,
            _ => {}
        }
    }
    plain.unwrap_or_else(|| rest.find('>').unwrap_or(rest.len()))
}

impl<'p> Iterator for Pieces<'p> {
    type Item = Piece<'p>;

    fn next(&mut self) -> Option<Piece<'p>> {
        while self.at < self.page.len() {
            let bytes = self.page.as_bytes();
            let tag_like = bytes[self.at] == b'<'
                && bytes.get(self.at + 1).is_some_and(|b| b.is_ascii_alphabetic() || b"/!?".contains(b));
            if tag_like {
                if self.comment() {
                    continue;
                }
                if let Some(piece) = self.tag() {
                    return Some(piece);
                }
                continue;
            }
            let from = self.at;
            let next =
                bytes[from + 1..].iter().position(|b| *b == b'<').map_or(bytes.len(), |p| from + 1 + p);
            self.at = next;
            return Some(Piece::Text(&self.page[from..next]));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_comments_and_text_are_told_apart() {
        let pieces: Vec<_> = Pieces::of("a<!-- <b> --><B class='x \"y'>2 < 3</b><!DOCTYPE x>z").collect();
        assert!(
            matches!(&pieces[..], [
            Piece::Text("a"),
            Piece::Open(tag),
            Piece::Text("2 "),
            Piece::Text("< 3"),
            Piece::Close(close),
            Piece::Text("z"),
        ] if tag.name == "b" && tag.has_class("x") && close == "b"),
            "{pieces:?}"
        );
    }
}
