//! What goes wrong, by turns: links, servers, the database, and an operator who looks, copies and reloads meanwhile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::ending::Ending;
use crate::link::{Cut, Link};
use crate::stage::settings;
use crate::support::chance::Chance;
use crate::support::daemon::Daemon;
use crate::support::town::Town;
use crate::words::NOTED;

/// Between two faults, in milliseconds: at least, and so much more by chance.
const PAUSE_LEAST: u64 = 1_500;
const PAUSE_MORE: u64 = 4_000;
/// Longer than the daemon waits for a word of IMAP (`stage.rs`).
const SILENCE: Duration = Duration::from_secs(13);

type Fault = fn(&mut Faults);

/// In this order, over and over.
const FAULTS: [(&str, Fault); 24] = [
    ("IMAP cut", |f| f.imap.cut(Cut::Closed)),
    ("status", |f| f.says(&["status"])),
    ("SMTP reset", |f| f.smtp.cut(Cut::Reset)),
    ("ticket list --search", |f| f.says(&["ticket", "list", "--all", "--search", "till screen"])),
    ("IMAP held for 4 s", |f| f.held(true, Duration::from_secs(4))),
    ("poke", |f| f.says(&["poke"])),
    ("SMTP cut in the middle", |f| f.in_the_middle(false)),
    ("database locked for 1 s", |f| f.locked()),
    ("Dovecot frozen for 3 s", |f| {
        f.town.dovecot.freeze();
        f.wait(3);
        f.town.dovecot.thaw();
    }),
    ("reload", |f| f.reload()),
    ("IMAP reset in the middle", |f| f.in_the_middle(true)),
    ("ticket show", |f| f.shows()),
    ("Postfix frozen for 3 s", |f| {
        f.town.postfix.freeze();
        f.wait(3);
        f.town.postfix.thaw();
    }),
    ("outbox list", |f| f.says(&["outbox", "list"])),
    ("SMTP held for 6 s", |f| f.held(false, Duration::from_secs(6))),
    ("backup", |f| f.backup()),
    ("IMAP silent", |f| f.held(true, SILENCE)),
    ("ticket note", |f| f.notes()),
    ("Dovecot killed, back after 2 s", |f| {
        f.town.stop_dovecot();
        f.wait(2);
        f.town.resume_dovecot();
    }),
    ("ledger", |f| f.says(&["ledger", "--since", "1d"])),
    ("SMTP closed for 3 s", |f| {
        f.smtp.close(true);
        f.smtp.cut(Cut::Closed);
        f.wait(3);
        f.smtp.close(false);
    }),
    ("doctor", |f| f.says(&["doctor"])),
    ("Postfix stopped, back after 2 s", |f| {
        f.town.postfix.stop();
        f.wait(2);
        f.town.postfix.resume();
    }),
    ("both cut", |f| {
        f.imap.cut(Cut::Reset);
        f.smtp.cut(Cut::Closed);
    }),
];

/// Whoever makes them.
pub struct Faults<'a> {
    pub town: &'a mut Town,
    pub daemon: &'a Daemon,
    pub imap: &'a Link,
    pub smtp: &'a Link,
    chance: Chance,
    rest: Ending,
    log: File,
    begun: Instant,
    reloads: u64,
    /// How often each was made.
    pub made: BTreeMap<&'static str, u32>,
    /// Notes that the operator left in tickets.
    pub notes: u64,
    /// Commands of the operator that did not end well, with what they said.
    pub failed: Vec<String>,
}

impl<'a> Faults<'a> {
    /// Written down in `log`, with the seconds since now.
    pub fn new(
        (town, daemon): (&'a mut Town, &'a Daemon),
        (imap, smtp): (&'a Link, &'a Link),
        chance: Chance,
        rest: Ending,
        log: File,
    ) -> Faults<'a> {
        let (made, failed) = (BTreeMap::new(), Vec::new());
        let begun = Instant::now();
        Faults { town, daemon, imap, smtp, chance, rest, log, begun, reloads: 0, made, notes: 0, failed }
    }

    /// Until `rest`; then all is whole again.
    pub fn run(&mut self) {
        for (name, fault) in FAULTS.iter().cycle() {
            let pause = PAUSE_LEAST + self.chance.below(PAUSE_MORE);
            if self.rest.is_within(Duration::from_millis(pause)) {
                return;
            }
            writeln!(self.log, "{:.1},{name}", self.begun.elapsed().as_secs_f64()).expect("written");
            fault(self);
            *self.made.entry(name).or_default() += 1;
        }
    }

    /// Waits, whatever comes: what is broken must be mended in any case.
    fn wait(&self, seconds: u64) {
        Ending::default().is_within(Duration::from_secs(seconds));
    }

    fn held(&mut self, imap: bool, span: Duration) {
        let link = if imap { self.imap } else { self.smtp };
        link.hold();
        self.wait(span.as_secs());
        link.release();
    }

    fn in_the_middle(&mut self, imap: bool) {
        let bytes = usize::try_from(1 + self.chance.below(20_000)).expect("small");
        match imap {
            true => self.imap.cut_after(bytes, Cut::Reset),
            false => self.smtp.cut_after(bytes, Cut::Closed),
        }
    }

    /// Somebody else has the database for a second.
    fn locked(&mut self) {
        let path = self.daemon.path("state/maildesk.sqlite");
        let connection = Connection::open(path).expect("the database");
        connection.busy_timeout(Duration::from_secs(20)).expect("a setting");
        connection.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        self.wait(1);
        connection.execute_batch("ROLLBACK").expect("given back");
    }

    fn reload(&mut self) {
        self.reloads += 1;
        let name = ["First Aid", "Second Wind"][usize::from(self.reloads.is_multiple_of(2))];
        self.daemon.configure(&settings(self.imap.port, self.smtp.port, name));
        self.daemon.signal("HUP");
    }

    fn backup(&mut self) {
        let copy = self.daemon.path("copy.sqlite");
        self.says(&["backup", &copy.display().to_string()]);
        let _ = std::fs::remove_file(copy);
    }

    fn any_ticket(&mut self) -> Option<String> {
        let last = self.daemon.count("SELECT coalesce(max(number), 0) FROM tickets");
        (last > 0).then(|| (1 + self.chance.below(last.unsigned_abs())).to_string())
    }

    fn shows(&mut self) {
        if let Some(number) = self.any_ticket() {
            self.says(&["ticket", "show", &number, "--history", "--letters"]);
        }
    }

    fn notes(&mut self) {
        let Some(number) = self.any_ticket() else { return };
        let failed = self.failed.len();
        self.says(&["ticket", "note", &number, NOTED, "--as", "alice"]);
        self.notes += u64::from(self.failed.len() == failed);
    }

    /// The operator gives a command; it may say that something is not well (1), and must not fail otherwise.
    fn says(&mut self, words: &[&str]) {
        let done = self.daemon.command(words);
        let may = words[0] == "status" && done.status.code() == Some(1);
        if !(done.status.success() || may) {
            let text = String::from_utf8_lossy(&done.stderr).into_owned();
            self.failed.push(format!(
                "{:.0} s: {words:?}: {}: {}",
                self.begun.elapsed().as_secs_f64(),
                done.status,
                text.trim()
            ));
        }
    }
}
