//! A mail server in this process, and the real program that reads from it and sends through it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mail_parser::MessageParser;
use maildesk::daemon::clock::Clock;
use maildesk::sandbox::{Sandbox, SandboxConfig};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::support::child::{Group, Leashed, until};

pub const DESK: &str = "support@desk.example";
pub const ONA: &str = "ona@client.example";

/// Long enough for a busy machine; no story waits for so long unless it fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The mail server. It lives as long as the runtime that it was started on.
pub struct Town {
    pub sandbox: Sandbox,
}

impl Town {
    pub async fn start() -> Town {
        let accounts = [(DESK, "obuolys"), ("petr@desk.example", "x"), (ONA, "x")];
        let clock = Clock::system();
        let config = SandboxConfig::new(accounts, Arc::new(move || clock.now()));
        Town { sandbox: Sandbox::start(config).await.expect("a free port") }
    }

    /// Ona writes; `n` stands in subject and Message-ID.
    pub fn ona_writes(&self, n: u32) {
        let mail = format!(
            "From: Ona <{ONA}>\r\nTo: {DESK}\r\nSubject: Matter {n}\r\nMessage-ID: <{n}@client.example>\r\n\
             Date: Mon, 02 Mar 2026 09:00:00 +0200\r\n\r\nIt is about {n}.\r\n"
        );
        self.sandbox.deliver(DESK, mail.as_bytes()).expect("delivered");
    }

    /// What Ona was answered: the request's Message-ID and the subject of each letter in her mailbox.
    pub fn answers(&self) -> Vec<(String, String)> {
        let mailbox = self.sandbox.mailbox(ONA).expect("an account");
        let read = |bytes: &[u8]| {
            let mail = MessageParser::default().parse(bytes).expect("a mail");
            let to = mail.in_reply_to().as_text().unwrap_or_default().to_owned();
            (to, mail.subject().unwrap_or_default().to_owned())
        };
        mailbox.messages().iter().map(|message| read(&message.bytes)).collect()
    }

    pub fn waits_for_answers(&self, count: usize, program: &Program) {
        let came = until(PATIENCE, || self.answers().len() >= count);
        assert!(came.is_some(), "{} answers, not {count}:\n{}", self.answers().len(), program.log());
    }
}

/// The program with a configuration, a database and a log of its own.
pub struct Program {
    dir: TempDir,
    running: Option<Leashed>,
}

impl Program {
    /// `mailbox` are lines of the mailbox's table, `more` further tables.
    pub fn prepare(town: &Town, mailbox: &str, more: &str) -> Program {
        let dir = tempfile::Builder::new().prefix("md").tempdir().expect("a folder");
        let (imap, smtp) = (town.sandbox.imap_addr().port(), town.sandbox.smtp_addr().port());
        let text = format!(
            "state_dir = \"state\"\n[mailbox]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\n\
             user = \"{DESK}\"\npassword = \"obuolys\"\n{mailbox}\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\n\
             [limits]\ntickets_per_hour = 0\nanswers_per_hour = 100000\nanswers_per_day = 100000\n\
             [desk]\naddress = \"{DESK}\"\nreply_delay_seconds = 0\nagents = [\"Petr Novák <petr@desk.example>\"]\n{more}\n"
        );
        let file = dir.path().join("maildesk.toml");
        fs::write(&file, text).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        Program { dir, running: None }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
        command.env_remove("MAILDESK_CONFIG").arg("--config").arg(self.path("maildesk.toml"));
        command
    }

    /// Starts it and waits until it listens to the operator.
    pub fn start(&mut self) {
        let mut command = self.command();
        let log = fs::File::options().create(true).append(true).open(self.path("log")).expect("a log");
        command.arg("run").stdout(Stdio::null()).stderr(log);
        self.running = Some(Leashed::start(command, Group::Ours));
        let up = until(PATIENCE, || self.says(&["status"]).1.contains(", process "));
        assert!(up.is_some(), "it does not come up:\n{}", self.log());
    }

    /// A signal by its name without SIG.
    pub fn signal(&self, signal: &str) {
        self.running.as_ref().expect("it runs").signal(signal);
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    /// SIGTERM; its exit code.
    pub fn stop(&mut self) -> Option<i32> {
        let mut running = self.running.take().expect("it runs");
        running.signal("TERM");
        running.ends_within(PATIENCE).and_then(|end| end.code())
    }

    /// A command of the operator's: exit code and what was said.
    pub fn says(&self, words: &[&str]) -> (i32, String) {
        let output = self.command().args(words).output().expect("maildesk");
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.code().expect("no signal"), said.into_owned())
    }

    #[track_caller]
    pub fn does(&self, words: &[&str]) -> String {
        let (code, said) = self.says(words);
        assert_eq!(code, 0, "{words:?}: {said}");
        said
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    pub fn waits_for_status(&self, words: &str) {
        let told = until(PATIENCE, || self.says(&["status"]).1.contains(words));
        assert!(told.is_some(), "status never says {words:?}: {}\n{}", self.says(&["status"]).1, self.log());
    }

    pub fn count(&self, sql: &str) -> i64 {
        let path = self.path("state/maildesk.sqlite");
        let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
        conn.busy_timeout(PATIENCE).expect("set");
        conn.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    #[track_caller]
    pub fn waits_for(&self, sql: &str, count: i64) {
        let came = until(PATIENCE, || self.count(sql) == count);
        assert!(came.is_some(), "{sql} is {}, not {count}:\n{}", self.count(sql), self.log());
    }
}
