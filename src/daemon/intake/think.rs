//! From bytes to something that can be decided: parse and digest, each caught where it panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::fetch::Taken;
use crate::desk::Desk;
use crate::desk::receive::Arrival;
use crate::domain::address::Address;
use crate::domain::command::Instructions;
use crate::domain::digest::{Authentication, Digest, Trail};
use crate::domain::message::{Defect, Incoming, Machine, Sender};
use crate::mail::parse::digest::of;
use crate::mail::parse::{Limits, parse};
use crate::store::Coming;

/// Thinks a mail over, as [`crate::desk::digest::digest`] does.
pub type Thinking = dyn Fn(&Desk, Incoming, Timestamp, Timestamp, &[&str]) -> Digest + Send + Sync;

/// A mail that was parsed.
pub(super) struct Read {
    pub(super) taken: Taken,
    pub(super) mail: Incoming,
    /// Why it is to be kept unread.
    aside: Option<String>,
    /// The parser panicked.
    unreadable: bool,
}

/// A mail that can be decided.
pub(super) struct Thought {
    pub(super) uid: u32,
    pub(super) arrival: Arc<Arrival>,
    pub(super) desk: Arc<Desk>,
    /// Why it is to be set aside instead.
    pub(super) aside: Option<String>,
}

/// Parses a mail. With `aside` it is not even looked at: it has killed the program before.
pub(super) fn read(taken: Taken, limits: &Limits, aside: Option<String>) -> Read {
    let parsed = match &aside {
        Some(_) => Err(()),
        None => catch_unwind(AssertUnwindSafe(|| parse(&taken.bytes, limits))).map_err(drop),
    };
    let unreadable = parsed.is_err() && aside.is_none();
    let mut mail = parsed.unwrap_or_else(|()| nothing_known(&taken.bytes));
    if let Some(size) = taken.cut_from {
        if !mail.defects.contains(&Defect::Oversize) {
            mail.defects.push(Defect::Oversize);
        }
        mail.text = format!("(This mail has {size} bytes, more than the limit: only its header was read.)");
    }
    Read { taken, mail, aside, unreadable }
}

impl Read {
    /// Message-IDs that may name letters of ours, nearest first.
    pub(super) fn references(&self) -> Vec<String> {
        let newest = self.mail.in_reply_to.iter().rev().chain(self.mail.references.iter().rev());
        newest.take(10).cloned().collect()
    }

    /// By what the store will be asked for it.
    pub(super) fn coming(&self) -> Coming {
        let Incoming { raw, fingerprint, message_id, from, .. } = &self.mail;
        let sender = from.mailbox().map(|mailbox| mailbox.address.clone());
        Coming { raw: *raw, fingerprint: *fingerprint, message_id: message_id.clone(), sender }
    }

    /// Every address that says whom it was written to.
    pub(super) fn addressed(&self) -> impl Iterator<Item = &Address> {
        let named = self.mail.to.iter().chain(&self.mail.cc).map(|m| &m.address);
        named.chain(&self.mail.delivered_to)
    }

    /// Thinks it over. A panic leaves a plain digest: all of its text, nothing recognised.
    pub(super) fn think(
        self,
        thinking: &Thinking,
        desk: Arc<Desk>,
        place: Option<crate::store::Place>,
        ours: &[&str],
        now: Timestamp,
    ) -> Thought {
        let Read { taken, mail, aside, unreadable } = self;
        let arrived = taken.listed.arrived.unwrap_or(now);
        let raw: Bytes = taken.bytes;
        let digest = if aside.is_some() || unreadable {
            plain(&desk, mail, arrived)
        } else {
            let kept = mail.clone();
            let thought = AssertUnwindSafe(|| thinking(&desk, mail, arrived, now, ours));
            catch_unwind(thought).unwrap_or_else(|_| {
                tracing::error!(
                    uid = taken.listed.uid,
                    "thinking a mail over panicked; it is taken as it is"
                );
                plain(&desk, unsure(&desk, kept), arrived)
            })
        };
        let arrival = Arc::new(Arrival { digest, raw, place });
        Thought { uid: taken.listed.uid, arrival, desk, aside }
    }
}

/// What stands for a mail that cannot be read: a ticket is opened, and a person looks at the raw mail.
fn nothing_known(bytes: &[u8]) -> Incoming {
    let raw = of(bytes);
    Incoming {
        fingerprint: raw,
        raw,
        size_bytes: bytes.len() as u64,
        message_id: None,
        from: Sender::Unreadable("the mail could not be read".to_owned()),
        reply_to: None,
        to: Vec::new(),
        cc: Vec::new(),
        delivered_to: Vec::new(),
        return_path: None,
        subject: "Unreadable mail".to_owned(),
        date: None,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        text: "(This mail could not be read. It is kept as it came.)".to_owned(),
        attachments: Vec::new(),
        enclosed: None,
        machine: Machine::default(),
        report: None,
        authentication: Vec::new(),
        spam: None,
        instances: Vec::new(),
        hops: 0,
        defects: vec![Defect::Unparsable],
    }
}

/// An agent's mail that nobody understood must not pass for a client's.
fn unsure(desk: &Desk, mut mail: Incoming) -> Incoming {
    let from_agent = mail.from.mailbox().is_some_and(|m| desk.rules.agent_at(&m.address).is_some());
    if from_agent {
        mail.from = Sender::Unreadable("an agent's mail that could not be thought over".to_owned());
    }
    mail
}

/// A digest without any thought.
fn plain(desk: &Desk, mail: Incoming, arrived: Timestamp) -> Digest {
    Digest {
        arrived,
        late: false,
        text: mail.text.clone(),
        language: desk.rules.own_language(),
        urgent: None,
        urgency_stated: false,
        thanks: None,
        absence: None,
        found: Default::default(),
        forwarded: None,
        forwards: false,
        whole: None,
        rejected: Vec::new(),
        authentication: Authentication::Unknown,
        agent: None,
        instructions: Instructions::default(),
        trail: Trail::default(),
        mail,
    }
}
