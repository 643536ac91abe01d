//! What a single line of a mail shows.

use std::cell::OnceCell;

use super::markers::{self, Label};

/// A line, as it is looked at: without marks of emphasis, in lower case.
#[derive(Clone, Debug)]
pub struct Line<'t> {
    pub text: &'t str,
    /// Trimmed, lower case, no asterisks around; of a long line only its start.
    pub lower: String,
    says: OnceCell<Says>,
}

/// What a line holds of what an introduction says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Says {
    pub wrote: bool,
    pub address: bool,
    pub date: bool,
    pub time: bool,
}

impl Says {
    fn of(lower: &str) -> Says {
        Says {
            wrote: markers::says_wrote(lower),
            address: has_address(lower),
            date: has_date(lower),
            time: has_time(lower),
        }
    }

    /// What two lines say together.
    pub fn and(self, other: Says) -> Says {
        Says {
            wrote: self.wrote || other.wrote,
            address: self.address || other.address,
            date: self.date || other.date,
            time: self.time || other.time,
        }
    }
}

/// Lines that introduce or label are never longer, in bytes.
const LOOKED_AT_BYTES: usize = 400;

impl<'t> Line<'t> {
    pub fn of(text: &'t str) -> Line<'t> {
        let mut end = text.len().min(LOOKED_AT_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let start = text[..end].trim();
        let lower = if start.is_ascii() { start.to_ascii_lowercase() } else { start.to_lowercase() };
        let is_plain = !lower.bytes().any(|b| matches!(b, b'*' | b'\t' | 0xc2 | 0xe2))
            || !lower.contains(['*', '\u{200e}', '\u{a0}', '\u{202f}', '\t']);
        let lower = if is_plain { lower } else { evened(&lower) };
        Line { text, lower, says: OnceCell::new() }
    }

    /// What it holds of what an introduction says: looked at when asked, since most lines are not.
    pub fn says(&self) -> Says {
        *self.says.get_or_init(|| {
            let is_quoted = self.text.trim_start().starts_with('>');
            // Without any of these a line introduces nothing.
            let mut bytes = self.lower.bytes();
            let tells = bytes.any(|b| b.is_ascii_digit() || matches!(b, b'@' | b':') || b >= 0xe3);
            if is_quoted || !tells { Says::default() } else { Says::of(&self.lower) }
        })
    }

    pub fn is_blank(&self) -> bool {
        self.lower.is_empty()
    }

    /// Marked as quoted by `>`, perhaps behind one blank.
    pub fn is_quoted(&self) -> bool {
        let text = self.text.strip_prefix(' ').unwrap_or(self.text);
        text.starts_with('>')
    }

    /// `-- ` or `--` alone: the signature follows.
    pub fn is_signature(&self) -> bool {
        matches!(self.text.trim_end_matches([' ', '\u{a0}']), "--")
    }

    /// A rule drawn with dashes, underscores or the like.
    pub fn is_rule(&self) -> bool {
        self.lower.len() >= 3
            && self.lower.chars().all(|c| matches!(c, '-' | '_' | '=' | '—' | '–' | '─' | ' '))
    }

    /// A phrase between dashes: `-----Original Message-----`.
    fn is_fenced(&self) -> bool {
        let fence = |c: char| matches!(c, '-' | '_' | '=' | '—' | '–');
        self.lower.starts_with(fence) && self.lower.ends_with([' ', '-', '_', '=', '—', '–', ':'])
    }

    pub fn is_original(&self) -> bool {
        self.is_fenced() && markers::says_original(&self.lower)
    }

    pub fn is_forwarded(&self) -> bool {
        let alone = self.lower.ends_with(':') && self.lower.len() < 120;
        self.is_fenced() && markers::says_forwarded(&self.lower)
            || alone && markers::starts_forwarded(&self.lower)
    }

    /// What the line labels and the value behind the label: `Nuo: Ona`.
    pub fn label(&self) -> Option<(&'static [Label], &str)> {
        let (label, value) = self.lower.split_once([':', '：'])?;
        let labels = markers::labels(label.trim());
        (!labels.is_empty()).then_some((labels, value.trim()))
    }

    pub fn is_sent_from(&self) -> bool {
        let lower = self.lower.trim_start_matches(['-', '—', '–', '_', '[', '(', '~', ' ']);
        lower.split_whitespace().count() <= 10 && lower.len() < 200 && markers::says_sent_from(lower)
    }
}

/// Without marks of emphasis and direction, every blank a plain one.
fn evened(lower: &str) -> String {
    let shown = lower.chars().filter(|c| !matches!(c, '*' | '\u{200e}'));
    let even: String =
        shown.map(|c| if matches!(c, '\u{a0}' | '\u{202f}' | '\t') { ' ' } else { c }).collect();
    even.trim().to_owned()
}

/// Whether a text holds a mail address.
pub fn has_address(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
        text[..at].chars().next_back().is_some_and(word)
            && text[at + 1..].chars().next().is_some_and(char::is_alphanumeric)
    })
}

/// Whether a text holds a date with its year, or all three parts of one.
fn has_date(text: &str) -> bool {
    let mut year = false;
    let mut parts = 0;
    for run in text.split(|c: char| !c.is_ascii_digit()).filter(|r| !r.is_empty()) {
        year |= run.len() == 4 && (run.starts_with("19") || run.starts_with("20"));
        parts += usize::from(run.len() <= 2);
    }
    year && parts >= 1 || has_short_date(text)
}

/// `04.03.24`, `4/3/24`.
fn has_short_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|i| {
        matches!(bytes[i], b'.' | b'/' | b'-') && i >= 1 && bytes[i - 1].is_ascii_digit() && {
            let rest = text[i + 1..].trim_start();
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let after = &rest[digits..];
            (1..=2).contains(&digits)
                && after.starts_with(['.', '/', '-'])
                && after[1..].trim_start().starts_with(|c: char| c.is_ascii_digit())
        }
    })
}

/// Whether a text holds a time of day: `10:15`, `10.15`.
fn has_time(text: &str) -> bool {
    text.as_bytes().windows(4).any(|w| {
        w[0].is_ascii_digit() && matches!(w[1], b':' | b'.') && w[2].is_ascii_digit() && w[3].is_ascii_digit()
    })
}
