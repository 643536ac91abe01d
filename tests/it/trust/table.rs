//! `fixtures/trust.yaml`: what its rows say, and how they come true.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Span};
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::Ticket;
use maildesk::store::Outcome;
use serde::Deserialize;
use serde_json::Value;

use crate::support::bench::{Bench, Out, monday, small_desk};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Lies over the description of the desk.
    pub desk: Value,
    /// Texts for which `{NAME}` stands in a mail.
    pub short: BTreeMap<String, String>,
    pub houses: BTreeMap<String, Vec<String>>,
    pub cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub rules: String,
    pub house: String,
    /// Lies over the desk of the table.
    #[serde(default)]
    pub desk: Option<Value>,
    pub mail: String,
    pub trust: String,
    pub outcome: String,
    pub because: String,
    pub hears: Vec<String>,
    #[serde(default)]
    pub then: Vec<String>,
    /// Texts that stand in no letter to anybody outside the desk.
    #[serde(default)]
    pub silent: Vec<String>,
}

impl Table {
    pub fn read() -> Table {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trust.yaml");
        let text = std::fs::read_to_string(file).expect("the table");
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(&text, options).unwrap_or_else(|e| panic!("{e}"))
    }

    fn setup(&self, case: &Case) -> Value {
        let mut setup = self.desk.clone();
        for (name, value) in case.desk.iter().filter_map(Value::as_object).flatten() {
            setup[name] = value.clone();
        }
        setup
    }

    /// The house in the state in which the mail of a case finds it.
    pub fn house(&self, case: &Case) -> House<'_> {
        let mails =
            self.houses.get(&case.house).unwrap_or_else(|| panic!("there is no house {:?}", case.house));
        let mut house = House::new(&self.setup(case), &self.short);
        for mail in mails {
            house.step(mail);
        }
        house
    }
}

pub struct House<'t> {
    pub bench: Bench,
    short: &'t BTreeMap<String, String>,
    /// Every letter so far, the newest last.
    letters: Vec<Out>,
}

/// What became of the mail of a case.
pub struct Fate {
    pub trust: &'static str,
    pub outcome: String,
    pub reason: String,
    pub letters: Vec<Out>,
}

impl<'t> House<'t> {
    fn new(setup: &Value, short: &'t BTreeMap<String, String>) -> House<'t> {
        House { bench: Bench::new(small_desk(setup), monday()), short, letters: Vec::new() }
    }

    /// A mail, or `wait 4d`.
    fn step(&mut self, step: &str) {
        match step.strip_prefix("wait ") {
            Some(span) => {
                let span: Span = span.trim().parse().expect("a span such as 4d");
                let hours = span.get_days() as i64 * 24 + i64::from(span.get_hours());
                self.bench.pass(SignedDuration::from_hours(hours));
            }
            None => {
                self.take(step);
            }
        }
        let left = self.bench.letters();
        self.letters.extend(left);
    }

    pub fn take(&mut self, mail: &str) -> Fate {
        self.bench.pass(SignedDuration::from_mins(10));
        let raw = self.written(mail).replace('\n', "\r\n");
        let taken = self.bench.take_in(raw.as_bytes());
        let letters = self.bench.letters();
        self.letters.extend(letters.iter().cloned());
        let (outcome, reason) = self.told(&taken.outcome);
        Fate { trust: taken.trust.word(), outcome, reason, letters }
    }

    /// The mail with its placeholders filled in: `{NAME}` of `short`; `{ona.token}`, `{ona.letter}`,
    /// `{ona.agent_new.token}`: reply address and Message-ID of the newest letter (of that purpose) to that person.
    fn written(&self, mail: &str) -> String {
        let mut text = mail.to_owned();
        for _ in 0..2 {
            for (name, meaning) in self.short {
                text = text.replace(&format!("{{{name}}}"), meaning.trim_end());
            }
        }
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let (name, after) = behind.split_once('}').expect("a closing brace");
            out.push_str(before);
            out.push_str(&self.of_letter(name));
            rest = after;
        }
        out + rest
    }

    fn of_letter(&self, name: &str) -> String {
        let mut parts: Vec<&str> = name.split('.').collect();
        let what = parts.pop().expect("a last part");
        let (who, purpose) = (parts[0], parts.get(1));
        let to_him = |out: &&Out| out.to.local() == who && purpose.is_none_or(|p| *p == out.purpose);
        let letter =
            self.letters.iter().rev().find(to_him).unwrap_or_else(|| panic!("no letter for {{{name}}}"));
        match what {
            "token" => letter.read.reply_to.as_ref().expect("a Reply-To").address.to_string(),
            "letter" => format!("<{}>", letter.read.message_id.as_deref().expect("a Message-ID")),
            "subject" => letter.read.subject.clone(),
            other => panic!("{{{name}}}: {other} is neither token, letter nor subject"),
        }
    }

    fn shown(&self, number: u32) -> String {
        self.bench.desk.rules.tag.shown(number)
    }

    /// `applied comment H-101`, `skipped`, and why.
    fn told(&self, outcome: &Outcome) -> (String, String) {
        let ticket = outcome.ticket().map(|key| format!(" {}", self.shown(key.number))).unwrap_or_default();
        match outcome {
            Outcome::Applied { kind, reason, .. } => (format!("{kind}{ticket}"), reason.clone()),
            Outcome::DeliveryEvent { reason, .. }
            | Outcome::Quarantined { reason }
            | Outcome::Skipped { reason }
            | Outcome::Withdrawn { reason }
            | Outcome::Returned { reason, .. } => (format!("{}{ticket}", outcome.word()), reason.clone()),
            Outcome::Stored | Outcome::Duplicate { .. } => (outcome.word().to_owned(), String::new()),
        }
    }

    /// `H-101 is open`: does it hold, or what is so instead?
    pub fn holds(&mut self, claim: &str) -> Result<(), String> {
        let mut words = claim.splitn(3, ' ');
        let (shown, key, wanted) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let number = self.bench.desk.rules.tag.number(shown).expect("a ticket");
        let Some((ticket, thread)) = self.bench.ticket(number) else {
            return if key == "is" && wanted == "absent" {
                Ok(())
            } else {
                Err("it does not exist".to_owned())
            };
        };
        let found = match key {
            "is" => ticket.status().word().to_owned(),
            "requester" => {
                ticket.requester.address.as_ref().map_or("nobody".to_owned(), |a| named(a.as_str()))
            }
            "with" => people(&ticket),
            "messages" => ticket.messages.to_string(),
            "assignee" => ticket.assignee.as_ref().map_or("nobody".to_owned(), |id| id.0.clone()),
            "last" => thread.last().map_or("nothing", |m| m.kind.word()).to_owned(),
            "notes" => thread.iter().filter(|m| m.kind == Kind::Note).count().to_string(),
            "client" => ticket.client.clone().unwrap_or_else(|| "nobody".to_owned()),
            "muted" => ticket.muted.map_or("no", |_| "yes").to_owned(),
            other => panic!("{claim}: {other} is not known"),
        };
        if found == wanted { Ok(()) } else { Err(format!("{shown} {key} {found}")) }
    }
}

fn people(ticket: &Ticket) -> String {
    let mut names: Vec<String> = ticket.participants.iter().map(|p| named(p.address.as_str())).collect();
    names.sort();
    if names.is_empty() { "nobody".to_owned() } else { names.join(" ") }
}

/// The cast is called by name, everybody else by the whole address.
pub fn named(address: &str) -> String {
    let cast = ["alice", "olga", "office", "bob", "ona", "janis", "petr", "eve"];
    let (local, domain) = address.split_once('@').expect("an address");
    let known = ["boatyard.example.test", "harbour.example.test", "elsewhere.example.test"].contains(&domain);
    if known && cast.contains(&local) { local.to_owned() } else { address.to_owned() }
}

/// `ack alice`, once for each recipient.
pub fn heard(letters: &[Out]) -> Vec<String> {
    let mut heard: Vec<String> =
        letters.iter().map(|out| format!("{} {}", out.purpose, named(out.to.as_str()))).collect();
    heard.sort();
    heard
}

/// Does this person work for the desk?
pub fn is_staff(out: &Out) -> bool {
    out.to.domain() == "harbour.example.test"
}
