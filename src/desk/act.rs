//! The operator speaks: the same decisions as by mail, from the command line.

use jiff::Timestamp;

use super::Desk;
use super::about::about;
use super::follow::follow;
use super::look_up::last_answer;
use super::perform::{Cause, perform};
use super::say::{error, in_english};
use crate::domain::address::Mailbox;
use crate::domain::command::Instructions;
use crate::domain::event::{Actor, AgentWrote, Event};
use crate::domain::language::Lang;
use crate::domain::people::AgentId;
use crate::domain::step::{Opening, open, step};
use crate::domain::thread::Voice;
use crate::domain::ticket::{Number, Requester, Status, Ticket, TicketKey};
use crate::store::{Result, StoreError, TicketFilter, Tx};

/// A request that came by telephone, over the counter, or from the operator's keyboard.
#[derive(Clone, Debug)]
pub struct Registration {
    pub by: Option<AgentId>,
    pub channel: String,
    pub name: String,
    pub address: Option<crate::domain::address::Address>,
    pub phone: Option<String>,
    pub subject: String,
    pub text: String,
    pub urgent: bool,
    pub language: Option<Lang>,
}

/// Registers a request that did not come by the requester's own mail.
///
/// # Errors
/// `Abandoned` with the reason when the desk does not take requests over that channel.
pub fn register(
    tx: &mut dyn Tx,
    desk: &Desk,
    registration: &Registration,
    act: &Act,
    now: Timestamp,
) -> Result<TicketKey> {
    let rules = &desk.rules;
    let channel = &registration.channel;
    if rules.channels.get(channel).is_some_and(|c| !c.create) {
        return Err(refused(format!("requests over {channel} may not be registered")));
    }
    if !rules.channels.is_empty() && !rules.channels.contains_key(channel) {
        let known: Vec<_> = rules.channels.keys().map(String::as_str).collect();
        return Err(refused(format!("there is no channel {channel:?}; there are {}", known.join(", "))));
    }
    let client = registration.address.as_ref().and_then(|a| rules.clients.of_address(a));
    let contact = client.and_then(|(_, contact)| contact);
    let written = desk.words.detect_language(&registration.text, &rules.languages, rules.own_language());
    let reading = desk.detector.read(&registration.text);
    let opening = Opening {
        number: tx.next_number(&rules.desk, rules.first_number)?,
        client: client.map(|(c, _)| c.code.clone()),
        requester: Requester {
            name: registration.name.clone(),
            address: registration.address.clone(),
            phone: registration.phone.clone(),
        },
        participants: Vec::new(),
        subject: registration.subject.clone(),
        text: registration.text.clone(),
        language: registration.language.or(contact.and_then(|c| c.language)).unwrap_or(written.lang),
        channel: channel.clone(),
        urgent: registration.urgent.then(|| "said so".to_owned()).or_else(|| reading.urgent()),
        urgency_stated: reading.not_urgent().is_some(),
        previous: None,
        received_at: now,
        late: false,
        muted: None,
        by: registration.by.clone(),
        outbound: false,
        reason: format!("registered by {}", act.voice().shown()),
    };
    let step = open(opening, now, rules);
    perform(tx, desk, &act.cause("opened", now), None, step)
}

/// Who acts, and what makes this act another than the last one.
#[derive(Clone, Debug)]
pub struct Act {
    /// The agent in whose name it is done; `None` is the operator.
    pub agent: Option<AgentId>,
    /// Unique for each act, so that its letters are.
    pub id: String,
}

impl Act {
    fn voice(&self) -> Voice {
        self.agent.clone().map_or(Voice::Operator, Voice::Agent)
    }

    fn cause(&self, event: &'static str, now: Timestamp) -> Cause<'static> {
        Cause { id: format!("act:{}", self.id), event, by: self.voice(), mail: None, now, resolved_at: None }
    }
}

/// Carries out what an agent could have written by mail.
///
/// # Errors
/// `Abandoned` with the reason when there is no such ticket or the instructions cannot be carried out.
pub fn instruct(
    tx: &mut dyn Tx,
    desk: &Desk,
    number: Number,
    instructions: Instructions,
    act: &Act,
    now: Timestamp,
) -> Result<Status> {
    let ticket = find(tx, desk, number)?;
    let by = act.agent.clone().map_or(Actor::Operator, Actor::Agent);
    let last_answer = last_answer(tx, &ticket.key)?;
    let about = about(tx, desk, &ticket, &act.voice(), &instructions, None)?;
    let wrote = AgentWrote { by, instructions, seen_up_to: None, last_answer, about };
    let event = Event::AgentWrote(wrote);
    let decided = step(&ticket, &event, now, &desk.rules);
    if let Some(mistake) = error(&decided) {
        return Err(refused(in_english(desk, mistake)));
    }
    let status = decided.ticket.status();
    let (cause, effects) = (act.cause(event.word(), now), decided.effects.clone());
    perform(tx, desk, &cause, Some(&ticket), decided)?;
    follow(tx, desk, &cause, &ticket.key, &effects)?;
    Ok(status)
}

/// The agent takes the request that waits longest; `None` where none waits.
pub fn next(
    tx: &mut dyn Tx,
    desk: &Desk,
    agent: &AgentId,
    act: &Act,
    now: Timestamp,
) -> Result<Option<Number>> {
    let Some(ticket) = first_waiting(tx, desk)? else { return Ok(None) };
    let event = Event::Taken { by: agent.clone() };
    let decided = step(&ticket, &event, now, &desk.rules);
    perform(tx, desk, &act.cause(event.word(), now), Some(&ticket), decided)?;
    Ok(Some(ticket.key.number))
}

fn first_waiting(tx: &mut dyn Tx, desk: &Desk) -> Result<Option<Ticket>> {
    let filter = TicketFilter {
        desk: Some(desk.id().clone()),
        statuses: vec![Status::New, Status::Open],
        ..TicketFilter::default()
    };
    let mut waiting = tx.tickets(&filter)?;
    waiting.retain(|ticket| ticket.assignee.is_none());
    Ok(waiting.into_iter().min_by_key(|ticket| (ticket.received_at, ticket.key.number)))
}

/// Takes a resolved or closed ticket up again.
///
/// # Errors
/// `Abandoned` when there is no such ticket or it is open anyway.
pub fn reopen(tx: &mut dyn Tx, desk: &Desk, number: Number, act: &Act, now: Timestamp) -> Result<()> {
    let ticket = find(tx, desk, number)?;
    if !matches!(ticket.status(), Status::Resolved | Status::Closed | Status::Rejected) {
        return Err(refused(format!("{} is {}", desk.rules.tag.shown(number), ticket.status().word())));
    }
    let decided = step(&ticket, &Event::TakenUp, now, &desk.rules);
    perform(tx, desk, &act.cause("taken_up", now), Some(&ticket), decided).map(|_| ())
}

/// Joins one ticket to another: its matter goes on there, mail to it follows, and its people hear the answers.
///
/// # Errors
/// `Abandoned` when one of them does not exist, is merged already, or both are the same.
pub fn merge(
    tx: &mut dyn Tx,
    desk: &Desk,
    number: Number,
    into: Number,
    act: &Act,
    now: Timestamp,
) -> Result<()> {
    let (from, target) = (find(tx, desk, number)?, find(tx, desk, into)?);
    if number == into {
        return Err(refused("a request cannot be merged into itself".to_owned()));
    }
    for ticket in [&from, &target] {
        if ticket.status() == Status::Merged {
            return Err(refused(format!("{} is merged already", desk.rules.tag.shown(ticket.key.number))));
        }
    }
    let decided = step(&from, &Event::MergedInto(into), now, &desk.rules);
    perform(tx, desk, &act.cause("merged", now), Some(&from), decided)?;
    let people = from.requester.address.clone().map(|a| Mailbox::new(&from.requester.name, a));
    let event = Event::TookOver { number, people: people.into_iter().chain(from.participants).collect() };
    let decided = step(&target, &event, now, &desk.rules);
    perform(tx, desk, &act.cause(event.word(), now), Some(&target), decided).map(|_| ())
}

fn find(tx: &mut dyn Tx, desk: &Desk, number: Number) -> Result<Ticket> {
    let found = tx.ticket(&TicketKey::new(&desk.rules.desk, number))?;
    found.ok_or_else(|| refused(format!("there is no request {}", desk.rules.tag.shown(number))))
}

fn refused(why: String) -> StoreError {
    StoreError::Abandoned(why)
}
