//! A mail thought over: everything that needs its text, done before the store is asked (and off its thread).

use jiff::Timestamp;

use super::address::{Address, Mailbox};
use super::command::Instructions;
use super::found::Found;
use super::language::Lang;
use super::message::Incoming;
use super::people::AgentId;
use super::ticket::Number;

/// A received mail with all that deciding needs of its contents.
#[derive(Clone, Debug)]
pub struct Digest {
    pub mail: Incoming,
    /// When it reached the mailbox (INTERNALDATE): deadlines count from here.
    pub arrived: Timestamp,
    /// Read so long after it came that the wording must take it into account.
    pub late: bool,
    /// The new text: quotation and signature cut off.
    pub text: String,
    pub language: Lang,
    /// The word that makes it urgent.
    pub urgent: Option<String>,
    /// It says how urgent it is, even if "not urgent".
    pub urgency_stated: bool,
    /// It is nothing but thanks; the words that say so.
    pub thanks: Option<String>,
    /// The subject begins like an absence note of a program that sets no headers.
    pub absence: Option<String>,
    /// What the text says of its own accord.
    pub found: Found,
    /// The mail that it forwards.
    pub forwarded: Option<Forwarded>,
    /// It forwards something, whoever sent it.
    pub forwards: bool,
    /// The whole text, where it was longer than the desk allows and was cut.
    pub whole: Option<std::sync::Arc<str>>,
    /// Files that were not accepted.
    pub rejected: Vec<Rejected>,
    pub authentication: Authentication,
    /// The agent whose address it is from.
    pub agent: Option<AgentId>,
    /// What the agent wants; empty for everybody else.
    pub instructions: Instructions,
    pub trail: Trail,
}

/// A mail within a mail, as an agent forwards it.
#[derive(Clone, Debug, PartialEq)]
pub struct Forwarded {
    pub sender: Mailbox,
    pub text: String,
    /// What he wrote above it. Commands count there alone: what is forwarded is somebody else's words.
    pub cover: Instructions,
}

/// A file that was too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub name: String,
    pub size_bytes: u64,
}

/// What a trusted Authentication-Results header says (RFC 8601). Without a configured authserv-id nothing is
/// known, which is how most small desks live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    Unknown,
    Pass,
    Fail(String),
}

/// What a mail refers to, strongest kind first. Only headers and recipient addresses count (C12).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    /// Its own Message-ID bears our signature.
    pub ours: bool,
    /// It bears the mark of this installation and came back from somewhere (B25).
    pub circled: bool,
    /// Tokens of ours in its recipient addresses.
    pub tokens: Vec<Token>,
    /// Something that looks like a token of ours stands there, but its signature is wrong.
    pub forged_token: bool,
    /// In-Reply-To, then References from the newest.
    pub references: Vec<String>,
    /// Numbers in tags as this desk writes them.
    pub tags: Vec<Number>,
    /// Sent to the address for new requests.
    pub to_new: bool,
}

/// A token whose signature is right.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub number: Number,
    pub holder: Holder,
    pub verb: Verb,
}

/// To whom a token was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Client,
    Agent(AgentId),
    /// A team's address: good for every agent of the desk.
    Team(Address),
}

/// What a mail to a token's address does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// The text goes to the other side.
    Reply,
    /// The text stays among agents.
    Note,
    Take,
    Resolve,
    Wait,
    /// The solution gets so many points, 1 to 5.
    Rate(u8),
    /// A new ticket.
    New,
}
