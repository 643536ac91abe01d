//! A fact as a line of the log: a sentence with fields.

use tracing::{debug, info, warn};

use crate::store::{Fact, Outcome};

/// Facts are found, and filtered, by one name.
const TARGET: &str = "maildesk::fact";

/// Writes it to the log.
pub fn log(fact: &Fact) {
    let word = fact.word();
    let ticket = fact.ticket().map(tracing::field::display);
    match fact {
        Fact::Received { mail, place, outcome, .. } => {
            let mailbox = place.as_ref().map(|place| place.mailbox.as_str());
            let uid = place.as_ref().map(|place| place.uid);
            match outcome {
                Outcome::Quarantined { reason } => {
                    warn!(target: TARGET, fact = word, mail, mailbox, uid, reason, "a mail was set aside");
                }
                _ if mail.is_none() => {
                    info!(target: TARGET, fact = word, mailbox, uid, outcome = outcome.word(), "a mail was not taken");
                }
                Outcome::Applied { kind, .. } => {
                    info!(target: TARGET, fact = word,
                        mail,
                        mailbox,
                        uid,
                        outcome = "applied",
                        kind,
                        ticket,
                        "a mail was taken in"
                    );
                }
                _ => {
                    let outcome = outcome.word();
                    info!(target: TARGET, fact = word, mail, mailbox, uid, outcome, ticket, "a mail was taken in");
                }
            }
        }
        Fact::Reviewed { mail, outcome } => {
            let outcome = outcome.word();
            info!(target: TARGET, fact = word, mail, outcome, ticket, "a mail that was set aside was looked at again");
        }
        Fact::Moved { event, before, after, .. } => {
            let (from, to) = (before.map(|status| status.word()), after.word());
            info!(target: TARGET, fact = word, ticket, event, from, to, "a ticket was {}", said(word));
        }
        Fact::Queued { letter, purpose, recipients, .. } => {
            info!(target: TARGET, fact = word, letter, ticket, purpose, recipients, "a letter was written");
        }
        Fact::Tried { .. } => log_attempt(fact),
    }
}

fn log_attempt(fact: &Fact) {
    let Fact::Tried { delivery, letter, ticket, purpose, attempt, next_at, text, .. } = fact else { return };
    let word = fact.word();
    let ticket = ticket.as_ref().map(tracing::field::display);
    let until = next_at.as_ref().map(tracing::field::display);
    match word {
        "sent" => {
            info!(target: TARGET, fact = word, letter, delivery, ticket, purpose, attempt, "a letter was sent: {text}")
        }
        "waits" => {
            debug!(target: TARGET, fact = word,
                letter, delivery, ticket, purpose, until, "a letter waits for the mail server: {text}"
            );
        }
        "deferred" | "uncertain" => {
            info!(target: TARGET, fact = word,
                letter, delivery, ticket, purpose, attempt, until, "a letter goes out again: {text}"
            );
        }
        "cancelled" => {
            warn!(target: TARGET, fact = word, letter, delivery, ticket, purpose, "a letter was cancelled: {text}")
        }
        _ => {
            warn!(target: TARGET, fact = word, letter, delivery, ticket, purpose, attempt, "a letter was given up: {text}")
        }
    }
}

/// Words that do not stand in a sentence by themselves.
fn said(word: &str) -> &str {
    match word {
        "commented" => "commented on",
        "noted" => "given a note",
        other => other,
    }
}
