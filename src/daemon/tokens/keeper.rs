//! One account's access token: asked for, renewed, replaced, and left alone for a while when that fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;

use super::kept::Kept;
use super::{client, road};
use crate::config::{Grant, Oauth, Waits};
use crate::daemon::clock::Clock;
use crate::mail::oauth::{self, Client, Failure, Granted, Meaning, Road};
use crate::mail::secret::Secret;

/// A token is renewed this long before it ends, or at nine tenths of a short life.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// A token that a server refuses sooner than this after it was given: a new one would not help.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// After a refusal that only a person can mend.
const REFUSED: SignedDuration = SignedDuration::from_mins(5);
/// A server that asks to be left alone for longer is asked again all the same.
const ALONE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// The endpoint is away: later it may work.
    #[error("there is no access token: {0}")]
    Later(String),
    /// Only the operator can help.
    #[error("there is no access token: {0}")]
    Operator(String),
}

/// How one account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHealth {
    /// Of the mailbox or relay.
    pub name: String,
    /// Until when the token in hand is good.
    pub good_until: Option<Timestamp>,
    /// What is wrong with getting the next one, and since when.
    pub trouble: Option<(Timestamp, String)>,
    /// The day on which the client secret ends.
    pub secret_expires: Option<jiff::civil::Date>,
}

/// Keeps one account's token.
#[derive(Debug)]
pub struct Keeper {
    oauth: Oauth,
    client: Client,
    kept: Kept,
    clock: Clock,
    waits: Waits,
    road: OnceCell<Road>,
    /// Held while a token is asked for.
    asking: tokio::sync::Mutex<()>,
    /// Never held across an await.
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    token: Option<Token>,
    /// A refresh token that was given and is not on the disk yet. Nothing is asked for before it is.
    unkept: Option<Secret>,
    /// Until when nobody asks, and why.
    closed: Option<(Timestamp, NoToken)>,
    failures: u32,
    failing_since: Option<Timestamp>,
}

#[derive(Clone, Debug)]
struct Token {
    secret: Secret,
    given_at: Timestamp,
    renew_at: Timestamp,
    ends_at: Timestamp,
}

impl Token {
    fn new(granted: &Granted, now: Timestamp) -> Token {
        let lifetime = SignedDuration::try_from(granted.lifetime).unwrap_or(SignedDuration::from_hours(24));
        let margin = MARGIN.min(lifetime / 10);
        let at = |after| now.checked_add(after).unwrap_or(Timestamp::MAX);
        let secret = granted.access.clone();
        Token { secret, given_at: now, renew_at: at(lifetime - margin), ends_at: at(lifetime) }
    }
}

/// What is to be done about a token.
enum Standing {
    Good(Secret),
    /// Nobody should ask now.
    Closed(NoToken),
    Ask,
}

impl Keeper {
    pub fn new(oauth: Oauth, kept: Kept, clock: Clock, waits: &Waits) -> Keeper {
        Keeper {
            client: client(&oauth),
            oauth,
            kept,
            clock,
            waits: waits.clone(),
            road: OnceCell::new(),
            asking: tokio::sync::Mutex::new(()),
            state: Mutex::default(),
        }
    }

    /// Goes on with the token of a keeper of the same account, and forgets its troubles.
    pub fn inherit(&self, before: &Keeper) {
        if before.oauth == self.oauth {
            let known = before.state().clone();
            *self.state() = State { token: known.token, unkept: known.unkept, ..State::default() };
        }
    }

    /// A token that is good now.
    ///
    /// # Errors
    /// There is none, and it was asked for in vain, now or a short while ago.
    pub async fn token(self: &Arc<Keeper>) -> Result<Secret, NoToken> {
        match self.standing(self.clock.now()) {
            Standing::Good(secret) => Ok(secret),
            Standing::Closed(why) => Err(why),
            Standing::Ask => self.ask().await,
        }
    }

    /// Another token than the one that a server refused. `None`: there is none, or it was fresh, so that a new one
    /// would be refused, too; the next attempt then begins with a new one, for rights come with new tokens only.
    pub async fn instead_of(self: &Arc<Keeper>, refused: &Secret) -> Option<Secret> {
        {
            let mut state = self.state();
            if let Some(token) = state.token.clone().filter(|token| token.secret == *refused) {
                state.token = None;
                if self.clock.now().duration_since(token.given_at).abs() < FRESH {
                    return None;
                }
                tracing::info!(
                    account = self.oauth.name,
                    "a server refuses the access token: a new one is asked for"
                );
            }
        }
        self.token().await.ok()
    }

    /// Sees to it that there is a token, and says when to look again.
    pub async fn tend(self: &Arc<Keeper>) -> Timestamp {
        // What is wrong is in the health, and in the log.
        let _ = self.token().await;
        let now = self.clock.now();
        let state = self.state();
        let closed = state.closed.as_ref().map(|(until, _)| *until);
        let renew = state.token.as_ref().map(|token| token.renew_at);
        closed.or(renew).filter(|at| *at > now).unwrap_or(now + SignedDuration::from_mins(1))
    }

    /// Returns when no answer is awaited any more.
    pub async fn settle(&self) {
        drop(self.asking.lock().await);
    }

    pub fn health(&self) -> TokenHealth {
        let state = self.state();
        let trouble = state.closed.as_ref().map(|(_, why)| why.to_string());
        TokenHealth {
            name: self.oauth.name.clone(),
            good_until: state.token.as_ref().map(|token| token.ends_at),
            trouble: state.failing_since.zip(trouble),
            secret_expires: self.oauth.secret_expires,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token that is to be renewed serves as long as nobody can be asked.
    fn standing(&self, now: Timestamp) -> Standing {
        let state = self.state();
        // From before the wall clock was set back, both mean nothing.
        let token = state.token.as_ref().filter(|token| token.given_at <= now);
        let closed =
            state.closed.as_ref().filter(|(until, _)| *until > now && until.duration_since(now) <= ALONE_MAX);
        match (token, closed) {
            (Some(token), _) if now < token.renew_at => Standing::Good(token.secret.clone()),
            (Some(token), Some(_)) if now < token.ends_at => Standing::Good(token.secret.clone()),
            (_, Some((_, why))) => Standing::Closed(why.clone()),
            _ => Standing::Ask,
        }
    }

    /// Asks in a task of its own: who asked may lose patience, but the answer must be kept.
    async fn ask(self: &Arc<Keeper>) -> Result<Secret, NoToken> {
        let keeper = self.clone();
        let asked = tokio::spawn(async move {
            let _asking = keeper.asking.lock().await;
            // Somebody else may have done it while we waited.
            match keeper.standing(keeper.clock.now()) {
                Standing::Good(secret) => Ok(secret),
                Standing::Closed(why) => Err(why),
                Standing::Ask => keeper.renew().await,
            }
        });
        asked.await.unwrap_or_else(|_| Err(NoToken::Later("the daemon is ending".to_owned())))
    }

    async fn renew(&self) -> Result<Secret, NoToken> {
        let given = self.give().await;
        let now = self.clock.now();
        let mut state = self.state();
        match given {
            Ok(granted) => {
                let token = Token::new(&granted, now);
                if state.failing_since.is_some() {
                    tracing::info!(account = self.oauth.name, "access tokens are given out again");
                }
                tracing::debug!(account = self.oauth.name, until = %token.ends_at, "an access token was given");
                let secret = token.secret.clone();
                *state = State { token: Some(token), ..State::default() };
                Ok(secret)
            }
            Err((why, alone)) => {
                state.failures = state.failures.saturating_add(1);
                state.failing_since.get_or_insert(now);
                let is_new = state.closed.as_ref().is_none_or(|(_, known)| *known != why);
                let wait = self.backoff(&why, state.failures).max(alone.min(ALONE_MAX));
                let until = now.checked_add(wait).unwrap_or(Timestamp::MAX);
                state.closed = Some((until, why.clone()));
                let account = &self.oauth.name;
                match (&why, is_new) {
                    (_, false) => tracing::debug!(account, %until, "still {why}"),
                    (NoToken::Later(_), true) => tracing::warn!(account, %until, "{why}"),
                    (NoToken::Operator(_), true) => tracing::error!(account, %until, "{why}"),
                }
                match &state.token {
                    Some(token) if now < token.ends_at => Ok(token.secret.clone()),
                    _ => Err(why),
                }
            }
        }
    }

    fn backoff(&self, why: &NoToken, failures: u32) -> SignedDuration {
        match why {
            NoToken::Operator(_) => REFUSED,
            NoToken::Later(_) => {
                let doubled = self.waits.reconnect_first.saturating_mul(1 << (failures - 1).min(20));
                SignedDuration::try_from(doubled.min(self.waits.reconnect_longest)).unwrap_or(REFUSED)
            }
        }
    }

    /// Gets a token, and keeps what came with it. The error says for how long the server wants to be left alone.
    async fn give(&self) -> Result<Granted, (NoToken, SignedDuration)> {
        let operator = |text: String| (NoToken::Operator(text), SignedDuration::ZERO);
        let road = self.road.get_or_try_init(async || road(self.oauth.ca_file.as_deref(), &self.waits)).await;
        let road = road.map_err(|error| operator(format!("the certificate authorities: {error}")))?;
        if self.oauth.grant == Grant::ClientCredentials {
            return oauth::ask(&self.client, oauth::Grant::ClientCredentials, road)
                .await
                .map_err(|f| self.told(f));
        }
        let _held = self.kept.hold().await.map_err(|error| operator(unwritten(&error)))?;
        self.keep_now().map_err(|error| operator(unwritten(&error)))?;
        let token = self.kept.token().map_err(|error| operator(error.to_string()))?;
        let token = token.ok_or_else(|| operator(format!("nobody has logged in yet: {}", self.order())))?;
        let asked = oauth::ask(&self.client, oauth::Grant::Refresh(&token), road).await;
        let granted = asked.map_err(|failure| self.told(failure))?;
        if let Some(token) = &granted.refresh {
            self.state().unkept = Some(token.clone());
            self.keep_now().map_err(|error| operator(unwritten(&error)))?;
        }
        Ok(granted)
    }

    /// Puts a refresh token on the disk that is not there yet.
    fn keep_now(&self) -> std::io::Result<()> {
        let unkept = self.state().unkept.clone();
        if let Some(token) = unkept {
            self.kept.keep(&token, self.clock.now())?;
            self.state().unkept = None;
        }
        Ok(())
    }

    fn told(&self, failure: Failure) -> (NoToken, SignedDuration) {
        match failure {
            Failure::Away { text, retry_after } => {
                let alone = retry_after.unwrap_or(Duration::ZERO);
                (NoToken::Later(text), SignedDuration::try_from(alone).unwrap_or(ALONE_MAX))
            }
            Failure::Refused(refused) => {
                let why = match refused.meaning() {
                    Meaning::Later => NoToken::Later(refused.to_string()),
                    Meaning::LogIn if self.oauth.grant == Grant::RefreshToken => {
                        NoToken::Operator(format!("{refused}; {}", self.order()))
                    }
                    _ => NoToken::Operator(refused.to_string()),
                };
                (why, SignedDuration::ZERO)
            }
        }
    }

    /// What the operator is to do.
    fn order(&self) -> String {
        format!("run `maildesk login {}`", self.oauth.name)
    }
}

fn unwritten(error: &std::io::Error) -> String {
    format!("the refresh token cannot be kept, so none is used: {error}")
}
