//! What may not be told, and what must stand fast. Gate 25; its other parts stand where their houses are:
//! `encrypted` (no password without a believable certificate), `seeing` (no secret in any log), `operated` (a bad
//! reload changes nothing).

use std::fs;

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, UNDECIDED, ends_sound, has_decided, is_sound};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

#[test]
fn gate_25_a_backup_made_under_load_is_whole_and_goes_on_from_there() {
    const MAILS: i64 = 65;
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    let writer = ona.clone();
    let writes = std::thread::spawn(move || writer.writes_many(DESK, 60));
    assert!(until(PATIENCE, || daemon.count(TICKETS) > 10).is_some());
    let copy = daemon.path("copy.sqlite");
    let done = daemon.command(&["backup", &copy.display().to_string()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    writes.join().unwrap();
    // However quick the desk was before.
    ona.writes_many(DESK, 5);
    daemon.wait_for_count(TICKETS, MAILS, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    daemon.kill();
    // The disk is lost; the copy takes its place.
    let database = daemon.path("state/maildesk.sqlite");
    for name in ["state/maildesk.sqlite-wal", "state/maildesk.sqlite-shm"] {
        drop(fs::remove_file(daemon.path(name)));
    }
    fs::copy(&copy, &database).unwrap();
    is_sound(&daemon);
    let kept = daemon.count(TICKETS);
    assert!((10..MAILS).contains(&kept), "{kept} tickets in a copy that was made in the middle");
    daemon.start();
    daemon.wait_for_count(TICKETS, MAILS, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    assert_eq!(daemon.count("SELECT count(*) FROM mails WHERE outcome <> 'applied'"), 0);
    ends_sound(daemon);
}

#[test]
fn gate_25_an_erased_person_stays_erased_when_the_mailbox_is_read_again() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, &format!("{BUSY}[mailbox]\npoll_seconds = 1\n"));
    daemon.start();
    let [ona, janis] = ["ona@client.example", "janis@client.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", "The lamp is dark. amaranth");
    janis.writes(DESK, "Door", "The door is open. bergamot");
    has_decided(&daemon, 2);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    let of_janis =
        daemon.texts("SELECT CAST(number AS TEXT) FROM tickets WHERE requester = 'janis@client.example'");
    let says = |words: &[&str]| {
        let done = daemon.command(words);
        let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {out}{error}");
    };
    says(&["ticket", "close", &of_janis[0], "--as", "petr"]);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    // Its own search may speak of lines that others' mails have, too; ours looks for what was his alone.
    let erased = daemon.command(&["person", "erase", "janis@client.example", "--yes"]);
    let told = String::from_utf8_lossy(&erased.stdout).into_owned();
    assert!(told.contains("taken out"), "{told}{}", String::from_utf8_lossy(&erased.stderr));
    // The mailbox is numbered anew, and everything in it is looked at once more.
    let inbox = town.mailbox(DESK);
    let all = inbox.letters();
    inbox.recreate();
    all.iter().for_each(|letter| inbox.put(&letter.bytes));
    daemon.wait_for_count("SELECT count(DISTINCT validity) FROM sightings", 2, PATIENCE);
    until(PATIENCE, || daemon.count("SELECT count(*) FROM sightings WHERE uid <= 2") >= 4);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(janis.mailbox.count(), 1, "nobody writes to him again");
    assert_eq!(daemon.stop(crate::support::daemon::STOP_MAX).code(), Some(0));
    for name in ["state/maildesk.sqlite", "state/maildesk.sqlite-wal"] {
        let bytes = fs::read(daemon.path(name)).unwrap_or_default();
        let holds = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        assert!(!holds("bergamot") && !holds("janis@client.example"), "{name} remembers him");
        assert!(!name.ends_with("sqlite") || holds("amaranth"), "and forgets nobody else");
    }
    is_sound(&daemon);
}
