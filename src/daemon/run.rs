//! `maildesk run`: the daemon under the operating system: configuration, lock, store, signals, systemd.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use sd_notify::NotifyState;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::clock::Clock;
use super::life::{Daemon, Trouble};
use super::lock::{Lock, LockError};
use super::soundness;
use super::watchdog::{self, systemd as tell};
use crate::config::{self, Problems, Settings};

use crate::store::{OpenOptions, Store, StoreError};

/// Why `run` ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Config(#[from] Problems),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("{0}")]
    Store(StoreError),
    #[error("{0}: {1}")]
    Io(PathBuf, std::io::Error),
    #[error("{0}")]
    System(String),
    #[error("{0}; ending, so that it can be started afresh")]
    Task(String),
}

impl From<Trouble> for RunError {
    fn from(trouble: Trouble) -> RunError {
        match trouble {
            Trouble::Store(error) => RunError::Store(error),
            other => RunError::System(other.to_string()),
        }
    }
}

/// Runs until SIGTERM or SIGINT; SIGHUP, or an order on the control socket, reads the configuration again, all of it
/// or nothing.
///
/// # Errors
/// See [`RunError`]; each has an exit code of its own.
pub async fn run(
    paths: &[PathBuf],
    env: &BTreeMap<String, String>,
    settings: Settings,
) -> Result<(), RunError> {
    let system = |error: std::io::Error| RunError::System(error.to_string());
    let mut hang_up = signal(SignalKind::hangup()).map_err(system)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    let _lock = prepare(&settings.state_dir)?;
    let store = open_store(&settings).await?;
    let mut damaged = std::pin::pin!(soundness::watch(&settings));
    let mut daemon = Daemon::start(settings, store, Clock::system()).await?;
    tell(&[NotifyState::Ready]);
    tracing::info!(
        mailboxes = daemon.house().settings.mailboxes.len(),
        desks = daemon.house().settings.desks.len(),
        "maildesk is running"
    );
    let mut asked = daemon.house().progress.reloads();
    let houses = watch::Sender::new(daemon.house().clone());
    let deadline = sd_notify::watchdog_enabled();
    let fed = tokio::spawn(watchdog::feed(houses.subscribe(), deadline, tell));
    let beat = daemon.house().clerk.pulse.beat("reload");
    let failed = loop {
        tokio::select! {
            () = received(&mut terminate) => break None,
            () = received(&mut interrupt) => break None,
            () = received(&mut hang_up) => {}
            Ok(()) = asked.changed() => {}
            why = daemon.failed() => break Some(RunError::Task(why)),
            error = &mut damaged => break Some(RunError::Store(error)),
        }
        let waits = &daemon.house().settings.waits;
        beat.within(waits.imap_command + waits.stop);
        reload(&mut daemon, paths, env).await;
        houses.send_replace(daemon.house().clone());
        beat.idle();
    };
    fed.abort();
    // It must let go of the house before the store can be given back.
    let _ = fed.await;
    drop((houses, beat));
    tell(&[NotifyState::Stopping]);
    daemon.stop().await;
    match failed {
        Some(why) => Err(why),
        None => {
            tracing::info!("maildesk has stopped");
            Ok(())
        }
    }
}

/// Makes the state directory where it is missing, for its owner alone, and takes its lock.
///
/// # Errors
/// The directory cannot be made, or another daemon works there.
pub fn prepare(state_dir: &Path) -> Result<Lock, RunError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(state_dir);
    made.map_err(|error| RunError::Io(state_dir.to_owned(), error))?;
    Ok(Lock::take(state_dir)?)
}

/// Opens the store off the runtime's threads, waiting while somebody else holds it.
///
/// # Errors
/// Those of [`SqliteStore::open`].
pub async fn open_store(settings: &Settings) -> Result<Box<dyn Store>, RunError> {
    let path = settings.database.clone();
    let options = OpenOptions {
        quick_check: soundness::is_looked_over_first(settings),
        busy_timeout: settings.waits.database_busy,
        checkpoint_beside: true,
        ..OpenOptions::default()
    };
    let opened = tokio::task::spawn_blocking(move || options.open(&path)).await;
    let store = opened.map_err(|e| RunError::System(e.to_string()))?.map_err(RunError::Store)?;
    soundness::is_sound(settings);
    Ok(Box::new(store))
}

async fn received(signal: &mut Signal) {
    signal.recv().await;
}

/// Reads the configuration again, and tells systemd of both ends of it.
async fn reload(daemon: &mut Daemon, paths: &[PathBuf], env: &BTreeMap<String, String>) {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
    go_on(daemon, paths, env).await;
    tell(&[NotifyState::Ready]);
}

/// Goes on with the configuration as it is now. What cannot be used changes nothing, and says why.
async fn go_on(daemon: &mut Daemon, paths: &[PathBuf], env: &BTreeMap<String, String>) {
    let old = daemon.house().settings.clone();
    let loaded = match config::load(paths, env) {
        Ok(loaded) => loaded,
        Err(problems) => {
            tracing::error!("the configuration was not reloaded; the old one stays in force:\n{problems}");
            return;
        }
    };
    if loaded.settings.state_dir != old.state_dir || loaded.settings.database != old.database {
        tracing::error!(
            "state_dir and database cannot be changed by a reload: restart; the old configuration stays"
        );
        return;
    }
    match daemon.reload(loaded.settings).await {
        Ok(()) => tracing::info!("the configuration was reloaded"),
        Err(error) => {
            tracing::error!(%error, "the configuration was not reloaded; the old one stays in force")
        }
    }
}
