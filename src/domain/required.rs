//! Required information: what a request lacks.

use std::collections::BTreeMap;

use super::event::ClientWrote;
use super::fields::Check;
use super::rules::Rules;
use super::ticket::{Requester, Ticket};

/// All that is known of a request when it is registered.
#[derive(Clone, Debug)]
pub struct Have<'a> {
    pub requester: &'a Requester,
    /// From the client's record, by name of field.
    pub record: &'a BTreeMap<String, String>,
    /// From the request itself.
    pub fields: &'a BTreeMap<String, String>,
    /// The client, or at least the company's name, is known.
    pub company: bool,
    pub client: bool,
    /// Words of subject and text together.
    pub words: usize,
    /// It says how urgent it is, even "not urgent".
    pub urgency: bool,
    /// It brings a file or a forwarded mail.
    pub document: bool,
}

/// The fields that a request of this type must have.
pub fn required<'a>(kind: Option<&str>, rules: &'a Rules) -> &'a [String] {
    let of_type = kind.and_then(|kind| rules.types.get(kind)).and_then(|kind| kind.required.as_ref());
    of_type.unwrap_or(&rules.required)
}

/// Names of the required fields that nothing is known of, in the order of the configuration.
pub fn missing(kind: Option<&str>, have: &Have<'_>, rules: &Rules) -> Vec<String> {
    required(kind, rules).iter().filter(|field| !is_known(field, have)).cloned().collect()
}

fn is_known(field: &str, have: &Have<'_>) -> bool {
    if have.fields.contains_key(field) || have.record.contains_key(field) {
        return true;
    }
    match field {
        "company" => have.company,
        "company_number" => have.client,
        "person" => have.requester.name.split_whitespace().count() >= 2,
        "phone" => have.requester.phone.is_some(),
        "email" => have.requester.address.is_some(),
        "what" | "purpose" => have.words >= ENOUGH_WORDS,
        "urgency" => have.urgency,
        "order_confirmation" => have.document,
        _ => false,
    }
}

/// Subject and text with fewer words say nothing.
const ENOUGH_WORDS: usize = 2;

/// What is still lacking once a further mail has come whose fields are on the ticket already.
pub fn still_missing(ticket: &Ticket, wrote: &ClientWrote) -> Vec<String> {
    let lacks = |field: &&String| match field.as_str() {
        field if ticket.fields.contains_key(field) => false,
        "company" => ticket.client.is_none() && ticket.company.is_none(),
        "company_number" => ticket.client.is_none(),
        "person" => wrote.by.name.split_whitespace().count() < 2,
        "what" | "purpose" => words(&wrote.text) < ENOUGH_WORDS,
        "urgency" => !wrote.urgency_stated && wrote.urgent.is_none(),
        "order_confirmation" => !wrote.document,
        _ => true,
    };
    ticket.missing.iter().filter(lacks).cloned().collect()
}

/// A code with a check digit was not mistyped: another one that is mentioned later does not replace it.
fn is_sure(field: &str, rules: &Rules) -> bool {
    rules.extract.iter().any(|e| e.field == field && e.check != Check::Nothing)
}

/// Words of a text.
pub fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// Adds what was found to what is known. A second, different code of a kind is the new one, where the request is
/// about such a pair; anything else that is said anew replaces what was said before.
pub fn learn(ticket: &mut Ticket, found: &BTreeMap<String, String>, rules: &Rules) {
    for (field, value) in found {
        let second = format!("{field}_new");
        let pair = required(ticket.kind.as_deref(), rules).contains(&second);
        match ticket.fields.get(field) {
            Some(known) if known == value => {}
            Some(_) if !pair && is_sure(field, rules) => {}
            Some(_) if pair => {
                ticket.fields.entry(second).or_insert_with(|| value.clone());
            }
            _ => {
                ticket.fields.insert(field.clone(), value.clone());
            }
        }
    }
}
