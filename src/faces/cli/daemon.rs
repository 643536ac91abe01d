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
For a mail server on the same machine that can run a command when mail arrives; maildesk-poke does the same, reads no
configuration and has asked in a third of the time. It takes the control socket as its word.

Examples:
  maildesk poke
  maildesk-poke /run/maildesk/control.sock")]
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

#[derive(Debug, Args)]
#[command(after_help = "\
A mailbox with owner_folder is read by the maildesk whose mark lies there. Stop that one first. This one puts a mark of
its own behind it and waits until the other one must have noticed (three times owner_seconds), then it reads on.

Examples:
  maildesk take-over
  maildesk take-over --mailbox main")]
pub struct TakeOverArgs {
    /// Names of mailboxes; by default all that are marked
    #[arg(long = "mailbox", value_name = "NAME")]
    mailboxes: Vec<String>,
}

/// Has mailboxes taken over from another maildesk.
///
/// # Errors
/// No daemon runs, or no mailbox is marked.
pub fn take_over(common: &Common, args: &TakeOverArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let order = Order::TakeOver { mailboxes: args.mailboxes.clone() };
    let answer = ask(&office.settings.control_socket, &order)?;
    let Answer::Poked { mailboxes } = &answer else { return Err(misunderstood()) };
    let text = format!(
        "{mailboxes} mailbox{} taken over; maildesk status tells when\n",
        if *mailboxes == 1 { " is" } else { "es are" }
    );
    Ok(Page::text(&answer, text))
}

/// A daemon of another version.
pub fn misunderstood() -> Failure {
    let text = "the daemon gave another answer than was asked for; is it of the same version?".to_owned();
    Failure { code: exit::BUG, text }
}
