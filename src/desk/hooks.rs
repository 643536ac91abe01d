//! Operations of the desk that agents start with `#do`: ordered in the unit that decides, run by the daemon beside
//! everything else, told of by a note. Each order is run at most once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Desk;
use super::perform::{Cause, perform};
use crate::domain::event::Event;
use crate::domain::people::AgentId;
use crate::domain::step::step;
use crate::domain::thread::Voice;
use crate::domain::ticket::TicketKey;
use crate::store::{Result, StoreError, Tx};

/// One operation that was ordered and is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Of the act that ordered it, and which of its operations it is.
    pub id: String,
    pub ticket: TicketKey,
    /// Name of the hook in the configuration.
    pub hook: String,
    pub by: Option<AgentId>,
    /// It was given out; whether it ran to its end is not known.
    pub started: bool,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Its exit code (`None`: a signal ended it) and what it said.
    Exited { code: Option<i32>, said: String },
    /// It was stopped at its time limit, in seconds.
    TimedOut(u32),
    /// It could not be started, and why.
    Failed(String),
    /// The daemon was stopped meanwhile.
    Interrupted,
}

/// More of what an operation says is not kept.
const SAID_CHARS_MAX: usize = 4_000;
/// What is ordered and not finished, as a JSON list.
const QUEUE: &str = "hooks";

fn queue(tx: &mut dyn Tx) -> Result<Vec<Errand>> {
    let Some(value) = tx.value(QUEUE)? else { return Ok(Vec::new()) };
    serde_json::from_slice(&value)
        .map_err(|e| StoreError::Corrupt(format!("the list of ordered operations cannot be read: {e}")))
}

fn keep(tx: &mut dyn Tx, errands: &[Errand]) -> Result<()> {
    let value = serde_json::to_vec(errands).map_err(|e| StoreError::Abandoned(e.to_string()))?;
    tx.set_value(QUEUE, &value)
}

/// Orders an operation. Belongs to the unit that decides it.
pub fn order(tx: &mut dyn Tx, cause: &Cause<'_>, ticket: &TicketKey, hook: &str) -> Result<()> {
    let mut errands = queue(tx)?;
    let id = format!("{}:{}", cause.id, errands.iter().filter(|e| e.id.starts_with(&cause.id)).count());
    let by = match &cause.by {
        Voice::Agent(id) => Some(id.clone()),
        _ => None,
    };
    errands.push(Errand { id, ticket: ticket.clone(), hook: hook.to_owned(), by, started: false });
    keep(tx, &errands)
}

/// Gives the next operation out, marked as started: it is never given out again.
pub fn take(tx: &mut dyn Tx) -> Result<Option<Errand>> {
    let mut errands = queue(tx)?;
    let Some(errand) = errands.iter_mut().find(|errand| !errand.started) else { return Ok(None) };
    errand.started = true;
    let errand = errand.clone();
    keep(tx, &errands)?;
    Ok(Some(errand))
}

/// Operations that were given out by a daemon that did not see their end.
pub fn left(tx: &mut dyn Tx) -> Result<Vec<Errand>> {
    let mut errands = queue(tx)?;
    errands.retain(|errand| errand.started);
    Ok(errands)
}

/// What an operation reads: the ticket with its thread, as JSON.
pub fn input(tx: &mut dyn Tx, desk: &Desk, errand: &Errand) -> Result<Vec<u8>> {
    let ticket = tx.ticket(&errand.ticket)?;
    let ticket =
        ticket.ok_or_else(|| StoreError::Abandoned(format!("there is no ticket {}", errand.ticket)))?;
    let thread: Vec<_> = tx
        .messages(&errand.ticket)?
        .into_iter()
        .map(|m| json!({"kind": m.kind, "author": m.author.shown(), "at": m.at, "text": m.text}))
        .collect();
    let document = json!({
        "hook": errand.hook,
        "by": errand.by,
        "desk": desk.id(),
        "number": desk.rules.tag.shown(errand.ticket.number),
        "tag": desk.rules.tag.of(errand.ticket.number),
        "ticket": ticket,
        "thread": thread,
    });
    serde_json::to_vec(&document).map_err(|e| StoreError::Abandoned(e.to_string()))
}

/// Writes down how an operation ended: a note on its ticket, of which its agent hears. Told twice, it counts once.
pub fn finish(tx: &mut dyn Tx, desk: &Desk, errand: &Errand, ending: &Ending, now: Timestamp) -> Result<()> {
    let mut errands = queue(tx)?;
    let before = errands.len();
    errands.retain(|known| known.id != errand.id);
    if errands.len() == before {
        return Ok(());
    }
    keep(tx, &errands)?;
    let Some(ticket) = tx.ticket(&errand.ticket)? else { return Ok(()) };
    let event = Event::Ran { by: errand.by.clone(), told: told(desk, errand, ending) };
    let decided = step(&ticket, &event, now, &desk.rules);
    let cause = Cause::new(format!("hook:{}", errand.id), event.word(), now);
    perform(tx, desk, &cause, Some(&ticket), decided).map(|_| ())
}

fn told(desk: &Desk, errand: &Errand, ending: &Ending) -> String {
    let phrase = |key: &str, value: &str| {
        let values = [("name", errand.hook.as_str()), ("value", value)];
        desk.words.phrase(desk.rules.own_language(), key, &values)
    };
    match ending {
        Ending::Exited { code, said } => {
            let code = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
            let said: String = said.trim().chars().take(SAID_CHARS_MAX).collect();
            format!("{}\n{said}", phrase("hook_exited", &code)).trim_end().to_owned()
        }
        Ending::TimedOut(seconds) => phrase("hook_timed_out", &seconds.to_string()),
        Ending::Failed(why) => phrase("hook_failed", why),
        Ending::Interrupted => phrase("hook_interrupted", ""),
    }
}
