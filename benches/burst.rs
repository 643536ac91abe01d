//! How fast a full mailbox is worked off: 2,000 mails wait in a real Dovecot, letters go to Postfix's smtp-sink.
//!
//! `cargo bench --bench burst -- [with|without|handed] [MAILS]`: with an agent's notification for each mail, or without;
//! or not from a mailbox, but handed over by LMTP on sixteen connections, without notifications; by default all.
//! `MAILDESK_BINARY` names another program to be measured, `MAILDESK_DATABASE` a database to begin with, such as the bench
//! `large` makes: it grows. `docs/performance.md` has figures.

#[path = "support/lmtp.rs"]
mod lmtp;
#[path = "support/mails.rs"]
mod mails;
#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use lmtp::Handing;
use rusqlite::Connection;
use support::child::{Group, Leashed, listens, until};
use support::daemon::{Daemon, STOP_MAX};
use support::dovecot::User;
use support::ground::{free_port, missing};
use support::town::{DESK, Town};

const SINK: &str = "/usr/sbin/smtp-sink";
/// Mails whose numbers differ by so much are of one kind, language and size; no more come in one burst.
const ALIKE: u32 = 6_000;
/// How many connections hand over at once: Postfix's twenty to one place, or a little less.
const HANDS: usize = 16;
const LIMIT: Duration = Duration::from_secs(300);

fn main() {
    if missing(&[SINK]) {
        return;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count = words.iter().find_map(|word| word.parse().ok()).unwrap_or(2_000_u32);
    assert!((1..=ALIKE).contains(&count), "1 to {ALIKE} mails");
    let asked = |name: &str| words.iter().any(|word| word == name);
    let all = !["with", "without", "handed"].iter().any(|name| asked(name));
    floor(count);
    if all || asked("without") {
        burst(count, "without", "notify_new = []\n");
    }
    if all || asked("with") {
        burst(count, "with", "notify_new = [\"petr\"]\n");
    }
    if all || asked("handed") {
        handed(count);
    }
}

/// What the machine allows: the mails fetched and thrown away, and rows committed one by one and sixty-four at a time.
fn floor(count: u32) {
    let Some(town) = full_town(count, 0) else { return };
    let begun = Instant::now();
    let bytes = fetch_all(town.dovecot.imap_port, town.user(DESK));
    told("floor: fetched and thrown away", count, begun.elapsed());
    println!("    {:.1} MB", bytes as f64 / 1e6);
    let dir = tempfile::tempdir().expect("a directory");
    let database = Connection::open(dir.path().join("db")).expect("a database");
    let set = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)";
    database.execute_batch(set).expect("a table");
    for rows in [1, 64] {
        let begun = Instant::now();
        for _ in 0..count / rows {
            database.execute_batch("BEGIN IMMEDIATE").expect("begun");
            for _ in 0..rows {
                database.execute("INSERT INTO t(x) VALUES (?1)", [&[7_u8; 6_000][..]]).expect("a row");
            }
            database.execute_batch("COMMIT").expect("a commit");
        }
        told(&format!("floor: rows of 6 kB, {rows} to a commit"), count, begun.elapsed());
    }
}

fn burst(count: u32, name: &str, desk: &str) {
    let given = std::env::var("MAILDESK_DATABASE").ok();
    // How far the mailbox of another burst was read says nothing of this one.
    let (tickets, letters) = given.as_ref().map_or((0, 0), |path| {
        let database = Connection::open(path).expect("a database");
        database.execute_batch("DELETE FROM cursors").expect("forgotten");
        (latest(&database, "tickets"), latest(&database, "deliveries"))
    });
    // No mail of an earlier burst on the same database comes again.
    let first = u32::try_from(tickets).expect("as many") / count * ALIKE;
    let Some(town) = full_town(count, first) else { return };
    let (_sink, port) = sink();
    let imap = town.dovecot.imap_port;
    let place = given.as_ref().map_or(String::new(), |path| format!("database = \"{path}\"\n"));
    let http = free_port();
    let way_in = format!("[mailbox]\nsecurity = \"plain\"\nport = {imap}\n");
    let mut daemon = Daemon::prepare(&town, &(place + &settings(http, port) + "[desk]\n" + desk + &way_in));
    let begun = Instant::now();
    daemon.start();
    let database =
        given.map_or_else(|| daemon.database(), |path| Connection::open(path).expect("a database"));
    until(LIMIT, || latest(&database, "tickets") - tickets >= i64::from(count)).expect("all tickets");
    let decided = begun.elapsed();
    all_taken(&database);
    told(&format!("{name} notifications: decided"), count, decided);
    told(&format!("{name} notifications: letters taken"), count, begun.elapsed());
    ended(&mut daemon, latest(&database, "deliveries") - letters, http);
}

/// A mail server that hands over as fast as it may, as Postfix does after an outage; no mailbox.
fn handed(count: u32) {
    let Some(town) = Town::start() else { return };
    let ((_sink, port), http) = (sink(), free_port());
    let mut daemon = Daemon::prepare_local(&town, &(settings(http, port) + "[desk]\nnotify_new = []\n"));
    daemon.start();
    let socket = daemon.path("lmtp.sock");
    until(LIMIT, || socket.exists()).expect("LMTP");
    let mails: Vec<Vec<u8>> = (0..count).map(|number| mails::mail(number, DESK)).collect();
    let share_of = &|share: &[Vec<u8>]| {
        let mut handing = Handing::at(&socket);
        for mail in share {
            handing.announce();
            handing.hand_over(mail);
        }
    };
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for share in mails.chunks(mails.len().div_ceil(HANDS)) {
            scope.spawn(move || share_of(share));
        }
    });
    let decided = begun.elapsed();
    let database = daemon.database();
    all_taken(&database);
    told("handed over: taken over for good", count, decided);
    told("handed over: letters taken", count, begun.elapsed());
    assert_eq!(latest(&database, "tickets"), i64::from(count));
    ended(&mut daemon, latest(&database, "deliveries"), http);
}

/// Postfix's server that takes everything, and its port.
fn sink() -> (Leashed, u16) {
    let port = free_port();
    let mut sink = Command::new(SINK);
    sink.args(["-u", "nobody", &format!("127.0.0.1:{port}"), "512"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let sink = Leashed::start(sink, Group::Ours);
    until(LIMIT, || listens(port)).expect("smtp-sink");
    (sink, port)
}

/// No bound on answers; pages and letters at these ports.
fn settings(http: u16, smtp: u16) -> String {
    format!(
        "[http]\nlisten = \"127.0.0.1:{http}\"\n[log]\nfilter = \"info\"\n[limits]\nanswers_per_hour = 1000000\n\
         answers_per_day = 1000000\nall_answers_per_hour = 1000000\n\
         [smtp]\nsecurity = \"plain\"\nport = {smtp}\nauth = \"none\"\n"
    )
}

/// Waits until the last letter is settled.
fn all_taken(database: &Connection) {
    let open = "SELECT count(*) FROM deliveries WHERE open = 1";
    until(LIMIT, || answer(database, open) == 0).expect("all letters");
}

/// Says what it took, and ends it.
fn ended(daemon: &mut Daemon, letters: i64, http: u16) {
    println!(
        "    {letters} letters, peak {:.1} MB, processor {:.2?}",
        daemon.memory_peak() as f64 / 1e6,
        spent(daemon.id())
    );
    println!("    {}", commits(http));
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

/// How many commits were made, with the decisions in them, and within what time 99 of 100.
fn commits(port: u16) -> String {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the program's own server");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("asked");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("a page");
    let buckets = page.lines().filter_map(|line| line.strip_prefix("maildesk_commit_seconds_bucket{le=\""));
    let buckets: Vec<(&str, f64)> = buckets
        .filter_map(|line| {
            let (bound, count) = line.split_once("\"} ")?;
            Some((bound, count.trim().parse().ok()?))
        })
        .collect();
    let all = buckets.last().map_or(0.0, |(_, count)| *count);
    let within = buckets.iter().find(|(_, count)| *count >= all * 0.99).map_or("?", |(bound, _)| bound);
    format!("{all} commits, 99 of 100 within {within} s")
}

/// The number of the last row of a table, which costs the same in a large one.
fn latest(database: &Connection, table: &str) -> i64 {
    answer(database, &format!("SELECT coalesce(max(rowid), 0) FROM {table}"))
}

fn answer(database: &Connection, sql: &str) -> i64 {
    database.query_row(sql, [], |row| row.get(0)).expect("a number")
}

/// Servers, and a mailbox in which `count` mails wait, numbered from `first`.
fn full_town(count: u32, first: u32) -> Option<Town> {
    let town = Town::start()?;
    // The first delivery makes the mailbox.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(town.dovecot.deliver(town.user(DESK), &mails::mail(first, DESK)));
    let inbox = town.mailbox(DESK);
    for number in first + 1..first + count {
        inbox.put(&mails::mail(number, DESK));
    }
    // Dovecot has seen them all: its own reckoning is not the program's.
    fetch_sizes(town.dovecot.imap_port, town.user(DESK));
    Some(town)
}

fn fetch_all(port: u16, user: &User) -> usize {
    ask(port, user, "UID FETCH 1:* (BODY.PEEK[])")
}

fn fetch_sizes(port: u16, user: &User) -> usize {
    ask(port, user, "UID FETCH 1:* (RFC822.SIZE INTERNALDATE)")
}

fn ask(port: u16, user: &User, command: &str) -> usize {
    let mut wire =
        BufReader::with_capacity(1 << 18, TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("Dovecot"));
    let (address, password) = (&user.address, user.password.replace('\\', "\\\\").replace('"', "\\\""));
    let commands = [
        format!("a LOGIN {address} \"{password}\""),
        "b SELECT INBOX".to_owned(),
        format!("c {command}"),
        "d LOGOUT".to_owned(),
    ];
    let mut bytes = 0;
    for (tag, command) in ["a", "b", "c", "d"].iter().zip(commands) {
        wire.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("written");
        let mut line = Vec::new();
        loop {
            line.clear();
            bytes += wire.read_until(b'\n', &mut line).expect("a line");
            if line.starts_with(format!("{tag} ").as_bytes()) || line.is_empty() {
                break;
            }
            let text = String::from_utf8_lossy(&line);
            if let Some(size) = text.trim_end().strip_suffix('}').and_then(|text| text.rsplit_once('{')) {
                let size: u64 = size.1.parse().expect("a size");
                bytes += std::io::copy(&mut wire.by_ref().take(size), &mut std::io::sink()).expect("a mail")
                    as usize;
            }
        }
        let text = String::from_utf8_lossy(&line);
        assert!(text.starts_with(&format!("{tag} OK")), "{command}: {text}");
    }
    bytes
}

/// Processor time of a process, all its threads.
fn spent(id: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

fn told(what: &str, count: u32, time: Duration) {
    println!("{what:>44}: {time:>8.2?}, {:>6.0}/s", f64::from(count) / time.as_secs_f64());
}
