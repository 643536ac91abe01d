//! One thing that was tried out.

use serde::Serialize;

use crate::faces::exit;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Ok,
    /// It works; somebody should look at it.
    Warn,
    Fail,
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `templates`, `database`, `imap NAME` …
    pub area: String,
    pub verdict: Verdict,
    pub text: String,
    /// The exit code that this alone would lead to.
    pub code: u8,
    /// A key of the desk or of `smtp` that would mend it, with its value as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<(&'static str, String)>,
}

impl Finding {
    pub fn ok(area: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { area: area.into(), verdict: Verdict::Ok, text: text.into(), code: exit::OK, mend: None }
    }

    pub fn warn(area: impl Into<String>, text: impl Into<String>) -> Finding {
        Finding { area: area.into(), verdict: Verdict::Warn, text: text.into(), code: exit::OK, mend: None }
    }

    pub fn fail(area: impl Into<String>, text: impl Into<String>, code: u8) -> Finding {
        Finding { area: area.into(), verdict: Verdict::Fail, text: text.into(), code, mend: None }
    }

    /// The same with what would mend it.
    pub fn mended_by(mut self, key: &'static str, value: impl Into<String>) -> Finding {
        self.mend = Some((key, value.into()));
        self
    }
}
