//! What the daemon tells of its work: one line a fact in the log and in the journal, and figures.
//!
//! Units of work note facts; the clerk puts them into [`News`] once they are committed, and this task tells them, so
//! that neither a line nor a figure speaks of what was undone, and no commit waits for a disk that a log lies on.

mod figures;
mod histogram;
mod journal;
mod sentence;

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

pub use figures::Figures;
pub use histogram::Histogram;

use super::house::House;
use crate::store::Fact;

/// Facts that wait to be told beyond this number are lost, the oldest first: nobody listens.
const WAITING_MAX: usize = 100_000;

/// Facts that are committed and not told yet.
#[derive(Debug, Default)]
pub struct News {
    waiting: Mutex<Vec<Fact>>,
    rung: Notify,
}

impl News {
    /// These are to be told.
    pub fn add(&self, mut facts: Vec<Fact>) {
        if facts.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() > WAITING_MAX {
            waiting.clear();
        }
        waiting.append(&mut facts);
        self.rung.notify_one();
    }

    /// All that waits.
    pub fn take(&self) -> Vec<Fact> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Tells facts as they come, until the house stops.
pub async fn run(house: House) {
    let news = house.clerk.news.clone();
    while !house.stop.is_cancelled() {
        let rung = news.rung.notified();
        tell(&house);
        tokio::select! {
            () = house.stop.cancelled() => {}
            () = rung => {}
        }
    }
    tell(&house);
}

/// Tells what waits now.
pub fn tell(house: &House) {
    let facts = house.clerk.news.take();
    if facts.is_empty() {
        return;
    }
    let now = house.clock.now();
    for fact in &facts {
        house.clerk.figures.count(fact, now);
        sentence::log(fact);
    }
    if let Some(path) = &house.settings.log.journal
        && let Err(error) = journal::write(path, &facts, now)
    {
        tracing::warn!(path = %path.display(), %error, "the journal cannot be written");
    }
}
