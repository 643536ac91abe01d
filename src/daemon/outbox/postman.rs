//! A postman: one connection, one letter after another.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::branch::Branch;
use super::pack::{Packer, Unpackable};
use crate::daemon::clock::Clock;
use crate::daemon::pulse::Beat;
use crate::domain::delivery::{Delivery, Hold};
use crate::domain::rules::DeskId;
use crate::mail::smtp::Connection;
use crate::store::Claim;

/// A connection is used for so many letters: servers tire of one that never ends (E20).
const LETTERS_PER_CONNECTION: u32 = 100;

/// A letter that comes back to the office, and what came of it.
pub struct Return {
    pub claim: Claim,
    pub came: Came,
}

/// What came of a letter.
pub enum Came {
    /// It was tried.
    Tried(Delivery),
    /// The store did not give its attachments.
    StoreFailed(String),
    /// The house stops; it was not tried.
    Stopped,
}

/// One who carries letters. Lives as long as his connection.
pub struct Postman {
    pub branch: Arc<Branch>,
    pub packer: Arc<Packer>,
    pub clock: Clock,
    /// No letter is begun after this; the one in hand is finished.
    pub stop: CancellationToken,
    /// An open connection waits so long for the next letter.
    pub keep: Duration,
    pub office: UnboundedSender<Return>,
    /// Each letter is done within its lease.
    pub lease: Duration,
    pub beat: Beat,
}

impl Postman {
    /// Carries letters, [`Branch::ready`] for the first, until none come, or the connection is lost.
    pub async fn carry(self) -> DeskId {
        let desk = self.branch.desk.id().clone();
        let mut connection = None;
        let mut keep = Duration::ZERO;
        let mut carried = 0;
        while let Some(claim) = self.branch.next(keep, &self.stop).await {
            self.beat.within(self.lease);
            let came = self.deliver(&mut connection, &claim).await;
            self.beat.idle();
            if self.office.send(Return { claim, came }).is_err() {
                break;
            }
            carried += 1;
            if connection.is_none() || carried == LETTERS_PER_CONNECTION {
                break;
            }
            keep = self.keep;
            self.branch.ready();
        }
        if let Some(connection) = connection {
            connection.close().await;
        }
        desk
    }

    async fn deliver(&self, connection: &mut Option<Connection>, claim: &Claim) -> Came {
        let letter = &claim.row.letter;
        let packed = match self.packer.pack(&letter.letter).await {
            Ok(packed) => packed,
            Err(Unpackable::Lost(text)) => return Came::Tried(Delivery::Refused { code: None, text }),
            Err(Unpackable::Store(error)) => return Came::StoreFailed(error.to_string()),
        };
        tokio::select! {
            () = self.branch.turns.next(&self.clock) => {}
            () = self.stop.cancelled() => return Came::Stopped,
        }
        let came = self.send(connection, claim, &packed.mail).await;
        match came {
            Came::Tried(Delivery::Held { cause: Hold::Sender, .. })
                if self.branch.sender(letter).is_none() =>
            {
                self.branch.give_up_empty_sender();
                self.send(connection, claim, &packed.mail).await
            }
            came => came,
        }
    }

    /// Sends over the open connection or, where there is none or it proves to be dead, over a new one.
    async fn send(&self, connection: &mut Option<Connection>, claim: &Claim, mail: &[u8]) -> Came {
        fault_point!("letter_packed");
        let sender = self.branch.sender(&claim.row.letter);
        if let Some(mut open) = connection.take().filter(Connection::is_reusable) {
            let was_fresh = open.is_fresh();
            let delivery = open.send(sender, &claim.recipient, mail).await;
            *connection = open.is_reusable().then_some(open);
            if was_fresh || !matches!(delivery, Delivery::Host { .. }) {
                return Came::Tried(delivery);
            }
        }
        let opened = tokio::select! {
            opened = self.branch.connect() => opened,
            () = self.stop.cancelled() => return Came::Stopped,
        };
        match opened {
            Ok(mut open) => {
                let delivery = open.send(sender, &claim.recipient, mail).await;
                *connection = open.is_reusable().then_some(open);
                Came::Tried(delivery)
            }
            Err(refusal) => Came::Tried(refusal.into()),
        }
    }
}
