//! A login in a browser: the authorization code grant with PKCE (RFC 6749, section 4.1; RFC 7636; RFC 8252).
//!
//! Google does not let the mail scope be granted at another device. The browser is sent back to an address of the
//! loopback where nobody listens: the person copies it, for it holds the code. So it works over SSH, too.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::Client;
use crate::mail::secret::Secret;

/// Where the browser is sent back to; any port of the loopback is allowed (RFC 8252, section 7.3).
const REDIRECT: &str = "http://127.0.0.1:53682/";

/// A login that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserLogin {
    /// To be opened in a browser.
    pub address: Url,
    pub redirect: &'static str,
    pub verifier: Secret,
    state: String,
}

impl BrowserLogin {
    /// Begins a login for `user`; `random` must not be guessable.
    pub fn begin(client: &Client, endpoint: &Url, user: &str, random: &[u8; 48]) -> BrowserLogin {
        let verifier = BASE64URL_NOPAD.encode(&random[..32]);
        let state = BASE64URL_NOPAD.encode(&random[32..]);
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
        let mut address = endpoint.clone();
        address.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", REDIRECT),
            ("scope", &client.scope),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", user),
            // Google gives a refresh token only for these.
            ("access_type", "offline"),
            ("prompt", "consent"),
        ]);
        BrowserLogin { address, redirect: REDIRECT, verifier: Secret::new(verifier), state }
    }
}

/// The code in the address that the browser ended at.
///
/// # Errors
/// What is wrong with it, for the person who pasted it.
pub fn code_in(login: &BrowserLogin, pasted: &str) -> Result<Secret, String> {
    let url = Url::parse(pasted.trim()).map_err(|_| {
        format!("this is no address; it begins with {REDIRECT} and is as long as the browser shows it")
    })?;
    let value =
        |key: &str| url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value.into_owned());
    if let Some(error) = value("error") {
        return Err(format!("the login was not granted: {error}"));
    }
    if value("state").as_deref() != Some(login.state.as_str()) {
        return Err("this address belongs to another login; begin again".to_owned());
    }
    value("code").map(Secret::new).ok_or_else(|| "there is no code in this address".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> BrowserLogin {
        let client = Client {
            token_endpoint: Url::parse("https://oauth2.googleapis.com/token").expect("an address"),
            id: "desk.apps".to_owned(),
            secret: None,
            scope: "https://mail.google.com/".to_owned(),
        };
        let endpoint = Url::parse("https://accounts.google.com/o/oauth2/v2/auth").expect("an address");
        BrowserLogin::begin(&client, &endpoint, "support@desk.example", &[7; 48])
    }

    #[test]
    fn the_browser_is_sent_with_all_that_the_server_wants() {
        let login = login();
        let asked: std::collections::BTreeMap<_, _> = login.address.query_pairs().into_owned().collect();
        assert_eq!(asked["scope"], "https://mail.google.com/");
        assert_eq!(asked["access_type"], "offline");
        let digest = Sha256::digest(login.verifier.expose().as_bytes());
        assert_eq!(asked["code_challenge"], BASE64URL_NOPAD.encode(&digest));
        assert!(!login.address.as_str().contains(login.verifier.expose()));
    }

    #[test]
    fn the_code_is_taken_from_what_was_pasted() {
        let login = login();
        let state = &login.state;
        let good = code_in(&login, &format!(" {REDIRECT}?state={state}&code=4%2F0Ab&scope=x \n"));
        assert_eq!(good.expect("a code").expose(), "4/0Ab");
        for (pasted, words) in [
            ("4/0Ab".to_owned(), "no address"),
            (format!("{REDIRECT}?state=other&code=x"), "another login"),
            (format!("{REDIRECT}?state={state}&error=access_denied"), "access_denied"),
            (format!("{REDIRECT}?state={state}"), "no code"),
        ] {
            let error = code_in(&login, &pasted).expect_err("nothing to use");
            assert!(error.contains(words), "{error}");
        }
    }
}
