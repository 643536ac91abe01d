//! Access tokens (RFC 6749): asked for, and what the answers mean.
//!
//! * [`ask`] posts one grant to a token endpoint; [`Grant`] has those that we use.
//! * `device` begins a login at another device (RFC 8628); `code` one in a browser, with PKCE (RFC 7636, 8252).
//! * `refused` says in plain words what a refusal means, and what the operator can do.
//! * `claims` looks into a token of Microsoft's for what it lets us do.

mod claims;
mod code;
mod device;
mod refused;

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::http::{Limits, Reply, bare, post_form};
use super::secret::Secret;
use super::wire::Trust;

pub use claims::{Claims, claims};
pub use code::{BrowserLogin, code_in};
pub use device::{DEVICE_GRANT, Invitation, invite};
pub use refused::{Meaning, Refused};

/// An access token without a stated lifetime is believed in for so long (RFC 6749, section 5.1, leaves it open).
const LIFETIME_UNSTATED: Duration = Duration::from_secs(30 * 60);

/// Who asks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub token_endpoint: Url,
    pub id: String,
    /// `None`: a public client (RFC 6749, section 2.1).
    pub secret: Option<Secret>,
    /// Parted by blanks; empty: what the server has by default.
    pub scope: String,
}

/// The way to a token endpoint.
#[derive(Clone, Debug)]
pub struct Road {
    pub trust: Trust,
    pub limits: Limits,
}

/// By what right a token is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Grant<'a> {
    /// RFC 6749, section 4.4: the application itself.
    ClientCredentials,
    /// RFC 6749, section 6.
    Refresh(&'a Secret),
    /// RFC 8628, section 3.4.
    Device(&'a Secret),
    /// RFC 6749, section 4.1.3, with the verifier of RFC 7636.
    Code { code: &'a Secret, redirect: &'a str, verifier: &'a Secret },
}

/// What was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    pub access: Secret,
    /// A new one, which replaces the one before.
    pub refresh: Option<Secret>,
    pub lifetime: Duration,
}

/// Why nothing was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody there, nobody to be believed, or nothing that can be understood: later it may work.
    #[error("{text}")]
    Away { text: String, retry_after: Option<Duration> },
    #[error("{0}")]
    Refused(Refused),
}

/// Asks for a token.
///
/// # Errors
/// See [`Failure`]. No text holds a secret.
pub async fn ask(client: &Client, grant: Grant<'_>, road: &Road) -> Result<Granted, Failure> {
    let mut form = Vec::new();
    match grant {
        Grant::ClientCredentials => form.push(("grant_type", "client_credentials")),
        Grant::Refresh(token) => {
            form.extend([("grant_type", "refresh_token"), ("refresh_token", token.expose())]);
        }
        Grant::Device(code) => form.extend([("grant_type", DEVICE_GRANT), ("device_code", code.expose())]),
        Grant::Code { code, redirect, verifier } => form.extend([
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect),
            ("code_verifier", verifier.expose()),
        ]),
    }
    form.push(("client_id", &client.id));
    form.extend(client.secret.as_ref().map(|secret| ("client_secret", secret.expose())));
    let names_scope = matches!(grant, Grant::ClientCredentials | Grant::Refresh(_));
    form.extend((names_scope && !client.scope.is_empty()).then_some(("scope", client.scope.as_str())));
    let reply = post(&client.token_endpoint, &form, road).await?;
    let sent: Vec<&str> = form.iter().filter(|(key, _)| is_secret(key)).map(|(_, value)| *value).collect();
    granted(&reply, &sent, &client.token_endpoint)
}

fn is_secret(key: &str) -> bool {
    matches!(key, "client_secret" | "refresh_token" | "device_code" | "code" | "code_verifier")
}

async fn post(url: &Url, form: &[(&str, &str)], road: &Road) -> Result<Reply, Failure> {
    let away = |text: String, retry_after| Failure::Away { text, retry_after };
    let reply = post_form(url, form, &road.trust, road.limits).await;
    let reply = reply.map_err(|error| {
        away(format!("the token endpoint {} cannot be reached: {error}", bare(url)), None)
    })?;
    match reply.status {
        408 | 429 | 500.. => {
            let text = format!("the token endpoint {} answers {}", bare(url), reply.status);
            Err(away(text, reply.retry_after))
        }
        _ => Ok(reply),
    }
}

/// RFC 6749, section 5.1.
#[derive(Deserialize)]
struct Success {
    access_token: String,
    token_type: Option<String>,
    refresh_token: Option<String>,
    expires_in: Option<serde_json::Value>,
}

fn granted(reply: &Reply, sent: &[&str], url: &Url) -> Result<Granted, Failure> {
    let strange = |what: &str| {
        let text = format!("the token endpoint {} gives an answer that {what}", bare(url));
        Failure::Away { text, retry_after: None }
    };
    if reply.status != 200 {
        let refused = Refused::read(reply, sent);
        return Err(refused.map_or_else(|| strange(&format!("is none: {}", reply.status)), Failure::Refused));
    }
    let success: Success = serde_json::from_slice(&reply.body).map_err(|_| strange("cannot be read"))?;
    if success.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(strange("holds no bearer token"));
    }
    // A token goes into one line of a protocol (RFC 6750, section 2.1, has its alphabet).
    if success.access_token.is_empty() || !success.access_token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(strange("holds no token"));
    }
    let seconds = success.expires_in.as_ref().and_then(|value| match value {
        serde_json::Value::String(text) => text.parse().ok(),
        number => number.as_u64(),
    });
    Ok(Granted {
        access: Secret::new(success.access_token),
        refresh: success.refresh_token.filter(|token| !token.is_empty()).map(Secret::new),
        lifetime: seconds.map_or(LIFETIME_UNSTATED, Duration::from_secs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Granted, Failure> {
        let reply = Reply { status, retry_after: None, body: body.as_bytes().to_vec() };
        granted(&reply, &["obuolys-7"], &Url::parse("https://login.example/token?x=1").expect("an address"))
    }

    #[test]
    fn an_answer_is_read_with_or_without_what_may_be_missing() {
        let whole = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"a.b","refresh_token":"r"}"#;
        let granted = read(200, whole).expect("a token");
        assert_eq!((granted.access.expose(), granted.lifetime.as_secs()), ("a.b", 3599));
        assert_eq!(granted.refresh.as_ref().map(Secret::expose), Some("r"));
        assert!(!format!("{granted:?}").contains("a.b"));
        let least = read(200, r#"{"access_token":"a"}"#).expect("a token");
        assert_eq!((least.lifetime, least.refresh), (LIFETIME_UNSTATED, None));
        let text = read(200, r#"{"access_token":"a","expires_in":"60"}"#).expect("a token");
        assert_eq!(text.lifetime.as_secs(), 60);
    }

    #[test]
    fn what_is_no_answer_is_tried_again_later() {
        for (status, body) in [
            (200, "<html>log in to the guest network</html>"),
            (200, "{}"),
            (200, r#"{"access_token":"a b\r\nc"}"#),
            (200, r#"{"access_token":"a","token_type":"mac"}"#),
            (302, ""),
            (404, "<html>"),
        ] {
            let Err(Failure::Away { text, .. }) = read(status, body) else { panic!("{status} {body}") };
            assert!(text.contains("https://login.example/token gives an answer"), "{text}");
        }
    }

    #[test]
    fn a_secret_that_the_server_repeats_is_not_shown() {
        let body = r#"{"error":"invalid_client","error_description":"obuolys-7 is not the secret"}"#;
        let Err(Failure::Refused(refused)) = read(401, body) else { panic!() };
        assert!(!format!("{refused} {refused:?}").contains("obuolys"), "{refused}");
    }
}
