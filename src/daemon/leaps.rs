//! Leaps of the wall clock: set by hand or by a bad time server, or gone on while the machine slept (A37).
//!
//! Nothing happens by time alone for a while after a leap forward. A wrong time is put right meanwhile, and where it was
//! right the mailbox has been read before silence counts.

use jiff::{SignedDuration, Timestamp};

/// What the clock may go ahead of the time that passed, or stay behind it, without anybody asking why.
const LEAP: SignedDuration = SignedDuration::from_mins(30);
/// So long nothing happens by time alone after a leap forward.
const REST: SignedDuration = SignedDuration::from_mins(10);

/// A leap that was noticed now; `ahead` is negative where the clock went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leap {
    pub ahead: SignedDuration,
}

/// What the wall clock did between looks at it.
#[derive(Debug, Default)]
pub(super) struct Leaps {
    /// Wall clock and time that had passed, at the last look.
    last: Option<(Timestamp, SignedDuration)>,
    resting: Option<Resting>,
}

#[derive(Clone, Copy, Debug)]
struct Resting {
    since: SignedDuration,
    /// How far the clock is ahead of where it was before the leaps.
    ahead: SignedDuration,
}

impl Leaps {
    /// Compares how far the wall clock went since the last look with the time that passed, of which `ran` is the sum.
    pub fn look(&mut self, now: Timestamp, ran: SignedDuration) -> Option<Leap> {
        let (then, ran_then) = self.last.replace((now, ran)).unwrap_or((now, ran));
        let ahead = now.duration_since(then) - (ran - ran_then);
        if ahead.abs() < LEAP {
            return None;
        }
        let before = self.resting.map_or(SignedDuration::ZERO, |resting| resting.ahead);
        let ahead_in_all = before + ahead;
        // Put right, or never wrong in the direction that ends anything early.
        self.resting = (ahead_in_all >= LEAP).then_some(Resting { since: ran, ahead: ahead_in_all });
        Some(Leap { ahead })
    }

    /// Whether the clock is not to be believed yet.
    pub fn is_resting(&mut self) -> bool {
        let ran = self.last.map_or(SignedDuration::ZERO, |(_, ran)| ran);
        self.resting = self.resting.filter(|resting| ran - resting.since < REST);
        self.resting.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 60 * MINUTE;

    /// Looks at minutes of the wall clock and of time, and whether time is believed after each.
    fn believed(looks: &[(i64, i64)]) -> Vec<bool> {
        let mut leaps = Leaps::default();
        let look = |(wall, ran): &(i64, i64)| {
            leaps.look(
                Timestamp::from_second(1_772_000_000 + wall).expect("an instant"),
                SignedDuration::from_secs(*ran),
            );
            !leaps.is_resting()
        };
        looks.iter().map(look).collect()
    }

    #[test]
    fn a_leap_forward_rests_for_ten_minutes_and_no_longer() {
        let looks = [(0, 0), (MINUTE, MINUTE), (2 * DAY, 2 * MINUTE), (2 * DAY + 9 * MINUTE, 11 * MINUTE)];
        assert_eq!(believed(&looks), [true, true, false, false]);
        assert_eq!(believed(&[(0, 0), (2 * DAY, 0), (2 * DAY + 600, 600)]), [true, false, true]);
    }

    #[test]
    fn a_clock_that_is_put_right_is_believed_at_once() {
        assert_eq!(believed(&[(0, 0), (2 * DAY, 60), (120, 120)]), [true, false, true]);
        assert_eq!(
            believed(&[(0, 0), (2 * DAY, 60), (DAY, 120)]),
            [true, false, false],
            "half of it is still wrong"
        );
    }

    #[test]
    fn a_clock_that_goes_back_is_told_of_and_delays_nothing_further() {
        let mut leaps = Leaps::default();
        let at = |second| Timestamp::from_second(1_772_000_000 + second).expect("an instant");
        assert_eq!(leaps.look(at(0), SignedDuration::ZERO), None);
        let back = leaps.look(at(-60 * MINUTE), SignedDuration::ZERO);
        assert_eq!(back, Some(Leap { ahead: SignedDuration::from_hours(-1) }));
        assert!(!leaps.is_resting());
    }

    #[test]
    fn a_summer_time_a_slow_machine_and_small_corrections_are_no_leap() {
        assert_eq!(believed(&[(0, 0), (DAY, DAY), (DAY + 29 * MINUTE, DAY)]), [true, true, true]);
    }
}
