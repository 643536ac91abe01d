//! Too much: a week of mail at once, a disk without room, mails made to burst whoever reads them. Gates 11, 15, 24.

use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use encoding_rs::Encoding;

use crate::desk::{BUSY, PATIENCE, SEEN, TICKETS, UNDECIDED, ends_sound, has_decided, is_sound};
use crate::support::child::until;
use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::odd_mail::big;
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, Town};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// For thousands of mails through a program that was compiled for tests.
const LONG: Duration = Duration::from_secs(400);
const BACKLOG: usize = 5_000;

#[test]
fn gate_11_a_backlog_of_a_week_is_read_in_order_in_flat_memory_and_answered_with_measure() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "First", "The lamp is dark.");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, PATIENCE);
    for number in 1..BACKLOG {
        // Most came a week ago, the last ones two days ago.
        let age = if number + 50 < BACKLOG { 7 * DAY } else { 2 * DAY };
        let from = format!("client{number}@other.example");
        let subject = format!("Matter {number}");
        let text = format!("Workstation {number} shows fault {}.", number * 7919);
        inbox.put_long_ago(
            compose(&from, DESK, &fresh_id(&from), &[("Subject", &subject)], &text).as_bytes(),
            age,
        );
    }
    let mut daemon = Daemon::prepare(&town, &format!("{BUSY}[smtp]\nper_minute = 20\n"));
    daemon.start();
    let all = i64::try_from(BACKLOG).unwrap();
    assert!(until(LONG, || daemon.count(TICKETS) >= all / 4).is_some());
    let early = daemon.memory_peak();
    daemon.wait_for_count(SEEN, all, LONG);
    daemon.wait_for_count(UNDECIDED, 0, LONG);
    let peak = daemon.memory_peak();
    eprintln!("peak of memory: {early} bytes after a quarter, {peak} after {BACKLOG} mails");
    assert!(peak < 150_000_000 && peak < early + 40_000_000, "{early}, then {peak} bytes");
    // What comes now is seen at once: the backlog has not made the daemon deaf.
    ona.writes(DESK, "Last", "The lamp is dark again.");
    daemon.wait_for_count(TICKETS, all + 1, PATIENCE);
    let disorder = "SELECT count(*) FROM sightings AS a JOIN sightings AS b ON b.uid = a.uid + 1
        WHERE b.ticket_number <> a.ticket_number + 1";
    assert_eq!(daemon.count(disorder), 0, "numbers follow the order in which mails lie there");
    // Of what is too old no acknowledgement is sent; of the rest it says that it comes late.
    let acks = "SELECT count(*) FROM letters WHERE purpose = 'ack'";
    assert_eq!(daemon.count(acks), 52, "the first, fifty, and the last");
    let late = daemon.texts(
        "SELECT CAST(deliveries.id AS TEXT) FROM deliveries JOIN letters ON letter = letters.id
         WHERE purpose = 'ack' AND recipient LIKE 'client%' LIMIT 1",
    );
    let shown = daemon.command(&["outbox", "show", &late[0]]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("could read it only now"), "{shown}");
    let in_a_minute = "SELECT max((SELECT count(*) FROM deliveries AS b WHERE b.state = 'sent'
        AND b.settled_at BETWEEN a.settled_at AND a.settled_at + 59000000)) FROM deliveries AS a WHERE a.state = 'sent'";
    let most = daemon.count(in_a_minute);
    assert!((1..=21).contains(&most), "{most} letters in a minute");
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0));
    is_sound(&daemon);
}

/// A folder on a disk of its own, of this size; taken away in the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None, said aloud, where this machine gives no disks.
    fn mount(at: PathBuf, size: &str) -> Option<SmallDisk> {
        fs::create_dir_all(&at).unwrap();
        let options = format!("size={size},mode=0700");
        let done =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&at).output().unwrap();
        if !done.status.success() {
            eprintln!("LEFT OUT: this machine mounts nothing: {}", String::from_utf8_lossy(&done.stderr));
            return None;
        }
        Some(SmallDisk(at))
    }

    fn grows(&self, size: &str) {
        let done = Command::new("mount").args(["-o", &format!("remount,size={size}")]).arg(&self.0).status();
        assert!(done.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[test]
fn gate_15_a_full_disk_loses_nothing_flags_nothing_and_says_so() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(
        &town,
        &format!(
            "{BUSY}[mailbox]\nafter = \"move to Done\"\n[pace]\ndisk_free_min = 1\n[waits]\ntick_seconds = 1\n"
        ),
    );
    let Some(disk) = SmallDisk::mount(daemon.path("state"), "6m") else { return };
    daemon.start();
    let ona = town.person("ona@client.example");
    const MAILS: usize = 20;
    for _ in 0..MAILS {
        let mail = big(&ona.address, DESK, &fresh_id(&ona.address), 500_000);
        assert!(ona.sends_raw(DESK, &mail).is_good());
    }
    let inbox = town.mailbox(DESK);
    daemon.wait_for_log("no room", PATIENCE);
    town.settle(PATIENCE);
    // The outbox may be the first to find it.
    let status = || String::from_utf8_lossy(&daemon.command(&["status"]).stdout).into_owned();
    let told = until(PATIENCE, || status().contains("no room"));
    assert!(told.is_some(), "health tells why: {}", status());
    let taken = daemon.count("SELECT count(*) FROM sightings WHERE mail IS NOT NULL");
    assert!(taken < MAILS as i64, "the disk was not full");
    // What is not safe lies where it lay, without a flag; what is safe is moved.
    let moved = inbox.folder("Done").count();
    assert!(moved <= usize::try_from(taken).unwrap(), "{moved} moved, {taken} safe");
    assert_eq!(inbox.count() + moved, MAILS);
    assert!(inbox.letters().iter().all(|letter| letter.flags().is_empty()));
    disk.grows("200m");
    daemon.wait_for_count(TICKETS, MAILS as i64, LONG);
    until(LONG, || (inbox.count(), inbox.folder("Done").count()) == (0, MAILS));
    assert_eq!((inbox.count(), inbox.folder("Done").count()), (0, MAILS));
    ends_sound(daemon);
    drop(disk);
}

#[test]
fn gate_15_a_corrupt_page_ends_the_program_and_leaves_the_mailbox_alone() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    ona.writes_many(DESK, 10);
    has_decided(&daemon, 10);
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0));
    let path = daemon.path("state/maildesk.sqlite");
    spoil(&path);
    let before = fs::read(&path).unwrap();
    ona.writes(DESK, "Meanwhile", "The lamp is dark.");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(11, PATIENCE);
    daemon.launch();
    let end = daemon.ends_within(PATIENCE).expect("it does not go on");
    assert_eq!(end.code(), Some(74), "{}", daemon.log());
    assert!(daemon.log().contains("corrupt") || daemon.log().contains("damaged"), "{}", daemon.log());
    assert_eq!(inbox.count(), 11);
    assert!(inbox.letters().iter().all(|letter| !letter.flags().contains('S')), "nothing is touched");
    let mut now = fs::read(&path).unwrap();
    now.truncate(before.len());
    assert!(now.len() == before.len() && now[4096..] == before[4096..], "no fresh database in its place");
}

/// Overwrites what lies behind the first page with noise, page by page, but for the first of each eight.
fn spoil(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    let pages = file.metadata().unwrap().len() / 4096;
    for page in (1..pages).filter(|page| page % 8 != 0) {
        file.write_all_at(&[0xA5; 4096], page * 4096).unwrap();
    }
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// Mails made to take all memory or all time, with a name for the complaint.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let head = format!("From: ona@client.example\r\nTo: {DESK}\r\nMIME-Version: 1.0\r\n");
    let with =
        |name: &'static str, rest: String| (name, format!("{head}Subject: {name}\r\n{rest}").into_bytes());
    let deep: String = (0..100_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let parts = "--b\r\n\r\nx\r\n".repeat(1_000_000);
    let mut nested = "Subject: innermost\r\n\r\nlabas\r\n".to_owned();
    for _ in 0..12 {
        nested = format!(
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            data_encoding::BASE64.encode(nested.as_bytes())
        );
    }
    let tables = "<table><tr><td>".repeat(50_000);
    let links = "<a href=\"http://client.example/x\">link</a>\r\n".repeat(200_000);
    let html = "Content-Type: text/html; charset=utf-8\r\n\r\n";
    vec![
        with("100,000 multiparts in each other", deep),
        with("a million parts", format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}")),
        with("a header of 30 MB", format!("X-Long: {}\r\n\r\nlabas\r\n", "x ".repeat(15_000_000))),
        with("a million fields", format!("{}\r\nlabas\r\n", "X: 1\r\n".repeat(1_000_000))),
        with("a name of 5 MB", format!("Cc: {} <x@client.example>\r\n\r\nlabas\r\n", "(".repeat(5_000_000))),
        with(
            "100,000 addresses",
            format!("Cc: {}x@y.example\r\n\r\nlabas\r\n", "a@b.example, ".repeat(100_000)),
        ),
        with("twelve mails in each other", nested),
        with("50,000 tables", format!("{html}{tables}labas")),
        with("200,000 links", format!("{html}{links}")),
        with("a quotation of 500,000 lines", format!("\r\nlabas\r\n{}", "> so it was\r\n".repeat(500_000))),
    ]
}

#[test]
fn gate_24_bombs_stay_within_256_megabytes_and_keep_nobody_waiting() {
    let Some(town) = Town::start() else { return };
    let ona = town.person("ona@client.example");
    ona.writes(DESK, "Before", "The lamp is dark.");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, PATIENCE);
    let bombs = bombs();
    bombs.iter().for_each(|(_, mail)| inbox.put(mail));
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let all = i64::try_from(bombs.len()).unwrap() + 1;
    daemon.wait_for_count(SEEN, all, LONG);
    daemon.wait_for_count(UNDECIDED, 0, LONG);
    let after = ona.writes(DESK, "After", "The lamp is dark.");
    ona.gets_answer_to(&after);
    let (peak, tickets) = (daemon.memory_peak(), daemon.count(TICKETS));
    eprintln!("peak of memory: {peak} bytes; {tickets} tickets of {} mails", all + 1);
    assert!(peak < 256 * 1024 * 1024, "{peak} bytes");
    let set_aside = daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'quarantined'");
    assert_eq!(tickets + set_aside, all + 1, "each has its ticket or its place in quarantine");
    assert!(!daemon.log().contains("stopped the program"), "none killed it");
    ends_sound(daemon);
}

/// What people wrote, and in which charsets their programs may have sent it.
const WRITTEN: [(&str, &[&str]); 4] = [
    (
        "Laba diena, spausdintuvas neveikia nuo vakar, ekrane rašoma „klaida“. Prašome padėti kuo greičiau, ačiū. Žąsys ėda šįryt sušlapusį šieną.",
        &["utf-8", "windows-1257", "iso-8859-13"],
    ),
    (
        "Labdien, printeris kopš vakardienas nedarbojas, uz ekrāna redzama kļūda. Lūdzu, palīdziet pēc iespējas ātrāk, paldies. Šķūnī čab žagari.",
        &["utf-8", "windows-1257", "iso-8859-13"],
    ),
    (
        "Здравствуйте, принтер не работает со вчерашнего дня, на экране написано «ошибка». Пожалуйста, помогите как можно скорее, спасибо.",
        &["utf-8", "windows-1251", "koi8-r", "ibm866", "iso-8859-5"],
    ),
    (
        "Dobrý den, tiskárna od včerejška nefunguje, na obrazovce je chyba. Pomozte nám prosím co nejdříve, děkujeme. Příliš žluťoučký kůň úpěl ďábelské ódy.",
        &["utf-8", "windows-1250", "iso-8859-2"],
    ),
];

/// Each text in each charset with its own label, with none, and with one that is none; some with a wrong one.
fn samples() -> Vec<(String, Vec<u8>, &'static str)> {
    let mut all = Vec::new();
    for (text, charsets) in WRITTEN {
        for charset in charsets {
            let (bytes, _, lossy) = Encoding::for_label(charset.as_bytes()).unwrap().encode(text);
            // Where a charset lacks a sign, its programs would have written another one.
            if lossy {
                continue;
            }
            for label in [Some(*charset), None, Some("x-unknown"), Some("us-ascii")] {
                let content =
                    label.map(|l| format!("Content-Type: text/plain; charset={l}\r\n")).unwrap_or_default();
                let name = format!("{charset} as {} {}", label.unwrap_or("nothing"), all.len());
                let head = format!("From: ona@client.example\r\nTo: {DESK}\r\nSubject: {name}\r\n");
                let mut mail = format!("{head}{content}\r\n").into_bytes();
                mail.extend_from_slice(&bytes);
                all.push((name, mail, text));
            }
        }
    }
    all
}

#[test]
fn gate_24_forty_texts_in_old_charsets_are_readable_whatever_their_label_says() {
    let Some(town) = Town::start() else { return };
    town.person("ona@client.example").writes(DESK, "Before", "The lamp is dark.");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, PATIENCE);
    let samples = samples();
    assert!(samples.len() >= 40, "{} samples", samples.len());
    samples.iter().for_each(|(_, mail, _)| inbox.put(mail));
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let all = i64::try_from(samples.len()).unwrap() + 1;
    daemon.wait_for_count(SEEN, all, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    // Subjects tell which is which.
    let mut wrong = Vec::new();
    for (name, _, text) in &samples {
        let sql = format!(
            "SELECT json_extract(messages.doc, '$.text') FROM messages JOIN tickets USING (desk, number)
             WHERE kind = 'request' AND json_extract(tickets.doc, '$.subject') = '{name}' AND seq = 1"
        );
        let found = daemon.texts(&sql);
        if found.len() != 1 || found[0].trim() != *text {
            wrong.push(format!("{name}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "not read: {wrong:#?}");
    ends_sound(daemon);
}
