//! Finds the ticket that a new mail without reference repeats.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use crate::domain::address::Address;
use crate::domain::matter::{contradicts, matters};
use crate::domain::rules::Duplicates;
use crate::domain::ticket::{Status, Ticket, TicketKey};
use crate::store::{DeliveryFilter, Result, Tx};

/// What is asked about, and by whom.
pub struct Asked<'a> {
    pub fields: &'a BTreeMap<String, String>,
    pub sender: Option<&'a Address>,
    pub subject: &'a str,
}

/// The newest open ticket on the same matter, and by what it was recognised; `None` where the desk does not join.
///
/// A code tells most; telephones count only where no code is given, and only where the desk looks for them; person
/// and subject count unless the codes differ.
pub fn find(
    tx: &mut dyn Tx,
    desk: &Desk,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Result<Option<(Ticket, String)>> {
    let rules = &desk.rules;
    let Some(duplicates) = &rules.duplicates else { return Ok(None) };
    let about = matters(asked.fields, asked.sender, asked.subject, rules);
    let telephones = if about.codes.is_empty() { about.telephones.as_slice() } else { &[] };
    let named = about.codes.iter().chain(telephones).map(|matter| (matter, duplicates.over_channels));
    let by_letter = about.letter.iter().map(|matter| (matter, false));
    let since = now - SignedDuration::from_hours(24 * i64::from(duplicates.days));
    for (matter, of_anybody) in named.chain(by_letter) {
        for number in tx.tied(&rules.desk, matter, since)? {
            let Some(ticket) = tx.ticket(&TicketKey::new(&rules.desk, number))? else { continue };
            let same_person = asked.sender.is_some_and(|sender| ticket.takes_part(sender));
            let joins = same_person || (of_anybody && !is_anothers(desk, &ticket, asked.sender));
            if joins && is_open(&ticket) && !contradicts(&about.codes, &ticket.fields) {
                let what = matter.split_once(':').map_or("", |(kind, _)| kind);
                let evidence = if what == "from" { "person and subject" } else { what };
                return Ok(Some((ticket, evidence.to_owned())));
            }
        }
    }
    Ok(None)
}

/// Is it the ticket of a client to whom the sender does not belong? Such are never joined, nor even named (C32).
fn is_anothers(desk: &Desk, ticket: &Ticket, sender: Option<&Address>) -> bool {
    let (Some(client), Some(sender)) = (&ticket.client, sender) else { return false };
    let own = desk.rules.clients.of_address(sender).map(|(client, _)| &client.code);
    own != Some(client)
}

fn is_open(ticket: &Ticket) -> bool {
    matches!(ticket.status(), Status::New | Status::Open | Status::Waiting | Status::NeedsInfo)
}

/// Deliveries to one address that are looked through for a recent notice.
const LOOKED_THROUGH: usize = 20;

/// Was the owner of the address told of a joined mail within the quiet time?
pub fn was_told(tx: &mut dyn Tx, desk: &Desk, address: &Address, now: Timestamp) -> Result<bool> {
    let Some(Duplicates { quiet, .. }) = &desk.rules.duplicates else { return Ok(false) };
    let filter = DeliveryFilter {
        recipient: Some(address.clone()),
        limit: LOOKED_THROUGH,
        ..DeliveryFilter::default()
    };
    let lately = tx.deliveries(&filter)?.into_iter().filter(|d| d.purpose == "duplicate");
    let calendar = desk.rules.calendar(None);
    Ok(lately.map(|d| calendar.due(d.created_at, quiet)).any(|until| until > now))
}
