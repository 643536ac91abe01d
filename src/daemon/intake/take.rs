//! Brings fetched mails into the store: parsed and thought over beside the async tasks, decided by the clerk in the
//! order in which they came, several to a commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::Intake;
use super::fetch::Taken;
use super::footing::Footing;
use super::in_hand::InHand;
use super::think::{Read, Thought, read};
use crate::daemon::clerk::Clerk;
use crate::desk::receive::{Arrival, quarantine, receive};
use crate::desk::{Desk, digest};
use crate::mail::parse::{Limits, parse};
use crate::store::{Outcome, Place, Result, Sighting, StoreError, Tx};

/// Letters of ours that are read for one mail, to tell their text from the sender's.
pub(super) const OURS_MAX: usize = 3;

/// Mails that wait to be brought in.
pub(super) struct Batch {
    pub(super) taken: Vec<Taken>,
    pub(super) footing: Footing,
    /// The cursor has moved since it was last written.
    pub(super) moved: bool,
}

/// What is written of one mail, or of none.
type Unit = Box<dyn FnMut(&mut dyn Tx) -> Result<Option<Outcome>> + Send>;

/// A batch that was thought over.
pub(super) struct Considered {
    thoughts: Result<Vec<Thought>>,
    footing: Footing,
    moved: bool,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Safe in the store, with their outcomes.
    pub(super) done: Vec<u32>,
    /// Could neither be decided nor set aside.
    pub(super) failed: Vec<(u32, String)>,
    /// The store is in trouble: what is named nowhere here is still to be done.
    pub(super) trouble: Option<StoreError>,
}

impl Intake {
    /// Parses a batch and thinks it over.
    pub(super) async fn consider(&self, batch: Batch) -> Considered {
        let Batch { taken, footing, moved } = batch;
        let thoughts = self.think(taken, &footing).await;
        Considered { thoughts, footing, moved }
    }

    /// Brings in what was thought over. Whatever happens, each mail is done, failed, or as if it had never been
    /// fetched.
    pub(super) async fn settle(&self, considered: Considered) -> Settled {
        let Considered { thoughts, footing, moved } = considered;
        if self.is_owner_still().is_err() {
            // It was frozen, perhaps, and another one has these mails by now: nothing of them was written.
            let why = "the mailbox may be another's by now".to_owned();
            return Settled { trouble: Some(StoreError::Busy(why)), ..Settled::default() };
        }
        match thoughts {
            Ok(thoughts) => self.decide(&footing, moved, thoughts).await,
            Err(trouble) => Settled { trouble: Some(trouble), ..Settled::default() },
        }
    }

    async fn think(&self, taken: Vec<Taken>, footing: &Footing) -> Result<Vec<Thought>> {
        if taken.is_empty() {
            return Ok(Vec::new());
        }
        fault_point!("mail_fetched", StoreError::Busy("a planted fault".to_owned()));
        let validity = footing.cursor.validity;
        let (hand, limits) = (self.in_hand.clone(), self.limits.clone());
        let deaths_max = self.house.settings.pace.attempts;
        let reads = aside(move || parse_all(taken, validity, &hand, &limits, deaths_max)).await?;
        let heads = letters(&self.house.clerk, reads.iter().flat_map(Read::references).collect()).await?;
        let (desks, mailbox) = (self.house.desks.clone(), self.mailbox.clone());
        let (thinking, now, limits) = (self.thinking.clone(), self.house.clock.now(), self.limits.clone());
        let late = self.mailbox.late;
        let hand = self.in_hand.clone();
        aside(move || {
            let mut thoughts = Vec::with_capacity(reads.len());
            for read in reads {
                fault_point!("mail_read");
                let known = read.references().into_iter().filter_map(|id| heads.get(&id)).take(OURS_MAX);
                let texts: Vec<String> = known.map(|head| parse(head, &limits).text).collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let Some(desk) = desks.addressed(&mailbox, read.addressed()).cloned() else { continue };
                let place = Place { mailbox: mailbox.name.clone(), validity, uid: read.taken.listed.uid };
                let mut thought = read.think(&*thinking, desk, Some(place), &texts, now);
                if let Some(arrival) = Arc::get_mut(&mut thought.arrival) {
                    let waited = now.duration_since(arrival.digest.arrived);
                    arrival.digest.late = waited.unsigned_abs() > late && waited.is_positive();
                }
                thoughts.push(thought);
            }
            // Those to be set aside stay written down until that is safe.
            let survived =
                thoughts.iter().filter(|thought| thought.aside.is_none()).map(|thought| thought.uid);
            put_down(&hand, validity, &survived.collect::<Vec<_>>());
            thoughts
        })
        .await
    }

    async fn decide(&self, footing: &Footing, moved: bool, thoughts: Vec<Thought>) -> Settled {
        let mut settled = Settled::default();
        if thoughts.is_empty() && !moved {
            return settled;
        }
        let now = self.house.clock.now();
        let mut works: Vec<(usize, Unit)> = Vec::with_capacity(thoughts.len() + 1);
        // Before the mails, in their commit.
        let (mailbox, kept) = (self.mailbox.name.clone(), footing.clone());
        works.push((
            0,
            Box::new(move |tx| {
                if moved {
                    kept.keep(tx, &mailbox)?;
                }
                Ok(None)
            }),
        ));
        for thought in &thoughts {
            let by_content = footing.by_content(thought.uid);
            let (arrival, desk) = (thought.arrival.clone(), thought.desk.clone());
            let (deciding, name) = (self.deciding.clone(), name(footing, thought.uid));
            let attempts = self.house.settings.pace.attempts;
            let aside = thought.aside.clone().or_else(|| deciding.objection(&name, attempts));
            let work: Unit = Box::new(move |tx| {
                if let Some(reason) = &aside {
                    return quarantine(tx, &desk, &arrival, reason, now).map(Some);
                }
                let _underway = deciding.begin(&name);
                fault_point!("mail_deciding");
                let outcome = match by_content {
                    true => receive_by_content(tx, &desk, &arrival, now)?,
                    false => receive(tx, &desk, &arrival, now)?,
                };
                fault_point!("mail_decided", StoreError::Abandoned("a planted fault".to_owned()));
                Ok(Some(outcome))
            });
            works.push((thought.arrival.raw.len(), work));
        }
        let mut answers = match self.house.clerk.submit_together(works).await {
            Ok(answers) => answers.into_iter(),
            Err(error) => return Settled { trouble: Some(error), ..settled },
        };
        if let Some(footing_kept) = answers.next() {
            settled.trouble = footing_kept.await.err();
        }
        let mut set_aside = Vec::new();
        for (thought, answer) in thoughts.into_iter().zip(answers) {
            let outcome = match answer.await {
                Err(StoreError::Abandoned(text)) => self.set_aside(&thought, &text).await.map(Some),
                other => other,
            };
            match outcome {
                Ok(_) => {
                    settled.done.push(thought.uid);
                    set_aside.extend(thought.aside.is_some().then_some(thought.uid));
                }
                Err(StoreError::Abandoned(text)) => settled.failed.push((thought.uid, text)),
                Err(error) => settled.trouble = Some(error),
            }
        }
        put_down(&self.in_hand, footing.cursor.validity, &set_aside);
        let names: Vec<String> = settled.done.iter().map(|uid| name(footing, *uid)).collect();
        self.deciding.forget(names.iter().map(String::as_str));
        settled
    }

    /// A mail on which no decision could be made is kept raw for the operator.
    async fn set_aside(&self, thought: &Thought, why: &str) -> Result<Outcome> {
        let (mailbox, uid) = (&self.mailbox.name, thought.uid);
        tracing::error!(%mailbox, uid, reason = why, "deciding on a mail failed; it is set aside");
        let (arrival, desk, now) = (thought.arrival.clone(), thought.desk.clone(), self.house.clock.now());
        let reason = format!("deciding on it failed: {why}");
        self.house.clerk.run(move |tx| quarantine(tx, &desk, &arrival, &reason, now)).await
    }
}

/// A mail of this mailbox, for the file of what is being decided on.
pub(super) fn name(footing: &Footing, uid: u32) -> String {
    format!("{} {uid}", footing.cursor.validity)
}

/// The letters of ours that have these Message-IDs.
pub(super) async fn letters(clerk: &Clerk, ids: Vec<String>) -> Result<HashMap<String, Vec<u8>>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let find = move |tx: &mut dyn Tx| {
        let mut found = HashMap::new();
        for id in &ids {
            if let Some(row) = tx.letter_by_message_id(id)? {
                found.insert(id.clone(), row.letter.letter.head);
            }
        }
        Ok(found)
    };
    let (clerk, runtime) = (clerk.clone(), Handle::current());
    aside(move || clerk.read(&runtime, find)).await?
}

/// Runs work that takes its time beside the async tasks.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Abandoned(format!("reading mails ended too early: {error}")))
}

/// Parses a chunk, after writing down that it is in hand.
fn parse_all(
    taken: Vec<Taken>,
    validity: u32,
    hand: &Mutex<InHand>,
    limits: &Limits,
    attempts: u32,
) -> Vec<Read> {
    let mut hand = hand.lock().unwrap_or_else(PoisonError::into_inner);
    let uids: Vec<u32> = taken.iter().map(|taken| taken.listed.uid).collect();
    if let Err(error) = hand.begin(validity, &uids) {
        tracing::warn!(%error, "the file of mails in hand cannot be written");
    }
    let deaths: Vec<u32> = uids.iter().map(|uid| hand.deaths(validity, *uid)).collect();
    drop(hand);
    fault_point!("mail_in_hand");
    let reads = taken.into_iter().zip(deaths).map(|(taken, deaths)| {
        let last = deaths > 0 && deaths + 1 >= attempts;
        read(taken, limits, last.then(|| format!("reading it stopped the program {deaths} times")))
    });
    reads.collect()
}

/// These are in hand no more.
fn put_down(hand: &Mutex<InHand>, validity: u32, uids: &[u32]) {
    if uids.is_empty() {
        return;
    }
    let mut hand = hand.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = hand.end(validity, uids) {
        tracing::warn!(%error, "the file of mails in hand cannot be written");
    }
}

/// As [`receive`], for a UID whose row may be about another mail: only the content tells whether it is known.
fn receive_by_content(
    tx: &mut dyn Tx,
    desk: &Desk,
    arrival: &Arrival,
    now: jiff::Timestamp,
) -> Result<Outcome> {
    let mut bare = arrival.clone();
    let Some(place) = bare.place.take() else { return receive(tx, desk, arrival, now) };
    let outcome = receive(tx, desk, &bare, now)?;
    let mail = tx.mail_by_fingerprint(&arrival.digest.mail.fingerprint)?.map(|mail| mail.id);
    let seen = tx.sighting(&place)?;
    if mail.is_none() || seen.is_none_or(|seen| seen.mail != mail) {
        tx.sight(&Sighting { place, seen_at: now, mail, outcome: outcome.clone() })?;
    }
    Ok(outcome)
}

/// What thinks mails over in the daemon.
pub(super) fn thinking() -> Arc<super::think::Thinking> {
    Arc::new(digest::digest)
}
