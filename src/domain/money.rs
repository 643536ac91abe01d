//! Amounts of money, exact.

use serde::{Deserialize, Serialize};

/// An amount in hundredths of its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    pub cents: i64,
    /// `EUR`, `CZK`, …
    pub currency: String,
}

impl Money {
    /// Reads `60 EUR`, `1 200 CZK`, `1.200,50 EUR`: blanks between digits group, the last comma or point with one or
    /// two digits after it parts the hundredths; the currency is three capital letters.
    pub fn parse(text: &str) -> Option<Money> {
        let text = text.trim();
        let at = text.find(|c: char| c.is_ascii_alphabetic())?;
        let (amount, currency) = (text[..at].trim(), text[at..].trim());
        if currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_uppercase()) {
            return None;
        }
        let compact: String = amount.chars().filter(|c| !c.is_whitespace()).collect();
        let (whole, part) = match compact.rfind([',', '.']) {
            Some(at) if matches!(compact.len() - at - 1, 1 | 2) => (&compact[..at], &compact[at + 1..]),
            _ => (compact.as_str(), ""),
        };
        let digits: String = whole.chars().filter(|c| !matches!(c, ',' | '.')).collect();
        let sound = |s: &str| s.chars().all(|c| c.is_ascii_digit());
        if digits.is_empty() || !sound(&digits) || !sound(part) {
            return None;
        }
        let cents: i64 = format!("{part:0<2}").parse().ok()?;
        Some(Money {
            cents: digits.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)?,
            currency: currency.to_owned(),
        })
    }

    /// So many minutes at this price an hour, rounded half up to the cent.
    pub fn for_minutes(&self, minutes: u32) -> Money {
        self.times(i64::from(minutes), 60)
    }

    /// A share in hundredths of a percent, rounded half up: 2100 is 21 %.
    pub fn share(&self, percent_hundredths: u32) -> Money {
        self.times(i64::from(percent_hundredths), 10_000)
    }

    fn times(&self, by: i64, of: i64) -> Money {
        let exact = i128::from(self.cents) * i128::from(by) * 2 + i128::from(of);
        let cents = exact.div_euclid(i128::from(of) * 2);
        Money { cents: i64::try_from(cents).unwrap_or(i64::MAX), currency: self.currency.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        for (text, cents) in [
            ("60 EUR", 6_000),
            ("1 200 CZK", 120_000),
            ("1 200,5 CZK", 120_050),
            ("1.200,50 EUR", 120_050),
            ("1,200.50 EUR", 120_050),
            ("1.200 EUR", 120_000),
            ("0,99 EUR", 99),
        ] {
            assert_eq!(Money::parse(text).map(|m| m.cents), Some(cents), "{text}");
        }
        for text in ["", "EUR", "60", "60 eur", "60 Euro", "-5 EUR", "1,2,3,4x EUR"] {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    #[test]
    fn shares_are_rounded_half_up() {
        let euros = |cents| Money { cents, currency: "EUR".to_owned() };
        assert_eq!(euros(7_000).for_minutes(105), euros(12_250));
        assert_eq!(euros(12_250).share(2_100), euros(2_573));
        assert_eq!(euros(1).for_minutes(30), euros(1));
        assert_eq!(euros(1).for_minutes(29), euros(0));
    }
}
