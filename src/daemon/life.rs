//! The life of a daemon: its tasks are started together, replaced together when the configuration is read again,
//! and awaited together when it ends.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::clerk::Clerk;
use super::clock::Clock;
use super::house::{Desks, House, Progress};
use super::tokens::{self, Tokens};
use super::{control, hooks, http, indexer, intake, lmtp, oracle, outbox, scheduler, telling};
use crate::config::Settings;
use crate::desk::Desk;
use crate::desk::identity::{Identity, identity};
use crate::store::{Store, StoreError};
use crate::words::Catalogue;

/// A running daemon.
pub struct Daemon {
    house: House,
    identity: Identity,
    tasks: JoinSet<()>,
    /// The outbox, and those of earlier houses with letters that are still on the wire; `true`: it was to end.
    outboxes: JoinSet<bool>,
    /// Nothing may go on for long after this.
    end: CancellationToken,
    clerk: JoinHandle<Box<dyn Store>>,
}

/// Why a daemon could not begin, or cannot go on with a new configuration.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the operator's templates cannot be used:\n{0}")]
    Words(String),
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl Daemon {
    /// Starts every task. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The store cannot be used, the operator's templates are faulty, or no thread can be had.
    pub async fn start(settings: Settings, store: Box<dyn Store>, clock: Clock) -> Result<Daemon, Trouble> {
        let words = words(settings.templates_dir.as_deref())?;
        let (clerk, thread) = Clerk::start(store)?;
        let mut random = [0; 48];
        getrandom::fill(&mut random).map_err(|e| std::io::Error::other(e.to_string()))?;
        let identity = clerk.run(move |tx| identity(tx, &random)).await?;
        let progress = Arc::new(Progress::default());
        progress.start(clock.now());
        let tokens = Tokens::new(&settings, &clock, None);
        let house = furnish(settings, words, &identity, clerk, clock, (progress, tokens));
        oracle::call_the_roll(&house).await?;
        let (mut outboxes, end) = (JoinSet::new(), CancellationToken::new());
        let (first, until) = (house.clone(), end.clone());
        outboxes.spawn(async move {
            outbox::reclaim(&first).await;
            carry(first, until).await
        });
        let tasks = begin(&house);
        Ok(Daemon { house, identity, tasks, outboxes, end, clerk: thread })
    }

    /// What its tasks share now.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Goes on with a new configuration, or as before where that cannot be used. Letters on the wire are not cut off:
    /// the outbox of the house before waits for their answers beside the new one.
    ///
    /// # Errors
    /// The operator's templates are faulty; nothing has changed then.
    pub async fn reload(&mut self, settings: Settings) -> Result<(), Trouble> {
        let words = words(settings.templates_dir.as_deref())?;
        self.house.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        let (clerk, clock) = (self.house.clerk.clone(), self.house.clock.clone());
        let tokens = Tokens::new(&settings, &clock, Some(&self.house.tokens));
        let lasting = (self.house.progress.clone(), tokens);
        self.house = furnish(settings, words, &self.identity, clerk, clock, lasting);
        if let Err(error) = oracle::call_the_roll(&self.house).await {
            tracing::error!(%error, "who stands in the new configuration could not be written down");
        }
        self.outboxes.spawn(carry(self.house.clone(), self.end.clone()));
        self.tasks = begin(&self.house);
        Ok(())
    }

    /// Waits until a task ends by itself, which none should.
    pub async fn failed(&mut self) -> String {
        loop {
            let ended = tokio::select! {
                Some(ended) = self.tasks.join_next() => ended,
                Some(ended) = self.outboxes.join_next() => match ended {
                    Ok(true) => continue,
                    other => other.map(drop),
                },
                else => return "no task is left".to_owned(),
            };
            return match ended {
                Err(error) => format!("a task panicked: {error}"),
                Ok(()) => "a task ended though nobody asked it to".to_owned(),
            };
        }
    }

    /// Ends all tasks, each after the work in hand, and gives the store back.
    pub async fn stop(mut self) -> Option<Box<dyn Store>> {
        self.house.stop.cancel();
        self.end.cancel();
        while self.tasks.join_next().await.is_some() {}
        while self.outboxes.join_next().await.is_some() {}
        let Daemon { house, clerk, .. } = self;
        // What the last tasks committed.
        telling::tell(&house);
        drop(house);
        tokio::task::spawn_blocking(move || clerk.join().ok()).await.ok().flatten()
    }
}

fn words(overrides: Option<&Path>) -> Result<Arc<Catalogue>, Trouble> {
    let catalogue = Catalogue::load(overrides).map_err(|problems| {
        Trouble::Words(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })?;
    Ok(Arc::new(catalogue))
}

fn furnish(
    settings: Settings,
    words: Arc<Catalogue>,
    identity: &Identity,
    clerk: Clerk,
    clock: Clock,
    (progress, tokens): (Arc<Progress>, Tokens),
) -> House {
    let desk = |rules: &crate::domain::rules::Rules| {
        Arc::new(Desk::new(rules.clone(), words.clone(), identity.keys.clone(), identity.instance.clone()))
    };
    let desks = Arc::new(Desks::new(settings.desks.iter().map(desk).collect()));
    let (settings, tokens, stop) = (Arc::new(settings), Arc::new(tokens), CancellationToken::new());
    House { clerk, clock, settings, desks, progress, tokens, stop }
}

fn begin(house: &House) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for mailbox in &house.settings.mailboxes {
        let watching = intake::run(house.clone(), mailbox.clone());
        spawn(&mut tasks, async move {
            if let Err(error) = watching.await {
                tracing::error!(%error, "no mail can be taken in any more");
            }
        });
    }
    if let Some(local) = &house.settings.local {
        house.progress.opened(house.clock.now());
        if local.lmtp.is_some() {
            let listening = lmtp::run(house.clone());
            spawn(&mut tasks, async move {
                if let Err(error) = listening.await {
                    tracing::error!(%error, "no mail can be taken in any more");
                }
            });
        }
    }
    spawn(&mut tasks, scheduler::run(house.clone()));
    spawn(&mut tasks, hooks::run(house.clone()));
    spawn(&mut tasks, indexer::run(house.clone()));
    spawn(&mut tasks, oracle::run(house.clone()));
    spawn(&mut tasks, control::run(house.clone()));
    spawn(&mut tasks, telling::run(house.clone()));
    spawn(&mut tasks, http::run(house.clone()));
    spawn(&mut tasks, tokens::run(house.clone()));
    tasks
}

/// Carries letters until the house stops. Answers whether it did.
async fn carry(house: House, end: CancellationToken) -> bool {
    let stop = house.stop.clone();
    outbox::go_on(house, end).await;
    stop.is_cancelled()
}

fn spawn(tasks: &mut JoinSet<()>, task: impl Future<Output = ()> + Send + 'static) {
    tasks.spawn(task);
}
