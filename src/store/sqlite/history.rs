//! The thread of a ticket: its messages and its history.

use rusqlite::{Connection, params};

use super::columns::{self, At, HashColumn};
use crate::domain::thread::{Entry, Message};
use crate::domain::ticket::TicketKey;
use crate::store::Result;

pub(super) const NEXT_SEQ: &str =
    "SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE desk = ?1 AND number = ?2";
pub(super) const ADD_MESSAGE: &str =
    "INSERT INTO messages (desk, number, seq, kind, mail, doc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const REPLACE_MESSAGE: &str = "
    UPDATE messages SET kind = ?4, doc = ?5 WHERE desk = ?1 AND number = ?2 AND seq = ?3";
pub(super) const MESSAGES: &str = "SELECT doc FROM messages WHERE desk = ?1 AND number = ?2 ORDER BY seq";
pub(super) const ADD_ENTRY: &str = "INSERT INTO history (desk, number, at, event, author, reason, change)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
pub(super) const ENTRIES: &str = "SELECT at, event, author, reason, change FROM history
    WHERE desk = ?1 AND number = ?2 ORDER BY id";

pub(super) fn add_message(conn: &Connection, key: &TicketKey, message: &Message) -> Result<u32> {
    let mut last = conn.prepare_cached(NEXT_SEQ)?;
    let seq = last.query_row(params![&*key.desk, key.number], |row| row.get(0))?;
    let doc = columns::json(&Message { seq, ..message.clone() })?;
    let mail = message.mail.map(HashColumn);
    conn.prepare_cached(ADD_MESSAGE)?.execute(params![
        &*key.desk,
        key.number,
        seq,
        message.kind.word(),
        mail,
        doc
    ])?;
    Ok(seq)
}

pub(super) fn replace_message(conn: &Connection, key: &TicketKey, message: &Message) -> Result<()> {
    let doc = columns::json(message)?;
    let mut statement = conn.prepare_cached(REPLACE_MESSAGE)?;
    statement.execute(params![&*key.desk, key.number, message.seq, message.kind.word(), doc])?;
    Ok(())
}

pub(super) fn messages(conn: &Connection, key: &TicketKey) -> Result<Vec<Message>> {
    let mut statement = conn.prepare_cached(MESSAGES)?;
    let docs = statement.query_map(params![&*key.desk, key.number], |row| row.get::<_, String>(0))?;
    docs.map(|doc| columns::read_json(&format!("a message of {key}"), &doc?)).collect()
}

pub(super) fn add_entry(conn: &Connection, key: &TicketKey, entry: &Entry) -> Result<()> {
    let (author, change) = (columns::json(&entry.by)?, columns::json(&entry.change)?);
    conn.prepare_cached(ADD_ENTRY)?.execute(params![
        &*key.desk,
        key.number,
        At(entry.at),
        entry.event,
        author,
        entry.reason,
        change
    ])?;
    Ok(())
}

pub(super) fn entries(conn: &Connection, key: &TicketKey) -> Result<Vec<Entry>> {
    let mut statement = conn.prepare_cached(ENTRIES)?;
    let mut rows = statement.query(params![&*key.desk, key.number])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let author: String = row.get(2)?;
        let change: String = row.get(4)?;
        entries.push(Entry {
            at: row.get::<_, At>(0)?.0,
            event: row.get(1)?,
            by: columns::read_json(&format!("an author in the history of {key}"), &author)?,
            reason: row.get(3)?,
            change: columns::read_json(&format!("a change in the history of {key}"), &change)?,
        });
    }
    Ok(entries)
}
