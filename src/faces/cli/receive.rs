//! `maildesk receive`: one mail from a pipe, as a mail server hands it over.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Common;
use super::failure::Failure;
use super::office::{Office, environment, furnish, paths};
use super::page::Page;
use crate::config::{WAYS_IN, control_socket};
use crate::daemon::clerk::Clerk;
use crate::daemon::control::{Answer, AskError, Handing, hand_over, take};
use crate::daemon::house::{House, Progress};
use crate::daemon::intake::handed::Hatch;
use crate::daemon::run::prepare;
use crate::faces::exit;
use crate::store::{SqliteStore, Store};

/// Nothing that is larger is read; what a desk takes is less (limits.mail).
const MAIL_BYTES_MAX: u64 = 1_000_000_000;
/// Between two looks whether another one still holds the database, or a daemon has begun.
const WAIT: Duration = Duration::from_millis(50);

#[derive(Debug, Args)]
#[command(after_help = "\
The running daemon takes the mail; where none runs, it is stored here and looked at when one does.

Exit codes for the mail server: 0 the mail is stored, 65 it is larger than the desk takes, 67 no desk has that
address, 75 in every other case: come again, a mail that is stored already is recognised.

Examples:
  maildesk receive --sender \"$SENDER\" --recipient \"$RECIPIENT\" < mail.eml
  |/usr/bin/maildesk receive --desk support         (in /etc/aliases)")]
pub struct ReceiveArgs {
    /// The desk that the mail is for, whatever its recipients
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// The envelope's sender; empty, <> or MAILER-DAEMON for a bounce
    ///
    /// Without it the Return-Path of the mail counts, where it has one.
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    sender: Option<String>,
    /// The envelope's recipients; the desk is the one that has the address
    #[arg(long, value_name = "ADDRESS", num_args = 1..)]
    recipient: Vec<String>,
}

/// Takes one mail from standard input.
///
/// # Errors
/// With one of the three codes of the help.
pub fn run(common: &Common, args: &ReceiveArgs) -> Result<Page, Failure> {
    read_and_take(common, args).map_err(|failure| match failure.code {
        exit::MAIL | exit::NO_USER => failure,
        // A configuration that is being mended, a disk that is full, a right that is missing: the mail is good.
        _ => Failure { code: exit::TEMPORARY, ..failure },
    })
}

fn read_and_take(common: &Common, args: &ReceiveArgs) -> Result<Page, Failure> {
    let mut mail = Vec::new();
    let read = std::io::stdin().lock().take(MAIL_BYTES_MAX + 1).read_to_end(&mut mail);
    read.map_err(|error| Failure::io("standard input", &error))?;
    if mail.is_empty() {
        let text = "no mail came on standard input".to_owned();
        return Err(Failure { code: exit::TEMPORARY, text });
    }
    if mail.len() as u64 > MAIL_BYTES_MAX {
        let text = format!("the mail is larger than {MAIL_BYTES_MAX} bytes");
        return Err(Failure { code: exit::MAIL, text });
    }
    let handing = Handing {
        desk: args.desk.clone(),
        sender: args.sender.as_deref().map(sender),
        recipients: args.recipient.clone(),
        bytes: mail.len() as u64,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::io("no threads", &error))?;
    let answer = runtime.block_on(by_somebody(common, &handing, &mail))?;
    let Answer::Kept { told } = &answer else { return Err(super::daemon::misunderstood()) };
    Ok(Page::text(&answer, told.join("\n") + "\n"))
}

/// The ways in which a pipe says that there is no sender (Postfix: `null_sender`).
fn sender(said: &str) -> String {
    match said.trim().trim_start_matches('<').trim_end_matches('>') {
        "MAILER-DAEMON" => String::new(),
        other => other.to_owned(),
    }
}

/// By the daemon, or without one.
async fn by_somebody(common: &Common, handing: &Handing, mail: &[u8]) -> Result<Answer, Failure> {
    let env = environment();
    let socket = control_socket(&paths(common, &env), &env);
    let mut here = None;
    let begun = Instant::now();
    loop {
        match hand_over(&socket, handing, mail) {
            Err(AskError::Nobody) => {}
            answered => return Ok(answered?),
        }
        let office = match here.take() {
            Some(office) => office,
            None => Office::open(common)?,
        };
        let wait_max = office.settings.waits.database_busy;
        match alone(&office, handing, mail).await {
            Err(failure) if failure.code == exit::LOCKED && begun.elapsed() < wait_max => sleep(WAIT).await,
            done => return done,
        }
        here = Some(office);
    }
}

/// Under the lock, by the same journey.
async fn alone(office: &Office, handing: &Handing, mail: &[u8]) -> Result<Answer, Failure> {
    office.database_is_there()?;
    let _lock = prepare(&office.settings.state_dir)?;
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&office.settings.database)?);
    let desks = store.run(|tx| Ok(furnish(&office.settings, tx)))??;
    let (clerk, thread) = Clerk::start(store).map_err(|error| Failure::io("no threads", &error))?;
    let house = House {
        clerk,
        clock: office.clock.clone(),
        settings: Arc::new(office.settings.clone()),
        desks: Arc::new(desks),
        progress: Arc::new(Progress::default()),
        tokens: Arc::default(),
        stop: CancellationToken::new(),
    };
    let taken = take(&house, &Hatch::new(house.clone(), WAYS_IN[1]), handing, mail).await;
    drop(house);
    // The database is closed before the lock is given up.
    if thread.join().is_err() {
        return Err(Failure { code: exit::BUG, text: "the store's thread panicked".to_owned() });
    }
    Ok(taken?)
}
