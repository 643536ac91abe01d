//! Where the servers of an address may be: their usual names are tried, all at the same time.

use std::path::Path;
use std::time::Duration;

use crate::config::Security;
use crate::mail::wire::{Trust, connect, secure};

/// A server that is far away answers in this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// What a server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It keeps the mailbox.
    Imap,
    /// Letters leave through it.
    Smtp,
}

impl Part {
    /// Its port with TLS from the first byte, and the one with STARTTLS.
    pub fn ports(self) -> (u16, u16) {
        match self {
            Part::Imap => (993, 143),
            Part::Smtp => (465, 587),
        }
    }

    /// How a port is protected, by custom.
    pub fn security(self, port: u16) -> Security {
        if port == self.ports().1 { Security::StartTls } else { Security::Tls }
    }
}

/// `HOST` or `HOST:PORT`, protected as `security` says or by custom; `None`: it is neither.
pub fn read(part: Part, text: &str, security: Option<Security>) -> Option<At> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, Some(port.parse().ok()?)),
        _ => (text, None),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:".contains(c);
    if host.is_empty() || !host.chars().all(fits) {
        return None;
    }
    let (tls, other) = part.ports();
    let by_security = if security.is_some_and(|security| security != Security::Tls) { other } else { tls };
    let port = port.unwrap_or(by_security);
    Some(At { host: host.to_owned(), port, security: security.unwrap_or_else(|| part.security(port)) })
}

/// The servers of a host, or of an address's domain.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub imap: Option<At>,
    pub smtp: Option<At>,
}

/// Looks for both servers under the usual names of a domain.
pub async fn guess(domain: &str, ca_file: Option<&Path>) -> Found {
    let Ok(trust) = Trust::load(ca_file) else { return Found::default() };
    let (imap, smtp) = tokio::join!(look(Part::Imap, domain, &trust), look(Part::Smtp, domain, &trust));
    Found { imap, smtp }
}

async fn look(part: Part, domain: &str, trust: &Trust) -> Option<At> {
    let all = candidates(part, domain);
    let tries = all.iter().map(|at| answers(at, trust));
    let answered = futures_util::future::join_all(tries).await;
    all.into_iter().zip(answered).find_map(|(at, answers)| answers.then_some(at))
}

/// The likeliest first; with TLS from the first byte before STARTTLS (RFC 8314, section 3).
fn candidates(part: Part, domain: &str) -> Vec<At> {
    let names = match part {
        Part::Imap => [format!("imap.{domain}"), format!("mail.{domain}"), domain.to_owned()],
        Part::Smtp => [format!("smtp.{domain}"), format!("mail.{domain}"), domain.to_owned()],
    };
    let (tls, other) = part.ports();
    let at = |port| {
        let names = &names;
        names.iter().map(move |host| At { host: host.clone(), port, security: part.security(port) })
    };
    at(tls).chain(at(other)).collect()
}

/// With TLS its certificate must be good for this name, too.
async fn answers(at: &At, trust: &Trust) -> bool {
    let Ok(stream) = connect(&at.host, at.port, PATIENCE).await else { return false };
    match at.security {
        Security::Tls => secure(stream, &at.host, trust, PATIENCE).await.is_ok(),
        Security::StartTls | Security::Plain => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_with_its_port_or_with_the_usual_one() {
        let at = |part, text, security| {
            read(part, text, security).map(|at| format!("{}:{} {:?}", at.host, at.port, at.security))
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at(Part::Imap, "mail.desk.example", None), some("mail.desk.example:993 Tls"));
        assert_eq!(at(Part::Imap, "mail.desk.example:143", None), some("mail.desk.example:143 StartTls"));
        assert_eq!(at(Part::Smtp, "localhost:2525", Some(Security::Plain)), some("localhost:2525 Plain"));
        assert_eq!(at(Part::Smtp, "localhost", Some(Security::StartTls)), some("localhost:587 StartTls"));
        for wrong in ["", "mail.desk.example:", "mail.desk.example:99999", "two words", "a\"b"] {
            assert_eq!(at(Part::Imap, wrong, None), None, "{wrong}");
        }
    }

    #[test]
    fn the_usual_names_are_tried_with_tls_first() {
        let all: Vec<String> =
            candidates(Part::Smtp, "d.example").iter().map(|at| format!("{}:{}", at.host, at.port)).collect();
        assert_eq!(all[..2], ["smtp.d.example:465", "mail.d.example:465"]);
        assert_eq!(all.last().map(String::as_str), Some("d.example:587"));
    }
}
