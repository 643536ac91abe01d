//! Severities, contracts and urgency: what is promised, and when.

use std::collections::BTreeMap;

use super::calendars::Calendars;
use super::words;
use crate::config::reader::{Item, Table, suggestion};
use crate::domain::kinds::{Means, Types};
use crate::domain::people::Promise;
use crate::domain::rules::Urgent;
use crate::domain::span::Span;

const NORMAL: &str = "normal";

/// Promises by severity and by contract.
#[derive(Debug)]
pub struct Promises {
    /// `normal` is always there.
    pub severities: BTreeMap<String, Promise>,
    /// In the order of the file.
    pub severity_words: Vec<(String, Vec<String>)>,
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
    let mut severity_words = Vec::new();
    let mut by_contract = false;
    for (name, item) in table.get("severity").map(|item| item.named()).unwrap_or_default() {
        let Some(inner) = item.table() else { continue };
        severity_words.extend(inner.get("words").map(|item| (name.clone(), words(&item))));
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
    Promises { severities, severity_words, contract_resolve }
}

/// `respond`, `calendar`, and the span of solution that is given.
pub fn promise(table: &Table<'_>, resolve: Option<Item<'_>>, calendars: &Calendars) -> Promise {
    let calendar = table.get("calendar").and_then(|item| calendars.name(&item));
    let span = |item: Item<'_>| calendars.span(&item, calendar.as_deref());
    let respond = table.get("respond").and_then(span);
    let resolve = resolve.and_then(span);
    Promise { respond, resolve, calendar }
}

/// Reads `urgent`: `off`, or the promise that urgent requests get.
pub fn urgent(
    table: &Table<'_>,
    calendars: &Calendars,
    promises: &Promises,
    types: &Types,
) -> Option<Urgent> {
    let item = table.get("urgent").filter(|item| !item.is_off())?;
    let inner = item.table()?;
    let meant = inner.get("means").and_then(|item| means(&item, promises, types));
    let mut promise = promise(&inner, inner.get("resolve"), calendars);
    if let Some((_, meant)) = &meant {
        promise.respond = promise.respond.or(meant.respond);
        promise.resolve = promise.resolve.or(meant.resolve);
        promise.calendar = promise.calendar.or_else(|| meant.calendar.clone());
    }
    if promise.respond.is_none() && promise.resolve.is_none() {
        inner.missing("respond", "urgent requests need a promise: respond, resolve or both");
    }
    Some(Urgent {
        promise,
        by_words: inner.flag("words", true),
        means: meant.map(|(means, _)| means),
        off_hours_escalate: inner.choice("off_hours", &[("escalate", true), ("wait", false)], false),
        surcharge: inner.text("surcharge"),
    })
}

/// `severity critical` or `type express`, with the promise of it.
fn means(item: &Item<'_>, promises: &Promises, types: &Types) -> Option<(Means, Promise)> {
    let text = item.text()?;
    let (known, what, name): (Vec<&str>, &str, &str) = match text.split_once(' ') {
        Some(("severity", name)) => {
            if let Some(promise) = promises.severities.get(name) {
                return Some((Means::Severity(name.to_owned()), promise.clone()));
            }
            (promises.severities.keys().map(String::as_str).collect(), "severity", name)
        }
        Some(("type", name)) => {
            if let Some(kind) = types.get(name) {
                return Some((Means::Type(name.to_owned()), kind.promise.clone()));
            }
            (types.all.iter().map(|kind| kind.name.as_str()).collect(), "type", name)
        }
        _ => {
            item.refuse(format!("\"{text}\" is not known"), "write \"severity NAME\" or \"type NAME\"");
            return None;
        }
    };
    let hint = if known.is_empty() { format!("the desk has no {what}s") } else { suggestion(name, &known) };
    item.refuse(format!("there is no {what} \"{name}\""), hint);
    None
}
