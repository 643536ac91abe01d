//! One life of the daemon, with threads of its own.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;

use maildesk::config::Settings;
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::house::{Desks, House, Progress};
use maildesk::daemon::{indexer, intake, outbox, scheduler};
use maildesk::desk::Desk;
use maildesk::fault::{self, Plan};
use maildesk::mail::keys::{Key, Keys};
use maildesk::store::{SqliteStore, Store};
use maildesk::words::Catalogue;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The built-in words, prepared once for all lives.
static WORDS: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::embedded()));

/// A daemon at work.
pub struct Life {
    pub plan: Arc<Plan>,
    pub progress: Arc<Progress>,
    /// While it lives and has begun.
    pub clerk: Arc<Mutex<Option<Clerk>>>,
    /// All of it is to vanish.
    plug: CancellationToken,
    /// It is to end in its own way.
    stop: CancellationToken,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Life {
    pub fn begin(settings: &Arc<Settings>, clock: &Clock, plan: Plan) -> Life {
        let plan = Arc::new(plan);
        let progress = Arc::new(Progress::default());
        let (plug, stop) = (CancellationToken::new(), CancellationToken::new());
        let (clerk, ended) = (Arc::new(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let born = Born {
            settings: settings.clone(),
            clock: clock.clone(),
            progress: progress.clone(),
            plug: plug.clone(),
            stop: stop.clone(),
            clerk: clerk.clone(),
        };
        let (ours, over) = (plan.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            fault::enter(Some(ours.clone()));
            let _over = Over(over);
            born.lives(ours);
        });
        Life { plan, progress, clerk, plug, stop, ended, thread }
    }

    /// Is it dead, or has it ended by itself?
    pub fn is_over(&self) -> bool {
        self.plan.is_dead() || self.ended.load(Ordering::SeqCst)
    }

    /// Pulls the plug: nothing of it goes on. Answers with the points that it came to.
    pub fn kill(self) -> Arc<Plan> {
        self.plan.die();
        self.plug.cancel();
        self.clerk.lock().unwrap().take();
        self.plan.release();
        // Some of its threads were unwound; that is how they end here.
        let _ = self.thread.join();
        self.plan
    }

    /// The word to stop, and time to follow it. A plan may still strike meanwhile.
    pub fn stop(self) -> Arc<Plan> {
        self.stop.cancel();
        self.clerk.lock().unwrap().take();
        crate::support::child::until(super::story::PATIENCE, || self.is_over()).expect("it stops");
        self.kill()
    }
}

/// Says that a thread has ended, however it did.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// What a life begins with.
struct Born {
    settings: Arc<Settings>,
    clock: Clock,
    progress: Arc<Progress>,
    plug: CancellationToken,
    stop: CancellationToken,
    clerk: Arc<Mutex<Option<Clerk>>>,
}

impl Born {
    fn lives(self, plan: Arc<Plan>) {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().on_thread_start(move || fault::enter(Some(plan.clone())));
        let runtime = runtime.build().expect("a runtime");
        let thread = runtime.block_on(self.works());
        // Tasks that are left are dropped where they stand.
        drop(runtime);
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// Until the plug is pulled, the word to stop was followed, or a task ends by itself.
    async fn works(self) -> Option<JoinHandle<Box<dyn Store>>> {
        let Born { settings, clock, progress, plug, stop, clerk } = self;
        let store = open(&settings.database)?;
        let (handle, thread) = Clerk::start(store).expect("a thread");
        *clerk.lock().unwrap() = Some(handle.clone());
        let keys = Keys::new(Key::new(1, [7; 32]), Vec::new());
        let desks = settings.desks.iter();
        let desks =
            desks.map(|r| Arc::new(Desk::new(r.clone(), WORDS.clone(), keys.clone(), "test".to_owned())));
        let desks = Arc::new(Desks::new(desks.collect()));
        let house = House {
            clerk: handle,
            clock,
            settings,
            desks,
            progress,
            tokens: Arc::default(),
            stop: stop.clone(),
        };
        let mut tasks = JoinSet::new();
        let mailbox = house.settings.mailboxes[0].clone();
        let watching = intake::run(house.clone(), mailbox);
        tasks.spawn(async move { drop(watching.await) });
        tasks.spawn(outbox::run(house.clone()));
        tasks.spawn(scheduler::run(house.clone()));
        tasks.spawn(indexer::run(house));
        tokio::select! {
            biased;
            () = plug.cancelled() => {}
            () = async {
                // One that ends unasked ends them all, as in the daemon.
                tasks.join_next().await;
                while stop.is_cancelled() && tasks.join_next().await.is_some() {}
            } => {}
        }
        // Whoever holds a handle keeps the clerk alive.
        clerk.lock().unwrap().take();
        Some(thread)
    }
}

/// `None`: that failed, as planned.
fn open(path: &Path) -> Option<Box<dyn Store>> {
    Some(Box::new(SqliteStore::open(path).ok()?))
}
