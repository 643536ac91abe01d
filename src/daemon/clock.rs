//! The one door through which time comes in: the system's, or a stepped one that moves only when told.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Sleeps are cut to this, so that a jump of the wall clock or a suspended machine is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// A clock that is handed to every task.
#[derive(Clone, Debug)]
pub struct Clock {
    /// The instant at which a stepped clock stands; `None` while it follows the system's.
    stands: Arc<watch::Sender<Option<Timestamp>>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock { stands: Arc::new(watch::Sender::new(None)) }
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn stepped(start: Timestamp) -> Clock {
        Clock { stands: Arc::new(watch::Sender::new(Some(start))) }
    }

    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> Timestamp {
        let stands = *self.stands.borrow();
        stands.unwrap_or_else(Timestamp::now)
    }

    /// Moves a stepped clock forward to `at`; it never goes back.
    pub fn advance_to(&self, at: Timestamp) {
        self.stands.send_modify(|stands| {
            if let Some(stands) = stands {
                *stands = at.max(*stands);
            }
        });
    }

    /// From now on the system's clock counts.
    pub fn release(&self) {
        self.stands.send_replace(None);
    }

    /// Does the clock move only when told?
    pub fn is_stepped(&self) -> bool {
        self.stands.borrow().is_some()
    }

    /// Returns at `at`, or soon after; at once when it is past.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut changes = self.stands.subscribe();
        loop {
            let left = at.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            let left = Duration::try_from(left).unwrap_or(SLEEP_MAX).min(SLEEP_MAX);
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(left), if !self.is_stepped() => {}
            }
        }
    }
}
