//! Bytes that nothing names any more.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::columns::{self, HashColumn};
use super::letter_codec;
use crate::domain::hash::Hash;
use crate::domain::letter::{Attached, PartSource};
use crate::domain::thread::Message;
use crate::store::Result;

const OF_MAILS: &str = "SELECT raw FROM mails";
const OF_THREADS: &str = "SELECT mail FROM messages WHERE mail IS NOT NULL";
/// Most messages have no files.
const WITH_FILES: &str = "SELECT doc FROM messages WHERE instr(doc, '\"source\"') > 0";
const OF_LETTERS: &str = "SELECT frozen FROM letters WHERE instr(frozen, CAST('\"source\"' AS BLOB)) > 0";
const REMOVE: &str = "DELETE FROM bytes WHERE hash = ?1";

/// Removes those that neither a mail nor a message nor a letter names.
pub(super) fn remove(conn: &Connection, hashes: &[Hash]) -> Result<usize> {
    let mut left: BTreeSet<Hash> = hashes.iter().copied().collect();
    for sql in [OF_MAILS, OF_THREADS] {
        let mut statement = conn.prepare(sql)?;
        for hash in statement.query_map([], |row| row.get::<_, HashColumn>(0))? {
            left.remove(&hash?.0);
        }
    }
    let mut threads = conn.prepare(WITH_FILES)?;
    let mut rows = threads.query([])?;
    while let Some(row) = rows.next()? {
        let doc = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let message: Message = columns::read_json("a message", doc)?;
        message.attachments.iter().for_each(|part| {
            left.remove(&source(part));
        });
    }
    let mut letters = conn.prepare(OF_LETTERS)?;
    let mut rows = letters.query([])?;
    while let Some(row) = rows.next()? {
        let letter = letter_codec::decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        letter.parts.iter().for_each(|part| {
            left.remove(&source(&part.attached));
        });
    }
    let mut remove = conn.prepare(REMOVE)?;
    let mut removed = 0;
    for hash in left {
        removed += remove.execute([HashColumn(hash)])?;
    }
    Ok(removed)
}

/// The bytes that an attachment lies in.
pub(super) fn source(part: &Attached) -> Hash {
    match part.source {
        PartSource::Mail { raw, .. } => raw,
        PartSource::Blob { hash } => hash,
    }
}
