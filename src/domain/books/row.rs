//! Rows of the consulting journal, with all that clients are shown of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::money::Money;
use crate::domain::people::{AgentId, Client};
use crate::domain::rules::Rules;
use crate::domain::thread::Work;
use crate::domain::ticket::{Number, Ticket, TicketKey};

/// One row: the eight columns of the journal, and by what it is found.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub number: Number,
    /// The place in the ticket's own journal.
    pub row: u32,
    /// The row of the same ticket that this one corrects.
    pub corrects: Option<u32>,
    pub at: Timestamp,

    pub requested_on: Date,
    /// Name of the client; the company that the requester named, where it is no client.
    pub client: String,
    /// Name, telephone and address of who asked, as far as they are known.
    pub contact: String,
    pub problem: String,
    pub agent: AgentId,
    pub consultant: String,
    pub done_on: Date,
    /// Minutes. A correction has the difference to what it corrects, so that all rows add up.
    pub spent: i64,
    /// `visit`, `phone`, …; may be empty.
    pub mode: String,
    pub work: String,
    /// The ticket has a price of its own, and its time is not counted against contract and hours.
    pub agreed: Option<Agreed>,
}

/// A price that was agreed for a whole ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    pub price: Money,
    /// It is charged with this row: the first of the ticket's journal.
    pub due: bool,
}

impl Row {
    /// The work with its mode in front: `visit: new cartridge`.
    pub fn described(&self) -> String {
        match (self.mode.as_str(), self.work.as_str()) {
            ("", work) => work.to_owned(),
            (mode, "") => mode.to_owned(),
            (mode, work) => format!("{mode}: {work}"),
        }
    }
}

/// The journal's entries as rows, in the order of the entries. An entry whose ticket is not among `tickets` is left
/// out.
pub fn rows(works: &[(TicketKey, Work)], tickets: &BTreeMap<TicketKey, Ticket>, rules: &Rules) -> Vec<Row> {
    let minutes: BTreeMap<(&TicketKey, u32), i64> =
        works.iter().map(|(key, work)| ((key, work.row), i64::from(work.minutes))).collect();
    let all = works.iter().filter_map(|(key, work)| {
        let ticket = tickets.get(key)?;
        let before = work.corrects.and_then(|row| minutes.get(&(key, row)));
        let spent = i64::from(work.minutes) - before.copied().unwrap_or(0);
        Some(one(ticket, work, spent, rules))
    });
    all.collect()
}

fn one(ticket: &Ticket, work: &Work, spent: i64, rules: &Rules) -> Row {
    let day = |at: Timestamp| at.to_zoned(rules.zone.clone()).date();
    let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
    Row {
        number: ticket.key.number,
        row: work.row,
        corrects: work.corrects,
        at: work.at,
        requested_on: day(ticket.received_at),
        client: client.map(|c| c.name.clone()).or_else(|| ticket.company.clone()).unwrap_or_default(),
        contact: contact(ticket, client),
        problem: ticket.subject.clone(),
        agent: work.agent.clone(),
        consultant: rules.agent(&work.agent).map_or_else(|| work.agent.0.clone(), |a| a.name.clone()),
        done_on: day(work.at),
        spent,
        mode: work.mode.clone(),
        work: work.text.clone(),
        agreed: agreed(ticket).map(|price| Agreed { price, due: work.row == 1 }),
    }
}

fn contact(ticket: &Ticket, client: Option<&Client>) -> String {
    let who = &ticket.requester;
    let known = client.and_then(|c| c.contacts.iter().find(|p| Some(&p.address) == who.address.as_ref()));
    let phone = who.phone.clone().or_else(|| known.and_then(|p| p.phone.clone()));
    let parts = [
        Some(who.name.clone()).filter(|name| !name.is_empty()),
        phone,
        who.address.as_ref().map(ToString::to_string),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The price that was agreed in writing. One that cannot be read as an amount is for people to reckon with.
fn agreed(ticket: &Ticket) -> Option<Money> {
    let offer = ticket.offer.as_ref().filter(|offer| offer.agreed_at.is_some())?;
    Money::parse(&offer.price)
}

/// Minutes of a journal, each corrected row replaced by its correction.
pub fn spent(works: &[(TicketKey, Work)]) -> u32 {
    let corrected: BTreeSet<(&TicketKey, u32)> =
        works.iter().filter_map(|(key, work)| Some((key, work.corrects?))).collect();
    let counts = |key: &TicketKey, row: u32| !corrected.contains(&(key, row));
    works.iter().filter(|(key, work)| counts(key, work.row)).map(|(_, work)| work.minutes).sum()
}

/// The row in whose place a new one would count, if row `n` of a ticket's journal is to be corrected: the last
/// correction of it. `None` where there is no such row.
pub fn entered(works: &[Work], n: u32) -> Option<&Work> {
    let row = works.iter().find(|work| work.row == n)?;
    match works.iter().find(|work| work.corrects == Some(n)) {
        Some(correction) => entered(works, correction.row),
        None => Some(row),
    }
}
