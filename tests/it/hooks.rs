//! Operations that agents order: run once, beside everything else, and told of by a note.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use maildesk::daemon::control::{NewRequest, Order, carry_out};
use maildesk::daemon::hooks;
use maildesk::daemon::house::House;
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::TicketKey;

use crate::support;

/// A house whose desk has one operation, `job`: a shell script.
fn house(dir: &Path, script: &str, timeout: u32) -> House {
    let program = dir.join("job");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let hook = format!(
        "[desk.hooks.job]\ncommand = [\"/bin/sh\", \"{}\", \"now\"]\ntimeout_seconds = {timeout}\n",
        program.display()
    );
    support::house::house(dir, &format!("{}{hook}", support::house::CONFIG))
}

fn key() -> TicketKey {
    TicketKey { desk: "desk".into(), number: 1 }
}

/// Registers a request and orders the operation on it.
async fn ordered(house: &House) {
    let request = NewRequest {
        desk: "desk".to_owned(),
        channel: "phone".to_owned(),
        name: "Ona".to_owned(),
        subject: "The „lamp\"".to_owned(),
        text: "It is dark.".to_owned(),
        ..NewRequest::default()
    };
    carry_out(house, Order::Register(Box::new(request))).await.unwrap();
    let (by, text) = (Some("petr".to_owned()), "#do job".to_owned());
    carry_out(house, Order::Instruct { ticket: key(), by, text }).await.unwrap();
}

async fn notes(house: &House) -> Vec<String> {
    let thread = house.clerk.ask(|tx| tx.messages(&key())).await.unwrap();
    thread.into_iter().filter(|m| m.kind == Kind::Note).map(|m| m.text).collect()
}

/// The first note that comes.
async fn note(house: &House) -> String {
    let waited = async {
        loop {
            let rung = house.clerk.bells.outbox.notified();
            if let Some(note) = notes(house).await.into_iter().next() {
                return note;
            }
            rung.await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.expect("a note")
}

#[tokio::test]
async fn the_ticket_goes_in_and_a_note_comes_out() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), "cat; echo \" with $1 and ${MAILDESK_X:-nothing}\"; exit 3", 60);
    ordered(&house).await;
    let running = tokio::spawn(hooks::run(house.clone()));
    let note = note(&house).await;
    assert!(
        note.contains("\"job\" has ended with code 3") && note.ends_with("with now and nothing"),
        "{note}"
    );
    let json = note.lines().nth(1).and_then(|line| line.split(" with now").next()).unwrap();
    let read: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(read["ticket"]["subject"], "The „lamp\"");
    assert_eq!((&read["thread"][0]["text"], &read["by"]), (&"It is dark.".into(), &"petr".into()));
    let told = house.clerk.ask(|tx| tx.deliveries(&Default::default())).await.unwrap();
    let told: Vec<_> =
        told.iter().filter(|d| d.purpose == "agent_update").map(|d| d.recipient.as_str()).collect();
    assert_eq!(told, ["petr@desk.example"]);
    house.stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn what_takes_too_long_is_stopped_and_what_talks_too_much_is_cut() {
    let dir = tempfile::tempdir().unwrap();
    let slow = house(dir.path(), "exec sleep 600", 1);
    ordered(&slow).await;
    let running = tokio::spawn(hooks::run(slow.clone()));
    assert_eq!(note(&slow).await, "\"job\" was stopped after 1 s");
    slow.stop.cancel();
    running.await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let loud = house(dir.path(), "head -c 1000000 /dev/zero | tr '\\0' x", 60);
    ordered(&loud).await;
    let running = tokio::spawn(hooks::run(loud.clone()));
    let said = note(&loud).await;
    assert_eq!(said.matches('x').count(), 4_000);
    loud.stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn an_operation_that_a_stop_interrupted_is_not_run_again() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), "echo once", 60);
    ordered(&house).await;
    let taken = house.clerk.run(maildesk::desk::hooks::take).await.unwrap().expect("an errand");
    assert_eq!(house.clerk.run(maildesk::desk::hooks::take).await.unwrap(), None, "given out once");
    // That daemon died; the next one finds what it left.
    let running = tokio::spawn(hooks::run(house.clone()));
    assert_eq!(note(&house).await, "\"job\" was interrupted by a restart and is not started again");
    assert_eq!(house.clerk.ask(maildesk::desk::hooks::left).await.unwrap(), []);
    let (desk, now) = (house.desks.get("desk").unwrap().clone(), house.clock.now());
    let again = move |tx: &mut dyn maildesk::store::Tx| {
        let ending = maildesk::desk::hooks::Ending::Interrupted;
        maildesk::desk::hooks::finish(tx, &desk, &taken, &ending, now)
    };
    house.clerk.run(again).await.unwrap();
    assert_eq!(notes(&house).await.len(), 1, "told once");
    house.stop.cancel();
    running.await.unwrap();
}
