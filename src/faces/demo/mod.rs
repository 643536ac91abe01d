//! `maildesk demo`: the real daemon against the sandbox, told as a story; afterwards one may take part.
//!
//! * `story`: what is played, as data: acts, scenes, and what each must lead to.
//! * `lines`: what the first client and the agents say, in five languages.
//! * `cast`: who they are.
//! * `calendar`: the days on which it happens.
//! * `stage`: sandbox, daemon and stepped clock, with the barrier between two scenes.
//! * `pen`: people's mails; `script`: the desk's configuration and the mail programs'.
//! * `play`: plays a story, tells it and compares it with what was expected.
//! * `teller`: how it looks on the terminal.
//! * `guest`: the part after the story, in which the one at the terminal writes.
//!
//! People write over SMTP and agents answer the notifications they got; the daemon reads over IMAP and answers
//! over SMTP. Nothing here tells it what to think.

mod calendar;
mod cast;
mod guest;
mod lines;
mod pen;
mod play;
mod script;
mod stage;
mod story;
mod teller;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anstream::AutoStream;

pub use cast::Role;
pub use play::{Deviation, play};
pub use stage::{Ports, Stage, Trouble};
pub use story::{Act, Deed, Expect, Letter, Promise, Scene, Story, story};
pub use teller::{Marks, Teller};

use super::exit;
use crate::daemon::clock::Clock;

/// Shows the whole desk at work, with nothing installed.
///
/// A week in the life of a support desk: its daemon is the real one, its mail server lives in this process. Then it
/// stays up, and you can write to it.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// End after the story; the exit code says whether it went as told.
    #[arg(long)]
    pub once: bool,
    /// The language in which the first client writes: lt, lv, ru, cs or en.
    #[arg(long, value_name = "LANGUAGE", default_value = "lt", value_parser = ["lt", "lv", "ru", "cs", "en"])]
    pub lang: String,
    /// The loopback port for IMAP; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub imap_port: u16,
    /// The loopback port for SMTP; 0 takes a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub smtp_port: u16,
}

/// Runs the demo to its end: 0 when the story went as told, 1 when it did not.
pub fn run(args: &Args) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let dir = match own_directory() {
        Ok(dir) => dir,
        Err(error) => return failed(&error.into()),
    };
    log_to(&dir.join("demo.log"));
    let ended = runtime.block_on(show(args, &dir));
    let as_told = matches!(ended, Ok(true));
    if args.once && as_told {
        // What cannot be removed lies where temporary files lie, and hurts nobody.
        let _ = std::fs::remove_dir_all(&dir);
    }
    match ended {
        Ok(true) => ExitCode::from(exit::OK),
        Ok(false) => ExitCode::from(exit::DIFFERS),
        Err(trouble) => failed(&trouble),
    }
}

async fn show(args: &Args, dir: &Path) -> Result<bool, Trouble> {
    let story = story(&args.lang);
    let mut teller = Teller::new(AutoStream::auto(io::stdout()), Marks::of_terminal());
    let ports = Ports { imap: args.imap_port, smtp: args.smtp_port };
    let mut stage = Stage::set(dir, ports, &story, Clock::system().now()).await?;
    teller.opening(&stage)?;
    let begun = std::time::Instant::now();
    let deviations = play(&story, &mut stage, &mut teller).await?;
    teller.ending(&deviations, begun.elapsed(), dir)?;
    if !args.once && deviations.is_empty() {
        stage.release();
        guest::takes_part(&mut stage, &mut teller, dir).await?;
    }
    stage.strike().await;
    Ok(deviations.is_empty())
}

/// A new folder for this run that nobody else may read.
fn own_directory() -> io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let mut random = [0; 4];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let name = format!("maildesk-demo-{}", data_encoding::HEXLOWER.encode(&random));
    let dir = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&dir)?;
    Ok(dir)
}

/// The daemon's log goes to a file, so that the story stays readable. Where another log is set up, that one holds.
fn log_to(path: &Path) {
    let Ok(file) = std::fs::File::create(path) else { return };
    let filter = tracing_subscriber::EnvFilter::new("maildesk=debug,warn");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(file);
    let _ = log.try_init();
}

fn failed(trouble: &Trouble) -> ExitCode {
    anstream::eprintln!("maildesk demo: {trouble}");
    ExitCode::from(exit::IO)
}
