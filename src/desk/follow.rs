//! What an agent's act sets off beyond its own ticket: tickets joined, named or split off, commands started, the
//! next request taken. All of it belongs to the unit of work of the act.

use jiff::Timestamp;

use super::Desk;
use super::about::of_moment;
use super::act::{self, Act};
use super::background::background;
use super::hooks;
use super::perform::{Cause, perform};
use super::recognise::{self, Written};
use super::say::without_ticket;
use crate::domain::address::Mailbox;
use crate::domain::command::Mistake;
use crate::domain::effect::{Answer, Carry, Effect, Purpose};
use crate::domain::event::Event;
use crate::domain::step::{Opening, open, step};
use crate::domain::thread::{Kind, Message, Voice};
use crate::domain::ticket::{Number, Requester, Ticket, TicketKey};
use crate::store::{DeliveryState, Result, Settled, StoreError, Tx};

/// Carries out what is left to do after an act on a ticket was written down.
pub fn follow(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    key: &TicketKey,
    effects: &[Effect],
) -> Result<()> {
    let now = cause.now;
    for effect in effects {
        match effect {
            Effect::Join(into) => {
                let ticket = find(tx, desk, key.number)?;
                let people = ticket.requester.address.clone();
                let people = people.map(|a| Mailbox::new(&ticket.requester.name, a)).into_iter();
                let people = people.chain(ticket.participants).collect();
                let event = Event::TookOver { number: key.number, people };
                elsewhere(tx, desk, cause, *into, &event)?;
            }
            Effect::Relate(other) => elsewhere(tx, desk, cause, *other, &Event::Linked(key.number))?,
            Effect::Apart(message) => {
                let number = apart(tx, desk, cause, key, message)?;
                elsewhere(tx, desk, cause, key.number, &Event::Linked(number))?;
            }
            Effect::TakeBack(at) => take_back(tx, key, *at, now)?,
            Effect::Run(hook) => hooks::order(tx, cause, key, hook)?,
            Effect::Next => next(tx, desk, cause)?,
            _ => {}
        }
    }
    Ok(())
}

fn find(tx: &mut dyn Tx, desk: &Desk, number: Number) -> Result<Ticket> {
    let found = tx.ticket(&TicketKey::new(desk.id(), number))?;
    found
        .ok_or_else(|| StoreError::Abandoned(format!("there is no request {}", desk.rules.tag.shown(number))))
}

/// Something happens to another ticket by the same act.
fn elsewhere(tx: &mut dyn Tx, desk: &Desk, cause: &Cause<'_>, number: Number, event: &Event) -> Result<()> {
    let ticket = find(tx, desk, number)?;
    let decided = step(&ticket, event, cause.now, &desk.rules);
    let id = format!("{} {}", cause.id, event.word());
    let (by, happened) = (cause.by.clone(), cause.happened);
    let cause = Cause { by, happened, ..Cause::new(id, event.word(), cause.now) };
    perform(tx, desk, &cause, Some(&ticket), decided).map(|_| ())
}

/// A client's message becomes a request of its own, as if it had come so.
fn apart(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    key: &TicketKey,
    message: &Message,
) -> Result<Number> {
    let old = find(tx, desk, key.number)?;
    let requester = match &message.author {
        Voice::Person(writer) => Requester::of(writer),
        _ => old.requester.clone(),
    };
    let number = tx.next_number(desk.id(), desk.rules.first_number)?;
    let reading = desk.detector.read(&message.text);
    let background = background(tx, desk, requester.address.as_ref(), Some(&old))?;
    let by = requester.address.clone().map(|address| Mailbox::new(&requester.name, address));
    let written =
        Written { subject: "", text: &message.text, signature: "", by: by.as_ref(), at: message.at };
    let found = recognise::found(desk, &written);
    let opening = Opening {
        number,
        background,
        requester,
        participants: Vec::new(),
        subject: old.subject.clone(),
        text: message.text.clone(),
        language: old.language,
        channel: old.channel.clone(),
        kind: None,
        severity: None,
        urgent: reading.urgent().filter(|_| desk.rules.heeds_urgent_words()),
        urgency_stated: reading.urgent().or_else(|| reading.not_urgent()).is_some(),
        found: found.clone(),
        document: !message.attachments.is_empty(),
        previous: None,
        received_at: message.at,
        late: false,
        muted: old.muted.clone(),
        by: None,
        outbound: false,
        reason: format!("split off {} by {}", desk.rules.tag.shown(key.number), cause.by.shown()),
    };
    let mut decided = open(opening, cause.now, &desk.rules);
    decided.ticket.related = vec![key.number];
    for effect in &mut decided.effects {
        if let Effect::Keep { attachments, .. } = effect {
            *attachments = Carry::These(message.attachments.clone());
        }
    }
    let id = format!("{} split", cause.id);
    let by = message.author.clone();
    let happened = cause.happened;
    let cause = Cause { by, found: Some(&found), happened, ..Cause::new(id, "opened", cause.now) };
    perform(tx, desk, &cause, None, decided)?;
    Ok(number)
}

/// Letters that have not gone are not sent, and what was said in them stays as a note.
fn take_back(tx: &mut dyn Tx, key: &TicketKey, at: Timestamp, now: Timestamp) -> Result<()> {
    for delivery in of_moment(tx, key, at)? {
        if matches!(delivery.state, DeliveryState::Queued | DeliveryState::Deferred) {
            tx.settle(delivery.id, &Settled::cancelled(now, "taken back by its agent"))?;
        }
    }
    for mut message in tx.messages(key)? {
        if message.at == at && message.kind == Kind::Reply {
            (message.kind, message.letter) = (Kind::Note, None);
            tx.replace_message(key, &message)?;
        }
    }
    Ok(())
}

/// The agent who asks gets the next request; where none waits, he learns that.
pub fn next(tx: &mut dyn Tx, desk: &Desk, cause: &Cause<'_>) -> Result<()> {
    let Voice::Agent(agent) = &cause.by else { return Ok(()) };
    let act = Act { agent: Some(agent.clone()), id: format!("{} next", cause.id) };
    if act::next(tx, desk, agent, &act, cause.now)?.is_some() {
        return Ok(());
    }
    let Some(agent) = desk.rules.agent(agent) else { return Ok(()) };
    let nothing = Purpose::AgentResult(Answer::Done(Mistake::new("nothing_waits")));
    without_ticket(tx, desk, cause, nothing, agent)
}
