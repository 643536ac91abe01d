//! What a text says of its own accord: found once, before the store is asked, and weighed by decisions.

use std::collections::BTreeMap;

use super::address::Address;
use super::people::AgentId;
use super::period::Period;

/// Everything that was recognised in the new text and the subject of a mail, or in what an agent took down.
///
/// Words are given as the lists have them, so that a reason can name them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Values by name of field, in normal form: from labelled lines, the signature, patterns, words nearby.
    pub fields: BTreeMap<String, String>,
    /// Codes of the right form whose check digit is wrong, as written, by name of field.
    pub mistyped: BTreeMap<String, String>,
    /// The type of request, and the word that says so; `None`: no word of any type.
    pub kind: Option<(String, String)>,
    /// The severity, and the word that says so.
    pub severity: Option<(String, String)>,
    /// The agent whom the client asks for.
    pub wish: Option<AgentId>,
    pub complaint: Option<String>,
    /// Consent to an offer, with no refusal anywhere.
    pub agree: Option<String>,
    pub disagree: Option<String>,
    /// It begins with a yes or a no.
    pub affirm: Option<String>,
    pub deny: Option<String>,
    /// It begins by asking for a ticket of its own.
    pub new_request: Option<String>,
    /// A statement of work is asked for, and nothing else is in the mail.
    pub statement: Option<StatementWish>,
    /// Nothing but the state of a request is asked for.
    pub status: Option<String>,
    /// The text is a bare figure of 1 to 5, and nothing else but a comment below it.
    pub rating: Option<u8>,
    /// The address to which all mail in this matter shall go.
    pub communication_address: Option<Address>,
    /// Places in the desk's list of published answers.
    pub faq: Vec<usize>,
    /// The writer says that he wrote or called before.
    pub same_matter: Option<String>,
}

/// A wish for a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementWish {
    pub word: String,
    /// `None`: it is unclear which.
    pub period: Option<Period>,
}
