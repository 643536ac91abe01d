//! Time passed: every ticket that is due gets one unit of work.

use jiff::Timestamp;

use super::Desk;
use super::perform::{Cause, perform, wake};
use crate::domain::event::Event;
use crate::domain::step::{WAITS_FOR_MAILBOX, step};
use crate::domain::ticket::{State, TicketKey};
use crate::store::{Result, Tx};

/// Lets time pass for one ticket. `read_up_to` is the instant up to which every mailbox of the desk has been read;
/// `None` while that is unknown. Returns whether anything changed.
///
/// Afterwards the ticket's wake is none or later than `now`: a second tick at the same instant finds nothing.
pub fn tick(
    tx: &mut dyn Tx,
    desk: &Desk,
    key: &TicketKey,
    read_up_to: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let Some(ticket) = tx.ticket(key)? else { return Ok(false) };
    let event = Event::Tick { read_up_to };
    let decided = step(&ticket, &event, now, &desk.rules);
    if decided.ticket == ticket && decided.effects.is_empty() {
        debug_assert!(decided.reason == WAITS_FOR_MAILBOX || ticket.wake().is_none_or(|w| w > now));
        tx.save(&ticket, wake(&ticket, now))?;
        return Ok(false);
    }
    let due = ticket.wake().unwrap_or(now);
    let resolved_at = match ticket.state {
        State::Resolved { at, .. } => Some(at),
        _ => None,
    };
    let id = format!("time:{key}:{due}");
    let cause = Cause { resolved_at, happened: due, ..Cause::new(id, event.word(), now) };
    perform(tx, desk, &cause, Some(&ticket), decided)?;
    Ok(true)
}
