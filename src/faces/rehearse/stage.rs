//! The desk on a stage: the daemon's journeys with a stepped clock, a store, and a mail server that takes all.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::desk::act::{self, Act, Paper};
use crate::desk::announce::{Reach, Written, announce};
use crate::desk::digest::digest;
use crate::desk::look_up::own_texts;
use crate::desk::oracle::Walk;
use crate::desk::receive::{Arrival, receive};
use crate::desk::register::{Registered, Registration, register};
use crate::desk::{Desk, morning, send, tick};
use crate::domain::address::Address;
use crate::domain::delivery::Delivery;
use crate::domain::message::Incoming;
use crate::domain::people::AgentId;
use crate::domain::thread::{Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::mail::parse;
use crate::store::{Claim, Outcome, Place, Result, Store, StoreError, TicketFilter, Tx};

/// A delivery is taken for so long; on a stage it is settled at once.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
const CLAIMS_MAX: usize = 100;
const DUE_MAX: usize = 100;
/// Rows of one step of the oracle.
const ROWS_MAX: usize = 256;
/// More wakes between two steps mean that time stands still.
const WAKES_MAX: usize = 100_000;
/// A unit of work is tried so often, as a daemon that is started again and again would.
const TRIES_MAX: usize = 20;

/// Opens the store of a telling, again and again on the same database where it has a file.
pub type OpenStore<'a> = Box<dyn FnMut() -> Result<Box<dyn Store>> + 'a>;

/// A letter that left the desk, as its recipients see it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// When it was taken by the mail server.
    pub at: Timestamp,
    pub template: String,
    pub ticket: Option<Number>,
    /// Envelope recipients, each once.
    pub recipients: Vec<Address>,
    pub mail: Incoming,
    /// The bytes that left.
    pub raw: Bytes,
}

/// A desk with its store and its clock.
pub struct Stage<'a> {
    desk: &'a Desk,
    open: OpenStore<'a>,
    /// `None` until it is used: it is opened then.
    store: Option<Box<dyn Store>>,
    now: Timestamp,
    uid: u32,
    /// By Message-ID: a copy of the same letter is no second letter.
    sent: BTreeMap<String, Sent>,
    /// Message-IDs of letters that nobody has asked for yet, in the order in which they left.
    fresh: Vec<String>,
}

impl<'a> Stage<'a> {
    /// An empty stage; the clock stands at `start`.
    pub fn new(desk: &'a Desk, open: OpenStore<'a>, start: Timestamp) -> Stage<'a> {
        Stage { desk, open, store: None, now: start, uid: 0, sent: BTreeMap::new(), fresh: Vec::new() }
    }

    /// Closes the store and opens it again, as a restart of the daemon does.
    ///
    /// # Errors
    /// The store cannot be opened.
    pub fn reopen(&mut self) -> Result<()> {
        self.store = None;
        self.settle_interrupted()
    }

    fn store(&mut self) -> Result<&mut dyn Store> {
        let store = match self.store.take() {
            Some(store) => store,
            None => (self.open)()?,
        };
        Ok(self.store.insert(store).as_mut())
    }

    /// Time passes: whatever falls due up to `until` happens at its very moment.
    ///
    /// # Errors
    /// The store's, or time stands still.
    pub fn advance_to(&mut self, until: Timestamp) -> Result<()> {
        for _ in 0..WAKES_MAX {
            let next = self.run(|tx, desk, now| {
                Ok([tx.next_wake()?, tx.next_delivery()?, morning::next(tx, desk, now)?])
            })?;
            let Some(next) = next.into_iter().flatten().min().filter(|at| *at <= until) else {
                self.now = self.now.max(until);
                return Ok(());
            };
            self.now = self.now.max(next);
            self.run(|tx, desk, now| morning::greet(tx, desk, now))?;
            for key in self.run(|tx, _, now| tx.due(now, DUE_MAX))? {
                self.run(|tx, desk, now| tick::tick(tx, desk, &key, Some(now), now))?;
            }
            self.deliver()?;
        }
        Err(StoreError::Abandoned(format!("time stands still at {}: something is due for ever", self.now)))
    }

    /// A mail, parsed from `raw`, reaches the mailbox and is read at once.
    ///
    /// # Errors
    /// The store's, or the unit of work gave up.
    pub fn take_in(&mut self, raw: &[u8], mail: Incoming) -> Result<Outcome> {
        let ours = self.run(|tx, _, _| own_texts(tx, &mail))?;
        let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
        self.uid += 1;
        let arrival = Arrival {
            digest: digest(self.desk, mail, self.now, self.now, &ours),
            raw: Bytes::copy_from_slice(raw),
            place: Some(Place { mailbox: "rehearsal".to_owned(), validity: 1, uid: self.uid }),
        };
        let outcome = self.run(|tx, desk, now| receive(tx, desk, &arrival, now))?;
        self.deliver()?;
        self.advance_to(self.now)?;
        Ok(outcome)
    }

    /// An agent enters a request that came another way; `id` is another one for each.
    ///
    /// # Errors
    /// `Abandoned` with the reason when the desk refuses it; the store's.
    pub fn register(&mut self, registration: &Registration, id: &str) -> Result<Registered> {
        let act = Act { agent: registration.by.clone(), id: id.to_owned() };
        let done = self.once(id, |tx, desk, now| register(tx, desk, registration, &act, now))?;
        self.settle().map(|()| done)
    }

    /// An agent adds a paper to a ticket.
    ///
    /// # Errors
    /// `Abandoned` when there is no such ticket; the store's.
    pub fn attach(&mut self, number: Number, paper: &Paper, by: &str, id: &str) -> Result<()> {
        let act = Act { agent: Some(AgentId(by.to_owned())), id: id.to_owned() };
        self.once(id, |tx, desk, now| act::attach(tx, desk, number, paper, &act, now))?;
        self.settle()
    }

    /// The operator tells all clients something.
    ///
    /// # Errors
    /// The store's.
    pub fn announce(&mut self, written: &Written, id: &str) -> Result<Reach> {
        let reach = self.run(|tx, desk, now| announce(tx, desk, written, id, now))?;
        self.settle().map(|()| reach)
    }

    /// What is due now happens, and letters leave.
    pub(super) fn settle(&mut self) -> Result<()> {
        self.deliver()?;
        self.advance_to(self.now)
    }

    /// An agent takes the next request of the queue.
    ///
    /// # Errors
    /// The store's.
    pub fn next(&mut self, agent: &AgentId, id: &str) -> Result<Option<Number>> {
        let act = Act { agent: Some(agent.clone()), id: id.to_owned() };
        let taken = self.once(id, |tx, desk, now| act::next(tx, desk, agent, &act, now))?;
        self.settle().map(|()| taken)
    }

    /// Letters that left since the last call, in the order in which they were written.
    pub fn letters(&mut self) -> Vec<Sent> {
        let fresh = std::mem::take(&mut self.fresh);
        fresh.iter().filter_map(|id| self.sent.get(id).cloned()).collect()
    }

    /// A ticket with its thread.
    ///
    /// # Errors
    /// The store's.
    pub fn ticket(&mut self, number: Number) -> Result<Option<(Ticket, Vec<Message>)>> {
        self.run(|tx, desk, _| {
            let key = TicketKey::new(desk.id(), number);
            let Some(ticket) = tx.ticket(&key)? else { return Ok(None) };
            Ok(Some((ticket, tx.messages(&key)?)))
        })
    }

    /// All tickets, oldest number first, each with its rows of the work journal.
    ///
    /// # Errors
    /// The store's.
    pub fn journal(&mut self) -> Result<Vec<(Ticket, Vec<Work>)>> {
        self.run(|tx, _, _| {
            let mut all = Vec::new();
            for ticket in tx.tickets(&TicketFilter::default())?.into_iter().rev() {
                let works = tx.works(&ticket.key)?;
                all.push((ticket, works));
            }
            Ok(all)
        })
    }

    /// What the store and the oracle find wrong; empty when all is well.
    ///
    /// # Errors
    /// The store's.
    pub fn faults(&mut self) -> Result<Vec<String>> {
        let mut faults = self.store()?.check()?;
        let mut walk = Walk::default();
        while !walk.is_over() {
            let (next, found) = self.run(|tx, desk, _| {
                let mut next = walk.clone();
                let found = next.step(tx, &[desk], ROWS_MAX)?;
                Ok((next, found))
            })?;
            walk = next;
            faults.extend(found);
        }
        Ok(faults.into_iter().map(|f| format!("invariant {}: {}", f.invariant, f.what)).collect())
    }

    /// Runs the unit of an order, which nobody repeats on his own: what came of it is written down beside it, and
    /// told again where trouble came between the commit and the answer.
    fn once<T: Serialize + DeserializeOwned>(
        &mut self,
        id: &str,
        mut work: impl FnMut(&mut dyn Tx, &Desk, Timestamp) -> Result<T>,
    ) -> Result<T> {
        let name = format!("rehearsal:{id}");
        let unreadable = |error: serde_json::Error| StoreError::Abandoned(error.to_string());
        self.run(|tx, desk, now| {
            if let Some(done) = tx.value(&name)? {
                return serde_json::from_slice(&done).map_err(unreadable);
            }
            let done = work(tx, desk, now)?;
            tx.set_value(&name, &serde_json::to_vec(&done).map_err(unreadable)?)?;
            Ok(done)
        })
    }

    /// Runs a unit of work. After trouble with the engine it is run again, as a daemon that was started anew
    /// would; giving up is for the unit itself.
    pub(super) fn run<T>(
        &mut self,
        mut work: impl FnMut(&mut dyn Tx, &Desk, Timestamp) -> Result<T>,
    ) -> Result<T> {
        let (desk, now) = (self.desk, self.now);
        let mut tries = 1;
        loop {
            match self.store()?.run(|tx| work(tx, desk, now)) {
                Err(error) if error.ends_the_batch() && tries < TRIES_MAX => tries += 1,
                Err(error) => return Err(error),
                Ok(value) => {
                    if tries > 1 {
                        self.settle_interrupted()?;
                    }
                    return Ok(value);
                }
            }
        }
    }

    /// What was being sent when the daemon stopped is uncertain and due again.
    fn settle_interrupted(&mut self) -> Result<()> {
        let now = self.now;
        for _ in 1..TRIES_MAX {
            match self.store()?.run(|tx| tx.reclaim(now)) {
                Err(error) if error.ends_the_batch() => {}
                other => return other.map(|_| ()),
            }
        }
        self.store()?.run(|tx| tx.reclaim(now)).map(|_| ())
    }

    /// Everything that can go goes, and is accepted.
    fn deliver(&mut self) -> Result<()> {
        loop {
            let claims = self.run(|tx, _, now| tx.claim(now, now + LEASE, CLAIMS_MAX))?;
            if claims.is_empty() && self.run(|tx, _, _| tx.next_delivery())?.is_none_or(|at| at > self.now) {
                return Ok(());
            }
            for claim in &claims {
                self.hand_over(claim)?;
            }
        }
    }

    fn hand_over(&mut self, claim: &Claim) -> Result<()> {
        let letter = &claim.row.letter;
        let raw = self.run(|tx, _, _| send::assembled(tx, &letter.letter))?;
        let id = letter.letter.message_id.as_str().to_owned();
        if !self.sent.contains_key(&id) {
            self.fresh.push(id.clone());
        }
        let sent = self.sent.entry(id).or_insert_with(|| Sent {
            at: self.now,
            template: letter.purpose.clone(),
            ticket: letter.ticket.as_ref().map(|key| key.number),
            recipients: Vec::new(),
            mail: parse::parse(&raw, &parse::Limits::default()),
            raw: raw.into(),
        });
        if !sent.recipients.contains(&claim.recipient) {
            sent.recipients.push(claim.recipient.clone());
        }
        let accepted = Delivery::Accepted { code: 250, reply: "2.0.0 taken".to_owned() };
        self.run(|tx, desk, now| send::settle(tx, Some(desk), claim, &accepted, 0, now)).map(|_| ())
    }
}
