//! The clock strikes: sleeps until the earliest wake of all tickets, then lets time pass for those that are due.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use super::leaps::{Leap, Leaps};
use super::pulse::Beat;
use super::switches::Switch;
use crate::desk::tick::tick;
use crate::desk::{aside, morning};
use crate::domain::rules::DeskId;
use crate::domain::ticket::TicketKey;
use crate::store::{StoreError, Tx};

/// Tickets that one look takes; what is left is looked at again at once.
const DUE_MAX: usize = 100;

/// Mails that were set aside are looked for this often.
const ASIDE_EACH: SignedDuration = SignedDuration::from_mins(1);

/// Runs until the house stops.
pub async fn run(house: House) {
    let mut mornings = Mornings::default();
    let mut held = Held::default();
    let mut looked_aside: Option<Timestamp> = None;
    let beat = house.clerk.pulse.beat("scheduler");
    while !house.stop.is_cancelled() {
        // Registered before asking, so that a change between the two is not slept through.
        let rung = house.clerk.bells.scheduler.notified();
        beat.within(Duration::ZERO);
        let now = house.clock.now();
        if let Some(why) = held.why(&house).await {
            tracing::debug!(why, "nothing happens by time alone");
            beat.within(house.settings.waits.tick);
            held.wait(&house, rung).await;
            continue;
        }
        let greeted = mornings.strike(&house).await;
        if looked_aside.is_none_or(|at| now.duration_since(at) >= ASIDE_EACH) {
            looked_aside = Some(now);
            warn_of_aside(&house).await;
        }
        let next = match strike(&house, &beat).await {
            Ok(more) if more => continue,
            Ok(_) => house.clerk.ask(|tx| tx.next_wake()).await,
            Err(error) => Err(error),
        };
        let next = greeted.and_then(|morning| Ok(next?.into_iter().chain(morning).min()));
        let longest = now
            + SignedDuration::try_from(house.settings.waits.tick).unwrap_or(SignedDuration::from_secs(60));
        let until = match next {
            Ok(next) => next.map_or(longest, |at| at.min(longest)),
            Err(error) => {
                tracing::error!(%error, "the scheduler cannot read the store; it tries again");
                longest
            }
        };
        beat.within(house.settings.waits.tick);
        tokio::select! {
            () = house.stop.cancelled() => return,
            () = rung => {}
            () = house.clock.sleep_until(until) => {}
            // The wall clock may have been set back meanwhile.
            () = tokio::time::sleep(house.settings.waits.tick) => {}
        }
    }
}

/// Why time does nothing for now: the operator's word, a clock that has just leapt, or a restore after which not every
/// mailbox was read yet, so that nobody knows who has answered meanwhile (F17).
#[derive(Default)]
struct Held {
    /// The last restore that was got over.
    settled: Option<u32>,
    leaps: Leaps,
}

const RESTORE_READ: &str = "restore.read";

impl Held {
    async fn why(&mut self, house: &House) -> Option<&'static str> {
        if house.progress.switches.is_paused(Switch::Timers) {
            return Some("the operator has paused it");
        }
        if let Some(leap) = self.leaps.look(house.clock.now(), house.clock.ran()) {
            tell_of(leap);
        }
        if self.leaps.is_resting() {
            return Some("the clock has leapt forward");
        }
        if self.settled.is_some() {
            return None;
        }
        let asked = house.clerk.ask(|tx| Ok((tx.last_restore()?, tx.value(RESTORE_READ)?)));
        // Whoever cannot ask the store does nothing by time either, and says so.
        let Ok((restore, read)) = asked.await else { return None };
        let Some(restore) = restore.filter(|r| read.as_deref() != Some(r.epoch.to_string().as_bytes()))
        else {
            self.settled = Some(0);
            return None;
        };
        let all = house.progress.all();
        let is_read = |name: &str| all.get(name).is_some_and(|mailbox| mailbox.read_up_to.is_some());
        if !house.settings.mailboxes.iter().all(|mailbox| is_read(&mailbox.name)) {
            return Some("the database was restored, and not every mailbox has been read since");
        }
        let epoch = restore.epoch;
        let noted = house.clerk.ask(move |tx| tx.set_value(RESTORE_READ, epoch.to_string().as_bytes()));
        if noted.await.is_ok() {
            tracing::info!(epoch, "every mailbox was read since the restore; time passes again");
            self.settled = Some(epoch);
        }
        None
    }

    async fn wait(&self, house: &House, rung: impl Future<Output = ()>) {
        let mut switched = house.progress.switches.changes();
        tokio::select! {
            () = house.stop.cancelled() => {}
            () = rung => {}
            _ = switched.changed() => {}
            () = tokio::time::sleep(house.settings.waits.tick.min(HELD_TICK)) => {}
        }
    }
}

/// In the operator's words.
fn tell_of(leap: Leap) {
    let hours = leap.ahead.abs().as_secs_f64() / 3600.0;
    if leap.ahead.is_negative() {
        tracing::warn!(
            "the clock of this machine went back by {hours:.1} h; what time alone does comes so much later"
        );
    } else {
        tracing::warn!(
            "the clock of this machine leapt forward by {hours:.1} h; for ten minutes nothing is closed and nobody is \
             reminded, so that it can be put right; `maildesk pause timers` holds longer"
        );
    }
}

/// While time is held, what holds it is looked at this often.
const HELD_TICK: Duration = Duration::from_secs(2);

/// When the digests of each desk are due next. Asked of the store once, and again only when that moment has come.
#[derive(Default)]
struct Mornings {
    next: BTreeMap<DeskId, Timestamp>,
}

impl Mornings {
    /// Writes the digests that are due; returns when the next are.
    async fn strike(&mut self, house: &House) -> Result<Option<Timestamp>, StoreError> {
        let now = house.clock.now();
        for desk in house.desks.iter().filter(|desk| desk.rules.digest_at.is_some()) {
            let known = self.next.get(desk.id());
            if known.is_some_and(|next| *next > now) {
                continue;
            }
            let unit = desk.clone();
            let work = move |tx: &mut dyn Tx| {
                let greeted = morning::greet(tx, &unit, now)?;
                Ok((greeted, morning::next(tx, &unit, now)?))
            };
            let next = match house.clerk.ask(work).await {
                Ok((greeted, next)) => {
                    if greeted {
                        tracing::info!(desk = %desk.id(), "the agents got their digest of the day");
                        house.clerk.bells.outbox.notify_one();
                    }
                    next
                }
                Err(StoreError::Abandoned(why)) => {
                    tracing::error!(desk = %desk.id(), why, "the digest cannot be written; again in ten minutes");
                    Some(now + SignedDuration::from_mins(10))
                }
                Err(error) => return Err(error),
            };
            // Nobody works for weeks: the calendar may be another one after that.
            let next = next.unwrap_or(now + SignedDuration::from_hours(24));
            self.next.insert(desk.id().clone(), next);
        }
        Ok(self.next.values().min().copied())
    }
}

/// Tells of mails that were set aside. What fails is tried again with the next look.
async fn warn_of_aside(house: &House) {
    let now = house.clock.now();
    for desk in house.desks.iter() {
        let unit = desk.clone();
        match house.clerk.ask(move |tx| aside::warn(tx, &unit, now)).await {
            Ok(false) => {}
            Ok(true) => {
                tracing::info!(desk = %desk.id(), "the operator was told of mails that were set aside");
                house.clerk.bells.outbox.notify_one();
            }
            Err(error) => {
                tracing::error!(desk = %desk.id(), %error, "nobody can be told of mails that were set aside");
            }
        }
    }
}

/// One look: a unit of work for each ticket that is due. Returns whether more may be due at this instant.
pub async fn strike(house: &House, beat: &Beat) -> Result<bool, StoreError> {
    let now = house.clock.now();
    let due = house.clerk.ask(move |tx| tx.due(now, DUE_MAX)).await?;
    let full = due.len() == DUE_MAX;
    let mut moved = false;
    for key in due {
        beat.within(Duration::ZERO);
        match one(house, key.clone()).await {
            Ok(()) => moved = true,
            Err(StoreError::Abandoned(why)) => {
                tracing::error!(desk = %key.desk, ticket.number = key.number, why, "a ticket could not be looked at; again in ten minutes");
                postpone(house, key, now + SignedDuration::from_mins(10)).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(full && moved)
}

/// Looks at a ticket again at `at`, whatever its own wake says.
async fn postpone(house: &House, key: TicketKey, at: Timestamp) -> Result<(), StoreError> {
    let unit = move |tx: &mut dyn Tx| match tx.ticket(&key)? {
        Some(ticket) => tx.save(&ticket, Some(at)),
        None => Ok(()),
    };
    house.clerk.ask(unit).await
}

async fn one(house: &House, key: TicketKey) -> Result<(), StoreError> {
    let now = house.clock.now();
    let Some(desk) = house.desks.get(&key.desk).cloned() else {
        // A desk taken out of the configuration keeps its tickets; they are looked at again tomorrow.
        return postpone(house, key, now + SignedDuration::from_hours(24)).await;
    };
    let read_up_to = house.progress.read_up_to(&house.settings, &key.desk, now);
    let unit = move |tx: &mut dyn Tx| {
        fault_point!("ticket_ticking", StoreError::Abandoned("a planted fault".to_owned()));
        let ticked = tick(tx, &desk, &key, read_up_to, now);
        fault_point!("ticket_ticked");
        ticked
    };
    house.clerk.run(unit).await.map(|_| ())
}
