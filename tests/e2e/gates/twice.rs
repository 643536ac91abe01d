//! Nobody is answered twice: not by two programs on one mailbox, and not after yesterday's backup. Gates 12 and 14.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use crate::desk::{OPEN, PATIENCE, TICKETS, UNDECIDED, ends_sound, has_decided, is_sound};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::people::Person;
use crate::support::town::{DESK, Town};

/// Both look at the mark of the mailbox twice a second.
fn marked(adopt: &str) -> String {
    format!(
        "[limits]\nanswers_per_hour = 100000\nanswers_per_day = 100000\n[desk]\nnotify_new = [\"petr\"]\n\
         [mailbox]\nadopt = \"{adopt}\"\npoll_seconds = 1\nowner_folder = \"Maildesk\"\n[waits]\nowner_seconds = 1\n"
    )
}

/// Every one of these mails has one answer.
fn each_is_answered_once(person: &Person, ids: &[String]) {
    for id in ids {
        person.gets_answer_to(id);
    }
    let answered: Vec<String> =
        person.mailbox.letters().iter().filter_map(|letter| letter.header("In-Reply-To")).collect();
    let once: BTreeSet<&String> = answered.iter().collect();
    assert_eq!((answered.len(), once.len()), (ids.len(), ids.len()), "{answered:?}");
}

#[test]
fn gate_12_of_two_programs_on_one_mailbox_each_mail_is_answered_by_one_even_when_one_was_frozen() {
    let Some(town) = Town::start() else { return };
    let [mut first, mut second] = ["all", "new"].map(|adopt| Daemon::prepare(&town, &marked(adopt)));
    first.start();
    let ona = town.person("ona@client.example");
    let mut ids = ona.writes_many(DESK, 10);
    first.wait_for_count(TICKETS, 10, PATIENCE);
    second.launch();
    second.wait_for_log("another maildesk", PATIENCE);
    ids.extend(ona.writes_many(DESK, 10));
    first.wait_for_count(TICKETS, 20, PATIENCE);
    first.wait_for_count(OPEN, 0, PATIENCE);
    assert_eq!(second.count(TICKETS), 0, "the second takes nothing");
    // The first is frozen, the second takes over, and the first wakes up again.
    first.signal("STOP");
    let done = second.command(&["take-over"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    second.wait_for_log("taken over", PATIENCE);
    until(Duration::from_secs(6), || false);
    let later = ona.writes_many(DESK, 10);
    second.wait_for_count(TICKETS, 10, PATIENCE);
    first.signal("CONT");
    first.wait_for_log("another maildesk", PATIENCE);
    ids.extend(later);
    ids.extend(ona.writes_many(DESK, 5));
    second.wait_for_count(TICKETS, 15, PATIENCE);
    second.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!((first.count(TICKETS), second.count(TICKETS)), (20, 15));
    each_is_answered_once(&ona, &ids);
    ends_sound(first);
    ends_sound(second);
}

#[test]
fn gate_14_yesterdays_backup_answers_nothing_twice_and_gives_no_number_to_somebody_else() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, crate::desk::BUSY);
    daemon.start();
    let [ona, janis, olga] =
        ["ona@client.example", "janis@client.example", "olga@other.example"].map(|who| town.person(who));
    let before = ona.writes_many(DESK, 5);
    has_decided(&daemon, 5);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    let copy = daemon.path("copy.sqlite");
    let says = |daemon: &Daemon, words: &[&str]| {
        let done = daemon.command(words);
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    says(&daemon, &["backup", &copy.display().to_string()]);
    let after = janis.writes_many(DESK, 3);
    has_decided(&daemon, 8);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    daemon.kill();
    says(&daemon, &["restore", &copy.display().to_string(), "--yes"]);
    assert_eq!(daemon.count(TICKETS), 5);
    daemon.start();
    // The mails of the lost time are found in the mailbox again.
    daemon.wait_for_count(TICKETS, 8, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    let id = olga.writes(DESK, "New", "The lamp is dark.");
    olga.gets_answer_to(&id);
    town.settle(PATIENCE);
    each_is_answered_once(&ona, &before);
    each_is_answered_once(&janis, &after);
    // Jānis was told 6, 7 and 8; whoever answers those letters must never land in somebody else's ticket.
    let given = daemon.texts("SELECT CAST(number AS TEXT) FROM tickets");
    assert!(["6", "7", "8"].iter().all(|lost| !given.contains(&(*lost).to_owned())), "{given:?}");
    daemon.kill();
    is_sound(&daemon);
    drop(fs::remove_file(copy));
}
