//! What all sessions share: the accounts behind one lock, and a bell that rings after every change.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::delivery::Delivery;
use super::directory::Directory;
use super::mailbox::{Account, Folder, INBOX, SPECIAL_USE};

/// Where the sandbox takes its time from; the demo steps it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The largest mail taken by SMTP or APPEND, in bytes.
pub(super) const MAIL_SIZE_BYTES_MAX: usize = 50 * 1024 * 1024;

/// Everything that sessions change.
#[derive(Debug)]
pub(super) struct State {
    /// By the account's address as configured.
    pub accounts: BTreeMap<String, Account>,
    /// Every delivery since the start, oldest first.
    pub log: Vec<Arc<Delivery>>,
    next_uid_validity: u32,
}

impl State {
    /// `seed` is the first UIDVALIDITY; every new folder gets a greater one (RFC 3501, 2.3.1.1).
    pub fn new(seed: u32) -> State {
        State { accounts: BTreeMap::new(), log: Vec::new(), next_uid_validity: seed.max(1) }
    }

    pub fn add_account(&mut self, address: &str, password: &str) {
        let mut account = Account {
            password: password.to_owned(),
            folders: BTreeMap::new(),
            subscriptions: BTreeSet::new(),
        };
        for name in SPECIAL_USE.iter().map(|(name, _)| *name).chain([INBOX]) {
            account.folders.insert(name.to_owned(), self.new_folder());
            account.subscriptions.insert(name.to_owned());
        }
        self.accounts.insert(address.to_owned(), account);
    }

    pub fn new_folder(&mut self) -> Folder {
        let uid_validity = NonZeroU32::new(self.next_uid_validity).unwrap_or(NonZeroU32::MIN);
        self.next_uid_validity = self.next_uid_validity.wrapping_add(1).max(1);
        Folder::new(uid_validity)
    }

    pub fn account_mut(&mut self, address: &str) -> &mut Account {
        self.accounts.get_mut(address).expect("accounts are made at the start and never removed")
    }

    pub fn folder_mut(&mut self, address: &str, folder: &str) -> Option<&mut Folder> {
        self.account_mut(address).folders.get_mut(folder)
    }
}

/// What every task of the sandbox holds.
pub(super) struct Shared {
    /// The name in greetings and trace headers.
    pub hostname: String,
    pub directory: Directory,
    pub clock: Clock,
    pub stopping: CancellationToken,
    state: Mutex<State>,
    bell: watch::Sender<u64>,
}

impl Shared {
    pub fn new(hostname: String, directory: Directory, clock: Clock, state: State) -> Shared {
        let (bell, _) = watch::channel(0);
        Shared {
            hostname,
            directory,
            clock,
            stopping: CancellationToken::new(),
            state: Mutex::new(state),
            bell,
        }
    }

    /// Looks without changing; a session that panicked leaves nothing half done, so poison is ignored.
    pub fn look(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes something and rings the bell.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.look());
        self.bell.send_modify(|count| *count += 1);
        changed
    }

    /// A receiver that wakes after every change from now on.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// The account of a user whose password is right.
    pub fn log_in(&self, user: &str, password: &str) -> Option<String> {
        let account = self.directory.account(user)?;
        let right = self.look().accounts.get(account)?.password == password;
        right.then(|| account.to_owned())
    }

    /// Reads a SASL PLAIN message (RFC 4616): authorization identity, user and password between NULs.
    pub fn log_in_plain(&self, message: &[u8]) -> Option<String> {
        let mut parts = message.split(|&byte| byte == 0).map(std::str::from_utf8);
        let (authorize, user, password) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        let account = self.log_in(user, password)?;
        let same = authorize.is_empty() || self.directory.account(authorize) == Some(&account);
        (parts.next().is_none() && same).then_some(account)
    }
}
