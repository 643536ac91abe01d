//! Time passes: silence closes, promises end, reminders fall due.

use jiff::Timestamp;

use super::offer;
use crate::domain::effect::{Alarm, Audience, Promised, Purpose, Step};
use crate::domain::rules::Rules;
use crate::domain::ticket::{Clock, Closing, State, Ticket};

/// All that time alone does to a ticket by `now`. A second call at the same instant does nothing.
///
/// Silence closes (and reminds of) only what is known to be silent: when the mailbox has not been read past the
/// moment, a reply may lie there, and the ticket stays as it is (A39). Promises do not wait for it.
pub fn passed(ticket: &Ticket, read_up_to: Option<Timestamp>, now: Timestamp, rules: &Rules) -> Step {
    let mut reasons = Vec::new();
    let mut step = Step::stay(ticket, "");
    let silent_until = |at: &Timestamp| read_up_to.is_some_and(|read| read >= *at);
    let mut waits = false;
    match &ticket.state {
        State::Resolved { closes_at: at, .. }
        | State::NeedsInfo { expires_at: Some(at), .. }
        | State::Waiting { remind_at: Some(at), .. }
            if *at <= now && !silent_until(at) =>
        {
            waits = true;
        }
        State::Resolved { closes_at, .. } if *closes_at <= now => {
            step.ticket.state = State::Closed { at: now, how: Closing::Silence };
            reasons.push("the client was silent since it was resolved".to_owned());
            if rules.autoclose.tell && ticket.muted.is_none() {
                step = step.tell(Purpose::ClosedSilence, Audience::Requester);
            }
        }
        State::NeedsInfo { expires_at: Some(at), .. } if *at <= now => {
            if read_up_to.is_none_or(|read| read < *at) {
                return Step::stay(ticket, WAITS_FOR_MAILBOX);
            }
            step.ticket.state = State::Closed { at: now, how: Closing::Expired };
            reasons.push("the information that was asked for never came".to_owned());
        }
        State::Waiting { since, remind_at: Some(at) } if *at <= now => {
            step.ticket.state = State::Waiting { since: *since, remind_at: None };
            reasons.push("the client was asked and is silent: reminded, this once".to_owned());
            if ticket.muted.is_none() {
                step = step.tell(Purpose::WaitingClient, Audience::Requester);
            }
        }
        _ => {}
    }
    let (lapsed, may_lapse) = offer::lapse(step, silent_until, now, &mut reasons);
    (step, waits) = (lapsed, waits || may_lapse);
    if runs(&step.ticket.state) {
        step = strike(step, Promised::Respond, now, rules, &mut reasons);
        step = strike(step, Promised::Resolve, now, rules, &mut reasons);
    }
    step.reason = match (reasons.is_empty(), waits) {
        (true, true) => WAITS_FOR_MAILBOX.to_owned(),
        (true, false) => "nothing is due".to_owned(),
        (false, _) => reasons.join("; "),
    };
    step
}

/// The reason of a tick that closes nothing because the mailbox is behind.
pub const WAITS_FOR_MAILBOX: &str = "the mailbox has not been read past the moment: an answer may lie there";

/// Do clocks count in this state? While we wait for the client they go on: the promise is on the whole matter, and
/// a question asked late must not stop it. While required information is lacking there are none yet.
fn runs(state: &State) -> bool {
    matches!(state, State::New | State::Open | State::Waiting { .. })
}

fn strike(mut step: Step, which: Promised, now: Timestamp, rules: &Rules, reasons: &mut Vec<String>) -> Step {
    let clock = match which {
        Promised::Respond => step.ticket.respond.as_mut(),
        Promised::Resolve => step.ticket.resolve.as_mut(),
    };
    let Some(clock) = clock.filter(|c: &&mut Clock| c.met_at.is_none() && !c.breached) else { return step };
    if clock.due <= now {
        clock.breached = true;
        clock.warn_at = None;
        reasons.push(format!("the promise of {} is broken", word(which)));
        return step.tell(Purpose::EscalationHead(Alarm::Breach(which)), Audience::Head);
    }
    if clock.warn_at.is_some_and(|at| at <= now) {
        clock.warn_at = None;
        reasons.push(format!("the promise of {} ends soon", word(which)));
        let to = warned(&step.ticket, rules);
        return step.tell(Purpose::AgentWarning(which), to);
    }
    step
}

/// Who is to keep the promise: the assignee, else everybody who was told of the request.
fn warned(ticket: &Ticket, rules: &Rules) -> Audience {
    let assignee = ticket.assignee.clone().filter(|id| rules.agent(id).is_some());
    assignee.map_or(Audience::NotifyNew, Audience::Agent)
}

fn word(which: Promised) -> &'static str {
    match which {
        Promised::Respond => "an answer",
        Promised::Resolve => "a solution",
    }
}
