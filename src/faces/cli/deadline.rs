//! `maildesk deadline`: how the promises of a desk are reckoned, step by step.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::Common;
use super::books::client;
use super::failure::Failure;
use super::office::Office;
use super::page::Page;
use super::when::instant;
use crate::domain::calendar::Calendar;
use crate::domain::fold::fold;
use crate::domain::people::{Client, ClientBilling, Clients, Contract};
use crate::domain::period::Rhythm;
use crate::domain::rules::Rules;
use crate::domain::sla;
use crate::domain::span::Span;
use crate::domain::ticket::{Ticket, TicketKey};
use crate::words::when::duration;

/// More days than these are not told one by one.
const STEPS_MAX: usize = 60;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  maildesk deadline steko '2026-03-10 14:20' A-17
  maildesk deadline steko '2026-03-10 14:20' none --urgent
  maildesk deadline support 2026-04-03 Gold --severity high")]
pub struct DeadlineArgs {
    /// The desk
    desk: String,
    /// When the request comes: 2026-03-10, '2026-03-10 14:20', or a while ago
    time: String,
    /// Name of the contract, or the client: number, name or address; none for those without
    #[arg(default_value = "none")]
    contract: String,
    /// The severity, where it is not normal
    #[arg(long, value_name = "WORD", default_value = "normal")]
    severity: String,
    /// The type of request
    #[arg(long = "type", value_name = "NAME")]
    kind: Option<String>,
    /// It is urgent
    #[arg(long)]
    urgent: bool,
}

#[derive(Serialize)]
struct Reckoned {
    /// `answer` or `solution`.
    promise: &'static str,
    span: String,
    calendar: String,
    from: Timestamp,
    due: Timestamp,
    steps: Vec<Step>,
}

/// What one day adds.
#[derive(Serialize)]
struct Step {
    day: Date,
    /// The hours of that day, or why there are none.
    hours: String,
    /// Working minutes of the promise on that day.
    minutes: Option<i64>,
    /// What is left after it.
    left: Option<i64>,
}

/// Shows both clocks.
///
/// # Errors
/// There is no such desk, contract, severity or type, or the time is none.
pub fn run(common: &Common, args: &DeadlineArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let rules = office.desk(Some(&args.desk))?;
    let from = instant(&args.time, &rules.zone, office.now())?;
    let (ticket, rules) = supposed(rules, args, from)?;
    let holding = sla::holding(&ticket, &rules);
    let mut reckoned = Vec::new();
    for (promise, half) in [("answer", holding.respond), ("solution", holding.resolve)] {
        if let Some((span, calendar)) = half {
            reckoned.push(reckon(&rules, promise, span, calendar, from));
        }
    }
    let local = |at: Timestamp| at.to_zoned(rules.zone.clone()).strftime("%a %Y-%m-%d %H:%M %:z").to_string();
    let mut text = format!("received    {}\n", local(from));
    for one in &reckoned {
        text.push_str(&format!(
            "\n{:<12}{} of calendar {}: due {}\n",
            one.promise,
            one.span,
            one.calendar,
            local(one.due)
        ));
        let width = one.steps.iter().map(|step| step.hours.chars().count()).max().unwrap_or(0);
        one.steps.iter().for_each(|step| text.push_str(&told(step, width)));
    }
    if reckoned.is_empty() {
        text.push_str("nothing is promised\n");
    }
    Ok(Page::text(&reckoned, text))
}

fn told(step: &Step, width: usize) -> String {
    let day = step.day.strftime("%a %Y-%m-%d");
    match (step.minutes, step.left) {
        (Some(minutes), Some(left)) => {
            format!("  {day}  {:<width$}  {:>5}  left {}\n", step.hours, duration(minutes), duration(left))
        }
        _ => format!("  {day}  {}\n", step.hours),
    }
}

/// A request as it would be registered, and the rules with the contract that it stands under.
fn supposed(rules: &Rules, args: &DeadlineArgs, from: Timestamp) -> Result<(Ticket, Rules), Failure> {
    let mut rules = rules.clone();
    let mut ticket = Ticket::blank(TicketKey::new(&rules.desk, 0), rules.own_language(), from);
    let known = |what: &str, wanted: &str, names: Vec<&str>| {
        Failure::usage(format!("there is no {what} {wanted:?}; there are {}", names.join(", ")))
    };
    if !rules.severities.contains_key(&args.severity) {
        let names = rules.severities.keys().map(String::as_str).collect();
        return Err(known("severity", &args.severity, names));
    }
    if let Some(kind) = args.kind.as_ref().filter(|kind| rules.types.get(kind).is_none()) {
        return Err(known("type", kind, rules.types.all.iter().map(|kind| kind.name.as_str()).collect()));
    }
    if args.urgent && rules.urgent.is_none() {
        return Err(Failure::usage("the desk has no urgent requests"));
    }
    ticket.severity.clone_from(&args.severity);
    ticket.kind = args.kind.clone().or_else(|| rules.types.otherwise().map(|kind| kind.name.clone()));
    ticket.urgent = args.urgent;
    sla::bring_together(&mut ticket, &rules);
    if args.contract != "none" {
        let name = contract(&rules, &args.contract)?;
        ticket.client = name.as_ref().map(|_| CODE.to_owned());
        rules.clients = Clients::new(name.map(under).into_iter().collect());
    }
    Ok((ticket, rules))
}

/// The code of a client that exists for the reckoning alone.
const CODE: &str = "supposed";

fn under(contract: String) -> Client {
    Client {
        name: CODE.to_owned(),
        code: CODE.to_owned(),
        domains: Vec::new(),
        contract: Some(Contract {
            name: contract,
            address: None,
            minutes_included: None,
            period: Rhythm::Month,
            price_beyond: None,
        }),
        contacts: Vec::new(),
        consultant: None,
        billing: ClientBilling::default(),
        devices: Vec::new(),
    }
}

/// The name of a contract: itself, or that of a client; `None` where the client has none.
fn contract(rules: &Rules, wanted: &str) -> Result<Option<String>, Failure> {
    let folded = fold(wanted.trim());
    let of_clients = rules.clients.iter().filter_map(|client| Some(&client.contract.as_ref()?.name));
    let found = rules.contract_resolve.keys().chain(of_clients).find(|name| fold(name) == folded);
    match found {
        Some(name) => Ok(Some(name.clone())),
        None => Ok(client(rules, wanted)?.contract.as_ref().map(|contract| contract.name.clone())),
    }
}

fn reckon(
    rules: &Rules,
    promise: &'static str,
    span: Span,
    calendar: Option<&str>,
    from: Timestamp,
) -> Reckoned {
    let name = calendar.filter(|name| rules.calendars.contains_key(*name)).unwrap_or("office").to_owned();
    let calendar = rules.calendar(calendar);
    let due = calendar.due(from, &span);
    Reckoned {
        promise,
        span: span.to_string(),
        calendar: name,
        from,
        due,
        steps: steps(calendar, span, from, due),
    }
}

fn steps(calendar: &Calendar, span: Span, from: Timestamp, due: Timestamp) -> Vec<Step> {
    let mut left = match span {
        Span::Working { minutes } => Some(i64::from(minutes)),
        Span::WorkingDays(_) => None,
        Span::Real { .. } | Span::Days(_) => return Vec::new(),
    };
    let (first, last) = (calendar.local_date(from), calendar.local_date(due));
    let days = first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
    let step = |day: Date| {
        let minutes = left.as_mut().map(|left| {
            let minutes = worked(calendar, day, from, due);
            *left -= minutes;
            (minutes, *left)
        });
        Step { day, hours: hours(calendar, day), minutes: minutes.map(|m| m.0), left: minutes.map(|m| m.1) }
    };
    days.take(STEPS_MAX).map(step).collect()
}

/// Working minutes of the promise on one day.
fn worked(calendar: &Calendar, day: Date, from: Timestamp, due: Timestamp) -> i64 {
    let midnight = |day: Date| day.to_zoned(calendar.zone.clone()).map(|at| at.timestamp());
    let (Ok(begin), Ok(Ok(end))) = (midnight(day), day.tomorrow().map(midnight)) else { return 0 };
    let time = calendar.between(from.max(begin), due.min(end));
    i64::try_from(time.as_secs() / 60).unwrap_or(0)
}

fn hours(calendar: &Calendar, day: Date) -> String {
    let hours = calendar.hours_on(day).to_string();
    match (calendar.exceptions.contains_key(&day), calendar.holidays.is_holiday(day)) {
        (true, _) => format!("{hours} (exception)"),
        (false, Some(name)) => format!("{hours} ({name})"),
        (false, None) => hours,
    }
}
