//! Which parts are the mail's text, and the text itself.

use std::collections::HashSet;

use super::transfer::Encoding;
use super::tree::{Part, Tree};
use super::{Limits, armor, flowed};
use crate::domain::message::Defect;
use crate::mail::{charset, html};

/// The readable text of a mail.
#[derive(Debug, Default)]
pub struct Reading {
    pub text: String,
    /// Numbers of the parts that make the text, or say the same in another form: no attachments.
    pub used: HashSet<usize>,
    /// Content-IDs that the HTML shows (`cid:`), without brackets.
    pub shown: HashSet<String>,
    pub defects: Vec<Defect>,
}

/// Whether a leaf is text to be read rather than a file that happens to be text.
fn is_text(part: &Part<'_>) -> bool {
    matches!(part.content.main.as_str(), "text/plain" | "text/html" | "text/enriched")
        && part.disposition.main != "attachment"
        && part.disposition.param("filename").is_none()
        && part.content.param("name").is_none()
}

/// Reads the text: plain preferred over HTML, all text parts of a mixed mail one below the other.
pub fn read(tree: &Tree<'_>, tld: Option<&str>, limits: &Limits) -> Reading {
    let mut reader = Reader { tree, tld, limits, reading: Reading::default(), guessed: None };
    for (number, part) in tree.parts.iter().enumerate() {
        if part.content.main == "text/html" && is_text(part) {
            reader.reading.used.insert(number);
            reader.note_pictures(number);
        }
    }
    reader.part(0, 0);
    if reader.reading.text.trim().is_empty() {
        reader.last_resort();
    }
    let Reader { mut reading, guessed, .. } = reader;
    reading.defects.extend(guessed.map(|name| Defect::CharsetGuessed(name.to_owned())));
    reading.text = clean(&reading.text);
    let kept = cut(&reading.text, limits.text_bytes).len();
    if kept < reading.text.len() {
        reading.text.truncate(kept);
        reading.defects.push(Defect::Limit("text".to_owned()));
    }
    if let Some(text) = armor::unsigned(&reading.text) {
        reading.text = text;
        reading.defects.push(Defect::Encrypted("PGP, signed".to_owned()));
    }
    reading
}

/// At most `most` bytes of a text, cleaned.
pub fn bounded(text: &str, most: usize) -> String {
    // Cleaning may make it longer.
    cut(&clean(cut(text, most)), most).to_owned()
}

/// The first `most` bytes at most, without blanks at their end where something is cut off.
fn cut(text: &str, most: usize) -> &str {
    if text.len() > most { text[..text.floor_char_boundary(most)].trim_end() } else { text }
}

/// LF line ends, no controls but tabs, no blanks at line ends except the signature's, no empty lines around.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let kept = if line == "-- " { line } else { line.trim_end_matches([' ', '\t', '\r']) };
        for c in kept.chars() {
            match c {
                '\t' => out.push('\t'),
                '\r' => out.push('\n'),
                '\0' => out.push('\u{fffd}'),
                c if c.is_control() || c == '\u{feff}' => {}
                c => out.push(c),
            }
        }
        out.push('\n');
    }
    let start = out.len() - out.trim_start_matches('\n').len();
    let end = out.trim_end().len();
    if start >= end { String::new() } else { out[start..end].to_owned() }
}

struct Reader<'t, 'x> {
    tree: &'t Tree<'x>,
    tld: Option<&'t str>,
    limits: &'t Limits,
    reading: Reading,
    guessed: Option<&'static str>,
}

impl Reader<'_, '_> {
    /// Adds the text of a part and of what lies in it. Depth is bounded by the tree.
    fn part(&mut self, number: usize, depth: usize) {
        let part = &self.tree.parts[number];
        if !part.is_multipart() {
            if is_text(part) {
                self.add(number);
            }
            return;
        }
        if depth > self.limits.depth {
            return;
        }
        let children: Vec<usize> = self.tree.children(number).collect();
        if part.content.main != "multipart/alternative" {
            for child in children {
                self.part(child, depth + 1);
            }
            return;
        }
        let plain = |child: &usize| self.tree.parts[*child].content.main == "text/plain";
        let (first, then): (Vec<usize>, Vec<usize>) = children.into_iter().partition(plain);
        for child in first.into_iter().chain(then) {
            let before = self.reading.text.len();
            self.part(child, depth + 1);
            if !self.reading.text[before..].trim().is_empty() {
                break;
            }
        }
        self.use_all_forms(number);
    }

    /// What is another form of a text that was read is no attachment.
    fn use_all_forms(&mut self, number: usize) {
        for child in self.tree.children(number) {
            if is_text(&self.tree.parts[child]) {
                self.reading.used.insert(child);
            }
        }
    }

    fn add(&mut self, number: usize) {
        self.reading.used.insert(number);
        let text = self.text_of(number);
        let text = text.trim_end();
        if text.trim().is_empty() {
            return;
        }
        if !self.reading.text.is_empty() {
            self.reading.text.push_str("\n\n");
        }
        self.reading.text.push_str(text);
    }

    fn text_of(&mut self, number: usize) -> String {
        let part = &self.tree.parts[number];
        let decoded = self.decoded(number);
        match part.content.main.as_str() {
            "text/html" | "text/enriched" => html::to_text(&decoded),
            _ => {
                let format = part.content.param("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
                let delsp = part.content.param("delsp").is_some_and(|d| d.eq_ignore_ascii_case("yes"));
                if format { flowed::unflow(&decoded, delsp) } else { decoded }
            }
        }
    }

    fn decoded(&mut self, number: usize) -> String {
        let part = &self.tree.parts[number];
        let most = self.limits.text_bytes.saturating_mul(4);
        let bytes = part.encoding.decode(&part.body[..part.body.len().min(most)]);
        let declared = part.content.param("charset");
        let meta =
            (declared.is_none() && part.content.main == "text/html").then(|| html::charset(&bytes)).flatten();
        let decoded = charset::decode(&bytes, declared.or(meta.as_deref()), self.tld);
        self.guessed = self.guessed.or(decoded.guessed.filter(|_| !bytes.is_ascii()));
        decoded.text
    }

    fn note_pictures(&mut self, number: usize) {
        let text = self.decoded(number);
        self.reading.shown.extend(html::pictures(&text));
    }

    /// No text was found though the mail holds something: a text file shown inline, an unfamiliar text type,
    /// a multipart without parts.
    fn last_resort(&mut self) {
        let candidate = (0..self.tree.parts.len()).find(|i| {
            let part = &self.tree.parts[*i];
            let childless = part.is_multipart() && self.tree.children(*i).next().is_none();
            let inline = part.content.main.starts_with("text/")
                && part.content.main != "text/calendar"
                && part.disposition.main != "attachment";
            (childless || inline) && !part.body.trim_ascii().is_empty()
        });
        if let Some(number) = candidate {
            self.add(number);
        }
        let holds_bytes = self.tree.parts.iter().any(|p| is_text(p) && !p.body.trim_ascii().is_empty());
        if self.reading.text.trim().is_empty() && holds_bytes {
            self.reading.defects.push(Defect::EmptyText);
        }
    }
}

/// Encodings are irrelevant to a multipart, whatever it claims (RFC 2045, section 6.4).
pub fn encoding(part: &Part<'_>) -> Encoding {
    if part.is_multipart() { Encoding::None } else { part.encoding }
}
