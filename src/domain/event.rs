//! All that can happen to a ticket.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::address::{Address, Mailbox};
use super::command::Instructions;
use super::found::Found;
use super::people::AgentId;
use super::thread::Message;
use super::ticket::{Number, Ticket};

/// Something that happened, as far as a ticket is concerned.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody on the client's side wrote.
    ClientWrote(Box<ClientWrote>),
    /// A new mail on the same matter, or what an agent took down of it: it joins the thread, and nothing moves.
    Joined(Joined),
    /// One more request of somebody whose requests have filled the hour: it joins the newest of them.
    Flooded { text: String, urgent: bool, evidence: String },
    /// The client's contract address said whether a stranger may write on its behalf.
    Vouched { yes: bool, word: String },
    /// The client rated the solution.
    Rated { by: Mailbox, value: u8, comment: String, silent: Option<String> },
    /// The state of the ticket is asked for.
    StatusAsked { by: Mailbox, text: String, silent: Option<String> },
    /// A paper was added to the ticket, with a note.
    Attached { note: String },
    /// A machine wrote: an absence reply, a receipt, a list. Nothing follows from it.
    MachineWrote { text: String, reason: String },
    /// An agent's believed mail, or the operator's command.
    AgentWrote(AgentWrote),
    /// A letter did not reach `address`.
    Undelivered { address: Address, reason: String },
    /// Another ticket of the desk takes this one's matter over.
    MergedInto(Number),
    /// This ticket takes over another one's matter and people.
    TookOver { number: Number, people: Vec<Mailbox> },
    /// An agent says that this ticket and another one belong together.
    Linked(Number),
    /// An agent takes the ticket from the queue.
    Taken { by: AgentId },
    /// An operation that an agent ordered has ended; what is to be told of it.
    Ran { by: Option<AgentId>, told: String },
    /// The operator takes a resolved or closed ticket up again.
    TakenUp,
    /// Time passed.
    Tick {
        /// Every mailbox of the desk has been read up to this instant: a reply that came before it is known.
        read_up_to: Option<Timestamp>,
    },
}

impl Event {
    /// The word for it in the history.
    pub fn word(&self) -> &'static str {
        match self {
            Event::ClientWrote(_) => "client_wrote",
            Event::Joined(_) => "joined",
            Event::Flooded { .. } => "flooded",
            Event::Vouched { .. } => "vouched",
            Event::Rated { .. } => "rated",
            Event::StatusAsked { .. } => "status_asked",
            Event::Attached { .. } => "attached",
            Event::MachineWrote { .. } => "machine_wrote",
            Event::AgentWrote(_) => "agent_wrote",
            Event::Undelivered { .. } => "undelivered",
            Event::MergedInto(_) => "merged",
            Event::TookOver { .. } => "took_over",
            Event::Linked(_) => "linked",
            Event::Taken { .. } => "taken",
            Event::Ran { .. } => "ran",
            Event::TakenUp => "taken_up",
            Event::Tick { .. } => "tick",
        }
    }
}

/// A mail from the client's side.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientWrote {
    pub by: Mailbox,
    pub standing: Standing,
    /// The new text.
    pub text: String,
    /// It is nothing but thanks; the words that say so.
    pub thanks: Option<String>,
    /// The word that makes it urgent.
    pub urgent: Option<String>,
    /// It says how urgent it is, even "not urgent".
    pub urgency_stated: bool,
    /// What was recognised in it.
    pub found: Found,
    /// When it reached the mailbox.
    pub arrived: Timestamp,
    /// It brings a file or a forwarded mail.
    pub document: bool,
    /// People on Cc whom the requester wants to hear the answers.
    pub cc: Vec<Mailbox>,
    /// Why no automatic answer may go out, if so.
    pub silent: Option<String>,
    /// Why it belongs to this ticket.
    pub evidence: String,
}

/// A repetition.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    pub text: String,
    pub fields: BTreeMap<String, String>,
    /// Who is told that it was joined, unless he was told just now or nobody may be.
    pub tell: Option<Mailbox>,
    pub evidence: String,
}

/// What a writer is to a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Requester,
    /// On Cc with the requester's will.
    Participant,
    /// Of the same client.
    Colleague,
    /// Somebody with a good reference whom nobody brought in: shown to agents only (C3, C7).
    Outsider,
}

/// Who acts for the desk.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentWrote {
    pub by: Actor,
    pub instructions: Instructions,
    /// When the notification was written to which this mail replies: what came later, he has not seen.
    pub seen_up_to: Option<Timestamp>,
    /// The newest public answer on the ticket, of whoever wrote it.
    pub last_answer: Option<LastAnswer>,
    pub about: Box<About>,
}

/// What the instructions speak of beside their ticket; looked up before, so that deciding stays pure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// Tickets of the desk that they name.
    pub named: Vec<Ticket>,
    /// The same agent's last act, where it is to be taken back.
    pub last_act: Option<LastAct>,
    /// What the client wrote that is to become a ticket of its own.
    pub apart: Option<Message>,
}

/// The last thing that an agent did on a ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct LastAct {
    pub at: Timestamp,
    /// The ticket as it was before.
    pub before: Ticket,
    /// A letter of it left for the client, or is just leaving.
    pub has_left: bool,
    /// It did more than can be taken back: another ticket was joined, split off or named, or a command was run.
    pub reaches_further: bool,
    /// Colleagues to whom letters about it went already.
    pub told: Vec<AgentId>,
}

/// The newest answer that went to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct LastAnswer {
    pub by: AgentId,
    pub at: Timestamp,
    pub text: String,
}

/// An agent by his own mail, or the operator at the command line.
#[derive(Clone, Debug, PartialEq)]
pub enum Actor {
    Agent(AgentId),
    Operator,
}

impl Actor {
    /// The agent, where it is one.
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            Actor::Agent(id) => Some(id),
            Actor::Operator => None,
        }
    }
}
