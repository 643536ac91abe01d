//! Bytes under their content hash.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::HashColumn;
use crate::domain::hash::Hash;
use crate::store::Result;

pub(super) const KEEP: &str = "INSERT INTO bytes (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
pub(super) const BYTES: &str = "SELECT bytes FROM bytes WHERE hash = ?1";

pub(super) fn keep(conn: &Connection, hash: &Hash, bytes: &[u8]) -> Result<()> {
    conn.prepare_cached(KEEP)?.execute(params![HashColumn(*hash), bytes])?;
    Ok(())
}

pub(super) fn bytes(conn: &Connection, hash: &Hash) -> Result<Option<Vec<u8>>> {
    Ok(conn.prepare_cached(BYTES)?.query_row([HashColumn(*hash)], |row| row.get(0)).optional()?)
}
