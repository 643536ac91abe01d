//! The outbox, and copies of the database.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use maildesk::store::SqliteStore;

use super::{Folder, exists};

fn with_letters() -> Folder {
    let folder = Folder::new();
    let who = "Ona Onaitė <ona@client.example>";
    folder.run(&["ticket", "new", "--from", who, "--subject", "Printer", "It prints nothing."]).ok();
    folder
}

#[test]
fn letters_that_are_to_go_are_listed_and_shown() {
    let folder = with_letters();
    let list = folder.run(&["outbox", "list"]).ok();
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    let told: Vec<_> = lines.iter().map(|l| (l[0], l[1], l[4], l[5], l[6])).collect();
    assert_eq!(
        told,
        [
            ("3", "queued", "agent_new", "KL-3107", "alice@desk.example"),
            ("2", "queued", "agent_new", "KL-3107", "petr@desk.example"),
            ("1", "queued", "ack", "KL-3107", "ona@client.example"),
        ]
    );
    let shown = folder.json(&["outbox", "show", "1"]);
    assert_eq!(shown["subject"], "[KL-3107] Printer");
    assert_eq!(shown["to"][0], "Ona Onaitė <ona@client.example>");
    assert_eq!(shown["delivery"]["state"], "queued");
    let raw = folder.run(&["outbox", "show", "1", "--raw"]).ok();
    assert!(raw.starts_with("Date: ") && raw.contains("Auto-Submitted: auto-"), "{raw}");
    assert_eq!(
        folder.run(&["outbox", "show", "9"]).failed(),
        (1, "maildesk: there is no delivery 9\n".into())
    );
    assert_eq!(folder.run(&["outbox", "list", "--to", "petr@desk.example"]).ok().lines().count(), 1);
    assert_eq!(folder.run(&["outbox", "list", "--ticket", "KL-3107", "--state", "sent"]).ok(), "");
}

#[test]
fn a_letter_that_is_dropped_may_be_tried_after_all() {
    let folder = with_letters();
    assert_eq!(folder.run(&["outbox", "drop", "1"]).failed().0, 64);
    assert_eq!(
        folder.run(&["outbox", "drop", "1", "--yes"]).ok(),
        "delivery 1 to ona@client.example: cancelled\n"
    );
    assert_eq!(folder.run(&["outbox", "list"]).ok().lines().count(), 2);
    let (code, text) = folder.run(&["outbox", "drop", "1", "--yes"]).failed();
    assert_eq!((code, text.as_str()), (1, "maildesk: delivery 1 is cancelled already\n"));
    assert_eq!(folder.run(&["outbox", "retry", "1"]).ok(), "delivery 1 to ona@client.example: queued\n");
    let row = &folder.json(&["outbox", "list", "--to", "ona@client.example"])[0];
    assert_eq!(row["text"], "queued again by the operator");
    assert_eq!(folder.run(&["outbox", "retry", "9"]).failed().0, 1);
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn a_copy_is_whole_and_for_its_owner_alone() {
    let folder = with_letters();
    let copy = folder.path("copy.sqlite");
    let name = copy.to_str().unwrap();
    let told = folder.json(&["backup", name]);
    assert_eq!(told["size_bytes"], fs::metadata(&copy).unwrap().len());
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let mut store: Box<dyn maildesk::store::Store> = Box::new(SqliteStore::open_reader(&copy).unwrap());
    assert_eq!(store.check().unwrap(), []);
    assert_eq!(store.run(|tx| Ok(tx.deliveries(&Default::default())?.len())).unwrap(), 3);
    let (code, text) = folder.run(&["backup", name]).failed();
    assert!(code == 74 && text.contains("is there already"), "{code} {text}");
    assert_eq!(folder.run(&["backup", "/nowhere/copy.sqlite"]).code, 74);
    assert!(!exists(&folder.path("copy.sqlite.part")));
}

#[test]
fn the_doctor_counts_and_finds_faults() {
    let folder = with_letters();
    assert_eq!(
        folder.run(&["doctor"]).ok(),
        "mails        0\n\
         sightings    0\n\
         tickets      1 = 1 new\n\
         deliveries   3 = 3 queued\n\
         verdict      all is as it must be\n"
    );
    let database = rusqlite::Connection::open(folder.settings().database).unwrap();
    database.execute("DELETE FROM messages", []).unwrap();
    database.execute("UPDATE deliveries SET state = 'sent' WHERE id = 1", []).unwrap();
    drop(database);
    let run = folder.run(&["doctor"]);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("FAULT        invariant 6: delivery 1 "), "{}", run.out);
}
