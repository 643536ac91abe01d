//! Check digits: was a number mistyped?

use super::fields::Check;

impl Check {
    /// Is the check digit of a code right? What has not the form of such a code is not judged, and passes.
    pub fn passes(self, code: &str) -> bool {
        match self {
            Check::Nothing => true,
            Check::S10 => s10(code).unwrap_or(true),
            Check::Ico => ico(code).unwrap_or(true),
        }
    }
}

/// Two letters, eight digits, the check digit, two letters (Universal Postal Union, standard S10, section 4).
fn s10(code: &str) -> Option<bool> {
    let code = code.as_bytes();
    let letters = |part: &[u8]| part.iter().all(u8::is_ascii_alphabetic);
    if code.len() != 13 || !letters(&code[..2]) || !letters(&code[11..]) {
        return None;
    }
    let digits = digits(&code[2..11])?;
    let sum: u32 = digits.iter().zip([8, 6, 4, 2, 3, 5, 9, 7]).map(|(digit, weight)| digit * weight).sum();
    let wanted = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        other => other,
    };
    Some(digits[8] == wanted)
}

/// Eight digits, of which the last is weighed out by the others; also of Slovakia.
fn ico(code: &str) -> Option<bool> {
    let code = code.as_bytes();
    if code.len() != 8 {
        return None;
    }
    let digits = digits(code)?;
    let sum: u32 = digits.iter().zip((2..=8).rev()).map(|(digit, weight)| digit * weight).sum();
    Some(digits[7] == (11 - sum % 11) % 10)
}

fn digits(code: &[u8]) -> Option<Vec<u32>> {
    code.iter().map(|c| c.is_ascii_digit().then(|| u32::from(c - b'0'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_find_one_wrong_figure() {
        for (check, code, passes) in [
            (Check::S10, "CE000123455LT", true),
            (Check::S10, "CE000123456LT", false),
            (Check::S10, "CE000203119LT", true),
            (Check::S10, "RR473124829GB", true),
            (Check::S10, "RR473124828GB", false),
            (Check::S10, "12345", true),
            (Check::Ico, "00002011", true),
            (Check::Ico, "00002020", true),
            (Check::Ico, "00002021", false),
            (Check::Ico, "27082440", true),
            (Check::Ico, "27082441", false),
            (Check::Ico, "300000101", true),
            (Check::Nothing, "anything", true),
        ] {
            assert_eq!(check.passes(code), passes, "{check:?} {code}");
        }
    }
}
