//! Fields of a request: information that is looked for in the text, required or not.

use std::collections::BTreeMap;

use regex::Regex;

/// How one field is found by its form.
#[derive(Clone, Debug)]
pub struct Extract {
    /// `parcel`, `device`, `phone`, `company_number`, …
    pub field: String,
    pub pattern: Regex,
    pub check: Check,
    /// Which field a find belongs to, by the word before it: `sender_phone` by `siuntėj`. Empty: always `field`.
    pub near: BTreeMap<String, Vec<String>>,
    /// Where the agent can look it up; `{}` stands for the value.
    pub link: Option<String>,
}

/// What shows that a code was not mistyped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    #[default]
    Nothing,
    /// The check digit of the Universal Postal Union's S10: `CE000123455LT`.
    S10,
    /// The check digit of a Czech company number.
    Ico,
}

/// The kinds of field by which the same matter is recognised: a code that is the client's own invention (a parcel,
/// a device) tells more than a telephone.
pub fn is_telephone(field: &str) -> bool {
    field == "phone" || field.ends_with("_phone")
}
