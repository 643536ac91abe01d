//! Public holidays: nationwide days off of the countries our desks live in, and an operator's own.
//!
//! One file for each country, each telling from which year its table holds. Regional holidays are
//! for the operator's own list.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};

use law::Law;

mod cz;
mod de;
mod ee;
mod gb;
mod law;
mod lt;
mod lv;
mod pl;
mod ru;

/// The days off of one calendar: those of a country, if any, and the operator's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holidays {
    law: Option<&'static Law>,
    own: BTreeMap<Date, String>,
}

const LAWS: [&Law; 8] = [&cz::LAW, &de::LAW, &ee::LAW, &gb::LAW, &lt::LAW, &lv::LAW, &pl::LAW, &ru::LAW];

impl Holidays {
    /// No days off at all.
    pub fn none() -> Holidays {
        Holidays::default()
    }

    /// The nationwide holidays of a country by its ISO 3166 code, in any case; `None` where the
    /// country is not built in. `GB` is England.
    pub fn for_country(code: &str) -> Option<Holidays> {
        let law = LAWS.into_iter().find(|law| law.country.eq_ignore_ascii_case(code))?;
        Some(Holidays { law: Some(law), own: BTreeMap::new() })
    }

    /// The codes that [`Holidays::for_country`] knows, in alphabetical order.
    pub fn countries() -> impl Iterator<Item = &'static str> {
        LAWS.into_iter().map(|law| law.country)
    }

    /// The code of the country, if there is one.
    pub fn country(&self) -> Option<&'static str> {
        self.law.map(|law| law.country)
    }

    /// The same with one more day off, the operator's own.
    #[must_use]
    pub fn with(mut self, date: Date, name: impl Into<String>) -> Holidays {
        self.own.insert(date, name.into());
        self
    }

    /// The name of the holiday on this date, in English; a day off in place of a holiday that fell on
    /// a weekend bears the name of that holiday. The operator's own name goes first.
    pub fn is_holiday(&self, date: Date) -> Option<&str> {
        let own = self.own.get(&date).map(String::as_str);
        own.or_else(|| self.law?.name_of(date))
    }

    /// Where a law makes this date, a weekend by nature, a working day in exchange for another: the
    /// day of the week whose hours are worked.
    pub fn works_as(&self, date: Date) -> Option<Weekday> {
        self.law?.works_as(date)
    }

    /// All days off of a year with their names, in order.
    pub fn list(&self, year: i16) -> Vec<(Date, &str)> {
        let of_law = self.law.map(|law| law.days_off(year)).unwrap_or_default();
        let mut days: BTreeMap<Date, &str> = BTreeMap::new();
        for (date, name) in of_law {
            days.entry(date).or_insert(name);
        }
        let own = self.own.iter().filter(|(date, _)| date.year() == year);
        days.extend(own.map(|(date, name)| (*date, name.as_str())));
        days.into_iter().collect()
    }

    /// The first year for which the country's table is right; before it the table is today's law.
    pub fn known_from(&self) -> Option<i16> {
        self.law.map(|law| law.known_from)
    }

    /// The last year whose days off are decreed, in a country that decrees them year by year; later
    /// years follow the standing rule until a decree is known. `None` where the law itself says it.
    pub fn decreed_until(&self) -> Option<i16> {
        self.law?.decrees.iter().map(|decree| decree.year).max()
    }
}

#[cfg(test)]
#[path = "holidays_tests.rs"]
mod tests;
