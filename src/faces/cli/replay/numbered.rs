//! The throw-away store of a replay: requests get the numbers that the real desk gave them, and others get numbers
//! that it never gave, so that a token or a reference never means another request than its writer meant.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::people::{Acquaintance, AgentId};
use crate::domain::rules::{DeskId, Queue};
use crate::domain::search::Words;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{
    Bill, Claim, Cursor, DeliveryFilter, DeliveryId, DeliveryRow, Fault, Found, Indexed, LetterId, LetterRow,
    Mail, MailFilter, MailId, Measure, NewLetter, NewMail, Outcome, Overview, Pending, Place, Rated, Result,
    Scope, Settled, Sighting, SqliteStore, Standing, Store, Tally, TicketFilter, Tx, UnitOfWork,
};

/// The number that the next new request is to have; none where it is 0.
#[derive(Clone, Default)]
pub struct Wish(Arc<AtomicU32>);

impl Wish {
    pub fn set(&self, number: Option<Number>) {
        self.0.store(number.unwrap_or(0), Ordering::Relaxed);
    }

    fn get(&self) -> Option<Number> {
        Some(self.0.load(Ordering::Relaxed)).filter(|number| *number > 0)
    }
}

/// A store in memory.
pub struct Numbered {
    store: SqliteStore,
    wish: Wish,
    newest: Number,
}

impl Numbered {
    /// An empty one; requests that nobody wished a number for get those behind `newest`.
    ///
    /// # Errors
    /// No memory.
    pub fn open(wish: Wish, newest: Number) -> Result<Numbered> {
        Ok(Numbered { store: SqliteStore::open_in_memory()?, wish, newest })
    }
}

impl Store for Numbered {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        let (wish, newest) = (&self.wish, self.newest);
        self.store.unit(&mut |below| work(&mut Numbers { below, wish, newest }))
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        works.iter_mut().map(|work| self.unit(*work)).collect()
    }

    fn check(&mut self) -> Result<Vec<Fault>> {
        self.store.check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.store.backup(target)
    }
}

struct Numbers<'a> {
    below: &'a mut dyn Tx,
    wish: &'a Wish,
    newest: Number,
}

/// Everything but the numbers is left to the store below.
macro_rules! below {
    ($(fn $name:ident($($given:ident: $kind:ty),*) -> $found:ty;)*) => {
        $(fn $name(&mut self, $($given: $kind),*) -> Result<$found> {
            self.below.$name($($given),*)
        })*
    };
}

impl Tx for Numbers<'_> {
    fn next_number(&mut self, desk: &DeskId, first: Number) -> Result<Number> {
        if let Some(number) = self.wish.get()
            && self.below.ticket(&TicketKey::new(desk, number))?.is_none()
        {
            return Ok(number);
        }
        self.below.next_number(desk, first.max(self.newest.saturating_add(1)))
    }

    below! {
        fn sighting(place: &Place) -> Option<Sighting>;
        fn sight(sighting: &Sighting) -> ();
        fn mail_by_fingerprint(fingerprint: &Hash) -> Option<Mail>;
        fn mail(id: MailId) -> Option<Mail>;
        fn add_mail(mail: &NewMail) -> MailId;
        fn conclude(id: MailId, outcome: &Outcome) -> ();
        fn mails_by_message_id(message_id: &str) -> Vec<Mail>;
        fn mails(filter: &MailFilter) -> Vec<Mail>;
        fn sightings(filter: &MailFilter) -> Vec<Sighting>;
        fn cursor(mailbox: &str) -> Option<Cursor>;
        fn set_cursor(mailbox: &str, cursor: &Cursor) -> ();
        fn keep(hash: &Hash, bytes: &[u8]) -> ();
        fn bytes(hash: &Hash) -> Option<Vec<u8>>;
        fn bump_numbers(gap: Number) -> u32;
        fn epoch() -> u32;
        fn ticket(key: &TicketKey) -> Option<Ticket>;
        fn save(ticket: &Ticket, wake: Option<Timestamp>) -> ();
        fn tickets(filter: &TicketFilter) -> Vec<Ticket>;
        fn how_many(filter: &TicketFilter, most: usize) -> usize;
        fn add_message(key: &TicketKey, message: &Message) -> u32;
        fn replace_message(key: &TicketKey, message: &Message) -> ();
        fn messages(key: &TicketKey) -> Vec<Message>;
        fn add_entry(key: &TicketKey, entry: &Entry) -> ();
        fn entries(key: &TicketKey) -> Vec<Entry>;
        fn add_work(key: &TicketKey, work: &Work) -> ();
        fn works(key: &TicketKey) -> Vec<Work>;
        fn due(now: Timestamp, limit: usize) -> Vec<TicketKey>;
        fn next_wake() -> Option<Timestamp>;
        fn queue(desk: &DeskId, order: Queue, limit: usize) -> Vec<Ticket>;
        fn tie(key: &TicketKey, matter: &str, at: Timestamp) -> ();
        fn tied(desk: &DeskId, matter: &str, since: Timestamp) -> Vec<Number>;
        fn enqueue(letter: &NewLetter) -> LetterId;
        fn letter(id: LetterId) -> Option<LetterRow>;
        fn letter_by_message_id(message_id: &str) -> Option<LetterRow>;
        fn claim(now: Timestamp, lease: Timestamp, limit: usize) -> Vec<Claim>;
        fn settle(id: DeliveryId, outcome: &Settled) -> ();
        fn reclaim(now: Timestamp) -> u32;
        fn next_delivery() -> Option<Timestamp>;
        fn delivery(id: DeliveryId) -> Option<DeliveryRow>;
        fn deliveries(filter: &DeliveryFilter) -> Vec<DeliveryRow>;
        fn count_answer(address: &Address, at: Timestamp) -> ();
        fn answers(scope: &Scope, since: Timestamp) -> u32;
        fn standing(address: &Address) -> Standing;
        fn set_standing(address: &Address, standing: Standing, at: Timestamp) -> ();
        fn acquaintance(desk: &DeskId, address: &Address) -> Option<Acquaintance>;
        fn acquaint(desk: &DeskId, address: &Address, person: &Acquaintance, at: Timestamp) -> ();
        fn works_of_desk(desk: &DeskId, from: Timestamp, until: Timestamp) -> Vec<(TicketKey, Work)>;
        fn works_of_client(desk: &DeskId, client: &str, from: Timestamp, until: Timestamp) -> Vec<(TicketKey, Work)>;
        fn next_bill_number(desk: &DeskId) -> u32;
        fn add_bill(bill: &Bill) -> bool;
        fn bills(desk: &DeskId, limit: usize) -> Vec<Bill>;
        fn rate(key: &TicketKey, rating: &Rated) -> ();
        fn ratings(desk: &DeskId, from: Timestamp, until: Timestamp) -> Vec<(TicketKey, Rated)>;
        fn measures(desk: &DeskId, from: Timestamp, until: Timestamp) -> Vec<Measure>;
        fn replies(desk: &DeskId, from: Timestamp, until: Timestamp) -> Vec<(Timestamp, Option<AgentId>)>;
        fn tally() -> Tally;
        fn pending(desk: &DeskId) -> Vec<Pending>;
        fn overview(desks: &[DeskId], from: Timestamp, until: Timestamp) -> Overview;
        fn search(words: &Words, filter: &TicketFilter) -> Found;
        fn index(most: usize) -> Indexed;
        fn clear_index() -> ();
        fn value(name: &str) -> Option<Vec<u8>>;
        fn set_value(name: &str, value: &[u8]) -> ();
    }
}
