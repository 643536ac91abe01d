//! What is wrong with a file of words, so that the operator can mend it.

use std::fmt;

use serde::Serialize;

/// One fault in a template or in a `words.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
pub struct Problem {
    /// The file as the operator knows it, such as `lt/ack.txt`.
    pub file: String,
    /// Line in that file, counted from 1.
    pub line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A fault of the whole file.
    pub fn new(file: impl Into<String>, what: impl Into<String>) -> Problem {
        Problem { file: file.into(), line: None, what: what.into(), hint: None }
    }

    /// The same fault at a line, counted from 1.
    pub fn at(mut self, line: usize) -> Problem {
        self.line = Some(line);
        self
    }

    /// The same fault with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}
