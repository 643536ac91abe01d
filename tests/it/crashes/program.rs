//! The real program, aborted at each point in turn.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use maildesk::daemon::clock::Clock;
use maildesk::fault::POINTS;
use maildesk::sandbox::{Sandbox, SandboxConfig};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::story::{DESK, PATIENCE};
use crate::support::child::{Group, Leashed, until};

const PASSWORD: &str = "obuolys-7";
const ONA: &str = "ona@client.example";
const AGENT: &str = "olga@desk.example";
/// SIGABRT.
const ABORTED: i32 = 6;

/// A folder with a configuration, and servers that stay.
struct Premises {
    dir: TempDir,
    sandbox: Sandbox,
}

impl Premises {
    async fn new() -> Premises {
        let accounts = [(DESK, PASSWORD), (ONA, "x"), (AGENT, "x")];
        let clock = Clock::system();
        let sandbox =
            Sandbox::start(SandboxConfig::new(accounts, Arc::new(move || clock.now()))).await.unwrap();
        let dir = tempfile::Builder::new().prefix("faults").tempdir().unwrap();
        let (imap, smtp) = (sandbox.imap_addr().port(), sandbox.smtp_addr().port());
        let text = format!(
            "state_dir = \"state\"\n[mailbox]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\n\
             user = \"{DESK}\"\npassword = \"{PASSWORD}\"\nadopt = \"all\"\nafter = \"move to Done\"\n\
             [local]\nlmtp = \"./lmtp.sock\"\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\nuser = \"{DESK}\"\n\
             password = \"{PASSWORD}\"\n\
             [desk]\naddress = \"{DESK}\"\nagents = [\"Olga Petrova <{AGENT}>\"]\n\
             [waits]\nreconnect_first_seconds = 0.05\nreconnect_longest_seconds = 0.2\n"
        );
        let file = dir.path().join("maildesk.toml");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        Premises { dir, sandbox }
    }

    fn program(&self, words: &[&str], fault: Option<&str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
        command.arg("--config").arg(self.dir.path().join("maildesk.toml")).args(words);
        let log = File::options().create(true).append(true).open(self.dir.path().join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        command.env_remove("MAILDESK_FAULT");
        if let Some(fault) = fault {
            command.env("MAILDESK_FAULT", fault);
        }
        command
    }

    fn runs(&self, fault: Option<&str>) -> Leashed {
        Leashed::start(self.program(&["run"], fault), Group::Ours)
    }

    /// Runs without a fault, and is up: before that a signal would end it as any program.
    fn goes_on(&self) -> Leashed {
        let begun = || self.log().matches("maildesk is running").count();
        let before = begun();
        let running = self.runs(None);
        assert!(until(PATIENCE, || begun() > before).is_some(), "it does not go on\n{}", self.log());
        running
    }

    /// Runs with the fault until it has died of it.
    fn dies(&self, fault: &str) {
        let mut running = self.runs(Some(fault));
        let ended = running.ends_within(PATIENCE);
        let signal = ended.and_then(|status| status.signal());
        assert_eq!(signal, Some(ABORTED), "{fault}: it ended by {ended:?}\n{}", self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn database(&self) -> Option<Connection> {
        let path = self.dir.path().join("state/maildesk.sqlite");
        let base = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        base.busy_timeout(Duration::from_secs(5)).ok()?;
        Some(base)
    }

    /// One number from the database; `None` while it is not there or not ready.
    fn count(&self, sql: &str) -> Option<i64> {
        self.database()?.query_row(sql, [], |row| row.get(0)).ok()
    }

    fn comes_to(&self, sql: &str, wanted: i64) {
        let came = until(PATIENCE, || self.count(sql) == Some(wanted));
        assert!(came.is_some(), "{sql} is {:?}, not {wanted}\n{}", self.count(sql), self.log());
    }

    fn deliver(&self, subject: &str) {
        let mail = format!(
            "From: {ONA}\r\nTo: {DESK}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@client.example>\r\n\
             Date: Mon, 02 Mar 2026 09:12:00 +0200\r\n\r\nNothing works at the {subject}.\r\n"
        );
        self.sandbox.deliver(DESK, mail.as_bytes()).unwrap();
    }

    fn sound(&self) {
        let doctor = self.program(&["doctor"], None).status().unwrap();
        assert!(doctor.success(), "{}", self.log());
    }
}

/// Points on the way of a mail and its letters.
fn on_the_way() -> impl Iterator<Item = &'static str> {
    let elsewhere = ["before_word_to_sender", "in_backup", "ticket_ticking", "ticket_ticked"];
    POINTS.iter().copied().filter(move |point| !elsewhere.contains(point))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_aborted_at_any_point_goes_on_and_nothing_is_lost_or_doubled() {
    let points: Vec<&str> = on_the_way().collect();
    assert!(points.len() > 15);
    for two in points.chunks(4) {
        futures_util::future::join_all(two.iter().map(|point| aborted_at(point))).await;
    }
}

async fn aborted_at(point: &'static str) {
    let premises = Premises::new().await;
    premises.deliver("printer");
    premises.deliver("lamp");
    let told = tokio::task::spawn_blocking(move || {
        premises.dies(point);
        let mut running = premises.goes_on();
        premises.comes_to("SELECT count(*) FROM tickets", 2);
        premises.comes_to("SELECT count(*) FROM deliveries", 4);
        premises.comes_to("SELECT count(*) FROM deliveries WHERE open = 1", 0);
        let inbox = premises.sandbox.mailbox(DESK).unwrap();
        let moved = until(PATIENCE, || inbox.messages_in("Done").len() == 2 && inbox.messages().is_empty());
        assert!(moved.is_some(), "{point}: {:?}\n{}", inbox.messages().len(), premises.log());
        assert!(running.stop(PATIENCE).is_some_and(|status| status.success()), "{}", premises.log());
        premises.comes_to("SELECT count(*) FROM mails WHERE outcome = 'applied'", 2);
        let uncertain = premises.count("SELECT sum(uncertain) FROM deliveries").unwrap();
        let came: usize =
            [ONA, AGENT].map(|who| premises.sandbox.mailbox(who).unwrap().messages().len()).iter().sum();
        assert!((4..=4 + usize::try_from(uncertain).unwrap()).contains(&came), "{point}: {came} letters");
        premises.sound();
        (premises, came, uncertain)
    });
    let (premises, came, uncertain) = told.await.unwrap();
    eprintln!("{point}: {came} letters, {uncertain} times uncertain");
    premises.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_decision_kills_the_program_twice_is_set_aside_the_third_time() {
    let premises = Premises::new().await;
    premises.deliver("bad");
    let premises = tokio::task::spawn_blocking(move || {
        premises.dies("mail_decided");
        premises.dies("mail_deciding");
        assert_eq!(premises.count("SELECT count(*) FROM mails"), Some(0), "nothing of it was committed");
        // The same fault again: nobody comes to it.
        let mut running = premises.runs(Some("mail_deciding"));
        premises.comes_to("SELECT count(*) FROM mails WHERE outcome = 'quarantined'", 1);
        assert!(running.stop(PATIENCE).is_some_and(|status| status.success()), "{}", premises.log());
        let why =
            "SELECT count(*) FROM sightings WHERE doc LIKE '%deciding on it stopped the program 2 times%'";
        assert_eq!(premises.count(why), Some(1));
        premises.deliver("good");
        let mut running = premises.goes_on();
        premises.comes_to("SELECT count(*) FROM tickets", 1);
        assert!(running.stop(PATIENCE).is_some_and(|status| status.success()), "{}", premises.log());
        premises.sound();
        premises
    });
    premises.await.unwrap().sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_handed_over_to_a_program_that_dies_before_its_word_is_taken_once() {
    let premises = Premises::new().await;
    let premises = tokio::task::spawn_blocking(move || {
        for fault in ["before_word_to_sender", "mail_decided", "before_word_to_sender"] {
            let mut running = premises.runs(Some(fault));
            let word = hands_over(premises.dir.path());
            assert_eq!(word, "", "{fault}: it died without a word");
            assert!(running.ends_within(PATIENCE).is_some_and(|status| status.signal() == Some(ABORTED)));
        }
        let mut running = premises.goes_on();
        let word = hands_over(premises.dir.path());
        assert!(word.starts_with("250 "), "{word:?}");
        premises.comes_to("SELECT count(*) FROM tickets", 1);
        premises.comes_to("SELECT count(*) FROM letters WHERE purpose = 'ack'", 1);
        assert!(running.stop(PATIENCE).is_some_and(|status| status.success()), "{}", premises.log());
        premises.sound();
        premises
    });
    premises.await.unwrap().sandbox.stop().await;
}

/// Hands a mail over by LMTP; answers with the last reply, empty where the other side was gone before it.
fn hands_over(dir: &Path) -> String {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    let mut stream = None;
    until(PATIENCE, || {
        stream = UnixStream::connect(dir.join("lmtp.sock")).ok();
        stream.is_some()
    });
    let mut out = stream.expect("somebody listens");
    out.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut lines = BufReader::new(out.try_clone().unwrap()).lines();
    let mut reply = || loop {
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line;
        }
    };
    reply();
    let mut last = String::new();
    let mail =
        format!("From: {ONA}\r\nSubject: door\r\nMessage-ID: <door@client.example>\r\n\r\nIt is open.\r\n.");
    for line in [
        "LHLO mx.example",
        &format!("MAIL FROM:<{ONA}>"),
        &format!("RCPT TO:<{DESK}>"),
        "DATA",
        mail.as_str(),
    ] {
        if out.write_all(format!("{line}\r\n").as_bytes()).is_err() {
            return String::new();
        }
        last = reply();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_cut_off_leaves_nothing_that_looks_like_one() {
    let premises = Premises::new().await;
    premises.deliver("printer");
    let premises = tokio::task::spawn_blocking(move || {
        let mut running = premises.runs(None);
        premises.comes_to("SELECT count(*) FROM tickets", 1);
        running.stop(PATIENCE);
        let target = premises.dir.path().join("copy.sqlite");
        let words = ["backup", target.to_str().unwrap()];
        let cut = premises.program(&words, Some("in_backup")).status().unwrap();
        assert_eq!(cut.signal(), Some(ABORTED), "{}", premises.log());
        assert!(!target.exists(), "half a copy has not the name of a whole one");
        assert!(premises.program(&words, None).status().unwrap().success(), "{}", premises.log());
        let copy = Connection::open_with_flags(&target, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let tickets: i64 = copy.query_row("SELECT count(*) FROM tickets", [], |row| row.get(0)).unwrap();
        assert_eq!(tickets, 1);
        premises.sound();
        premises
    });
    premises.await.unwrap().sandbox.stop().await;
}
