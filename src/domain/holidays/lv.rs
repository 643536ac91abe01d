//! Latvia: law "On holidays, commemoration and celebration days". Holds from 2019.
//!
//! 4 May and 18 November on a Saturday or Sunday give the next working day off. The last day of the
//! General Song and Dance Celebration, every fifth year, is a day off of its own (or the working day
//! after it); the one of 2028 has to be added when its date is fixed. Working days that the cabinet moves
//! bind only institutions of the state, so they are for a calendar's exceptions.

use jiff::civil::Weekday;

use super::law::{Law, Rule, once};

pub(super) static LAW: Law = Law {
    country: "LV",
    known_from: 2019,
    rules: &[
        Rule::on(1, 1, "New Year's Day"),
        Rule::easter(-2, "Good Friday"),
        Rule::easter(0, "Easter Sunday"),
        Rule::easter(1, "Easter Monday"),
        Rule::on(5, 1, "Labour Day and Convocation of the Constituent Assembly"),
        Rule::on(5, 4, "Restoration of Independence Day").moving(),
        Rule::nth(2, Weekday::Sunday, 5, "Mother's Day"),
        Rule::easter(49, "Pentecost"),
        Rule::on(6, 23, "Midsummer Eve"),
        Rule::on(6, 24, "Midsummer Day"),
        Rule::on(11, 18, "Proclamation Day").moving(),
        Rule::on(12, 24, "Christmas Eve"),
        Rule::on(12, 25, "Christmas Day"),
        Rule::on(12, 26, "Second Day of Christmas"),
        Rule::on(12, 31, "New Year's Eve"),
    ],
    once: &[
        once(2023, 5, 29, "Ice Hockey World Championship Medal"),
        once(2023, 7, 10, "Last Day of the Song and Dance Celebration"),
    ],
    decrees: &[],
};
