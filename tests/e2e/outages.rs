//! The servers go away and come back.

use std::time::Duration;

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, UNDECIDED, ends_sound};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, Town};

/// Postfix itself leaves a service alone for a minute that could not start, and we leave Postfix alone after that.
const OUTAGE: Duration = Duration::from_secs(150);

#[test]
fn dovecot_stops_and_starts_under_load() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    for round in 1..=2 {
        let writer = ona.clone();
        let writes = std::thread::spawn(move || writer.writes_many(DESK, 20));
        assert!(until(PATIENCE, || daemon.count(TICKETS) > (round - 1) * 20).is_some());
        town.stop_dovecot();
        writes.join().unwrap();
        town.resume_dovecot();
        daemon.wait_for_count(TICKETS, round * 20, PATIENCE);
    }
    daemon.wait_for_count(OPEN, 0, OUTAGE);
    town.settle(PATIENCE);
    assert_eq!((daemon.count(TICKETS), daemon.count(UNDECIDED)), (40, 0));
    assert_eq!(daemon.count("SELECT count(*) FROM deliveries WHERE state <> 'sent'"), 0);
    assert_eq!(ona.mailbox.message_ids().len(), 40);
    ends_sound(daemon);
}

#[test]
fn letters_wait_for_postfix_and_no_attempt_is_consumed() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "Before", "The lamp is dark.");
    daemon.wait_for_count("SELECT count(*) FROM deliveries WHERE state = 'sent'", 2, PATIENCE);
    town.settle(PATIENCE);
    town.postfix.stop();
    for number in 1..=5 {
        let (id, subject) = (fresh_id(&ona.address), format!("Meanwhile {number}"));
        let mail = compose(&ona.address, DESK, &id, &[("Subject", &subject)], "The lamp is dark again.");
        town.mailbox(DESK).put(mail.as_bytes());
    }
    daemon.wait_for_count(TICKETS, 6, PATIENCE);
    daemon.wait_for_log("a letter waits for the mail server", PATIENCE);
    assert_eq!(daemon.count(OPEN), 10);
    town.postfix.resume();
    daemon.wait_for_count(OPEN, 0, OUTAGE);
    assert_eq!(
        daemon.texts("SELECT DISTINCT state || ' ' || CAST(attempts AS TEXT) FROM deliveries"),
        ["sent 1"]
    );
    ona.mailbox.wait_for_count(6, PATIENCE);
    assert_eq!(ona.mailbox.message_ids().len(), 6);
    ends_sound(daemon);
}
