//! A copy takes the place of a database that was lost, and a new epoch begins: what happened between the copy and now
//! is not known, but it happened (A24, F17).

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::columns::At;
use super::{backup, migrate, open, outbox, restores, tickets};
use crate::domain::ticket::Number;
use crate::store::{DeliveryId, DeliveryState, Result, Settled, StoreError, held_back, rights};

/// What came of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub epoch: u32,
    /// So many numbers were left out at every desk.
    pub gap: Number,
    /// The last thing that the copy knows; `None`: it knows nothing at all.
    pub lost_from: Option<Timestamp>,
    /// Where the files lie that were there before.
    pub lost: Option<PathBuf>,
    /// How many letters are known to have left since the copy was made; `None`: nobody knows, for the lost database is
    /// gone or cannot be read.
    pub left: Option<usize>,
    /// Deliveries of the copy that wait for the operator's word, for they may have been made.
    pub held: usize,
    /// The last bill's number by desk; the lost time may have given more of them where that is not known.
    pub bills: BTreeMap<String, u32>,
}

/// A letter as it left.
type Left = (String, String, String, String, i64);

/// What a lost database still tells.
struct Lost {
    numbers: BTreeMap<String, i64>,
    bills: BTreeMap<String, u32>,
    /// `None` where its pages are damaged.
    left: Option<Vec<Left>>,
}

/// Puts a copy in the place of the database at `path`, which is moved aside where it is there. At least `gap` numbers
/// are left out at every desk. Nobody else may use the database meanwhile.
///
/// Until it has come to its end, no database opens at `path`: it can be begun anew after a crash.
///
/// # Errors
/// * `Newer`, `Corrupt`, `Unreachable`: the copy cannot be used; nothing has changed.
/// * `Full`, `Unreachable`: it cannot be written.
pub fn restore(copy: &Path, path: &Path, gap: Number, now: Timestamp) -> Result<Restored> {
    let source = open::open_to_read(copy)?;
    if open::recognise(&source, copy)? == 0 {
        return Err(StoreError::Unreachable(format!("{}: there is nothing in it", copy.display())));
    }
    open::quick_check(&source)?;
    let fresh = beside(path, "fresh");
    backup::copy(&source, &fresh)?;
    drop(source);
    let mut conn = Connection::open_with_flags(&fresh, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    migrate::migrate(&mut conn, None, migrate::MIGRATIONS)?;
    let lost_from = last_known(&conn)?;
    let lost = path.exists().then(|| read_lost(path, &conn, lost_from)).flatten();
    let mut restored = begin_epoch(&mut conn, lost.as_ref(), lost_from, gap, now)?;
    drop(conn);
    restored.lost =
        exchange(&fresh, path, restored.epoch).map_err(|e| open::cannot_open(path, &e.to_string()))?;
    Ok(restored)
}

fn beside(path: &Path, word: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{word}"));
    PathBuf::from(name)
}

/// The mark of a restore that has not come to its end.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    beside(path, "restoring")
}

/// When something last happened in this database.
fn last_known(conn: &Connection) -> Result<Option<Timestamp>> {
    let sql =
        "SELECT max(at) FROM (SELECT max(stored_at) AS at FROM mails UNION SELECT max(seen_at) FROM sightings
        UNION SELECT max(at) FROM history UNION SELECT max(created_at) FROM letters
        UNION SELECT max(settled_at) FROM deliveries)";
    let at: Option<At> = conn.query_row(sql, [], |row| row.get(0))?;
    Ok(at.map(|at| at.0))
}

/// Reads what is left of the lost database, where it is of the same installation.
fn read_lost(path: &Path, ours: &Connection, since: Option<Timestamp>) -> Option<Lost> {
    let conn = open::open_to_read(path).ok()?;
    let instance = |conn: &Connection| -> Option<Vec<u8>> {
        conn.query_row("SELECT value FROM small_values WHERE name = 'instance'", [], |row| row.get(0)).ok()
    };
    if instance(&conn)? != instance(ours)? {
        return None;
    }
    let counters = |sql: &str| -> Option<BTreeMap<String, i64>> {
        let mut statement = conn.prepare(sql).ok()?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).ok()?;
        rows.collect::<rusqlite::Result<_>>().ok()
    };
    let numbers = counters("SELECT desk, last_number FROM desks")?;
    let bills = counters("SELECT desk, last_number FROM bill_numbers").unwrap_or_default();
    let bills = bills.into_iter().filter_map(|(desk, n)| Some((desk, u32::try_from(n).ok()?))).collect();
    let sound = open::quick_check(&conn).is_ok();
    let left = sound.then(|| letters_since(&conn, since).ok()).flatten();
    Some(Lost { numbers, bills, left })
}

fn letters_since(conn: &Connection, since: Option<Timestamp>) -> Result<Vec<Left>> {
    let sql = "SELECT cause, purpose, recipient, message_id, settled_at FROM deliveries
        JOIN letters ON letters.id = letter WHERE state = 'sent' AND settled_at > ?1";
    let mut statement = conn.prepare(sql)?;
    let since = since.map_or(i64::MIN, |at| At(at).nanoseconds());
    let rows = statement
        .query_map([since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Leaves out numbers, notes what is known of the lost time, and holds back what may have left in it.
fn begin_epoch(
    conn: &mut Connection,
    lost: Option<&Lost>,
    lost_from: Option<Timestamp>,
    gap: Number,
    now: Timestamp,
) -> Result<Restored> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let gap = wide_enough(&transaction, lost, gap)?;
    let epoch = tickets::bump_numbers(&transaction, gap)?;
    let left = lost.and_then(|lost| lost.left.as_ref());
    transaction.execute(
        "UPDATE restores SET lost_from = ?2, at = ?3, known = ?4 WHERE epoch = ?1",
        params![epoch, lost_from.map(At), At(now), left.is_some()],
    )?;
    let mut add = transaction.prepare(
        "INSERT OR REPLACE INTO lost_letters (cause, purpose, recipient, message_id, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for letter in left.into_iter().flatten() {
        add.execute(params![letter.0, letter.1, letter.2, letter.3, letter.4])?;
    }
    drop(add);
    for (desk, number) in lost.iter().flat_map(|lost| &lost.bills) {
        let sql = "INSERT INTO bill_numbers (desk, last_number) VALUES (?1, ?2)
            ON CONFLICT (desk) DO UPDATE SET last_number = max(last_number, excluded.last_number)";
        transaction.execute(sql, params![desk, number])?;
    }
    let held = settle_waiting(&transaction, left.is_some(), now)?;
    let bills = bills(&transaction)?;
    transaction.commit()?;
    Ok(Restored { epoch, gap, lost_from, lost: None, left: left.map(Vec::len), held, bills })
}

fn bills(conn: &Connection) -> Result<BTreeMap<String, u32>> {
    let mut statement = conn.prepare("SELECT desk, last_number FROM bill_numbers")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The gap that leaves out every number that was given, where that is known.
fn wide_enough(conn: &Connection, lost: Option<&Lost>, gap: Number) -> Result<Number> {
    let mut widest = i64::from(gap);
    for (desk, given) in lost.iter().flat_map(|lost| &lost.numbers) {
        let sql = "SELECT last_number FROM desks WHERE desk = ?1";
        let ours: Option<i64> = conn.query_row(sql, [desk], |row| row.get(0)).optional()?;
        widest = widest.max(given - ours.unwrap_or(0));
    }
    Number::try_from(widest).map_err(|_| StoreError::Corrupt("the lost database counts too high".into()))
}

/// What waited when the copy was made: it left, as the lost database knows, or it may have left. Returns how many
/// wait for the operator's word.
fn settle_waiting(conn: &Connection, known: bool, now: Timestamp) -> Result<usize> {
    let sql = "SELECT deliveries.id, cause, purpose, recipient FROM deliveries
        JOIN letters ON letters.id = letter WHERE open = 1 ORDER BY deliveries.id";
    let mut statement = conn.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let waiting: Vec<(DeliveryId, String, String, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut held = 0;
    for (delivery, cause, purpose, recipient) in waiting {
        let recipient = super::columns::address(&recipient)?;
        let settled = match restores::left_before(conn, &cause, &purpose, &recipient)? {
            Some(left) => Settled {
                state: DeliveryState::Sent,
                at: left.at,
                next_at: None,
                text: "it left in the time that was lost".to_owned(),
                uncounted: false,
            },
            None if known => continue,
            None => {
                held += 1;
                held_back(now)
            }
        };
        outbox::settle(conn, delivery, &settled)?;
    }
    Ok(held)
}

/// Moves the lost files aside and the copy in their place; says where they lie.
fn exchange(fresh: &Path, path: &Path, epoch: u32) -> io::Result<Option<PathBuf>> {
    let mark = unfinished(path);
    File::create(&mark)?.sync_all()?;
    open::sync_folder(path)?;
    let lost = (epoch..).map(|n| beside(path, &format!("lost-{n}"))).find(|name| !name.exists());
    let lost = lost.unwrap_or_else(|| beside(path, "lost"));
    let mut moved = None;
    for part in ["-wal", "-shm", ""] {
        let with = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(part);
            PathBuf::from(name)
        };
        if with(path).exists() {
            std::fs::rename(with(path), with(&lost))?;
            moved = Some(lost.clone());
        }
    }
    rights::settle(&File::open(fresh)?, open::folder(path))?;
    std::fs::rename(fresh, path)?;
    open::sync_folder(path)?;
    std::fs::remove_file(&mark)?;
    open::sync_folder(path)?;
    Ok(moved)
}
