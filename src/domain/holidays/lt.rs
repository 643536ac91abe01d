//! Lithuania: Labour Code, article 123. Holds from 2020, when 2 November became a day off.
//! A holiday on a weekend brings no other day.

use jiff::civil::Weekday;

use super::law::{Law, Rule};

pub(super) static LAW: Law = Law {
    country: "LT",
    known_from: 2020,
    rules: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::on(2, 16, "Day of Restoration of the State"),
        Rule::on(3, 11, "Day of Restoration of Independence"),
        Rule::easter(0, "Easter Sunday"),
        Rule::easter(1, "Easter Monday"),
        Rule::on(5, 1, "International Labour Day"),
        Rule::nth(1, Weekday::Sunday, 5, "Mother's Day"),
        Rule::nth(1, Weekday::Sunday, 6, "Father's Day"),
        Rule::on(6, 24, "Rasos and St John's Day"),
        Rule::on(7, 6, "Statehood Day"),
        Rule::on(8, 15, "Assumption Day"),
        Rule::on(11, 1, "All Saints' Day"),
        Rule::on(11, 2, "All Souls' Day").since(2020),
        Rule::on(12, 24, "Christmas Eve"),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Second Day of Christmas"),
    ],
    once: &[],
    decrees: &[],
};
