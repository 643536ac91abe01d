//! A letter to ourselves, through the whole path and back: never a request, and counted nowhere (F14).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Desk;
use crate::domain::digest::Digest;
use crate::mail::compose::{Automatic, Draft, compose};
use crate::mail::msgid;
use crate::store::{DeliveryFilter, NewLetter, Result, Settled, StoreError, Tx};

/// What these letters are for, as the outbox shows it.
pub const PURPOSE: &str = "canary";

/// The last one of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    pub sent_at: Timestamp,
    /// Without angle brackets.
    pub message_id: String,
    /// When it was seen in the mailbox.
    pub back_at: Option<Timestamp>,
}

fn name(desk: &Desk) -> String {
    format!("canary:{}", desk.id())
}

/// The last one, where there was one.
///
/// # Errors
/// The store's.
pub fn last(tx: &mut dyn Tx, desk: &Desk) -> Result<Option<Canary>> {
    let Some(bytes) = tx.value(&name(desk))? else { return Ok(None) };
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|error| StoreError::Corrupt(format!("{}: {error}", name(desk))))
}

fn keep(tx: &mut dyn Tx, desk: &Desk, canary: &Canary) -> Result<()> {
    let bytes = serde_json::to_vec(canary).map_err(|error| StoreError::Abandoned(error.to_string()))?;
    tx.set_value(&name(desk), &bytes)
}

/// Writes the next one. One that is still to go is dropped: a way out that was closed for a day must not bring all
/// of them at once.
///
/// # Errors
/// The store's.
pub fn send(tx: &mut dyn Tx, desk: &Desk, now: Timestamp) -> Result<()> {
    if let Some(before) = last(tx, desk)?
        && let Some(row) = tx.letter_by_message_id(&before.message_id)?
    {
        let waiting = DeliveryFilter { letter: Some(row.id), ..DeliveryFilter::default() };
        for delivery in tx.deliveries(&waiting)?.iter().filter(|delivery| !delivery.state.is_final()) {
            tx.settle(delivery.id, &Settled::cancelled(now, "the next one goes instead"))?;
        }
    }
    let rules = &desk.rules;
    let cause = format!("canary:{now}");
    let message_id = msgid::own(&desk.keys, &cause, PURPOSE, PURPOSE, &rules.desk, 0, rules.address.domain());
    let draft = Draft {
        from: rules.mailbox(),
        to: vec![rules.mailbox()],
        cc: Vec::new(),
        reply_to: None,
        subject: "maildesk canary".to_owned(),
        message_id: message_id.clone(),
        in_reply_to: None,
        references: Vec::new(),
        date: now.to_zoned(rules.zone.clone()),
        automatic: Some(Automatic::Generated),
        instance: desk.instance.clone(),
        led_by: Vec::new(),
        text: "maildesk sends itself this letter to see that mail leaves and arrives.\n".to_owned(),
        html: None,
        attachments: Vec::new(),
    };
    tx.enqueue(&NewLetter {
        letter: compose(&draft),
        desk: rules.desk.clone(),
        ticket: None,
        purpose: PURPOSE.to_owned(),
        automatic: true,
        pressing: false,
        cause,
        created_at: now,
        envelope_from: None,
        recipients: vec![rules.address.clone()],
        not_before: now,
    })?;
    keep(tx, desk, &Canary { sent_at: now, message_id: message_id.as_str().to_owned(), back_at: None })
}

/// Is this mail one of them? Then it is noted that it came back, and nothing of it is kept.
///
/// # Errors
/// The store's.
pub(super) fn came_back(tx: &mut dyn Tx, desk: &Desk, digest: &Digest, now: Timestamp) -> Result<bool> {
    let Some(id) = digest.mail.message_id.as_deref().filter(|_| digest.trail.ours) else { return Ok(false) };
    let own = msgid::verify(&desk.keys, [&*desk.rules.desk], id);
    if own.is_none_or(|own| own.purpose != PURPOSE) {
        return Ok(false);
    }
    if let Some(canary) = last(tx, desk)?.filter(|canary| canary.message_id == id && canary.back_at.is_none())
    {
        keep(tx, desk, &Canary { back_at: Some(now), ..canary })?;
    }
    Ok(true)
}
