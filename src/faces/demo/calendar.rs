//! The days of the story: a week that begins on a Thursday and is over when the demo starts.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The desk's clocks.
pub const ZONE: &str = "Europe/Vilnius";

/// So many days after its first the story ends, before this hour.
const LAST_DAY: i64 = 7;
const OVER_BY_HOUR: i8 = 16;

/// A moment of the story: days after its first, and the time on the desk's clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub day: i64,
    pub hour: i8,
    pub minute: i8,
}

/// Day, hour and minute.
pub const fn at(day: i64, hour: i8, minute: i8) -> Moment {
    Moment { day, hour, minute }
}

/// Where the story's days lie.
#[derive(Clone, Debug)]
pub struct Week {
    pub first: Date,
    pub zone: TimeZone,
}

impl Week {
    /// The latest week that is over at `now`.
    pub fn before(now: Timestamp, zone: TimeZone) -> Week {
        let today = now.to_zoned(zone.clone());
        let mut last = today.date();
        if today.hour() < OVER_BY_HOUR {
            last = earlier(last, 1);
        }
        while last.weekday() != Weekday::Thursday {
            last = earlier(last, 1);
        }
        Week { first: earlier(last, LAST_DAY), zone }
    }

    /// The instant of a moment. One that the clocks leave out in spring is the next that they show.
    pub fn instant(&self, moment: Moment) -> Timestamp {
        let civil = self.day(moment.day).at(moment.hour, moment.minute, 0, 0);
        let ambiguous = self.zone.to_ambiguous_timestamp(civil);
        ambiguous.compatible().expect("the story does not play at the end of time")
    }

    /// A day of the story.
    pub fn day(&self, number: i64) -> Date {
        self.first.saturating_add(number.days())
    }

    /// `Thu 12 Nov 15:10`.
    pub fn shown(&self, instant: Timestamp) -> String {
        instant.to_zoned(self.zone.clone()).strftime("%a %-d %b %H:%M").to_string()
    }
}

fn earlier(day: Date, days: i64) -> Date {
    day.saturating_sub(days.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_whole_week_is_taken() {
        let table = [
            ("2026-11-19T13:59:00Z", "2026-11-05"),
            ("2026-11-19T14:00:00Z", "2026-11-12"),
            ("2026-11-22T02:30:00Z", "2026-11-12"),
            ("2026-11-25T23:00:00Z", "2026-11-12"),
            ("2026-11-26T15:00:00Z", "2026-11-19"),
            ("2024-03-07T20:00:00Z", "2024-02-29"),
        ];
        for (now, first) in table {
            let week = Week::before(now.parse().unwrap(), TimeZone::get(ZONE).unwrap());
            assert_eq!(week.first.to_string(), first, "{now}");
        }
    }

    #[test]
    fn a_moment_keeps_its_clock_time_over_the_change_of_clocks() {
        let now = "2026-04-02T20:00:00Z".parse().unwrap();
        let week = Week::before(now, TimeZone::get(ZONE).unwrap());
        assert_eq!(week.shown(week.instant(at(0, 15, 10))), "Thu 26 Mar 15:10");
        assert_eq!(week.instant(at(0, 15, 10)).to_string(), "2026-03-26T13:10:00Z");
        assert_eq!(week.instant(at(4, 9, 30)).to_string(), "2026-03-30T06:30:00Z");
    }
}
