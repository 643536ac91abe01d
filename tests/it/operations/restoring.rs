//! Yesterday's backup takes the place of a database that was lost (A23, A24, F17).

use std::fs;

use maildesk::domain::ticket::Number;
use maildesk::store::{DeliveryFilter, DeliveryRow, DeliveryState, Outcome};

use super::all_leave;
use crate::cli::Folder;

fn mail(from: &str, n: u32) -> String {
    format!(
        "From: {from}\nTo: support@desk.example\nSubject: Matter {n}\nMessage-ID: <{n}@client.example>\n\
         Date: Mon, 2 Mar 2026 09:00:00 +0200\n\nIt is about {n}.\n"
    )
}

/// So many minutes ago: a restore has its time from the system's clock.
#[allow(clippy::disallowed_methods, reason = "the program under test has no other")]
fn ago(minutes: i64) -> String {
    (jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes)).to_string()
}

fn number(outcome: &Outcome) -> Number {
    outcome.ticket().expect("a ticket").number
}

fn deliveries(folder: &Folder) -> Vec<DeliveryRow> {
    folder.store().run(|tx| tx.deliveries(&DeliveryFilter::default())).expect("asked")
}

/// A backup with one request; a second request, acknowledged, came after it and is lost.
fn lost() -> (Folder, Number) {
    let folder = Folder::new();
    folder.receive(1, &mail("Ona <ona@client.example>", 1), &ago(300));
    all_leave(&folder, &ago(290));
    folder.run(&["backup", folder.path("copy.sqlite").to_str().expect("text")]).ok();
    let second = folder.receive(2, &mail("Janis <janis@client.example>", 2), &ago(200));
    all_leave(&folder, &ago(190));
    (folder, number(&second))
}

fn restore(folder: &Folder) -> serde_json::Value {
    folder.json(&["restore", folder.path("copy.sqlite").to_str().expect("text"), "--yes"])
}

#[test]
fn a_number_of_the_lost_time_is_given_to_nobody_and_its_mail_is_found_again() {
    let (folder, given) = lost();
    fs::remove_file(folder.path("state/maildesk.sqlite")).expect("lost");
    let document = restore(&folder);
    assert_eq!(
        (&document["epoch"], &document["left"], &document["faults"]),
        (&1.into(), &serde_json::Value::Null, &0.into())
    );
    // The mailbox is read from where the copy stood: the mail of the lost time comes again, and a fresh one.
    let again = folder.receive(2, &mail("Janis <janis@client.example>", 2), &ago(200));
    let fresh = folder.receive(3, &mail("Olga <olga@client.example>", 3), &ago(0));
    assert!(number(&again) > given + 900 && number(&fresh) == number(&again) + 1, "{again:?} {fresh:?}");
    let known = folder.receive(1, &mail("Ona <ona@client.example>", 1), &ago(300));
    assert_eq!(number(&known), 3107, "what the copy knows is not decided again");
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn where_nobody_knows_a_second_letter_to_a_client_waits_for_the_operators_word() {
    let (folder, _) = lost();
    fs::remove_file(folder.path("state/maildesk.sqlite")).expect("lost");
    restore(&folder);
    let before = deliveries(&folder).len();
    // What came before the restore is read after it.
    folder.decide_late(2, &mail("Janis <janis@client.example>", 2), &ago(200));
    let rows = deliveries(&folder);
    let ack =
        rows.iter().find(|row| row.purpose == "ack" && row.recipient.as_str() == "janis@client.example");
    let ack = ack.expect("an acknowledgement");
    assert_eq!(ack.state, DeliveryState::Deferred);
    assert!(ack.text.contains("may have left before the database was restored"), "{}", ack.text);
    let to_agents =
        rows.iter().filter(|row| row.purpose == "agent_new" && row.state == DeliveryState::Queued);
    assert_eq!(to_agents.count(), 2, "agents learn the new number: {rows:?}");
    assert!(rows.len() > before);
    assert!(folder.run(&["outbox", "list"]).ok().contains("may have left"));
    folder.run(&["outbox", "drop", &ack.id.to_string(), "--yes"]).ok();
}

#[test]
fn what_the_lost_database_still_tells_is_not_sent_a_second_time() {
    let (folder, given) = lost();
    let document = restore(&folder);
    assert_eq!(document["left"], 3, "one acknowledgement, two notices: {document}");
    assert!(folder.path("state/maildesk.sqlite.lost-1").exists(), "nothing is thrown away");
    let again = folder.decide_late(2, &mail("Janis <janis@client.example>", 2), &ago(200));
    assert!(number(&again) > given);
    let rows = deliveries(&folder);
    let ack =
        rows.iter().find(|row| row.purpose == "ack" && row.recipient.as_str() == "janis@client.example");
    let ack = ack.expect("an acknowledgement");
    assert_eq!(ack.state, DeliveryState::Cancelled);
    assert!(ack.text.contains("before the database was restored"), "{}", ack.text);
    // Nothing that is for another ticket has an id of the lost time.
    let lost = maildesk::store::SqliteStore::open_reader(&folder.path("state/maildesk.sqlite.lost-1"));
    let mut lost: Box<dyn maildesk::store::Store> = Box::new(lost.expect("it can be read"));
    let old = lost.run(|tx| tx.deliveries(&DeliveryFilter::default())).expect("asked");
    let of_lost = |id: &str| {
        old.iter().any(|row| row.message_id == id && row.ticket.as_ref().is_some_and(|t| t.number == given))
    };
    assert!(rows.iter().all(|row| !of_lost(&row.message_id)), "an id of the lost time came again");
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn a_letter_that_waited_in_the_copy_and_left_since_does_not_leave_again() {
    let folder = Folder::new();
    folder.receive(1, &mail("Ona <ona@client.example>", 1), &ago(300));
    folder.run(&["backup", folder.path("copy.sqlite").to_str().expect("text")]).ok();
    all_leave(&folder, &ago(280));
    let document = restore(&folder);
    assert_eq!((&document["left"], &document["held"]), (&3.into(), &0.into()));
    assert!(deliveries(&folder).iter().all(|row| row.state == DeliveryState::Sent));

    fs::remove_file(folder.path("state/maildesk.sqlite")).expect("lost");
    let document = restore(&folder);
    assert_eq!((&document["left"], &document["held"]), (&serde_json::Value::Null, &3.into()));
    assert!(deliveries(&folder).iter().all(|row| row.state == DeliveryState::Deferred));
}

#[test]
fn a_copy_that_cannot_be_used_changes_nothing() {
    let (folder, _) = lost();
    let before = fs::read(folder.path("state/maildesk.sqlite")).expect("read");
    let copy = folder.path("copy.sqlite");
    let name = copy.to_str().expect("text").to_owned();
    let (code, text) = folder.run(&["restore", &name]).failed();
    assert!(code == 1 && text.contains("say --yes"), "{text}");
    let lock = maildesk::daemon::lock::Lock::take(&folder.path("state")).expect("free");
    assert_eq!(folder.run(&["restore", &name, "--yes"]).failed().0, 73, "beside a daemon");
    drop(lock);
    let whole = fs::read(&copy).expect("read");
    let newer = rusqlite::Connection::open(&copy).expect("opened");
    newer.pragma_update(None, "user_version", 99).expect("written");
    drop(newer);
    assert_eq!(folder.run(&["restore", &name, "--yes"]).failed().0, 78);
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 8192].fill(0xa5);
    fs::write(&copy, &damaged).expect("written");
    assert_eq!(folder.run(&["restore", &name, "--yes"]).failed().0, 74);
    fs::write(&copy, "Dear desk,\n".repeat(999)).expect("written");
    assert_eq!(folder.run(&["restore", &name, "--yes"]).failed().0, 74);
    assert_eq!(folder.run(&["restore", "nowhere.sqlite", "--yes"]).failed().0, 74);
    assert_eq!(fs::read(folder.path("state/maildesk.sqlite")).expect("read"), before);
}

#[test]
fn a_restore_that_was_interrupted_lets_no_fresh_database_take_the_place() {
    let (folder, _) = lost();
    // As it lies between the two renames.
    fs::rename(folder.path("state/maildesk.sqlite"), folder.path("state/maildesk.sqlite.lost-1"))
        .expect("moved");
    fs::write(folder.path("state/maildesk.sqlite.restoring"), "").expect("written");
    let (code, text) = folder.run(&["run"]).failed();
    assert!(code == 74 && text.contains("run `maildesk restore` again"), "{code} {text}");
    assert!(!folder.path("state/maildesk.sqlite").exists());
    restore(&folder);
    assert_eq!(folder.run(&["doctor"]).code, 0);
}
