//! How the law of a country is written down here, and what follows from it for a year.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The days off of one country.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Law {
    /// ISO 3166 code in capitals.
    pub country: &'static str,
    /// The first year for which all below is right.
    pub known_from: i16,
    pub rules: &'static [Rule],
    /// Days off of one year only.
    pub once: &'static [Once],
    /// Years whose moved days a government has fixed; in them no rule moves a day by itself.
    pub decrees: &'static [Decree],
}

/// A holiday that comes back every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    when: When,
    name: &'static str,
    since: i16,
    not_in: Option<i16>,
    moves: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    On(i8, i8),
    /// Days after Easter Sunday, negative before it.
    Easter(i32),
    /// The n-th such day of a month, negative from its end.
    Nth(i8, Weekday, i8),
}

/// A day off of one year.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Once(pub Date, pub &'static str);

/// What a government fixed for one year.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decree {
    pub year: i16,
    /// Days off (month, day) beside the holidays themselves.
    pub off: &'static [(i8, i8)],
    /// Working weekend days (month, day) and the day of the week in whose place they are worked.
    pub worked: &'static [(i8, i8, Weekday)],
}

const DECREED: &str = "Day off by decree";

impl Rule {
    pub const fn on(month: i8, day: i8, name: &'static str) -> Rule {
        Rule::new(When::On(month, day), name)
    }

    pub const fn easter(days_after: i32, name: &'static str) -> Rule {
        Rule::new(When::Easter(days_after), name)
    }

    pub const fn nth(nth: i8, day: Weekday, month: i8, name: &'static str) -> Rule {
        Rule::new(When::Nth(nth, day, month), name)
    }

    const fn new(when: When, name: &'static str) -> Rule {
        Rule { when, name, since: i16::MIN, not_in: None, moves: false }
    }

    /// A day off only since this year.
    pub const fn since(self, year: i16) -> Rule {
        Rule { since: year, ..self }
    }

    /// Left out in one year, because it was kept on another day.
    pub const fn not_in(self, year: i16) -> Rule {
        Rule { not_in: Some(year), ..self }
    }

    /// On a Saturday or Sunday, the next day that is neither weekend nor holiday is off as well.
    pub const fn moving(self) -> Rule {
        Rule { moves: true, ..self }
    }

    fn date_in(&self, year: i16) -> Option<Date> {
        if year < self.since || self.not_in == Some(year) {
            return None;
        }
        match self.when {
            When::On(month, day) => Date::new(year, month, day).ok(),
            When::Easter(days_after) => easter_sunday(year)?.checked_add(days_after.days()).ok(),
            When::Nth(nth, day, month) => Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, day).ok(),
        }
    }
}

impl Law {
    /// The days off of a year with their names: in no order, and some perhaps twice under two names.
    pub fn days_off(&self, year: i16) -> Vec<(Date, &'static str)> {
        let mut days: Vec<_> =
            self.rules.iter().filter_map(|rule| Some((rule.date_in(year)?, rule.name))).collect();
        days.extend(self.once.iter().filter(|once| once.0.year() == year).map(|once| (once.0, once.1)));
        if let Some(decree) = self.decree(year) {
            let off = decree.off.iter().filter_map(|&(month, day)| Date::new(year, month, day).ok());
            days.extend(off.map(|date| (date, DECREED)));
            return days;
        }
        for rule in self.rules.iter().filter(|rule| rule.moves) {
            let Some(own) = rule.date_in(year).filter(|date| is_weekend(*date)) else { continue };
            let taken = |date: Date| is_weekend(date) || days.iter().any(|(off, _)| *off == date);
            if let Some(free) = (1..=14).filter_map(|n| own.checked_add(n.days()).ok()).find(|d| !taken(*d)) {
                days.push((free, rule.name));
            }
        }
        days
    }

    pub fn name_of(&self, date: Date) -> Option<&'static str> {
        self.days_off(date.year()).into_iter().find(|(off, _)| *off == date).map(|(_, name)| name)
    }

    pub fn works_as(&self, date: Date) -> Option<Weekday> {
        let worked = self.decree(date.year())?.worked;
        worked.iter().find(|(month, day, _)| (*month, *day) == (date.month(), date.day())).map(|row| row.2)
    }

    fn decree(&self, year: i16) -> Option<&'static Decree> {
        self.decrees.iter().find(|decree| decree.year == year)
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// Easter Sunday by the Gregorian reckoning ("anonymous" algorithm, Nature, 20 April 1876).
pub(super) fn easter_sunday(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (century, in_century) = (y.div_euclid(100), y.rem_euclid(100));
    let golden = y.rem_euclid(19);
    let moon_correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let epact = (19 * golden + century - century.div_euclid(4) - moon_correction + 15).rem_euclid(30);
    let to_sunday =
        (32 + 2 * century.rem_euclid(4) + 2 * (in_century / 4) - epact - in_century % 4).rem_euclid(7);
    let late = (golden + 11 * epact + 22 * to_sunday).div_euclid(451);
    let after_21_march = epact + to_sunday - 7 * late + 1;
    Date::new(year, 3, 21).ok()?.checked_add(after_21_march.days()).ok()
}

/// A day off of one year only.
pub(super) const fn once(year: i16, month: i8, day: i8, name: &'static str) -> Once {
    Once(date(year, month, day), name)
}
