//! The operator speaks: the same decisions as by mail, from the command line.

use jiff::Timestamp;

use sha2::{Digest as _, Sha256};

use super::Desk;
use super::about::about;
use super::follow::follow;
use super::look_up::last_answer;
use super::perform::{Cause, perform};
use super::say::{error, in_english};
use crate::domain::address::Mailbox;
use crate::domain::command::Instructions;
use crate::domain::event::{Actor, AgentWrote, Event};
use crate::domain::hash::Hash;
use crate::domain::letter::{Attached, PartSource};
use crate::domain::people::AgentId;
use crate::domain::step::step;
use crate::domain::thread::Voice;
use crate::domain::ticket::{Number, Status, Ticket, TicketKey};
use crate::store::{Result, StoreError, Tx};

/// Adds a paper to a ticket, with an internal note; nobody is written to.
///
/// # Errors
/// `Abandoned` when there is no such ticket.
pub fn attach(
    tx: &mut dyn Tx,
    desk: &Desk,
    number: Number,
    paper: &Paper,
    act: &Act,
    now: Timestamp,
) -> Result<()> {
    let ticket = find(tx, desk, number)?;
    let hash = Hash(Sha256::digest(&paper.bytes).into());
    tx.keep(&hash, &paper.bytes)?;
    let event = Event::Attached { note: paper.note.clone() };
    let file = Attached {
        name: paper.name.clone(),
        content_type: paper.content_type.clone(),
        content_id: None,
        size_bytes: paper.bytes.len() as u64,
        hash,
        source: PartSource::Blob { hash },
    };
    let cause = Cause { files: vec![file], ..act.cause(event.word(), now) };
    let decided = step(&ticket, &event, now, &desk.rules);
    perform(tx, desk, &cause, Some(&ticket), decided).map(|_| ())
}

/// A file that did not come by mail.
#[derive(Clone, Debug)]
pub struct Paper {
    /// A base name, never a path.
    pub name: String,
    pub content_type: String,
    pub bytes: Vec<u8>,
    /// What is to be said of it, and where the original lies.
    pub note: String,
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
    pub(super) fn voice(&self) -> Voice {
        self.agent.clone().map_or(Voice::Operator, Voice::Agent)
    }

    pub(super) fn cause(&self, event: &'static str, now: Timestamp) -> Cause<'static> {
        Cause { by: self.voice(), ..Cause::new(format!("act:{}", self.id), event, now) }
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
    let about = Box::new(about(tx, desk, &ticket, &act.voice(), &instructions, None)?);
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
    let waiting = tx.queue(desk.id(), desk.rules.queue, 1)?;
    let Some(ticket) = waiting.into_iter().next() else { return Ok(None) };
    let event = Event::Taken { by: agent.clone() };
    let decided = step(&ticket, &event, now, &desk.rules);
    perform(tx, desk, &act.cause(event.word(), now), Some(&ticket), decided)?;
    Ok(Some(ticket.key.number))
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

pub(super) fn refused(why: String) -> StoreError {
    StoreError::Abandoned(why)
}
