//! What is looked for in texts: codes, telephones, another address, and published answers that fit.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};

use super::{check_name, words};
use crate::config::reader::{Item, Table, suggestion};
use crate::domain::fields::{Check, Extract};
use crate::domain::rules::Article;

/// Memory that one pattern may take, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;

const CHECKS: [(&str, Check); 3] = [("none", Check::Nothing), ("s10", Check::S10), ("ico", Check::Ico)];

/// Reads `extract`: for each field its pattern, or a table with the pattern.
pub fn extract(table: &Table<'_>, zone: &TimeZone) -> Vec<Extract> {
    let Some(inner) = table.get("extract").and_then(|item| item.table()) else { return Vec::new() };
    let (near, check) = (inner.get("near"), inner.get("check"));
    let read = |(field, item): (String, Item<'_>)| one(field, &item, zone);
    let mut all: Vec<Extract> = inner.rest().into_iter().filter_map(read).collect();
    for (field, item) in check.map(|item| item.named()).unwrap_or_default() {
        if let (Some(at), Some(check)) = (named(&field, &item, &all), item.choice(&CHECKS)) {
            all[at].check = check;
        }
    }
    for (field, item) in near.map(|item| item.named()).unwrap_or_default() {
        check_name(&field, &item);
        // `sender_phone` is a `phone`.
        let base = all.iter().map(|e| e.field.as_str()).find(|base| is_kind_of(&field, base));
        let base = base.map_or(field.clone(), str::to_owned);
        if let Some(at) = named(&base, &item, &all) {
            all[at].near.insert(field, words(&item));
        }
    }
    all
}

fn is_kind_of(field: &str, base: &str) -> bool {
    field == base || field.strip_suffix(base).is_some_and(|front| front.ends_with('_'))
}

fn named(field: &str, item: &Item<'_>, all: &[Extract]) -> Option<usize> {
    let found = all.iter().position(|extract| extract.field == field);
    if found.is_none() {
        let known: Vec<&str> = all.iter().map(|extract| extract.field.as_str()).collect();
        let hint = if known.is_empty() { String::new() } else { suggestion(field, &known) };
        item.refuse(format!("extract has no pattern for \"{field}\""), hint);
    }
    found
}

fn one(field: String, item: &Item<'_>, zone: &TimeZone) -> Option<Extract> {
    check_name(&field, item);
    let usual = usual_check(&field, zone);
    if !item.is_table() {
        let pattern = pattern(item)?;
        return Some(Extract { field, pattern, check: usual, near: BTreeMap::new(), link: None });
    }
    let table = item.table()?;
    let pattern = table.need("pattern", "a regular expression").and_then(|item| pattern(&item));
    let check = table.choice("check", &CHECKS, usual);
    let mut near = BTreeMap::new();
    for (field, item) in table.get("near").map(|item| item.named()).unwrap_or_default() {
        check_name(&field, &item);
        near.insert(field, words(&item));
    }
    let link = table.get("link").and_then(|item| link(&item));
    Some(Extract { field, pattern: pattern?, check, near, link })
}

/// A parcel's code mostly is one of the post's; a company's number in Czechia or Slovakia is an IČO.
fn usual_check(field: &str, zone: &TimeZone) -> Check {
    let ico = matches!(zone.iana_name(), Some("Europe/Prague" | "Europe/Bratislava"));
    match field {
        "parcel" => Check::S10,
        "company_number" if ico => Check::Ico,
        _ => Check::Nothing,
    }
}

fn link(item: &Item<'_>) -> Option<String> {
    let text = item.text()?;
    if !text.contains("{}") {
        item.refuse("has no {} for the value", "write for example https://track.example/{}");
    }
    Some(text)
}

/// A regular expression; case is ignored.
fn pattern(item: &Item<'_>) -> Option<Regex> {
    let text = item.text()?;
    let built = RegexBuilder::new(&format!("(?i){text}")).size_limit(PATTERN_BYTES_MAX).build();
    let pattern = built
        .map_err(|error| {
            let said = error.to_string();
            let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            item.refuse(format!("is no regular expression: {why}"), "");
        })
        .ok()?;
    if pattern.is_match("") {
        item.refuse("finds nothing at all everywhere", "it must want at least one character");
        return None;
    }
    Some(pattern)
}

/// Reads `communication_address`: the pattern whose first group is the address.
pub fn communication_address(table: &Table<'_>) -> Option<Regex> {
    let item = table.get("communication_address").filter(|item| !item.is_off())?;
    let pattern = pattern(&item)?;
    if pattern.captures_len() != 2 {
        item.refuse("has not exactly one group", "put the address into brackets: write to (\\S+@\\S+)");
    }
    Some(pattern)
}

/// Reads `text_limit`: a number of characters.
pub fn text_limit(table: &Table<'_>) -> Option<usize> {
    let item = table.get("text_limit").filter(|item| !item.is_off())?;
    item.whole(100..=10_000_000).and_then(|n| usize::try_from(n).ok())
}

/// Reads `faq`: a list of articles.
pub fn faq(table: &Table<'_>) -> Vec<Article> {
    let items = table.get("faq").map(|item| item.items()).unwrap_or_default();
    let read = |item: &Item<'_>| {
        let table = item.table()?;
        let title = table.need("title", "what the client reads").and_then(|item| item.text());
        let url = table.need("url", "where it is").and_then(|item| item.text());
        let words = table.need("words", "by which it is proposed").map(|item| words(&item));
        Some(Article { title: title?, url: url?, words: words? })
    };
    items.iter().filter_map(read).collect()
}
