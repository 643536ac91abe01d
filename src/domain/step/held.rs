//! A request that waits: for required information, to learn on whose behalf somebody writes, or for the client's
//! word that he may. It has its number, no clocks run, and nobody is bothered.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::open::{accepted, of_person, remembered};
use crate::domain::effect::{Audience, Effect, Purpose, Step, Update};
use crate::domain::event::ClientWrote;
use crate::domain::people::Acquaintance;
use crate::domain::required;
use crate::domain::rules::{Identify, Missing, Rules};
use crate::domain::sla;
use crate::domain::span::Span;
use crate::domain::ticket::{Lack, State, Ticket};

/// A stranger who does not say who he is is waited for as long.
const IDENTITY_EXPIRES: Span = Span::Days(7);

/// What a new request waits for; `None` where it is taken on at once. Nobody who cannot be asked is waited for.
pub(super) fn lacks(ticket: &Ticket, stranger: bool, rules: &Rules) -> Option<Lack> {
    if ticket.muted.is_some() || ticket.requester.address.is_none() {
        return None;
    }
    let asks = matches!(rules.identify, Identify::Ask { .. });
    if asks && stranger && ticket.client.is_none() {
        return Some(Lack::Identity);
    }
    let holds = matches!(rules.missing, Missing::Hold { .. }) && !ticket.missing.is_empty();
    holds.then_some(Lack::Information)
}

/// Holds a request that is lacking something.
pub(super) fn hold(step: Step, lack: Lack, now: Timestamp, rules: &Rules) -> Step {
    match lack {
        Lack::Information => ask(step, now, rules),
        Lack::Identity | Lack::Confirmation => identify(step, now, rules, true),
    }
}

/// Asks for what is lacking; the expiry counts from now.
fn ask(mut step: Step, now: Timestamp, rules: &Rules) -> Step {
    step.ticket.state = State::NeedsInfo { expires_at: Some(expiry(now, rules)), lack: Lack::Information };
    step.reason.push_str(&format!("; held, it lacks {}", step.ticket.missing.join(", ")));
    step.tell(Purpose::MissingInfo, Audience::Requester)
}

/// Who is it? A client's number is put before that client; anything else is asked for once more.
fn identify(mut step: Step, now: Timestamp, rules: &Rules, tell: bool) -> Step {
    let claimed = step.ticket.fields.get("company_number").and_then(|code| rules.clients.of_code(code));
    let expires_at = Some(expiry(now, rules));
    let Some(client) = claimed else {
        step.ticket.state = State::NeedsInfo { expires_at, lack: Lack::Identity };
        step.reason.push_str("; held: nobody knows on whose behalf the sender writes");
        return if tell { step.tell(Purpose::Identify, Audience::Requester) } else { step };
    };
    step.ticket.client = Some(client.code.clone());
    step.ticket.company = None;
    step.ticket.missing.retain(|field| field != "company" && field != "company_number");
    if rules.identify == (Identify::Ask { verify: false }) {
        step.reason.push_str(&format!("; identified by the number of {}", client.name));
        return complete(step, now, rules, None);
    }
    step.ticket.state = State::NeedsInfo { expires_at, lack: Lack::Confirmation };
    step.reason.push_str(&format!("; held until {} confirms the sender", client.name));
    match client.contract.as_ref().and_then(|contract| contract.address.as_ref()) {
        Some(_) => step.tell(Purpose::VerifyClient, Audience::Contract),
        None => step.tell(Purpose::AgentUpdate(Update::ClientReply), Audience::Newcomers),
    }
}

fn expiry(now: Timestamp, rules: &Rules) -> Timestamp {
    let span = match &rules.missing {
        Missing::Hold { expires } => *expires,
        Missing::Ask => IDENTITY_EXPIRES,
    };
    rules.calendar(None).due(now, &span)
}

/// The client's side writes on a held request. What it brings is on the ticket already.
pub(super) fn wrote(mut step: Step, lack: Lack, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> Step {
    let may_ask = wrote.silent.is_none();
    let urgent = wrote.urgent.is_some() && rules.urgent.as_ref().is_some_and(|urgent| urgent.by_words);
    step.ticket.urgent |= urgent;
    if step.ticket.urgent {
        sla::bring_together(&mut step.ticket, rules);
    }
    match lack {
        Lack::Identity => identify(step, now, rules, may_ask),
        Lack::Confirmation => {
            step.reason.push_str("; still held until the client confirms the sender");
            step
        }
        Lack::Information if step.ticket.missing.is_empty() => {
            step.reason.push_str("; nothing is lacking any more");
            complete(step, now, rules, None)
        }
        Lack::Information if may_ask => ask(step, now, rules),
        Lack::Information => step,
    }
}

/// The request is taken on at last: clocks from now. Where information is lacking and the desk holds such requests,
/// it is asked for first.
pub(super) fn complete(mut step: Step, now: Timestamp, rules: &Rules, vouched: Option<String>) -> Step {
    let holds = matches!(rules.missing, Missing::Hold { .. });
    if holds && !step.ticket.missing.is_empty() {
        return ask(step, now, rules);
    }
    step.ticket.state = State::New;
    step.ticket.clocks_from = now;
    step = match (vouched, step.ticket.requester.address.clone()) {
        (Some(client), Some(address)) => {
            let fields = of_person(&step.ticket);
            step.with(Effect::Acquaint(address, Acquaintance { client: Some(client), fields, denied: false }))
        }
        _ => remembered(step, &BTreeMap::new(), rules),
    };
    accepted(step, now, rules)
}

/// The client said whether the sender may write on its behalf.
pub(super) fn vouched(ticket: &Ticket, yes: bool, word: &str, now: Timestamp, rules: &Rules) -> Step {
    if !matches!(ticket.state, State::NeedsInfo { lack: Lack::Confirmation, .. }) {
        return Step::stay(ticket, format!("{word:?}, but nothing waits for a confirmation any more"));
    }
    let step = Step::stay(ticket, format!("the client answered {word:?}"));
    if yes {
        return complete(step, now, rules, ticket.client.clone());
    }
    let mut step = step;
    step.reason.push_str(": the sender may not write on its behalf");
    step.ticket.state = State::Rejected { at: now };
    step.ticket.client = None;
    if let Some(address) = ticket.requester.address.clone() {
        let denied = Acquaintance { denied: true, ..Acquaintance::default() };
        step = step.with(Effect::Acquaint(address, denied));
    }
    step.tell(Purpose::AgentUpdate(Update::ClientReply), Audience::Newcomers)
}

/// Puts what a mail says on the ticket, and strikes out what is not lacking any more.
pub(super) fn learn(ticket: &mut Ticket, wrote: &ClientWrote, rules: &Rules) {
    required::learn(ticket, &wrote.found.fields, rules);
    if ticket.client.is_none() && ticket.company.is_none() {
        ticket.company = wrote.found.fields.get("company").cloned();
    }
    ticket.missing = required::still_missing(ticket, wrote);
}
