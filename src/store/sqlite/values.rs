//! Small things by name.

use rusqlite::{Connection, OptionalExtension, params};

use crate::store::Result;

pub(super) const VALUE: &str = "SELECT value FROM small_values WHERE name = ?1";
pub(super) const SET_VALUE: &str = "INSERT INTO small_values (name, value) VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(super) fn value(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    Ok(conn.prepare_cached(VALUE)?.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn set_value(conn: &Connection, name: &str, value: &[u8]) -> Result<()> {
    conn.prepare_cached(SET_VALUE)?.execute(params![name, value])?;
    Ok(())
}
