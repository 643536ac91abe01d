//! Where a command works: the configuration, the database to read, and whoever may write.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::Common;
use super::failure::Failure;
use crate::config::{self, Loaded, Settings};
use crate::daemon::clock::Clock;
use crate::daemon::control::{self, Answer, AskError, Order, fresh_id, obey};
use crate::daemon::house::Desks;
use crate::daemon::lock::Lock;
use crate::daemon::run::{RunError, prepare};
use crate::daemon::tokens::Tokens;
use crate::desk::Desk;
use crate::desk::identity::identity;
use crate::domain::rules::Rules;
use crate::domain::ticket::TicketKey;
use crate::faces::exit;
use crate::store::{Result as StoreResult, SqliteStore, Store, Tx};
use crate::words::Catalogue;

const CONFIG: &str = "/etc/maildesk/maildesk.toml";

/// A configuration that was read, and what can be done with it.
pub struct Office {
    pub settings: Settings,
    pub clock: Clock,
}

impl Office {
    /// Reads the configuration without its secrets: enough for all that speaks to no server.
    ///
    /// # Errors
    /// All its problems.
    pub fn open(common: &Common) -> Result<Office, Failure> {
        let env = environment();
        let loaded = config::load_without_secrets(&readable(common, &env)?, &env)?;
        Ok(Office { settings: loaded.settings, clock: Clock::system() })
    }

    /// Reads the configuration, and the secrets to log in with.
    ///
    /// # Errors
    /// All its problems.
    pub fn with_secrets(common: &Common) -> Result<Office, Failure> {
        let loaded = load(common)?;
        Ok(Office { settings: loaded.settings, clock: Clock::system() })
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Those who give out access tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(&self.settings, &self.clock, None)
    }

    /// The database to read, beside a daemon or without one.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn reader(&self) -> Result<Box<dyn Store>, Failure> {
        let path = &self.settings.database;
        self.database_is_there()?;
        Ok(Box::new(SqliteStore::open_reader(path)?))
    }

    /// Asks the database in one state of it.
    ///
    /// # Errors
    /// Those of [`Office::reader`] and of the question.
    pub fn read<T>(&self, question: impl FnMut(&mut dyn Tx) -> StoreResult<T>) -> Result<T, Failure> {
        Ok(self.reader()?.run(question)?)
    }

    /// Has an order carried out: by the daemon where one runs, else here, under the lock.
    ///
    /// # Errors
    /// It cannot be done, or nobody can do it now.
    pub fn give(&self, order: &Order) -> Result<Answer, Failure> {
        let socket = &self.settings.control_socket;
        match control::ask(socket, order) {
            Err(AskError::Nobody) => {}
            answered => return Ok(answered?),
        }
        match self.alone(order) {
            // A daemon that began in between.
            Err(failure) if failure.code == exit::LOCKED => match control::ask(socket, order) {
                Err(AskError::Nobody) => Err(failure),
                answered => Ok(answered?),
            },
            done => done,
        }
    }

    /// The database to write, where no daemon runs; nobody else may begin meanwhile.
    ///
    /// # Errors
    /// Another maildesk holds it, there is none, or it cannot be used.
    pub fn writer(&self) -> Result<(Lock, Box<dyn Store>), Failure> {
        self.database_is_there()?;
        let lock = prepare(&self.settings.state_dir).map_err(no_state_dir)?;
        Ok((lock, Box::new(SqliteStore::open(&self.settings.database)?)))
    }

    fn alone(&self, order: &Order) -> Result<Answer, Failure> {
        if !matches!(order, Order::Register(_)) {
            self.database_is_there()?;
        }
        let _lock = prepare(&self.settings.state_dir).map_err(no_state_dir)?;
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&self.settings.database)?);
        let desks = store.run(|tx| Ok(furnish(&self.settings, tx)))??;
        let (id, now) = (fresh_id()?, self.now());
        Ok(store.run(|tx| obey(tx, &desks, order, &id, now))?)
    }

    /// An operator who mistyped a path, or lost his database, must not get an empty one.
    ///
    /// # Errors
    /// There is none, or nobody knows.
    pub fn database_is_there(&self) -> Result<(), Failure> {
        let path = &self.settings.database;
        match path.try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure {
                code: exit::IO,
                text: format!("there is no database at {}; `maildesk run` makes it", path.display()),
            }),
            Err(error) => Err(Failure::io(path.display(), &error)),
        }
    }

    /// The desk of that name, or the only one.
    ///
    /// # Errors
    /// There is no such desk, or there are several and none is named.
    pub fn desk(&self, name: Option<&str>) -> Result<&Rules, Failure> {
        let known = || self.settings.desks.iter().map(|d| &*d.desk).collect::<Vec<_>>().join(", ");
        match (name, self.settings.desks.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(Failure::usage(format!("which desk? Give --desk; there are {}", known()))),
            (Some(name), _) => self
                .settings
                .desk(name)
                .ok_or_else(|| Failure::usage(format!("there is no desk {name:?}; there are {}", known()))),
        }
    }

    /// The ticket meant by `3107`, `KL-3107`, `[KL-3107]` or `desk/3107`.
    ///
    /// # Errors
    /// It is no number of a ticket, or it is not clear of which desk.
    pub fn ticket(&self, text: &str, desk: Option<&str>) -> Result<TicketKey, Failure> {
        let text = text.trim();
        let key = |rules: &Rules, number| TicketKey::new(&rules.desk, number);
        if let Ok(number) = text.parse() {
            return Ok(key(self.desk(desk)?, number));
        }
        if let Some((name, Ok(number))) = text.rsplit_once('/').map(|(name, n)| (name, n.parse())) {
            return Ok(key(self.desk(Some(name))?, number));
        }
        let asked = |rules: &&Rules| desk.is_none_or(|name| &*rules.desk == name);
        let mut found =
            self.settings.desks.iter().filter(asked).filter_map(|rules| Some((rules, tagged(rules, text)?)));
        match (found.next(), found.next()) {
            (Some((rules, number)), None) => Ok(key(rules, number)),
            (Some(_), Some(_)) => {
                Err(Failure::usage(format!("{text:?} may be of several desks: give --desk")))
            }
            (None, _) => {
                let example = self.settings.desks.first().map(|d| d.tag.shown(12)).unwrap_or_default();
                Err(Failure::usage(format!("{text:?} is no number of a ticket; write 12 or {example}")))
            }
        }
    }

    /// The number of a ticket as people say it; with the desk's name where there is no such desk any more.
    pub fn shown(&self, key: &TicketKey) -> String {
        match self.settings.desk(&key.desk) {
            Some(rules) => rules.tag.shown(key.number),
            None => key.to_string(),
        }
    }

    /// An instant on the clock of that desk (or of the first one).
    pub fn local(&self, at: Timestamp, desk: Option<&str>) -> String {
        let rules = desk.and_then(|desk| self.settings.desk(desk)).or(self.settings.desks.first());
        let zone = rules.map_or(jiff::tz::TimeZone::UTC, |rules| rules.zone.clone());
        at.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// The number behind the tag of a desk, with or without brackets, whatever the case.
fn tagged(rules: &Rules, text: &str) -> Option<u32> {
    let folded = text.to_lowercase();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // A tag may have digits of its own: the number is some end of them.
    let ends = (0..digits.len()).map(|from| &digits[from..]);
    ends.filter_map(|end| end.parse().ok())
        .find(|n| rules.tag.of(*n).to_lowercase() == folded || rules.tag.shown(*n).to_lowercase() == folded)
}

fn no_state_dir(error: RunError) -> Failure {
    error.into()
}

/// Reads the configuration that is meant.
///
/// # Errors
/// All its problems.
pub fn load(common: &Common) -> Result<Loaded, Failure> {
    let env = environment();
    Ok(config::load(&readable(common, &env)?, &env)?)
}

/// The files that are meant, if each can be read.
fn readable(common: &Common, env: &BTreeMap<String, String>) -> Result<Vec<PathBuf>, Failure> {
    let paths = paths(common, env);
    for path in &paths {
        // The problems of a configuration name files without their folders, which says little of one not found.
        if let Err(error) = std::fs::File::open(path) {
            let denied = error.kind() == std::io::ErrorKind::PermissionDenied;
            let code = if denied { exit::PERMISSION } else { exit::CONFIG };
            let hint = if denied {
                "only root and members of the group maildesk may use it"
            } else {
                "maildesk init makes one, --config or MAILDESK_CONFIG names another"
            };
            let text = format!("{}: {error}; {hint}", path.display());
            return Err(Failure { code, text });
        }
    }
    Ok(paths)
}

/// The files that are meant: those named, else those of the environment, else the usual one.
pub fn paths(common: &Common, env: &BTreeMap<String, String>) -> Vec<PathBuf> {
    if !common.config.is_empty() {
        return common.config.clone();
    }
    match env.get("MAILDESK_CONFIG").filter(|value| !value.is_empty()) {
        Some(value) => std::env::split_paths(value).collect(),
        None => vec![PathBuf::from(CONFIG)],
    }
}

/// The environment, but for what is not text.
pub fn environment() -> BTreeMap<String, String> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// The operator's words, or what is wrong with them.
///
/// # Errors
/// Exit code 78 with every fault.
pub fn words(overrides: Option<&Path>) -> Result<Arc<Catalogue>, Failure> {
    let catalogue = Catalogue::load(overrides).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure { code: exit::CONFIG, text: format!("the templates cannot be used:\n{}", lines.join("\n")) }
    })?;
    Ok(Arc::new(catalogue))
}

/// The desks with their words and the keys of this installation, which are made where there are none.
pub fn furnish(settings: &Settings, tx: &mut dyn Tx) -> Result<Desks, Failure> {
    let mut random = [0; 48];
    getrandom::fill(&mut random)
        .map_err(|e| Failure { code: exit::IO, text: format!("no randomness: {e}") })?;
    let identity = identity(tx, &random)?;
    let words = words(settings.templates_dir.as_deref())?;
    let desk = |rules: &Rules| {
        Arc::new(Desk::new(rules.clone(), words.clone(), identity.keys.clone(), identity.instance.clone()))
    };
    Ok(Desks::new(settings.desks.iter().map(desk).collect()))
}
