//! An hour of mixed load on real servers with a fault every few seconds: does anything grow, is anything lost?
//!
//! `cargo bench --bench soak`; `MAILDESK_SOAK_SECONDS` says how long (3,600), `MAILDESK_BINARY` which program. Figures of
//! every ten seconds, faults and the program's log stay in `target/soak` (MAILDESK_SOAK_FOLDER). Ends with 1 where a limit is broken.
//! `docs/performance.md` has figures.

#[path = "soak/came.rs"]
mod came;
#[path = "soak/ending.rs"]
mod ending;
#[path = "soak/faults.rs"]
mod faults;
#[path = "soak/figures.rs"]
mod figures;
#[path = "soak/link.rs"]
mod link;
#[path = "soak/load.rs"]
mod load;
#[path = "support/mails.rs"]
mod mails;
#[path = "soak/stage.rs"]
mod stage;
#[path = "soak/sums.rs"]
mod sums;
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "soak/watch.rs"]
mod watch;
#[path = "soak/words.rs"]
mod words;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use came::Inbox;
use ending::Ending;
use faults::Faults;
use figures::Figures;
use load::{Done, Load};
use stage::{Stage, results};
use sums::Sums;
use support::chance::Chance;
use support::child::until;
use support::daemon::STOP_MAX;
use support::town::{DESK, PEOPLE};
use watch::{Sample, Watch};

/// Between two looks at the program.
const LOOK: Duration = Duration::from_secs(10);
/// For all that is still on its way when the load ends: the longest wait for a host that was away is part of it.
const REST: Duration = Duration::from_secs(900);
/// After so long without work no connection is kept that is not needed (`waits.smtp_keep_seconds`).
const STILL: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let asked = std::env::var("MAILDESK_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    let seconds: u64 = asked.unwrap_or(3_600);
    let Some(stage) = Stage::set() else { return ExitCode::SUCCESS };
    let broken = soak(stage, seconds);
    for limit in &broken {
        println!("BROKEN: {limit}");
    }
    println!("{}", if broken.is_empty() { "all limits are kept" } else { "a limit is broken" });
    ExitCode::from(u8::from(!broken.is_empty()))
}

/// Answers with the limits that were broken.
fn soak(mut stage: Stage, seconds: u64) -> Vec<String> {
    let chance = Chance::new();
    still();
    let (rest, end, silent) = (Ending::default(), Ending::default(), Arc::new(AtomicBool::new(false)));
    let watch = Watch { id: stage.daemon.id(), database: stage.daemon.database(), begun: Instant::now() };
    let before = watch.look();
    let look = LOOK.min(Duration::from_secs(seconds) / 60);
    let watching = {
        let rest = rest.clone();
        std::thread::spawn(move || (watch.run(look, &rest, &results().join("figures.csv")), watch))
    };
    let loading = {
        let inboxes = PEOPLE.iter().filter(|who| **who != DESK);
        let inboxes = inboxes.map(|who| Inbox::at(who, stage.maildir(who))).collect();
        let load = Load::new(stage.town.postfix.outside, inboxes, stage.daemon.database(), chance.clone());
        let (rest, end, silent) = (rest.clone(), end.clone(), silent.clone());
        std::thread::spawn(move || load.run(&rest, &end, &silent))
    };
    let ending = {
        let rest = rest.clone();
        std::thread::spawn(move || {
            rest.is_within(Duration::from_secs(seconds));
            rest.comes();
        })
    };
    let (notes, mut broken) = torment(&mut stage, chance, &rest);
    ending.join().expect("the end of the load");
    println!("the load has ended; what is on its way arrives");
    until(REST, || silent.load(Ordering::SeqCst)).expect("all is handed over");
    broken.extend(stage.comes_to_rest(REST).map(|left| format!("at the end: {left}")));
    still();
    end.comes();
    let mut done = loading.join().expect("people at work");
    let (samples, watch) = watching.join().expect("the watch");
    let after = watch.look();
    done.sent.insert(stage.first.clone(), load::Kind::Request);
    told(&stage, &done, &samples);
    let figures = Figures { samples: &samples, rest: (before, after), seconds: seconds as f64 };
    broken.extend(figures.tell());
    broken.extend(Sums::of(&done, &stage.daemon, notes).broken);
    broken.extend(sound(stage));
    broken
}

/// Faults until `rest`; answers with the operator's notes and what failed.
fn torment(stage: &mut Stage, chance: Chance, rest: &Ending) -> (u64, Vec<String>) {
    let log = std::fs::File::create(results().join("faults.csv")).expect("a file for the faults");
    let (people, links) = ((&mut stage.town, &stage.daemon), (&stage.imap, &stage.smtp));
    let mut faults = Faults::new(people, links, chance, rest.clone(), log);
    faults.run();
    let made: u32 = faults.made.values().sum();
    println!("{made} faults:");
    for (name, times) in &faults.made {
        println!("{times:>8}  {name}");
    }
    let failed = faults.failed.iter().map(|text| format!("a command of the operator failed: {text}"));
    (faults.notes, failed.collect())
}

fn told(stage: &Stage, done: &Done, samples: &[Sample]) {
    let (imap, smtp) = (stage.imap.counts(), stage.smtp.counts());
    println!(
        "{} mails written, {} handed over again; {} of {} connections of IMAP cut, {} of {} of SMTP; {} looks",
        done.sent.len(),
        done.repeated,
        imap.1,
        imap.0,
        smtp.1,
        smtp.0,
        samples.len()
    );
}

/// Nobody does anything for a while.
fn still() {
    Ending::default().is_within(STILL);
}

/// `maildesk doctor`, SQLite itself, and the end of the program.
fn sound(mut stage: Stage) -> Vec<String> {
    let mut broken: Vec<String> = stage.daemon.damage();
    let told = stage.daemon.command(&["doctor"]);
    let text = String::from_utf8_lossy(&told.stdout).into_owned() + &String::from_utf8_lossy(&told.stderr);
    println!("\ndoctor: {}", text.trim());
    if !told.status.success() {
        broken.push(format!("doctor: {}", told.status));
    }
    if stage.daemon.has_ended() {
        broken.push("the program ended by itself".to_owned());
    } else {
        let end = stage.daemon.stop(STOP_MAX);
        broken.extend((!end.success()).then(|| format!("the program ended with {end}")));
    }
    std::fs::write(results().join("log"), stage.daemon.log()).expect("written");
    broken
}
