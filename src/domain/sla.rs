//! Promises: which holds for a ticket, and when it falls due.

use jiff::{SignedDuration, Timestamp};

use super::kinds::Means;
use super::people::Promise;
use super::rules::Rules;
use super::span::Span;
use super::ticket::{Clock, Ticket};

/// The promise that holds for a ticket, each half with the calendar in which it counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holding<'a> {
    pub respond: Option<(Span, Option<&'a str>)>,
    pub resolve: Option<(Span, Option<&'a str>)>,
}

/// By urgency, else by type, else by severity; where none of them promises a solution, by contract (`none` for
/// clients without one).
pub fn holding<'a>(ticket: &Ticket, rules: &'a Rules) -> Holding<'a> {
    let urgent = rules.urgent.as_ref().filter(|_| ticket.urgent).map(|urgent| &urgent.promise);
    let kind = ticket.kind.as_deref().and_then(|name| rules.types.get(name)).map(|kind| &kind.promise);
    let severity = rules.severities.get(&ticket.severity);
    let mut ways: Vec<&Promise> = match urgent {
        Some(urgent) => vec![urgent],
        None => [kind, severity].into_iter().flatten().collect(),
    };
    ways.retain(|promise| **promise != Promise::default());
    let of = |half: fn(&Promise) -> Option<Span>| {
        ways.iter().find_map(|promise| Some((half(promise)?, promise.calendar.as_deref())))
    };
    let contract = contract(ticket, rules).and_then(|name| rules.contract_resolve.get(name));
    let contract = contract.or(rules.contract_resolve.get("none")).map(|span| (*span, None));
    Holding { respond: of(|p| p.respond), resolve: of(|p| p.resolve).or(contract) }
}

/// Both clocks of a ticket, counted from `from`.
pub fn clocks(ticket: &Ticket, from: Timestamp, rules: &Rules) -> (Option<Clock>, Option<Clock>) {
    let clock = |(span, calendar): (Span, Option<&str>)| {
        let due = rules.calendar(calendar).due(from, &span);
        Clock { due, warn_at: warning(from, due, rules), met_at: None, breached: false }
    };
    let holding = holding(ticket, rules);
    (holding.respond.map(clock), holding.resolve.map(clock))
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

/// Where urgent and a severity (or a type) are the same thing, one brings the other along.
pub fn bring_together(ticket: &mut Ticket, rules: &Rules) {
    let Some(means) = rules.urgent.as_ref().and_then(|urgent| urgent.means.as_ref()) else { return };
    match means {
        Means::Severity(severity) if ticket.urgent => ticket.severity = severity.clone(),
        Means::Type(kind) if ticket.urgent => ticket.kind = Some(kind.clone()),
        Means::Severity(severity) => ticket.urgent = ticket.severity == *severity,
        Means::Type(kind) => ticket.urgent = ticket.kind.as_ref() == Some(kind),
    }
}
