//! Codes and telephones by their form, and whose they are by the word before them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::cue::Cue;
use super::look::Look;
use crate::domain::fields::{Extract, is_telephone};
use crate::domain::rules::Rules;
use crate::domain::telephone::{Country, Dialled, dialled};

/// Finds of one pattern; more in one mail are a list, not a request.
const FINDS_MAX: usize = 60;
/// The word that says whose a number is stands at most so many words before it.
const NEAR_WORDS_MAX: usize = 6;

/// What was found by form.
#[derive(Debug, Default)]
pub struct Numbers {
    pub fields: BTreeMap<String, String>,
    pub mistyped: BTreeMap<String, String>,
}

/// Runs of figures as telephones are written.
static TELEPHONE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\+?\(?\+?[0-9](?:[ \u{a0}().\-–/]{0,3}[0-9]){6,16}").expect("a test compiles it")
});

/// Looks for the desk's patterns.
pub fn by_pattern(look: &Look<'_>, rules: &Rules, home: Option<Country>) -> Numbers {
    let mut numbers = Numbers::default();
    for (place, extract) in rules.extract.iter().enumerate() {
        let mut pattern = One { place, extract, look, rules, home, finds: Vec::new() };
        pattern.find();
        pattern.tell(&mut numbers);
    }
    numbers.mistyped.retain(|field, _| !numbers.fields.contains_key(field));
    numbers
}

/// One pattern's finds in a text.
struct One<'a> {
    place: usize,
    extract: &'a Extract,
    look: &'a Look<'a>,
    rules: &'a Rules,
    home: Option<Country>,
    finds: Vec<Find>,
}

struct Find {
    value: String,
    field: Option<String>,
    newer: bool,
    sound: bool,
}

impl One<'_> {
    fn find(&mut self) {
        let mut behind = 0;
        for found in self.extract.pattern.find_iter(&self.look.whole).take(FINDS_MAX) {
            let range = found.range();
            let Some((value, sound)) = self.value(found.as_str(), &range) else { continue };
            let first = self.look.word_at(range.start);
            let before = self.look.word_at(behind).max(first.saturating_sub(NEAR_WORDS_MAX))..first;
            let field = self.whose(before.clone(), &range);
            let newer = self.look.hits_in(before).iter().any(|hit| hit.kind == Cue::Newer);
            behind = range.end;
            self.finds.push(Find { value, field, newer, sound });
        }
    }

    /// The value in normal form, and whether its check digit is right.
    fn value(&self, written: &str, range: &Range<usize>) -> Option<(String, bool)> {
        if is_telephone(&self.extract.field) {
            if is_part_of_more(&self.look.whole, range) {
                return None;
            }
            return match dialled(written, self.home)? {
                Dialled::Surely(number) | Dialled::Perhaps(number) => Some((number, true)),
            };
        }
        let code = code(written, self.rules);
        if code.chars().all(|c| c.is_ascii_digit()) && is_part_of_more(&self.look.whole, range) {
            return None;
        }
        let sound = self.extract.check.passes(&code);
        Some((code, sound))
    }

    /// The field that the nearest word before the number names, or a word in brackets behind it.
    fn whose(&self, before: Range<usize>, range: &Range<usize>) -> Option<String> {
        let near = |hit: &crate::words::phrase::Hit<Cue>| match hit.kind {
            Cue::Near(place, order) if place == self.place => self.extract.near.keys().nth(order),
            _ => None,
        };
        let rest = &self.look.whole[range.end..];
        if rest.trim_start_matches([' ', '\u{a0}']).starts_with('(') {
            let next = self.look.word_at(range.end);
            if let Some(field) = self.look.hits_in(next..next + 1).iter().find_map(near) {
                return Some(field.clone());
            }
        }
        self.look.hits_in(before).iter().rev().find_map(near).cloned()
    }

    fn tell(self, numbers: &mut Numbers) {
        let field = &self.extract.field;
        let mut own: Vec<Find> = Vec::new();
        for find in self.finds {
            if let Some(field) = &find.field {
                let target = if find.sound { &mut numbers.fields } else { &mut numbers.mistyped };
                target.entry(field.clone()).or_insert(find.value);
            } else if !own.iter().any(|other| other.value == find.value) {
                own.push(find);
            }
        }
        for wrong in own.iter().filter(|find| !find.sound) {
            numbers.mistyped.entry(field.clone()).or_insert_with(|| wrong.value.clone());
        }
        own.retain(|find| find.sound);
        own.truncate(2);
        if let [one, two] = own.as_slice()
            && one.newer
            && !two.newer
        {
            own.swap(0, 1);
        }
        let names = [field.clone(), format!("{field}_new")];
        let one_only = is_telephone(field);
        for (name, find) in names.into_iter().zip(own).take(if one_only { 1 } else { 2 }) {
            numbers.fields.insert(name, find.value);
        }
    }
}

/// A code in capitals without blanks; a device of a client as the client's record has it.
pub fn code(written: &str, rules: &Rules) -> String {
    let code: String = written.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    let bare = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let same =
        |device: &&String| device.len() <= code.len() + 4 && bare(&device.to_uppercase()) == bare(&code);
    if rules.clients.of_device(&code).is_some() {
        return code;
    }
    let known = rules.clients.iter().flat_map(|client| &client.devices).find(same);
    known.cloned().unwrap_or(code)
}

/// Does a run of figures go on before or behind?
fn is_part_of_more(whole: &str, range: &Range<usize>) -> bool {
    let before = whole[..range.start].trim_end_matches([' ', '\u{a0}', '-', '(']);
    let near = whole.len() - before.len() - (whole.len() - range.start) <= 2;
    let continued = near && before.ends_with(|c: char| c.is_ascii_digit() || c == '+');
    continued || whole[range.end..].starts_with(|c: char| c.is_ascii_digit())
}

/// The first telephone of the text that is none of the desk's `own`. One without a country's code or the usual first
/// digit counts only behind a word for telephone (`labelled` says where such a value begins).
pub fn any_telephone(
    look: &Look<'_>,
    own: &[String],
    home: Option<Country>,
    labelled: &[usize],
) -> Option<String> {
    TELEPHONE.find_iter(&look.whole[look.text.start..]).take(FINDS_MAX * 4).find_map(|found| {
        let start = look.text.start + found.start();
        let range = start..look.text.start + found.end();
        let before = look.whole[..start].chars().next_back();
        if before.is_some_and(char::is_alphanumeric) || is_part_of_more(&look.whole, &range) {
            return None;
        }
        match dialled(found.as_str(), home)? {
            Dialled::Surely(number) => Some(number),
            Dialled::Perhaps(number) => labelled.contains(&start).then_some(number),
        }
        .filter(|number| !own.contains(number))
    })
}

/// Telephones of the desk and its people, which clients quote.
pub fn own_numbers(rules: &Rules, home: Option<Country>) -> Vec<String> {
    let people = rules.agents.iter().chain(&rules.head).filter_map(|agent| agent.phone.as_ref());
    let desk = rules.phone.iter().chain(rules.phones.values());
    desk.chain(people).map(|phone| crate::domain::telephone::normal(phone, home)).collect()
}
