//! A copy of the database while it is in use, by SQLite's backup interface.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::open;
use crate::store::{Result, StoreError};

/// Pages of one step: about 4 MB.
const STEP_PAGES: i32 = 1000;

/// Copies all of `source` to `target`, which is replaced only when the copy is whole, sound and synced.
pub(super) fn copy(source: &Connection, target: &Path) -> Result<()> {
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let copied = copy_to(source, &part).and_then(|()| {
        put(&part, target).map_err(|e| StoreError::Unreachable(format!("{}: {e}", target.display())))
    });
    if copied.is_err() {
        // Nothing depends on the rest of a failed copy; that it cannot be removed changes nothing.
        let _ = std::fs::remove_file(&part);
    }
    copied
}

fn copy_to(source: &Connection, part: &Path) -> Result<()> {
    let create = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(part);
    create.map_err(|e| StoreError::Unreachable(format!("{}: {e}", part.display())))?;
    let mut target = Connection::open(part)?;
    target.execute_batch("PRAGMA synchronous = OFF")?;
    match source.path().filter(|path| !path.is_empty()) {
        // A connection of its own that stays in one read transaction: others go on writing, and what they
        // write does not make the copy begin again.
        Some(path) => {
            let reader = open::open_to_read(Path::new(path))?;
            let snapshot = Transaction::new_unchecked(&reader, TransactionBehavior::Deferred)?;
            let _: i64 = snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            copy_pages(&reader, &mut target)?;
        }
        None => copy_pages(source, &mut target)?,
    }
    // One file, without a write-ahead log beside it.
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    fault_point!("in_backup", StoreError::Full("a planted fault".to_owned()));
    open::quick_check(&target)
}

fn copy_pages(source: &Connection, target: &mut Connection) -> Result<()> {
    let backup = Backup::new(source, target)?;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::More => {}
            StepResult::Done => return Ok(()),
            _ => return Err(StoreError::Busy("the database could not be read for a copy".into())),
        }
    }
}

fn put(part: &Path, target: &Path) -> io::Result<()> {
    File::open(part)?.sync_all()?;
    std::fs::rename(part, target)?;
    open::sync_folder(target)
}
