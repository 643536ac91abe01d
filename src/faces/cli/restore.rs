//! `maildesk restore`: a copy takes the place of a database that was lost.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::config::After;
use crate::daemon::run::prepare;
use crate::domain::ticket::Number;
use crate::store::{Restored, SqliteStore, Store, restore};

#[derive(Debug, Args)]
#[command(after_help = "\
No daemon may run: systemctl stop maildesk. What lies at the database's place is moved aside, not deleted; where it can still be read, it tells
which numbers were given and which letters left since the copy was made.

Numbers leave a gap, so that none is given twice. Mail that came since is taken again from the mailbox; letters to
clients that it would make the desk write a second time are dropped where it is known that they left, and wait for your
word where it is not (`maildesk outbox list`): three days, then answers go out after all.

Examples:
  maildesk restore /var/backups/maildesk-2026-03-02.sqlite --yes
  maildesk doctor && systemctl start maildesk")]
pub struct RestoreArgs {
    /// A file that `maildesk backup` made
    copy: PathBuf,
    /// So many numbers are left out at every desk, at least
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    gap: Number,
    /// Yes, the database of now is to be replaced
    #[arg(long)]
    yes: bool,
}

#[derive(Serialize)]
struct Document {
    epoch: u32,
    gap: Number,
    lost_from: Option<Timestamp>,
    restored_at: Timestamp,
    lost: Option<PathBuf>,
    /// Letters that are known to have left in the lost time; `null`: nobody knows.
    left: Option<usize>,
    held: usize,
    faults: usize,
}

/// Restores the database.
///
/// # Errors
/// A daemon runs, the copy cannot be used, or the database cannot be written.
pub fn run(common: &Common, args: &RestoreArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    if !args.yes {
        let path = office.settings.database.display();
        return Err(Failure::refused(format!(
            "this replaces {path}; what happened since the copy was made is lost but for the mail itself: say --yes"
        )));
    }
    let _lock = prepare(&office.settings.state_dir)?;
    let now = office.now();
    let restored = restore(&args.copy, &office.settings.database, args.gap, now)?;
    let faults = SqliteStore::open(&office.settings.database)?.check()?.len();
    let document = Document {
        epoch: restored.epoch,
        gap: restored.gap,
        lost_from: restored.lost_from,
        restored_at: now,
        lost: restored.lost.clone(),
        left: restored.left,
        held: restored.held,
        faults,
    };
    Ok(Page::text(&document, told(&office, &restored, now, faults)))
}

fn told(office: &Office, restored: &Restored, now: Timestamp, faults: usize) -> String {
    let mut text = String::new();
    let mut line = |name: &str, what: String| text += &format!("{name:<12} {what}\n");
    let from = restored.lost_from.map_or("the beginning".to_owned(), |at| office.local(at, None));
    line(
        "restored",
        format!("epoch {}; the time from {from} to {} is lost", restored.epoch, office.local(now, None)),
    );
    line("numbers", format!("{} are left out at every desk", restored.gap));
    match &restored.lost {
        Some(path) => line("before", format!("what was there lies at {}", path.display())),
        None => line("before", "nothing was there".to_owned()),
    }
    match restored.left {
        Some(n) => {
            line("letters", format!("{n} are known to have left since; they are not sent a second time"))
        }
        None => line(
            "letters",
            format!(
                "nobody knows which left since; {} wait for your word, and so will those that mail of the lost time \
                 makes the desk write: maildesk outbox list, then retry or drop; after three days they go",
                restored.held
            ),
        ),
    }
    for (desk, number) in restored.bills.iter().filter(|_| restored.left.is_none()) {
        line("bills", format!("{desk}: the last one known is {number}; look whether later ones were sent"));
    }
    for mailbox in &office.settings.mailboxes {
        if let After::Move(folder) = &mailbox.after {
            line(
                "mail",
                format!(
                    "{} moves mail to {folder}: move what came there since {from} back to {} in a mail program; \
                     what is known already is recognised",
                    mailbox.name, mailbox.folder
                ),
            );
        }
    }
    if office.settings.local.is_some() {
        line("mail", "what was handed over since is in no mailbox: ask those who wrote".to_owned());
    }
    line(
        "check",
        if faults == 0 {
            "all is as it must be".to_owned()
        } else {
            format!("{faults} faults: maildesk doctor")
        },
    );
    line("next", "maildesk run; nothing happens by time alone before every mailbox was read".to_owned());
    text
}
