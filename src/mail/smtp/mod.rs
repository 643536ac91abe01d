//! A postman over SMTP: one letter, one recipient, one clear outcome.
//!
//! lettre gives the commands and the SASL answers; the connection is ours. Its own connection cannot be driven
//! stage by stage: it hides the EHLO reply (no SIZE), sends message and final dot in one step that may wait for
//! ever (so "lost before the dot" and "lost after it" look alike), keeps bytes injected behind STARTTLS, copies
//! the whole message to double its dots, adds an empty line to its end, and fails on replies that are not UTF-8.
//! Here each stage has its deadline (RFC 5321, section 4.5.3.2), and what a failure means follows from the stage.

mod connection;
mod dialogue;
mod hello;
mod login;
mod verdict;

use std::time::Duration;

pub use connection::Connection;

pub use super::auth::Auth;
use super::secret::Secret;
use super::wire::{Endpoint, Trust};
use crate::domain::delivery::{Delivery, Hold};

/// A submission server and how we speak to it.
#[derive(Clone, Debug)]
pub struct Server {
    pub endpoint: Endpoint,
    /// User and password, or user and access token; `None` for a relay that asks for none.
    pub login: Option<(String, Secret)>,
    pub auth: Auth,
    /// Whether the password may cross a network unprotected. To a loopback address it always may.
    pub plain_login: bool,
    pub trust: Trust,
    pub deadlines: Deadlines,
    /// Our name in EHLO; where it is empty or unfit, the address literal `[127.0.0.1]`.
    pub hello: String,
}

/// How long each stage may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    pub connect: Duration,
    pub tls: Duration,
    pub greeting: Duration,
    /// EHLO, each step of AUTH, MAIL and RSET.
    pub mail: Duration,
    pub rcpt: Duration,
    /// From DATA to 354.
    pub data: Duration,
    /// For each block of 64 KiB.
    pub block: Duration,
    /// From the final dot to the reply. Shorter means sending twice what the server is still filing.
    pub dot: Duration,
    /// A connection idle for longer is not reused.
    pub idle: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Deadlines {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(30),
            greeting: minutes(5),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            dot: minutes(10),
            idle: Duration::from_secs(30),
        }
    }
}

/// What a server has said of itself after the last EHLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// The name that it gives itself.
    pub name: &'a str,
    /// Its extensions with their parameters.
    pub keywords: &'a [String],
    /// The largest mail that it takes, where it names a limit (RFC 1870).
    pub size_bytes_max: Option<usize>,
    /// The version of TLS, as `TLS 1.3`; `None`: unprotected.
    pub protocol: Option<&'a str>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Unreachable, closing, silent, without TLS or with a certificate that we do not believe.
    #[error("the mail server cannot be used: {text}")]
    Host { code: Option<u16>, text: String },
    /// The account may not send.
    #[error("the mail server does not let us send: {text}")]
    Held { cause: Hold, code: Option<u16>, text: String },
}

impl From<Refusal> for Delivery {
    fn from(refusal: Refusal) -> Delivery {
        match refusal {
            Refusal::Host { code, text } => Delivery::Host { code, text },
            Refusal::Held { cause, code, text } => Delivery::Held { cause, code, text },
        }
    }
}
