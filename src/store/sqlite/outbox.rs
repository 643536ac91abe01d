//! Deliveries: claimed one attempt at a time, settled with what came of it.
//!
//! Of all open deliveries of one recipient and ticket the oldest is the `head`; only heads are claimed. The mark
//! moves when a delivery is done, so that a claim reads an index of heads by their next attempt and nothing else,
//! however long the outbox is.

use jiff::Timestamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::columns::{self, At};
use super::conditions::Conditions;
use super::letters;
use crate::store::{
    Claim, DeliveryFilter, DeliveryId, DeliveryRow, DeliveryState, LetterId, Result, Settled, StoreError,
};

pub(super) const CLAIMABLE: &str =
    "SELECT id FROM deliveries WHERE head = 1 AND pressing = ?1 AND next_at <= ?2
    ORDER BY next_at, id LIMIT ?3";
pub(super) const CLAIM: &str = "UPDATE deliveries SET attempts = attempts + 1,
    uncertain = uncertain + (state = 'attempting'), state = 'attempting', next_at = ?2,
    first_at = coalesce(first_at, ?3) WHERE id = ?1";
/// Not by the statement that claims it: what returns rows is run as a trigger, with a journal of its own.
pub(super) const CLAIMED: &str =
    "SELECT letter, recipient, attempts, uncertain, first_at FROM deliveries WHERE id = ?1";
pub(super) const STANDS: &str =
    "SELECT state, recipient, ticket_desk, ticket_number FROM deliveries WHERE id = ?1";
pub(super) const SETTLE: &str =
    "UPDATE deliveries SET state = ?2, open = ?3, head = head AND ?3, next_at = ?4,
    settled_at = ?5, text = ?6, uncertain = uncertain + ?7, attempts = max(attempts - ?8, 0),
    first_at = CASE WHEN ?8 AND attempts <= 1 THEN NULL ELSE first_at END WHERE id = ?1";
pub(super) const PROMOTE: &str = "UPDATE deliveries SET head = 1 WHERE id = (SELECT min(id) FROM deliveries
    WHERE recipient = ?1 AND ticket_desk = ?2 AND ticket_number = ?3 AND open = 1)";
/// After an operator's word only: walks the open deliveries of one recipient and ticket.
pub(super) const LINE_UP: &str = "UPDATE deliveries SET head = NOT EXISTS (SELECT 1 FROM deliveries AS older
    WHERE older.recipient = ?1 AND older.ticket_desk = ?2 AND older.ticket_number = ?3 AND older.open = 1
    AND older.id < deliveries.id) WHERE recipient = ?1 AND ticket_desk = ?2 AND ticket_number = ?3 AND open = 1";
pub(super) const ALONE: &str = "UPDATE deliveries SET head = open WHERE id = ?1";
pub(super) const RECLAIM: &str = "UPDATE deliveries SET state = 'uncertain', uncertain = uncertain + 1,
    next_at = ?1 WHERE state = 'attempting'";
pub(super) const NEXT: &str =
    "SELECT min(next_at) FROM deliveries WHERE head = 1 AND pressing = ?1 AND next_at IS NOT NULL";
const ROWS: &str = "SELECT deliveries.id, deliveries.letter, letters.desk, deliveries.ticket_desk,
    deliveries.ticket_number, purpose, message_id, recipient, state, attempts, uncertain, created_at, next_at,
    settled_at, text FROM deliveries JOIN letters ON letters.id = deliveries.letter";

const PRESSING_FIRST: [bool; 2] = [true, false];

pub(super) fn claim(conn: &Connection, now: Timestamp, lease: Timestamp, limit: usize) -> Result<Vec<Claim>> {
    let mut claimable = conn.prepare_cached(CLAIMABLE)?;
    let mut ids: Vec<DeliveryId> = Vec::new();
    for pressing in PRESSING_FIRST {
        let room = i64::try_from(limit - ids.len()).unwrap_or(i64::MAX);
        let found = claimable.query_map(params![pressing, At(now), room], |row| row.get(0))?;
        for id in found {
            ids.push(id?);
        }
    }
    ids.into_iter().map(|id| claim_one(conn, id, now, lease)).collect()
}

fn claim_one(conn: &Connection, id: DeliveryId, now: Timestamp, lease: Timestamp) -> Result<Claim> {
    type Taken = (LetterId, String, u32, u32, At);
    let taken = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?));
    conn.prepare_cached(CLAIM)?.execute(params![id, At(lease), At(now)])?;
    let (letter, recipient, attempt, uncertain, first_at): Taken =
        conn.prepare_cached(CLAIMED)?.query_row([id], taken)?;
    let row = letters::letter(conn, letter)?
        .ok_or_else(|| StoreError::Corrupt(format!("delivery {id} has no letter")))?;
    let recipient = columns::address(&recipient)?;
    Ok(Claim { delivery: id, letter, recipient, attempt, uncertain, first_at: first_at.0, row })
}

/// Does a result change a delivery that stands at `old`?
///
/// A result that comes late, after the lease ran out and another attempt was made, must not undo what is final:
/// what was sent is not sent again because an earlier attempt was deferred, and cannot be cancelled any more. It
/// can turn out to have failed (a delivery report), and stays failed where the report was quicker than the answer of the
/// server that took it. Only an operator's word (`Queued`) opens a final delivery.
fn accepts(old: DeliveryState, new: DeliveryState) -> bool {
    use DeliveryState as S;
    match (old, new) {
        (_, S::Queued) => true,
        (S::Sent, S::Sent | S::Failed) => true,
        (S::Sent, _) | (S::Failed, S::Sent) => false,
        (old, new) => !old.is_final() || new.is_final(),
    }
}

pub(super) fn settle(conn: &Connection, id: DeliveryId, outcome: &Settled) -> Result<()> {
    if outcome.state == DeliveryState::Attempting {
        return Err(StoreError::Abandoned("an attempt begins with a claim".into()));
    }
    type Stands = (String, String, Option<String>, Option<u32>);
    let stands = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let found: Option<Stands> = conn.prepare_cached(STANDS)?.query_row([id], stands).optional()?;
    let Some((word, recipient, desk, number)) = found else {
        return Err(StoreError::Abandoned(format!("there is no delivery {id} to settle")));
    };
    let (old, new) = (columns::state(&word)?, outcome.state);
    if !accepts(old, new) {
        return Ok(());
    }
    let open = !new.is_final();
    let next_at = open.then(|| At(outcome.next_at.unwrap_or(outcome.at)));
    let uncertain = new == DeliveryState::Uncertain;
    let text = &outcome.text;
    conn.prepare_cached(SETTLE)?.execute(params![
        id,
        new.word(),
        open,
        next_at,
        At(outcome.at),
        text,
        uncertain,
        outcome.uncounted
    ])?;
    let pair = params![recipient, desk, number];
    match (old.is_final(), new.is_final(), number) {
        (false, true, Some(_)) => conn.prepare_cached(PROMOTE)?.execute(pair)?,
        (true, false, Some(_)) => conn.prepare_cached(LINE_UP)?.execute(pair)?,
        (true, false, None) => conn.prepare_cached(ALONE)?.execute([id])?,
        _ => 0,
    };
    Ok(())
}

pub(super) fn reclaim(conn: &Connection, now: Timestamp) -> Result<u32> {
    let count = conn.prepare_cached(RECLAIM)?.execute([At(now)])?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) fn next_delivery(conn: &Connection) -> Result<Option<Timestamp>> {
    let mut first = conn.prepare_cached(NEXT)?;
    let mut next = None;
    for pressing in PRESSING_FIRST {
        let of_these: Option<At> = first.query_row([pressing], |row| row.get(0))?;
        next = next.into_iter().chain(of_these.map(|at| at.0)).min();
    }
    Ok(next)
}

fn read(row: &Row<'_>) -> Result<DeliveryRow> {
    let recipient: String = row.get(7)?;
    let word: String = row.get(8)?;
    Ok(DeliveryRow {
        id: row.get(0)?,
        letter: row.get(1)?,
        desk: row.get::<_, String>(2)?.into(),
        ticket: columns::key(row.get(3)?, row.get(4)?),
        purpose: row.get(5)?,
        message_id: row.get(6)?,
        recipient: columns::address(&recipient)?,
        state: columns::state(&word)?,
        attempts: row.get(9)?,
        uncertain: row.get(10)?,
        created_at: row.get::<_, At>(11)?.0,
        next_at: row.get::<_, Option<At>>(12)?.map(|at| at.0),
        settled_at: row.get::<_, Option<At>>(13)?.map(|at| at.0),
        text: row.get(14)?,
    })
}

fn list(conn: &Connection, sql: &str, conditions: &Conditions<'_>) -> Result<Vec<DeliveryRow>> {
    let mut statement = conn.prepare_cached(sql)?;
    let values: Vec<&dyn ToSql> = conditions.values().collect();
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(super) fn delivery(conn: &Connection, id: DeliveryId) -> Result<Option<DeliveryRow>> {
    let mut conditions = Conditions::default();
    conditions.add("deliveries.id = ?", id);
    let sql = conditions.statement(ROWS, "deliveries.id", 1);
    Ok(list(conn, &sql, &conditions)?.pop())
}

/// The statement for a filter.
pub(super) fn listing(filter: &DeliveryFilter) -> Result<(String, Conditions<'_>)> {
    let mut conditions = Conditions::default();
    if !filter.states.is_empty() {
        let words: Vec<&str> = filter.states.iter().map(|s| s.word()).collect();
        conditions.add("state IN (SELECT value FROM json_each(?))", columns::json(&words)?);
        if !filter.states.iter().any(|s| s.is_final()) {
            // What is open lies in an index of its own and is little beside all that was ever sent.
            conditions.add_all("open = 1", []);
        }
    }
    if let Some(key) = &filter.ticket {
        let values: [Box<dyn ToSql>; 2] = [Box::new(&*key.desk), Box::new(key.number)];
        conditions.add_all("letters.ticket_desk = ? AND letters.ticket_number = ?", values);
    }
    if let Some(letter) = filter.letter {
        conditions.add("deliveries.letter = ?", letter);
    }
    if let Some(recipient) = &filter.recipient {
        // An agent has letters of all tickets: where the ticket is known, its few letters are looked through, not his.
        let words = if filter.ticket.is_some() { "+recipient = ?" } else { "recipient = ?" };
        conditions.add(words, recipient.as_str());
    }
    let sql = conditions.statement(ROWS, "deliveries.id DESC", filter.limit);
    Ok((sql, conditions))
}

pub(super) fn deliveries(conn: &Connection, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>> {
    let (sql, conditions) = listing(filter)?;
    list(conn, &sql, &conditions)
}
