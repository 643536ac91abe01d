//! `maildesk outbox`: letters that are to go, that went, that were given up.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::Common;
use super::daemon::misunderstood;
use super::failure::Failure;
use super::office::Office;
use super::page::{Page, one_line, plain};
use crate::daemon::control::{Answer, Order};
use crate::desk::send::assembled;
use crate::domain::address::Address;
use crate::mail::parse::{Limits, parse};
use crate::store::{DeliveryFilter, DeliveryId, DeliveryRow, DeliveryState, StoreError};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A letter has one delivery for each recipient; each is tried, settled and shown by itself.")]
pub enum OutboxCommand {
    /// List deliveries, by default those still to go and those given up
    #[command(after_help = "\
Examples:
  maildesk outbox list
  maildesk outbox list --state sent --ticket KL-3107
  maildesk outbox list --to ona@client.example --all --json")]
    List(ListArgs),
    /// Show a letter as its recipient gets it
    #[command(
        after_help = "Examples:\n  maildesk outbox show 42\n  maildesk outbox show 42 --raw > letter.eml"
    )]
    Show(ShowArgs),
    /// Try a delivery now, though it waits or was given up
    #[command(after_help = "Examples:\n  maildesk outbox retry 42")]
    Retry(OneArgs),
    /// Do not try a delivery any more
    #[command(after_help = "Nobody is told of it.\n\nExamples:\n  maildesk outbox drop 42 --yes")]
    Drop(DropArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only deliveries that stand so; may be repeated
    #[arg(long, value_name = "WORD", value_parser = state)]
    state: Vec<DeliveryState>,
    /// Whatever their state
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// Only of this ticket
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
    /// The desk of --ticket, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// Only to this address
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// So many; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The delivery's number, as `list` shows it
    id: DeliveryId,
    /// Its bytes as they are sent
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Args)]
pub struct OneArgs {
    /// The delivery's number, as `list` shows it
    id: DeliveryId,
}

#[derive(Debug, Args)]
pub struct DropArgs {
    /// The delivery's number, as `list` shows it
    id: DeliveryId,
    /// Yes, its recipient is not to get it
    #[arg(long)]
    yes: bool,
}

fn state(word: &str) -> Result<DeliveryState, String> {
    let known = DeliveryState::ALL.into_iter().find(|state| state.word() == word);
    known.ok_or_else(|| {
        let words: Vec<&str> = DeliveryState::ALL.into_iter().map(DeliveryState::word).collect();
        format!("there are {}", words.join(", "))
    })
}

/// One delivery.
#[derive(Debug, Serialize)]
pub struct DeliveryView {
    id: DeliveryId,
    state: DeliveryState,
    purpose: String,
    recipient: String,
    desk: String,
    ticket: Option<String>,
    attempts: u32,
    /// Attempts that ended without an answer.
    uncertain: u32,
    created_at: Timestamp,
    next_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
    /// The server's last reply, or our reason.
    text: String,
    message_id: String,
}

impl DeliveryView {
    /// The row as people see it.
    pub fn of(office: &Office, row: DeliveryRow) -> DeliveryView {
        DeliveryView {
            id: row.id,
            state: row.state,
            purpose: row.purpose,
            recipient: row.recipient.to_string(),
            desk: row.desk.to_string(),
            ticket: row.ticket.as_ref().map(|key| office.shown(key)),
            attempts: row.attempts,
            uncertain: row.uncertain,
            created_at: row.created_at,
            next_at: row.next_at,
            settled_at: row.settled_at,
            text: row.text,
            message_id: row.message_id,
        }
    }

    /// One line for people.
    pub fn told(&self, office: &Office) -> String {
        let at = self.settled_at.or(self.next_at).unwrap_or(self.created_at);
        let said = if self.text.is_empty() { String::new() } else { format!(": {}", one_line(&self.text)) };
        let at = office.local(at, Some(&self.desk));
        format!("{} {} to {}, {at}{said}", self.state.word(), self.purpose, self.recipient)
    }
}

/// Carries one of them out.
///
/// # Errors
/// There is no such delivery, or it cannot be done as it stands.
pub fn run(common: &Common, command: OutboxCommand) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    match command {
        OutboxCommand::List(args) => list(&office, &args),
        OutboxCommand::Show(args) => show(&office, &args),
        OutboxCommand::Retry(args) => settle(&office, &Order::Requeue { delivery: args.id }),
        OutboxCommand::Drop(args) if !args.yes => {
            Err(Failure::usage(format!("delivery {} would never arrive: say --yes", args.id)))
        }
        OutboxCommand::Drop(args) => settle(&office, &Order::Drop { delivery: args.id }),
    }
}

fn list(office: &Office, args: &ListArgs) -> Result<Page, Failure> {
    let ticket = args.ticket.as_deref().map(|text| office.ticket(text, args.desk.as_deref())).transpose()?;
    let recipient = args.to.as_deref().map(|text| {
        Address::parse(text).ok_or_else(|| Failure::usage(format!("{text:?} is not a mail address")))
    });
    let states = match (args.all, args.state.is_empty()) {
        (true, _) => Vec::new(),
        (false, false) => args.state.clone(),
        (false, true) => unsettled(),
    };
    let recipient = recipient.transpose()?;
    let filter = DeliveryFilter { states, ticket, letter: None, recipient, limit: args.limit };
    let rows = office.read(|tx| tx.deliveries(&filter))?;
    let views: Vec<DeliveryView> = rows.into_iter().map(|row| DeliveryView::of(office, row)).collect();
    let heads = ["id", "state", "next", "tries", "letter", "ticket", "to", "last answer"];
    Ok(Page::rows(&views, "nothing is to go", &heads, |view| {
        vec![
            view.id.to_string(),
            view.state.word().to_owned(),
            view.next_at.map(|at| office.local(at, Some(&view.desk))).unwrap_or_default(),
            view.attempts.to_string(),
            view.purpose.clone(),
            view.ticket.clone().unwrap_or_default(),
            view.recipient.clone(),
            view.text.clone(),
        ]
    }))
}

/// What an operator may have to do something about.
fn unsettled() -> Vec<DeliveryState> {
    let done = [DeliveryState::Sent, DeliveryState::Cancelled];
    DeliveryState::ALL.into_iter().filter(|state| !done.contains(state)).collect()
}

/// A letter and the delivery that was asked for.
#[derive(Serialize)]
struct Shown {
    delivery: DeliveryView,
    from: Option<String>,
    to: Vec<String>,
    cc: Vec<String>,
    subject: String,
    text: String,
    attachments: Vec<String>,
}

fn show(office: &Office, args: &ShowArgs) -> Result<Page, Failure> {
    let id = args.id;
    let (row, raw) = office.read(|tx| {
        let none = || StoreError::Abandoned(format!("there is no delivery {id}"));
        let row = tx.delivery(id)?.ok_or_else(none)?;
        let letter = tx.letter(row.letter)?.ok_or_else(none)?;
        let raw = assembled(tx, &letter.letter.letter)?;
        Ok((row, raw))
    })?;
    if args.raw {
        return Ok(Page::bytes(raw));
    }
    let mail = parse(&raw, &Limits::default());
    let full = |m: &crate::domain::address::Mailbox| match m.name.as_str() {
        "" => m.address.to_string(),
        name => format!("{name} <{}>", m.address),
    };
    let shown = Shown {
        delivery: DeliveryView::of(office, row),
        from: mail.from.mailbox().map(full),
        to: mail.to.iter().map(full).collect(),
        cc: mail.cc.iter().map(full).collect(),
        subject: mail.subject,
        text: mail.text,
        attachments: mail
            .attachments
            .iter()
            .map(|a| format!("{} ({} bytes)", a.name, a.size_bytes))
            .collect(),
    };
    let text = told(office, &shown);
    Ok(Page::text(&shown, text))
}

fn told(office: &Office, shown: &Shown) -> String {
    let lines = [
        ("delivery", format!("{} {}", shown.delivery.id, shown.delivery.told(office))),
        ("from", shown.from.clone().unwrap_or_default()),
        ("to", shown.to.join(", ")),
        ("cc", shown.cc.join(", ")),
        ("subject", shown.subject.clone()),
        ("files", shown.attachments.join(", ")),
    ];
    let head = lines.iter().filter(|(_, value)| !value.is_empty());
    let head: String = head.map(|(name, value)| format!("{name:<12} {}\n", one_line(value))).collect();
    format!("{head}\n{}\n", plain(&shown.text).trim_end())
}

fn settle(office: &Office, order: &Order) -> Result<Page, Failure> {
    let answer = office.give(order)?;
    let Answer::Delivery { delivery, recipient, state } = &answer else { return Err(misunderstood()) };
    Ok(Page::text(&answer, format!("delivery {delivery} to {recipient}: {state}\n")))
}
