//! A scripted conversation: steps in time, and what each is to cause.
//!
//! The format is described in `fixtures/conversations/README.md`; [`super::reading`] makes these values of it.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use serde_json::Value;

/// One conversation with one desk, from an empty database on.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// As the operator named the file.
    pub file: String,
    pub id: String,
    pub title: String,
    /// The language in which running text (`<<text N>>`) is made.
    pub language: Option<String>,
    /// Parts of the desk that are otherwise in this conversation.
    pub desk: Option<Value>,
    pub steps: Vec<Step>,
}

/// One step: something happens at a moment.
#[derive(Clone, Debug)]
pub struct Step {
    /// Line of the file at which it begins, from 1.
    pub line: u64,
    pub at: Moment,
    pub act: Act,
    pub expect: Expect,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Act {
    /// Somebody writes to the desk.
    Mail(Box<Mail>),
    /// Time reaches the moment.
    Tick,
    Register(Register),
    Rate(Rate),
    Attach(Attach),
    Announce(Announce),
    Bill(Bill),
    Export(Export),
    Next(Next),
}

impl Act {
    /// The key in the file.
    pub fn word(&self) -> &'static str {
        match self {
            Act::Mail(_) => "from",
            Act::Tick => "tick",
            Act::Register(_) => "register",
            Act::Rate(_) => "rate",
            Act::Attach(_) => "attach",
            Act::Announce(_) => "announce",
            Act::Bill(_) => "bill",
            Act::Export(_) => "export",
            Act::Next(_) => "next",
        }
    }
}

/// A mail to the desk, in words.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The name by which later steps refer to it.
    pub name: Option<String>,
    /// `Name <address>`.
    pub from: String,
    /// `None`: the desk, or what an agent's answer goes to.
    pub to: Option<Vec<String>>,
    pub cc: Vec<String>,
    pub subject: String,
    pub body: Option<String>,
    pub html: Option<String>,
    pub charset: Option<String>,
    pub attachments: Vec<AttachedFile>,
    /// Further headers; one that is written anyway is replaced.
    pub headers: BTreeMap<String, String>,
    /// Name of the mail that this one answers.
    pub reply_to: Option<String>,
}

/// An attachment whose bytes are made from its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachedFile {
    pub name: String,
    #[serde(rename = "type", default = "octets")]
    pub content_type: String,
    #[serde(default)]
    pub size: usize,
    #[serde(default)]
    pub inline: bool,
    #[serde(default)]
    pub name_encoding: NameEncoding,
}

fn octets() -> String {
    "application/octet-stream".to_owned()
}

/// How a file name that is not ASCII is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NameEncoding {
    /// `filename*=UTF-8''…`, as the standard has it.
    #[default]
    Rfc2231,
    /// Encoded words within quotes, as many programs do.
    Rfc2047,
}

/// An agent enters a request that came another way.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    pub by: String,
    pub channel: String,
    #[serde(default)]
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub position: Option<String>,
    pub company: Option<String>,
    #[serde(default)]
    pub subject: String,
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub urgent: bool,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub severity: Option<String>,
    pub device: Option<String>,
}

/// The client rates the solution.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub mail: String,
    pub value: u8,
    pub comment: Option<String>,
}

/// An agent adds a paper to a ticket.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    pub by: String,
    pub ticket: String,
    pub name: String,
    pub note: Option<String>,
}

/// The operator tells all clients something.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    pub by: String,
    pub title: Value,
    pub text: Value,
    pub effective_on: Option<String>,
    pub to: Option<Value>,
}

/// The billing run of a period.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    pub month: Option<String>,
    pub quarter: Option<String>,
}

/// One case is exported.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    pub ticket: String,
}

/// An agent asks for the next request.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Next {
    pub by: String,
}

/// What a step is to cause. A key that is missing is not checked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// All mails to anybody.
    pub mails: Option<Vec<ExpectedMail>>,
    #[serde(default)]
    pub tickets: BTreeMap<String, ExpectedTicket>,
    #[serde(default)]
    pub absent: Vec<String>,
    /// Rows added to the work journal, each a partial match.
    pub journal: Option<Vec<ExpectedWork>>,
    /// The step is refused in these words.
    pub refused: Option<String>,
    pub result: Option<BTreeMap<String, Value>>,
}

/// A mail that is to be sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedMail {
    #[serde(rename = "as")]
    pub name: Option<String>,
    pub template: Option<String>,
    /// For clients To and Cc of one mail; for agents one copy each.
    pub to: Option<Vec<String>>,
    pub lang: Option<String>,
    #[serde(default)]
    pub has: Vec<String>,
    #[serde(default)]
    pub lacks: Vec<String>,
    pub attachments: Option<Vec<String>>,
}

/// A row of the work journal.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedWork {
    pub ticket: Option<String>,
    pub consultant: Option<String>,
    pub client: Option<String>,
    pub contact: Option<String>,
    pub requested_on: Option<Date>,
    pub done_on: Option<Date>,
    pub spent: Option<String>,
    pub mode: Option<String>,
    pub problem: Option<String>,
    pub work: Option<String>,
}

/// What is to be known of a ticket. `Some(None)` means that there is to be none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedTicket {
    pub state: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub requester: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub company: Option<Option<String>>,
    pub channel: Option<String>,
    #[serde(rename = "type", default, deserialize_with = "given")]
    pub kind: Option<Option<String>>,
    pub severity: Option<String>,
    pub urgent: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    pub assignee: Option<Option<String>>,
    pub group: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    pub wish: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub contract: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub respond_by: Option<Option<Moment>>,
    #[serde(default, deserialize_with = "given")]
    pub deadline: Option<Option<Moment>>,
    #[serde(default, deserialize_with = "given")]
    pub closes_at: Option<Option<Moment>>,
    pub messages: Option<u32>,
    pub notes: Option<u32>,
    pub spent: Option<String>,
    #[serde(default, deserialize_with = "given")]
    pub rating: Option<Option<u8>>,
    #[serde(default, deserialize_with = "given")]
    pub merged_into: Option<Option<String>>,
    #[serde(default, deserialize_with = "given")]
    pub previous: Option<Option<String>>,
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    pub attachments: Option<Vec<String>>,
    pub last_text: Option<String>,
    #[serde(rename = "respond_by_basis")]
    _respond_by_basis: Option<String>,
    #[serde(rename = "deadline_basis")]
    _deadline_basis: Option<String>,
    #[serde(rename = "closes_at_basis")]
    _closes_at_basis: Option<String>,
}

fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A moment as a person writes it: local time of the desk, or with an offset of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Moment {
    Local(DateTime),
    Exact(Timestamp),
}

impl Moment {
    /// The instant, for a desk in this zone. A local time that comes twice means the first.
    ///
    /// # Errors
    /// The date lies beyond what can be reckoned with.
    pub fn in_zone(self, zone: &TimeZone) -> Result<Zoned, jiff::Error> {
        match self {
            Moment::Local(local) => local.to_zoned(zone.clone()),
            Moment::Exact(instant) => Ok(instant.to_zoned(zone.clone())),
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Moment, String> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Moment::Exact(instant));
        }
        let local = text.parse::<DateTime>().map(Moment::Local);
        local.map_err(|_| format!("{text:?} is no moment; write 2026-03-10T14:20, with +02:00 if need be"))
    }
}
