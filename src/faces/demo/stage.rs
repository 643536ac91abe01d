//! What the story is played on: the sandbox, the real daemon in front of it, and a clock that moves when told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned};

use super::calendar::{Week, ZONE};
use super::cast::{PASSWORD, Role};
use super::pen::{self, Written};
use super::script;
use super::story::Story;
use crate::config::{self, Problems};
use crate::daemon::clock::Clock;
use crate::daemon::life;
use crate::daemon::lock::Lock;
use crate::daemon::run::{self, RunError};
use crate::domain::thread::Entry;
use crate::domain::ticket::{Number, Ticket, TicketKey};
use crate::sandbox::{Deliveries, Delivery, Sandbox, SandboxConfig};
use crate::store::{DeliveryFilter, DeliveryState, MailFilter, Outcome, StoreError, Tx};

/// Longest wait until all that follows from one mail has happened.
const SCENE_MAX: Duration = Duration::from_secs(15);
/// Between two looks at the store while something is under way.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// Loopback ports; 0 takes a free one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    pub imap: u16,
    pub smtp: u16,
}

/// Why the story cannot be played at all.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("{0}")]
    System(#[from] std::io::Error),
    #[error("its own configuration cannot be used:\n{0}")]
    Config(#[from] Problems),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Daemon(#[from] life::Trouble),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Stuck(String),
}

/// Sandbox, daemon and clock.
pub struct Stage {
    pub sandbox: Sandbox,
    pub week: Week,
    daemon: life::Daemon,
    clock: Clock,
    log: Deliveries,
    _lock: Lock,
}

/// What a letter is, as the outbox knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The template's name.
    pub purpose: String,
    pub ticket: Option<Number>,
}

impl Stage {
    /// Starts sandbox and daemon in `dir`, with the clock at the beginning of the latest whole week before `now`.
    ///
    /// # Errors
    /// A port is taken, a file cannot be written, or the daemon cannot begin.
    pub async fn set(dir: &Path, ports: Ports, story: &Story, now: Timestamp) -> Result<Stage, Trouble> {
        let zone = jiff::tz::TimeZone::get(ZONE).map_err(std::io::Error::other)?;
        let week = Week::before(now, zone);
        let first = story.acts.first().and_then(|act| act.scenes.first());
        let clock = Clock::stepped(first.map_or(now, |scene| week.instant(scene.at)));
        let of_sandbox = clock.clone();
        let accounts = Role::ALL.map(|role| (role.address(), PASSWORD));
        let mut config = SandboxConfig::new(accounts, Arc::new(move || of_sandbox.now()));
        (config.imap_port, config.smtp_port) = (ports.imap, ports.smtp);
        let sandbox = Sandbox::start(config).await?;
        script::write_all(dir, &week, sandbox.imap_addr(), sandbox.smtp_addr())?;
        let settings = config::load(&[script::config_path(dir)], &BTreeMap::new())?.settings;
        let lock = run::prepare(&settings.state_dir)?;
        let store = run::open_store(&settings).await?;
        let daemon = life::Daemon::start(settings, store, clock.clone()).await?;
        let log = sandbox.deliveries_from_start();
        Ok(Stage { sandbox, week, daemon, clock, log, _lock: lock })
    }

    /// The time on the desk's clocks.
    pub fn now(&self) -> Zoned {
        self.clock.now().to_zoned(self.week.zone.clone())
    }

    /// From now on it is what the world's clocks say.
    pub fn release(&self) {
        self.clock.release();
        self.daemon.house().progress.poke();
    }

    /// Hands a mail in as its writer would.
    ///
    /// # Errors
    /// The sandbox refuses it.
    pub async fn hand_in(&self, mail: &Written) -> Result<(), Trouble> {
        Ok(pen::hand_in(mail, self.sandbox.smtp_addr().port()).await?)
    }

    /// All that was delivered since the last call.
    pub fn delivered(&mut self) -> Vec<Arc<Delivery>> {
        let mut all = Vec::new();
        while let Some(delivery) = self.log.try_next() {
            all.push(delivery);
        }
        all
    }

    /// The next delivery, waited for; `None` when the sandbox has ended.
    pub async fn next_delivery(&mut self) -> Option<Arc<Delivery>> {
        self.log.next().await
    }

    /// The barrier: waits until every mail is read and decided, nothing is due and every letter has gone.
    ///
    /// # Errors
    /// It does not come to rest in time: with what is still under way.
    pub async fn comes_to_rest(&self) -> Result<(), Trouble> {
        self.until(None).await
    }

    /// Moves the clock to `at`, stopping wherever time makes something happen, and lets that happen.
    ///
    /// # Errors
    /// As [`Stage::comes_to_rest`].
    pub async fn passes_until(&self, at: Timestamp) -> Result<(), Trouble> {
        loop {
            self.comes_to_rest().await?;
            let house = self.daemon.house();
            let (wake, delivery) = house.clerk.ask(|tx| Ok((tx.next_wake()?, tx.next_delivery()?))).await?;
            let next = [wake, delivery].into_iter().flatten().min().filter(|next| *next < at);
            let next = next.unwrap_or(at);
            self.clock.advance_to(next);
            // Silence closes only a mailbox that was read up to now.
            self.daemon.house().progress.poke();
            self.until(Some(next)).await?;
            if next == at {
                return Ok(());
            }
        }
    }

    async fn until(&self, read_up_to: Option<Timestamp>) -> Result<(), Trouble> {
        let begun = Instant::now();
        while let Some(waits) = self.busy(read_up_to).await? {
            if begun.elapsed() > SCENE_MAX {
                return Err(Trouble::Stuck(format!("after {SCENE_MAX:?} {waits}")));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// What is still under way, if anything.
    async fn busy(&self, read_up_to: Option<Timestamp>) -> Result<Option<String>, Trouble> {
        let inbox = self.sandbox.mailbox(Role::Desk.address());
        let newest = inbox.and_then(|inbox| inbox.messages().last().map(|m| m.uid)).unwrap_or(0);
        let house = self.daemon.house();
        let (desk, mailbox) = (&house.settings.desks[0].desk, &house.settings.mailboxes[0].name);
        if let Some(at) = read_up_to
            && house
                .progress
                .read_up_to(&house.settings, desk, house.clock.now())
                .is_none_or(|read| read < at)
        {
            return Ok(Some("the mailbox is not read up to now".to_owned()));
        }
        let (now, mailbox) = (self.clock.now(), mailbox.clone());
        Ok(house.clerk.ask(move |tx| at_rest(tx, &mailbox, newest, now)).await?)
    }

    /// What the outbox knows of the letter with this Message-ID.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn known(&self, message_id: &str) -> Result<Option<Known>, Trouble> {
        let id = message_id.to_owned();
        let row = self.daemon.house().clerk.ask(move |tx| tx.letter_by_message_id(&id)).await?;
        let known = row.map(|row| Known {
            purpose: row.letter.purpose,
            ticket: row.letter.ticket.map(|key| key.number),
        });
        Ok(known)
    }

    /// A ticket with the newest line of its history.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn ticket(&self, number: Number) -> Result<Option<(Ticket, Option<Entry>)>, Trouble> {
        let house = self.daemon.house();
        let key = TicketKey::new(&house.settings.desks[0].desk, number);
        let look = move |tx: &mut dyn Tx| {
            let Some(ticket) = tx.ticket(&key)? else { return Ok(None) };
            Ok(Some((ticket, tx.entries(&key)?.pop())))
        };
        Ok(house.clerk.ask(look).await?)
    }

    /// What the ledger says of the newest mail with this Message-ID.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn outcome(&self, message_id: &str) -> Result<Option<Outcome>, Trouble> {
        let id = message_id.to_owned();
        let mails = self.daemon.house().clerk.ask(move |tx| tx.mails_by_message_id(&id)).await?;
        Ok(mails.into_iter().next().map(|mail| mail.mail.outcome))
    }

    /// Ends the daemon, then the sandbox.
    pub async fn strike(self) {
        self.daemon.stop().await;
        self.sandbox.stop().await;
    }
}

/// What keeps the desk from resting at `now`, in words; `None`: every mail up to `newest` is decided, nothing is
/// due and nothing can be sent.
fn at_rest(
    tx: &mut dyn Tx,
    mailbox: &str,
    newest: u32,
    now: Timestamp,
) -> crate::store::Result<Option<String>> {
    let read = tx.cursor(mailbox)?.map_or(0, |cursor| cursor.uid);
    if read < newest {
        return Ok(Some(format!("mail {newest} is not read (the mailbox is read up to {read})")));
    }
    let undecided =
        MailFilter { outcome: Some(Outcome::Stored.word().to_owned()), limit: 1, ..MailFilter::default() };
    if !tx.mails(&undecided)?.is_empty() {
        return Ok(Some("a mail is not decided".to_owned()));
    }
    if !tx.due(now, 1)?.is_empty() {
        return Ok(Some("a ticket is due".to_owned()));
    }
    let open = DeliveryState::ALL.into_iter().filter(|state| !state.is_final()).collect();
    let open = tx.deliveries(&DeliveryFilter { states: open, ..DeliveryFilter::default() })?;
    let going = |row: &&crate::store::DeliveryRow| {
        row.state == DeliveryState::Attempting || row.next_at.is_none_or(|at| at <= now)
    };
    let letters = open.iter().filter(going).count();
    Ok((letters > 0).then(|| format!("letters that have not gone: {letters}")))
}
