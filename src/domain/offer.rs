//! An offer: price and date of a piece of work, to be agreed in writing.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// An offer that was made on a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// As the agent wrote it: `1 200 CZK`.
    pub price: String,
    /// When the work will be done.
    pub date: Date,
    pub work: String,
    /// It lapses then; `None` once it was agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_at: Option<Timestamp>,
}
