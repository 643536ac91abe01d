//! One unit of work on SQLite: each question goes to the file of its subject.

use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    answers, bills, bytes, erase, foresee, history, index, letters, mails, measures, outbox, overview,
    people, ratings, restores, search, tickets, unused, values, works,
};
use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::people::{Acquaintance, AgentId};
use crate::domain::rules::{DeskId, Queue};
use crate::domain::search::Words;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{
    Bill, Claim, Coming, Cursor, DeliveryFilter, DeliveryId, DeliveryRow, Emptied, Fact, Found, Indexed,
    LeftBefore, LetterId, LetterRow, Mail, MailFilter, MailId, Measure, Mention, NewLetter, NewMail, Outcome,
    Overview, Pending, Place, Rated, Restore, Result, Scope, Settled, Sighting, Standing, StoreError, Tally,
    TicketFilter, Tx,
};

/// A transaction while a unit works in it.
pub(super) struct SqliteTx<'c> {
    conn: &'c Connection,
    broken: Option<StoreError>,
    /// What is to be told of it.
    pub(super) facts: Vec<Fact>,
}

impl SqliteTx<'_> {
    pub(super) fn new(conn: &Connection) -> SqliteTx<'_> {
        SqliteTx { conn, broken: None, facts: Vec::new() }
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

    fn foresee(&mut self, coming: &[Coming]) -> Result<()> {
        self.ask(|c| foresee::foresee(c, coming))
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

    fn how_many(&mut self, filter: &TicketFilter, most: usize) -> Result<usize> {
        self.ask(|c| tickets::how_many(c, filter, most))
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
        self.ask(|c| works::add(c, key, work))
    }

    fn works(&mut self, key: &TicketKey) -> Result<Vec<Work>> {
        self.ask(|c| works::of_ticket(c, key))
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
        self.ask(|c| tickets::due(c, now, limit))
    }

    fn next_wake(&mut self) -> Result<Option<Timestamp>> {
        self.ask(tickets::next_wake)
    }

    fn queue(&mut self, desk: &DeskId, order: Queue, limit: usize) -> Result<Vec<Ticket>> {
        self.ask(|c| tickets::queue(c, desk, order, limit))
    }

    fn tie(&mut self, key: &TicketKey, matter: &str, at: Timestamp) -> Result<()> {
        self.ask(|c| people::tie(c, key, matter, at))
    }

    fn tied(&mut self, desk: &DeskId, matter: &str, since: Timestamp) -> Result<Vec<Number>> {
        self.ask(|c| people::tied(c, desk, matter, since))
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

    fn acquaintance(&mut self, desk: &DeskId, address: &Address) -> Result<Option<Acquaintance>> {
        self.ask(|c| people::acquaintance(c, desk, address))
    }

    fn acquaint(
        &mut self,
        desk: &DeskId,
        address: &Address,
        person: &Acquaintance,
        at: Timestamp,
    ) -> Result<()> {
        self.ask(|c| people::acquaint(c, desk, address, person, at))
    }

    fn works_of_desk(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>> {
        self.ask(|c| works::of_desk(c, desk, from, until))
    }

    fn works_of_client(
        &mut self,
        desk: &DeskId,
        client: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>> {
        self.ask(|c| works::of_client(c, desk, client, from, until))
    }

    fn next_bill_number(&mut self, desk: &DeskId) -> Result<u32> {
        self.ask(|c| bills::next_number(c, desk))
    }

    fn add_bill(&mut self, bill: &Bill) -> Result<bool> {
        self.ask(|c| bills::add(c, bill))
    }

    fn bills(&mut self, desk: &DeskId, limit: usize) -> Result<Vec<Bill>> {
        self.ask(|c| bills::bills(c, desk, limit))
    }

    fn rate(&mut self, key: &TicketKey, rating: &Rated) -> Result<()> {
        self.ask(|c| ratings::rate(c, key, rating))
    }

    fn ratings(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Rated)>> {
        self.ask(|c| ratings::ratings(c, desk, from, until))
    }

    fn measures(&mut self, desk: &DeskId, from: Timestamp, until: Timestamp) -> Result<Vec<Measure>> {
        self.ask(|c| measures::measures(c, desk, from, until))
    }

    fn replies(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, Option<AgentId>)>> {
        self.ask(|c| measures::replies(c, desk, from, until))
    }

    fn tally(&mut self) -> Result<Tally> {
        self.ask(measures::tally)
    }

    fn pending(&mut self, desk: &DeskId) -> Result<Vec<Pending>> {
        self.ask(|c| measures::pending(c, desk))
    }

    fn overview(&mut self, desks: &[DeskId], from: Timestamp, until: Timestamp) -> Result<Overview> {
        self.ask(|c| overview::overview(c, desks, from, until))
    }

    fn note(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    fn search(&mut self, words: &Words, filter: &TicketFilter) -> Result<Found> {
        self.ask(|c| search::search(c, words, filter))
    }

    fn index(&mut self, most: usize) -> Result<Indexed> {
        self.ask(|c| index::index(c, most))
    }

    fn clear_index(&mut self) -> Result<()> {
        self.ask(index::clear)
    }

    fn last_restore(&mut self) -> Result<Option<Restore>> {
        self.ask(restores::last)
    }

    fn left_before(&mut self, cause: &str, purpose: &str, recipient: &Address) -> Result<Option<LeftBefore>> {
        self.ask(|c| restores::left_before(c, cause, purpose, recipient))
    }

    fn ended(&mut self, before: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
        self.ask(|c| erase::ended(c, before, limit))
    }

    fn loose_mails(&mut self, after: MailId, before: Timestamp, limit: usize) -> Result<Vec<MailId>> {
        self.ask(|c| erase::loose_mails(c, after, before, limit))
    }

    fn empty_case(&mut self, key: &TicketKey, why: &str, now: Timestamp) -> Result<Emptied> {
        self.ask(|c| erase::case(c, key, why, now))
    }

    fn empty_mail(&mut self, id: MailId) -> Result<Emptied> {
        self.ask(|c| erase::one_mail(c, id))
    }

    fn mentions(&mut self, words: &[String]) -> Result<Vec<Mention>> {
        self.ask(|c| erase::mentions(c, words))
    }

    fn empty_mentions(&mut self, address: &Address, words: &[String]) -> Result<Emptied> {
        self.ask(|c| erase::person(c, address, words))
    }

    fn note_erasure(&mut self, emptied: &Emptied, now: Timestamp) -> Result<()> {
        self.ask(|c| erase::note(c, emptied, now))
    }

    fn drop_unused(&mut self, hashes: &[Hash]) -> Result<usize> {
        self.ask(|c| unused::remove(c, hashes))
    }

    fn value(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        self.ask(|c| values::value(c, name))
    }

    fn set_value(&mut self, name: &str, value: &[u8]) -> Result<()> {
        self.ask(|c| values::set_value(c, name, value))
    }
}
