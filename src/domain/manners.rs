//! May an automatic mail answer this one? One function for every kind of automatic mail (B1 to B12, RFC 3834).

use super::digest::Digest;
use super::message::{Author, Sender};
use super::route::Known;
use super::rules::Rules;

/// How many automatic mails went to somebody lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// To this address, in the last hour and the last day.
    pub hour: u32,
    pub day: u32,
    /// To the sender's domain, in the last day.
    pub domain_day: u32,
    /// To everybody, in the last hour.
    pub all_hour: u32,
}

/// Why no automatic mail goes to the sender of this mail; `None` when one may.
pub fn silence(digest: &Digest, known: &Known, rules: &Rules) -> Option<String> {
    let mail = &digest.mail;
    let sender = match &mail.from {
        Sender::Unreadable(why) => return Some(format!("the sender cannot be read: {why}")),
        Sender::Known(mailbox) => mailbox,
    };
    if mail.machine.kind != Author::Person {
        return Some(format!("written by a machine: {}", mail.machine.marks.join(", ")));
    }
    if let Some(mark) = &mail.machine.suppress {
        return Some(format!("it asks for no automatic answer: {mark}"));
    }
    if let Some(mark) = &mail.spam {
        return Some(format!("marked as spam: {mark}"));
    }
    if known.blocked {
        return Some("the sender is blocked".to_owned());
    }
    if rules.watches(&sender.address) {
        return Some("the sender is an address of ours".to_owned());
    }
    budget(digest, known, rules)
}

fn budget(digest: &Digest, known: &Known, rules: &Rules) -> Option<String> {
    let sender = &digest.mail.from.mailbox()?.address;
    let limits = &rules.limits;
    let is_known = rules.agent_at(sender).is_some() || rules.clients.of_address(sender).is_some();
    let (per_hour, per_day) = if is_known {
        (limits.known_answers_per_hour, limits.known_answers_per_day)
    } else {
        (limits.answers_per_hour, limits.answers_per_day)
    };
    let answered = &known.answered;
    let reached = [
        (answered.hour >= per_hour, "automatic mails to this address in an hour", per_hour),
        (answered.day >= per_day, "automatic mails to this address in a day", per_day),
        (
            !is_known && answered.domain_day >= limits.domain_answers_per_day,
            "automatic mails to this domain in a day",
            limits.domain_answers_per_day,
        ),
        (
            answered.all_hour >= limits.all_answers_per_hour,
            "automatic mails to everybody in an hour",
            limits.all_answers_per_hour,
        ),
    ];
    reached
        .into_iter()
        .find(|(is, ..)| *is)
        .map(|(_, what, limit)| format!("limit of {limit} {what} reached"))
}
