//! A store that fails once, at a chosen unit of work: for the loop "a fault at every commit".
//!
//! ```ignore
//! for at in [Fault::BeforeCommit, Fault::AfterCommit] {
//!     for nth in 1.. {
//!         let mut store = FaultyStore::new(SqliteStore::open_in_memory()?, nth, at);
//!         tell_the_story(&mut store); // whoever gets an error starts over, as the daemon does
//!         assert_eq!(what_came_of_it(&mut store), what_comes_without_a_fault);
//!         if !store.fired() {
//!             break; // the story has fewer units than that
//!         }
//!     }
//! }
//! ```

use std::path::Path;

use maildesk::store::{Fault as Broken, Result, Store, StoreError, UnitOfWork};

/// Where the fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The unit has done its work, and nothing of it is kept.
    BeforeCommit,
    /// All of it is kept, and the caller is told that it failed: as a crash between commit and answer.
    AfterCommit,
}

/// A store whose `nth` unit fails; all others go through.
pub struct FaultyStore<S> {
    inner: S,
    nth: u64,
    fault: Fault,
    units: u64,
}

impl<S: Store> FaultyStore<S> {
    /// `nth` counts from 1, each unit of a batch for itself.
    pub fn new(inner: S, nth: u64, fault: Fault) -> FaultyStore<S> {
        FaultyStore { inner, nth, fault, units: 0 }
    }

    /// Has the fault struck? When not, the story had less than `nth` units.
    pub fn fired(&self) -> bool {
        self.units >= self.nth
    }

    /// How many units there were so far.
    pub fn units(&self) -> u64 {
        self.units
    }

    /// Counts units; is the chosen one among them?
    fn strikes(&mut self, count: usize) -> bool {
        let before = self.units;
        self.units += count as u64;
        before < self.nth && self.nth <= self.units
    }
}

fn planted() -> StoreError {
    StoreError::Unreachable("a planted fault".into())
}

impl<S: Store> Store for FaultyStore<S> {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        if !self.strikes(1) {
            return self.inner.unit(work);
        }
        match self.fault {
            Fault::BeforeCommit => self.inner.unit(&mut |tx| {
                work(tx)?;
                Err(planted())
            }),
            Fault::AfterCommit => self.inner.unit(work).and(Err(planted())),
        }
    }

    /// A fault at one unit is a fault of the one commit that all of the batch share.
    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        let count = works.len();
        if !self.strikes(count) {
            return self.inner.batch(works);
        }
        match self.fault {
            Fault::BeforeCommit => {
                let mut last = |_: &mut dyn maildesk::store::Tx| Err(planted());
                let mut all: Vec<UnitOfWork<'_>> = Vec::with_capacity(count + 1);
                for work in works {
                    all.push(&mut **work);
                }
                all.push(&mut last);
                let mut answers = self.inner.batch(&mut all);
                answers.truncate(count);
                answers
            }
            Fault::AfterCommit => self.inner.batch(works).into_iter().map(|_| Err(planted())).collect(),
        }
    }

    fn check(&mut self) -> Result<Vec<Broken>> {
        self.inner.check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.inner.backup(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use maildesk::store::SqliteStore;

    /// Three units that each add one to a value.
    fn story(store: &mut dyn Store) -> Vec<bool> {
        (0..3)
            .map(|_| {
                store
                    .run(|tx| {
                        let old = tx.value("n")?.map_or(0, |v| v[0]);
                        tx.set_value("n", &[old + 1])
                    })
                    .is_ok()
            })
            .collect()
    }

    #[test]
    fn each_fault_strikes_once_and_where_it_was_planted() {
        for (nth, fault, answers, kept) in [
            (1, Fault::BeforeCommit, [false, true, true], 2),
            (2, Fault::BeforeCommit, [true, false, true], 2),
            (2, Fault::AfterCommit, [true, false, true], 3),
            (5, Fault::AfterCommit, [true, true, true], 3),
        ] {
            let mut store = FaultyStore::new(SqliteStore::open_in_memory().expect("opened"), nth, fault);
            assert_eq!(story(&mut store), answers, "{nth} {fault:?}");
            assert_eq!((store.fired(), store.units()), (nth <= 3, 3), "{nth} {fault:?}");
            let value = (&mut store as &mut dyn Store).run(|tx| tx.value("n")).expect("read");
            assert_eq!(value, Some(vec![kept]), "{nth} {fault:?}");
        }
    }

    #[test]
    fn a_fault_within_a_batch_strikes_all_of_it() {
        for (fault, kept) in [(Fault::BeforeCommit, None), (Fault::AfterCommit, Some(vec![1]))] {
            let mut store = FaultyStore::new(SqliteStore::open_in_memory().expect("opened"), 2, fault);
            let mut first = |tx: &mut dyn maildesk::store::Tx| tx.set_value("a", &[1]);
            let mut second = |tx: &mut dyn maildesk::store::Tx| tx.set_value("b", &[1]);
            let answers = store.batch(&mut [&mut first, &mut second]);
            assert!(answers.iter().all(Result::is_err), "{fault:?}");
            let value = (&mut store as &mut dyn Store).run(|tx| tx.value("a")).expect("read");
            assert_eq!(value, kept, "{fault:?}");
        }
    }
}
