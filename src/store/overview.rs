//! How the whole desk stands, counted: for `maildesk status` and for `/metrics`.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::rules::DeskId;
use crate::domain::ticket::Status;

use super::rows::DeliveryState;

/// Figures of one moment. None of them needs a walk through all tickets or all letters.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Overview {
    pub desks: Vec<DeskOverview>,
    /// Deliveries that are still to go, by state.
    pub waiting: Vec<(DeliveryState, u32)>,
    /// When the oldest letter that is still to go was written.
    pub oldest_waiting: Option<Timestamp>,
    /// Deliveries that were given up, among the last [`Overview::LATELY`].
    pub given_up: u32,
    /// Mails that were set aside and wait for the operator.
    pub set_aside: u32,
    /// When the last of them came.
    pub last_set_aside: Option<Timestamp>,
    /// Mails that are kept.
    pub mails: i64,
}

impl Overview {
    /// "Lately" is among so many deliveries, the newest ones.
    pub const LATELY: u32 = 5_000;
}

/// The tickets of one desk that are not done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeskOverview {
    pub desk: DeskId,
    /// Tickets by status, those that have any.
    pub tickets: Vec<(Status, u32)>,
    /// Promises that end in the time that was asked for.
    pub due: u32,
    /// Promises that are broken and still not met.
    pub overdue: u32,
    /// New requests that nobody has taken.
    pub untaken: u32,
}
