//! The engines that the contract is asked of.

use std::path::{Path, PathBuf};

use maildesk::store::{Fault, OpenOptions, Result, SqliteStore, Store, UnitOfWork};
use tempfile::TempDir;

/// An empty store, with the folder it lies in.
pub struct Engine {
    pub store: Box<dyn Store>,
    pub folder: Option<TempDir>,
}

pub fn in_memory() -> Engine {
    Engine { store: Box::new(SqliteStore::open_in_memory().expect("opened")), folder: None }
}

pub fn on_file() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("desk.db")).expect("opened");
    Engine { store: Box::new(store), folder: Some(folder) }
}

/// Nothing may live in memory alone: the file is closed after each unit and opened before the next.
pub fn opened_anew() -> Engine {
    let folder = tempfile::tempdir().expect("a folder");
    let store = OpenedAnew(folder.path().join("desk.db"));
    Engine { store: Box::new(store), folder: Some(folder) }
}

struct OpenedAnew(PathBuf);

impl OpenedAnew {
    fn open(&self) -> Result<SqliteStore> {
        OpenOptions { quick_check: false, ..OpenOptions::default() }.open(&self.0)
    }
}

impl Store for OpenedAnew {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        self.open()?.unit(work)
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        self.open().expect("opened").batch(works)
    }

    fn check(&mut self) -> Result<Vec<Fault>> {
        self.open()?.check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.open()?.backup(target)
    }
}
