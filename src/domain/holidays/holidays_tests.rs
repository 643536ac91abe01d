use jiff::civil::date;

use super::*;

fn days(code: &str, year: i16) -> Vec<(i8, i8)> {
    let holidays = Holidays::for_country(code).unwrap();
    holidays.list(year).into_iter().map(|(date, _)| (date.month(), date.day())).collect()
}

#[test]
fn easter_falls_where_the_church_says() {
    for (year, month, day) in [
        (1818, 3, 22),
        (1943, 4, 25),
        (1954, 4, 18),
        (1981, 4, 19),
        (2020, 4, 12),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2027, 3, 28),
        (2035, 3, 25),
        (2038, 4, 25),
        (2049, 4, 18),
        (2076, 4, 19),
    ] {
        assert_eq!(law::easter_sunday(year), Some(date(year, month, day)));
    }
}

#[test]
fn the_years_of_each_country_are_as_printed() {
    for (code, year, expected) in [
        ("LT", 2026, "1.1 2.16 3.11 4.5 4.6 5.1 5.3 6.7 6.24 7.6 8.15 11.1 11.2 12.24 12.25 12.26"),
        ("LV", 2026, "1.1 4.3 4.5 4.6 5.1 5.4 5.10 5.24 6.23 6.24 11.18 12.24 12.25 12.26 12.31"),
        // 4 May a Saturday in 2024; 18 November a Saturday in 2023 and a Sunday in 2029.
        ("LV", 2024, "1.1 3.29 3.31 4.1 5.1 5.4 5.6 5.12 5.19 6.23 6.24 11.18 12.24 12.25 12.26 12.31"),
        (
            "LV",
            2023,
            "1.1 4.7 4.9 4.10 5.1 5.4 5.14 5.28 5.29 6.23 6.24 7.10 11.18 11.20 12.24 12.25 12.26 12.31",
        ),
        ("LV", 2029, "1.1 3.30 4.1 4.2 5.1 5.4 5.13 5.20 6.23 6.24 11.18 11.19 12.24 12.25 12.26 12.31"),
        ("CZ", 2026, "1.1 4.3 4.6 5.1 5.8 7.5 7.6 9.28 10.28 11.17 12.24 12.25 12.26"),
        ("EE", 2026, "1.1 2.24 4.3 4.5 5.1 5.24 6.23 6.24 8.20 12.24 12.25 12.26"),
        ("PL", 2024, "1.1 1.6 3.31 4.1 5.1 5.3 5.19 5.30 8.15 11.1 11.11 12.25 12.26"),
        ("PL", 2026, "1.1 1.6 4.5 4.6 5.1 5.3 5.24 6.4 8.15 11.1 11.11 12.24 12.25 12.26"),
        ("DE", 2026, "1.1 4.3 4.6 5.1 5.14 5.25 10.3 12.25 12.26"),
        ("GB", 2020, "1.1 4.10 4.13 5.8 5.25 8.31 12.25 12.26 12.28"),
        ("GB", 2021, "1.1 4.2 4.5 5.3 5.31 8.30 12.25 12.26 12.27 12.28"),
        ("GB", 2022, "1.1 1.3 4.15 4.18 5.2 6.2 6.3 8.29 9.19 12.25 12.26 12.27"),
        ("GB", 2023, "1.1 1.2 4.7 4.10 5.1 5.8 5.29 8.28 12.25 12.26"),
        ("GB", 2026, "1.1 4.3 4.6 5.4 5.25 8.31 12.25 12.26 12.28"),
        ("RU", 2024, "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2.23 3.8 4.29 4.30 5.1 5.9 5.10 6.12 11.4 12.30 12.31"),
        ("RU", 2025, "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2.23 3.8 5.1 5.2 5.8 5.9 6.12 6.13 11.3 11.4 12.31"),
        ("RU", 2026, "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 2.23 3.8 3.9 5.1 5.9 5.11 6.12 11.4 12.31"),
        // No decree: 4 November 2028 is a Saturday, and the next working day is off.
        ("RU", 2028, "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 2.23 3.8 5.1 5.9 6.12 11.4 11.6"),
    ] {
        let printed = days(code, year).iter().map(|(m, d)| format!("{m}.{d}")).collect::<Vec<_>>().join(" ");
        assert_eq!(printed, expected, "{code} {year}");
    }
}

#[test]
fn a_day_in_place_of_a_holiday_bears_its_name() {
    let england = Holidays::for_country("gb").unwrap();
    assert_eq!(england.is_holiday(date(2021, 12, 27)), Some("Christmas Day"));
    assert_eq!(england.is_holiday(date(2021, 12, 28)), Some("Boxing Day"));
    assert_eq!(england.is_holiday(date(2022, 12, 27)), Some("Christmas Day"));
    assert_eq!(england.is_holiday(date(2022, 12, 28)), None);
}

#[test]
fn all_souls_day_is_off_since_2020() {
    let lithuania = Holidays::for_country("LT").unwrap();
    assert_eq!(lithuania.is_holiday(date(2019, 11, 2)), None);
    assert_eq!(lithuania.is_holiday(date(2020, 11, 2)), Some("All Souls' Day"));
    assert_eq!(lithuania.known_from(), Some(2020));
    assert_eq!(lithuania.decreed_until(), None);
}

#[test]
fn a_decree_makes_saturdays_working_days() {
    let russia = Holidays::for_country("RU").unwrap();
    assert_eq!(russia.works_as(date(2024, 4, 27)), Some(Weekday::Monday));
    assert_eq!(russia.works_as(date(2025, 11, 1)), Some(Weekday::Monday));
    assert_eq!(russia.works_as(date(2025, 11, 8)), None);
    assert_eq!(russia.works_as(date(2031, 11, 1)), None);
    assert_eq!(russia.decreed_until(), Some(2027));
}

#[test]
fn every_decree_fits_the_calendar_of_its_year() {
    for law in LAWS {
        for decree in law.decrees {
            for &(month, day) in decree.off {
                let weekday = date(decree.year, month, day).weekday();
                assert!(weekday != Weekday::Saturday && weekday != Weekday::Sunday, "{decree:?}");
            }
            for &(month, day, instead) in decree.worked {
                assert_eq!(date(decree.year, month, day).weekday(), Weekday::Saturday, "{decree:?}");
                let given = |&(month, day): &(i8, i8)| date(decree.year, month, day).weekday() == instead;
                assert!(decree.off.iter().any(given), "{decree:?}");
            }
        }
    }
}

#[test]
fn an_operator_adds_days_of_his_own() {
    let holidays = Holidays::for_country("DE").unwrap().with(date(2026, 1, 6), "Heilige Drei Könige");
    assert_eq!(holidays.is_holiday(date(2026, 1, 6)), Some("Heilige Drei Könige"));
    assert_eq!(holidays.is_holiday(date(2027, 1, 6)), None);
    assert_eq!(holidays.list(2026)[1], (date(2026, 1, 6), "Heilige Drei Könige"));
    let only_own = Holidays::none().with(date(2026, 8, 3), "Summer party");
    assert_eq!(only_own.list(2026), [(date(2026, 8, 3), "Summer party")]);
    assert_eq!(only_own.list(2027), []);
}

#[test]
fn unknown_countries_are_told_apart_from_none() {
    assert_eq!(Holidays::for_country("XX"), None);
    assert_eq!(Holidays::none().country(), None);
    let all: Vec<_> = Holidays::countries().collect();
    assert_eq!(all, ["CZ", "DE", "EE", "GB", "LT", "LV", "PL", "RU"]);
}

#[test]
fn no_year_is_too_far_away_to_ask_for() {
    for code in Holidays::countries() {
        for year in [-9999, -1, 0, 1, 1500, 9999] {
            let holidays = Holidays::for_country(code).unwrap();
            assert!(holidays.list(year).iter().all(|(date, _)| date.year() == year));
        }
    }
}
