//! `maildesk poke`: what only a running daemon can do.

use clap::Args;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::control::{Answer, Order, ask};
use crate::faces::exit;

#[derive(Debug, Args)]
#[command(after_help = "\
For a mail server on the same machine that can run a command when mail arrives.

Examples:
  maildesk poke
  mailbox_command = /usr/bin/maildesk poke")]
pub struct PokeArgs {}

/// Has every mailbox looked at.
///
/// # Errors
/// No daemon runs.
pub fn poke(common: &Common, _args: &PokeArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let answer = ask(&office.settings.control_socket, &Order::Poke)?;
    let Answer::Poked { mailboxes } = &answer else { return Err(misunderstood()) };
    let text =
        format!("the daemon looks into {mailboxes} mailbox{}\n", if *mailboxes == 1 { "" } else { "es" });
    Ok(Page::text(&answer, text))
}

/// A daemon of another version.
pub fn misunderstood() -> Failure {
    let text = "the daemon gave another answer than was asked for; is it of the same version?".to_owned();
    Failure { code: exit::BUG, text }
}
