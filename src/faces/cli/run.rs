//! `maildesk run`.

use std::thread::available_parallelism;

use clap::Args;

use super::Common;
use super::failure::Failure;
use super::office::{environment, load, paths};
use super::page::Page;
use crate::daemon;
use crate::faces::{exit, logging};

#[derive(Debug, Args)]
#[command(after_help = "\
It stays in the foreground and logs to standard error. SIGTERM ends it after the work in hand; SIGHUP reads
the configuration again, all of it or nothing.

Examples:
  maildesk run
  maildesk -c desk.toml run")]
pub struct RunArgs {}

/// Threads that speak to servers: what takes time is done beside them, and each keeps memory of its own, which on a large
/// machine would come to more than all the rest.
const THREADS_MAX: usize = 4;

/// Runs the daemon.
///
/// # Errors
/// Why it could not begin, or had to end.
pub fn run(common: &Common, _args: &RunArgs) -> Result<Page, Failure> {
    let loaded = load(common)?;
    let system = |text: String| Failure { code: exit::IO, text };
    logging::init(&loaded.settings.log).map_err(|text| Failure { code: exit::CONFIG, text })?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let env = environment();
    let threads = available_parallelism().map_or(THREADS_MAX, |processors| processors.get().min(THREADS_MAX));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    let runtime = runtime.map_err(|e| system(format!("no threads: {e}")))?;
    runtime.block_on(daemon::run::run(&paths(common, &env), &env, loaded.settings))?;
    Ok(Page::empty())
}
