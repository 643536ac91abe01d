//! What each story asks of the desk: a letter by its purpose, rest, and that all is sound at the end.

use std::time::Duration;

use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::maildir::Letter;
use crate::support::people::Person;

/// Longest wait for what a loaded machine does in a second.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// No bound on automatic answers, and one agent who is told: for stories that are about many mails.
pub const BUSY: &str = "[limits]\nanswers_per_hour = 100000\nanswers_per_day = 100000\n\
     [desk]\nnotify_new = [\"petr\"]\n";

/// Mails that were kept and not yet decided on.
pub const UNDECIDED: &str = "SELECT count(*) FROM mails WHERE outcome = 'stored'";
/// Mails that were looked at.
pub const SEEN: &str = "SELECT count(*) FROM sightings";
/// Tickets there are.
pub const TICKETS: &str = "SELECT count(*) FROM tickets";
/// Letters that are still to go.
pub const OPEN: &str = "SELECT count(*) FROM deliveries WHERE open = 1";
/// Letters decided, sent or not.
pub const LETTERS: &str = "SELECT count(*) FROM letters";

/// The letter of this purpose that the desk decided to send to `person`, the `nth` from 0, once it lies there.
pub fn letter(daemon: &Daemon, person: &Person, purpose: &str, nth: u32) -> Letter {
    let sql = format!(
        "SELECT '<' || message_id || '>' FROM letters JOIN deliveries ON letter = letters.id
         WHERE purpose = '{purpose}' AND recipient = '{}' ORDER BY letters.id LIMIT 1 OFFSET {nth}",
        person.address
    );
    let mut id = None;
    until(PATIENCE, || {
        id = daemon.texts(&sql).pop();
        id.is_some()
    });
    let address = &person.address;
    let id = id.unwrap_or_else(|| panic!("no {purpose} ({nth}) for {address}:\n{}", daemon.log()));
    let what = format!("{purpose} ({nth})");
    person.mailbox.wait_for(&what, PATIENCE, |letter| letter.header("Message-ID").as_deref() == Some(&*id))
}

/// Waits until `count` mails were looked at and all of them decided on.
pub fn has_decided(daemon: &Daemon, count: i64) {
    daemon.wait_for_count(SEEN, count, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
}

/// The one text that the database answers.
pub fn text(daemon: &Daemon, sql: &str) -> String {
    daemon.texts(sql).pop().unwrap_or_else(|| panic!("{sql}: nothing"))
}

/// Ends the daemon, and asks SQLite and `maildesk doctor` whether what is written is sound.
pub fn ends_sound(mut daemon: Daemon) {
    let end = daemon.stop(crate::support::daemon::STOP_MAX);
    assert_eq!(end.code(), Some(0), "{}", daemon.log());
    is_sound(&daemon);
}

/// Asks SQLite and `maildesk doctor` whether what is written is sound.
pub fn is_sound(daemon: &Daemon) {
    assert_eq!(daemon.damage(), [""; 0]);
    let told = daemon.command(&["doctor"]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(0), "{text}");
}
