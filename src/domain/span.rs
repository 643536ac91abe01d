//! The notation of promises: how long until something is due.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time as an operator writes it in a promise.
///
/// | written | meaning |
/// |---|---|
/// | `4h`, `30m`, `1h30m`, `0.25h` | [`Span::Working`]: time while the calendar is open |
/// | `2H`, `0.25H` | [`Span::Real`]: hours that pass by day and night |
/// | `4wd` | [`Span::WorkingDays`]: closing time of the fourth working day after today |
/// | `3d` | [`Span::Days`]: the same time on the clock three days later |
///
/// Capital and small letters differ. [`Calendar::due`](super::calendar::Calendar::due) turns a span
/// into a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Working time, in minutes.
    Working {
        /// 1 to 600,000 when it was parsed.
        minutes: u32,
    },
    /// Real time, in hundredths of an hour (36 seconds).
    Real {
        /// 1 to 1,000,000 when it was parsed.
        hundredths: u32,
    },
    /// The end of working hours on the n-th working day after the local date of receipt.
    WorkingDays(u32),
    /// The same local clock time n calendar days later.
    Days(u32),
}

/// The longest working or real time that can be promised, in hours.
const MOST_HOURS: u32 = 10_000;
/// The longest number of days that can be promised.
const MOST_DAYS: u32 = 3_660;

/// Why a text is no [`Span`]. The messages are complete clauses for an operator to read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Nothing was written.
    #[error("a length of time is empty; write for example 4h, 30m, 2H, 4wd or 3d")]
    Empty,
    /// A unit without a number before it, or a number that cannot be read.
    #[error("\"{text}\" has no number before \"{rest}\"; write for example 4h, 30m, 2H, 4wd or 3d")]
    NoNumber {
        /// The whole text.
        text: String,
        /// From where it could not be read.
        rest: String,
    },
    /// A number without a unit.
    #[error("\"{text}\" has no unit; write h or m for working time, H for real hours, wd or d for days")]
    NoUnit {
        /// The whole text.
        text: String,
    },
    /// An unknown unit.
    #[error("\"{unit}\" in \"{text}\" is no unit; {hint}")]
    Unit {
        /// The whole text.
        text: String,
        /// The unit as written.
        unit: String,
        /// What was perhaps meant.
        hint: &'static str,
    },
    /// Units that cannot stand together or in this order.
    #[error("\"{text}\" mixes units; only hours and then minutes go together, as in 1h30m")]
    Mixed {
        /// The whole text.
        text: String,
    },
    /// A fraction finer than the unit allows.
    #[error("\"{text}\" is too fine; {hint}")]
    TooFine {
        /// The whole text.
        text: String,
        /// How fine it may be.
        hint: &'static str,
    },
    /// Nothing at all is promised.
    #[error("\"{text}\" is no time at all; it must be more than zero")]
    Zero {
        /// The whole text.
        text: String,
    },
    /// More than ten thousand hours or 3,660 days.
    #[error("\"{text}\" is too long; at most 10000 hours or 3660 days")]
    TooLong {
        /// The whole text.
        text: String,
    },
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(written: &str) -> Result<Span, SpanError> {
        let text = written.trim();
        if text.is_empty() {
            return Err(SpanError::Empty);
        }
        let first = Piece::cut(text, text)?;
        match (first.unit, first.rest) {
            ("h", "") => working(text, first.sixtieths(text)?),
            ("m", "") => working(text, first.whole(text)?),
            ("h", rest) => {
                let second = Piece::cut(text, rest)?;
                if second.unit != "m" || !second.rest.is_empty() {
                    return Err(SpanError::Mixed { text: text.into() });
                }
                working(text, first.sixtieths(text)?.saturating_add(second.whole(text)?))
            }
            ("H", "") => {
                let hundredths = within(text, first.hundredths(text)?, MOST_HOURS * 100)?;
                Ok(Span::Real { hundredths })
            }
            ("wd", "") => Ok(Span::WorkingDays(within(text, first.whole(text)?, MOST_DAYS)?)),
            ("d", "") => Ok(Span::Days(within(text, first.whole(text)?, MOST_DAYS)?)),
            _ => Err(SpanError::Mixed { text: text.into() }),
        }
    }
}

fn working(text: &str, minutes: u64) -> Result<Span, SpanError> {
    Ok(Span::Working { minutes: within(text, minutes, MOST_HOURS * 60)? })
}

fn within(text: &str, amount: u64, most: u32) -> Result<u32, SpanError> {
    match u32::try_from(amount) {
        Ok(0) => Err(SpanError::Zero { text: text.into() }),
        Ok(amount) if amount <= most => Ok(amount),
        _ => Err(SpanError::TooLong { text: text.into() }),
    }
}

/// One number with its unit, and what follows it.
struct Piece<'a> {
    whole: u64,
    /// The digits after the decimal point, without zeros at the end.
    fraction: &'a str,
    unit: &'static str,
    rest: &'a str,
}

impl<'a> Piece<'a> {
    fn cut(text: &str, from: &'a str) -> Result<Piece<'a>, SpanError> {
        let number_end = from.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(from.len());
        let (number, rest) = from.split_at(number_end);
        let no_number = || SpanError::NoNumber { text: text.into(), rest: from.into() };
        let (whole, fraction) =
            number.split_once('.').map_or((number, ""), |(whole, fraction)| (whole, fraction));
        if whole.is_empty() || fraction.contains('.') || number.ends_with('.') {
            return Err(no_number());
        }
        // Only digits are left, so that the one way to fail is a number beyond all bounds.
        let whole = whole.parse().map_err(|_| SpanError::TooLong { text: text.into() })?;
        let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit_end);
        let unit = known_unit(text, unit.trim())?;
        Ok(Piece { whole, fraction: fraction.trim_end_matches('0'), unit, rest })
    }

    fn whole(&self, text: &str) -> Result<u64, SpanError> {
        if self.fraction.is_empty() {
            return Ok(self.whole);
        }
        let hint = "minutes and days are whole numbers";
        Err(SpanError::TooFine { text: text.into(), hint })
    }

    /// Hundredths of the number, which must be exact.
    fn hundredths(&self, text: &str) -> Result<u64, SpanError> {
        let hundredths = match self.fraction.len() {
            0 => Some(0),
            1 => self.fraction.parse::<u64>().ok().map(|tenths| tenths * 10),
            2 => self.fraction.parse::<u64>().ok(),
            _ => None,
        };
        let hint = "at most two digits after the decimal point";
        let hundredths = hundredths.ok_or(SpanError::TooFine { text: text.into(), hint })?;
        Ok(self.whole.saturating_mul(100).saturating_add(hundredths))
    }

    /// Sixtieths of the number, which must be exact.
    fn sixtieths(&self, text: &str) -> Result<u64, SpanError> {
        let hundred_times = self.hundredths(text)?.saturating_mul(60);
        if hundred_times % 100 == 0 || hundred_times == u64::MAX {
            return Ok(hundred_times / 100);
        }
        let hint = "it is no whole number of minutes; write the minutes, as in 20m";
        Err(SpanError::TooFine { text: text.into(), hint })
    }
}

fn known_unit(text: &str, unit: &str) -> Result<&'static str, SpanError> {
    let hint = match unit {
        "h" => return Ok("h"),
        "m" => return Ok("m"),
        "H" => return Ok("H"),
        "wd" => return Ok("wd"),
        "d" => return Ok("d"),
        "" => return Err(SpanError::NoUnit { text: text.into() }),
        "M" | "min" | "mins" | "minutes" => {
            "m is working minutes, and real time is written in hours, as in 0.25H"
        }
        "D" | "day" | "days" => "d is calendar days, wd working days",
        "WD" | "Wd" | "wD" | "bd" => "wd is working days",
        "w" | "W" | "week" | "weeks" => "write weeks in days, as in 14d or 10wd",
        "s" | "S" | "sec" => "the finest unit is the minute, m",
        "hour" | "hours" | "hr" => "h is working hours, H real hours",
        _ => "the units are h and m for working time, H for real hours, wd for working days, d for days",
    };
    Err(SpanError::Unit { text: text.into(), unit: unit.into(), hint })
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Span::Working { minutes } => match (minutes / 60, minutes % 60) {
                (0, minutes) => write!(f, "{minutes}m"),
                (hours, 0) => write!(f, "{hours}h"),
                (hours, minutes) => write!(f, "{hours}h{minutes}m"),
            },
            Span::Real { hundredths } => match (hundredths / 100, hundredths % 100) {
                (hours, 0) => write!(f, "{hours}H"),
                (hours, part) if part % 10 == 0 => write!(f, "{hours}.{}H", part / 10),
                (hours, part) => write!(f, "{hours}.{part:02}H"),
            },
            Span::WorkingDays(days) => write!(f, "{days}wd"),
            Span::Days(days) => write!(f, "{days}d"),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn promises_are_read_and_written_back_in_their_shortest_form() {
        let working = |minutes| Span::Working { minutes };
        let real = |hundredths| Span::Real { hundredths };
        for (written, span, back) in [
            ("4h", working(240), "4h"),
            ("30m", working(30), "30m"),
            ("90m", working(90), "1h30m"),
            ("1h30m", working(90), "1h30m"),
            ("1h 30m", working(90), "1h30m"),
            ("0.25h", working(15), "15m"),
            ("1.50h", working(90), "1h30m"),
            ("0.05h", working(3), "3m"),
            (" 16h ", working(960), "16h"),
            ("10000h", working(600_000), "10000h"),
            ("2H", real(200), "2H"),
            ("0.25H", real(25), "0.25H"),
            ("1.5H", real(150), "1.5H"),
            ("0.05H", real(5), "0.05H"),
            ("4wd", Span::WorkingDays(4), "4wd"),
            ("3d", Span::Days(3), "3d"),
            ("3.0d", Span::Days(3), "3d"),
        ] {
            let read: Span = written.parse().unwrap_or_else(|problem| panic!("{written}: {problem}"));
            assert_eq!((read, read.to_string().as_str()), (span, back), "{written}");
        }
    }

    #[test]
    fn what_is_no_promise_is_refused_with_the_way_out() {
        for (written, message) in [
            ("", "a length of time is empty; write for example 4h, 30m, 2H, 4wd or 3d"),
            ("h", "\"h\" has no number before \"h\"; write for example 4h, 30m, 2H, 4wd or 3d"),
            ("-1h", "\"-1h\" has no number before \"-1h\"; write for example 4h, 30m, 2H, 4wd or 3d"),
            (".5h", "\".5h\" has no number before \".5h\"; write for example 4h, 30m, 2H, 4wd or 3d"),
            (
                "1.2.3h",
                "\"1.2.3h\" has no number before \"1.2.3h\"; write for example 4h, 30m, 2H, 4wd or 3d",
            ),
            ("4", "\"4\" has no unit; write h or m for working time, H for real hours, wd or d for days"),
            (
                "30M",
                "\"M\" in \"30M\" is no unit; m is working minutes, and real time is written in hours, as in 0.25H",
            ),
            ("4WD", "\"WD\" in \"4WD\" is no unit; wd is working days"),
            ("2w", "\"w\" in \"2w\" is no unit; write weeks in days, as in 14d or 10wd"),
            ("30m1h", "\"30m1h\" mixes units; only hours and then minutes go together, as in 1h30m"),
            ("1d4h", "\"1d4h\" mixes units; only hours and then minutes go together, as in 1h30m"),
            ("1h30m5m", "\"1h30m5m\" mixes units; only hours and then minutes go together, as in 1h30m"),
            ("0.5d", "\"0.5d\" is too fine; minutes and days are whole numbers"),
            ("0.333H", "\"0.333H\" is too fine; at most two digits after the decimal point"),
            (
                "0.33h",
                "\"0.33h\" is too fine; it is no whole number of minutes; write the minutes, as in 20m",
            ),
            ("0h", "\"0h\" is no time at all; it must be more than zero"),
            ("0h0m", "\"0h0m\" is no time at all; it must be more than zero"),
            ("10001h", "\"10001h\" is too long; at most 10000 hours or 3660 days"),
            ("3661d", "\"3661d\" is too long; at most 10000 hours or 3660 days"),
            (
                "99999999999999999999999h",
                "\"99999999999999999999999h\" is too long; at most 10000 hours or 3660 days",
            ),
            (
                "18446744073709551615h",
                "\"18446744073709551615h\" is too long; at most 10000 hours or 3660 days",
            ),
        ] {
            let problem = written.parse::<Span>().expect_err(written);
            assert_eq!(problem.to_string(), message);
        }
    }

    #[test]
    fn in_a_file_a_promise_is_a_text() {
        let span: Span = serde_json::from_str("\"1h30m\"").unwrap();
        assert_eq!(serde_json::to_string(&span).unwrap(), "\"1h30m\"");
        let problem = serde_json::from_str::<Span>("\"4x\"").unwrap_err().to_string();
        assert!(problem.contains("\"x\" in \"4x\" is no unit"), "{problem}");
    }

    proptest! {
        #[test]
        fn every_promise_survives_being_written_down(kind in 0..4_u8, amount in 1..=3_660_u32) {
            let span = match kind {
                0 => Span::Working { minutes: amount * 163 },
                1 => Span::Real { hundredths: amount * 273 },
                2 => Span::WorkingDays(amount),
                _ => Span::Days(amount),
            };
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in "\\PC{0,12}") {
            let _ = text.parse::<Span>();
        }

        #[test]
        fn nearly_right_texts_do_not_make_it_stumble_either(text in "[0-9.hHmdw ]{0,12}") {
            if let Ok(span) = text.parse::<Span>() {
                prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
            }
        }
    }
}
