//! The power goes, again and again, while mail comes and letters leave.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::desk::{BUSY, OPEN, TICKETS, UNDECIDED, is_sound};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::town::{DESK, Town};

const KILLS: usize = 20;
const MAILS_A_LIFE: usize = 10;
/// Longest life, in milliseconds from the start of the process or from its being ready.
const LIFE_MAX: u64 = 2_500;
/// For what is left after the last kill.
const REST: Duration = Duration::from_secs(120);

const CLIENTS: [&str; 3] = ["ona@client.example", "janis@client.example", "olga@other.example"];

/// Numbers that look like chance, the same for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    /// From MAILDESK_SEED, or anew; said aloud, so that a failure can be played again.
    fn new() -> Chance {
        let given = std::env::var("MAILDESK_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(std::process::id()));
        eprintln!("MAILDESK_SEED={seed}");
        Chance(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[test]
fn gate_01_twenty_kills_under_two_hundred_mails_lose_and_double_nothing() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    let mut chance = Chance::new();
    let people = CLIENTS.map(|who| town.person(who));
    for life in 0..KILLS {
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
    let mails = i64::try_from(KILLS * MAILS_A_LIFE).unwrap();
    eprintln!("after {KILLS} kills: {} tickets, {} letters open", daemon.count(TICKETS), daemon.count(OPEN));
    daemon.wait_for_count(TICKETS, mails, REST);
    daemon.wait_for_count(UNDECIDED, 0, REST);
    daemon.wait_for_count(OPEN, 0, REST);
    town.settle(REST);
    daemon.kill();

    assert_eq!(daemon.count(TICKETS), mails);
    assert_eq!(daemon.count("SELECT count(*) FROM mails WHERE outcome <> 'applied'"), 0, "set aside");
    assert_eq!(daemon.count("SELECT count(*) FROM deliveries WHERE state <> 'sent'"), 0);
    let acks = daemon.texts("SELECT '<' || message_id || '>' FROM letters WHERE purpose = 'ack'");
    assert_eq!(acks.len(), KILLS * MAILS_A_LIFE, "one acknowledgement each");

    let mut came: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for letter in CLIENTS.iter().flat_map(|who| town.mailbox(who).letters()) {
        came.entry(letter.header("Message-ID").unwrap()).or_default().push(without_trace(&letter.bytes));
    }
    let copies: usize = came.values().map(|same| same.len() - 1).sum();
    eprintln!("{} letters in the clients' mailboxes, {copies} copies beside them", came.len());
    assert_eq!(came.len(), acks.len());
    assert!(acks.iter().all(|id| came.contains_key(id)), "each acknowledgement arrived");
    assert!(came.values().all(|same| same.iter().all(|one| *one == same[0])), "a copy is the same bytes");
    is_sound(&daemon);
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
