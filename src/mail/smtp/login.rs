//! AUTH PLAIN, LOGIN and XOAUTH2 (RFC 4954, 4616): only over TLS, to loopback, or where the operator said so.

use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands;
use lettre::transport::smtp::response::Response;

use super::dialogue::{Dialogue, Reply};
use super::{Auth, Refusal};
use crate::domain::delivery::Hold;
use crate::mail::auth::{without_password, xoauth2, xoauth2_reason};
use crate::mail::secret::Secret;

/// Who logs in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'a> {
    pub user: &'a str,
    /// Or the access token.
    pub password: &'a Secret,
    pub auth: Auth,
}

/// Logs in with the best of `offered` that we know and may use.
///
/// # Errors
/// `Held` when the account is refused or no mechanism fits, `Host` when the server fails at it.
pub(super) async fn log_in(
    dialogue: &mut Dialogue,
    offered: &[Mechanism],
    who: Who<'_>,
    limit: Duration,
) -> Result<(), Refusal> {
    let ways: &[Mechanism] = match who.auth {
        Auth::Auto => &[Mechanism::Plain, Mechanism::Login],
        Auth::Plain => &[Mechanism::Plain],
        Auth::Login => &[Mechanism::Login],
        Auth::Xoauth2 => &[Mechanism::Xoauth2],
    };
    let mechanism = ways.iter().copied().find(|way| offered.contains(way)).ok_or_else(|| {
        let ways: Vec<String> = ways.iter().map(ToString::to_string).collect();
        held(format!("the server offers no login by {}", ways.join(" or ")))
    })?;
    let (mut reply, reason) = match mechanism {
        Mechanism::Xoauth2 => by_token(dialogue, who, limit).await?,
        _ => (by_password(dialogue, mechanism, who, limit).await?, None),
    };
    let silent = |words: &str| without_password(words, who.user, who.password);
    reply.lines.iter_mut().for_each(|line| *line = silent(line));
    let reason = reason.as_deref().map(silent);
    let code = Some(reply.code);
    let text = reason.map_or_else(|| reply.text(), |reason| format!("{} ({reason})", reply.text()));
    match reply.code {
        200..300 => Ok(()),
        400..500 => Err(Refusal::Host { code, text }),
        _ => Err(Refusal::Held { cause: Hold::Login, code, text }),
    }
}

async fn by_password(
    dialogue: &mut Dialogue,
    mechanism: Mechanism,
    who: Who<'_>,
    limit: Duration,
) -> Result<Reply, Refusal> {
    let credentials = Credentials::new(who.user.to_owned(), who.password.expose().to_owned());
    let unfit = |_| held("the server asks for something else than user and password".to_owned());
    let first = commands::Auth::new(mechanism, credentials.clone(), None).map_err(unfit)?;
    let mut reply = ask(dialogue, &first.to_string(), limit).await?;
    // LOGIN asks for the user, then for the password; PLAIN asks for nothing.
    for _ in 0..2 {
        if reply.code != 334 {
            break;
        }
        let challenge: Response = format!("334 {}\r\n", reply.text()).parse().map_err(unfit)?;
        let answer = commands::Auth::new_from_response(mechanism, credentials.clone(), &challenge);
        reply = ask(dialogue, &answer.map_err(unfit)?.to_string(), limit).await?;
    }
    Ok(reply)
}

/// lettre waits for a challenge that XOAUTH2 has not, and cannot answer the one that tells why a token is refused:
/// that wants an empty line, and only then comes the refusal itself.
async fn by_token(
    dialogue: &mut Dialogue,
    who: Who<'_>,
    limit: Duration,
) -> Result<(Reply, Option<String>), Refusal> {
    let first = format!("AUTH XOAUTH2 {}\r\n", xoauth2(who.user, who.password));
    let reply = ask(dialogue, &first, limit).await?;
    if reply.code != 334 {
        return Ok((reply, None));
    }
    let reason = xoauth2_reason(&reply.text());
    Ok((ask(dialogue, "\r\n", limit).await?, reason))
}

fn held(text: String) -> Refusal {
    Refusal::Held { cause: Hold::Login, code: None, text }
}

async fn ask(dialogue: &mut Dialogue, line: &str, limit: Duration) -> Result<Reply, Refusal> {
    let lost = |e: io::Error| Refusal::Host { code: None, text: format!("at the login: {e}") };
    dialogue.ask(line, "login", limit).await.map_err(lost)
}
