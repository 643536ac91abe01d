//! Telephone numbers: one way of writing for all, `+` and digits (ITU-T E.164).

/// How a country writes its numbers at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Country {
    /// The code behind `+`.
    code: &'static str,
    /// The digit that is dialled first at home, in place of the code.
    trunk: &'static str,
    /// Digits without code and trunk digit.
    least: usize,
    most: usize,
}

const fn country(code: &'static str, trunk: &'static str, least: usize, most: usize) -> Country {
    Country { code, trunk, least, most }
}

/// Longer codes first where one begins another.
const COUNTRIES: [Country; 25] = [
    country("370", "8", 8, 8),
    country("371", "", 8, 8),
    country("372", "", 7, 8),
    country("375", "80", 9, 9),
    country("380", "0", 9, 9),
    country("420", "", 9, 9),
    country("421", "0", 9, 9),
    country("353", "0", 7, 9),
    country("358", "0", 6, 11),
    country("351", "", 9, 9),
    country("386", "0", 8, 8),
    country("7", "8", 10, 10),
    country("30", "", 10, 10),
    country("31", "0", 9, 9),
    country("32", "0", 8, 9),
    country("33", "0", 9, 9),
    country("34", "", 9, 9),
    country("39", "", 6, 11),
    country("40", "0", 9, 9),
    country("41", "0", 9, 9),
    country("43", "0", 7, 13),
    country("44", "0", 9, 10),
    country("46", "0", 7, 9),
    country("48", "", 9, 9),
    country("49", "0", 7, 12),
];

impl Country {
    /// The country of a number that is written with `+`.
    pub fn of_number(number: &str) -> Option<Country> {
        let digits: String = number.trim().strip_prefix('+')?.chars().filter(char::is_ascii_digit).collect();
        COUNTRIES.into_iter().find(|country| digits.starts_with(country.code))
    }

    /// The country of a time zone, where that is clear enough.
    pub fn of_zone(zone: &str) -> Option<Country> {
        let code = match zone {
            "Europe/Vilnius" => "370",
            "Europe/Riga" => "371",
            "Europe/Tallinn" => "372",
            "Europe/Minsk" => "375",
            "Europe/Kyiv" | "Europe/Kiev" => "380",
            "Europe/Moscow" | "Europe/Kaliningrad" | "Europe/Samara" | "Asia/Yekaterinburg"
            | "Asia/Novosibirsk" | "Asia/Vladivostok" => "7",
            "Europe/Prague" => "420",
            "Europe/Bratislava" => "421",
            "Europe/Warsaw" => "48",
            "Europe/Berlin" => "49",
            "Europe/Vienna" => "43",
            "Europe/Zurich" => "41",
            "Europe/London" => "44",
            "Europe/Dublin" => "353",
            "Europe/Helsinki" => "358",
            "Europe/Stockholm" => "46",
            "Europe/Paris" => "33",
            "Europe/Madrid" => "34",
            "Europe/Rome" => "39",
            "Europe/Amsterdam" => "31",
            "Europe/Brussels" => "32",
            _ => return None,
        };
        COUNTRIES.into_iter().find(|country| country.code == code)
    }

    fn fits(self, digits: &str) -> bool {
        (self.least..=self.most).contains(&digits.len())
    }
}

/// How sure it is that digits are a telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// With a country's code, or with the digit that numbers begin with at home.
    Surely(String),
    /// So many digits as a number at home has; only what stands around can tell.
    Perhaps(String),
}

/// Reads a number as it was written, at home in `home`; `None` where it cannot be one. The result is `+` and digits.
pub fn dialled(written: &str, home: Option<Country>) -> Option<Dialled> {
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let international = |digits: &str| (8..=15).contains(&digits.len()).then(|| format!("+{digits}"));
    if written.trim_start_matches(['(', ' ']).starts_with('+') {
        return known_length(&digits).then(|| international(&digits)).flatten().map(Dialled::Surely);
    }
    if let Some(rest) = digits.strip_prefix("00").filter(|_| home.is_none_or(|home| home.code != "7")) {
        return known_length(rest).then(|| international(rest)).flatten().map(Dialled::Surely);
    }
    let home = home?;
    let at_home = |rest: &str| format!("+{}{rest}", home.code);
    // Lithuania changes its 8 for 0.
    let trunks = if home.code == "370" { ["8", "0"] } else { [home.trunk, home.trunk] };
    for trunk in trunks.into_iter().filter(|trunk| !trunk.is_empty()) {
        if let Some(rest) = digits.strip_prefix(trunk).filter(|rest| home.fits(rest)) {
            return Some(Dialled::Surely(at_home(rest)));
        }
    }
    if let Some(rest) = digits.strip_prefix(home.code).filter(|rest| home.fits(rest)) {
        return Some(Dialled::Perhaps(at_home(rest)));
    }
    // In Lithuania an 8 in front is the digit to dial first, but for the free 800 numbers.
    let cut_short = home.code == "370" && digits.starts_with('8') && !digits.starts_with("800");
    (home.fits(&digits) && !digits.starts_with('0') && !cut_short).then(|| Dialled::Perhaps(at_home(&digits)))
}

/// Has a number with its country's code as many digits as numbers there have? Of other countries nothing is known.
fn known_length(digits: &str) -> bool {
    COUNTRIES.iter().find_map(|c| digits.strip_prefix(c.code).map(|rest| c.fits(rest))).unwrap_or(true)
}

/// The number in the form in which numbers are kept, whatever its surroundings; as it stands where it is none.
pub fn normal(written: &str, home: Option<Country>) -> String {
    match dialled(written, home) {
        Some(Dialled::Surely(number) | Dialled::Perhaps(number)) => number,
        None => written.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_it_was_written() {
        for (home, written, number) in [
            ("+370 600 10100", "8 600 21102", "+37060021102"),
            ("+370 600 10100", "8-600-21102", "+37060021102"),
            ("+370 600 10100", "(8 5) 212 34 56", "+37052123456"),
            ("+370 600 10100", "0 600 21102", "+37060021102"),
            ("+370 600 10100", "00370 600 21102", "+37060021102"),
            ("+370 600 10100", "+371 2000 1101", "+37120001101"),
            ("+370 600 10100", "(+370) 600-21102", "+37060021102"),
            ("+371 2000 0525", "2000 1101", "+37120001101"),
            ("+371 2000 0525", "371 2000 1101", "+37120001101"),
            ("+7 900 000-17-87", "8 (900) 000-31-02", "+79000003102"),
            ("+7 900 000-17-87", "7 900 000 31 02", "+79000003102"),
            ("+7 900 000-17-87", "900 000 31 02", "+79000003102"),
            ("+420 600 000 401", "600 000 411", "+420600000411"),
            ("+44 20 7946 0000", "020 7946 0018", "+442079460018"),
            ("+49 30 123456", "030 / 123 456", "+4930123456"),
        ] {
            assert_eq!(normal(written, Country::of_number(home)), number, "{written}");
        }
    }

    #[test]
    fn what_only_may_be_a_number_is_told_apart() {
        let home = Country::of_zone("Europe/Vilnius");
        assert!(matches!(dialled("860021102", home), Some(Dialled::Surely(_))));
        assert!(matches!(dialled("60021102", home), Some(Dialled::Perhaps(_))));
        for none in ["300000101", "4017", "+370 600", "8 600 2110", "+370 600 211 021", "9.4.12"] {
            assert_eq!(dialled(none, home), None, "{none}");
        }
        assert_eq!(dialled("8 600 21102", None), None, "without a country");
    }
}
