//! Gathers from the store what deciding on a mail needs.

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use crate::domain::address::Address;
use crate::domain::digest::Digest;
use crate::domain::event::LastAnswer;
use crate::domain::manners::Answered;
use crate::domain::message::{Author, Incoming};
use crate::domain::people::AgentId;
use crate::domain::route::{Known, KnownLetter};
use crate::domain::rules::Identify;
use crate::domain::thread::{Kind, Message, Voice};
use crate::domain::ticket::{Number, State, Ticket, TicketKey};
use crate::mail::parse::{Limits, parse};
use crate::store::{DeliveryFilter, Result, Scope, Standing, Tx};

/// A chain of merged tickets longer than this is not followed.
const MERGES_MAX: usize = 10;

/// Looks up everything that `route` weighs.
pub fn look_up(tx: &mut dyn Tx, desk: &Desk, digest: &Digest, now: Timestamp) -> Result<Known> {
    let mut known = Known::default();
    by_tokens(tx, desk, digest, &mut known)?;
    by_references(tx, desk, digest, &mut known)?;
    if let Some(number) = digest.trail.tags.first() {
        known.tagged = survivor(tx, desk, *number)?;
    }
    let Some(sender) = digest.mail.from.mailbox() else { return Ok(known) };
    let sender = &sender.address;
    known.blocked = tx.standing(&sender.base())? == Standing::Blocked;
    if desk.rules.identify != Identify::Register {
        let person = tx.acquaintance(&desk.rules.desk, &sender.base())?;
        known.denied = person.is_some_and(|person| person.denied);
    }
    known.answered = answered(tx, sender, now)?;
    if digest.absence.is_some() || digest.mail.machine.kind == Author::AutoReply {
        known.mailed_just_now = mailed_just_now(tx, sender, now)?;
    }
    known.reports_on_ours = reports_on_ours(tx, digest, now)?;
    if digest.agent.is_some() {
        let ticket = known.token.as_ref().map(|(_, t)| t);
        let ticket = ticket.or(known.letter.as_ref().and_then(|l| l.ticket.as_ref()));
        if let Some(key) = ticket.map(|t| t.key.clone()) {
            let thread = tx.messages(&key)?;
            let own = thread.iter().filter(|m| m.kind == Kind::Reply && is_by(m, digest.agent.as_ref()));
            let since = |span| own.clone().filter(|m| now.duration_since(m.at) < span).count();
            known.answered_for =
                (since(SignedDuration::from_hours(1)), since(SignedDuration::from_hours(24)));
            known.last_answer = newest_answer(thread);
        }
    }
    Ok(known)
}

fn by_tokens(tx: &mut dyn Tx, desk: &Desk, digest: &Digest, known: &mut Known) -> Result<()> {
    for token in &digest.trail.tokens {
        let Some(ticket) = survivor(tx, desk, token.number)? else { continue };
        match &known.token {
            None => known.token = Some((token.clone(), ticket)),
            Some((_, first)) => known.tokens_disagree |= first.key != ticket.key,
        }
    }
    Ok(())
}

fn by_references(tx: &mut dyn Tx, desk: &Desk, digest: &Digest, known: &mut Known) -> Result<()> {
    let report = digest.mail.report.as_ref().and_then(|r| r.original_message_id.as_ref());
    for id in report.into_iter().chain(&digest.trail.references) {
        if let Some(row) = tx.letter_by_message_id(id)?.filter(|row| row.letter.desk == desk.rules.desk) {
            let ticket = match &row.letter.ticket {
                Some(key) => survivor(tx, desk, key.number)?,
                None => None,
            };
            known.letter = Some(KnownLetter {
                ticket,
                internal: row.letter.cause.ends_with(super::say::INTERNAL),
                cause: row.letter.cause,
                purpose: row.letter.purpose,
                recipients: row.letter.recipients,
                written_at: row.letter.created_at,
            });
            return Ok(());
        }
        if known.mail.is_none() {
            known.mail = by_foreign_id(tx, desk, id)?;
        }
    }
    Ok(())
}

fn by_foreign_id(tx: &mut dyn Tx, desk: &Desk, id: &str) -> Result<Option<Ticket>> {
    for mail in tx.mails_by_message_id(id)? {
        if let Some(key) = mail.mail.outcome.ticket().filter(|key| key.desk == desk.rules.desk) {
            return survivor(tx, desk, key.number);
        }
    }
    Ok(None)
}

/// The ticket of a number, or the one that it was merged into.
pub fn survivor(tx: &mut dyn Tx, desk: &Desk, number: Number) -> Result<Option<Ticket>> {
    let mut number = number;
    for _ in 0..MERGES_MAX {
        let Some(ticket) = tx.ticket(&TicketKey::new(&desk.rules.desk, number))? else { return Ok(None) };
        match ticket.state {
            State::Merged { into } => number = into,
            _ => return Ok(Some(ticket)),
        }
    }
    Ok(None)
}

fn answered(tx: &mut dyn Tx, sender: &Address, now: Timestamp) -> Result<Answered> {
    let hour = now - SignedDuration::from_hours(1);
    let day = now - SignedDuration::from_hours(24);
    let address = Scope::Address(sender.base());
    Ok(Answered {
        hour: tx.answers(&address, hour)?,
        day: tx.answers(&address, day)?,
        domain_day: tx.answers(&Scope::Domain(sender.domain().to_owned()), day)?,
        all_hour: tx.answers(&Scope::Everybody, hour)?,
    })
}

fn mailed_just_now(tx: &mut dyn Tx, sender: &Address, now: Timestamp) -> Result<bool> {
    mailed_within(tx, sender, now, SignedDuration::from_mins(30))
}

/// Was a letter written to this address so lately?
fn mailed_within(tx: &mut dyn Tx, to: &Address, now: Timestamp, span: SignedDuration) -> Result<bool> {
    let filter = DeliveryFilter { recipient: Some(to.clone()), limit: 1, ..DeliveryFilter::default() };
    let newest = tx.deliveries(&filter)?.into_iter().next();
    Ok(newest.is_some_and(|d| now.duration_since(d.created_at) <= span))
}

/// Does a report name somebody to whom we wrote lately? Servers give a letter up after five days.
fn reports_on_ours(tx: &mut dyn Tx, digest: &Digest, now: Timestamp) -> Result<bool> {
    let Some(report) = digest.mail.report.as_ref() else { return Ok(false) };
    for reported in report.recipients.iter().take(REPORTED_MAX) {
        if mailed_within(tx, &reported.address, now, SignedDuration::from_hours(24 * 7))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Recipients of a report that are looked up.
const REPORTED_MAX: usize = 10;

/// Texts of our letters that a mail refers to, newest first, so that a quotation without marks is recognised.
///
/// # Errors
/// The store's.
pub fn own_texts(tx: &mut dyn Tx, mail: &Incoming) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for id in mail.in_reply_to.iter().chain(mail.references.iter().rev()) {
        if let Some(row) = tx.letter_by_message_id(id)? {
            texts.push(parse(&row.letter.letter.head, &Limits::default()).text);
        }
    }
    Ok(texts)
}

/// The newest public answer of an agent.
pub fn last_answer(tx: &mut dyn Tx, key: &TicketKey) -> Result<Option<LastAnswer>> {
    Ok(newest_answer(tx.messages(key)?))
}

fn newest_answer(thread: Vec<Message>) -> Option<LastAnswer> {
    let newest = thread.into_iter().rev().find(|m| m.kind == Kind::Reply)?;
    match newest.author {
        Voice::Agent(by) => Some(LastAnswer { by, at: newest.at, text: newest.text }),
        _ => None,
    }
}

fn is_by(message: &Message, agent: Option<&AgentId>) -> bool {
    matches!(&message.author, Voice::Agent(by) if Some(by) == agent)
}
