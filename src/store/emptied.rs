//! What was taken out of a store.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::hash::Hash;
use crate::domain::ticket::TicketKey;

/// Stands in the place of what was taken out, and in the history of a case as the event.
pub const EMPTIED: &str = "emptied";

/// How much was emptied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emptied {
    /// Cases as a whole.
    pub cases: usize,
    pub mails: usize,
    pub letters: usize,
    /// Messages in cases of other people.
    pub messages: usize,
    /// Bytes that were named by what was emptied, and perhaps by nothing any more.
    #[serde(skip)]
    pub bytes: BTreeSet<Hash>,
}

impl Emptied {
    /// Both together.
    pub fn add(&mut self, other: Emptied) {
        self.cases += other.cases;
        self.mails += other.mails;
        self.letters += other.letters;
        self.messages += other.messages;
        self.bytes.extend(other.bytes);
    }
}

/// A place where somebody is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub ticket: TicketKey,
    /// The message of its thread; `None`: the ticket itself, such as who takes part.
    pub message: Option<u32>,
}
