//! A request becomes a ticket.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::held;
use crate::domain::address::Mailbox;
use crate::domain::effect::{Alarm, Audience, Carry, Effect, Purpose, Step};
use crate::domain::found::Found;
use crate::domain::language::Lang;
use crate::domain::people::{Acquaintance, AgentId};
use crate::domain::required::{self, Have};
use crate::domain::rules::Rules;
use crate::domain::sla;
use crate::domain::thread::Kind;
use crate::domain::ticket::{Number, Requester, State, Ticket, TicketKey};

/// Everything that is known of a request when it is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub number: Number,
    pub requester: Requester,
    pub background: Background,
    pub participants: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub language: Lang,
    /// `email` for a mail of the client's own.
    pub channel: String,
    /// Type and severity as the agent said who registered it.
    pub kind: Option<String>,
    pub severity: Option<String>,
    /// The word that makes it urgent, or who said so.
    pub urgent: Option<String>,
    /// A word that says how urgent it is, even "not urgent".
    pub urgency_stated: bool,
    pub found: Found,
    /// It brings a file or a forwarded mail.
    pub document: bool,
    pub previous: Option<Number>,
    pub received_at: Timestamp,
    /// Read long after it came.
    pub late: bool,
    /// Why the requester gets no automatic mail, if so.
    pub muted: Option<String>,
    /// The agent who registered it for the client.
    pub by: Option<AgentId>,
    /// The desk writes first: that agent works on it, and there is nothing to acknowledge.
    pub outbound: bool,
    pub reason: String,
}

/// What is known of the requester beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Background {
    /// Registration number of the client.
    pub client: Option<String>,
    /// Name of a company that is no client.
    pub company: Option<String>,
    /// The person's record: values by name of field.
    pub record: BTreeMap<String, String>,
    /// Not in the configuration by his own address: what he tells of himself is remembered.
    pub remembered: bool,
    /// Nobody knows on whose behalf he writes.
    pub stranger: bool,
}

/// Registers a request: number, clocks, acknowledgement, and the agents are told; or holds it, where the desk wants
/// to know more before.
pub fn open(opening: Opening, now: Timestamp, rules: &Rules) -> Step {
    let mut step = Step::to(ticket(&opening, rules), reason(&opening, rules));
    if opening.outbound {
        step.ticket.state = State::Open;
        step.ticket.assignee = opening.by;
        (step.ticket.respond, step.ticket.resolve) = sla::clocks(&step.ticket, opening.received_at, rules);
        return step;
    }
    let registered_by_agent = opening.by.is_some();
    let keep = Effect::Keep { kind: Kind::Request, text: opening.text, attachments: Carry::OfThisMail };
    step.effects.push(keep);
    step.ticket.messages = 1;
    let background = &opening.background;
    let stranger = background.stranger && !registered_by_agent;
    if let Some(lack) = held::lacks(&step.ticket, stranger, rules) {
        return held::hold(step, lack, now, rules);
    }
    if background.remembered {
        step = remembered(step, &background.record, rules);
    }
    step.ticket.clocks_from = opening.received_at;
    accepted(step, now, rules)
}

/// The ticket as the request describes it, before it is decided whether it is held.
fn ticket(opening: &Opening, rules: &Rules) -> Ticket {
    let key = TicketKey::new(&rules.desk, opening.number);
    let found = &opening.found;
    let background = &opening.background;
    let first = |given: &Option<String>, found: &Option<(String, String)>| {
        given.clone().or_else(|| found.as_ref().map(|(name, _)| name.clone()))
    };
    let kind = first(&opening.kind, &found.kind);
    let urgent = opening.urgent.is_some() && rules.urgent.is_some();
    let client = background.client.clone().or_else(|| client_of(&found.fields, rules));
    let company = background.company.clone().or_else(|| found.fields.get("company").cloned());
    let mut ticket = Ticket {
        subject: opening.subject.clone(),
        requester: opening.requester.clone(),
        participants: opening.participants.clone(),
        company: company.filter(|_| client.is_none()),
        client,
        channel: opening.channel.clone(),
        kind: kind.or_else(|| rules.types.otherwise().map(|kind| kind.name.clone())),
        severity: first(&opening.severity, &found.severity).unwrap_or_else(|| "normal".to_owned()),
        urgent,
        wish: found.wish.clone(),
        previous: opening.previous,
        muted: opening.muted.clone(),
        late: opening.late,
        ..Ticket::blank(key, opening.language, opening.received_at)
    };
    if rules.urgent.is_some() {
        sla::bring_together(&mut ticket, rules);
    }
    required::learn(&mut ticket, &found.fields, rules);
    let have = Have {
        requester: &ticket.requester,
        record: &background.record,
        fields: &ticket.fields,
        company: ticket.client.is_some() || ticket.company.is_some(),
        client: ticket.client.is_some(),
        words: required::words(&ticket.subject) + required::words(&opening.text),
        urgency: opening.urgency_stated || opening.urgent.is_some(),
        document: opening.document,
    };
    ticket.missing = required::missing(ticket.kind.as_deref(), &have, rules);
    ticket
}

/// The client that a device belongs to. A company's number is only a claim: where strangers are asked for it, it is
/// confirmed first.
fn client_of(fields: &BTreeMap<String, String>, rules: &Rules) -> Option<String> {
    fields.values().find_map(|value| rules.clients.of_device(value)).map(|client| client.code.clone())
}

/// The request is taken on: clocks from `clocks_from`, the client and the agents are told.
pub(super) fn accepted(mut step: Step, now: Timestamp, rules: &Rules) -> Step {
    let from = step.ticket.clocks_from;
    (step.ticket.respond, step.ticket.resolve) = sla::clocks(&step.ticket, from, rules);
    if step.ticket.muted.is_none() {
        let notice = if step.ticket.urgent { Purpose::UrgentAccepted } else { Purpose::Ack };
        step = step.tell(notice, Audience::RequesterAndContract);
    }
    let client = step.ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
    let consultant = client.and_then(|client| client.consultant.clone());
    match consultant.filter(|id| rules.agent(id).is_some()) {
        Some(id) if !step.ticket.urgent => {
            step.ticket.assignee = Some(id.clone());
            step.ticket.state = State::Open;
            step.reason.push_str(&format!("; {id} always works for this client"));
            step = step.tell(Purpose::AgentAssigned { note: None }, Audience::Agent(id));
        }
        _ => step = step.tell(Purpose::AgentNew, Audience::NotifyNew),
    }
    if urgent_off_hours(&step.ticket, now, rules) {
        step = step.tell(Purpose::EscalationHead(Alarm::UrgentOffHours), Audience::Head);
    }
    step
}

/// What a complete request tells of a person who is not in the configuration is known the next time. `record` is
/// known already.
pub(super) fn remembered(step: Step, record: &BTreeMap<String, String>, rules: &Rules) -> Step {
    let Some(address) = step.ticket.requester.address.clone().filter(|_| !rules.required.is_empty()) else {
        return step;
    };
    let mut fields = of_person(&step.ticket);
    fields.retain(|field, value| record.get(field) != Some(value));
    if fields.is_empty() {
        return step;
    }
    step.with(Effect::Acquaint(address, Acquaintance { fields, ..Acquaintance::default() }))
}

/// What a ticket says of its requester rather than of the matter.
pub(super) fn of_person(ticket: &Ticket) -> BTreeMap<String, String> {
    let of_person = |field: &str| Some((field.to_owned(), ticket.fields.get(field)?.clone()));
    let mut fields: BTreeMap<_, _> = OF_A_PERSON.into_iter().filter_map(of_person).collect();
    fields.extend(ticket.company.iter().map(|company| ("company".to_owned(), company.clone())));
    fields
}

/// Fields that belong to the person rather than to the matter.
const OF_A_PERSON: [&str; 4] = ["person", "company", "position", "phone"];

/// Is the head to be told of an urgent ticket at once, because nobody is at work?
pub(super) fn urgent_off_hours(ticket: &Ticket, now: Timestamp, rules: &Rules) -> bool {
    let escalates = rules.urgent.as_ref().is_some_and(|u| u.off_hours_escalate);
    ticket.urgent && escalates && !rules.calendar(None).is_open(now)
}

fn reason(opening: &Opening, rules: &Rules) -> String {
    let mut reason = opening.reason.clone();
    if let Some(word) = &opening.urgent {
        let effect = if rules.urgent.is_some() { "urgent" } else { "urgency has no effect at this desk" };
        reason.push_str(&format!("; {effect}: {word:?}"));
    }
    for (what, found) in [("type", &opening.found.kind), ("severity", &opening.found.severity)] {
        if let Some((name, word)) = found {
            reason.push_str(&format!("; {what} {name}: {word:?}"));
        }
    }
    if let Some(wish) = &opening.found.wish {
        reason.push_str(&format!("; the client asks for {wish}"));
    }
    if let Some(why) = &opening.muted {
        reason.push_str(&format!("; no automatic mail: {why}"));
    }
    reason
}
