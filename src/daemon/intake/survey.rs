//! Once a day, and at the start: is what lies in the folder what the rows say? (A60)

use jiff::{SignedDuration, Timestamp};

use super::Intake;
use super::footing::Footing;
use super::halt::Halt;
use crate::mail::imap::Session;
use crate::store::{Place, Result, Tx};

/// Between two surveys.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Rows that one question asks for, so that the clerk is not kept from others.
const ROWS: usize = 1000;

/// What is known of a UID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    None,
    /// Seen, and nothing of it is kept.
    Bare,
    /// Its mail is in the store.
    Kept,
}

impl Intake {
    /// Compares folder and rows, if it is time to. A UID without a row below the cursor is an alarm and is read
    /// after all; a mail that is safe and was not moved yet is moved.
    pub(super) async fn survey(
        &mut self,
        session: &mut Session,
        footing: &Footing,
    ) -> std::result::Result<(), Halt> {
        let now: Timestamp = self.house.clock.now();
        if self.surveyed_at.is_some_and(|at| now.duration_since(at) < EVERY) {
            return Ok(());
        }
        let there = session.uids_from(1).await?;
        let mut gaps = Vec::new();
        for uids in there.chunks(ROWS) {
            let rows = self.rows(footing.cursor.validity, uids).await?;
            for (uid, row) in uids.iter().zip(rows) {
                match row {
                    Row::None if footing.has_row(*uid) => gaps.push(*uid),
                    Row::Kept if !footing.by_content(*uid) || footing.has_row(*uid) => {
                        self.filing.add([*uid])
                    }
                    _ => {}
                }
            }
        }
        if !gaps.is_empty() {
            let (mailbox, count) = (&self.mailbox.name, gaps.len());
            tracing::error!(%mailbox, count, first = gaps[0], "mails were passed over; they are read now");
        }
        let passed_over = gaps.len();
        self.gaps.extend(gaps);
        self.house.progress.note(&self.mailbox.name, |mailbox| {
            (mailbox.surveyed_at, mailbox.passed_over) = (Some(now), passed_over);
        });
        self.surveyed_at = Some(now);
        Ok(())
    }

    /// What is known of these UIDs.
    pub(super) async fn rows(&self, validity: u32, uids: &[u32]) -> Result<Vec<Row>> {
        let (mailbox, uids) = (self.mailbox.name.clone(), uids.to_vec());
        let ask = move |tx: &mut dyn Tx| {
            let mut rows = Vec::with_capacity(uids.len());
            for uid in &uids {
                let seen = tx.sighting(&Place { mailbox: mailbox.clone(), validity, uid: *uid })?;
                rows.push(match seen {
                    None => Row::None,
                    Some(seen) if seen.mail.is_some() => Row::Kept,
                    Some(_) => Row::Bare,
                });
            }
            Ok(rows)
        };
        self.house.clerk.ask(ask).await
    }
}
