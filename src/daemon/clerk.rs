//! The store's thread: it owns the one connection that writes, and runs units of work one after another.
//!
//! Units that wait together share one commit. Tasks hold a [`Clerk`] and await the answer; a caller that gives up
//! waiting changes nothing, for answers are information, not permission.

mod standing;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};

pub use standing::Standing;

use self::standing::Slot;
use super::pulse::{Beat, Pulse};
use super::telling::{Figures, News};
use crate::store::{Result, Store, StoreError, Tx, UnitOfWork};

/// Once so many units share a commit, or so many bytes of mail, no others join it.
const BATCH_UNITS_MAX: usize = 64;
const BATCH_BYTES_MAX: usize = 8_000_000;
/// Units that may wait; whoever comes then waits at the door.
const WAITING_MAX: usize = 256;
/// What needs the whole store may take so long: a check reads every page of it.
const WHOLE_MAX: Duration = Duration::from_secs(3600);

type Work = Box<dyn FnMut(&mut dyn Tx) -> Result<()> + Send>;

struct Job {
    work: Work,
    bytes: usize,
    /// Others are to look again once it is committed.
    rings: bool,
    done: oneshot::Sender<Result<()>>,
}

type Inspection = Box<dyn FnOnce(&mut dyn Store) + Send>;

enum Order {
    /// They share a commit.
    Units(Vec<Job>),
    /// Something that needs the whole store: a backup, a check.
    Whole(Inspection),
}

/// Rung after every commit that may have made something due; whoever sleeps until something is due asks again.
#[derive(Debug, Default)]
pub struct Bells {
    pub outbox: Notify,
    pub scheduler: Notify,
    pub hooks: Notify,
    pub indexer: Notify,
}

impl Bells {
    fn ring(&self) {
        self.outbox.notify_one();
        self.scheduler.notify_one();
        self.hooks.notify_one();
        self.indexer.notify_one();
    }
}

/// A connection that reads what is committed.
type Reader = Arc<Mutex<Box<dyn Store>>>;

/// A handle to the store's thread.
#[derive(Clone)]
pub struct Clerk {
    /// Goes before the writer does, so that the writer closes the database alone and leaves one whole file.
    reader: Option<Reader>,
    orders: mpsc::Sender<Order>,
    standing: Arc<Slot>,
    pub bells: Arc<Bells>,
    /// What was committed and is to be told.
    pub news: Arc<News>,
    pub figures: Arc<Figures>,
    /// What is heard of the store's thread and of all loops that use it.
    pub pulse: Arc<Pulse>,
}

impl Clerk {
    /// Starts the thread. It ends when the last handle is dropped, and gives the store back.
    pub fn start(store: Box<dyn Store>) -> std::io::Result<(Clerk, JoinHandle<Box<dyn Store>>)> {
        let reader = store.reader().unwrap_or_else(|error| {
            tracing::warn!(%error, "the database cannot be opened a second time; what is read waits for commits");
            None
        });
        let reader = reader.map(|store| Arc::new(Mutex::new(store)));
        let (orders, inbox) = mpsc::channel(WAITING_MAX);
        let bells = Arc::new(Bells::default());
        let (news, figures) = (Arc::new(News::default()), Arc::new(Figures::default()));
        let pulse = Arc::new(Pulse::default());
        let beat = pulse.beat("store");
        let standing = Arc::new(Slot::default());
        let around = Around {
            standing: standing.clone(),
            bells: bells.clone(),
            news: news.clone(),
            figures: figures.clone(),
            beat,
        };
        let thread = std::thread::Builder::new().name("clerk".to_owned());
        let thread = thread.spawn(with_our_faults!(move || serve(store, inbox, &around)))?;
        Ok((Clerk { reader, orders, standing, bells, news, figures, pulse }, thread))
    }

    /// Runs one unit of work and awaits its commit.
    ///
    /// # Errors
    /// Those of the work and of the commit; a panic of the work is [`StoreError::Abandoned`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run_weighing(0, work).await
    }

    /// The same for work that writes `bytes` of mail, so that commits stay small.
    pub async fn run_weighing<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(bytes, work).await?.await
    }

    /// The same without ringing a bell: for work that makes nothing due sooner. Whoever asks what is due asks this
    /// way, or the bell of his own question would make him ask again without end.
    pub async fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.line_up(0, false, work).await?.await
    }

    /// Puts work in line and returns once it stands there; the future inside gives its result after the commit.
    /// Units of one task run in the order in which they were put in line.
    ///
    /// # Errors
    /// The outer one: the store's thread has ended. The inner ones are those of [`Clerk::run`].
    pub async fn submit<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<impl Future<Output = Result<T>> + Send + 'static> {
        self.line_up(bytes, true, work).await
    }

    /// Puts units in line that share one commit, each with the bytes of mail that it writes; a future each gives its
    /// result after the commit.
    ///
    /// # Errors
    /// As for [`Clerk::submit`].
    pub async fn submit_together<T: Send + 'static, W>(
        &self,
        works: Vec<(usize, W)>,
    ) -> Result<Vec<impl Future<Output = Result<T>> + Send + 'static + use<T, W>>>
    where
        W: FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    {
        let (jobs, answers): (Vec<Job>, Vec<_>) =
            works.into_iter().map(|(bytes, work)| job(bytes, true, work)).unzip();
        self.orders.send(Order::Units(jobs)).await.map_err(|_| gone())?;
        Ok(answers)
    }

    /// Leaves a unit that is run at the end of the next commit after which the bells are rung, and is part of it: who would
    /// ask what has become due as soon as he hears the bell knows it by then, for one commit less. It rings none itself.
    /// What stood by before is not run any more.
    pub fn stand_by<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Standing<T> {
        let (job, answer) = job(0, false, work);
        Standing { number: self.standing.put(job), slot: self.standing.clone(), answer: Box::pin(answer) }
    }

    async fn line_up<T: Send + 'static>(
        &self,
        bytes: usize,
        rings: bool,
        work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<impl Future<Output = Result<T>> + Send + 'static> {
        let (job, answer) = job(bytes, rings, work);
        self.orders.send(Order::Units(vec![job])).await.map_err(|_| gone())?;
        Ok(answer)
    }

    /// Asks what is committed without waiting for the commits under way. Blocks this thread, so it is for those that run
    /// beside the async tasks of `runtime`.
    ///
    /// # Errors
    /// Those of the work; it may not write.
    pub fn read<T: Send + 'static>(
        &self,
        runtime: &Handle,
        mut work: impl FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Some(reader) = &self.reader else { return runtime.block_on(self.ask(work)) };
        let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        reader.unit(&mut |tx| {
            found = Some(work(tx)?);
            Ok(())
        })?;
        found.ok_or_else(gone)
    }

    /// Has the store's thread ended, so that no answer will come any more?
    pub fn has_ended(&self) -> bool {
        self.orders.is_closed()
    }

    /// Runs something that needs the whole store, between two commits.
    pub async fn whole<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Store) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (done, answer) = oneshot::channel();
        let order = Order::Whole(Box::new(move |store| {
            let _ = done.send(work(store));
        }));
        self.orders.send(order).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// One unit for the line, and its result after the commit.
fn job<T: Send + 'static, W>(
    bytes: usize,
    rings: bool,
    mut work: W,
) -> (Job, impl Future<Output = Result<T>> + Send + 'static + use<T, W>)
where
    W: FnMut(&mut dyn Tx) -> Result<T> + Send + 'static,
{
    let result = Arc::new(Mutex::new(None));
    let filled = result.clone();
    let work: Work = Box::new(move |tx| {
        let value = catch_unwind(AssertUnwindSafe(|| work(tx))).unwrap_or_else(|_| Err(panicked()))?;
        *filled.lock().map_err(|_| panicked())? = Some(value);
        Ok(())
    });
    let (done, answer) = oneshot::channel();
    let answer = async move {
        answer.await.map_err(|_| gone())??;
        let value = result.lock().map_err(|_| panicked())?.take();
        value.ok_or_else(gone)
    };
    (Job { work, bytes, rings, done }, answer)
}

fn gone() -> StoreError {
    StoreError::Unreachable("the store's thread has ended".to_owned())
}

fn panicked() -> StoreError {
    StoreError::Abandoned("the decision panicked; see the log".to_owned())
}

/// What the store's thread tells others.
struct Around {
    standing: Arc<Slot>,
    bells: Arc<Bells>,
    news: Arc<News>,
    figures: Arc<Figures>,
    beat: Beat,
}

fn serve(mut store: Box<dyn Store>, mut inbox: mpsc::Receiver<Order>, around: &Around) -> Box<dyn Store> {
    let beat = &around.beat;
    let mut next = inbox.blocking_recv();
    while let Some(order) = next.take() {
        match order {
            Order::Whole(work) => {
                around.figures.begins();
                beat.within(WHOLE_MAX);
                work(store.as_mut());
                around.figures.ends(0, None);
            }
            Order::Units(mut jobs) => {
                beat.within(Duration::ZERO);
                next = gather(&mut inbox, &mut jobs);
                if jobs.iter().any(|job| job.rings) {
                    jobs.extend(around.standing.take());
                }
                commit(store.as_mut(), jobs, around);
            }
        }
        if next.is_none() {
            beat.idle();
            next = inbox.blocking_recv();
        }
    }
    store
}

/// Takes what waits already, without waiting for more; returns an order that belongs behind it.
fn gather(inbox: &mut mpsc::Receiver<Order>, jobs: &mut Vec<Job>) -> Option<Order> {
    let mut bytes: usize = jobs.iter().map(|job| job.bytes).sum();
    while jobs.len() < BATCH_UNITS_MAX && bytes < BATCH_BYTES_MAX {
        match inbox.try_recv() {
            Ok(Order::Units(more)) => {
                bytes += more.iter().map(|job| job.bytes).sum::<usize>();
                jobs.extend(more);
            }
            Ok(whole) => return Some(whole),
            Err(_) => break,
        }
    }
    None
}

fn commit(store: &mut dyn Store, mut jobs: Vec<Job>, around: &Around) {
    around.figures.begins();
    let mut works: Vec<UnitOfWork<'_>> = Vec::with_capacity(jobs.len());
    for job in &mut jobs {
        works.push(job.work.as_mut());
    }
    fault_point!("before_commit");
    let results = store.batch(&mut works);
    fault_point!("after_commit");
    drop(works);
    let trouble = results.iter().filter_map(|result| result.as_ref().err()).find(|e| e.ends_the_batch());
    around.figures.ends(results.len(), trouble.map(ToString::to_string));
    around.news.add(store.facts());
    // Rung before the answers are given: the outbox takes a new letter in the next commit, and whoever wrote it may
    // have something less urgent to write by then.
    if jobs.iter().any(|job| job.rings) {
        around.bells.ring();
    }
    for (job, result) in jobs.into_iter().zip(results) {
        let _ = job.done.send(result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SqliteStore;

    #[tokio::test]
    async fn what_stands_by_is_part_of_the_next_change_and_of_no_question() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let (clerk, _thread) = Clerk::start(Box::new(store)).expect("a thread");
        let stand_by = || clerk.stand_by(|tx| tx.value("x"));
        let first = stand_by();
        clerk.ask(|tx| tx.value("x")).await.expect("an answer");
        assert!(first.withdraw().await.is_none(), "nothing was changed");
        let (left, second) = (stand_by(), stand_by());
        clerk.run(|tx| tx.set_value("x", b"y")).await.expect("a commit");
        assert_eq!(second.withdraw().await, Some(Ok(Some(b"y".to_vec()))), "it sees the change");
        assert!(matches!(left.withdraw().await, Some(Err(_))), "the second took its place");
        let third = stand_by();
        let failed = clerk.run(|_| Err::<(), _>(StoreError::Abandoned("no".to_owned()))).await;
        assert!(failed.is_err());
        assert_eq!(third.withdraw().await, Some(Ok(Some(b"y".to_vec()))), "another's failure is not its own");
    }

    #[tokio::test]
    async fn a_change_rings_and_a_question_does_not() {
        let store = SqliteStore::open_in_memory().expect("a store");
        let (clerk, _thread) = Clerk::start(Box::new(store)).expect("a thread");
        clerk.ask(|tx| tx.next_delivery()).await.expect("an answer");
        let rung = tokio::time::timeout(Duration::ZERO, clerk.bells.outbox.notified()).await;
        assert!(rung.is_err(), "whoever asks when something is due would ask for ever");
        clerk.run(|tx| tx.set_value("x", b"y")).await.expect("a commit");
        for bell in [&clerk.bells.outbox, &clerk.bells.scheduler] {
            tokio::time::timeout(Duration::from_secs(20), bell.notified()).await.expect("a bell");
        }
    }
}
