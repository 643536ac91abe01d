//! From the operator's words to a session on the wire.

use crate::config::{self, MailboxSettings, Waits};
use crate::daemon::tokens::{NoToken, Tokens};
use crate::mail::advice::with_advice;
use crate::mail::imap::{Account, Auth, Deadlines, Session, Trouble};
use crate::mail::secret::Secret;
use crate::mail::wire::{Endpoint, Security, Trust};

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotIn {
    #[error(transparent)]
    Token(#[from] NoToken),
    #[error(transparent)]
    Server(#[from] Trouble),
}

/// Logs in to a mailbox. An access token that the server refuses is replaced once.
///
/// # Errors
/// There is no access token, or those of [`Session::connect`], a refusal with what is known about it; `Refused` also
/// when the file of authorities cannot be used.
pub async fn log_in(mailbox: &MailboxSettings, waits: &Waits, tokens: &Tokens) -> Result<Session, NotIn> {
    let proof = tokens.proof(&mailbox.login).await?;
    let account = account(mailbox, waits, proof)?;
    let mut session = Session::connect(&account).await;
    if let Err(Trouble::Refused(_)) = &session
        && let Some(password) = tokens.instead_of(&account.password, &mailbox.login).await
    {
        session = Session::connect(&Account { password, ..account }).await;
    }
    let by_token = mailbox.login.auth == config::Auth::Xoauth2;
    session.map_err(|trouble| match trouble {
        Trouble::Refused(text) => Trouble::Refused(with_advice(text, by_token)).into(),
        other => other.into(),
    })
}

/// The account of a mailbox, with the password or token that is good now.
fn account(mailbox: &MailboxSettings, waits: &Waits, password: Secret) -> Result<Account, Trouble> {
    let server = &mailbox.server;
    let trust = match server.security {
        // Reading all authorities takes longer than all of a plain login.
        config::Security::Plain => Ok(Trust::none()),
        _ => Trust::load(server.ca_file.as_deref()),
    };
    let trust = trust.map_err(|error| Trouble::Refused(format!("the certificate authorities: {error}")))?;
    let security = match server.security {
        config::Security::Tls => Security::Tls,
        config::Security::StartTls => Security::StartTls,
        config::Security::Plain => Security::Plain,
    };
    Ok(Account {
        endpoint: Endpoint { host: server.host.clone(), port: server.port, security },
        user: mailbox.login.user.clone(),
        password,
        auth: auth(mailbox.login.auth),
        trust,
        deadlines: Deadlines {
            connect: waits.connect,
            tls: waits.tls,
            greeting: waits.greeting,
            login: waits.login,
            quiet: waits.imap_quiet,
            command: waits.imap_command,
            idle: waits.idle_answer,
            logout: waits.logout,
        },
    })
}

/// The way of logging in as the wire knows it.
pub(in crate::daemon) fn auth(auth: config::Auth) -> Auth {
    match auth {
        config::Auth::Auto => Auth::Auto,
        config::Auth::Plain => Auth::Plain,
        config::Auth::Login => Auth::Login,
        config::Auth::Xoauth2 => Auth::Xoauth2,
    }
}
