//! `maildesk ticket list`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::ticket::{Status, Ticket};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;
use crate::store::TicketFilter;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk ticket list
  maildesk ticket list --status new --status open
  maildesk ticket list --assignee petr --json
  maildesk ticket list --requester ona@client.example --all")]
pub struct ListArgs {
    /// Only tickets that stand so; may be repeated
    #[arg(long, value_name = "WORD", value_parser = status)]
    status: Vec<Status>,
    /// Finished ones, too
    #[arg(long, conflicts_with = "status")]
    all: bool,
    /// Only of this agent, by his id
    #[arg(long, value_name = "AGENT")]
    assignee: Option<String>,
    /// Only of this requester
    #[arg(long, value_name = "ADDRESS")]
    requester: Option<String>,
    /// Only of this client, by his registration number
    #[arg(long, value_name = "CODE")]
    client: Option<String>,
    /// Only of this desk
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// So many; 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

fn status(word: &str) -> Result<Status, String> {
    Status::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Status::ALL.into_iter().map(Status::word).collect();
        format!("there are {}", words.join(", "))
    })
}

/// One ticket in a list.
#[derive(Debug, Serialize)]
struct TicketLine {
    desk: String,
    number: u32,
    shown: String,
    status: Status,
    severity: String,
    urgent: bool,
    assignee: Option<String>,
    requester: String,
    subject: String,
    received_at: Timestamp,
    /// The promised answer, while it is owed.
    respond_by: Option<Timestamp>,
    /// The promised solution, while it is owed.
    resolve_by: Option<Timestamp>,
}

/// Lists tickets, newest first.
///
/// # Errors
/// The filter makes no sense, or the database cannot be read.
pub fn run(office: &Office, args: &ListArgs) -> Result<Page, Failure> {
    let desk =
        args.desk.as_deref().map(|name| office.desk(Some(name)).map(|r| r.desk.clone())).transpose()?;
    let requester = args.requester.as_deref().map(|text| {
        Address::parse(text).ok_or_else(|| Failure::usage(format!("{text:?} is not a mail address")))
    });
    let statuses = match (args.all, args.status.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => args.status.clone(),
        (false, true) => Status::ALL.into_iter().filter(|status| !status.is_final()).collect(),
    };
    let filter = TicketFilter {
        desk,
        statuses,
        assignee: args.assignee.clone(),
        requester: requester.transpose()?,
        client: args.client.clone(),
        before: None,
        limit: args.limit,
    };
    let tickets = office.read(|tx| tx.tickets(&filter))?;
    let lines: Vec<TicketLine> = tickets.iter().map(|ticket| line(office, ticket)).collect();
    let heads = ["ticket", "status", "severity", "answer by", "solve by", "agent", "requester", "subject"];
    Ok(Page::rows(&lines, "no tickets", &heads, |line| {
        let local = |at: Option<_>| at.map(|at| office.local(at, Some(&line.desk))).unwrap_or_default();
        let urgent = if line.urgent { "urgent" } else { &line.severity };
        vec![
            line.shown.clone(),
            line.status.word().to_owned(),
            urgent.to_owned(),
            local(line.respond_by),
            local(line.resolve_by),
            line.assignee.clone().unwrap_or_default(),
            line.requester.clone(),
            line.subject.clone(),
        ]
    }))
}

fn line(office: &Office, ticket: &Ticket) -> TicketLine {
    let requester = &ticket.requester;
    let address = requester.address.as_ref().map(|a| a.as_str().to_owned());
    let owed = |clock: &Option<crate::domain::ticket::Clock>| {
        clock.as_ref().filter(|c| c.met_at.is_none() && !ticket.status().is_final()).map(|c| c.due)
    };
    TicketLine {
        desk: ticket.key.desk.to_string(),
        number: ticket.key.number,
        shown: office.shown(&ticket.key),
        status: ticket.status(),
        severity: ticket.severity.clone(),
        urgent: ticket.urgent,
        assignee: ticket.assignee.as_ref().map(|id| id.0.clone()),
        requester: address.unwrap_or_else(|| requester.name.clone()),
        subject: ticket.subject.clone(),
        received_at: ticket.received_at,
        respond_by: owed(&ticket.respond),
        resolve_by: owed(&ticket.resolve),
    }
}
