//! Mail of people whom we know that a server took for unwanted (A58): nobody else would look there.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Intake;
use super::halt::Halt;
use crate::mail::imap::Session;
use crate::mail::parse::{Limits, parse};
use crate::store::{TicketFilter, Tx};

/// Between two looks.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// So many of the newest are looked at.
const NEWEST: usize = 200;

/// What was found in the folder for unwanted mail.
#[derive(Debug, Default)]
pub(super) struct Junk {
    looked_at: Option<Timestamp>,
    validity: Option<u32>,
    /// UIDs that were looked at.
    seen: BTreeSet<u32>,
    /// Those of them that are from somebody we know.
    known: BTreeSet<u32>,
}

impl Intake {
    /// Looks there, if it is time to; nothing is changed. Returns whether another folder is open now.
    pub(super) async fn look_at_junk(&mut self, session: &mut Session) -> Result<bool, Halt> {
        let now = self.house.clock.now();
        if self.junk.looked_at.is_some_and(|at| now.duration_since(at) < EVERY) {
            return Ok(false);
        }
        self.junk.looked_at = Some(now);
        self.will_ask(3);
        let Some(folder) = session.junk_folder().await? else { return Ok(false) };
        if folder == self.mailbox.folder {
            return Ok(false);
        }
        let opened = session.examine(&folder).await?;
        if self.junk.validity != Some(opened.validity) {
            self.junk = Junk { looked_at: Some(now), validity: Some(opened.validity), ..Junk::default() };
        }
        let there = session.uids_from(1).await?;
        self.junk.known.retain(|uid| there.contains(uid));
        self.junk.seen.retain(|uid| there.contains(uid));
        let mut fresh = 0;
        for uid in there.iter().rev().take(NEWEST) {
            if !self.junk.seen.insert(*uid) {
                continue;
            }
            self.will_ask(1);
            let Some(header) = session.fetch_header(*uid).await? else { continue };
            if self.is_of_somebody_known(&header).await? {
                self.junk.known.insert(*uid);
                fresh += 1;
            }
        }
        let (mailbox, count) = (&self.mailbox.name, self.junk.known.len());
        if fresh > 0 {
            tracing::error!(%mailbox, folder, fresh, count, "mails of people whom we know lie among the unwanted ones");
        }
        self.house.progress.note(mailbox, |progress| progress.in_junk = count);
        Ok(true)
    }

    /// An agent, a client, somebody who has a ticket, or whoever answers a letter of ours.
    async fn is_of_somebody_known(&self, header: &[u8]) -> Result<bool, Halt> {
        let mail = parse(header, &Limits::default());
        let desks = self.mailbox.desks.iter().filter_map(|id| self.house.desks.get(id));
        let sender = mail.from.mailbox().map(|m| m.address.clone());
        for desk in desks {
            let is_known = sender.as_ref().is_some_and(|sender| {
                desk.rules.clients.of_address(sender).is_some() || desk.rules.agent_at(sender).is_some()
            });
            if is_known {
                return Ok(true);
            }
        }
        let references: Vec<String> =
            mail.in_reply_to.iter().chain(mail.references.iter().rev()).take(10).cloned().collect();
        let ask = move |tx: &mut dyn Tx| {
            for id in &references {
                if tx.letter_by_message_id(id)?.is_some() {
                    return Ok(true);
                }
            }
            let Some(sender) = &sender else { return Ok(false) };
            let filter =
                TicketFilter { requester: Some(sender.clone()), limit: 1, ..TicketFilter::default() };
            Ok(!tx.tickets(&filter)?.is_empty())
        };
        Ok(self.house.clerk.run(ask).await?)
    }
}
