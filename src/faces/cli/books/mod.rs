//! The books at the command line: journal, statements, bills, reports.

pub mod bill;
pub mod journal;
mod lines;
pub mod report;
pub mod statement;

pub use lines::amount;

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;

use super::failure::Failure;
use super::when::instant;
use crate::domain::address::Address;
use crate::domain::fold::fold;
use crate::domain::people::Client;
use crate::domain::period::{Period, Rhythm};
use crate::domain::rules::Rules;

/// Which desk, and from when until when.
#[derive(Debug, Args)]
pub struct IntervalArgs {
    /// From then on: a day, a time, or a while ago; by default the first of this month
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to the end of that day, or up to that time; by default now
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

impl IntervalArgs {
    /// The first instant and the first one after it.
    ///
    /// # Errors
    /// One of them is no time, or they are the wrong way round.
    fn instants(&self, rules: &Rules, now: Timestamp) -> Result<(Timestamp, Timestamp), Failure> {
        let zone = &rules.zone;
        let today = now.to_zoned(zone.clone()).date();
        let from = match &self.from {
            Some(text) => instant(text, zone, now)?,
            None => instant(&Period::around(today, Rhythm::Month).from.to_string(), zone, now)?,
        };
        let until = match &self.to {
            // A day is meant with all its hours.
            Some(text) => match text.trim().parse::<Date>().map(|day| day.tomorrow()) {
                Ok(Ok(next)) => instant(&next.to_string(), zone, now)?,
                _ => instant(text, zone, now)?,
            },
            None => now,
        };
        if from >= until {
            return Err(Failure::usage("--from is not before --to"));
        }
        Ok((from, until))
    }
}

/// Reads a period.
fn period(text: &str) -> Result<Period, String> {
    Period::parse(text).ok_or_else(|| "write 2026-02, 2026-Q1, 2026 or 2026-01-15..2026-02-14".to_owned())
}

/// The client of that number, name or address.
pub fn client<'a>(rules: &'a Rules, wanted: &str) -> Result<&'a Client, Failure> {
    let wanted = wanted.trim();
    let folded = fold(wanted);
    let named = || {
        let mut found = rules.clients.iter().filter(|client| fold(&client.name).contains(&folded));
        found.next().filter(|_| found.next().is_none() && !folded.is_empty())
    };
    let at_address = || Some(rules.clients.of_address(&Address::parse(wanted)?)?.0);
    rules.clients.of_code(wanted).or_else(at_address).or_else(named).ok_or_else(|| {
        let known: Vec<String> = rules.clients.iter().map(|c| format!("{} ({})", c.name, c.code)).collect();
        let known =
            if known.len() > 20 { String::new() } else { format!("; there are {}", known.join(", ")) };
        Failure::usage(format!("{wanted:?} is no client, or several{known}"))
    })
}
