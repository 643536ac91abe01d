//! `maildesk explain`: what would become of a mail, and why. The daemon's own journey is asked; nothing is written.

pub mod dry;
mod report;
mod told;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::Common;
use super::failure::Failure;
use super::office::{Office, furnish};
use super::page::Page;
use super::when::instant;
use crate::config::Settings;
use crate::daemon::control::reading;
use crate::daemon::house::Desks;
use crate::desk::Desk;
use crate::desk::look_up::look_up;
use crate::desk::receive::decide;
use crate::domain::message::Incoming;
use crate::domain::route::route;
use crate::mail::parse::{Limits, parse};
use crate::store::{MailId, SqliteStore, Store, StoreError, Tx};
use dry::Dry;
use report::Report;

/// Longer mail is not read.
const MAIL_BYTES_MAX: u64 = 200_000_000;

#[derive(Debug, Args)]
#[command(after_help = "\
Whom it is from and how far he is believed, whether a machine wrote it, what it refers to and what each of these
proves, what is cut off as quotation, where it goes and why, what that does to the ticket, and which letters go out.
Without a database it is explained as for a desk that has no tickets yet.

Examples:
  maildesk explain mail.eml
  maildesk explain --letters - < mail.eml
  maildesk explain mail.eml --arrived '2026-03-02 09:12'
  maildesk explain --ledger 17 --json")]
pub struct ExplainArgs {
    /// The mail as a file; - reads standard input
    #[arg(value_name = "FILE", required_unless_present = "ledger")]
    file: Option<PathBuf>,
    /// A mail that came, by its number in the ledger: what became of it, and what would now
    #[arg(long, value_name = "N", conflicts_with = "file")]
    ledger: Option<MailId>,
    /// The letters in full
    #[arg(long)]
    letters: bool,
    /// When it arrived, by default now: 2026-03-02, "2026-03-02 09:12", 2h ago as 2h
    #[arg(long, value_name = "WHEN")]
    arrived: Option<String>,
    /// The desk; by default the one it is addressed to
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

/// A mail to be explained.
struct Subject {
    raw: Vec<u8>,
    arrived: Timestamp,
    /// The desk that had it.
    desk: Option<String>,
    /// What became of it, where it came before.
    past: Option<String>,
}

/// Explains one mail.
///
/// # Errors
/// There is no such file or mail, or the database cannot be read.
pub fn run(common: &Common, args: &ExplainArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let mut store = store(&office, args)?;
    let subject = subject(&office, store.as_mut(), args)?;
    let report = store.run(|tx| Ok(explain(&office, tx, &subject, args)))??;
    let text = told::told(&office, &report, args.letters);
    Ok(Page::text(&report, text))
}

/// The database, or an empty one where there is none yet.
fn store(office: &Office, args: &ExplainArgs) -> Result<Box<dyn Store>, Failure> {
    let missing = matches!(office.settings.database.try_exists(), Ok(false));
    if missing && args.ledger.is_none() {
        return Ok(Box::new(SqliteStore::open_in_memory()?));
    }
    office.reader()
}

fn subject(office: &Office, store: &mut dyn Store, args: &ExplainArgs) -> Result<Subject, Failure> {
    let zone = office.desk(args.desk.as_deref()).map(|rules| rules.zone.clone());
    let zone = zone.unwrap_or(jiff::tz::TimeZone::UTC);
    let arrived = args.arrived.as_deref().map(|text| instant(text, &zone, office.now())).transpose()?;
    let Some(id) = args.ledger else {
        let raw = file(args.file.as_deref().unwrap_or(Path::new("-")))?;
        return Ok(Subject { raw, arrived: arrived.unwrap_or(office.now()), desk: None, past: None });
    };
    Ok(store.run(|tx| {
        let none = || StoreError::Abandoned(format!("there is no mail {id} in the ledger"));
        let mail = tx.mail(id)?.ok_or_else(none)?;
        let raw = tx.bytes(&mail.mail.raw)?.ok_or_else(none)?;
        let at = office.local(mail.mail.stored_at, Some(&mail.mail.desk));
        let on = mail.mail.outcome.ticket().map(|key| format!(", {}", office.shown(key))).unwrap_or_default();
        let (word, why) = (mail.mail.outcome.word(), super::ledger::told(&mail.mail.outcome));
        Ok(Subject {
            raw,
            arrived: arrived.unwrap_or(mail.mail.received_at),
            desk: Some(mail.mail.desk.to_string()),
            past: Some(format!("{at} {word}{on}: {why}")),
        })
    })?)
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut raw = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAIL_BYTES_MAX).read_to_end(&mut raw)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAIL_BYTES_MAX).read_to_end(&mut raw))
    };
    read.map_err(|error| Failure::io(path.display(), &error))?;
    Ok(raw)
}

fn explain(
    office: &Office,
    tx: &mut dyn Tx,
    subject: &Subject,
    args: &ExplainArgs,
) -> Result<Report, Failure> {
    let mut dry = Dry::over(tx);
    let desks = furnish(&office.settings, &mut dry)?;
    let first_look = parse(&subject.raw, &Limits::default());
    let named = args.desk.as_deref().or(subject.desk.as_deref());
    let desk = desk(&office.settings, &desks, named, &first_look)?;
    let now = office.now().max(subject.arrived);
    let now = if args.arrived.is_some() { subject.arrived } else { now };
    let mail = reading::read(desk, &subject.raw);
    let ours = reading::answered(&mut dry, &mail)?;
    let digest = reading::think(desk, mail, &ours, subject.arrived, now);
    let earlier = dry.mail_by_fingerprint(&digest.mail.fingerprint)?;
    let known = look_up(&mut dry, desk, &digest, now)?;
    let where_to = route(&digest, &known, &desk.rules);
    let outcome = decide(&mut dry, desk, &digest, now)?;
    let mut report = Report::new(office, desk, &digest, &known, &where_to, &outcome);
    report.past = subject.past.clone();
    if subject.past.is_none() {
        report.copy_of = earlier.map(|mail| mail.id);
    }
    report.see(office, dry)?;
    Ok(report)
}

/// The desk named, else the one whose address the mail went to, else the first.
fn desk<'a>(
    settings: &Settings,
    desks: &'a Desks,
    named: Option<&str>,
    mail: &Incoming,
) -> Result<&'a Desk, Failure> {
    if let Some(name) = named {
        let found = desks.get(name).map(|desk| &**desk);
        return found.ok_or_else(|| Failure::usage(format!("there is no desk {name:?}")));
    }
    let mut addressed = mail.to.iter().chain(&mail.cc).map(|m| &m.address).chain(&mail.delivered_to);
    let ours = addressed.find_map(|a| settings.desks.iter().find(|rules| rules.address == a.base()));
    let found = ours.or(settings.desks.first()).and_then(|rules| desks.get(&rules.desk));
    found.map(|desk| &**desk).ok_or_else(|| Failure::usage("no desk is configured"))
}
