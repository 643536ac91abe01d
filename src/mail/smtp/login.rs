//! AUTH PLAIN and AUTH LOGIN (RFC 4954, 4616): only over TLS, to loopback, or where the operator said so.

use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::response::Response;

use super::Refusal;
use super::dialogue::{Dialogue, Reply};
use crate::domain::delivery::Hold;
use crate::mail::secret::Secret;

/// Logs in with the best of `offered` that we know.
///
/// # Errors
/// `Held` when the account is refused or no mechanism fits, `Host` when the server fails at it.
pub(super) async fn log_in(
    dialogue: &mut Dialogue,
    offered: &[Mechanism],
    user: &str,
    password: &Secret,
    limit: Duration,
) -> Result<(), Refusal> {
    let held = |text: &str| Refusal::Held { cause: Hold::Login, code: None, text: text.to_owned() };
    let mechanism = [Mechanism::Plain, Mechanism::Login].into_iter().find(|known| offered.contains(known));
    let mechanism = mechanism.ok_or_else(|| held("the server offers no login by password (PLAIN, LOGIN)"))?;
    let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
    let unfit = |_| held("the server asks for something else than user and password");

    let first = Auth::new(mechanism, credentials.clone(), None).map_err(unfit)?;
    let mut reply = ask(dialogue, &first, limit).await?;
    // LOGIN asks for the user, then for the password; PLAIN asks for nothing.
    for _ in 0..2 {
        if reply.code != 334 {
            break;
        }
        let challenge: Response = format!("334 {}\r\n", reply.text()).parse().map_err(unfit)?;
        let answer = Auth::new_from_response(mechanism, credentials.clone(), &challenge).map_err(unfit)?;
        reply = ask(dialogue, &answer, limit).await?;
    }
    let code = Some(reply.code);
    match reply.code {
        200..300 => Ok(()),
        400..500 => Err(Refusal::Host { code, text: reply.text() }),
        _ => Err(Refusal::Held { cause: Hold::Login, code, text: reply.text() }),
    }
}

async fn ask(dialogue: &mut Dialogue, command: &Auth, limit: Duration) -> Result<Reply, Refusal> {
    let lost = |e: io::Error| Refusal::Host { code: None, text: format!("at the login: {e}") };
    dialogue.ask(&command.to_string(), "login", limit).await.map_err(lost)
}
