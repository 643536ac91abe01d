//! The work journal is mended: what was entered wrongly stands, and a further row counts in its place.

use jiff::Timestamp;

use super::Desk;
use super::act::{Act, refused};
use super::perform::perform;
use crate::domain::books::entered;
use crate::domain::effect::{Effect, Step};
use crate::domain::thread::Work;
use crate::domain::ticket::{Number, TicketKey};
use crate::store::{Result, Tx};

/// What is right; what is `None` stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    pub minutes: Option<u32>,
    pub mode: Option<String>,
    pub text: Option<String>,
}

/// Corrects row `row` of a ticket's journal, or the last correction of it. Agent and time of the work stay: work that
/// was another's or of another day is corrected to nothing and entered anew. Returns the new row.
///
/// # Errors
/// `Abandoned` with the reason when there is no such ticket or row, or nothing would change.
pub fn correct(
    tx: &mut dyn Tx,
    desk: &Desk,
    number: Number,
    row: u32,
    correction: &Correction,
    act: &Act,
    now: Timestamp,
) -> Result<Work> {
    let shown = desk.rules.tag.shown(number);
    let key = TicketKey::new(&desk.rules.desk, number);
    let ticket = tx.ticket(&key)?.ok_or_else(|| refused(format!("there is no request {shown}")))?;
    let works = tx.works(&key)?;
    let old = entered(&works, row);
    let old = old.ok_or_else(|| refused(format!("the journal of {shown} has no row {row}")))?;
    let new = Work {
        row: u32::try_from(works.len()).unwrap_or(u32::MAX).saturating_add(1),
        corrects: Some(old.row),
        agent: old.agent.clone(),
        at: old.at,
        minutes: correction.minutes.unwrap_or(old.minutes),
        mode: correction.mode.clone().unwrap_or_else(|| old.mode.clone()),
        text: correction.text.clone().unwrap_or_else(|| old.text.clone()),
    };
    if (new.minutes, &new.mode, &new.text) == (old.minutes, &old.mode, &old.text) {
        return Err(refused(format!("row {row} of {shown} says that already")));
    }
    let mut after = ticket.clone();
    after.spent_minutes = (after.spent_minutes.saturating_sub(old.minutes)).saturating_add(new.minutes);
    let reason =
        format!("row {} of the journal, {} min, is corrected to {} min", old.row, old.minutes, new.minutes);
    let step = Step::to(after, reason).with(Effect::Work(new.clone()));
    perform(tx, desk, &act.cause("work_corrected", now), Some(&ticket), step)?;
    Ok(new)
}
