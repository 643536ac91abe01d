//! Bytes, outcomes and letters read one by one: their hashes, and their columns against what they repeat.

use rusqlite::{Connection, Row};

use super::Findings;
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::letter::{Attached, PartSource};
use crate::domain::people::Acquaintance;
use crate::domain::ticket::TicketKey;
use crate::store::sqlite::columns::{self, HashColumn};
use crate::store::sqlite::{letter_codec, letters};
use crate::store::{MailId, Outcome, Result};

pub(super) fn read(conn: &Connection, findings: &mut Findings) -> Result<()> {
    bytes(conn, findings)?;
    let mails = "SELECT 'mail ' || id, outcome, ticket_desk, ticket_number, doc FROM mails";
    outcomes(conn, mails, findings)?;
    let sightings = "SELECT 'sighting ' || mailbox || '/' || validity || '/' || uid, outcome, ticket_desk,
        ticket_number, doc FROM sightings";
    outcomes(conn, sightings, findings)?;
    frozen_letters(conn, findings)?;
    acquaintances(conn, findings)
}

fn bytes(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT hash, bytes FROM bytes")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash = row.get::<_, HashColumn>(0)?.0;
        if letters::digest(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?) != hash {
            findings.add(1, format!("the bytes under {} are not those that were kept", hash.short()));
        }
    }
    Ok(())
}

fn outcomes(conn: &Connection, sql: &str, findings: &mut Findings) -> Result<()> {
    type Found = (String, String, Option<TicketKey>, String);
    let found = |row: &Row<'_>| -> rusqlite::Result<Found> {
        Ok((row.get(0)?, row.get(1)?, columns::key(row.get(2)?, row.get(3)?), row.get(4)?))
    };
    let mut statement = conn.prepare_cached(sql)?;
    for found in statement.query_map([], found)? {
        let (name, word, ticket, doc) = found?;
        let Ok(outcome) = columns::outcome(&doc) else {
            findings.add(2, format!("{name} has an outcome that cannot be read"));
            continue;
        };
        if outcome.word() != word || outcome.ticket() != ticket.as_ref() {
            findings.add(2, format!("{name} is listed under another outcome than it has"));
        }
        if let Outcome::Duplicate { of } = outcome
            && !has_mail(conn, of)?
        {
            findings.add(2, format!("{name} is a duplicate of mail {of}, which is not there"));
        }
    }
    Ok(())
}

fn has_mail(conn: &Connection, id: MailId) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM mails WHERE id = ?1")?.exists([id])?)
}

fn acquaintances(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT desk, address, client, doc FROM acquaintances")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (desk, address): (String, String) = (row.get(0)?, row.get(1)?);
        let base = Address::parse(&address).map(|a| a.base());
        let client: Option<String> = row.get(2)?;
        match serde_json::from_str::<Acquaintance>(&row.get::<_, String>(3)?) {
            Ok(person) if person.client == client && base.is_some_and(|b| b.as_str() == address) => {}
            Ok(_) => findings
                .add(11, format!("{address} of {desk} is listed under something else than it is known by")),
            Err(e) => findings.add(11, format!("what is known of {address} cannot be read: {e}")),
        }
    }
    Ok(())
}

fn frozen_letters(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare_cached("SELECT message_id, digest, frozen FROM letters")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let bytes = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
        if letters::digest(bytes) != row.get::<_, HashColumn>(1)?.0 {
            findings.add(7, format!("letter {id} is not the one that was decided"));
        }
        match letter_codec::decode(bytes) {
            Ok(letter) if letter.message_id.as_str() == id => {
                let attached = letter.parts.iter().map(|p| &p.attached);
                lost_parts(conn, attached, &format!("letter {id}"), 7, findings)?;
            }
            _ => findings.add(7, format!("letter {id} cannot be read")),
        }
    }
    Ok(())
}

/// Attachments whose source is not kept.
pub(super) fn lost_parts<'a>(
    conn: &Connection,
    attached: impl Iterator<Item = &'a Attached>,
    name: &str,
    invariant: u32,
    findings: &mut Findings,
) -> Result<()> {
    for part in attached {
        let (PartSource::Mail { raw: source, .. } | PartSource::Blob { hash: source }) = &part.source;
        if !has_bytes(conn, source)? {
            findings
                .add(invariant, format!("{name} has an attachment whose bytes {} are gone", source.short()));
        }
    }
    Ok(())
}

fn has_bytes(conn: &Connection, hash: &Hash) -> Result<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM bytes WHERE hash = ?1")?.exists([HashColumn(*hash)])?)
}
