//! The working day begins: every agent gets one mail about what waits.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Desk;
use super::perform::Cause;
use super::say::without_ticket;
use crate::domain::effect::Purpose;
use crate::domain::morning::{self, SPOKEN_OF};
use crate::store::{Result, StoreError, TicketFilter, Tx};

/// When the next digest is due; it may be past. `None` at a desk that sends none.
pub fn next(tx: &mut dyn Tx, desk: &Desk, now: Timestamp) -> Result<Option<Timestamp>> {
    if desk.rules.digest_at.is_none() {
        return Ok(None);
    }
    let last = last(tx, desk)?;
    Ok(morning::next(last, now, &desk.rules))
}

/// Writes the digests if they are due, once for each day whatever happens in between. Nothing is said to an agent
/// for whom nothing waits. Returns whether it was time.
pub fn greet(tx: &mut dyn Tx, desk: &Desk, now: Timestamp) -> Result<bool> {
    if next(tx, desk, now)?.is_none_or(|at| at > now) {
        return Ok(false);
    }
    let today = desk.rules.calendar(None).local_date(now);
    let filter = TicketFilter {
        desk: Some(desk.id().clone()),
        statuses: SPOKEN_OF.to_vec(),
        ..TicketFilter::default()
    };
    let tickets = tx.tickets(&filter)?;
    let cause = Cause::new(format!("digest:{}:{today}", desk.id()), "digest", now);
    for agent in desk.rules.agents.iter().chain(&desk.rules.head) {
        let morning = morning::of(agent, &tickets, now, &desk.rules);
        if !morning.is_empty() {
            without_ticket(tx, desk, &cause, Purpose::AgentDigest(Box::new(morning)), agent)?;
        }
    }
    tx.set_value(&name(desk), today.to_string().as_bytes())?;
    Ok(true)
}

fn name(desk: &Desk) -> String {
    format!("digest:{}", desk.id())
}

/// The day of the last digest.
fn last(tx: &mut dyn Tx, desk: &Desk) -> Result<Option<Date>> {
    let Some(value) = tx.value(&name(desk))? else { return Ok(None) };
    let date = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
    date.map(Some).ok_or_else(|| StoreError::Corrupt(format!("the value {:?} is no date", name(desk))))
}
