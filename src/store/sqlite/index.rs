//! The search index is filled: what changed stands in the history, and a mark says how far that has been heeded.
//! Words and mark are written in one transaction, so that a crash leaves both as they were.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns;
use crate::domain::search::Document;
use crate::domain::thread::Message;
use crate::domain::ticket::{Ticket, TicketKey};
use crate::store::{Indexed, Result, StoreError};

/// So many entries of the history are looked at in one step.
const ENTRIES_MAX: usize = 1_000;
/// A step that may read so many tickets writes at most so many times as many bytes of words, and one ticket more.
const TICKET_BYTES: usize = 4_000;

pub(super) const THROUGH: &str = "SELECT through FROM search_state WHERE one = 1";
pub(super) const SET_THROUGH: &str = "UPDATE search_state SET through = ?1 WHERE one = 1";
/// A ticket is read once, at its last entry.
pub(super) const CHANGED: &str = "SELECT id, desk, number, EXISTS (SELECT 1 FROM history AS later
    WHERE later.desk = history.desk AND later.number = history.number AND later.id > history.id)
    FROM history WHERE id > ?1 ORDER BY id LIMIT ?2";
pub(super) const ROW: &str = "SELECT min(id) FROM history WHERE desk = ?1 AND number = ?2";
pub(super) const TICKET: &str = "SELECT doc FROM tickets WHERE desk = ?1 AND number = ?2";
pub(super) const THREAD: &str = "SELECT doc FROM messages WHERE desk = ?1 AND number = ?2 ORDER BY seq DESC";
const WRITE: &str = "INSERT OR REPLACE INTO search (rowid, words) VALUES (?1, ?2)";
const REMOVE: &str = "DELETE FROM search WHERE rowid = ?1";
const CLEAR: &str = "INSERT INTO search (search) VALUES ('delete-all')";

/// The entry of the history up to which the index is of today.
pub(super) fn through(conn: &Connection) -> Result<i64> {
    Ok(conn.prepare_cached(THROUGH)?.query_row([], |row| row.get(0))?)
}

pub(super) fn clear(conn: &Connection) -> Result<()> {
    conn.prepare_cached(CLEAR)?.execute([])?;
    conn.prepare_cached(SET_THROUGH)?.execute([0])?;
    Ok(())
}

pub(super) fn index(conn: &Connection, most: usize) -> Result<Indexed> {
    let begin = through(conn)?;
    let (mut through, mut indexed, mut bytes) = (begin, Indexed::default(), 0);
    let mut changed = conn.prepare_cached(CHANGED)?;
    let mut entries = changed.query(params![begin, columns::limit(ENTRIES_MAX + 1)])?;
    let mut looked_at = 0;
    while let Some(entry) = entries.next()? {
        if looked_at == ENTRIES_MAX || indexed.tickets >= most || bytes >= most.saturating_mul(TICKET_BYTES) {
            indexed.more = true;
            break;
        }
        looked_at += 1;
        through = entry.get(0)?;
        if !entry.get::<_, bool>(3)? {
            let key = TicketKey { desk: entry.get::<_, String>(1)?.into(), number: entry.get(2)? };
            bytes += write(conn, &key)?;
            indexed.tickets += 1;
        }
    }
    drop(entries);
    if through > begin {
        conn.prepare_cached(SET_THROUGH)?.execute([through])?;
    }
    Ok(indexed)
}

/// Replaces the words of a ticket; returns their length.
fn write(conn: &Connection, key: &TicketKey) -> Result<usize> {
    let Some(row) = row(conn, key)? else { return Ok(0) };
    let words = match read(conn, key) {
        Ok(Some((ticket, document))) => {
            let mut words = document.as_str().to_owned();
            for mark in marks(&ticket) {
                words.push_str(&mark);
                words.push(' ');
            }
            words
        }
        // What cannot be read is not found; `doctor` tells of it.
        Ok(None) | Err(StoreError::Corrupt(_)) => {
            conn.prepare_cached(REMOVE)?.execute([row])?;
            return Ok(0);
        }
        Err(error) => return Err(error),
    };
    conn.prepare_cached(WRITE)?.execute(params![row, words])?;
    Ok(words.len())
}

/// The row of a ticket in the index, whether it is there already or not.
pub(super) fn row(conn: &Connection, key: &TicketKey) -> Result<Option<i64>> {
    Ok(conn.prepare_cached(ROW)?.query_row(params![&*key.desk, key.number], |row| row.get(0))?)
}

/// A ticket with all words by which it is found.
pub(super) fn read(conn: &Connection, key: &TicketKey) -> Result<Option<(Ticket, Document)>> {
    let mut statement = conn.prepare_cached(TICKET)?;
    let doc: Option<String> =
        statement.query_row(params![&*key.desk, key.number], |row| row.get(0)).optional()?;
    let Some(doc) = doc else { return Ok(None) };
    let ticket: Ticket = columns::read_json(&format!("ticket {key}"), &doc)?;
    let mut document = Document::of(&ticket);
    let mut thread = conn.prepare_cached(THREAD)?;
    let mut messages = thread.query(params![&*key.desk, key.number])?;
    while let Some(row) = messages.next()?.filter(|_| !document.is_full()) {
        let doc = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        document.add_message(&columns::read_json::<Message>(&format!("a message of {key}"), doc)?);
    }
    Ok(Some((ticket, document)))
}

/// A mark: letters and digits as they are, all else as `=`, so that it is one word to SQLite and no word to people.
pub(super) fn mark(kind: &str, value: &str) -> String {
    let plain = value.to_lowercase();
    let plain: String = plain.chars().map(|c| if c.is_alphanumeric() { c } else { '=' }).collect();
    format!("={kind}={plain}")
}

/// Days before this one and after [`LAST_DAY`] are not told apart by marks: nobody's request is as old as that.
pub(super) const FIRST_DAY: Date = jiff::civil::date(1990, 1, 1);
pub(super) const LAST_DAY: Date = jiff::civil::date(2140, 12, 31);

/// The day of an instant as marks know it.
pub(super) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date().clamp(FIRST_DAY, LAST_DAY)
}

/// A day, or the month or the year that it lies in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Grain {
    Day,
    Month,
    Year,
}

impl Grain {
    pub fn mark(self, day: Date) -> String {
        match self {
            Grain::Day => mark("t", &day.strftime("%Y-%m-%d").to_string()),
            Grain::Month => mark("m", &day.strftime("%Y-%m").to_string()),
            Grain::Year => mark("y", &day.strftime("%Y").to_string()),
        }
    }
}

/// What a ticket is filtered by.
pub(super) fn marks(ticket: &Ticket) -> Vec<String> {
    let received = day(ticket.received_at);
    let mut marks = vec![
        mark("d", &ticket.key.desk),
        mark("s", ticket.status().word()),
        Grain::Year.mark(received),
        Grain::Month.mark(received),
        Grain::Day.mark(received),
    ];
    marks.extend(ticket.assignee.as_ref().map(|agent| mark("a", &agent.0)));
    marks.extend(ticket.client.as_ref().map(|code| mark("c", code)));
    marks.extend(ticket.requester.address.as_ref().map(|address| mark("r", address.as_str())));
    marks
}
