//! What is old enough is emptied, in small steps, once nobody needs it any more (E17).

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use super::leaps::Leaps;
use crate::config::Retention;
use crate::domain::ticket::TicketKey;
use crate::store::{Emptied, MailId, Result, StoreError, Tx};

/// Between two looks when nothing was found.
const EACH: SignedDuration = SignedDuration::from_hours(1);
/// Between two steps when more is there: the store's thread has other work.
const BETWEEN: SignedDuration = SignedDuration::from_mins(1);
/// So many cases, or mails, are emptied in one step.
const STEP: usize = 50;
const LOOSE: &str = "retention.loose";

/// Runs until the house stops.
pub async fn run(house: House) {
    let beat = house.clerk.pulse.beat("retention");
    let mut leaps = Leaps::default();
    while !house.stop.is_cancelled() {
        beat.idle();
        let settings = house.settings.retention.clone();
        let mut pause = EACH;
        let now = house.clock.now();
        leaps.look(now, house.clock.ran());
        if leaps.is_resting() {
            pause = BETWEEN;
        } else if settings.is_wanted() {
            match house.clerk.ask(move |tx| step(tx, &settings, now)).await {
                Ok(emptied) if emptied.cases + emptied.mails > 0 => {
                    let Emptied { cases, mails, letters, .. } = emptied;
                    tracing::info!(cases, mails, letters, "what was kept long enough was emptied");
                    pause = BETWEEN;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "what was kept long enough cannot be emptied; again in an hour")
                }
            }
        }
        house.rest_until(house.clock.now() + pause).await;
    }
}

/// Empties some of what is old enough.
///
/// # Errors
/// The store's.
pub fn step(tx: &mut dyn Tx, settings: &Retention, now: Timestamp) -> Result<Emptied> {
    let mut emptied = Emptied::default();
    for key in cases(tx, settings, now, STEP)? {
        emptied.add(tx.empty_case(&key, "it was kept as long as it had to be", now)?);
    }
    if let Some(before) = settings.loose_before(now) {
        let after = last_loose(tx)?;
        let ids = tx.loose_mails(after, before, STEP)?;
        for id in &ids {
            emptied.add(tx.empty_mail(*id)?);
        }
        if let Some(last) = ids.last() {
            tx.set_value(LOOSE, last.to_string().as_bytes())?;
        }
    }
    let bytes: Vec<_> = emptied.bytes.iter().copied().collect();
    if !bytes.is_empty() {
        tx.drop_unused(&bytes)?;
    }
    Ok(emptied)
}

/// Cases that are old enough and not held, the oldest first.
///
/// # Errors
/// The store's.
pub fn cases(tx: &mut dyn Tx, settings: &Retention, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
    let Some(before) = settings.cases_before(now) else { return Ok(Vec::new()) };
    let mut cases = tx.ended(before, limit + settings.hold.len())?;
    cases.retain(|key| !settings.hold.contains(key));
    cases.truncate(limit);
    Ok(cases)
}

/// Mails without a case that are old enough.
///
/// # Errors
/// The store's.
pub fn loose(tx: &mut dyn Tx, settings: &Retention, now: Timestamp, limit: usize) -> Result<Vec<MailId>> {
    let Some(before) = settings.loose_before(now) else { return Ok(Vec::new()) };
    let after = last_loose(tx)?;
    tx.loose_mails(after, before, limit)
}

/// The last mail that was looked at.
fn last_loose(tx: &mut dyn Tx) -> Result<MailId> {
    let Some(value) = tx.value(LOOSE)? else { return Ok(0) };
    let id = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
    id.ok_or_else(|| StoreError::Corrupt(format!("the value {LOOSE:?} is no number of a mail")))
}
