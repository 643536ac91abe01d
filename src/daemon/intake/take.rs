//! Fetched mails are parsed and thought over, beside the async tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::Intake;
use super::fetch::Taken;
use super::footing::Footing;
use super::in_hand::InHand;
use super::think::{Read, Thought, read};
use crate::daemon::clerk::Clerk;
use crate::desk::digest;
use crate::mail::parse::{Limits, parse};
use crate::store::{Coming, Place, Result, StoreError, Tx};

/// Letters of ours that are read for one mail, to tell their text from the sender's.
pub(super) const OURS_MAX: usize = 3;

/// Mails that wait to be brought in.
pub(super) struct Batch {
    pub(super) taken: Vec<Taken>,
    pub(super) footing: Footing,
    /// The cursor has moved since it was last written.
    pub(super) moved: bool,
}

/// A batch that was thought over.
pub(super) struct Considered {
    pub(super) thoughts: Result<Vec<Thought>>,
    pub(super) footing: Footing,
    pub(super) moved: bool,
}

impl Intake {
    /// Parses a batch and thinks it over.
    pub(super) async fn consider(&self, batch: Batch) -> Considered {
        let Batch { taken, footing, moved } = batch;
        let thoughts = self.think(taken, &footing).await;
        Considered { thoughts, footing, moved }
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
        let foreseen = foresee(&self.house.clerk, reads.iter().map(Read::coming).collect());
        let (desks, mailbox) = (self.house.desks.clone(), self.mailbox.clone());
        let (thinking, now, limits) = (self.thinking.clone(), self.house.clock.now(), self.limits.clone());
        let late = self.mailbox.late;
        let hand = self.in_hand.clone();
        let thoughts = aside(move || {
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
        });
        tokio::join!(thoughts, foreseen).0
    }
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

/// Has the store look ahead. Where it cannot, the decisions take longer and that is all.
async fn foresee(clerk: &Clerk, coming: Vec<Coming>) {
    let (clerk, runtime) = (clerk.clone(), Handle::current());
    let looked = aside(move || clerk.read(&runtime, move |tx| tx.foresee(&coming))).await;
    if let Err(error) | Ok(Err(error)) = looked {
        tracing::debug!(%error, "nothing is foreseen");
    }
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
pub(super) fn put_down(hand: &Mutex<InHand>, validity: u32, uids: &[u32]) {
    if uids.is_empty() {
        return;
    }
    let mut hand = hand.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = hand.end(validity, uids) {
        tracing::warn!(%error, "the file of mails in hand cannot be written");
    }
}

/// What thinks mails over in the daemon.
pub(super) fn thinking() -> Arc<super::think::Thinking> {
    Arc::new(digest::digest)
}
