//! Recognition: what a text says of its own accord. Prepared once for each desk, one pass for each mail, before the
//! store is asked.

use jiff::Timestamp;

use super::Desk;
use crate::domain::address::Mailbox;
use crate::domain::found::Found;
use crate::domain::rules::Rules;

/// A text to be looked through.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    pub subject: &'a str,
    /// The new text without quotation, with the signature that stands under it.
    pub text: &'a str,
    /// Who wrote it, where that is known.
    pub by: Option<&'a Mailbox>,
    /// When it was written: periods in words are reckoned from here.
    pub at: Timestamp,
}

/// Everything that recognition needs, prepared.
#[derive(Debug, Default)]
pub struct Recogniser {}

impl Recogniser {
    /// Prepares the words and patterns of a desk.
    pub fn new(_rules: &Rules) -> Recogniser {
        Recogniser {}
    }
}

/// Looks a text through.
pub fn found(desk: &Desk, written: &Written<'_>) -> Found {
    let reading = desk.detector.read(written.text);
    Found {
        complaint: reading.complaint(),
        agree: reading.agree(),
        disagree: reading.disagree(),
        affirm: reading.affirm(),
        deny: reading.deny(),
        new_request: reading.new_request(),
        same_matter: reading.same_matter(),
        ..Found::default()
    }
}

/// A value that somebody filled in for a field, in normal form.
pub fn normal(_desk: &Desk, _field: &str, value: &str) -> String {
    value.trim().to_owned()
}
