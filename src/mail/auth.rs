//! How a login is made, the same over IMAP and SMTP.

use data_encoding::BASE64;

use super::secret::Secret;

/// Longest part of a server's reason that is repeated, in characters.
const REASON_CHARS_MAX: usize = 120;

/// How to prove who we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// By password, the best way that the server offers and that can carry it.
    #[default]
    Auto,
    /// IMAP's LOGIN command (RFC 9051, section 6.2.3), or AUTH LOGIN of SMTP.
    Login,
    /// AUTHENTICATE or AUTH PLAIN (RFC 4616).
    Plain,
    /// XOAUTH2, as Google and Microsoft have it; the password is the access token.
    Xoauth2,
}

/// What XOAUTH2 says, in base64: `user=…^Aauth=Bearer …^A^A`.
pub(super) fn xoauth2(user: &str, token: &Secret) -> String {
    BASE64.encode(format!("user={user}\x01auth=Bearer {}\x01\x01", token.expose()).as_bytes())
}

/// What PLAIN says, in base64 (RFC 4616).
pub(super) fn sasl_plain(user: &str, password: &Secret) -> String {
    BASE64.encode(format!("\0{user}\0{}", password.expose()).as_bytes())
}

/// A server's words without the password, in the clear or as any login carries it: some repeat what they were told.
pub(super) fn without_password(words: &str, user: &str, password: &Secret) -> String {
    let plain = password.expose().to_owned();
    let bare = BASE64.encode(plain.as_bytes());
    let secrets = [sasl_plain(user, password), xoauth2(user, password), bare, plain];
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(words.to_owned(), |words, secret| words.replace(secret.as_str(), "***"))
}

/// The reason in a refusal of XOAUTH2: a challenge of base64 and JSON, which is to be answered by an empty line.
/// `None` where nothing can be read in it.
pub(super) fn xoauth2_reason(challenge: &str) -> Option<String> {
    let bytes = BASE64.decode(challenge.trim().as_bytes()).ok()?;
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    let shown = ["status", "error", "error_description", "scope"].into_iter().filter_map(|key| {
        let value = fields.get(key)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (!text.is_empty()).then(|| format!("{key} {text}"))
    });
    let reason = shown.collect::<Vec<_>>().join(", ");
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(REASON_CHARS_MAX).collect();
    (!reason.is_empty()).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_response_is_that_of_googles_example() {
        let token = Secret::new("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
        assert_eq!(
            xoauth2("someuser@example.com", &token),
            "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJo\
             ZG1semRHRXVZMjl0Q2cBAQ=="
        );
    }

    #[test]
    fn the_reason_of_a_refusal_is_read_where_there_is_one() {
        let coded = |text: &str| BASE64.encode(text.as_bytes());
        for (challenge, expected) in [
            (
                coded(r#"{"status":"401","schemes":"bearer","scope":"https://mail.google.com/"}"#),
                Some("status 401, scope https://mail.google.com/"),
            ),
            (coded(r#"{"status":400}"#), Some("status 400")),
            (coded(r#"{"schemes":"bearer"}"#), None),
            (coded("not this"), None),
            ("%%%".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(xoauth2_reason(&challenge).as_deref(), expected, "{challenge}");
        }
    }
}
