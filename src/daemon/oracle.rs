//! Once a day, and soon after a start: does all that was done hold together? Small steps beside the clerk's other work.

use std::sync::Arc;

use jiff::SignedDuration;

use super::house::{House, Inspected};
use crate::desk::Desk;
use crate::desk::oracle::{Walk, roll};
use crate::store::{Fault, Result, StoreError, Tx};

/// Rows of one step: mails that come meanwhile wait a few milliseconds.
const STEP_ROWS: usize = 16;
/// Between two steps.
const BREATH: SignedDuration = SignedDuration::from_millis(50);
/// From one walk to the next.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A start has more urgent things to do.
const AFTER_START: SignedDuration = SignedDuration::from_mins(10);
/// After trouble with the store.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// More of them say nothing new.
const NAMED_MAX: usize = 20;

/// The last letter that has been looked at by a walk that came to its end.
const LAST_LETTER: &str = "oracle:letter";

/// Runs until the house stops.
pub async fn run(house: House) {
    rest(&house, AFTER_START).await;
    while !house.stop.is_cancelled() {
        let next = match walk(&house, BREATH).await {
            Ok(()) => EVERY,
            Err(error) => {
                tracing::error!(%error, "it cannot be looked through what was done; again in an hour");
                PAUSE
            }
        };
        rest(&house, next).await;
    }
}

/// Everybody who stands in the configuration is written down before anything is written to him.
///
/// # Errors
/// The store's.
pub async fn call_the_roll(house: &House) -> Result<()> {
    for desk in house.desks.iter() {
        let (desk, now) = (desk.clone(), house.clock.now());
        house.clerk.ask(move |tx| roll::call(tx, &desk.rules, now)).await?;
    }
    Ok(())
}

/// One walk through all mails, and through the letters that were written since the last one. What does not hold is told
/// in the log and stands in the figures until the next walk has ended.
///
/// # Errors
/// The store's.
pub async fn walk(house: &House, breath: SignedDuration) -> Result<()> {
    let desks: Vec<Arc<Desk>> = house.desks.iter().cloned().collect();
    let of = desks.clone();
    let begin = move |tx: &mut dyn Tx| {
        let behind = behind(tx)?;
        Walk::since_roll(tx, &named(&of), behind)
    };
    let mut walk = house.clerk.ask(begin).await?;
    let mut faults: Vec<Fault> = Vec::new();
    while !walk.is_over() {
        if house.stop.is_cancelled() {
            return Ok(());
        }
        let (of, from) = (desks.clone(), walk);
        let step = move |tx: &mut dyn Tx| {
            let mut walk = from.clone();
            let found = walk.step(tx, &named(&of), STEP_ROWS)?;
            Ok((walk, found))
        };
        let found;
        (walk, found) = house.clerk.ask(step).await?;
        for fault in found {
            if faults.len() < NAMED_MAX {
                tracing::error!(invariant = fault.invariant, "{}; see maildesk doctor", fault.what);
            }
            faults.push(fault);
        }
        rest(house, breath).await;
    }
    let (last, rows, at) = (walk.letter(), walk.looked_at, house.clock.now());
    house.clerk.ask(move |tx| tx.set_value(LAST_LETTER, &last.to_be_bytes())).await?;
    tracing::info!(rows, faults = faults.len(), "what was done was looked through");
    house.progress.inspected(Inspected { at, rows, faults: faults.len() });
    Ok(())
}

fn named(desks: &[Arc<Desk>]) -> Vec<&Desk> {
    desks.iter().map(Arc::as_ref).collect()
}

fn behind(tx: &mut dyn Tx) -> Result<i64> {
    let Some(value) = tx.value(LAST_LETTER)? else { return Ok(0) };
    let bytes = value.try_into().map(i64::from_be_bytes);
    bytes.map_err(|_| StoreError::Corrupt(format!("the value {LAST_LETTER:?} is no number")))
}

async fn rest(house: &House, span: SignedDuration) {
    if span.is_zero() {
        return;
    }
    house.rest_until(house.clock.now() + span).await;
}
