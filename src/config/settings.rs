//! What the operator set, checked. Plain values; the daemon translates them for the floors that it joins.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;

use super::oauth::Oauth;
use super::preset::Preset;
use super::secret::Secret;
use super::upkeep::Retention;
use super::waits::{Pace, Waits};
use crate::domain::address::Address;
use crate::domain::rules::{DeskId, Rules};

/// The whole configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Holds everything that the daemon keeps.
    pub state_dir: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
    /// The unix socket of the command line.
    pub control_socket: PathBuf,
    /// Templates that go before the built-in ones.
    pub templates_dir: Option<PathBuf>,
    pub log: Log,
    /// Where `/live`, `/ready` and `/metrics` are served; `None`: nowhere.
    pub http: Option<SocketAddr>,
    pub mailboxes: Vec<MailboxSettings>,
    /// Mail that is handed over on this machine; `None`: there is no such way in.
    pub local: Option<LocalSettings>,
    /// One for each desk.
    pub smtp: BTreeMap<DeskId, SmtpSettings>,
    pub desks: Vec<Rules>,
    pub waits: Waits,
    pub pace: Pace,
    /// How long what is done is kept with its words.
    pub retention: Retention,
    /// A letter to ourselves this often; `None`: none.
    pub canary: Option<Duration>,
}

impl Settings {
    /// Where access tokens come from, each account once.
    pub fn oauths(&self) -> Vec<&Oauth> {
        let relays = self.smtp.values().filter_map(|smtp| smtp.login.as_ref()?.oauth());
        let mut all: Vec<&Oauth> = Vec::new();
        for oauth in self.mailboxes.iter().filter_map(|mailbox| mailbox.login.oauth()).chain(relays) {
            if !all.contains(&oauth) {
                all.push(oauth);
            }
        }
        all
    }

    /// The rules of a desk.
    pub fn desk(&self, id: &str) -> Option<&Rules> {
        self.desks.iter().find(|rules| &*rules.desk == id)
    }

    /// The parts in which `new` differs, by their names in the file; none: nothing changed. A changed
    /// password counts.
    pub fn changed(&self, new: &Settings) -> Vec<&'static str> {
        let rules = |settings: &Settings| format!("{:?}", settings.desks);
        [
            ("state_dir", self.state_dir != new.state_dir),
            ("database", self.database != new.database),
            ("control_socket", self.control_socket != new.control_socket),
            ("templates_dir", self.templates_dir != new.templates_dir),
            ("log", self.log != new.log),
            ("http", self.http != new.http),
            ("mailbox", self.mailboxes != new.mailboxes),
            ("local", self.local != new.local),
            ("smtp", self.smtp != new.smtp),
            ("desk", rules(self) != rules(new)),
            ("waits", self.waits != new.waits),
            ("pace", self.pace != new.pace),
            ("retention", self.retention != new.retention),
            ("canary", self.canary != new.canary),
        ]
        .into_iter()
        .filter_map(|(part, differs)| differs.then_some(part))
        .collect()
    }
}

/// How the program tells what it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// A level or a filter of tracing: `info`, `maildesk=debug,info`.
    pub filter: String,
    pub format: LogFormat,
    /// The mail journal, one line a fact; `None`: none is written.
    pub journal: Option<PathBuf>,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314, section 3).
    Tls,
    /// STARTTLS, required.
    StartTls,
    /// None; without the operator's word only to a loopback address.
    Plain,
}

/// How a login is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By password, as the server offers it.
    Auto,
    Plain,
    Login,
    /// By access token.
    Xoauth2,
}

/// What proves who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// With [`Auth::Xoauth2`] an access token that the operator keeps fresh himself.
    Password(Secret),
    /// Access tokens that the daemon asks for.
    Oauth(Box<Oauth>),
}

/// A server and what is believed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// Authorities that are believed beside the system's.
    pub ca_file: Option<PathBuf>,
}

/// Name and proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub proof: Proof,
    pub auth: Auth,
}

impl Login {
    /// The password; `None` where access tokens are asked for.
    pub fn password(&self) -> Option<&Secret> {
        match &self.proof {
            Proof::Password(secret) => Some(secret),
            Proof::Oauth(_) => None,
        }
    }

    /// Where its access tokens come from.
    pub fn oauth(&self) -> Option<&Oauth> {
        match &self.proof {
            Proof::Password(_) => None,
            Proof::Oauth(oauth) => Some(oauth),
        }
    }
}

/// A mailbox that is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxSettings {
    /// `mailbox`, or the name of its table; part of the cursor in the store.
    pub name: String,
    /// The desks whose mail comes here; the first takes what names none of them.
    pub desks: Vec<DeskId>,
    /// Addresses that end here beside those of the desks.
    pub aliases: Vec<Address>,
    pub preset: Option<Preset>,
    pub server: Server,
    pub login: Login,
    pub folder: String,
    pub after: After,
    pub adopt: Adopt,
    /// The mailbox is looked at at least this often, IDLE or not.
    pub poll: Duration,
    /// Between NOOPs, for servers whose IDLE is not to be trusted; `None`: no NOOPs.
    pub noop: Option<Duration>,
    /// Mail that is older than this when it is first seen counts as late.
    pub late: Duration,
    /// The folder in which the mark lies of the maildesk that reads this mailbox; `None`: nobody marks it.
    pub owner_folder: Option<String>,
}

/// How a mail server on this machine hands mail over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSettings {
    /// Where LMTP is spoken; `None`: mail comes by `maildesk receive` alone.
    pub lmtp: Option<Listen>,
    /// The group that may connect to the socket beside our own user.
    pub group: Option<u32>,
    /// The desks whose mail comes this way; the first takes what goes to an alias.
    pub desks: Vec<DeskId>,
    /// Addresses that end here beside those of the desks.
    pub aliases: Vec<Address>,
    /// Connections at a time.
    pub connections: u32,
    /// A connection that says nothing for so long is closed.
    pub idle: Duration,
    /// The mail server tries again at the latest after this long. Until then after a start, mail may still wait there.
    pub retry: Duration,
    /// Mail that waited longer than this before it came counts as late.
    pub late: Duration,
}

/// Where we listen. Never on a network: LMTP asks nobody who he is (RFC 2033, section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A unix socket.
    Socket(PathBuf),
    /// An address of this machine alone.
    Loopback(SocketAddr),
}

/// What becomes of a mail on the server once it is safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// It stays where it is.
    Leave,
    /// It goes to this folder.
    Move(String),
}

/// Which mail is taken when a mailbox is seen for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopt {
    /// What comes from now on.
    New,
    All,
    /// What the server received on this day or later.
    Since(Date),
}

/// How a desk's letters leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpSettings {
    pub server: Server,
    /// `None`: without a login.
    pub login: Option<Login>,
    /// The name said in EHLO; `None`: that of the machine.
    pub ehlo: Option<String>,
    /// Automatic letters leave with the empty envelope sender (RFC 3834, section 3.3).
    pub empty_sender: bool,
    /// Connections at a time.
    pub connections: u32,
    /// Letters a minute of one account; `None`: no bound.
    pub per_minute: Option<u32>,
}
