//! Access tokens: who has one, until when, and what is wrong where there is none.
//!
//! A [`Keeper`](keeper::Keeper) for each account; IMAP and SMTP share its token. It is renewed shortly before it ends,
//! by the task [`run`] or by whoever needs it first, one request at a time. A refresh token that comes with it is on
//! the disk before anything is done with the answer (`kept`).

mod keeper;
mod kept;
pub mod login;
mod watch;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::clock::Clock;
use crate::config::{Login, Oauth, Proof, Settings, Waits};
use crate::mail::http::Limits;
use crate::mail::oauth::{Client, Road};
use crate::mail::secret::Secret;
use crate::mail::wire::Trust;
use keeper::Keeper;

pub use keeper::{NoToken, TokenHealth};
pub use kept::Kept;
pub use watch::{Alarm, alarms, run};

/// The keepers of all accounts.
#[derive(Debug, Default)]
pub struct Tokens {
    keepers: BTreeMap<String, Arc<Keeper>>,
}

impl Tokens {
    /// A keeper for each account of `settings`. Tokens that `before` has are still good.
    pub fn new(settings: &Settings, clock: &Clock, before: Option<&Tokens>) -> Tokens {
        let keeper = |oauth: &Oauth| {
            let kept = Kept::new(&settings.state_dir, oauth);
            let keeper = Keeper::new(oauth.clone(), kept, clock.clone(), &settings.waits);
            if let Some(known) = before.and_then(|before| before.keepers.get(&oauth.name)) {
                keeper.inherit(known);
            }
            (oauth.name.clone(), Arc::new(keeper))
        };
        Tokens { keepers: settings.oauths().into_iter().map(keeper).collect() }
    }

    /// The password, or a token that is good now.
    ///
    /// # Errors
    /// There is no token; nobody should ask for one at once.
    pub async fn proof(&self, login: &Login) -> Result<Secret, NoToken> {
        match &login.proof {
            Proof::Password(password) => Ok(Secret::new(password.expose())),
            Proof::Oauth(oauth) => self.token(oauth).await,
        }
    }

    /// A token that is good now.
    ///
    /// # Errors
    /// As [`Tokens::proof`].
    pub async fn token(&self, oauth: &Oauth) -> Result<Secret, NoToken> {
        self.keeper(oauth)?.token().await
    }

    /// Another token after a server refused this one; `None` where there is none, or a new one would not help.
    pub async fn instead_of(&self, refused: &Secret, login: &Login) -> Option<Secret> {
        let keeper = self.keeper(login.oauth()?).ok()?;
        keeper.instead_of(refused).await
    }

    /// How each account stands, by its name.
    pub fn health(&self) -> Vec<TokenHealth> {
        self.keepers.values().map(|keeper| keeper.health()).collect()
    }

    /// What somebody should look at.
    pub fn alarms(&self, now: Timestamp) -> Vec<Alarm> {
        self.health().iter().flat_map(|health| alarms(health, now)).collect()
    }

    fn keeper(&self, oauth: &Oauth) -> Result<&Arc<Keeper>, NoToken> {
        let missing = || NoToken::Later(format!("nobody keeps tokens for {}", oauth.name));
        self.keepers.get(&oauth.name).ok_or_else(missing)
    }
}

/// The application as the token endpoint knows it.
fn client(oauth: &Oauth) -> Client {
    Client {
        token_endpoint: oauth.token_endpoint.clone(),
        id: oauth.client_id.clone(),
        secret: oauth.client_secret.as_ref().map(|secret| Secret::new(secret.expose())),
        scope: oauth.scopes.join(" "),
    }
}

/// The way to the token endpoint.
///
/// # Errors
/// The authorities to be believed cannot be read.
fn road(ca_file: Option<&Path>, waits: &Waits) -> io::Result<Road> {
    let limits = Limits { connect: waits.connect, tls: waits.tls, whole: waits.login };
    Ok(Road { trust: Trust::load(ca_file)?, limits })
}
