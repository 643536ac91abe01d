//! Required information: what a request lacks.

use super::rules::Rules;
use super::step::Opening;

/// Names of the required fields that nothing is known of, in the order of the configuration.
pub fn missing(opening: &Opening, rules: &Rules) -> Vec<String> {
    let required = rules.required.iter().filter(|field| !is_known(field, opening, rules));
    required.cloned().collect()
}

fn is_known(field: &str, opening: &Opening, rules: &Rules) -> bool {
    let contact = opening.requester.address.as_ref().and_then(|a| rules.clients.of_address(a));
    let person = contact.and_then(|(_, contact)| contact);
    let words = || opening.subject.split_whitespace().chain(opening.text.split_whitespace()).count();
    match field {
        "company" | "company_number" => opening.client.is_some(),
        "person" => person.is_some() || opening.requester.name.split_whitespace().count() >= 2,
        "position" => person.is_some_and(|p| p.position.is_some()),
        "phone" => opening.requester.phone.is_some() || person.is_some_and(|p| p.phone.is_some()),
        "email" => opening.requester.address.is_some(),
        "what" | "purpose" => words() >= 2,
        "urgency" => opening.urgency_stated || opening.urgent.is_some(),
        _ => false,
    }
}
