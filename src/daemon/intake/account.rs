//! From the operator's words to the account that the wire understands.

use crate::config::{self, MailboxSettings, Waits};
use crate::mail::imap::{Account, Auth, Deadlines, Trouble};
use crate::mail::secret::Secret;
use crate::mail::wire::{Endpoint, Security, Trust};

/// The account of a mailbox.
///
/// # Errors
/// `Refused` when the file of authorities cannot be used: only the operator can mend that.
pub fn account(mailbox: &MailboxSettings, waits: &Waits) -> Result<Account, Trouble> {
    let server = &mailbox.server;
    let trust = Trust::load(server.ca_file.as_deref())
        .map_err(|error| Trouble::Refused(format!("the certificate authorities: {error}")))?;
    let security = match server.security {
        config::Security::Tls => Security::Tls,
        config::Security::StartTls => Security::StartTls,
        config::Security::Plain => Security::Plain,
    };
    let auth = match mailbox.login.auth {
        config::Auth::Auto => Auth::Auto,
        config::Auth::Plain => Auth::Plain,
        config::Auth::Login => Auth::Login,
        config::Auth::Xoauth2 => Auth::Xoauth2,
    };
    Ok(Account {
        endpoint: Endpoint { host: server.host.clone(), port: server.port, security },
        user: mailbox.login.user.clone(),
        password: Secret::new(mailbox.login.password.expose()),
        auth,
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
