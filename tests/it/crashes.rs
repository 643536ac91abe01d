//! The program dies anywhere (A9, A10, A26, F25): at named points, at any moment, again and again, while mail comes, agents
//! answer, time passes and letters are refused or lost. In the end each mail has one outcome, and each letter has left once,
//! except where nobody could know whether it had.
//!
//! * `story`: what happens in one story, drawn from a seed. `MAILDESK_SEED` tells one again, `MAILDESK_CRASHES` says how
//!   many are told (10,000 in a night).
//! * `life`: one life of the daemon in this process, which dies where its plan says, or when the plug is pulled.
//! * `sums`: what must be true in the end.
//! * `program`: the real program, aborted once at each point.

mod life;
mod program;
mod story;
mod sums;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use maildesk::fault::POINTS;

use crate::support::chance;

/// Stories of a usual run.
const STORIES: u64 = 200;
/// Told at a time: most of each is waiting.
const AT_A_TIME: u64 = 4;
/// Points that a story in this process does not come to: see `program`.
const ELSEWHERE: [&str; 2] = ["before_word_to_sender", "in_backup"];

#[test]
fn whatever_dies_wherever_each_mail_has_one_outcome_and_each_letter_leaves_once() {
    if let Some(seed) = chance::seed() {
        story::Story::tell(seed, true);
        return;
    }
    let asked = std::env::var("MAILDESK_CRASHES").ok().and_then(|count| count.parse().ok());
    let (stories, next, told) = (asked.unwrap_or(STORIES), AtomicU64::new(0), Mutex::new(Told::default()));
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= stories {
                        return;
                    }
                    let one = story::Story::tell(seed, false);
                    told.lock().unwrap().add(one);
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    eprintln!(
        "{stories} stories in {:?}: {} lives, {} of them cut short, {} mails, {} tickets done, {} letters, {} copies of uncertain ones, \
         {} set aside",
        begun.elapsed(),
        told.lives,
        told.deaths,
        told.mails,
        told.resolved,
        told.letters,
        told.copies,
        told.aside
    );
    let expected: BTreeSet<&str> =
        POINTS.iter().copied().filter(|point| !ELSEWHERE.contains(point)).collect();
    assert_eq!(told.passed, expected, "each point lies on some way");
    assert!(told.deaths > stories / 2, "few of them died");
}

/// What many stories were made of.
#[derive(Debug, Default)]
pub struct Told {
    lives: u64,
    deaths: u64,
    mails: u64,
    letters: u64,
    /// Tickets that were resolved, and closed in time.
    resolved: u64,
    copies: u64,
    /// Mails that a planted failure set aside.
    aside: u64,
    passed: BTreeSet<&'static str>,
}

impl Told {
    fn add(&mut self, other: Told) {
        self.lives += other.lives;
        self.deaths += other.deaths;
        self.mails += other.mails;
        self.letters += other.letters;
        self.resolved += other.resolved;
        self.copies += other.copies;
        self.aside += other.aside;
        self.passed.extend(other.passed);
    }
}

#[test]
fn every_point_of_the_list_is_in_the_sources_once_and_no_other() {
    let mut found = Vec::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if !entry.ends_with("fault.rs") && !entry.ends_with("lib.rs") {
                let text = std::fs::read_to_string(entry).unwrap();
                let names = text.split("fault_point!(\"").skip(1).filter_map(|rest| rest.split('"').next());
                found.extend(names.map(str::to_owned));
            }
        }
    }
    let found: BTreeSet<String> = found.into_iter().collect();
    assert_eq!(found, POINTS.iter().map(|point| (*point).to_owned()).collect());
}
