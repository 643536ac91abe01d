//! `maildesk report`: figures for the head of a desk.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::IntervalArgs;
use crate::domain::books::csv::{self, Separator};
use crate::domain::books::{Figures, Group, Pending, Quantiles, Report, report};
use crate::domain::people::AgentId;
use crate::domain::rules::Rules;
use crate::domain::ticket::Status;
use crate::faces::cli::Common;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::{Page, one_line};
use crate::words::when::duration;

#[derive(Debug, Args)]
#[command(after_help = "\
Tickets count by the time of their receipt. Times are from the receipt to the first answer of an agent and to the last
solution, nights and weekends included: the median, and what nine of ten keep.

Examples:
  maildesk report
  maildesk report --from 2026-01-01 --to 2026-03-31
  maildesk report --from 90d --format csv > quarter.csv")]
pub struct ReportArgs {
    #[command(flatten)]
    interval: IntervalArgs,
    /// How it is written
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
}

#[derive(Serialize)]
struct Document {
    desk: String,
    from: Timestamp,
    until: Timestamp,
    #[serde(flatten)]
    report: Report,
    /// Tickets that are not done now, whenever they came.
    pending: Vec<Pending>,
    /// Answers of agents, by day.
    answered: BTreeMap<Date, u32>,
    /// Answers of each agent; the operator's are under `-`.
    answers_by_agent: BTreeMap<String, u32>,
    /// Ratings given in the interval, by value.
    ratings: BTreeMap<u8, u32>,
}

/// Reports.
///
/// # Errors
/// The interval is none, or the database cannot be read.
pub fn run(common: &Common, args: &ReportArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let rules = office.desk(args.interval.desk.as_deref())?;
    let now = office.now();
    let (from, until) = args.interval.instants(rules, now)?;
    let document = office.read(|tx| {
        let measures = tx.measures(&rules.desk, from, until)?;
        let replies = tx.replies(&rules.desk, from, until)?;
        let ratings = tx.ratings(&rules.desk, from, until)?;
        Ok(Document {
            desk: rules.desk.to_string(),
            from,
            until,
            report: report(&measures, &rules.zone, now),
            pending: tx.pending(&rules.desk)?,
            answered: counted(replies.iter().map(|(at, _)| at.to_zoned(rules.zone.clone()).date())),
            answers_by_agent: counted(replies.iter().map(|(_, agent)| named(agent.as_ref()))),
            ratings: counted(ratings.iter().map(|(_, rated)| rated.value)),
        })
    })?;
    match args.format {
        Format::Csv => Ok(Page::bytes(table(&document))),
        Format::Json => Ok(Page::text(&document, json(&document))),
        Format::Text => Ok(Page::text(&document, told(rules, &document, now))),
    }
}

fn named(agent: Option<&AgentId>) -> String {
    agent.map_or_else(|| "-".to_owned(), |agent| agent.0.clone())
}

fn counted<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

fn json(document: &Document) -> String {
    let written = serde_json::to_string_pretty(document).expect("a report has text keys only");
    written + "\n"
}

const HEADS: [&str; 13] = [
    "tickets",
    "answered",
    "solved",
    "answer_median_minutes",
    "answer_90_minutes",
    "solution_median_minutes",
    "solution_90_minutes",
    "promises_kept",
    "promises",
    "reopened",
    "ratings",
    "rating",
    "work_minutes",
];

fn table(document: &Document) -> Vec<u8> {
    let mut head = vec!["group".to_owned(), "value".to_owned()];
    head.extend(HEADS.map(str::to_owned));
    let mut lines = vec![head, line("all", "", &document.report.all)];
    for (group, values) in &document.report.groups {
        lines.extend(values.iter().map(|(value, figures)| line(group.word(), value, figures)));
    }
    csv::write(&lines, Separator::Comma).into_bytes()
}

fn line(group: &str, value: &str, figures: &Figures) -> Vec<String> {
    let quantile =
        |q: Option<Quantiles>, of: fn(Quantiles) -> i64| q.map(|q| of(q).to_string()).unwrap_or_default();
    vec![
        group.to_owned(),
        value.to_owned(),
        figures.tickets.to_string(),
        figures.answered.to_string(),
        figures.solved.to_string(),
        quantile(figures.answer_minutes, |q| q.median),
        quantile(figures.answer_minutes, |q| q.ninety),
        quantile(figures.solution_minutes, |q| q.median),
        quantile(figures.solution_minutes, |q| q.ninety),
        figures.promises_kept.to_string(),
        figures.promises.to_string(),
        figures.reopened.to_string(),
        figures.ratings.to_string(),
        rating(figures).unwrap_or_default(),
        figures.minutes.to_string(),
    ]
}

fn rating(figures: &Figures) -> Option<String> {
    figures.rating_hundredths.map(|n| format!("{}.{:02}", n / 100, n % 100))
}

fn told(rules: &Rules, document: &Document, now: Timestamp) -> String {
    let local = |at: Timestamp| at.to_zoned(rules.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
    let mut text =
        format!("{}: received {} to {}\n\n", rules.name, local(document.from), local(document.until));
    let head = ["", "tickets", "answer", "90 %", "solution", "90 %", "kept", "reopened", "rating", "work"];
    let mut lines = vec![head.map(str::to_owned).to_vec(), shown("all", &document.report.all)];
    for group in Group::ALL {
        let values = document.report.groups.get(&group).into_iter().flatten().collect::<Vec<_>>();
        if values.iter().all(|(value, _)| *value == "-") {
            continue;
        }
        lines.push(vec![format!("{}:", group.word())]);
        for (value, figures) in values {
            let name = match group {
                Group::Client => rules.clients.of_code(value).map_or(value.as_str(), |c| &c.name),
                Group::Agent => {
                    rules.agent(&AgentId(value.clone())).map_or(value.as_str(), |agent| &agent.name)
                }
                _ => value,
            };
            lines.push(shown(&format!("  {}", one_line(name)), figures));
        }
    }
    text.push_str(&aligned(&lines));
    text.push('\n');
    waiting(document, now, &mut text);
    answered(document, &mut text);
    text
}

fn shown(name: &str, figures: &Figures) -> Vec<String> {
    let quantile = |q: Option<Quantiles>, of: fn(Quantiles) -> i64| {
        q.map_or_else(|| "-".to_owned(), |q| duration(of(q)))
    };
    let share = (figures.promises_kept * 100).checked_div(figures.promises);
    vec![
        name.to_owned(),
        figures.tickets.to_string(),
        quantile(figures.answer_minutes, |q| q.median),
        quantile(figures.answer_minutes, |q| q.ninety),
        quantile(figures.solution_minutes, |q| q.median),
        quantile(figures.solution_minutes, |q| q.ninety),
        share.map_or_else(|| "-".to_owned(), |share| format!("{share} %")),
        figures.reopened.to_string(),
        rating(figures).unwrap_or_else(|| "-".to_owned()),
        duration(i64::try_from(figures.minutes).unwrap_or(i64::MAX)),
    ]
}

/// Columns as wide as they must be, the first to the left and all others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..lines.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (i, cell) in line.iter().enumerate() {
            let room = widths[i];
            if i == 0 {
                text.push_str(&format!("{cell:<room$}"));
            } else {
                text.push_str(&format!("  {cell:>room$}"));
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}

fn waiting(document: &Document, now: Timestamp, text: &mut String) {
    let ours = |p: &&Pending| matches!(p.status, Status::New | Status::Open);
    let count: u32 = document.pending.iter().filter(ours).map(|p| p.count).sum();
    let oldest = document.pending.iter().filter(ours).map(|p| p.oldest).min();
    let age = oldest.map(|at| format!(", the oldest for {}", duration(now.duration_since(at).as_mins())));
    text.push_str(&format!("waiting for us now  {count}{}\n", age.unwrap_or_default()));
    for pending in document.pending.iter().filter(|p| !ours(p)) {
        text.push_str(&format!("{:<20}{}\n", pending.status.word(), pending.count));
    }
}

fn answered(document: &Document, text: &mut String) {
    let days = u32::try_from(document.answered.len()).unwrap_or(u32::MAX);
    let all: u32 = document.answered.values().sum();
    if days > 0 {
        let daily = f64::from(all) / f64::from(days);
        text.push_str(&format!("answers             {all} on {days} days, {daily:.1} a day\n"));
    }
    if !document.ratings.is_empty() {
        let ratings: Vec<String> =
            document.ratings.iter().rev().map(|(value, count)| format!("{value}: {count}")).collect();
        text.push_str(&format!("ratings             {}\n", ratings.join(", ")));
    }
}
