//! `maildesk statement`: what a client's period comes to, as the client would be told.

use clap::Args;
use serde::Serialize;

use super::lines::{Line, Sums, csv};
use super::{client, period};
use crate::desk::statement::reckoning;
use crate::domain::period::Period;
use crate::faces::cli::Common;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::{Page, one_line};

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is sent: clients get statements when they ask for them by mail.

Examples:
  maildesk statement 300000101 2026-02
  maildesk statement 'Baltoji pieva' 2026-Q1 --csv
  maildesk statement 300000101 2026-01-15..2026-02-14 --json")]
pub struct StatementArgs {
    /// Number, name or address of the client
    client: String,
    /// 2026-02, 2026-Q1, 2026, or two days
    #[arg(value_parser = period)]
    period: Period,
    /// Only the rows, as comma-separated values
    #[arg(long)]
    csv: bool,
    /// The desk, where there are several
    #[arg(long, value_name = "NAME")]
    desk: Option<String>,
}

#[derive(Serialize)]
struct Document {
    client: String,
    code: String,
    period: Period,
    rows: Vec<Line>,
    sums: Sums,
}

/// Shows a statement.
///
/// # Errors
/// There is no such client, or the database cannot be read.
pub fn run(common: &Common, args: &StatementArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let rules = office.desk(args.desk.as_deref())?;
    let client = client(rules, &args.client)?;
    let found = office.read(|tx| reckoning(tx, rules, client, args.period))?;
    let document = Document {
        client: client.name.clone(),
        code: client.code.clone(),
        period: args.period,
        rows: found.rows.iter().map(|row| Line::of(rules, row)).collect(),
        sums: Sums::of(&found),
    };
    if args.csv {
        return Ok(Page::bytes(csv(&document.rows)));
    }
    let mut text =
        format!("{} ({}), {} to {}\n\n", client.name, client.code, args.period.from, args.period.to);
    for line in &document.rows {
        let head =
            [&line.done_on.to_string(), &line.ticket, &line.consultant, &line.spent].map(|s| one_line(s));
        text.push_str(&format!(
            "{}\n    {}\n    {}\n",
            head.join("  "),
            one_line(&line.problem),
            one_line(&line.work)
        ));
    }
    let text = format!("{text}\n{}", document.sums.told());
    Ok(Page::text(&document, text))
}
