//! Working time: hours of the week, holidays and exceptions in a time zone.
//!
//! Everything is reckoned on instants. The local clock says only when a shift begins and ends; how long it
//! is, is the real time between, so that a shift over a change of the clock is an hour longer or shorter.
//! A shift that begins (ends) at a clock time that comes twice begins with the first (ends with the second),
//! one at a clock time that is skipped begins (ends) at the moment of the change.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::holidays::Holidays;
use super::hours::{DayHours, MIDNIGHT, Week};
use super::span::Span;

/// How far ahead working time is looked for, in days of 24 hours: ten years.
pub const HORIZON_DAYS: u32 = 3_660;

/// When somebody works.
///
/// No question takes long or has no answer: none looks further than [`HORIZON_DAYS`] ahead. A moment that
/// lies beyond it, or never comes because the calendar is never open, is answered with the horizon itself,
/// that is the moment asked from plus [`HORIZON_DAYS`] of 24 hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Whose clock the hours are meant by.
    pub zone: TimeZone,
    /// The ordinary week.
    pub week: Week,
    /// Days off. A working weekend day by law has the hours of the day it is exchanged for.
    pub holidays: Holidays,
    /// Single dates with hours of their own; they go before holidays and week.
    pub exceptions: BTreeMap<Date, DayHours>,
}

/// A stretch of open time, from its first instant to the first instant after it.
type Stretch = (Timestamp, Timestamp);

impl Calendar {
    /// Open always, for a desk that has named no hours.
    pub fn round_the_clock(zone: TimeZone) -> Calendar {
        let (holidays, exceptions) = (Holidays::none(), BTreeMap::new());
        Calendar { zone, week: Week::round_the_clock(), holidays, exceptions }
    }

    /// The hours of a date: by exception, holiday, exchanged working day or day of the week.
    pub fn hours_on(&self, date: Date) -> &DayHours {
        if let Some(hours) = self.exceptions.get(&date) {
            return hours;
        }
        if self.holidays.is_holiday(date).is_some() {
            return DayHours::closed();
        }
        self.week.on(self.holidays.works_as(date).unwrap_or(date.weekday()))
    }

    /// The date that the local clock shows at an instant.
    pub fn local_date(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// Whether somebody works at this instant. The closing time itself is closed.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.stretches(at, 2).next().is_some_and(|(opens, _)| opens == at)
    }

    /// The first open instant at or after `from`, which is `from` itself while open; `None` if there is
    /// none within [`HORIZON_DAYS`].
    pub fn next_opening(&self, from: Timestamp) -> Option<Timestamp> {
        self.stretches(from, HORIZON_DAYS).next().map(|(opens, _)| opens)
    }

    /// The instant when `work` of working time has passed since `from`. What ends exactly with a shift ends
    /// at its closing time, not at the next opening; no work at all ends at `from`. Beyond
    /// [`HORIZON_DAYS`]: the horizon.
    pub fn after(&self, from: Timestamp, work: Duration) -> Timestamp {
        if work.is_zero() {
            return from;
        }
        let mut left = work;
        for (opens, closes) in self.stretches(from, HORIZON_DAYS) {
            let room = length(opens, closes);
            if left <= room {
                return opens.saturating_add(left).unwrap_or(Timestamp::MAX);
            }
            left -= room;
        }
        horizon(from, HORIZON_DAYS)
    }

    /// The working time from `from` to `to`, at most that of [`HORIZON_DAYS`]; none if `to` is not later.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Duration {
        self.stretches(from, HORIZON_DAYS)
            .take_while(|(opens, _)| *opens < to)
            .map(|(opens, closes)| length(opens, closes.min(to)))
            .sum()
    }

    /// The closing time of the last shift on a date; `None` if nobody works on it.
    pub fn closing_on(&self, date: Date) -> Option<Timestamp> {
        self.stretches_on(date).last().map(|(_, closes)| closes)
    }

    /// The closing time on the n-th working day after the local date of `from`; that date itself never
    /// counts, whatever the hour. A working day is a date with any working hours. `n` of 0 is taken as 1.
    /// Beyond [`HORIZON_DAYS`]: the horizon.
    pub fn end_of_nth_working_day(&self, from: Timestamp, n: u32) -> Timestamp {
        let skipped = usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
        let closings =
            dates_after(self.local_date(from), HORIZON_DAYS).filter_map(|date| self.closing_on(date));
        let end = horizon(from, HORIZON_DAYS);
        closings.take_while(|closing| *closing < end).nth(skipped).unwrap_or(end)
    }

    /// The same time on the local clock `days` calendar days later, [`HORIZON_DAYS`] at most. A time that comes twice on that day is
    /// the first of the two; one that is skipped is as much after the change as it would have been.
    pub fn same_time_after_days(&self, from: Timestamp, days: u32) -> Timestamp {
        let local = from.to_zoned(self.zone.clone());
        local
            .checked_add(i64::from(days.min(HORIZON_DAYS)).days())
            .map_or(Timestamp::MAX, |at| at.timestamp())
    }

    /// When a promise made at `from` falls due.
    pub fn due(&self, from: Timestamp, promise: &Span) -> Timestamp {
        match *promise {
            Span::Working { minutes } => self.after(from, Duration::from_secs(u64::from(minutes) * 60)),
            Span::Real { hundredths } => {
                let real = Duration::from_secs(u64::from(hundredths) * 36);
                from.saturating_add(real).unwrap_or(Timestamp::MAX)
            }
            Span::WorkingDays(days) => self.end_of_nth_working_day(from, days),
            Span::Days(days) => self.same_time_after_days(from, days),
        }
    }

    /// Open time from `from` on for so many days: in order, never overlapping, cut off at both ends.
    fn stretches(&self, from: Timestamp, days: u32) -> impl Iterator<Item = Stretch> {
        let end = horizon(from, days);
        let mut cursor = from;
        // A clock set back over midnight can bring the day before back, so one day earlier is looked at, too.
        let first = self.local_date(from).saturating_sub(2.days());
        dates_after(first, days.saturating_add(3)).flat_map(|date| self.stretches_on(date)).filter_map(
            move |(opens, closes)| {
                let (opens, closes) = (opens.max(cursor), closes.min(end));
                (opens < closes).then(|| {
                    cursor = closes;
                    (opens, closes)
                })
            },
        )
    }

    fn stretches_on(&self, date: Date) -> impl Iterator<Item = Stretch> {
        let shifts = self.hours_on(date).shifts();
        shifts.iter().filter_map(move |shift| {
            let opens = self.instant(date, shift.opens(), Edge::Opening)?;
            let closes = self.instant(date, shift.closes(), Edge::Closing)?;
            (opens < closes).then_some((opens, closes))
        })
    }

    /// The instant at which the local clock of a date passes a minute of the day.
    fn instant(&self, date: Date, minute: u16, edge: Edge) -> Option<Timestamp> {
        // 24:00 is where the next day begins, which no day may pass.
        let (date, minute, edge) =
            if minute == MIDNIGHT { (date.tomorrow().ok()?, 0, Edge::Opening) } else { (date, minute, edge) };
        let local = date.to_datetime(Time::midnight()).checked_add(i64::from(minute).minutes()).ok()?;
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, after } => {
                let offset = if edge == Edge::Opening { before } else { after };
                offset.to_timestamp(local).ok()
            }
            AmbiguousOffset::Gap { before, .. } => self.change_before(before.to_timestamp(local).ok()?),
        }
    }

    /// The change of the clock that skipped a local time, from the instant at which the old clock would
    /// have shown that time.
    fn change_before(&self, at: Timestamp) -> Option<Timestamp> {
        let past = at.checked_add(SignedDuration::from_nanos(1)).ok()?;
        self.zone.preceding(past).next().map(|change| change.timestamp())
    }
}

/// Which end of a shift a clock time is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Opening,
    Closing,
}

fn length(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).try_into().unwrap_or(Duration::ZERO)
}

fn horizon(from: Timestamp, days: u32) -> Timestamp {
    let ahead = SignedDuration::from_hours(i64::from(days) * 24);
    from.saturating_add(ahead).unwrap_or(Timestamp::MAX)
}

/// The dates after a date, so many of them, fewer at the end of all dates.
fn dates_after(date: Date, count: u32) -> impl Iterator<Item = Date> {
    std::iter::successors(date.tomorrow().ok(), |date| date.tomorrow().ok())
        .take(usize::try_from(count).unwrap_or(usize::MAX))
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
