//! Statements of work: on request by mail, at once, without a ticket, to registered addresses alone.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Desk;
use super::perform::Cause;
use super::say::books::{Paper, write};
use crate::domain::address::{Address, Mailbox};
use crate::domain::books::{Reckoning, Row, Terms, reckon, rows};
use crate::domain::effect::Purpose;
use crate::domain::found::StatementWish;
use crate::domain::language::Lang;
use crate::domain::people::{Client, Contact};
use crate::domain::period::Period;
use crate::domain::rules::Rules;
use crate::domain::thread::Work;
use crate::domain::ticket::TicketKey;
use crate::store::{Result, StoreError, Tx};

/// Answers a wish for a statement: with the statement, with the question for which period, or with a refusal that
/// says nothing of the client's matters. The answer is the reason for the ledger.
///
/// # Errors
/// The store's; `Abandoned` where a template or the period is beyond what can be reckoned with.
pub fn statement(
    tx: &mut dyn Tx,
    desk: &Desk,
    asker: &Mailbox,
    wish: &StatementWish,
    language: Lang,
    cause: &Cause<'_>,
    now: Timestamp,
) -> Result<String> {
    let (client, contact) = match desk.rules.clients.of_address(&asker.address) {
        Some((client, contact)) => (Some(client), contact),
        None => (None, None),
    };
    let word = &wish.word;
    let entitled = client.filter(|client| may_read(desk, client, contact, &asker.address));
    let Some(client) = entitled else {
        let paper = Paper { client, ..Paper::default() };
        write(tx, desk, cause, Purpose::StatementRefused, language, asker, &paper)?;
        return Ok(format!("a statement is asked for ({word}) by somebody not entitled to it"));
    };
    let to = contact.map_or_else(|| asker.clone(), |c| Mailbox::new(&c.name, c.address.clone()));
    let Some(period) = wish.period else {
        let paper = Paper { client: Some(client), ..Paper::default() };
        write(tx, desk, cause, Purpose::StatementPeriod, language, &to, &paper)?;
        return Ok(format!("a statement is asked for ({word}), and it is unclear for which period"));
    };
    let reckoning = reckoning(tx, &desk.rules, client, period)?;
    let today = now.to_zoned(desk.rules.zone.clone()).date();
    let paper = Paper {
        client: Some(client),
        period: Some(period),
        reckoning: Some(&reckoning),
        today: Some(today),
        ..Paper::default()
    };
    write(tx, desk, cause, Purpose::Statement, language, &to, &paper)?;
    Ok(format!("a statement for {} is asked for ({word})", period.name()))
}

/// The contract's own address, and contacts; those with the right to it where the desk is so set. An address that
/// only shares the client's domain is not registered.
fn may_read(desk: &Desk, client: &Client, contact: Option<&Contact>, address: &Address) -> bool {
    let Some(rules) = &desk.rules.statement else { return false };
    let of_contract = client.contract.as_ref().and_then(|c| c.address.as_ref()) == Some(address);
    of_contract || contact.is_some_and(|contact| contact.statement || !rules.only_entitled)
}

/// What a period comes to for a client.
///
/// # Errors
/// The store's; `Abandoned` where the period is beyond what can be reckoned with.
pub fn reckoning(tx: &mut dyn Tx, rules: &Rules, client: &Client, period: Period) -> Result<Reckoning> {
    let terms = Terms::of(client, rules.billing.vat_percent_hundredths);
    let (from, until) = instants(rules, terms.reach(period))?;
    let works = tx.works_of_client(&rules.desk, &client.code, from, until)?;
    Ok(reckon(shown(tx, rules, &works)?, period, &terms))
}

/// The first instant of a period and the first after it, by the desk's clocks.
///
/// # Errors
/// `Abandoned` where the period is beyond what can be reckoned with.
pub fn instants(rules: &Rules, period: Period) -> Result<(Timestamp, Timestamp)> {
    let instants = period.instants(&rules.zone);
    instants.map_err(|error| StoreError::Abandoned(format!("there is no period {}: {error}", period.name())))
}

/// Entries of the journal with what their tickets say.
///
/// # Errors
/// The store's.
pub fn shown(tx: &mut dyn Tx, rules: &Rules, works: &[(TicketKey, Work)]) -> Result<Vec<Row>> {
    let mut tickets = BTreeMap::new();
    for (key, _) in works {
        if !tickets.contains_key(key)
            && let Some(ticket) = tx.ticket(key)?
        {
            tickets.insert(key.clone(), ticket);
        }
    }
    Ok(rows(works, &tickets, rules))
}
