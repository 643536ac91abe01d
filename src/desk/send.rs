//! A letter goes out: claimed, assembled, settled.

use jiff::Timestamp;

use super::Desk;
use super::perform::{Cause, perform};
use crate::domain::delivery::Delivery;
use crate::domain::event::Event;
use crate::domain::retry::{self, Attempts, Lifetime, Lost, Settle};
use crate::domain::step::step;
use crate::domain::thread::Voice;
use crate::store::{Claim, DeliveryState, Result, Settled, Tx};

/// Writes down what came of one attempt, and tells the agents where it is given up. Returns what to do about the
/// whole queue, if anything. `trouble` counts how often in a row the host or the account has failed.
pub fn settle(
    tx: &mut dyn Tx,
    desk: Option<&Desk>,
    claim: &Claim,
    delivery: &Delivery,
    trouble: u32,
    now: Timestamp,
) -> Result<Settle> {
    let letter = &claim.row.letter;
    let lifetime = lifetime(&letter.purpose);
    let unknown = u32::from(matches!(delivery, Delivery::Unknown { .. }));
    let attempts = Attempts {
        counted: claim.attempt,
        uncertain: claim.uncertain + unknown,
        queued_at: letter.created_at,
        first_at: Some(claim.first_at),
        trouble,
        seed: claim.delivery.unsigned_abs(),
    };
    let settle = retry::after(delivery, &attempts, lifetime, now);
    tx.settle(claim.delivery, &settled(&settle, delivery, now))?;
    if let (Settle::GiveUp { why }, Some(desk)) = (&settle, desk) {
        given_up(tx, desk, claim, &format!("{}: {}", why.word(), delivery.text()), now)?;
    }
    Ok(settle)
}

/// How long it is worth trying to deliver a letter: what tells a client of the moment is stale after some days.
pub fn lifetime(purpose: &str) -> Lifetime {
    match purpose {
        "ack" | "urgent_accepted" | "reopened" | "assigned" | "waiting_client" => Lifetime::Short,
        _ => Lifetime::Long,
    }
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

/// A letter that will not arrive: the agents of its ticket hear of it.
fn given_up(tx: &mut dyn Tx, desk: &Desk, claim: &Claim, reason: &str, now: Timestamp) -> Result<()> {
    let Some(key) = &claim.row.letter.ticket else { return Ok(()) };
    if desk.rules.agent_at(&claim.recipient).is_some() {
        return Ok(());
    }
    let Some(ticket) = tx.ticket(key)? else { return Ok(()) };
    let event = Event::Undelivered { address: claim.recipient.clone(), reason: reason.to_owned() };
    let decided = step(&ticket, &event, now, &desk.rules);
    let cause = Cause {
        id: format!("lost:{}", claim.delivery),
        event: event.word(),
        by: Voice::Desk,
        mail: None,
        now,
        resolved_at: None,
    };
    perform(tx, desk, &cause, Some(&ticket), decided).map(|_| ())
}
