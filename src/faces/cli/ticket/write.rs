//! Commands that change a ticket. Each becomes the text that an agent would have written by mail, so that both ways
//! follow the same rules.

use std::io::{IsTerminal, Read};

use clap::Args;

use crate::daemon::control::{Answer, Order};
use crate::faces::cli::daemon::misunderstood;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;

/// Longest text that is read from standard input.
const TEXT_BYTES_MAX: u64 = 1_000_000;

/// Which ticket, and in whose name.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// In the name of this agent: id, address or name; else the operator's
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Commands in the first or last block of the text work as by mail: #deadline, #severity, #group …

Examples:
  maildesk ticket reply KL-3107 'Please switch it off and on again.' --as petr
  maildesk ticket reply 3107 --wait=2026-03-31 'Which version is it?'
  maildesk ticket reply 3107 --resolve --time 0:40 - < answer.txt
  maildesk ticket reply 3107 '#deadline 2026-03-31 12:00 waiting for parts'")]
pub struct ReplyArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What the client is to read; - or nothing reads standard input
    text: Option<String>,
    /// It is resolved with this
    #[arg(long, conflicts_with = "wait")]
    resolve: bool,
    /// It waits for the client now; with a date he is reminded then
    #[arg(long, value_name = "DATE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    wait: Option<String>,
    /// Time spent: 0:40, 40m, 1.5h
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  maildesk ticket note 3107 'She called again.' --as alice")]
pub struct NoteArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What agents are to read; - or nothing reads standard input
    text: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk ticket assign KL-3107 petr
  maildesk ticket assign 3107 none
  maildesk ticket assign 3107 alice --note 'You know this printer.' --as petr")]
pub struct AssignArgs {
    /// 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// Id or name of the agent; none for nobody
    agent: String,
    /// What he is told
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// In the name of this agent: id, address or name; else the operator's
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk ticket resolve 3107
  maildesk ticket resolve 3107 'The cable was loose.' --time 0:20 --as petr")]
pub struct ResolveArgs {
    #[command(flatten)]
    one: OneArgs,
    /// What the client is to read; - reads standard input
    text: Option<String>,
    /// Time spent: 0:40, 40m, 1.5h
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Mail to the first ticket follows, and its requester hears the answers on the second.

Examples:
  maildesk ticket merge KL-3107 KL-3100")]
pub struct MergeArgs {
    /// The ticket that ends: 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// The ticket that goes on
    into: String,
    /// In the name of this agent: id, address or name; else the operator's
    #[arg(long = "as", value_name = "AGENT")]
    by: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// Answers the client.
///
/// # Errors
/// As of the other functions here: there is no such ticket, or it cannot be done as it stands.
pub fn reply(office: &Office, args: &ReplyArgs) -> Result<Page, Failure> {
    let mut commands = Vec::new();
    if args.resolve {
        commands.push("#resolve".to_owned());
    }
    if let Some(date) = &args.wait {
        commands.push(format!("#wait {date}").trim_end().to_owned());
    }
    commands.extend(args.time.as_ref().map(|time| format!("#time {time}")));
    let answer = text(args.text.as_deref(), true)?;
    instruct(office, &args.one, &commands, &answer)
}

/// Leaves a note.
///
/// # Errors
/// See [`reply`].
pub fn note(office: &Office, args: &NoteArgs) -> Result<Page, Failure> {
    let note = text(args.text.as_deref(), true)?;
    if note.trim().is_empty() {
        return Err(Failure::usage("the note is empty"));
    }
    instruct(office, &args.one, &["#note".to_owned()], &note)
}

/// Gives a ticket to somebody.
///
/// # Errors
/// See [`reply`].
pub fn assign(office: &Office, args: &AssignArgs) -> Result<Page, Failure> {
    let mut commands = vec![format!("#assign {}", args.agent)];
    commands.extend(args.note.as_ref().map(|note| format!("#note {note}")));
    let one = OneArgs { ticket: args.ticket.clone(), by: args.by.clone(), desk: args.desk.clone() };
    instruct(office, &one, &commands, "")
}

/// Resolves a ticket.
///
/// # Errors
/// See [`reply`].
pub fn resolve(office: &Office, args: &ResolveArgs) -> Result<Page, Failure> {
    let mut commands = vec!["#resolve".to_owned()];
    commands.extend(args.time.as_ref().map(|time| format!("#time {time}")));
    let answer = text(args.text.as_deref(), false)?;
    instruct(office, &args.one, &commands, &answer)
}

/// Takes a ticket up again.
///
/// # Errors
/// See [`reply`].
pub fn reopen(office: &Office, one: &OneArgs) -> Result<Page, Failure> {
    let ticket = office.ticket(&one.ticket, one.desk.as_deref())?;
    done(&office.give(&Order::Reopen { ticket, by: one.by.clone() })?)
}

/// Closes a ticket.
///
/// # Errors
/// See [`reply`].
pub fn close(office: &Office, one: &OneArgs) -> Result<Page, Failure> {
    instruct(office, one, &["#close".to_owned()], "")
}

/// Joins a ticket to another.
///
/// # Errors
/// See [`reply`]; also when they are of two desks.
pub fn merge(office: &Office, args: &MergeArgs) -> Result<Page, Failure> {
    let ticket = office.ticket(&args.ticket, args.desk.as_deref())?;
    let into = office.ticket(&args.into, args.desk.as_deref())?;
    if ticket.desk != into.desk {
        return Err(Failure::usage("tickets of two desks cannot be merged"));
    }
    done(&office.give(&Order::Merge { ticket, into: into.number, by: args.by.clone() })?)
}

fn instruct(office: &Office, one: &OneArgs, commands: &[String], text: &str) -> Result<Page, Failure> {
    if let Some(command) = commands.iter().find(|c| c.chars().any(char::is_control)) {
        return Err(Failure::usage(format!("{command:?} must stand on one line")));
    }
    let ticket = office.ticket(&one.ticket, one.desk.as_deref())?;
    let mut lines = commands.join("\n");
    if !text.trim().is_empty() {
        lines = format!("{lines}\n\n{}\n", text.trim_end());
    }
    done(&office.give(&Order::Instruct { ticket, by: one.by.clone(), text: lines })?)
}

/// Says how the ticket stands now.
///
/// # Errors
/// A daemon of another version answered something else.
pub fn done(answer: &Answer) -> Result<Page, Failure> {
    if let Answer::Refused { why } = answer {
        return Err(Failure::refused(why.clone()));
    }
    let Answer::Ticket { shown, status, .. } = answer else { return Err(misunderstood()) };
    Ok(Page::text(answer, format!("{shown} {}\n", status.word())))
}

/// The text that was given, or standard input: for `-`, and, where text is `wanted`, when none was given and
/// nobody sits there to type.
///
/// # Errors
/// It cannot be read, is too long or not UTF-8.
pub fn text(given: Option<&str>, wanted: bool) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    match given {
        Some("-") => {}
        Some(text) => return Ok(text.to_owned()),
        None if wanted && !stdin.is_terminal() => {}
        None => return Ok(String::new()),
    }
    let mut text = String::new();
    let read = stdin.lock().take(TEXT_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|e| Failure::io("standard input", &e))?;
    if text.len() as u64 > TEXT_BYTES_MAX {
        return Err(Failure::usage(format!("the text is longer than {TEXT_BYTES_MAX} bytes")));
    }
    Ok(text)
}
