//! Orders carried out: the same functions serve the daemon's socket and a command line that works alone.

use data_encoding::BASE64;
use jiff::Timestamp;

use super::order::{Answer, NewRequest, Order};
use super::set_aside;
use crate::daemon::house::Desks;
use crate::daemon::switches;
use crate::desk::Desk;
use crate::desk::act::{self, Act, Paper};
use crate::desk::announce::announce;
use crate::desk::bill::bill;
use crate::desk::erase::erase;
use crate::desk::journal::{Correction, correct};
use crate::desk::register::{self, Registered, Registration};
use crate::desk::say::in_english;
use crate::domain::address::Address;
use crate::domain::fold::fold;
use crate::domain::people::AgentId;
use crate::domain::ticket::{Number, TicketKey};
use crate::mail::command;
use crate::store::{DeliveryId, DeliveryState, MailId, Result, Settled, StoreError, Tx};

/// Longest subject of a registered request, in characters.
const SUBJECT_CHARS_MAX: usize = 500;

/// Carries out an order in one unit of work. `id` is fresh for each order; it makes its letters unique.
///
/// # Errors
/// `Abandoned` with the reason when it cannot be done; then nothing of it is.
pub fn obey(tx: &mut dyn Tx, desks: &Desks, order: &Order, id: &str, now: Timestamp) -> Result<Answer> {
    match order {
        Order::Register(request) => register(tx, desks, request, id, now),
        Order::Instruct { ticket, by, text } => instruct(tx, desks, ticket, by.as_deref(), text, id, now),
        Order::Next { desk, by } => next(tx, desks, desk, by, id, now),
        Order::Reopen { ticket, by } => {
            let desk = desk_of(desks, &ticket.desk)?;
            act::reopen(tx, desk, ticket.number, &signed(desk, by.as_deref(), id)?, now)?;
            standing(tx, desk, ticket.number)
        }
        Order::Merge { ticket, into, by } => {
            let desk = desk_of(desks, &ticket.desk)?;
            act::merge(tx, desk, ticket.number, *into, &signed(desk, by.as_deref(), id)?, now)?;
            standing(tx, desk, ticket.number)
        }
        Order::Attach { ticket, by, name, base64, note } => {
            let desk = desk_of(desks, &ticket.desk)?;
            let paper = paper(desk, name, base64, note.clone())?;
            act::attach(tx, desk, ticket.number, &paper, &signed(desk, by.as_deref(), id)?, now)?;
            standing(tx, desk, ticket.number)
        }
        Order::Announce { desk, id, written } => {
            let reach = announce(tx, desk_of(desks, desk)?, written, id, now)?;
            let told = reach.told.iter().map(|mailbox| mailbox.address.to_string()).collect();
            Ok(Answer::Announced { told, unreachable: reach.unreachable })
        }
        Order::CorrectWork { ticket, row, minutes, mode, text, by } => {
            let desk = desk_of(desks, &ticket.desk)?;
            let act = signed(desk, by.as_deref(), id)?;
            let correction = Correction { minutes: *minutes, mode: mode.clone(), text: text.clone() };
            let work = correct(tx, desk, ticket.number, *row, &correction, &act, now)?;
            Ok(Answer::Work { ticket: ticket.clone(), shown: desk.rules.tag.shown(ticket.number), work })
        }
        Order::Bill { desk, period } => {
            let bills = bill(tx, desk_of(desks, desk)?, *period, false, id, now)?;
            Ok(Answer::Bills { bills })
        }
        Order::Requeue { delivery } => requeue(tx, *delivery, now),
        Order::Drop { delivery } => drop_delivery(tx, *delivery, now),
        Order::Discard { mail } => set_aside::discard(tx, *mail),
        Order::Reindex => tx.clear_index().map(|()| Answer::Reindexing),
        Order::Pause { what, why } => {
            switches::turn(tx, what, true, why, now).map(|paused| Answer::Switched { paused })
        }
        Order::Resume { what } => {
            switches::turn(tx, what, false, "", now).map(|paused| Answer::Switched { paused })
        }
        Order::Erase { address } => {
            let ids: Vec<&str> = desks.iter().map(|desk| &**desk.id()).collect();
            erase(tx, address, &ids, now).map(|emptied| Answer::Erased { emptied })
        }
        Order::Retry { mail } => retry(tx, desks, *mail, now),
        Order::Poke
        | Order::Status
        | Order::Reload
        | Order::Compact
        | Order::TakeOver { .. }
        | Order::Receive(_) => Err(refused("no daemon runs, and only a daemon can do that".to_owned())),
    }
}

/// A file as it came over the socket.
fn paper(desk: &Desk, name: &str, base64: &str, note: String) -> Result<Paper> {
    let bytes = BASE64.decode(base64.as_bytes());
    let bytes = bytes.map_err(|_| refused("the file did not arrive whole".to_owned()))?;
    if bytes.len() as u64 > desk.rules.limits.attachment_bytes {
        return Err(refused("the file is larger than the desk takes".to_owned()));
    }
    Ok(Paper { name: name.to_owned(), content_type: "application/octet-stream".to_owned(), bytes, note })
}

/// A mail that was set aside is decided on now.
fn retry(tx: &mut dyn Tx, desks: &Desks, mail: MailId, now: Timestamp) -> Result<Answer> {
    let kept = set_aside::fetch(tx, mail)?;
    let parsed = set_aside::parsed(desks, kept)?;
    let ours = set_aside::answered(tx, &parsed)?;
    let thought = set_aside::think(desks, parsed, &ours, now)?;
    set_aside::retry(tx, desks, &thought, now)
}

fn register(
    tx: &mut dyn Tx,
    desks: &Desks,
    request: &NewRequest,
    id: &str,
    now: Timestamp,
) -> Result<Answer> {
    let desk = desk_of(desks, &request.desk)?;
    let act = signed(desk, request.by.as_deref(), id)?;
    let address = match request.address.as_deref() {
        Some(text) => {
            let address = Address::parse(text);
            Some(address.ok_or_else(|| refused(format!("{text:?} is not a mail address")))?)
        }
        None => None,
    };
    if address.as_ref().is_some_and(|a| desk.rules.watches(a)) {
        return Err(refused("the requester's address is one of the desk's own".to_owned()));
    }
    let language = match request.language.as_deref().map(str::parse) {
        Some(Ok(language)) => Some(language),
        Some(Err(error)) => return Err(refused(format!("{error}"))),
        None => None,
    };
    let subject: Vec<&str> = request.subject.split_whitespace().collect();
    let registration = Registration {
        by: act.agent.clone(),
        channel: request.channel.clone(),
        name: request.name.clone(),
        address,
        phone: request.phone.clone(),
        subject: subject.join(" ").chars().take(SUBJECT_CHARS_MAX).collect(),
        text: request.text.clone(),
        urgent: request.urgent,
        language,
        company: request.company.clone(),
        position: request.position.clone(),
        device: request.device.clone(),
        kind: request.kind.clone(),
        severity: request.severity.clone(),
        ask: request.ask.clone(),
        files: Vec::new(),
    };
    match register::register(tx, desk, &registration, &act, now)? {
        Registered::Opened(key) | Registered::Joined(key) => standing(tx, desk, key.number),
        Registered::Refused(why) => Ok(Answer::Refused { why }),
    }
}

fn next(tx: &mut dyn Tx, desks: &Desks, desk: &str, by: &str, id: &str, now: Timestamp) -> Result<Answer> {
    let desk = desk_of(desks, desk)?;
    let act = signed(desk, Some(by), id)?;
    let taken = match &act.agent {
        Some(agent) => act::next(tx, desk, agent, &act, now)?,
        None => None,
    };
    taken.map_or(Ok(Answer::Nothing), |number| standing(tx, desk, number))
}

fn instruct(
    tx: &mut dyn Tx,
    desks: &Desks,
    ticket: &TicketKey,
    by: Option<&str>,
    text: &str,
    id: &str,
    now: Timestamp,
) -> Result<Answer> {
    let desk = desk_of(desks, &ticket.desk)?;
    let act = signed(desk, by, id)?;
    let name = act.agent.as_ref().and_then(|id| desk.rules.agent(id)).map_or("", |agent| &agent.name);
    let instructions = command::read(text, name, false, &desk.commands);
    if let Some(mistake) = &instructions.mistake {
        return Err(refused(in_english(desk, mistake)));
    }
    act::instruct(tx, desk, ticket.number, instructions, &act, now)?;
    standing(tx, desk, ticket.number)
}

fn requeue(tx: &mut dyn Tx, id: DeliveryId, now: Timestamp) -> Result<Answer> {
    match find_delivery(tx, id)? {
        DeliveryState::Sent => return Err(refused(format!("delivery {id} was sent"))),
        DeliveryState::Attempting => return Err(refused(format!("delivery {id} is being sent just now"))),
        _ => {}
    }
    settle(tx, id, DeliveryState::Queued, "queued again by the operator", now)
}

fn drop_delivery(tx: &mut dyn Tx, id: DeliveryId, now: Timestamp) -> Result<Answer> {
    match find_delivery(tx, id)? {
        DeliveryState::Attempting => return Err(refused(format!("delivery {id} is being sent just now"))),
        state if state.is_final() => {
            return Err(refused(format!("delivery {id} is {} already", state.word())));
        }
        _ => {}
    }
    settle(tx, id, DeliveryState::Cancelled, "dropped by the operator", now)
}

fn find_delivery(tx: &mut dyn Tx, id: DeliveryId) -> Result<DeliveryState> {
    let found = tx.delivery(id)?.ok_or_else(|| refused(format!("there is no delivery {id}")))?;
    Ok(found.state)
}

fn settle(
    tx: &mut dyn Tx,
    id: DeliveryId,
    state: DeliveryState,
    text: &str,
    now: Timestamp,
) -> Result<Answer> {
    let next_at = (!state.is_final()).then_some(now);
    tx.settle(id, &Settled { state, at: now, next_at, text: text.to_owned(), uncounted: false })?;
    let row = tx.delivery(id)?.ok_or_else(|| refused(format!("there is no delivery {id}")))?;
    let (recipient, state) = (row.recipient.to_string(), row.state.word().to_owned());
    Ok(Answer::Delivery { delivery: id, recipient, state })
}

/// The ticket as it stands now.
fn standing(tx: &mut dyn Tx, desk: &Desk, number: Number) -> Result<Answer> {
    let key = TicketKey::new(desk.id(), number);
    let shown = desk.rules.tag.shown(number);
    let ticket = tx.ticket(&key)?.ok_or_else(|| refused(format!("there is no request {shown}")))?;
    Ok(Answer::Ticket { status: ticket.status(), ticket: key, shown })
}

/// The desk of that name.
pub(super) fn desk_of<'a>(desks: &'a Desks, id: &str) -> Result<&'a Desk> {
    desks.get(id).map(|desk| &**desk).ok_or_else(|| refused(format!("there is no desk {id:?}")))
}

/// An act in the name of the operator, or of the agent with that id, address or name.
fn signed(desk: &Desk, by: Option<&str>, id: &str) -> Result<Act> {
    let agent = by.map(|by| agent(desk, by)).transpose()?;
    Ok(Act { agent, id: id.to_owned() })
}

fn agent(desk: &Desk, wanted: &str) -> Result<AgentId> {
    let everybody = || desk.rules.agents.iter().chain(&desk.rules.head);
    let folded = fold(wanted);
    let address = Address::parse(wanted);
    let found = everybody()
        .find(|a| fold(&a.id.0) == folded || fold(&a.name) == folded || address.as_ref() == Some(&a.address));
    found.map(|a| a.id.clone()).ok_or_else(|| {
        let known: Vec<&str> = everybody().map(|a| a.id.0.as_str()).collect();
        refused(format!("no agent is called {wanted:?}; there are {}", known.join(", ")))
    })
}

pub(super) fn refused(why: String) -> StoreError {
    StoreError::Abandoned(why)
}
