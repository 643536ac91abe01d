//! An agent's mail as instructions: commands, text for the client, text for colleagues.

use jiff::civil::{Date, Time};

use super::hash::Hash;

/// What an agent wants done by one mail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instructions {
    pub commands: Vec<Command>,
    /// What the client is to read; empty where nothing is.
    pub answer: String,
    /// What only colleagues read; empty where nothing is.
    pub note: String,
    /// The mail brings attachments.
    pub has_attachments: bool,
    /// Tells this text from any other, so that a held answer sent again is recognised.
    pub text_hash: Option<Hash>,
    /// What cannot be carried out: then nothing is.
    pub mistake: Option<Mistake>,
}

/// Why an agent's mail cannot be carried out: a phrase of `words.yaml` with its values, so that he reads it in his
/// own language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Key of the phrase.
    pub phrase: &'static str,
    /// What stands for `{name}` in it.
    pub values: Vec<(&'static str, String)>,
    /// The nearest known command, or what would have been possible.
    pub suggestion: Option<String>,
}

impl Mistake {
    /// A mistake told by a phrase without values.
    pub fn new(phrase: &'static str) -> Mistake {
        Mistake { phrase, values: Vec::new(), suggestion: None }
    }

    /// The same with a value for `{name}`.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Mistake {
        self.values.push((name, value.into()));
        self
    }

    /// The same with what may have been meant.
    pub fn suggest(mut self, suggestion: impl Into<String>) -> Mistake {
        self.suggestion = Some(suggestion.into());
        self
    }
}

/// One line that starts with `#`.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Resolve,
    Close,
    /// Until the client answers; reminded on the date.
    Wait(Option<Date>),
    /// All the text of the mail is for colleagues.
    NoteAll,
    Time {
        minutes: u32,
        work: String,
    },
    Assign(Assignee),
    Group(Vec<String>),
    Urgent,
    Severity(String),
    Deadline {
        date: Date,
        time: Option<Time>,
        reason: String,
    },
    Files,
    Spam,
    Show,
    Help,
}

/// To whom `#assign` gives the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    Me,
    Nobody,
    /// Id, name or a part of one; looked up among the desk's agents.
    Named(String),
}
