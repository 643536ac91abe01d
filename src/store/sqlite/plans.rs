//! The statements on the path of one mail, tick or letter, as SQLite means to run them: none walks a table.

use rusqlite::Connection;

use crate::domain::address::Address;
use crate::domain::ticket::{Status, TicketKey};
use crate::store::{DeliveryFilter, DeliveryState, TicketFilter};

use super::{
    SqliteStore, answers, bills, bytes, history, letters, mails, measures, outbox, overview, people, ratings,
    tickets, values, works,
};

const HOT: &[&str] = &[
    mails::SIGHTING,
    mails::SIGHT,
    mails::BY_FINGERPRINT,
    mails::BY_ID,
    mails::BY_MESSAGE_ID,
    mails::ADD,
    mails::CONCLUDE,
    mails::CONCLUDE_SIGHTINGS,
    mails::CURSOR,
    mails::SET_CURSOR,
    bytes::KEEP,
    bytes::BYTES,
    tickets::TICKET,
    tickets::SAVE,
    tickets::DUE,
    tickets::NEXT_WAKE,
    history::NEXT_SEQ,
    history::ADD_MESSAGE,
    history::REPLACE_MESSAGE,
    history::MESSAGES,
    history::ADD_ENTRY,
    history::ENTRIES,
    works::ADD,
    works::ID,
    works::OF_TICKET,
    tickets::QUEUE_FIFO,
    tickets::QUEUE_DEADLINE,
    people::ACQUAINTANCE,
    people::ACQUAINT,
    people::TIE,
    people::TIED,
    ratings::RATE,
    letters::ADD,
    letters::ID,
    letters::ADD_DELIVERY,
    letters::BY_ID,
    letters::RECIPIENTS,
    outbox::CLAIMABLE,
    outbox::CLAIM,
    outbox::STANDS,
    outbox::SETTLE,
    outbox::PROMOTE,
    outbox::LINE_UP,
    outbox::ALONE,
    outbox::RECLAIM,
    outbox::NEXT,
    answers::COUNT,
    answers::PURGE,
    answers::ANSWERS,
    answers::STANDING,
    answers::SET_STANDING,
    answers::CLEAR_STANDING,
    values::VALUE,
    values::SET_VALUE,
];

fn plan(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("prepared");
    let none = std::iter::repeat_n(rusqlite::types::Null, statement.parameter_count());
    let steps = statement.query_map(rusqlite::params_from_iter(none), |row| row.get(3)).expect("explained");
    steps.collect::<rusqlite::Result<_>>().expect("read")
}

fn walks(step: &str) -> bool {
    step.starts_with("SCAN") || step.contains("TEMP B-TREE")
}

#[test]
fn no_statement_on_the_path_of_a_mail_walks_a_table() {
    let store = SqliteStore::open_in_memory().expect("opened");
    for sql in HOT {
        let plan = plan(&store.conn, sql);
        // RECLAIM walks an index of nothing but the deliveries that were interrupted.
        let walks = plan.iter().any(|step| walks(step) && !step.contains("deliveries_attempting"));
        assert!(!walks, "{sql}\n{plan:#?}");
    }
}

#[test]
fn lists_of_one_person_or_one_ticket_walk_no_table() {
    let store = SqliteStore::open_in_memory().expect("opened");
    let ona = Address::parse("ona@client.example").expect("an address");
    let mut filter =
        TicketFilter { desk: Some("support".into()), statuses: vec![Status::Open], ..Default::default() };
    let by_desk = tickets::listing(&filter).expect("made").0;
    filter.requester = Some(ona.clone());
    let by_requester = tickets::listing(&filter).expect("made").0;
    let key = TicketKey::new(&"support".into(), 1);
    let of_ticket = DeliveryFilter { ticket: Some(key), ..Default::default() };
    let of_recipient =
        DeliveryFilter { recipient: Some(ona), states: vec![DeliveryState::Queued], ..Default::default() };
    let of_ticket = outbox::listing(&of_ticket).expect("made").0;
    let of_recipient = outbox::listing(&of_recipient).expect("made").0;
    for (sql, index) in [
        (by_desk, "tickets_status"),
        (by_requester, "tickets_requester"),
        (of_ticket, "letters_ticket"),
        (of_recipient, "deliveries_"),
    ] {
        let plan = plan(&store.conn, &sql);
        let walks = plan.iter().any(|step| step.starts_with("SCAN") && !step.contains("json_each"));
        assert!(!walks && plan.iter().any(|step| step.contains(index)), "{sql}\n{plan:#?}");
    }
}

#[test]
fn the_books_are_asked_by_time_and_walk_no_table() {
    let store = SqliteStore::open_in_memory().expect("opened");
    for (sql, index) in [
        (overview::TICKETS, "tickets_status"),
        (overview::UNTAKEN, "tickets_status"),
        (overview::SET_ASIDE, "mails_outcome"),
        (overview::GIVEN_UP, "PRIMARY KEY"),
        (works::OF_DESK, "works_at"),
        (works::OF_CLIENT, "works_at"),
        (bills::OVERLAPPING, "bills_client"),
        (bills::BILLS, "PRIMARY KEY"),
        (bills::NEXT_NUMBER, ""),
        (ratings::RATINGS, "ratings_at"),
        (measures::MEASURES, "tickets_received"),
        (measures::REPLIES, "messages_replies"),
        (measures::PENDING, "tickets_status"),
    ] {
        let plan = plan(&store.conn, sql);
        let walks = plan.iter().any(|step| walks(step));
        assert!(
            !walks && plan.iter().any(|step| step.contains(index)) || plan.is_empty(),
            "{sql}\n{plan:#?}"
        );
    }
}

#[test]
fn a_walk_would_be_seen() {
    let store = SqliteStore::open_in_memory().expect("opened");
    assert!(
        plan(&store.conn, "SELECT doc FROM tickets WHERE client > 'a' OR status = 'new'")
            .iter()
            .any(|s| walks(s))
    );
    assert!(plan(&store.conn, "SELECT id FROM mails WHERE subject = 'x'").iter().any(|s| walks(s)));
}
