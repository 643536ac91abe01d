//! What the desk remembers: the promises in words, as traits; `sqlite` keeps them.
//!
//! A store is synchronous and owned by one thread. All that one decision writes goes into one transaction
//! ([`Store::unit`]); units that wait together share one commit ([`Store::batch`]), each in a savepoint of its
//! own. Nothing here may be promised that only SQLite can keep: the contract suite is run on every engine.

mod books;
mod emptied;
mod fact;
mod overview;
pub mod rights;
mod rows;
mod sqlite;
mod time_lost;

pub use books::*;
pub use emptied::{EMPTIED, Emptied, Mention};
pub use fact::Fact;
pub use overview::{DeskOverview, Overview};
pub use rows::*;
pub use sqlite::{OpenOptions, Restored, SqliteStore, look_over, restore, schema};
pub use time_lost::{HELD, LeftBefore, MAY_HAVE_LEFT, Restore, held_back};

use std::path::Path;

use jiff::Timestamp;

use crate::domain::address::Address;
use crate::domain::hash::Hash;
use crate::domain::people::{Acquaintance, AgentId};
use crate::domain::rules::{DeskId, Queue};
use crate::domain::search::Words;
use crate::domain::thread::{Entry, Message, Work};
use crate::domain::ticket::{Number, Ticket, TicketKey};

/// Why the store could not answer. As many kinds as there are ways to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the database: wait and try again.
    #[error("the database is held by another program: {0}")]
    Busy(String),
    /// No room: stop taking mail, say so, try again later.
    #[error("no room left for the database: {0}")]
    Full(String),
    /// What is written cannot be read: stop, touch nothing.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// It cannot be opened, read or written at all.
    #[error("the database cannot be used: {0}")]
    Unreachable(String),
    /// A later maildesk wrote it: leave it as it is and stop, so that the right program is started.
    #[error("the database was written by a newer maildesk (schema {found}, this one knows {known})")]
    Newer { found: u32, known: u32 },
    /// The caller gave up the unit of work, or asked for what cannot be (a fingerprint twice, a delivery that is
    /// not there); nothing of it is kept.
    #[error("{0}")]
    Abandoned(String),
}

impl StoreError {
    /// Is the engine itself in trouble, so that nothing of the transaction can be kept?
    pub fn ends_the_batch(&self) -> bool {
        !matches!(self, StoreError::Abandoned(_))
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

/// One unit of work. It may be run again (after a rollback of its batch, or when the engine asks for it), so it
/// must not reach outside `tx` but to overwrite its own result.
pub type UnitOfWork<'a> = &'a mut dyn FnMut(&mut dyn Tx) -> Result<()>;

/// A database of desks.
pub trait Store: Send {
    /// Runs one unit in one transaction: all of it is kept, durably, or nothing.
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()>;

    /// Runs units in one transaction, and commits once. A unit that fails is undone alone (the others may run again)
    /// and its error returned in its place; when the commit itself fails, every unit gets the error and nothing
    /// is kept. Any failure but Abandoned inside a unit ends the whole batch the same way, even where the unit
    /// did not look at it. A panic of a unit is not caught; nothing of its batch is kept.
    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>>;

    /// What the units noted ([`Tx::note`]) that were committed by [`Store::batch`] since this was last asked, in
    /// their order. Where nobody asks for long, old ones are forgotten.
    fn facts(&mut self) -> Vec<Fact> {
        Vec::new()
    }

    /// A second way to what is committed, for reading beside the units of this one; `None` where there is none.
    ///
    /// # Errors
    /// It cannot be opened.
    fn reader(&self) -> Result<Option<Box<dyn Store>>> {
        Ok(None)
    }

    /// Compares what is written with what must hold; empty when all is well. Reads only.
    fn check(&mut self) -> Result<Vec<Fault>>;

    /// Copies a consistent state to a new file while others go on working.
    fn backup(&mut self, target: &Path) -> Result<()>;

    /// Writes all of it anew, without what was left over of things that are gone: not a byte of them stays in its
    /// files. Takes as much room again while it goes on, and nobody else can write.
    fn compact(&mut self) -> Result<()> {
        Err(StoreError::Abandoned("this store has nothing left over".into()))
    }
}

impl dyn Store + '_ {
    /// [`Store::unit`] with a result.
    pub fn run<T>(&mut self, mut work: impl FnMut(&mut dyn Tx) -> Result<T>) -> Result<T> {
        let mut result = None;
        self.unit(&mut |tx| {
            result = Some(work(tx)?);
            Ok(())
        })?;
        result.ok_or_else(|| StoreError::Unreachable("a unit of work was committed without being run".into()))
    }
}

/// What can be asked and written within one unit of work.
pub trait Tx {
    // Mail received.

    /// The row of a UID that has been seen before.
    fn sighting(&mut self, place: &Place) -> Result<Option<Sighting>>;
    /// Writes down a UID with its outcome; a second call for the same place replaces the outcome, and the mail
    /// where it names one.
    fn sight(&mut self, sighting: &Sighting) -> Result<()>;
    /// The mail of this content, however it came before.
    fn mail_by_fingerprint(&mut self, fingerprint: &Hash) -> Result<Option<Mail>>;
    fn mail(&mut self, id: MailId) -> Result<Option<Mail>>;
    /// Has at hand what the decisions on these mails will ask for. Changes nothing, and may do nothing.
    fn foresee(&mut self, _coming: &[Coming]) -> Result<()> {
        Ok(())
    }
    /// Keeps a mail (its raw bytes are kept by [`Tx::keep`]). The fingerprint must be new. One with an outcome counts as
    /// an attempt, as with [`Tx::conclude`].
    fn add_mail(&mut self, mail: &NewMail) -> Result<MailId>;
    /// Replaces the outcome of a mail and of its sightings (but for duplicates), and counts the attempt.
    fn conclude(&mut self, id: MailId, outcome: &Outcome) -> Result<()>;
    /// Received mails that carried this Message-ID (without angle brackets), newest first, at most 10.
    fn mails_by_message_id(&mut self, message_id: &str) -> Result<Vec<Mail>>;
    /// Received mails, newest first, filtered.
    fn mails(&mut self, filter: &MailFilter) -> Result<Vec<Mail>>;
    /// Sightings, newest first, filtered.
    fn sightings(&mut self, filter: &MailFilter) -> Result<Vec<Sighting>>;
    /// How far a mailbox has been read.
    fn cursor(&mut self, mailbox: &str) -> Result<Option<Cursor>>;
    fn set_cursor(&mut self, mailbox: &str, cursor: &Cursor) -> Result<()>;

    // Bytes by their SHA-256.

    /// Keeps bytes; keeping the same ones again does nothing.
    fn keep(&mut self, hash: &Hash, bytes: &[u8]) -> Result<()>;
    fn bytes(&mut self, hash: &Hash) -> Result<Option<Vec<u8>>>;

    // Tickets.

    /// The next number of a desk, starting at `first`. Never gives a number twice, whatever is rolled back
    /// afterwards or restored; a unit that is rolled back leaves no gap.
    fn next_number(&mut self, desk: &DeskId, first: Number) -> Result<Number>;
    /// After a restore: leaves out `gap` numbers at every desk, also at those that have none yet, and begins a new
    /// epoch, which is returned. Numbers given between the backup and its restore are not given again (A24).
    fn bump_numbers(&mut self, gap: Number) -> Result<u32>;
    /// How often this database was restored.
    fn epoch(&mut self) -> Result<u32>;
    fn ticket(&mut self, key: &TicketKey) -> Result<Option<Ticket>>;
    /// Writes a ticket, new or changed, and when it next needs a look.
    fn save(&mut self, ticket: &Ticket, wake: Option<Timestamp>) -> Result<()>;
    /// Tickets by filter, newest number first.
    fn tickets(&mut self, filter: &TicketFilter) -> Result<Vec<Ticket>>;
    /// How many tickets a filter lets through, whatever its limit; counted up to `most`.
    fn how_many(&mut self, filter: &TicketFilter, most: usize) -> Result<usize>;
    /// Adds to the thread; `seq` is given by the store and returned.
    fn add_message(&mut self, key: &TicketKey, message: &Message) -> Result<u32>;
    /// Writes a message of the thread anew, found by its `seq`; its mail stays what it was.
    fn replace_message(&mut self, key: &TicketKey, message: &Message) -> Result<()>;
    /// The thread, oldest first.
    fn messages(&mut self, key: &TicketKey) -> Result<Vec<Message>>;
    fn add_entry(&mut self, key: &TicketKey, entry: &Entry) -> Result<()>;
    /// The history, oldest first.
    fn entries(&mut self, key: &TicketKey) -> Result<Vec<Entry>>;
    /// Adds a row to the work journal; its `row` is given by the store. A row that corrects another one names an
    /// older row of the same ticket that none has corrected yet.
    fn add_work(&mut self, key: &TicketKey, work: &Work) -> Result<()>;
    /// The work journal of a ticket, in the order it was written; corrected rows and their corrections.
    fn works(&mut self, key: &TicketKey) -> Result<Vec<Work>>;
    /// Keys of tickets whose wake is not later than `now`, earliest first, at most `limit`.
    fn due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<TicketKey>>;
    /// The earliest wake of all tickets.
    fn next_wake(&mut self) -> Result<Option<Timestamp>>;
    /// New requests that nobody has taken, the first to be taken first: by receipt, or by the nearest promise that
    /// is not met (those without one last, then by receipt). 0 means no limit.
    fn queue(&mut self, desk: &DeskId, order: Queue, limit: usize) -> Result<Vec<Ticket>>;
    /// Ties a ticket to a matter by which later requests are recognised: `parcel:CE000123455LT`, `phone:+370…`,
    /// `from:address subject`. A tie that is there stays as it was.
    fn tie(&mut self, key: &TicketKey, matter: &str, at: Timestamp) -> Result<()>;
    /// The tickets that were tied to a matter at or after `since`, newest number first: of more than ten, those
    /// that were tied last.
    fn tied(&mut self, desk: &DeskId, matter: &str, since: Timestamp) -> Result<Vec<Number>>;

    // Letters to go.

    /// Puts a letter with its deliveries into the outbox. A letter whose Message-ID is there already is not
    /// added again: the id of the first is returned (one letter for each cause, purpose and recipient).
    fn enqueue(&mut self, letter: &NewLetter) -> Result<LetterId>;
    fn letter(&mut self, id: LetterId) -> Result<Option<LetterRow>>;
    fn letter_by_message_id(&mut self, message_id: &str) -> Result<Option<LetterRow>>;
    /// Takes deliveries that are due: marks them attempting until `lease`, counts the attempt, and sets their next
    /// attempt to `lease`, before the network is touched. Pressing ones come first, then what is due longest; at most
    /// one for each pair of recipient and ticket, and none while an older one of the pair is still to go (an acknowledgement
    /// stays before the answer). Letters without a ticket wait for no other. One whose lease has run out is given
    /// again, as uncertain.
    fn claim(&mut self, now: Timestamp, lease: Timestamp, limit: usize) -> Result<Vec<Claim>>;
    /// Writes down what came of an attempt. A result that comes too late changes nothing: what is final is opened
    /// again only by `Queued` (an operator's word), and what was sent can only turn out to have failed.
    fn settle(&mut self, id: DeliveryId, outcome: &Settled) -> Result<()>;
    /// At start: every delivery still marked attempting was interrupted; it becomes uncertain and due now.
    fn reclaim(&mut self, now: Timestamp) -> Result<u32>;
    /// When the next delivery can be tried.
    fn next_delivery(&mut self) -> Result<Option<Timestamp>>;
    fn delivery(&mut self, id: DeliveryId) -> Result<Option<DeliveryRow>>;
    /// Deliveries by filter, newest first.
    fn deliveries(&mut self, filter: &DeliveryFilter) -> Result<Vec<DeliveryRow>>;

    // Manners.

    /// Counts one automatic mail to `address` (and to its domain, and to everybody).
    fn count_answer(&mut self, address: &Address, at: Timestamp) -> Result<()>;
    /// Automatic mails counted since `since`, at a grain of one minute. Plus tags and case do not tell two
    /// addresses apart.
    fn answers(&mut self, scope: &Scope, since: Timestamp) -> Result<u32>;
    /// What is known of an address, whatever its plus tag: blocked as spam, undeliverable.
    fn standing(&mut self, address: &Address) -> Result<Standing>;
    fn set_standing(&mut self, address: &Address, standing: Standing, at: Timestamp) -> Result<()>;

    // People who became known by writing.

    /// What was learnt of an address. Plus tags and case do not tell two addresses apart.
    fn acquaintance(&mut self, desk: &DeskId, address: &Address) -> Result<Option<Acquaintance>>;
    /// Replaces what is known of an address.
    fn acquaint(
        &mut self,
        desk: &DeskId,
        address: &Address,
        person: &Acquaintance,
        at: Timestamp,
    ) -> Result<()>;

    // The books.

    /// The work journal of a desk by the time of the work, `from <= at < until`, oldest first; corrected rows and
    /// their corrections.
    fn works_of_desk(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>>;
    /// As [`Tx::works_of_desk`], on tickets that are this client's now.
    fn works_of_client(
        &mut self,
        desk: &DeskId,
        client: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Work)>>;
    /// The next number of a bill. Never gives a number twice; a unit that is rolled back leaves no gap.
    fn next_bill_number(&mut self, desk: &DeskId) -> Result<u32>;
    /// Writes a bill down for good. `false`, and nothing is written, where the client has one already of this
    /// period or of one that overlaps it.
    fn add_bill(&mut self, bill: &Bill) -> Result<bool>;
    /// Bills, newest number first. 0 means no limit.
    fn bills(&mut self, desk: &DeskId, limit: usize) -> Result<Vec<Bill>>;
    /// Keeps a ticket's rating; a later one replaces it.
    fn rate(&mut self, key: &TicketKey, rating: &Rated) -> Result<()>;
    /// Ratings by their time, `from <= at < until`, oldest first.
    fn ratings(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(TicketKey, Rated)>>;
    /// The figures of tickets that were received in an interval, `from <= received < until`, oldest first.
    fn measures(&mut self, desk: &DeskId, from: Timestamp, until: Timestamp) -> Result<Vec<Measure>>;
    /// Public answers of agents in an interval, at a grain of one second, oldest first; `None`: the operator's.
    fn replies(
        &mut self,
        desk: &DeskId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, Option<AgentId>)>>;
    /// Counts everything: walks the whole database, for whoever wants to know that nothing is missing.
    fn tally(&mut self) -> Result<Tally>;
    /// How many tickets are not done, by status.
    fn pending(&mut self, desk: &DeskId) -> Result<Vec<Pending>>;

    /// How it all stands: the tickets of these desks, of which promises `from <= due < until` are counted; letters
    /// to go; mails that were set aside.
    fn overview(&mut self, desks: &[DeskId], from: Timestamp, until: Timestamp) -> Result<Overview>;

    /// Something that this unit did and that is to be told once it is committed; forgotten where it is not.
    fn note(&mut self, _fact: Fact) {}

    // Finding tickets by their words. Units that write tickets do nothing for the index: what changed is found in the
    // history and read into it later, in steps that are small enough to stand between two units.

    /// Tickets that have all of the words and that the filter lets through. Those that changed after they were
    /// indexed are looked through as they are now, while they are some hundreds; else [`Found::unsearched`] counts them.
    fn search(&mut self, words: &Words, filter: &TicketFilter) -> Result<Found>;
    /// Reads tickets that changed into the index: at most `most` of them, and fewer where they are long.
    fn index(&mut self, most: usize) -> Result<Indexed>;
    /// Empties the index: all tickets wait to be read again.
    fn clear_index(&mut self) -> Result<()>;

    // After a loss.

    /// The last restore of this database, where there was one.
    fn last_restore(&mut self) -> Result<Option<Restore>> {
        Ok(None)
    }
    /// A letter of this cause, purpose and recipient that left in a time that was lost.
    fn left_before(
        &mut self,
        _cause: &str,
        _purpose: &str,
        _recipient: &Address,
    ) -> Result<Option<LeftBefore>> {
        Ok(None)
    }

    // Words of people are taken out. Rows, numbers, times and minutes stay, so that all that must hold goes on to hold.

    /// Cases that came to their end before `before` and were not emptied yet, the oldest first.
    fn ended(&mut self, _before: Timestamp, _limit: usize) -> Result<Vec<TicketKey>> {
        Err(keeps_all())
    }
    /// Mails behind `after` that belong to no case and were stored before `before`, in the order of their numbers.
    fn loose_mails(&mut self, _after: MailId, _before: Timestamp, _limit: usize) -> Result<Vec<MailId>> {
        Err(keeps_all())
    }
    /// Takes all words out of a case that has come to its end: subject, people, thread, mails, letters, history,
    /// texts of the journal. The history says that it was done, and `why`.
    fn empty_case(&mut self, _key: &TicketKey, _why: &str, _now: Timestamp) -> Result<Emptied> {
        Err(keeps_all())
    }
    /// Takes the words out of one mail; that its content was here stays known.
    fn empty_mail(&mut self, _id: MailId) -> Result<Emptied> {
        Err(keeps_all())
    }
    /// Where one of these words stands in cases: every case is read.
    fn mentions(&mut self, _words: &[String]) -> Result<Vec<Mention>> {
        Err(keeps_all())
    }
    /// Takes a person out of other people's cases: what the address wrote, what was written to it, that it takes
    /// part, and where one of `words` (address and names) stands. Forgets what was learnt of the address. The search
    /// index is emptied.
    fn empty_mentions(&mut self, _address: &Address, _words: &[String]) -> Result<Emptied> {
        Err(keeps_all())
    }
    /// Writes down in numbers that a person was taken out.
    fn note_erasure(&mut self, _emptied: &Emptied, _now: Timestamp) -> Result<()> {
        Err(keeps_all())
    }
    /// Removes those of these bytes that nothing names any more; returns how many. Everything is walked.
    fn drop_unused(&mut self, _hashes: &[Hash]) -> Result<usize> {
        Err(keeps_all())
    }

    // Small things by name: keys, switches.

    fn value(&mut self, name: &str) -> Result<Option<Vec<u8>>>;
    fn set_value(&mut self, name: &str, value: &[u8]) -> Result<()>;
}

/// For a store that only decides for the moment.
fn keeps_all() -> StoreError {
    StoreError::Abandoned("nothing can be taken out of this store".into())
}
