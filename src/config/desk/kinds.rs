//! Types of request: their words, teams, promises and required fields.

use super::calendars::Calendars;
use super::promises::promise;
use super::{Surroundings, localized, names, words};
use crate::config::reader::{Item, Table, suggestion};
use crate::domain::kinds::{TypeRule, Types};
use crate::domain::language::Lang;

/// What a type needs to know of its desk.
#[derive(Debug)]
pub struct Ground<'a> {
    pub around: &'a Surroundings,
    pub calendars: &'a Calendars,
    pub languages: &'a [Lang],
}

/// Reads `types`, `type_words` and `type_otherwise`.
pub fn read(table: &Table<'_>, ground: &Ground<'_>) -> Types {
    let mut types = Types { all: all(table, ground), ..Types::default() };
    let first = type_words(table, &mut types.all);
    let with_words = (0..types.all.len()).filter(|n| !types.all[*n].words.is_empty() && !first.contains(n));
    types.looked_for = first.iter().copied().chain(with_words).collect();
    types.otherwise = otherwise(table, &types.all);
    types
}

/// A list of names, or a table: each name with its team or with a table of its own.
fn all(table: &Table<'_>, ground: &Ground<'_>) -> Vec<TypeRule> {
    let Some(item) = table.get("types") else { return Vec::new() };
    let bare = |name: String| TypeRule { name, ..TypeRule::default() };
    if !item.is_table() {
        return names(&item).into_iter().map(bare).collect();
    }
    let read = |(name, item): (String, Item<'_>)| {
        super::check_name(&name, &item);
        if item.is_table() {
            return kind(name, &item, ground);
        }
        Some(TypeRule { team: Some(item.text()?), ..bare(name) })
    };
    item.named().into_iter().filter_map(read).collect()
}

fn kind(name: String, item: &Item<'_>, ground: &Ground<'_>) -> Option<TypeRule> {
    let table = item.table()?;
    let label = table.get("label");
    Some(TypeRule {
        labels: label.map(|item| localized(&item, ground.languages, ground.around)).unwrap_or_default(),
        words: table.get("words").map(|item| words(&item)).unwrap_or_default(),
        team: table.text("team"),
        required: table.get("required").map(|item| names(&item)),
        promise: promise(&table, table.get("resolve"), ground.calendars),
        tip: table.text("tip"),
        name,
    })
}

/// A list of tables with one entry each: a type and its words. The places of the types in this order.
fn type_words(table: &Table<'_>, all: &mut [TypeRule]) -> Vec<usize> {
    let mut order = Vec::new();
    for entry in table.get("type_words").map(|item| item.items()).unwrap_or_default() {
        for (name, item) in entry.named() {
            let Some(place) = place(&name, &item, all) else { continue };
            if order.contains(&place) {
                item.refuse(format!("{name} stands here twice"), "put all its words into one list");
                continue;
            }
            all[place].words.extend(words(&item));
            order.push(place);
        }
    }
    order
}

fn place(name: &str, item: &Item<'_>, all: &[TypeRule]) -> Option<usize> {
    let found = all.iter().position(|kind| kind.name == name);
    if found.is_none() {
        let known: Vec<&str> = all.iter().map(|kind| kind.name.as_str()).collect();
        let hint =
            if known.is_empty() { "the desk has no types".to_owned() } else { suggestion(name, &known) };
        item.refuse(format!("there is no type \"{name}\""), hint);
    }
    found
}

/// Where the desk does not say: the type that is called `other`, else the first that no words lead to.
fn otherwise(table: &Table<'_>, all: &[TypeRule]) -> usize {
    let given = table.get("type_otherwise").and_then(|item| place(&item.text()?, &item, all));
    let other = || all.iter().position(|kind| kind.name == "other");
    let wordless = || all.iter().position(|kind| kind.words.is_empty());
    given.or_else(other).or_else(wordless).unwrap_or(0)
}
