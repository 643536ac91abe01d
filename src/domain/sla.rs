//! Promises: which holds for a ticket, and when it falls due.

use jiff::{SignedDuration, Timestamp};

use super::people::Promise;
use super::rules::Rules;
use super::ticket::{Clock, Ticket};

/// Both clocks of a ticket, counted from `from`, by its severity, urgency and contract.
///
/// Where the severity names no span of solution, the contract's holds (`none` for clients without one).
pub fn clocks(ticket: &Ticket, from: Timestamp, rules: &Rules) -> (Option<Clock>, Option<Clock>) {
    let empty = Promise::default();
    let promise = match &rules.urgent {
        Some(urgent) if ticket.urgent => &urgent.promise,
        _ => rules.severities.get(&ticket.severity).unwrap_or(&empty),
    };
    let calendar = rules.calendar(promise.calendar.as_deref());
    let by_contract = contract(ticket, rules).and_then(|name| rules.contract_resolve.get(name));
    let resolve = promise.resolve.as_ref().or(by_contract).or(rules.contract_resolve.get("none"));
    let clock = |span| {
        let due = calendar.due(from, span);
        Clock { due, warn_at: warning(from, due, rules), met_at: None, breached: false }
    };
    (promise.respond.as_ref().map(&clock), resolve.map(&clock))
}

/// The clock that a due instant set by hand gives.
pub fn by_hand(from: Timestamp, due: Timestamp, rules: &Rules) -> Clock {
    Clock { due, warn_at: warning(from, due, rules), met_at: None, breached: false }
}

fn warning(from: Timestamp, due: Timestamp, rules: &Rules) -> Option<Timestamp> {
    let before = SignedDuration::from_mins(i64::from(rules.warn_before_minutes?));
    let at = due.checked_sub(before).ok()?;
    (at > from).then_some(at)
}

/// Name of the contract that the ticket's client has.
pub fn contract<'a>(ticket: &Ticket, rules: &'a Rules) -> Option<&'a str> {
    let client = rules.clients.of_code(ticket.client.as_deref()?)?;
    Some(client.contract.as_ref()?.name.as_str())
}
