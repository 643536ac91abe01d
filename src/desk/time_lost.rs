//! After a restore the mails of the time that was lost come again, and moments of it pass again. What they make the
//! desk write may have left already: it is not sent a second time where that is known, and waits for the operator's
//! word where it is not (F17).

use jiff::SignedDuration;

use super::perform::Cause;
use super::say::Said;
use crate::store::{DeliveryFilter, LetterId, Restore, Result, Settled, Tx, held_back};

/// So long after a restore mail of the time before may still come.
const COMES_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Looks after a letter that was just written.
pub(super) fn of(tx: &mut dyn Tx, letter: LetterId, said: &Said, cause: &Cause<'_>) -> Result<()> {
    // Nearly everything is decided when it happens.
    let Some(restore) = lost(tx, cause)? else { return Ok(()) };
    let deliveries = DeliveryFilter { letter: Some(letter), ..DeliveryFilter::default() };
    for delivery in tx.deliveries(&deliveries)? {
        let left = tx.left_before(&said.letter.cause, &said.letter.purpose, &delivery.recipient)?;
        // Agents must learn the numbers that tickets have now; the same letter is the same to them, too.
        let same = |id: &str| said.to_client || id == said.letter.letter.message_id.as_str();
        match left {
            Some(left) if same(&left.message_id) => {
                let text = format!("it left on {:.0}, before the database was restored", left.at);
                tx.settle(delivery.id, &Settled::cancelled(cause.now, text))?;
            }
            None if said.to_client && !restore.known => tx.settle(delivery.id, &held_back(cause.now))?,
            _ => {}
        }
    }
    Ok(())
}

/// The restore after which this is decided though it happened before.
fn lost(tx: &mut dyn Tx, cause: &Cause<'_>) -> Result<Option<Restore>> {
    if cause.happened >= cause.now {
        return Ok(None);
    }
    let Some(restore) = tx.last_restore()? else { return Ok(None) };
    let within = |at| cause.happened < at && cause.now.duration_since(at) < COMES_WITHIN;
    Ok(Some(restore).filter(|restore| restore.at.is_some_and(within)))
}
