//! What one mail costs without any network: parsed, thought over, decided and written down, its letter claimed.
//!
//! `cargo run --profile bench --example receive -- [MAILS]`; each stage is timed by itself, on one core. Under callgrind, with few
//! mails, the instructions of each can be read (`docs/performance.md`); `tests/e2e/cost.rs` holds their number.

#[path = "../benches/support/mails.rs"]
mod mails;

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use maildesk::config::load;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::desk::identity::identity;
use maildesk::desk::receive::{Arrival, receive};
use maildesk::mail::parse::{Limits, parse};
use maildesk::store::{Place, SqliteStore, Store, Tx, UnitOfWork};
use maildesk::words::Catalogue;

const CONFIG: &str = r#"state_dir = "state"
[desk]
address = "help@desk.example"
languages = ["en", "lt", "lv", "ru", "cs"]
agents = ["Petr Novák <petr@desk.example>"]
[limits]
answers_per_hour = 1000000
answers_per_day = 1000000
[mailbox]
host = "127.0.0.1"
security = "plain"
user = "help@desk.example"
password = "obuolys"
"#;

/// Mails of one commit, as the daemon has it.
const COMMIT: usize = 64;

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(2_000_u32);
    let dir = tempfile::tempdir().expect("a directory");
    let desk = desk(dir.path());
    let mut store: Box<dyn Store> = Box::new(SqliteStore::open(&dir.path().join("db")).expect("a store"));
    let identity = store.run(|tx| identity(tx, &[7; 48])).expect("an identity");
    let desk = Desk::new(desk, Arc::new(Catalogue::embedded()), identity.keys, identity.instance);
    let now: Timestamp = "2026-03-02T07:12:10Z".parse().expect("a time");
    let mails: Vec<Bytes> =
        (0..count).map(|number| mails::mail(number, "help@desk.example").into()).collect();

    let limits = Limits::default();
    let parsed = timed(count, "parse", || mails.iter().map(|mail| parse(mail, &limits)).collect::<Vec<_>>());
    let arrived = now - SignedDuration::from_secs(10);
    let digests = timed(count, "think", || {
        parsed.into_iter().map(|mail| digest(&desk, mail, arrived, now, &[])).collect::<Vec<_>>()
    });
    let arrivals: Vec<Arrival> = (1..)
        .zip(digests.into_iter().zip(mails))
        .map(|(uid, (digest, raw))| {
            let place = Place { mailbox: "inbox".to_owned(), validity: 1, uid };
            Arrival { digest, raw, place: Some(place) }
        })
        .collect();
    timed(count, "decide and commit", || {
        for chunk in arrivals.chunks(COMMIT) {
            let mut works: Vec<_> = chunk
                .iter()
                .map(|arrival| |tx: &mut dyn Tx| receive(tx, &desk, arrival, now).map(drop))
                .collect();
            let mut works: Vec<UnitOfWork<'_>> =
                works.iter_mut().map(|work| work as UnitOfWork<'_>).collect();
            for result in store.batch(&mut works) {
                result.expect("a decision");
            }
        }
    });
    let letters = timed(count, "claim and settle", || {
        let mut letters = 0;
        loop {
            let claims =
                store.run(|tx| tx.claim(now, now + SignedDuration::from_mins(10), COMMIT)).expect("claims");
            if claims.is_empty() {
                return letters;
            }
            letters += claims.len();
            store
                .run(|tx| {
                    for claim in &claims {
                        let sent = maildesk::domain::delivery::Delivery::Accepted {
                            code: 250,
                            reply: "taken".to_owned(),
                        };
                        maildesk::desk::send::settle(tx, Some(&desk), claim, &sent, 0, now)?;
                    }
                    Ok(())
                })
                .expect("settled");
        }
    });
    println!("{letters} letters");
}

fn timed<T>(count: u32, what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    let each = begun.elapsed() / count;
    println!("{what:>20}: {each:>9.1?} a mail, {:>6.0}/s", 1.0 / each.as_secs_f64());
    done
}

fn desk(dir: &std::path::Path) -> maildesk::domain::rules::Rules {
    let file = dir.join("maildesk.toml");
    std::fs::write(&file, CONFIG).expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    load(&[file], &Default::default()).unwrap_or_else(|problems| panic!("{problems}")).settings.desks[0]
        .clone()
}
