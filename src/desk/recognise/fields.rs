//! The fields of a request, from labels, the signature, by form, and from the writer's name.

use std::collections::BTreeMap;

use super::cue::Cue;
use super::labels::labelled;
use super::look::Look;
use super::numbers::{any_telephone, by_pattern, code};
use super::signature::{Reader, Signed, shares_a_word};
use super::{Recogniser, Written};
use crate::desk::Desk;
use crate::domain::address::{Address, Mailbox};
use crate::domain::fields::{Check, is_telephone};
use crate::domain::telephone::{Dialled, dialled};

/// What is known of a request from its text.
#[derive(Debug, Default)]
pub struct Known {
    pub fields: BTreeMap<String, String>,
    pub mistyped: BTreeMap<String, String>,
    pub signed: Signed,
}

/// Fields whose value begins with a figure, besides telephones and those with a pattern.
const FIGURES: [&str; 3] = ["company_number", "parcel", "parcel_new"];

/// Looks for all fields.
pub fn known(desk: &Desk, look: &Look<'_>, written: &Written<'_>) -> Known {
    let (recogniser, rules) = (&desk.recogniser, &desk.rules);
    let sender = written.by.map_or("", |mailbox| mailbox.name.as_str());
    let reader = Reader {
        forms: &recogniser.forms,
        detector: &desk.detector,
        home: recogniser.home,
        sender,
        introductions: &recogniser.introductions,
    };
    let signed = reader.signed(look);
    let numbers = by_pattern(look, rules, recogniser.home);
    let mut known = Known { fields: BTreeMap::new(), mistyped: numbers.mistyped, signed };
    let from = written.by.and_then(|mailbox| display_name(mailbox, recogniser));
    let labels = Labels { desk, look };
    let phones = labels.take(&mut known);
    for (field, value) in numbers.fields {
        known.fields.entry(field).or_insert(value);
    }
    let person = match (&known.signed.person, from) {
        (Some(signed), Some(from)) if !known.signed.sure && !shares_a_word(signed, &from) => Some(from),
        (Some(signed), _) => Some(signed.clone()),
        (None, from) => from,
    };
    let own = &recogniser.own_numbers;
    let phone = known.signed.phone.clone().filter(|number| !own.contains(number));
    let by_rule = rules.extract.iter().any(|extract| is_telephone(&extract.field));
    let anywhere = || (!by_rule).then(|| any_telephone(look, own, recogniser.home, &phones)).flatten();
    for (field, value) in [
        ("person", person),
        ("company", known.signed.company.clone()),
        ("position", known.signed.position.clone()),
        ("phone", phone.filter(|_| !by_rule).or_else(anywhere)),
    ] {
        if let Some(value) = value {
            known.fields.entry(field.to_owned()).or_insert(value);
        }
    }
    let twice = |phone: &String| {
        known.fields.iter().any(|(name, value)| name != "phone" && is_telephone(name) && value == phone)
    };
    if !rules.required.iter().any(|name| name == "phone") && known.fields.get("phone").is_some_and(twice) {
        known.fields.remove("phone");
    }
    let fields = &known.fields;
    known.mistyped.retain(|field, _| !fields.contains_key(field));
    known
}

struct Labels<'a> {
    desk: &'a Desk,
    look: &'a Look<'a>,
}

impl Labels<'_> {
    /// Takes the labelled values; the answer is where values of telephones begin.
    fn take(&self, known: &mut Known) -> Vec<usize> {
        let names = &self.desk.recogniser.cues.fields;
        let patterns = &self.desk.rules.extract;
        let takes_bare = |field: usize| {
            let name = names[field].as_str();
            is_telephone(name) || FIGURES.contains(&name) || patterns.iter().any(|e| e.field == name)
        };
        let mut phones = Vec::new();
        for label in labelled(self.look, takes_bare) {
            let name = names[label.field].as_str();
            let value = &self.look.whole[label.value.clone()];
            if is_telephone(name) {
                phones.push(label.value.start);
            }
            if known.fields.contains_key(name) {
                continue;
            }
            match self.value(name, value) {
                Some(Ok(value)) => {
                    known.fields.insert(name.to_owned(), value);
                }
                Some(Err(mistyped)) => {
                    known.mistyped.entry(name.to_owned()).or_insert(mistyped);
                }
                None => {}
            }
        }
        phones
    }

    /// A labelled value in normal form; the error is a code whose check digit is wrong.
    fn value(&self, name: &str, value: &str) -> Option<Result<String, String>> {
        let (rules, home) = (&self.desk.rules, self.desk.recogniser.home);
        if is_telephone(name) {
            let end = value.find(|c: char| c.is_alphabetic() || c == ',').unwrap_or(value.len());
            return match dialled(&value[..end], home)? {
                Dialled::Surely(number) | Dialled::Perhaps(number) => Some(Ok(number)),
            };
        }
        if name == "email" {
            let word = value.split_whitespace().find(|word| word.contains('@'))?;
            return Address::parse(word.trim_matches(['<', '>', ',', ';', '.'])).map(|a| Ok(a.to_string()));
        }
        let extract = rules.extract.iter().find(|extract| extract.field == name);
        if let Some(found) = extract.and_then(|extract| extract.pattern.find(value)) {
            let check = extract.map_or(Check::Nothing, |extract| extract.check);
            let code = code(found.as_str(), rules);
            return Some(if check.passes(&code) { Ok(code) } else { Err(code) });
        }
        if name == "company_number" {
            let figures = value.split(|c: char| c.is_alphabetic() || c == ',').next().unwrap_or_default();
            let digits: String = figures.chars().filter(char::is_ascii_digit).collect();
            return (6..=14).contains(&digits.len()).then_some(Ok(digits));
        }
        if extract.is_some_and(|extract| extract.check != Check::Nothing) {
            return None;
        }
        self.plain(name, value).map(Ok)
    }

    /// A value in words.
    fn plain(&self, name: &str, value: &str) -> Option<String> {
        let value = value.trim_matches(['*', '_', ' ']);
        let value = match name {
            "company" => self.desk.recogniser.forms.company(value).unwrap_or(value),
            "person" | "position" => value.split([',', ';', '|']).next().unwrap_or(value),
            _ => value,
        };
        let ends = value.ends_with('.') && !value[..value.len() - 1].contains('.');
        let value = if ends { value.trim_end_matches('.') } else { value }.trim();
        let length = value.chars().count();
        let longest = if matches!(name, "company" | "person" | "position") { 100 } else { 200 };
        let says = value.chars().any(char::is_alphanumeric) && !value.contains('?');
        ((2..=longest).contains(&length) && says).then(|| value.to_owned())
    }
}

/// The display name of a sender, where it is a person's: two words or three, no company.
fn display_name(mailbox: &Mailbox, recogniser: &Recogniser) -> Option<String> {
    let name = mailbox.name.trim();
    let name = match name.split_once(", ") {
        Some((last, first)) => format!("{first} {last}"),
        None => name.to_owned(),
    };
    let words = name.split_whitespace().count();
    let plain = !name.contains(|c: char| c.is_ascii_digit() || "@<>|/()".contains(c));
    ((2..=4).contains(&words) && plain && recogniser.forms.company(&name).is_none()).then_some(name)
}

/// Does one of these words stand in the text?
pub fn first_of(look: &Look<'_>, wanted: impl Fn(Cue) -> Option<usize>) -> Option<(usize, String)> {
    let said = look.hits_in(look.said()).iter();
    let found = said.filter_map(|hit| wanted(hit.kind).map(|order| (order, *hit)));
    found.min_by_key(|(order, hit)| (*order, hit.first)).map(|(order, hit)| (order, look.listed(hit)))
}
