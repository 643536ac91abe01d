//! The office's view of one desk: how its way out is, and what it has in hand.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::branch::Branch;
use super::condition::Condition;
use super::turns::Turns;
use super::verdict::{Decided, Verdict};
use crate::config::SmtpSettings;
use crate::daemon::house::{House, Progress};
use crate::desk::{Desk, send};
use crate::domain::delivery::Delivery;
use crate::domain::retry::{Lost, Settle};
use crate::store::Claim;

/// With letters that are done so soon, many may be in hand and are still done within their lease.
const QUICK: Duration = Duration::from_secs(2);

/// One desk as the office sees it.
pub struct Room {
    pub branch: Arc<Branch>,
    pub condition: Condition,
    /// Letters that are claimed and not settled.
    pub in_hand: usize,
    /// Postmen who have not left.
    pub postmen: usize,
    /// The last letter came back [soon](QUICK) after it was claimed.
    is_quick: bool,
    progress: Arc<Progress>,
}

impl Room {
    pub fn new(desk: Arc<Desk>, settings: SmtpSettings, turns: Arc<Turns>, house: &House) -> Room {
        let branch = Arc::new(Branch::new(desk, settings, turns, house));
        let progress = house.progress.clone();
        Room { branch, condition: Condition::default(), in_hand: 0, postmen: 0, is_quick: false, progress }
    }

    /// How many letters it may have in hand.
    pub fn capacity(&self) -> usize {
        self.branch.capacity(self.is_quick)
    }

    /// How many letters more it can take.
    pub fn free(&self, now: Timestamp) -> usize {
        match self.condition.closed_until(now) {
            Some(_) => 0,
            None => self.capacity().saturating_sub(self.in_hand),
        }
    }

    /// A letter that was tried came back so long after it was claimed.
    pub fn came_back(&mut self, after: Duration) {
        self.is_quick = after < QUICK;
    }

    /// Whether another postman would find a letter, and may open a connection.
    pub fn wants_postman(&self, now: Timestamp) -> bool {
        let most = self.condition.connections(self.branch.settings.connections, now);
        self.postmen < most && self.branch.waiting() > self.branch.idle()
    }

    /// What must become of a letter before it is tried.
    pub fn objection(&self, claim: &Claim, house: &House, now: Timestamp) -> Option<Verdict> {
        let letter = &claim.row.letter;
        if letter.automatic && house.desks.iter().any(|desk| desk.rules.watches(&claim.recipient)) {
            // The last guard against mail loops (B8): whatever decided this, it must not go there.
            let why = "an automatic letter to an address that is watched would come back".to_owned();
            return Some(Verdict::Cancel { why });
        }
        send::is_stale(claim, now).then(|| {
            let text = "too old to be of use when its turn came".to_owned();
            let delivery = Delivery::Deferred { code: None, text };
            Verdict::Settle(delivery, Settle::GiveUp { why: Lost::Stale })
        })
    }

    /// What becomes of a letter that was tried, and of those on the shelf behind it where it found the way closed.
    pub fn judge(&mut self, claim: &Claim, delivery: Delivery, now: Timestamp) -> (Verdict, Vec<Decided>) {
        if !matches!(delivery, Delivery::Host { .. } | Delivery::Held { .. }) {
            self.answered(&delivery, now);
            let settle = send::decide(claim, &delivery, 0, now);
            return (Verdict::Settle(delivery, settle), Vec::new());
        }
        if let Some(until) = self.condition.closed_until(now) {
            // Another letter has found that out already.
            return (Verdict::PutBack { until, why: delivery.to_string() }, Vec::new());
        }
        let settle = send::decide(claim, &delivery, self.condition.failures_with_one_more(), now);
        let behind = self.close(&settle, &delivery, now);
        (Verdict::Settle(delivery, settle), behind)
    }

    fn answered(&mut self, delivery: &Delivery, now: Timestamp) {
        if delivery.code().is_none() {
            return;
        }
        let desk = self.branch.desk.id();
        if self.condition.open() {
            tracing::info!(%desk, "letters leave again");
        }
        let ends = self.branch.certificate_ends();
        self.progress.note_relay(desk, |relay| {
            relay.certificate_ends = ends;
            relay.answered_at = Some(now);
            relay.trouble = None;
            relay.troubled_since = None;
            relay.closed_until = None;
        });
    }

    /// Closes the way, and takes every letter off the shelf.
    fn close(&mut self, settle: &Settle, delivery: &Delivery, now: Timestamp) -> Vec<Decided> {
        let is_new = self.condition.close(settle, delivery);
        let Some(until) = self.condition.closed_until(now) else { return Vec::new() };
        let desk = self.branch.desk.id();
        let trouble = self.condition.trouble();
        if is_new {
            tracing::error!(%desk, %until, "no letter can leave; all of them wait: {trouble}");
        } else {
            tracing::debug!(%desk, %until, "still no letter can leave: {trouble}");
        }
        self.progress.note_relay(desk, |relay| {
            relay.trouble = Some(trouble.to_owned());
            relay.troubled_since.get_or_insert(now);
            relay.closed_until = Some(until);
        });
        let put_back =
            |claim| Decided { claim, verdict: Verdict::PutBack { until, why: trouble.to_owned() } };
        self.branch.clear().into_iter().map(put_back).collect()
    }
}
