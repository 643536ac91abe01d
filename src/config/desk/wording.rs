//! The operator's own sentences, and commands of his own.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Surroundings, localized, texts};
use crate::config::reader::{Item, Table};
use crate::domain::language::Lang;
use crate::domain::rules::{Banner, Hook};

/// Reads `texts`: ready answers by name.
pub fn ready(
    table: &Table<'_>,
    languages: &[Lang],
    around: &Surroundings,
) -> BTreeMap<String, BTreeMap<Lang, String>> {
    let named = table.get("texts").map(|item| item.named()).unwrap_or_default();
    named
        .into_iter()
        .map(|(name, item)| {
            check_command(&name, &item);
            let text = localized(&item, languages, around);
            (name, text)
        })
        .collect()
}

/// Reads `banners`.
pub fn banners(table: &Table<'_>, languages: &[Lang], around: &Surroundings) -> Vec<Banner> {
    let items = table.get("banners").map(|item| item.items()).unwrap_or_default();
    let read = |item: &Item<'_>| {
        let table = item.table()?;
        let text = table.need("text", "the sentence").map(|item| localized(&item, languages, around));
        let from = table.get("from").and_then(|item| day(&item));
        let until = table.get("to");
        let to = until.as_ref().and_then(day);
        if let (Some(item), Some(from), Some(to)) = (until, from, to)
            && to < from
        {
            item.refuse("lies before from", "it is the last day");
        }
        Some(Banner { text: text?, from, to })
    };
    items.iter().filter_map(read).collect()
}

/// A day: `2026-10-01`.
pub fn day(item: &Item<'_>) -> Option<Date> {
    let text = item.text()?;
    let day = text.parse::<Date>().ok();
    if day.is_none() {
        item.refuse(format!("\"{text}\" is no date"), "write for example 2026-10-01");
    }
    day
}

/// Reads `hooks`: commands by name.
pub fn hooks(table: &Table<'_>) -> BTreeMap<String, Hook> {
    let named = table.get("hooks").map(|item| item.named()).unwrap_or_default();
    let read = |(name, item): (String, Item<'_>)| {
        check_command(&name, &item);
        let table = item.table()?;
        let written = table.need("command", "the program and its arguments, as a list")?;
        let command = texts(&written);
        if !command.first().is_some_and(|program| program.starts_with('/')) {
            written.refuse(
                "does not begin with the full name of a program",
                "as in [\"/usr/local/bin/unlock\"]",
            );
        }
        let timeout_seconds = table.whole("timeout_seconds", 1..=300, 10);
        Some((name, Hook { command, timeout_seconds }))
    };
    named.into_iter().filter_map(read).collect()
}

/// Agents write these names behind a command.
fn check_command(name: &str, item: &Item<'_>) {
    let plain = |c: char| c.is_alphanumeric() && !c.is_uppercase() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        item.refuse(format!("\"{name}\" is no name"), "write small letters, digits, - and _");
    }
}
