//! `maildesk run`.

use std::os::unix::process::CommandExt;
use std::process::Command;

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

/// Runs the daemon.
///
/// # Errors
/// Why it could not begin, or had to end.
pub fn run(common: &Common, _args: &RunArgs) -> Result<Page, Failure> {
    with_one_heap();
    let loaded = load(common)?;
    let system = |text: String| Failure { code: exit::IO, text };
    logging::init(&loaded.settings.log).map_err(|text| Failure { code: exit::CONFIG, text })?;
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    let env = environment();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| system(format!("no threads: {e}")))?;
    runtime.block_on(daemon::run::run(&paths(common, &env), &env, loaded.settings))?;
    Ok(Page::empty())
}

/// How many heaps the C library may have (glibc, mallopt(3)).
const HEAPS: &str = "MALLOC_ARENA_MAX";

/// glibc gives threads heaps of their own, and each keeps for good what its largest mail took: a daemon that has few
/// threads at work at a time needs one. The number is read before `main`, so the program begins once more, as the same
/// process. Whoever has set it, or runs where a program may not be started, has it his way.
fn with_one_heap() {
    if !cfg!(target_env = "gnu") || std::env::var_os(HEAPS).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut words = std::env::args_os();
        let mut again = Command::new(program);
        if let Some(name) = words.next() {
            again.arg0(name);
        }
        // It comes back only where it failed, and then nothing but memory is lost.
        let _ = again.args(words).env(HEAPS, "1").exec();
    }
}
