//! `maildesk ticket list`.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::domain::address::Address;
use crate::domain::fold::fold;
use crate::domain::people::Client;
use crate::domain::search::{Document, Wanted, Words};
use crate::domain::ticket::{Clock, Status, Ticket};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::Page;
use crate::faces::cli::when::age;
use crate::store::{Found, Result as StoreResult, TicketFilter, Tx};

#[derive(Debug, Args)]
#[command(after_help = "\
--search finds tickets by subject, people, company, and the text of all messages and the names of their files, also
finished ones. Case and marks on letters do not matter (cekis finds Čekis, елка finds Ёлка). All words must be there;
the last may be the beginning of one, if it has three letters. Quotation marks hold words together. What is written
while a daemon runs is found at once.

Examples:
  maildesk ticket list
  maildesk ticket list --status new --status open
  maildesk ticket list --search 'kasete baig'
  maildesk ticket list --search ona@client.example --age 30d
  maildesk ticket list --agent petr --age 7d.. --json
  maildesk ticket list --requester ona@client.example --all")]
pub struct ListArgs {
    /// Only tickets that have these words
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// Only tickets that stand so; may be repeated
    #[arg(long, value_name = "WORD", value_parser = status)]
    status: Vec<Status>,
    /// Finished ones, too
    #[arg(long, conflicts_with = "status")]
    all: bool,
    /// Only of this agent: id or name
    #[arg(long, visible_alias = "assignee", value_name = "AGENT")]
    agent: Option<String>,
    /// Only of this requester
    #[arg(long, value_name = "ADDRESS")]
    requester: Option<String>,
    /// Only of this client: registration number or name
    #[arg(long, value_name = "CODE")]
    client: Option<String>,
    /// Only of this desk
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// Only received so long ago: 7d (at most), 7d.. (at least), 7d..30d, 2026-03-02
    #[arg(long, value_name = "AGE")]
    age: Option<String>,
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

/// What was found.
#[derive(Debug, Serialize)]
struct Listed {
    tickets: Vec<TicketLine>,
    /// So many more there are, counted up to 1,000.
    more: usize,
    /// So many tickets changed and were not searched, counted up to 10,000: the index is being made.
    unsearched: usize,
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
    /// Where the words stand that were looked for: the message that has most of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<String>,
}

/// Lists tickets, newest first.
///
/// # Errors
/// The filter makes no sense, or the database cannot be read.
pub fn run(office: &Office, args: &ListArgs) -> Result<Page, Failure> {
    let filter = filter(office, args)?;
    let words = args.search.as_deref().map(|text| words(office, text)).transpose()?;
    let listed = office.read(|tx| match &words {
        Some(words) => searched(tx, office, words, &filter),
        None => {
            let tickets = tx.tickets(&filter)?;
            let most = if filter.limit > 0 { filter.limit + Found::MORE_MAX } else { 0 };
            let more = tx.how_many(&filter, most)?.saturating_sub(tickets.len());
            let tickets = tickets.iter().map(|ticket| line(office, ticket)).collect();
            Ok(Listed { tickets, more, unsearched: 0 })
        }
    })?;
    let page = if words.is_some() { hits(office, &listed) } else { rows(office, &listed) };
    Ok(page.with_note(note(&listed)).with_document(&listed))
}

fn filter(office: &Office, args: &ListArgs) -> Result<TicketFilter, Failure> {
    let desk =
        args.desk.as_deref().map(|name| office.desk(Some(name)).map(|r| r.desk.clone())).transpose()?;
    let requester = args.requester.as_deref().map(|text| {
        Address::parse(text).ok_or_else(|| Failure::usage(format!("{text:?} is not a mail address")))
    });
    let statuses = match (args.all || args.search.is_some(), args.status.is_empty()) {
        (_, false) => args.status.clone(),
        (true, true) => Vec::new(),
        (false, true) => Status::ALL.into_iter().filter(|status| !status.is_final()).collect(),
    };
    let zone = office.settings.desks.first().map_or(jiff::tz::TimeZone::UTC, |desk| desk.zone.clone());
    let age = args.age.as_deref().map(|text| age(text, &zone, office.now())).transpose()?;
    let (since, until) = age.unwrap_or_default();
    Ok(TicketFilter {
        desk,
        statuses,
        assignee: args.agent.as_deref().map(|text| agent(office, text)),
        requester: requester.transpose()?,
        client: args.client.as_deref().map(|text| client(office, text)),
        since,
        until,
        before: None,
        skip: 0,
        limit: args.limit,
    })
}

/// The id of the agent of that name; else the text itself, for he may have left.
fn agent(office: &Office, text: &str) -> String {
    let mut agents = office.settings.desks.iter().flat_map(|desk| desk.agents.iter().chain(&desk.head));
    let named = agents.find(|a| fold(&a.id.0) == fold(text) || fold(&a.name) == fold(text));
    named.map_or_else(|| text.to_owned(), |agent| agent.id.0.clone())
}

fn clients(office: &Office) -> impl Iterator<Item = &Client> {
    office.settings.desks.iter().flat_map(|desk| desk.clients.iter())
}

/// The registration number of the client of that name; else the text itself.
fn client(office: &Office, text: &str) -> String {
    let named = clients(office).find(|client| client.code == text || fold(&client.name) == fold(text));
    named.map_or_else(|| text.to_owned(), |client| client.code.clone())
}

/// A word of a client's name finds his tickets; of more clients than these it is no name.
const NAMESAKES_MAX: usize = 50;

fn words(office: &Office, text: &str) -> Result<Words, Failure> {
    let words = Words::read(text);
    let words = words.ok_or_else(|| Failure::usage("--search needs a word, with letters or digits"))?;
    let names: Vec<(Document, &str)> =
        clients(office).map(|client| (Document::of_text(&client.name), client.code.as_str())).collect();
    Ok(words.of_clients(|wanted: &Wanted| {
        let mut codes: Vec<String> = names
            .iter()
            .filter(|(name, _)| wanted.is_in(name))
            .map(|(_, code)| (*code).to_owned())
            .take(NAMESAKES_MAX + 1)
            .collect();
        codes.dedup();
        if codes.len() > NAMESAKES_MAX { Vec::new() } else { codes }
    }))
}

fn searched(tx: &mut dyn Tx, office: &Office, words: &Words, filter: &TicketFilter) -> StoreResult<Listed> {
    let found = tx.search(words, filter)?;
    let mut tickets = Vec::with_capacity(found.tickets.len());
    for ticket in &found.tickets {
        let mut best: Option<(usize, String)> = None;
        for message in tx.messages(&ticket.key)? {
            let excerpt = words.excerpt(&message.text);
            if excerpt.as_ref().map(|(n, _)| *n) > best.as_ref().map(|(n, _)| *n) {
                best = excerpt;
            }
        }
        tickets.push(TicketLine { found: best.map(|(_, text)| text), ..line(office, ticket) });
    }
    Ok(Listed { tickets, more: found.more, unsearched: found.unsearched })
}

/// What must be known beside the rows.
fn note(listed: &Listed) -> Option<String> {
    let counted = |n: usize, most: usize| if n >= most { format!("at least {n}") } else { n.to_string() };
    let more = (listed.more > 0)
        .then(|| format!("{} more; --limit 0 shows all", counted(listed.more, Found::MORE_MAX)));
    let waiting = (listed.unsearched > 0).then(|| {
        let waiting = counted(listed.unsearched, Found::UNSEARCHED_MAX);
        format!("{waiting} changed tickets are not searched yet: the index is being made")
    });
    let notes: Vec<String> = more.into_iter().chain(waiting).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn hits(office: &Office, listed: &Listed) -> Page {
    let heads = ["ticket", "status", "received", "agent", "requester", "subject", "found"];
    Page::rows(&listed.tickets, "no tickets have these words", &heads, |line| {
        vec![
            line.shown.clone(),
            line.status.word().to_owned(),
            office.local(line.received_at, Some(&line.desk)),
            line.assignee.clone().unwrap_or_default(),
            line.requester.clone(),
            line.subject.clone(),
            line.found.clone().unwrap_or_default(),
        ]
    })
}

fn rows(office: &Office, listed: &Listed) -> Page {
    let heads = ["ticket", "status", "severity", "answer by", "solve by", "agent", "requester", "subject"];
    Page::rows(&listed.tickets, "no tickets", &heads, |line| {
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
    })
}

fn line(office: &Office, ticket: &Ticket) -> TicketLine {
    let requester = &ticket.requester;
    let address = requester.address.as_ref().map(|a| a.as_str().to_owned());
    let owed = |clock: &Option<Clock>| {
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
        found: None,
    }
}
