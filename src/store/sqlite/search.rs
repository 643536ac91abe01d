//! Tickets are found by their words: in FTS5's index, and those that changed since they were indexed one by one.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, ToSpan};
use rusqlite::{Connection, OptionalExtension, params};

use super::columns;
use super::index::{self, Grain, mark};
use crate::domain::search::{Wanted, Words};
use crate::domain::ticket::{Ticket, TicketKey};
use crate::store::{Found, Result, TicketFilter};

/// So many changed tickets are looked through without the index.
const CHANGED_MAX: usize = 500;
/// A beginning of more words than these is left to FTS5, which reads all places of all of them before it gives the
/// first; a list of words it walks from the newest place backwards, and stops.
const ENDINGS_MAX: usize = 200;

pub(super) const CHANGED: &str = "SELECT desk, number FROM history WHERE id > ?1 ORDER BY id LIMIT ?2";
pub(super) const ROWS: &str =
    "SELECT rowid FROM search WHERE search MATCH ?1 AND rowid < ?2 ORDER BY rowid DESC LIMIT ?3";
pub(super) const TICKET: &str = "SELECT tickets.doc FROM history CROSS JOIN tickets
    ON tickets.desk = history.desk AND tickets.number = history.number WHERE history.id = ?1";
/// The first word from one on. Words are in order; only the first place of each is looked at.
const NEXT_TERM: &str = "SELECT term FROM search_terms WHERE term >= ?1 AND term < ?2 LIMIT 1";

pub(super) fn search(conn: &Connection, words: &Words, filter: &TicketFilter) -> Result<Found> {
    let changed = changed(conn)?;
    let mut found = Found::default();
    let (mut tickets, mut fresh) = (Vec::new(), Vec::new());
    if changed.len() > CHANGED_MAX {
        found.unsearched = changed.len();
    } else {
        for key in &changed {
            let Some(row) = index::row(conn, key)? else { continue };
            fresh.push(row);
            if let Some((ticket, document)) = index::read(conn, key)?
                && passes(&ticket, filter)
                && words.are_in(&document, ticket.client.as_deref())
            {
                tickets.push((row, ticket));
            }
        }
    }
    let mut more = 0;
    if let Some(wanted) = expression(conn, words, filter)? {
        let (hits, others) = hits(conn, &wanted, &fresh, filter)?;
        tickets.extend(hits);
        more = others;
    }
    tickets.sort_by_key(|(row, _)| std::cmp::Reverse(*row));
    if filter.limit > 0 {
        more += tickets.len().saturating_sub(filter.limit);
        tickets.truncate(filter.limit);
    }
    found.more = more.min(Found::MORE_MAX);
    found.tickets = tickets.into_iter().map(|(_, ticket)| ticket).collect();
    Ok(found)
}

/// Tickets that changed after they were indexed.
fn changed(conn: &Connection) -> Result<BTreeSet<TicketKey>> {
    let mut statement = conn.prepare_cached(CHANGED)?;
    let most = columns::limit(Found::UNSEARCHED_MAX);
    let keys = statement.query_map(params![index::through(conn)?, most], |row| {
        Ok(TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? })
    })?;
    Ok(keys.collect::<rusqlite::Result<_>>()?)
}

/// Tickets that the index names, as they are now, the last opened first, and how many more it names. Marks have
/// filtered them already, but for what changed since: nearly all that are read are let through.
fn hits(
    conn: &Connection,
    wanted: &str,
    fresh: &[i64],
    filter: &TicketFilter,
) -> Result<(Vec<(i64, Ticket)>, usize)> {
    let most = if filter.limit > 0 { filter.limit + Found::MORE_MAX + fresh.len() } else { 0 };
    let mut rows = conn.prepare_cached(ROWS)?;
    let mut ticket = conn.prepare_cached(TICKET)?;
    let mut hits = Vec::new();
    let mut below = i64::MAX;
    loop {
        let named = rows.query_map(params![wanted, below, columns::limit(most)], |row| row.get(0))?;
        let named: Vec<i64> = named.collect::<rusqlite::Result<_>>()?;
        let is_last = most == 0 || named.len() < most;
        let mut left = named.iter().filter(|row| !fresh.contains(row));
        while let Some(row) = left.next() {
            let doc: Option<String> = ticket.query_row([row], |row| row.get(0)).optional()?;
            let Some(doc) = doc else { continue };
            let ticket: Ticket = columns::read_json("a ticket", &doc)?;
            if passes(&ticket, filter) {
                hits.push((*row, ticket));
            }
            if filter.limit > 0 && hits.len() == filter.limit {
                return Ok((hits, left.count()));
            }
        }
        match named.last() {
            Some(row) if !is_last => below = *row,
            _ => return Ok((hits, 0)),
        }
    }
}

fn passes(ticket: &Ticket, filter: &TicketFilter) -> bool {
    let is = |wanted: &Option<String>, has: Option<&String>| wanted.is_none() || wanted.as_ref() == has;
    filter.desk.as_ref().is_none_or(|desk| *desk == ticket.key.desk)
        && (filter.statuses.is_empty() || filter.statuses.contains(&ticket.status()))
        && is(&filter.assignee, ticket.assignee.as_ref().map(|agent| &agent.0))
        && is(&filter.client, ticket.client.as_ref())
        && (filter.requester.is_none() || filter.requester == ticket.requester.address)
        && filter.since.is_none_or(|since| ticket.received_at >= since)
        && filter.until.is_none_or(|until| ticket.received_at < until)
        && filter.before.is_none_or(|number| ticket.key.number < number)
}

/// What FTS5 is asked; `None` where no word begins so. All words stand between quotation marks, so that nothing
/// that somebody types is an operator. Marks narrow the search, and the columns of the tickets decide.
fn expression(conn: &Connection, words: &Words, filter: &TicketFilter) -> Result<Option<String>> {
    let mut parts = Vec::new();
    for wanted in words.iter() {
        let mut alternatives = phrases(conn, wanted)?;
        alternatives.extend(wanted.clients.iter().map(|code| quoted(&mark("c", code))));
        if alternatives.is_empty() {
            return Ok(None);
        }
        parts.push(alternatives);
    }
    let only = |kind: &str, value: &str| vec![quoted(&mark(kind, value))];
    parts.extend(filter.desk.as_ref().map(|desk| only("d", desk)));
    parts.extend(filter.assignee.as_ref().map(|agent| only("a", agent)));
    parts.extend(filter.client.as_ref().map(|code| only("c", code)));
    parts.extend(filter.requester.as_ref().map(|address| only("r", address.as_str())));
    if !filter.statuses.is_empty() {
        parts.push(filter.statuses.iter().map(|status| quoted(&mark("s", status.word()))).collect());
    }
    if filter.since.is_some() || filter.until.is_some() {
        parts.push(times(filter.since, filter.until).iter().map(|mark| quoted(mark)).collect());
    }
    let parts: Vec<String> = parts.iter().map(|any| format!("({})", any.join(" OR "))).collect();
    Ok(Some(parts.join(" AND ")))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A phrase, or where its last word may go on, one for each word that it may be.
fn phrases(conn: &Connection, wanted: &Wanted) -> Result<Vec<String>> {
    let whole = wanted.phrase.join(" ");
    let Some((last, before)) = wanted.phrase.split_last().filter(|_| wanted.is_open) else {
        return Ok(vec![quoted(&whole)]);
    };
    let endings = endings(conn, last)?;
    if endings.len() > ENDINGS_MAX {
        return Ok(vec![format!("{} *", quoted(&whole))]);
    }
    let before = before.join(" ");
    Ok(endings.iter().map(|word| quoted(format!("{before} {word}").trim_start())).collect())
}

/// Words of the index that begin so, at most one more than [`ENDINGS_MAX`].
fn endings(conn: &Connection, beginning: &str) -> Result<Vec<String>> {
    let end = format!("{beginning}\u{10ffff}");
    let mut from = beginning.to_owned();
    let mut found = Vec::new();
    let mut statement = conn.prepare_cached(NEXT_TERM)?;
    while found.len() <= ENDINGS_MAX {
        let mut rows = statement.query(params![from, end])?;
        let Some(row) = rows.next()? else { break };
        let term: String = row.get(0)?;
        from = format!("{term}\u{1}");
        found.push(term);
    }
    Ok(found)
}

/// The last instant before the end of an interval, which lies outside it.
fn before(end: Timestamp) -> Timestamp {
    end.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(end)
}

/// Marks of the days that lie in an interval, wholly or in part; of months and years where all of their days do.
fn times(since: Option<Timestamp>, until: Option<Timestamp>) -> Vec<String> {
    let mut next = since.map_or(index::FIRST_DAY, index::day);
    let last = until.map_or(index::LAST_DAY, |until| index::day(before(until)));
    let mut marks = Vec::new();
    while next <= last {
        let (grain, end) = if next.day_of_year() == 1 && next.last_of_year() <= last {
            (Grain::Year, next.last_of_year())
        } else if next.day() == 1 && next.last_of_month() <= last {
            (Grain::Month, next.last_of_month())
        } else {
            (Grain::Day, next)
        };
        marks.push(grain.mark(next));
        next = end.saturating_add(1.day());
    }
    if marks.is_empty() {
        // An interval that ends before it begins has nobody.
        marks.push(mark("m", "none"));
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_days_at_its_ends_months_beside_them_and_years_between() {
        let at = |text: &str| Some(text.parse().expect("an instant"));
        assert_eq!(
            times(at("2023-10-30T08:00:00Z"), at("2026-02-02T00:00:01Z")),
            [
                "=t=2023=10=30",
                "=t=2023=10=31",
                "=m=2023=11",
                "=m=2023=12",
                "=y=2024",
                "=y=2025",
                "=m=2026=01",
                "=t=2026=02=01",
                "=t=2026=02=02"
            ]
        );
        assert_eq!(times(at("2024-02-01T00:00:00Z"), at("2024-03-01T00:00:00Z")), ["=m=2024=02"]);
        assert_eq!(times(at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z")), ["=t=2026=03=02"]);
        assert_eq!(times(at("2026-03-02T00:00:00Z"), at("2025-03-03T00:00:00Z")), ["=m=none"]);
        assert_eq!(times(None, at("1991-01-02T00:00:00Z")), ["=y=1990", "=t=1991=01=01"]);
        assert_eq!(times(at("2139-01-01T00:00:00Z"), None), ["=y=2139", "=y=2140"]);
        assert_eq!(times(None, at("1970-01-01T00:00:00Z")), ["=t=1990=01=01"]);
    }
}
