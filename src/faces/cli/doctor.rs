//! `maildesk doctor`: is what is written what must hold?

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::faces::exit;
use crate::store::{DeliveryFilter, Fault, MailFilter, Outcome, Result as StoreResult, TicketFilter, Tx};

#[derive(Debug, Args)]
#[command(after_help = "\
Reads the whole database, beside a daemon or without one, and changes nothing. Exit code 1 when something does not
hold; the numbers are those of the invariants in ARCHITECTURE.md.

Examples:
  maildesk doctor
  maildesk doctor --json")]
pub struct DoctorArgs {}

/// What was counted and what is wrong.
#[derive(Debug, Serialize)]
struct Report {
    faults: Vec<Fault>,
    /// UIDs seen on servers.
    sightings: usize,
    /// Mails kept, by what became of them; together they are all that ever came.
    mails: BTreeMap<String, usize>,
    mails_total: usize,
    tickets: BTreeMap<String, usize>,
    tickets_total: usize,
    deliveries: BTreeMap<String, usize>,
    deliveries_total: usize,
}

/// Checks and counts.
///
/// # Errors
/// The database cannot be read.
pub fn run(common: &Common, _args: &DoctorArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let mut store = office.reader()?;
    let faults = store.check()?;
    let report = store.run(|tx| count(tx, faults.clone()))?;
    let code = if report.faults.is_empty() { exit::OK } else { exit::DIFFERS };
    let text = told(&report);
    Ok(Page::text(&report, text).with_code(code))
}

fn count(tx: &mut dyn Tx, faults: Vec<Fault>) -> StoreResult<Report> {
    let all_mails = tx.mails(&MailFilter::default())?;
    let all_tickets = tx.tickets(&TicketFilter::default())?;
    let all_deliveries = tx.deliveries(&DeliveryFilter::default())?;
    Ok(Report {
        faults,
        sightings: tx.sightings(&MailFilter::default())?.len(),
        mails_total: all_mails.len(),
        mails: by_word(all_mails.iter().map(|mail| what_became(&mail.mail.outcome))),
        tickets_total: all_tickets.len(),
        tickets: by_word(all_tickets.iter().map(|ticket| ticket.status().word().to_owned())),
        deliveries_total: all_deliveries.len(),
        deliveries: by_word(all_deliveries.iter().map(|row| row.state.word().to_owned())),
    })
}

/// Applied mail is told apart by what it was: a request, a comment, an agent's answer …
fn what_became(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Applied { kind, .. } => kind.clone(),
        other => other.word().to_owned(),
    }
}

fn by_word(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    counts
}

fn told(report: &Report) -> String {
    let line = |name: &str, total: usize, counts: &BTreeMap<String, usize>| {
        let parts: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
        let parts = if parts.is_empty() { String::new() } else { format!(" = {}", parts.join(" + ")) };
        format!("{name:<12} {total}{parts}\n")
    };
    let mut text = line("mails", report.mails_total, &report.mails);
    text += &format!("{:<12} {}\n", "sightings", report.sightings);
    text += &line("tickets", report.tickets_total, &report.tickets);
    text += &line("deliveries", report.deliveries_total, &report.deliveries);
    for fault in &report.faults {
        text +=
            &format!("FAULT        invariant {}: {}\n", fault.invariant, super::page::one_line(&fault.what));
    }
    let verdict = match report.faults.len() {
        0 => "all is as it must be".to_owned(),
        1 => "1 fault".to_owned(),
        n => format!("{n} faults"),
    };
    text + &format!("{:<12} {verdict}\n", "verdict")
}
