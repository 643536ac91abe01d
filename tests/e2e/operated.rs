//! The operator: signals, commands beside the daemon, a wrong password, a broken configuration.

use std::time::{Duration, Instant};

use crate::desk::{BUSY, OPEN, PATIENCE, SEEN, TICKETS, UNDECIDED, ends_sound, has_decided, letter, text};
use crate::support::child::until;
use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, Town};

#[test]
fn a_second_daemon_ends_with_73_and_names_the_first() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "");
    daemon.start();
    let mut rival = daemon.rival();
    rival.launch();
    let end = rival.ends_within(PATIENCE).expect("it does not stay");
    assert_eq!(end.code(), Some(73), "{}", rival.log());
    assert!(rival.log().contains(&format!("process {}", daemon.id())), "{}", rival.log());
    town.person("ona@client.example").writes(DESK, "Lamp", "The lamp is dark.");
    has_decided(&daemon, 1);
    ends_sound(daemon);
}

#[test]
fn sigterm_under_load_ends_it_within_seconds_and_copies_nothing() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    let writer = ona.clone();
    let writes = std::thread::spawn(move || writer.writes_many(DESK, 60));
    for tickets in [5, 25] {
        assert!(until(PATIENCE, || daemon.count(TICKETS) >= tickets).is_some());
        let begun = Instant::now();
        let end = daemon.stop(STOP_MAX);
        eprintln!("SIGTERM: ended in {:?}", begun.elapsed());
        assert_eq!(end.code(), Some(0), "{}", daemon.log());
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        daemon.start();
    }
    writes.join().unwrap();
    daemon.wait_for_count(TICKETS, 60, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(daemon.count(UNDECIDED), 0);
    assert_eq!((ona.mailbox.message_ids().len(), ona.mailbox.count()), (60, 60), "each once");
    ends_sound(daemon);
}

#[test]
fn gate_25_a_broken_configuration_changes_nothing_and_a_good_one_holds_from_then_on() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "[desk]\nname = \"First Aid\"\n");
    daemon.start();
    let ona = town.person("ona@client.example");
    let signed = |subject: &str, name: &str| {
        let id = ona.writes(DESK, subject, "The lamp is dark.");
        let ack = ona.gets_answer_to(&id);
        assert_eq!(ack.parsed().from().unwrap().first().unwrap().name(), Some(name));
    };
    signed("One", "First Aid");
    daemon.configure("[desk]\nname = \"Second Wind\"\nnonsense = 1\n");
    daemon.signal("HUP");
    daemon.wait_for_log("the configuration was not reloaded; the old one stays in force", PATIENCE);
    assert!(daemon.log().contains("nonsense"), "the log says what is wrong");
    signed("Two", "First Aid");
    daemon.configure("[desk]\nname = \"Second Wind\"\n");
    daemon.signal("HUP");
    daemon.wait_for_log("the configuration was reloaded", PATIENCE);
    signed("Three", "Second Wind");
    ends_sound(daemon);
}

#[test]
fn a_wrong_password_is_tried_few_times_and_said_aloud_until_it_is_mended() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes(DESK, "Lamp", "The lamp is dark.");
    let mut daemon = Daemon::prepare(&town, "");
    std::fs::write(daemon.path("password"), "wrong").unwrap();
    daemon.start();
    daemon.wait_for_log("the mail server refused us", PATIENCE);
    for _ in 0..5 {
        daemon.command(&["poke"]);
    }
    until(Duration::from_secs(3), || false);
    let refusals = town.dovecot.log().matches("auth failed").count();
    assert!((1..=2).contains(&refusals), "{refusals} attempts:\n{}", town.dovecot.log());
    assert!(daemon.log().contains("check user, password and certificate"));
    assert_eq!(daemon.count(SEEN), 0);
    std::fs::write(daemon.path("password"), &town.user(DESK).password).unwrap();
    daemon.signal("HUP");
    daemon.wait_for_count(TICKETS, 1, PATIENCE);
    has_decided(&daemon, 1);
    ends_sound(daemon);
}

#[test]
fn a_poke_brings_what_the_server_did_not_tell_of() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "[mailbox]\npoll_seconds = 600\nnoop_seconds = 600\n");
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    town.mailbox(DESK).wait_for_count(1, PATIENCE);
    let begun = Instant::now();
    daemon.command(&["poke"]);
    has_decided(&daemon, 1);
    ona.writes(DESK, "Door", "The door is open.");
    town.mailbox(DESK).wait_for_count(2, PATIENCE);
    assert_eq!(daemon.count(SEEN), 1, "nobody told of the second");
    let poked = daemon.command(&["poke"]);
    assert!(poked.status.success(), "{}", String::from_utf8_lossy(&poked.stderr));
    has_decided(&daemon, 2);
    ona.writes(DESK, "Roof", "The roof is wet.");
    town.mailbox(DESK).wait_for_count(3, PATIENCE);
    let poked = daemon.poke();
    assert!(poked.status.success(), "{}", String::from_utf8_lossy(&poked.stderr));
    has_decided(&daemon, 3);
    assert!(begun.elapsed() < PATIENCE);
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0));
    let nobody = daemon.poke();
    assert_eq!(nobody.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("control.sock"), "{nobody:?}");
    daemon.start();
    ends_sound(daemon);
}

#[test]
fn commands_beside_the_daemon_are_carried_out_by_it() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "");
    daemon.start();
    let [ona, petr] = ["ona@client.example", "petr@desk.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    letter(&daemon, &ona, "ack", 0);
    let does = |words: &[&str]| {
        let done = daemon.command(words);
        let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {out}{error}");
        out.into_owned()
    };
    does(&["ticket", "assign", "1", "petr"]);
    does(&["ticket", "note", "1", "She called again.", "--as", "alice"]);
    let note = letter(&daemon, &petr, "agent_update", 0);
    assert!(note.text().contains("She called again."), "{}", note.text());
    does(&["ticket", "resolve", "1", "A new lamp is in.", "--as", "petr"]);
    let resolved = letter(&daemon, &ona, "resolved", 0);
    assert!(resolved.text().contains("A new lamp is in."), "{}", resolved.text());
    assert_eq!(text(&daemon, "SELECT status FROM tickets"), "resolved");
    assert!(does(&["ticket", "show", "1"]).contains("She called again."));
    assert!(does(&["ledger"]).contains("Lamp"));
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    let list = does(&["--json", "outbox", "list"]);
    assert!(!list.contains("ona@client.example"), "nothing is left to go: {list}");
    does(&["status"]);
    does(&["check"]);
    ends_sound(daemon);
}

#[test]
fn mail_from_before_the_first_start_is_left_alone_unless_wanted() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes_many(DESK, 3);
    town.mailbox(DESK).wait_for_count(3, PATIENCE);
    let mut daemon = Daemon::prepare(&town, "[mailbox]\nadopt = \"new\"\n");
    daemon.start();
    daemon.wait_for_log("the mailbox is met for the first time", PATIENCE);
    let id = fresh_id(&ona.address);
    let mail = compose(&ona.address, DESK, &id, &[("Subject", "New")], "The lamp is dark.");
    town.mailbox(DESK).put(mail.as_bytes());
    ona.gets_answer_to(&id);
    assert_eq!((daemon.count(TICKETS), daemon.count(SEEN)), (1, 1));
    ends_sound(daemon);
}
