//! One mail at a time, one big mail, and none at all: how soon an answer is out, and what it takes to wait.
//!
//! `cargo bench --bench quiet -- [latency|big|idle|rested] [MAILS or SECONDS]`; by default all. The mails come into a real
//! Dovecot, or by LMTP; where time counts the answers go to a server in this process, which looks at the clock.
//! `docs/performance.md` has figures.

#[path = "support/lmtp.rs"]
mod lmtp;
#[path = "support/mails.rs"]
mod mails;
#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use lmtp::Handing;
use support::child::until;
use support::daemon::{Daemon, STOP_MAX};
use support::town::{DESK, Town};

const LIMIT: Duration = Duration::from_secs(60);
/// Seconds after which what goes on behind the last thing it did is over.
const SETTLING: u32 = 5;
/// Base64 of a file that makes a mail of 40 MB.
const BIG_LINES: usize = 40_000_000 / 78;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = words.iter().find_map(|word| word.parse::<u32>().ok());
    let asked = |name: &str| words.iter().any(|word| word == name);
    let all = !["latency", "big", "idle", "rested"].iter().any(|name| asked(name));
    if all || asked("latency") {
        latency(number.unwrap_or(300));
    }
    if all || asked("big") {
        big();
    }
    if all || asked("idle") {
        idle(number.unwrap_or(60));
    }
    if all || asked("rested") {
        rested(number.unwrap_or(60));
    }
}

/// A town, a daemon in it, word of each letter that leaves, and of each notice of new mail that reaches the daemon.
fn desk() -> Option<(Town, Daemon, Receiver<Instant>, Receiver<Instant>)> {
    let town = Town::start()?;
    let (imap, notices) = between(town.dovecot.imap_port);
    let (daemon, letters) = daemon(&town, &plain(imap));
    Some((town, daemon, letters, notices))
}

/// Where a mailbox is read.
fn plain(imap: u16) -> String {
    format!("[mailbox]\nsecurity = \"plain\"\nport = {imap}\n")
}

/// A daemon whose mail comes by `way_in`, and word of each letter that leaves.
fn daemon(town: &Town, way_in: &str) -> (Daemon, Receiver<Instant>) {
    let sink = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = sink.local_addr().expect("an address").port();
    let (taken, letters) = channel();
    thread::spawn(move || {
        for stream in sink.incoming().flatten() {
            let taken = taken.clone();
            thread::spawn(move || take_letters(stream, &taken));
        }
    });
    let settings = format!(
        "[log]\nfilter = \"info\"\n[limits]\nanswers_per_hour = 1000000\nanswers_per_day = 1000000\n[desk]\n\
         notify_new = []\n{way_in}[smtp]\nsecurity = \"plain\"\nport = {port}\nauth = \"none\"\n"
    );
    let mut daemon = match way_in {
        "" => Daemon::prepare_local(town, &settings),
        _ => Daemon::prepare(town, &settings),
    };
    daemon.start();
    (daemon, letters)
}

fn latency(count: u32) {
    let Some((town, mut daemon, letters, notices)) = desk() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let user = town.user(DESK);
    let (mut noticed, mut arrived) = (Vec::new(), Vec::new());
    for number in 0..count {
        // The mails of one kind: those with a file take their time on every wire.
        let mail = mails::mail(number * 10 + 1, DESK);
        runtime.block_on(town.dovecot.deliver(user, &mail));
        let stored = Instant::now();
        let answered = letters.recv_timeout(LIMIT).expect("an acknowledgement");
        let notice = notices.recv_timeout(LIMIT).expect("a notice");
        noticed.push(answered.saturating_duration_since(notice));
        arrived.push(answered.saturating_duration_since(stored));
        // As mail comes at a desk: not while the one before it is still being settled.
        at_rest(&daemon);
        while notices.try_recv().is_ok() {}
    }
    told("from the notice of IDLE to the answer taken", &mut noticed);
    told("from the arrival to the answer taken", &mut arrived);
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
    drop(town);
    poked(count);
    handed(count);
}

/// Whoever delivers runs `maildesk-poke`; nothing stands between the program and Dovecot.
fn poked(count: u32) {
    let Some(town) = Town::start() else { return };
    let (mut daemon, letters) = daemon(&town, &plain(town.dovecot.imap_port));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (mut poked, mut process) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mail = mails::mail(number * 10 + 1, DESK);
        runtime.block_on(town.dovecot.deliver(town.user(DESK), &mail));
        let stored = Instant::now();
        assert!(daemon.poke().status.success());
        process.push(stored.elapsed());
        let answered = letters.recv_timeout(LIMIT).expect("an acknowledgement");
        poked.push(answered.saturating_duration_since(stored));
        at_rest(&daemon);
    }
    told("from the arrival to the answer taken, with `poke`", &mut poked);
    told("of that, until the process that pokes has ended", &mut process);
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

/// Whoever delivers hands the mail over by LMTP.
fn handed(count: u32) {
    let Some(town) = Town::start() else { return };
    let (mut daemon, letters) = daemon(&town, "");
    let socket = daemon.path("lmtp.sock");
    until(LIMIT, || socket.exists()).expect("LMTP");
    let mut handing = Handing::at(&socket);
    let (mut taken, mut answered) = (Vec::new(), Vec::new());
    for number in 0..count {
        let mail = mails::mail(number * 10 + 1, DESK);
        handing.announce();
        let begun = Instant::now();
        handing.hand_over(&mail);
        taken.push(begun.elapsed());
        let letter = letters.recv_timeout(LIMIT).expect("an acknowledgement");
        answered.push(letter.saturating_duration_since(begun));
        at_rest(&daemon);
    }
    told("handed over by LMTP, to the answer taken", &mut answered);
    told("of that, until the mail is taken over for good", &mut taken);
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

fn big() {
    let Some((town, mut daemon, letters, _notices)) = desk() else { return };
    let mut mail = b"From: Ona <ona@client.example>\r\nTo: help@desk.example\r\nSubject: Scan\r\nMessage-ID: <big@client>\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n\
        Please look at the scan.\r\n--x\r\nContent-Type: application/pdf; name=scan.pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for _ in 0..BIG_LINES {
        mail.extend_from_slice(&[b'Q'; 76]);
        mail.extend_from_slice(b"\r\n");
    }
    mail.extend_from_slice(b"--x--\r\n");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let before = daemon.memory_peak();
    let begun = Instant::now();
    runtime.block_on(town.dovecot.deliver(town.user(DESK), &mail));
    let delivered = begun.elapsed();
    letters.recv_timeout(LIMIT).expect("an acknowledgement");
    println!(
        "a mail of {:.0} MB: stored by Dovecot after {delivered:.2?}, answered after {:.2?}; peak {:.1} MB, before {:.1} MB",
        mail.len() as f64 / 1e6,
        begun.elapsed(),
        daemon.memory_peak() as f64 / 1e6,
        before as f64 / 1e6,
    );
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

/// A desk as people have it, TLS on both wires.
fn usual() -> Option<(Town, Daemon)> {
    let town = Town::start()?;
    let mut daemon = Daemon::prepare(&town, "[log]\nfilter = \"info\"\n[desk]\nnotify_new = []\n");
    daemon.start();
    Some((town, daemon))
}

/// What it holds before the first mail.
fn idle(seconds: u32) {
    let Some((_town, mut daemon)) = usual() else { return };
    rest(&daemon, SETTLING);
    let before = spent(daemon.id());
    rest(&daemon, seconds);
    let busy = spent(daemon.id()) - before;
    println!("idle for {seconds} s: {}, processor {busy:.2?}", held(&daemon));
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

/// What it holds when mails have come, one after the other, and been answered.
fn rested(count: u32) {
    let Some((town, mut daemon)) = usual() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for number in 0..count {
        runtime.block_on(town.dovecot.deliver(town.user(DESK), &mails::mail(number, DESK)));
        until(LIMIT, || daemon.count("SELECT count(*) FROM mails") > number.into()).expect("a mail taken in");
        at_rest(&daemon);
    }
    rest(&daemon, SETTLING);
    println!(
        "at rest after {count} mails: {}, peak {:.1} MB",
        held(&daemon),
        daemon.memory_peak() as f64 / 1e6
    );
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}

/// Waits while nobody writes; the program must not end meanwhile.
fn rest(daemon: &Daemon, seconds: u32) {
    let place = format!("/proc/{}", daemon.id());
    let gone = until(Duration::from_secs(seconds.into()), || !fs::exists(&place).unwrap_or(true));
    assert!(gone.is_none(), "{}", daemon.log());
}

/// Resident memory, and how much of it is the program's own.
fn held(daemon: &Daemon) -> String {
    let megabytes = |line: &str| daemon.memory(line) as f64 / 1e6;
    format!("{:.1} MB resident, {:.1} its own", megabytes("VmRSS"), megabytes("RssAnon"))
}

/// Every letter is settled.
fn at_rest(daemon: &Daemon) {
    let open = || daemon.count("SELECT count(*) FROM deliveries WHERE open = 1");
    until(LIMIT, || open() == 0).expect("all letters settled");
}

/// A port that leads to Dovecot, and word of each notice of new mail that comes through it.
fn between(dovecot: u16) -> (u16, Receiver<Instant>) {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = door.local_addr().expect("an address").port();
    let (say, notices) = channel();
    thread::spawn(move || {
        for client in door.incoming().flatten() {
            let server = TcpStream::connect((Ipv4Addr::LOCALHOST, dovecot)).expect("Dovecot");
            let twin = |stream: &TcpStream| stream.try_clone().expect("a second handle");
            let (from_client, to_client) = (twin(&client), client);
            let (from_server, to_server) = (twin(&server), server);
            let say = say.clone();
            thread::spawn(move || carry(from_client, to_server, |_| {}));
            thread::spawn(move || {
                carry(from_server, to_client, |bytes| {
                    if bytes.windows(7).any(|seven| seven == b" EXISTS") {
                        let _ = say.send(Instant::now());
                    }
                });
            });
        }
    });
    (port, notices)
}

/// Carries bytes as they come, looked at by `seen` before they go on.
fn carry(mut from: TcpStream, mut to: TcpStream, mut seen: impl FnMut(&[u8])) {
    to.set_nodelay(true).expect("an open socket");
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        seen(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}

/// A server that takes everything.
fn take_letters(stream: TcpStream, taken: &Sender<Instant>) {
    stream.set_nodelay(true).expect("an open socket");
    let mut wire = BufReader::new(stream);
    let mut line = Vec::new();
    let mut within = false;
    let say = |wire: &mut BufReader<TcpStream>, words: &str| wire.get_mut().write_all(words.as_bytes());
    if say(&mut wire, "220 sink.example\r\n").is_err() {
        return;
    }
    loop {
        line.clear();
        if wire.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
            return;
        }
        let words = match (within, &line[..]) {
            (true, b".\r\n") => {
                within = false;
                if taken.send(Instant::now()).is_err() {
                    return;
                }
                "250 taken\r\n"
            }
            (true, _) => continue,
            (false, text) if text.starts_with(b"DATA") => {
                within = true;
                "354 go on\r\n"
            }
            (false, text) if text.starts_with(b"EHLO") => "250-sink.example\r\n250 PIPELINING\r\n",
            (false, _) => "250 good\r\n",
        };
        if say(&mut wire, words).is_err() {
            return;
        }
    }
}

/// Processor time of a process, all its threads.
fn spent(id: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("a process");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

fn told(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("{what:>50}: median {:.2?}, 99 of 100 {:.2?}, {} mails", at(50), at(99), times.len());
}
