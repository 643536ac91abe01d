//! Commands that put a ticket right: what it is about, whose it is, what belongs to it.

use super::{Doing, named};
use crate::domain::command::Mistake;
use crate::domain::effect::{Alarm, Audience, Carry, Effect, Purpose, Step};
use crate::domain::event::AgentWrote;
use crate::domain::rules::Rules;
use crate::domain::step::held;
use crate::domain::thread::{Kind, Message};
use crate::domain::ticket::{Lack, Number, State, Status, Ticket};

use super::acts::Acts;

/// What commands name beside their ticket: found, so that nothing can fail any more.
#[derive(Default)]
pub struct Targets {
    merge: Option<Number>,
    links: Vec<Number>,
    apart: Option<Message>,
    /// Name of the field and its value.
    fields: Vec<(String, String)>,
}

impl Targets {
    /// Looks them up.
    pub fn of(acts: &Acts, ticket: &Ticket, wrote: &AgentWrote, rules: &Rules) -> Result<Targets, Mistake> {
        let mut targets = Targets::default();
        let other = |text: &str| {
            let other = named::ticket(text, &wrote.about.named, rules)?;
            let is_same = other.key == ticket.key || other.status() == Status::Merged;
            if is_same {
                Err(Mistake::new("unknown_request").with("value", text))
            } else {
                Ok(other.key.number)
            }
        };
        targets.merge = acts.merge.as_deref().map(other).transpose()?;
        for text in &acts.links {
            targets.links.push(other(text)?);
        }
        if acts.split {
            let apart = wrote.about.apart.clone().ok_or_else(|| Mistake::new("nothing_to_split"))?;
            targets.apart = Some(apart);
        }
        for (name, value) in &acts.fields {
            targets.fields.push((named::field(name, ticket, rules)?, value.clone()));
        }
        if acts.escalate.is_some() && rules.head.is_none() {
            return Err(Mistake::new("no_head"));
        }
        Ok(targets)
    }
}

impl Doing<'_> {
    /// `#subject`, `#field`, `#client`, `#requester`, `#cc`, `#link`.
    pub fn put_right(&self, mut step: Step) -> Step {
        let ticket = &mut step.ticket;
        if let Some(subject) = &self.acts.subject {
            ticket.subject.clone_from(subject);
        }
        if let Some(requester) = &self.acts.requester {
            let contact = self.rules.clients.of_address(&requester.address);
            let known = contact.and_then(|(_, contact)| contact).map(|c| c.name.clone());
            let name = Some(requester.name.clone()).filter(|name| !name.is_empty()).or(known);
            ticket.requester.name = name.unwrap_or_default();
            ticket.requester.address = Some(requester.address.clone());
            ticket.participants.retain(|p| p.address != requester.address);
            ticket.muted = None;
            ticket.client = contact.map(|(client, _)| client.code.clone()).or(ticket.client.take());
        }
        if let Some(code) = &self.acts.client {
            ticket.client = Some(code.clone());
            ticket.company = None;
        }
        crate::domain::step::client::bring_in(ticket, &self.acts.cc);
        for number in &self.targets.links {
            if !ticket.related.contains(number) {
                ticket.related.push(*number);
            }
        }
        for (name, value) in &self.targets.fields {
            fill(ticket, name, value);
        }
        self.completed(step)
    }

    /// A held request to which nothing is lacking any more is registered for good.
    fn completed(&self, step: Step) -> Step {
        let is_held = matches!(step.ticket.state, State::NeedsInfo { lack: Lack::Information, .. });
        if !is_held || self.targets.fields.is_empty() || !step.ticket.missing.is_empty() {
            return step;
        }
        held::complete(step, self.now, self.rules, None)
    }

    /// `#merge`, `#link`, `#split`, `#escalate`, `#do`, `#next`: what goes on beyond this ticket.
    pub fn beyond(&self, mut step: Step) -> Step {
        if let Some(into) = self.targets.merge {
            step.ticket.state = State::Merged { into };
            step = step.with(Effect::Join(into));
        }
        for number in &self.targets.links {
            step = step.with(Effect::Relate(*number));
        }
        if let Some(message) = &self.targets.apart {
            step = step.with(Effect::Apart(message.clone()));
        }
        if let Some(reason) = &self.acts.escalate {
            let keep = Effect::Keep { kind: Kind::Note, text: reason.clone(), attachments: Carry::Nothing };
            let alarm = Alarm::Asked { reason: reason.clone() };
            step = super::first(step, keep).tell(Purpose::EscalationHead(alarm), Audience::Head);
        }
        for hook in &self.acts.hooks {
            step = step.with(Effect::Run(hook.clone()));
        }
        if self.acts.next { step.with(Effect::Next) } else { step }
    }
}

/// Notes a value that is known from now on.
fn fill(ticket: &mut Ticket, name: &str, value: &str) {
    match name {
        "person" => ticket.requester.name = value.to_owned(),
        "phone" => ticket.requester.phone = Some(value.to_owned()),
        "company" => ticket.company = Some(value.to_owned()),
        _ => {}
    }
    ticket.fields.insert(name.to_owned(), value.to_owned());
    ticket.missing.retain(|missing| missing != name);
}
