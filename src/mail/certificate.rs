//! Until when a server's certificate is good.
//!
//! Of a certificate (RFC 5280, section 4.1) only the way to `notAfter` is read, as DER. That it is genuine was found
//! before by rustls, which does not tell this one thing.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

const SEQUENCE: u8 = 0x30;
const EXPLICIT_VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The instant after which the certificate is not good any more; `None` where it cannot be read.
pub fn ends(der: &[u8]) -> Option<Timestamp> {
    let (certificate, _) = value(der, SEQUENCE)?;
    let (mut body, _) = value(certificate, SEQUENCE)?;
    // Version 1 has none.
    if body.first() == Some(&EXPLICIT_VERSION) {
        body = any(body)?.2;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        body = any(body)?.2;
    }
    let (validity, _) = value(body, SEQUENCE)?;
    let (_, _, after) = any(validity)?;
    let (tag, time, _) = any(after)?;
    instant(tag, std::str::from_utf8(time).ok()?)
}

/// Tag, content, and what follows (X.690, section 8.1). Lengths of more than four bytes are none of ours.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn value(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, content, rest) = any(der)?;
    (tag == wanted).then_some((content, rest))
}

/// `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` after it (RFC 5280, section 4.1.2.5).
fn instant(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let whole = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let century = if digits[..2].parse::<u8>().ok()? < 50 { "20" } else { "19" };
            format!("{century}{digits}")
        }
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", whole).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["mail.desk.example".to_owned()]).expect("a name");
        params.not_after = rcgen::date_time_ymd(year, 3, 2);
        params.self_signed(&key).expect("a certificate").der().to_vec()
    }

    #[test]
    fn the_end_of_a_certificate_is_read_in_both_ways_it_is_written() {
        for (year, expected) in [(2027, "2027-03-02T00:00:00Z"), (2061, "2061-03-02T00:00:00Z")] {
            assert_eq!(ends(&certificate(year)), expected.parse().ok(), "{year}");
        }
    }

    #[test]
    fn what_is_cut_or_bent_has_no_end_and_does_no_harm() {
        let whole = certificate(2027);
        for cut in 0..whole.len() {
            // An end that was reached before the cut may still be read.
            let _ = ends(&whole[..cut]);
        }
        for at in 0..whole.len().min(200) {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            let _ = ends(&bent);
        }
        assert_eq!(ends(&whole[..20]), None);
        assert_eq!(ends(b"\x30\x84\xff\xff\xff\xff"), None);
        assert_eq!(instant(UTC_TIME, "2703020000Z"), None);
    }
}
