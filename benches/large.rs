//! Does a large database make anything slow? An empty one and one of a million tickets, measured in one run.
//!
//! `cargo bench --bench large`; `MAILDESK_TICKETS` says how many tickets, `MAILDESK_LARGE` a folder in which the large
//! database stays for another run. `docs/performance.md` has figures and what they mean.

#[path = "large/grow.rs"]
mod grow;
#[path = "large/measure.rs"]
mod measure;
#[path = "large/seed.rs"]
mod seed;

use std::path::{Path, PathBuf};
use std::time::Instant;

use maildesk::store::{OpenOptions, SqliteStore, Store};

use grow::{Conversation, Names, Nursery};
use measure::{Case, Measured};
use seed::Seed;

/// Conversations that the program leads itself, over three years; the rest are copies of them.
const CONVERSATIONS: u32 = 200;
/// Clients of a contract among the people of the large database.
const CLIENTS: u32 = 3_000;

fn main() {
    let tickets: u32 =
        std::env::var("MAILDESK_TICKETS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let temporary = tempfile::tempdir().expect("a folder");
    let folder =
        std::env::var_os("MAILDESK_LARGE").map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("a folder");
    let large = folder.join(format!("{tickets}"));
    let empty = temporary.path().join("empty");
    std::fs::create_dir_all(&large).expect("a folder");
    std::fs::create_dir_all(&empty).expect("a folder");
    // Only a database that was finished gets its name.
    if !large.join("done").exists() {
        make(&large, tickets);
        std::fs::write(large.join("done"), "").expect("written");
    }
    seed::configure(&large);
    seed::configure(&empty);
    let mut measured: Vec<Measured> = Vec::new();
    for (name, folder, tickets) in [("empty", &empty, 0), ("large", &large, tickets)] {
        measured.push(Case::open(name, folder, tickets).measure());
    }
    measure::print(&measured);
}

/// Makes the large database, and says what takes how long.
fn make(folder: &Path, tickets: u32) {
    let begun = Instant::now();
    let origin = folder.join("origin.db");
    let path = seed::database(folder);
    for old in [&origin, &path] {
        let _ = std::fs::remove_file(old);
    }
    seed::configure(folder);
    let templates: Vec<Names> = Seed::lead(folder, &origin, CONVERSATIONS);
    let read = rusqlite::Connection::open(&origin).expect("opened");
    let conversations: Vec<Conversation> =
        templates.iter().map(|names| Conversation::read(&read, *names)).collect();
    drop(read);
    drop(SqliteStore::open(&path).expect("made"));
    let mut nursery = Nursery::open(&path);
    for n in 0..tickets {
        let place = u64::from(n) * conversations.len() as u64 / u64::from(tickets);
        let names =
            Names { number: seed::FIRST_NUMBER + n, person: n, domain: n % CLIENTS, client: n % CLIENTS };
        nursery.add(&conversations[usize::try_from(place).expect("small")], names);
    }
    let written = begun.elapsed();
    nursery.finish(&origin, seed::FIRST_NUMBER + tickets - 1);
    println!("{tickets} tickets written in {written:.1?}, with their indexes after {:.1?}", begun.elapsed());
    let bytes = std::fs::metadata(&path).expect("there").len();
    let options = OpenOptions { quick_check: false, ..OpenOptions::default() };
    let mut store = options.open(&path).expect("opened");
    let store: &mut dyn Store = &mut store;
    let begun = Instant::now();
    while store.run(|tx| tx.index(1_000)).expect("indexed").more {}
    println!("indexed in {:.1?}", begun.elapsed());
    let with_index = std::fs::metadata(&path).expect("there").len();
    println!(
        "{} MB, of which the search index {} MB",
        with_index / 1_000_000,
        (with_index - bytes) / 1_000_000
    );
}
