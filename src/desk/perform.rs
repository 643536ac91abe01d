//! Writes a decision down: thread, journal, letters, history and the ticket, all in the unit that decided it.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use sha2::{Digest as _, Sha256};

use super::Desk;
use super::say::{self, Said};
use crate::domain::digest::Digest;
use crate::domain::effect::{Carry, Effect, Step};
use crate::domain::found::Found;
use crate::domain::hash::Hash;
use crate::domain::letter::{Attached, MsgId, PartSource};
use crate::domain::matter::matters;
use crate::domain::patch;
use crate::domain::thread::{Entry, Kind, Message, Voice};
use crate::domain::ticket::{Ticket, TicketKey};
use crate::store::{Fact, LetterId, NewLetter, Rated, Result, Standing, Tx};

/// What caused a decision.
pub struct Cause<'a> {
    /// With purpose and recipient it makes a letter unique: the same cause never writes a second one.
    pub id: String,
    pub event: &'static str,
    pub by: Voice,
    /// The mail, where it was one.
    pub mail: Option<&'a Digest>,
    pub now: Timestamp,
    /// When it happened: a mail may have come, and a moment have passed, before it is decided on.
    pub happened: Timestamp,
    /// What was recognised in what caused it.
    pub found: Option<&'a Found>,
    /// Files that did not come by mail.
    pub files: Vec<Attached>,
    /// When the ticket was resolved, where this closes it.
    pub resolved_at: Option<Timestamp>,
}

impl<'a> Cause<'a> {
    /// A cause of maildesk's own.
    pub fn new(id: String, event: &'static str, now: Timestamp) -> Cause<'a> {
        Cause {
            id,
            event,
            by: Voice::Desk,
            mail: None,
            found: None,
            files: Vec::new(),
            now,
            happened: now,
            resolved_at: None,
        }
    }
}

/// Carries out `step`, which turned `before` into its ticket.
pub fn perform(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    before: Option<&Ticket>,
    mut step: Step,
) -> Result<TicketKey> {
    let key = step.ticket.key.clone();
    if let Some(id) = cause.mail.filter(|d| d.agent.is_none()).and_then(|d| d.mail.message_id.as_deref())
        && let Some(id) = MsgId::parse(id)
    {
        step.ticket.seen(id);
    }
    let mut kept = kept(&step, cause);
    keep_whole(tx, desk, cause, &key, &mut kept)?;
    keep_pictures_once(tx, &key, &mut kept)?;
    let letters = say::letters(tx, desk, cause, &step, &kept)?;
    if let Some(said) = letters.iter().find(|l| l.to_client) {
        step.ticket.seen(said.letter.letter.message_id.clone());
    }
    tx.save(&step.ticket, wake(&step.ticket, cause.now))?;
    let joined = kept.first().map(|message| message.kind);
    for mut message in kept {
        if message.kind == Kind::Reply {
            message.letter = letters.iter().find(|l| l.typed).map(|l| l.letter.letter.message_id.clone());
        }
        tx.add_message(&key, &message)?;
    }
    tie(tx, desk, before, &step.ticket, cause.now)?;
    carry_out(tx, desk, &step, &key, cause.now)?;
    for said in letters {
        post(tx, said, cause)?;
    }
    let entry = Entry {
        at: cause.now,
        event: cause.event.to_owned(),
        by: cause.by.clone(),
        reason: step.reason,
        change: patch::change(before, &step.ticket),
    };
    tx.add_entry(&key, &entry)?;
    tx.note(Fact::Moved {
        ticket: key.clone(),
        event: cause.event.to_owned(),
        before: before.map(Ticket::status),
        after: step.ticket.status(),
        kept: joined,
        broke: broke(before, &step.ticket),
    });
    Ok(key)
}

/// What else is written for a decision's effects.
fn carry_out(tx: &mut dyn Tx, desk: &Desk, step: &Step, key: &TicketKey, now: Timestamp) -> Result<()> {
    for effect in &step.effects {
        match effect {
            Effect::Work(work) => tx.add_work(key, work)?,
            Effect::Block(address) => tx.set_standing(&address.base(), Standing::Blocked, now)?,
            Effect::Unblock(address) => tx.set_standing(&address.base(), Standing::Good, now)?,
            Effect::Acquaint(address, person) => {
                let address = address.base();
                let mut known = tx.acquaintance(&desk.rules.desk, &address)?.unwrap_or_default();
                known.learn(person);
                tx.acquaint(&desk.rules.desk, &address, &known, now)?;
            }
            Effect::Rate { value, comment } => {
                let rated = Rated {
                    value: *value,
                    comment: comment.clone(),
                    agent: step.ticket.assignee.clone(),
                    at: now,
                };
                tx.rate(key, &rated)?;
            }
            Effect::Keep { .. } | Effect::Tell(_) => {}
            // See `follow`.
            Effect::Join(_)
            | Effect::Relate(_)
            | Effect::Apart(_)
            | Effect::TakeBack(_)
            | Effect::Run(_)
            | Effect::Next => {}
        }
    }
    Ok(())
}

/// Did a promise break just now?
fn broke(before: Option<&Ticket>, after: &Ticket) -> bool {
    let broken = |ticket: &Ticket| {
        [&ticket.respond, &ticket.resolve].map(|clock| clock.as_ref().is_some_and(|clock| clock.breached))
    };
    let earlier = before.map_or([false; 2], broken);
    broken(after).into_iter().zip(earlier).any(|(now, earlier)| now && !earlier)
}

/// Ties a ticket to what it is about, where repetitions are joined.
fn tie(tx: &mut dyn Tx, desk: &Desk, before: Option<&Ticket>, after: &Ticket, now: Timestamp) -> Result<()> {
    if desk.rules.duplicates.is_none() {
        return Ok(());
    }
    let of = |ticket: &Ticket| {
        let sender = ticket.requester.address.as_ref();
        matters(&ticket.fields, sender, &ticket.subject, &desk.rules)
    };
    let earlier = before.map(of).unwrap_or_default();
    for matter in of(after).all().filter(|matter| !earlier.all().any(|m| m == *matter)) {
        tx.tie(&after.key, matter, now)?;
    }
    Ok(())
}

/// When the ticket next needs a look. What is past already and could not be done (a mailbox that is behind) is
/// looked at again in a minute, so that a tick never finds the same ticket twice at one instant.
pub fn wake(ticket: &Ticket, now: Timestamp) -> Option<Timestamp> {
    let wake = ticket.wake()?;
    Some(if wake > now { wake } else { now + SignedDuration::from_mins(1) })
}

/// The messages that join the thread, before they have their numbers.
fn kept(step: &Step, cause: &Cause<'_>) -> Vec<Message> {
    let mail = cause.mail.map(|digest| &digest.mail);
    let brought = || {
        let of_mail = cause.mail.map(attached).unwrap_or_default();
        of_mail.into_iter().chain(cause.files.iter().cloned()).collect()
    };
    let keep = step.effects.iter().filter_map(|effect| match effect {
        Effect::Keep { kind, text, attachments } => Some((kind, text, attachments)),
        _ => None,
    });
    keep.map(|(kind, text, attachments)| Message {
        seq: 0,
        kind: *kind,
        author: cause.by.clone(),
        at: cause.now,
        text: text.clone(),
        mail: mail.map(|m| m.raw),
        letter: None,
        attachments: match attachments {
            Carry::Nothing => Vec::new(),
            Carry::These(attached) => attached.clone(),
            Carry::OfThisMail => brought(),
        },
    })
    .collect()
}

/// A picture within the text that the ticket has already, as signatures bring it with every mail, joins the thread
/// no second time (D23). The raw mail has it.
fn keep_pictures_once(tx: &mut dyn Tx, key: &TicketKey, kept: &mut [Message]) -> Result<()> {
    let is_picture = |file: &Attached| file.content_id.is_some() && file.content_type.starts_with("image/");
    if !kept.iter().flat_map(|message| &message.attachments).any(is_picture) {
        return Ok(());
    }
    let earlier = tx.messages(key)?;
    let had: HashSet<Hash> = earlier.iter().flat_map(|m| &m.attachments).map(|file| file.hash).collect();
    for message in kept {
        message.attachments.retain(|file| !is_picture(file) || !had.contains(&file.hash));
    }
    Ok(())
}

/// A text that was too long for the thread stands whole in a file of its own.
fn keep_whole(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    key: &TicketKey,
    kept: &mut [Message],
) -> Result<()> {
    let Some((whole, message)) = cause.mail.and_then(|d| d.whole.as_deref()).zip(kept.first_mut()) else {
        return Ok(());
    };
    let bytes = whole.as_bytes();
    let hash = Hash(Sha256::digest(bytes).into());
    tx.keep(&hash, bytes)?;
    message.attachments.push(Attached {
        name: format!("{}.txt", desk.rules.tag.shown(key.number)),
        content_type: "text/plain; charset=utf-8".to_owned(),
        content_id: None,
        size_bytes: bytes.len() as u64,
        hash,
        source: PartSource::Blob { hash },
    });
    Ok(())
}

/// The attachments of a mail as parts of its raw bytes.
pub fn attached(digest: &Digest) -> Vec<Attached> {
    let of_mail = digest.mail.attachments.iter();
    of_mail
        .map(|a| Attached {
            name: a.name.clone(),
            content_type: a.content_type.clone(),
            content_id: a.content_id.clone().filter(|_| a.inline),
            size_bytes: a.size_bytes,
            hash: a.hash,
            source: PartSource::Mail { raw: digest.mail.raw, part: a.part },
        })
        .collect()
}

/// Puts a letter into the outbox and counts it against the budgets of its recipients.
pub(super) fn post(tx: &mut dyn Tx, mut said: Said, cause: &Cause<'_>) -> Result<()> {
    let now = cause.now;
    if said.letter.automatic && said.to_client {
        reachable(tx, &mut said.letter)?;
    }
    // What answers an agent's own mail is counted as well: his program may answer that in turn (B9).
    let counted = said.letter.automatic && (said.to_client || said.letter.purpose == "agent_result");
    let is_new = tx.letter_by_message_id(said.letter.letter.message_id.as_str())?.is_none();
    let queued = enqueue(tx, &said.letter)?;
    if let Some(letter) = queued.filter(|_| is_new) {
        tx.note(Fact::Queued {
            letter,
            ticket: said.letter.ticket.clone(),
            purpose: said.letter.purpose.clone(),
            recipients: said.letter.recipients.len(),
        });
        super::time_lost::of(tx, letter, &said, cause)?;
    }
    if counted && is_new {
        for recipient in &said.letter.recipients {
            tx.count_answer(&recipient.base(), now)?;
        }
    }
    Ok(())
}

/// Nothing automatic goes to an address whose mail bounces, until a mail comes from there (B21), nor to one that
/// was marked as spam.
fn reachable(tx: &mut dyn Tx, letter: &mut NewLetter) -> Result<()> {
    let mut good = Vec::with_capacity(letter.recipients.len());
    for recipient in letter.recipients.drain(..) {
        if tx.standing(&recipient.base())? == Standing::Good {
            good.push(recipient);
        }
    }
    letter.recipients = good;
    Ok(())
}

fn enqueue(tx: &mut dyn Tx, letter: &NewLetter) -> Result<Option<LetterId>> {
    if letter.recipients.is_empty() {
        return Ok(None);
    }
    tx.enqueue(letter).map(Some)
}
