//! `maildesk poke` and `maildesk status`: what only a running daemon can do or say.

use clap::Args;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::control::{Answer, Health, Order, ask};
use crate::faces::exit;

#[derive(Debug, Args)]
#[command(after_help = "\
For a mail server on the same machine that can run a command when mail arrives.

Examples:
  maildesk poke
  mailbox_command = /usr/bin/maildesk poke")]
pub struct PokeArgs {}

#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0 when it runs and every mailbox can be read, 1 when one is in trouble, a
mail was set aside or a secret or access token runs out, 75 when no daemon runs.

Examples:
  maildesk status
  maildesk status --json | jq '.mailboxes[] | select(.trouble)'")]
pub struct StatusArgs {}

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

/// Says how the daemon is.
///
/// # Errors
/// No daemon runs.
pub fn status(common: &Common, _args: &StatusArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let answer = ask(&office.settings.control_socket, &Order::Status)?;
    let Answer::Status(health) = answer else { return Err(misunderstood()) };
    let troubled = health.mailboxes.iter().any(|mailbox| mailbox.trouble.is_some());
    let code =
        if troubled || health.set_aside > 0 || !health.alarms.is_empty() { exit::DIFFERS } else { exit::OK };
    Ok(Page::text(&health, told(&office, &health)).with_code(code))
}

fn told(office: &Office, health: &Health) -> String {
    let local = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| office.local(at, None));
    let mut text = format!("daemon       {}, process {}\n", health.version, health.process);
    for mailbox in &health.mailboxes {
        let state = match &mailbox.trouble {
            Some(trouble) => format!("in trouble: {}", super::page::one_line(trouble)),
            None => format!("read up to {}", local(mailbox.read_up_to)),
        };
        text += &format!(
            "mailbox      {}: {state}; the server answered {}\n",
            mailbox.name,
            local(mailbox.answered_at)
        );
    }
    for alarm in &health.alarms {
        text += &format!("alarm        {}: {}\n", alarm.account, super::page::one_line(&alarm.text));
    }
    let counts: Vec<String> = health.outbox.iter().map(|(state, n)| format!("{n} {state}")).collect();
    let waiting = if counts.is_empty() { "empty".to_owned() } else { counts.join(", ") };
    text += &format!("outbox       {waiting}; next attempt {}\n", local(health.next_delivery));
    if health.set_aside > 0 {
        text += &format!("set aside    {}; see maildesk quarantine list\n", health.set_aside);
    }
    text + &format!("tickets      next due {}\n", local(health.next_wake))
}

/// A daemon of another version.
pub fn misunderstood() -> Failure {
    let text = "the daemon gave another answer than was asked for; is it of the same version?".to_owned();
    Failure { code: exit::BUG, text }
}
