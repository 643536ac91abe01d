//! Estonia: law on public holidays and days of national importance. Holds from 2005, when
//! 24 December became a day off. A holiday on a weekend brings no other day; working days before
//! 1 January, 24 February, 23 June and 24 December are three hours shorter, which is for a calendar's
//! exceptions.

use super::law::{Law, Rule};

pub(super) static LAW: Law = Law {
    country: "EE",
    known_from: 2005,
    rules: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::on(2, 24, "Independence Day"),
        Rule::easter(-2, "Good Friday"),
        Rule::easter(0, "Easter Sunday"),
        Rule::on(5, 1, "Spring Day"),
        Rule::easter(49, "Pentecost"),
        Rule::on(6, 23, "Victory Day"),
        Rule::on(6, 24, "Midsummer Day"),
        Rule::on(8, 20, "Restoration of Independence Day"),
        Rule::on(12, 24, "Christmas Eve").since(2005),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Boxing Day"),
    ],
    once: &[],
    decrees: &[],
};
