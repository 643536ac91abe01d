//! Severities, contracts and urgency: what is promised, and when.

use std::collections::BTreeMap;

use super::calendars::Calendars;
use crate::config::reader::{Item, Table, suggestion};
use crate::domain::people::Promise;
use crate::domain::rules::Urgent;
use crate::domain::span::Span;

const NORMAL: &str = "normal";

/// Promises by severity and by contract.
#[derive(Debug)]
pub struct Promises {
    /// `normal` is always there.
    pub severities: BTreeMap<String, Promise>,
    /// Promise of solution by name of contract.
    pub contract_resolve: BTreeMap<String, Span>,
}

/// Reads `severity` and `contracts`.
pub fn read(table: &Table<'_>, calendars: &Calendars) -> Promises {
    let contracts = table.get("contracts");
    let mut contract_resolve = BTreeMap::new();
    for (name, item) in contracts.as_ref().map(Item::named).unwrap_or_default() {
        contract_resolve.extend(calendars.span(&item, None).map(|span| (name, span)));
    }
    let mut severities = BTreeMap::from([(NORMAL.to_owned(), Promise::default())]);
    let mut by_contract = false;
    for (name, item) in table.get("severity").map(|item| item.named()).unwrap_or_default() {
        let Some(inner) = item.table() else { continue };
        inner.not_yet("words", "only an agent's #severity sets a severity");
        let resolve = inner.get("resolve");
        let named = resolve.as_ref().filter(|item| item.as_word() == Some("by contract"));
        if let Some(item) = named {
            by_contract = true;
            if contracts.is_none() {
                item.refuse("there are no contracts to go by", "add contracts with their spans");
            }
        }
        let plain = if named.is_some() { None } else { resolve };
        severities.insert(name, promise(&inner, plain, calendars));
    }
    if let (Some(item), false) = (&contracts, by_contract) {
        item.refuse(
            "no severity is solved by contract",
            "write resolve = \"by contract\" in severity.normal",
        );
    }
    Promises { severities, contract_resolve }
}

fn promise(table: &Table<'_>, resolve: Option<Item<'_>>, calendars: &Calendars) -> Promise {
    let calendar = table.get("calendar").and_then(|item| calendars.name(&item));
    let span = |item: Item<'_>| calendars.span(&item, calendar.as_deref());
    let respond = table.get("respond").and_then(span);
    let resolve = resolve.and_then(span);
    Promise { respond, resolve, calendar }
}

/// Reads `urgent`: `off`, or the promise that urgent requests get.
pub fn urgent(table: &Table<'_>, calendars: &Calendars, promises: &Promises) -> Option<Urgent> {
    let item = table.get("urgent").filter(|item| !item.is_off())?;
    let inner = item.table()?;
    if let Some(words) = inner.get("words")
        && words.flag() == Some(false)
    {
        words.not_yet("the words of urgency always count where urgency is allowed");
    }
    let means = inner.get("means").and_then(|item| means(&item, promises));
    inner.not_yet("means", "urgent requests get a severity's promise, but no name of severity or type");
    let mut promise = promise(&inner, inner.get("resolve"), calendars);
    if let Some(meant) = means {
        promise.respond = promise.respond.or(meant.respond);
        promise.resolve = promise.resolve.or(meant.resolve);
        promise.calendar = promise.calendar.or(meant.calendar);
    }
    if promise.respond.is_none() && promise.resolve.is_none() {
        inner.missing("respond", "urgent requests need a promise: respond, resolve or both");
    }
    let escalate = inner.choice("off_hours", &[("escalate", true), ("wait", false)], false);
    Some(Urgent {
        promise,
        by_words: true,
        means: None,
        off_hours_escalate: escalate,
        surcharge: inner.text("surcharge"),
    })
}

/// `severity critical`: urgent requests have the promise of that severity. `type x` says nothing of promises.
fn means(item: &Item<'_>, promises: &Promises) -> Option<Promise> {
    let text = item.text()?;
    if text.starts_with("type ") {
        return None;
    }
    let Some(name) = text.strip_prefix("severity ") else {
        item.refuse(format!("\"{text}\" is not known"), "write \"severity NAME\"");
        return None;
    };
    let promise = promises.severities.get(name).cloned();
    if promise.is_none() {
        let known: Vec<&str> = promises.severities.keys().map(String::as_str).collect();
        item.refuse(format!("there is no severity \"{name}\""), suggestion(name, &known));
    }
    promise
}
