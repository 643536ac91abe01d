//! A stretch of days: what a statement or a bill is about.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// First and last day, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    pub from: Date,
    pub to: Date,
}

/// How often something recurs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rhythm {
    #[default]
    Month,
    Quarter,
}

impl Period {
    /// The month or the quarter of a day.
    pub fn around(day: Date, rhythm: Rhythm) -> Period {
        let (first, months) = match rhythm {
            Rhythm::Month => (day.month(), 1),
            Rhythm::Quarter => ((day.month() - 1) / 3 * 3 + 1, 3),
        };
        let from = day.first_of_year().saturating_add(Span::new().months(i32::from(first) - 1));
        // Not in one step: all parts of a span have one sign.
        let next = from.saturating_add(Span::new().months(months));
        Period { from, to: next.saturating_sub(Span::new().days(1)) }
    }

    /// The month of that number (1 to 12).
    pub fn month(year: i16, month: i8) -> Option<Period> {
        Some(Period::around(Date::new(year, month, 1).ok()?, Rhythm::Month))
    }

    /// The quarter of that number (1 to 4).
    pub fn quarter(year: i16, quarter: i8) -> Option<Period> {
        let first = quarter.checked_sub(1)?.checked_mul(3)?.checked_add(1)?;
        Some(Period::around(Date::new(year, first, 1).ok()?, Rhythm::Quarter))
    }

    /// Reads `2026-02`, `2026-Q1`, `2026`, `2026-02-10`, or two days parted by `..` or a blank.
    pub fn parse(text: &str) -> Option<Period> {
        let text = text.trim();
        if let Some((from, to)) = text.split_once("..").or_else(|| text.split_once(' ')) {
            let period = Period { from: from.trim().parse().ok()?, to: to.trim().parse().ok()? };
            return (period.from <= period.to).then_some(period);
        }
        if let Ok(day) = text.parse() {
            return Some(Period { from: day, to: day });
        }
        match text.split_once('-') {
            None if text.len() == 4 => {
                let year = text.parse().ok()?;
                Some(Period { from: Period::month(year, 1)?.from, to: Period::month(year, 12)?.to })
            }
            None => None,
            Some((year, part)) => match part.strip_prefix(['Q', 'q']) {
                Some(quarter) => Period::quarter(year.parse().ok()?, quarter.parse().ok()?),
                None => Period::month(year.parse().ok()?, part.parse().ok()?),
            },
        }
    }

    /// The first instant of its first day and the first instant after its last, in a zone.
    ///
    /// # Errors
    /// The dates lie beyond what can be reckoned with.
    pub fn instants(&self, zone: &TimeZone) -> Result<(Timestamp, Timestamp), jiff::Error> {
        let from = self.from.to_zoned(zone.clone())?.timestamp();
        let until = self.to.tomorrow()?.to_zoned(zone.clone())?.timestamp();
        Ok((from, until))
    }

    /// `2026-02`, `2026-Q1`, else both days.
    pub fn name(&self) -> String {
        if *self == Period::around(self.from, Rhythm::Month) {
            return self.from.strftime("%Y-%m").to_string();
        }
        if *self == Period::around(self.from, Rhythm::Quarter) {
            return format!("{}-Q{}", self.from.year(), (self.from.month() - 1) / 3 + 1);
        }
        format!("{} {}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_and_quarters_end_on_their_last_day() {
        for (period, from, to, name) in [
            (Period::month(2026, 2), date(2026, 2, 1), date(2026, 2, 28), "2026-02"),
            (Period::month(2028, 2), date(2028, 2, 1), date(2028, 2, 29), "2028-02"),
            (Period::quarter(2026, 2), date(2026, 4, 1), date(2026, 6, 30), "2026-Q2"),
            (Period::quarter(2026, 4), date(2026, 10, 1), date(2026, 12, 31), "2026-Q4"),
        ] {
            let period = period.expect("exists");
            assert_eq!((period.from, period.to, period.name().as_str()), (from, to, name));
        }
        assert_eq!(
            (Period::month(2026, 13), Period::quarter(2026, 5), Period::quarter(2026, 0)),
            (None, None, None)
        );
    }

    #[test]
    fn periods_are_read_as_they_are_written() {
        for period in [
            Period::month(2026, 2),
            Period::quarter(2026, 1),
            Some(Period { from: date(2026, 2, 3), to: date(2026, 3, 4) }),
        ] {
            let period = period.expect("exists");
            assert_eq!(Period::parse(&period.name()), Some(period));
        }
        let days = |from, to| Some(Period { from, to });
        for (text, expected) in [
            ("2026", days(date(2026, 1, 1), date(2026, 12, 31))),
            ("2026-q4", days(date(2026, 10, 1), date(2026, 12, 31))),
            ("2026-02-03", days(date(2026, 2, 3), date(2026, 2, 3))),
            ("2026-02-03 .. 2026-02-05", days(date(2026, 2, 3), date(2026, 2, 5))),
            ("2026-02-05..2026-02-03", None),
            ("2026-13", None),
            ("2026-Q5", None),
            ("February", None),
            ("26", None),
            ("", None),
        ] {
            assert_eq!(Period::parse(text), expected, "{text}");
        }
    }
}
