//! Ratings of solutions.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::columns::At;
use crate::domain::people::AgentId;
use crate::domain::rules::DeskId;
use crate::domain::ticket::TicketKey;
use crate::store::{Rated, Result};

pub(super) const RATE: &str =
    "INSERT INTO ratings (desk, number, value, comment, agent, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (desk, number) DO UPDATE SET value = excluded.value, comment = excluded.comment,
    agent = excluded.agent, at = excluded.at";
pub(super) const RATINGS: &str = "SELECT number, value, comment, agent, at FROM ratings
    WHERE desk = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, number";

pub(super) fn rate(conn: &Connection, key: &TicketKey, rating: &Rated) -> Result<()> {
    conn.prepare_cached(RATE)?.execute(params![
        &*key.desk,
        key.number,
        rating.value,
        rating.comment,
        rating.agent.as_ref().map(|a| &a.0),
        At(rating.at)
    ])?;
    Ok(())
}

pub(super) fn ratings(
    conn: &Connection,
    desk: &DeskId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(TicketKey, Rated)>> {
    let mut statement = conn.prepare_cached(RATINGS)?;
    let rows = statement.query_map(params![&**desk, At(from), At(until)], |row| {
        let rated = Rated {
            value: row.get(1)?,
            comment: row.get(2)?,
            agent: row.get::<_, Option<String>>(3)?.map(AgentId),
            at: row.get::<_, At>(4)?.0,
        };
        Ok((TicketKey::new(desk, row.get(0)?), rated))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
