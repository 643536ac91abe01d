//! `maildesk ticket show`.

use clap::Args;
use serde::Serialize;

use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Clock, State, Ticket};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::outbox::DeliveryView;
use crate::faces::cli::page::{Page, one_line, plain};
use crate::store::DeliveryFilter;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk ticket show KL-3107
  maildesk ticket show 3107 --history --letters
  maildesk ticket show 3107 --json | jq .messages")]
pub struct ShowArgs {
    /// 3107, KL-3107 or [KL-3107]
    ticket: String,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// What happened, and why it was decided so
    #[arg(long)]
    history: bool,
    /// The letters that were written, and what became of them
    #[arg(long)]
    letters: bool,
}

/// A ticket with all that belongs to it.
#[derive(Serialize)]
struct Whole {
    shown: String,
    ticket: Ticket,
    messages: Vec<Message>,
    works: Vec<Work>,
    history: Vec<Entry>,
    letters: Vec<DeliveryView>,
}

/// Shows one ticket.
///
/// # Errors
/// There is none of that number.
pub fn run(office: &Office, args: &ShowArgs) -> Result<Page, Failure> {
    let key = office.ticket(&args.ticket, args.desk.as_deref())?;
    let found = office.read(|tx| {
        let Some(ticket) = tx.ticket(&key)? else { return Ok(None) };
        let filter = DeliveryFilter { ticket: Some(key.clone()), ..DeliveryFilter::default() };
        let mut rows = tx.deliveries(&filter)?;
        rows.reverse();
        Ok(Some(Whole {
            shown: office.shown(&key),
            ticket,
            messages: tx.messages(&key)?,
            works: tx.works(&key)?,
            history: tx.entries(&key)?,
            letters: rows.into_iter().map(|row| DeliveryView::of(office, row)).collect(),
        }))
    })?;
    let none = || Failure::refused(format!("there is no ticket {}", office.shown(&key)));
    let whole = found.ok_or_else(none)?;
    let text = told(office, &whole, args);
    Ok(Page::text(&whole, text))
}

fn told(office: &Office, whole: &Whole, args: &ShowArgs) -> String {
    let desk = Some(&*whole.ticket.key.desk);
    let mut text: String = head(office, whole)
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:<12} {}\n", one_line(&value)))
        .collect();
    for message in &whole.messages {
        let at = office.local(message.at, desk);
        let author = one_line(&message.author.shown());
        text += &format!("\n--- {} {} by {author}, {at}\n", message.seq, message.kind.word());
        text += &format!("{}\n", plain(&message.text).trim_end());
        for file in &message.attachments {
            text += &format!("[file {}, {} bytes]\n", one_line(&file.name), file.size_bytes);
        }
    }
    if args.history {
        text += "\n--- history\n";
        for entry in &whole.history {
            let (at, by) = (office.local(entry.at, desk), one_line(&entry.by.shown()));
            text += &format!("{at} {} by {by}: {}\n", entry.event, one_line(&entry.reason));
        }
    }
    if args.letters {
        text += "\n--- letters\n";
        for letter in &whole.letters {
            text += &format!("{}\n", letter.told(office));
        }
    }
    text
}

fn head(office: &Office, whole: &Whole) -> Vec<(&'static str, String)> {
    let ticket = &whole.ticket;
    let desk = Some(&*ticket.key.desk);
    let requester = [
        Some(ticket.requester.name.clone()),
        ticket.requester.address.as_ref().map(|a| format!("<{a}>")),
        ticket.requester.phone.clone(),
    ];
    let requester: Vec<String> = requester.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    let others: Vec<String> = ticket.participants.iter().map(|m| m.address.to_string()).collect();
    let group: Vec<&str> = ticket.group.iter().map(|id| id.0.as_str()).collect();
    let clock = |clock: &Option<Clock>| clock.as_ref().map(|c| promise(office, c, desk)).unwrap_or_default();
    let severity =
        if ticket.urgent { format!("{}, urgent", ticket.severity) } else { ticket.severity.clone() };
    let spent =
        if ticket.spent_minutes > 0 { format!("{} minutes", ticket.spent_minutes) } else { String::new() };
    vec![
        ("ticket", whole.shown.clone()),
        ("subject", ticket.subject.clone()),
        ("status", state(office, ticket)),
        ("requester", requester.join(" ")),
        ("others", others.join(", ")),
        ("client", ticket.client.clone().unwrap_or_default()),
        ("severity", severity),
        ("agent", ticket.assignee.as_ref().map(|id| id.0.clone()).unwrap_or_default()),
        ("group", group.join(", ")),
        ("language", ticket.language.to_string()),
        ("channel", ticket.channel.clone()),
        ("received", office.local(ticket.received_at, desk)),
        ("answer by", clock(&ticket.respond)),
        ("solve by", clock(&ticket.resolve)),
        ("lacks", ticket.missing.join(", ")),
        ("follows", ticket.previous.map(|n| n.to_string()).unwrap_or_default()),
        ("silent", ticket.muted.clone().unwrap_or_default()),
        ("filed here", flood(ticket)),
        ("time spent", spent),
    ]
}

fn flood(ticket: &Ticket) -> String {
    match ticket.flood {
        0 => String::new(),
        count => format!("{count} more of this sender, who wrote too often in an hour"),
    }
}

fn promise(office: &Office, clock: &Clock, desk: Option<&str>) -> String {
    let due = office.local(clock.due, desk);
    match (clock.met_at, clock.breached) {
        (Some(at), _) => format!("{due}, done {}", office.local(at, desk)),
        (None, true) => format!("{due}, broken"),
        (None, false) => due,
    }
}

fn state(office: &Office, ticket: &Ticket) -> String {
    let local = |at| office.local(at, Some(&*ticket.key.desk));
    let word = ticket.status().word();
    match &ticket.state {
        State::New | State::Open | State::NeedsInfo { expires_at: None, .. } => word.to_owned(),
        State::NeedsInfo { expires_at: Some(at), .. } => format!("{word} until {}", local(*at)),
        State::Waiting { since, remind_at: None } => format!("{word} since {}", local(*since)),
        State::Waiting { since, remind_at: Some(at) } => {
            format!("{word} since {}, reminded {}", local(*since), local(*at))
        }
        State::Resolved { at, closes_at } => {
            format!("{word} {}, closes {} unless somebody answers", local(*at), local(*closes_at))
        }
        State::Closed { at, how } => {
            use crate::domain::ticket::Closing;
            let how = match how {
                Closing::Silence => "nobody answered".to_owned(),
                Closing::Agent(id) => format!("by {id}"),
                Closing::Operator => "by the operator".to_owned(),
                Closing::Expired => "what was asked for never came".to_owned(),
            };
            format!("{word} {}, {how}", local(*at))
        }
        State::Merged { into } => {
            let into = crate::domain::ticket::TicketKey::new(&ticket.key.desk, *into);
            format!("{word} into {}", office.shown(&into))
        }
        State::Rejected { at } => format!("{word} {}", local(*at)),
    }
}
