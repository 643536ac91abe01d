//! A unit of work that waits for somebody else's commit, to be part of it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Job;
use crate::store::Result;

/// Where it waits. There is room for one; who comes later takes the place.
#[derive(Default)]
pub(super) struct Slot {
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Of the last that came.
    number: u64,
    job: Option<Job>,
}

impl Slot {
    pub(super) fn put(&self, job: Job) -> u64 {
        let mut waiting = self.waiting();
        waiting.number += 1;
        waiting.job = Some(job);
        waiting.number
    }

    pub(super) fn take(&self) -> Option<Job> {
        self.waiting().job.take()
    }

    /// Whether it still waited.
    fn withdraw(&self, number: u64) -> bool {
        let mut waiting = self.waiting();
        waiting.number == number && waiting.job.take().is_some()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What was left with [`super::Clerk::stand_by`].
pub struct Standing<T> {
    pub(super) number: u64,
    pub(super) slot: Arc<Slot>,
    pub(super) answer: Pin<Box<dyn Future<Output = Result<T>> + Send + Sync>>,
}

impl<T> Standing<T> {
    /// Ends the waiting. Its result, where it was part of a commit; `None` where it was not run, and never will be.
    pub async fn withdraw(self) -> Option<Result<T>> {
        if self.slot.withdraw(self.number) { None } else { Some(self.answer.await) }
    }
}
