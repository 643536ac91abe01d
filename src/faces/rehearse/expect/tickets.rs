//! Tickets and the work journal: what is there against what is to be there.

use std::collections::BTreeSet;
use std::fmt::Debug;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::all_fit;
use crate::domain::rules::Rules;
use crate::domain::thread::{Kind, Message, Work};
use crate::domain::ticket::{Clock, Number, State, Status, Ticket};
use crate::faces::rehearse::conversation::{ExpectedTicket, ExpectedWork, Moment};

/// The number behind a name such as `KL-3107` or `41273`.
pub fn number(name: &str, rules: &Rules) -> Option<Number> {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number = name[name.len() - digits..].parse().ok()?;
    (rules.tag.shown(number) == name || digits == name.len()).then_some(number)
}

/// A ticket with its thread.
pub type Found = (Ticket, Vec<Message>);

/// Compares one ticket by name. `find` looks it up.
pub fn ticket<E>(
    name: &str,
    expected: &ExpectedTicket,
    rules: &Rules,
    find: &mut dyn FnMut(Number) -> Result<Option<Found>, E>,
) -> Result<Vec<String>, E> {
    let Some(number) = number(name, rules) else {
        return Ok(vec![format!(
            "{name}: is no number of this desk; they look like {}",
            rules.tag.shown(rules.first_number)
        )]);
    };
    let Some((ticket, thread)) = find(number)? else {
        return Ok(vec![format!("{name}: there is no such ticket")]);
    };
    let mut found = Comparing { name, differences: Vec::new() };
    found.state(expected, &ticket);
    found.people(expected, &ticket, rules);
    found.moments(expected, &ticket, &rules.zone);
    found.contents(expected, &ticket, &thread, rules);
    Ok(found.differences)
}

/// Compares tickets that are not to exist.
pub fn absent<E>(
    names: &[String],
    rules: &Rules,
    find: &mut dyn FnMut(Number) -> Result<Option<Found>, E>,
) -> Result<Vec<String>, E> {
    let mut differences = Vec::new();
    for name in names {
        match number(name, rules) {
            Some(number) if find(number)?.is_none() => {}
            Some(_) => differences.push(format!("{name}: exists")),
            None => differences.push(format!("{name}: is no number of this desk")),
        }
    }
    Ok(differences)
}

struct Comparing<'e> {
    name: &'e str,
    differences: Vec<String>,
}

impl Comparing<'_> {
    fn check<T: PartialEq + Debug>(&mut self, key: &str, expected: Option<T>, is: T) {
        if let Some(expected) = expected.filter(|expected| *expected != is) {
            self.differences.push(format!("{}: {key} is {is:?}, not {expected:?}", self.name));
        }
    }

    fn state(&mut self, expected: &ExpectedTicket, ticket: &Ticket) {
        let is = ticket.status();
        if let Some(word) = expected.state.as_deref().filter(|word| Status::parse(word) != Some(is)) {
            self.differences.push(format!("{}: state is {}, not {word}", self.name, is.word()));
        }
        self.check("channel", expected.channel.as_deref(), ticket.channel.as_str());
        self.check("type", expected.kind.clone(), ticket.kind.clone());
        self.check("severity", expected.severity.as_deref(), ticket.severity.as_str());
        self.check("urgent", expected.urgent, ticket.urgent);
    }

    fn people(&mut self, expected: &ExpectedTicket, ticket: &Ticket, rules: &Rules) {
        let text = |given: &Option<Option<String>>| given.clone();
        let requester = ticket.requester.address.as_ref().map(|a| a.as_str().to_owned());
        self.check("requester", text(&expected.requester), requester);
        let client = ticket.client.as_ref().and_then(|code| rules.clients.of_code(code));
        let company = client.map(|c| c.name.clone()).or_else(|| ticket.company.clone());
        self.check("company", text(&expected.company), company);
        let contract = client.and_then(|c| c.contract.as_ref()).map(|c| c.name.clone());
        self.check("contract", text(&expected.contract), contract);
        self.check("assignee", text(&expected.assignee), ticket.assignee.as_ref().map(|id| id.0.clone()));
        self.check("wish", text(&expected.wish), ticket.wish.as_ref().map(|id| id.0.clone()));
        let group: BTreeSet<&str> = ticket.group.iter().map(|id| id.0.as_str()).collect();
        let wanted = expected.group.as_ref().map(|ids| ids.iter().map(String::as_str).collect());
        self.check("group", wanted, group);
    }

    fn moments(&mut self, expected: &ExpectedTicket, ticket: &Ticket, zone: &TimeZone) {
        let due = |clock: &Option<Clock>| clock.as_ref().map(|c| c.due);
        let closes_at = match ticket.state {
            State::Resolved { closes_at, .. } => Some(closes_at),
            _ => None,
        };
        for (key, wanted, is) in [
            ("respond_by", expected.respond_by, due(&ticket.respond)),
            ("deadline", expected.deadline, due(&ticket.resolve)),
            ("closes_at", expected.closes_at, closes_at),
        ] {
            let Some(wanted) = wanted else { continue };
            let instant = |moment: Moment| moment.in_zone(zone).ok().map(|z| z.timestamp());
            if wanted.and_then(instant) != is {
                let wanted = shown(wanted.and_then(instant), zone);
                self.differences.push(format!("{}: {key} is {}, not {wanted}", self.name, shown(is, zone)));
            }
        }
    }

    fn contents(&mut self, expected: &ExpectedTicket, ticket: &Ticket, thread: &[Message], rules: &Rules) {
        let count = |fits: &dyn Fn(Kind) -> bool| {
            u32::try_from(thread.iter().filter(|m| fits(m.kind)).count()).unwrap_or(u32::MAX)
        };
        self.check("messages", expected.messages, count(&Kind::is_public));
        self.check("notes", expected.notes, count(&|kind| kind == Kind::Note));
        self.check("rating", expected.rating, ticket.rating);
        self.check("spent", expected.spent.clone(), hours(ticket.spent_minutes));
        let into = match ticket.state {
            State::Merged { into } => Some(rules.tag.shown(into)),
            _ => None,
        };
        self.check("merged_into", expected.merged_into.clone(), into);
        self.check("previous", expected.previous.clone(), ticket.previous.map(|n| rules.tag.shown(n)));
        for (field, value) in &expected.fields {
            self.check(field, Some(Some(value)), ticket.fields.get(field));
        }
        if let Some(patterns) = &expected.attachments {
            let files = thread.iter().flat_map(|m| &m.attachments).filter(|a| a.content_id.is_none());
            let names: Vec<&str> = files.map(|a| a.name.as_str()).collect();
            if !all_fit(patterns, &names) {
                self.differences.push(format!("{}: attachments are {names:?}, not {patterns:?}", self.name));
            }
        }
        let newest = thread.iter().rev().find(|m| m.kind.is_public()).map_or("", |m| m.text.as_str());
        self.check("last_text", expected.last_text.as_deref().map(lines), lines(newest));
    }
}

/// Trailing blank space does not matter.
fn lines(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn shown(instant: Option<Timestamp>, zone: &TimeZone) -> String {
    instant.map_or_else(
        || "none".to_owned(),
        |at| at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M%:z").to_string(),
    )
}

/// `H:MM`.
fn hours(minutes: u32) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// A row of the journal with the ticket that it belongs to.
pub struct Row {
    pub ticket: Ticket,
    pub work: Work,
}

/// Compares the rows that a step added, in any order.
pub fn journal(expected: &[ExpectedWork], rows: &[Row], rules: &Rules) -> Vec<String> {
    let mut differences = Vec::new();
    let mut free: Vec<&Row> = rows.iter().collect();
    for wanted in expected {
        let nearest = free.iter().enumerate().map(|(at, row)| (at, row_differences(wanted, row, rules)));
        match nearest.min_by_key(|(_, differences)| differences.len()) {
            Some((at, found)) => {
                free.remove(at);
                differences.extend(found);
            }
            None => differences
                .push(format!("journal: no row {:?} was added", wanted.work.as_deref().unwrap_or_default())),
        }
    }
    differences.extend(
        free.iter()
            .map(|row| format!("journal: not expected: {} {}", hours(row.work.minutes), row.work.text)),
    );
    differences
}

fn row_differences(wanted: &ExpectedWork, row: &Row, rules: &Rules) -> Vec<String> {
    let (ticket, work) = (&row.ticket, &row.work);
    let client = ticket.client.as_ref().and_then(|code| rules.clients.of_code(code));
    let day = |at: Timestamp| at.to_zoned(rules.zone.clone()).date();
    let texts = [
        ("ticket", &wanted.ticket, rules.tag.shown(ticket.key.number)),
        (
            "consultant",
            &wanted.consultant,
            rules.agent(&work.agent).map_or(work.agent.0.clone(), |a| a.name.clone()),
        ),
        ("client", &wanted.client, client.map(|c| c.name.clone()).unwrap_or_default()),
        ("contact", &wanted.contact, ticket.requester.name.clone()),
        ("spent", &wanted.spent, hours(work.minutes)),
        ("mode", &wanted.mode, work.mode.clone()),
        ("problem", &wanted.problem, ticket.subject.clone()),
        ("work", &wanted.work, work.text.clone()),
    ];
    let dates = [
        ("requested_on", wanted.requested_on, day(ticket.received_at)),
        ("done_on", wanted.done_on, day(work.at)),
    ];
    let differ =
        |key: &str, is: &dyn Debug, wanted: &dyn Debug| format!("journal: {key} is {is:?}, not {wanted:?}");
    let texts = texts.iter().filter_map(|(key, wanted, is)| {
        wanted.as_ref().filter(|wanted| *wanted != is).map(|wanted| differ(key, is, wanted))
    });
    let dates = dates.iter().filter_map(|(key, wanted, is)| {
        wanted.filter(|wanted| wanted != is).map(|wanted| differ(key, is, &wanted))
    });
    texts.chain(dates).collect()
}
