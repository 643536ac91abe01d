//! What an operator sees of a desk at work, and what nobody must see.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use data_encoding::BASE64;
use serde_json::Value;

use crate::desk::{OPEN, PATIENCE, ends_sound, has_decided, letter};
use crate::support::child::until;
use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::town::{DESK, Town};

/// Stands in no text of ours.
const CANARY: &str = "rhododendron";

/// A port that nobody has.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn page(port: u16, path: &str) -> String {
    // A reload closes the window and opens it again.
    until(PATIENCE, || TcpStream::connect(("127.0.0.1", port)).is_ok());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// A conversation with a secret word on both sides: request, answer, contradiction, solution.
fn conversation(town: &Town, daemon: &Daemon) {
    let [ona, petr] = ["ona@client.example", "petr@desk.example"].map(|who| town.person(who));
    ona.writes(DESK, &format!("Lamp {CANARY}"), &format!("The secret word is {CANARY}."));
    letter(daemon, &ona, "ack", 0);
    let told = letter(daemon, &petr, "agent_new", 0);
    petr.replies(&told, &format!("Water your {CANARY}.\n\n#resolve"));
    let resolved = letter(daemon, &ona, "resolved", 0);
    ona.replies(&resolved, &format!("No, the {CANARY} is dry."));
    letter(daemon, &petr, "agent_update", 0);
    has_decided(daemon, 3);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
}

/// None of these stands in `text`, in the clear or as a login carries it.
fn holds_no_secret(what: &str, text: &str, password: &str) {
    let plain = BASE64.encode(format!("\0{DESK}\0{password}").as_bytes());
    let word = BASE64.encode(password.as_bytes());
    for secret in [password, "slaptas", &plain, &word, &plain[..plain.len() - 4]] {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} holds the password: {line:?}");
    }
}

#[test]
fn gate_25_neither_password_nor_mail_is_in_any_log_at_any_level() {
    let Some(town) = Town::start() else { return };
    let port = free_port();
    let more = format!(
        "[log]\nfilter = \"trace,lettre=trace,async_imap=trace,rustls=trace\"\njournal = \"journal\"\n\
         [http]\nlisten = \"127.0.0.1:{port}\"\n"
    );
    let mut daemon = Daemon::prepare(&town, &more);
    daemon.start();
    conversation(&town, &daemon);
    daemon.signal("HUP");
    daemon.wait_for_log("the configuration was reloaded", PATIENCE);
    let pages: Vec<String> = ["/live", "/ready", "/metrics"].iter().map(|path| page(port, path)).collect();
    let said = |words: &[&str]| {
        let done = daemon.command(words);
        format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr))
    };
    let commands: [&[&str]; 7] = [
        &["--help"],
        &["check"],
        &["check", "--json"],
        &["status"],
        &["status", "--json"],
        &["doctor"],
        &["outbox", "list", "--all", "--json"],
    ];
    let outputs: Vec<(String, String)> =
        commands.iter().map(|words| (words.join(" "), said(words))).collect();
    let status: Value = serde_json::from_str(&said(&["status", "--json"])).expect("one document");
    assert_eq!((&status["running"], &status["mailboxes"][0]["trouble"]), (&true.into(), &Value::Null));
    assert!(pages[1].starts_with("HTTP/1.1 200 "), "{}", pages[1]);
    assert!(pages[2].contains("\nmaildesk_mails_total{fact=\"received\"} 3\n"), "{}", pages[2]);
    daemon.stop(STOP_MAX);
    let (log, password) = (daemon.log(), &town.user(DESK).password);
    let journal = daemon.file("journal");
    for fact in ["received", "opened", "queued", "sent", "resolved", "reopened"] {
        assert!(log.contains(&format!("fact=\"{fact}\"")), "no {fact} in the log:\n{log}");
        assert!(journal.lines().any(|line| line.split(' ').nth(1) == Some(fact)), "{fact}:\n{journal}");
    }
    for (what, text) in [("the log", &log), ("the journal", &journal)] {
        let line = text.lines().find(|line| line.contains(CANARY));
        assert!(line.is_none(), "{what} repeats a mail: {line:?}");
        holds_no_secret(what, text, password);
    }
    for (what, text) in outputs.iter().map(|(what, text)| (what.as_str(), text)) {
        assert!(!text.contains(CANARY), "{what}: {text}");
        holds_no_secret(what, text, password);
    }
    for text in &pages {
        assert!(!text.contains(CANARY) && !text.contains("client.example"), "{text}");
        holds_no_secret("a page", text, password);
    }
}

#[test]
fn a_password_that_is_wrong_is_not_told_either_and_the_log_may_be_json() {
    let Some(town) = Town::start() else { return };
    let port = free_port();
    let more = format!(
        "[log]\nfilter = \"trace\"\nformat = \"json\"\n[http]\nlisten = \"127.0.0.1:{port}\"\n\
         [mailbox]\npassword = \"canary-{CANARY}\"\n"
    );
    let mut daemon = Daemon::prepare(&town, &more);
    daemon.without("password_file");
    daemon.start();
    daemon.wait_for_log("the mail server refused us", PATIENCE);
    let ready = page(port, "/ready");
    assert!(ready.starts_with("HTTP/1.1 503 ") && ready.contains("the mail server refused us"), "{ready}");
    let checked = daemon.command(&["check"]);
    let status = daemon.command(&["status"]);
    assert_eq!((checked.status.code(), status.status.code()), (Some(77), Some(1)));
    let shown = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(shown.contains("mailbox: in trouble since "), "{shown}");
    daemon.stop(STOP_MAX);
    let down = daemon.command(&["status"]);
    assert_eq!(down.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&down.stdout).starts_with("daemon       none runs"));
    let log = daemon.log();
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line["level"].is_string()), "{line}");
    }
    let outputs = [checked.stdout, checked.stderr, status.stdout, status.stderr, log.into_bytes()];
    let word = BASE64.encode(format!("canary-{CANARY}").as_bytes());
    let plain = BASE64.encode(format!("\0{DESK}\0canary-{CANARY}").as_bytes());
    for text in outputs.iter().map(|bytes| String::from_utf8_lossy(bytes)) {
        for secret in [CANARY, &word, &plain] {
            assert!(!text.contains(secret), "{:?}", text.lines().find(|line| line.contains(secret)));
        }
    }
}

#[test]
fn status_shows_letters_that_wait_with_the_last_answer() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "");
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    letter(&daemon, &ona, "ack", 0);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    let shown = |daemon: &Daemon| String::from_utf8(daemon.command(&["status"]).stdout).unwrap();
    let well = shown(&daemon);
    for words in [
        "up 0m since",
        "mailbox      mailbox: read up to",
        "letters leave",
        "outbox       empty",
        "1 new; 1 nobody has taken",
    ] {
        assert!(well.contains(words), "{words}:\n{well}");
    }
    town.postfix.stop();
    assert!(
        daemon.command(&["ticket", "resolve", "1", "A new lamp is in.", "--as", "petr"]).status.success()
    );
    daemon.wait_for_log("no letter can leave", PATIENCE);
    let ill = shown(&daemon);
    assert!(
        ill.contains("no letter leaves since") && ill.contains("resolved of 1 to ona@client.example, again"),
        "{ill}"
    );
    town.postfix.resume();
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ends_sound(daemon);
}
