//! A desk on the bench: the journeys of the daemon on a store of its own, with a clock that moves only when told.
//! Mails go in as bytes and letters come out as bytes, as on the wire; nothing runs beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use maildesk::config::read_desk_yaml;
use maildesk::desk::digest::digest;
use maildesk::desk::look_up::{look_up, own_texts};
use maildesk::desk::receive::{Arrival, receive};
use maildesk::desk::{Desk, aside, morning, oracle, send, tick};
use maildesk::domain::address::Address;
use maildesk::domain::delivery::Delivery;
use maildesk::domain::message::Incoming;
use maildesk::domain::rules::Rules;
use maildesk::domain::thread::Message;
use maildesk::domain::ticket::{Number, Ticket, TicketKey};
use maildesk::domain::trust::{Trust, trust};
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::parse;
use maildesk::store::{Outcome, Place, Result, SqliteStore, Store, Tx};
use maildesk::words::Catalogue;
use serde_json::Value;

/// A delivery is settled as soon as it is taken.
const LEASE: SignedDuration = SignedDuration::from_mins(5);

/// More steps of time than this between two mails mean that time stands still.
const STEPS_MAX: usize = 100_000;

/// A letter as it left, once for each recipient.
#[derive(Clone)]
pub struct Out {
    pub purpose: String,
    pub automatic: bool,
    pub to: Address,
    /// Envelope sender; `None` is `<>`.
    pub from: Option<Address>,
    pub raw: Vec<u8>,
    pub read: Incoming,
}

/// What became of a mail, and how far its sender was believed.
pub struct Taken {
    pub outcome: Outcome,
    pub trust: Trust,
}

/// Monday, ten o'clock in Riga.
pub fn monday() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().expect("an instant")
}

/// The small desk of the conversations, with `setup` over its description. Its words are prepared once for each setup.
pub fn small_desk(setup: &Value) -> Arc<Desk> {
    static DESKS: Mutex<BTreeMap<String, Arc<Desk>>> = Mutex::new(BTreeMap::new());
    let mut desks = DESKS.lock().unwrap_or_else(PoisonError::into_inner);
    desks
        .entry(setup.to_string())
        .or_insert_with(|| Arc::new(another_desk(setup, 7, "bench", |_| ())))
        .clone()
}

/// The same as another installation: with a key and a name of its own, and rules changed at will.
pub fn another_desk(setup: &Value, key: u8, instance: &str, change: impl FnOnce(&mut Rules)) -> Desk {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conversations/small/desk.yaml");
    let text = std::fs::read_to_string(&file).expect("a description");
    let mut rules = read_desk_yaml("desk.yaml", &text, Some(setup)).unwrap_or_else(|e| panic!("{e}")).rules;
    change(&mut rules);
    let words = Arc::new(Catalogue::embedded().with_default(rules.own_language()));
    Desk::new(rules, words, Keys::new(Key::new(1, [key; 32]), Vec::new()), instance.to_owned())
}

pub struct Bench {
    pub desk: Arc<Desk>,
    store: Box<dyn Store>,
    pub now: Timestamp,
    uid: u32,
    /// Somebody has asked what is wrong with it, and says so.
    asked: bool,
}

impl Bench {
    /// A desk whose store is gone with it.
    pub fn new(desk: Arc<Desk>, now: Timestamp) -> Bench {
        let store = SqliteStore::open_in_memory().expect("a store");
        Bench { desk, store: Box::new(store), now, uid: 0, asked: false }
    }

    /// A desk on a database that outlives it; `uid` is the last that its mailbox gave.
    pub fn open(desk: Arc<Desk>, file: &Path, now: Timestamp, uid: u32) -> Bench {
        Bench { desk, store: Box::new(SqliteStore::open(file).expect("a store")), now, uid, asked: false }
    }

    /// The last UID that was given.
    pub fn uid(&self) -> u32 {
        self.uid
    }

    pub fn run<T>(&mut self, mut work: impl FnMut(&mut dyn Tx, &Desk, Timestamp) -> Result<T>) -> T {
        let (desk, now) = (self.desk.clone(), self.now);
        self.store.run(|tx| work(tx, &desk, now)).expect("the store holds")
    }

    /// A mail reaches the mailbox and is decided on.
    pub fn take_in(&mut self, raw: &[u8]) -> Taken {
        let mail = parse::parse(raw, &parse::Limits::default());
        self.uid += 1;
        let place = Place { mailbox: "bench".to_owned(), validity: 1, uid: self.uid };
        let ours = self.run(|tx, _, _| own_texts(tx, &mail));
        let ours: Vec<&str> = ours.iter().map(String::as_str).collect();
        let digest = digest(&self.desk, mail, self.now, self.now, &ours);
        let known = self.run(|tx, desk, now| look_up(tx, desk, &digest, now));
        let trust = trust(&digest, &known, &self.desk.rules);
        let arrival = Arrival { digest, raw: bytes::Bytes::copy_from_slice(raw), place: Some(place) };
        let outcome = self.run(|tx, desk, now| receive(tx, desk, &arrival, now));
        Taken { outcome, trust }
    }

    /// Time passes; whatever falls due happens at its moment. Letters stay until they are asked for.
    pub fn pass_to(&mut self, until: Timestamp) {
        for _ in 0..STEPS_MAX {
            let next = self.run(|tx, desk, now| Ok([tx.next_wake()?, morning::next(tx, desk, now)?]));
            let Some(next) = next.into_iter().flatten().min().filter(|at| *at <= until) else {
                self.now = self.now.max(until);
                self.run(|tx, desk, now| aside::warn(tx, desk, now));
                return;
            };
            self.now = self.now.max(next);
            self.run(|tx, desk, now| morning::greet(tx, desk, now));
            for key in self.run(|tx, _, now| tx.due(now, 100)) {
                self.run(|tx, desk, now| tick::tick(tx, desk, &key, Some(now), now));
            }
        }
        panic!("time stands still at {}", self.now);
    }

    pub fn pass(&mut self, span: SignedDuration) {
        self.pass_to(self.now + span);
    }

    /// The letters that can go now leave: each recipient's copy, in the order in which they were written.
    pub fn letters(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        loop {
            let claims = self.run(|tx, _, now| tx.claim(now, now + LEASE, 100));
            if claims.is_empty() {
                return out;
            }
            for claim in claims {
                let letter = claim.row.letter.clone();
                let raw = self.run(|tx, _, _| send::assembled(tx, &letter.letter));
                let taken = Delivery::Accepted { code: 250, reply: "2.0.0 taken".to_owned() };
                self.run(|tx, desk, now| send::settle(tx, Some(desk), &claim, &taken, 0, now));
                out.push(Out {
                    purpose: letter.purpose,
                    automatic: letter.automatic,
                    to: claim.recipient.clone(),
                    from: letter.envelope_from,
                    read: parse::parse(&raw, &parse::Limits::default()),
                    raw,
                });
            }
        }
    }

    pub fn ticket(&mut self, number: Number) -> Option<(Ticket, Vec<Message>)> {
        self.run(|tx, desk, _| {
            let key = TicketKey::new(desk.id(), number);
            let Some(ticket) = tx.ticket(&key)? else { return Ok(None) };
            Ok(Some((ticket, tx.messages(&key)?)))
        })
    }

    /// What the store and the oracle find wrong; who does not ask is told in the end.
    pub fn faults(&mut self) -> Vec<String> {
        self.asked = true;
        let mut faults = self.store.check().expect("checked");
        let all = self.run(|tx, desk, _| {
            let mut oracle = oracle::Walk::default();
            let mut found = Vec::new();
            while !oracle.is_over() {
                found.extend(oracle.step(tx, &[desk], 64)?);
            }
            Ok(found)
        });
        faults.extend(all);
        faults.iter().map(|fault| format!("invariant {}: {}", fault.invariant, fault.what)).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.asked {
            let faults = self.faults();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }
}
