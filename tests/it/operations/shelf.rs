//! A database of every schema that was ever written, opened by the program of today (F18, F24).

use std::path::{Path, PathBuf};

use maildesk::domain::search::Words;
use maildesk::domain::ticket::Status;
use maildesk::store::{DeliveryState, SqliteStore, Store, TicketFilter, schema};
use rusqlite::Connection;

fn shelf() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/databases")
}

fn written(version: u32, path: &Path) {
    let sql =
        std::fs::read_to_string(shelf().join(format!("schema-{version}.sql"))).expect("it is on the shelf");
    let conn = Connection::open(path).expect("made");
    conn.execute_batch(&sql).expect("written");
}

#[test]
fn a_database_of_every_schema_so_far_is_brought_up_to_date_and_all_of_it_is_there() {
    for version in 1..schema() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.db");
        written(version, &path);
        let before = std::fs::read(&path).expect("read");
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&path).expect("brought up to date"));
        assert_eq!(store.check().expect("checked"), [], "schema {version}");
        let tickets = store.run(|tx| tx.tickets(&TicketFilter::default())).expect("asked");
        let found: Vec<_> = tickets.iter().map(|t| (t.key.number, t.status())).collect();
        assert_eq!(found, [(3109, Status::New), (3108, Status::Closed), (3107, Status::Resolved)]);
        let tally = store.run(|tx| tx.tally()).expect("counted");
        assert_eq!(tally.mails.values().sum::<usize>(), 3, "schema {version}: {tally:?}");
        let waiting = tally.deliveries.iter().filter(|(state, _)| state.as_str() != "cancelled");
        assert!(
            waiting.clone().map(|(_, n)| n).sum::<usize>() >= 8,
            "letters of the old program wait: {tally:?}"
        );
        // They can still be sent, as they were frozen.
        let far = "2030-01-01T00:00:00Z".parse().expect("an instant");
        let claimed = store.run(|tx| tx.claim(far, far, 100)).expect("claimed");
        assert!(claimed.iter().any(|claim| claim.row.letter.purpose == "ack"), "schema {version}");
        assert!(claimed.iter().all(|claim| !claim.row.letter.letter.head.is_empty()));
        // The index is filled with what was written before there was one.
        while store.run(|tx| tx.index(10)).expect("indexed").more {}
        let words = Words::read("Nespausdina").expect("words");
        let found = store.run(|tx| tx.search(&words, &TicketFilter::default())).expect("asked");
        assert_eq!(found.tickets.len(), 1, "schema {version}");
        assert_eq!(store.check().expect("checked"), []);
        let number = store.run(|tx| tx.next_number(&"desk".into(), 1)).expect("given");
        assert_eq!(number, 3110, "numbers go on");

        let copy = folder.path().join(format!("desk.db.before-{}", schema()));
        let old = Connection::open(&copy).expect("the copy from before");
        let kept: u32 = old.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("asked");
        assert_eq!(kept, version, "the copy is of the old schema");
        assert!(!before.is_empty());
        assert!(DeliveryState::ALL.len() == 8);
    }
}

#[test]
fn every_schema_but_the_newest_has_its_place_on_the_shelf() {
    for version in 1..schema() {
        let path = shelf().join(format!("schema-{version}.sql"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert!(text.contains(&format!("PRAGMA user_version = {version};")), "{}", path.display());
    }
}
