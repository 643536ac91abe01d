//! Instants as operators type them: a date, a date with a time, RFC 3339, or a while ago.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, civil};

use super::failure::Failure;

/// Reads `2026-03-02`, `2026-03-02 09:12`, `2026-03-02T07:12:00Z`, or `3d`, `2h`, `90m` before `now`.
///
/// # Errors
/// It is none of these.
pub fn instant(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Failure> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let civil = text.parse::<civil::DateTime>().ok();
    let civil =
        civil.or_else(|| text.parse::<civil::Date>().ok().map(|d| d.to_datetime(civil::time(0, 0, 0, 0))));
    let found = match civil {
        Some(civil) => civil.to_zoned(zone.clone()).ok().map(|at| at.timestamp()),
        None => text.parse::<Span>().ok().and_then(|span| before(span, zone, now)),
    };
    found.ok_or_else(|| {
        Failure::usage(format!("{text:?} is no time; write 2026-03-02, \"2026-03-02 09:12\", or 3d, 2h, 90m"))
    })
}

/// Reads an age as the instants between which something came: `7d` at most so old, `7d..` at least, `7d..30d` between.
///
/// # Errors
/// One of its ends is no time.
pub fn age(
    text: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), Failure> {
    let end = |text: &str| match text.trim() {
        "" => Ok(None),
        text => instant(text, zone, now).map(Some),
    };
    let (young, old) = match text.split_once("..") {
        Some((young, old)) => (end(young)?, end(old)?),
        None => (None, Some(instant(text, zone, now)?)),
    };
    match (young, old) {
        (None, None) => Err(Failure::usage(format!("{text:?} is no age; write 7d, 7d.., 7d..30d"))),
        (Some(young), Some(old)) => Ok((Some(old.min(young)), Some(old.max(young)))),
        (young, old) => Ok((old, young)),
    }
}

fn before(span: Span, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    now.to_zoned(zone.clone()).checked_sub(span.abs()).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_a_date_a_time_or_a_while_ago() {
        let zone = TimeZone::get("Europe/Vilnius").unwrap();
        let now: Timestamp = "2026-03-30T09:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-03-02", "2026-03-01T22:00:00Z"),
            ("2026-03-02 09:12", "2026-03-02T07:12:00Z"),
            ("2026-03-02T07:12:00Z", "2026-03-02T07:12:00Z"),
            ("2h", "2026-03-30T07:00:00Z"),
            ("90m", "2026-03-30T07:30:00Z"),
            // The same hour on the clock before summer time began.
            ("3d", "2026-03-27T10:00:00Z"),
        ] {
            assert_eq!(instant(text, &zone, now), Ok(expected.parse().unwrap()), "{text}");
        }
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (two, day) = (at("2026-03-30T07:00:00Z"), at("2026-03-01T22:00:00Z"));
        for (text, expected) in [
            ("2h", (two, None)),
            ("..2h", (two, None)),
            ("2h..", (None, two)),
            ("2h..2026-03-02", (day, two)),
            ("2026-03-02 .. 2h", (day, two)),
        ] {
            assert_eq!(age(text, &zone, now), Ok(expected), "{text}");
        }
        assert!(age("..", &zone, now).is_err() && age("7..x", &zone, now).is_err());
        for wrong in ["", "yesterday", "12", "2026-13-01"] {
            assert!(instant(wrong, &zone, now).is_err(), "{wrong}");
        }
    }
}
