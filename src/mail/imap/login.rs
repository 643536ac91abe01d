//! From an address to a logged-in session.

use std::collections::BTreeSet;

use async_imap::imap_proto::{Response, Status};

use super::exchange::{Answer, Line, Verdict};
use super::folder::quoted;
use super::patient::Patient;
use super::session::ask_capabilities;
use super::{Account, Auth, Session, Trouble};
use crate::mail::auth::{sasl_plain, without_password, xoauth2, xoauth2_reason};
use crate::mail::wire::{self, Security, Wire};

/// What the greeting let us in as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Greeting {
    Stranger,
    Known,
}

/// Whether the server's own list of abilities can be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Abilities {
    Ask,
    /// Its list once broke the parser: assume plain IMAP4rev1, without IDLE or anything else.
    Assume,
}

impl Session {
    /// Connects, secures and logs in. The capabilities are asked again after STARTTLS and after the login,
    /// for servers list other ones then (RFC 9051, sections 6.2.1 and 6.2.3).
    ///
    /// # Errors
    /// `Refused` for wrong credentials, an untrusted certificate or missing TLS; `Network` when the server
    /// cannot be reached, is silent or says BYE; `Protocol` when it does not speak IMAP.
    pub async fn connect(account: &Account) -> Result<Session, Trouble> {
        match open(account, Abilities::Ask).await {
            Err(Trouble::Protocol(text)) if text.starts_with("CAPABILITY") => {
                tracing::warn!(host = account.endpoint.host, "the server's list of abilities cannot be read");
                open(account, Abilities::Assume).await
            }
            other => other,
        }
    }

    /// Greets and logs in over a connection that somebody else has opened, and protected as the account wants it.
    ///
    /// # Errors
    /// As [`Session::connect`].
    pub async fn over(wire: Wire, account: &Account) -> Result<Session, Trouble> {
        let (line, greeting) = greet(account, Patient::new(wire, account.deadlines.greeting)).await?;
        enter(line, greeting, account, Abilities::Ask).await
    }
}

async fn open(account: &Account, abilities: Abilities) -> Result<Session, Trouble> {
    let (line, greeting) = reach(account).await?;
    enter(line, greeting, account, abilities).await
}

/// From the greeting to the login. What a server repeats of it, in whatever answer, is told without the password.
async fn enter(
    mut line: Line,
    greeting: Greeting,
    account: &Account,
    abilities: Abilities,
) -> Result<Session, Trouble> {
    let entering = async {
        if greeting == Greeting::Stranger {
            let before = known_abilities(&mut line, abilities).await?;
            log_in(&mut line, account, &before).await?;
        }
        known_abilities(&mut line, abilities).await
    };
    let entered = entering.await;
    let after = entered.map_err(|trouble| trouble.without_password(&account.user, &account.password))?;
    let certificate_ends = account.trust.certificate_ends();
    Ok(Session { certificate_ends, ..Session::new(line, after) })
}

async fn known_abilities(line: &mut Line, abilities: Abilities) -> Result<BTreeSet<String>, Trouble> {
    match abilities {
        Abilities::Ask => ask_capabilities(line).await,
        Abilities::Assume => Ok(BTreeSet::from(["IMAP4REV1".to_owned()])),
    }
}

/// Connects and secures; the greeting is read and judged.
async fn reach(account: &Account) -> Result<(Line, Greeting), Trouble> {
    let (endpoint, limits) = (&account.endpoint, account.deadlines);
    let tcp = wire::connect(&endpoint.host, endpoint.port, limits.connect).await;
    let tcp = tcp.map_err(|error| network("connecting", &error))?;
    match endpoint.security {
        Security::Plain => greet(account, Patient::new(Box::new(tcp), limits.greeting)).await,
        Security::Tls => {
            let wire = secure(account, Box::new(tcp)).await?;
            greet(account, Patient::new(wire, limits.greeting)).await
        }
        Security::StartTls => {
            let clear = Patient::new(Box::new(tcp), limits.greeting).remembering();
            let (line, greeting) = greet(account, clear).await?;
            if greeting == Greeting::Known {
                return Err(Trouble::refused("the server logged us in before TLS, so TLS cannot be had"));
            }
            let wire = start_tls(account, line).await?;
            Ok((Line::new(Patient::new(wire, limits.quiet), limits), greeting))
        }
    }
}

async fn secure(account: &Account, wire: Wire) -> Result<Wire, Trouble> {
    let secured = wire::secure(wire, &account.endpoint.host, &account.trust, account.deadlines.tls).await;
    let stream = secured.map_err(|error| match Trouble::from_io("TLS", &error) {
        Trouble::Protocol(_) => network("TLS", &error),
        other => other,
    })?;
    Ok(Box::new(stream))
}

/// STARTTLS, required: a server that does not offer it gets nothing secret (RFC 9051, section 6.2.1).
async fn start_tls(account: &Account, mut line: Line) -> Result<Wire, Trouble> {
    let limit = account.deadlines.login;
    let answer = line.converse_within(limit, "STARTTLS", |_| None, |_| ()).await?;
    if !answer.is_ok() {
        return Err(Trouble::refused(format!("STARTTLS is not to be had: {}", answer.text)));
    }
    if !line.nothing_behind_answer() {
        return Err(Trouble::protocol("STARTTLS: something was slipped in before TLS"));
    }
    secure(account, line.into_stream().into_wire()).await
}

/// Reads the first line: OK, PREAUTH, or BYE with a reason (RFC 9051, section 7.1).
async fn greet(account: &Account, stream: Patient) -> Result<(Line, Greeting), Trouble> {
    let limit = account.deadlines.greeting;
    let mut line = Line::new(stream, account.deadlines);
    let mut greeting = None;
    let mut judge = |response: &Response<'_>| {
        greeting = match response {
            Response::Data { status: Status::Ok, .. } => Some(Greeting::Stranger),
            Response::Data { status: Status::PreAuth, .. } => Some(Greeting::Known),
            _ => None,
        };
    };
    match tokio::time::timeout(limit, line.next("greeting", &mut judge)).await {
        Ok(first) => first.map(drop)?,
        Err(_) => return Err(Trouble::network(format!("greeting: none in {limit:?}"))),
    }
    let greeting = greeting.ok_or_else(|| Trouble::protocol("greeting: this is no IMAP server"))?;
    Ok((line, greeting))
}

async fn log_in(line: &mut Line, account: &Account, abilities: &BTreeSet<String>) -> Result<(), Trouble> {
    let (user, password) = (account.user.as_str(), account.password.expose());
    let answer = match choose(account, abilities)? {
        Auth::Xoauth2 => authenticate(line, "XOAUTH2", &xoauth2(user, &account.password), abilities).await?,
        Auth::Plain => authenticate(line, "PLAIN", &sasl_plain(user, &account.password), abilities).await?,
        Auth::Login | Auth::Auto => {
            let command = format!("LOGIN {} {}", quoted(user), quoted(password));
            let limit = line.deadlines().login;
            line.converse_within(limit, &command, |_| None, |_| ()).await?
        }
    };
    judge(account, answer)
}

/// Our own order, not the server's: some list first what they cannot do.
fn choose(account: &Account, abilities: &BTreeSet<String>) -> Result<Auth, Trouble> {
    let plain_text = |text: &str| text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let quotable = plain_text(&account.user) && plain_text(account.password.expose());
    let login_allowed = !abilities.contains("LOGINDISABLED");
    match account.auth {
        Auth::Auto if quotable && login_allowed => Ok(Auth::Login),
        Auth::Auto if abilities.contains("AUTH=PLAIN") || login_allowed => Ok(Auth::Plain),
        Auth::Auto => Err(Trouble::refused("the server offers neither LOGIN nor AUTHENTICATE PLAIN here")),
        Auth::Login if !quotable => Err(Trouble::refused("LOGIN cannot carry this password: use PLAIN")),
        Auth::Login if !login_allowed => Err(Trouble::refused("the server disabled LOGIN")),
        // A server that lists other mechanisms only would wait for ever, or blame the token.
        Auth::Xoauth2 if !abilities.contains("AUTH=XOAUTH2") && lists_mechanisms(abilities) => {
            Err(Trouble::refused("the server offers no login by access token (AUTH=XOAUTH2)"))
        }
        other => Ok(other),
    }
}

fn lists_mechanisms(abilities: &BTreeSet<String>) -> bool {
    abilities.iter().any(|ability| ability.starts_with("AUTH="))
}

/// AUTHENTICATE with what is to be said in base64; the first response goes with the command only where SASL-IR is listed (RFC 4959).
async fn authenticate(
    line: &mut Line,
    mechanism: &str,
    coded: &str,
    abilities: &BTreeSet<String>,
) -> Result<Answer, Trouble> {
    let at_once = abilities.contains("SASL-IR");
    let command = match at_once {
        true => format!("AUTHENTICATE {mechanism} {coded}"),
        false => format!("AUTHENTICATE {mechanism}"),
    };
    // What is left to say at each `+`: ours, if not said yet; then an empty line, which ends a refusal of
    // XOAUTH2 that came as a challenge.
    let mut left = vec![b"\r\n".to_vec()];
    if !at_once {
        left.push(format!("{coded}\r\n").into_bytes());
    }
    let limit = line.deadlines().login;
    let mut reason = None;
    let hear = |challenge: &str| {
        reason = xoauth2_reason(challenge).or_else(|| reason.take());
        left.pop()
    };
    let mut answer = line.converse_within(limit, &command, hear, |_| ()).await?;
    if let (false, Some(reason)) = (answer.is_ok(), reason) {
        answer.text = format!("{} ({reason})", answer.text);
    }
    Ok(answer)
}

/// A NO to a login is about us unless its code says that the server is in trouble. The text may repeat the
/// command, so the password is taken out of it.
fn judge(account: &Account, mut answer: Answer) -> Result<(), Trouble> {
    answer.text = without_password(&answer.text, &account.user, &account.password);
    match (answer.verdict, answer.trouble("login")) {
        (Verdict::Ok, _) => Ok(()),
        (Verdict::No, Trouble::Protocol(text) | Trouble::Gone(text)) => Err(Trouble::refused(text)),
        (_, trouble) => Err(trouble),
    }
}

fn network(what: &str, error: &std::io::Error) -> Trouble {
    Trouble::network(format!("{what}: {error}"))
}
