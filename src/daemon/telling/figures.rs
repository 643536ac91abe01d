//! What is counted while the daemon runs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::histogram::Histogram;
use crate::domain::ticket::TicketKey;
use crate::store::{DeliveryState, Fact, Outcome};

/// A commit is a millisecond on a good disk.
const COMMIT_BOUNDS: &[f64] = &[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
/// The mail server dates an arrival to the second.
const ACK_BOUNDS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0];
/// Requests whose acknowledgement is still to go, beyond which the oldest are not measured.
const ARRIVALS_MAX: usize = 10_000;
/// So many of those that were acknowledged stand in the order of the others at least before they are taken out.
const ANSWERED_KEPT: usize = 64;

/// Counters since the start of the process.
#[derive(Debug)]
pub struct Figures {
    /// Facts by their word.
    facts: Mutex<BTreeMap<&'static str, u64>>,
    promises_broken: AtomicU64,
    units: AtomicU64,
    /// How long a commit took, with the work of its units.
    pub commits: Histogram,
    /// From the arrival of a request to its acknowledgement accepted.
    pub acks: Histogram,
    arrivals: Mutex<Arrivals>,
    clerk: Mutex<ClerkState>,
}

/// When the requests arrived that are not acknowledged yet, oldest first.
#[derive(Debug, Default)]
struct Arrivals {
    at: HashMap<TicketKey, Timestamp>,
    order: VecDeque<TicketKey>,
}

#[derive(Debug, Default)]
struct ClerkState {
    since: Option<Instant>,
    trouble: Option<String>,
}

impl Default for Figures {
    fn default() -> Figures {
        Figures {
            facts: Mutex::default(),
            promises_broken: AtomicU64::new(0),
            units: AtomicU64::new(0),
            commits: Histogram::new(COMMIT_BOUNDS),
            acks: Histogram::new(ACK_BOUNDS),
            arrivals: Mutex::default(),
            clerk: Mutex::default(),
        }
    }
}

impl Figures {
    /// Counts a fact that is told at `now`.
    pub fn count(&self, fact: &Fact, now: Timestamp) {
        *lock(&self.facts).entry(fact.word()).or_default() += 1;
        match fact {
            Fact::Received { arrived: Some(at), outcome: Outcome::Applied { ticket, kind, .. }, .. }
                if kind == "request" =>
            {
                lock(&self.arrivals).came(ticket, *at);
            }
            Fact::Tried { ticket: Some(ticket), purpose, state: DeliveryState::Sent, .. }
                if purpose == "ack" =>
            {
                if let Some(at) = lock(&self.arrivals).answered(ticket) {
                    let waited = Duration::try_from(now.duration_since(at)).unwrap_or_default();
                    self.acks.observe(waited);
                }
            }
            Fact::Moved { broke: true, .. } => {
                self.promises_broken.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// How often a fact of this word was told.
    pub fn told(&self, word: &str) -> u64 {
        lock(&self.facts).get(word).copied().unwrap_or(0)
    }

    pub fn promises_broken(&self) -> u64 {
        self.promises_broken.load(Ordering::Relaxed)
    }

    /// Units of work that were committed or undone.
    pub fn units(&self) -> u64 {
        self.units.load(Ordering::Relaxed)
    }

    /// The store's thread begins to work.
    pub(in crate::daemon) fn begins(&self) {
        lock(&self.clerk).since = Some(Instant::now());
    }

    /// The store's thread is done with `units` units; `trouble` is what keeps the store from working.
    pub(in crate::daemon) fn ends(&self, units: usize, trouble: Option<String>) {
        let mut clerk = lock(&self.clerk);
        if let Some(since) = clerk.since.take()
            && units > 0
        {
            self.commits.observe(since.elapsed());
            self.units.fetch_add(units as u64, Ordering::Relaxed);
            clerk.trouble = trouble;
        }
    }

    /// For how long the store's thread has been at the work that it is at now.
    pub fn clerk_busy_for(&self) -> Option<Duration> {
        lock(&self.clerk).since.map(|since| since.elapsed())
    }

    /// Why the last commit could not be made, if it could not.
    pub fn store_trouble(&self) -> Option<String> {
        lock(&self.clerk).trouble.clone()
    }
}

impl Arrivals {
    fn came(&mut self, ticket: &TicketKey, at: Timestamp) {
        if self.at.insert(ticket.clone(), at).is_none() {
            self.order.push_back(ticket.clone());
        }
        while self.order.len() > ARRIVALS_MAX {
            if let Some(oldest) = self.order.pop_front() {
                self.at.remove(&oldest);
            }
        }
    }

    /// When it arrived. What was answered is forgotten, from time to time in the order, too.
    fn answered(&mut self, ticket: &TicketKey) -> Option<Timestamp> {
        let at = self.at.remove(ticket);
        if self.order.len() > 2 * self.at.len() + ANSWERED_KEPT {
            self.order.retain(|ticket| self.at.contains_key(ticket));
        }
        at
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn the_time_to_an_acknowledgement_is_taken_once_from_the_arrival() {
        let figures = Figures::default();
        let ticket = TicketKey::new(&"desk".into(), 1);
        let outcome =
            Outcome::Applied { ticket: ticket.clone(), kind: "request".to_owned(), reason: String::new() };
        let arrived = Some(at("2026-03-02T09:00:00Z"));
        let received = Fact::Received { mail: Some(1), place: None, arrived, outcome };
        let sent = |purpose: &str| Fact::Tried {
            delivery: 1,
            letter: 1,
            ticket: Some(ticket.clone()),
            purpose: purpose.to_owned(),
            attempt: 1,
            state: DeliveryState::Sent,
            counts: true,
            next_at: None,
            text: String::new(),
        };
        figures.count(&received, at("2026-03-02T09:00:01Z"));
        figures.count(&sent("agent_new"), at("2026-03-02T09:00:02Z"));
        figures.count(&sent("ack"), at("2026-03-02T09:00:04Z"));
        figures.count(&sent("ack"), at("2026-03-02T10:00:00Z"));
        assert_eq!(figures.acks.cumulative().last(), Some(&(f64::INFINITY, 1)));
        assert!((figures.acks.sum() - 4.0).abs() < 1e-9);
        assert_eq!((figures.told("sent"), figures.told("received"), figures.told("closed")), (3, 1, 0));
    }

    #[test]
    fn requests_that_are_never_acknowledged_are_forgotten() {
        let mut arrivals = Arrivals::default();
        let now = at("2026-03-02T09:00:00Z");
        for number in 1..=u32::try_from(ARRIVALS_MAX).unwrap() + 5 {
            arrivals.came(&TicketKey::new(&"desk".into(), number), now);
        }
        assert_eq!((arrivals.at.len(), arrivals.order.len()), (ARRIVALS_MAX, ARRIVALS_MAX));
    }

    #[test]
    fn requests_that_were_acknowledged_take_no_memory() {
        let mut arrivals = Arrivals::default();
        let now = at("2026-03-02T09:00:00Z");
        let unanswered = TicketKey::new(&"desk".into(), 1);
        arrivals.came(&unanswered, now);
        for number in 2..=5_000 {
            let ticket = TicketKey::new(&"desk".into(), number);
            arrivals.came(&ticket, now);
            assert_eq!(arrivals.answered(&ticket), Some(now));
        }
        assert!(arrivals.order.len() <= ANSWERED_KEPT + 3, "{}", arrivals.order.len());
        assert_eq!(arrivals.answered(&unanswered), Some(now));
    }
}
