//! People who became known by writing, and what ties tickets to matters.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{self, At};
use crate::domain::address::Address;
use crate::domain::people::Acquaintance;
use crate::domain::rules::DeskId;
use crate::domain::ticket::{Number, TicketKey};
use crate::store::Result;

pub(super) const ACQUAINTANCE: &str = "SELECT doc FROM acquaintances WHERE desk = ?1 AND address = ?2";
pub(super) const ACQUAINT: &str =
    "INSERT INTO acquaintances (desk, address, client, at, doc) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (desk, address) DO UPDATE SET client = excluded.client, at = excluded.at, doc = excluded.doc";
pub(super) const TIE: &str = "INSERT INTO ties (desk, matter, number, at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (desk, matter, number) DO NOTHING";
pub(super) const TIED: &str = "SELECT number FROM ties WHERE desk = ?1 AND matter = ?2 AND at >= ?3
    ORDER BY at DESC, number DESC LIMIT 10";

pub(super) fn acquaintance(
    conn: &Connection,
    desk: &DeskId,
    address: &Address,
) -> Result<Option<Acquaintance>> {
    let mut statement = conn.prepare_cached(ACQUAINTANCE)?;
    let base = address.base();
    let doc: Option<String> =
        statement.query_row(params![&**desk, base.as_str()], |row| row.get(0)).optional()?;
    doc.map(|doc| columns::read_json("what is known of an address", &doc)).transpose()
}

pub(super) fn acquaint(
    conn: &Connection,
    desk: &DeskId,
    address: &Address,
    person: &Acquaintance,
    at: Timestamp,
) -> Result<()> {
    conn.prepare_cached(ACQUAINT)?.execute(params![
        &**desk,
        address.base().as_str(),
        person.client,
        At(at),
        columns::json(person)?
    ])?;
    Ok(())
}

pub(super) fn tie(conn: &Connection, key: &TicketKey, matter: &str, at: Timestamp) -> Result<()> {
    conn.prepare_cached(TIE)?.execute(params![&*key.desk, matter, key.number, At(at)])?;
    Ok(())
}

pub(super) fn tied(conn: &Connection, desk: &DeskId, matter: &str, since: Timestamp) -> Result<Vec<Number>> {
    let mut statement = conn.prepare_cached(TIED)?;
    let numbers = statement.query_map(params![&**desk, matter, At(since)], |row| row.get(0))?;
    let mut numbers: Vec<Number> = numbers.collect::<rusqlite::Result<_>>()?;
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
}
