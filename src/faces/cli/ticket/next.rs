//! `maildesk ticket next`.

use clap::Args;

use super::write::done;
use crate::daemon::control::{Answer, Order};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;

#[derive(Debug, Args)]
#[command(after_help = "\
The request that waits longest (or whose promise ends first, as the desk is set) becomes the agent's, who gets it by
mail. By mail the same is done by #next.

Examples:
  maildesk ticket next --agent agne")]
pub struct NextArgs {
    /// Whose it becomes: id, address or name
    #[arg(long, value_name = "AGENT")]
    agent: String,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// Takes the next request from the queue.
///
/// # Errors
/// There is no such agent.
pub fn run(office: &Office, args: &NextArgs) -> Result<Page, Failure> {
    let desk = office.desk(args.desk.as_deref())?.desk.to_string();
    match office.give(&Order::Next { desk, by: args.agent.clone() })? {
        nothing @ Answer::Nothing => Ok(Page::text(&nothing, "no request waits\n".to_owned())),
        answer => done(&answer),
    }
}
