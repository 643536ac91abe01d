//! Are the loops alive? Each says how long it may be silent now; the watchdog of the operating system is fed only
//! while every one of them keeps its word.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Silence beyond what a loop announced, where no watchdog says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is heard of all loops of one daemon.
#[derive(Debug)]
pub struct Pulse {
    beats: Mutex<Vec<Weak<Heard>>>,
    patience: Mutex<Duration>,
}

#[derive(Debug)]
struct Heard {
    who: String,
    /// When it was last heard of, and how long it may be silent then; `None` while it waits for something that
    /// may never come.
    last: Mutex<Option<(Instant, Duration)>>,
}

/// The pulse of one loop; the loop counts no more when it is dropped.
#[derive(Clone, Debug)]
pub struct Beat(Arc<Heard>);

/// A loop that did not keep its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stuck {
    pub who: String,
    /// How long nothing was heard of it.
    pub silent: Duration,
}

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse { beats: Mutex::default(), patience: Mutex::new(PATIENCE) }
    }
}

impl Pulse {
    /// A further loop, which waits until it says otherwise.
    pub fn beat(&self, who: impl Into<String>) -> Beat {
        let heard = Arc::new(Heard { who: who.into(), last: Mutex::default() });
        let mut beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        beats.retain(|beat| beat.strong_count() > 0);
        beats.push(Arc::downgrade(&heard));
        Beat(heard)
    }

    /// So long a loop may be silent beyond its own word.
    pub fn set_patience(&self, patience: Duration) {
        *self.patience.lock().unwrap_or_else(PoisonError::into_inner) = patience;
    }

    /// The loops that have been silent for longer than they said, and than patience allows.
    pub fn stuck(&self) -> Vec<Stuck> {
        self.stuck_at(Instant::now())
    }

    fn stuck_at(&self, now: Instant) -> Vec<Stuck> {
        let patience = *self.patience.lock().unwrap_or_else(PoisonError::into_inner);
        let beats = self.beats.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = |heard: Arc<Heard>| {
            let (at, allowed) = (*heard.last.lock().unwrap_or_else(PoisonError::into_inner))?;
            let silent = now.saturating_duration_since(at);
            (silent > allowed.saturating_add(patience)).then(|| Stuck { who: heard.who.clone(), silent })
        };
        beats.iter().filter_map(Weak::upgrade).filter_map(silent).collect()
    }
}

impl Beat {
    /// It goes on, and will be heard of again within `wait`: the time its own deadlines allow for the next step.
    pub fn within(&self, wait: Duration) {
        self.say(Some((Instant::now(), wait)));
    }

    /// It waits for something that may never come, such as an order.
    pub fn idle(&self) {
        self.say(None);
    }

    fn say(&self, last: Option<(Instant, Duration)>) {
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn names(pulse: &Pulse, at: Instant) -> Vec<String> {
        pulse.stuck_at(at).into_iter().map(|stuck| stuck.who).collect()
    }

    #[test]
    fn a_loop_is_stuck_after_its_own_word_and_the_patience_of_the_house() {
        let pulse = Pulse::default();
        pulse.set_patience(SECOND * 10);
        let (outbox, intake) = (pulse.beat("outbox"), pulse.beat("intake"));
        let before = Instant::now();
        outbox.within(SECOND * 5);
        intake.within(SECOND * 20);
        let after = Instant::now();
        assert_eq!(names(&pulse, before + SECOND * 15), [""; 0]);
        assert_eq!(names(&pulse, after + SECOND * 16), ["outbox"]);
        assert_eq!(names(&pulse, after + SECOND * 31), ["outbox", "intake"]);
        assert!(pulse.stuck_at(after + SECOND * 16)[0].silent >= SECOND * 16);
        outbox.within(SECOND * 50);
        assert_eq!(names(&pulse, after + SECOND * 31), ["intake"]);
    }

    #[test]
    fn who_waits_for_an_order_or_is_gone_is_not_stuck() {
        let pulse = Pulse::default();
        let (clerk, postman) = (pulse.beat("clerk"), pulse.beat("postman"));
        clerk.within(SECOND);
        postman.within(SECOND);
        let late = Instant::now() + SECOND * 1000;
        assert_eq!(names(&pulse, late), ["clerk", "postman"]);
        clerk.idle();
        drop(postman);
        assert_eq!(names(&pulse, late), [""; 0]);
    }
}
