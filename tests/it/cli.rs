//! The command line, run as operators run it: the built program on a folder of its own.

mod beside_daemon;
mod books;
mod checking;
mod explaining;
mod exporting;
mod failing;
mod help;
mod init;
mod letters;
mod mails;
mod receiving;
mod replaying;
mod searching;
mod sheets;
mod telling;
mod tickets;
mod tokens;

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use jiff::Timestamp;
use maildesk::config::{Settings, load};
use maildesk::daemon::house::Desks;
use maildesk::desk::Desk;
use maildesk::desk::identity::identity;
use maildesk::desk::receive::{Arrival, receive};
use maildesk::mail::parse::{Limits, parse};
use maildesk::store::{Outcome, Place, SqliteStore, Store, StoreError, Tx};
use maildesk::words::Catalogue;
use serde_json::Value;

const DESK: &str = r#"
[desk]
address = "support@desk.example"
name = "Example support"
tag = "[KL-{n}]"
first_number = 3107
time_zone = "Europe/Vilnius"
reply_delay_seconds = 0
[desk.agents.petr]
name = "Petr Novák"
email = "petr@desk.example"
[desk.agents.alice]
name = "Alice"
email = "alice@desk.example"
"#;

const NOBODY: &str = r#"
[mailbox]
host = "127.0.0.1"
port = 9
security = "plain"
user = "support@desk.example"
password = "obuolys"
"#;

/// A folder with a configuration; everything else is made by the program.
pub struct Folder {
    dir: tempfile::TempDir,
}

/// What a run of the program came to.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Run {
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    #[track_caller]
    pub fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("one JSON document")
    }

    /// Exit code and what was answered.
    #[track_caller]
    pub fn told(self) -> (i32, String) {
        (self.code, self.out)
    }

    /// Exit code and what was said about it.
    pub fn failed(self) -> (i32, String) {
        (self.code, self.err)
    }
}

impl Folder {
    pub fn new() -> Folder {
        Folder::with(&format!("{DESK}{NOBODY}"))
    }

    pub fn with(config: &str) -> Folder {
        let dir = tempfile::Builder::new().prefix("md").tempdir().expect("a folder");
        let place = Folder { dir };
        fs::write(place.config(), format!("state_dir = \"state\"\n{config}")).expect("a file");
        fs::set_permissions(place.config(), fs::Permissions::from_mode(0o600)).expect("its mode");
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.path("maildesk.toml")
    }

    pub fn run(&self, words: &[&str]) -> Run {
        self.run_with(words, "")
    }

    fn run_with(&self, words: &[&str], input: &str) -> Run {
        self.run_in(program(), words, input)
    }

    /// With a program that looks for others here first.
    fn run_beside(&self, programs: &str, words: &[&str]) -> Run {
        let mut command = program();
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.path(programs).display()));
        self.run_in(command, words, "")
    }

    fn run_in(&self, mut command: Command, words: &[&str], input: &str) -> Run {
        command.arg("--config").arg(self.config()).args(words);
        finish(command, input)
    }

    pub fn json(&self, words: &[&str]) -> Value {
        let mut all = words.to_vec();
        all.push("--json");
        self.run(&all).json()
    }

    pub fn settings(&self) -> Settings {
        load(&[self.config()], &std::collections::BTreeMap::new()).expect("it is sound").settings
    }

    /// The database as a daemon has it open; none may run beside.
    pub fn store(&self) -> Box<dyn Store> {
        let settings = self.settings();
        fs::create_dir_all(&settings.state_dir).expect("the state directory");
        fs::set_permissions(&settings.state_dir, fs::Permissions::from_mode(0o700)).expect("its mode");
        Box::new(SqliteStore::open(&settings.database).expect("a database"))
    }

    /// Mails as the daemon takes them in, `uid` after `uid`.
    pub fn receive(&self, uid: u32, mail: &str, at: &str) -> Outcome {
        let at: Timestamp = at.parse().expect("an instant");
        self.decide(uid, mail, at, at)
    }

    /// A mail that came at that time and is decided on now.
    #[allow(clippy::disallowed_methods, reason = "after a restore that the program has just made")]
    pub fn decide_late(&self, uid: u32, mail: &str, at: &str) -> Outcome {
        self.decide(uid, mail, at.parse().expect("an instant"), Timestamp::now())
    }

    fn decide(&self, uid: u32, mail: &str, arrived: Timestamp, now: Timestamp) -> Outcome {
        let mut store = self.store();
        let settings = self.settings();
        store
            .run(|tx| {
                let desks = desks(&settings, tx)?;
                let desk = desks.iter().next().expect("a desk");
                let raw = mail.replace('\n', "\r\n").into_bytes();
                let read = parse(&raw, &Limits::default());
                let digest = maildesk::desk::digest::digest(desk, read, arrived, now, &[]);
                let place = Some(Place { mailbox: "mailbox".to_owned(), validity: 7, uid });
                receive(tx, desk, &Arrival { digest, raw: raw.into(), place }, now)
            })
            .expect("it is taken in")
    }
}

/// The desks of a configuration with the keys of a database.
fn desks(settings: &Settings, tx: &mut dyn Tx) -> Result<Desks, StoreError> {
    let identity = identity(tx, &[7; 48])?;
    let words = Arc::new(Catalogue::embedded());
    let desk = |rules: &maildesk::domain::rules::Rules| {
        Arc::new(Desk::new(rules.clone(), words.clone(), identity.keys.clone(), identity.instance.clone()))
    };
    Ok(Desks::new(settings.desks.iter().map(desk).collect()))
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
    command.env_remove("MAILDESK_CONFIG").env("COLUMNS", "100");
    command
}

fn finish(mut command: Command, input: &str) -> Run {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("maildesk");
    // A command that does not read it has closed its end.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("its end");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

fn exists(path: &Path) -> bool {
    path.try_exists().expect("it can be looked at")
}
