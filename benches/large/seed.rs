//! The conversations that the program leads itself, and the configuration of the desk.

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use maildesk::config::{Settings, load};
use maildesk::daemon::control::{Order, obey};
use maildesk::daemon::house::Desks;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::desk::identity::identity;
use maildesk::desk::receive::{Arrival, receive};
use maildesk::domain::rules::DeskId;
use maildesk::domain::ticket::TicketKey;
use maildesk::mail::parse::{Limits, parse};
use maildesk::store::{
    DeliveryFilter, DeliveryState, Outcome, Place, Settled, SqliteStore, Store, StoreError, Tx,
};
use maildesk::words::Catalogue;

use super::grow::{Names, client, domain, person};

/// Tickets of the large database are numbered from here, those that are copied from [`FIRST_TEMPLATE`].
pub const FIRST_NUMBER: u32 = 1_000_000;
const FIRST_TEMPLATE: u32 = 5_000_000;
/// Names that no copy has.
const TEMPLATE: u32 = 9_000_000;
/// Of so many contracts the configuration knows; whoever is measured belongs to one of them.
pub const CONTRACTS: u32 = 50;
/// The last conversations of three years are still open: one in fifty.
const OPEN: u32 = 50;

pub const DESK: &str = "desk";

/// Now, for all who are measured.
pub fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("an instant")
}

/// Where the database of a folder is.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("state/maildesk.sqlite")
}

/// Writes the configuration into a folder.
pub fn configure(folder: &Path) {
    std::fs::create_dir_all(folder.join("state")).expect("a folder");
    let mut text = format!(
        "state_dir = \"state\"\n[limits]\nanswers_per_hour = 10000000\n\
         answers_per_day = 10000000\nall_answers_per_hour = 10000000\ntickets_per_hour = 0\n[desk]\naddress = \"support@desk.example\"\ntag = \"[KL-{{n}}]\"\n\
         first_number = {FIRST_TEMPLATE}\nreply_delay_seconds = 0\nnotify_new = [\"petr\"]\n\
         [desk.agents.petr]\nname = \"Petr Novák\"\nemail = \"petr@desk.example\"\n\
         [desk.severity.normal]\nrespond = \"4H\"\nresolve = \"16H\"\n"
    );
    for n in (0..CONTRACTS).chain(TEMPLATE..TEMPLATE + super::CONVERSATIONS) {
        let (code, domain) = (client(n), domain(n));
        write!(
            text,
            "[[desk.clients]]\nname = \"{domain}\"\ncode = \"{code}\"\ndomains = [\"{domain}.example\"]\n\
             [desk.clients.contract]\nname = \"A-{n}\"\nhours = \"4:00\"\nperiod = \"month\"\n"
        )
        .expect("written");
    }
    text += "[mailbox]\nhost = \"127.0.0.1\"\nsecurity = \"plain\"\nuser = \"support@desk.example\"\n\
             password = \"obuolys\"\n";
    let file = folder.join("maildesk.toml");
    std::fs::write(&file, text).expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("its mode");
}

/// The settings of a folder.
pub fn settings(folder: &Path) -> Settings {
    load(&[folder.join("maildesk.toml")], &Default::default()).unwrap_or_else(|p| panic!("{p}")).settings
}

/// The desk of a configuration with the keys of a database.
pub fn desks(settings: &Settings, store: &mut dyn Store) -> Desks {
    let identity = store.run(|tx| identity(tx, &[7; 48])).expect("keys");
    let words = Arc::new(Catalogue::embedded());
    Desks::new(vec![Arc::new(Desk::new(settings.desks[0].clone(), words, identity.keys, identity.instance))])
}

/// A mail as it lies on a server.
pub struct Mail {
    pub from: String,
    pub id: String,
    pub answers: Option<String>,
    pub subject: String,
    pub text: String,
}

impl Mail {
    /// Read and thought over, with a place of its own.
    pub fn arrival(&self, desk: &Desk, uid: u32, at: Timestamp) -> Arrival {
        let answers = self.answers.as_ref().map_or(String::new(), |id| format!("In-Reply-To: <{id}>\r\n"));
        let raw = format!(
            "Return-Path: <{0}>\r\nReceived: from mx.client.example (mx.client.example [192.0.2.7])\r\n\
             \tby mail.desk.example (Postfix) with ESMTPS id 4F2A9{uid:08}\r\n\
             \tfor <support@desk.example>; Mon, 2 Mar 2026 09:12:01 +0200 (EET)\r\n\
             From: {0}\r\nTo: support@desk.example\r\nSubject: {1}\r\nMessage-ID: <{2}>\r\n{answers}\
             Date: Mon, 2 Mar 2026 09:12:00 +0200\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{3}\r\n",
            self.from, self.subject, self.id, self.text
        );
        let read = parse(raw.as_bytes(), &Limits::default());
        let digest = digest(desk, read, at, at, &[]);
        let place = Some(Place { mailbox: "mailbox".to_owned(), validity: 7, uid });
        Arrival { digest, raw: raw.into_bytes().into(), place }
    }
}

/// Words as people use them: few often, many seldom. The same at every run.
pub struct Prose {
    state: u64,
}

impl Prose {
    pub fn new(seed: u64) -> Prose {
        Prose { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// A number below `most`.
    pub fn number(&mut self, most: u32) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        u32::try_from((self.state >> 20) % u64::from(most)).expect("below it")
    }

    fn word(&mut self) -> String {
        const PARTS: [&str; 20] = [
            "ka", "stą", "ri", "no", "la", "pe", "do", "mi", "su", "ta", "vė", "ru", "lį", "ga", "bo", "zi",
            "ne", "sa", "tu", "kur",
        ];
        // Of 20,000 words the first are as frequent as all of the last thousands together.
        let most = 20_000f64.powf(f64::from(self.number(10_000)) / 10_000.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let mut rank = most as usize + 17;
        let mut word = String::new();
        while rank > 0 {
            word.push_str(PARTS[rank % PARTS.len()]);
            rank /= PARTS.len();
        }
        word
    }

    pub fn text(&mut self, words: usize) -> String {
        let words: Vec<String> = (0..words).map(|_| self.word()).collect();
        let lines: Vec<String> = words.chunks(12).map(|line| line.join(" ")).collect();
        lines.join("\r\n")
    }
}

/// The program at work on the conversations that are copied.
pub struct Seed {
    store: Box<dyn Store>,
    desks: Desks,
    uid: u32,
}

impl Seed {
    /// Leads so many conversations, and names what stands in them.
    pub fn lead(folder: &Path, path: &Path, conversations: u32) -> Vec<Names> {
        let mut store: Box<dyn Store> = Box::new(SqliteStore::open(path).expect("made"));
        let desks = desks(&settings(folder), &mut *store);
        let mut seed = Seed { store, desks, uid: 0 };
        (0..conversations).map(|n| seed.conversation(n, conversations)).collect()
    }

    /// A request, an answer, a further mail (three messages), work, the end; the last ones are still open.
    fn conversation(&mut self, n: u32, all: u32) -> Names {
        let days = i64::from(1_095 * (all - n) / all + 1);
        let at = now() - SignedDuration::from_hours(24 * days);
        let mut prose = Prose::new(u64::from(n) + 1);
        let names = Names {
            number: FIRST_TEMPLATE + n,
            person: TEMPLATE + n,
            domain: TEMPLATE + n,
            client: TEMPLATE + n,
        };
        let person = person(names.person);
        let from = format!("{person}@{}.example", domain(names.domain));
        let kind = ["Printer", "Till", "Network", "Invoice"][n as usize % 4];
        let request = Mail {
            from: from.clone(),
            id: format!("{person}.1@client.example"),
            answers: None,
            subject: format!("{kind}: {}", prose.text(3)),
            text: format!(
                "Good morning,\r\n\r\nthe printer of {person} does not work.\r\n{}",
                prose.text(70)
            ),
        };
        self.receives(&request, at, names.number);
        let answer = format!("Good morning,\n\nplease restart it. {}", prose.text(30));
        self.instructs(names.number, &answer, at + SignedDuration::from_mins(40));
        let ack = self.first_letter(names.number);
        let further = Mail {
            from,
            id: format!("{person}.2@client.example"),
            answers: Some(ack),
            subject: format!("Re: {}", request.subject),
            text: format!("It is the same as before. {}", prose.text(25)),
        };
        self.receives(&further, at + SignedDuration::from_mins(90), names.number);
        if n + all.div_ceil(OPEN) < all {
            let minutes = |n| at + SignedDuration::from_mins(n);
            self.instructs(names.number, "#time 0:20\n#resolve", minutes(120));
            self.instructs(names.number, "#close", minutes(180));
        }
        self.sends(at + SignedDuration::from_hours(4));
        names
    }

    fn receives(&mut self, mail: &Mail, at: Timestamp, number: u32) {
        self.uid += 1;
        let desk = self.desks.get(DESK).expect("the desk").clone();
        let arrival = mail.arrival(&desk, self.uid, at);
        let outcome = self.store.run(|tx| receive(tx, &desk, &arrival, at)).expect("received");
        assert_eq!(outcome.ticket().map(|key| key.number), Some(number), "{outcome:?}");
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
    }

    fn instructs(&mut self, number: u32, text: &str, at: Timestamp) {
        let ticket = TicketKey::new(&DeskId::from(DESK), number);
        let order = Order::Instruct { ticket, by: Some("petr".to_owned()), text: text.to_owned() };
        let desks = &self.desks;
        let done = self.store.run(|tx| obey(tx, desks, &order, &format!("{number} {at}"), at));
        done.expect("done");
    }

    fn first_letter(&mut self, number: u32) -> String {
        let ticket = TicketKey::new(&DeskId::from(DESK), number);
        self.store.run(|tx| first_letter(tx, &ticket)).expect("asked").expect("acknowledged")
    }

    fn sends(&mut self, at: Timestamp) {
        let sent = |tx: &mut dyn Tx| -> Result<usize, StoreError> {
            let claims = tx.claim(at, at + SignedDuration::from_mins(1), 100)?;
            for claim in &claims {
                let text = "250 2.0.0 Ok: queued".to_owned();
                let state = DeliveryState::Sent;
                tx.settle(claim.delivery, &Settled { state, at, next_at: None, text, uncounted: false })?;
            }
            Ok(claims.len())
        };
        while self.store.run(sent).expect("sent") > 0 {}
    }
}

/// The Message-ID of the letter that acknowledged a request.
pub fn first_letter(tx: &mut dyn Tx, ticket: &TicketKey) -> Result<Option<String>, StoreError> {
    let filter = DeliveryFilter { ticket: Some(ticket.clone()), ..DeliveryFilter::default() };
    let rows = tx.deliveries(&filter)?;
    Ok(rows.into_iter().find(|row| row.purpose == "ack").map(|row| row.message_id))
}
