//! Who may get a letter, told by its purpose and by the history of its ticket: not by the audiences that wrote it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::roll::Roll;
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::patch;
use crate::store::{NewLetter, Result, Tx};

/// Whom a letter of some purpose is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// Those who work for the desk.
    Staff,
    /// Requester, participants.
    Parties,
    /// These, and the address of the client's contract.
    PartiesAndContract,
    /// The address of a client's contract, or a contact of a client.
    Registered,
    /// Whoever wrote the mail that it answers, or a party: it says nothing that he has not written or may not know.
    Writer,
    /// Whoever wrote the mail that it answers, if the ticket is his, or his company's.
    Colleague,
    /// Anybody: it refuses, and tells nothing.
    Anybody,
}

/// `None`: a purpose that nobody has thought of here; then nobody may.
fn meant_for(purpose: &str) -> Option<For> {
    Some(match purpose {
        "agent_new" | "agent_update" | "agent_assigned" | "agent_warning" | "agent_digest"
        | "agent_aside" | "agent_result" | "agent_help" | "escalation_head" => For::Staff,
        "ack" | "urgent_accepted" | "deadline_changed" => For::PartiesAndContract,
        "assigned" | "reply" | "offer" | "offer_agreed" | "waiting_client" | "resolved"
        | "closed_silence" | "reopened" | "missing_info" | "identify" | "escalated" => For::Parties,
        "statement" | "statement_period" | "invoice_notice" | "announcement" | "verify_client" => {
            For::Registered
        }
        "duplicate" | "problem" | "statement_refused" => For::Writer,
        "status" | "rating_thanks" => For::Colleague,
        "channel_refused" => For::Anybody,
        _ => return None,
    })
}

/// What the history of a letter's ticket says of the people in it, at the moment of the letter.
#[derive(Debug, Default)]
pub(super) struct Ticketed {
    parties: BTreeSet<Address>,
    client: Option<String>,
    /// The sender of the mail that caused the letter.
    writer: Option<Address>,
}

impl Ticketed {
    pub fn of(tx: &mut dyn Tx, letter: &NewLetter) -> Result<Ticketed> {
        let mut found = Ticketed::default();
        if let Some(key) = &letter.ticket {
            let entries = tx.entries(key)?;
            let mut ticket = Value::Null;
            for entry in entries.iter().filter(|entry| entry.at <= letter.created_at) {
                // Of what happened at the very moment, the letter may stand between any two.
                if entry.at == letter.created_at {
                    found.read(&ticket);
                }
                patch::apply(&mut ticket, &entry.change);
            }
            found.read(&ticket);
        }
        found.writer = writer(tx, &letter.cause)?;
        Ok(found)
    }

    fn read(&mut self, ticket: &Value) {
        let participants = ticket["participants"].as_array().into_iter().flatten();
        let addresses = participants.chain([&ticket["requester"]]).filter_map(|one| one["address"].as_str());
        self.parties.extend(addresses.filter_map(Address::parse));
        if let Some(client) = ticket["client"].as_str() {
            self.client = Some(client.to_owned());
        }
    }
}

/// Letters that a mail caused name it by its fingerprint.
fn writer(tx: &mut dyn Tx, cause: &str) -> Result<Option<Address>> {
    let named = cause.strip_prefix("mail:").and_then(|rest| Hash::parse(rest.get(..64)?));
    let Some(fingerprint) = named else { return Ok(None) };
    Ok(tx.mail_by_fingerprint(&fingerprint)?.and_then(|mail| mail.mail.from))
}

/// May this recipient have got this letter?
pub(super) fn may_hear(letter: &NewLetter, recipient: &Address, ticketed: &Ticketed, roll: &Roll) -> bool {
    let is_party = ticketed.parties.contains(recipient);
    let wrote = ticketed.writer.as_ref() == Some(recipient);
    let client = ticketed.client.as_deref();
    match meant_for(&letter.purpose) {
        Some(For::Staff) => roll.is_staff(recipient),
        Some(For::Parties) => is_party,
        Some(For::PartiesAndContract) => {
            is_party || client.is_some_and(|c| roll.is_contract_of(c, recipient))
        }
        Some(For::Registered) => roll.is_registered(recipient),
        Some(For::Writer) => is_party || wrote,
        Some(For::Colleague) => is_party || (wrote && client.is_some_and(|c| roll.is_of(c, recipient))),
        Some(For::Anybody) => true,
        None => false,
    }
}
