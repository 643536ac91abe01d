//! Looks up what an agent's instructions speak of beside their ticket.

use jiff::Timestamp;

use super::Desk;
use crate::domain::command::{Command, Instructions};
use crate::domain::event::{About, LastAct};
use crate::domain::hash::Hash;
use crate::domain::patch;
use crate::domain::people::AgentId;
use crate::domain::step::TAKEN_BACK;
use crate::domain::thread::{Entry, Kind, Message, Voice};
use crate::domain::ticket::{Status, Ticket, TicketKey};
use crate::store::{DeliveryFilter, DeliveryState, Result, StoreError, Tx};

/// Everything that deciding on these instructions needs. `answered` is the cause of the letter that they answer.
pub fn about(
    tx: &mut dyn Tx,
    desk: &Desk,
    ticket: &Ticket,
    by: &Voice,
    instructions: &Instructions,
    answered: Option<&str>,
) -> Result<About> {
    let mut about = About::default();
    for command in &instructions.commands {
        match command {
            Command::Merge(text) | Command::Link(text) => {
                if let Some(number) = desk.rules.tag.number(text) {
                    about.named.extend(tx.ticket(&TicketKey::new(desk.id(), number))?);
                }
            }
            Command::Undo => about.last_act = last_act(tx, desk, ticket, by)?,
            Command::Split => about.apart = apart(tx, &ticket.key, answered)?,
            _ => {}
        }
    }
    Ok(about)
}

/// The client's message that the answered letter told of, else the newest; never the one that opened the ticket.
fn apart(tx: &mut dyn Tx, key: &TicketKey, answered: Option<&str>) -> Result<Option<Message>> {
    let fingerprint = answered.and_then(|cause| Hash::parse(cause.strip_prefix("mail:")?.split(' ').next()?));
    let told_of = match fingerprint {
        Some(fingerprint) => tx.mail_by_fingerprint(&fingerprint)?.map(|mail| mail.mail.raw),
        None => None,
    };
    let mut further = tx.messages(key)?;
    further.retain(|m| m.kind == Kind::Comment || m.kind == Kind::Held);
    let meant = further.iter().position(|m| m.mail.is_some() && m.mail == told_of);
    Ok(match meant {
        Some(at) => Some(further.swap_remove(at)),
        None => further.pop(),
    })
}

/// What somebody did last, where nothing happened to the ticket since.
fn last_act(tx: &mut dyn Tx, desk: &Desk, ticket: &Ticket, by: &Voice) -> Result<Option<LastAct>> {
    let mut entries = tx.entries(&ticket.key)?;
    let Some(last) = entries.pop().filter(|e| is_act_of(e, by)) else {
        return Ok(None);
    };
    if entries.is_empty() {
        return Ok(None);
    }
    let before = patch::fold(entries.iter().map(|entry| &entry.change));
    let before: Ticket = serde_json::from_value(before)
        .map_err(|e| StoreError::Corrupt(format!("the history of {} gives no ticket: {e}", ticket.key)))?;
    let (has_left, told) = letters_of(tx, desk, &ticket.key, &last)?;
    let reaches_further = ticket.status() == Status::Merged || ticket.related != before.related;
    Ok(Some(LastAct { at: last.at, before, has_left, reaches_further, told }))
}

/// What takes an act back cannot be taken back itself.
fn is_act_of(entry: &Entry, by: &Voice) -> bool {
    entry.by == *by && entry.event == "agent_wrote" && entry.reason != TAKEN_BACK
}

/// Has a letter of an act left for the client, and which agents have theirs?
fn letters_of(tx: &mut dyn Tx, desk: &Desk, key: &TicketKey, act: &Entry) -> Result<(bool, Vec<AgentId>)> {
    let (mut has_left, mut told) = (false, Vec::new());
    for delivery in of_moment(tx, key, act.at)? {
        use DeliveryState::{Attempting, Sent, Uncertain};
        if !matches!(delivery.state, Attempting | Sent | Uncertain) {
            continue;
        }
        match desk.rules.agent_at(&delivery.recipient) {
            Some(agent) if act.by != Voice::Agent(agent.id.clone()) => told.push(agent.id.clone()),
            Some(_) => {}
            None => has_left |= !is_for_staff(&delivery.purpose),
        }
    }
    Ok((has_left, told))
}

fn is_for_staff(purpose: &str) -> bool {
    purpose.starts_with("agent_") || purpose == "escalation_head"
}

/// The deliveries of letters about a ticket that were written at one moment.
pub(super) fn of_moment(
    tx: &mut dyn Tx,
    key: &TicketKey,
    at: Timestamp,
) -> Result<Vec<crate::store::DeliveryRow>> {
    let filter = DeliveryFilter { ticket: Some(key.clone()), ..DeliveryFilter::default() };
    let mut all = tx.deliveries(&filter)?;
    all.retain(|delivery| delivery.created_at == at);
    Ok(all)
}
