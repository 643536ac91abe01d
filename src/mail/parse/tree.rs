//! The parts of a mail, found in one pass over its lines (RFC 2046, section 5.1).

use super::Limits;
use super::head::{self, Head};
use super::parameter::Valued;
use super::transfer::Encoding;

/// One part; its place in [`Tree::parts`] is its number.
#[derive(Clone, Debug)]
pub struct Part<'x> {
    pub head: Head<'x>,
    pub content: Valued,
    pub disposition: Valued,
    pub encoding: Encoding,
    /// Raw bytes of the body. Of a multipart: empty.
    pub body: &'x [u8],
    pub parent: Option<usize>,
    depth: usize,
}

/// All parts of a mail, in the order in which they stand. Part 0 is the mail itself.
#[derive(Clone, Debug, Default)]
pub struct Tree<'x> {
    pub parts: Vec<Part<'x>>,
    /// Names of the limits that were reached.
    pub limits: Vec<&'static str>,
}

impl Part<'_> {
    /// A multipart with parts of its own.
    pub fn is_multipart(&self) -> bool {
        self.content.main.starts_with("multipart/")
    }

    /// The body, decoded.
    pub fn decoded(&self) -> Vec<u8> {
        self.encoding.decode(self.body)
    }
}

/// An open multipart.
struct Level<'x> {
    boundary: &'x [u8],
    part: usize,
}

enum State {
    /// Before the first boundary, or behind the last: nobody's text.
    Between,
    /// In the header block of a new part, which started here.
    Head(usize),
    /// In the body of the newest part, which started here.
    Body(usize),
}

impl<'x> Tree<'x> {
    /// Finds the parts of the mail whose header block ends at `head_end` and whose body starts at `body`.
    pub fn read(bytes: &'x [u8], from: usize, head_end: usize, body: usize, limits: &Limits) -> Tree<'x> {
        let top = Head::read(&bytes[from..head_end], limits.header_bytes, limits.header_fields);
        let tree = Tree::walk(bytes, top.clone(), body, None, limits);
        let lost = tree.parts.len() == 1 && tree.parts[0].is_multipart();
        let Some(boundary) = lost.then(|| first_boundary(&bytes[body..])).flatten() else {
            return tree;
        };
        Tree::walk(bytes, top, body, Some(boundary), limits)
    }

    fn walk(
        bytes: &'x [u8],
        top: Head<'x>,
        body: usize,
        forced: Option<&'x [u8]>,
        limits: &Limits,
    ) -> Tree<'x> {
        let mut walk =
            Walk { bytes, limits, tree: Tree::default(), levels: Vec::new(), state: State::Between };
        if top.cut {
            walk.limit("header");
        }
        walk.open(top, body, forced);
        let mut at = body;
        while at < bytes.len() {
            let (end, next) = head::line(bytes, at);
            walk.take(at, end, next);
            at = next;
        }
        walk.end_part(bytes.len());
        walk.tree
    }

    /// Numbers of the parts that lie directly in part `number`.
    pub fn children(&self, number: usize) -> impl Iterator<Item = usize> + '_ {
        (number + 1..self.parts.len()).filter(move |i| self.parts[*i].parent == Some(number))
    }
}

struct Walk<'x, 'l> {
    bytes: &'x [u8],
    limits: &'l Limits,
    tree: Tree<'x>,
    levels: Vec<Level<'x>>,
    state: State,
}

impl<'x> Walk<'x, '_> {
    fn take(&mut self, at: usize, end: usize, next: usize) {
        let text = &self.bytes[at..end];
        if text.starts_with(b"--")
            && let Some((level, closes)) = self.boundary(&text[2..])
        {
            self.end_part(at);
            self.levels.truncate(if closes { level } else { level + 1 });
            self.state = if closes { State::Between } else { State::Head(next) };
            return;
        }
        if let State::Head(from) = self.state
            && text.trim_ascii().is_empty()
        {
            self.begin_part(from, at, next);
        }
    }

    /// The innermost open multipart whose boundary this line is, and whether it is the closing one.
    fn boundary(&self, text: &[u8]) -> Option<(usize, bool)> {
        self.levels.iter().enumerate().rev().find_map(|(i, level)| {
            let rest = text.strip_prefix(level.boundary)?.trim_ascii();
            match rest {
                b"" => Some((i, false)),
                b"--" => Some((i, true)),
                _ => None,
            }
        })
    }

    /// The header block of a part is complete.
    fn begin_part(&mut self, from: usize, head_end: usize, body: usize) {
        if self.tree.parts.len() >= self.limits.parts {
            self.limit("parts");
            self.levels.clear();
            self.state = State::Between;
            return;
        }
        let head =
            Head::read(&self.bytes[from..head_end], self.limits.header_bytes, self.limits.header_fields);
        if head.cut {
            self.limit("part header");
        }
        self.open(head, body, None);
    }

    fn open(&mut self, head: Head<'x>, body: usize, forced: Option<&'x [u8]>) {
        let parent = self.levels.last().map(|l| l.part);
        let depth = parent.map_or(0, |p| self.tree.parts[p].depth + 1);
        let mut content = head.raw("content-type").map(Valued::parse).unwrap_or_default();
        if !content.main.contains('/') {
            content.main = default_type(&self.tree, parent).to_owned();
        }
        let disposition = head.raw("content-disposition").map(Valued::parse).unwrap_or_default();
        let encoding =
            head.plain("content-transfer-encoding").map_or(Encoding::None, |v| Encoding::parse(&v));
        let number = self.tree.parts.len();
        let boundary = forced.or_else(|| {
            let raw = content.main.starts_with("multipart/").then(|| head.raw("content-type")).flatten()?;
            raw_boundary(raw, content.param("boundary")?)
        });
        let part = Part { head, content, disposition, encoding, body: &[], parent, depth };
        self.tree.parts.push(part);
        self.state = State::Body(body);
        if let Some(boundary) = boundary {
            if depth >= self.limits.depth {
                self.limit("depth");
                return;
            }
            self.levels.push(Level { boundary, part: number });
            self.state = State::Between;
        }
    }

    /// The newest part ends where the line at `at` starts; the line break before belongs to the boundary.
    fn end_part(&mut self, at: usize) {
        if let State::Head(from) = self.state
            && at > from
        {
            self.begin_part(from, at, at);
        }
        if let (State::Body(from), Some(part)) = (&self.state, self.tree.parts.last_mut()) {
            let mut end = at.max(*from);
            if at < self.bytes.len() && end > *from && self.bytes[end - 1] == b'\n' {
                end -= 1;
                if end > *from && self.bytes[end - 1] == b'\r' {
                    end -= 1;
                }
            }
            part.body = &self.bytes[*from..end];
        }
        self.state = State::Between;
    }

    fn limit(&mut self, name: &'static str) {
        if !self.tree.limits.contains(&name) {
            self.tree.limits.push(name);
        }
    }
}

fn default_type(tree: &Tree<'_>, parent: Option<usize>) -> &'static str {
    match parent {
        Some(p) if tree.parts[p].content.main == "multipart/digest" => "message/rfc822",
        _ => "text/plain",
    }
}

/// The boundary as bytes of the mail, so that nothing is copied. Trailing blanks are not part of it.
fn raw_boundary<'x>(raw: &'x [u8], boundary: &str) -> Option<&'x [u8]> {
    let wanted = boundary.trim_end().as_bytes();
    if wanted.is_empty() || wanted.len() > 200 {
        return None;
    }
    raw.windows(wanted.len()).rposition(|w| w == wanted).map(|at| &raw[at..at + wanted.len()])
}

/// A boundary guessed from the text: the first line `--…` with a field in the line behind it.
fn first_boundary(body: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while at < body.len() {
        let (end, next) = head::line(body, at);
        let text = body[at..end].trim_ascii_end();
        if text.len() > 3 && text.starts_with(b"--") && next < body.len() {
            let (after, _) = head::line(body, next);
            if head::field_name(&body[next..after]).is_some() {
                return Some(&text[2..]);
            }
        }
        at = next;
    }
    None
}
