//! Czechia: law 245/2000. Holds from 2016, when Good Friday became a day off.
//! A holiday on a weekend brings no other day.

use super::law::{Law, Rule};

pub(super) static LAW: Law = Law {
    country: "CZ",
    known_from: 2016,
    rules: &[
        Rule::on(1, 1, "Restoration Day of the Independent Czech State"),
        Rule::easter(-2, "Good Friday").since(2016),
        Rule::easter(1, "Easter Monday"),
        Rule::on(5, 1, "Labour Day"),
        Rule::on(5, 8, "Victory Day"),
        Rule::on(7, 5, "Saints Cyril and Methodius Day"),
        Rule::on(7, 6, "Jan Hus Day"),
        Rule::on(9, 28, "Statehood Day"),
        Rule::on(10, 28, "Independent Czechoslovak State Day"),
        Rule::on(11, 17, "Struggle for Freedom and Democracy Day"),
        Rule::on(12, 24, "Christmas Eve"),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Second Day of Christmas"),
    ],
    once: &[],
    decrees: &[],
};
