//! What the tasks of the daemon share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::clerk::Clerk;
use super::clock::Clock;
use super::switches::Switches;
use super::tokens::Tokens;
use crate::config::{MailboxSettings, Settings};
use crate::desk::Desk;
use crate::domain::address::Address;
use crate::domain::rules::DeskId;

/// The shared things of one generation: a reload makes a new house around the same clerk.
#[derive(Clone)]
pub struct House {
    pub clerk: Clerk,
    pub clock: Clock,
    pub settings: Arc<Settings>,
    pub desks: Arc<Desks>,
    pub progress: Arc<Progress>,
    pub tokens: Arc<Tokens>,
    /// Cancelled when the tasks of this generation are to end.
    pub stop: CancellationToken,
}

impl House {
    /// Waits for an instant of the house's clock, or until the house stops.
    pub async fn rest_until(&self, at: Timestamp) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.clock.sleep_until(at) => {}
        }
    }
}

/// Every desk that this daemon serves.
pub struct Desks(Vec<Arc<Desk>>);

impl Desks {
    pub fn new(desks: Vec<Arc<Desk>>) -> Desks {
        Desks(desks)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Desk>> {
        self.0.iter()
    }

    pub fn get(&self, id: &str) -> Option<&Arc<Desk>> {
        self.0.iter().find(|desk| &*desk.rules.desk == id)
    }

    /// The desk that a mail in this mailbox is for: the one whose address it went to, else the mailbox's first.
    pub fn addressed<'a>(
        &self,
        mailbox: &MailboxSettings,
        mut to: impl Iterator<Item = &'a Address>,
    ) -> Option<&Arc<Desk>> {
        let own = |id: &DeskId| self.get(id);
        let named = to.find_map(|address| {
            let base = address.base();
            mailbox.desks.iter().filter_map(own).find(|desk| desk.rules.address == base)
        });
        named.or_else(|| mailbox.desks.first().and_then(own))
    }
}

/// How far each mailbox has been read, how its server is, and how letters leave; fed by the watchers and the
/// outbox, read by scheduler and status.
#[derive(Debug)]
pub struct Progress {
    mailboxes: Mutex<BTreeMap<String, MailboxProgress>>,
    relays: Mutex<BTreeMap<DeskId, RelayProgress>>,
    /// Since when mail that is handed over has been taken without exception.
    open_since: Mutex<Option<Timestamp>>,
    started_at: OnceLock<Timestamp>,
    inspected: Mutex<Option<Inspected>>,
    pokes: watch::Sender<u64>,
    reloads: watch::Sender<u64>,
    /// What the operator has stopped.
    pub switches: Switches,
    /// Letters to ourselves that have not come back, by desk, with when they were sent.
    canaries: Mutex<BTreeMap<DeskId, Timestamp>>,
    /// Mailboxes that the operator wants to have taken over, and until when those that were keep quiet.
    over: Mutex<BTreeMap<String, Option<Timestamp>>>,
}

/// One mailbox as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxProgress {
    /// Everything that arrived before this instant is in the store.
    pub read_up_to: Option<Timestamp>,
    /// When its server last answered.
    pub answered_at: Option<Timestamp>,
    /// What is wrong with it now, if anything.
    pub trouble: Option<String>,
    /// Since when something has been wrong.
    pub troubled_since: Option<Timestamp>,
    /// Mails that were seen there and are not read yet.
    pub waiting: usize,
    /// When folder and rows were last compared.
    pub surveyed_at: Option<Timestamp>,
    /// Mails without a row that were found by it; they are read after all.
    pub passed_over: usize,
    /// When its server's certificate ends.
    pub certificate_ends: Option<Timestamp>,
    /// Mails of people whom we know that the server took for unwanted.
    pub in_junk: usize,
    /// Another installation's name, where the mailbox is marked as its.
    pub foreign_owner: Option<String>,
    /// When it was last seen to be ours, where it is marked.
    pub owned_at: Option<Timestamp>,
}

/// What the last walk through everything found (see `oracle`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// When it ended.
    pub at: Timestamp,
    /// Rows that were looked at.
    pub rows: u64,
    /// What did not hold.
    pub faults: usize,
}

/// How the letters of one desk leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayProgress {
    /// When the server last answered a letter with a code of its own.
    pub answered_at: Option<Timestamp>,
    /// What keeps every letter back now, if anything, and what to do about it.
    pub trouble: Option<String>,
    /// Since when something has kept them back.
    pub troubled_since: Option<Timestamp>,
    /// When its server's certificate ends.
    pub certificate_ends: Option<Timestamp>,
    /// Nothing is tried before this; `None` without trouble.
    pub closed_until: Option<Timestamp>,
}

impl Default for Progress {
    fn default() -> Progress {
        let (pokes, reloads) = (watch::Sender::new(0), watch::Sender::new(0));
        let (mailboxes, relays, open_since, inspected, canaries, over) = Default::default();
        let (started_at, switches) = (OnceLock::new(), Switches::default());
        Progress {
            mailboxes,
            relays,
            open_since,
            started_at,
            inspected,
            pokes,
            reloads,
            switches,
            canaries,
            over,
        }
    }
}

impl Progress {
    /// The daemon starts at this moment; only the first word counts.
    pub fn start(&self, at: Timestamp) {
        // A reload starts nothing.
        let _ = self.started_at.set(at);
    }

    /// When the daemon was started.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.started_at.get().copied()
    }

    /// Everything that was done has been looked through.
    pub fn inspected(&self, found: Inspected) {
        *self.inspected.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    /// What the last look through everything found; `None`: there was none since the start.
    pub fn last_inspected(&self) -> Option<Inspected> {
        *self.inspected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known of a mailbox.
    pub fn note(&self, mailbox: &str, change: impl FnOnce(&mut MailboxProgress)) {
        let mut all = self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(mailbox.to_owned()).or_default());
    }

    pub fn all(&self) -> BTreeMap<String, MailboxProgress> {
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is known of the way out of a desk.
    pub fn note_relay(&self, desk: &DeskId, change: impl FnOnce(&mut RelayProgress)) {
        let mut all = self.relays.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(desk.clone()).or_default());
    }

    /// The ways out, by desk.
    pub fn relays(&self) -> BTreeMap<DeskId, RelayProgress> {
        self.relays.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From `now` on mail that is handed over is taken; some may wait outside that was put off before.
    pub fn opened(&self, now: Timestamp) {
        *self.open_since.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// The instant up to which all mail of a desk has been read; `None` while it is not known of one of its mailboxes.
    /// Nobody tells what waits at a mail server that hands its mail over; but it tries again at the latest after
    /// `retry_seconds`, so who has been open for so long has it all.
    pub fn read_up_to(&self, settings: &Settings, desk: &DeskId, now: Timestamp) -> Option<Timestamp> {
        let all = self.all();
        let of_desk = settings.mailboxes.iter().filter(|m| m.desks.contains(desk));
        let read = of_desk.map(|m| all.get(&m.name).and_then(|p| p.read_up_to));
        read.chain(self.handed_up_to(settings, desk, now)).collect::<Option<Vec<_>>>()?.into_iter().min()
    }

    /// As [`Progress::read_up_to`], of mail that is handed over; the outer `None`: it is not handed any.
    pub fn handed_up_to(
        &self,
        settings: &Settings,
        desk: &DeskId,
        now: Timestamp,
    ) -> Option<Option<Timestamp>> {
        let local = settings.local.as_ref().filter(|local| local.desks.contains(desk))?;
        let since = *self.open_since.lock().unwrap_or_else(PoisonError::into_inner);
        Some(since.filter(|since| now.duration_since(*since).unsigned_abs() >= local.retry).map(|_| now))
    }

    /// A letter to ourselves did not come back. Is that news?
    pub fn canary_is_missing(&self, desk: &DeskId, sent_at: Timestamp) -> bool {
        let mut all = self.canaries.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !all.contains_key(desk);
        all.entry(desk.clone()).or_insert(sent_at);
        is_new
    }

    /// It came back. Was one missing?
    pub fn canary_is_back(&self, desk: &DeskId) -> bool {
        self.canaries.lock().unwrap_or_else(PoisonError::into_inner).remove(desk).is_some()
    }

    /// Desks whose letter to themselves has not come back, and since when.
    pub fn canaries_missing(&self) -> BTreeMap<DeskId, Timestamp> {
        self.canaries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The operator says that these mailboxes are ours from now on.
    pub fn take_over(&self, mailboxes: impl Iterator<Item = String>) {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        over.extend(mailboxes.map(|mailbox| (mailbox, None)));
    }

    /// Is this mailbox to be taken over?
    pub fn wants_over(&self, mailbox: &str) -> bool {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).get(mailbox) == Some(&None)
    }

    /// It was; nothing is taken or sent before `until`.
    pub fn took_over(&self, mailbox: &str, until: Timestamp) {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        over.insert(mailbox.to_owned(), Some(until));
    }

    /// Until when a mailbox that was taken over is left alone.
    pub fn quiet_until(&self, mailbox: &str) -> Option<Timestamp> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).get(mailbox).copied().flatten()
    }

    /// Tells every watcher to look at once.
    pub fn poke(&self) {
        self.pokes.send_modify(|n| *n += 1);
    }

    /// Asks for the configuration to be read again.
    pub fn ask_reload(&self) {
        self.reloads.send_modify(|n| *n += 1);
    }

    /// Changes whenever the configuration is to be read again.
    pub fn reloads(&self) -> watch::Receiver<u64> {
        self.reloads.subscribe()
    }

    /// Changes whenever somebody pokes.
    pub fn pokes(&self) -> watch::Receiver<u64> {
        self.pokes.subscribe()
    }
}
