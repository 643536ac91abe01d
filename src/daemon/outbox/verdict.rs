//! What is decided about a letter that was taken, and how it is written down.

use jiff::Timestamp;

use crate::daemon::house::Desks;
use crate::desk::{Desk, send};
use crate::domain::delivery::Delivery;
use crate::domain::retry::Settle;
use crate::store::{Claim, Result, Tx};

/// A letter that was taken, and what is to be written down about it.
pub struct Decided {
    pub claim: Claim,
    pub verdict: Verdict,
}

/// What is to be written down.
pub enum Verdict {
    /// It was tried, or is given up.
    Settle(Delivery, Settle),
    /// It was not tried, and no attempt is counted.
    PutBack { until: Timestamp, why: String },
    /// It must not be sent.
    Cancel { why: String },
}

impl Decided {
    /// Writes it down, and tells the agents of `desks` of a letter that is given up.
    pub fn write(&self, tx: &mut dyn Tx, desks: &Desks, now: Timestamp) -> Result<()> {
        let desk = desks.get(&self.claim.row.letter.desk);
        self.write_for(tx, desk.map(AsRef::as_ref), now)
    }

    /// Writes it down and tells nobody.
    pub fn write_silently(&self, tx: &mut dyn Tx, now: Timestamp) -> Result<()> {
        self.write_for(tx, None, now)
    }

    fn write_for(&self, tx: &mut dyn Tx, desk: Option<&Desk>, now: Timestamp) -> Result<()> {
        match &self.verdict {
            Verdict::Settle(delivery, settle) => {
                send::write_down(tx, desk, &self.claim, delivery, settle, now)
            }
            Verdict::PutBack { until, why } => send::put_back(tx, &self.claim, *until, why, now),
            Verdict::Cancel { why } => send::cancel(tx, &self.claim, why, now),
        }
    }

    /// Whether somebody is told, or a ticket changes.
    pub fn is_loss(&self) -> bool {
        matches!(&self.verdict, Verdict::Settle(_, Settle::GiveUp { .. }))
    }
}
