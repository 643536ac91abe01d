//! The figures of one moment, by indexes: a scrape must cost the same with a million tickets.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::columns::{self, At};
use crate::domain::rules::DeskId;
use crate::domain::ticket::Status;
use crate::store::{DeskOverview, Overview, Result, StoreError};

pub(super) const TICKETS: &str =
    "SELECT status, count(*), sum(promise IS NOT NULL AND promise >= ?2 AND promise < ?3),
    sum(promise IS NOT NULL AND promise < ?2) FROM tickets
    WHERE desk = ?1 AND status IN ('needs_info', 'new', 'open', 'waiting', 'resolved') GROUP BY status";
pub(super) const UNTAKEN: &str =
    "SELECT count(*) FROM tickets WHERE desk = ?1 AND status = 'new' AND assignee IS NULL";
pub(super) const WAITING: &str = "SELECT state, count(*), min(letters.created_at) FROM deliveries
    JOIN letters ON letters.id = deliveries.letter WHERE open = 1 GROUP BY state";
pub(super) const GIVEN_UP: &str = "SELECT count(*) FROM deliveries
    WHERE id > (SELECT max(id) FROM deliveries) - ?1 AND state IN ('failed', 'expired')";
pub(super) const SET_ASIDE: &str = "SELECT count(*), max(stored_at) FROM mails WHERE outcome = 'quarantined'";
/// Ids are never given twice and mails never taken away.
pub(super) const MAILS: &str = "SELECT coalesce(max(id), 0) FROM mails";

pub(super) fn overview(
    conn: &Connection,
    desks: &[DeskId],
    now: Timestamp,
    until: Timestamp,
) -> Result<Overview> {
    let mut found = Overview::default();
    for desk in desks {
        found.desks.push(of_desk(conn, desk, now, until)?);
    }
    let mut statement = conn.prepare_cached(WAITING)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        found.waiting.push((columns::state(&row.get::<_, String>(0)?)?, row.get(1)?));
        let oldest = row.get::<_, At>(2)?.0;
        found.oldest_waiting = Some(found.oldest_waiting.map_or(oldest, |known| known.min(oldest)));
    }
    let lately = i64::from(Overview::LATELY);
    found.given_up = conn.prepare_cached(GIVEN_UP)?.query_row([lately], |row| row.get(0))?;
    (found.set_aside, found.last_set_aside) = conn
        .prepare_cached(SET_ASIDE)?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, Option<At>>(1)?.map(|at| at.0))))?;
    found.mails = conn.prepare_cached(MAILS)?.query_row([], |row| row.get(0))?;
    Ok(found)
}

fn of_desk(conn: &Connection, desk: &DeskId, now: Timestamp, until: Timestamp) -> Result<DeskOverview> {
    let (mut tickets, mut due, mut overdue) = (Vec::new(), 0, 0);
    let mut statement = conn.prepare_cached(TICKETS)?;
    let mut rows = statement.query(params![&**desk, At(now), At(until)])?;
    while let Some(row) = rows.next()? {
        let word: String = row.get(0)?;
        let status = Status::parse(&word)
            .ok_or_else(|| StoreError::Corrupt(format!("{word:?} stands for a status")))?;
        tickets.push((status, row.get(1)?));
        // What is resolved waits for nobody's promise any more.
        if status != Status::Resolved {
            due += row.get::<_, u32>(2)?;
            overdue += row.get::<_, u32>(3)?;
        }
    }
    let untaken = conn.prepare_cached(UNTAKEN)?.query_row([&**desk], |row| row.get(0))?;
    Ok(DeskOverview { desk: desk.clone(), tickets, due, overdue, untaken })
}
