//! What a desk offers beside answers: offers, statements, bills, and how it treats strangers and repetitions.

use super::calendars::Calendars;
use crate::config::reader::{Item, Table};
use crate::domain::rules::{Billing, Duplicates, Identify, StatementRules};
use crate::domain::span::Span;

/// How strangers are served, and by what clients are known.
#[derive(Debug)]
pub struct Strangers {
    pub identify: Identify,
    /// Everybody at a client's domain is the client's.
    pub by_domain: bool,
}

const UNKNOWN: [(&str, bool); 2] = [("register", false), ("identify", true)];

/// Reads `identify` and `unknown_sender`.
pub fn strangers(table: &Table<'_>) -> Strangers {
    let inner = table.get("identify").filter(|item| !item.is_off()).and_then(|item| item.table());
    let mut by_domain = true;
    let (mut asked, mut verify, mut said) = (false, true, false);
    if let Some(inner) = &inner {
        let words = [("address", 0), ("domain", 1), ("company_number", 2)];
        if let Some(by) = inner.get("by") {
            let by_what: Vec<i32> = by.items().iter().filter_map(|item| item.choice(&words)).collect();
            by_domain = by_what.contains(&1);
            if !by_what.contains(&0) {
                by.refuse("leaves out address", "a client's contacts are always known by their addresses");
            }
        }
        said = inner.get("unknown").is_some();
        asked = inner.choice("unknown", &UNKNOWN, true);
        verify = inner.choice("foreign_address", &[("verify", true), ("accept", false)], true);
    }
    if let Some(item) = table.get("unknown_sender")
        && let Some(ask) = item.choice(&UNKNOWN)
    {
        if said && ask != asked {
            item.refuse("says otherwise than identify.unknown", "remove one of them");
        }
        asked = ask;
    }
    Strangers { identify: if asked { Identify::Ask { verify } } else { Identify::Register }, by_domain }
}

/// Reads `duplicates`, `duplicates_quiet`, `duplicates_days` and `same_matter_over_channels`.
pub fn duplicates(table: &Table<'_>, calendars: &Calendars) -> Option<Duplicates> {
    let quiet = table.get("duplicates_quiet").and_then(|item| calendars.span(&item, None));
    let duplicates = Duplicates {
        quiet: quiet.unwrap_or(Span::Real { hundredths: 100 }),
        over_channels: table.flag("same_matter_over_channels", false),
        days: table.whole("duplicates_days", 1..=366, 30),
    };
    table.flag("duplicates", false).then_some(duplicates)
}

/// Reads `offer`: `off`, or how long offers are valid.
pub fn offer(table: &Table<'_>, calendars: &Calendars) -> Option<Span> {
    let inner = table.get("offer").filter(|item| !item.is_off())?.table()?;
    inner.need("valid", "how long, as in 5wd").and_then(|item| calendars.span(&item, None))
}

/// Reads `statement`: `off`, or a table.
pub fn statement(table: &Table<'_>) -> Option<StatementRules> {
    let inner = table.get("statement").filter(|item| !item.is_off())?.table()?;
    let on = inner.flag("on", true);
    let only_entitled = inner.choice("only_for", &[("contract_contacts", true), ("contacts", false)], true);
    for format in inner.get("formats").map(|item| item.items()).unwrap_or_default() {
        format.choice(&[("csv", ())]);
    }
    on.then_some(StatementRules { only_entitled })
}

/// Reads `vat` and `due_days`.
pub fn billing(table: &Table<'_>) -> Billing {
    let vat = table.get("vat").and_then(|item| item.percent_hundredths());
    let due = table.get("due_days").and_then(|item| item.whole(0..=366));
    Billing {
        vat_percent_hundredths: vat.unwrap_or(0),
        due_days: due.and_then(|days| u32::try_from(days).ok()),
    }
}

/// The time of a day: `08:00`.
pub fn clock(item: &Item<'_>) -> Option<jiff::civil::Time> {
    let text = item.text()?;
    let time = jiff::civil::Time::strptime("%H:%M", &text).ok();
    if time.is_none() {
        item.refuse(format!("\"{text}\" is no time of day"), "write hours and minutes, as in \"08:00\"");
    }
    time
}
