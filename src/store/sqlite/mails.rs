//! Mails received, and the UIDs under which they were seen.

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::columns::{self, At, HashColumn};
use super::conditions::Conditions;
use crate::domain::hash::Hash;
use crate::store::{Cursor, Mail, MailFilter, MailId, NewMail, Outcome, Place, Result, Sighting, StoreError};

pub(super) const SIGHTING: &str = "SELECT mailbox, validity, uid, seen_at, mail, doc FROM sightings
    WHERE mailbox = ?1 AND validity = ?2 AND uid = ?3";
pub(super) const SIGHT: &str =
    "INSERT INTO sightings (mailbox, validity, uid, seen_at, mail, outcome, ticket_desk, ticket_number, doc)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (mailbox, validity, uid) DO UPDATE SET mail = coalesce(excluded.mail, mail),
    outcome = excluded.outcome, ticket_desk = excluded.ticket_desk, ticket_number = excluded.ticket_number,
    doc = excluded.doc";
const COLUMNS: &str = "SELECT id, desk, fingerprint, raw, size_bytes, message_id, from_address, subject,
    received_at, stored_at, attempts, doc FROM mails";
pub(super) const BY_FINGERPRINT: &str = "SELECT id, desk, fingerprint, raw, size_bytes, message_id,
    from_address, subject, received_at, stored_at, attempts, doc FROM mails WHERE fingerprint = ?1";
pub(super) const BY_ID: &str = "SELECT id, desk, fingerprint, raw, size_bytes, message_id, from_address,
    subject, received_at, stored_at, attempts, doc FROM mails WHERE id = ?1";
pub(super) const BY_MESSAGE_ID: &str = "SELECT id, desk, fingerprint, raw, size_bytes, message_id,
    from_address, subject, received_at, stored_at, attempts, doc FROM mails
    WHERE message_id = ?1 ORDER BY id DESC LIMIT 10";
pub(super) const ADD: &str =
    "INSERT INTO mails (desk, fingerprint, raw, size_bytes, message_id, from_address, subject, received_at,
    stored_at, outcome, ticket_desk, ticket_number, doc, attempts)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
pub(super) const CONCLUDE: &str = "UPDATE mails SET outcome = ?2, ticket_desk = ?3, ticket_number = ?4,
    doc = ?5, attempts = attempts + 1 WHERE id = ?1";
pub(super) const CONCLUDE_SIGHTINGS: &str = "UPDATE sightings SET outcome = ?2, ticket_desk = ?3,
    ticket_number = ?4, doc = ?5 WHERE mail = ?1 AND outcome <> 'duplicate'";
pub(super) const CURSOR: &str = "SELECT validity, uid FROM cursors WHERE mailbox = ?1";
pub(super) const SET_CURSOR: &str = "INSERT INTO cursors (mailbox, validity, uid) VALUES (?1, ?2, ?3)
    ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, uid = excluded.uid";

type SightingRow = (Place, At, Option<MailId>, String);

fn sighting_row(row: &Row<'_>) -> rusqlite::Result<SightingRow> {
    let place = Place { mailbox: row.get(0)?, validity: row.get(1)?, uid: row.get(2)? };
    Ok((place, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn read_sighting((place, seen_at, mail, doc): SightingRow) -> Result<Sighting> {
    Ok(Sighting { place, seen_at: seen_at.0, mail, outcome: columns::outcome(&doc)? })
}

pub(super) fn sighting(conn: &Connection, place: &Place) -> Result<Option<Sighting>> {
    let mut statement = conn.prepare_cached(SIGHTING)?;
    let row =
        statement.query_row(params![place.mailbox, place.validity, place.uid], sighting_row).optional()?;
    row.map(read_sighting).transpose()
}

pub(super) fn sight(conn: &Connection, sighting: &Sighting) -> Result<()> {
    let Place { mailbox, validity, uid } = &sighting.place;
    let (desk, number) = columns::of_key(sighting.outcome.ticket());
    let doc = columns::json(&sighting.outcome)?;
    let seen_at = At(sighting.seen_at);
    let word = sighting.outcome.word();
    conn.prepare_cached(SIGHT)?.execute(params![
        mailbox,
        validity,
        uid,
        seen_at,
        sighting.mail,
        word,
        desk,
        number,
        doc
    ])?;
    Ok(())
}

struct MailRow {
    mail: Mail,
    from: Option<String>,
    doc: String,
}

fn mail_row(row: &Row<'_>) -> rusqlite::Result<MailRow> {
    let new = NewMail {
        desk: row.get::<_, String>(1)?.into(),
        fingerprint: row.get::<_, HashColumn>(2)?.0,
        raw: row.get::<_, HashColumn>(3)?.0,
        size_bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        message_id: row.get(5)?,
        from: None,
        subject: row.get(7)?,
        received_at: row.get::<_, At>(8)?.0,
        stored_at: row.get::<_, At>(9)?.0,
        outcome: Outcome::Stored,
    };
    let mail = Mail { id: row.get(0)?, mail: new, attempts: row.get(10)? };
    Ok(MailRow { mail, from: row.get(6)?, doc: row.get(11)? })
}

fn read_mail(row: MailRow) -> Result<Mail> {
    let MailRow { mut mail, from, doc } = row;
    mail.mail.from = from.as_deref().map(columns::address).transpose()?;
    mail.mail.outcome = columns::outcome(&doc)?;
    Ok(mail)
}

pub(super) fn by_fingerprint(conn: &Connection, fingerprint: &Hash) -> Result<Option<Mail>> {
    let mut statement = conn.prepare_cached(BY_FINGERPRINT)?;
    statement.query_row([HashColumn(*fingerprint)], mail_row).optional()?.map(read_mail).transpose()
}

pub(super) fn by_id(conn: &Connection, id: MailId) -> Result<Option<Mail>> {
    conn.prepare_cached(BY_ID)?.query_row([id], mail_row).optional()?.map(read_mail).transpose()
}

pub(super) fn by_message_id(conn: &Connection, message_id: &str) -> Result<Vec<Mail>> {
    let mut statement = conn.prepare_cached(BY_MESSAGE_ID)?;
    let rows = statement.query_map([message_id], mail_row)?;
    rows.map(|row| read_mail(row?)).collect()
}

pub(super) fn add(conn: &Connection, mail: &NewMail) -> Result<MailId> {
    let size = i64::try_from(mail.size_bytes)
        .map_err(|_| StoreError::Abandoned(format!("a mail of {} bytes", mail.size_bytes)))?;
    let (desk, number) = columns::of_key(mail.outcome.ticket());
    conn.prepare_cached(ADD)?.execute(params![
        &*mail.desk,
        HashColumn(mail.fingerprint),
        HashColumn(mail.raw),
        size,
        mail.message_id,
        mail.from.as_ref().map(|a| a.as_str()),
        mail.subject,
        At(mail.received_at),
        At(mail.stored_at),
        mail.outcome.word(),
        desk,
        number,
        columns::json(&mail.outcome)?,
        mail.outcome != Outcome::Stored,
    ])?;
    Ok(conn.last_insert_rowid())
}

pub(super) fn conclude(conn: &Connection, id: MailId, outcome: &Outcome) -> Result<()> {
    let (desk, number) = columns::of_key(outcome.ticket());
    let (word, doc) = (outcome.word(), columns::json(outcome)?);
    let found = conn.prepare_cached(CONCLUDE)?.execute(params![id, word, desk, number, doc])?;
    if found == 0 {
        return Err(StoreError::Abandoned(format!("there is no mail {id} to conclude")));
    }
    conn.prepare_cached(CONCLUDE_SIGHTINGS)?.execute(params![id, word, desk, number, doc])?;
    Ok(())
}

fn ledger_conditions<'a>(
    filter: &'a MailFilter,
    since: &'static str,
    mailbox: &'static str,
    from: &'static str,
) -> Conditions<'a> {
    let mut conditions = Conditions::default();
    if let Some(outcome) = &filter.outcome {
        conditions.add("outcome = ?", outcome);
    }
    if let Some(key) = &filter.ticket {
        let values: [Box<dyn ToSql>; 2] = [Box::new(&*key.desk), Box::new(key.number)];
        conditions.add_all("ticket_desk = ? AND ticket_number = ?", values);
    }
    if let Some(at) = filter.since {
        conditions.add(since, At(at));
    }
    if let Some(name) = &filter.mailbox {
        conditions.add(mailbox, name);
    }
    if let Some(address) = &filter.from {
        conditions.add(from, address.as_str());
    }
    conditions
}

pub(super) fn mails(conn: &Connection, filter: &MailFilter) -> Result<Vec<Mail>> {
    let mailbox = "EXISTS (SELECT 1 FROM sightings WHERE sightings.mail = mails.id AND mailbox = ?)";
    let conditions = ledger_conditions(filter, "stored_at >= ?", mailbox, "from_address = ?");
    let mut statement = conn.prepare_cached(&conditions.statement(COLUMNS, "id DESC", filter.limit))?;
    let rows = statement.query_map(params_from_iter(conditions.values()), mail_row)?;
    rows.map(|row| read_mail(row?)).collect()
}

pub(super) fn sightings(conn: &Connection, filter: &MailFilter) -> Result<Vec<Sighting>> {
    let select = "SELECT mailbox, validity, uid, seen_at, mail, doc FROM sightings";
    let from = "EXISTS (SELECT 1 FROM mails WHERE mails.id = sightings.mail AND from_address = ?)";
    let conditions = ledger_conditions(filter, "seen_at >= ?", "mailbox = ?", from);
    let sql = conditions.statement(select, "seen_at DESC, id DESC", filter.limit);
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(conditions.values()), sighting_row)?;
    rows.map(|row| read_sighting(row?)).collect()
}

pub(super) fn cursor(conn: &Connection, mailbox: &str) -> Result<Option<Cursor>> {
    let read = |row: &Row<'_>| Ok(Cursor { validity: row.get(0)?, uid: row.get(1)? });
    Ok(conn.prepare_cached(CURSOR)?.query_row([mailbox], read).optional()?)
}

pub(super) fn set_cursor(conn: &Connection, mailbox: &str, cursor: &Cursor) -> Result<()> {
    conn.prepare_cached(SET_CURSOR)?.execute(params![mailbox, cursor.validity, cursor.uid])?;
    Ok(())
}
