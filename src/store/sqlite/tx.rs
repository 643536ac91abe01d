//! One unit of work on SQLite: each question goes to the file of its subject.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{answers, bytes, history, letters, mails, outbox, tickets, values};
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::rules::DeskId;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{
    Claim, Cursor, DeliveryFilter, DeliveryId, DeliveryRow, LetterId, LetterRow, Mail, MailFilter, MailId,
    NewLetter, NewMail, Outcome, Place, Result, Scope, Settled, Sighting, Standing, StoreError, TicketFilter,
    Tx,
};

/// A transaction while a unit works in it.
pub(super) struct SqliteTx<'c> {
    conn: &'c Connection,
    broken: Option<StoreError>,
}

impl SqliteTx<'_> {
    pub(super) fn new(conn: &Connection) -> SqliteTx<'_> {
        SqliteTx { conn, broken: None }
    }

    /// After a full disk or an I/O error SQLite may have rolled back already, and what comes next would be
    /// written outside any transaction: nothing more is asked (A19).
    fn ask<T>(&mut self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        let answer = question(self.conn);
        if let Err(error) = &answer
            && error.ends_the_batch()
        {
            self.broken = Some(error.clone());
        }
        answer
    }

    /// What became of a unit that answered `done`, though it may not have looked at every error.
    pub(super) fn verdict(self, done: Result<()>) -> Result<()> {
        match self.broken {
            Some(broken) => Err(broken),
            None if self.conn.is_autocommit() => {
                Err(StoreError::Unreachable("SQLite has ended the transaction by itself".into()))
            }
            None => done,
        }
    }
}

impl Tx for SqliteTx<'_> {
    fn sighting(&mut self, place: &Place) -> Result<Option<Sighting>> {
        self.ask(|c| mails::sighting(c, place))
    }

    fn sight(&mut self, sighting: &Sighting) -> Result<()> {
        self.ask(|c| mails::sight(c, sighting))
    }

    fn mail_by_fingerprint(&mut self, fingerprint: &Hash) -> Result<Option<Mail>> {
        self.ask(|c| mails::by_fingerprint(c, fingerprint))
    }

    fn mail(&mut self, id: MailId) -> Result<Option<Mail>> {
        self.ask(|c| mails::by_id(c, id))
    }

    fn add_mail(&mut self, mail: &NewMail) -> Result<MailId> {
        self.ask(|c| mails::add(c, mail))
    }

    fn conclude(&mut self, id: MailId, outcome: &Outcome) -> Result<()> {
        self.ask(|c| mails::conclude(c, id, outcome))
    }

    fn mails_by_message_id(&mut self, message_id: &str) -> Result<Vec<Mail>> {
        self.ask(|c| mails::by_message_id(c, message_id))
    }

    fn mails(&mut self, filter: &MailFilter) -> Result<Vec<Mail>> {
        self.ask(|c| mails::mails(c, filter))
    }

    fn sightings(&mut self, filter: &MailFilter) -> Result<Vec<Sighting>> {
        self.ask(|c| mails::sightings(c, filter))
    }

    fn cursor(&mut self, mailbox: &str) -> Result<Option<Cursor>> {
        self.ask(|c| mails::cursor(c, mailbox))
    }

    fn set_cursor(&mut self, mailbox: &str, cursor: &Cursor) -> Result<()> {
        self.ask(|c| mails::set_cursor(c, mailbox, cursor))
    }

    fn keep(&mut self, hash: &Hash, bytes: &[u8]) -> Result<()> {
        self.ask(|c| bytes::keep(c, hash, bytes))
    }

    fn bytes(&mut self, hash: &Hash) -> Result<Option<Vec<u8>>> {
        self.ask(|c| bytes::bytes(c, hash))
    }

    fn next_number(&mut self, desk: &DeskId, first: Number) -> Result<Number> {
        self.ask(|c| tickets::next_number(c, desk, first))
    }

    fn bump_numbers(&mut self, gap: Number) -> Result<u32> {
        self.ask(|c| tickets::bump_numbers(c, gap))
    }

    fn epoch(&mut self) -> Result<u32> {
        self.ask(tickets::epoch)
    }

    fn ticket(&mut self, key: &TicketKey) -> Result<Option<Ticket>> {
        self.ask(|c| tickets::ticket(c, key))
    }

    fn save(&mut self, ticket: &Ticket, wake: Option<Timestamp>) -> Result<()> {
        self.ask(|c| tickets::save(c, ticket, wake))
    }

    fn tickets(&mut self, filter: &TicketFilter) -> Result<Vec<Ticket>> {
        self.ask(|c| tickets::tickets(c, filter))
    }

    fn add_message(&mut self, key: &TicketKey, message: &Message) -> Result<u32> {
        self.ask(|c| history::add_message(c, key, message))
    }

    fn replace_message(&mut self, key: &TicketKey, message: &Message) -> Result<()> {
        self.ask(|c| history::replace_message(c, key, message))
    }

    fn messages(&mut self, key: &TicketKey) -> Result<Vec<Message>> {
        self.ask(|c| history::messages(c, key))
    }

    fn add_entry(&mut self, key: &TicketKey, entry: &Entry) -> Result<()> {
        self.ask(|c| history::add_entry(c, key, entry))
    }

    fn entries(&mut self, key: &TicketKey) -> Result<Vec<Entry>> {
        self.ask(|c| history::entries(c, key))
    }

    fn add_work(&mut self, key: &TicketKey, work: &Work) -> Result<()> {
        self.ask(|c| history::add_work(c, key, work))
    }

    fn works(&mut self, key: &TicketKey) -> Result<Vec<Work>> {
        self.ask(|c| history::works(c, key))
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
        self.ask(|c| tickets::due(c, now, limit))
    }

    fn next_wake(&mut self) -> Result<Option<Timestamp>> {
        self.ask(tickets::next_wake)
    }

    fn enqueue(&mut self, letter: &NewLetter) -> Result<LetterId> {
        self.ask(|c| letters::enqueue(c, letter))
    }

    fn letter(&mut self, id: LetterId) -> Result<Option<LetterRow>> {
        self.ask(|c| letters::letter(c, id))
    }

    fn letter_by_message_id(&mut self, message_id: &str) -> Result<Option<LetterRow>> {
        self.ask(|c| letters::by_message_id(c, message_id))
    }

    fn claim(&mut self, now: Timestamp, lease: Timestamp, limit: usize) -> Result<Vec<Claim>> {
        self.ask(|c| outbox::claim(c, now, lease, limit))
    }

    fn settle(&mut self, id: DeliveryId, outcome: &Settled) -> Result<()> {
        self.ask(|c| outbox::settle(c, id, outcome))
    }

    fn reclaim(&mut self, now: Timestamp) -> Result<u32> {
        self.ask(|c| outbox::reclaim(c, now))
    }

    fn next_delivery(&mut self) -> Result<Option<Timestamp>> {
        self.ask(outbox::next_delivery)
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        self.ask(|c| outbox::delivery(c, id))
    }

    fn deliveries(&mut self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>> {
        self.ask(|c| outbox::deliveries(c, filter))
    }

    fn count_answer(&mut self, address: &Address, at: Timestamp) -> Result<()> {
        self.ask(|c| answers::count(c, address, at))
    }

    fn answers(&mut self, scope: &Scope, since: Timestamp) -> Result<u32> {
        self.ask(|c| answers::answers(c, scope, since))
    }

    fn standing(&mut self, address: &Address) -> Result<Standing> {
        self.ask(|c| answers::standing(c, address))
    }

    fn set_standing(&mut self, address: &Address, standing: Standing, at: Timestamp) -> Result<()> {
        self.ask(|c| answers::set_standing(c, address, standing, at))
    }

    fn value(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        self.ask(|c| values::value(c, name))
    }

    fn set_value(&mut self, name: &str, value: &[u8]) -> Result<()> {
        self.ask(|c| values::set_value(c, name, value))
    }
}
