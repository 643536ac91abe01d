//! Letters: put into the outbox once, never changed.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

use super::columns::{self, At, HashColumn};
use super::letter_codec;
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::store::{LetterId, LetterRow, NewLetter, Result, StoreError};

pub(super) const ADD: &str =
    "INSERT INTO letters (message_id, desk, ticket_desk, ticket_number, purpose, automatic, cause, created_at,
    not_before, envelope_from, digest, frozen, pressing)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
    ON CONFLICT (message_id) DO NOTHING";
pub(super) const ID: &str = "SELECT id FROM letters WHERE message_id = ?1";
/// The head of a queue is known when a delivery joins it: nobody has to look for it later.
pub(super) const ADD_DELIVERY: &str =
    "INSERT INTO deliveries (letter, recipient, ticket_desk, ticket_number, state, open, head, next_at, pressing)
    VALUES (?1, ?2, ?3, ?4, 'queued', 1, NOT EXISTS (SELECT 1 FROM deliveries
    WHERE recipient = ?2 AND ticket_desk = ?3 AND ticket_number = ?4 AND open = 1), ?5, ?6)";
/// What stands before a pressing one must not hold it up.
pub(super) const PRESS: &str = "UPDATE deliveries SET pressing = 1
    WHERE recipient = ?1 AND ticket_desk = ?2 AND ticket_number = ?3 AND open = 1 AND NOT pressing";
pub(super) const BY_ID: &str = "SELECT id, desk, ticket_desk, ticket_number, purpose, automatic, cause,
    created_at, not_before, envelope_from, frozen, pressing FROM letters WHERE id = ?1";
pub(super) const RECIPIENTS: &str = "SELECT recipient FROM deliveries WHERE letter = ?1 ORDER BY id";

/// The name of a letter's bytes as they are kept.
pub(super) fn digest(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

pub(super) fn enqueue(conn: &Connection, new: &NewLetter) -> Result<LetterId> {
    if new.recipients.is_empty() {
        return Err(StoreError::Abandoned(format!("letter {} has no recipient", new.letter.message_id)));
    }
    let bytes = letter_codec::encode(&new.letter)?;
    let (desk, number) = columns::of_key(new.ticket.as_ref());
    let mut add = conn.prepare_cached(ADD)?;
    let columns = params![
        new.letter.message_id.as_str(),
        &*new.desk,
        desk,
        number,
        new.purpose,
        new.automatic,
        new.cause,
        At(new.created_at),
        At(new.not_before),
        new.envelope_from.as_ref().map(|a| a.as_str()),
        HashColumn(digest(&bytes)),
        bytes,
        new.pressing,
    ];
    if add.execute(columns)? == 0 {
        let first = conn.prepare_cached(ID)?.query_row([new.letter.message_id.as_str()], |row| row.get(0))?;
        return Ok(first);
    }
    let id = conn.last_insert_rowid();
    let mut add_delivery = conn.prepare_cached(ADD_DELIVERY)?;
    for (i, recipient) in new.recipients.iter().enumerate() {
        if !new.recipients[..i].contains(recipient) {
            let not_before = At(new.not_before);
            add_delivery.execute(params![id, recipient.as_str(), desk, number, not_before, new.pressing])?;
            if new.pressing && number.is_some() {
                conn.prepare_cached(PRESS)?.execute(params![recipient.as_str(), desk, number])?;
            }
        }
    }
    Ok(id)
}

pub(super) fn letter(conn: &Connection, id: LetterId) -> Result<Option<LetterRow>> {
    let mut statement = conn.prepare_cached(BY_ID)?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    read(conn, row).map(Some)
}

fn read(conn: &Connection, row: &Row<'_>) -> Result<LetterRow> {
    let letter = letter_codec::decode(row.get_ref(10)?.as_blob().map_err(rusqlite::Error::from)?)?;
    let from: Option<String> = row.get(9)?;
    let letter = NewLetter {
        letter,
        desk: row.get::<_, String>(1)?.into(),
        ticket: columns::key(row.get(2)?, row.get(3)?),
        purpose: row.get(4)?,
        automatic: row.get(5)?,
        pressing: row.get(11)?,
        cause: row.get(6)?,
        created_at: row.get::<_, At>(7)?.0,
        envelope_from: from.as_deref().map(columns::address).transpose()?,
        recipients: recipients(conn, row.get(0)?)?,
        not_before: row.get::<_, At>(8)?.0,
    };
    Ok(LetterRow { id: row.get(0)?, letter })
}

fn recipients(conn: &Connection, id: LetterId) -> Result<Vec<Address>> {
    let mut statement = conn.prepare_cached(RECIPIENTS)?;
    let texts = statement.query_map([id], |row| row.get::<_, String>(0))?;
    texts.map(|text| columns::address(&text?)).collect()
}

pub(super) fn by_message_id(conn: &Connection, message_id: &str) -> Result<Option<LetterRow>> {
    let mut statement = conn.prepare_cached(ID)?;
    let id: Option<LetterId> = statement.query_row([message_id], |row| row.get(0)).optional()?;
    id.map_or(Ok(None), |id| letter(conn, id))
}
