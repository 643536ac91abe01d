//! The shapes in which the store takes and gives what is counted: bills, ratings, figures for reports.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::money::Money;
use crate::domain::people::AgentId;
use crate::domain::period::Period;
use crate::domain::rules::DeskId;
use crate::domain::ticket::{Number, Status};

/// What a client was asked to pay for a period.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bill {
    pub desk: DeskId,
    /// Registration number of the client.
    pub client: String,
    pub period: Period,
    /// Of the bill, within its desk: from [`super::Tx::next_bill_number`].
    pub number: u32,
    /// Minutes that are billed: those beyond what the contract includes.
    pub minutes: u32,
    pub net: Money,
    pub vat: Money,
    pub total: Money,
    pub at: Timestamp,
}

/// What a client thinks of a solution.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rated {
    /// 1 to 5, 5 is best.
    pub value: u8,
    pub comment: String,
    /// Who had the ticket.
    pub agent: Option<AgentId>,
    pub at: Timestamp,
}

/// A ticket as reports count it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    pub number: Number,
    pub status: Status,
    /// Its type.
    pub kind: Option<String>,
    pub severity: String,
    pub channel: String,
    pub client: Option<String>,
    pub assignee: Option<AgentId>,
    pub received_at: Timestamp,
    /// The first public answer of an agent.
    pub answered_at: Option<Timestamp>,
    /// When it was last resolved; `None` while it is not (any more).
    pub solved_at: Option<Timestamp>,
    pub respond: Option<Promised>,
    pub resolve: Option<Promised>,
    /// How often it was taken up again after it was resolved or closed.
    pub reopened: u32,
    pub rating: Option<u8>,
    pub minutes: u32,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// As it is now: a reopening and a new severity set it anew.
    pub due: Timestamp,
    pub met_at: Option<Timestamp>,
    /// It was broken at any time, also before it was set anew.
    pub breached: bool,
}

/// How many tickets wait in one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    pub status: Status,
    pub count: u32,
    /// When the oldest of them was received.
    pub oldest: Timestamp,
}
