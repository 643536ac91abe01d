//! TLS of both kinds to both servers, and certificates that are not to be believed.

use crate::desk::{OPEN, PATIENCE, SEEN, TICKETS, ends_sound, letter};
use crate::support::authority::Authority;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

/// The rig's own configuration is TLS from the first byte on both wires; this is the other way.
fn start_tls(town: &Town) -> String {
    format!(
        "[mailbox]\nsecurity = \"starttls\"\nport = {}\n[smtp]\nsecurity = \"starttls\"\nport = {}\n",
        town.dovecot.imap_port, town.postfix.submission
    )
}

#[test]
fn mail_comes_and_goes_by_tls_from_the_first_byte_and_by_starttls() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    for (number, more) in [(1, String::new()), (2, start_tls(&town))] {
        let mut daemon = Daemon::prepare(&town, &more);
        ona.writes(DESK, &format!("Lamp {number}"), "The lamp is dark.");
        town.mailbox(DESK).wait_for_count(number, PATIENCE);
        daemon.start();
        letter(&daemon, &ona, "ack", 0);

        daemon.wait_for_count(OPEN, 0, PATIENCE);
        ends_sound(daemon);
    }
    let log = town.dovecot.log();
    assert!(log.contains(&format!("user=<{DESK}>")) && log.contains("TLS"), "{log}");
}

#[test]
fn gate_25_a_mailbox_with_a_certificate_of_another_authority_is_not_read() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes(DESK, "Lamp", "The lamp is dark.");
    town.mailbox(DESK).wait_for_count(1, PATIENCE);
    let strange = tempfile::tempdir().unwrap();
    let ca = Authority::make().write(strange.path());
    for more in [String::new(), start_tls(&town)] {
        let more = more.replace("[smtp]", &format!("ca_file = \"{}\"\n[smtp]", ca.display()));
        let more = match more.is_empty() {
            true => format!("[mailbox]\nca_file = \"{}\"\n", ca.display()),
            false => more,
        };
        let mut daemon = Daemon::prepare(&town, &more);
        daemon.start();
        daemon.wait_for_log("certificate", PATIENCE);
        assert_eq!(daemon.count(SEEN), 0);
        ends_sound(daemon);
    }
    assert!(!town.dovecot.log().contains("imap-login: Info: Login:"), "no password was sent");
}

#[test]
fn no_letter_goes_to_a_server_with_a_certificate_of_another_authority() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    let strange = tempfile::tempdir().unwrap();
    let ca = Authority::make().write(strange.path());
    let wrong = format!("[smtp]\nca_file = \"{}\"\n", ca.display());
    let mut daemon = Daemon::prepare(&town, &wrong);
    daemon.start();
    daemon.wait_for_count(TICKETS, 1, PATIENCE);
    daemon.wait_for_log("a letter waits for the mail server", PATIENCE);
    daemon.wait_for_count("SELECT count(*) FROM deliveries WHERE attempts > 0", 0, PATIENCE);
    assert_eq!(ona.mailbox.count(), 0);
    daemon.configure("");
    daemon.signal("HUP");
    letter(&daemon, &ona, "ack", 0);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ends_sound(daemon);
}
