//! What is measured of one database.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use maildesk::daemon::house::Desks;
use maildesk::desk::Desk;
use maildesk::desk::receive::{Arrival, receive};
use maildesk::domain::rules::DeskId;
use maildesk::domain::search::Words;
use maildesk::domain::ticket::{Status, TicketKey};
use maildesk::store::{DeliveryFilter, OpenOptions, Store, TicketFilter, Tx, UnitOfWork};

use super::grow::{domain, person};
use super::seed::{self, CONTRACTS, Mail, Prose, first_letter, now};

/// Mails with a commit of their own, and mails that share commits.
const ALONE: u32 = 1_000;
const TOGETHER: u32 = 12_800;
/// As `pace.commit_mails` has it where nobody sets it, and where none is to wait long.
const BATCHES: [usize; 3] = [64, 32, 16];
const LOOKS: u32 = 500;

/// The median and the 99th percentile.
#[derive(Clone, Copy)]
struct Spread {
    half: Duration,
    most: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Spread {
        times.sort_unstable();
        Spread { half: times[times.len() / 2], most: times[times.len() * 99 / 100] }
    }

    fn shown(self) -> String {
        format!("{} ({})", shown(self.half), shown(self.most))
    }
}

fn shown(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Names and values of one database, in order.
pub struct Measured(Vec<(String, String)>);

/// Prints what was measured side by side.
pub fn print(measured: &[Measured]) {
    let width = measured[0].0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (i, (name, _)) in measured[0].0.iter().enumerate() {
        let values: String = measured.iter().map(|m| format!("{:>26}", m.0[i].1)).collect();
        println!("{name:<width$}{values}");
    }
}

/// A database under measurement.
pub struct Case {
    name: &'static str,
    folder: PathBuf,
    tickets: u32,
    store: Box<dyn Store>,
    desks: Desks,
    uid: u32,
    prose: Prose,
    found: Measured,
}

impl Case {
    /// Opens the database of a folder as the daemon does.
    pub fn open(name: &'static str, folder: &Path, tickets: u32) -> Case {
        let path = seed::database(folder);
        let begun = Instant::now();
        // A large one is looked over beside the work.
        let quick_check = tickets == 0;
        let options = OpenOptions { quick_check, checkpoint_beside: true, ..OpenOptions::default() };
        let mut store: Box<dyn Store> = Box::new(options.open(&path).expect("opened"));
        let opened = begun.elapsed();
        let desks = seed::desks(&seed::settings(folder), &mut *store);
        let mut found = Measured(Vec::new());
        let size = std::fs::metadata(&path).expect("there").len() / 1_000_000;
        found.0.push(("database".to_owned(), format!("{name}, {tickets} tickets")));
        found.0.push(("size".to_owned(), format!("{size} MB")));
        found.0.push(("opening".to_owned(), format!("{:.1} s", opened.as_secs_f64())));
        // Nobody has these UIDs or these names: a run may follow another.
        let uid = 100_000_000 + std::process::id() % 10_000 * 100_000;
        Case {
            name,
            folder: folder.to_owned(),
            tickets,
            store,
            desks,
            uid,
            prose: Prose::new(uid.into()),
            found,
        }
    }

    pub fn measure(mut self) -> Measured {
        eprintln!("measuring the {} database", self.name);
        self.commits();
        self.batches();
        self.steps();
        self.ticks();
        self.tickets();
        self.searches();
        self.lists();
        self.programs();
        self.found
    }

    fn note(&mut self, name: &str, value: String) {
        self.found.0.push((name.to_owned(), value));
    }

    fn desk(&self) -> std::sync::Arc<Desk> {
        self.desks.get(seed::DESK).expect("the desk").clone()
    }

    fn now(&self) -> Timestamp {
        now() + SignedDuration::from_secs(i64::from(self.uid % 1_000_000))
    }

    /// A ticket of the large database, a different one each time.
    fn any(&mut self) -> Option<TicketKey> {
        let tickets = self.tickets;
        (tickets > 0).then(|| {
            TicketKey::new(&DeskId::from(seed::DESK), seed::FIRST_NUMBER + self.prose.number(tickets))
        })
    }

    /// Mails of clients under contract: new requests, and every fifth on a ticket that is there.
    fn mails(&mut self, count: u32) -> Vec<Arrival> {
        let desk = self.desk();
        let mut mails = Vec::new();
        for n in 0..count {
            self.uid += 1;
            let client = domain(n % CONTRACTS);
            let mut mail = Mail {
                from: format!("x{}@{client}.example", self.uid),
                id: format!("{}.x@client.example", self.uid),
                answers: None,
                subject: format!("Till {}: {}", self.uid, self.prose.text(3)),
                text: format!("Good morning,\r\n\r\n{}\r\n", self.prose.text(80)),
            };
            if n % 5 == 0
                && let Some(key) = self.any()
            {
                let number = key.number - seed::FIRST_NUMBER;
                mail.from = format!("{}@{}.example", person(number), domain(number % super::CLIENTS));
                mail.answers = self.store.run(|tx| first_letter(tx, &key)).expect("asked");
            }
            mails.push(mail.arrival(&desk, self.uid, self.now()));
        }
        mails
    }

    fn commits(&mut self) {
        let (desk, at) = (self.desk(), self.now());
        let mut times = Vec::new();
        for arrival in self.mails(ALONE) {
            let begun = Instant::now();
            let outcome = self.store.run(|tx| receive(tx, &desk, &arrival, at)).expect("received");
            times.push(begun.elapsed());
            assert!(outcome.ticket().is_some(), "{outcome:?}");
        }
        self.note("a mail and its commit", Spread::of(times).shown());
    }

    fn batches(&mut self) {
        for size in BATCHES {
            self.batches_of(size);
        }
    }

    fn batches_of(&mut self, size: usize) {
        let (desk, at) = (self.desk(), self.now());
        let mails = self.mails(TOGETHER);
        let (begun, mut times, mut ends) = (Instant::now(), Vec::new(), Vec::new());
        for batch in mails.chunks(size) {
            let begun = Instant::now();
            // When the last mail of it was decided: what follows is the commit itself.
            let decided = Cell::new(begun);
            let mut works: Vec<_> = batch
                .iter()
                .map(|arrival| {
                    |tx: &mut dyn Tx| {
                        let outcome = receive(tx, &desk, arrival, at);
                        decided.set(Instant::now());
                        outcome.map(|_| ())
                    }
                })
                .collect();
            let mut works: Vec<UnitOfWork<'_>> =
                works.iter_mut().map(|work| work as UnitOfWork<'_>).collect();
            assert!(self.store.batch(&mut works).iter().all(Result::is_ok));
            times.push(begun.elapsed());
            ends.push(decided.get().elapsed());
        }
        let rate = f64::from(TOGETHER) / begun.elapsed().as_secs_f64();
        self.note(&format!("mails together, {size} to a commit"), format!("{rate:.0}/s"));
        self.note(&format!("deciding {size} and their commit"), Spread::of(times).shown());
        self.note(&format!("the commit of {size} alone"), Spread::of(ends).shown());
    }

    /// What was written is indexed as the daemon does it.
    fn steps(&mut self) {
        let mut times = Vec::new();
        let begun = Instant::now();
        let mut tickets = 0;
        loop {
            let begun = Instant::now();
            let step = self.store.run(|tx| tx.index(16)).expect("indexed");
            times.push(begun.elapsed());
            tickets += step.tickets;
            if !step.more {
                break;
            }
        }
        let rate = tickets as f64 / begun.elapsed().as_secs_f64();
        self.note("indexing", format!("{rate:.0} tickets/s"));
        self.note("a step of 16 tickets and its commit", Spread::of(times).shown());
    }

    fn ticks(&mut self) {
        // Before any ticket of the large database wakes.
        let early: Timestamp = "2020-01-01T00:00:00Z".parse().expect("an instant");
        let mut times = Vec::new();
        for _ in 0..LOOKS {
            let begun = Instant::now();
            let due = self.store.run(|tx| Ok((tx.due(early, 100)?, tx.next_wake()?))).expect("asked");
            times.push(begun.elapsed());
            assert!(due.0.is_empty() && due.1.is_some());
        }
        self.note("a tick with nothing due", Spread::of(times).shown());
    }

    fn tickets(&mut self) {
        let mut times = Vec::new();
        for _ in 0..LOOKS {
            let newest = TicketKey::new(&DeskId::from(seed::DESK), 5_000_000);
            let key = self.any().unwrap_or(newest);
            let begun = Instant::now();
            let shown = self.store.run(|tx| {
                let filter = DeliveryFilter { ticket: Some(key.clone()), ..DeliveryFilter::default() };
                tx.deliveries(&filter)?;
                Ok((tx.ticket(&key)?, tx.messages(&key)?, tx.works(&key)?, tx.entries(&key)?))
            });
            times.push(begun.elapsed());
            assert!(shown.expect("asked").0.is_some());
        }
        self.note("a ticket with all that belongs to it", Spread::of(times).shown());
    }

    fn searches(&mut self) {
        let all = TicketFilter { limit: 50, ..TicketFilter::default() };
        let open = TicketFilter { statuses: vec![Status::New, Status::Open], ..all.clone() };
        let old = TicketFilter { until: "2023-09-01T00:00:00Z".parse().ok(), ..all.clone() };
        let person = person(self.tickets / 2);
        let address = format!("{person}@{}.example", domain(self.tickets / 2 % super::CLIENTS));
        for (name, typed, filter) in [
            ("search: a word of all tickets", "morning", &all),
            ("search: a beginning of it", "morn", &all),
            ("search: two words of all tickets", "printer morning", &all),
            ("search: an address of one", address.as_str(), &all),
            ("search: a word of nobody", "spausdintuvas", &all),
            ("search: short beginning", "kan", &all),
            ("search: common, only open", "printer morning", &open),
            ("search: common, years ago", "printer morning", &old),
        ] {
            let words = Words::read(typed).expect("words");
            let mut times = Vec::new();
            let mut hits = 0;
            for _ in 0..20 {
                let begun = Instant::now();
                let found = self.store.run(|tx| tx.search(&words, filter)).expect("asked");
                times.push(begun.elapsed());
                hits = found.tickets.len() + found.more;
            }
            let first = shown(times[0]);
            let spread = Spread::of(times);
            self.note(name, format!("{} ({first}), {hits} hits", shown(spread.half)));
        }
    }

    fn lists(&mut self) {
        let unfinished: Vec<Status> = Status::ALL.into_iter().filter(|s| !s.is_final()).collect();
        let open = TicketFilter { statuses: unfinished, limit: 50, ..TicketFilter::default() };
        let all = TicketFilter { limit: 50, ..TicketFilter::default() };
        let petr = TicketFilter { assignee: Some("petr".into()), ..open.clone() };
        for (name, filter) in [("list: unfinished", &open), ("list: all", &all), ("list: of an agent", &petr)]
        {
            let mut times = Vec::new();
            for _ in 0..20 {
                let begun = Instant::now();
                let found = self.store.run(|tx| Ok((tx.tickets(filter)?, tx.how_many(filter, 1_050)?)));
                times.push(begun.elapsed());
                found.expect("asked");
            }
            self.note(name, Spread::of(times).shown());
        }
    }

    /// The program itself, as an operator calls it.
    fn programs(&mut self) {
        let number = self.any().map_or(5_000_000, |key| key.number).to_string();
        for (name, words) in [
            ("maildesk ticket show", &["show", number.as_str()][..]),
            ("maildesk ticket list", &["list"]),
            ("maildesk ticket list --search", &["list", "--search", "printer morn"]),
        ] {
            let mut times = Vec::new();
            for _ in 0..20 {
                let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
                command.arg("--config").arg(self.folder.join("maildesk.toml")).arg("ticket").args(words);
                let begun = Instant::now();
                let done = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("run");
                times.push(begun.elapsed());
                assert!(done.success(), "{name}");
            }
            self.note(name, Spread::of(times).shown());
        }
    }
}
