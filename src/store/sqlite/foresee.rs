//! The places of the indexes where a mail will be looked for and entered are read before it is decided on.
//!
//! Content, Message-IDs and people come in no order: of a large database the page of an index that a mail needs is seldom
//! in memory, and the one thread that writes would wait for the disk at each of them. Another one waits here, while the
//! mails before it are written down.

use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::columns::HashColumn;
use crate::store::{Coming, Result};

/// A smaller database is in memory anyway; a page has 4 kB.
const LARGE_PAGES: i64 = 65_536;

const SIZE: &str = "PRAGMA page_count";
pub(super) const RAW: &str = "SELECT 1 FROM bytes WHERE hash = ?1";
pub(super) const CONTENT: &str = "SELECT 1 FROM mails WHERE fingerprint = ?1";
pub(super) const MESSAGE_ID: &str = "SELECT 1 FROM mails WHERE message_id = ?1 LIMIT 1";
pub(super) const REQUESTER: &str = "SELECT 1 FROM tickets WHERE requester = ?1 AND status = 'new' LIMIT 1";
pub(super) const RECIPIENT: &str = "SELECT 1 FROM deliveries WHERE recipient = ?1 LIMIT 1";

pub(super) fn foresee(conn: &Connection, coming: &[Coming]) -> Result<()> {
    let pages: i64 = conn.prepare_cached(SIZE)?.query_row([], |row| row.get(0))?;
    if pages >= LARGE_PAGES {
        look(conn, coming)?;
    }
    Ok(())
}

fn look(conn: &Connection, coming: &[Coming]) -> Result<()> {
    let at = |sql: &str, key: &dyn ToSql| {
        let nothing = |_: &Row<'_>| Ok(());
        conn.prepare_cached(sql)?.query_row(params![key], nothing).optional()
    };
    for mail in coming {
        at(RAW, &HashColumn(mail.raw))?;
        at(CONTENT, &HashColumn(mail.fingerprint))?;
        if let Some(id) = &mail.message_id {
            at(MESSAGE_ID, id)?;
        }
        if let Some(sender) = &mail.sender {
            at(REQUESTER, &sender.as_str())?;
            at(RECIPIENT, &sender.as_str())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Address;
    use crate::domain::hash::Hash;
    use crate::store::SqliteStore;

    #[test]
    fn every_place_can_be_looked_at_and_nothing_need_be_there() {
        let store = SqliteStore::open_in_memory().expect("opened");
        let coming = Coming {
            raw: Hash([1; 32]),
            fingerprint: Hash([2; 32]),
            message_id: Some("1@client.example".to_owned()),
            sender: Address::parse("ona@client.example"),
        };
        look(&store.conn, &[coming.clone(), Coming { message_id: None, sender: None, ..coming.clone() }])
            .expect("looked at");
        foresee(&store.conn, &[coming]).expect("a small one is left alone");
    }
}
