//! `maildesk pause` and `maildesk resume`: the operator's switches.

use clap::Args;

use super::Common;
use super::daemon::misunderstood;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::daemon::control::{Answer, Order};
use crate::daemon::switches::{AllPaused, Switch};

#[derive(Debug, Args)]
#[command(after_help = "\
letters           no letter leaves; all of them wait
acknowledgements  automatic letters to clients are dropped; agents' answers leave
intake            no mail is taken; it stays in the mailbox
timers            nothing is closed, reminded of or warned of by time alone

It holds at once, and after a restart, until `maildesk resume`; `maildesk status` shows it.

Examples:
  maildesk pause letters --why 'the relay is being moved'
  maildesk pause acknowledgements timers
  maildesk resume")]
pub struct PauseArgs {
    /// letters, acknowledgements, intake, timers
    #[arg(required = true, value_parser = switch)]
    what: Vec<Switch>,
    /// Shown by `maildesk status`
    #[arg(long, value_name = "TEXT", default_value = "")]
    why: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk resume                    everything
  maildesk resume letters")]
pub struct ResumeArgs {
    /// letters, acknowledgements, intake, timers; without any, all that is paused
    #[arg(value_parser = switch)]
    what: Vec<Switch>,
}

fn switch(word: &str) -> Result<Switch, String> {
    Switch::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Switch::ALL.into_iter().map(Switch::word).collect();
        format!("there are {}", words.join(", "))
    })
}

/// Stops something.
///
/// # Errors
/// The database cannot be written.
pub fn pause(common: &Common, args: &PauseArgs) -> Result<Page, Failure> {
    turned(common, &Order::Pause { what: args.what.clone(), why: args.why.clone() })
}

/// Lets it go on.
///
/// # Errors
/// The database cannot be written.
pub fn resume(common: &Common, args: &ResumeArgs) -> Result<Page, Failure> {
    let what = if args.what.is_empty() { Switch::ALL.to_vec() } else { args.what.clone() };
    turned(common, &Order::Resume { what })
}

fn turned(common: &Common, order: &Order) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let answer = office.give(order)?;
    let Answer::Switched { paused } = &answer else { return Err(misunderstood()) };
    let text = if paused.is_empty() { "nothing is paused\n".to_owned() } else { told(&office, paused) };
    Ok(Page::text(&answer, text))
}

/// One line for each thing that is stopped.
pub fn told(office: &Office, paused: &AllPaused) -> String {
    let line = |(switch, paused): (&Switch, &crate::daemon::switches::Paused)| {
        let why = if paused.why.is_empty() { String::new() } else { format!(": {}", paused.why) };
        let why = super::page::one_line(&why);
        format!("paused       {} since {}{why}\n", switch.word(), office.local(paused.since, None))
    };
    paused.iter().map(line).collect()
}
