//! Germany: the nine days off in all sixteen states; those of a single state are for the operator's own
//! list. Holds from 2018 (in 2017 Reformation Day was nationwide). A holiday on a weekend brings no
//! other day.

use super::law::{Law, Rule};

pub(super) static LAW: Law = Law {
    country: "DE",
    known_from: 2018,
    rules: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::easter(-2, "Good Friday"),
        Rule::easter(1, "Easter Monday"),
        Rule::on(5, 1, "Labour Day"),
        Rule::easter(39, "Ascension Day"),
        Rule::easter(50, "Whit Monday"),
        Rule::on(10, 3, "German Unity Day"),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Second Day of Christmas"),
    ],
    once: &[],
    decrees: &[],
};
