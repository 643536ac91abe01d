//! Tickets read one by one: against their columns, their wake, their thread and their history.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use super::{Findings, documents};
use crate::domain::patch;
use crate::domain::thread::Message;
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::Result;
use crate::store::sqlite::columns::{self, At};

/// A ticket as its row has it.
struct Stored {
    key: TicketKey,
    status: String,
    requester: Option<String>,
    assignee: Option<String>,
    client: Option<String>,
    received_at: i64,
    wake: Option<i64>,
    promise: Option<i64>,
    doc: String,
}

pub(super) fn read(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT desk, number, status, requester, assignee, client, received_at, wake, promise, doc FROM tickets",
    )?;
    let stored = |row: &Row<'_>| {
        let key = TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get::<_, Number>(1)? };
        Ok(Stored {
            key,
            status: row.get(2)?,
            requester: row.get(3)?,
            assignee: row.get(4)?,
            client: row.get(5)?,
            received_at: row.get(6)?,
            wake: row.get(7)?,
            promise: row.get(8)?,
            doc: row.get(9)?,
        })
    };
    for stored in statement.query_map([], stored)? {
        let stored = stored?;
        let read = serde_json::from_str(&stored.doc)
            .and_then(|value: Value| Ok((serde_json::from_value::<Ticket>(value.clone())?, value)));
        match read {
            Ok((ticket, value)) => {
                row(&stored, &ticket, findings);
                history(conn, &stored.key, &value, findings)?;
                thread(conn, &ticket, findings)?;
            }
            Err(e) => findings.add(11, format!("ticket {} cannot be read: {e}", stored.key)),
        }
    }
    Ok(())
}

fn row(stored: &Stored, ticket: &Ticket, findings: &mut Findings) {
    let key = &stored.key;
    let agrees = ticket.key == *key
        && ticket.status().word() == stored.status
        && ticket.requester.address.as_ref().map(|a| a.as_str()) == stored.requester.as_deref()
        && ticket.assignee.as_ref().map(|a| a.0.as_str()) == stored.assignee.as_deref()
        && ticket.client == stored.client
        && At(ticket.received_at).nanoseconds() == stored.received_at
        && ticket.promise().map(|at| At(at).nanoseconds()) == stored.promise;
    if !agrees {
        findings.add(3, format!("ticket {key} is listed under something else than it is"));
    }
    match (ticket.wake().map(|at| At(at).nanoseconds()), stored.wake) {
        (None, None) => {}
        // A wake may be postponed, never brought forward.
        (Some(earliest), Some(wake)) if wake >= earliest => {}
        (Some(_), None) => findings.add(5, format!("ticket {key} waits for a moment and is never woken")),
        (None, Some(_)) => findings.add(5, format!("ticket {key} waits for nothing and is woken")),
        (Some(_), Some(_)) => findings.add(5, format!("ticket {key} is woken before its time")),
    }
}

fn history(conn: &Connection, key: &TicketKey, ticket: &Value, findings: &mut Findings) -> Result<()> {
    let mut statement =
        conn.prepare_cached("SELECT change FROM history WHERE desk = ?1 AND number = ?2 ORDER BY id")?;
    let mut rows = statement.query(params![&*key.desk, key.number])?;
    let mut folded = Value::Null;
    while let Some(row) = rows.next()? {
        match serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?) {
            Ok(change) => patch::apply(&mut folded, &change),
            Err(e) => findings.add(11, format!("a change in the history of {key} cannot be read: {e}")),
        }
    }
    if patch::plain(&folded) != patch::plain(ticket) {
        let differs = patch::diff(&folded, ticket);
        let members: Vec<&String> = differs.as_object().into_iter().flat_map(|m| m.keys()).collect();
        findings.add(11, format!("the history of ticket {key} does not lead to it, differs in {members:?}"));
    }
    Ok(())
}

fn thread(conn: &Connection, ticket: &Ticket, findings: &mut Findings) -> Result<()> {
    let key = &ticket.key;
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, mail, doc FROM messages WHERE desk = ?1 AND number = ?2 ORDER BY seq",
    )?;
    let mut rows = statement.query(params![&*key.desk, key.number])?;
    let mut public = 0;
    while let Some(row) = rows.next()? {
        let seq: u32 = row.get(0)?;
        let Ok(message) = serde_json::from_str::<Message>(&row.get::<_, String>(3)?) else {
            findings.add(11, format!("message {key}/{seq} cannot be read"));
            continue;
        };
        public += u32::from(message.kind.is_public());
        let mail = row.get::<_, Option<columns::HashColumn>>(2)?.map(|h| h.0);
        if message.seq != seq || message.kind.word() != row.get::<_, String>(1)? || message.mail != mail {
            findings.add(11, format!("message {key}/{seq} is listed under something else than it is"));
        }
        documents::lost_parts(
            conn,
            message.attachments.iter(),
            &format!("message {key}/{seq}"),
            1,
            findings,
        )?;
    }
    if public != ticket.messages {
        findings.add(11, format!("ticket {key} counts {} messages and has {public}", ticket.messages));
    }
    work(conn, ticket, findings)
}

/// The journal's sum without what was corrected, and the rating.
fn work(conn: &Connection, ticket: &Ticket, findings: &mut Findings) -> Result<()> {
    let key = &ticket.key;
    let minutes: i64 = conn
        .prepare_cached(
            "SELECT coalesce(sum(minutes), 0) FROM works WHERE desk = ?1 AND number = ?2
             AND NOT EXISTS (SELECT 1 FROM works AS newer WHERE newer.corrects = works.id)",
        )?
        .query_row(params![&*key.desk, key.number], |row| row.get(0))?;
    if minutes != i64::from(ticket.spent_minutes) {
        let spent = ticket.spent_minutes;
        findings.add(11, format!("ticket {key} counts {spent} minutes and its journal has {minutes}"));
    }
    let rating: Option<u8> = conn
        .prepare_cached("SELECT value FROM ratings WHERE desk = ?1 AND number = ?2")?
        .query_row(params![&*key.desk, key.number], |row| row.get(0))
        .optional()?;
    if rating != ticket.rating {
        let (has, kept) = (ticket.rating.unwrap_or(0), rating.unwrap_or(0));
        findings.add(11, format!("ticket {key} is rated {has}, and {kept} is what was kept (0: nothing)"));
    }
    Ok(())
}
