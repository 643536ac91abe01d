//! Mail that somebody on this machine hands over, with its envelope: by LMTP, or by `maildesk receive`.
//!
//! The journey is that of a mail in a mailbox, on foot of one mail instead of a chunk: written down as in hand, parsed
//! and thought over with panics caught, decided by the clerk, whose commits are shared by those that come together.
//! Whoever hands it over is told that it is ours only after the commit. He may hand it over again, if our word was
//! lost on its way: the content tells (`desk::receive`), and the earlier outcome is the answer.
//!
//! In the ledger such mail stands under the name of its way in, with running numbers in place of UIDs.

mod envelope;
mod reading;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::deciding::Deciding;
use super::fetch::Taken;
use super::halt::Halt;
use super::room;
use super::take::{OURS_MAX, aside, letters, thinking};
use super::think::{Thinking, Thought, read};
use crate::daemon::house::House;
use crate::desk::Desk;
use crate::desk::receive::{Arrival, quarantine, receive};
use crate::domain::hash::Hash;
use crate::mail::imap::Listed;
use crate::mail::parse::digest::of;
use crate::mail::parse::{Limits, parse, received};
use crate::store::{Cursor, Outcome, Place, Result, Sighting, StoreError, Tx};
use reading::Reading;

pub use envelope::{Envelope, desk_of};

/// Mails that are parsed and thought over at a time.
const THINKING_MAX: u32 = 4;
/// Room for many small mails beside two that are as large as may be.
const SMALL_MAILS_BYTES: usize = 16_000_000;
/// Memory for mails is counted in pieces of this size.
const PIECE_BYTES: usize = 1024;
/// A trace line that says that the mail came longer ago is not believed: mail servers give up after five days.
const WAITED_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);
/// There is one numbering for each way in, for ever.
const VALIDITY: u32 = 1;

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It will never be: the desk takes no mail of this size.
    #[error("the mail is larger than {0} bytes")]
    TooLarge(u64),
    /// Not while so much other mail is in memory.
    #[error("too much mail at a time")]
    Crowded,
    #[error("the disk is nearly full")]
    Room,
    #[error("the operator wants no mail taken for now")]
    Paused,
    #[error("{0}")]
    Store(StoreError),
}

impl NotTaken {
    /// Is there no sense in trying again?
    pub fn is_final(&self) -> bool {
        matches!(self, NotTaken::TooLarge(_))
    }

    /// Must the store not be touched any more, so that the daemon has to end?
    pub fn is_fatal(&self) -> bool {
        matches!(self, NotTaken::Store(StoreError::Corrupt(_) | StoreError::Newer { .. }))
    }
}

/// One way in.
pub struct Hatch {
    house: House,
    /// One of [`crate::config::WAYS_IN`].
    way: &'static str,
    thinking: Arc<Thinking>,
    limits: Limits,
    reading: Mutex<Reading>,
    deciding: Arc<Deciding>,
    memory: Arc<Semaphore>,
    thinkers: Semaphore,
}

impl Hatch {
    pub fn new(house: House, way: &'static str) -> Hatch {
        let defaults = Limits::default();
        let longest = house.desks.iter().map(|desk| desk.rules.limits.mail_bytes).max();
        let longest = longest.and_then(|bytes| usize::try_from(bytes).ok());
        let mail_bytes = longest.unwrap_or(defaults.mail_bytes);
        let pieces = (mail_bytes.saturating_mul(2).saturating_add(SMALL_MAILS_BYTES)) / PIECE_BYTES;
        let reading = Reading::open(&house.settings.state_dir, way);
        Hatch {
            way,
            thinking: thinking(),
            limits: Limits { mail_bytes, ..defaults },
            reading: Mutex::new(reading),
            deciding: Arc::new(Deciding::open(&house.settings.state_dir, way)),
            memory: Arc::new(Semaphore::new(pieces.min(Semaphore::MAX_PERMITS))),
            thinkers: Semaphore::new(THINKING_MAX as usize),
            house,
        }
    }

    /// Thinks mails over by `thinking` instead of [`crate::desk::digest::digest`].
    pub fn thinking_by(mut self, thinking: Arc<Thinking>) -> Hatch {
        self.thinking = thinking;
        self
    }

    /// The largest mail that any desk takes, in bytes.
    pub fn mail_bytes_max(&self) -> usize {
        self.limits.mail_bytes
    }

    /// Memory for one mail, none of it taken yet.
    pub fn weight(&self) -> Weight {
        Weight { memory: self.memory.clone(), held: None, pieces: 0 }
    }

    /// Takes a mail in for a desk. `Ok` says that it is in the store for good, whatever became of it.
    ///
    /// # Errors
    /// It is not in the store, or nobody knows whether it is: handed over again, it is recognised.
    pub async fn take(
        &self,
        desk: &Arc<Desk>,
        envelope: &Envelope,
        mail: &[u8],
    ) -> std::result::Result<Outcome, NotTaken> {
        let taken = self.try_take(desk, envelope, mail).await;
        let now = self.house.clock.now();
        if let Err(why) = &taken {
            let (way, bytes) = (self.way, mail.len());
            match why.is_final() {
                true => tracing::info!(mailbox = way, bytes, reason = %why, "a mail was refused"),
                false => tracing::warn!(mailbox = way, bytes, reason = %why, "a mail was put off"),
            }
        }
        let put_off = taken.as_ref().err().filter(|why| !why.is_final());
        self.house.progress.note(self.way, |progress| {
            progress.answered_at = Some(now);
            progress.trouble = put_off.map(|why| format!("mail is put off: {why}"));
        });
        if put_off.is_some() {
            self.house.progress.opened(now);
        }
        taken
    }

    async fn try_take(
        &self,
        desk: &Arc<Desk>,
        envelope: &Envelope,
        mail: &[u8],
    ) -> std::result::Result<Outcome, NotTaken> {
        let most = desk.rules.limits.mail_bytes;
        if mail.len() as u64 > most {
            return Err(NotTaken::TooLarge(most));
        }
        match room::may_take(&self.house) {
            Err(Halt::Paused) => return Err(NotTaken::Paused),
            Err(_) => return Err(NotTaken::Room),
            Ok(()) => {}
        }
        let key = of(mail);
        let thought = self.think(desk, envelope.before(mail), key).await;
        // In hand only while its content decides what the program does; one that is to be set aside, until that is safe.
        if !thought.as_ref().is_ok_and(|thought| thought.aside.is_some()) {
            self.reading().end(&key);
        }
        let thought = thought.map_err(NotTaken::Store)?;
        let name = key.to_string();
        let killed = || self.deciding.objection(&name, self.house.settings.pace.attempts);
        let kept = match self.decide(&thought, &name, thought.aside.clone().or_else(killed)).await {
            Err(StoreError::Abandoned(why)) => self.set_aside(&thought, &name, &why).await,
            other => other,
        };
        if kept.is_ok() {
            self.deciding.forget([name.as_str()]);
            if thought.aside.is_some() {
                self.reading().end(&key);
            }
        }
        kept.map_err(NotTaken::Store)
    }

    async fn think(&self, desk: &Arc<Desk>, raw: Bytes, key: Hash) -> Result<Thought> {
        let (alone, deaths) = {
            let reading = self.reading();
            (reading.suspects(&key), reading.deaths(&key))
        };
        let seats = if alone { THINKING_MAX } else { 1 };
        let _seats = self.thinkers.acquire_many(seats).await;
        let last = alone && deaths + 1 >= self.house.settings.pace.attempts;
        let why = last.then(|| format!("reading it stopped the program {deaths} times"));
        let now = self.house.clock.now();
        self.reading().begin(&key, alone);
        let limits = self.limits.clone();
        let read = aside(move || {
            let arrived = received::topmost(&raw).filter(|at| believed(*at, now));
            let size = u32::try_from(raw.len()).unwrap_or(u32::MAX);
            let listed = Listed { uid: 0, size, arrived, deleted: false, seen: false };
            read(Taken { listed, bytes: raw, cut_from: None }, &limits, why)
        })
        .await?;
        let ids = read.references();
        let heads: HashMap<String, Vec<u8>> = if ids.is_empty() {
            HashMap::new()
        } else {
            // What dies while the store is waited for dies of something else.
            self.reading().pause(&key);
            let heads = letters(&self.house.clerk, ids).await?;
            self.reading().begin(&key, alone);
            heads
        };
        let (thinking, limits, desk) = (self.thinking.clone(), self.limits.clone(), desk.clone());
        let late = self.house.settings.local.as_ref().map(|local| local.late);
        aside(move || {
            let known = read.references().into_iter().filter_map(|id| heads.get(&id)).take(OURS_MAX);
            let texts: Vec<String> = known.map(|head| parse(head, &limits).text).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let mut thought = read.think(&*thinking, desk, None, &texts, now);
            if let (Some(late), Some(arrival)) = (late, Arc::get_mut(&mut thought.arrival)) {
                let waited = now.duration_since(arrival.digest.arrived);
                arrival.digest.late = waited.unsigned_abs() > late;
            }
            thought
        })
        .await
    }

    /// Decides on it, or sets it aside for that reason.
    async fn decide(&self, thought: &Thought, name: &str, aside: Option<String>) -> Result<Outcome> {
        let (arrival, desk, way) = (thought.arrival.clone(), thought.desk.clone(), self.way);
        let (deciding, name) = (self.deciding.clone(), name.to_owned());
        let now = self.house.clock.now();
        let bytes = arrival.raw.len();
        let work = move |tx: &mut dyn Tx| {
            let arrival = for_desk(tx, &desk, &arrival)?;
            let outcome = match &aside {
                Some(reason) => quarantine(tx, &desk, &arrival, reason, now)?,
                None => {
                    let _underway = deciding.begin(&name);
                    fault_point!("mail_deciding");
                    let outcome = receive(tx, &desk, &arrival, now)?;
                    fault_point!("mail_decided", StoreError::Abandoned("a planted fault".to_owned()));
                    outcome
                }
            };
            note(tx, way, &arrival, &outcome, now)?;
            Ok(outcome)
        };
        self.house.clerk.submit(bytes, work).await?.await
    }

    /// A mail on which no decision could be made is kept raw for the operator.
    async fn set_aside(&self, thought: &Thought, name: &str, why: &str) -> Result<Outcome> {
        tracing::error!(mailbox = self.way, reason = why, "deciding on a mail failed; it is set aside");
        self.decide(thought, name, Some(format!("deciding on it failed: {why}"))).await
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory that one mail holds.
pub struct Weight {
    memory: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    pieces: usize,
}

impl Weight {
    /// Takes memory for a mail that has grown to so many bytes. `false`: there is none for it now.
    pub fn grows_to(&mut self, bytes: usize) -> bool {
        let more = bytes.div_ceil(PIECE_BYTES).saturating_sub(self.pieces);
        let Ok(wanted) = u32::try_from(more) else { return false };
        if wanted == 0 {
            return true;
        }
        let Ok(permit) = self.memory.clone().try_acquire_many_owned(wanted) else { return false };
        self.pieces += more;
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        true
    }
}

/// A line of the server before us is believed when it names a time that has passed, and not long ago.
fn believed(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at) < WAITED_MAX
}

/// The same mail may be handed over for two desks, and is each desk's own then: the second one's has a fingerprint
/// that names the desk. A copy that comes again finds the one or the other.
fn for_desk(tx: &mut dyn Tx, desk: &Desk, arrival: &Arc<Arrival>) -> Result<Arc<Arrival>> {
    let content = &arrival.digest.mail.fingerprint;
    match tx.mail_by_fingerprint(content)? {
        Some(mail) if mail.mail.desk != desk.rules.desk => {
            let mut own = Arrival::clone(arrival);
            own.digest.mail.fingerprint = of(format!("{content} at {}", desk.rules.desk).as_bytes());
            Ok(Arc::new(own))
        }
        _ => Ok(arrival.clone()),
    }
}

/// Writes the ledger's row, and answers with its number.
fn note(tx: &mut dyn Tx, way: &str, arrival: &Arrival, outcome: &Outcome, now: Timestamp) -> Result<()> {
    let last = tx.cursor(way)?.map_or(0, |cursor| cursor.uid);
    let uid = last.saturating_add(1);
    tx.set_cursor(way, &Cursor { validity: VALIDITY, uid })?;
    let mail = tx.mail_by_fingerprint(&arrival.digest.mail.fingerprint)?.map(|mail| mail.id);
    let place = Place { mailbox: way.to_owned(), validity: VALIDITY, uid };
    tx.sight(&Sighting { place, seen_at: now, mail, outcome: outcome.clone() })
}
