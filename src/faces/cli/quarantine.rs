//! `maildesk quarantine`: mails that were set aside for the operator.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::Common;
use super::daemon::misunderstood;
use super::failure::Failure;
use super::ledger::told;
use super::office::Office;
use super::page::{Page, one_line, plain};
use crate::daemon::control::{Answer, Order};
use crate::faces::exit;
use crate::mail::parse::{Limits, parse};
use crate::store::{Mail, MailFilter, MailId, Place};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
A mail is set aside when it claims to be from the desk itself, goes in circles, or cannot be decided on. It is kept
raw and has no effect until you decide.")]
pub enum QuarantineCommand {
    /// List what is set aside
    #[command(after_help = "Examples:\n  maildesk quarantine list\n  maildesk quarantine list --json")]
    List(ListArgs),
    /// Show one mail, with its text or raw
    #[command(after_help = "\
Examples:
  maildesk quarantine show 17
  maildesk quarantine show 17 --raw > odd.eml
  maildesk explain --ledger 17")]
    Show(ShowArgs),
    /// Decide on a mail again, as if it had come now
    #[command(after_help = "\
After the rules, or the program, were mended. It may be set aside again (exit code 1).

Examples:
  maildesk quarantine retry 17")]
    Retry(OneArgs),
    /// Leave a mail without effect for good
    #[command(
        after_help = "It stays in the database and in the ledger.\n\nExamples:\n  maildesk quarantine discard 17 --yes"
    )]
    Discard(DiscardArgs),
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// So many; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The mail's number, as `list` and `maildesk ledger` show it
    id: MailId,
    /// Its bytes as they came
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, Args)]
pub struct OneArgs {
    /// The mail's number, as `list` shows it
    id: MailId,
}

#[derive(Debug, Args)]
pub struct DiscardArgs {
    /// The mail's number, as `list` shows it
    id: MailId,
    /// Yes, it is to have no effect
    #[arg(long)]
    yes: bool,
}

/// One mail.
#[derive(Debug, Serialize)]
struct MailView {
    id: MailId,
    desk: String,
    from: Option<String>,
    subject: String,
    received_at: Timestamp,
    stored_at: Timestamp,
    size_bytes: u64,
    message_id: Option<String>,
    outcome: String,
    reason: String,
    ticket: Option<String>,
    attempts: u32,
    /// Mailbox, UIDVALIDITY and UID of each copy on a server.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// Carries one of them out.
///
/// # Errors
/// There is no such mail, or it was not set aside.
pub fn run(common: &Common, command: QuarantineCommand) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    match command {
        QuarantineCommand::List(args) => list(&office, args.limit),
        QuarantineCommand::Show(args) => show(&office, &args),
        QuarantineCommand::Retry(args) => decide(&office, &Order::Retry { mail: args.id }),
        QuarantineCommand::Discard(args) if !args.yes => Err(Failure::usage(format!(
            "mail {} would have no effect for good: say --yes; `maildesk quarantine show {0}` shows it",
            args.id
        ))),
        QuarantineCommand::Discard(args) => decide(&office, &Order::Discard { mail: args.id }),
    }
}

fn list(office: &Office, limit: usize) -> Result<Page, Failure> {
    let filter = MailFilter { outcome: Some("quarantined".to_owned()), limit, ..MailFilter::default() };
    let mails = office.read(|tx| tx.mails(&filter))?;
    let views: Vec<MailView> = mails.iter().map(|mail| view(office, mail)).collect();
    let heads = ["id", "received", "from", "subject", "reason"];
    Ok(Page::rows(&views, "nothing is set aside", &heads, |view| {
        vec![
            view.id.to_string(),
            office.local(view.received_at, Some(&view.desk)),
            view.from.clone().unwrap_or_default(),
            view.subject.clone(),
            view.reason.clone(),
        ]
    }))
}

fn view(office: &Office, mail: &Mail) -> MailView {
    let about = &mail.mail;
    MailView {
        id: mail.id,
        desk: about.desk.to_string(),
        from: about.from.as_ref().map(ToString::to_string),
        subject: about.subject.clone(),
        received_at: about.received_at,
        stored_at: about.stored_at,
        size_bytes: about.size_bytes,
        message_id: about.message_id.clone(),
        outcome: about.outcome.word().to_owned(),
        reason: told(&about.outcome),
        ticket: about.outcome.ticket().map(|key| office.shown(key)),
        attempts: mail.attempts,
        places: Vec::new(),
        text: None,
    }
}

fn show(office: &Office, args: &ShowArgs) -> Result<Page, Failure> {
    let id = args.id;
    let found = office.read(|tx| {
        let Some(mail) = tx.mail(id)? else { return Ok(None) };
        let raw = tx.bytes(&mail.mail.raw)?.unwrap_or_default();
        // A mail is stored before it is sighted, and seldom long after.
        let seen = tx.sightings(&MailFilter { since: Some(mail.mail.stored_at), ..MailFilter::default() })?;
        let places: Vec<Place> = seen.into_iter().filter(|s| s.mail == Some(id)).map(|s| s.place).collect();
        Ok(Some((mail, raw, places)))
    })?;
    let (mail, raw, places) = found.ok_or_else(|| Failure::refused(format!("there is no mail {id}")))?;
    if args.raw {
        return Ok(Page::bytes(raw));
    }
    let read = parse(&raw, &Limits::default());
    let mut view = view(office, &mail);
    view.places = places.iter().map(|p| format!("{} {}/{}", p.mailbox, p.validity, p.uid)).collect();
    view.text = Some(read.text);
    let text = letter(office, &view);
    Ok(Page::text(&view, text))
}

fn letter(office: &Office, view: &MailView) -> String {
    let local = |at| office.local(at, Some(&view.desk));
    let lines = [
        ("mail", view.id.to_string()),
        ("from", view.from.clone().unwrap_or_else(|| "cannot be read".to_owned())),
        ("subject", view.subject.clone()),
        ("received", format!("{}, {} bytes", local(view.received_at), view.size_bytes)),
        ("places", view.places.join(", ")),
        ("outcome", view.outcome.clone()),
        ("reason", view.reason.clone()),
        ("ticket", view.ticket.clone().unwrap_or_default()),
    ];
    let head = lines.iter().filter(|(_, value)| !value.is_empty());
    let head: String = head.map(|(name, value)| format!("{name:<12} {}\n", one_line(value))).collect();
    format!("{head}\n{}\n", plain(view.text.as_deref().unwrap_or_default()).trim_end())
}

fn decide(office: &Office, order: &Order) -> Result<Page, Failure> {
    let answer = office.give(order)?;
    let Answer::Mail { mail, outcome, reason, ticket } = &answer else { return Err(misunderstood()) };
    let on = ticket.as_ref().map(|key| format!(", {}", office.shown(key))).unwrap_or_default();
    let again = outcome == "quarantined";
    let code = if again { exit::DIFFERS } else { exit::OK };
    Ok(Page::text(&answer, format!("mail {mail}: {outcome}{on}: {}\n", one_line(reason))).with_code(code))
}
