//! `maildesk doctor`: is what is written what must hold?

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use crate::faces::exit;
use crate::store::{Fault, Tally};

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
    let report = count(store.run(|tx| tx.tally())?, faults);
    let code = if report.faults.is_empty() { exit::OK } else { exit::DIFFERS };
    let text = told(&report);
    Ok(Page::text(&report, text).with_code(code))
}

fn count(tally: Tally, faults: Vec<Fault>) -> Report {
    Report {
        faults,
        sightings: tally.sightings,
        mails_total: tally.mails.values().sum(),
        mails: tally.mails,
        tickets_total: tally.tickets.values().sum(),
        tickets: tally.tickets,
        deliveries_total: tally.deliveries.values().sum(),
        deliveries: tally.deliveries,
    }
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
