//! Mail that a mail server on this machine hands over by LMTP: what is said to it, and what is in the store then.

mod protocol;
mod reading;
mod trouble;

use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use maildesk::config::{Listen, load};
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::house::{Desks, House, Progress};
use maildesk::daemon::lmtp;
use maildesk::desk::Desk;
use maildesk::domain::ticket::Ticket;
use maildesk::mail::keys::{Key, Keys};
use maildesk::store::{
    Fault, MailFilter, Result, Sighting, SqliteStore, Store, StoreError, TicketFilter, UnitOfWork,
};
use maildesk::words::Catalogue;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for anything.
const SOON: Duration = Duration::from_secs(20);

static WORDS: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(Catalogue::embedded()));

const DESKS: &str = r#"
[smtp]
host = "localhost"
port = 2525
security = "plain"
auth = "none"
[desks.help]
tag = "[H-{n}]"
address = "help@desk.example"
agents = ["Petr <petr@desk.example>"]
[desks.sales]
tag = "[S-{n}]"
address = "sales@desk.example"
agents = ["Alice <alice@desk.example>"]
limits = { mail = "20 kB", attachment = "20 kB" }
[pace]
disk_free_min = 1
"#;

/// What the store answers instead of doing its work, and whether it does it all the same.
type Mood = Arc<Mutex<Option<(StoreError, bool)>>>;

/// A store that is in trouble for as long as the story wants.
struct Moody {
    inner: SqliteStore,
    mood: Mood,
}

impl Store for Moody {
    fn unit(&mut self, work: UnitOfWork<'_>) -> Result<()> {
        self.inner.unit(work)
    }

    fn batch(&mut self, works: &mut [UnitOfWork<'_>]) -> Vec<Result<()>> {
        let Some((error, kept)) = self.mood.lock().unwrap().clone() else { return self.inner.batch(works) };
        if kept {
            self.inner.batch(works);
        }
        works.iter().map(|_| Err(error.clone())).collect()
    }

    fn check(&mut self) -> Result<Vec<Fault>> {
        self.inner.check()
    }

    fn backup(&mut self, target: &Path) -> Result<()> {
        self.inner.backup(target)
    }
}

/// Two desks without a mailbox, and whoever listens for them.
struct Ground {
    dir: TempDir,
    house: House,
    mood: Mood,
    listening: JoinHandle<Result<()>>,
}

impl Ground {
    /// With more keys for `[local]`; it listens when this returns.
    async fn new(local: &str) -> Ground {
        let dir = tempfile::Builder::new().prefix("md").tempdir().unwrap();
        let path = dir.path().join("maildesk.toml");
        std::fs::create_dir(dir.path().join("state")).unwrap();
        let listen = if local.contains("lmtp =") { "" } else { "lmtp = \"./lmtp.sock\"" };
        std::fs::write(&path, format!("state_dir = \"state\"\n[local]\n{listen}\n{local}\n{DESKS}")).unwrap();
        let settings = load(&[path], &Default::default()).unwrap_or_else(|p| panic!("{p}")).settings;
        let mood = Mood::default();
        let store = Moody { inner: SqliteStore::open(&settings.database).unwrap(), mood: mood.clone() };
        let keys = Keys::new(Key::new(1, [7; 32]), Vec::new());
        let desk = |rules: &maildesk::domain::rules::Rules| {
            Arc::new(Desk::new(rules.clone(), WORDS.clone(), keys.clone(), "test".to_owned()))
        };
        let house = House {
            clerk: Clerk::start(Box::new(store)).unwrap().0,
            clock: Clock::stepped("2026-03-02T07:12:00Z".parse().unwrap()),
            desks: Arc::new(Desks::new(settings.desks.iter().map(desk).collect())),
            settings: Arc::new(settings),
            progress: Arc::new(Progress::default()),
            tokens: Arc::default(),
            stop: CancellationToken::new(),
        };
        let listening = tokio::spawn(lmtp::run(house.clone()));
        let ground = Ground { dir, house, mood, listening };
        until("it listens", || async { ground.connect().await.is_ok() }).await;
        ground
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Duplex>> {
        match self.house.settings.local.as_ref().unwrap().lmtp.as_ref().unwrap() {
            Listen::Socket(path) => Ok(Box::new(UnixStream::connect(path).await?)),
            Listen::Loopback(at) => Ok(Box::new(TcpStream::connect(at).await?)),
        }
    }

    /// A mail server that has said LHLO.
    async fn server(&self) -> Server {
        let mut server = self.stranger().await;
        assert!(server.hear().await.starts_with("220 "));
        assert!(server.say("LHLO mx.desk.example").await.starts_with("250-"));
        server
    }

    /// A connection on which nothing has been said.
    async fn stranger(&self) -> Server {
        Server { stream: self.connect().await.unwrap(), heard: Vec::new() }
    }

    fn feels(&self, mood: Option<(StoreError, bool)>) {
        *self.mood.lock().unwrap() = mood;
    }

    async fn tickets(&self) -> Vec<Ticket> {
        self.house.clerk.run(|tx| tx.tickets(&TicketFilter::default())).await.unwrap()
    }

    async fn sightings(&self) -> Vec<Sighting> {
        let mut all = self.house.clerk.run(|tx| tx.sightings(&MailFilter::default())).await.unwrap();
        all.sort_by_key(|seen| seen.place.uid);
        all
    }

    /// Words for the outcomes of all that was handed over, in its order.
    async fn outcomes(&self) -> Vec<&'static str> {
        self.sightings().await.iter().map(|seen| seen.outcome.word()).collect()
    }

    /// What must hold of any store, holds of this one. Then it stops.
    async fn ends_sound(self) {
        let faults = self.house.clerk.whole(|store| store.check()).await.unwrap();
        assert_eq!(faults, []);
        self.house.stop.cancel();
        let ended = tokio::time::timeout(SOON, self.listening).await.expect("it stops").unwrap();
        assert_eq!(ended, Ok(()));
        assert!(!self.dir.path().join("lmtp.sock").exists(), "the socket is gone");
    }
}

trait Duplex: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin {}
impl<S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin> Duplex for S {}

/// A mail server, word by word.
struct Server {
    stream: Box<dyn Duplex>,
    heard: Vec<u8>,
}

impl Server {
    async fn put(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// One reply, all its lines; empty when the other side has closed.
    async fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8(self.heard.drain(..=end).collect()).unwrap();
                assert!(line.ends_with("\r\n"), "{line:?}");
                reply.push_str(&line);
                if line.as_bytes().get(3) != Some(&b'-') {
                    return reply.trim_end().to_owned();
                }
            }
            let read = tokio::time::timeout(SOON, self.stream.read_buf(&mut self.heard)).await;
            if !read.expect("it answers").is_ok_and(|bytes| bytes > 0) {
                return reply;
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        self.put(format!("{line}\r\n").as_bytes()).await;
        self.hear().await
    }

    /// MAIL, RCPT for each recipient, DATA, the mail; the replies to each RCPT and after the mail.
    async fn hand_over(&mut self, from: &str, to: &[&str], mail: &str) -> (Vec<String>, Vec<String>) {
        assert!(self.say(&format!("MAIL FROM:<{from}>")).await.starts_with("250 "));
        let mut accepted = Vec::new();
        for recipient in to {
            accepted.push(self.say(&format!("RCPT TO:<{recipient}>")).await);
        }
        assert!(self.say("DATA").await.starts_with("354 "));
        self.put(format!("{}\r\n.\r\n", mail.replace("\r\n.", "\r\n..")).as_bytes()).await;
        let mut words = Vec::new();
        for _ in accepted.iter().filter(|reply| reply.starts_with("250 ")) {
            words.push(self.hear().await);
        }
        (accepted, words)
    }

    /// One mail to one recipient: the word after it.
    async fn gives(&mut self, to: &str, mail: &str) -> String {
        self.hand_over("ona@client.example", &[to], mail).await.1.remove(0)
    }
}

/// A mail of Ona's with a Message-ID of its own.
fn mail(subject: &str) -> String {
    let id = subject.replace(' ', ".");
    format!(
        "Received: from a by mx.desk.example; Mon, 02 Mar 2026 08:30:00 +0200\r\n\
         From: Ona <ona@client.example>\r\nTo: help@desk.example\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@client.example>\r\nDate: Mon, 02 Mar 2026 08:29:00 +0200\r\n\r\n\
         The printer on the second floor does not print: {subject}."
    )
}

/// Asks again and again until the answer is yes.
async fn until<F: Future<Output = bool>>(what: &str, mut asked: impl FnMut() -> F) {
    let answered = async {
        while !asked().await {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    };
    tokio::time::timeout(SOON, answered).await.unwrap_or_else(|_| panic!("not in {SOON:?}: {what}"));
}
