//! The operator's settings of a relay as the wire wants them, and a connection to it.

use std::io;
use std::time::Duration;

use crate::config::{self, SmtpSettings, Waits};
use crate::daemon::intake::auth;
use crate::daemon::tokens::{NoToken, Tokens};
use crate::domain::delivery::Hold;
use crate::mail::advice::with_advice;
use crate::mail::smtp::{Connection, Deadlines, Refusal, Server};
use crate::mail::wire::{Endpoint, Security, Trust};

/// RFC 5321, section 4.5.3.2.5: three minutes for a block of data.
const BLOCK: Duration = Duration::from_secs(180);

/// Opens a connection and logs in. An access token that the server refuses is replaced once. `server` is what
/// [`server`] makes of `settings`.
///
/// # Errors
/// Those of [`Connection::open`], a refusal with what is known about it; a missing access token counts as a host that
/// is away or an account that is refused, by what may help.
pub async fn open(settings: &SmtpSettings, server: &Server, tokens: &Tokens) -> Result<Connection, Refusal> {
    let Some(login) = &settings.login else { return Connection::open(server).await };
    let proof = tokens.proof(login).await.map_err(refusal)?;
    let with = |proof| Server { login: Some((login.user.clone(), proof)), ..server.clone() };
    let mut opened = Connection::open(&with(proof.clone())).await;
    if let Err(Refusal::Held { cause: Hold::Login, .. }) = &opened
        && let Some(other) = tokens.instead_of(&proof, login).await
    {
        opened = Connection::open(&with(other)).await;
    }
    opened.map_err(|refusal| match refusal {
        Refusal::Held { cause: cause @ Hold::Login, code, text } => {
            let text = with_advice(text, login.auth == config::Auth::Xoauth2);
            Refusal::Held { cause, code, text }
        }
        other => other,
    })
}

fn refusal(none: NoToken) -> Refusal {
    let text = none.to_string();
    match none {
        NoToken::Later(_) => Refusal::Host { code: None, text },
        NoToken::Operator(_) => Refusal::Held { cause: Hold::Login, code: None, text },
    }
}

/// The server that a desk's letters leave through, without the proof of who we are.
///
/// # Errors
/// The authorities to be believed cannot be read.
pub fn server(settings: &SmtpSettings, waits: &Waits) -> io::Result<Server> {
    let at = &settings.server;
    let security = match at.security {
        config::Security::Tls => Security::Tls,
        config::Security::StartTls => Security::StartTls,
        config::Security::Plain => Security::Plain,
    };
    let login = settings.login.as_ref();
    Ok(Server {
        endpoint: Endpoint { host: at.host.clone(), port: at.port, security },
        login: None,
        auth: login.map_or_else(Default::default, |login| auth(login.auth)),
        // The configuration lets `plain` to another machine pass only on the operator's word.
        plain_login: security == Security::Plain,
        trust: if security == Security::Plain { Trust::none() } else { Trust::load(at.ca_file.as_deref())? },
        deadlines: deadlines(waits),
        hello: settings.ehlo.clone().unwrap_or_else(machine_name),
    })
}

fn deadlines(waits: &Waits) -> Deadlines {
    Deadlines {
        connect: waits.connect,
        tls: waits.tls,
        greeting: waits.greeting,
        mail: waits.smtp_command,
        rcpt: waits.smtp_command,
        data: waits.smtp_command,
        block: waits.smtp_command.min(BLOCK),
        dot: waits.smtp_data_end,
        // The postman hangs up by his own watch; this one only has to be no shorter.
        idle: waits.smtp_keep + Duration::from_secs(1),
    }
}

/// The name of this machine where it is a whole one (RFC 5321, section 2.3.5); servers refuse half names.
fn machine_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.contains('.') { name.to_owned() } else { String::new() }
}
