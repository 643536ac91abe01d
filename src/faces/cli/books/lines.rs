//! Rows of the work journal as lists, as JSON and as CSV.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::domain::books::csv::{self, Separator};
use crate::domain::books::{Reckoning, Row};
use crate::domain::money::Money;
use crate::domain::rules::Rules;
use crate::words::when::duration;

/// One row.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub ticket: String,
    pub row: u32,
    pub corrects: Option<u32>,
    pub requested_on: Date,
    pub client: String,
    pub contact: String,
    pub problem: String,
    pub agent: String,
    pub consultant: String,
    pub at: Timestamp,
    pub done_on: Date,
    /// Minutes; a correction has the difference.
    pub minutes: i64,
    pub spent: String,
    pub mode: String,
    pub work: String,
}

impl Line {
    pub fn of(rules: &Rules, row: &Row) -> Line {
        Line {
            ticket: rules.tag.shown(row.number),
            row: row.row,
            corrects: row.corrects,
            requested_on: row.requested_on,
            client: row.client.clone(),
            contact: row.contact.clone(),
            problem: row.problem.clone(),
            agent: row.agent.0.clone(),
            consultant: row.consultant.clone(),
            at: row.at,
            done_on: row.done_on,
            minutes: row.spent,
            spent: duration(row.spent),
            mode: row.mode.clone(),
            work: row.work.clone(),
        }
    }

    /// For [`HEADS`].
    pub fn cells(&self) -> Vec<String> {
        let row = match self.corrects {
            Some(corrected) => format!("{} for {corrected}", self.row),
            None => self.row.to_string(),
        };
        vec![
            self.ticket.clone(),
            row,
            self.done_on.to_string(),
            self.consultant.clone(),
            self.spent.clone(),
            self.client.clone(),
            self.problem.clone(),
            self.mode.clone(),
            self.work.clone(),
        ]
    }
}

pub const HEADS: [&str; 9] =
    ["ticket", "row", "done on", "agent", "time", "client", "problem", "mode", "work"];

/// The journal's own columns, with the names of the JSON document.
pub fn csv(lines: &[Line]) -> Vec<u8> {
    let head = [
        "ticket",
        "row",
        "corrects",
        "requested_on",
        "client",
        "contact",
        "problem",
        "consultant",
        "done_on",
        "spent",
        "mode",
        "work",
    ];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    table.extend(lines.iter().map(|line| {
        vec![
            line.ticket.clone(),
            line.row.to_string(),
            line.corrects.map(|row| row.to_string()).unwrap_or_default(),
            line.requested_on.to_string(),
            line.client.clone(),
            line.contact.clone(),
            line.problem.clone(),
            line.consultant.clone(),
            line.done_on.to_string(),
            line.spent.clone(),
            line.mode.clone(),
            line.work.clone(),
        ]
    }));
    csv::write(&table, Separator::Comma).into_bytes()
}

/// An amount as programs write it: `122.50 EUR`.
pub fn amount(money: &Money) -> String {
    let sign = if money.cents < 0 { "-" } else { "" };
    let cents = money.cents.unsigned_abs();
    format!("{sign}{}.{:02} {}", cents / 100, cents % 100, money.currency)
}

/// What a period comes to.
#[derive(Clone, Debug, Serialize)]
pub struct Sums {
    pub minutes: i64,
    pub minutes_included: Option<i64>,
    pub minutes_billed: i64,
    pub net: Option<Money>,
    pub vat: Option<Money>,
    pub total: Option<Money>,
}

impl Sums {
    pub fn of(reckoning: &Reckoning) -> Sums {
        Sums {
            minutes: reckoning.spent,
            minutes_included: reckoning.included,
            minutes_billed: reckoning.beyond,
            net: reckoning.net.clone(),
            vat: reckoning.vat.clone(),
            total: reckoning.total.clone(),
        }
    }

    /// A line for each figure.
    pub fn told(&self) -> String {
        let mut lines = vec![("time", duration(self.minutes))];
        if let Some(included) = self.minutes_included {
            lines.push(("included", duration(included)));
            lines.push(("beyond", duration(self.minutes_billed)));
        }
        for (name, money) in [("net", &self.net), ("VAT", &self.vat), ("total", &self.total)] {
            lines.extend(money.as_ref().map(|money| (name, amount(money))));
        }
        lines.iter().map(|(name, value)| format!("{name:<10}{value}\n")).collect()
    }
}
