//! A unit of work that only seems to write: what is written is remembered here and seen by later questions, and the
//! database stays as it is. So the daemon's own journeys can be asked what they would do.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::people::{Acquaintance, AgentId};
use crate::domain::rules::{DeskId, Queue};
use crate::domain::search::Words;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::store::{
    Bill, Claim, Cursor, DeliveryFilter, DeliveryId, DeliveryRow, Found, Indexed, LetterId, LetterRow, Mail,
    MailFilter, MailId, Measure, NewLetter, NewMail, Outcome, Overview, Pending, Place, Rated, Result, Scope,
    Settled, Sighting, Standing, StoreError, Tally, TicketFilter, Tx,
};

/// The database below and what was written over it.
pub struct Dry<'a> {
    below: &'a mut dyn Tx,
    pub tickets: BTreeMap<TicketKey, Ticket>,
    pub messages: Vec<(TicketKey, Message)>,
    pub entries: Vec<(TicketKey, Entry)>,
    pub works: Vec<(TicketKey, Work)>,
    pub letters: Vec<NewLetter>,
    pub standings: BTreeMap<Address, Standing>,
    pub acquaintances: BTreeMap<(DeskId, Address), Acquaintance>,
    values: BTreeMap<String, Vec<u8>>,
    bytes: BTreeMap<Hash, Vec<u8>>,
}

impl<'a> Dry<'a> {
    pub fn over(below: &'a mut dyn Tx) -> Dry<'a> {
        Dry {
            below,
            tickets: BTreeMap::new(),
            messages: Vec::new(),
            entries: Vec::new(),
            works: Vec::new(),
            letters: Vec::new(),
            standings: BTreeMap::new(),
            acquaintances: BTreeMap::new(),
            values: BTreeMap::new(),
            bytes: BTreeMap::new(),
        }
    }
}

/// What no journey of a mail does.
fn foreign(what: &str) -> StoreError {
    StoreError::Abandoned(format!("explaining a mail does not {what}"))
}

impl Tx for Dry<'_> {
    fn sighting(&mut self, place: &Place) -> Result<Option<Sighting>> {
        self.below.sighting(place)
    }

    fn sight(&mut self, _: &Sighting) -> Result<()> {
        Ok(())
    }

    fn mail_by_fingerprint(&mut self, fingerprint: &Hash) -> Result<Option<Mail>> {
        self.below.mail_by_fingerprint(fingerprint)
    }

    fn mail(&mut self, id: MailId) -> Result<Option<Mail>> {
        self.below.mail(id)
    }

    fn add_mail(&mut self, _: &NewMail) -> Result<MailId> {
        Err(foreign("keep it"))
    }

    fn conclude(&mut self, _: MailId, _: &Outcome) -> Result<()> {
        Ok(())
    }

    fn mails_by_message_id(&mut self, message_id: &str) -> Result<Vec<Mail>> {
        self.below.mails_by_message_id(message_id)
    }

    fn mails(&mut self, filter: &MailFilter) -> Result<Vec<Mail>> {
        self.below.mails(filter)
    }

    fn sightings(&mut self, filter: &MailFilter) -> Result<Vec<Sighting>> {
        self.below.sightings(filter)
    }

    fn cursor(&mut self, mailbox: &str) -> Result<Option<Cursor>> {
        self.below.cursor(mailbox)
    }

    fn set_cursor(&mut self, _: &str, _: &Cursor) -> Result<()> {
        Err(foreign("move a cursor"))
    }

    fn keep(&mut self, hash: &Hash, bytes: &[u8]) -> Result<()> {
        self.bytes.insert(*hash, bytes.to_vec());
        Ok(())
    }

    fn bytes(&mut self, hash: &Hash) -> Result<Option<Vec<u8>>> {
        match self.bytes.get(hash) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.below.bytes(hash),
        }
    }

    /// The number behind the newest ticket: what a new one gets unless a restore left numbers out.
    fn next_number(&mut self, desk: &DeskId, first: Number) -> Result<Number> {
        let filter = TicketFilter { desk: Some(desk.clone()), limit: 1, ..TicketFilter::default() };
        let newest = self.below.tickets(&filter)?.into_iter().next().map(|t| t.key.number);
        let ours = self.tickets.keys().filter(|key| key.desk == *desk).map(|key| key.number).max();
        Ok(newest.max(ours).map_or(first, |newest| (newest + 1).max(first)))
    }

    fn bump_numbers(&mut self, _: Number) -> Result<u32> {
        Err(foreign("leave numbers out"))
    }

    fn epoch(&mut self) -> Result<u32> {
        self.below.epoch()
    }

    fn ticket(&mut self, key: &TicketKey) -> Result<Option<Ticket>> {
        match self.tickets.get(key) {
            Some(ticket) => Ok(Some(ticket.clone())),
            None => self.below.ticket(key),
        }
    }

    fn save(&mut self, ticket: &Ticket, _: Option<Timestamp>) -> Result<()> {
        self.tickets.insert(ticket.key.clone(), ticket.clone());
        Ok(())
    }

    fn tickets(&mut self, filter: &TicketFilter) -> Result<Vec<Ticket>> {
        self.below.tickets(filter)
    }

    fn how_many(&mut self, filter: &TicketFilter, most: usize) -> Result<usize> {
        self.below.how_many(filter, most)
    }

    fn add_message(&mut self, key: &TicketKey, message: &Message) -> Result<u32> {
        let seq = u32::try_from(self.messages(key)?.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.messages.push((key.clone(), Message { seq, ..message.clone() }));
        Ok(seq)
    }

    fn replace_message(&mut self, key: &TicketKey, message: &Message) -> Result<()> {
        self.messages.push((key.clone(), message.clone()));
        Ok(())
    }

    fn messages(&mut self, key: &TicketKey) -> Result<Vec<Message>> {
        let mut all = self.below.messages(key)?;
        all.extend(self.messages.iter().filter(|(of, _)| of == key).map(|(_, message)| message.clone()));
        Ok(all)
    }

    fn add_entry(&mut self, key: &TicketKey, entry: &Entry) -> Result<()> {
        self.entries.push((key.clone(), entry.clone()));
        Ok(())
    }

    fn entries(&mut self, key: &TicketKey) -> Result<Vec<Entry>> {
        self.below.entries(key)
    }

    fn add_work(&mut self, key: &TicketKey, work: &Work) -> Result<()> {
        self.works.push((key.clone(), work.clone()));
        Ok(())
    }

    fn works(&mut self, key: &TicketKey) -> Result<Vec<Work>> {
        self.below.works(key)
    }

    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>> {
        self.below.due(now, limit)
    }

    fn next_wake(&mut self) -> Result<Option<Timestamp>> {
        self.below.next_wake()
    }

    fn queue(&mut self, desk: &DeskId, order: Queue, limit: usize) -> Result<Vec<Ticket>> {
        self.below.queue(desk, order, limit)
    }

    fn tie(&mut self, _: &TicketKey, _: &str, _: Timestamp) -> Result<()> {
        Ok(())
    }

    fn tied(&mut self, desk: &DeskId, matter: &str, since: Timestamp) -> Result<Vec<Number>> {
        self.below.tied(desk, matter, since)
    }

    fn enqueue(&mut self, letter: &NewLetter) -> Result<LetterId> {
        self.letters.push(letter.clone());
        Ok(LetterId::try_from(self.letters.len()).unwrap_or(LetterId::MAX))
    }

    fn letter(&mut self, id: LetterId) -> Result<Option<LetterRow>> {
        self.below.letter(id)
    }

    fn letter_by_message_id(&mut self, message_id: &str) -> Result<Option<LetterRow>> {
        self.below.letter_by_message_id(message_id)
    }

    fn claim(&mut self, _: Timestamp, _: Timestamp, _: usize) -> Result<Vec<Claim>> {
        Err(foreign("send letters"))
    }

    fn settle(&mut self, _: DeliveryId, _: &Settled) -> Result<()> {
        Err(foreign("settle deliveries"))
    }

    fn reclaim(&mut self, _: Timestamp) -> Result<u32> {
        Err(foreign("settle deliveries"))
    }

    fn next_delivery(&mut self) -> Result<Option<Timestamp>> {
        self.below.next_delivery()
    }

    fn delivery(&mut self, id: DeliveryId) -> Result<Option<DeliveryRow>> {
        self.below.delivery(id)
    }

    fn deliveries(&mut self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>> {
        self.below.deliveries(filter)
    }

    fn count_answer(&mut self, _: &Address, _: Timestamp) -> Result<()> {
        Ok(())
    }

    fn answers(&mut self, scope: &Scope, since: Timestamp) -> Result<u32> {
        self.below.answers(scope, since)
    }

    fn standing(&mut self, address: &Address) -> Result<Standing> {
        match self.standings.get(&address.base()) {
            Some(standing) => Ok(*standing),
            None => self.below.standing(address),
        }
    }

    fn set_standing(&mut self, address: &Address, standing: Standing, _: Timestamp) -> Result<()> {
        self.standings.insert(address.base(), standing);
        Ok(())
    }

    fn acquaintance(&mut self, desk: &DeskId, address: &Address) -> Result<Option<Acquaintance>> {
        match self.acquaintances.get(&(desk.clone(), address.base())) {
            Some(person) => Ok(Some(person.clone())),
            None => self.below.acquaintance(desk, address),
        }
    }

    fn acquaint(
        &mut self,
        desk: &DeskId,
        address: &Address,
        person: &Acquaintance,
        _: Timestamp,
    ) -> Result<()> {
        self.acquaintances.insert((desk.clone(), address.base()), person.clone());
        Ok(())
    }

    fn works_of_desk(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>> {
        self.below.works_of_desk(desk, from, until)
    }

    fn works_of_client(
        &mut self,
        desk: &DeskId,
        client: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>> {
        self.below.works_of_client(desk, client, from, until)
    }

    fn next_bill_number(&mut self, _: &DeskId) -> Result<u32> {
        Err(foreign("write bills"))
    }

    fn add_bill(&mut self, _: &Bill) -> Result<bool> {
        Err(foreign("write bills"))
    }

    fn bills(&mut self, desk: &DeskId, limit: usize) -> Result<Vec<Bill>> {
        self.below.bills(desk, limit)
    }

    fn rate(&mut self, _: &TicketKey, _: &Rated) -> Result<()> {
        Ok(())
    }

    fn ratings(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Rated)>> {
        self.below.ratings(desk, from, until)
    }

    fn measures(&mut self, desk: &DeskId, from: Timestamp, until: Timestamp) -> Result<Vec<Measure>> {
        self.below.measures(desk, from, until)
    }

    fn replies(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, Option<AgentId>)>> {
        self.below.replies(desk, from, until)
    }

    fn tally(&mut self) -> Result<Tally> {
        self.below.tally()
    }

    fn pending(&mut self, desk: &DeskId) -> Result<Vec<Pending>> {
        self.below.pending(desk)
    }

    fn overview(&mut self, desks: &[DeskId], from: Timestamp, until: Timestamp) -> Result<Overview> {
        self.below.overview(desks, from, until)
    }

    fn search(&mut self, words: &Words, filter: &TicketFilter) -> Result<Found> {
        self.below.search(words, filter)
    }

    fn index(&mut self, _: usize) -> Result<Indexed> {
        Err(foreign("fill the index"))
    }

    fn clear_index(&mut self) -> Result<()> {
        Err(foreign("empty the index"))
    }

    fn value(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.values.get(name) {
            Some(value) => Ok(Some(value.clone())),
            None => self.below.value(name),
        }
    }

    fn set_value(&mut self, name: &str, value: &[u8]) -> Result<()> {
        self.values.insert(name.to_owned(), value.to_vec());
        Ok(())
    }
}
