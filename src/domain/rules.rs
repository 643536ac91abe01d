//! The operator's policy for one desk, already checked. Decisions read it; nothing writes it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::address::{Address, Mailbox};
use super::calendar::Calendar;
use super::fields::Extract;
use super::fold::fold;
use super::kinds::{Means, Types};
use super::language::Lang;
use super::people::{Agent, AgentId, Clients, Promise};
use super::span::Span;
use super::ticket::Ticket;

/// Name of a desk in the configuration: lower-case letters, digits and hyphens; part of every ticket's key.
pub type DeskId = std::sync::Arc<str>;

/// The rules of one desk.
#[derive(Clone, Debug)]
pub struct Rules {
    pub desk: DeskId,
    /// Shown to clients.
    pub name: String,
    /// The support address: From of every letter.
    pub address: Address,
    /// Every other address that is watched, of this desk and its neighbours: nothing automatic is sent to one.
    pub watched: Vec<Address>,
    pub phone: Option<String>,
    /// Telephones by team; agents without one of their own have it already.
    pub phones: BTreeMap<String, String>,
    pub sales_address: Option<String>,
    pub rules_url: Option<String>,
    /// How a number is written in subjects: `[KL-{n}]`.
    pub tag: Tag,
    pub first_number: u32,
    /// The first is the desk's own language.
    pub languages: Vec<Lang>,
    pub zone: TimeZone,
    /// `office` is always there.
    pub calendars: BTreeMap<String, Calendar>,
    pub channels: BTreeMap<String, Channel>,
    /// What must be known of a request; names of fields.
    pub required: Vec<String>,
    pub missing: Missing,
    /// Promises by severity; `normal` is always there, perhaps empty.
    pub severities: BTreeMap<String, Promise>,
    /// Words by which a severity is recognised, in the order in which they are looked for.
    pub severity_words: Vec<(String, Vec<String>)>,
    pub types: Types,
    /// Promise of solution by name of contract; `none` for those without.
    pub contract_resolve: BTreeMap<String, Span>,
    pub ack: Acknowledgement,
    pub urgent: Option<Urgent>,
    pub autoclose: Autoclose,
    pub tell_assigned: bool,
    pub after_reply: AfterReply,
    pub rating: Option<Rating>,
    pub time: TimeRules,
    /// A warning goes out so many minutes of real time before a promise ends; `None`: no warnings.
    pub warn_before_minutes: Option<u32>,
    pub agents: Vec<Agent>,
    pub head: Option<Agent>,
    /// Who is told of mails that were set aside; empty: the head, else every agent.
    pub operator: Vec<Address>,
    /// Told of new requests of any type; with teams, those who belong to none.
    pub notify_new: Vec<Address>,
    /// Told of new requests by the team of their type. Empty: `notify_new` is told of all.
    pub notify_teams: BTreeMap<String, Vec<Address>>,
    pub notify_urgent: Vec<Address>,
    pub clients: Clients,
    pub limits: Limits,
    /// Seconds an agent's answer waits in the outbox, for `#undo`.
    pub reply_delay_seconds: u32,
    /// A reply that crosses a colleague's answer is held, and the agent asked.
    pub hold_collision: bool,
    /// The names under which the own border server writes Authentication-Results (RFC 8601, section 5).
    pub authserv_ids: Vec<String>,
    /// How agents' tokens travel.
    pub carrier: Carrier,
    /// What is looked for in texts, in this order.
    pub extract: Vec<Extract>,
    pub identify: Identify,
    pub duplicates: Option<Duplicates>,
    /// Offers are valid for so long; `None`: the desk makes none.
    pub offer_valid: Option<Span>,
    pub statement: Option<StatementRules>,
    pub billing: Billing,
    /// Longer texts (in characters) are cut in the ticket and kept whole as a file.
    pub text_limit: Option<usize>,
    /// How clients name another address for a matter: its first group.
    pub communication_address: Option<regex::Regex>,
    /// Published answers.
    pub faq: Vec<Article>,
    pub faq_url: Option<String>,
    /// Ready answers by name and language, for `#text`.
    pub texts: BTreeMap<String, BTreeMap<Lang, String>>,
    pub queue: Queue,
    /// When agents get their digest on working days, by the desk's clock; `None`: no digest.
    pub digest_at: Option<jiff::civil::Time>,
    /// Complaints written here go to the head.
    pub escalate_address: Option<Address>,
    /// A sentence in acknowledgements, for a while.
    pub banners: Vec<Banner>,
    /// Commands that agents start with `#do NAME`.
    pub hooks: BTreeMap<String, Hook>,
}

/// What happens to requests of people whom nobody knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Identify {
    /// They are registered.
    #[default]
    Register,
    /// They are asked for their company's number; a number that is a client's must be confirmed at the address of
    /// the contract, where `verify` is set.
    Ask { verify: bool },
}

/// New mails on a matter that has a ticket already are joined to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicates {
    /// The writer is told at most once in this time.
    pub quiet: Span,
    /// Also mails of other people, over other channels, by a code or a telephone.
    pub over_channels: bool,
    /// Only tickets that were registered within so many days.
    pub days: u32,
}

/// Statements of work on request by mail.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementRules {
    /// Only contacts with the right to it get one; else every contact of the client.
    pub only_entitled: bool,
}

/// How bills are reckoned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Billing {
    /// In hundredths of a percent: 2100 is 21 %.
    pub vat_percent_hundredths: u32,
    /// Days until a bill is due; `None`: bills do not say.
    pub due_days: Option<u32>,
}

/// A published answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Article {
    pub title: String,
    pub url: String,
    /// As of [`super::kinds::TypeRule::words`].
    pub words: Vec<String>,
}

/// In which order requests are taken from the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Queue {
    /// By time of receipt.
    #[default]
    Fifo,
    /// By the nearest promise.
    Deadline,
}

/// A sentence for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Banner {
    pub text: BTreeMap<Lang, String>,
    /// First and last day; `None`: unbounded.
    pub from: Option<jiff::civil::Date>,
    pub to: Option<jiff::civil::Date>,
}

/// A command of the operator's that an agent may start.
#[derive(Clone, Debug, PartialEq)]
pub struct Hook {
    /// Program and arguments; the ticket comes as JSON on standard input.
    pub command: Vec<String>,
    pub timeout_seconds: u32,
}

/// How a desk writes a ticket's number in a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What stands before the number, bracket included: `[KL-`.
    pub before: String,
    /// What stands behind it: `]`.
    pub after: String,
}

impl Tag {
    /// Reads `[KL-{n}]`; `None` unless `{n}` stands in it exactly once.
    pub fn parse(text: &str) -> Option<Tag> {
        let (before, after) = text.split_once("{n}")?;
        let sound = !after.contains("{n}") && !text.chars().any(char::is_control);
        sound.then(|| Tag { before: before.to_owned(), after: after.to_owned() })
    }

    /// As the configuration writes it: `[KL-{n}]`.
    pub fn template(&self) -> String {
        format!("{}{{n}}{}", self.before, self.after)
    }

    /// The tag of a number: `[KL-3107]`.
    pub fn of(&self, number: u32) -> String {
        format!("{}{number}{}", self.before, self.after)
    }

    /// The number as people say it: `KL-3107`, the tag without brackets and `#`.
    pub fn shown(&self, number: u32) -> String {
        self.of(number).trim_matches(|c: char| "[](){}<>#".contains(c)).to_owned()
    }

    /// The number that a person means by `3107`, `KL-3107` or `[KL-3107]`, whatever the case.
    pub fn number(&self, text: &str) -> Option<u32> {
        let text = text.trim();
        if let Ok(number) = text.parse() {
            return Some(number);
        }
        let folded = fold(text);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        // A tag may have digits of its own: the number is some end of them.
        let mut ends = (0..digits.len()).filter_map(|from| digits[from..].parse().ok());
        ends.find(|n| fold(&self.of(*n)) == folded || fold(&self.shown(*n)) == folded)
    }
}

/// A way in which requests reach the desk.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// May a request that came this way become a ticket?
    pub create: bool,
    /// Only from this day on is that so; before it, a request may.
    pub from: Option<jiff::civil::Date>,
    /// Requests that come this way are this team's.
    pub team: Option<String>,
}

/// What happens while required information is lacking.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// The request is registered at once; the acknowledgement asks.
    Ask,
    /// The request waits without clocks, and is dropped when nothing comes for so long.
    Hold { expires: Span },
}

/// The first notice.
#[derive(Clone, Debug, PartialEq)]
pub struct Acknowledgement {
    pub shows: Shown,
    /// Sent to the client's contract address as well.
    pub to_contract: bool,
    /// Says that requests are answered in the order of arrival.
    pub fifo_note: bool,
}

/// Which promise mails to clients show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    RespondBy,
    Deadline,
}

/// Urgent requests.
#[derive(Clone, Debug, PartialEq)]
pub struct Urgent {
    pub promise: Promise,
    /// Words of clients make a request urgent; else only agents do.
    pub by_words: bool,
    /// Urgent is the same as this severity or type.
    pub means: Option<Means>,
    /// Outside working hours the head is told at once.
    pub off_hours_escalate: bool,
    /// The price of urgent work, as text.
    pub surcharge: Option<String>,
}

/// Closing by silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoclose {
    pub after: Span,
    /// Calendar in which `h` and `wd` of `after` count.
    pub calendar: String,
    /// The requester is told.
    pub tell: bool,
}

/// What an agent's answer does to the ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReply {
    Open,
    Waiting,
    Resolved,
}

/// Ratings of solutions, 1 to 5.
#[derive(Clone, Debug, PartialEq)]
pub struct Rating {
    /// At or under this value the head is told.
    pub low: u8,
}

/// Entries of the work journal.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeRules {
    /// A resolution without time is asked for it.
    pub required: bool,
    /// Each entry is rounded up to this many minutes; 1 leaves it as it is.
    pub round_minutes: u32,
    pub show_client: bool,
    /// Ways in which work is done, as the first word behind the time names them.
    pub modes: Vec<String>,
}

impl TimeRules {
    /// Parts `visit Server room` into the way and what was done. Without a way, all of it is what was done.
    pub fn mode<'a>(&self, work: &'a str) -> (Option<&str>, &'a str) {
        let (first, rest) = work.split_once(char::is_whitespace).unwrap_or((work, ""));
        let folded = fold(first.trim_end_matches([',', ':']));
        match self.modes.iter().find(|mode| fold(mode) == folded) {
            Some(mode) => (Some(mode), rest.trim()),
            None => (None, work),
        }
    }
}

/// Bounds on everything that strangers can make large.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    pub mail_bytes: u64,
    pub attachment_bytes: u64,
    /// Client's attachments are copied to agents up to this sum; above it their names stand in the mail.
    pub notify_attachment_bytes: u64,
    /// Automatic mails to one stranger's address.
    pub answers_per_hour: u32,
    pub answers_per_day: u32,
    /// The same for agents and known contacts.
    pub known_answers_per_hour: u32,
    pub known_answers_per_day: u32,
    /// Automatic mails to one domain of strangers in a day, and to everybody together in an hour.
    pub domain_answers_per_day: u32,
    pub all_answers_per_hour: u32,
    /// Reopenings of one ticket in a day, after which a person decides.
    pub reopens_per_day: u32,
    /// Requests of one address that become tickets of their own within an hour; 0: all of them.
    pub tickets_per_hour: u32,
    /// Words up to which a mail can be thanks alone.
    pub thanks_words: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        const MB: u64 = 1_000_000;
        Limits {
            mail_bytes: 50 * MB,
            attachment_bytes: 25 * MB,
            notify_attachment_bytes: 10 * MB,
            answers_per_hour: 3,
            answers_per_day: 10,
            known_answers_per_hour: 60,
            known_answers_per_day: 500,
            domain_answers_per_day: 10_000,
            all_answers_per_hour: 20_000,
            reopens_per_day: 10,
            tickets_per_hour: 100,
            thanks_words: 12,
        }
    }
}

/// How the token of a notification travels back to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `support+3107.k7f3q2…@desk.example` in Reply-To.
    PlusAddress,
    /// Our own Message-ID, which a reply carries in its References.
    References,
    /// A short signed code in the subject.
    Subject,
}

impl Rules {
    /// The agent (or the head) who owns an address.
    pub fn agent_at(&self, address: &Address) -> Option<&Agent> {
        self.agents.iter().chain(&self.head).find(|a| a.address == *address)
    }

    /// The agent (or the head) of a short name.
    pub fn agent(&self, id: &AgentId) -> Option<&Agent> {
        self.agents.iter().chain(&self.head).find(|a| a.id == *id)
    }

    /// The desk's calendar of that name, else its office hours.
    pub fn calendar(&self, name: Option<&str>) -> &Calendar {
        name.and_then(|n| self.calendars.get(n)).unwrap_or_else(|| &self.calendars["office"])
    }

    /// Who is told of a new ticket: the team of its type, or of its channel, else `notify_new`.
    pub fn told_of_new(&self, ticket: &Ticket) -> &[Address] {
        let by_type = ticket.kind.as_deref().and_then(|kind| self.types.get(kind)?.team.as_deref());
        let by_channel = || self.channels.get(&ticket.channel)?.team.as_deref();
        let team = by_type.or_else(by_channel).and_then(|team| self.notify_teams.get(team));
        team.map_or(self.notify_new.as_slice(), Vec::as_slice)
    }

    /// Addresses to which notifications go and that need not be one agent's.
    pub fn staff_addresses(&self) -> impl Iterator<Item = &Address> {
        self.notify_new.iter().chain(&self.notify_urgent).chain(self.notify_teams.values().flatten())
    }

    /// May this agent use what was sent to a team's address?
    pub fn is_of_team(&self, agent: &AgentId, address: &Address) -> bool {
        let teams: Vec<&str> = self
            .notify_teams
            .iter()
            .filter(|(_, addresses)| addresses.contains(address))
            .map(|(team, _)| team.as_str())
            .collect();
        let own = self.agent(agent).and_then(|agent| agent.team.as_deref());
        let everybodys = || teams.is_empty() && self.staff_addresses().any(|a| a == address);
        own.is_some_and(|own| teams.contains(&own)) || everybodys()
    }

    /// When silence closes what is resolved at `at`.
    pub fn autoclose_at(&self, at: Timestamp) -> Timestamp {
        self.calendar(Some(&self.autoclose.calendar)).due(at, &self.autoclose.after)
    }

    /// Do clients' words of urgency count? Where nothing is urgent they are named in the reason alone.
    pub fn heeds_urgent_words(&self) -> bool {
        self.urgent.as_ref().is_none_or(|urgent| urgent.by_words)
    }

    /// The desk's own language.
    pub fn own_language(&self) -> Lang {
        self.languages[0]
    }

    /// Is this one of the addresses that maildesk itself watches, with or without a plus tag?
    pub fn watches(&self, address: &Address) -> bool {
        let base = address.base();
        self.address == base || self.watched.contains(&base)
    }

    /// Name and address as the desk's letters show them.
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(&self.name, self.address.clone())
    }
}
