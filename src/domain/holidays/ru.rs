//! Russia: Labour Code, article 112, and the yearly decrees on moved days off. Holds from 2022;
//! decrees are built in for 2022 to 2027.
//!
//! In a year without a decree here, a holiday on a weekend gives the next working day off (those of
//! 1 to 8 January give none, as only a decree moves them), and no weekend is worked. The working day
//! before a holiday is an hour shorter, which is for a calendar's exceptions.

use jiff::civil::Weekday::{Monday, Tuesday};

use super::law::{Decree, Law, Rule};

pub(super) static LAW: Law = Law {
    country: "RU",
    known_from: 2022,
    rules: &[
        Rule::on(1, 1, "New Year Holidays"),
        Rule::on(1, 2, "New Year Holidays"),
        Rule::on(1, 3, "New Year Holidays"),
        Rule::on(1, 4, "New Year Holidays"),
        Rule::on(1, 5, "New Year Holidays"),
        Rule::on(1, 6, "New Year Holidays"),
        Rule::on(1, 7, "Christmas Day"),
        Rule::on(1, 8, "New Year Holidays"),
        Rule::on(2, 23, "Defender of the Fatherland Day").moving(),
        Rule::on(3, 8, "International Women's Day").moving(),
        Rule::on(5, 1, "Spring and Labour Day").moving(),
        Rule::on(5, 9, "Victory Day").moving(),
        Rule::on(6, 12, "Russia Day").moving(),
        Rule::on(11, 4, "Unity Day").moving(),
    ],
    once: &[],
    decrees: &[
        Decree { year: 2022, off: &[(3, 7), (5, 2), (5, 3), (5, 10), (6, 13)], worked: &[(3, 5, Monday)] },
        Decree { year: 2023, off: &[(2, 24), (5, 8), (11, 6)], worked: &[] },
        Decree {
            year: 2024,
            off: &[(4, 29), (4, 30), (5, 10), (12, 30), (12, 31)],
            worked: &[(4, 27, Monday), (11, 2, Tuesday), (12, 28, Monday)],
        },
        Decree { year: 2025, off: &[(5, 2), (5, 8), (6, 13), (11, 3), (12, 31)], worked: &[(11, 1, Monday)] },
        Decree { year: 2026, off: &[(1, 9), (3, 9), (5, 11), (12, 31)], worked: &[] },
        Decree {
            year: 2027,
            off: &[(2, 22), (5, 3), (5, 10), (6, 14), (11, 5), (12, 31)],
            worked: &[(2, 20, Monday)],
        },
    ],
};
