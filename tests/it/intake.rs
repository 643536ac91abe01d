//! The watcher of a mailbox: everything in it comes into the store once, whatever the server, the mails and the
//! program itself do.

mod filing;
mod lies;
mod poison;
mod reading;
mod trouble;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use maildesk::config::Settings;
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::house::{Desks, House, MailboxProgress, Progress};
use maildesk::daemon::intake::Intake;
use maildesk::desk::Desk;
use maildesk::domain::ticket::Ticket;
use maildesk::mail::keys::{Key, Keys};
use maildesk::sandbox::{Sandbox, SandboxConfig};
use maildesk::store::{MailFilter, Outcome, Sighting, SqliteStore, Store, StoreError, TicketFilter};
use maildesk::words::Catalogue;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::liar_imap::PASSWORD;

pub const DESK: &str = "support@desk.example";
const ONA: &str = "ona@client.example";
/// The built-in words, prepared once for all stories.
static WORDS: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::embedded()));

/// Longest wait for anything.
pub const SOON: Duration = Duration::from_secs(20);

/// A store with its clerk and the operator's file, without servers.
pub struct Ground {
    dir: TempDir,
    house: House,
}

/// A watcher at work.
pub struct Watching {
    house: House,
    task: JoinHandle<Result<(), StoreError>>,
}

/// A configuration of one mailbox on this port, with more keys for the mailbox and more sections.
pub fn file(port: u16, mailbox: &str, more: &str) -> String {
    let mut text = "state_dir = \"state\"\n[mailboxes.main]\n".to_owned();
    write!(
        text,
        "host = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nuser = \"{DESK}\"\n\
         password_env = \"PW\"\n{mailbox}\n{DESK_AND_WAITS}{more}"
    )
    .unwrap();
    text
}

const DESK_AND_WAITS: &str = "
[smtp]
host = \"127.0.0.1\"
port = 2525
security = \"plain\"
[desk]
address = \"support@desk.example\"
[desk.agents.olga]
name = \"Olga Petrova\"
email = \"olga@desk.example\"
[waits]
greeting_seconds = 2
login_seconds = 5
imap_quiet_seconds = 5
idle_answer_seconds = 5
logout_seconds = 0.2
reconnect_first_seconds = 0.02
reconnect_longest_seconds = 0.1
tick_seconds = 0.05
";

impl Ground {
    pub fn new(text: &str) -> Ground {
        Ground::with(text, Clock::system(), |settings| {
            Box::new(SqliteStore::open(&settings.database).unwrap())
        })
    }

    fn with(text: &str, clock: Clock, store: impl FnOnce(&Settings) -> Box<dyn Store>) -> Ground {
        Ground::make(text, PASSWORD, clock, store)
    }

    fn with_password(text: &str, password: &str) -> Ground {
        Ground::make(text, password, Clock::system(), |settings| {
            Box::new(SqliteStore::open(&settings.database).unwrap())
        })
    }

    fn make(
        text: &str,
        password: &str,
        clock: Clock,
        store: impl FnOnce(&Settings) -> Box<dyn Store>,
    ) -> Ground {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("state")).unwrap();
        let path = dir.path().join("maildesk.toml");
        std::fs::write(&path, text).unwrap();
        let env = BTreeMap::from([("PW".to_owned(), password.to_owned())]);
        let settings = maildesk::config::load(&[path], &env).unwrap_or_else(|p| panic!("{p}")).settings;
        let (clerk, _) = Clerk::start(store(&settings)).unwrap();
        let words = WORDS.clone();
        let keys = Keys::new(Key::new(1, [7; 32]), Vec::new());
        let desk = |rules: &maildesk::domain::rules::Rules| {
            Arc::new(Desk::new(rules.clone(), words.clone(), keys.clone(), "test".to_owned()))
        };
        let desks = Arc::new(Desks::new(settings.desks.iter().map(desk).collect()));
        let progress = Arc::new(Progress::default());
        let stop = CancellationToken::new();
        let settings = Arc::new(settings);
        let house = House { clerk, clock, settings, desks, progress, tokens: Arc::default(), stop };
        Ground { dir, house }
    }

    /// The program starts: the same store, nothing else kept.
    pub fn start(&self) -> Watching {
        self.start_named("main", |intake| intake)
    }

    fn start_named(&self, mailbox: &str, change: impl FnOnce(Intake) -> Intake) -> Watching {
        let progress = Arc::new(Progress::default());
        let house = House { progress, stop: CancellationToken::new(), ..self.house.clone() };
        self.watch(house, mailbox, change)
    }

    fn watch(&self, house: House, mailbox: &str, change: impl FnOnce(Intake) -> Intake) -> Watching {
        let settings = house.settings.mailboxes.iter().find(|m| m.name == mailbox).unwrap().clone();
        let intake = change(Intake::new(house.clone(), settings));
        Watching { house, task: tokio::spawn(intake.run()) }
    }

    async fn tickets(&self) -> Vec<Ticket> {
        let mut all = self.house.clerk.run(|tx| tx.tickets(&TicketFilter::default())).await.unwrap();
        all.reverse();
        all
    }

    pub async fn subjects(&self) -> Vec<String> {
        self.tickets().await.into_iter().map(|ticket| ticket.subject).collect()
    }

    pub async fn sightings(&self) -> Vec<Sighting> {
        let mut all = self.house.clerk.run(|tx| tx.sightings(&MailFilter::default())).await.unwrap();
        all.sort_by_key(|seen| (seen.place.validity, seen.place.uid));
        all
    }

    /// UIDs with the words for their outcomes.
    async fn outcomes(&self) -> Vec<(u32, &'static str)> {
        self.sightings().await.iter().map(|seen| (seen.place.uid, seen.outcome.word())).collect()
    }

    async fn cursor(&self) -> Option<u32> {
        self.house.clerk.run(|tx| tx.cursor("main")).await.unwrap().map(|cursor| cursor.uid)
    }

    /// What must hold of any store, holds of this one.
    pub async fn check(&self) {
        let faults = self.house.clerk.whole(|store| store.check()).await.unwrap();
        assert_eq!(faults, []);
    }
}

impl Watching {
    fn progress(&self, mailbox: &str) -> MailboxProgress {
        self.house.progress.all().remove(mailbox).unwrap_or_default()
    }

    /// Waits until the mailbox is as wanted.
    async fn until(&self, what: &str, wanted: impl Fn(&MailboxProgress) -> bool) {
        until(what, || {
            let reached = wanted(&self.progress("main"));
            async move { reached }
        })
        .await;
    }

    /// Waits until everything that has come by now is in the store.
    pub async fn read_up(&self) {
        let now = self.house.clock.now();
        self.house.progress.poke();
        self.until("everything is read", |p| p.read_up_to.is_some_and(|at| at >= now)).await;
    }

    pub async fn stop(self) {
        self.house.stop.cancel();
        tokio::time::timeout(SOON, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// The program dies.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// Asks again and again until the answer is yes.
pub async fn until<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let answered = async {
        while !asked().await {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    };
    tokio::time::timeout(SOON, answered).await.unwrap_or_else(|_| panic!("not in {SOON:?}: {what}"));
}

/// A mail of Ona's with a Message-ID of its own.
pub fn mail(subject: &str) -> Vec<u8> {
    let id = subject.replace(' ', ".");
    format!(
        "From: Ona <{ONA}>\r\nTo: {DESK}\r\nSubject: {subject}\r\nMessage-ID: <{id}@client.example>\r\n\
         Date: Mon, 02 Mar 2026 09:12:00 +0200\r\n\r\nThe printer on the second floor does not print: {subject}.\r\n"
    )
    .into_bytes()
}

/// An honest server whose clock can be set, for the desk alone.
pub async fn sandbox(port: u16, clock: &Arc<Mutex<Timestamp>>) -> Sandbox {
    let clock = clock.clone();
    let mut config = SandboxConfig::new([(DESK, PASSWORD)], Arc::new(move || *clock.lock().unwrap()));
    config.imap_port = port;
    Sandbox::start(config).await.unwrap()
}

/// An instant at which servers' clocks stand.
pub fn monday() -> Arc<Mutex<Timestamp>> {
    Arc::new(Mutex::new("2026-03-02T07:12:00Z".parse().unwrap()))
}

/// The reason of an outcome that has no ticket.
fn reason(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Quarantined { reason } | Outcome::Skipped { reason } | Outcome::Withdrawn { reason } => {
            reason
        }
        other => panic!("{other:?}"),
    }
}
