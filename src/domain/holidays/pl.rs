//! Poland: law of 18 January 1951 on days free from work. Holds from 2019; 24 December since 2025.
//!
//! For a holiday on a Saturday the employer owes a day off of his own choice, which is for a calendar's
//! exceptions.

use super::law::{Law, Rule};

pub(super) static LAW: Law = Law {
    country: "PL",
    known_from: 2019,
    rules: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::on(1, 6, "Epiphany"),
        Rule::easter(0, "Easter Sunday"),
        Rule::easter(1, "Easter Monday"),
        Rule::on(5, 1, "National Day"),
        Rule::on(5, 3, "National Day of the Third of May"),
        Rule::easter(49, "Pentecost"),
        Rule::easter(60, "Corpus Christi"),
        Rule::on(8, 15, "Assumption Day"),
        Rule::on(11, 1, "All Saints' Day"),
        Rule::on(11, 11, "National Independence Day"),
        Rule::on(12, 24, "Christmas Eve").since(2025),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Second Day of Christmas"),
    ],
    once: &[],
    decrees: &[],
};
