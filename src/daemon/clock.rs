//! The one door through which time comes in: the system's, or a stepped one that moves only when told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Sleeps are cut to this, so that a jump of the wall clock or a suspended machine is noticed.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// A clock that is handed to every task.
#[derive(Clone, Debug)]
pub struct Clock {
    hands: Arc<watch::Sender<Hands>>,
}

#[derive(Clone, Copy, Debug)]
struct Hands {
    /// The instant at which a stepped clock stands; `None` while it follows the system's.
    stands: Option<Timestamp>,
    /// Time that passed before `begun`, and all of it while the clock stands.
    passed: SignedDuration,
    begun: Instant,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Clock {
        Clock::of(None)
    }

    /// A clock that stands at `start` until it is advanced.
    pub fn stepped(start: Timestamp) -> Clock {
        Clock::of(Some(start))
    }

    fn of(stands: Option<Timestamp>) -> Clock {
        let hands = Hands { stands, passed: SignedDuration::ZERO, begun: Instant::now() };
        Clock { hands: Arc::new(watch::Sender::new(hands)) }
    }

    pub fn now(&self) -> Timestamp {
        let stands = self.hands.borrow().stands;
        stands.unwrap_or_else(system_now)
    }

    /// How much time has passed since the clock was made, by a measure that nobody sets. A machine that sleeps does not
    /// count it.
    pub fn ran(&self) -> SignedDuration {
        let hands = *self.hands.borrow();
        match hands.stands {
            Some(_) => hands.passed,
            None => {
                hands.passed + SignedDuration::try_from(hands.begun.elapsed()).unwrap_or(SignedDuration::MAX)
            }
        }
    }

    /// Lets time pass on a stepped clock until it stands at `at`; it never goes back.
    pub fn advance_to(&self, at: Timestamp) {
        self.hands.send_modify(|hands| {
            if let Some(stands) = hands.stands {
                let at = at.max(stands);
                hands.passed += at.duration_since(stands);
                hands.stands = Some(at);
            }
        });
    }

    /// Sets a stepped clock to `at`, as somebody may set the system's: no time passes.
    pub fn set_to(&self, at: Timestamp) {
        self.hands.send_modify(|hands| hands.stands = hands.stands.map(|_| at));
    }

    /// From now on the system's clock counts; until its instant time has passed.
    pub fn release(&self) {
        self.hands.send_modify(|hands| {
            let stood = hands.stands.take();
            hands.passed += stood.map_or(SignedDuration::ZERO, |stood| system_now().duration_since(stood));
            hands.begun = Instant::now();
        });
    }

    /// Does the clock move only when told?
    pub fn is_stepped(&self) -> bool {
        self.hands.borrow().stands.is_some()
    }

    /// Returns at `at`, or soon after; at once when it is past.
    pub async fn sleep_until(&self, at: Timestamp) {
        let mut changes = self.hands.subscribe();
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

#[allow(clippy::disallowed_methods)]
fn system_now() -> Timestamp {
    Timestamp::now()
}
