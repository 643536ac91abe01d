//! From the shape of an older maildesk to ours: forward only, all steps in one transaction.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{backup, open};
use crate::store::{Result, StoreError};

/// One step; its version is its place in the list, from 1.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
    include_str!("migrations/0005.sql"),
    include_str!("migrations/0006.sql"),
];

/// The version of the schema that this program writes.
pub fn schema() -> u32 {
    newest(MIGRATIONS)
}

/// The version that all steps lead to.
pub(super) fn newest(migrations: &[&str]) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// The version that a database has.
pub(super) fn version(conn: &Connection) -> Result<u32> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    u32::try_from(version).map_err(|_| StoreError::Corrupt(format!("the schema has version {version}")))
}

/// Takes the steps that are lacking. A database that holds something is copied beside itself before.
pub(super) fn migrate(conn: &mut Connection, path: Option<&Path>, migrations: &[&str]) -> Result<()> {
    let known = newest(migrations);
    let found = version(conn)?;
    if found == known {
        return Ok(());
    }
    if let (1.., Some(path)) = (found, path) {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".before-{known}"));
        backup::copy(conn, Path::new(&name))?;
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have been quicker.
    let found = version(&transaction)?;
    for step in migrations.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", open::APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", known)?;
    fault_point!("in_migration", StoreError::Full("a planted fault".to_owned()));
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteStore;

    const NOW: u32 = 6;
    const NEXT: &str = "CREATE TABLE moods (mood TEXT NOT NULL) STRICT";
    const FAILING: &str = "CREATE TABLE moods (mood TEXT NOT NULL) STRICT; SELECT * FROM nowhere";

    fn with(step: &'static str) -> Vec<&'static str> {
        MIGRATIONS.iter().copied().chain([step]).collect()
    }

    fn tables(conn: &Connection) -> i64 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'moods'";
        conn.query_row(sql, [], |row| row.get(0)).expect("counted")
    }

    #[test]
    fn a_database_is_copied_before_it_is_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.db");
        let mut store = SqliteStore::open(&path).expect("opened");
        migrate(&mut store.conn, Some(&path), &with(NEXT)).expect("migrated");
        assert_eq!((version(&store.conn), tables(&store.conn)), (Ok(NOW + 1), 1));

        let copy = folder.path().join(format!("desk.db.before-{}", NOW + 1));
        assert!(copy.exists());
        let copy = SqliteStore::open(&copy).expect("the copy opens");
        assert_eq!((version(&copy.conn), tables(&copy.conn)), (Ok(NOW), 0));
    }

    #[test]
    fn a_migration_that_fails_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("desk.db");
        let mut store = SqliteStore::open(&path).expect("opened");
        migrate(&mut store.conn, Some(&path), &with(FAILING)).expect_err("it fails");
        assert_eq!((version(&store.conn), tables(&store.conn)), (Ok(NOW), 0));
    }

    #[test]
    fn a_new_database_needs_no_copy() {
        let folder = tempfile::tempdir().expect("a folder");
        SqliteStore::open(&folder.path().join("desk.db")).expect("opened");
        let names = std::fs::read_dir(folder.path()).expect("listed");
        assert!(names.flatten().all(|f| !f.file_name().to_string_lossy().contains("before")));
    }
}
