//! What stands in a ticket's thread, and its history.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::hash::Hash;
use super::letter::{Attached, MsgId};
use super::people::AgentId;

/// One message of a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// 1, 2, 3 … within the ticket.
    pub seq: u32,
    pub kind: Kind,
    pub author: Voice,
    pub at: Timestamp,
    /// The new text, quotation and signature cut off.
    pub text: String,
    /// The received mail that it came by, under which the raw bytes are kept.
    pub mail: Option<Hash>,
    /// The letter that carried it out.
    pub letter: Option<MsgId>,
    pub attachments: Vec<Attached>,
}

/// What kind of message it is, and so who may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The mail that opened the ticket.
    Request,
    /// A client's further mail.
    Comment,
    /// An agent's public answer.
    Reply,
    /// Internal; no client ever sees it.
    Note,
    /// An absence reply, a receipt, a bounce: kept, and without effect on the state.
    Automatic,
    /// From somebody who does not take part: shown to agents, to nobody else.
    Held,
}

impl Kind {
    /// May people on the client's side read it?
    pub fn is_public(self) -> bool {
        matches!(self, Kind::Request | Kind::Comment | Kind::Reply)
    }

    /// The word for it in the store and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Request => "request",
            Kind::Comment => "comment",
            Kind::Reply => "reply",
            Kind::Note => "note",
            Kind::Automatic => "automatic",
            Kind::Held => "held",
        }
    }
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Requester, participant or a stranger: whoever the mail is from.
    Person(Mailbox),
    Agent(AgentId),
    /// The operator at the command line.
    Operator,
    /// A mail whose sender could not be read.
    Unknown,
    /// maildesk itself.
    Desk,
}

impl Voice {
    /// The name or address to show.
    pub fn shown(&self) -> String {
        match self {
            Voice::Person(mailbox) => mailbox.shown().to_owned(),
            Voice::Agent(id) => id.0.clone(),
            Voice::Operator => "operator".to_owned(),
            Voice::Unknown => "unknown".to_owned(),
            Voice::Desk => "maildesk".to_owned(),
        }
    }
}

/// One line of a ticket's history: what happened, why it was decided so, and what it changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub at: Timestamp,
    /// The event in one word: `client_wrote`, `agent_replied`, `tick` …
    pub event: String,
    pub by: Voice,
    /// The decision's reason, as `Reason` writes it.
    pub reason: String,
    /// JSON merge patch (RFC 7396) from the ticket before to the ticket after. Folding all patches of a ticket,
    /// oldest first, gives the ticket.
    pub change: serde_json::Value,
}

/// One row of the work journal. Rows are never changed: what was wrong is corrected by a further row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// 1, 2, 3 … within the ticket; given by the store.
    #[serde(default)]
    pub row: u32,
    pub agent: AgentId,
    /// When the work was done. A correction has the time of the row that it corrects.
    pub at: Timestamp,
    /// After rounding.
    pub minutes: u32,
    /// `visit`, `phone`, …; empty where none was named.
    pub mode: String,
    pub text: String,
    /// The row of the same ticket in whose place this one counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<u32>,
}

impl Work {
    /// So many minutes of an agent's, with nothing said about them.
    pub fn new(agent: AgentId, at: Timestamp, minutes: u32) -> Work {
        Work { row: 0, agent, at, minutes, mode: String::new(), text: String::new(), corrects: None }
    }
}
