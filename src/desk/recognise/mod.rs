//! Recognition: what a text says of its own accord. Prepared once for each desk, one pass for each mail, before the
//! store is asked.

mod asked;
mod company;
mod cue;
mod fields;
mod labels;
mod look;
mod numbers;
mod period;
mod signature;
mod wish;

use jiff::Timestamp;

use self::asked::Asked;
use self::company::LegalForms;
use self::cue::{Cue, Cues};
pub use self::look::Look;
use self::wish::AgentName;
use super::Desk;
use crate::domain::address::{Address, Mailbox};
use crate::domain::fields::is_telephone;
use crate::domain::fold::fold;
use crate::domain::found::Found;
use crate::domain::rules::Rules;
use crate::domain::telephone::Country;
use crate::words::{Catalogue, Reading};

/// A text to be looked through.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    pub subject: &'a str,
    /// The new text without quotation.
    pub text: &'a str,
    /// What stands under it behind a signature mark; mostly empty.
    pub signature: &'a str,
    /// Who wrote it, where that is known.
    pub by: Option<&'a Mailbox>,
    /// When it was written: periods in words are reckoned from here.
    pub at: Timestamp,
}

/// Everything that recognition needs, prepared.
#[derive(Debug, Default)]
pub struct Recogniser {
    cues: Cues,
    forms: LegalForms,
    /// Whose numbers need no code.
    home: Option<Country>,
    agents: Vec<AgentName>,
    /// Folded phrases with which people say who they are.
    introductions: Vec<String>,
    /// Telephones of the desk and its people, which clients quote.
    own_numbers: Vec<String>,
}

impl Recogniser {
    /// Looks at a text with the words of the desk.
    pub fn look(&self, written: &Written<'_>) -> Look<'_> {
        Look::at(written, &self.cues)
    }

    /// Prepares the words and patterns of a desk.
    pub fn new(rules: &Rules, words: &Catalogue) -> Recogniser {
        let lists = rules.languages.iter().filter_map(|language| words.recognise(*language));
        let introductions = lists.flat_map(|lists| &lists.introduction).map(|phrase| fold(phrase)).collect();
        let by_zone = || rules.zone.iana_name().and_then(Country::of_zone);
        let home = rules.phone.as_deref().and_then(Country::of_number).or_else(by_zone);
        Recogniser {
            introductions,
            own_numbers: numbers::own_numbers(rules, home),
            home,
            cues: Cues::new(rules, words),
            forms: LegalForms::new(words),
            agents: rules.agents.iter().filter_map(|agent| AgentName::new(&agent.id, &agent.name)).collect(),
        }
    }

    /// A telephone as it is kept: `+` and digits, a national number with the country's code.
    pub fn telephone(&self, written: &str) -> String {
        crate::domain::telephone::normal(written, self.home)
    }
}

/// Looks a text through. The work is proportional to its length.
pub fn found(desk: &Desk, written: &Written<'_>) -> Found {
    let look = Look::at(written, &desk.recogniser.cues);
    let said = look.read(&desk.detector);
    found_in(desk, written, &look, &said, &said.part(look.text.clone()))
}

/// What is found in a text that was looked at; `reading` is that of subject and text, `new_text` that of the text.
pub fn found_in(
    desk: &Desk,
    written: &Written<'_>,
    look: &Look<'_>,
    reading: &Reading<'_, '_>,
    new_text: &Reading<'_, '_>,
) -> Found {
    let rules = &desk.rules;
    let known = fields::known(desk, look, written);
    let writer = written.by.map_or("", |mailbox| mailbox.name.as_str());
    let asked = Asked {
        desk,
        look,
        reading,
        names: names(desk, writer),
        block: known.signed.block.clone(),
        at: written.at,
    };
    let kind = fields::first_of(look, |cue| if let Cue::Type(n) = cue { Some(n) } else { None });
    let severity = fields::first_of(look, |cue| if let Cue::Severity(n) = cue { Some(n) } else { None });
    let statement = asked.statement();
    let mut fields = known.fields;
    if let Some(word) = reading.urgent().or_else(|| reading.not_urgent()) {
        fields.entry("urgency".to_owned()).or_insert(word);
    }
    Found {
        fields,
        mistyped: known.mistyped,
        kind: kind.and_then(|(order, word)| {
            let place = *rules.types.looked_for.get(order)?;
            Some((rules.types.all.get(place)?.name.clone(), word))
        }),
        severity: severity.and_then(|(order, word)| Some((rules.severity_words.get(order)?.0.clone(), word))),
        wish: wish::wish(desk, look, reading, writer),
        complaint: new_text.complaint(),
        agree: new_text.agree(),
        disagree: new_text.disagree(),
        affirm: new_text.affirm(),
        deny: new_text.deny(),
        new_request: new_text.new_request(),
        status: if statement.is_none() { asked.status() } else { None },
        statement,
        rating: asked.rating(),
        communication_address: communication_address(rules, look),
        faq: articles(look),
        same_matter: new_text.same_matter(),
    }
}

/// Names that may stand in a mail without saying anything.
fn names<'a>(desk: &'a Desk, writer: &'a str) -> Vec<&'a str> {
    let people = desk.rules.agents.iter().chain(&desk.rules.head).map(|agent| agent.name.as_str());
    people.chain([writer, desk.rules.name.as_str()]).collect()
}

fn communication_address(rules: &Rules, look: &Look<'_>) -> Option<Address> {
    let found = rules.communication_address.as_ref()?.captures(&look.whole[look.text.clone()])?;
    let address = found.get(1)?.as_str();
    Address::parse(address.trim_matches(|c: char| "<>()[],.;:!\"'".contains(c)))
}

/// The published answers whose words stand in the text, in the order of the list.
fn articles(look: &Look<'_>) -> Vec<usize> {
    let hits = look.hits_in(look.said()).iter();
    let mut places: Vec<usize> =
        hits.filter_map(|hit| if let Cue::Faq(n) = hit.kind { Some(n) } else { None }).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// A value that somebody filled in for a field, in normal form: a telephone as `+` and digits, a code as its
/// pattern's finds are kept.
pub fn normal(desk: &Desk, field: &str, value: &str) -> String {
    let value = value.trim();
    if is_telephone(field) {
        return desk.recogniser.telephone(value);
    }
    let base = field.strip_suffix("_new").unwrap_or(field);
    let pattern = desk.rules.extract.iter().find(|extract| extract.field == base);
    let found = pattern.and_then(|extract| extract.pattern.find(value));
    found.map_or_else(|| value.to_owned(), |found| numbers::code(found.as_str(), &desk.rules))
}
