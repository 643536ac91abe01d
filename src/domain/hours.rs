//! Working hours of a day and of a week, as an operator writes them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;

/// A stretch of working time within one day, in minutes of the local clock after midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shift {
    opens: u16,
    closes: u16,
}

/// One past the last minute of a day: how 24:00 is kept.
pub const MIDNIGHT: u16 = 24 * 60;

impl Shift {
    /// When it begins, 0 to 1439.
    pub fn opens(self) -> u16 {
        self.opens
    }

    /// When it ends, 1 to 1440; always after [`Shift::opens`].
    pub fn closes(self) -> u16 {
        self.closes
    }
}

/// The working hours of one day: shifts in order, none overlapping; without any, the day is closed.
///
/// Written `09:00-18:00`, `08:00-12:00, 12:45-17:00` or `closed`; 24:00 may stand as an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DayHours {
    shifts: Vec<Shift>,
}

static CLOSED: DayHours = DayHours { shifts: Vec::new() };

impl DayHours {
    /// No working hours.
    pub fn closed() -> &'static DayHours {
        &CLOSED
    }

    /// From midnight to midnight.
    pub fn whole_day() -> DayHours {
        DayHours { shifts: vec![Shift { opens: 0, closes: MIDNIGHT }] }
    }

    /// The shifts in the order of the day.
    pub fn shifts(&self) -> &[Shift] {
        &self.shifts
    }

    /// Whether nobody works on such a day.
    pub fn is_closed(&self) -> bool {
        self.shifts.is_empty()
    }
}

/// Why a text gives no working hours. The messages are complete clauses for an operator to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// Nothing was written.
    #[error("working hours are empty; write for example 09:00-18:00, or closed")]
    Empty,
    /// A stretch without its dash.
    #[error("\"{shift}\" is no stretch of time; write for example 09:00-18:00")]
    NoShift {
        /// The stretch as written.
        shift: String,
    },
    /// No time of day.
    #[error("\"{time}\" is no time of day; write hours and minutes, from 00:00 to 24:00")]
    NoTime {
        /// The time as written.
        time: String,
    },
    /// A stretch that is empty or runs backwards.
    #[error(
        "\"{shift}\" ends before it begins; work over midnight is written on two days, \
         as in 22:00-24:00 and 00:00-06:00"
    )]
    Backwards {
        /// The stretch as written.
        shift: String,
    },
    /// Two stretches that overlap or stand in the wrong order.
    #[error("\"{shift}\" begins before {end}, the end of the stretch before it")]
    Overlap {
        /// The later stretch as written.
        shift: String,
        /// The end of the earlier one.
        end: String,
    },
    /// No day of the week.
    #[error("\"{day}\" is no day of the week; the days are mon, tue, wed, thu, fri, sat and sun")]
    NoDay {
        /// The day as written.
        day: String,
    },
    /// A day that has its hours already.
    #[error("{day} has its working hours twice")]
    Twice {
        /// The day.
        day: &'static str,
    },
}

impl FromStr for DayHours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<DayHours, HoursError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HoursError::Empty);
        }
        if text == "closed" {
            return Ok(CLOSED.clone());
        }
        let mut shifts: Vec<Shift> = Vec::new();
        for written in text.split(',').map(str::trim) {
            let shift = parse_shift(written)?;
            if let Some(before) = shifts.last().filter(|before| shift.opens < before.closes) {
                let end = Clock(before.closes).to_string();
                return Err(HoursError::Overlap { shift: written.into(), end });
            }
            shifts.push(shift);
        }
        Ok(DayHours { shifts })
    }
}

fn parse_shift(written: &str) -> Result<Shift, HoursError> {
    // Word processors turn the hyphen between two numbers into a dash.
    let (opens, closes) =
        written.split_once(['-', '–']).ok_or_else(|| HoursError::NoShift { shift: written.into() })?;
    let (opens, closes) = (parse_clock(opens.trim())?, parse_clock(closes.trim())?);
    if opens >= closes {
        return Err(HoursError::Backwards { shift: written.into() });
    }
    Ok(Shift { opens, closes })
}

fn parse_clock(written: &str) -> Result<u16, HoursError> {
    let number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        let sound = lengths.contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then(|| digits.parse::<u16>().ok()).flatten()
    };
    let minute = written.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
        (minutes < 60).then_some(hours * 60 + minutes)
    });
    minute.filter(|minute| *minute <= MIDNIGHT).ok_or_else(|| HoursError::NoTime { time: written.into() })
}

/// A minute of the day, written as on a clock.
struct Clock(u16);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl fmt::Display for DayHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_closed() {
            return f.write_str("closed");
        }
        for (n, shift) in self.shifts.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{}-{}", Clock(shift.opens), Clock(shift.closes))?;
        }
        Ok(())
    }
}

/// The working hours of each day of the week; closed where nothing was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    days: [Option<DayHours>; 7],
}

impl Week {
    /// Every day from midnight to midnight.
    pub fn round_the_clock() -> Week {
        Week { days: std::array::from_fn(|_| Some(DayHours::whole_day())) }
    }

    /// Gives `hours` to the days named by `days`, as in `mon-fri`, `sat` or `mon, wed-fri`.
    ///
    /// # Errors
    /// Where `days` names no days, or one that was given its hours before; the week is then unchanged.
    pub fn set(&mut self, days: &str, hours: &DayHours) -> Result<(), HoursError> {
        let named = parse_days(days)?;
        if let Some(again) = named.iter().find(|day| self.days[slot(**day)].is_some()) {
            return Err(HoursError::Twice { day: short_name(*again) });
        }
        for day in named {
            self.days[slot(day)] = Some(hours.clone());
        }
        Ok(())
    }

    /// The hours of a day of the week.
    pub fn on(&self, day: Weekday) -> &DayHours {
        self.days[slot(day)].as_ref().unwrap_or(&CLOSED)
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

fn slot(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

fn short_name(day: Weekday) -> &'static str {
    DAYS[slot(day)].0
}

/// Reads days of the week: `mon-fri`, `mon-sun`, `sat`, `mon, wed-fri`. A range may run over the end
/// of the week, as `sat-mon` does.
///
/// # Errors
/// [`HoursError::NoDay`], or [`HoursError::Twice`] where a day is named twice.
pub fn parse_days(text: &str) -> Result<Vec<Weekday>, HoursError> {
    let mut named = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (first, last) = match part.split_once(['-', '–']) {
            Some((first, last)) => (parse_day(first.trim())?, parse_day(last.trim())?),
            None => (parse_day(part)?, parse_day(part)?),
        };
        let length = (slot(last) + 7 - slot(first)) % 7;
        for step in 0..=length {
            let (name, day) = DAYS[(slot(first) + step) % 7];
            if named.contains(&day) {
                return Err(HoursError::Twice { day: name });
            }
            named.push(day);
        }
    }
    Ok(named)
}

fn parse_day(written: &str) -> Result<Weekday, HoursError> {
    DAYS.iter()
        .find(|(name, _)| written.eq_ignore_ascii_case(name))
        .map(|(_, day)| *day)
        .ok_or_else(|| HoursError::NoDay { day: written.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_day_are_read_and_written_back() {
        for (written, back) in [
            ("09:00-18:00", "09:00-18:00"),
            ("9:00 – 18:00", "09:00-18:00"),
            ("08:00-12:00, 12:45-17:00", "08:00-12:00, 12:45-17:00"),
            ("08:00-12:00,12:00-17:00", "08:00-12:00, 12:00-17:00"),
            ("00:00-24:00", "00:00-24:00"),
            ("closed", "closed"),
        ] {
            let hours: DayHours = written.parse().unwrap_or_else(|problem| panic!("{written}: {problem}"));
            assert_eq!(hours.to_string(), back);
        }
    }

    #[test]
    fn what_is_no_working_time_is_refused_with_the_very_piece() {
        let no_time = |time: &str| {
            format!("\"{time}\" is no time of day; write hours and minutes, from 00:00 to 24:00")
        };
        for (written, message) in [
            ("", "working hours are empty; write for example 09:00-18:00, or closed".to_owned()),
            ("09:00", "\"09:00\" is no stretch of time; write for example 09:00-18:00".to_owned()),
            ("09:00-18:00,", "\"\" is no stretch of time; write for example 09:00-18:00".to_owned()),
            ("9-18", no_time("9")),
            ("09:00-24:01", no_time("24:01")),
            ("09:60-18:00", no_time("09:60")),
            ("09:00-18:0", no_time("18:0")),
            ("+9:00-18:00", no_time("+9:00")),
            (
                "22:00-06:00",
                "\"22:00-06:00\" ends before it begins; work over midnight is written on two days, \
                 as in 22:00-24:00 and 00:00-06:00"
                    .to_owned(),
            ),
            (
                "08:00-12:00, 11:30-17:00",
                "\"11:30-17:00\" begins before 12:00, the end of the stretch before it".to_owned(),
            ),
        ] {
            assert_eq!(written.parse::<DayHours>().expect_err(written).to_string(), message);
        }
    }

    #[test]
    fn days_of_the_week_are_read_as_ranges_and_lists() {
        let names = |text: &str| {
            parse_days(text).map(|days| days.into_iter().map(short_name).collect::<Vec<_>>().join(" "))
        };
        for (written, days) in [
            ("mon-thu", "mon tue wed thu"),
            ("mon-sun", "mon tue wed thu fri sat sun"),
            ("sat", "sat"),
            ("Mon, wed-fri", "mon wed thu fri"),
            ("sat-mon", "sat sun mon"),
            ("sun-sat", "sun mon tue wed thu fri sat"),
        ] {
            assert_eq!(names(written).as_deref(), Ok(days), "{written}");
        }
        let twice = HoursError::Twice { day: "tue" };
        assert_eq!(names("mon-wed, tue"), Err(twice.clone()));
        assert_eq!(twice.to_string(), "tue has its working hours twice");
        let problem = names("mon-fry").unwrap_err().to_string();
        assert_eq!(
            problem,
            "\"fry\" is no day of the week; the days are mon, tue, wed, thu, fri, sat and sun"
        );
        assert!(names("").is_err());
    }

    #[test]
    fn a_day_given_twice_in_a_week_is_an_error_and_changes_nothing() {
        let mut week = Week::default();
        let long: DayHours = "08:00-17:00".parse().unwrap();
        week.set("mon-thu", &long).unwrap();
        week.set("sun", DayHours::closed()).unwrap();
        assert_eq!(week.set("thu-fri", &DayHours::whole_day()), Err(HoursError::Twice { day: "thu" }));
        assert_eq!(week.set("sun", &long), Err(HoursError::Twice { day: "sun" }));
        assert_eq!(week.on(Weekday::Thursday), &long);
        assert!(week.on(Weekday::Friday).is_closed());
    }
}
