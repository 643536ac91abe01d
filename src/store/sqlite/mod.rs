//! The store on SQLite: one file, WAL, every commit synced.

mod answers;
mod backup;
mod bills;
mod bytes;
mod check;
mod checkpoint;
mod columns;
mod conditions;
mod erase;
mod error;
mod foresee;
mod history;
mod index;
mod letter_codec;
mod letters;
mod mails;
mod measures;
mod migrate;
mod open;
mod outbox;
mod overview;
mod people;
#[cfg(test)]
mod plans;
mod ratings;
mod restore;
mod restores;
mod search;
mod tickets;
mod tx;
mod unused;
mod values;
mod works;

pub use migrate::schema;
pub use open::{OpenOptions, look_over};
pub use restore::{Restored, restore};

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use self::checkpoint::Mover;
use self::tx::SqliteTx;
use super::{Fact, Fault, Result, Store, StoreError, UnitOfWork};

/// A database of desks in one SQLite file, or in memory.
pub struct SqliteStore {
    /// Goes before the connection does, so that this one closes the database alone.
    _mover: Option<Mover>,
    conn: Connection,
    /// How a unit begins: at once as a writer, so that it waits its turn and is never refused halfway (A18).
    begin: TransactionBehavior,
    /// What committed units noted, until somebody asks.
    facts: Vec<Fact>,
}

/// Beyond so many facts nobody listens, and they are forgotten.
const FACTS_MAX: usize = 10_000;

impl SqliteStore {
    /// Opens the database at `path` with [`OpenOptions::default`]; makes it where there is none.
    ///
    /// # Errors
    /// See [`OpenOptions::open`].
    pub fn open(path: &Path) -> Result<SqliteStore> {
        OpenOptions::default().open(path)
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// Memory runs out.
    pub fn open_in_memory() -> Result<SqliteStore> {
        OpenOptions::default().open_in_memory()
    }

    /// Opens the database at `path` to read, beside a daemon that writes. Every unit sees one state; what it
    /// writes is refused.
    ///
    /// # Errors
    /// See [`OpenOptions::open`]; also when there is none, or it waits for a migration.
    pub fn open_reader(path: &Path) -> Result<SqliteStore> {
        OpenOptions::default().open_reader(path)
    }

    /// Moves what is written ahead into the database, as far as readers allow, and says how many pages are left in
    /// the write-ahead log: a number that grows and grows means a reader that never ends (F20).
    ///
    /// # Errors
    /// Those of the disk.
    pub fn checkpoint(&mut self) -> Result<u32> {
        Ok(checkpoint::passive(&self.conn)?.left())
    }

    /// Begins a transaction. Dropped without a commit (a panic of a unit, too) it is rolled back.
    fn begin(&self) -> Result<Transaction<'_>> {
        Ok(Transaction::new_unchecked(&self.conn, self.begin)?)
    }

    /// Units seldom fail, so they run straight on; when one does, all of them run again, each with a savepoint to go
    /// back to. The outer error ends the batch.
    fn run_batch(&self, works: &mut [UnitOfWork<'_>]) -> Result<(Vec<Result<()>>, Vec<Fact>)> {
        let transaction = self.begin()?;
        let mut facts = Vec::new();
        for work in works.iter_mut() {
            let mut tx = SqliteTx::new(&self.conn);
            let done = work(&mut tx);
            facts.append(&mut tx.facts);
            match tx.verdict(done) {
                Err(error) if error.ends_the_batch() => return Err(error),
                Err(_) => {
                    transaction.rollback()?;
                    return self.run_apart(works);
                }
                Ok(()) => {}
            }
        }
        fault_point!("in_commit", StoreError::Full("a planted fault".to_owned()));
        transaction.commit()?;
        Ok((vec![Ok(()); works.len()], facts))
    }

    fn run_apart(&self, works: &mut [UnitOfWork<'_>]) -> Result<(Vec<Result<()>>, Vec<Fact>)> {
        let transaction = self.begin()?;
        let mut answers = Vec::with_capacity(works.len());
        let mut facts = Vec::new();
        for work in works {
            answers.push(self.run_in_savepoint(work, &mut facts)?);
        }
        fault_point!("in_commit", StoreError::Full("a planted fault".to_owned()));
        transaction.commit()?;
        Ok((answers, facts))
    }

    /// The outer error ends the batch, the inner one is the unit's own.
    fn run_in_savepoint(&self, work: &mut UnitOfWork<'_>, facts: &mut Vec<Fact>) -> Result<Result<()>> {
        self.conn.prepare_cached("SAVEPOINT unit")?.execute([])?;
        let mut tx = SqliteTx::new(&self.conn);
        let done = work(&mut tx);
        let mut noted = std::mem::take(&mut tx.facts);
        match tx.verdict(done) {
            Err(error) if error.ends_the_batch() => Err(error),
            Err(error) => {
                self.conn.prepare_cached("ROLLBACK TO unit")?.execute([])?;
                self.conn.prepare_cached("RELEASE unit")?.execute([])?;
                Ok(Err(error))
            }
            Ok(()) => {
                self.conn.prepare_cached("RELEASE unit")?.execute([])?;
                facts.append(&mut noted);
                Ok(Ok(()))
            }
        }
    }
}

impl Store for SqliteStore {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        let transaction = self.begin()?;
        let mut tx = SqliteTx::new(&self.conn);
        let done = work(&mut tx);
        tx.verdict(done)?;
        transaction.commit()?;
        Ok(())
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        match self.run_batch(works) {
            Ok((answers, mut facts)) => {
                if self.facts.len() > FACTS_MAX {
                    self.facts.clear();
                }
                self.facts.append(&mut facts);
                answers
            }
            Err(error) => works.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    fn reader(&self) -> Result<Option<Box<dyn Store>>> {
        match self.conn.path() {
            None | Some("") => Ok(None),
            Some(path) => Ok(Some(Box::new(SqliteStore::open_reader(Path::new(path))?))),
        }
    }

    fn check(&mut self) -> Result<Vec<Fault>> {
        let snapshot = Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred)?;
        let faults = check::all(&self.conn)?;
        snapshot.finish()?;
        Ok(faults)
    }

    fn compact(&mut self) -> Result<()> {
        self.conn.execute_batch("VACUUM")?;
        let held: i64 = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if held > 0 {
            return Err(StoreError::Busy(
                "somebody reads it, so the write-ahead log cannot be emptied".into(),
            ));
        }
        Ok(())
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        if target.exists() {
            return Err(StoreError::Unreachable(format!("{} is there already", target.display())));
        }
        backup::copy(&self.conn, target)
    }
}
