//! What a decision asks for: all of it is data, written down by `desk::perform` in the unit that decided it.

use serde::{Deserialize, Serialize};

use super::address::{Address, Mailbox};
use super::command::Mistake;
use super::letter::Attached;
use super::morning::Morning;
use super::people::{Acquaintance, AgentId};
use super::thread::{Kind, Message, Work};
use super::ticket::{Number, Ticket};
use jiff::Timestamp;

/// One decision about one ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The ticket as it is afterwards.
    pub ticket: Ticket,
    pub effects: Vec<Effect>,
    /// Why, in words that an operator can check.
    pub reason: String,
}

impl Step {
    /// A decision that changes nothing.
    pub fn stay(ticket: &Ticket, reason: impl Into<String>) -> Step {
        Step { ticket: ticket.clone(), effects: Vec::new(), reason: reason.into() }
    }

    /// A decision that leaves this ticket behind.
    pub fn to(ticket: Ticket, reason: impl Into<String>) -> Step {
        Step { ticket, effects: Vec::new(), reason: reason.into() }
    }

    /// Adds an effect.
    pub fn with(mut self, effect: Effect) -> Step {
        self.effects.push(effect);
        self
    }

    /// Adds a letter.
    pub fn tell(self, purpose: Purpose, to: Audience) -> Step {
        self.with(Effect::Tell(Notice { purpose, to }))
    }
}

/// One thing to be done about a decision.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A letter is written.
    Tell(Notice),
    /// A message joins the thread.
    Keep { kind: Kind, text: String, attachments: Carry },
    /// A row joins the work journal.
    Work(Work),
    /// What was learnt of a person is remembered for later requests, beside what is known.
    Acquaint(Address, Acquaintance),
    /// The solution was rated.
    Rate { value: u8, comment: String },
    /// The sender of the request is not heard any more.
    Block(Address),
    /// The sender is heard again.
    Unblock(Address),
    /// The matter goes on in that ticket.
    Join(Number),
    /// The other ticket is to name this one as belonging to its matter.
    Relate(Number),
    /// A message of the thread becomes a ticket of its own.
    Apart(Message),
    /// What was kept and written at that moment is taken back.
    TakeBack(Timestamp),
    /// The operator's command of that name is to be run with the ticket.
    Run(String),
    /// The agent wants the next request of the queue.
    Next,
}

/// Which attachments a kept message has.
#[derive(Clone, Debug, PartialEq)]
pub enum Carry {
    Nothing,
    /// Those of the mail that caused the step.
    OfThisMail,
    These(Vec<Attached>),
}

/// What we want said, before words.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub purpose: Purpose,
    pub to: Audience,
}

/// What a letter is for; each has a template of the same name.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    Ack,
    UrgentAccepted,
    Assigned,
    /// An agent's answer, with his attachments.
    Reply {
        answer: String,
    },
    /// The offer of the ticket, with the agent's further text.
    Offer {
        answer: String,
    },
    OfferAgreed,
    /// A reminder that we asked.
    WaitingClient,
    DeadlineChanged {
        old: Option<Timestamp>,
        reason: Option<String>,
    },
    Resolved {
        answer: String,
    },
    ClosedSilence,
    Reopened,
    /// Required information is asked for.
    MissingInfo,
    /// An unknown person is asked on whose behalf he writes.
    Identify,
    /// The client is asked whether that person may.
    VerifyClient,
    /// A repetition was joined; told to a person who does not take part: nothing of the ticket's people or subject.
    Duplicate {
        own: bool,
    },
    /// Files that were not accepted.
    Problem,
    RatingThanks(u8),
    Escalated,
    Status,
    /// A request came over a channel that may not create tickets.
    ChannelRefused {
        channel: String,
    },
    /// The operator tells all clients something.
    Announcement(Announcement),
    /// Work of a period, as it was asked for.
    Statement,
    /// The same to somebody who may not have it.
    StatementRefused,
    /// The question for which period it is to be.
    StatementPeriod,
    /// A pro-forma invoice.
    InvoiceNotice,
    AgentNew,
    AgentUpdate(Update),
    AgentAssigned {
        note: Option<String>,
    },
    AgentWarning(Promised),
    /// What waits when the day begins.
    AgentDigest(Box<Morning>),
    /// Mails that were set aside, for whoever looks after the program.
    AgentAside(Vec<SetAside>),
    AgentResult(Answer),
    EscalationHead(Alarm),
}

/// A mail that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Its number in the store.
    pub mail: i64,
    pub at: Timestamp,
    /// `None`: nobody can be read in it.
    pub sender: Option<Address>,
    /// One line.
    pub subject: String,
    pub reason: String,
}

impl Purpose {
    /// File name of the template, and the word in the outbox.
    pub fn template(&self) -> &'static str {
        match self {
            Purpose::Ack => "ack",
            Purpose::UrgentAccepted => "urgent_accepted",
            Purpose::Assigned => "assigned",
            Purpose::Reply { .. } => "reply",
            Purpose::Offer { .. } => "offer",
            Purpose::OfferAgreed => "offer_agreed",
            Purpose::WaitingClient => "waiting_client",
            Purpose::DeadlineChanged { .. } => "deadline_changed",
            Purpose::Resolved { .. } => "resolved",
            Purpose::ClosedSilence => "closed_silence",
            Purpose::Reopened => "reopened",
            Purpose::MissingInfo => "missing_info",
            Purpose::Identify => "identify",
            Purpose::VerifyClient => "verify_client",
            Purpose::Duplicate { .. } => "duplicate",
            Purpose::Problem => "problem",
            Purpose::RatingThanks(_) => "rating_thanks",
            Purpose::Escalated => "escalated",
            Purpose::Status => "status",
            Purpose::ChannelRefused { .. } => "channel_refused",
            Purpose::Announcement(_) => "announcement",
            Purpose::Statement => "statement",
            Purpose::StatementRefused => "statement_refused",
            Purpose::StatementPeriod => "statement_period",
            Purpose::InvoiceNotice => "invoice_notice",
            Purpose::AgentNew => "agent_new",
            Purpose::AgentUpdate(_) => "agent_update",
            Purpose::AgentAssigned { .. } => "agent_assigned",
            Purpose::AgentWarning(_) => "agent_warning",
            Purpose::AgentDigest(_) => "agent_digest",
            Purpose::AgentAside(_) => "agent_aside",
            Purpose::AgentResult(Answer::Help) => "agent_help",
            Purpose::AgentResult(_) => "agent_result",
            Purpose::EscalationHead(_) => "escalation_head",
        }
    }

    /// Tells letters of one template apart that one decision may send to one person; empty where there is but one.
    pub fn part(&self) -> &'static str {
        match self {
            Purpose::AgentUpdate(update) => update.word(),
            Purpose::AgentWarning(Promised::Respond)
            | Purpose::EscalationHead(Alarm::Breach(Promised::Respond)) => "respond",
            Purpose::AgentWarning(Promised::Resolve)
            | Purpose::EscalationHead(Alarm::Breach(Promised::Resolve)) => "resolve",
            Purpose::EscalationHead(Alarm::UrgentOffHours) => "off_hours",
            Purpose::EscalationHead(Alarm::Asked { .. }) => "asked",
            Purpose::EscalationHead(Alarm::Complaint) => "complaint",
            Purpose::EscalationHead(Alarm::LowRating(_)) => "low_rating",
            Purpose::AgentResult(Answer::Error(_)) => "error",
            Purpose::AgentResult(Answer::AskTime) => "ask_time",
            Purpose::AgentResult(Answer::Show) => "show",
            Purpose::AgentResult(Answer::Files) => "files",
            Purpose::AgentResult(Answer::Help) => "help",
            Purpose::AgentResult(Answer::History) => "history",
            Purpose::AgentResult(Answer::Done(_)) => "done",
            _ => "",
        }
    }

    /// Did a person type what the letter says? Everything else is automatic mail (RFC 3834): it bears
    /// Auto-Submitted, counts against budgets, and never answers a machine.
    pub fn is_typed(&self) -> bool {
        matches!(self, Purpose::Reply { .. } | Purpose::Offer { .. })
            || matches!(self, Purpose::Resolved { answer } if !answer.is_empty())
    }

    /// Directly caused by a mail of the recipient (`auto-replied`), rather than by time or by somebody else
    /// (`auto-generated`; RFC 3834, section 5.2).
    pub fn answers_its_recipient(&self) -> bool {
        matches!(
            self,
            Purpose::Ack
                | Purpose::UrgentAccepted
                | Purpose::OfferAgreed
                | Purpose::Reopened
                | Purpose::MissingInfo
                | Purpose::Identify
                | Purpose::Duplicate { .. }
                | Purpose::Problem
                | Purpose::RatingThanks(_)
                | Purpose::Escalated
                | Purpose::Status
                | Purpose::Statement
                | Purpose::StatementRefused
                | Purpose::StatementPeriod
                | Purpose::AgentResult(_)
        )
    }
}

/// What the operator tells a client, in the client's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub title: String,
    pub text: String,
    pub effective_on: Option<jiff::civil::Date>,
    /// Name of the company that is told.
    pub company: String,
}

/// What an agent is told of.
#[derive(Clone, Debug, PartialEq)]
pub enum Update {
    ClientReply,
    Reopened,
    Note { author: String, text: String },
    AgentReply { author: String, text: String },
    OfferLapsed,
    Bounce { address: Address, reason: String },
}

impl Update {
    /// The template's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Update::ClientReply => "client_reply",
            Update::Reopened => "reopened",
            Update::Note { .. } => "note",
            Update::AgentReply { .. } => "agent_reply",
            Update::OfferLapsed => "offer_lapsed",
            Update::Bounce { .. } => "bounce",
        }
    }
}

/// Which of the two promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Promised {
    Respond,
    Resolve,
}

/// What came of an agent's mail, told to him.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Nothing was done; the text comes back.
    Error(Mistake),
    /// It is resolved, and the time spent is not known.
    AskTime,
    /// The ticket as it stands, with its thread.
    Show,
    /// The commands.
    Help,
    /// All files of the client.
    Files,
    /// The client's latest tickets, and what is left of the contract's hours.
    History,
    /// A phrase with what it tells of.
    Done(Mistake),
}

/// Why the head is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alarm {
    Breach(Promised),
    UrgentOffHours,
    /// An agent asks for help.
    Asked {
        reason: String,
    },
    Complaint,
    /// The rating.
    LowRating(u8),
}

/// Who gets a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Audience {
    Requester,
    /// The requester, and the client's contract address where the desk is so set.
    RequesterAndContract,
    /// The requester, and on Cc those who take part.
    Everyone,
    /// Everybody in `notify_new`, and in `notify_urgent` where the ticket is urgent.
    NotifyNew,
    /// Assignee and group, else `notify_new`; never the one named.
    Responsible {
        but: Option<AgentId>,
    },
    /// Assignee and group only; never those named.
    Workers {
        but: Vec<AgentId>,
    },
    Agent(AgentId),
    /// The address of the client's contract, alone.
    Contract,
    /// One person on the client's side, who need not take part.
    Person(Mailbox),
    /// Everybody in `notify_new` of the type's team, urgent or not.
    Newcomers,
    /// No letter: the answer is read where it was asked for.
    Nobody,
    /// The writer of an agent's mail, at his registered address.
    Writer(Mailbox),
    Head,
}
