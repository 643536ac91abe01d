//! A person: everything kept of an address, without what is other people's.

use std::collections::BTreeSet;

use super::case::{Case, local};
use super::{Put, put_raw};
use crate::domain::address::Address;
use crate::domain::rules::Rules;
use crate::domain::ticket::Number;
use crate::store::{DeliveryFilter, MailFilter, Result, StoreError, TicketFilter, Tx};

/// Puts what a desk keeps of an address: `person.txt` and `person.json`, a folder for each case it had to do with
/// (see [`super::ticket`]; without internal notes, history and other people's mails), and `mails/*.eml` that belong
/// to no case. Returns the numbers of the cases.
///
/// # Errors
/// `Abandoned` where nothing is known of the address; the store's; those of `put`.
pub fn person(tx: &mut dyn Tx, rules: &Rules, address: &Address, put: Put<'_>) -> Result<Vec<Number>> {
    let from = MailFilter { from: Some(address.clone()), ..MailFilter::default() };
    let mut mails = tx.mails(&from)?;
    mails.reverse();
    mails.retain(|mail| mail.mail.desk == rules.desk);
    let numbers = cases(tx, rules, address, &mails)?;
    let known = tx.acquaintance(&rules.desk, address)?;
    if numbers.is_empty() && mails.is_empty() && known.is_none() {
        return Err(StoreError::Abandoned(format!("nothing is known of {address}")));
    }
    for number in &numbers {
        let case = Case::read(tx, rules, *number)?.of_person(address);
        case.put(tx, rules, &format!("{}/", rules.tag.shown(*number)), put)?;
    }
    let mut loose = 0;
    for mail in mails.iter().filter(|mail| mail.mail.outcome.ticket().is_none()) {
        let path = format!("mails/{:03}-in.eml", loose + 1);
        loose += usize::from(put_raw(tx, &mail.mail.raw, &path, put)?);
    }
    let shown: Vec<String> = numbers.iter().map(|n| rules.tag.shown(*n)).collect();
    let standing = tx.standing(address)?;
    let mut text = format!("{address}\n\ncases     {}\nmails     {}\n", shown.join(", "), mails.len());
    if let Some(known) = &known {
        for (field, value) in &known.fields {
            text.push_str(&format!("{field:<9} {value}\n"));
        }
    }
    for mail in &mails {
        let (mail, at) = (&mail.mail, local(rules, mail.mail.received_at));
        text.push_str(&format!("{at}  {}  {}\n", mail.outcome.word(), mail.subject));
    }
    put("person.txt", text.as_bytes())?;
    let document = serde_json::json!({
        "address": address,
        "cases": shown,
        "known": known,
        "standing": standing,
    });
    put("person.json", format!("{document:#}\n").as_bytes())?;
    Ok(numbers)
}

/// Cases that the address asked about, wrote to, or was written to about.
fn cases(
    tx: &mut dyn Tx,
    rules: &Rules,
    address: &Address,
    mails: &[crate::store::Mail],
) -> Result<Vec<Number>> {
    let requester = TicketFilter {
        desk: Some(rules.desk.clone()),
        requester: Some(address.clone()),
        ..TicketFilter::default()
    };
    let mut numbers: BTreeSet<Number> = tx.tickets(&requester)?.iter().map(|t| t.key.number).collect();
    let written = DeliveryFilter { recipient: Some(address.clone()), ..DeliveryFilter::default() };
    let written = tx.deliveries(&written)?;
    let keys = written.iter().filter_map(|delivery| delivery.ticket.as_ref());
    let keys = keys.chain(mails.iter().filter_map(|mail| mail.mail.outcome.ticket()));
    numbers.extend(keys.filter(|key| key.desk == rules.desk).map(|key| key.number));
    Ok(numbers.into_iter().collect())
}
