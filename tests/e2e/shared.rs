//! People work in the same mailbox with another mail program.

use crate::desk::{BUSY, OPEN, PATIENCE, SEEN, TICKETS, UNDECIDED, ends_sound, has_decided};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::second_client::SecondClient;
use crate::support::town::{DESK, Town};

const MAILS: usize = 60;

/// Reads one, flags one, moves one, deletes one, leaves one, and so on.
fn meddle(mutt: &mut SecondClient, uid: u32) {
    match uid % 5 {
        0 => drop(mutt.read(uid)),
        1 => mutt.flag(uid, "\\Flagged"),
        2 => mutt.move_to(uid, "Elsewhere"),
        3 => mutt.delete(uid),
        _ => {}
    }
}

#[test]
fn no_mail_that_stays_is_missed_and_none_is_taken_twice() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "First", "The lamp is dark.");
    has_decided(&daemon, 1);
    let mut mutt = town.second_client(DESK);
    let janis = town.person("janis@client.example");
    let writes = std::thread::spawn(move || janis.writes_many(DESK, MAILS));
    let all = u32::try_from(MAILS + 1).unwrap();
    let mut done = 1;
    while done < all {
        let mut new = mutt.search(&format!("UID {}:{all}", done + 1));
        // N:M of nothing new names the last mail (RFC 3501, section 6.4.8).
        new.retain(|uid| *uid > done);
        new.iter().for_each(|uid| meddle(&mut mutt, *uid));
        done = new.into_iter().max().unwrap_or(done);
    }
    writes.join().unwrap();
    is_whole(&town, &daemon, &mut mutt);
    ends_sound(daemon);
}

#[test]
fn what_was_seen_and_deleted_before_it_was_read_is_in_the_ledger() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes_many(DESK, MAILS);
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(MAILS, PATIENCE);
    let mut mutt = town.second_client(DESK);
    // All are listed at once and then read one at a time: the last ones go before their turn.
    let mut daemon = Daemon::prepare(&town, &format!("{BUSY}[pace]\ncommit_mails = 1\n"));
    daemon.start();
    assert!(until(PATIENCE, || daemon.count(SEEN) > 0).is_some());
    // Frozen, it cannot be faster than the second client.
    daemon.signal("STOP");
    let read = u32::try_from(daemon.count(SEEN)).unwrap();
    let last = u32::try_from(MAILS).unwrap();
    assert!(read + 2 < last, "all were read before any could be deleted");
    // One or two more may have been fetched already.
    let first = last - (last - read - 2).min(5) + 1;
    mutt.say(&format!("UID STORE {first}:{last} +FLAGS.SILENT (\\Deleted)"));
    mutt.say("EXPUNGE");
    daemon.signal("CONT");
    daemon.wait_for_count(SEEN, i64::from(last), PATIENCE);
    is_whole(&town, &daemon, &mut mutt);
    let gone =
        daemon.texts("SELECT CAST(uid AS TEXT) FROM sightings WHERE outcome = 'withdrawn' ORDER BY uid");
    assert_eq!(gone, (first..=last).map(|uid| uid.to_string()).collect::<Vec<_>>());
    ends_sound(daemon);
}

/// Each mail in the mailbox has its ticket, each ticket its one mail, and what else the ledger has was withdrawn.
fn is_whole(town: &Town, daemon: &Daemon, mutt: &mut SecondClient) {
    let stay = mutt.search("ALL");
    let missing = || {
        let seen = daemon.texts("SELECT CAST(uid AS TEXT) FROM sightings");
        stay.iter().filter(|uid| !seen.contains(&uid.to_string())).count()
    };
    assert!(until(PATIENCE, || missing() == 0).is_some(), "{} mails were missed", missing());
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    for id in town.mailbox(DESK).message_ids() {
        let sql = format!(
            "SELECT count(*) FROM mails WHERE outcome = 'applied' AND '<' || message_id || '>' = '{id}'"
        );
        assert_eq!(daemon.count(&sql), 1, "{id} stays and has its ticket");
    }
    let unexplained = "SELECT (SELECT count(*) FROM sightings WHERE outcome <> 'withdrawn') - (SELECT count(*) FROM tickets)";
    daemon.wait_for_count(unexplained, 0, PATIENCE);
    let withdrawn = daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'withdrawn'");
    let (tickets, seen) = (daemon.count(TICKETS), daemon.count(SEEN));
    eprintln!(
        "{} mails stay, {seen} were seen, {withdrawn} of them withdrawn before they were read",
        stay.len()
    );
    assert_eq!(tickets + withdrawn, seen);
    assert_eq!(daemon.count("SELECT count(*) FROM mails"), tickets, "none twice");
    assert_eq!(daemon.count("SELECT count(DISTINCT message_id) FROM mails"), tickets, "none twice");
}
