//! Text that is signed in place (RFC 9580, section 7): the lines around it are no text. Nothing is verified.

const BEGIN: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";
const END: &str = "-----END PGP SIGNATURE-----";

/// Where a line stands.
enum At {
    Outside,
    /// Between the first line and the empty one that ends its head.
    Head,
    Signed,
    Signature,
}

/// The text without head and signature; `None` where it is not signed so, or not to its end: then all of it is text.
pub fn unsigned(text: &str) -> Option<String> {
    if !text.lines().any(|line| line == BEGIN) {
        return None;
    }
    let mut out: Vec<&str> = Vec::new();
    let mut at = At::Outside;
    for line in text.lines() {
        at = match (at, line) {
            (At::Outside, BEGIN) => At::Head,
            (At::Head, "") => At::Signed,
            (At::Head, _) => At::Head,
            (At::Signed, SIGNATURE) => At::Signature,
            (At::Signature, END) => At::Outside,
            (At::Signature, _) => At::Signature,
            (within @ At::Signed, line) => {
                // A dash at the beginning of a line is escaped.
                out.push(line.strip_prefix("- ").unwrap_or(line));
                within
            }
            (outside @ At::Outside, line) => {
                out.push(line);
                outside
            }
        };
    }
    matches!(at, At::Outside).then(|| out.join("\n").trim_matches('\n').trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_in_place_is_read_without_its_marks() {
        let signed = format!("{BEGIN}\nHash: SHA512\n\nLabas,\n- -- \nOna\n{SIGNATURE}\n\niQEz\n=x\n{END}");
        assert_eq!(unsigned(&signed).as_deref(), Some("Labas,\n-- \nOna"));
        let among = format!("Above.\n{signed}\nBelow.");
        assert_eq!(unsigned(&among).as_deref(), Some("Above.\nLabas,\n-- \nOna\nBelow."));
        for left in ["plain", &signed.replace(END, ""), &signed.replace(BEGIN, &format!("> {BEGIN}")), ""] {
            assert_eq!(unsigned(left), None, "{left}");
        }
    }
}
