//! The client's side writes.

use jiff::{SignedDuration, Timestamp};

use super::held;
use super::offer;
use super::open::urgent_off_hours;
use crate::domain::address::Mailbox;
use crate::domain::effect::{Alarm, Audience, Carry, Effect, Purpose, Step, Update};
use crate::domain::event::{ClientWrote, Standing};
use crate::domain::kinds::Means;
use crate::domain::rules::Rules;
use crate::domain::sla;
use crate::domain::thread::Kind;
use crate::domain::ticket::{Clock, State, Status, Ticket};

/// A mail from the client's side on an existing ticket.
pub fn wrote(ticket: &Ticket, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> Step {
    if wrote.standing == Standing::Outsider {
        return from_outside(ticket, wrote);
    }
    let step = match ticket.status() {
        Status::Closed | Status::Merged | Status::Rejected => {
            Step::stay(ticket, format!("{}; the ticket is {}", wrote.evidence, ticket.status().word()))
        }
        status if wrote.thanks.is_some() => {
            let words = wrote.thanks.as_deref().unwrap_or_default();
            let step = Step::stay(ticket, format!("{}; thanks alone: {words:?}", wrote.evidence));
            if status == Status::Resolved { step } else { told(step, Update::ClientReply) }
        }
        Status::Resolved if may_reopen(ticket, now, rules) => reopened(ticket, wrote, now, rules),
        Status::Resolved => reopened_too_often(ticket, wrote, now, rules),
        Status::NeedsInfo | Status::New | Status::Open | Status::Waiting => {
            answered(ticket, wrote, now, rules)
        }
    };
    complained(kept(step, wrote, Kind::Comment), wrote)
}

/// Somebody with a good reference who was never brought in: agents see it, nothing else happens.
fn from_outside(ticket: &Ticket, wrote: &ClientWrote) -> Step {
    let reason = format!("{}; the sender takes no part in this ticket", wrote.evidence);
    let step = told(Step::stay(ticket, reason), Update::ClientReply);
    kept(step, wrote, Kind::Held)
}

fn answered(ticket: &Ticket, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> Step {
    let mut next = ticket.clone();
    held::learn(&mut next, wrote, rules);
    if let State::NeedsInfo { lack, .. } = ticket.state {
        return held::wrote(Step::to(next, wrote.evidence.clone()), lack, wrote, now, rules);
    }
    if ticket.status() == Status::Waiting {
        next.state = State::Open;
    }
    let agreed = offer::consent(&mut next, wrote, now, rules);
    let Some(word) = urgent_word(wrote, rules).filter(|_| !ticket.urgent) else {
        let step = told(Step::to(next, wrote.evidence.clone()), Update::ClientReply);
        return offer::confirmed(step, agreed, wrote);
    };
    let reason = format!("{}; urgent from now on: {word:?}", wrote.evidence);
    offer::confirmed(made_urgent(next, now, rules, reason, wrote.silent.is_none()), agreed, wrote)
}

/// What makes it urgent: a word of urgency, or one of the severity (or type) that means urgent at this desk.
fn urgent_word<'a>(wrote: &'a ClientWrote, rules: &Rules) -> Option<&'a str> {
    let urgent = rules.urgent.as_ref()?;
    let meant = match &urgent.means {
        Some(Means::Severity(name)) => wrote.found.severity.as_ref().filter(|(found, _)| found == name),
        Some(Means::Type(name)) => wrote.found.kind.as_ref().filter(|(found, _)| found == name),
        None => None,
    };
    let word = wrote.urgent.as_deref().filter(|_| urgent.by_words);
    word.or(meant.map(|(_, word)| word.as_str()))
}

/// A complaint goes to the head as well, past those who work on the ticket; the client is told so.
fn complained(mut step: Step, wrote: &ClientWrote) -> Step {
    let Some(word) = &wrote.found.complaint else { return step };
    step.reason.push_str(&format!("; a complaint: {word:?}"));
    if wrote.silent.is_none() && step.ticket.muted.is_none() {
        step = step.tell(Purpose::Escalated, Audience::Requester);
    }
    step.tell(Purpose::EscalationHead(Alarm::Complaint), Audience::Head)
}

/// Makes an open ticket urgent: clocks from now, the nearer deadline holds, everybody concerned is told.
pub(super) fn made_urgent(
    mut next: Ticket,
    now: Timestamp,
    rules: &Rules,
    reason: String,
    tell_client: bool,
) -> Step {
    next.urgent = true;
    sla::bring_together(&mut next, rules);
    let (respond, resolve) = sla::clocks(&next, now, rules);
    next.respond = nearer(next.respond.take(), respond);
    next.resolve = nearer(next.resolve.take(), resolve);
    let off_hours = urgent_off_hours(&next, now, rules);
    let muted = next.muted.is_some();
    let mut step = Step::to(next, reason);
    if tell_client && !muted {
        step = step.tell(Purpose::UrgentAccepted, Audience::RequesterAndContract);
    }
    step = step.tell(Purpose::AgentNew, Audience::NotifyNew);
    if off_hours {
        step = step.tell(Purpose::EscalationHead(Alarm::UrgentOffHours), Audience::Head);
    }
    step
}

fn nearer(old: Option<Clock>, new: Option<Clock>) -> Option<Clock> {
    match (old, new) {
        (Some(old), _) if old.met_at.is_some() => Some(old),
        (Some(old), Some(new)) => Some(if new.due < old.due { new } else { old }),
        (old, new) => new.or(old),
    }
}

fn reopened(ticket: &Ticket, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> Step {
    let reason = format!("{}; the client contests the solution", wrote.evidence);
    let mut step = Step::to(afresh(ticket, now, rules), reason);
    if wrote.silent.is_none() && step.ticket.muted.is_none() {
        step = step.tell(Purpose::Reopened, Audience::Requester);
    }
    told(step, Update::Reopened)
}

/// Two machines may be talking: the ticket stays, a person decides. It is not silent, so it does not close yet.
fn reopened_too_often(ticket: &Ticket, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> Step {
    let mut next = ticket.clone();
    if let State::Resolved { closes_at, .. } = &mut next.state {
        *closes_at = rules.autoclose_at(now).max(*closes_at);
    }
    let reason = format!("{}; reopened too often today, a person decides", wrote.evidence);
    told(Step::to(next, reason), Update::ClientReply)
}

/// The operator takes a resolved, closed or rejected ticket up again.
pub(super) fn take_up(ticket: &Ticket, now: Timestamp, rules: &Rules, reason: &str) -> Step {
    let mut step = Step::to(afresh(ticket, now, rules), reason);
    if ticket.status() == Status::Rejected {
        step.ticket.muted = None;
        let sender = ticket.requester.address.clone();
        step = sender.into_iter().fold(step, |step, address| step.with(Effect::Unblock(address)));
    }
    told(step, Update::Reopened)
}

/// The ticket open again: clocks afresh from now, the same agent.
pub(super) fn afresh(ticket: &Ticket, now: Timestamp, rules: &Rules) -> Ticket {
    let mut next = ticket.clone();
    next.state = State::Open;
    next.clocks_from = now;
    (next.respond, next.resolve) = sla::clocks(&next, now, rules);
    next.reopened_at.retain(|at| is_within_a_day(*at, now));
    next.reopened_at.push(now);
    next
}

fn may_reopen(ticket: &Ticket, now: Timestamp, rules: &Rules) -> bool {
    let today = ticket.reopened_at.iter().filter(|at| is_within_a_day(**at, now)).count();
    today < rules.limits.reopens_per_day as usize
}

fn is_within_a_day(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < SignedDuration::from_hours(24)
}

fn told(step: Step, update: Update) -> Step {
    step.tell(Purpose::AgentUpdate(update), Audience::Responsible { but: None })
}

/// Puts the mail into the thread, before any letter that quotes it.
fn kept(mut step: Step, wrote: &ClientWrote, kind: Kind) -> Step {
    let keep = Effect::Keep { kind, text: wrote.text.clone(), attachments: Carry::OfThisMail };
    step.effects.insert(0, keep);
    if kind.is_public() {
        step.ticket.messages += 1;
    }
    if wrote.standing == Standing::Requester {
        bring_in(&mut step.ticket, &wrote.cc);
    }
    step
}

/// Brings people in who shall hear the answers. Only the requester's Cc does so, and agents (C6, C10).
pub(super) fn bring_in(ticket: &mut Ticket, people: &[Mailbox]) {
    for person in people {
        if !ticket.takes_part(&person.address) && ticket.participants.len() < PARTICIPANTS_MAX {
            ticket.participants.push(person.clone());
        }
    }
}

/// More people than this are not brought in by Cc.
pub const PARTICIPANTS_MAX: usize = 20;
