//! The task that watches one mailbox and brings its mail into the store.
//!
//! A connection is made and kept; each look reads everything that came, then the server is asked to tell of more
//! (IDLE), and a poll looks all the same. A mail is touched on the server only after its commit, and then at most
//! moved. What goes wrong is told in [`Progress`](super::house::Progress) and tried again; see `halt`.
//!
//! * `footing`: the cursor; first start, renumbered folders.
//! * `look`, `plan`, `fetch`: what is new, in which portions, over the wire.
//! * `think`, `take`, `in_hand`, `deciding`: parsed and digested, decided by the clerk, and what if that kills the
//!   program.
//! * `handed`: mail that comes another way than from a mailbox.
//! * `filing`, `survey`: moved away afterwards; compared once a day.
//!
//! What becomes of a UID is written in its sighting. No rows are made for mail that lay in the folder before a
//! first start with `adopt = new`; with `since` it is `skipped`.

mod account;
mod deciding;
mod fetch;
mod filing;
mod footing;
mod halt;
pub mod handed;
mod in_hand;
mod junk;
mod look;
mod owner;
mod peek;
mod plan;
mod room;
mod settle;
mod survey;
mod take;
mod think;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::house::House;
use super::pulse::Beat;
use super::switches::Switch;
use crate::config::MailboxSettings;
use crate::mail::imap::{Session, Watch, Woke};
use crate::mail::parse::Limits;
use crate::store::{Outcome, StoreError};
use deciding::Deciding;
use filing::Filing;
use footing::{Footing, Met, Shown};
use halt::{Backoff, Halt, REFUSED, Reaction};
use in_hand::InHand;
use junk::Junk;

pub(in crate::daemon) use account::auth;
pub use account::{NotIn, log_in};
pub use peek::{Peeked, peek};
pub use room::free_bytes;
pub use think::Thinking;

/// A login is at most so many steps: capabilities before and after, two of SASL, and ID.
const LOGIN_STEPS: u32 = 5;
/// Moving mails away: the folder is made, moved to, made and moved to again; three commands for a move, in a few sets.
const FILING_COMMANDS: u32 = 12;

/// Watches one mailbox until the house stops.
///
/// # Errors
/// The store must not be touched any more (damaged, written by a newer program, its thread ended): the daemon has
/// to end. Everything else is waited out.
pub async fn run(house: House, mailbox: MailboxSettings) -> Result<(), StoreError> {
    Intake::new(house, mailbox).run().await
}

/// One mailbox and all that is known of it beyond the store.
pub struct Intake {
    house: House,
    mailbox: Arc<MailboxSettings>,
    thinking: Arc<Thinking>,
    limits: Limits,
    in_hand: Arc<Mutex<InHand>>,
    deciding: Arc<Deciding>,
    /// Mails that could not be had, and how often it was tried.
    failing: BTreeMap<u32, Failing>,
    /// UIDs that were passed over and are read with the next look.
    gaps: BTreeSet<u32>,
    filing: Filing,
    beat: Beat,
    surveyed_at: Option<Timestamp>,
    junk: Junk,
    /// Under which numbering the UIDs above are meant.
    validity: Option<u32>,
    begun: Instant,
    /// Suspects were left for later.
    spared: bool,
}

/// A mail that could not be had.
#[derive(Clone, Debug, Default)]
struct Failing {
    times: u32,
    why: String,
}

impl Intake {
    pub fn new(house: House, mailbox: MailboxSettings) -> Intake {
        let desks = mailbox.desks.iter().filter_map(|id| house.desks.get(id));
        let longest = desks.map(|desk| desk.rules.limits.mail_bytes).max();
        let defaults = Limits::default();
        let mail_bytes = longest.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(defaults.mail_bytes);
        let in_hand = InHand::open(&house.settings.state_dir, &mailbox.name);
        Intake {
            thinking: take::thinking(),
            limits: Limits { mail_bytes, ..defaults },
            in_hand: Arc::new(Mutex::new(in_hand)),
            deciding: Arc::new(Deciding::open(&house.settings.state_dir, &mailbox.name)),
            failing: BTreeMap::new(),
            gaps: BTreeSet::new(),
            filing: Filing::new(&mailbox.after),
            beat: house.clerk.pulse.beat(format!("mailbox {}", mailbox.name)),
            surveyed_at: None,
            junk: Junk::default(),
            validity: None,
            begun: Instant::now(),
            spared: false,
            mailbox: Arc::new(mailbox),
            house,
        }
    }

    /// Thinks mails over by `thinking` instead of [`crate::desk::digest::digest`].
    pub fn thinking_by(mut self, thinking: Arc<Thinking>) -> Intake {
        self.thinking = thinking;
        self
    }

    /// See [`run`].
    ///
    /// # Errors
    /// As [`run`].
    pub async fn run(mut self) -> Result<(), StoreError> {
        let stop = self.house.stop.clone();
        if self.house.desks.addressed(&self.mailbox, std::iter::empty()).is_none() {
            self.trouble("no desk takes the mail of this mailbox".to_owned(), true);
            self.beat.idle();
            stop.cancelled().await;
        }
        let mut backoff = Backoff::new(&self.house.settings.waits);
        while !stop.is_cancelled() {
            let Err(halt) = self.connect_and_watch(&mut backoff).await else { break };
            if stop.is_cancelled() {
                break;
            }
            self.trouble(halt.told(&self.mailbox), halt.is_alarming());
            match (backoff.react(&halt, chance()), halt) {
                (Reaction::End, Halt::Store(error)) => return Err(error),
                (_, Halt::Store(error)) if self.house.clerk.has_ended() => return Err(error),
                (Reaction::Wait, Halt::Paused) => self.wait_for_the_operator().await,
                (Reaction::Wait, _) => self.wait_for_the_owner().await,
                (Reaction::Again(wait), _) => {
                    self.beat.within(wait);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(wait) => {}
                    }
                }
                // On the clock of the house: nobody is helped by trying sooner, not even by a poke.
                _ => {
                    self.beat.within(REFUSED.unsigned_abs());
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.house.clock.sleep_until(self.house.clock.now() + REFUSED) => {}
                        // That clock may have been set back meanwhile.
                        () = tokio::time::sleep(REFUSED.unsigned_abs()) => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits until the operator lets mail be taken again.
    async fn wait_for_the_operator(&self) {
        let mut changes = self.house.progress.switches.changes();
        self.beat.idle();
        tokio::select! {
            () = self.house.stop.cancelled() => {}
            _ = changes.wait_for(|paused| !paused.contains_key(&Switch::Intake)) => {}
        }
    }

    /// The mailbox is somebody else's, or was until now: it is looked at again in a while, or when the operator speaks.
    async fn wait_for_the_owner(&self) {
        let mut pokes = self.house.progress.pokes();
        let again = self.house.clock.now() + self.owner_span();
        self.beat.within(self.house.settings.waits.owner);
        tokio::select! {
            () = self.house.stop.cancelled() => {}
            () = poked(&mut pokes) => {}
            () = self.house.clock.sleep_until(again) => {}
        }
    }

    /// One connection, from its beginning to its end. `Ok` when the house stops.
    async fn connect_and_watch(&mut self, backoff: &mut Backoff) -> Result<(), Halt> {
        if self.house.progress.switches.is_paused(Switch::Intake) {
            return Err(Halt::Paused);
        }
        let waits = &self.house.settings.waits;
        self.beat.within(waits.connect + waits.tls + waits.greeting + waits.login * LOGIN_STEPS);
        let mut session = tokio::select! {
            biased;
            () = self.house.stop.cancelled() => return Ok(()),
            session = log_in(&self.mailbox, &self.house.settings.waits, &self.house.tokens) => session?,
        };
        self.answered();
        let ends = session.certificate_ends();
        self.house.progress.note(&self.mailbox.name, |progress| progress.certificate_ends = ends);
        self.filing.connected();
        let done = self.watch(&mut session, backoff).await;
        if session.is_usable() {
            session.logout().await;
        }
        done
    }

    async fn watch(&mut self, session: &mut Session, backoff: &mut Backoff) -> Result<(), Halt> {
        let mut pokes = self.house.progress.pokes();
        let mut footing = self.open(session).await?;
        let mut opened = Instant::now();
        loop {
            // Some servers (Dovecot among them) do not tell a session that its folder was made anew, and answer NOOP
            // as if nothing were new: so each poll opens it again (RFC 9051, section 6.3.2).
            if opened.elapsed() >= self.mailbox.poll || self.is_owner_still().is_err() {
                footing = self.open(session).await?;
                opened = Instant::now();
            }
            if self.house.progress.switches.is_paused(Switch::Intake) {
                return Err(Halt::Paused);
            }
            // Noted before looking, so that a poke that comes meanwhile is not lost.
            pokes.borrow_and_update();
            let began = self.house.clock.now();
            // A server may go on showing the folder as it was at the last command that it told news with: only
            // what follows a NOOP is sure to show all that came before it was sent (RFC 9051, section 7).
            self.will_ask(2);
            session.noop().await?;
            self.survey(session, &footing).await?;
            let all = self.read_up(session, &mut footing).await?;
            if self.house.stop.is_cancelled() {
                return Ok(());
            }
            backoff.reset();
            self.looked(all.then_some(began));
            self.will_ask(FILING_COMMANDS);
            self.filing.file_away(session, &self.mailbox.name).await?;
            if self.look_at_junk(session).await? {
                // What came meanwhile was told to nobody: looked at before the wait.
                footing = self.open(session).await?;
                opened = Instant::now();
                continue;
            }
            let woke = self.wait(session, &mut pokes).await?;
            if self.house.stop.is_cancelled() {
                return Ok(());
            }
            if woke == Woke::News && !self.house.progress.switches.is_paused(Switch::Intake) {
                // What the server has just told of it shows, so its answer need not wait for a NOOP.
                self.read_up(session, &mut footing).await?;
            }
        }
    }

    /// Opens the folder and finds where reading stands.
    async fn open(&mut self, session: &mut Session) -> Result<Footing, Halt> {
        self.look_whose(session).await?;
        self.will_ask(2);
        let selected = session.select(&self.mailbox.folder).await?;
        self.answered();
        if selected.read_only && self.filing.is_wanted() {
            tracing::warn!(mailbox = %self.mailbox.name, "the folder is read-only: no mail can be moved from it");
        }
        let highest = match selected.next {
            Some(next) => next.saturating_sub(1),
            None => session.uids_from(1).await?.last().copied().unwrap_or(0),
        };
        let shown = Shown { validity: selected.validity, highest };
        let (adopt, zone, now) = (self.mailbox.adopt, self.zone(), self.house.clock.now());
        let mailbox = self.mailbox.name.clone();
        let find = move |tx: &mut dyn crate::store::Tx| {
            let kept = Footing::kept(tx, &mailbox)?;
            let (footing, met) = Footing::find(kept, shown, adopt, &zone, now);
            if met != Met::Again {
                footing.keep(tx, &mailbox)?;
            }
            Ok((footing, met))
        };
        let (footing, met) = self.house.clerk.run(find).await?;
        if met != Met::Again || self.validity != Some(selected.validity) {
            self.forget();
            self.validity = Some(selected.validity);
        }
        let (mailbox, validity) = (&self.mailbox.name, selected.validity);
        match met {
            Met::Again => {}
            Met::First => {
                tracing::info!(%mailbox, validity, highest, "the mailbox is met for the first time")
            }
            Met::Renumbered | Met::WentBack => {
                tracing::warn!(%mailbox, validity, highest, "the server numbers its mails anew; all are looked at");
            }
        }
        Ok(footing)
    }

    /// Waits for news, for the time of the next poll, for a poke, for the word to stop.
    async fn wait(&mut self, session: &mut Session, pokes: &mut watch::Receiver<u64>) -> Result<Woke, Halt> {
        let waits = &self.house.settings.waits;
        let mut limit = self.mailbox.poll.min(waits.idle_renew);
        if self.mailbox.owner_folder.is_some() {
            limit = limit.min(waits.owner);
        }
        if !self.failing.is_empty() || self.spared {
            limit = limit.min(waits.reconnect_first);
        }
        let watch = self.mailbox.noop.map_or(Watch::Idle, Watch::Ask);
        let stop = self.house.stop.clone();
        let mut switched = self.house.progress.switches.changes();
        let poke = async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = poked(pokes) => {}
                _ = switched.changed() => {}
            }
        };
        // Every kind of waiting ends with a command or two.
        self.beat.within(limit + waits.idle_answer * 2 + waits.imap_quiet);
        let woke = session.wait(limit, watch, poke).await?;
        self.answered();
        Ok(woke)
    }

    /// UIDs mean other mails now.
    fn forget(&mut self) {
        self.failing.clear();
        self.gaps.clear();
        self.filing.forget();
        self.surveyed_at = None;
    }

    fn zone(&self) -> TimeZone {
        let desk = self.house.desks.addressed(&self.mailbox, std::iter::empty());
        desk.map_or(TimeZone::UTC, |desk| desk.rules.zone.clone())
    }

    /// Counts a failure; the last one that is allowed gives the outcome.
    fn fails(&mut self, uid: u32, why: &str) -> Option<Outcome> {
        let failing = self.failing.entry(uid).or_default();
        failing.times += 1;
        failing.why = why.to_owned();
        let (mailbox, times) = (&self.mailbox.name, failing.times);
        tracing::warn!(%mailbox, uid, times, reason = why, "a mail could not be taken");
        (times >= self.house.settings.pace.attempts).then(|| look::given_up(times, why))
    }

    /// From now on this mail comes alone.
    fn suspect(&mut self, uid: u32) {
        self.failing.entry(uid).or_default();
    }

    /// Those that were in hand when the program last died, and would be taken in hand again.
    fn suspects(&self, footing: &Footing, uids: &[u32]) -> BTreeSet<u32> {
        let hand = self.in_hand.lock().unwrap_or_else(PoisonError::into_inner);
        let validity = footing.cursor.validity;
        let suspect = |uid: &u32| {
            let deaths = hand.deaths(validity, *uid);
            let deaths = deaths.max(self.deciding.deaths(&settle::name(footing, *uid)));
            deaths > 0 && deaths + 1 < self.house.settings.pace.attempts
        };
        uids.iter().copied().filter(suspect).collect()
    }

    async fn keep_footing(&self, footing: &Footing) -> Result<(), StoreError> {
        let (mailbox, footing) = (self.mailbox.name.clone(), footing.clone());
        self.house.clerk.run(move |tx| footing.keep(tx, &mailbox)).await
    }

    /// So many commands follow one another now; each has its own deadline.
    fn will_ask(&self, commands: u32) {
        self.beat.within(self.house.settings.waits.imap_command.saturating_mul(commands));
    }

    fn answered(&self) {
        let now = self.house.clock.now();
        self.house.progress.note(&self.mailbox.name, |progress| progress.answered_at = Some(now));
    }

    /// A look came to its end; with `up_to`, nothing was left behind.
    fn looked(&self, up_to: Option<Timestamp>) {
        let left = self.failing.len();
        let trouble = (left > 0).then(|| format!("{left} mails could not be taken yet"));
        let now = self.house.clock.now();
        self.house.progress.note(&self.mailbox.name, |progress| {
            progress.troubled_since = trouble.as_ref().map(|_| progress.troubled_since.unwrap_or(now));
            progress.trouble = trouble;
            progress.waiting = left;
            progress.read_up_to = up_to.or(progress.read_up_to);
        });
    }

    /// Tells of a trouble, loudly once.
    fn trouble(&self, text: String, alarming: bool) {
        let mailbox = &self.mailbox.name;
        let mut known = false;
        let now = self.house.clock.now();
        self.house.progress.note(mailbox, |progress| {
            known = progress.trouble.as_deref() == Some(&text);
            progress.trouble = Some(text.clone());
            progress.troubled_since.get_or_insert(now);
        });
        match (known, alarming) {
            (true, _) => tracing::debug!(%mailbox, error = text, "the mailbox still cannot be read"),
            (false, true) => tracing::error!(%mailbox, error = text, "the mailbox cannot be read"),
            (false, false) => tracing::warn!(%mailbox, error = text, "the mailbox cannot be read for now"),
        }
    }
}

/// Returns at the next poke; never when nobody can poke any more.
async fn poked(pokes: &mut watch::Receiver<u64>) {
    if pokes.changed().await.is_err() {
        std::future::pending().await
    }
}

/// A byte by which many do not come back at once.
fn chance() -> u8 {
    let mut byte = [128];
    // Without a source of chance all come back in the middle.
    let _ = getrandom::fill(&mut byte);
    byte[0]
}
