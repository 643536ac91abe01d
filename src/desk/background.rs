//! What is known of a person beforehand: from the configuration, from earlier requests, from the ticket before.

use super::Desk;
use crate::domain::address::Address;
use crate::domain::people::{Client, Contact};
use crate::domain::step::Background;
use crate::domain::ticket::Ticket;
use crate::store::{Result, Tx};

/// The background of a request from `address` that follows the ticket `old`.
pub fn background(
    tx: &mut dyn Tx,
    desk: &Desk,
    address: Option<&Address>,
    old: Option<&Ticket>,
) -> Result<Background> {
    let rules = &desk.rules;
    let mut known = Background::default();
    let configured = address.and_then(|address| rules.clients.of_address(address));
    if let Some((client, contact)) = configured {
        of_record(&mut known, client, contact);
    }
    let by_own_address = configured.is_some_and(|(_, contact)| contact.is_some());
    if let Some(address) = address.filter(|_| !by_own_address) {
        known.remembered = true;
        if let Some(person) = tx.acquaintance(&rules.desk, &address.base())? {
            if known.client.is_none() {
                known.client = person.client.clone().filter(|code| rules.clients.of_code(code).is_some());
            }
            known.company = person.fields.get("company").cloned();
            known.record.extend(person.fields);
        }
    }
    if let Some(old) = old.filter(|old| old.requester.address.as_ref() == address) {
        known.client = known.client.or_else(|| old.client.clone());
        known.company = known.company.or_else(|| old.company.clone());
        for (field, value) in &old.fields {
            known.record.entry(field.clone()).or_insert_with(|| value.clone());
        }
    }
    known.stranger = known.client.is_none();
    Ok(known)
}

fn of_record(known: &mut Background, client: &Client, contact: Option<&Contact>) {
    known.client = Some(client.code.clone());
    let mut note = |field: &str, value: Option<&String>| {
        if let Some(value) = value {
            known.record.insert(field.to_owned(), value.clone());
        }
    };
    note("company", Some(&client.name));
    note("company_number", Some(&client.code));
    note("person", contact.map(|c| &c.name));
    note("phone", contact.and_then(|c| c.phone.as_ref()));
    note("position", contact.and_then(|c| c.position.as_ref()));
    if let [device] = client.devices.as_slice() {
        note("device", Some(device));
    }
}
