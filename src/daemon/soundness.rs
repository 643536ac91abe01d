//! Is the database whole? (A22)
//!
//! A small one is looked over before anything is written into it: that takes a second. A large one would keep the mail
//! waiting for minutes, so it is looked over beside the work; damage ends the daemon, and leaves a mark by which the
//! next start looks first and refuses. So a damaged database is worked on for one look at most, and never twice.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::config::Settings;
use crate::store::{StoreError, look_over};

/// Up to this size a database is looked over at the start.
const SMALL_BYTES: u64 = 256_000_000;

/// At the start most mail waits, and the look would take the disk from it.
const FIRST_THE_MAIL: Duration = Duration::from_secs(60);

/// Is the database to be looked over before it is used?
pub fn is_looked_over_first(settings: &Settings) -> bool {
    let size = std::fs::metadata(&settings.database).map_or(0, |about| about.len());
    size <= SMALL_BYTES || mark(&settings.database).exists()
}

/// It was opened and is sound: a mark of an earlier time says nothing any more.
pub fn is_sound(settings: &Settings) {
    // Where there is none, which is the rule, there is nothing to remove.
    let _ = std::fs::remove_file(mark(&settings.database));
}

/// Looks a large database over beside the work, in a thread of its own. The answer comes only if it is damaged.
pub fn watch(settings: &Settings) -> impl Future<Output = StoreError> + use<> {
    let path = settings.database.clone();
    async move {
        tokio::time::sleep(FIRST_THE_MAIL).await;
        match watch_above(path, SMALL_BYTES).await {
            Ok(error) => error,
            Err(_) => std::future::pending().await,
        }
    }
}

fn watch_above(path: PathBuf, bytes: u64) -> oneshot::Receiver<StoreError> {
    let (told, damaged) = oneshot::channel();
    let size = std::fs::metadata(&path).map_or(0, |about| about.len());
    if size <= bytes {
        return damaged;
    }
    let looking = std::thread::Builder::new().name("soundness".to_owned()).spawn(move || {
        let begun = Instant::now();
        match look_over(&path, &|| told.is_closed()) {
            Err(error @ StoreError::Corrupt(_)) => {
                if let Err(error) = std::fs::write(mark(&path), format!("{error}\n")) {
                    tracing::error!(%error, "the mark of a damaged database cannot be written");
                }
                // Nobody to tell: the daemon ends already.
                let _ = told.send(error);
            }
            Err(error) => tracing::error!(%error, "the database could not be looked over"),
            Ok(()) => {
                let seconds = begun.elapsed().as_secs();
                tracing::info!(bytes = size, seconds, "the database was looked over and is sound");
            }
        }
    });
    if let Err(error) = looking {
        tracing::error!(%error, "the database cannot be looked over");
    }
    damaged
}

/// Lies beside a database in which damage was found.
fn mark(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".damaged");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{SqliteStore, Store};

    fn settings(folder: &Path) -> Settings {
        let file = folder.join("maildesk.toml");
        let text = "state_dir = \".\"\n[local]\n[smtp]\nhost = \"localhost\"\nsecurity = \"plain\"\n\
                    [desk]\naddress = \"support@desk.example\"\nagents = [\"Petr <petr@desk.example>\"]\n";
        std::fs::write(&file, text).expect("a file");
        crate::config::load(&[file], &Default::default()).expect("sound").settings
    }

    fn filled(settings: &Settings) {
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&settings.database).expect("opened"));
        for n in 0..200_u32 {
            store.run(|tx| tx.set_value(&format!("value {n}"), &[7; 400])).expect("written");
        }
    }

    #[tokio::test]
    async fn damage_in_a_large_database_is_found_beside_the_work_and_the_next_start_looks_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path());
        filled(&settings);
        let sound = watch_above(settings.database.clone(), 0).await;
        assert!(sound.is_err(), "nothing is told of a sound one: {sound:?}");
        assert!(!mark(&settings.database).exists());

        let mut bytes = std::fs::read(&settings.database).expect("read");
        let length = bytes.len();
        bytes[length / 2 / 4096 * 4096..length / 2 / 4096 * 4096 + 8192].fill(0xa5);
        std::fs::write(&settings.database, &bytes).expect("written");
        let damaged = watch_above(settings.database.clone(), 0).await;
        assert!(matches!(damaged, Ok(StoreError::Corrupt(_))), "{damaged:?}");
        assert!(mark(&settings.database).exists() && is_looked_over_first(&settings));
        is_sound(&settings);
        assert!(!mark(&settings.database).exists());
    }

    #[tokio::test]
    async fn a_small_database_is_looked_over_before_it_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path());
        filled(&settings);
        assert!(is_looked_over_first(&settings));
        assert!(watch_above(settings.database.clone(), SMALL_BYTES).await.is_err(), "not a second time");
    }
}
