//! The same matter: by what a new mail is recognised as being about a ticket that exists.

use std::collections::BTreeMap;

use super::address::Address;
use super::fields::is_telephone;
use super::fold::fold;
use super::rules::Rules;

/// Names of what a request is about, strongest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matters {
    /// Codes that were looked for by a pattern: `parcel:CE000123455LT`.
    pub codes: Vec<String>,
    /// Telephones, where the desk looks for them by a pattern: `phone:+37060021102`.
    pub telephones: Vec<String>,
    /// The person and the subject, where there is one.
    pub letter: Option<String>,
}

impl Matters {
    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.codes.iter().chain(&self.telephones).chain(&self.letter)
    }
}

/// What a request with these fields, of this person and subject, is about.
pub fn matters(
    fields: &BTreeMap<String, String>,
    sender: Option<&Address>,
    subject: &str,
    rules: &Rules,
) -> Matters {
    let mut found = Matters::default();
    let mut add = |list: fn(&mut Matters) -> &mut Vec<String>, name: String| {
        let list = list(&mut found);
        if !list.contains(&name) {
            list.push(name);
        }
    };
    for (field, value) in fields {
        let base = field.strip_suffix("_new").unwrap_or(field);
        let patterned = |f: &str| rules.extract.iter().any(|e| e.field == f || e.near.contains_key(f));
        if !patterned(base) {
            continue;
        }
        if is_telephone(base) {
            add(|m| &mut m.telephones, format!("phone:{value}"));
        } else {
            add(|m| &mut m.codes, format!("{base}:{value}"));
        }
    }
    let folded = fold(subject);
    let words: Vec<&str> = folded.split_whitespace().collect();
    found.letter = sender
        .filter(|_| !words.is_empty())
        .map(|sender| format!("from:{} {}", sender.base(), words.join(" ")));
    found
}

/// Is what stands on a ticket another code of the same kind? Then it is another matter, whatever else agrees.
pub fn contradicts(codes: &[String], fields: &BTreeMap<String, String>) -> bool {
    codes.iter().any(|code| {
        let Some((kind, value)) = code.split_once(':') else { return false };
        let known: Vec<&String> =
            [kind.to_owned(), format!("{kind}_new")].iter().filter_map(|field| fields.get(field)).collect();
        !known.is_empty() && known.iter().all(|known| known.as_str() != value)
    })
}
