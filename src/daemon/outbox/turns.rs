//! So many letters a minute and no more (A48, E20).

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::daemon::clock::Clock;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Turns to send: in no minute more than the bound, whenever that minute begins.
#[derive(Debug)]
pub struct Turns {
    per_minute: Option<u32>,
    /// The last `per_minute` turns, oldest first.
    taken: Mutex<VecDeque<Timestamp>>,
}

impl Turns {
    /// `None`: without a bound.
    pub fn new(per_minute: Option<u32>) -> Turns {
        Turns { per_minute, taken: Mutex::default() }
    }

    pub fn is_bounded(&self) -> bool {
        self.per_minute.is_some()
    }

    /// Turns that an earlier run took count as well.
    pub fn recall(&self, mut earlier: Vec<Timestamp>) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.extend(taken.drain(..));
        earlier.sort();
        let kept = earlier.len().saturating_sub(self.per_minute.unwrap_or_default() as usize);
        taken.extend(earlier.drain(kept..));
    }

    /// Waits for a turn and takes it.
    pub async fn next(&self, clock: &Clock) {
        while let Err(free_at) = self.take(clock.now()) {
            clock.sleep_until(free_at).await;
        }
    }

    /// Takes a turn now, or says when to ask again.
    fn take(&self, now: Timestamp) -> Result<(), Timestamp> {
        let Some(bound) = self.per_minute else { return Ok(()) };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // A turn from the future was taken before the wall clock was set back.
        taken.retain(|at| now.duration_since(*at) < MINUTE && *at <= now);
        match taken.front() {
            Some(oldest) if taken.len() >= bound as usize => Err(*oldest + MINUTE),
            _ => {
                taken.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_has_more_turns_than_the_bound() {
        let start: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        let turns = Turns::new(Some(2));
        for (now, expected) in [
            (0, Ok(())),
            (10, Ok(())),
            (20, Err(at(60))),
            (59, Err(at(60))),
            (60, Ok(())),
            (61, Err(at(70))),
            (70, Ok(())),
            (200, Ok(())),
            (30, Ok(())),
        ] {
            assert_eq!(turns.take(at(now)), expected, "{now}");
        }
        turns.recall(vec![at(95), at(90), at(10)]);
        assert_eq!(turns.take(at(100)), Err(at(150)), "the newest of an earlier run count");
        assert_eq!(turns.take(at(150)), Ok(()));
        let unbound = Turns::new(None);
        assert!((0..1000).all(|_| unbound.take(start).is_ok()));
    }
}
