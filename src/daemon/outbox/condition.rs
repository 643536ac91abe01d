//! Whether letters of a desk can leave at all, and since when they cannot.

use jiff::Timestamp;

use crate::domain::delivery::{Delivery, Hold};
use crate::domain::retry::Settle;

/// How the way out of one desk is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// How often in a row the host or the account has failed.
    failures: u32,
    /// Nothing is tried before this; past, but not `None`, while one letter tries whether the way is open again.
    closed_until: Option<Timestamp>,
    /// What is wrong, in the server's words, and what to do about it.
    trouble: String,
    advice: &'static str,
}

impl Condition {
    /// The failures in a row if one more came now.
    pub fn failures_with_one_more(&self) -> u32 {
        self.failures.saturating_add(1)
    }

    /// Until when nothing is tried; `None` where something may be.
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.closed_until.filter(|until| *until > now)
    }

    /// What is wrong; empty when nothing is.
    pub fn trouble(&self) -> &str {
        &self.trouble
    }

    /// Connections that may be open: one only while nobody knows whether the way is open again.
    pub fn connections(&self, most: u32, now: Timestamp) -> usize {
        match self.closed_until {
            Some(until) if until > now => 0,
            Some(_) => 1,
            None => most as usize,
        }
    }

    /// The way is closed. Returns whether this is a kind of trouble that was not told before (F15, B9).
    pub fn close(&mut self, settle: &Settle, delivery: &Delivery) -> bool {
        let Some((until, advice)) = advice(settle) else { return false };
        self.failures = self.failures_with_one_more();
        self.closed_until = Some(until);
        self.trouble = format!("{delivery}; {advice}; `maildesk check` tries it");
        std::mem::replace(&mut self.advice, advice) != advice
    }

    /// The server has answered. Returns whether it had been in trouble.
    pub fn open(&mut self) -> bool {
        std::mem::take(self).closed_until.is_some()
    }
}

fn advice(settle: &Settle) -> Option<(Timestamp, &'static str)> {
    match settle {
        Settle::HostDown { until } => {
            Some((*until, "see whether host, port and security are right and the host is up"))
        }
        Settle::HoldQueue { until, cause } => {
            let advice = match cause {
                Hold::Login => "see whether user and password, or the access token, are right",
                Hold::Sender => "let the account send with the desk's address, or log in as another",
                Hold::Policy => {
                    "see whether the account may send to others, and whether its limit is reached"
                }
            };
            Some((*until, advice))
        }
        Settle::Done | Settle::Again { .. } | Settle::GiveUp { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn trouble_is_told_once_for_each_kind_and_one_letter_tries_the_way_again() {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a timestamp");
        let until = now + SignedDuration::from_secs(15);
        let down = Settle::HostDown { until };
        let silent = Delivery::Host { code: None, text: "silent".to_owned() };
        let mut condition = Condition::default();
        assert_eq!(condition.connections(4, now), 4);
        assert!(condition.close(&down, &silent), "news");
        assert!(!condition.close(&down, &silent), "no news");
        assert_eq!(condition.failures_with_one_more(), 3);
        assert_eq!((condition.connections(4, now), condition.closed_until(now)), (0, Some(until)));
        assert_eq!((condition.connections(4, until), condition.closed_until(until)), (1, None));
        let held = Settle::HoldQueue { until, cause: Hold::Login };
        let refused = Delivery::Held { cause: Hold::Login, code: Some(535), text: "no".to_owned() };
        assert!(condition.close(&held, &refused), "another kind");
        assert!(condition.trouble().contains("password"), "{}", condition.trouble());
        assert!(condition.open() && !condition.open());
        assert_eq!(condition, Condition::default());
    }
}
