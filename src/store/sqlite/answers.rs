//! How many automatic mails went where, and what is known of addresses.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::At;
use crate::domain::address::Address;
use crate::store::{Result, Scope, Standing, StoreError};

/// Buckets are kept for eight days; the longest window that is asked for is one.
const KEPT_MINUTES: i64 = 8 * 24 * 60;
/// So many old buckets go away at most with one new one, so that no mail pays for all of them.
const PURGED: i64 = 20;

pub(super) const COUNT: &str = "INSERT INTO answers (scope, minute, count) VALUES (?1, ?2, 1)
    ON CONFLICT (scope, minute) DO UPDATE SET count = count + 1";
pub(super) const PURGE: &str = "DELETE FROM answers WHERE id IN
    (SELECT id FROM answers WHERE minute < ?1 ORDER BY minute LIMIT ?2)";
pub(super) const ANSWERS: &str =
    "SELECT coalesce(sum(count), 0) FROM answers WHERE scope = ?1 AND minute >= ?2";
pub(super) const STANDING: &str = "SELECT standing FROM standings WHERE address = ?1";
pub(super) const SET_STANDING: &str = "INSERT INTO standings (address, standing, at) VALUES (?1, ?2, ?3)
    ON CONFLICT (address) DO UPDATE SET standing = excluded.standing, at = excluded.at";
pub(super) const CLEAR_STANDING: &str = "DELETE FROM standings WHERE address = ?1";

fn name(scope: &Scope) -> String {
    match scope {
        Scope::Address(address) => format!("address {}", address.base()),
        Scope::Domain(domain) => format!("domain {}", domain.to_lowercase()),
        Scope::Everybody => "everybody".to_owned(),
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

pub(super) fn count(conn: &Connection, address: &Address, at: Timestamp) -> Result<()> {
    let scopes = [Scope::Address(address.clone()), Scope::Domain(address.domain().into()), Scope::Everybody];
    let mut statement = conn.prepare_cached(COUNT)?;
    for scope in &scopes {
        statement.execute(params![name(scope), minute(at)])?;
    }
    conn.prepare_cached(PURGE)?.execute([minute(at) - KEPT_MINUTES, PURGED])?;
    Ok(())
}

pub(super) fn answers(conn: &Connection, scope: &Scope, since: Timestamp) -> Result<u32> {
    let mut statement = conn.prepare_cached(ANSWERS)?;
    let sum: i64 = statement.query_row(params![name(scope), minute(since)], |row| row.get(0))?;
    Ok(u32::try_from(sum).unwrap_or(u32::MAX))
}

pub(super) fn standing(conn: &Connection, address: &Address) -> Result<Standing> {
    let mut statement = conn.prepare_cached(STANDING)?;
    let word: Option<String> = statement.query_row([address.base().as_str()], |row| row.get(0)).optional()?;
    match word.as_deref() {
        None => Ok(Standing::Good),
        Some("blocked") => Ok(Standing::Blocked),
        Some("undeliverable") => Ok(Standing::Undeliverable),
        Some(other) => Err(StoreError::Corrupt(format!("{other:?} stands for what is known of an address"))),
    }
}

pub(super) fn set_standing(
    conn: &Connection,
    address: &Address,
    standing: Standing,
    at: Timestamp,
) -> Result<()> {
    let word = match standing {
        Standing::Good => {
            conn.prepare_cached(CLEAR_STANDING)?.execute([address.base().as_str()])?;
            return Ok(());
        }
        Standing::Blocked => "blocked",
        Standing::Undeliverable => "undeliverable",
    };
    conn.prepare_cached(SET_STANDING)?.execute(params![address.base().as_str(), word, At(at)])?;
    Ok(())
}
