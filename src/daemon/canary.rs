//! Sends a letter to each desk itself, now and then, and tells where one does not come back.

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use super::switches::Switch;
use crate::desk::Desk;
use crate::desk::canary::{last, send};
use crate::store::Result;
use std::sync::Arc;

/// The mailbox is looked at again so soon where it was not read up yet.
const NOT_READ_YET: SignedDuration = SignedDuration::from_secs(2);

/// Runs until the house stops.
pub async fn run(house: House) {
    let Some(period) = house.settings.canary.and_then(|period| SignedDuration::try_from(period).ok()) else {
        return house.stop.cancelled().await;
    };
    let beat = house.clerk.pulse.beat("canary");
    while !house.stop.is_cancelled() {
        let mut next = house.clock.now() + period;
        for desk in house.desks.iter() {
            match look(&house, desk, period).await {
                Ok(due) => next = next.min(due),
                Err(error) => tracing::error!(desk = %desk.id(), %error, "no canary can be sent"),
            }
        }
        beat.idle();
        house.rest_until(next).await;
    }
}

/// Looks after the one of a desk; returns when to look again.
async fn look(house: &House, desk: &Arc<Desk>, period: SignedDuration) -> Result<Timestamp> {
    let now = house.clock.now();
    let unit = desk.clone();
    let canary = house.clerk.ask(move |tx| last(tx, &unit)).await?;
    if let Some(canary) = &canary {
        let due = canary.sent_at + period;
        if now < due {
            if canary.back_at.is_some() {
                is_back(house, desk);
            }
            return Ok(due);
        }
        match canary.back_at {
            Some(_) => is_back(house, desk),
            None => is_missing(house, desk, canary.sent_at),
        }
    }
    // The first one must not lie in the mailbox before that is met: what was there before is not read (`adopt`).
    if canary.is_none() && house.progress.read_up_to(&house.settings, desk.id(), now).is_none() {
        return Ok(now + period.min(NOT_READ_YET));
    }
    // What the operator has stopped is not what is broken.
    let switches = &house.progress.switches;
    if !switches.is_paused(Switch::Letters) && !switches.is_paused(Switch::Intake) {
        let unit = desk.clone();
        house.clerk.run(move |tx| send(tx, &unit, now)).await?;
    }
    Ok(now + period)
}

fn is_back(house: &House, desk: &Desk) {
    if house.progress.canary_is_back(desk.id()) {
        tracing::info!(desk = %desk.id(), "the letter to ourselves comes back again");
    }
}

fn is_missing(house: &House, desk: &Desk, sent_at: Timestamp) {
    if house.progress.canary_is_missing(desk.id(), sent_at) {
        tracing::error!(
            desk = %desk.id(),
            %sent_at,
            "the letter that we sent to ourselves has not come back: mail does not leave, or does not arrive"
        );
    }
}
