//! The oracle: what must hold of all that was ever done, asked of the store in small steps. It decides nothing and
//! uses nothing of what decides; so it can say that a decision was wrong.
//!
//! * Conservation: every mail has exactly one outcome, and a mail that had an effect is found where it had it
//!   (invariant 2).
//! * At most one: no two letters of one cause and purpose reach one person (invariant 6).
//! * No stranger: whoever got a letter took part in its ticket when it was written, works at the desk, or is
//!   registered for what it tells (invariant 15).
//!
//! `store::check` asks what one engine can answer at one go; this walks row by row and knows the rules of the desks,
//! so that it can stand beside a clerk who has other work. It holds no more than the rows of one step.

mod hearers;
pub mod roll;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Desk;
use crate::domain::hash::Hash;
use crate::domain::rules::DeskId;
use crate::domain::thread::{Entry, Kind, Voice};
use crate::domain::ticket::{State, TicketKey};
use crate::store::{
    DeliveryFilter, EMPTIED, Fault, LetterId, LetterRow, Mail, MailFilter, MailId, Outcome, Result, Tx,
};
use hearers::Ticketed;
use roll::Roll;

/// Invariants of ARCHITECTURE.md.
const ONE_OUTCOME: u32 = 2;
const ONE_LETTER: u32 = 6;
const NO_STRANGER: u32 = 15;

/// Merged tickets are followed so far.
const MERGES_MAX: usize = 10;

/// One walk through everything, from the first mail to the last letter.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    mail: MailId,
    letter: LetterId,
    /// The last rows when it began: what comes later is for the next walk.
    ends: Option<(MailId, LetterId)>,
    /// Letters written before are not judged by their recipients: nobody wrote down who belonged to the desk then.
    since: Option<Timestamp>,
    /// Rows that were looked at.
    pub looked_at: u64,
}

impl Walk {
    /// A walk that judges letters by everybody who has belonged to the desks since the roll was begun, and goes on
    /// behind the letters that were found to be in order before.
    ///
    /// # Errors
    /// The store's.
    pub fn since_roll(tx: &mut dyn Tx, desks: &[&Desk], behind: LetterId) -> Result<Walk> {
        let mut since = None;
        for desk in desks {
            since = since.max(Roll::kept(tx, desk.id())?.begun);
        }
        let since = since.or(Some(Timestamp::MAX));
        Ok(Walk { since, letter: behind, ..Walk::default() })
    }

    /// Has everything been looked at?
    pub fn is_over(&self) -> bool {
        self.ends.is_some_and(|(mail, letter)| self.mail >= mail && self.letter >= letter)
    }

    /// The last letter that was looked at.
    pub fn letter(&self) -> LetterId {
        self.letter
    }

    /// Looks at the next rows, at most `most`; returns what does not hold.
    ///
    /// # Errors
    /// The store's.
    pub fn step(&mut self, tx: &mut dyn Tx, desks: &[&Desk], most: usize) -> Result<Vec<Fault>> {
        let (last_mail, last_letter) = match self.ends {
            Some(ends) => ends,
            None => *self.ends.insert(ends(tx)?),
        };
        let mut faults = Vec::new();
        let (mut rolls, mut threads) = (BTreeMap::new(), Threads::default());
        for _ in 0..most {
            if self.mail < last_mail {
                self.mail += 1;
                if let Some(mail) = tx.mail(self.mail)? {
                    self.looked_at += 1;
                    threads.has_its_outcome(tx, &mail, mail.id == last_mail, &mut faults)?;
                }
            } else if self.letter < last_letter {
                self.letter += 1;
                if let Some(row) = tx.letter(self.letter)? {
                    self.looked_at += 1;
                    stands_alone(tx, &row, &mut faults)?;
                    if self.since.is_none_or(|since| row.letter.created_at >= since) {
                        is_heard_by_no_stranger(tx, desks, &mut rolls, &row, &mut faults)?;
                    }
                }
            } else {
                break;
            }
        }
        Ok(faults)
    }
}

/// The last mail and the last letter.
fn ends(tx: &mut dyn Tx) -> Result<(MailId, LetterId)> {
    let mail = tx.mails(&MailFilter { limit: 1, ..MailFilter::default() })?;
    let letter = tx.deliveries(&DeliveryFilter { limit: 1, ..DeliveryFilter::default() })?;
    Ok((mail.first().map_or(0, |mail| mail.id), letter.first().map_or(0, |row| row.letter)))
}

/// The raw mails in the threads that one step has read.
#[derive(Default)]
struct Threads(BTreeMap<TicketKey, BTreeSet<Hash>>);

impl Threads {
    fn has_its_outcome(
        &mut self,
        tx: &mut dyn Tx,
        mail: &Mail,
        newest: bool,
        faults: &mut Vec<Fault>,
    ) -> Result<()> {
        let mut wrong = |what: String| {
            faults.push(Fault { invariant: ONE_OUTCOME, what: format!("mail {} {what}", mail.id) });
        };
        let outcome = &mail.mail.outcome;
        if *outcome == Outcome::Stored {
            // One mail may be between being kept and being decided.
            if !newest {
                wrong("was never decided, though later ones were".to_owned());
            }
            return Ok(());
        }
        let Some(key) = outcome.ticket() else { return Ok(()) };
        if tx.ticket(key)?.is_none() {
            wrong(format!("had to do with ticket {key}, which is not there"));
            return Ok(());
        }
        let Outcome::Applied { kind, .. } = outcome else { return Ok(()) };
        let is_there = !joins_a_thread(kind) || self.holds(tx, key, mail)? || is_agents(tx, key, kind)?;
        // A person was taken out of what others wrote: the original is gone, by which its message would be known.
        let is_without_original = mail.mail.size_bytes == 0;
        if !is_there && !is_without_original && !was_emptied(tx, key)? {
            wrong(format!("was applied to ticket {key} as {kind} and is not in its thread"));
        }
        Ok(())
    }

    /// Is the mail in the thread of its ticket, or of that which it was merged into?
    fn holds(&mut self, tx: &mut dyn Tx, key: &TicketKey, mail: &Mail) -> Result<bool> {
        let mut key = key.clone();
        for _ in 0..MERGES_MAX {
            if !self.0.contains_key(&key) {
                let raws = tx.messages(&key)?.into_iter().filter_map(|message| message.mail).collect();
                self.0.insert(key.clone(), raws);
            }
            if self.0.get(&key).is_some_and(|raws| raws.contains(&mail.mail.raw)) {
                return Ok(true);
            }
            match tx.ticket(&key)?.map(|ticket| ticket.state) {
                Some(State::Merged { into }) => key = TicketKey::new(&key.desk, into),
                _ => return Ok(false),
            }
        }
        Ok(false)
    }
}

/// Does a mail of which the ledger says so stand in the thread of its ticket?
fn joins_a_thread(kind: &str) -> bool {
    [Kind::Request, Kind::Comment, Kind::Automatic, Kind::Held].iter().any(|joins| joins.word() == kind)
}

/// What an agent opened need not begin with his mail: he took down what was said, or writes first.
fn is_agents(tx: &mut dyn Tx, key: &TicketKey, kind: &str) -> Result<bool> {
    let opened = |entry: &Entry| matches!(entry.by, Voice::Agent(_));
    Ok(kind == Kind::Request.word() && tx.entries(key)?.first().is_some_and(opened))
}

/// Letters of one ticket to one person that are looked through for a second one of the same cause.
const ALIKE_MAX: usize = 50;

fn stands_alone(tx: &mut dyn Tx, row: &LetterRow, faults: &mut Vec<Fault>) -> Result<()> {
    let letter = &row.letter;
    let of = |recipient: &crate::domain::address::Address| DeliveryFilter {
        ticket: letter.ticket.clone(),
        recipient: Some(recipient.clone()),
        limit: ALIKE_MAX,
        ..DeliveryFilter::default()
    };
    for recipient in &letter.recipients {
        let others = tx.deliveries(&of(recipient))?;
        let alike = |id: &LetterId| *id < row.id;
        let same = others.iter().filter(|d| d.purpose == letter.purpose && d.desk == letter.desk);
        let ids: Vec<LetterId> = same.map(|d| d.letter).filter(alike).collect();
        for id in ids {
            let Some(other) = tx.letter(id)? else { continue };
            if other.letter.cause == letter.cause {
                let what = format!(
                    "letters {id} and {} are both {} for one cause and went to one person",
                    row.id, letter.purpose
                );
                faults.push(Fault { invariant: ONE_LETTER, what });
            }
        }
    }
    Ok(())
}

/// Was a person taken out of it, or its time of keeping over? Then nobody takes part any more, and its thread is empty.
fn was_emptied(tx: &mut dyn Tx, key: &TicketKey) -> Result<bool> {
    Ok(tx.entries(key)?.iter().any(|entry| entry.event == EMPTIED))
}

fn is_heard_by_no_stranger(
    tx: &mut dyn Tx,
    desks: &[&Desk],
    rolls: &mut BTreeMap<DeskId, Roll>,
    row: &LetterRow,
    faults: &mut Vec<Fault>,
) -> Result<()> {
    // A desk that was taken out of the configuration has nobody who could be asked for.
    let Some(desk) = desks.iter().find(|desk| *desk.id() == row.letter.desk) else { return Ok(()) };
    if !rolls.contains_key(desk.id()) {
        let mut roll = Roll::kept(tx, desk.id())?;
        roll.add(&desk.rules);
        rolls.insert(desk.id().clone(), roll);
    }
    let Some(roll) = rolls.get(desk.id()) else { return Ok(()) };
    let ticketed = Ticketed::of(tx, &row.letter)?;
    for recipient in &row.letter.recipients {
        if hearers::may_hear(&row.letter, recipient, &ticketed, roll) {
            continue;
        }
        let was_emptied = row.letter.ticket.as_ref().map(|key| was_emptied(tx, key)).transpose()?;
        if was_emptied != Some(true) {
            // No address stands here: what is found reaches logs.
            let about =
                row.letter.ticket.as_ref().map_or_else(|| "no ticket".to_owned(), ToString::to_string);
            let what = format!(
                "letter {} ({}, {about}) went to somebody who takes no part",
                row.id, row.letter.purpose
            );
            faults.push(Fault { invariant: NO_STRANGER, what });
        }
    }
    Ok(())
}
