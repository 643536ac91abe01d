//! What to do after an attempt to deliver: done, again later, give up, hold the queue, wait for the host.

use jiff::{SignedDuration, Timestamp};

use super::delivery::{Delivery, Hold};

/// Answers are given up this long after their first counted attempt (RFC 5321, section 4.5.4.1: 4 to 5 days).
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// An acknowledgement older than this helps nobody any more.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);

/// How often a letter goes out whose arrival stayed uncertain.
pub const UNCERTAIN_MAX: u32 = 3;

const STEPS_MINUTES: [i64; 7] = [1, 5, 15, 60, 120, 180, 240];
const UNCERTAIN_STEPS_MINUTES: [i64; 2] = [15, 60];
const HOST_STEPS_SECONDS: [i64; 6] = [15, 30, 60, 120, 300, 600];
const HOLD_STEPS_MINUTES: [i64; 4] = [5, 10, 20, 30];

/// How long a letter is worth sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Acknowledgements and reminders: cancelled when they are [`STALE_AFTER`] old.
    Short,
    /// Answers, notices to agents, statements: a person waits for them.
    Long,
}

/// The attempts at one letter to one recipient so far, this one included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Counted ones: `Held` and `Host` are not.
    pub counted: u32,
    /// Those of them that ended `Unknown`.
    pub uncertain: u32,
    /// When the letter was decided.
    pub queued_at: Timestamp,
    /// When the first counted attempt was made; `None` before it.
    pub first_at: Option<Timestamp>,
    /// How often in a row, whatever the letter, the host or the account has failed.
    pub trouble: u32,
    /// Spreads the waiting times; the same seed gives the same times.
    pub seed: u64,
}

/// Why a letter is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lost {
    /// The server said never.
    Refused,
    /// Deferred for [`GIVE_UP_AFTER`].
    Expired,
    /// Sent [`UNCERTAIN_MAX`] times without a clear answer: it may well have arrived.
    Uncertain,
    /// An acknowledgement that would come too late.
    Stale,
}

impl Lost {
    /// One word for the history and for lists.
    pub fn word(self) -> &'static str {
        match self {
            Lost::Refused => "refused",
            Lost::Expired => "expired",
            Lost::Uncertain => "uncertain",
            Lost::Stale => "stale",
        }
    }
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settle {
    /// The server has it.
    Done,
    /// The same bytes again, not before this.
    Again { at: Timestamp },
    /// No more attempts; somebody must hear of it.
    GiveUp { why: Lost },
    /// Nothing goes out for this account before this; the operator must hear of it. No attempt was consumed.
    HoldQueue { until: Timestamp, cause: Hold },
    /// Nothing goes to this host before this. No attempt was consumed.
    HostDown { until: Timestamp },
}

/// Decides what follows from `delivery`. Total: every outcome has an answer.
///
/// A letter that expires while the host is down is given up at once if its lifetime is short; a long-lived one
/// waits for the host or the operator however long that takes.
pub fn after(delivery: &Delivery, attempts: &Attempts, lifetime: Lifetime, now: Timestamp) -> Settle {
    let stale = is_stale(lifetime, attempts.queued_at, now);
    match delivery {
        Delivery::Accepted { .. } => Settle::Done,
        Delivery::Refused { .. } => Settle::GiveUp { why: Lost::Refused },
        _ if stale => Settle::GiveUp { why: Lost::Stale },
        Delivery::Held { cause, .. } => {
            let until = later(now, &HOLD_STEPS_MINUTES.map(|m| m * 60), attempts.trouble, attempts.seed);
            Settle::HoldQueue { until, cause: *cause }
        }
        Delivery::Host { .. } => {
            Settle::HostDown { until: later(now, &HOST_STEPS_SECONDS, attempts.trouble, attempts.seed) }
        }
        Delivery::Unknown { .. } if attempts.uncertain >= UNCERTAIN_MAX => {
            Settle::GiveUp { why: Lost::Uncertain }
        }
        Delivery::Unknown { .. } => {
            let steps = UNCERTAIN_STEPS_MINUTES.map(|m| m * 60);
            Settle::Again { at: later(now, &steps, attempts.uncertain, attempts.seed) }
        }
        Delivery::Deferred { .. } => {
            let first = attempts.first_at.unwrap_or(now);
            if attempts.counted > 1 && now.duration_since(first) >= GIVE_UP_AFTER {
                return Settle::GiveUp { why: Lost::Expired };
            }
            let steps = STEPS_MINUTES.map(|m| m * 60);
            Settle::Again { at: later(now, &steps, attempts.counted, attempts.seed) }
        }
    }
}

/// Whether a letter should not be sent at all any more: ask before an attempt, too.
pub fn is_stale(lifetime: Lifetime, queued_at: Timestamp, now: Timestamp) -> bool {
    lifetime == Lifetime::Short && now.duration_since(queued_at) >= STALE_AFTER
}

/// `now` and the `nth` step (from 1; the last repeats), made longer by up to a fifth.
fn later(now: Timestamp, steps_seconds: &[i64], nth: u32, seed: u64) -> Timestamp {
    let at = (nth.max(1) as usize - 1).min(steps_seconds.len() - 1);
    let millis = steps_seconds[at] * 1000;
    let spread = (mixed(seed ^ u64::from(nth)) % (millis as u64 / 5 + 1)) as i64;
    now.checked_add(SignedDuration::from_millis(millis + spread)).unwrap_or(Timestamp::MAX)
}

/// The finishing step of splitmix64: neighbouring seeds give unrelated numbers.
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn attempts(counted: u32, first_at: &str) -> Attempts {
        Attempts {
            counted,
            uncertain: 0,
            queued_at: at("2026-03-02T09:00:00Z"),
            first_at: Some(at(first_at)),
            trouble: 1,
            seed: 7,
        }
    }

    fn deferred() -> Delivery {
        Delivery::Deferred { code: Some(450), text: "greylisted".to_owned() }
    }

    fn host() -> Delivery {
        Delivery::Host { code: Some(421), text: "closing".to_owned() }
    }

    fn held() -> Delivery {
        Delivery::Held { cause: Hold::Login, code: Some(535), text: "no".to_owned() }
    }

    fn unknown() -> Delivery {
        Delivery::Unknown { text: "silent after the final dot".to_owned() }
    }

    #[test]
    fn a_deferred_letter_waits_longer_each_time_up_to_four_hours() {
        let now = at("2026-03-02T10:00:00Z");
        let rows =
            [(1, 1), (2, 5), (3, 15), (4, 60), (5, 120), (6, 180), (7, 240), (8, 240), (u32::MAX, 240)];
        for (counted, minutes) in rows {
            let tries = attempts(counted, "2026-03-02T09:00:00Z");
            let Settle::Again { at } = after(&deferred(), &tries, Lifetime::Long, now) else {
                panic!("attempt {counted} is not the last")
            };
            let waited = at.duration_since(now).as_secs();
            assert!((minutes * 60..=minutes * 72).contains(&waited), "{counted}: {waited} s");
        }
    }

    #[test]
    fn each_outcome_has_its_consequence() {
        let now = at("2026-03-02T09:00:00Z");
        let tries = attempts(1, "2026-03-02T09:00:00Z");
        let accepted = Delivery::Accepted { code: 250, reply: "queued".to_owned() };
        let refused = Delivery::Refused { code: Some(550), text: "no such user".to_owned() };
        assert_eq!(after(&accepted, &tries, Lifetime::Long, now), Settle::Done);
        assert_eq!(after(&refused, &tries, Lifetime::Long, now), Settle::GiveUp { why: Lost::Refused });
        assert!(matches!(
            after(&held(), &tries, Lifetime::Long, now),
            Settle::HoldQueue { cause: Hold::Login, .. }
        ));
        assert!(matches!(after(&host(), &tries, Lifetime::Long, now), Settle::HostDown { .. }));
        assert!(matches!(after(&unknown(), &tries, Lifetime::Long, now), Settle::Again { .. }));
    }

    #[test]
    fn an_answer_is_given_up_five_days_after_the_first_attempt_and_no_sooner() {
        let tries = attempts(30, "2026-03-02T09:00:00Z");
        let early = after(&deferred(), &tries, Lifetime::Long, at("2026-03-07T08:59:59Z"));
        assert!(matches!(early, Settle::Again { .. }));
        let late = after(&deferred(), &tries, Lifetime::Long, at("2026-03-07T09:00:00Z"));
        assert_eq!(late, Settle::GiveUp { why: Lost::Expired });
    }

    #[test]
    fn a_week_without_the_server_uses_up_no_attempt_of_an_answer() {
        let now = at("2026-03-09T09:00:00Z");
        let tries =
            Attempts { counted: 0, first_at: None, trouble: 900, ..attempts(0, "2026-03-02T09:00:00Z") };
        assert!(matches!(after(&host(), &tries, Lifetime::Long, now), Settle::HostDown { .. }));
        assert!(matches!(after(&held(), &tries, Lifetime::Long, now), Settle::HoldQueue { .. }));
        let first = Attempts { counted: 1, first_at: Some(now), ..tries };
        assert!(matches!(after(&deferred(), &first, Lifetime::Long, now), Settle::Again { .. }));
    }

    #[test]
    fn an_acknowledgement_three_days_late_is_cancelled_whatever_delayed_it() {
        let tries = attempts(3, "2026-03-02T09:00:00Z");
        for delivery in [deferred(), host(), held(), unknown()] {
            let late = after(&delivery, &tries, Lifetime::Short, at("2026-03-05T09:00:00Z"));
            assert_eq!(late, Settle::GiveUp { why: Lost::Stale }, "{delivery}");
            let early = after(&delivery, &tries, Lifetime::Short, at("2026-03-05T08:59:59Z"));
            assert!(!matches!(early, Settle::GiveUp { .. }), "{delivery}");
        }
    }

    #[test]
    fn an_uncertain_letter_goes_out_three_times_at_most() {
        let now = at("2026-03-02T10:00:00Z");
        for (uncertain, minutes) in [(1, Some(15)), (2, Some(60)), (3, None), (4, None)] {
            let tries = Attempts { uncertain, ..attempts(uncertain, "2026-03-02T09:00:00Z") };
            match (after(&unknown(), &tries, Lifetime::Long, now), minutes) {
                (Settle::Again { at }, Some(minutes)) => {
                    assert!((minutes * 60..=minutes * 72).contains(&at.duration_since(now).as_secs()));
                }
                (settle, None) => assert_eq!(settle, Settle::GiveUp { why: Lost::Uncertain }),
                (settle, _) => panic!("{uncertain}: {settle:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_tried_again_is_tried_later_and_never_more_than_five_hours_later(
            counted in 0u32..200, uncertain in 0u32..9, trouble: u32, seed: u64, age_hours in 0i64..400, which in 0usize..4,
        ) {
            let queued_at = at("2026-03-02T09:00:00Z");
            let now = queued_at + SignedDuration::from_hours(age_hours);
            let tries = Attempts { counted, uncertain, queued_at, first_at: Some(queued_at), trouble, seed };
            let delivery = [deferred(), host(), held(), unknown()][which].clone();
            for lifetime in [Lifetime::Short, Lifetime::Long] {
                let settle = after(&delivery, &tries, lifetime, now);
                prop_assert_eq!(settle, after(&delivery, &tries, lifetime, now));
                let until = match settle {
                    Settle::Again { at } => at,
                    Settle::HoldQueue { until, .. } | Settle::HostDown { until } => until,
                    Settle::Done | Settle::GiveUp { .. } => continue,
                };
                prop_assert!(until > now && until.duration_since(now) <= SignedDuration::from_hours(5));
            }
        }
    }
}
