//! The search index: it has the tickets that it says it has, and they are found in it by what they are now.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::Findings;
use crate::domain::ticket::TicketKey;
use crate::store::sqlite::index;
use crate::store::{Result, StoreError};

/// So many words of a ticket are looked for.
const PROBES: usize = 16;
/// So many tickets are looked for by their words, evenly spread, and twice as many at most: a word that all tickets have
/// costs as much as there are tickets, each time.
const TICKETS_PROBED: i64 = 200;

/// Rows of the index that belong to no ticket whose history was read as far.
const STRANGERS: &str = "SELECT id FROM search_docsize WHERE NOT EXISTS
    (SELECT 1 FROM history AS first WHERE first.id = search_docsize.id AND first.id <= ?1 AND NOT EXISTS
     (SELECT 1 FROM history AS earlier WHERE earlier.desk = first.desk AND earlier.number = first.number
      AND earlier.id < first.id))";
/// Tickets that did not change since.
const SETTLED: &str = "SELECT desk, number, min(id), min(id) IN (SELECT id FROM search_docsize) FROM history
    GROUP BY desk, number HAVING max(id) <= ?1";
const FINDS: &str = "SELECT 1 FROM search WHERE search MATCH ?1 AND rowid = ?2";

pub(super) fn read(conn: &Connection, findings: &mut Findings) -> Result<()> {
    let through = index::through(conn)?;
    let newest: i64 = conn.query_row("SELECT coalesce(max(id), 0) FROM history", [], |row| row.get(0))?;
    if through > newest {
        findings.add(14, format!("the search index is ahead: {through} of {newest} entries"));
    }
    let mut strangers = conn.prepare_cached(STRANGERS)?;
    for row in strangers.query_map([through], |row| row.get::<_, i64>(0))? {
        findings.add(14, format!("row {} of the search index belongs to no ticket", row?));
    }
    let tickets: i64 = conn.query_row("SELECT count(*) FROM search_docsize", [], |row| row.get(0))?;
    let step = (tickets / TICKETS_PROBED).max(1);
    let mut settled = conn.prepare_cached(SETTLED)?;
    let mut rows = settled.query([through])?;
    let mut passed = 0;
    while let Some(row) = rows.next()? {
        let key = TicketKey { desk: row.get::<_, String>(0)?.into(), number: row.get(1)? };
        passed += 1;
        if passed % step != 0 && row.get(3)? {
            continue;
        }
        match index::read(conn, &key) {
            // Others tell of tickets that cannot be read or are not there.
            Ok(None) | Err(StoreError::Corrupt(_)) => {}
            Err(error) => return Err(error),
            Ok(Some(_)) if !row.get::<_, bool>(3)? => {
                findings.add(14, format!("ticket {key} is not in the search index"));
            }
            Ok(Some((ticket, document))) => {
                let words: BTreeSet<&str> = document.as_str().split_whitespace().collect();
                let probes = words.iter().step_by(words.len().div_ceil(PROBES).max(1));
                let marks = index::marks(&ticket);
                let all = probes.copied().chain(marks.iter().map(String::as_str));
                let wanted: Vec<String> = all.map(|word| format!("\"{word}\"")).collect();
                let mut finds = conn.prepare_cached(FINDS)?;
                if !finds.exists(params![wanted.join(" "), row.get::<_, i64>(2)?])? {
                    findings.add(14, format!("ticket {key} is not found by its words; `maildesk reindex`"));
                }
            }
        }
    }
    Ok(())
}
