//! `maildesk doctor`: is what is written what must hold?

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use super::Common;
use super::failure::Failure;
use super::office::{self, Office};
use super::page::Page;
use crate::desk::Desk;
use crate::desk::oracle::Walk;
use crate::domain::rules::Rules;
use crate::faces::exit;
use crate::mail::keys::{Key, Keys};
use crate::store::{Fault, Store, Tally};

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
    let mut faults = store.check()?;
    faults.extend(looked_through(&office, store.as_mut())?);
    let report = count(store.run(|tx| tx.tally())?, faults);
    let code = if report.faults.is_empty() { exit::OK } else { exit::DIFFERS };
    let text = told(&report);
    Ok(Page::text(&report, text).with_code(code))
}

/// Rows of one question, so that a daemon beside it is not kept from tidying its log.
const STEP_ROWS: usize = 256;

/// What the oracle finds, with the desks as they are configured now.
fn looked_through(office: &Office, store: &mut dyn Store) -> Result<Vec<Fault>, Failure> {
    let words = office::words(office.settings.templates_dir.as_deref())?;
    // The oracle reads no seal: any key will do, and none is made in a database that is only read.
    let keys = Keys::new(Key::new(0, [0; 32]), Vec::new());
    let desk = |rules: &Rules| Desk::new(rules.clone(), words.clone(), keys.clone(), String::new());
    let desks: Vec<Desk> = office.settings.desks.iter().map(desk).collect();
    let desks: Vec<&Desk> = desks.iter().collect();
    let mut walk = store.run(|tx| Walk::since_roll(tx, &desks, 0))?;
    let mut faults = Vec::new();
    while !walk.is_over() {
        let (next, found) = store.run(|tx| {
            let mut next = walk.clone();
            let found = next.step(tx, &desks, STEP_ROWS)?;
            Ok((next, found))
        })?;
        walk = next;
        faults.extend(found);
    }
    Ok(faults)
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
