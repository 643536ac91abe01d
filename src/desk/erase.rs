//! A person is taken out of everything that is kept (E16).

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::ticket::{Ticket, TicketKey};
use crate::store::{DeliveryFilter, Emptied, MailFilter, Mention, Result, StoreError, TicketFilter, Tx};

/// Stands in the history of a case that was emptied.
const WHY: &str = "the person was taken out";
/// Shorter names are names of others, too.
const NAME_CHARS_MIN: usize = 5;

/// What is kept of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The person's own cases: they are emptied as a whole.
    pub cases: Vec<TicketKey>,
    /// Those of them that have not come to their end: nothing can be done before that.
    pub open: Vec<TicketKey>,
    /// Mails that came from the address.
    pub mails: usize,
    /// Letters that went there, or wait.
    pub letters: usize,
    /// Places in other people's cases.
    pub mentions: Vec<Mention>,
    /// Those of these cases in which letters wait to be sent, that may quote the person: nothing can be done before
    /// they have left.
    pub waiting: Vec<TicketKey>,
    /// Something was learnt of the address, or is held against it.
    pub is_known: bool,
    /// By what the person is found: the address, and full names.
    pub words: Vec<String>,
}

impl Kept {
    fn is_nothing(&self) -> bool {
        self.cases.is_empty()
            && self.mails == 0
            && self.letters == 0
            && self.mentions.is_empty()
            && !self.is_known
    }
}

/// Looks up what is kept of an address. Everything is read.
///
/// # Errors
/// The store's.
pub fn kept(tx: &mut dyn Tx, address: &Address, desks: &[&str]) -> Result<Kept> {
    let own = TicketFilter { requester: Some(address.clone()), ..TicketFilter::default() };
    let tickets = tx.tickets(&own)?;
    let keys = |tickets: &[Ticket]| tickets.iter().map(|ticket| ticket.key.clone()).collect::<Vec<_>>();
    let open: Vec<Ticket> = tickets.iter().filter(|t| !t.status().is_final()).cloned().collect();
    let mut names: BTreeSet<String> = tickets.iter().map(|ticket| ticket.requester.name.clone()).collect();
    let mut is_known = tx.standing(&address.base())? != Default::default();
    for desk in desks {
        if let Some(known) = tx.acquaintance(&(*desk).into(), address)? {
            is_known = true;
            names.extend(known.fields.get("person").cloned());
        }
    }
    let full = |name: &String| name.contains(' ') && name.chars().count() >= NAME_CHARS_MIN;
    let words: Vec<String> =
        std::iter::once(address.to_string()).chain(names.into_iter().filter(full)).collect();
    let cases = keys(&tickets);
    let mut mentions = tx.mentions(&words)?;
    mentions.retain(|mention| !cases.contains(&mention.ticket));
    let from = MailFilter { from: Some(address.clone()), ..MailFilter::default() };
    let to = DeliveryFilter { recipient: Some(address.clone()), ..DeliveryFilter::default() };
    let (mails, letters) = (tx.mails(&from)?.len(), tx.deliveries(&to)?.len());
    let mut waiting = Vec::new();
    for mention in &mentions {
        let of_case = DeliveryFilter { ticket: Some(mention.ticket.clone()), ..DeliveryFilter::default() };
        let waits = tx.deliveries(&of_case)?.iter().any(|d| !d.state.is_final() && d.recipient != *address);
        if waits && !waiting.contains(&mention.ticket) {
            waiting.push(mention.ticket.clone());
        }
    }
    Ok(Kept { cases, open: keys(&open), mails, letters, mentions, waiting, is_known, words })
}

/// Takes a person out: own cases as a whole; of other people's cases what the person wrote and was written, and the
/// name. Numbers, times, minutes and the content hashes of mails stay.
///
/// # Errors
/// `Abandoned` where nothing is kept, or a case of the person's has not come to its end; the store's.
pub fn erase(tx: &mut dyn Tx, address: &Address, desks: &[&str], now: Timestamp) -> Result<Emptied> {
    let kept = kept(tx, address, desks)?;
    if kept.is_nothing() {
        return Err(StoreError::Abandoned(format!("nothing is kept of {address}")));
    }
    if !kept.open.is_empty() {
        let open: Vec<String> = kept.open.iter().map(ToString::to_string).collect();
        return Err(StoreError::Abandoned(format!(
            "{} still: close or reject first what is to be emptied",
            match open.as_slice() {
                [one] => format!("{one} is open"),
                all => format!("{} are open", all.join(", ")),
            }
        )));
    }
    if let Some(case) = kept.waiting.first() {
        return Err(StoreError::Abandoned(format!(
            "letters of {case} wait to be sent and may name the person: let them leave, or drop them"
        )));
    }
    let mut emptied = Emptied::default();
    for case in &kept.cases {
        // One that was merged into another one of the person's went with that.
        let theirs =
            tx.ticket(case)?.is_some_and(|ticket| ticket.requester.address.as_ref() == Some(address));
        if theirs {
            emptied.add(tx.empty_case(case, WHY, now)?);
        }
    }
    emptied.add(tx.empty_mentions(address, &kept.words)?);
    let bytes: Vec<_> = emptied.bytes.iter().copied().collect();
    tx.drop_unused(&bytes)?;
    tx.note_erasure(&emptied, now)?;
    Ok(emptied)
}
