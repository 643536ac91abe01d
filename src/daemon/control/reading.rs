//! A kept mail read and thought over as the daemon does it when a mail comes in.

use jiff::Timestamp;

use crate::desk::{Desk, digest};
use crate::domain::digest::Digest;
use crate::domain::message::Incoming;
use crate::mail::parse::{Limits, parse};
use crate::store::{Result, Tx};

/// Letters of ours that are read for one mail, to tell their text from the sender's.
const OURS_MAX: usize = 3;
/// References beyond this many are not looked up for it.
const REFERENCES_MAX: usize = 10;

/// Parses raw bytes within the limits of the desk.
pub fn read(desk: &Desk, raw: &[u8]) -> Incoming {
    let mail_bytes = usize::try_from(desk.rules.limits.mail_bytes).unwrap_or(usize::MAX);
    parse(raw, &Limits { mail_bytes, ..Limits::default() })
}

/// The letters of ours that a mail answers, nearest first.
///
/// # Errors
/// Those of the store.
pub fn answered(tx: &mut dyn Tx, mail: &Incoming) -> Result<Vec<Vec<u8>>> {
    let mut heads = Vec::new();
    let nearest_first = mail.in_reply_to.iter().rev().chain(mail.references.iter().rev());
    for id in nearest_first.take(REFERENCES_MAX) {
        if let Some(row) = tx.letter_by_message_id(id)?
            && !heads.contains(&row.letter.letter.head)
        {
            heads.push(row.letter.letter.head);
        }
    }
    heads.truncate(OURS_MAX);
    Ok(heads)
}

/// Thinks a mail over; `ours` are the letters that it answers.
pub fn think(desk: &Desk, mail: Incoming, ours: &[Vec<u8>], arrived: Timestamp, now: Timestamp) -> Digest {
    let texts: Vec<String> = ours.iter().map(|head| parse(head, &Limits::default()).text).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    digest::digest(desk, mail, arrived, now, &texts)
}
