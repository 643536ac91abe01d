//! What may not be told, and what must stand fast. Gate 25; its other parts stand where their houses are:
//! `encrypted` (no password without a believable certificate), `seeing` (no secret in any log), `operated` (a bad
//! reload changes nothing).

use std::fs;

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, UNDECIDED, ends_sound, is_sound};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

#[test]
fn gate_25_a_backup_made_under_load_is_whole_and_goes_on_from_there() {
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
    daemon.wait_for_count(TICKETS, 60, PATIENCE);
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
    assert!((10..60).contains(&kept), "{kept} tickets in a copy that was made in the middle");
    daemon.start();
    daemon.wait_for_count(TICKETS, 60, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    assert_eq!(daemon.count("SELECT count(*) FROM mails WHERE outcome <> 'applied'"), 0);
    ends_sound(daemon);
}
