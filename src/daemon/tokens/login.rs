//! A person logs in once, and the refresh token that comes of it is kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::kept::Kept;
use super::{client, road};
use crate::config::{Oauth, Settings};
use crate::daemon::clock::Clock;
use crate::mail::oauth::{
    self, BrowserLogin, Client, Failure, Granted, Invitation, Meaning, Refused, Road, code_in,
};

/// Added to the interval at each `slow_down` (RFC 8628, section 3.5).
const SLOWER: Duration = Duration::from_secs(5);
/// Longest wait between two questions while the endpoint is away.
const AWAY_MAX: Duration = Duration::from_secs(60);

/// Why nobody is logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// It cannot be done with this configuration.
    #[error("{0}")]
    SetUp(String),
    /// The person did not agree, or not in time.
    #[error("{0}")]
    NotGranted(String),
    /// The endpoint is away.
    #[error("{0}")]
    Away(String),
    #[error("the refresh token cannot be kept: {0}")]
    Io(#[from] std::io::Error),
}

impl From<Failure> for LoginError {
    fn from(failure: Failure) -> LoginError {
        match failure {
            Failure::Away { text, .. } => LoginError::Away(text),
            Failure::Refused(refused) => LoginError::from(refused),
        }
    }
}

impl From<Refused> for LoginError {
    fn from(refused: Refused) -> LoginError {
        match refused.meaning() {
            Meaning::SetUp => LoginError::SetUp(refused.to_string()),
            Meaning::Later => LoginError::Away(refused.to_string()),
            _ => LoginError::NotGranted(refused.to_string()),
        }
    }
}

/// A login of one account.
pub struct Visit<'a> {
    oauth: &'a Oauth,
    client: Client,
    road: Road,
    kept: Kept,
    clock: Clock,
}

impl<'a> Visit<'a> {
    /// Prepares a login.
    ///
    /// # Errors
    /// The authorities to be believed cannot be read.
    pub fn new(settings: &Settings, oauth: &'a Oauth, clock: Clock) -> Result<Visit<'a>, LoginError> {
        let road = road(oauth.ca_file.as_deref(), &settings.waits)
            .map_err(|error| LoginError::SetUp(format!("the certificate authorities: {error}")))?;
        let kept = Kept::new(&settings.state_dir, oauth);
        Ok(Visit { oauth, client: client(oauth), road, kept, clock })
    }

    /// Shows a code, to be typed in at another device, and waits until that is done (RFC 8628).
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn at_device(&self, show: impl FnOnce(&Invitation)) -> Result<(), LoginError> {
        let endpoint = self
            .oauth
            .device_endpoint
            .as_ref()
            .ok_or_else(|| LoginError::SetUp("there is no device_endpoint to log in at".to_owned()))?;
        let invitation = oauth::invite(&self.client, endpoint, &self.road).await?;
        let ends = self.after(invitation.lifetime);
        show(&invitation);
        let mut interval = invitation.interval;
        let mut wait = interval;
        loop {
            self.clock.sleep_until(self.after(wait)).await;
            let grant = oauth::Grant::Device(&invitation.device_code);
            match oauth::ask(&self.client, grant, &self.road).await {
                Ok(granted) => return self.keep(&granted).await,
                // RFC 8628, section 3.5: ever slower while nobody answers.
                Err(Failure::Away { .. }) => wait = (wait * 2).min(AWAY_MAX.max(interval)),
                Err(Failure::Refused(refused)) => match refused.meaning() {
                    Meaning::Pending => wait = interval,
                    Meaning::SlowDown => {
                        interval += SLOWER;
                        wait = interval;
                    }
                    Meaning::Later => wait = (wait * 2).min(AWAY_MAX.max(interval)),
                    _ => return Err(refused.into()),
                },
            }
            if self.clock.now() >= ends {
                return Err(LoginError::NotGranted("the code was not used in time; begin again".to_owned()));
            }
        }
    }

    /// The address at which a person logs in with a browser.
    ///
    /// # Errors
    /// There is none in the configuration, or no randomness.
    pub fn in_browser(&self) -> Result<BrowserLogin, LoginError> {
        let endpoint = self.oauth.authorize_endpoint.as_ref().ok_or_else(|| {
            LoginError::SetUp("there is neither a device_endpoint nor an authorize_endpoint".to_owned())
        })?;
        let mut random = [0; 48];
        getrandom::fill(&mut random).map_err(|error| LoginError::SetUp(format!("no randomness: {error}")))?;
        Ok(BrowserLogin::begin(&self.client, endpoint, &self.oauth.user, &random))
    }

    /// Goes on with the address at which the browser ended.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn came_back(&self, login: &BrowserLogin, pasted: &str) -> Result<(), LoginError> {
        let code = code_in(login, pasted).map_err(LoginError::NotGranted)?;
        let grant = oauth::Grant::Code { code: &code, redirect: login.redirect, verifier: &login.verifier };
        let granted = oauth::ask(&self.client, grant, &self.road).await?;
        self.keep(&granted).await
    }

    async fn keep(&self, granted: &Granted) -> Result<(), LoginError> {
        let token = granted.refresh.as_ref().ok_or_else(|| {
            let text = "the provider gave no refresh token, so the login would end within the hour: see whether \
                        the scopes ask for one (offline_access at Microsoft)";
            LoginError::SetUp(text.to_owned())
        })?;
        let _held = self.kept.hold().await?;
        Ok(self.kept.keep(token, self.clock.now())?)
    }

    fn after(&self, wait: Duration) -> Timestamp {
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_hours(1));
        self.clock.now().checked_add(wait).unwrap_or(Timestamp::MAX)
    }
}
