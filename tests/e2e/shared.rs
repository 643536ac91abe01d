//! People work in the same mailbox with another mail program.

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, ends_sound, has_decided};
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

    // Frozen, the daemon cannot be faster than the second client: these are withdrawn for certain.
    daemon.signal("STOP");
    ona.writes_many(DESK, 10);
    town.mailbox(DESK).wait_for_count(11, PATIENCE);
    mutt.search("ALL").into_iter().filter(|uid| *uid > 1).for_each(|uid| meddle(&mut mutt, uid));
    daemon.signal("CONT");
    has_decided(&daemon, 11);
    assert_eq!(daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'withdrawn'"), 4);

    // And these while it works.
    let janis = town.person("janis@client.example");
    let writes = std::thread::spawn(move || janis.writes_many(DESK, MAILS));
    let all = u32::try_from(MAILS + 11).unwrap();
    let mut done = 11;
    while done < all {
        let mut new = mutt.search(&format!("UID {}:{all}", done + 1));
        // N:M of nothing new names the last mail (RFC 3501, section 6.4.8).
        new.retain(|uid| *uid > done);
        new.iter().for_each(|uid| meddle(&mut mutt, *uid));
        done = new.into_iter().max().unwrap_or(done);
    }
    writes.join().unwrap();
    has_decided(&daemon, i64::from(all));
    daemon.wait_for_count(OPEN, 0, PATIENCE);

    let uids = daemon.count("SELECT count(*) FROM (SELECT DISTINCT validity, uid FROM sightings)");
    assert_eq!(uids, i64::from(all), "each UID is in the ledger");
    for id in town.mailbox(DESK).message_ids() {
        let sql = format!(
            "SELECT count(*) FROM mails WHERE outcome = 'applied' AND '<' || message_id || '>' = '{id}'"
        );
        assert_eq!(daemon.count(&sql), 1, "{id} stays and has its ticket");
    }
    let withdrawn = daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'withdrawn'");
    eprintln!("{withdrawn} of {all} mails were withdrawn before they were read");
    assert_eq!(daemon.count(TICKETS) + withdrawn, i64::from(all));
    assert_eq!(daemon.count("SELECT count(*) FROM mails"), daemon.count(TICKETS), "none twice");
    ends_sound(daemon);
}
