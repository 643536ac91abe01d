//! One look into the folder: everything that came since the last one is read, oldest first.

use std::collections::BTreeSet;

use super::fetch::{Haul, fetch};
use super::footing::Footing;
use super::halt::Halt;
use super::plan::{Bounds, Portion, portions};
use super::settle::{Settled, Underway};
use super::survey::Row;
use super::take::{Batch, Considered};
use super::{Intake, room};
use crate::mail::imap::{Listed, Session, Trouble};
use crate::store::{Fact, Outcome, Place, Result, Sighting};

/// Mails that are listed at once.
const LISTED_MAX: usize = 2000;

/// Why a mail from before the first start was left.
const BEFORE: &str = "it was there before the desk was";

/// A look under way.
struct Look {
    footing: Footing,
    /// The cursor as it is written.
    written: u32,
    /// UIDs still to be done.
    open: BTreeSet<u32>,
    newest: u32,
}

impl Look {
    /// The cursor moves up to the first mail that is not done; never back.
    fn advance(&mut self) {
        let low = self.open.first().map_or(self.newest, |first| first - 1);
        self.footing.cursor.uid = self.footing.cursor.uid.max(low);
    }

    fn done(&mut self, uids: &[u32]) {
        for uid in uids {
            self.open.remove(uid);
        }
        self.advance();
    }
}

/// Mails between the server and the store, the first of them in the last place.
#[derive(Default)]
struct Belt {
    fetched: Option<Batch>,
    considered: Option<Considered>,
    underway: Option<Underway>,
}

impl Belt {
    fn is_empty(&self) -> bool {
        self.fetched.is_none() && self.considered.is_none() && self.underway.is_none()
    }
}

impl Intake {
    /// Reads everything up to the newest mail. `footing` moves on as far as all is safe. Answers whether nothing
    /// is left behind.
    pub(super) async fn read_up(
        &mut self,
        session: &mut Session,
        footing: &mut Footing,
    ) -> std::result::Result<bool, Halt> {
        let after = footing.cursor.uid.saturating_add(1);
        self.will_ask(1);
        let came = session.uids_from(after).await?;
        let gaps = std::mem::take(&mut self.gaps);
        let open: BTreeSet<u32> = gaps.into_iter().chain(came).collect();
        let newest = open.last().copied().unwrap_or(0).max(footing.cursor.uid);
        let mut look = Look { footing: footing.clone(), written: footing.cursor.uid, open, newest };
        self.spared = false;
        let todo: Vec<u32> = look.open.iter().copied().collect();
        let mut done = Ok(());
        self.waits(&look);
        for slab in todo.chunks(LISTED_MAX) {
            done = self.read_slab(session, &mut look, slab).await;
            if done.is_err() || self.house.stop.is_cancelled() {
                break;
            }
        }
        *footing = look.footing.clone();
        // What is left below the cursor would not be asked for again.
        self.gaps.extend(look.open.range(..=footing.cursor.uid));
        if look.written != footing.cursor.uid {
            self.keep_footing(footing).await?;
        }
        done.map(|()| look.open.is_empty())
    }

    /// How many mails are still to be read, for those who look at us.
    fn waits(&self, look: &Look) {
        self.house.progress.note(&self.mailbox.name, |progress| progress.waiting = look.open.len());
    }

    async fn read_slab(
        &mut self,
        session: &mut Session,
        look: &mut Look,
        slab: &[u32],
    ) -> std::result::Result<(), Halt> {
        // The list, and whether those are there that it left out.
        self.will_ask(2);
        let mut listed = self.list(session, look, slab).await?;
        // What failed before comes last, for it may end the session again (A3).
        let failed = |mail: &Listed| self.failing.get(&mail.uid).is_some_and(|failing| failing.times > 0);
        listed.sort_by_key(|mail| (failed(mail), mail.uid));
        let mut alone: BTreeSet<u32> = self.failing.keys().copied().collect();
        let suspects = self.suspects(&look.footing, slab);
        if self.begun.elapsed() < self.house.settings.pace.suspect {
            // Something else may be what the program dies of at each start.
            self.spared |= !suspects.is_empty();
            listed.retain(|mail| !suspects.contains(&mail.uid));
        }
        alone.extend(suspects);
        let bounds = Bounds {
            mails: usize::try_from(self.house.settings.pace.commit_mails).unwrap_or(usize::MAX),
            piece_bytes: self.house.settings.pace.fetch_piece_bytes,
            mail_bytes: self.limits.mail_bytes as u64,
        };
        let mut belt = Belt::default();
        for portion in portions(&listed, &alone, bounds) {
            if self.house.stop.is_cancelled() {
                break;
            }
            self.will_ask(portion.commands(bounds.piece_bytes));
            room::may_take(&self.house)?;
            // One chunk comes over the wire while the one before it is thought over, the one before that is in line
            // and the one before all of them is written. None of the futures is ever dropped: that would end the
            // session, or lose sight of what was written.
            let next = self.line_up_some(&mut belt).await;
            let (haul, considered, (settled, underway)) = tokio::join!(
                fetch(session, &portion, bounds.mail_bytes),
                self.consider_some(belt.fetched.take()),
                self.settle_some(belt.underway.take(), next),
            );
            self.answered();
            (belt.considered, belt.underway) = (considered, underway);
            let settled = self.apply(look, settled);
            let (batch, came) = self.receive_haul(look, &portion, haul).await;
            belt.fetched = Some(batch);
            if settled.is_err() || came.is_err() {
                self.empty(look, belt).await?;
                return settled.and(came);
            }
        }
        self.empty(look, belt).await
    }

    async fn consider_some(&self, fetched: Option<Batch>) -> Option<Considered> {
        Some(self.consider(fetched?).await)
    }

    /// Waits until `first` is written, and `next` too where nothing may get in line behind it.
    async fn settle_some(
        &self,
        first: Option<Underway>,
        next: Option<Underway>,
    ) -> (Settled, Option<Underway>) {
        let mut settled = Settled::default();
        if let Some(first) = first {
            settled = self.settle(first).await;
        }
        match next {
            Some(next) if !next.lets_others_in() => (settled.and(self.settle(next).await), None),
            next => (settled, next),
        }
    }

    /// Puts what was thought over in line, behind what stands there.
    async fn line_up_some(&self, belt: &mut Belt) -> Option<Underway> {
        let considered = belt.considered.take()?;
        let before = belt.underway.as_ref().map(|before| before.places(&self.mailbox.name));
        Some(self.line_up(considered, before.unwrap_or_default()).await)
    }

    /// Brings in all that is on the belt.
    async fn empty(&mut self, look: &mut Look, mut belt: Belt) -> std::result::Result<(), Halt> {
        self.will_ask(0);
        let mut done = Ok(());
        while !belt.is_empty() {
            let next = self.line_up_some(&mut belt).await;
            let (considered, (settled, underway)) = tokio::join!(
                self.consider_some(belt.fetched.take()),
                self.settle_some(belt.underway.take(), next),
            );
            (belt.considered, belt.underway) = (considered, underway);
            done = done.and(self.apply(look, settled));
        }
        done
    }

    /// Takes note of what became of a batch.
    fn apply(&mut self, look: &mut Look, settled: Settled) -> std::result::Result<(), Halt> {
        fault_point!("mail_settled");
        for uid in &settled.done {
            self.failing.remove(uid);
        }
        look.done(&settled.done);
        self.waits(look);
        self.filing.add(settled.done);
        for (uid, why) in settled.failed {
            self.fails(uid, &why);
        }
        settled.trouble.map_or(Ok(()), |trouble| Err(trouble.into()))
    }

    /// Sizes and dates of a slab. Those that need no reading get their rows here.
    async fn list(
        &mut self,
        session: &mut Session,
        look: &mut Look,
        slab: &[u32],
    ) -> std::result::Result<Vec<Listed>, Halt> {
        // Asked together, for what is known already is seldom among them.
        let (rows, listed) = tokio::join!(self.rows(look.footing.cursor.validity, slab), session.list(slab));
        let rows = rows?;
        // A batch may have been written though nobody heard of it: its mails have rows and wait to be moved.
        let mut known = Vec::new();
        for (uid, row) in slab.iter().zip(rows) {
            if row != Row::None && !look.footing.by_content(*uid) {
                known.push(*uid);
                self.filing.add((row == Row::Kept).then_some(*uid));
            }
        }
        look.done(&known);
        let fresh: Vec<u32> = slab.iter().copied().filter(|uid| look.open.contains(uid)).collect();
        let mut listed = listed?;
        listed.retain(|mail| look.open.contains(&mail.uid));
        let mut fates = Vec::new();
        let told: BTreeSet<u32> = listed.iter().map(|mail| mail.uid).collect();
        let silent: Vec<u32> = fresh.iter().copied().filter(|uid| !told.contains(uid)).collect();
        if !silent.is_empty() {
            let there = session.still_there(&silent).await?;
            for uid in silent {
                match there.contains(&uid) {
                    true => fates.extend(self.fails(uid, "the server does not list it").map(|o| (uid, o))),
                    false => fates.push((uid, vanished())),
                }
            }
        }
        let by_attempts = self.house.settings.pace.attempts;
        let failing = &self.failing;
        listed.retain(|mail| {
            let fate = if mail.deleted {
                Some(Outcome::Withdrawn { reason: "it was marked as deleted before it was read".to_owned() })
            } else if look.footing.is_from_before(mail.uid, mail.arrived) {
                Some(Outcome::Skipped { reason: BEFORE.to_owned() })
            } else {
                let failed = failing.get(&mail.uid).filter(|failed| failed.times >= by_attempts);
                failed.map(|failed| given_up(failed.times, &failed.why))
            };
            let stays = fate.is_none();
            fates.extend(fate.map(|fate| (mail.uid, fate)));
            stays
        });
        self.sight(look, fates).await?;
        Ok(listed)
    }

    /// Turns what came into a batch; what did not come gets its row or is tried again.
    async fn receive_haul(
        &mut self,
        look: &mut Look,
        portion: &Portion,
        haul: Haul,
    ) -> (Batch, std::result::Result<(), Halt>) {
        let mut fates: Vec<(u32, Outcome)> = haul.gone.iter().map(|uid| (*uid, vanished())).collect();
        for uid in haul.withheld {
            fates.extend(self.fails(uid, "the server withholds it").map(|outcome| (uid, outcome)));
        }
        if let Some(trouble) = &haul.trouble {
            let came = |uid: &u32| haul.taken.iter().any(|taken| taken.listed.uid == *uid);
            let uids = portion.uids();
            let single = uids.len() == 1;
            for uid in uids.into_iter().filter(|uid| !came(uid)) {
                match single {
                    true => fates.extend(self.fails(uid, &trouble.to_string()).map(|outcome| (uid, outcome))),
                    // One of these may be to blame: from now on they come one at a time.
                    false => self.suspect(uid),
                }
            }
        }
        let written = self.sight(look, fates).await;
        let moved = look.footing.cursor.uid != look.written;
        look.written = look.footing.cursor.uid;
        let batch = Batch { taken: haul.taken, footing: look.footing.clone(), moved };
        (batch, written.and(haul.trouble.map_or(Ok(()), |trouble: Trouble| Err(trouble.into()))))
    }

    /// Writes down UIDs of which no mail is kept.
    async fn sight(&mut self, look: &mut Look, fates: Vec<(u32, Outcome)>) -> std::result::Result<(), Halt> {
        if fates.is_empty() {
            return Ok(());
        }
        let (mailbox, validity) = (self.mailbox.name.clone(), look.footing.cursor.validity);
        let now = self.house.clock.now();
        let uids: Vec<u32> = fates.iter().map(|(uid, _)| *uid).collect();
        let write = move |tx: &mut dyn crate::store::Tx| -> Result<()> {
            for (uid, outcome) in &fates {
                let place = Place { mailbox: mailbox.clone(), validity, uid: *uid };
                tx.note(Fact::Received {
                    mail: None,
                    place: Some(place.clone()),
                    arrived: None,
                    outcome: outcome.clone(),
                });
                let known = tx.sighting(&place)?;
                // A row that names a mail tells more than this.
                if known.is_none_or(|known| known.mail.is_none()) {
                    tx.sight(&Sighting { place, seen_at: now, mail: None, outcome: outcome.clone() })?;
                }
            }
            Ok(())
        };
        self.house.clerk.run(write).await?;
        for uid in &uids {
            self.failing.remove(uid);
        }
        look.done(&uids);
        Ok(())
    }
}

fn vanished() -> Outcome {
    Outcome::Withdrawn { reason: "it vanished before it was read".to_owned() }
}

/// What is written of a mail that could not be had.
pub(super) fn given_up(times: u32, why: &str) -> Outcome {
    Outcome::Quarantined { reason: format!("it could not be fetched in {times} attempts: {why}") }
}
