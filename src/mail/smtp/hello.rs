//! The beginning of a connection: greeting, EHLO, STARTTLS.

use std::io;
use std::time::Duration;

use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::commands::{Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;

use super::dialogue::{Dialogue, Reply};
use super::{Refusal, Server};
use crate::mail::wire::secure;

/// What the server said in EHLO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    /// The name that it gives itself (RFC 5321, section 4.1.1.1).
    pub name: String,
    /// All keywords with their parameters, as they came.
    pub keywords: Vec<String>,
    pub starttls: bool,
    pub smtputf8: bool,
    pub eight_bit: bool,
    /// Commands may be said before the replies to those before them (RFC 2920).
    pub pipelining: bool,
    /// The SIZE keyword; a limit of zero means none (RFC 1870, section 4).
    pub size: Option<usize>,
    pub mechanisms: Vec<Mechanism>,
}

pub(super) async fn greeted(dialogue: &mut Dialogue, limit: Duration) -> Result<(), Refusal> {
    let reply = dialogue.reply("greeting", limit).await.map_err(host)?;
    if (200..300).contains(&reply.code) {
        return Ok(());
    }
    Err(Refusal::Host { code: Some(reply.code), text: reply.text() })
}

/// EHLO; HELO where EHLO is unknown (RFC 5321, section 3.2).
pub(super) async fn say_hello(
    dialogue: &mut Dialogue,
    hello: &ClientId,
    limit: Duration,
) -> Result<Offers, Refusal> {
    let mut reply = dialogue.ask(&Ehlo::new(hello.clone()).to_string(), "EHLO", limit).await.map_err(host)?;
    if (500..=504).contains(&reply.code) {
        reply = dialogue.ask(&format!("HELO {hello}\r\n"), "HELO", limit).await.map_err(host)?;
    }
    if (200..300).contains(&reply.code) {
        return Ok(offers(&reply));
    }
    Err(Refusal::Host { code: Some(reply.code), text: reply.text() })
}

/// STARTTLS (RFC 3207), required: what was offered before it is forgotten.
pub(super) async fn start_tls(
    mut dialogue: Dialogue,
    offers: &Offers,
    server: &Server,
    hello: &ClientId,
) -> Result<(Dialogue, Offers, Option<String>), Refusal> {
    let limits = server.deadlines;
    if !offers.starttls {
        return Err(Refusal::Host { code: None, text: "the server does not offer STARTTLS".to_owned() });
    }
    let reply = dialogue.ask(&Starttls.to_string(), "STARTTLS", limits.mail).await.map_err(host)?;
    if reply.code != 220 {
        return Err(Refusal::Host { code: Some(reply.code), text: reply.text() });
    }
    let wire = dialogue.into_wire().map_err(host)?;
    let tls = secure(wire, &server.endpoint.host, &server.trust, limits.tls).await.map_err(host)?;
    let protocol = protocol(&tls);
    let mut dialogue = Dialogue::new(Box::new(tls));
    let offers = say_hello(&mut dialogue, hello, limits.mail).await?;
    Ok((dialogue, offers, protocol))
}

/// The version of TLS that was agreed upon, as people write it.
pub(super) fn protocol<S>(tls: &tokio_rustls::client::TlsStream<S>) -> Option<String> {
    let version = tls.get_ref().1.protocol_version()?.as_str()?;
    Some(version.replace("TLSv", "TLS ").replace('_', "."))
}

/// Keywords in any case, and the old `AUTH=PLAIN` beside `AUTH PLAIN`.
fn offers(reply: &Reply) -> Offers {
    let first = reply.lines.first().and_then(|line| line.split_whitespace().next());
    let keywords = reply.lines.iter().skip(1).cloned().collect();
    let mut offers = Offers { name: first.unwrap_or_default().to_owned(), keywords, ..Offers::default() };
    for line in reply.lines.iter().skip(1) {
        let line = line.to_ascii_uppercase().replace('=', " ");
        let mut words = line.split_whitespace();
        match words.next() {
            Some("STARTTLS") => offers.starttls = true,
            Some("SMTPUTF8") => offers.smtputf8 = true,
            Some("8BITMIME") => offers.eight_bit = true,
            Some("PIPELINING") => offers.pipelining = true,
            Some("SIZE") => offers.size = Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0)),
            Some("AUTH") => offers.mechanisms.extend(words.filter_map(|word| match word {
                "PLAIN" => Some(Mechanism::Plain),
                "LOGIN" => Some(Mechanism::Login),
                "XOAUTH2" => Some(Mechanism::Xoauth2),
                _ => None,
            })),
            _ => {}
        }
    }
    offers
}

pub(super) fn client_id(hello: &str) -> ClientId {
    let sound = !hello.is_empty() && hello.len() <= 255 && hello.bytes().all(|b| b.is_ascii_graphic());
    if sound { ClientId::Domain(hello.to_owned()) } else { ClientId::default() }
}

/// An unreachable or unbelievable host.
pub(super) fn host(error: io::Error) -> Refusal {
    Refusal::Host { code: None, text: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_read_in_any_spelling() {
        let lines = [
            "desk.example",
            "size 1000",
            "Auth=LOGIN",
            "AUTH PLAIN XOAUTH2",
            "STARTTLS",
            "8bitmime",
            "Pipelining",
        ];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        let expected = Offers {
            name: "desk.example".to_owned(),
            keywords: lines[1..].iter().map(|line| (*line).to_owned()).collect(),
            starttls: true,
            smtputf8: false,
            eight_bit: true,
            pipelining: true,
            size: Some(1000),
            mechanisms: vec![Mechanism::Login, Mechanism::Plain, Mechanism::Xoauth2],
        };
        assert_eq!(offers(&reply), expected);
        let named = Reply { code: 250, lines: vec!["STARTTLS".to_owned()] };
        let nothing = Offers { name: "STARTTLS".to_owned(), ..Offers::default() };
        assert_eq!(offers(&named), nothing, "a host of that name offers nothing");
    }
}
