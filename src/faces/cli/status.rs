//! `maildesk status`: how it all stands, on one screen; without a daemon what the database knows.

use jiff::{SignedDuration, Timestamp};

use clap::Args;
use serde::Serialize;

use super::Common;
use super::daemon::misunderstood;
use super::failure::Failure;
use super::office::Office;
use super::page::{Page, one_line};
use super::pause;
use crate::daemon::control::{Answer, AskError, Health, MailboxHealth, Order, RelayHealth, ask};
use crate::domain::rules::DeskId;
use crate::faces::exit;
use crate::store::{
    DeliveryFilter, DeliveryRow, DeliveryState, DeskOverview, MailFilter, Overview, Result as StoreResult, Tx,
};

/// A certificate that ends within so long is told of.
const CERTIFICATE_SOON: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Letters that are shown one by one.
const LETTERS_SHOWN: usize = 5;

#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0 when all goes well; 1 when a mailbox or a mail server is in trouble, the disk or the database is, a
secret or access token runs out, or a mail was set aside; 75 when no daemon runs: then it shows what the database knows.

Examples:
  maildesk status
  maildesk status --json | jq '.mailboxes[] | select(.trouble)'
  maildesk status > /dev/null || echo \"look at the support desk\"")]
pub struct StatusArgs {}

/// All that is known.
#[derive(Debug, Serialize)]
struct Status {
    running: bool,
    #[serde(flatten)]
    daemon: Option<Health>,
    /// What the database knows; `null` where there is none yet.
    database: Option<Kept>,
}

/// What the database knows.
#[derive(Debug, Serialize)]
struct Kept {
    #[serde(flatten)]
    overview: Overview,
    /// When a mail was last seen in each mailbox.
    last_seen: Vec<(String, Option<Timestamp>)>,
    /// Letters that a server put off, newest first.
    deferred: Vec<Deferred>,
}

/// A letter that goes out again.
#[derive(Debug, Serialize)]
struct Deferred {
    delivery: i64,
    purpose: String,
    ticket: Option<String>,
    recipient: String,
    attempts: u32,
    next_at: Option<Timestamp>,
    /// The server's last words.
    text: String,
}

/// Says how it all stands.
///
/// # Errors
/// The configuration or the database cannot be read.
pub fn run(common: &Common, _args: &StatusArgs) -> Result<Page, Failure> {
    let office = Office::open(common)?;
    let daemon = match ask(&office.settings.control_socket, &Order::Status) {
        Ok(Answer::Status(health)) => Some(*health),
        Ok(_) => return Err(misunderstood()),
        Err(AskError::Nobody) => None,
        Err(error) => return Err(error.into()),
    };
    let there = daemon.is_some() || office.settings.database.try_exists().unwrap_or(false);
    let database = if there { Some(kept(&office, daemon.as_ref())?) } else { None };
    let status = Status { running: daemon.is_some(), daemon, database };
    Ok(Page::text(&status, told(&office, &status)).with_code(code(&status)))
}

fn code(status: &Status) -> u8 {
    let Some(health) = &status.daemon else { return exit::TEMPORARY };
    let starting = |reason: &String| reason.ends_with("not read up yet since the start");
    let trouble = health.not_ready.iter().any(|reason| !starting(reason));
    if trouble || health.set_aside > 0 || !health.alarms.is_empty() { exit::DIFFERS } else { exit::OK }
}

fn kept(office: &Office, daemon: Option<&Health>) -> Result<Kept, Failure> {
    let desks: Vec<DeskId> = office.settings.desks.iter().map(|rules| rules.desk.clone()).collect();
    // By the daemon's clock, so that both speak of the same moment.
    let now = daemon.map_or_else(|| office.now(), |health| health.now);
    let until = end_of_day(office, now);
    office.read(|tx| {
        let mut last_seen = Vec::new();
        for mailbox in &office.settings.mailboxes {
            last_seen.push((mailbox.name.clone(), seen(tx, &mailbox.name)?));
        }
        let filter = DeliveryFilter {
            states: vec![DeliveryState::Deferred, DeliveryState::Uncertain],
            limit: LETTERS_SHOWN,
            ..DeliveryFilter::default()
        };
        let deferred = tx.deliveries(&filter)?.into_iter().map(|row| deferred(office, row)).collect();
        Ok(Kept { overview: tx.overview(&desks, now, until)?, last_seen, deferred })
    })
}

fn seen(tx: &mut dyn Tx, mailbox: &str) -> StoreResult<Option<Timestamp>> {
    let filter = MailFilter { mailbox: Some(mailbox.to_owned()), limit: 1, ..MailFilter::default() };
    Ok(tx.sightings(&filter)?.first().map(|sighting| sighting.seen_at))
}

fn deferred(office: &Office, row: DeliveryRow) -> Deferred {
    Deferred {
        delivery: row.id,
        purpose: row.purpose,
        ticket: row.ticket.as_ref().map(|key| office.shown(key)),
        recipient: row.recipient.to_string(),
        attempts: row.attempts,
        next_at: row.next_at,
        text: row.text,
    }
}

/// Midnight on the first desk's clock.
fn end_of_day(office: &Office, now: Timestamp) -> Timestamp {
    let zone = office.settings.desks.first().map_or(jiff::tz::TimeZone::UTC, |rules| rules.zone.clone());
    let tomorrow = now.to_zoned(zone).tomorrow().and_then(|day| day.start_of_day());
    tomorrow.map_or_else(|_| now + SignedDuration::from_hours(24), |day| day.timestamp())
}

fn told(office: &Office, status: &Status) -> String {
    let mut text = match &status.daemon {
        Some(health) => of_daemon(office, health),
        None => "daemon       none runs; what the database knows:\n".to_owned(),
    };
    match &status.database {
        Some(kept) => text += &of_database(office, status.daemon.as_ref(), kept),
        None => text += "database     none yet; `maildesk run` makes it\n",
    }
    text
}

fn of_daemon(office: &Office, health: &Health) -> String {
    let up = health
        .started_at
        .map(|at| format!(", up {} since {}", span(health.now.duration_since(at)), office.local(at, None)));
    let mut text =
        format!("daemon       {}, process {}{}\n", health.version, health.process, up.unwrap_or_default());
    for mailbox in &health.mailboxes {
        text += &of_mailbox(office, mailbox);
        text += &ending(office, health.now, mailbox.certificate_ends);
    }
    for relay in &health.relays {
        text += &of_relay(office, relay);
        text += &ending(office, health.now, relay.certificate_ends);
    }
    text += &pause::told(office, &health.paused);
    for alarm in &health.alarms {
        text += &format!("alarm        {}: {}\n", alarm.account, one_line(&alarm.text));
    }
    let told_above =
        |reason: &&String| ["mailbox ", "outbox ", "paused "].iter().any(|known| reason.starts_with(known));
    for reason in health.not_ready.iter().filter(|reason| !told_above(reason)) {
        text += &format!("trouble      {}\n", one_line(reason));
    }
    text
}

fn of_mailbox(office: &Office, mailbox: &MailboxHealth) -> String {
    let local = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| office.local(at, None));
    let state = match &mailbox.trouble {
        Some(trouble) => {
            format!("in trouble{}: {}", since(office, mailbox.troubled_since), one_line(trouble))
        }
        None => format!("read up to {}", local(mailbox.read_up_to)),
    };
    let waiting = match mailbox.waiting {
        0 => String::new(),
        1 => "; 1 mail waits".to_owned(),
        n => format!("; {n} mails wait"),
    };
    let answered = local(mailbox.answered_at);
    format!("mailbox      {}: {state}{waiting}; the server answered {answered}\n", mailbox.name)
}

fn of_relay(office: &Office, relay: &RelayHealth) -> String {
    let local = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| office.local(at, None));
    let state = match &relay.trouble {
        Some(trouble) => {
            let again = local(relay.closed_until);
            format!(
                "no letter leaves{}: {}; next try {again}",
                since(office, relay.troubled_since),
                one_line(trouble)
            )
        }
        None => "letters leave".to_owned(),
    };
    format!("sending      {}: {state}; the server answered {}\n", relay.desk, local(relay.answered_at))
}

/// A certificate that ends soon.
fn ending(office: &Office, now: Timestamp, ends: Option<Timestamp>) -> String {
    let Some(ends) = ends.filter(|ends| ends.duration_since(now) < CERTIFICATE_SOON) else {
        return String::new();
    };
    format!("             the server's certificate ends {}\n", office.local(ends, None))
}

fn of_database(office: &Office, daemon: Option<&Health>, kept: &Kept) -> String {
    let local = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| office.local(at, None));
    let mut text = String::new();
    if daemon.is_none() {
        for (mailbox, seen) in &kept.last_seen {
            text += &format!("mailbox      {mailbox}: the last mail was seen {}\n", local(*seen));
        }
    }
    let overview = &kept.overview;
    let counts: Vec<String> =
        overview.waiting.iter().map(|(state, n)| format!("{n} {}", state.word())).collect();
    let waiting = if counts.is_empty() { "empty".to_owned() } else { counts.join(", ") };
    let next = daemon.map(|health| format!("; next attempt {}", local(health.next_delivery)));
    text += &format!("outbox       {waiting}{}\n", next.unwrap_or_default());
    for letter in &kept.deferred {
        let of = letter.ticket.as_deref().map(|ticket| format!(" of {ticket}")).unwrap_or_default();
        let (purpose, again) = (&letter.purpose, local(letter.next_at));
        let words = one_line(&letter.text);
        text += &format!(
            "             {}: {purpose}{of} to {}, again {again}: {words}\n",
            letter.delivery, letter.recipient
        );
    }
    if overview.given_up > 0 {
        let (n, lately) = (overview.given_up, Overview::LATELY);
        text += &format!("given up     {n} of the last {lately} letters; see maildesk outbox list\n");
    }
    if overview.set_aside > 0 {
        let last = local(overview.last_set_aside);
        text +=
            &format!("set aside    {}, the last {last}; see maildesk quarantine list\n", overview.set_aside);
    }
    for desk in &overview.desks {
        text += &of_desk(desk);
    }
    match daemon {
        Some(health) => text + &format!("next         time changes a ticket {}\n", local(health.next_wake)),
        None => text,
    }
}

fn of_desk(desk: &DeskOverview) -> String {
    let counts: Vec<String> =
        desk.tickets.iter().map(|(status, n)| format!("{n} {}", status.word())).collect();
    let tickets = if counts.is_empty() { "nothing is open".to_owned() } else { counts.join(", ") };
    let (untaken, due, overdue) = (desk.untaken, desk.due, desk.overdue);
    format!(
        "tickets      {}: {tickets}; {untaken} nobody has taken; due today {due}, promises broken {overdue}\n",
        desk.desk
    )
}

fn since(office: &Office, at: Option<Timestamp>) -> String {
    at.map(|at| format!(" since {}", office.local(at, None))).unwrap_or_default()
}

/// `3d 4h`, `4h 10m`, `10m`: the two largest parts.
fn span(took: SignedDuration) -> String {
    let minutes = took.as_mins().max(0);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}m"),
        (0, _) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_by_its_two_largest_parts() {
        for (minutes, expected) in [(0, "0m"), (59, "59m"), (61, "1h 1m"), (1440, "1d 0h"), (4_800, "3d 8h")]
        {
            assert_eq!(span(SignedDuration::from_mins(minutes)), expected);
        }
    }
}
