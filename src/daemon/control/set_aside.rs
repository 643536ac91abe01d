//! Mail that was set aside: it goes through the journey again, or stays without effect for good.

use jiff::Timestamp;

use super::obey::{desk_of, refused};
use super::order::Answer;
use super::reading;
use crate::daemon::house::Desks;
use crate::desk::receive::decide;
use crate::domain::digest::Digest;
use crate::domain::hash::Hash;
use crate::domain::message::Incoming;
use crate::store::{Fact, Mail, MailId, Outcome, Result, Tx};

/// A mail that was set aside, as it is kept.
#[derive(Clone)]
pub struct Kept {
    id: MailId,
    desk: String,
    fingerprint: Hash,
    raw: Vec<u8>,
    arrived: Timestamp,
    /// Why it was set aside.
    why: String,
}

/// A mail that was set aside, parsed once more.
#[derive(Clone)]
pub struct Parsed {
    kept: Kept,
    mail: Incoming,
}

/// A mail that was set aside, thought over once more.
#[derive(Clone)]
pub struct Thought {
    mail: MailId,
    desk: String,
    digest: Digest,
    why: String,
}

/// Takes a mail that was set aside out of the store.
///
/// # Errors
/// `Abandoned` when there is no such mail, or it was not set aside.
pub fn fetch(tx: &mut dyn Tx, id: MailId) -> Result<Kept> {
    let (mail, why) = find(tx, id)?;
    let raw = tx.bytes(&mail.mail.raw)?;
    let raw = raw.ok_or_else(|| refused(format!("the raw bytes of mail {id} are not kept")))?;
    let (desk, fingerprint) = (mail.mail.desk.to_string(), mail.mail.fingerprint);
    Ok(Kept { id, desk, fingerprint, raw, arrived: mail.mail.received_at, why })
}

/// Reads it again, by the rules of today.
///
/// # Errors
/// `Abandoned` when its desk is not served any more.
pub fn parsed(desks: &Desks, kept: Kept) -> Result<Parsed> {
    let mut mail = reading::read(desk_of(desks, &kept.desk)?, &kept.raw);
    // A mail that came for two desks has one for each of them.
    mail.fingerprint = kept.fingerprint;
    Ok(Parsed { kept, mail })
}

/// The letters of ours that it answers.
///
/// # Errors
/// Those of the store.
pub fn answered(tx: &mut dyn Tx, parsed: &Parsed) -> Result<Vec<Vec<u8>>> {
    reading::answered(tx, &parsed.mail)
}

/// Thinks it over.
///
/// # Errors
/// `Abandoned` when its desk is not served any more.
pub fn think(desks: &Desks, parsed: Parsed, ours: &[Vec<u8>], now: Timestamp) -> Result<Thought> {
    let Parsed { kept, mail } = parsed;
    let digest = reading::think(desk_of(desks, &kept.desk)?, mail, ours, kept.arrived, now);
    Ok(Thought { mail: kept.id, desk: kept.desk, digest, why: kept.why })
}

/// Decides on it as if it had come now, and writes the decision down. It may be set aside again.
///
/// # Errors
/// `Abandoned` when somebody was faster.
pub fn retry(tx: &mut dyn Tx, desks: &Desks, thought: &Thought, now: Timestamp) -> Result<Answer> {
    find(tx, thought.mail)?;
    let desk = desk_of(desks, &thought.desk)?;
    let outcome = with_trace(decide(tx, desk, &thought.digest, now)?, &thought.why);
    conclude(tx, thought.mail, &outcome)
}

/// Leaves a mail that was set aside without effect.
///
/// # Errors
/// `Abandoned` when there is no such mail, or it was not set aside.
pub fn discard(tx: &mut dyn Tx, id: MailId) -> Result<Answer> {
    let (_, why) = find(tx, id)?;
    conclude(
        tx,
        id,
        &Outcome::Skipped { reason: format!("discarded by the operator; set aside before: {why}") },
    )
}

fn find(tx: &mut dyn Tx, id: MailId) -> Result<(Mail, String)> {
    let mail = tx.mail(id)?.ok_or_else(|| refused(format!("there is no mail {id}")))?;
    match &mail.mail.outcome {
        Outcome::Quarantined { reason } => {
            let why = reason.clone();
            Ok((mail, why))
        }
        other => Err(refused(format!("mail {id} is not set aside, it is {}", other.word()))),
    }
}

fn conclude(tx: &mut dyn Tx, id: MailId, outcome: &Outcome) -> Result<Answer> {
    tx.conclude(id, outcome)?;
    tx.note(Fact::Reviewed { mail: id, outcome: outcome.clone() });
    let ticket = outcome.ticket().cloned();
    let (word, reason) = (outcome.word().to_owned(), reason(outcome).to_owned());
    Ok(Answer::Mail { mail: id, outcome: word, reason, ticket })
}

/// The reason tells that the operator had it tried again, and what it had been set aside for.
fn with_trace(mut outcome: Outcome, why: &str) -> Outcome {
    match &mut outcome {
        Outcome::Applied { reason, .. }
        | Outcome::DeliveryEvent { reason, .. }
        | Outcome::Skipped { reason }
        | Outcome::Withdrawn { reason }
        | Outcome::Returned { reason, .. } => {
            reason.push_str(&format!("; tried again by the operator, set aside before: {why}"));
        }
        // It stands as it stood; its reason must not grow with each attempt.
        Outcome::Quarantined { .. } | Outcome::Stored | Outcome::Duplicate { .. } => {}
    }
    outcome
}

/// Why it came to this; empty where the outcome says it all.
pub fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Applied { reason, .. }
        | Outcome::DeliveryEvent { reason, .. }
        | Outcome::Quarantined { reason }
        | Outcome::Skipped { reason }
        | Outcome::Withdrawn { reason }
        | Outcome::Returned { reason, .. } => reason,
        Outcome::Stored | Outcome::Duplicate { .. } => "",
    }
}
