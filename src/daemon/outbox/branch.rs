//! The post office's branch for one desk: its shelf of letters, and what its postmen know.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::relay;
use super::turns::Turns;
use crate::config::{SmtpSettings, Waits};
use crate::daemon::house::House;
use crate::daemon::tokens::Tokens;
use crate::desk::Desk;
use crate::domain::address::Address;
use crate::mail::smtp::{Connection, Refusal, Server};
use crate::store::{Claim, NewLetter};

/// Letters in hand for each connection: enough that no postman waits while the next are claimed, and few enough that
/// little is put back when the server goes away, and that all are done within their lease.
const AHEAD: usize = 8;
/// The same where letters come back at once: a commit beside many mails takes as long as ten letters.
const AHEAD_QUICK: usize = 32;

/// What the postmen of one desk share.
pub struct Branch {
    pub desk: Arc<Desk>,
    pub settings: SmtpSettings,
    /// Shared with the desks that send through the same account.
    pub turns: Arc<Turns>,
    waits: Waits,
    tokens: Arc<Tokens>,
    server: OnceCell<Server>,
    shelf: Mutex<Shelf>,
    put: Notify,
    /// The server has shown that it takes no letter from `<>`. Forgotten at the next start: servers change.
    wants_sender: AtomicBool,
}

#[derive(Default)]
struct Shelf {
    letters: VecDeque<Claim>,
    /// Postmen who are ready for one.
    idle: usize,
}

impl Branch {
    pub fn new(desk: Arc<Desk>, settings: SmtpSettings, turns: Arc<Turns>, house: &House) -> Branch {
        let wants_sender = AtomicBool::new(!settings.empty_sender);
        Branch {
            desk,
            settings,
            turns,
            waits: house.settings.waits.clone(),
            tokens: house.tokens.clone(),
            server: OnceCell::new(),
            shelf: Mutex::default(),
            put: Notify::new(),
            wants_sender,
        }
    }

    /// How many letters may be in hand: no more than leave within a minute or so, for the lease runs meanwhile.
    pub fn capacity(&self, is_quick: bool) -> usize {
        let ahead = self.settings.connections as usize * if is_quick { AHEAD_QUICK } else { AHEAD };
        self.settings.per_minute.map_or(ahead, |bound| ahead.min(bound as usize)).max(1)
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// Those of [`relay::open`]; authorities that cannot be read count as a host that cannot be believed.
    pub async fn connect(&self) -> Result<Connection, Refusal> {
        let server = self.server.get_or_try_init(async || relay::server(&self.settings, &self.waits));
        let server = server.await.map_err(|error| Refusal::Host { code: None, text: error.to_string() })?;
        relay::open(&self.settings, server, &self.tokens).await
    }

    /// When the certificate ends that the server showed last.
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        self.server.get()?.trust.certificate_ends()
    }

    /// The envelope sender for a letter; `None` is `<>`.
    pub fn sender<'a>(&'a self, letter: &'a NewLetter) -> Option<&'a Address> {
        match &letter.envelope_from {
            None if self.wants_sender.load(Ordering::Relaxed) => Some(&self.desk.rules.address),
            sender => sender.as_ref(),
        }
    }

    /// From now on `<>` is replaced by the desk's own address.
    pub fn give_up_empty_sender(&self) {
        if !self.wants_sender.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                desk = %self.desk.id(),
                "the mail server takes no letter from the empty sender; automatic mail now leaves with the desk's \
                 address; write empty_sender = false to spare it the question"
            );
        }
    }

    /// Puts a letter on the shelf, a pressing one behind the pressing ones, and wakes a postman.
    pub fn put(&self, claim: Claim) {
        let letters = &mut self.shelf().letters;
        let place = match claim.row.letter.pressing {
            true => letters.iter().position(|other| !other.row.letter.pressing).unwrap_or(letters.len()),
            false => letters.len(),
        };
        letters.insert(place, claim);
        self.put.notify_one();
    }

    /// Takes every letter off the shelf.
    pub fn clear(&self) -> VecDeque<Claim> {
        std::mem::take(&mut self.shelf().letters)
    }

    /// Letters on the shelf.
    pub fn waiting(&self) -> usize {
        self.shelf().letters.len()
    }

    /// Postmen who are ready for a letter.
    pub fn idle(&self) -> usize {
        self.shelf().idle
    }

    /// One more postman is ready for a letter, and about to ask for it.
    pub fn ready(&self) {
        self.shelf().idle += 1;
    }

    /// The next letter for one who is [`Branch::ready`]; `None` when none came for `keep` or the house stops.
    pub async fn next(&self, keep: Duration, stop: &CancellationToken) -> Option<Claim> {
        let until = Instant::now() + keep;
        loop {
            // Registered before looking, so that a letter put between the two is not slept through.
            let put = self.put.notified();
            tokio::pin!(put);
            put.as_mut().enable();
            {
                let mut shelf = self.shelf();
                let letter = if stop.is_cancelled() { None } else { shelf.letters.pop_front() };
                if letter.is_some() || stop.is_cancelled() || Instant::now() >= until {
                    shelf.idle -= 1;
                    return letter;
                }
            }
            tokio::select! {
                () = put => {}
                () = sleep_until(until) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
