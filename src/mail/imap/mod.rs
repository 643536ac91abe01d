//! A mailbox over IMAP.
//!
//! `async-imap` carries and parses; every command goes through a layer of our own ([`exchange`]), because
//! the library's own methods turn a NO, a closed connection or a BYE into an empty success. What holds here:
//!
//! * A command is done only when its own tagged OK was read. NO and BAD are errors with the server's text.
//! * Every await has a deadline. What is read without progress for a while is given up.
//! * After any doubt (a time-out, a dropped future, an answer that cannot be read) the session is over:
//!   each further call fails with [`Trouble::Network`], and the caller connects again.
//! * The UIDs that came are compared with those that were asked for; an empty body is not a mail.
//! * Nothing here deletes but [`Session::move_to`], and only after the server proved the copy.

mod exchange;
mod fetch;
mod file;
mod folder;
mod login;
mod patient;
mod session;
mod trouble;
mod uids;
mod wait;

use std::time::Duration;

pub use fetch::{Fetched, Listed, Mail};
pub use file::{Appended, Moved};
pub use folder::Folder;
pub use session::{Selected, Session};
pub use trouble::Trouble;
pub use wait::{Watch, Woke};

pub use super::auth::Auth;
use super::secret::Secret;
use super::wire::{Endpoint, Trust};

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Name lookup and TCP.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
    /// The server's first line.
    pub greeting: Duration,
    /// Each step from the greeting to the end of the login.
    pub login: Duration,
    /// A command may go without a byte of progress for this long.
    pub quiet: Duration,
    /// The longest a command may take even with progress: a server that only ever says "still here".
    pub command: Duration,
    /// The answer to the `+` and to the DONE of IDLE.
    pub idle: Duration,
    /// A polite goodbye.
    pub logout: Duration,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines {
            connect: Duration::from_secs(10),
            tls: Duration::from_secs(10),
            greeting: Duration::from_secs(10),
            login: Duration::from_secs(30),
            quiet: Duration::from_secs(60),
            command: Duration::from_secs(600),
            idle: Duration::from_secs(10),
            logout: Duration::from_secs(3),
        }
    }
}

/// One mailbox account and how to reach it.
#[derive(Clone, Debug)]
pub struct Account {
    pub endpoint: Endpoint,
    pub user: String,
    /// Or the access token.
    pub password: Secret,
    pub auth: Auth,
    pub trust: Trust,
    pub deadlines: Deadlines,
}
