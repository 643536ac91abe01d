//! Domains as every mail server understands them: in ASCII (RFC 5890, A-labels).

use crate::domain::address::Address;

/// `domain` in ASCII, lower case; `None` when it has no such form.
pub(super) fn ascii_domain(domain: &str) -> Option<String> {
    let sound =
        |d: &String| !d.is_empty() && d.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    idna::domain_to_ascii(domain).ok().filter(sound)
}

/// `address` with its domain in ASCII where that is possible. What then is not ASCII needs SMTPUTF8 (RFC 6531).
pub(super) fn wire_form(address: &Address) -> String {
    match ascii_domain(address.domain()) {
        Some(domain) => format!("{}@{domain}", address.local()),
        None => address.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_in_letters_of_its_country_becomes_ascii() {
        let of = |text| wire_form(&Address::parse(text).expect("an address"));
        assert_eq!(of("ona@paštas.example"), "ona@xn--patas-wdb.example");
        assert_eq!(of("ona@почта.example"), "ona@xn--80a1acny.example");
        assert_eq!(of("ąžuolas@client.example"), "ąžuolas@client.example");
    }
}
