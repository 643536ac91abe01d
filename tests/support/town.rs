//! Dovecot and Postfix as one mail system, and the people who have mailboxes on it.
//!
//! ```text
//!   somebody ──SMTP──► postfix.outside ─────────┐
//!   maildesk ──SMTP, TLS, password──► postfix.submission(s) ──► queue ──LMTP──► Dovecot ──IMAP──► maildesk
//!                                                                                 └──► Maildir ──► the test
//! ```

use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use super::dovecot::{self, Dovecot, User};
use super::ground::missing;
use super::maildir::Maildir;
use super::people::Person;
use super::postfix::{self, Postfix, World};
use super::second_client::SecondClient;

/// The desk's own address.
pub const DESK: &str = "help@desk.example";

/// Everybody with a mailbox: the desk, its agents, its clients.
pub const PEOPLE: [&str; 6] = [
    DESK,
    "petr@desk.example",
    "alice@desk.example",
    "ona@client.example",
    "janis@client.example",
    "olga@other.example",
];

/// An address that Postfix believes in and Dovecot does not: mail for it comes back as a bounce.
pub const GONE: &str = "gone@client.example";

const DOMAINS: [&str; 3] = ["desk.example", "client.example", "other.example"];

/// Both servers, up.
pub struct Town {
    // In this order: Postfix goes first.
    pub postfix: Postfix,
    pub dovecot: Dovecot,
    users: Vec<User>,
    runtime: Runtime,
}

impl Town {
    /// Both servers, with a mailbox for each of [`PEOPLE`]. None, said aloud, where one is not installed and
    /// nobody demands it.
    pub fn start() -> Option<Town> {
        Town::start_with(|_| String::new())
    }

    /// As [`Town::start`], with what `extra` says, told Dovecot's directory, added to Dovecot's configuration.
    pub fn start_with(extra: impl FnOnce(&Path) -> String) -> Option<Town> {
        if missing(&[postfix::PROGRAM, dovecot::PROGRAM]) {
            return None;
        }
        let begun = Instant::now();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let dovecot = runtime.block_on(Dovecot::start_with(|home| sasl(home) + &extra(home)))?;
        let ready = begun.elapsed();
        let users: Vec<User> = PEOPLE.iter().map(|address| dovecot.user_at(address)).collect();
        let addresses = [&PEOPLE[..], &[GONE]].concat();
        let postfix = Postfix::start(&World {
            domains: &DOMAINS,
            addresses: &addresses,
            lmtp: dovecot.lmtp_port,
            passwords: &dovecot.path("sasl"),
        });
        static SAID: Once = Once::new();
        SAID.call_once(|| eprintln!("Dovecot up in {ready:?}, with Postfix in {:?}", begun.elapsed()));
        Some(Town { postfix, dovecot, users, runtime })
    }

    /// Who has this address.
    ///
    /// # Panics
    /// When nobody has.
    pub fn user(&self, address: &str) -> &User {
        self.users.iter().find(|user| user.address == address).expect("one of PEOPLE")
    }

    /// The inbox of this address.
    pub fn mailbox(&self, address: &str) -> Maildir {
        Maildir::at(&self.dovecot.path(&format!("mail/{}/Maildir", self.user(address).address)))
    }

    /// A person at a mail program.
    pub fn person(&self, address: &str) -> Person {
        Person::new(address, self.postfix.outside, self.mailbox(address))
    }

    /// Another mail program on this address's mailbox.
    pub fn second_client(&self, address: &str) -> SecondClient {
        SecondClient::open(self.dovecot.imap_port, address, &self.user(address).password)
    }

    /// Stops Dovecot: neither IMAP nor LMTP answers; Postfix keeps what comes.
    pub fn stop_dovecot(&mut self) {
        self.dovecot.stop();
    }

    /// Starts Dovecot again, and has Postfix deliver what waited.
    pub fn resume_dovecot(&mut self) {
        self.runtime.block_on(self.dovecot.start_again());
        self.postfix.flush();
    }

    /// Waits until Postfix has nothing left.
    ///
    /// # Panics
    /// At the end of `limit`.
    pub fn settle(&self, limit: Duration) {
        // Postfix looks again after five minutes at a mail that it found locked when it was to try it.
        let mut flushed = Instant::now();
        let empty = super::child::until(limit, || {
            if flushed.elapsed() > Duration::from_secs(1) {
                self.postfix.flush();
                flushed = Instant::now();
            }
            self.postfix.queued() == 0
        });
        assert!(empty.is_some(), "{} mails are still in Postfix's queue", self.postfix.queued());
    }
}

/// Dovecot answers Postfix who has which password (`smtpd_sasl_type = dovecot`).
fn sasl(home: &Path) -> String {
    format!("service auth {{\n  unix_listener {}/sasl {{\n    mode = 0666\n  }}\n}}\n", home.display())
}
