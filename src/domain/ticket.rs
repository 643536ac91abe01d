//! A ticket: one matter with one number.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::address::Mailbox;
use super::language::Lang;
use super::people::AgentId;
use super::rules::DeskId;

/// A ticket's number within its desk. Never reused, not even after a restore.
pub type Number = u32;

/// What a ticket is found by: its desk and its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketKey {
    pub desk: DeskId,
    pub number: Number,
}

impl TicketKey {
    pub fn new(desk: &DeskId, number: Number) -> TicketKey {
        TicketKey { desk: desk.clone(), number }
    }
}

impl std::fmt::Display for TicketKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.desk, self.number)
    }
}

/// Everything that a decision may need of a ticket, without its thread.
///
/// Fields that are empty are left out when it is written, so that a difference of two tickets is small.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    pub key: TicketKey,
    pub state: State,
    /// The first subject, without prefixes and tags; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub subject: String,
    pub requester: Requester,
    /// People on Cc of the requester's trusted mails: they get the agents' answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Mailbox>,
    pub language: Lang,
    /// Registration number of the client, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `email`, `phone`, …
    pub channel: String,
    pub severity: String,
    /// Name of its type; `None` where the desk has no types.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentId>,
    /// The agent whom the client asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<AgentId>,
    /// The working group, without the assignee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<AgentId>,
    /// Message-IDs that the client's side has seen, for In-Reply-To and References: the first and the latest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thread: Vec<super::letter::MsgId>,
    /// When the request reached the mailbox.
    pub received_at: Timestamp,
    /// Clocks count from here: receipt, completion, or the last reopening.
    pub clocks_from: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub respond: Option<Clock>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve: Option<Clock>,
    /// Names of required information that is lacking.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Required and extracted information, by name of field.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub fields: std::collections::BTreeMap<String, String>,
    /// Name of the company, where it is no client of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// The offer that stands or was agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<super::offer::Offer>,
    /// Other tickets that an agent named as belonging to the matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Number>,
    /// The closed ticket that this one follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Number>,
    /// Why no automatic mail goes to the requester (spam mark, unreadable sender, machine), if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<String>,
    /// Minutes in the work journal.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub spent_minutes: u32,
    /// The last rating, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Public messages of client and agents so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub messages: u32,
    /// An agent's answer that crossed a colleague's and waits to be sent once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_answer: Option<HeldAnswer>,
    /// Instants of the latest reopenings, at most a day's worth, for the bound of B17.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reopened_at: Vec<Timestamp>,
    /// Requests of the same sender that were filed here, for too many came within an hour.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub flood: u32,
    /// Read long after it came (first start, outage): wording and acknowledgement take it into account.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// An answer that was not sent because a colleague had answered in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAnswer {
    pub agent: AgentId,
    /// Of the text: the same mail again sends it.
    pub text: super::hash::Hash,
}

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requester {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `None` where the sender could not be read, or a telephone request names no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<super::address::Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Requester {
    /// The owner of a mailbox.
    pub fn of(mailbox: &Mailbox) -> Requester {
        Requester { name: mailbox.name.clone(), address: Some(mailbox.address.clone()), phone: None }
    }
}

/// Where a ticket stands, with what belongs to that standing and to no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Required information is lacking: no clocks run, nobody is bothered.
    NeedsInfo {
        expires_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Lack::is_information")]
        lack: Lack,
    },
    /// Registered, nobody has taken it.
    New,
    /// Somebody works on it.
    Open,
    /// We asked; the client is to answer. Reminded once at `remind_at`, where set.
    Waiting {
        since: Timestamp,
        remind_at: Option<Timestamp>,
    },
    /// Answered for good; silence until `closes_at` closes it.
    Resolved {
        at: Timestamp,
        closes_at: Timestamp,
    },
    Closed {
        at: Timestamp,
        how: Closing,
    },
    /// Its matter goes on in another ticket of the same desk.
    Merged {
        into: Number,
    },
    /// Not a request after all (spam, a stranger that nobody confirmed).
    Rejected {
        at: Timestamp,
    },
}

/// What a held request waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Required information.
    #[default]
    Information,
    /// To learn on whose behalf an unknown person writes.
    Identity,
    /// The client's word that the person writes on its behalf.
    Confirmation,
}

impl Lack {
    fn is_information(&self) -> bool {
        *self == Lack::Information
    }
}

/// How a ticket came to be closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closing {
    /// Nobody answered the resolution in time.
    Silence,
    /// A named person's word.
    Agent(AgentId),
    /// The operator's command line.
    Operator,
    /// Required information never came.
    Expired,
}

/// The bare name of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    NeedsInfo,
    New,
    Open,
    Waiting,
    Resolved,
    Closed,
    Merged,
    Rejected,
}

impl Status {
    pub const ALL: [Status; 8] = [
        Status::NeedsInfo,
        Status::New,
        Status::Open,
        Status::Waiting,
        Status::Resolved,
        Status::Closed,
        Status::Merged,
        Status::Rejected,
    ];

    /// The word for it in the store, on the command line and in conversations.
    pub fn word(self) -> &'static str {
        match self {
            Status::NeedsInfo => "needs_info",
            Status::New => "new",
            Status::Open => "open",
            Status::Waiting => "waiting",
            Status::Resolved => "resolved",
            Status::Closed => "closed",
            Status::Merged => "merged",
            Status::Rejected => "rejected",
        }
    }

    /// Reads the word; `waiting_client` is `waiting`.
    pub fn parse(word: &str) -> Option<Status> {
        if word == "waiting_client" {
            return Some(Status::Waiting);
        }
        Status::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Nothing happens to the ticket any more.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Closed | Status::Merged | Status::Rejected)
    }
}

impl State {
    pub fn status(&self) -> Status {
        match self {
            State::NeedsInfo { .. } => Status::NeedsInfo,
            State::New => Status::New,
            State::Open => Status::Open,
            State::Waiting { .. } => Status::Waiting,
            State::Resolved { .. } => Status::Resolved,
            State::Closed { .. } => Status::Closed,
            State::Merged { .. } => Status::Merged,
            State::Rejected { .. } => Status::Rejected,
        }
    }
}

/// One promise on one ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    pub due: Timestamp,
    /// When a warning is to go out; taken away once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn_at: Option<Timestamp>,
    /// The promise was kept (or given up for) at this moment: the clock stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met_at: Option<Timestamp>,
    /// The breach has been told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub breached: bool,
}

impl Clock {
    /// The next instant at which this clock alone makes something happen.
    pub fn wake(&self) -> Option<Timestamp> {
        if self.met_at.is_some() || self.breached {
            return None;
        }
        Some(self.warn_at.map_or(self.due, |warn| warn.min(self.due)))
    }
}

/// So many Message-IDs of the thread are kept with the ticket.
const THREAD_IDS_MAX: usize = 8;

impl Ticket {
    /// A ticket of which nothing is known yet, registered at `at`.
    pub fn blank(key: TicketKey, language: Lang, at: Timestamp) -> Ticket {
        Ticket {
            key,
            state: State::New,
            subject: String::new(),
            requester: Requester::default(),
            participants: Vec::new(),
            language,
            client: None,
            channel: "email".to_owned(),
            severity: "normal".to_owned(),
            kind: None,
            urgent: false,
            assignee: None,
            wish: None,
            group: Vec::new(),
            thread: Vec::new(),
            received_at: at,
            clocks_from: at,
            respond: None,
            resolve: None,
            missing: Vec::new(),
            fields: Default::default(),
            company: None,
            offer: None,
            related: Vec::new(),
            previous: None,
            muted: None,
            spent_minutes: 0,
            rating: None,
            messages: 0,
            held_answer: None,
            reopened_at: Vec::new(),
            flood: 0,
            late: false,
        }
    }

    /// Notes a Message-ID that the client's side has seen: the first one stays, of the others the latest.
    pub fn seen(&mut self, id: super::letter::MsgId) {
        if self.thread.contains(&id) {
            return;
        }
        if self.thread.len() >= THREAD_IDS_MAX {
            self.thread.remove(1);
        }
        self.thread.push(id);
    }

    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// Assignee first, then the working group.
    pub fn workers(&self) -> impl Iterator<Item = &AgentId> {
        self.assignee.iter().chain(&self.group)
    }

    /// Is this one of the people who may hear what is said on the ticket?
    pub fn takes_part(&self, address: &super::address::Address) -> bool {
        self.requester.address.as_ref() == Some(address)
            || self.participants.iter().any(|p| p.address == *address)
    }

    /// When time alone will next change this ticket: the earliest of closing, expiry, reminder, lapse and clocks.
    ///
    /// There are no timers to cancel: this is computed anew at every save into one indexed column.
    pub fn wake(&self) -> Option<Timestamp> {
        let of_state = match &self.state {
            State::NeedsInfo { expires_at, .. } => return *expires_at,
            State::Resolved { closes_at, .. } => return Some(*closes_at),
            State::Waiting { remind_at, .. } => *remind_at,
            State::New | State::Open => None,
            State::Closed { .. } | State::Merged { .. } | State::Rejected { .. } => return None,
        };
        let clocks = [&self.respond, &self.resolve].into_iter().flatten().filter_map(Clock::wake);
        let lapse = self.offer.as_ref().and_then(|offer| offer.valid_until);
        of_state.into_iter().chain(lapse).chain(clocks).min()
    }

    /// The nearest promise that is not met yet, also where it is broken already: what the queue is ordered by.
    pub fn promise(&self) -> Option<Timestamp> {
        let clocks = [&self.respond, &self.resolve].into_iter().flatten();
        clocks.filter(|clock| clock.met_at.is_none()).map(|clock| clock.due).min()
    }
}
