//! Opening a database: what it must be, and how it is held.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::checkpoint::Mover;
use super::{SqliteStore, migrate, restore};
use crate::store::{Result, StoreError, rights};

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Make a new database where there is none. An operator who lost his database must not get an empty one that
    /// acknowledges the whole mailbox again (A22, A23).
    pub create: bool,
    /// Look the whole file over before anything is written into it.
    pub quick_check: bool,
    /// How long to wait for another program that writes.
    pub busy_timeout: Duration,
    /// The write-ahead log is moved into the database when it holds so many pages of 4 kB.
    pub checkpoint_pages: u32,
    /// It is moved by a thread of its own, and commits do not wait for it, but when the log is sixteen times as long.
    pub checkpoint_beside: bool,
    /// The database does not grow above so many pages of 4 kB: then it is as if the disk were full.
    pub pages_max: Option<u32>,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            create: true,
            quick_check: true,
            busy_timeout: Duration::from_secs(10),
            checkpoint_pages: 4000,
            checkpoint_beside: false,
            pages_max: None,
        }
    }
}

/// "MDSK": what tells our files from other SQLite databases.
pub(super) const APPLICATION_ID: i32 = 0x4d44_534b;

impl OpenOptions {
    /// Opens a database to write, and brings an older one up to date; before that it is copied beside itself,
    /// as `<name>.before-<version>`.
    ///
    /// # Errors
    /// * [`StoreError::Newer`]: a later maildesk wrote it; not a byte is changed.
    /// * [`StoreError::Corrupt`]: it is damaged, or no database.
    /// * [`StoreError::Unreachable`]: it belongs to another program, or cannot be opened or created.
    /// * [`StoreError::Busy`], [`StoreError::Full`]: as their names say.
    pub fn open(&self, path: &Path) -> Result<SqliteStore> {
        if restore::unfinished(path).exists() {
            // A fresh database in its place would give numbers again and answer all mail again (A22).
            return Err(cannot_open(path, "a restore was interrupted; run `maildesk restore` again"));
        }
        self.create_file(path).map_err(|e| cannot_open(path, &e.to_string()))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut conn = Connection::open_with_flags(path, flags)?;
        self.prepare(&conn)?;
        let found = recognise(&conn, path)?;
        if self.quick_check && found > 0 {
            quick_check(&conn)?;
        }
        let mode = Permissions::from_mode(rights::mode_in(folder(path)));
        std::fs::set_permissions(path, mode).map_err(|e| cannot_open(path, &e.to_string()))?;
        let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(cannot_open(path, &format!("the file system allows journal mode {mode} only")));
        }
        // FULL: a commit that was answered survives a power cut (A17).
        conn.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864")?;
        conn.pragma_update(None, "wal_autocheckpoint", self.checkpoint_pages)?;
        migrate::migrate(&mut conn, Some(path), migrate::MIGRATIONS)?;
        self.bound(&conn)?;
        let mover = self
            .checkpoint_beside
            .then(|| Mover::start(&mut conn, path, self.checkpoint_pages))
            .transpose()?;
        Ok(SqliteStore { _mover: mover, conn, begin: TransactionBehavior::Immediate, facts: Vec::new() })
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// Memory runs out.
    pub fn open_in_memory(&self) -> Result<SqliteStore> {
        let mut conn = Connection::open_in_memory()?;
        self.prepare(&conn)?;
        migrate::migrate(&mut conn, None, migrate::MIGRATIONS)?;
        self.bound(&conn)?;
        Ok(SqliteStore { _mover: None, conn, begin: TransactionBehavior::Immediate, facts: Vec::new() })
    }

    /// Opens a database to read.
    ///
    /// # Errors
    /// Those of [`OpenOptions::open`]; also when there is none, or it waits for a migration.
    pub fn open_reader(&self, path: &Path) -> Result<SqliteStore> {
        let conn = open_to_read(path)?;
        self.prepare(&conn)?;
        let found = recognise(&conn, path)?;
        if found < migrate::newest(migrate::MIGRATIONS) {
            return Err(cannot_open(
                path,
                "an older maildesk wrote it, and nobody has brought it up to date",
            ));
        }
        // What is read beside the writer is read once: files of letters, lists. Four megabytes of it would be kept for
        // nothing.
        conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -1000")?;
        Ok(SqliteStore { _mover: None, conn, begin: TransactionBehavior::Deferred, facts: Vec::new() })
    }

    /// What concerns the connection alone and leaves the file as it is.
    fn prepare(&self, conn: &Connection) -> Result<()> {
        conn.busy_timeout(self.busy_timeout)?;
        conn.set_prepared_statement_cache_capacity(128);
        // A plan depends on no value that is bound: the same statement costs the same, and none is planned anew.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        conn.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4000",
        )?;
        Ok(())
    }

    fn bound(&self, conn: &Connection) -> Result<()> {
        if let Some(pages) = self.pages_max {
            conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
        }
        Ok(())
    }

    /// An empty file with [`rights`] of its own, its name synced: SQLite gives its other files the same rights.
    fn create_file(&self, path: &Path) -> io::Result<()> {
        if !self.create || path.exists() {
            return Ok(());
        }
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        rights::settle(&file, folder(path))?;
        sync_folder(path)
    }
}

/// Opens a file to read: beside a writer, who owns the files of the write-ahead log.
pub(super) fn open_to_read(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match conn.query_row("PRAGMA user_version", [], |_| Ok(())) {
        // Nobody writes: the last one has put all into the database and taken the log away, and a reader of the
        // group may not make a new one. The database is all there is.
        Err(rusqlite::Error::SqliteFailure(error, _))
            if matches!(error.code, ErrorCode::ReadOnly | ErrorCode::CannotOpen)
                && !Path::new(&log).exists() =>
        {
            let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            let name = format!("file:{path}?immutable=1");
            Ok(Connection::open_with_flags(name, flags | OpenFlags::SQLITE_OPEN_URI)?)
        }
        _ => Ok(conn),
    }
}

/// The folder that holds `path`.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Makes the names in the folder of `path` as durable as their files.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

pub(super) fn cannot_open(path: &Path, why: &str) -> StoreError {
    StoreError::Unreachable(format!("{}: {why}", path.display()))
}

/// The version of the schema in a file; 0 where it is empty.
pub(super) fn recognise(conn: &Connection, path: &Path) -> Result<u32> {
    let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found = migrate::version(conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && id == 0 && found == 0 {
        return Ok(0);
    }
    if id != APPLICATION_ID {
        return Err(cannot_open(path, "this is a database of another program"));
    }
    let known = migrate::newest(migrate::MIGRATIONS);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok(found)
}

/// Looks a database over while others use it, one table after another, so that no state of it must be kept for long.
/// `stop` is asked between two of them.
///
/// # Errors
/// `Corrupt` with what is wrong; those of opening it.
pub fn look_over(path: &Path, stop: &dyn Fn() -> bool) -> Result<()> {
    let conn = open_to_read(path)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    let mut tables = conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name",
    )?;
    let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for table in tables {
        if stop() {
            return Ok(());
        }
        let mut statement = conn.prepare(&format!("PRAGMA quick_check('{table}')"))?;
        let found = statement.query_map([], |row| row.get::<_, String>(0))?;
        let found: Vec<String> = found.take(FAULTS_TOLD).collect::<rusqlite::Result<_>>()?;
        if found != ["ok"] {
            return Err(StoreError::Corrupt(format!("{table}: {}", found.join("; "))));
        }
    }
    Ok(())
}

/// So many faults say enough.
const FAULTS_TOLD: usize = 5;

/// Looks all pages over.
pub(super) fn quick_check(conn: &Connection) -> Result<()> {
    let mut statement = conn.prepare("PRAGMA quick_check(5)")?;
    let found = statement.query_map([], |row| row.get::<_, String>(0))?;
    let found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
    if found == ["ok"] { Ok(()) } else { Err(StoreError::Corrupt(found.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_syncs_every_commit_and_minds_foreign_keys() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("desk.db")).expect("opened");
        let ask = |name: &str| -> String {
            let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            format!("{:?}", store.conn.pragma_query_value(None, name, read).expect("asked"))
        };
        for (name, expected) in [
            ("synchronous", "Integer(2)"),
            ("journal_mode", "Text(\"wal\")"),
            ("foreign_keys", "Integer(1)"),
            ("busy_timeout", "Integer(10000)"),
            ("application_id", "Integer(1296323403)"),
        ] {
            assert_eq!(ask(name), expected, "{name}");
        }
    }
}
