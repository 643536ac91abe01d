//! A rehearsed desk: raw mails go in, letters come out, the clock is stepped.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use maildesk::desk::Desk;
use maildesk::domain::message::Incoming;
use maildesk::domain::ticket::Ticket;
use maildesk::faces::rehearse::setting::Setting;
use maildesk::faces::rehearse::stage::{Sent, Stage};
use maildesk::mail::parse::{Limits, parse};
use maildesk::store::{Outcome, SqliteStore, Store};
use serde_json::Value;

pub const DESK: &str = "help@harbour.example.test";
/// A contact of the client *Boatyard*.
pub const ALICE: &str = "alice@boatyard.example.test";
/// The agent who is told of new requests.
pub const ONA: &str = "ona@harbour.example.test";

/// The small desk of the conversations, with these keys set otherwise.
pub fn small(otherwise: &Value) -> Desk {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conversations/small/desk.yaml");
    let setting = Setting::read(&file, None).unwrap();
    setting.desk(Some(otherwise)).unwrap_or_else(|error| panic!("{error}: {otherwise}"))
}

/// A desk at work, and everything that left it.
pub struct Rehearsed<'a> {
    stage: Stage<'a>,
    now: Timestamp,
    pub sent: Vec<Sent>,
    mails: u32,
}

impl<'a> Rehearsed<'a> {
    /// Monday, 2 March 2026, ten o'clock in Riga.
    pub fn new(desk: &'a Desk) -> Rehearsed<'a> {
        let now: Timestamp = "2026-03-02T10:00:00+02:00".parse().unwrap();
        let open = Box::new(|| SqliteStore::open_in_memory().map(|store| Box::new(store) as Box<dyn Store>));
        let stage = Stage::new(desk, open, now);
        Rehearsed { stage, now, sent: Vec::new(), mails: 0 }
    }

    /// Takes a mail in: these header lines (each with its line end), a Message-ID, and this text.
    pub fn takes(&mut self, head: &str, text: &str) -> Outcome {
        self.mails += 1;
        self.passes(SignedDuration::from_mins(1));
        let id = match head.contains("Message-ID:") {
            true => String::new(),
            false => format!("Message-ID: <{}@mail.example.test>\n", self.mails),
        };
        let body = match head.contains("Content-Type:") {
            true => String::new(),
            false => "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n".to_owned(),
        };
        let raw = format!("{head}{id}{body}\n{text}\n").replace('\n', "\r\n").into_bytes();
        let outcome = self.stage.take_in(&raw, parse(&raw, &Limits::default())).unwrap();
        self.sent.extend(self.stage.letters());
        outcome
    }

    /// The same with From, To and Subject.
    pub fn hears(&mut self, from: &str, more: &str, subject: &str, text: &str) -> Outcome {
        self.takes(&format!("{more}From: {from}\nTo: {DESK}\nSubject: {subject}\n"), text)
    }

    /// Ona answers the newest letter of this kind that went to her.
    pub fn ona_answers(&mut self, template: &str, text: &str) -> Outcome {
        let told = self.last(template, ONA).unwrap_or_else(|| panic!("no {template}"));
        let to = told.reply_to.as_ref().expect("a Reply-To").address.clone();
        let id = told.message_id.clone().expect("a Message-ID");
        self.takes(&format!("From: Ona Petraitė <{ONA}>\nTo: {to}\nSubject: Re\nIn-Reply-To: <{id}>\n"), text)
    }

    /// Time passes.
    pub fn passes(&mut self, by: SignedDuration) {
        self.now += by;
        self.stage.advance_to(self.now).unwrap();
        self.sent.extend(self.stage.letters());
    }

    pub fn ticket(&mut self, number: u32) -> Ticket {
        self.stage.ticket(number).unwrap().unwrap_or_else(|| panic!("no ticket {number}")).0
    }

    /// The newest letter of this kind to this address.
    pub fn last(&self, template: &str, to: &str) -> Option<Incoming> {
        let found = self.sent.iter().rev().find(|sent| sent.template == template && went_to(sent, to));
        found.map(|sent| sent.mail.clone())
    }

    /// Kinds of the letters that went to this address, in their order.
    pub fn kinds_to(&self, to: &str) -> Vec<String> {
        self.sent.iter().filter(|sent| went_to(sent, to)).map(|sent| sent.template.clone()).collect()
    }

    /// Whatever is wrong in the store.
    pub fn check(&mut self) {
        assert_eq!(self.stage.faults().unwrap(), Vec::<String>::new());
    }
}

pub fn went_to(sent: &Sent, to: &str) -> bool {
    sent.recipients.iter().any(|recipient| recipient.as_str() == to)
}
