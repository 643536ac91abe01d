//! Names that commands bear: of agents, severities, tickets, clients; dates as instants.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::domain::address::{Address, Mailbox};
use crate::domain::command::Mistake;
use crate::domain::fold::fold;
use crate::domain::people::{AgentId, Client};
use crate::domain::rules::Rules;
use crate::domain::ticket::Ticket;

/// The agent meant by an id, a name, or an unmistakable part of a name; diacritics and case do not matter.
pub(super) fn agent(name: &str, rules: &Rules) -> Result<AgentId, Mistake> {
    let wanted = fold(name);
    let everybody = || rules.agents.iter().chain(&rules.head);
    if let Some(agent) = everybody().find(|a| fold(&a.id.0) == wanted || fold(&a.name) == wanted) {
        return Ok(agent.id.clone());
    }
    let mut partly = everybody().filter(|a| fold(&a.name).split_whitespace().any(|word| word == wanted));
    match (partly.next(), partly.next()) {
        (Some(agent), None) => Ok(agent.id.clone()),
        (Some(_), Some(_)) => Err(Mistake::new("ambiguous_agent").with("value", name)),
        (None, _) => {
            let ids: Vec<_> = everybody().map(|a| a.id.0.as_str()).collect();
            Err(Mistake::new("unknown_agent").with("value", name).suggest(ids.join(", ")))
        }
    }
}

pub(super) fn severity(severity: &str, rules: &Rules) -> Result<String, Mistake> {
    let known = rules.severities.keys().find(|s| s.eq_ignore_ascii_case(severity));
    known.cloned().ok_or_else(|| {
        let all = rules.severities.keys().cloned().collect::<Vec<_>>().join(", ");
        Mistake::new("unknown_severity").with("value", severity).with("known", all)
    })
}

pub(super) fn instant(date: Date, time: Time, rules: &Rules) -> Result<Timestamp, Mistake> {
    let zoned = date.to_datetime(time).to_zoned(rules.zone.clone());
    let unreal =
        |_| Mistake::new("bad_date").with("value", format!("{date} {time}")).with("example", "2030-01-31");
    zoned.map(|z| z.timestamp()).map_err(unreal)
}

/// A date that is over; a day of next week is the example.
pub(super) fn past(date: &Date, now: Timestamp, rules: &Rules) -> Mistake {
    let today = now.to_zoned(rules.zone.clone()).date();
    let example = today.saturating_add(jiff::Span::new().days(7)).to_string();
    Mistake::new("bad_date").with("value", date.to_string()).with("example", example)
}

/// The end of working hours on a date that is not over.
pub(super) fn end_of(date: Date, now: Timestamp, rules: &Rules) -> Result<Timestamp, Mistake> {
    let closing = rules.calendar(None).closing_on(date);
    let closing = closing.ok_or_else(|| Mistake::new("nobody_works").with("value", date.to_string()))?;
    if closing <= now { Err(past(&date, now, rules)) } else { Ok(closing) }
}

/// The name of a type, by its name or one of its labels.
pub(super) fn kind(name: &str, rules: &Rules) -> Result<String, Mistake> {
    let wanted = fold(name);
    let mut all = rules.types.all.iter();
    let is_meant = |label: &String| fold(label) == wanted;
    let found = all.find(|kind| fold(&kind.name) == wanted || kind.labels.values().any(is_meant));
    let known = || rules.types.all.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>().join(", ");
    let mistake = || Mistake::new("unknown_type").with("value", name).with("known", known());
    found.map(|kind| kind.name.clone()).ok_or_else(mistake)
}

/// The ticket that a number means, among those that were looked up.
pub(super) fn ticket<'a>(text: &str, looked_up: &'a [Ticket], rules: &Rules) -> Result<&'a Ticket, Mistake> {
    let number = rules.tag.number(text);
    let found = looked_up.iter().find(|ticket| Some(ticket.key.number) == number);
    found.ok_or_else(|| Mistake::new("unknown_request").with("value", text))
}

/// The client of a registration number or a name.
pub(super) fn client<'a>(text: &str, rules: &'a Rules) -> Result<&'a Client, Mistake> {
    let wanted = fold(text);
    let mut by_name = rules.clients.iter().filter(|client| fold(&client.name) == wanted);
    let found = rules.clients.of_code(text.trim()).or_else(|| by_name.next());
    found.ok_or_else(|| Mistake::new("unknown_client").with("value", text))
}

/// `Ona Onaitė <ona@client.example>` or the bare address; never one of the desk's own.
pub(super) fn mailbox(text: &str, rules: &Rules) -> Result<Mailbox, Mistake> {
    let (name, rest) = text.split_once('<').unwrap_or(("", text));
    let address = Address::parse(rest.trim().trim_end_matches('>'));
    let usable = address.filter(|a| !rules.watches(a) && rules.agent_at(a).is_none());
    let mistake = || Mistake::new("bad_address").with("value", text);
    Ok(Mailbox::new(name.trim().trim_matches('"'), usable.ok_or_else(mistake)?))
}

/// The name of a ready answer or of a hook, among those that there are.
pub(super) fn one_of<'a>(
    name: &str,
    mut known: impl Iterator<Item = &'a String> + Clone,
    phrase: &'static str,
) -> Result<String, Mistake> {
    let all = known.clone();
    let wanted = fold(name);
    let found = known.find(|known| fold(known) == wanted).cloned();
    found.ok_or_else(|| {
        let all: Vec<&str> = all.map(String::as_str).collect();
        Mistake::new(phrase).with("value", name).with("known", all.join(", "))
    })
}

/// The name of a field that a request of this desk can have.
pub(super) fn field(name: &str, ticket: &Ticket, rules: &Rules) -> Result<String, Mistake> {
    let of_types = rules.types.all.iter().filter_map(|kind| kind.required.as_ref()).flatten();
    let near = rules.extract.iter().flat_map(|e| e.near.keys());
    let extracted = rules.extract.iter().map(|e| &e.field).chain(near);
    let mut all: Vec<&str> = rules
        .required
        .iter()
        .chain(of_types)
        .chain(extracted)
        .chain(ticket.fields.keys())
        .map(String::as_str)
        .collect();
    all.extend(ALWAYS);
    all.sort_unstable();
    all.dedup();
    let wanted = fold(name);
    let found = all.iter().find(|known| fold(known) == wanted).map(|known| (*known).to_owned());
    let known = all.join(", ");
    found.ok_or_else(|| Mistake::new("unknown_field").with("value", name).with("known", known))
}

/// Every request may have these.
const ALWAYS: [&str; 4] = ["company", "person", "phone", "position"];
