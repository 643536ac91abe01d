//! A desk whose outbox runs against a server of the story's choice, with a clock that moves only when told.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use maildesk::config::{Settings, load};
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::house::{Desks, House, Progress};
use maildesk::daemon::life::Daemon;
use maildesk::daemon::outbox;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::desk::receive::{Arrival, receive};
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::letter::{Attached, MsgId};
use maildesk::domain::ticket::TicketKey;
use maildesk::mail::compose::{Automatic, Draft, compose};
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::parse;
use maildesk::store::{DeliveryFilter, DeliveryRow, DeliveryState, NewLetter, Outcome, SqliteStore, Store};
use maildesk::words::Catalogue;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::liar_smtp::Liar;

pub const DESK: &str = "support@desk.example";

/// A request that opens a ticket: one letter to its writer, one to the agent.
pub const REQUEST: &str = "From: Ona <ona@client.example>\nTo: support@desk.example\nSubject: Printer\n\
                       Message-ID: <1@client.example>\nDate: Mon, 02 Mar 2026 09:10:00 +0200\n\n\
                       The printer on the second floor prints nothing.\n";

/// Long enough for a busy machine; no story waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// 2026-03-02 09:12 in Vilnius.
pub fn monday() -> Timestamp {
    "2026-03-02T07:12:00Z".parse().expect("a timestamp")
}

pub fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

/// The folder of a desk: its configuration and its database. Both outlive the daemon.
pub struct Premises {
    folder: TempDir,
    settings: Settings,
}

impl Premises {
    /// `smtp` and `waits` are the lines of these two tables; the password is `obuolys-7`.
    pub fn new(port: u16, smtp: &str, waits: &str) -> Premises {
        let security = if smtp.contains("security") { "" } else { "security = \"plain\"\n" };
        Premises::of(&format!(
            "[desk]\nname = \"Example support\"\naddress = \"{DESK}\"\n\
             agents = [\"Ona Onaitė <ona@desk.example>\"]\n\
             [smtp]\nhost = \"localhost\"\nport = {port}\n{security}{smtp}\n[waits]\n{waits}\n"
        ))
    }

    /// Two desks, `desk` and `neighbour`, each with a server of its own.
    pub fn with_neighbour(port: u16, neighbours_port: u16) -> Premises {
        let desk = |id: &str, port: u16| {
            format!(
                "[desks.{id}]\ntag = \"[{id}-{{n}}]\"\nname = \"{id}\"\naddress = \"{id}@desk.example\"\n\
                 agents = [\"Ona Onaitė <ona@desk.example>\"]\n\
                 [desks.{id}.smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"plain\"\n"
            )
        };
        Premises::of(&format!("{}{}", desk("desk", port), desk("neighbour", neighbours_port)))
    }

    /// Two desks, `desk` and `neighbour`, that send through one account; `smtp` are the lines of the common table.
    pub fn sharing(port: u16, smtp: &str) -> Premises {
        let desk = |id: &str| {
            format!(
                "[desks.{id}]\ntag = \"[{id}-{{n}}]\"\nname = \"{id}\"\naddress = \"{id}@desk.example\"\n\
                 agents = [\"Ona Onaitė <ona@desk.example>\"]\n"
            )
        };
        let (first, second) = (desk("desk"), desk("neighbour"));
        Premises::of(&format!("{first}{second}[smtp]\nport = {port}\nsecurity = \"plain\"\n{smtp}\n"))
    }

    fn of(tables: &str) -> Premises {
        let folder = tempfile::tempdir().expect("a folder");
        let password = folder.path().join("password");
        std::fs::write(&password, "obuolys-7\n").expect("a file");
        std::fs::set_permissions(&password, PermissionsExt::from_mode(0o600)).expect("our own file");
        let text = format!(
            "state_dir = \"state\"\n[mailbox]\nhost = \"localhost\"\nuser = \"{DESK}\"\n\
             password_file = \"password\"\n{tables}"
        );
        let file = folder.path().join("maildesk.toml");
        std::fs::write(&file, text).expect("a file");
        let settings =
            load(&[file], &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}")).settings;
        Premises { folder, settings }
    }

    /// The desk, not yet at work.
    pub fn open(&self, now: Timestamp) -> Post {
        self.open_on(Box::new(self.store()), now)
    }

    /// The database.
    pub fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.folder.path().join("maildesk.sqlite")).expect("a database")
    }

    /// The same on a store of the story's choice.
    pub fn open_on(&self, store: Box<dyn Store>, now: Timestamp) -> Post {
        let (clerk, thread) = Clerk::start(store).expect("a thread");
        let words = Arc::new(Catalogue::embedded());
        let keys = Keys::new(Key::new(1, [7; 32]), Vec::new());
        let desks = self.settings.desks.iter();
        let desks =
            desks.map(|r| Arc::new(Desk::new(r.clone(), words.clone(), keys.clone(), "test".to_owned())));
        let house = House {
            clerk,
            clock: Clock::stepped(now),
            settings: Arc::new(self.settings.clone()),
            desks: Arc::new(Desks::new(desks.collect())),
            progress: Arc::new(Progress::default()),
            tokens: Arc::default(),
            stop: CancellationToken::new(),
        };
        Post { house, thread, task: None }
    }

    /// What its configuration says.
    pub fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// The whole daemon at work; its mailbox is not there.
    pub async fn daemon(&self, now: Timestamp) -> Daemon {
        Daemon::start(self.settings(), Box::new(self.store()), Clock::stepped(now)).await.expect("it starts")
    }

    /// The desk at work.
    pub fn start(&self, now: Timestamp) -> Post {
        let mut post = self.open(now);
        post.start();
        post
    }
}

/// A desk with its outbox.
pub struct Post {
    pub house: House,
    thread: thread::JoinHandle<Box<dyn Store>>,
    task: Option<JoinHandle<()>>,
}

impl Post {
    pub fn start(&mut self) {
        self.task = Some(tokio::spawn(outbox::run(self.house.clone())));
    }

    pub fn desk(&self) -> Arc<Desk> {
        self.house.desks.iter().next().expect("one desk").clone()
    }

    /// Puts letters into the outbox, all in one commit.
    pub async fn put(&self, letters: Vec<NewLetter>) {
        let put = move |tx: &mut dyn maildesk::store::Tx| {
            letters.iter().try_for_each(|letter| tx.enqueue(letter).map(|_| ()))
        };
        self.house.clerk.run(put).await.expect("a commit");
    }

    /// Takes a mail in, as the intake does.
    pub async fn receive(&self, raw: &str) -> TicketKey {
        let raw = raw.replace('\n', "\r\n").into_bytes();
        let (desk, now) = (self.desk(), self.house.clock.now());
        let mail = parse::parse(&raw, &parse::Limits::default());
        let arrival = Arrival { digest: digest(&desk, mail, now, now, &[]), raw: raw.into(), place: None };
        let taken =
            self.house.clerk.run(move |tx| receive(tx, &desk, &arrival, now)).await.expect("a commit");
        match taken {
            Outcome::Applied { ticket, .. } => ticket,
            other => panic!("no ticket: {other:?}"),
        }
    }

    /// All deliveries, oldest first.
    pub async fn deliveries(&self) -> Vec<DeliveryRow> {
        let all = self.house.clerk.ask(|tx| tx.deliveries(&DeliveryFilter::default())).await;
        all.expect("the store answers").into_iter().rev().collect()
    }

    /// State and counted attempts of each delivery, oldest first.
    pub async fn stand(&self) -> Vec<(&'static str, u32)> {
        self.deliveries().await.iter().map(|d| (d.state.word(), d.attempts)).collect()
    }

    /// Waits until the deliveries are as wanted, and gives them.
    pub async fn until(&self, wanted: impl Fn(&[DeliveryRow]) -> bool) -> Vec<DeliveryRow> {
        let waiting = async {
            loop {
                let all = self.deliveries().await;
                if wanted(&all) {
                    return all;
                }
                // The outbox has no bell for onlookers.
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(all) => all,
            Err(_) => panic!("the deliveries never came to be as wanted: {:#?}", self.deliveries().await),
        }
    }

    /// Waits until every delivery is in one of these states.
    pub async fn until_all(&self, states: &[&str]) -> Vec<DeliveryRow> {
        self.until(|all| all.iter().all(|d| states.contains(&d.state.word()))).await
    }

    /// Waits until nothing is left to be sent. Asks for no more than that, so that thousands do not weigh.
    pub async fn until_empty(&self) {
        let states = DeliveryState::ALL.into_iter().filter(|state| !state.is_final()).collect();
        let open = DeliveryFilter { states, limit: 1, ..DeliveryFilter::default() };
        let waiting = async {
            loop {
                let open = open.clone();
                let left = self.house.clerk.ask(move |tx| tx.deliveries(&open)).await;
                if left.expect("the store answers").is_empty() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("everything leaves");
    }

    /// Waits until nothing is on the wire and nothing is due: each delivery is done, or waits for a later time.
    pub async fn until_rest(&self) -> Vec<DeliveryRow> {
        let now = self.house.clock.now();
        let rests = |row: &DeliveryRow| match row.state {
            DeliveryState::Queued | DeliveryState::Attempting => false,
            state => state.is_final() || row.next_at.is_some_and(|at| at > now),
        };
        self.until(|all| all.iter().all(rests)).await
    }

    /// Waits until something was tried since `before`: connections of the server, and how deliveries stood.
    pub async fn until_moved(&self, before: &(usize, Vec<(&'static str, u32)>), liar: &Liar) {
        let moved = async {
            while (liar.connections(), self.stand().await) == *before {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, moved).await.expect("what is due is tried");
    }

    /// Moves the clock to when the next delivery is due.
    pub async fn to_next(&self) -> Timestamp {
        let next = self.house.clerk.ask(|tx| tx.next_delivery()).await.expect("the store answers");
        let next = next.expect("something is to be sent");
        self.house.clock.advance_to(next);
        next
    }

    pub fn advance(&self, by: SignedDuration) {
        self.house.clock.advance_to(self.house.clock.now() + by);
    }

    /// Stops the outbox and waits for it.
    pub async fn rest(&mut self) {
        self.house.stop.cancel();
        if let Some(task) = self.task.take() {
            tokio::time::timeout(PATIENCE, task).await.expect("the outbox stops").expect("no panic");
        }
    }

    /// Stops, and holds the database against the promises.
    pub async fn close(mut self) {
        self.rest().await;
        let Post { house, thread, .. } = self;
        drop(house);
        let store = tokio::task::spawn_blocking(move || thread.join()).await.expect("a thread");
        let faults = store.expect("no panic").check().expect("the store answers");
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

/// A letter to one or several; nobody typed it. `name` makes it unique.
pub fn letter(name: &str, to: &[&str]) -> NewLetter {
    letter_with(name, to, Vec::new())
}

/// The same with attachments.
pub fn letter_with(name: &str, to: &[&str], attachments: Vec<Attached>) -> NewLetter {
    let people = to.iter().map(|to| Mailbox { name: String::new(), address: address(to) });
    let draft = Draft {
        from: Mailbox { name: "Example support".to_owned(), address: address(DESK) },
        to: people.collect(),
        cc: Vec::new(),
        reply_to: None,
        subject: format!("[#7] {name}"),
        message_id: MsgId::parse(&format!("{name}@desk.example")).expect("an id"),
        in_reply_to: None,
        references: Vec::new(),
        date: monday().to_zoned(jiff::tz::TimeZone::UTC),
        automatic: Some(Automatic::Replied),
        instance: "test".to_owned(),
        led_by: Vec::new(),
        text: format!("This is {name}.\n.\nLabas, Jāni!\n"),
        html: None,
        attachments,
    };
    NewLetter {
        letter: compose(&draft),
        desk: "desk".into(),
        ticket: None,
        purpose: "reply".to_owned(),
        automatic: false,
        pressing: false,
        cause: name.to_owned(),
        created_at: monday(),
        envelope_from: Some(address(DESK)),
        recipients: to.iter().map(|to| address(to)).collect(),
        not_before: monday(),
    }
}

/// The Message-ID of a mail.
pub fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let line = text.lines().find_map(|line| line.strip_prefix("Message-ID: "));
    line.expect("a Message-ID").trim_matches(['<', '>']).to_owned()
}
