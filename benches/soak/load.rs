//! People at work: clients write and answer, agents answer and command, absences and bounces come in between.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension};

use crate::came::{Came, Inbox, bare};
use crate::ending::Ending;
use crate::mails;
use crate::support::chance::Chance;
use crate::support::maildir::Letter;
use crate::support::people::{compose, fresh_id};
use crate::support::smtp::Smtp;
use crate::support::town::DESK;
use crate::words::{ANSWER, NOTED, SOLVED, WORDS};

/// Between two looks at mailboxes and at what is due.
const TURN: Duration = Duration::from_millis(100);
/// Between two requests, on average.
const REQUEST_EVERY: Duration = Duration::from_millis(750);
/// So long people take before they answer.
const THINKS_SECONDS: u64 = 40;
/// A request has a file of this size now and then, and a large one rarely.
const FILE_BYTES: usize = 150_000;
const LARGE_BYTES: usize = 3_000_000;
const FILE_EVERY: u32 = 12;
const LARGE_EVERY: u32 = 400;
/// One request in so many comes from an address that nobody can answer to.
const GONE_EVERY: u32 = 50;

/// Who writes requests; each with a number behind a plus, so that all are different people.
const CLIENTS: [&str; 3] = ["ona@client.example", "janis@client.example", "olga@other.example"];

/// What somebody writes, and so what must become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Request,
    /// A client's reply, thanks, contestation.
    Comment,
    /// A machine says that its master is away.
    Absence,
    /// An agent's words for the client, with or without a command.
    Answer,
    Note,
    /// An agent's commands without words: no message of the ticket.
    Command,
    /// A command that there is not: it goes back to the agent.
    Mistake,
    /// The same with working time.
    Time,
}

/// All that was written and all that came.
pub struct Done {
    /// By Message-ID, without brackets.
    pub sent: BTreeMap<String, Kind>,
    pub came: Came,
    /// Mails that the mail server may have got more than once from us, as it did not answer.
    pub repeated: u32,
}

/// A mail on its way to the mail server.
struct Outgoing {
    from: String,
    to: String,
    bytes: Vec<u8>,
    id: String,
    kind: Kind,
}

/// Everybody.
pub struct Load {
    mx: u16,
    inboxes: Vec<Inbox>,
    database: Connection,
    chance: Chance,
    wire: Option<Smtp>,
    requests: u32,
    next_request: Instant,
    due: BTreeMap<(Instant, usize), Outgoing>,
    outgoing: VecDeque<Outgoing>,
    done: Done,
}

impl Load {
    /// `mx` takes mail for everybody; `database` tells what a letter is for.
    pub fn new(mx: u16, inboxes: Vec<Inbox>, database: Connection, chance: Chance) -> Load {
        Load {
            mx,
            inboxes,
            database,
            chance,
            wire: None,
            requests: 0,
            next_request: Instant::now(),
            due: BTreeMap::new(),
            outgoing: VecDeque::new(),
            done: Done { sent: BTreeMap::new(), came: Came::default(), repeated: 0 },
        }
    }

    /// Writes and answers until `rest`, then only takes in what comes, until `end`. `silent` says that all that was
    /// written has been handed over.
    pub fn run(mut self, rest: &Ending, end: &Ending, silent: &Arc<AtomicBool>) -> Done {
        while !end.is_within(TURN) {
            let at_rest = rest.has_come();
            self.look_into_mailboxes(at_rest);
            if at_rest {
                self.due.clear();
            } else {
                self.writes_what_is_due();
            }
            self.hand_over();
            silent.store(at_rest && self.outgoing.is_empty(), Ordering::SeqCst);
        }
        self.look_into_mailboxes(true);
        self.done
    }

    fn writes_what_is_due(&mut self) {
        let now = Instant::now();
        while now >= self.next_request {
            let spread = u64::try_from(REQUEST_EVERY.as_millis()).expect("short") * 2;
            self.next_request += Duration::from_millis(self.chance.below(spread));
            self.request();
        }
        let later = self.due.split_off(&(now, usize::MAX));
        self.outgoing.extend(std::mem::replace(&mut self.due, later).into_values());
    }

    fn request(&mut self) {
        self.requests += 1;
        let number = self.requests;
        let (name, domain) = match number % GONE_EVERY {
            0 => ("gone", "client.example"),
            _ => self.chance.pick(&CLIENTS).split_once('@').expect("an address"),
        };
        let from = format!("{name}+{number}@{domain}");
        let file = match number {
            _ if number % LARGE_EVERY == LARGE_EVERY / 4 => Some(LARGE_BYTES),
            _ if number.is_multiple_of(FILE_EVERY) => Some(FILE_BYTES),
            _ => None,
        };
        let bytes = mails::mail_from(&from, number, DESK, file);
        let id = Letter { path: "".into(), bytes: bytes[..bytes.len().min(8 * 1024)].to_vec() };
        let id = bare(&id.header("Message-ID").expect("each mail has one"));
        self.outgoing.push_back(Outgoing { from, to: DESK.to_owned(), bytes, id, kind: Kind::Request });
    }

    fn look_into_mailboxes(&mut self, at_rest: bool) {
        for at in 0..self.inboxes.len() {
            for letter in self.inboxes[at].take() {
                if self.done.came.count(&letter) && !at_rest {
                    let who = self.inboxes[at].address.clone();
                    self.answers(&who, &letter);
                }
            }
        }
    }

    /// Somebody reads a letter, and does something or nothing.
    fn answers(&mut self, who: &str, letter: &Letter) {
        let Some(purpose) = self.purpose(letter) else { return };
        // What answers a note stays a note.
        if letter.text().contains(NOTED) {
            return;
        }
        let to = letter.header("X-Original-To").unwrap_or_default();
        let of_hundred = self.chance.below(100);
        let words = &WORDS[number_in(&to) as usize % WORDS.len()];
        let figure = self.chance.below(1_000_000);
        let said = |text: &str| format!("{text} {figure}.");
        let text = match (purpose.as_str(), of_hundred) {
            ("ack", 0..20) | ("reply", 0..35) => (Kind::Comment, said(words.more)),
            ("ack", 20..26) | ("reply", 35..40) => (Kind::Absence, words.away.to_owned()),
            ("resolved", 0..25) => (Kind::Comment, said(words.again)),
            ("resolved", 25..45) => (Kind::Comment, words.thanks.to_owned()),
            ("agent_new", 0..40) | ("agent_update", 0..40) => (Kind::Answer, said(ANSWER)),
            ("agent_new", 40..65) | ("agent_update" | "agent_assigned", 40..85) => {
                (Kind::Answer, format!("{}\n\n#resolve", said(SOLVED)))
            }
            ("agent_new" | "agent_update", 85..88) => (Kind::Answer, format!("{}\n\n#wait", said(ANSWER))),
            ("agent_new" | "agent_update", 88..91) => {
                (Kind::Note, said(&format!("#note {NOTED} about it at")))
            }
            ("agent_new" | "agent_update", 91..94) => {
                (Kind::Time, "#time 0:15 phone Spoke with her".to_owned())
            }
            ("agent_new", 94..96) => (Kind::Command, "#assign alice".to_owned()),
            ("agent_new" | "agent_update", 96..98) => (Kind::Command, "#show".to_owned()),
            ("agent_new" | "agent_update", 98) => (Kind::Mistake, said("#reslove It works again,")),
            _ => return,
        };
        let reply = reply(if to.is_empty() { who } else { &to }, letter, text.0, &text.1, words.wrote);
        let at = Instant::now() + Duration::from_millis(500 + self.chance.below(THINKS_SECONDS * 1000));
        self.due.insert((at, self.due.len()), reply);
    }

    /// What a letter is for; `None` where nobody has more to say: after 30 answers in an hour the program takes people for
    /// programs, as these are.
    fn purpose(&self, letter: &Letter) -> Option<String> {
        let id = bare(&letter.header("Message-ID")?);
        let sql = "SELECT purpose FROM letters WHERE message_id = ?1 AND (SELECT count(*) FROM messages
            WHERE desk = ticket_desk AND number = ticket_number AND kind = 'reply') < 20";
        let mut statement = self.database.prepare_cached(sql).expect("a statement");
        statement.query_row([id], |row| row.get(0)).optional().expect("an answer")
    }

    /// What the mail server does not take now it gets the next time, with the same bytes.
    fn hand_over(&mut self) {
        while let Some(next) = self.outgoing.front() {
            match sent(&mut self.wire, self.mx, next) {
                Ok(true) => {
                    let next = self.outgoing.pop_front().expect("it was there");
                    self.done.sent.insert(next.id, next.kind);
                }
                Ok(false) => return,
                Err(_) => {
                    self.done.repeated += u32::from(self.wire.take().is_some());
                    return;
                }
            }
        }
    }
}

/// Whether the mail server has taken it.
fn sent(wire: &mut Option<Smtp>, mx: u16, mail: &Outgoing) -> io::Result<bool> {
    let smtp = match wire {
        Some(smtp) => smtp,
        none => none.insert(Smtp::plain(mx)?),
    };
    let reply = smtp.send(&mail.from, &mail.to, &mail.bytes)?;
    assert!(reply.code < 500, "{} could not write to {}: {reply:?}", mail.from, mail.to);
    Ok(reply.is_good())
}

/// As mail programs reply: to Reply-To or From, with the letter quoted below the new text.
fn reply(from: &str, letter: &Letter, kind: Kind, text: &str, wrote: &str) -> Outgoing {
    let parsed = letter.parsed();
    let to = parsed.reply_to().or(parsed.from()).and_then(|list| list.first());
    let to = to.and_then(|address| address.address()).expect("somebody to answer").to_owned();
    let answered = letter.header("Message-ID").expect("a Message-ID");
    let references = format!("{} {answered}", letter.header("References").unwrap_or_default());
    let subject = format!("Re: {}", letter.header("Subject").unwrap_or_default());
    let mut headers = vec![
        ("Subject", subject.as_str()),
        ("In-Reply-To", answered.as_str()),
        ("References", references.trim()),
    ];
    if kind == Kind::Absence {
        headers.push(("Auto-Submitted", "auto-replied"));
    }
    let quoted: String = letter.text().lines().map(|line| format!("> {line}\n")).collect();
    let whole = match kind {
        Kind::Absence => text.to_owned(),
        _ => format!(
            "{text}\n\nOn 2 March 2026 {} {wrote}\n{quoted}",
            letter.header("From").unwrap_or_default()
        ),
    };
    let id = fresh_id(from);
    let bytes = compose(from, &to, &id, &headers, &whole).into_bytes();
    Outgoing { from: from.to_owned(), to, bytes, id: bare(&id), kind }
}

/// The number behind the plus of an address; 0 where there is none.
fn number_in(address: &str) -> u32 {
    let tag = address.split('@').next().and_then(|local| local.split_once('+')).map_or("", |(_, tag)| tag);
    tag.parse().unwrap_or(0)
}
