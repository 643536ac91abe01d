//! Mails that no server should have let through, between good ones.

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, ends_sound, has_decided};
use crate::support::daemon::Daemon;
use crate::support::odd_mail::broken;
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, Town};

#[test]
fn each_malformed_mail_has_a_ticket_or_a_place_in_quarantine_and_the_good_ones_their_answer() {
    let Some(town) = Town::start() else { return };
    let janis = town.person("janis@client.example");
    let mut good = vec![janis.writes(DESK, "Before", "The lamp is dark.")];
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, PATIENCE);
    let broken = broken(DESK);
    for (number, (_, mail)) in broken.iter().enumerate() {
        inbox.put(mail);
        let (id, subject) = (fresh_id(&janis.address), format!("Between {number}"));
        let text = format!("Workstation {number} is silent.");
        inbox.put(compose(&janis.address, DESK, &id, &[("Subject", &subject)], &text).as_bytes());
        good.push(id);
    }
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let all = i64::try_from(broken.len() + good.len()).unwrap();
    has_decided(&daemon, all);
    let found = daemon.texts("SELECT outcome || ' ' || doc FROM sightings WHERE outcome <> 'applied'");
    eprintln!("{} tickets of {all} mails; the rest: {found:#?}", daemon.count(TICKETS));
    let rest = daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'quarantined'");
    assert_eq!(daemon.count(TICKETS) + rest, all);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    for id in &good {
        janis.gets_answer_to(id);
    }
    ends_sound(daemon);
}
