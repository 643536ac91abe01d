//! The mail journal: a file with one line for each fact, for `grep` and for programs.
//!
//! `2026-03-02T09:12:04Z sent letter=12 delivery=14 ticket=desk/17 purpose=ack attempt=1 text="250 2.0.0 Ok"`: the
//! instant, the fact, and fields without blanks but for the last one, which is quoted as JSON is.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;

use crate::store::{Fact, Outcome};

/// Adds facts to the file. It is opened each time, so that whoever turns logs over need not tell us.
///
/// # Errors
/// It cannot be opened or written.
pub fn write(path: &Path, facts: &[Fact], now: Timestamp) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let lines: String = facts.iter().map(|fact| line(fact, now)).collect();
    file.write_all(lines.as_bytes())
}

/// One fact as a line.
pub fn line(fact: &Fact, now: Timestamp) -> String {
    let mut line = format!("{now:.0} {}", fact.word());
    let mut add = |name: &str, value: &dyn std::fmt::Display| {
        // Writing to a string cannot fail.
        let _ = write!(line, " {name}={value}");
    };
    let mut quoted = None;
    match fact {
        Fact::Received { mail, place, outcome, .. } => {
            if let Some(mail) = mail {
                add("mail", mail);
            }
            if let Some(place) = place {
                add("mailbox", &place.mailbox);
                add("uid", &place.uid);
            }
            add("outcome", &outcome.word());
            match outcome {
                Outcome::Applied { kind, .. } => add("kind", kind),
                Outcome::Quarantined { reason } => quoted = Some(("reason", reason)),
                _ => {}
            }
        }
        Fact::Reviewed { mail, outcome } => {
            add("mail", mail);
            add("outcome", &outcome.word());
        }
        Fact::Moved { event, before, after, .. } => {
            add("event", event);
            if let Some(before) = before {
                add("from", &before.word());
            }
            add("to", &after.word());
        }
        Fact::Queued { letter, purpose, recipients, .. } => {
            add("letter", letter);
            add("purpose", purpose);
            add("recipients", recipients);
        }
        Fact::Tried { delivery, letter, purpose, attempt, next_at, text, .. } => {
            add("letter", letter);
            add("delivery", delivery);
            add("purpose", purpose);
            add("attempt", attempt);
            if let Some(at) = next_at {
                add("until", &format_args!("{at:.0}"));
            }
            quoted = Some(("text", text));
        }
    }
    if let Some(ticket) = fact.ticket() {
        add("ticket", ticket);
    }
    if let Some((name, text)) = quoted {
        add(name, &serde_json::Value::from(text.as_str()));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ticket::TicketKey;
    use crate::store::{DeliveryState, Place};

    #[test]
    fn a_line_has_the_instant_the_fact_and_its_numbers() {
        let now = "2026-03-02T09:12:04.5Z".parse().expect("an instant");
        let ticket = TicketKey::new(&"desk".into(), 17);
        let place = Some(Place { mailbox: "mailbox".to_owned(), validity: 7, uid: 5 });
        let applied =
            Outcome::Applied { ticket: ticket.clone(), kind: "request".to_owned(), reason: "new".to_owned() };
        for (fact, expected) in [
            (
                Fact::Received { mail: Some(3), place: place.clone(), arrived: None, outcome: applied },
                "received mail=3 mailbox=mailbox uid=5 outcome=applied kind=request ticket=desk/17",
            ),
            (
                Fact::Received {
                    mail: None,
                    place,
                    arrived: None,
                    outcome: Outcome::Quarantined { reason: "it said \"no\"\n".to_owned() },
                },
                "set_aside mailbox=mailbox uid=5 outcome=quarantined reason=\"it said \\\"no\\\"\\n\"",
            ),
            (
                Fact::Tried {
                    delivery: 14,
                    letter: 12,
                    ticket: Some(ticket),
                    purpose: "ack".to_owned(),
                    attempt: 1,
                    state: DeliveryState::Sent,
                    counts: true,
                    next_at: None,
                    text: "250 2.0.0 Ok".to_owned(),
                },
                "sent letter=12 delivery=14 purpose=ack attempt=1 ticket=desk/17 text=\"250 2.0.0 Ok\"",
            ),
        ] {
            assert_eq!(line(&fact, now), format!("2026-03-02T09:12:04Z {expected}\n"));
        }
    }

    #[test]
    fn a_journal_that_was_turned_over_is_begun_anew() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("mail.log");
        let now = "2026-03-02T09:12:04Z".parse().expect("an instant");
        let fact = Fact::Reviewed { mail: 1, outcome: Outcome::Skipped { reason: "x".to_owned() } };
        write(&path, &[fact.clone(), fact.clone()], now).expect("written");
        std::fs::rename(&path, dir.path().join("mail.log.1")).expect("turned over");
        write(&path, &[fact], now).expect("written");
        let lines =
            |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("read").lines().count();
        assert_eq!((lines("mail.log.1"), lines("mail.log")), (2, 1));
    }
}
