//! The shapes in which the store takes and gives.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::letter::Letter;
use crate::domain::rules::DeskId;
use crate::domain::ticket::{Number, Status, Ticket, TicketKey};

pub type MailId = i64;
pub type LetterId = i64;
pub type DeliveryId = i64;

/// Where a mail lies on a server: the transport key (A1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// Name of the mailbox in the configuration; the folder belongs to it.
    pub mailbox: String,
    pub validity: u32,
    pub uid: u32,
}

/// A UID that has been seen, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    pub place: Place,
    pub seen_at: Timestamp,
    /// The mail it held, where it was read.
    pub mail: Option<MailId>,
    pub outcome: Outcome,
}

/// What became of a mail: the terminal states of robustness.md, section I.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Stored, not yet decided (only while its first attempt runs or after a crash).
    Stored,
    /// Opened or joined a ticket.
    Applied { ticket: TicketKey, kind: String, reason: String },
    /// A delivery report that settled something of ours.
    DeliveryEvent { ticket: Option<TicketKey>, reason: String },
    /// Set aside for the operator.
    Quarantined { reason: String },
    /// Rightly without effect (own letter, read receipt, from before the first start …).
    Skipped { reason: String },
    /// The same content as an earlier mail.
    Duplicate { of: MailId },
    /// Deleted by somebody before it was read.
    Withdrawn { reason: String },
    /// An agent's mail that was sent back to him.
    Returned { ticket: Option<TicketKey>, reason: String },
}

impl Outcome {
    /// The word for it in the ledger.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Stored => "stored",
            Outcome::Applied { .. } => "applied",
            Outcome::DeliveryEvent { .. } => "delivery_event",
            Outcome::Quarantined { .. } => "quarantined",
            Outcome::Skipped { .. } => "skipped",
            Outcome::Duplicate { .. } => "duplicate",
            Outcome::Withdrawn { .. } => "withdrawn",
            Outcome::Returned { .. } => "returned",
        }
    }

    /// The ticket that the mail had to do with.
    pub fn ticket(&self) -> Option<&TicketKey> {
        match self {
            Outcome::Applied { ticket, .. } => Some(ticket),
            Outcome::DeliveryEvent { ticket, .. } | Outcome::Returned { ticket, .. } => ticket.as_ref(),
            _ => None,
        }
    }
}

/// A mail to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMail {
    pub desk: DeskId,
    pub fingerprint: Hash,
    pub raw: Hash,
    pub size_bytes: u64,
    /// Without angle brackets.
    pub message_id: Option<String>,
    pub from: Option<Address>,
    /// One line, cut to what a list can show.
    pub subject: String,
    /// INTERNALDATE.
    pub received_at: Timestamp,
    pub stored_at: Timestamp,
    pub outcome: Outcome,
}

/// A mail that is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    pub id: MailId,
    pub mail: NewMail,
    /// How often it was tried to decide on it.
    pub attempts: u32,
}

/// What to list of mails or sightings.
#[derive(Clone, Debug, Default)]
pub struct MailFilter {
    /// `Outcome::word`; all where empty.
    pub outcome: Option<String>,
    pub mailbox: Option<String>,
    pub ticket: Option<TicketKey>,
    /// Only of this sender, to the letter. No index helps: all mails are walked.
    pub from: Option<Address>,
    /// Stored (mails) or seen (sightings) at this moment or later.
    pub since: Option<Timestamp>,
    /// 0 means no limit.
    pub limit: usize,
}

/// How far a mailbox has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub validity: u32,
    /// Every UID up to here has a sighting.
    pub uid: u32,
}

/// What is known of a mail that was read and waits to be decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coming {
    pub raw: Hash,
    pub fingerprint: Hash,
    pub message_id: Option<String>,
    pub sender: Option<Address>,
}

/// What to list of tickets. Empty fields do not restrict.
#[derive(Clone, Debug, Default)]
pub struct TicketFilter {
    pub desk: Option<DeskId>,
    pub statuses: Vec<Status>,
    pub assignee: Option<String>,
    pub requester: Option<Address>,
    /// Registration number of the client.
    pub client: Option<String>,
    /// Received at this moment or later.
    pub since: Option<Timestamp>,
    /// Received before this moment.
    pub until: Option<Timestamp>,
    /// Only tickets numbered lower, for paging.
    pub before: Option<Number>,
    /// So many of the newest are left out.
    pub skip: usize,
    /// 0 means no limit.
    pub limit: usize,
}

/// How much there is, by what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub sightings: usize,
    /// By the kind of what was applied, else by the word of the outcome.
    pub mails: BTreeMap<String, usize>,
    /// By the word of the status.
    pub tickets: BTreeMap<String, usize>,
    /// By the word of the state.
    pub deliveries: BTreeMap<String, usize>,
}

/// What a search for words found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Those that were opened last come first.
    pub tickets: Vec<Ticket>,
    /// So many more have the words, counted up to [`Found::MORE_MAX`].
    pub more: usize,
    /// So many tickets have changed and were not looked through as they are now, counted up to
    /// [`Found::UNSEARCHED_MAX`]: too many for one question while the index is made.
    pub unsearched: usize,
}

impl Found {
    pub const MORE_MAX: usize = 1_000;
    pub const UNSEARCHED_MAX: usize = 10_000;
}

/// What one step of indexing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// Tickets that were read.
    pub tickets: usize,
    /// More wait.
    pub more: bool,
}

/// A letter to go, with one delivery for each recipient.
#[derive(Clone, Debug, PartialEq)]
pub struct NewLetter {
    pub letter: Letter,
    pub desk: DeskId,
    pub ticket: Option<TicketKey>,
    /// The template's name: `ack`, `reply`, `agent_new` …
    pub purpose: String,
    /// Nobody typed it: budgets and loop rules hold for it.
    pub automatic: bool,
    /// Somebody waits for it: it leaves before letters that are not, and takes those with it that stand before it in the
    /// order of its recipient and ticket.
    pub pressing: bool,
    /// What it answers or tells of; with `purpose` and recipient unique.
    pub cause: String,
    pub created_at: Timestamp,
    /// Envelope sender; `None` is `<>`.
    pub envelope_from: Option<Address>,
    /// At least one; one that is there twice counts once.
    pub recipients: Vec<Address>,
    /// Not tried before this moment.
    pub not_before: Timestamp,
}

/// A letter in the outbox or gone.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterRow {
    pub id: LetterId,
    pub letter: NewLetter,
}

/// A delivery that its sender has taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub delivery: DeliveryId,
    pub letter: LetterId,
    pub recipient: Address,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// An earlier attempt ended without an answer.
    pub uncertain: u32,
    /// When the first attempt that counts began: this one, where there was none before.
    pub first_at: Timestamp,
    pub row: LetterRow,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Queued,
    Attempting,
    Deferred,
    /// The connection was lost after the final dot: it may have arrived.
    Uncertain,
    Sent,
    Failed,
    Expired,
    Cancelled,
}

impl DeliveryState {
    pub const ALL: [DeliveryState; 8] = [
        DeliveryState::Queued,
        DeliveryState::Attempting,
        DeliveryState::Deferred,
        DeliveryState::Uncertain,
        DeliveryState::Sent,
        DeliveryState::Failed,
        DeliveryState::Expired,
        DeliveryState::Cancelled,
    ];

    /// The word for it in the store and in lists.
    pub fn word(self) -> &'static str {
        match self {
            DeliveryState::Queued => "queued",
            DeliveryState::Attempting => "attempting",
            DeliveryState::Deferred => "deferred",
            DeliveryState::Uncertain => "uncertain",
            DeliveryState::Sent => "sent",
            DeliveryState::Failed => "failed",
            DeliveryState::Expired => "expired",
            DeliveryState::Cancelled => "cancelled",
        }
    }

    /// Nothing more will be tried.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            DeliveryState::Sent | DeliveryState::Failed | DeliveryState::Expired | DeliveryState::Cancelled
        )
    }
}

/// What came of an attempt, or of an operator's word.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled {
    pub state: DeliveryState,
    pub at: Timestamp,
    /// When to try again, where the state is not final; `at` where it is not said.
    pub next_at: Option<Timestamp>,
    /// The server's reply or our reason, one line.
    pub text: String,
    /// The attempt does not count (the host was down, the account refused): taken back.
    pub uncounted: bool,
}

impl Settled {
    /// It is not made after all; no attempt is counted. `why` is one line.
    pub fn cancelled(at: Timestamp, why: impl Into<String>) -> Settled {
        Settled { state: DeliveryState::Cancelled, at, next_at: None, text: why.into(), uncounted: true }
    }
}

/// A delivery, for lists and for `settle`.
#[derive(Clone, Debug, PartialEq)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub letter: LetterId,
    pub desk: DeskId,
    pub ticket: Option<TicketKey>,
    pub purpose: String,
    pub message_id: String,
    pub recipient: Address,
    pub state: DeliveryState,
    pub attempts: u32,
    pub uncertain: u32,
    pub created_at: Timestamp,
    pub next_at: Option<Timestamp>,
    pub settled_at: Option<Timestamp>,
    pub text: String,
}

/// What to list of deliveries. Empty fields do not restrict.
#[derive(Clone, Debug, Default)]
pub struct DeliveryFilter {
    pub states: Vec<DeliveryState>,
    pub ticket: Option<TicketKey>,
    pub letter: Option<LetterId>,
    pub recipient: Option<Address>,
    /// 0 means no limit.
    pub limit: usize,
}

/// Whose automatic mails are counted together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    Address(Address),
    Domain(String),
    Everybody,
}

/// What is known of an address beyond its tickets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Good,
    /// An agent said `#spam`: its mail is kept and answered by nothing.
    Blocked,
    /// A letter of ours bounced for good: no automatic mail until a mail comes from there (B21).
    Undeliverable,
}

/// Something that must hold and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The invariant's number in ARCHITECTURE.md.
    pub invariant: u32,
    pub what: String,
}
