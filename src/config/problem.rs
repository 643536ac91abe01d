//! What is wrong with a file: where, which key, why, and the way out.

use std::fmt::{self, Write};
use std::sync::Arc;

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a file; line and column count from 1.
    Line { file: Arc<str>, line: u32, column: u32 },
    /// Somewhere in a file, or the file itself.
    File(Arc<str>),
    /// In an environment variable of this name.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { file, line, .. } => write!(f, "{file}:{line}"),
            Place::File(file) => f.write_str(file),
            Place::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing that must be put right (or, as a warning, looked at).
///
/// Shown as `maildesk.toml:12: desk.autoclose: "3x" has no unit; write 3d, 16h, 2wd or 2H`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub place: Place,
    /// The key in full, `desk.autoclose`; empty for the file as a whole.
    pub key: String,
    pub what: String,
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{}: ", self.place);
        if !self.key.is_empty() {
            line.push_str(&format!("{}: ", self.key));
        }
        line.push_str(&self.what);
        line.extend(self.hint.as_ref().map(|hint| format!("; {hint}")));
        write_line(f, &line)
    }
}

/// Everything that is wrong, in the order of the files: the configuration is not to be used (exit 78).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// A key whose meaning is known but which the program does not act on yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsupported {
    pub place: Place,
    pub key: String,
    /// What happens instead, as a clause.
    pub why: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_line(f, &format!("{}: {}: not acted on yet: {}", self.place, self.key, self.why))
    }
}

/// Writes a text that may hold anything that stands in a file: what would end the line or move the cursor is shown.
fn write_line(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.chars()
        .try_for_each(|c| if c.is_control() { write!(f, "{}", c.escape_default()) } else { f.write_char(c) })
}
