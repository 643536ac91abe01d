//! The real program, as systemd starts it: ready when it says READY=1 on NOTIFY_SOCKET, ended by SIGTERM.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::child::{Group, Leashed, until};
use super::town::{DESK, Town};

/// Longest time to be ready.
const START_MAX: Duration = Duration::from_secs(20);

/// Longest time to end after SIGTERM: `waits.stop_seconds` and a little.
pub const STOP_MAX: Duration = Duration::from_secs(25);

/// The program with a configuration, a database and a log of its own.
pub struct Daemon {
    /// Its number among the daemons of one directory.
    number: u32,
    dir: std::sync::Arc<TempDir>,
    notify: UnixDatagram,
    running: Option<Leashed>,
    /// Under whom it runs; `None`: as we do.
    user: Option<u32>,
}

impl Daemon {
    /// Writes a configuration for the desk of `town`; `more` is TOML that goes before it (conf.d). Not started yet.
    pub fn prepare(town: &Town, more: &str) -> Daemon {
        let (imap, ca) = (town.dovecot.imaps_port, town.postfix.ca.display());
        let mailbox = format!(
            "[mailbox]\nhost = \"localhost\"\nport = {imap}\nca_file = \"{ca}\"\nuser = \"{DESK}\"\n\
             password_file = \"password\"\nadopt = \"all\"\n[smtp]\n"
        );
        Daemon::prepare_with(town, &mailbox, more)
    }

    /// As [`Daemon::prepare`], without a mailbox: mail is handed over at `lmtp.sock`, which Postfix may use.
    pub fn prepare_local(town: &Town, more: &str) -> Daemon {
        let login = format!("user = \"{DESK}\"\npassword_file = \"password\"\n");
        let local = format!("[local]\nlmtp = \"./lmtp.sock\"\ngroup = \"postfix\"\n[smtp]\n{login}");
        let daemon = Daemon::prepare_with(town, &local, more);
        fs::set_permissions(daemon.dir.path(), fs::Permissions::from_mode(0o711)).unwrap();
        daemon
    }

    /// `way_in` ends within `[smtp]`. A client may write as often as a story wants.
    fn prepare_with(town: &Town, way_in: &str, more: &str) -> Daemon {
        let dir = tempfile::Builder::new().prefix("md").tempdir().unwrap();
        let password = dir.path().join("password");
        fs::write(&password, &town.user(DESK).password).unwrap();
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
        fs::create_dir(dir.path().join("conf.d")).unwrap();
        fs::write(dir.path().join("conf.d/10-story.toml"), more).unwrap();
        let (smtp, ca) = (town.postfix.submissions, town.postfix.ca.display());
        let home = dir.path().display();
        fs::write(
            dir.path().join("maildesk.toml"),
            format!(
                r#"state_dir = "{home}/state"
[log]
filter = "maildesk=debug,info"
{way_in}host = "localhost"
port = {smtp}
ca_file = "{ca}"
ehlo = "desk.example"
[limits]
tickets_per_hour = 0
[waits]
reconnect_first_seconds = 0.1
reconnect_longest_seconds = 1
[desk]
address = "{DESK}"
reply_delay_seconds = 0
languages = ["en", "lt", "lv", "ru", "cs"]
[desk.agents.petr]
name = "Petr Novák"
email = "petr@desk.example"
[desk.agents.alice]
name = "Alice"
email = "alice@desk.example"
"#
            ),
        )
        .unwrap();
        Daemon::in_dir(dir.into(), 1)
    }

    /// From now on all that it has is this user's and group's, and it runs as him; its program lies beside its
    /// configuration, where he can reach it.
    pub fn belongs_to(&mut self, user: u32) {
        fs::copy(Daemon::built(), self.dir.path().join("maildesk")).unwrap();
        let mut all = vec![self.dir.path().to_owned()];
        while let Some(path) = all.pop() {
            std::os::unix::fs::chown(&path, Some(user), Some(user)).unwrap();
            if path.is_dir() {
                all.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        self.user = Some(user);
    }

    /// A second program with the same configuration and database. Not started yet.
    pub fn rival(&self) -> Daemon {
        Daemon::in_dir(self.dir.clone(), self.number + 1)
    }

    fn in_dir(dir: std::sync::Arc<TempDir>, number: u32) -> Daemon {
        let notify = UnixDatagram::bind(dir.path().join(format!("notify{number}"))).unwrap();
        Daemon { number, dir, notify, running: None, user: None }
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it ends instead, or is not ready in 20 s: with its log.
    pub fn start(&mut self) {
        self.launch();
        if let Err(end) = self.says("READY=1", START_MAX) {
            panic!("maildesk is not ready ({end:?}):\n{}", self.log());
        }
    }

    /// Starts it and waits for nothing.
    pub fn launch(&mut self) {
        let mut command = self.program();
        command.arg("run").env("NOTIFY_SOCKET", self.dir.path().join(format!("notify{}", self.number)));
        let log = fs::File::options().create(true).append(true).open(self.log_path()).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.running = Some(Leashed::start(command, Group::Ours));
    }

    /// Waits until it says `word` to systemd; an error tells how it ended instead, or that time ran out.
    pub fn says(&mut self, word: &str, limit: Duration) -> Result<(), Option<ExitStatus>> {
        let begun = Instant::now();
        let running = self.running.as_mut().expect("started before");
        self.notify.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let mut text = [0; 4096];
        while begun.elapsed() < limit {
            match self.notify.recv(&mut text) {
                Ok(count) => {
                    let said = String::from_utf8_lossy(&text[..count]).into_owned();
                    if said.lines().any(|line| line == word) {
                        return Ok(());
                    }
                }
                Err(e)
                    if matches!(
                        e.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) =>
                {
                    if let Some(end) = running.ended() {
                        return Err(Some(end));
                    }
                }
                Err(e) => panic!("the notify socket: {e}"),
            }
        }
        Err(None)
    }

    /// `kill -9`, at once.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
        // What the dead one still had to say must not be taken for its successor's word.
        self.notify.set_nonblocking(true).unwrap();
        while self.notify.recv(&mut [0; 4096]).is_ok() {}
        self.notify.set_nonblocking(false).unwrap();
    }

    /// SIGTERM; answers with how it ended.
    ///
    /// # Panics
    /// When it is still there after `limit`.
    pub fn stop(&mut self, limit: Duration) -> ExitStatus {
        let running = self.running.as_mut().expect("started before");
        running.signal("TERM");
        let end = running.ends_within(limit);
        self.kill();
        end.unwrap_or_else(|| panic!("maildesk did not end in {limit:?}:\n{}", self.log()))
    }

    /// How it ended by itself, within `limit`.
    pub fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.running.as_mut().expect("started before").ends_within(limit)
    }

    /// Is it gone without having been asked?
    pub fn has_ended(&mut self) -> bool {
        self.running.as_mut().expect("started before").ended().is_some()
    }

    /// Sends it a signal (a name without SIG).
    pub fn signal(&self, signal: &str) {
        self.running.as_ref().expect("started before").signal(signal);
    }

    /// Replaces what goes before the configuration (conf.d); it is read at a start or a SIGHUP.
    pub fn configure(&self, more: &str) {
        fs::write(self.dir.path().join("conf.d/10-story.toml"), more).unwrap();
    }

    /// A file beside the configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The most memory it ever had, in bytes.
    pub fn memory_peak(&self) -> u64 {
        self.memory("VmHWM")
    }

    /// A line of its `/proc/PID/status` (proc(5)), in bytes: `VmRSS` is what it has in memory, `RssAnon` what of it is
    /// its own and no file's.
    pub fn memory(&self, line: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let value = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
        let kilobytes = value.unwrap_or_else(|| panic!("no {line}")).trim().trim_end_matches("kB").trim();
        kilobytes.parse::<u64>().unwrap() * 1024
    }

    /// Its process number.
    pub fn id(&self) -> u32 {
        self.running.as_ref().expect("started before").id()
    }

    /// Runs a command of the command line beside it, as the operator does.
    pub fn command(&self, words: &[&str]) -> Output {
        self.program().args(words).output().expect("maildesk")
    }

    /// Runs the small program that only pokes.
    pub fn poke(&self) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk-poke"));
        command.arg(self.dir.path().join("state/control.sock")).output().expect("maildesk-poke")
    }

    fn built() -> String {
        std::env::var("MAILDESK_BINARY").unwrap_or(env!("CARGO_BIN_EXE_maildesk").to_owned())
    }

    fn program(&self) -> Command {
        let mut command = match self.user {
            None => Command::new(Daemon::built()),
            Some(user) => {
                let mut command = Command::new(self.dir.path().join("maildesk"));
                command.uid(user).gid(user).current_dir("/");
                command
            }
        };
        command.arg("--config").arg(self.dir.path().join("maildesk.toml")).env_remove("MAILDESK_SERVERS");
        command
    }

    /// All that it logged, over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Waits for words in the log.
    ///
    /// # Panics
    /// At the end of `limit`.
    pub fn wait_for_log(&self, words: &str, limit: Duration) {
        let came = until(limit, || self.log().contains(words));
        assert!(came.is_some(), "no {words:?} in the log after {limit:?}:\n{}", self.log());
    }

    /// A file of its directory; empty where there is none.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()
    }

    /// Takes the lines with this key out of its configuration.
    pub fn without(&self, key: &str) {
        let path = self.dir.path().join("maildesk.toml");
        let text = fs::read_to_string(&path).unwrap();
        let kept: String =
            text.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
        fs::write(&path, kept).unwrap();
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join(format!("log{}", self.number))
    }

    /// The database, read only: nothing of ours can change what the daemon sees.
    pub fn database(&self) -> Connection {
        let path = self.dir.path().join("state/maildesk.sqlite");
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }

    /// One number from the database.
    pub fn count(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// The first column of each row, as text.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let connection = self.database();
        let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Waits until the database answers `sql` with `count`.
    ///
    /// # Panics
    /// At the end of `limit`: with the last answer and the log.
    pub fn wait_for_count(&self, sql: &str, count: i64, limit: Duration) {
        if until(limit, || self.count(sql) == count).is_none() {
            panic!("{sql} is {}, not {count}, after {limit:?}:\n{}", self.count(sql), self.log());
        }
    }

    /// What SQLite itself finds wrong; empty when all is well.
    pub fn damage(&self) -> Vec<String> {
        let mut found = self.texts("PRAGMA integrity_check");
        found.retain(|text| text != "ok");
        found.extend(self.texts("PRAGMA foreign_key_check"));
        found
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- what maildesk logged\n{}", self.log());
        }
    }
}
