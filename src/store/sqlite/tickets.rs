//! Tickets, their numbers, and when they need a look.

use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::columns::{self, At};
use super::conditions::Conditions;
use crate::domain::rules::{DeskId, Queue};
use crate::domain::ticket::{Number, State, Status, Ticket, TicketKey};
use crate::store::{Result, StoreError, TicketFilter};

/// A desk without a counter starts behind all gaps: it may have given numbers after the backup that was restored.
pub(super) const NEXT_NUMBER: &str = "INSERT INTO desks (desk, last_number)
    VALUES (?1, ?2 + (SELECT coalesce(sum(gap), 0) FROM restores))
    ON CONFLICT (desk) DO UPDATE SET last_number = max(last_number + 1, ?2) RETURNING last_number";
const BUMP: &str = "UPDATE desks SET last_number = last_number + ?1";
const ADD_RESTORE: &str = "INSERT INTO restores (gap) VALUES (?1)";
/// Every ticket's desk has given it its number.
const DESKS: &str = "SELECT desk FROM desks";
pub(super) const EPOCH: &str = "SELECT max(epoch) FROM restores";
pub(super) const TICKET: &str = "SELECT doc FROM tickets WHERE desk = ?1 AND number = ?2";
pub(super) const SAVE: &str =
    "INSERT INTO tickets (desk, number, status, requester, assignee, client, received_at, wake, promise, doc, ended_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    ON CONFLICT (desk, number) DO UPDATE SET status = excluded.status, requester = excluded.requester,
    assignee = excluded.assignee, client = excluded.client, received_at = excluded.received_at,
    wake = excluded.wake, promise = excluded.promise, doc = excluded.doc, ended_at = excluded.ended_at";
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
        ended_at(ticket).map(At),
    ])?;
    Ok(())
}

/// When the ticket came to its end. What was merged ends with the ticket that it went on in.
fn ended_at(ticket: &Ticket) -> Option<Timestamp> {
    match ticket.state {
        State::Closed { at, .. } | State::Rejected { at } => Some(at),
        _ => None,
    }
}

/// What restricts a list beside the column that leads to it. With `+` SQLite is not tempted by another index.
fn narrow<'a>(filter: &'a TicketFilter, conditions: &mut Conditions<'a>) -> Result<()> {
    if let Some(desk) = &filter.desk {
        conditions.add("+tickets.desk = ?", &**desk);
    }
    if !filter.statuses.is_empty() {
        let words: Vec<&str> = filter.statuses.iter().map(|s| s.word()).collect();
        conditions.add("+tickets.status IN (SELECT value FROM json_each(?))", columns::json(&words)?);
    }
    if let Some(agent) = &filter.assignee {
        conditions.add("+tickets.assignee = ?", agent);
    }
    if let Some(address) = &filter.requester {
        conditions.add("+tickets.requester = ?", address.as_str());
    }
    if let Some(code) = &filter.client {
        conditions.add("+tickets.client = ?", code);
    }
    if let Some(at) = filter.since {
        conditions.add("+tickets.received_at >= ?", At(at));
    }
    if let Some(at) = filter.until {
        conditions.add("+tickets.received_at < ?", At(at));
    }
    if let Some(number) = filter.before {
        conditions.add("tickets.number < ?", number);
    }
    Ok(())
}

/// The statements for a filter, each with its conditions. Together they give the keys of all that it lets through,
/// each of them newest number first: one for each status (and each desk), so that an index has them in this order and
/// nothing has to be sorted, however many there are.
pub(super) fn listing<'a>(
    filter: &'a TicketFilter,
    desks: &'a [String],
    limit: usize,
) -> Result<Vec<(String, Conditions<'a>)>> {
    let person = [
        filter.requester.as_ref().map(|a| ("requester = ?", a.as_str())),
        filter.client.as_ref().map(|code| ("client = ?", code.as_str())),
        filter.assignee.as_ref().map(|agent| ("assignee = ?", agent.as_str())),
    ];
    let leads: Vec<(&str, &str)> = match person.into_iter().flatten().next() {
        Some(lead) => vec![lead],
        None => desks.iter().map(|desk| ("desk = ?", desk.as_str())).collect(),
    };
    let by_time = filter.since.filter(|_| leads.iter().all(|(column, _)| *column == "desk = ?"));
    let all = if filter.statuses.is_empty() { &Status::ALL[..] } else { &filter.statuses };
    let mut statements = Vec::new();
    for (column, value) in leads {
        // What is of late is little; else of each status the newest come first.
        let statuses: Vec<Option<&Status>> =
            if by_time.is_some() { vec![None] } else { all.iter().map(Some).collect() };
        for status in statuses {
            let mut conditions = Conditions::default();
            conditions.add(column, value);
            if let Some(status) = status {
                conditions.add("status = ?", status.word());
            }
            if let Some(since) = by_time {
                conditions.add("received_at >= ?", At(since));
            }
            narrow(filter, &mut conditions)?;
            let order = if by_time.is_some() { "+number DESC" } else { "number DESC" };
            statements
                .push((conditions.statement("SELECT desk, number FROM tickets", order, limit), conditions));
        }
    }
    Ok(statements)
}

/// The keys of what a filter lets through, newest number first.
fn keys(conn: &Connection, filter: &TicketFilter, limit: usize) -> Result<Vec<TicketKey>> {
    let desks = match &filter.desk {
        Some(desk) => vec![desk.to_string()],
        None => {
            let mut statement = conn.prepare_cached(DESKS)?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
        }
    };
    let mut keys = Vec::new();
    for (sql, conditions) in listing(filter, &desks, limit)? {
        let mut statement = conn.prepare_cached(&sql)?;
        let values: Vec<&dyn ToSql> = conditions.values().collect();
        let found = statement.query_map(params_from_iter(values), |row| {
            Ok(TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? })
        })?;
        for key in found {
            keys.push(key?);
        }
    }
    keys.sort_unstable_by(|a, b| b.number.cmp(&a.number).then_with(|| a.desk.cmp(&b.desk)));
    if limit > 0 {
        keys.truncate(limit);
    }
    Ok(keys)
}

pub(super) fn tickets(conn: &Connection, filter: &TicketFilter) -> Result<Vec<Ticket>> {
    let mut tickets = Vec::new();
    let most = if filter.limit == 0 { 0 } else { filter.skip + filter.limit };
    for key in keys(conn, filter, most)?.into_iter().skip(filter.skip) {
        tickets.extend(ticket(conn, &key)?);
    }
    Ok(tickets)
}

pub(super) fn how_many(conn: &Connection, filter: &TicketFilter, most: usize) -> Result<usize> {
    Ok(keys(conn, filter, most.max(1))?.len().min(most))
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
