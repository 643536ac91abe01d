//! `maildesk ledger`: what became of every UID ever seen.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use super::when::instant;
use crate::config::WAYS_IN;
use crate::daemon::control::reason;
use crate::store::{MailFilter, MailId, Outcome, Result as StoreResult, Sighting, Tx};

const OUTCOMES: [&str; 8] =
    ["stored", "applied", "delivery_event", "quarantined", "skipped", "duplicate", "withdrawn", "returned"];

#[derive(Debug, Args)]
#[command(after_help = "\
One row for each mail on a server, the newest first: what became of it and why. The column mail is the number under
which it is kept; `maildesk explain --ledger N` goes into it.

Examples:
  maildesk ledger --since 1d
  maildesk ledger --outcome quarantined --outcome returned
  maildesk ledger --ticket KL-3107
  maildesk ledger --mailbox support --since 2026-03-02 --limit 0 --json")]
pub struct LedgerArgs {
    /// Only this mailbox of the configuration
    #[arg(long, value_name = "NAME")]
    mailbox: Option<String>,
    /// Only what was seen from then on: 2026-03-02, "2026-03-02 09:12", 3d, 2h
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only what ended so; may be repeated
    #[arg(long, value_name = "WORD", value_parser = OUTCOMES)]
    outcome: Vec<String>,
    /// Only what had to do with this ticket
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
    /// The desk of --ticket, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
    /// So many rows; 0 for all
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

/// One row.
#[derive(Debug, Serialize)]
struct Row {
    seen_at: Timestamp,
    mailbox: String,
    validity: u32,
    uid: u32,
    outcome: String,
    reason: String,
    ticket: Option<String>,
    mail: Option<MailId>,
    from: Option<String>,
    subject: Option<String>,
}

/// Lists sightings.
///
/// # Errors
/// The filter makes no sense, or the database cannot be read.
pub fn run(common: &Common, args: &LedgerArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    if let Some(name) = &args.mailbox
        && !office.settings.mailboxes.iter().any(|mailbox| mailbox.name == *name)
        && !WAYS_IN.contains(&name.as_str())
    {
        return Err(Failure::usage(format!("there is no mailbox {name:?} in the configuration")));
    }
    let zone = office.settings.desks.first().map_or(jiff::tz::TimeZone::UTC, |desk| desk.zone.clone());
    let since = args.since.as_deref().map(|text| instant(text, &zone, office.now())).transpose()?;
    let desk = args.desk.as_deref();
    let ticket = args.ticket.as_deref().map(|text| office.ticket(text, desk)).transpose()?;
    let base = MailFilter {
        mailbox: args.mailbox.clone(),
        ticket,
        since,
        limit: args.limit,
        ..MailFilter::default()
    };
    let filters: Vec<MailFilter> = match args.outcome.as_slice() {
        [] => vec![base],
        words => words.iter().map(|w| MailFilter { outcome: Some(w.clone()), ..base.clone() }).collect(),
    };
    let mut rows = office.read(|tx| rows(tx, &office, &filters))?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.seen_at));
    if args.limit > 0 {
        rows.truncate(args.limit);
    }
    let heads = ["seen", "mailbox", "uid", "outcome", "ticket", "mail", "from", "subject", "reason"];
    Ok(Page::rows(&rows, "no mail has been seen", &heads, |row| {
        vec![
            office.local(row.seen_at, None),
            row.mailbox.clone(),
            row.uid.to_string(),
            row.outcome.clone(),
            row.ticket.clone().unwrap_or_default(),
            row.mail.map(|id| id.to_string()).unwrap_or_default(),
            row.from.clone().unwrap_or_default(),
            row.subject.clone().unwrap_or_default(),
            row.reason.clone(),
        ]
    }))
}

fn rows(tx: &mut dyn Tx, office: &Office, filters: &[MailFilter]) -> StoreResult<Vec<Row>> {
    let mut found = Vec::new();
    for filter in filters {
        for sighting in tx.sightings(filter)? {
            found.push(row(tx, office, sighting)?);
        }
    }
    Ok(found)
}

fn row(tx: &mut dyn Tx, office: &Office, sighting: Sighting) -> StoreResult<Row> {
    let mail = sighting.mail.map(|id| tx.mail(id)).transpose()?.flatten();
    Ok(Row {
        seen_at: sighting.seen_at,
        validity: sighting.place.validity,
        uid: sighting.place.uid,
        mailbox: sighting.place.mailbox,
        outcome: sighting.outcome.word().to_owned(),
        reason: told(&sighting.outcome),
        ticket: sighting.outcome.ticket().map(|key| office.shown(key)),
        mail: sighting.mail,
        from: mail.as_ref().and_then(|m| m.mail.from.as_ref()).map(ToString::to_string),
        subject: mail.map(|m| m.mail.subject),
    })
}

/// Why it came to this, in words.
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { kind, reason, .. } => format!("{kind}: {reason}"),
        Outcome::Duplicate { of } => format!("the same as mail {of}"),
        other => reason(other).to_owned(),
    }
}
