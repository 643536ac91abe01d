//! What lies in the mailbox becomes a ticket once: whoever else works there, however it is numbered, whatever its
//! Message-ID. Gates 2, 3 and 4.

use crate::desk::{BUSY, OPEN, PATIENCE, SEEN, TICKETS, UNDECIDED, ends_sound, has_decided};
use crate::support::child::until;
use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::people::{compose, fresh_id};
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
fn gate_02_people_work_in_the_mailbox_and_no_mail_that_stays_is_missed_or_taken_twice() {
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

#[test]
fn gate_03_a_mailbox_made_anew_gives_tickets_for_what_is_new_and_a_gap_made_by_hand_is_found() {
    let Some(town) = Town::start() else { return };
    // Dovecot's IDLE stays silent on a folder that is gone; the next poll opens it anew and finds out.
    let mut daemon = Daemon::prepare(&town, &format!("{BUSY}[mailbox]\npoll_seconds = 2\n"));
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes_many(DESK, 8);
    has_decided(&daemon, 8);
    town.settle(PATIENCE);
    let inbox = town.mailbox(DESK);
    let old = inbox.letters();
    inbox.recreate();
    old.iter().for_each(|letter| inbox.put(&letter.bytes));
    let ids = ona.writes_many(DESK, 3);
    daemon.wait_for_count(TICKETS, 11, PATIENCE);
    daemon.wait_for_count("SELECT count(DISTINCT validity) FROM sightings", 2, PATIENCE);
    has_decided(&daemon, 19);
    assert_eq!(daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'duplicate'"), 8);
    for id in ids {
        let sql = format!(
            "SELECT count(*) FROM mails WHERE outcome = 'applied' AND '<' || message_id || '>' = '{id}'"
        );
        assert_eq!(daemon.count(&sql), 1);
    }
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ona.mailbox.wait_for_count(11, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!((ona.mailbox.count(), daemon.count(TICKETS)), (11, 11));
    a_gap_is_found(&town, daemon);
}

/// Somebody moves the cursor past a mail that was never read: the next survey says so and has it read after all.
fn a_gap_is_found(town: &Town, mut daemon: Daemon) {
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0));
    let ona = town.person("ona@client.example");
    let passed_over = ona.writes(DESK, "Passed over", "The lamp is dark.");
    town.mailbox(DESK).wait_for_count(12, PATIENCE);
    let path = daemon.path("state/maildesk.sqlite");
    let cursor = "UPDATE cursors SET uid = uid + 1";
    assert_eq!(rusqlite::Connection::open(path).unwrap().execute(cursor, []).unwrap(), 1);
    daemon.start();
    daemon.wait_for_log("mails were passed over; they are read now", PATIENCE);
    daemon.wait_for_count(TICKETS, 12, PATIENCE);
    ona.gets_answer_to(&passed_over);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ends_sound(daemon);
}

#[test]
fn gate_04_content_tells_mails_apart_and_neither_message_id_nor_place() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    let id = fresh_id(&ona.address);
    let mail = |subject: &str, text: &str| {
        let text = compose(&ona.address, DESK, &id, &[("Subject", subject)], text);
        text.into_bytes()
    };
    let (lamp, door) = (mail("Lamp", "The lamp is dark."), mail("Door", "The door is open."));
    assert!(ona.sends_raw(DESK, &lamp).is_good());
    has_decided(&daemon, 1);
    // The same Message-ID over another content is another mail.
    assert!(ona.sends_raw(DESK, &door).is_good());
    has_decided(&daemon, 2);
    // The same content once more, to an alias, over a mailing list's road, and copied within the folder, is none.
    assert!(ona.sends_raw(DESK, &lamp).is_good());
    assert!(ona.sends_raw("help+lamps@desk.example", &lamp).is_good());
    let by_list = [&b"Received: from list.example by mx.example; Mon, 2 Mar 2026 09:13:00 +0200\r\nDelivered-To: all@list.example\r\n"[..], &lamp].concat();
    assert!(ona.sends_raw(DESK, &by_list).is_good());
    town.second_client(DESK).say("UID COPY 2 INBOX");
    has_decided(&daemon, 6);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    assert_eq!(daemon.texts("SELECT outcome FROM sightings WHERE uid > 2"), ["duplicate"; 4]);
    assert_eq!(
        daemon.texts("SELECT json_extract(doc, '$.subject') FROM tickets ORDER BY number"),
        ["Lamp", "Door"]
    );
    // No Message-ID at all, twice in one second: the content tells them apart.
    let bare = |text: &str| {
        String::from_utf8(mail("Bare", text)).unwrap().replace(&format!("Message-ID: {id}\r\n"), "")
    };
    for text in ["The lamp is dark.", "The lamp is dark.", "The door is open."] {
        // As a file: Postfix would give each of them an id.
        town.mailbox(DESK).put(bare(text).as_bytes());
    }
    has_decided(&daemon, 9);
    assert_eq!(daemon.count(TICKETS), 4);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(ona.mailbox.message_ids().len(), 4, "one acknowledgement for each ticket");
    ends_sound(daemon);
}
