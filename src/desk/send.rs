//! A letter goes out: claimed, assembled, settled.

use std::io;

use jiff::Timestamp;

use super::Desk;
use super::perform::{Cause, perform};
use crate::domain::delivery::Delivery;
use crate::domain::event::Event;
use crate::domain::letter::{Attached, Letter, PartSource};
use crate::domain::retry::{self, Attempts, Lifetime, Lost, Settle};
use crate::domain::step::step;
use crate::mail::{compose, parse};
use crate::store::{Claim, DeliveryState, Fact, Result, Settled, StoreError, Tx};

/// Decides and writes down what came of one attempt. Returns what to do about the whole queue, if anything.
/// `trouble` counts how often in a row the host or the account has failed.
pub fn settle(
    tx: &mut dyn Tx,
    desk: Option<&Desk>,
    claim: &Claim,
    delivery: &Delivery,
    trouble: u32,
    now: Timestamp,
) -> Result<Settle> {
    let settle = decide(claim, delivery, trouble, now);
    write_down(tx, desk, claim, delivery, &settle, now)?;
    Ok(settle)
}

/// What follows from one attempt at a letter.
pub fn decide(claim: &Claim, delivery: &Delivery, trouble: u32, now: Timestamp) -> Settle {
    let letter = &claim.row.letter;
    let unknown = u32::from(matches!(delivery, Delivery::Unknown { .. }));
    let attempts = Attempts {
        counted: claim.attempt,
        uncertain: claim.uncertain + unknown,
        queued_at: letter.created_at,
        first_at: Some(claim.first_at),
        trouble,
        seed: claim.delivery.unsigned_abs(),
    };
    retry::after(delivery, &attempts, lifetime(&letter.purpose), now)
}

/// Writes a decision down, and tells the agents where the letter is given up.
pub fn write_down(
    tx: &mut dyn Tx,
    desk: Option<&Desk>,
    claim: &Claim,
    delivery: &Delivery,
    settle: &Settle,
    now: Timestamp,
) -> Result<()> {
    write(tx, claim, &settled(settle, delivery, now))?;
    match (settle, desk) {
        (Settle::GiveUp { why }, Some(desk)) => given_up(tx, desk, claim, *why, delivery.text(), now),
        _ => Ok(()),
    }
}

/// Puts a letter back that was taken and not tried: no attempt is counted. It comes again at `until`.
pub fn put_back(tx: &mut dyn Tx, claim: &Claim, until: Timestamp, why: &str, now: Timestamp) -> Result<()> {
    let state = DeliveryState::Deferred;
    let settled = Settled { state, at: now, next_at: Some(until), text: why.to_owned(), uncounted: true };
    write(tx, claim, &settled)
}

/// Takes a letter out of the outbox that must not be sent.
pub fn cancel(tx: &mut dyn Tx, claim: &Claim, why: &str, now: Timestamp) -> Result<()> {
    write(tx, claim, &Settled::cancelled(now, why))
}

/// What came of a letter that was taken, in the store and for those who listen.
fn write(tx: &mut dyn Tx, claim: &Claim, settled: &Settled) -> Result<()> {
    tx.settle(claim.delivery, settled)?;
    let letter = &claim.row.letter;
    tx.note(Fact::Tried {
        delivery: claim.delivery,
        letter: claim.letter,
        ticket: letter.ticket.clone(),
        purpose: letter.purpose.clone(),
        attempt: claim.attempt,
        state: settled.state,
        counts: !settled.uncounted,
        next_at: settled.next_at,
        text: settled.text.clone(),
    });
    Ok(())
}

/// How long it is worth trying to deliver a letter: what tells a client of the moment is stale after some days.
pub fn lifetime(purpose: &str) -> Lifetime {
    match purpose {
        "ack" | "urgent_accepted" | "reopened" | "assigned" | "waiting_client" => Lifetime::Short,
        _ => Lifetime::Long,
    }
}

/// Does a letter come too late to be tried at all?
pub fn is_stale(claim: &Claim, now: Timestamp) -> bool {
    let letter = &claim.row.letter;
    retry::is_stale(lifetime(&letter.purpose), letter.created_at, now)
}

fn settled(settle: &Settle, delivery: &Delivery, now: Timestamp) -> Settled {
    let text = delivery.text().to_owned();
    let (state, next_at, uncounted) = match settle {
        Settle::Done => (DeliveryState::Sent, None, false),
        Settle::Again { at } => match delivery {
            Delivery::Unknown { .. } => (DeliveryState::Uncertain, Some(*at), false),
            _ => (DeliveryState::Deferred, Some(*at), false),
        },
        Settle::GiveUp { why: Lost::Stale | Lost::Expired } => (DeliveryState::Expired, None, false),
        Settle::GiveUp { .. } => (DeliveryState::Failed, None, false),
        Settle::HoldQueue { until, .. } | Settle::HostDown { until } => {
            (DeliveryState::Deferred, Some(*until), true)
        }
    };
    Settled { state, at: now, next_at, text, uncounted }
}

/// A letter that will not arrive: the history of its ticket says so, and the agents hear of it, but for an
/// acknowledgement that only came too late: after a long outage there are hundreds, and nothing to do about them.
fn given_up(
    tx: &mut dyn Tx,
    desk: &Desk,
    claim: &Claim,
    why: Lost,
    text: &str,
    now: Timestamp,
) -> Result<()> {
    let Some(key) = &claim.row.letter.ticket else { return Ok(()) };
    if desk.rules.agent_at(&claim.recipient).is_some() {
        return Ok(());
    }
    let Some(ticket) = tx.ticket(key)? else { return Ok(()) };
    let reason = format!("{}: {text}", why.word());
    let event = Event::Undelivered { address: claim.recipient.clone(), reason };
    let mut decided = step(&ticket, &event, now, &desk.rules);
    if why == Lost::Stale {
        decided.effects.clear();
    }
    let cause = Cause::new(format!("lost:{}", claim.delivery), event.word(), now);
    perform(tx, desk, &cause, Some(&ticket), decided).map(|_| ())
}

/// The bytes of an attachment, where they are kept.
///
/// # Errors
/// The store's.
pub fn attached(tx: &mut dyn Tx, part: &Attached) -> Result<Option<Vec<u8>>> {
    match part.source {
        PartSource::Mail { raw, part } => Ok(tx.bytes(&raw)?.and_then(|mail| parse::part(&mail, part))),
        PartSource::Blob { hash } => tx.bytes(&hash),
    }
}

/// A letter as it goes and went: the frozen bytes with all that is attached to them.
///
/// # Errors
/// The store's; `Corrupt` when something is not what was attached.
pub fn assembled(tx: &mut dyn Tx, letter: &Letter) -> Result<Vec<u8>> {
    let mut trouble = None;
    let assembled = compose::assemble(letter, &mut |part| match attached(tx, part) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(io::ErrorKind::NotFound.into()),
        Err(error) => {
            trouble = Some(error);
            Err(io::ErrorKind::Other.into())
        }
    });
    match (assembled, trouble) {
        (Ok(bytes), _) => Ok(bytes),
        (Err(_), Some(error)) => Err(error),
        (Err(error), None) => {
            Err(StoreError::Corrupt(format!("letter {} cannot be assembled: {error}", letter.message_id)))
        }
    }
}
