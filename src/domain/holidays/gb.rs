//! England (and Wales): bank holidays under the Act of 1971 and by proclamation. Holds from 2020.
//! New Year, Christmas and Boxing Day on a weekend give the next free working day.

use jiff::civil::Weekday;

use super::law::{Law, Rule, once};

pub(super) static LAW: Law = Law {
    country: "GB",
    known_from: 2020,
    rules: &[
        Rule::on(1, 1, "New Year's Day").moving(),
        Rule::easter(-2, "Good Friday"),
        Rule::easter(1, "Easter Monday"),
        Rule::nth(1, Weekday::Monday, 5, "Early May Bank Holiday").not_in(2020),
        Rule::nth(-1, Weekday::Monday, 5, "Spring Bank Holiday").not_in(2022),
        Rule::nth(-1, Weekday::Monday, 8, "Summer Bank Holiday"),
        Rule::on(12, 25, "Christmas Day").moving(),
        Rule::on(12, 26, "Boxing Day").moving(),
    ],
    once: &[
        once(2020, 5, 8, "Early May Bank Holiday (VE Day)"),
        once(2022, 6, 2, "Spring Bank Holiday"),
        once(2022, 6, 3, "Platinum Jubilee"),
        once(2022, 9, 19, "State Funeral of Queen Elizabeth II"),
        once(2023, 5, 8, "Coronation of King Charles III"),
    ],
    decrees: &[],
};
