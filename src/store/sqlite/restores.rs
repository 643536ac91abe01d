//! Restores, and what is known of the time that each of them lost.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::At;
use crate::domain::address::Address;
use crate::store::{LeftBefore, Restore, Result};

const LAST: &str = "SELECT epoch, lost_from, at, known FROM restores ORDER BY epoch DESC LIMIT 1";
pub(super) const LEFT_BEFORE: &str =
    "SELECT message_id, at FROM lost_letters WHERE cause = ?1 AND purpose = ?2 AND recipient = ?3";

pub(super) fn last(conn: &Connection) -> Result<Option<Restore>> {
    let read = |row: &Row<'_>| {
        Ok(Restore {
            epoch: row.get(0)?,
            lost_from: row.get::<_, Option<At>>(1)?.map(|at| at.0),
            at: row.get::<_, Option<At>>(2)?.map(|at| at.0),
            known: row.get(3)?,
        })
    };
    Ok(conn.prepare_cached(LAST)?.query_row([], read).optional()?)
}

pub(super) fn left_before(
    conn: &Connection,
    cause: &str,
    purpose: &str,
    recipient: &Address,
) -> Result<Option<LeftBefore>> {
    let read = |row: &Row<'_>| Ok(LeftBefore { message_id: row.get(0)?, at: row.get::<_, At>(1)?.0 });
    let mut statement = conn.prepare_cached(LEFT_BEFORE)?;
    Ok(statement.query_row(params![cause, purpose, recipient.as_str()], read).optional()?)
}
