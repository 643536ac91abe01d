//! Tickets, their numbers, and when they need a look.

use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::columns::{self, At};
use super::conditions::Conditions;
use crate::domain::rules::{DeskId, Queue};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{Result, StoreError, TicketFilter};

/// A desk without a counter starts behind all gaps: it may have given numbers after the backup that was restored.
pub(super) const NEXT_NUMBER: &str = "INSERT INTO desks (desk, last_number)
    VALUES (?1, ?2 + (SELECT coalesce(sum(gap), 0) FROM restores))
    ON CONFLICT (desk) DO UPDATE SET last_number = max(last_number + 1, ?2) RETURNING last_number";
const BUMP: &str = "UPDATE desks SET last_number = last_number + ?1";
const ADD_RESTORE: &str = "INSERT INTO restores (gap) VALUES (?1)";
pub(super) const EPOCH: &str = "SELECT max(epoch) FROM restores";
pub(super) const TICKET: &str = "SELECT doc FROM tickets WHERE desk = ?1 AND number = ?2";
pub(super) const SAVE: &str =
    "INSERT INTO tickets (desk, number, status, requester, assignee, client, received_at, wake, promise, doc)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
    ON CONFLICT (desk, number) DO UPDATE SET status = excluded.status, requester = excluded.requester,
    assignee = excluded.assignee, client = excluded.client, received_at = excluded.received_at,
    wake = excluded.wake, promise = excluded.promise, doc = excluded.doc";
pub(super) const DUE: &str = "SELECT desk, number FROM tickets WHERE wake IS NOT NULL AND wake <= ?1
    ORDER BY wake, desk, number LIMIT ?2";
pub(super) const NEXT_WAKE: &str = "SELECT min(wake) FROM tickets WHERE wake IS NOT NULL";
pub(super) const QUEUE_FIFO: &str = "SELECT doc FROM tickets WHERE desk = ?1 AND status = 'new'
    AND assignee IS NULL ORDER BY received_at, number LIMIT ?2";
pub(super) const QUEUE_DEADLINE: &str = "SELECT doc FROM tickets WHERE desk = ?1 AND status = 'new'
    AND assignee IS NULL ORDER BY coalesce(promise, 9223372036854775807), received_at, number LIMIT ?2";

pub(super) fn next_number(conn: &Connection, desk: &DeskId, first: Number) -> Result<Number> {
    let given: i64 =
        conn.prepare_cached(NEXT_NUMBER)?.query_row(params![&**desk, first], |row| row.get(0))?;
    Number::try_from(given).map_err(|_| StoreError::Abandoned(format!("desk {desk} has no numbers left")))
}

pub(super) fn bump_numbers(conn: &Connection, gap: Number) -> Result<u32> {
    conn.prepare_cached(BUMP)?.execute([gap])?;
    conn.prepare_cached(ADD_RESTORE)?.execute([gap])?;
    epoch(conn)
}

pub(super) fn epoch(conn: &Connection) -> Result<u32> {
    let epoch: Option<u32> = conn.prepare_cached(EPOCH)?.query_row([], |row| row.get(0))?;
    Ok(epoch.unwrap_or(0))
}

pub(super) fn ticket(conn: &Connection, key: &TicketKey) -> Result<Option<Ticket>> {
    let mut statement = conn.prepare_cached(TICKET)?;
    let doc: Option<String> =
        statement.query_row(params![&*key.desk, key.number], |row| row.get(0)).optional()?;
    doc.map(|doc| columns::read_json(&format!("ticket {key}"), &doc)).transpose()
}

pub(super) fn save(conn: &Connection, ticket: &Ticket, wake: Option<Timestamp>) -> Result<()> {
    conn.prepare_cached(SAVE)?.execute(params![
        &*ticket.key.desk,
        ticket.key.number,
        ticket.status().word(),
        ticket.requester.address.as_ref().map(|a| a.as_str()),
        ticket.assignee.as_ref().map(|a| &a.0),
        ticket.client,
        At(ticket.received_at),
        wake.map(At),
        ticket.promise().map(At),
        columns::json(ticket)?,
    ])?;
    Ok(())
}

/// The statement for a filter. Statuses come as one JSON array, so that one statement serves any number of them.
pub(super) fn listing(filter: &TicketFilter) -> Result<(String, Conditions<'_>)> {
    // One person's tickets are few, a desk's are many: with `+` SQLite is not tempted by the desk's index.
    let narrow = filter.requester.is_some() || filter.assignee.is_some() || filter.client.is_some();
    let mut conditions = Conditions::default();
    if let Some(desk) = &filter.desk {
        conditions.add(if narrow { "+desk = ?" } else { "desk = ?" }, &**desk);
    }
    if !filter.statuses.is_empty() {
        let words: Vec<&str> = filter.statuses.iter().map(|s| s.word()).collect();
        let text = "+status IN (SELECT value FROM json_each(?))";
        conditions.add(if narrow { text } else { &text[1..] }, columns::json(&words)?);
    }
    if let Some(agent) = &filter.assignee {
        conditions.add("assignee = ?", agent);
    }
    if let Some(address) = &filter.requester {
        conditions.add("requester = ?", address.as_str());
    }
    if let Some(code) = &filter.client {
        conditions.add("client = ?", code);
    }
    if let Some(number) = filter.before {
        conditions.add("number < ?", number);
    }
    // Walking a whole desk by number to find its few open tickets is no bargain either.
    let order = if filter.statuses.is_empty() { "number DESC, desk" } else { "+number DESC, desk" };
    let sql = conditions.statement("SELECT doc FROM tickets", order, filter.limit);
    Ok((sql, conditions))
}

pub(super) fn tickets(conn: &Connection, filter: &TicketFilter) -> Result<Vec<Ticket>> {
    let (sql, conditions) = listing(filter)?;
    let mut statement = conn.prepare_cached(&sql)?;
    let values: Vec<&dyn ToSql> = conditions.values().collect();
    let docs = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(0))?;
    docs.map(|doc| columns::read_json("a ticket", &doc?)).collect()
}

pub(super) fn due(conn: &Connection, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(DUE)?;
    let keys = statement.query_map(params![At(now), limit], |row| {
        Ok(TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? })
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn next_wake(conn: &Connection) -> Result<Option<Timestamp>> {
    let wake: Option<At> = conn.prepare_cached(NEXT_WAKE)?.query_row([], |row| row.get(0))?;
    Ok(wake.map(|at| at.0))
}

pub(super) fn queue(conn: &Connection, desk: &DeskId, order: Queue, limit: usize) -> Result<Vec<Ticket>> {
    let sql = match order {
        Queue::Fifo => QUEUE_FIFO,
        Queue::Deadline => QUEUE_DEADLINE,
    };
    let mut statement = conn.prepare_cached(sql)?;
    let docs = statement.query_map(params![&**desk, columns::limit(limit)], |row| row.get::<_, String>(0))?;
    docs.map(|doc| columns::read_json("a ticket", &doc?)).collect()
}
