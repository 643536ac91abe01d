//! Working hours by name, and spans that count in them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::config::reader::{Item, suggestion};
use crate::domain::calendar::Calendar;
use crate::domain::holidays::Holidays;
use crate::domain::hours::{DayHours, Week};
use crate::domain::span::Span;

const OFFICE: &str = "office";

/// The calendars of a desk.
#[derive(Debug)]
pub struct Calendars {
    /// `office` is always there: open round the clock where nobody gave hours.
    pub all: BTreeMap<String, Calendar>,
    /// Those whose hours the operator gave.
    given: Vec<String>,
}

impl Calendars {
    /// Reads `calendars`; `zone` is whose clock they are meant by.
    pub fn read(item: Option<Item<'_>>, zone: &TimeZone) -> Calendars {
        let mut all = BTreeMap::new();
        let named = item.map(|item| item.named()).unwrap_or_default();
        for (name, item) in &named {
            if let Some(calendar) = calendar(item, zone) {
                all.insert(name.clone(), calendar);
            }
        }
        all.entry(OFFICE.to_owned()).or_insert_with(|| Calendar::round_the_clock(zone.clone()));
        Calendars { all, given: named.into_iter().map(|(name, _)| name).collect() }
    }

    /// The name of a calendar that exists.
    pub fn name(&self, item: &Item<'_>) -> Option<String> {
        let name = item.text()?;
        if self.given.contains(&name) || name == OFFICE {
            return Some(name);
        }
        let known: Vec<&str> = self.given.iter().map(String::as_str).collect();
        let hint = if known.is_empty() { "the desk has none".to_owned() } else { suggestion(&name, &known) };
        item.refuse(format!("there is no calendar \"{name}\""), hint);
        None
    }

    /// A span that counts in `calendar` (else `office`), whose hours must be known where it counts them.
    pub fn span(&self, item: &Item<'_>, calendar: Option<&str>) -> Option<Span> {
        let span: Span = item.parse()?;
        let name = calendar.unwrap_or(OFFICE);
        let counts_hours = matches!(span, Span::Working { .. } | Span::WorkingDays(_));
        if counts_hours && !self.given.iter().any(|given| given == name) {
            item.refuse(
                format!("{span} counts working hours, and the desk has none"),
                format!("add calendars.{name}, or write real hours as in 2H, or days as in 3d"),
            );
        }
        Some(span)
    }
}

fn calendar(item: &Item<'_>, zone: &TimeZone) -> Option<Calendar> {
    let table = item.table()?;
    let mut week = Week::default();
    let holidays = table.get("holidays").map_or_else(Holidays::none, |item| holidays(&item));
    let exceptions = table.get("exceptions").map(|item| exceptions(&item)).unwrap_or_default();
    let days = table.rest();
    let mut perhaps_open = false;
    for (days, item) in &days {
        let hours = item.parse::<DayHours>();
        perhaps_open |= hours.as_ref().is_none_or(|hours| !hours.is_closed());
        let Some(hours) = hours else { continue };
        if let Err(error) = week.set(days, &hours) {
            item.refuse(error.to_string(), "beside days there are holidays and exceptions");
        }
    }
    if days.is_empty() {
        item.refuse("has no hours", "write for example mon-fri = \"09:00-18:00\"");
    } else if !perhaps_open {
        item.refuse("is never open", "a promise in working hours would never fall due");
    }
    Some(Calendar { zone: zone.clone(), week, holidays, exceptions })
}

fn holidays(item: &Item<'_>) -> Holidays {
    let Some(country) = item.text() else { return Holidays::none() };
    if country == "none" {
        return Holidays::none();
    }
    Holidays::for_country(&country).unwrap_or_else(|| {
        let known: Vec<&str> = Holidays::countries().collect();
        item.refuse(
            format!("the holidays of \"{country}\" are not built in"),
            format!("there are {}; write none and the days off as exceptions", known.join(", ")),
        );
        Holidays::none()
    })
}

fn exceptions(item: &Item<'_>) -> BTreeMap<jiff::civil::Date, DayHours> {
    let mut exceptions = BTreeMap::new();
    for (written, item) in item.named() {
        let hours = item.parse::<DayHours>();
        match written.parse::<jiff::civil::Date>() {
            Ok(date) => exceptions.extend(hours.map(|hours| (date, hours))),
            Err(_) => item.refuse(format!("\"{written}\" is no date"), "write for example \"2026-12-24\""),
        }
    }
    exceptions
}
