//! Moves the write-ahead log into the database beside the work, so that no commit waits for sixteen megabytes of it.
//!
//! A thread with a connection of its own makes passive checkpoints. While commits follow one another without a pause the
//! log is never moved to its end and grows; it begins anew with the first commit after a pass that found nothing more.
//! Once it has grown enough, a commit moves what the thread has left: little more than its own pages.

use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::hooks::Wal;
use rusqlite::{Connection, OpenFlags};

use super::open::cannot_open;
use crate::store::Result;

/// A log of so many times the pages after which it is moved is to begin anew: a commit moves the rest of it as soon as
/// that is short, and of a log twice as long whatever the rest is. Whatever keeps the thread from it, the disk must not
/// fill with the log.
const LONG: u32 = 16;

enum Word {
    Move,
    End,
}

/// The thread. It ends, and its connection with it, when this is dropped.
pub(super) struct Mover {
    words: SyncSender<Word>,
    thread: Option<JoinHandle<()>>,
}

impl Mover {
    /// Moves what `conn` writes, each time it has written `pages` more to the database at `path`.
    ///
    /// # Errors
    /// The database cannot be opened once more, or no thread be started.
    pub(super) fn start(conn: &mut Connection, path: &Path, pages: u32) -> Result<Mover> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let own = Connection::open_with_flags(path, flags)?;
        own.execute_batch("PRAGMA synchronous = FULL")?;
        let (words, heard) = sync_channel(1);
        let moved = Arc::new(AtomicU32::new(0));
        let (asked, seen) = (words.clone(), moved.clone());
        let thread = std::thread::Builder::new().name("checkpoint".to_owned());
        let thread = thread.spawn(move || serve(&own, &heard, &moved));
        let thread = thread.map_err(|error| cannot_open(path, &error.to_string()))?;
        let (long, mut before) = (pages.saturating_mul(LONG), 0);
        let mut asked_at = 0;
        conn.wal_hook(Some(move |log: &mut Wal, written: c_int| {
            let written = u32::try_from(written).unwrap_or(0);
            if written < before {
                (before, asked_at) = (0, 0);
            }
            // All but the pages of this commit.
            let is_caught_up = seen.load(Ordering::Relaxed) >= before;
            before = written;
            if written >= long && is_caught_up || written >= long.saturating_mul(2) {
                // As with SQLite's own checkpoints: it has failed, if it has, after the commit, which stands.
                let _ = log.checkpoint();
            } else if written >= long || written - asked_at >= pages {
                // Full: it was asked already. Gone: the commit that finds the log too long moves it.
                let _ = asked.try_send(Word::Move);
                asked_at = written;
            }
            Ok(())
        }))?;
        Ok(Mover { words, thread: Some(thread) })
    }
}

impl Drop for Mover {
    fn drop(&mut self) {
        let _ = self.words.send(Word::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(own: &Connection, heard: &Receiver<Word>, moved: &AtomicU32) {
    while let Ok(Word::Move) = heard.recv() {
        // What could not be moved now is moved next time, or by the commit that finds the log too long.
        if let Ok(pass) = passive(own) {
            moved.store(pass.moved, Ordering::Relaxed);
        }
    }
}

/// Pages of the log, and how many of them are in the database.
pub(super) struct Pass {
    log: u32,
    moved: u32,
}

impl Pass {
    /// Pages that are in the log alone.
    pub fn left(&self) -> u32 {
        self.log.saturating_sub(self.moved)
    }
}

/// Moves as much as readers allow.
pub(super) fn passive(conn: &Connection) -> Result<Pass> {
    let pages = |pages: i64| u32::try_from(pages).unwrap_or(0);
    Ok(conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok(Pass { log: pages(row.get(1)?), moved: pages(row.get(2)?) })
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{OpenOptions, SqliteStore, Store};

    /// How often the log has begun anew: a number in its head (section 4.1 of SQLite's description of the file format).
    fn begun_anew(log: &Path) -> u32 {
        let head = std::fs::read(log).expect("a log");
        u32::from_be_bytes(head[12..16].try_into().expect("four bytes"))
    }

    #[test]
    fn the_log_is_moved_beside_the_commits_and_begins_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.db");
        let log = folder.path().join("desk.db-wal");
        let options = OpenOptions { checkpoint_pages: 40, checkpoint_beside: true, ..OpenOptions::default() };
        let mut store = options.open(&path).expect("opened");
        let first = begun_anew(&log);
        let mut longest = 0;
        for n in 0..400_u32 {
            let value = vec![u8::try_from(n % 250).expect("small"); 40_000];
            (&mut store as &mut dyn Store).run(|tx| tx.set_value("x", &value)).expect("written");
            longest = longest.max(std::fs::metadata(&log).expect("a log").len() / 4096);
        }
        assert!(begun_anew(&log) > first, "the log only grew: {longest} pages");
        // And as much again as is written during one pass.
        assert!(longest < 3 * 40 * u64::from(LONG), "{longest} pages");
        drop(store);
        assert!(!log.exists(), "the last connection has put all into one file");
        let mut again = SqliteStore::open(&path).expect("opened");
        let value = (&mut again as &mut dyn Store).run(|tx| tx.value("x")).expect("read");
        assert_eq!(value.map(|value| value[0]), Some(149));
    }
}
