//! The power goes, again and again, while mail comes and letters leave; and the cables break meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::desk::{BUSY, OPEN, PATIENCE, TICKETS, UNDECIDED, is_sound};
use crate::support::cable::{Break, Cable, End, Way};
use crate::support::chance::Chance;
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

/// A hundred in a night: `MAILDESK_KILLS`.
const KILLS: usize = 25;
const MAILS_A_LIFE: usize = 5;
/// Longest life, in milliseconds from the start of the process or from its being ready.
const LIFE_MAX: u64 = 1_000;
/// For what is left after the last kill.
const REST: Duration = Duration::from_secs(120);
/// For letters over cables that break: the relay is left alone for 15, 30, 60 and 120 seconds after failures in a row.
const LEAVING: Duration = Duration::from_secs(420);
/// Mails that go over cables that break, and the first connections to Dovecot and to Postfix, which do.
const OVER_CABLES: usize = 40;
const BREAKS: [usize; 2] = [12, 24];
/// So many of them have to break for the story to say something.
const ENOUGH: [usize; 2] = [5, 10];
/// Fewer bytes than any connection carries either way.
const EARLY: u64 = 1_200;

const CLIENTS: [&str; 3] = ["ona@client.example", "janis@client.example", "olga@other.example"];

#[test]
fn gate_01_twenty_kills_under_two_hundred_mails_lose_and_double_nothing() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    let mut chance = Chance::new();
    let people = CLIENTS.map(|who| town.person(who));
    let kills = std::env::var("MAILDESK_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(KILLS);
    for life in 0..kills {
        // Some die while they start, most at work.
        match chance.below(4) {
            0 => daemon.launch(),
            _ => daemon.start(),
        }
        let person = people[life % people.len()].clone();
        let writes = std::thread::spawn(move || person.writes_many(DESK, MAILS_A_LIFE));
        let moment = Duration::from_millis(chance.below(LIFE_MAX));
        assert_eq!(until(moment, || daemon.has_ended()), None, "it ended by itself:\n{}", daemon.log());
        daemon.kill();
        writes.join().unwrap();
    }
    town.settle(REST);
    daemon.start();
    let mails = kills * MAILS_A_LIFE;
    eprintln!("after {kills} kills: {} tickets, {} letters open", daemon.count(TICKETS), daemon.count(OPEN));
    daemon.wait_for_count(TICKETS, i64::try_from(mails).unwrap(), REST);
    daemon.wait_for_count(UNDECIDED, 0, REST);
    daemon.wait_for_count(OPEN, 0, REST);
    adds_up(&town, &mut daemon, mails);
}

/// Each mail has a ticket, each ticket an acknowledgement, and that came once, or again with the same bytes.
fn adds_up(town: &Town, daemon: &mut Daemon, mails: usize) {
    town.settle(REST);
    daemon.kill();
    assert_eq!(daemon.count(TICKETS), i64::try_from(mails).unwrap());
    assert_eq!(daemon.count("SELECT count(*) FROM mails WHERE outcome <> 'applied'"), 0, "set aside");
    assert_eq!(daemon.count("SELECT count(*) FROM deliveries WHERE state <> 'sent'"), 0);
    let acks = daemon.texts("SELECT '<' || message_id || '>' FROM letters WHERE purpose = 'ack'");
    assert_eq!(acks.len(), mails, "one acknowledgement each");
    let often = "SELECT '<' || message_id || '>' || ' ' || CAST(uncertain AS TEXT) FROM deliveries
                 JOIN letters ON letters.id = letter";
    let often: BTreeMap<String, usize> = daemon
        .texts(often)
        .iter()
        .filter_map(|row| row.split_once(' '))
        .map(|(id, n)| (id.to_owned(), n.parse().unwrap()))
        .collect();

    let mut came: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for letter in CLIENTS.iter().flat_map(|who| town.mailbox(who).letters()) {
        came.entry(letter.header("Message-ID").unwrap()).or_default().push(without_trace(&letter.bytes));
    }
    let copies: usize = came.values().map(|same| same.len() - 1).sum();
    eprintln!("{} letters in the clients' mailboxes, {copies} copies beside them", came.len());
    assert_eq!(came.len(), acks.len());
    assert!(acks.iter().all(|id| came.contains_key(id)), "each acknowledgement arrived");
    assert!(came.values().all(|same| same.iter().all(|one| *one == same[0])), "a copy is the same bytes");
    let doubled = |(id, same): (&String, &Vec<Vec<u8>>)| same.len() > 1 + often.get(id).copied().unwrap_or(0);
    assert!(!came.iter().any(doubled), "only what was uncertain came twice");
    is_sound(daemon);
}

/// Breaks of the `first` connections, within so many bytes each way, at bytes that look like chance.
fn breaks(
    chance: &Arc<Mutex<Chance>>,
    first: usize,
    [to_server, to_client]: [u64; 2],
    ends: &'static [End],
) -> impl FnMut(usize) -> Option<Break> + Send + 'static {
    let chance = chance.clone();
    move |number| {
        let mut chance = chance.lock().unwrap();
        let way = *chance.pick(&[Way::ToServer, Way::ToClient]);
        let how = *chance.pick(ends);
        // Of three one breaks early, whatever it carries, so that some do though few are needed; and one only after it has
        // done some work: with each failure in a row the next attempt waits twice as long.
        let (way, least, bytes) = match (number % 3, way) {
            (0, _) => (way, 1, EARLY),
            (1, Way::ToServer) => (way, 1, to_server),
            (1, Way::ToClient) => (way, 1, to_client),
            _ => (Way::ToServer, to_server, to_server),
        };
        let after = usize::try_from(least + chance.below(bytes)).unwrap();
        (number < first).then_some(Break { way, after, how })
    }
}

#[test]
fn cables_to_both_servers_break_and_nothing_is_lost_or_doubled() {
    let Some(town) = Town::start() else { return };
    let chance = Arc::new(Mutex::new(Chance::new()));
    // A handshake takes most of these bytes, so that a connection that lives does some work and breaks soon.
    let imap = Cable::to(
        town.dovecot.imaps_port,
        breaks(&chance, BREAKS[0], [1_500, 6_000], &[End::Closed, End::Reset, End::Silence]),
    );
    let smtp = Cable::to(
        town.postfix.submissions,
        breaks(&chance, BREAKS[1], [6_000, 3_500], &[End::Closed, End::Reset, End::Silence, End::Crumbs]),
    );
    let waits = "[waits]\nimap_quiet_seconds = 1\nidle_answer_seconds = 1\ngreeting_seconds = 1\nlogin_seconds = 1\n\
                 tls_seconds = 1\nsmtp_command_seconds = 1\nsmtp_data_end_seconds = 1\nsmtp_keep_seconds = 0.05\n";
    let more = format!(
        "{BUSY}{waits}[mailbox]\nport = {}\npoll_seconds = 1\n[smtp]\nport = {}\n",
        imap.port, smtp.port
    );
    let mut daemon = Daemon::prepare(&town, &more);
    daemon.start();
    let (mut mails, mut done) = (0, true);
    let is_enough = || imap.broken() >= ENOUGH[0] && smtp.broken() >= ENOUGH[1];
    // A quick machine needs few connections for so many letters: it gets more letters.
    while mails < OVER_CABLES || (done && !is_enough() && mails < 5 * OVER_CABLES) {
        town.person(CLIENTS[mails / 5 % CLIENTS.len()]).writes_many(DESK, 5);
        mails += 5;
        daemon.wait_for_count(TICKETS, i64::try_from(mails).unwrap(), REST);
        if mails >= OVER_CABLES {
            done = all_leave(&daemon);
        }
    }
    eprintln!(
        "{} of {} and {} of {} connections broke under {mails} mails",
        imap.broken(),
        imap.connections(),
        smtp.broken(),
        smtp.connections()
    );
    assert!(done, "letters are left:\n{}", daemon.log());
    assert!(is_enough(), "few connections broke");
    town.settle(PATIENCE);
    adds_up(&town, &mut daemon, mails);
}

/// Whether all letters were taken before long. What is put off or uncertain waits for minutes by itself; the operator is
/// in a hurry.
fn all_leave(daemon: &Daemon) -> bool {
    let waiting =
        "SELECT CAST(id AS TEXT) FROM deliveries WHERE state IN ('deferred', 'uncertain', 'failed')";
    let all_left = || {
        for id in daemon.texts(waiting) {
            daemon.command(&["outbox", "retry", &id]);
        }
        daemon.count("SELECT count(*) FROM deliveries WHERE state <> 'sent'") == 0
    };
    until(LEAVING, all_left).is_some()
}

/// The letter without what its way adds to it.
fn without_trace(bytes: &[u8]) -> Vec<u8> {
    const TRACE: [&str; 4] = ["return-path:", "delivered-to:", "x-original-to:", "received:"];
    let mut kept = Vec::new();
    let (mut head, mut dropped) = (true, false);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if head {
            let start = String::from_utf8_lossy(line).to_lowercase();
            dropped = match start.starts_with([' ', '\t']) {
                true => dropped,
                false => TRACE.iter().any(|name| start.starts_with(name)),
            };
            head = !start.trim().is_empty();
        }
        if !(head && dropped) {
            kept.extend_from_slice(line);
        }
    }
    kept
}
