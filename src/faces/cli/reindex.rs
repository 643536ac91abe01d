//! `maildesk reindex`: all tickets are read into the search index anew.

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::control::{self, AskError, Order};

/// So many tickets share a commit.
const STEP_TICKETS: usize = 1_000;

#[derive(Debug, Args)]
#[command(after_help = "\
The daemon keeps the index up to date by itself; this is for an index that is in doubt (`maildesk doctor` tells). A
running daemon begins at once and goes on beside its work; without one the command does it itself. What is not indexed
yet is missing from searches, which say so.

Examples:
  maildesk reindex")]
pub struct ReindexArgs {}

#[derive(Serialize)]
struct Document {
    /// Read by this command.
    tickets: usize,
    /// The daemon reads them.
    by_daemon: bool,
}

/// Makes the index anew, or has the daemon do it.
///
/// # Errors
/// The database cannot be written.
pub fn run(common: &Common, _args: &ReindexArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    match control::ask(&office.settings.control_socket, &Order::Reindex) {
        Err(AskError::Nobody) => {}
        answered => {
            answered?;
            let document = Document { tickets: 0, by_daemon: true };
            return Ok(Page::text(&document, "the daemon makes the index anew beside its work\n"));
        }
    }
    let (_lock, mut store) = office.writer()?;
    store.run(|tx| tx.clear_index())?;
    let mut tickets = 0;
    loop {
        let step = store.run(|tx| tx.index(STEP_TICKETS))?;
        tickets += step.tickets;
        if !step.more {
            break;
        }
    }
    let text = format!("{tickets} {} indexed\n", if tickets == 1 { "ticket" } else { "tickets" });
    Ok(Page::text(&Document { tickets, by_daemon: false }, text))
}
