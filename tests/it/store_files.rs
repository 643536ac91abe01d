//! The database as a file: opened again, by two, full, foreign, newer, damaged, copied.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use maildesk::store::{OpenOptions, SqliteStore, Store, StoreError, TicketFilter, schema};
use tempfile::TempDir;

use crate::support::store_samples::*;

struct Place {
    folder: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    Place { folder, path }
}

fn open_store(path: &Path) -> SqliteStore {
    SqliteStore::open(path).expect("opened")
}

fn numbers(store: &mut dyn Store) -> Vec<u32> {
    let tickets = store.run(|tx| tx.tickets(&TicketFilter::default())).expect("asked");
    tickets.iter().map(|t| t.key.number).collect()
}

fn add_ticket(store: &mut dyn Store) {
    store.run(|tx| open(tx)).expect("written");
}

#[test]
fn a_second_handle_sees_what_was_committed_and_nothing_else() {
    let place = place();
    let mut writer = open_store(&place.path);
    let mut reader = SqliteStore::open_reader(&place.path).expect("opened");
    add_ticket(&mut writer);
    assert_eq!(numbers(&mut reader), [1]);
    (&mut writer as &mut dyn Store)
        .run(|tx| {
            open(tx)?;
            assert_eq!(numbers(&mut reader), [1], "what is not committed is not seen");
            Ok(())
        })
        .expect("written");
    assert_eq!(numbers(&mut reader), [2, 1]);
}

#[test]
fn a_reader_cannot_write_and_sees_one_state_throughout_a_unit() {
    let place = place();
    let mut writer = open_store(&place.path);
    add_ticket(&mut writer);
    let mut reader = SqliteStore::open_reader(&place.path).expect("opened");
    let answer = (&mut reader as &mut dyn Store).run(|tx| open(tx));
    assert!(matches!(answer, Err(StoreError::Unreachable(_))), "{answer:?}");
    (&mut reader as &mut dyn Store)
        .run(|tx| {
            assert_eq!(tx.tickets(&TicketFilter::default())?.len(), 1);
            add_ticket(&mut writer);
            assert_eq!(tx.tickets(&TicketFilter::default())?.len(), 1);
            Ok(())
        })
        .expect("read");
    assert_eq!(reader.check().expect("checked"), []);
}

#[test]
fn a_reader_opens_a_database_that_nobody_has_open() {
    let place = place();
    add_ticket(&mut open_store(&place.path));
    let mut reader = SqliteStore::open_reader(&place.path).expect("opened");
    assert_eq!(numbers(&mut reader), [1]);
}

#[test]
fn two_writers_wait_for_each_other() {
    let place = place();
    drop(open_store(&place.path));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut store = open_store(&place.path);
                for _ in 0..100 {
                    // Read, then write: what a transaction begun as a reader is refused for (A18).
                    (&mut store as &mut dyn Store)
                        .run(|tx| {
                            tx.next_wake()?;
                            open(tx)
                        })
                        .expect("written");
                }
            });
        }
    });
    let mut store = open_store(&place.path);
    assert_eq!(numbers(&mut store).len(), 200);
    assert_eq!(store.check().expect("checked"), []);
}

#[test]
fn a_database_that_another_program_holds_is_busy_and_goes_on_later() {
    let place = place();
    let options = OpenOptions { busy_timeout: std::time::Duration::from_millis(1), ..OpenOptions::default() };
    let mut store = options.open(&place.path).expect("opened");
    let shell = rusqlite::Connection::open(&place.path).expect("opened");
    shell.execute_batch("BEGIN EXCLUSIVE").expect("held");
    let answer = (&mut store as &mut dyn Store).run(|tx| open(tx));
    assert!(matches!(answer, Err(StoreError::Busy(_))), "{answer:?}");
    shell.execute_batch("ROLLBACK").expect("let go");
    add_ticket(&mut store);
    assert_eq!(numbers(&mut store), [1]);
}

#[test]
fn a_full_disk_leaves_nothing_of_the_unit_and_the_store_goes_on() {
    let place = place();
    add_ticket(&mut open_store(&place.path));
    let tight = OpenOptions { pages_max: Some(120), ..OpenOptions::default() };
    let on_file = tight.open(&place.path).expect("opened");
    let mut in_memory = tight.open_in_memory().expect("opened");
    add_ticket(&mut in_memory);
    for mut store in [on_file, in_memory] {
        let big = vec![7; 1_000_000];
        let name = hash(&big);
        let store: &mut dyn Store = &mut store;
        let unit = store.run(|tx| {
            open(tx)?;
            tx.keep(&name, &big)
        });
        assert!(matches!(unit, Err(StoreError::Full(_))), "{unit:?}");

        // A unit that does not look at the error must not go on outside of its transaction (A19).
        let blind = store.run(|tx| {
            open(tx)?;
            let _ = tx.keep(&name, &big);
            let _ = open(tx);
            Ok(())
        });
        assert!(matches!(blind, Err(StoreError::Full(_))), "{blind:?}");

        let mut small = |tx: &mut dyn maildesk::store::Tx| open(tx).map(|_| ());
        let mut blind = |tx: &mut dyn maildesk::store::Tx| {
            let _ = tx.keep(&name, &big);
            Ok(())
        };
        let batch = store.batch(&mut [&mut small, &mut blind]);
        assert!(batch.iter().all(|a| matches!(a, Err(StoreError::Full(_)))), "{batch:?}");

        assert_eq!(numbers(store), [1]);
        add_ticket(store);
        assert_eq!(numbers(store), [2, 1]);
        assert_eq!(store.check().expect("checked"), []);
    }
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let place = place();
    add_ticket(&mut open_store(&place.path));
    let raw = rusqlite::Connection::open(&place.path).expect("opened");
    raw.pragma_update(None, "user_version", 99).expect("written");
    drop(raw);
    let before = std::fs::read(&place.path).expect("read");
    let newer = Err(StoreError::Newer { found: 99, known: schema() });
    assert_eq!(SqliteStore::open(&place.path).map(|_| ()), newer);
    assert_eq!(SqliteStore::open_reader(&place.path).map(|_| ()), newer);
    assert_eq!(std::fs::read(&place.path).expect("read"), before);
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_not_touched() {
    let place = place();
    std::fs::write(&place.path, "Dear Ona,\n".repeat(500)).expect("written");
    let before = std::fs::read(&place.path).expect("read");
    let answer = SqliteStore::open(&place.path).map(|_| ());
    assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
    assert_eq!(std::fs::read(&place.path).expect("read"), before);

    let other = place.folder.path().join("other.db");
    let raw = rusqlite::Connection::open(&other).expect("opened");
    raw.execute_batch("CREATE TABLE moods (mood TEXT)").expect("written");
    drop(raw);
    let before = std::fs::read(&other).expect("read");
    let answer = SqliteStore::open(&other).map(|_| ());
    assert!(matches!(answer, Err(StoreError::Unreachable(_))), "{answer:?}");
    assert_eq!(std::fs::read(&other).expect("read"), before);
}

#[test]
fn no_new_database_is_made_where_one_is_missing_unless_it_is_asked_for() {
    let place = place();
    let options = OpenOptions { create: false, ..OpenOptions::default() };
    let answer = options.open(&place.path).map(|_| ());
    assert!(matches!(answer, Err(StoreError::Unreachable(_))), "{answer:?}");
    assert!(SqliteStore::open_reader(&place.path).is_err());
    assert!(!place.path.exists());
}

#[test]
fn a_damaged_page_is_found_at_the_start() {
    let place = place();
    let mut store = open_store(&place.path);
    for _ in 0..50 {
        add_ticket(&mut store);
    }
    drop(store);
    let mut bytes = std::fs::read(&place.path).expect("read");
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..].fill(0xa5);
    std::fs::write(&place.path, &bytes).expect("written");
    let answer = SqliteStore::open(&place.path).map(|_| ());
    assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{answer:?}");
}

#[test]
fn nobody_else_can_read_the_files() {
    let place = place();
    let mut store = open_store(&place.path);
    add_ticket(&mut store);
    store.backup(&place.folder.path().join("copy.db")).expect("copied");
    let files: Vec<_> = std::fs::read_dir(place.folder.path()).expect("listed").flatten().collect();
    assert!(files.len() >= 3, "database, write-ahead log, copy: {files:?}");
    for file in files {
        let mode = file.metadata().expect("read").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn what_is_written_ahead_is_moved_unless_a_reader_holds_it() {
    let place = place();
    let mut store = open_store(&place.path);
    add_ticket(&mut store);
    assert_eq!(store.checkpoint().expect("moved"), 0, "nothing holds the log up");
    let mut reader = SqliteStore::open_reader(&place.path).expect("opened");
    (&mut reader as &mut dyn Store)
        .run(|tx| {
            tx.next_wake()?;
            add_ticket(&mut store);
            assert!(store.checkpoint()? > 0, "the reader still needs the state before");
            Ok(())
        })
        .expect("read");
    assert_eq!(store.checkpoint().expect("moved"), 0);
}

#[test]
fn a_backup_is_one_state_passes_the_check_and_opens() {
    let place = place();
    let copy = place.folder.path().join("copy.db");
    let mut store = open_store(&place.path);
    for _ in 0..20 {
        add_ticket(&mut store);
    }
    let mut beside = SqliteStore::open_reader(&place.path).expect("opened");
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            for _ in 0..200 {
                add_ticket(&mut store);
            }
        });
        beside.backup(&copy).expect("copied while others write");
        writing.join().expect("written");
    });
    let mut restored = open_store(&copy);
    assert_eq!(restored.check().expect("checked"), []);
    let found = numbers(&mut restored);
    assert!(found.len() >= 20, "{found:?}");
    assert!(beside.backup(&copy).is_err(), "a file that is there is not overwritten");

    let memory_copy = place.folder.path().join("memory.db");
    let mut memory = SqliteStore::open_in_memory().expect("opened");
    add_ticket(&mut memory);
    memory.backup(&memory_copy).expect("copied");
    assert_eq!(numbers(&mut open_store(&memory_copy)), [1]);
}

#[test]
fn a_backup_that_cannot_be_written_leaves_no_file() {
    let place = place();
    let mut store = open_store(&place.path);
    assert!(store.backup(&place.folder.path().join("missing/copy.db")).is_err());
    let names: Vec<_> = std::fs::read_dir(place.folder.path()).expect("listed").flatten().collect();
    assert!(names.iter().all(|f| f.file_name().to_string_lossy().starts_with("desk.db")), "{names:?}");
}
