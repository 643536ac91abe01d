//! After the commit: mails that are safe go to the folder that the operator named. A move that fails is tried
//! again, later and later, and after a restart too (A11); the mail is never read twice for it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::halt::Halt;
use crate::config::After;
use crate::mail::imap::{Session, Trouble};

/// Waits between two attempts to move.
const AGAIN_FIRST: Duration = Duration::from_secs(60);
const AGAIN_LONGEST: Duration = Duration::from_secs(3600);

/// The mails that are still to be moved.
#[derive(Debug)]
pub(super) struct Filing {
    folder: Option<String>,
    uids: BTreeSet<u32>,
    /// The name that the server gave the folder; asked anew with each connection.
    target: Option<String>,
    again: Option<(Instant, Duration)>,
}

impl Filing {
    pub(super) fn new(after: &After) -> Filing {
        let folder = match after {
            After::Leave => None,
            After::Move(folder) => Some(folder.clone()),
        };
        Filing { folder, uids: BTreeSet::new(), target: None, again: None }
    }

    /// Is anything moved at all?
    pub(super) fn is_wanted(&self) -> bool {
        self.folder.is_some()
    }

    /// These are safe in the store.
    pub(super) fn add(&mut self, uids: impl IntoIterator<Item = u32>) {
        if self.is_wanted() {
            self.uids.extend(uids);
        }
    }

    /// UIDs mean other mails now.
    pub(super) fn forget(&mut self) {
        self.uids.clear();
    }

    /// A new connection.
    pub(super) fn connected(&mut self) {
        self.target = None;
    }

    /// Moves what waits. A refusal is no reason to stop reading.
    pub(super) async fn file_away(&mut self, session: &mut Session, mailbox: &str) -> Result<(), Halt> {
        let resting = self.again.is_some_and(|(at, _)| Instant::now() < at);
        if self.uids.is_empty() || resting {
            return Ok(());
        }
        match self.try_move(session, mailbox).await {
            Ok(0) => self.again = None,
            Ok(left) => {
                self.rest();
                tracing::warn!(mailbox, left, "mails could not be moved and stay where they are for now");
            }
            Err(trouble) if session.is_usable() => {
                self.rest();
                tracing::warn!(mailbox, error = %trouble, "mails cannot be moved; it is tried again later");
            }
            Err(trouble) => return Err(trouble.into()),
        }
        Ok(())
    }

    fn rest(&mut self) {
        let wait = self.again.map_or(AGAIN_FIRST, |(_, last)| (last * 2).min(AGAIN_LONGEST));
        self.again = Some((Instant::now() + wait, wait));
    }

    /// Moves all that waits; answers with how many are left.
    async fn try_move(&mut self, session: &mut Session, mailbox: &str) -> Result<usize, Trouble> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let uids: Vec<u32> = self.uids.iter().copied().collect();
        let target = match &self.target {
            Some(target) => target.clone(),
            None => session.create(folder).await?,
        };
        fault_point!("before_move", Trouble::Network("a planted fault".to_owned()));
        let moved = match session.move_to(&uids, &target).await {
            // Somebody removed the folder since it was found.
            Err(Trouble::Gone(_)) => {
                let target = session.create(folder).await?;
                session.move_to(&uids, &target).await?
            }
            other => other?,
        };
        fault_point!("after_move");
        self.target = Some(target);
        self.uids = moved.left.iter().copied().collect();
        if !moved.gone.is_empty() {
            tracing::info!(mailbox, count = moved.gone.len(), "mails to be moved were gone already");
        }
        Ok(moved.left.len())
    }
}
