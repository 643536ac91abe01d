//! The shapes in which the store takes and gives what is counted: bills and ratings; figures for reports are those of
//! `domain::books`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::domain::books::{Measure, Pending, Promised};
use crate::domain::money::Money;
use crate::domain::people::AgentId;
use crate::domain::period::Period;
use crate::domain::rules::DeskId;

/// What a client was asked to pay for a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
