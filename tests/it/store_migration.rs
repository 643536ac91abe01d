//! Databases of older versions are brought up to date, and what they held is there.

use std::path::Path;

use maildesk::domain::people::AgentId;
use maildesk::domain::rules::Queue;
use maildesk::domain::search::Words;
use maildesk::domain::ticket::{Clock, State, Ticket};
use maildesk::store::{Indexed, SqliteStore, Store, TicketFilter, schema};
use rusqlite::{Connection, params};

use crate::support::store_samples::*;

/// As version 1 wrote them, in its own columns.
fn version_1(path: &Path, tickets: &[Ticket]) {
    let conn = Connection::open(path).expect("opened");
    conn.execute_batch(include_str!("../../src/store/sqlite/migrations/0001.sql")).expect("made");
    conn.pragma_update(None, "application_id", 0x4d44_534b).expect("marked");
    conn.pragma_update(None, "user_version", 1).expect("marked");
    let nanoseconds = |at: jiff::Timestamp| i64::try_from(at.as_nanosecond()).expect("of our time");
    conn.execute("INSERT INTO desks VALUES ('support', ?1)", [tickets.len().to_string()]).expect("written");
    for ticket in tickets {
        let number = ticket.key.number;
        conn.execute(
            "INSERT INTO tickets VALUES ('support', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                number,
                ticket.status().word(),
                ticket.requester.address.as_ref().map(|a| a.as_str()),
                ticket.assignee.as_ref().map(|a| &a.0),
                ticket.client,
                nanoseconds(ticket.received_at),
                ticket.wake().map(nanoseconds),
                serde_json::to_string(ticket).expect("written"),
            ],
        )
        .expect("written");
        let change = entry(None, ticket).change.to_string();
        conn.execute(
            "INSERT INTO history (desk, number, at, event, author, reason, change)
             VALUES ('support', ?1, 0, 'client_wrote', '\"desk\"', 'new', ?2)",
            params![number, change],
        )
        .expect("written");
        conn.execute(
            "INSERT INTO works (desk, number, agent, at, minutes, mode, text)
             VALUES ('support', ?1, 'petr', ?2, ?3, '', 'kasetė')",
            params![number, nanoseconds(second(i64::from(number))), ticket.spent_minutes],
        )
        .expect("written");
    }
}

#[test]
fn a_database_of_version_1_gets_its_queue_its_books_and_its_index() {
    let clock = |text: &str, met: bool| {
        let due: jiff::Timestamp = text.parse().expect("an instant");
        Some(Clock { due, warn_at: None, met_at: met.then_some(due), breached: false })
    };
    let one = |n: u32, respond, resolve| Ticket { respond, resolve, spent_minutes: 10 * n, ..ticket(n) };
    let tickets = [
        one(1, None, clock("2026-03-02T12:00:00.5Z", false)),
        one(2, clock("2026-03-02T12:00:00.000000001Z", false), clock("2026-03-03T12:00:00Z", false)),
        one(3, clock("2026-03-01T12:00:00Z", true), clock("2026-03-02T12:00:00Z", false)),
        one(4, None, None),
        one(5, clock("1969-12-31T23:59:59.999999999Z", false), None),
        Ticket { assignee: Some(AgentId("petr".into())), state: State::Open, ..one(6, None, None) },
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("desk.db");
    version_1(&path, &tickets);

    let mut store = SqliteStore::open(&path).expect("migrated");
    assert_eq!(store.check().expect("checked"), []);
    let store: &mut dyn Store = &mut store;
    let queue = store.run(|tx| tx.queue(&desk(), Queue::Deadline, 0)).expect("asked");
    assert_eq!(queue.iter().map(|t| t.key.number).collect::<Vec<_>>(), [5, 3, 2, 1, 4]);
    let works =
        store.run(|tx| tx.works_of_client(&desk(), "301234567", second(0), second(5))).expect("asked");
    assert_eq!(
        works.iter().map(|(_, w)| (w.row, w.minutes)).collect::<Vec<_>>(),
        [(1, 10), (1, 20), (1, 30), (1, 40)]
    );
    assert_eq!(store.run(|tx| tx.measures(&desk(), second(0), second(1))).expect("asked").len(), 6);
    let found = |store: &mut dyn Store| {
        let words = Words::read("spausdintuvas").expect("words");
        let found = store.run(|tx| tx.search(&words, &TicketFilter::default())).expect("asked");
        found.tickets.iter().map(|t| t.key.number).collect::<Vec<_>>()
    };
    assert_eq!(
        found(store),
        [6, 5, 4, 3, 2, 1],
        "what was written before there was an index is found without it"
    );
    assert_eq!(store.run(|tx| tx.index(100)).expect("indexed"), Indexed { tickets: 6, more: false });
    assert_eq!(found(store), [6, 5, 4, 3, 2, 1]);
    assert!(
        folder.path().join(format!("desk.db.before-{}", schema())).exists(),
        "it is copied before it is changed"
    );
}
