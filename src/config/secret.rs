//! A password that does not show itself.

use std::fmt;

/// A secret text: `Debug` prints `***`, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text; nothing is trimmed.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// One that was not read, because it is not needed.
    pub fn withheld() -> Secret {
        Secret(String::new())
    }

    /// The text itself, for the one place that writes it to a wire.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
