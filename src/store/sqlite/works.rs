//! The work journal.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::At;
use crate::domain::people::AgentId;
use crate::domain::rules::DeskId;
use crate::domain::thread::Work;
use crate::domain::ticket::TicketKey;
use crate::store::{Result, StoreError};

pub(super) const ADD: &str =
    "INSERT INTO works (desk, number, agent, at, minutes, mode, text, corrects, client)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, (SELECT client FROM tickets WHERE desk = ?1 AND number = ?2))";
/// The id of a row by its place in the ticket's journal.
pub(super) const ID: &str =
    "SELECT id FROM works WHERE desk = ?1 AND number = ?2 ORDER BY id LIMIT 1 OFFSET ?3";
pub(super) const OF_TICKET: &str = "SELECT agent, at, minutes, mode, text,
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.id),
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.corrects)
    FROM works WHERE desk = ?1 AND number = ?2 ORDER BY id";
pub(super) const OF_DESK: &str = "SELECT agent, at, minutes, mode, text,
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.id),
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.corrects), number
    FROM works WHERE desk = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, id";
/// Rows know the client whose ticket theirs is now; see the triggers of migration 3.
pub(super) const OF_CLIENT: &str = "SELECT agent, at, minutes, mode, text,
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.id),
    (SELECT count(*) FROM works AS older WHERE older.desk = works.desk AND older.number = works.number
     AND older.id <= works.corrects), number
    FROM works WHERE desk = ?1 AND client = ?4 AND at >= ?2 AND at < ?3 ORDER BY at, id";

pub(super) fn add(conn: &Connection, key: &TicketKey, work: &Work) -> Result<()> {
    let corrects = match work.corrects {
        Some(row) => Some(id(conn, key, row)?.ok_or_else(|| {
            StoreError::Abandoned(format!("the journal of {key} has no row {row} that could be corrected"))
        })?),
        None => None,
    };
    conn.prepare_cached(ADD)?.execute(params![
        &*key.desk,
        key.number,
        work.agent.0,
        At(work.at),
        work.minutes,
        work.mode,
        work.text,
        corrects
    ])?;
    Ok(())
}

fn id(conn: &Connection, key: &TicketKey, row: u32) -> Result<Option<i64>> {
    let Some(before) = row.checked_sub(1) else { return Ok(None) };
    let mut statement = conn.prepare_cached(ID)?;
    Ok(statement.query_row(params![&*key.desk, key.number, before], |row| row.get(0)).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Work> {
    let corrects: u32 = row.get(6)?;
    Ok(Work {
        agent: AgentId(row.get(0)?),
        at: row.get::<_, At>(1)?.0,
        minutes: row.get(2)?,
        mode: row.get(3)?,
        text: row.get(4)?,
        row: row.get(5)?,
        corrects: (corrects > 0).then_some(corrects),
    })
}

pub(super) fn of_ticket(conn: &Connection, key: &TicketKey) -> Result<Vec<Work>> {
    let mut statement = conn.prepare_cached(OF_TICKET)?;
    let rows = statement.query_map(params![&*key.desk, key.number], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn keyed(desk: &DeskId, row: &Row<'_>) -> rusqlite::Result<(TicketKey, Work)> {
    Ok((TicketKey::new(desk, row.get(7)?), read(row)?))
}

pub(super) fn of_desk(
    conn: &Connection,
    desk: &DeskId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(TicketKey, Work)>> {
    let mut statement = conn.prepare_cached(OF_DESK)?;
    let rows = statement.query_map(params![&**desk, At(from), At(until)], |row| keyed(desk, row))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn of_client(
    conn: &Connection,
    desk: &DeskId,
    client: &str,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(TicketKey, Work)>> {
    let mut statement = conn.prepare_cached(OF_CLIENT)?;
    let rows = statement.query_map(params![&**desk, At(from), At(until), client], |row| keyed(desk, row))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
