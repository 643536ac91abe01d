//! Bytes under their content hash.

use std::io::{self, Write};

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::HashColumn;
use crate::domain::hash::Hash;
use crate::store::{Result, StoreError};

pub(super) const KEEP: &str = "INSERT INTO bytes (hash, bytes) VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING";
pub(super) const RESERVE: &str =
    "INSERT INTO bytes (hash, bytes) VALUES (?1, zeroblob(?2)) ON CONFLICT (hash) DO NOTHING";
pub(super) const BYTES: &str = "SELECT bytes FROM bytes WHERE hash = ?1";

/// More bytes are written in pieces: SQLite copies what is given to a statement, and its row once more.
const PIECE_BYTES: usize = 1 << 20;

pub(super) fn keep(conn: &Connection, hash: &Hash, bytes: &[u8]) -> Result<()> {
    if bytes.len() <= PIECE_BYTES {
        conn.prepare_cached(KEEP)?.execute(params![HashColumn(*hash), bytes])?;
        return Ok(());
    }
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    if conn.prepare_cached(RESERVE)?.execute(params![HashColumn(*hash), length])? > 0 {
        let mut blob = conn.blob_open("main", "bytes", "bytes", conn.last_insert_rowid(), false)?;
        for piece in bytes.chunks(PIECE_BYTES) {
            blob.write_all(piece).map_err(in_pieces)?;
        }
        blob.close()?;
    }
    Ok(())
}

/// rusqlite gives its own error in the guise of one of input and output.
fn in_pieces(error: io::Error) -> StoreError {
    match error.downcast::<rusqlite::Error>() {
        Ok(error) => error.into(),
        Err(error) => StoreError::Corrupt(format!("bytes cannot be written in pieces: {error}")),
    }
}

pub(super) fn bytes(conn: &Connection, hash: &Hash) -> Result<Option<Vec<u8>>> {
    Ok(conn.prepare_cached(BYTES)?.query_row([HashColumn(*hash)], |row| row.get(0)).optional()?)
}
