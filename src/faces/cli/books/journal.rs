//! `maildesk journal`: the work journal, and its corrections.

use clap::{Args, Subcommand};

use super::lines::{HEADS, Line, csv};
use super::{IntervalArgs, client};
use crate::daemon::control::{Answer, Order};
use crate::desk::statement::shown;
use crate::domain::command::Command;
use crate::faces::cli::Common;
use crate::faces::cli::daemon::misunderstood;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;
use crate::mail::command;
use crate::words::when::duration;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Nothing is ever deleted from the journal: what was entered wrongly stands, and a further row counts in its place.

Examples:
  maildesk journal
  maildesk journal --client 300000101 --from 2026-02-01 --to 2026-02-28 --csv > february.csv
  maildesk journal correct KL-3107 2 0:20 --as petr")]
pub struct JournalArgs {
    #[command(subcommand)]
    command: Option<JournalCommand>,
    #[command(flatten)]
    interval: IntervalArgs,
    /// Only of this client: number, name or address
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// Only of this agent, by his id
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// As comma-separated values
    #[arg(long)]
    csv: bool,
}

#[derive(Debug, Subcommand)]
enum JournalCommand {
    /// Correct a row by a further one
    Correct(CorrectArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Agent and day of the work stay: what was another's work is corrected to 0 and entered anew with #time.

Examples:
  maildesk journal correct KL-3107 2 0:20
  maildesk journal correct 3107 1 --text 'New cartridge' --mode visit --as petr")]
pub struct CorrectArgs {
    /// 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// The row in the ticket's own journal, as `maildesk journal` shows it
    row: u32,
    /// The right time: 0:20, 20m, 1.5h
    time: Option<String>,
    /// The right description
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// The right mode: visit, phone …
    #[arg(long, value_name = "WORD")]
    mode: Option<String>,
    /// In the name of this agent: id, address or name; else the operator's
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// Lists the journal, or corrects it.
///
/// # Errors
/// There is no such client or row, or the database cannot be used.
pub fn run(common: &Common, args: &JournalArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    match &args.command {
        Some(JournalCommand::Correct(args)) => correct(&office, args),
        None => list(&office, args),
    }
}

fn list(office: &Office, args: &JournalArgs) -> Result<Page, Failure> {
    let rules = office.desk(args.interval.desk.as_deref())?;
    let (from, until) = args.interval.instants(rules, office.now())?;
    let client = args.client.as_deref().map(|wanted| client(rules, wanted)).transpose()?;
    let rows = office.read(|tx| {
        let works = match client {
            Some(client) => tx.works_of_client(&rules.desk, &client.code, from, until)?,
            None => tx.works_of_desk(&rules.desk, from, until)?,
        };
        shown(tx, rules, &works)
    })?;
    let of_agent = |line: &Line| args.agent.as_ref().is_none_or(|agent| line.agent == *agent);
    let lines: Vec<Line> = rows.iter().map(|row| Line::of(rules, row)).filter(of_agent).collect();
    if args.csv {
        return Ok(Page::bytes(csv(&lines)));
    }
    Ok(Page::rows(&lines, "no work", &HEADS, Line::cells))
}

fn correct(office: &Office, args: &CorrectArgs) -> Result<Page, Failure> {
    let order = Order::CorrectWork {
        ticket: office.ticket(&args.ticket, args.desk.as_deref())?,
        row: args.row,
        minutes: args.time.as_deref().map(minutes).transpose()?,
        mode: args.mode.clone(),
        text: args.text.clone(),
        by: args.by.clone(),
    };
    let answer = office.give(&order)?;
    let Answer::Work { shown, work, .. } = &answer else { return Err(misunderstood()) };
    let time = duration(i64::from(work.minutes));
    Ok(Page::text(&answer, format!("{shown} row {} for {}: {time}\n", work.row, work.corrects.unwrap_or(0))))
}

/// A time as agents write it behind `#time`; nothing is `0:00`.
fn minutes(text: &str) -> Result<u32, Failure> {
    if matches!(text.trim(), "0" | "0:00" | "0m" | "0h") {
        return Ok(0);
    }
    let wrong = || Failure::usage(format!("{text:?} is no time; write 0:20, 20m or 1.5h"));
    let read = command::read(&format!("#time {}", text.trim()), "", false, &command::Vocabulary::default());
    match read.commands.as_slice() {
        [Command::Time { minutes, .. }] if read.mistake.is_none() && !text.contains('\n') => Ok(*minutes),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_agents_write_them() {
        for (text, expected) in [("0:20", 20), ("20m", 20), ("1.5h", 90), ("0:00", 0), (" 0 ", 0)] {
            assert_eq!(minutes(text), Ok(expected), "{text}");
        }
        for wrong in ["", "soon", "-5", "0:20\n#close"] {
            assert!(minutes(wrong).is_err(), "{wrong:?}");
        }
    }
}
