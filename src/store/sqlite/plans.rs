//! The statements on the path of one mail, tick or letter, as SQLite means to run them: none walks a table.

use rusqlite::Connection;

use crate::domain::address::Address;
use crate::domain::ticket::{Status, TicketKey};
use crate::store::{DeliveryFilter, DeliveryState, TicketFilter};

use super::{
    SqliteStore, answers, bills, bytes, foresee, history, index, letters, mails, measures, outbox, overview,
    people, ratings, search, tickets, values, works,
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
    bytes::RESERVE,
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
    works::OF_CLIENT,
    index::THROUGH,
    index::SET_THROUGH,
    index::CHANGED,
    index::ROW,
    index::TICKET,
    index::THREAD,
    search::CHANGED,
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
    foresee::RAW,
    foresee::CONTENT,
    foresee::MESSAGE_ID,
    foresee::REQUESTER,
    foresee::RECIPIENT,
    letters::PRESS,
    outbox::CLAIMABLE,
    outbox::CLAIM,
    outbox::CLAIMED,
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
fn lists_of_tickets_walk_no_table_and_sort_nothing() {
    let store = SqliteStore::open_in_memory().expect("opened");
    let all = TicketFilter { statuses: vec![Status::New, Status::Open], ..Default::default() };
    let desks = ["support".to_owned(), "sales".to_owned()];
    let at: jiff::Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    for (filter, index) in [
        (all.clone(), "tickets_status"),
        (
            TicketFilter { statuses: vec![], until: Some(at), before: Some(7), ..all.clone() },
            "tickets_status",
        ),
        (TicketFilter { desk: Some("support".into()), ..all.clone() }, "tickets_status"),
        (
            TicketFilter { requester: Address::parse("ona@client.example"), ..all.clone() },
            "tickets_requester",
        ),
        (TicketFilter { assignee: Some("petr".into()), since: Some(at), ..all.clone() }, "tickets_assignee"),
        (
            TicketFilter { client: Some("1".into()), desk: Some("support".into()), ..all.clone() },
            "tickets_client",
        ),
        (TicketFilter { since: Some(at), ..all.clone() }, "tickets_received"),
    ] {
        for (sql, _) in tickets::listing(&filter, &desks, 50).expect("made") {
            let plan = plan(&store.conn, &sql);
            let sorts = |step: &String| step.contains("TEMP B-TREE") && index != "tickets_received";
            let walks = plan.iter().any(|s| sorts(s) || s.starts_with("SCAN") && !s.contains("json_each"));
            assert!(!walks && plan.iter().any(|step| step.contains(index)), "{sql}\n{plan:#?}");
        }
    }
}

#[test]
fn lists_of_letters_of_one_person_or_one_ticket_walk_no_table() {
    let store = SqliteStore::open_in_memory().expect("opened");
    let key = TicketKey::new(&"support".into(), 1);
    let ona = Address::parse("ona@client.example");
    let of_ticket = DeliveryFilter { ticket: Some(key), ..Default::default() };
    let of_both = DeliveryFilter { recipient: ona.clone(), limit: 50, ..of_ticket.clone() };
    let newest = DeliveryFilter { recipient: ona.clone(), limit: 1, ..Default::default() };
    let of_recipient =
        DeliveryFilter { recipient: ona, states: vec![DeliveryState::Queued], ..Default::default() };
    for (filter, index) in [
        (of_ticket, "letters_ticket"),
        (of_both, "letters_ticket"),
        (newest, "deliveries_recipient"),
        (of_recipient, "deliveries_"),
    ] {
        let sql = outbox::listing(&filter).expect("made").0;
        let plan = plan(&store.conn, &sql);
        let walks = plan.iter().any(|step| step.starts_with("SCAN") && !step.contains("json_each"));
        assert!(!walks && plan.iter().any(|step| step.contains(index)), "{sql}\n{plan:#?}");
    }
}

#[test]
fn a_search_reads_the_index_from_its_newest_place_and_tickets_one_by_one() {
    let store = SqliteStore::open_in_memory().expect("opened");
    let rows = plan(&store.conn, search::ROWS);
    assert!(rows.len() == 1 && rows[0].contains("search VIRTUAL"), "no sorting: {rows:#?}");
    let ticket = plan(&store.conn, search::TICKET);
    assert!(ticket.iter().all(|step| step.starts_with("SEARCH")), "{ticket:#?}");
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
        (works::OF_CLIENT, "works_client"),
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
