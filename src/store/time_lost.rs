//! What a restored database knows of the time that was lost.

use jiff::{SignedDuration, Timestamp};

use super::rows::{DeliveryState, Settled};

/// What is said of a letter that may have left in a time that was lost.
pub const MAY_HAVE_LEFT: &str = "it may have left before the database was restored: `maildesk outbox retry` or `drop`, else it goes in three days";

/// A restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// How often this database was restored.
    pub epoch: u32,
    /// The last thing that the copy knew.
    pub lost_from: Option<Timestamp>,
    /// When it was restored: what happened before and is decided after it was perhaps decided once already.
    pub at: Option<Timestamp>,
    /// The lost database could be read, so that it is known which letters left.
    pub known: bool,
}

/// A letter that left in a time that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBefore {
    /// Without angle brackets.
    pub message_id: String,
    pub at: Timestamp,
}

/// A letter that may have left in a time that was lost waits so long for the operator's word, and goes out then: rather
/// twice than never. An acknowledgement is too old by then and is dropped.
pub const HELD: SignedDuration = SignedDuration::from_hours(72);

/// A delivery that waits because it may have been made in a time that was lost.
pub fn held_back(now: Timestamp) -> Settled {
    Settled {
        state: DeliveryState::Deferred,
        at: now,
        next_at: Some(now + HELD),
        text: MAY_HAVE_LEFT.to_owned(),
        uncounted: true,
    }
}
