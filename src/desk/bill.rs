//! Billing: each client of the period's rhythm gets one pro-forma invoice for what is to be paid, never two.

use jiff::Timestamp;

use super::Desk;
use super::perform::Cause;
use super::say::books::{Invoice, Paper, write};
use super::statement::{instants, reckoning};
use crate::domain::address::Mailbox;
use crate::domain::effect::Purpose;
use crate::domain::language::Lang;
use crate::domain::people::Client;
use crate::domain::period::{Period, Rhythm};
use crate::domain::rules::Rules;
use crate::store::{Bill, Result, Standing, StoreError, Tx};

/// Writes the bills of a period and their letters; `id` tells this run from others in the letters' causes. A client
/// who has a bill of the period already, who has nothing to pay, or whose hours have no price gets none; one without
/// an address for bills ([`addressee`]), or whose mail bounces, gets none either, and can be billed once he has one.
///
/// A dry run writes nothing; see [`owed`].
///
/// # Errors
/// The store's; `Abandoned` where the period is no month and no quarter, or (but for a dry run) is not over yet.
pub fn bill(
    tx: &mut dyn Tx,
    desk: &Desk,
    period: Period,
    dry_run: bool,
    id: &str,
    now: Timestamp,
) -> Result<Vec<Bill>> {
    let owed = owed(tx, &desk.rules, period, now)?;
    if dry_run {
        return Ok(owed);
    }
    if instants(&desk.rules, period)?.1 > now {
        return Err(StoreError::Abandoned(format!("{} is not over yet", period.name())));
    }
    let mut bills = Vec::new();
    for mut bill in owed {
        let Some(client) = desk.rules.clients.of_code(&bill.client) else { continue };
        let Some(to) = addressee(client) else { continue };
        if tx.standing(&to.address)? != Standing::Good {
            continue;
        }
        bill.number = tx.next_bill_number(&desk.rules.desk)?;
        if !tx.add_bill(&bill)? {
            return Err(StoreError::Abandoned(format!("{} was billed meanwhile", client.name)));
        }
        send(tx, desk, client, &bill, &to, id)?;
        bills.push(bill);
    }
    Ok(bills)
}

/// What a billing run of this period would bill now, also to clients without an address; the number is 0.
///
/// # Errors
/// The store's; `Abandoned` where the period is no month and no quarter.
pub fn owed(tx: &mut dyn Tx, rules: &Rules, period: Period, now: Timestamp) -> Result<Vec<Bill>> {
    if ![Rhythm::Month, Rhythm::Quarter].iter().any(|rhythm| is_of(period, *rhythm)) {
        return Err(StoreError::Abandoned(format!("{}: bills are for a month or a quarter", period.name())));
    }
    let written = tx.bills(&rules.desk, 0)?;
    let overlaps = |bill: &Bill| bill.period.from <= period.to && bill.period.to >= period.from;
    let mut bills = Vec::new();
    for client in rules.clients.iter().filter(|client| is_of(period, client.billing.rhythm)) {
        if !written.iter().any(|bill| bill.client == client.code && overlaps(bill)) {
            bills.extend(reckoned(tx, rules, client, period, now)?);
        }
    }
    Ok(bills)
}

fn is_of(period: Period, rhythm: Rhythm) -> bool {
    Period::around(period.from, rhythm) == period
}

/// The bill, where something is to be paid.
fn reckoned(
    tx: &mut dyn Tx,
    rules: &Rules,
    client: &Client,
    period: Period,
    now: Timestamp,
) -> Result<Option<Bill>> {
    let found = reckoning(tx, rules, client, period)?;
    let (Some(net), Some(vat), Some(total)) = (found.net, found.vat, found.total) else { return Ok(None) };
    if net.cents <= 0 {
        return Ok(None);
    }
    Ok(Some(Bill {
        desk: rules.desk.clone(),
        client: client.code.clone(),
        period,
        number: 0,
        minutes: u32::try_from(found.beyond).unwrap_or(0),
        net,
        vat,
        total,
        at: now,
    }))
}

fn send(tx: &mut dyn Tx, desk: &Desk, client: &Client, bill: &Bill, to: &Mailbox, id: &str) -> Result<()> {
    let reckoning = reckoning(tx, &desk.rules, client, bill.period)?;
    let today = bill.at.to_zoned(desk.rules.zone.clone()).date();
    let due_days = desk.rules.billing.due_days;
    let due = due_days.map(|days| today.saturating_add(jiff::Span::new().days(i64::from(days))));
    let paper = Paper {
        client: Some(client),
        period: Some(bill.period),
        reckoning: Some(&reckoning),
        invoice: Some(Invoice { number: bill.number, due }),
        today: Some(today),
    };
    let cause = Cause::new(format!("bill:{id}:{}:{}", client.code, bill.period.name()), "billed", bill.at);
    write(tx, desk, &cause, Purpose::InvoiceNotice, language(desk, client, to), to, &paper)
}

/// Where a client's bills go: to the address of the contract; without one, to the contact who may read statements.
pub fn addressee(client: &Client) -> Option<Mailbox> {
    let contract = client.contract.as_ref().and_then(|contract| contract.address.clone());
    let entitled = client.contacts.iter().find(|contact| contact.statement);
    let of_contact = || entitled.map(|contact| Mailbox::new(&contact.name, contact.address.clone()));
    contract.map(|address| Mailbox::new("", address)).or_else(of_contact)
}

/// The reader's own, else that of any contact, else the desk's.
fn language(desk: &Desk, client: &Client, to: &Mailbox) -> Lang {
    let own = client.contacts.iter().filter(|contact| contact.address == to.address);
    let set = own.chain(&client.contacts).find_map(|contact| contact.language);
    set.filter(|lang| desk.rules.languages.contains(lang)).unwrap_or(desk.rules.own_language())
}
