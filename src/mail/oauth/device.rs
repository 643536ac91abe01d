//! A login at another device (RFC 8628): the program shows an address and a code, a person types it there.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Client, Failure, Refused, Road, post};
use crate::mail::http::bare;
use crate::mail::secret::Secret;

/// The grant type (RFC 8628, section 3.4).
pub const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between two questions where the server names no interval (RFC 8628, section 3.2).
const INTERVAL_UNSTATED: Duration = Duration::from_secs(5);

/// What the person is shown, and what we ask with meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub device_code: Secret,
    /// To be typed at `address`.
    pub user_code: String,
    pub address: String,
    /// The code is good for so long.
    pub lifetime: Duration,
    /// The least time between two questions.
    pub interval: Duration,
}

/// RFC 8628, section 3.2. Google says `verification_url`.
#[derive(Deserialize)]
struct Document {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    expires_in: u64,
    interval: Option<u64>,
}

/// Asks for a code.
///
/// # Errors
/// As for a token.
pub async fn invite(client: &Client, endpoint: &Url, road: &Road) -> Result<Invitation, Failure> {
    let mut form = vec![("client_id", client.id.as_str()), ("scope", &client.scope)];
    form.extend(client.secret.as_ref().map(|secret| ("client_secret", secret.expose())));
    let reply = post(endpoint, &form, road).await?;
    if reply.status != 200
        && let Some(refused) = Refused::read(&reply, &[])
    {
        return Err(Failure::Refused(refused));
    }
    let document: Document = serde_json::from_slice(&reply.body).map_err(|_| {
        let text = format!("{} gives an answer that is no code: {}", bare(endpoint), reply.status);
        Failure::Away { text, retry_after: None }
    })?;
    let printable = |text: String| text.chars().filter(|c| !c.is_control()).collect();
    Ok(Invitation {
        device_code: Secret::new(document.device_code),
        user_code: printable(document.user_code),
        address: printable(document.verification_uri),
        lifetime: Duration::from_secs(document.expires_in),
        interval: document.interval.map_or(INTERVAL_UNSTATED, Duration::from_secs),
    })
}
