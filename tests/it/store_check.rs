//! Every fault that is planted in a sound database is found by its check.

use std::path::Path;

use maildesk::domain::letter::{Attached, LetterPart, PartSource};
use maildesk::domain::people::{Acquaintance, AgentId};
use maildesk::domain::thread::{Kind, Message, Work};
use maildesk::domain::ticket::{Clock, State, Ticket};
use maildesk::store::{DeliveryState, Indexed, Outcome, Rated, Result, Settled, SqliteStore, Store, Tx};

use crate::support::store_samples::*;

const RAW: &str = "From: ona@client.example\r\n\r\nNespausdina.\r\n";

/// Ticket 1: an applied mail with two sightings, a thread, work, an acknowledgement that was sent to two, an
/// answer that waits behind another one. Ticket 2: closed, nothing else.
fn fill(tx: &mut dyn Tx) -> Result<()> {
    let first = open(tx)?;
    open(tx).and_then(|two| {
        write(tx, Some(&two), &Ticket { state: State::Rejected { at: second(9) }, ..two.clone() })
    })?;
    let applied = Outcome::Applied { ticket: first.key.clone(), kind: "new".into(), reason: "new".into() };
    let mut received = mail(RAW);
    received.outcome = applied.clone();
    let id = keep_mail(tx, &received, RAW)?;
    tx.sight(&sighting(1, Some(id), applied))?;
    tx.sight(&sighting(2, Some(id), Outcome::Duplicate { of: id }))?;
    tx.sight(&sighting(3, None, Outcome::Withdrawn { reason: "gone".into() }))?;
    let last = keep_mail(tx, &mail("last"), "last")?;
    tx.sight(&sighting(4, Some(last), mail("last").outcome))?;

    let attached = Attached {
        name: "a.pdf".into(),
        content_type: "application/pdf".into(),
        content_id: None,
        size_bytes: 4,
        hash: hash(b"blob"),
        source: PartSource::Blob { hash: hash(b"blob") },
    };
    tx.keep(&hash(b"blob"), b"blob")?;
    let request = Message { mail: Some(received.raw), ..message(Kind::Request, "Nespausdina.") };
    tx.add_message(&first.key, &request)?;
    tx.add_message(
        &first.key,
        &Message { attachments: vec![attached.clone()], ..message(Kind::Note, "taip") },
    )?;
    books(tx, &first)?;
    let resolve = Some(Clock { due: second(500), warn_at: None, met_at: None, breached: false });
    let now = Ticket {
        messages: 1,
        spent_minutes: 15,
        rating: Some(4),
        resolve,
        state: State::Open,
        ..first.clone()
    };
    write(tx, Some(&first), &now)?;

    let mut ack = letter("ack", Some(&first.key), "ona@client.example");
    ack.recipients.push(address("contract@client.example"));
    tx.enqueue(&ack)?;
    let sent = Settled {
        state: DeliveryState::Sent,
        at: second(2),
        next_at: None,
        text: "250".into(),
        uncounted: false,
    };
    for taken in tx.claim(second(1), second(60), 10)? {
        tx.settle(taken.delivery, &sent)?;
    }
    for name in ["answer", "further-answer"] {
        let mut reply = letter(name, Some(&first.key), "ona@client.example");
        reply.letter.parts = vec![LetterPart { head: b"--b\r\n\r\n".to_vec(), attached: attached.clone() }];
        (reply.purpose, reply.automatic) = ("reply".into(), false);
        tx.enqueue(&reply)?;
    }
    assert_eq!(tx.index(10)?, Indexed { tickets: 2, more: false });
    Ok(())
}

/// Work that was corrected twice, a tie, a rating, an acquaintance, two bills.
fn books(tx: &mut dyn Tx, first: &Ticket) -> Result<()> {
    let agent = AgentId("petr".into());
    tx.add_work(&first.key, &Work::new(agent, second(5), 15))?;
    let wrong = Work { corrects: Some(1), ..Work::new(AgentId("petr".into()), second(5), 10) };
    tx.add_work(&first.key, &wrong)?;
    tx.add_work(&first.key, &Work { corrects: Some(2), ..Work::new(AgentId("petr".into()), second(5), 15) })?;
    tx.tie(&first.key, "phone:+37060000000", second(5))?;
    tx.rate(&first.key, &Rated { value: 4, comment: "ačiū".into(), agent: None, at: second(6) })?;
    tx.acquaint(&desk(), &address("ona@client.example"), &Acquaintance::default(), second(7))?;
    for month in [2, 3] {
        let number = tx.next_bill_number(&desk())?;
        assert!(tx.add_bill(&bill(number, "301234567", month))?);
    }
    Ok(())
}

/// What is planted, the invariant that it breaks, and a part of what is said of it.
const FAULTS: &[(&str, u32, &str)] = &[
    ("DELETE FROM bytes WHERE hash = (SELECT raw FROM mails WHERE id = 1)", 1, "mail 1 has no raw bytes"),
    ("DELETE FROM bytes WHERE hash = (SELECT raw FROM mails WHERE id = 1)", 1, "message support/1/1 came by"),
    ("UPDATE bytes SET bytes = CAST(bytes || 'x' AS BLOB) WHERE id = 1", 1, "another size"),
    ("UPDATE bytes SET bytes = x'00' WHERE id = 2", 1, "not those that were kept"),
    ("DELETE FROM bytes WHERE bytes = CAST('blob' AS BLOB)", 1, "message support/1/2 has an attachment"),
    ("DELETE FROM bytes WHERE bytes = CAST('blob' AS BLOB)", 7, "letter answer@desk.example has an attachment"),
    ("UPDATE mails SET outcome = 'stored', ticket_desk = NULL, ticket_number = NULL,
      doc = '{\"outcome\":\"stored\"}' WHERE id = 1", 2, "mail 1 was never decided"),
    ("UPDATE sightings SET outcome = 'stored', doc = '{\"outcome\":\"stored\"}' WHERE uid = 3", 2, "no final outcome"),
    ("UPDATE sightings SET doc = replace(doc, 'new', 'old') WHERE uid = 1", 2, "another outcome than its mail"),
    ("UPDATE sightings SET mail = NULL WHERE uid = 1", 2, "had an effect without a mail"),
    ("UPDATE sightings SET mail = 77 WHERE uid = 4", 2, "names a mail that is not there"),
    ("UPDATE sightings SET doc = '{\"outcome\":\"duplicate\",\"of\":77}' WHERE uid = 2", 2, "is a duplicate of mail 77"),
    ("UPDATE mails SET outcome = 'skipped' WHERE id = 1", 2, "mail 1 is listed under another outcome"),
    ("UPDATE mails SET ticket_number = 2 WHERE id = 1", 2, "mail 1 is listed under another outcome"),
    ("UPDATE mails SET doc = 'x' WHERE id = 1", 2, "mail 1 has an outcome that cannot be read"),
    ("DELETE FROM tickets WHERE number = 1", 2, "mail 1 had to do with a ticket"),
    ("UPDATE desks SET last_number = 1", 3, "ticket support/2 has a number that was never given"),
    ("DELETE FROM desks", 3, "ticket support/1 has a number that was never given"),
    ("UPDATE tickets SET status = 'new' WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE tickets SET requester = NULL WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE tickets SET assignee = 'petr' WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE tickets SET client = 'x' WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE tickets SET received_at = 1 WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE tickets SET wake = NULL WHERE number = 1", 5, "never woken"),
    ("UPDATE tickets SET wake = wake - 1 WHERE number = 1", 5, "before its time"),
    ("UPDATE tickets SET wake = 1 WHERE number = 2", 5, "waits for nothing"),
    ("DELETE FROM letters WHERE message_id LIKE 'answer%'", 6, "has no letter"),
    ("DELETE FROM deliveries WHERE letter = 3", 6, "letter further-answer@desk.example goes to nobody"),
    ("DELETE FROM tickets WHERE number = 1", 6, "letter answer@desk.example tells of a ticket"),
    ("UPDATE deliveries SET ticket_number = 2 WHERE letter = 3", 6, "the order of another ticket"),
    ("UPDATE letters SET purpose = 'reminder' WHERE id = 1", 6, "goes to several people"),
    ("INSERT INTO deliveries (letter, recipient, ticket_desk, ticket_number, state, open, head, settled_at)
      VALUES (1, 'olga@other.example', 'support', 1, 'sent', 0, 0, 5)", 6, "goes to several people"),
    ("UPDATE letters SET cause = 'answer'", 6, "letter for answer, reply, ona@client.example is there more than once"),
    ("UPDATE deliveries SET state = 'sent' WHERE letter = 2", 6, "a state that contradicts itself"),
    ("UPDATE deliveries SET state = 'lost' WHERE letter = 2", 6, "a state that contradicts itself"),
    ("UPDATE deliveries SET settled_at = NULL WHERE letter = 1", 6, "done without an outcome"),
    ("UPDATE deliveries SET head = 0 WHERE letter = 2", 6, "lost its place"),
    ("UPDATE deliveries SET head = 1 WHERE letter = 3", 6, "lost its place"),
    ("UPDATE letters SET frozen = CAST(replace(CAST(frozen AS TEXT), 'Laba', 'Lapa') AS BLOB) WHERE id = 1", 7,
      "letter ack@desk.example is not the one that was decided"),
    ("UPDATE letters SET frozen = x'01' WHERE id = 1", 7, "letter ack@desk.example cannot be read"),
    ("UPDATE letters SET message_id = 'x@desk.example' WHERE id = 1", 7, "letter x@desk.example cannot be read"),
    ("DELETE FROM messages WHERE seq = 1", 11, "thread support/1 has a gap"),
    ("UPDATE messages SET seq = 5 WHERE seq = 2", 11, "thread support/1 has a gap"),
    ("UPDATE messages SET kind = 'reply' WHERE seq = 2", 11, "message support/1/2 is listed under"),
    ("UPDATE messages SET doc = 'x' WHERE seq = 2", 11, "message support/1/2 cannot be read"),
    ("UPDATE messages SET kind = 'note', doc = replace(doc, '\"request\"', '\"note\"') WHERE seq = 1", 11,
      "counts 1 messages and has 0"),
    ("DELETE FROM tickets WHERE number = 1", 11, "ticket support/1 has a thread and is not there"),
    ("UPDATE history SET reason = '' WHERE id = 1", 11, "does not say what happened and why"),
    ("DELETE FROM history WHERE id = 1", 11, "the history of ticket support/1 does not lead to it"),
    ("DELETE FROM history WHERE number = 2", 11, "the history of ticket support/2 does not lead to it"),
    ("UPDATE history SET change = '{\"subject\":\"x\"}' WHERE id = 2", 11, "differs in"),
    ("UPDATE history SET change = 'x' WHERE id = 1", 11, "cannot be read"),
    ("UPDATE tickets SET doc = replace(doc, 'Spausdintuvas', 'Kompiuteris') WHERE number = 1", 11,
      "the history of ticket support/1 does not lead to it, differs in [\"subject\"]"),
    ("UPDATE tickets SET doc = 'x' WHERE number = 1", 11, "ticket support/1 cannot be read"),
    ("UPDATE works SET minutes = 16", 11, "counts 15 minutes and its journal has 16"),
    ("UPDATE works SET corrects = NULL", 11, "counts 15 minutes and its journal has 40"),
    ("UPDATE works SET corrects = 3 WHERE id = 1", 11, "work 1 of support/1 corrects what is no older row"),
    ("UPDATE works SET number = 2 WHERE id = 1", 11, "work 2 of support/1 corrects what is no older row"),
    ("UPDATE tickets SET promise = NULL WHERE number = 1", 3, "ticket support/1 is listed under"),
    ("UPDATE ratings SET value = 3", 11, "ticket support/1 is rated 4, and 3 is what was kept"),
    ("DELETE FROM ratings", 11, "ticket support/1 is rated 4, and 0 is what was kept"),
    ("UPDATE ratings SET number = 77", 11, "ticket support/77 has a thread and is not there"),
    ("UPDATE ties SET number = 77", 11, "ticket support/77 has a thread and is not there"),
    ("UPDATE acquaintances SET client = 'x'", 11, "ona@client.example of support is listed under"),
    ("UPDATE acquaintances SET address = 'ona+1@client.example'", 11, "ona+1@client.example of support is listed"),
    ("UPDATE acquaintances SET doc = 'x'", 11, "what is known of ona@client.example cannot be read"),
    ("UPDATE bill_numbers SET last_number = 1", 3, "bill support/2 has a number that was never given"),
    ("UPDATE bills SET total_cents = 1 WHERE number = 1", 11, "bill support/1 does not add up"),
    ("UPDATE works SET client = 'x' WHERE id = 1", 11, "work 1 of support/1 is kept under another client"),
    ("UPDATE search_state SET through = 99", 14, "the search index is ahead: 99 of 4 entries"),
    ("UPDATE search_state SET through = 1", 14, "row 2 of the search index belongs to no ticket"),
    ("INSERT INTO search (rowid, words) VALUES (3, 'x')", 14, "row 3 of the search index belongs to no ticket"),
    ("DELETE FROM search WHERE rowid = 2", 14, "ticket support/2 is not in the search index"),
    ("INSERT OR REPLACE INTO search (rowid, words) VALUES (1, 'spausdintuvas')", 14,
      "ticket support/1 is not found by its words"),
    ("UPDATE messages SET doc = replace(doc, 'Nespausdina', 'Kompiuteris') WHERE seq = 1", 14,
      "ticket support/1 is not found by its words"),
    ("UPDATE bills SET first_day = '2026-02-28' WHERE number = 2", 11, "bill support/2 is about days that were billed"),
];

fn sound(path: &Path) {
    let mut store = SqliteStore::open(path).expect("opened");
    (&mut store as &mut dyn Store).run(fill).expect("filled");
    assert_eq!(store.check().expect("checked"), [], "the database is sound before anything is planted");
}

/// A copy in which the schema's own guards are taken off.
fn unguarded(from: &Path, to: &Path) -> rusqlite::Connection {
    std::fs::copy(from, to).expect("copied");
    let raw = rusqlite::Connection::open(to).expect("opened");
    let mut triggers =
        raw.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").expect("prepared");
    let names = triggers.query_map([], |row| row.get::<_, String>(0)).expect("asked");
    let names: Vec<String> = names.collect::<rusqlite::Result<_>>().expect("read");
    drop(triggers);
    let drops: String = names.iter().map(|name| format!("DROP TRIGGER {name};")).collect();
    raw.execute_batch(&drops).expect("taken off");
    raw.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").expect("taken off");
    raw
}

#[test]
fn invariants_1_2_3_5_6_7_11_and_14_are_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sound.db");
    sound(&path);
    for (i, (plant, invariant, said)) in FAULTS.iter().enumerate() {
        let copy = folder.path().join(format!("{i}.db"));
        let changed = unguarded(&path, &copy).execute(plant, []).expect("planted");
        assert!(changed > 0, "{plant} changed nothing");
        let faults = SqliteStore::open_reader(&copy).expect("opened").check().expect("checked");
        let found = faults.iter().any(|f| f.invariant == *invariant && f.what.contains(said));
        assert!(found, "{plant}\nshould say {said:?} and says {faults:#?}");
    }
}

#[test]
fn a_mail_that_is_being_decided_and_a_wake_that_was_postponed_are_no_faults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sound.db");
    sound(&path);
    let mut store = SqliteStore::open(&path).expect("opened");
    (&mut store as &mut dyn Store)
        .run(|tx| {
            let mut new = mail("newest");
            new.outcome = Outcome::Stored;
            let id = keep_mail(tx, &new, "newest")?;
            tx.sight(&sighting(9, Some(id), Outcome::Stored))?;
            let first = tx.ticket(&ticket(1).key)?.expect("there");
            tx.save(&first, Some(second(10_000)))
        })
        .expect("written");
    assert_eq!(store.check().expect("checked"), []);
}

#[test]
fn history_work_and_letters_cannot_be_changed_even_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sound.db");
    sound(&path);
    let raw = rusqlite::Connection::open(&path).expect("opened");
    for change in [
        "UPDATE history SET reason = 'other'",
        "DELETE FROM history",
        "UPDATE works SET minutes = 1",
        "DELETE FROM works",
        "UPDATE bills SET net_cents = 1",
        "DELETE FROM bills",
        "UPDATE letters SET frozen = x'00'",
    ] {
        assert!(raw.execute(change, []).is_err(), "{change}");
    }
}
