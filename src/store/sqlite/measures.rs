//! What reports count, by SQL: no ticket is read as a whole.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::columns::At;
use crate::domain::people::AgentId;
use crate::domain::rules::DeskId;
use crate::domain::ticket::Status;
use crate::store::{Measure, Pending, Promised, Result, StoreError, Tally};

/// Changes in history are merge patches: a member that was taken away is `null` in them. What left `resolved` loses
/// `closes_at`, what left `closed` loses `how`.
pub(super) const MEASURES: &str = "SELECT tickets.number, status, doc ->> '$.type', doc ->> '$.severity',
    doc ->> '$.channel', client, assignee, received_at,
    (SELECT messages.doc ->> '$.at' FROM messages WHERE messages.desk = tickets.desk
     AND messages.number = tickets.number AND kind = 'reply' ORDER BY seq LIMIT 1),
    max(CASE WHEN change ->> '$.state.status' = 'resolved' THEN history.at END),
    max(CASE WHEN change ->> '$.state.status' = 'closed' AND json_type(change, '$.state.how') = 'object'
             OR change ->> '$.state.how' = 'operator' THEN history.at END),
    doc ->> '$.respond.due', doc ->> '$.respond.met_at', max(coalesce(change ->> '$.respond.breached', 0)),
    doc ->> '$.resolve.due', doc ->> '$.resolve.met_at', max(coalesce(change ->> '$.resolve.breached', 0)),
    sum(change ->> '$.state.status' IN ('new', 'open', 'waiting')
        AND (json_type(change, '$.state.closes_at') = 'null' OR json_type(change, '$.state.how') = 'null')),
    doc ->> '$.rating', coalesce(doc ->> '$.spent_minutes', 0)
    FROM tickets LEFT JOIN history ON history.desk = tickets.desk AND history.number = tickets.number
    WHERE tickets.desk = ?1 AND received_at >= ?2 AND received_at < ?3
    GROUP BY received_at, tickets.number ORDER BY received_at, tickets.number";
/// In the index an answer's moment is cut to its second, so that text is in the order of time.
pub(super) const REPLIES: &str = "SELECT doc ->> '$.at', doc ->> '$.author.agent' FROM messages
    WHERE kind = 'reply' AND desk = ?1 AND substr(json_extract(doc, '$.at'), 1, 19) >= ?2
    AND substr(json_extract(doc, '$.at'), 1, 19) < ?3
    ORDER BY substr(json_extract(doc, '$.at'), 1, 19), number, seq";
pub(super) const PENDING: &str = "SELECT status, count(*), min(received_at) FROM tickets
    WHERE desk = ?1 AND status IN ('needs_info', 'new', 'open', 'waiting', 'resolved') GROUP BY status";

const MAILS: &str =
    "SELECT iif(outcome = 'applied', doc ->> '$.kind', outcome), count(*) FROM mails GROUP BY 1";
const TICKETS: &str = "SELECT status, count(*) FROM tickets GROUP BY status";
const DELIVERIES: &str = "SELECT state, count(*) FROM deliveries GROUP BY state";
const SIGHTINGS: &str = "SELECT count(*) FROM sightings";

fn instant(text: Option<String>) -> Result<Option<Timestamp>> {
    let read = |text: String| {
        text.parse().map_err(|_| StoreError::Corrupt(format!("{text:?} stands for an instant of a ticket")))
    };
    text.map(read).transpose()
}

fn promised(row: &Row<'_>, first: usize) -> Result<Option<Promised>> {
    let (due, met_at) = (instant(row.get(first)?)?, instant(row.get(first + 1)?)?);
    let breached: bool = row.get(first + 2)?;
    Ok(due.map(|due| Promised { due, met_at, breached }))
}

fn status(word: &str) -> Result<Status> {
    Status::parse(word).ok_or_else(|| StoreError::Corrupt(format!("{word:?} stands for a status")))
}

fn measure(row: &Row<'_>) -> Result<Measure> {
    let status = status(&row.get::<_, String>(1)?)?;
    // Somebody's word closes a ticket, also one that was never resolved.
    let resolved: Option<At> = row.get(9)?;
    let closed: Option<At> = row.get(10)?;
    let solved_at = match status {
        Status::Resolved => resolved,
        Status::Closed => resolved.or(closed),
        _ => None,
    };
    Ok(Measure {
        number: row.get(0)?,
        status,
        kind: row.get(2)?,
        severity: row.get(3)?,
        channel: row.get(4)?,
        client: row.get(5)?,
        assignee: row.get::<_, Option<String>>(6)?.map(AgentId),
        received_at: row.get::<_, At>(7)?.0,
        answered_at: instant(row.get(8)?)?,
        solved_at: solved_at.map(|at| at.0),
        respond: promised(row, 11)?,
        resolve: promised(row, 14)?,
        reopened: row.get::<_, Option<u32>>(17)?.unwrap_or(0),
        rating: row.get(18)?,
        minutes: row.get(19)?,
    })
}

pub(super) fn measures(
    conn: &Connection,
    desk: &DeskId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Measure>> {
    let mut statement = conn.prepare_cached(MEASURES)?;
    let mut rows = statement.query(params![&**desk, At(from), At(until)])?;
    let mut measures = Vec::new();
    while let Some(row) = rows.next()? {
        measures.push(measure(row)?);
    }
    Ok(measures)
}

/// As the index has it: `2026-03-02T09:00:00`.
fn to_the_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

pub(super) fn replies(
    conn: &Connection,
    desk: &DeskId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(Timestamp, Option<AgentId>)>> {
    let mut statement = conn.prepare_cached(REPLIES)?;
    let mut rows = statement.query(params![&**desk, to_the_second(from), to_the_second(until)])?;
    let mut replies = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(at) = instant(row.get(0)?)? {
            replies.push((at, row.get::<_, Option<String>>(1)?.map(AgentId)));
        }
    }
    Ok(replies)
}

fn counted(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

pub(super) fn tally(conn: &Connection) -> Result<Tally> {
    let by_word = |sql: &str| -> Result<BTreeMap<String, usize>> {
        let mut statement = conn.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, counted(row, 1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    };
    Ok(Tally {
        sightings: conn.query_row(SIGHTINGS, [], |row| counted(row, 0))?,
        mails: by_word(MAILS)?,
        tickets: by_word(TICKETS)?,
        deliveries: by_word(DELIVERIES)?,
    })
}

pub(super) fn pending(conn: &Connection, desk: &DeskId) -> Result<Vec<Pending>> {
    let mut statement = conn.prepare_cached(PENDING)?;
    let mut rows = statement.query([&**desk])?;
    let mut pending = Vec::new();
    while let Some(row) = rows.next()? {
        pending.push(Pending {
            status: status(&row.get::<_, String>(0)?)?,
            count: row.get(1)?,
            oldest: row.get::<_, At>(2)?.0,
        });
    }
    pending.sort_by_key(|p| p.status);
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::columns;

    #[test]
    fn an_instant_is_cut_as_the_index_cuts_it() {
        for text in ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00.999999999Z"] {
            let at: Timestamp = text.parse().expect("an instant");
            assert_eq!(to_the_second(at), text[..19]);
            assert_eq!(columns::json(&at).expect("written")[1..20], text[..19]);
        }
    }
}
