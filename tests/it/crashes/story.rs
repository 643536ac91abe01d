//! What happens in one story.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use mail_parser::MessageParser;
use maildesk::config::{Settings, load};
use maildesk::daemon::clock::Clock;
use maildesk::fault::{Act as Strike, POINTS, Plan};
use maildesk::sandbox::{Sandbox, SandboxConfig};
use maildesk::store::{DeliveryFilter, DeliveryState};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::life::Life;
use super::{Told, sums};
use crate::support::chance::Chance;
use crate::support::child::until;
use crate::support::liar_smtp::{Act, Liar, Lie, Script, Stage};

pub const DESK: &str = "support@desk.example";
const PASSWORD: &str = "obuolys-7";
const CLIENTS: [&str; 3] = ["ona@client.example", "janis@client.example", "alice@other.example"];
const AGENT: &str = "olga@desk.example";
/// Long enough for a busy machine; no story waits for so long unless it fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Of hundred lives, so many have something planned for them.
const PLANNED: u64 = 75;

/// A story under way: servers that do not die, a folder, and the life that is lived now.
pub struct Story {
    seed: u64,
    chance: Chance,
    dir: TempDir,
    settings: Arc<Settings>,
    clock: Clock,
    // Before the runtime: they are dropped within it.
    sandbox: Sandbox,
    pub liar: Liar,
    outside: Runtime,
    life: Option<Life>,
    /// Contents that were delivered, by their Message-ID; each may lie there several times.
    mails: BTreeMap<String, Vec<u8>>,
    told: Told,
    aloud: bool,
}

impl Story {
    /// Tells the story of this seed and holds its end against the sums.
    pub fn tell(seed: u64, aloud: bool) -> Told {
        let whole = std::panic::AssertUnwindSafe(|| {
            let mut story = Story::begin(seed, aloud);
            let events = 8 + story.chance.below(14);
            for _ in 0..events {
                story.something_happens();
            }
            story.ends()
        });
        std::panic::catch_unwind(whole).unwrap_or_else(|cause| {
            eprintln!("the story of MAILDESK_SEED={seed} went wrong");
            std::panic::resume_unwind(cause)
        })
    }

    fn begin(seed: u64, aloud: bool) -> Story {
        let mut chance = Chance::of(seed);
        let outside = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let clock = Clock::stepped("2026-03-02T07:12:00Z".parse().unwrap());
        let time = clock.clone();
        let config = SandboxConfig::new([(DESK, PASSWORD)], Arc::new(move || time.now()));
        let sandbox = outside.block_on(Sandbox::start(config)).unwrap();
        let lies = (0..chance.below(5)).map(|_| lie(&mut chance)).collect();
        let liar = outside.block_on(Liar::start(Script { lies, ..Script::default() }));
        let shm = Path::new("/dev/shm");
        let root = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("faults").tempdir_in(root).unwrap();
        let settings = settings(dir.path(), &sandbox, &liar, chance.percent(50));
        let (mails, told) = (BTreeMap::new(), Told::default());
        let settings = Arc::new(settings);
        let life = None;
        let mut story =
            Story { seed, chance, dir, settings, clock, sandbox, liar, outside, life, mails, told, aloud };
        story.is_born();
        story
    }

    fn says(&self, what: &str) {
        if self.aloud {
            eprintln!("{what}");
        }
    }

    /// A new life, with its plan.
    fn is_born(&mut self) {
        let plan = if self.chance.percent(PLANNED) {
            let point = *self.chance.pick(POINTS);
            let nth = u32::try_from(1 + self.chance.below(4)).unwrap();
            let act = *self.chance.pick(&[
                Strike::Abort,
                Strike::Abort,
                Strike::Abort,
                Strike::Abort,
                Strike::Panic,
                Strike::Fail,
            ]);
            self.says(&format!("a life with {act:?} at {point}, time {nth}"));
            Plan::new(point, nth, act)
        } else {
            self.says("a life");
            Plan::new("", 0, Strike::Abort)
        };
        self.told.lives += 1;
        self.life = Some(Life::begin(&self.settings, &self.clock, plan));
    }

    /// The life is over; `gently`: it gets the word to stop.
    fn is_buried(&mut self, gently: bool) {
        let Some(life) = self.life.take() else { return };
        self.told.deaths += u64::from(life.is_over() || !gently);
        let plan = if gently && !life.is_over() { life.stop() } else { life.kill() };
        self.told.passed.extend(plan.passed());
    }

    fn something_happens(&mut self) {
        match self.chance.below(24) {
            0..6 => self.a_client_writes(),
            6..7 => self.a_mail_comes_again(),
            7..13 => self.somebody_answers(),
            13..16 => self.time_passes(),
            16..17 => self.life.as_ref().expect("one lives").progress.poke(),
            17..20 => self.it_gets_quiet(),
            20..22 => {
                self.says("the plug is pulled");
                self.is_buried(false);
                self.is_born();
            }
            _ => {
                self.says("it is started anew");
                self.is_buried(true);
                self.is_born();
            }
        }
        self.mourns();
    }

    /// Where the life is over, the next begins.
    fn mourns(&mut self) {
        if self.life.as_ref().is_some_and(Life::is_over) {
            self.says("it is dead");
            self.is_buried(false);
            self.is_born();
        }
    }

    fn time_passes(&mut self) {
        let minutes = *self.chance.pick(&[1, 7, 60, 300, 1500, 1500, 5900]);
        if minutes > 60 {
            // What is read days late is not acknowledged, and the sums would need to know.
            self.it_gets_quiet();
        }
        if !self.life.as_ref().is_some_and(Life::is_over) {
            self.says(&format!("{minutes} minutes pass"));
            self.clock.advance_to(self.clock.now() + SignedDuration::from_mins(minutes));
        }
    }

    fn a_client_writes(&mut self) {
        let (n, client) = (self.mails.len(), *self.chance.pick(&CLIENTS));
        self.says(&format!("mail {n} of {client}"));
        let text = format!("The printer in room {n} prints nothing but number {n}.");
        self.delivers(client, DESK, &format!("Printer {n}"), &text, None);
    }

    fn a_mail_comes_again(&mut self) {
        let all: Vec<Vec<u8>> = self.mails.values().cloned().collect();
        if !all.is_empty() {
            self.says("a mail comes again");
            let mail = self.chance.pick(&all).clone();
            self.sandbox.deliver(DESK, &mail).unwrap();
        }
    }

    /// An agent, or a client, answers a letter that has reached him.
    fn somebody_answers(&mut self) {
        if self.mails.is_empty() {
            return self.a_client_writes();
        }
        if self.liar.taken().is_empty() {
            let life = self.life.as_ref().expect("one lives");
            until(Duration::from_millis(300), || life.is_over() || !self.liar.taken().is_empty());
        }
        let taken = self.liar.taken();
        if taken.is_empty() {
            return;
        }
        let letter = self.chance.pick(&taken).clone();
        let parsed = MessageParser::default().parse(&letter.mail).expect("a letter");
        let to = parsed.reply_to().or(parsed.from()).and_then(|list| list.first());
        let to = to.and_then(|address| address.address()).expect("an address").to_owned();
        let who = letter.to.trim_start_matches("TO:<").split('>').next().unwrap_or_default().to_owned();
        let subject = format!("Re: {}", parsed.subject().unwrap_or_default());
        let id = parsed.message_id().expect("an id").to_owned();
        let n = self.mails.len();
        let text = match who == AGENT {
            true if self.chance.percent(60) => format!("#resolve\r\n\r\nIt is mended, answer {n}."),
            true => format!("We are looking at it, answer {n}."),
            false => format!("It does not work yet, says mail {n}."),
        };
        self.says(&format!("mail {n} of {who} answers {id}"));
        self.delivers(&who, &to, &subject, &text, Some(&id));
    }

    fn delivers(&mut self, from: &str, to: &str, subject: &str, text: &str, answers: Option<&str>) {
        let id = format!("mail{}.{}@client.example", self.mails.len(), self.seed);
        let ties =
            answers.map_or_else(String::new, |id| format!("In-Reply-To: <{id}>\r\nReferences: <{id}>\r\n"));
        let mail = format!(
            "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n{ties}\
             Date: Mon, 02 Mar 2026 09:12:00 +0200\r\n\r\n{text}\r\n"
        );
        self.sandbox.deliver(DESK, mail.as_bytes()).unwrap();
        self.mails.insert(id, mail.into_bytes());
    }

    /// Everything that has come is read, unless somebody dies over it.
    fn it_gets_quiet(&mut self) {
        self.says("it gets quiet");
        self.clock.advance_to(self.clock.now() + SignedDuration::from_secs(1));
        let (life, now) = (self.life.as_ref().expect("one lives"), self.clock.now());
        life.progress.poke();
        let quiet = until(PATIENCE, || {
            let read = life.progress.all().get("main").and_then(|mailbox| mailbox.read_up_to);
            life.is_over() || read.is_some_and(|at| at >= now)
        });
        assert!(quiet.is_some(), "it is never read: {:?}", life.progress.all());
    }

    /// A last life in which nothing is planned, until there is nothing to do; then the sums.
    fn ends(mut self) -> Told {
        self.is_buried(false);
        self.says("the last life");
        self.told.lives += 1;
        self.life = Some(Life::begin(&self.settings, &self.clock, Plan::new("", 0, Strike::Abort)));
        loop {
            self.it_gets_quiet();
            let states: Vec<_> = DeliveryState::ALL.into_iter().filter(|state| !state.is_final()).collect();
            let open = DeliveryFilter { states, limit: 1, ..DeliveryFilter::default() };
            let life = self.life.as_ref().expect("one lives");
            let clerk = life.clerk.lock().unwrap().clone().expect("it has begun");
            let now = self.clock.now();
            let rest = clerk.ask(move |tx| {
                let due = tx.next_wake()?.is_some_and(|at| at <= now);
                Ok((tx.deliveries(&open)?.is_empty() && !due, tx.next_delivery()?))
            });
            let (done, next) = self.outside.block_on(rest).expect("the store answers");
            drop(clerk);
            if done {
                break;
            }
            if let Some(next) = next {
                self.clock.advance_to(next);
            }
        }
        self.is_buried(true);
        let inbox = self.sandbox.mailbox(DESK).expect("the desk's");
        let filing = self.settings.mailboxes[0].after != maildesk::config::After::Leave;
        // The server may still be at the last MOVE that it was told: half of it would be counted twice.
        let moved = until(PATIENCE, || !filing || inbox.messages().is_empty());
        assert!(moved.is_some(), "all are moved in the end");
        let lying = inbox.messages().len() + inbox.messages_in("Done").len();
        let ended =
            sums::Ended { database: &self.settings.database, mails: &self.mails, lying, liar: &self.liar };
        ended.hold(&mut self.told);
        let Story { told, sandbox, outside, liar, dir, .. } = self;
        drop(liar);
        outside.block_on(sandbox.stop());
        drop(dir);
        told
    }
}

/// Something that the relay does wrong, once.
fn lie(chance: &mut Chance) -> Lie {
    let nth = usize::try_from(1 + chance.below(6)).unwrap();
    match chance.below(8) {
        0 => (Stage::Rcpt, nth, Act::Say("450 4.2.0 greylisted\r\n")),
        1 => (Stage::Rcpt, nth, Act::Say("550 5.1.1 no such user\r\n")),
        2 => (Stage::Dot, nth, Act::Close),
        3 => (Stage::Dot, nth, Act::Say("451 4.3.0 later\r\n")),
        4 => (Stage::Greeting, nth, Act::SayAndClose("421 4.3.2 closing\r\n")),
        5 => (Stage::Data, nth, Act::Close),
        6 => (Stage::Auth, nth, Act::Say("535 5.7.8 no\r\n")),
        _ => (Stage::Mail, nth, Act::Close),
    }
}

fn settings(dir: &Path, sandbox: &Sandbox, liar: &Liar, filing: bool) -> Settings {
    let (imap, smtp) = (sandbox.imap_addr().port(), liar.port);
    let after = if filing { "after = \"move to Done\"\n" } else { "" };
    let text = format!(
        "state_dir = \"state\"\n[mailboxes.main]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\n\
         user = \"{DESK}\"\npassword = \"{PASSWORD}\"\nadopt = \"all\"\n{after}\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\nuser = \"{DESK}\"\n\
         password = \"{PASSWORD}\"\n\
         [limits]\ntickets_per_hour = 0\nanswers_per_hour = 100000\nanswers_per_day = 100000\nall_answers_per_hour = 100000\n\
         [desk]\naddress = \"{DESK}\"\nreply_delay_seconds = 0\nautoclose = \"1d\"\n[desk.agents.olga]\nname = \"Olga Petrova\"\n\
         email = \"{AGENT}\"\n\
         [pace]\ncommit_mails = 3\nsuspect_seconds = 0\n\
         [waits]\nreconnect_first_seconds = 0.01\nreconnect_longest_seconds = 0.05\ntick_seconds = 0.05\n\
         logout_seconds = 0.1\nstop_seconds = 20\n"
    );
    let file: PathBuf = dir.join("maildesk.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::create_dir(dir.join("state")).unwrap();
    load(&[file], &BTreeMap::new()).unwrap_or_else(|problems| panic!("{problems}")).settings
}
