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

/// One line that starts with `#`. Names are looked up when the line is carried out.
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
        /// What was done; its first word may be the way in which it was.
        work: String,
    },
    /// A talk on the telephone: a note, and time.
    Call {
        minutes: u32,
        text: String,
    },
    Assign(Assignee),
    Group(Vec<String>),
    Urgent,
    Severity(String),
    Type(String),
    Subject(String),
    Field {
        name: String,
        value: String,
    },
    Deadline {
        date: Date,
        time: Option<Time>,
        reason: String,
    },
    Offer(Terms),
    /// The client agreed by another way than mail; to the offer that stands where no terms are named.
    Agreed(Option<Terms>),
    Merge(String),
    /// What the client wrote last becomes a ticket of its own.
    Split,
    Link(String),
    Client(String),
    Requester(String),
    Cc(String),
    Escalate(String),
    /// The ready answer of that name.
    Text(String),
    /// The hook of that name.
    Do(String),
    /// The next request of the queue.
    Next,
    /// Takes back the last act of the same agent.
    Undo,
    Files,
    History,
    Spam,
    Show,
    Help,
    /// Only at the address for new requests, where everything is one: a reminder of that.
    New,
}

/// Price, day and kind of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// As written: `1 200 CZK`.
    pub price: String,
    pub date: Date,
    pub work: String,
}

/// To whom `#assign` gives the ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignee {
    Me,
    Nobody,
    /// Id, name or a part of one; looked up among the desk's agents.
    Named(String),
}
