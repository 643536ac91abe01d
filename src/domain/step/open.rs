//! A request becomes a ticket.

use jiff::Timestamp;

use crate::domain::address::Mailbox;
use crate::domain::effect::{Alarm, Audience, Carry, Effect, Purpose, Step};
use crate::domain::language::Lang;
use crate::domain::required;
use crate::domain::rules::Rules;
use crate::domain::sla;
use crate::domain::thread::Kind;
use crate::domain::ticket::{Number, Requester, State, Ticket, TicketKey};

/// Everything that is known of a request when it is registered.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    pub number: Number,
    pub requester: Requester,
    /// Registration number of the client, where the requester is known.
    pub client: Option<String>,
    pub participants: Vec<Mailbox>,
    pub subject: String,
    pub text: String,
    pub language: Lang,
    /// `email` for a mail of the client's own.
    pub channel: String,
    /// The word that makes it urgent, or who said so.
    pub urgent: Option<String>,
    /// A word that says how urgent it is, even "not urgent".
    pub urgency_stated: bool,
    pub previous: Option<Number>,
    pub received_at: Timestamp,
    /// Read long after it came.
    pub late: bool,
    /// Why the requester gets no automatic mail, if so.
    pub muted: Option<String>,
    /// The agent who registered it for the client.
    pub by: Option<crate::domain::people::AgentId>,
    /// The desk writes first: that agent works on it, and there is nothing to acknowledge.
    pub outbound: bool,
    pub reason: String,
}

/// Registers a request: number, clocks, acknowledgement, and the agents are told.
pub fn open(opening: Opening, now: Timestamp, rules: &Rules) -> Step {
    let reason = reason(&opening, rules);
    let missing = required::missing(&opening, rules);
    let urgent = opening.urgent.is_some() && rules.urgent.is_some();
    let key = TicketKey::new(&rules.desk, opening.number);
    let mut ticket = Ticket {
        subject: opening.subject,
        requester: opening.requester,
        participants: opening.participants,
        client: opening.client,
        channel: opening.channel,
        urgent,
        missing,
        previous: opening.previous,
        muted: opening.muted,
        late: opening.late,
        ..Ticket::blank(key, opening.language, opening.received_at)
    };
    (ticket.respond, ticket.resolve) = sla::clocks(&ticket, opening.received_at, rules);
    if opening.outbound {
        ticket.state = State::Open;
        ticket.assignee = opening.by;
        return Step::to(ticket, reason);
    }
    let muted = ticket.muted.is_some();
    let off_hours = urgent_off_hours(&ticket, now, rules);
    let mut step = Step::to(ticket, reason).with(Effect::Keep {
        kind: Kind::Request,
        text: opening.text,
        attachments: Carry::OfThisMail,
    });
    step.ticket.messages = 1;
    if !muted {
        let notice = if urgent { Purpose::UrgentAccepted } else { Purpose::Ack };
        step = step.tell(notice, Audience::RequesterAndContract);
    }
    step = step.tell(Purpose::AgentNew, Audience::NotifyNew);
    if off_hours {
        step = step.tell(Purpose::EscalationHead(Alarm::UrgentOffHours), Audience::Head);
    }
    step
}

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
    if let Some(why) = &opening.muted {
        reason.push_str(&format!("; no automatic mail: {why}"));
    }
    reason
}
