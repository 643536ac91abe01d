//! What can be asked over the control socket, and the answers: one JSON document a line.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::daemon::switches::{AllPaused, Switch};
use crate::daemon::tokens::Alarm;
use crate::desk::announce::Written;
use crate::domain::address::Address;
use crate::domain::period::Period;
use crate::domain::thread::Work;
use crate::domain::ticket::{Number, Status, TicketKey};
use crate::store::{Bill, DeliveryId, Emptied, MailId, StoreError};

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Every mailbox is looked at now. Only a daemon can.
    Poke,
    /// How the daemon is. Only a daemon can.
    Status,
    /// The configuration is read again; what cannot be used changes nothing, and stands in the log.
    Reload,
    /// A mail is handed over; its bytes follow the line.
    Receive(Handing),
    /// A request that did not come by mail.
    Register(Box<NewRequest>),
    /// What an agent could have written by mail: commands, an answer, a note.
    Instruct { ticket: TicketKey, by: Option<String>, text: String },
    /// An agent takes the request that waits longest.
    Next { desk: String, by: String },
    /// A resolved or closed ticket is taken up again.
    Reopen { ticket: TicketKey, by: Option<String> },
    /// One ticket goes on in another one of the same desk.
    Merge { ticket: TicketKey, into: Number, by: Option<String> },
    /// A paper is added to a ticket, with a note for colleagues; the bytes in base64.
    Attach { ticket: TicketKey, by: Option<String>, name: String, base64: String, note: String },
    /// All clients of a desk are told something. The same `id` never goes out twice.
    Announce { desk: String, id: String, written: Written },
    /// A row of a ticket's work journal is corrected by a further one.
    CorrectWork {
        ticket: TicketKey,
        row: u32,
        minutes: Option<u32>,
        mode: Option<String>,
        text: Option<String>,
        by: Option<String>,
    },
    /// Every client of the period's rhythm is billed.
    Bill { desk: String, period: Period },
    /// A delivery that was given up, or waits, is tried now.
    Requeue { delivery: DeliveryId },
    /// A delivery is not tried any more.
    Drop { delivery: DeliveryId },
    /// A mail that was set aside goes through the journey again.
    Retry { mail: MailId },
    /// A mail that was set aside stays without effect.
    Discard { mail: MailId },
    /// The search index is emptied; a daemon fills it again beside its work.
    Reindex,
    /// Mailboxes that another maildesk reads are ours from now on; all that are marked where none is named.
    TakeOver { mailboxes: Vec<String> },
    /// Something is stopped until further notice.
    Pause { what: Vec<Switch>, why: String },
    /// It goes on.
    Resume { what: Vec<Switch> },
    /// A person is taken out of everything that is kept.
    Erase { address: Address },
    /// The database is written anew, without what is left over of things that are gone.
    Compact,
}

/// A mail that is handed over, without its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handing {
    /// The desk that it is for; else the one that has the recipient's address, or the only one.
    pub desk: Option<String>,
    /// The envelope's sender, empty for `<>`; `None` where nobody says it.
    pub sender: Option<String>,
    pub recipients: Vec<String>,
    /// How many bytes follow.
    pub bytes: u64,
}

/// A request that came by telephone, over the counter, or from the operator's keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    pub desk: String,
    /// The agent who took it: id, address or name.
    pub by: Option<String>,
    pub channel: String,
    pub name: String,
    pub address: Option<String>,
    pub phone: Option<String>,
    pub subject: String,
    pub text: String,
    pub urgent: bool,
    /// Two letters; else what the text is written in.
    pub language: Option<String>,
    #[serde(default)]
    pub company: Option<String>,
    #[serde(default)]
    pub position: Option<String>,
    #[serde(default)]
    pub device: Option<String>,
    /// Name of the type.
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub severity: Option<String>,
    /// Names of fields that the client is to be asked for.
    #[serde(default)]
    pub ask: Vec<String>,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Poked {
        mailboxes: usize,
    },
    Status(Box<Health>),
    Reloading,
    /// The mail is in the store: for each desk, what became of it.
    Kept {
        told: Vec<String>,
    },
    Reindexing,
    /// All that is stopped now.
    Switched {
        paused: AllPaused,
    },
    Erased {
        emptied: Emptied,
    },
    Compacted,
    /// The ticket as it stands afterwards.
    Ticket {
        ticket: TicketKey,
        shown: String,
        status: Status,
    },
    /// Addresses to which it goes, and clients that have none.
    Announced {
        told: Vec<String>,
        unreachable: Vec<String>,
    },
    /// No request waits.
    Nothing,
    /// The row of the work journal that counts now.
    Work {
        ticket: TicketKey,
        shown: String,
        work: Work,
    },
    Bills {
        bills: Vec<Bill>,
    },
    /// Nothing was done, and that is written down (the client may have been told).
    Refused {
        why: String,
    },
    Delivery {
        delivery: DeliveryId,
        recipient: String,
        state: String,
    },
    Mail {
        mail: MailId,
        outcome: String,
        reason: String,
        ticket: Option<TicketKey>,
    },
}

/// How a daemon is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub version: String,
    pub process: u32,
    pub now: Timestamp,
    pub started_at: Option<Timestamp>,
    pub mailboxes: Vec<MailboxHealth>,
    /// The way out of each desk, where it was tried.
    pub relays: Vec<RelayHealth>,
    /// What `/ready` says.
    pub not_ready: Vec<String>,
    /// What will run out, or has: secrets and access tokens.
    #[serde(default)]
    pub alarms: Vec<Alarm>,
    /// What the operator has stopped.
    #[serde(default)]
    pub paused: AllPaused,
    /// Deliveries that are still to go, by state.
    pub outbox: BTreeMap<String, u32>,
    /// Mails that were set aside and wait for the operator.
    pub set_aside: u32,
    /// When the next letter is tried.
    pub next_delivery: Option<Timestamp>,
    /// When time alone next changes a ticket.
    pub next_wake: Option<Timestamp>,
}

/// One mailbox as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxHealth {
    pub name: String,
    /// Everything that arrived before is in the store.
    pub read_up_to: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    /// Mails that were seen there and are not read yet.
    pub waiting: usize,
    pub certificate_ends: Option<Timestamp>,
    pub trouble: Option<String>,
    pub troubled_since: Option<Timestamp>,
}

/// The way out of one desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayHealth {
    pub desk: String,
    /// When its server last answered a letter.
    pub answered_at: Option<Timestamp>,
    pub trouble: Option<String>,
    pub troubled_since: Option<Timestamp>,
    pub certificate_ends: Option<Timestamp>,
    /// Nothing is tried before.
    pub closed_until: Option<Timestamp>,
}

/// Why an order was not carried out. As many kinds as there are exit codes for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    pub kind: RefusalKind,
    pub text: String,
}

/// What a refusal means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// It cannot be done as things stand; nothing was changed.
    Refused,
    /// The order cannot be read.
    Malformed,
    /// Not now.
    Later,
    /// No desk has that address.
    NoUser,
    /// Neither now nor later.
    Never,
    /// The database cannot be used.
    Store,
}

impl Refusal {
    /// It cannot be done, and why.
    pub fn refused(text: impl Into<String>) -> Refusal {
        Refusal { kind: RefusalKind::Refused, text: text.into() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        let kind = match &error {
            StoreError::Abandoned(_) => RefusalKind::Refused,
            StoreError::Busy(_) => RefusalKind::Later,
            _ => RefusalKind::Store,
        };
        Refusal { kind, text: error.to_string() }
    }
}

/// The line that answers an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Done(Answer),
    Refused(Refusal),
}
