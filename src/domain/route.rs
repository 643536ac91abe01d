//! Where a mail belongs: to a ticket, to a new one, to an agent's doing, to a report, or nowhere.
//!
//! The evidence is weighed in this order (C1): a signed token in the recipient address; our own Message-ID among
//! the references; the Message-ID of a mail that we know; the tag in the subject. A reference proves that somebody
//! has seen our mail, not who he is: only those who take part may add to a ticket, and a tag or a foreign
//! Message-ID from anybody else counts for nothing.

use jiff::Timestamp;

use super::address::Address;
use super::command::Mistake;
use super::digest::{Authentication, Digest, Holder, Token, Verb};
use super::event::{LastAnswer, Standing};
use super::manners::Answered;
use super::message::{Author, Defect, Sender};
use super::people::AgentId;
use super::rules::Rules;
use super::ticket::{Lack, Number, State, Status, Ticket};

/// What the store knows that bears on a mail.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The first valid token, with its ticket (the survivor where it was merged).
    pub token: Option<(Token, Ticket)>,
    /// Valid tokens named more than one ticket.
    pub tokens_disagree: bool,
    /// The newest letter of ours among the references.
    pub letter: Option<KnownLetter>,
    /// The ticket of a received mail among the references.
    pub mail: Option<Ticket>,
    /// The ticket of the tag in the subject.
    pub tagged: Option<Ticket>,
    /// The sender is not to be heard.
    pub blocked: bool,
    /// A client said that the sender does not write on its behalf.
    pub denied: bool,
    /// A report names somebody to whom a letter of ours went within the last days.
    pub reports_on_ours: bool,
    /// A letter of ours went to the sender within the last 30 minutes.
    pub mailed_just_now: bool,
    pub answered: Answered,
    /// The newest public answer on the ticket in question.
    pub last_answer: Option<LastAnswer>,
    /// How often this agent answered in that ticket in the last hour and the last day.
    pub answered_for: (usize, usize),
}

/// A letter of ours to which a mail refers.
#[derive(Clone, Debug)]
pub struct KnownLetter {
    pub ticket: Option<Ticket>,
    pub purpose: String,
    pub recipients: Vec<Address>,
    pub written_at: Timestamp,
    /// What it answered or told of.
    pub cause: String,
    /// It told of a note: an answer to it stays among agents.
    pub internal: bool,
}

/// Where a mail goes, and why.
#[derive(Clone, Debug)]
pub struct Route {
    pub to: Destination,
    pub reason: String,
}

/// The destinations.
#[derive(Clone, Debug)]
pub enum Destination {
    /// Kept raw, without effect.
    Nowhere,
    /// Set aside for the operator.
    Aside,
    /// A delivery report, with the ticket of the letter that it reports on.
    Report(Option<Box<Ticket>>),
    /// A machine's mail that belongs to a ticket and changes nothing.
    Machine(Box<Ticket>),
    /// A request.
    New { previous: Option<Number> },
    /// A further mail of the client's side. `proven`: more than a name and a guessable tag speak for its sender.
    Client { ticket: Box<Ticket>, standing: Standing, proven: bool },
    /// The client says whether a stranger may write on its behalf.
    Vouched { ticket: Box<Ticket>, yes: bool, word: String },
    /// The client rates the solution.
    Rated { ticket: Box<Ticket>, value: u8 },
    /// Somebody who takes part asks how a ticket stands.
    StatusAsked { ticket: Box<Ticket> },
    /// An agent's believed mail.
    Agent { ticket: Box<Ticket>, agent: AgentId, verb: Verb, seen_up_to: Option<Timestamp> },
    /// An agent opens a ticket.
    AgentOpens { agent: AgentId },
    /// An agent's mail that is not believed or cannot be read: back to his registered address.
    Back { ticket: Option<Box<Ticket>>, agent: AgentId, mistake: Mistake },
}

/// An agent's answers in one ticket, in an hour and in a day, beyond which two programs may be talking through it: what
/// he types is not counted against any budget (B9).
pub const ANSWERS_MAX: (usize, usize) = (30, 100);

/// More Received headers than this mean that a mail goes in circles (RFC 5321, section 6.3).
pub const HOPS_MAX: usize = 50;

/// Decides where a mail goes.
pub fn route(digest: &Digest, known: &Known, rules: &Rules) -> Route {
    let nowhere = |reason: &str| to(Destination::Nowhere, reason);
    let mail = &digest.mail;
    let from_ourselves = mail.from.mailbox().is_some_and(|m| rules.watches(&m.address));
    if digest.trail.ours {
        return nowhere("a letter of our own: its Message-ID bears our signature");
    }
    if mail.hops > HOPS_MAX {
        return to(Destination::Aside, format!("it passed {} servers: it goes in circles", mail.hops));
    }
    if mail.machine.kind == Author::Bounce && is_report(digest, known) {
        let by_token = || known.token.as_ref().map(|(_, ticket)| ticket.clone());
        let ticket = known.letter.as_ref().and_then(|l| l.ticket.clone()).or_else(by_token);
        return to(Destination::Report(ticket.map(Box::new)), "a delivery report");
    }
    // A neighbour's acknowledgement of a letter of ours names us, too: it belongs to its ticket.
    let answers_us =
        mail.machine.kind == Author::AutoReply && (known.letter.is_some() || known.token.is_some());
    if digest.trail.circled && !answers_us {
        return to(Destination::Aside, "it bears the mark that this installation sets on its own letters");
    }
    if from_ourselves {
        return to(Destination::Aside, "it claims to be from our own address and bears no signature of ours");
    }
    if known.blocked {
        return nowhere("the sender was marked as spam by an agent");
    }
    if known.denied && digest.agent.is_none() {
        return nowhere("a client said that the sender does not write on its behalf");
    }
    if let Some(agent) = &digest.agent {
        return of_agent(digest, agent, known, rules);
    }
    if mail.machine.kind == Author::Receipt {
        return nowhere("a read receipt or feedback report");
    }
    of_client(digest, known, rules)
}

/// A report by its form, or one by its wording that speaks of a letter of ours. Anything else that sounds like a
/// report may be somebody's request about failing mail.
pub fn is_report(digest: &Digest, known: &Known) -> bool {
    let formal = digest.mail.report.as_ref().is_some_and(|r| r.formal);
    formal || known.letter.is_some() || known.reports_on_ours
}

fn to(to: Destination, reason: impl Into<String>) -> Route {
    Route { to, reason: reason.into() }
}

/// From an agent's address: believed with a token for this agent and ticket, else sent back.
fn of_agent(digest: &Digest, agent: &AgentId, known: &Known, rules: &Rules) -> Route {
    if digest.mail.machine.kind != Author::Person || is_absence(digest, known) {
        return to(Destination::Nowhere, format!("an automatic mail of an agent: {}", marks(digest)));
    }
    let back = |ticket: Option<&Ticket>, phrase: &'static str, reason: &str| {
        let (ticket, agent) = (ticket.cloned().map(Box::new), agent.clone());
        to(Destination::Back { ticket, agent, mistake: Mistake::new(phrase) }, reason)
    };
    if let Authentication::Fail(why) = &digest.authentication {
        let reason = format!("from an agent's address, but the mail server could not confirm it: {why}");
        return back(None, "authentication_failed", &reason);
    }
    if known.tokens_disagree {
        return back(None, "two_requests", "an agent's mail with tokens of two tickets");
    }
    if digest.mail.defects.contains(&Defect::Oversize) {
        return back(None, "too_large", "an agent's mail of which only the header was read");
    }
    let letter = known.letter.as_ref();
    let seen_up_to = letter.map(|l| l.written_at);
    let believed = |ticket: &Ticket, verb: Verb, reason: &str| {
        let (hour, day) = known.answered_for;
        if hour >= ANSWERS_MAX.0 || day >= ANSWERS_MAX.1 {
            let reason =
                format!("{reason}; {hour} answers in an hour, {day} in a day: two programs may be talking");
            return to(Destination::Aside, reason);
        }
        let ticket = Box::new(ticket.clone());
        to(Destination::Agent { ticket, agent: agent.clone(), verb, seen_up_to }, reason)
    };
    let opens = |reason: &str| to(Destination::AgentOpens { agent: agent.clone() }, reason);
    if let Some((token, ticket)) = &known.token
        && is_for(&token.holder, agent, rules)
    {
        return match token.verb {
            Verb::New => opens("the agent's token for new requests"),
            verb => believed(ticket, verb, "the agent's token in the address"),
        };
    }
    let new_token =
        digest.trail.tokens.iter().any(|t| t.verb == Verb::New && is_for(&t.holder, agent, rules));
    if new_token || (digest.trail.to_new && digest.authentication == Authentication::Pass) {
        return opens("sent to the agent's address for new requests");
    }
    match letter {
        Some(KnownLetter { ticket: Some(ticket), recipients, internal, .. })
            if recipients.iter().any(|to| is_copy_of(to, agent, rules)) =>
        {
            let verb = if *internal { Verb::Note } else { Verb::Reply };
            believed(ticket, verb, "an answer to our letter to this agent, by its Message-ID")
        }
        Some(KnownLetter { ticket, .. }) => {
            back(ticket.as_ref(), "not_your_copy", "an agent answers a letter that went to somebody else")
        }
        None if known.token.is_some() => {
            back(None, "not_your_copy", "an agent uses a token that was given to somebody else")
        }
        None if may_forward(digest) => {
            opens("an agent forwards a client's mail, and the mail server confirms that it is he")
        }
        None => back(None, "token_missing", "an agent's mail without a token of ours"),
    }
}

/// A client's mail that a confirmed agent forwards to the desk's own address, and that bears no number of a ticket.
fn may_forward(digest: &Digest) -> bool {
    let is_confirmed = digest.authentication == Authentication::Pass;
    is_confirmed && digest.forwarded.is_some() && digest.trail.tags.is_empty()
}

/// Is a letter to this address the agent's copy: his own, or that of a team?
pub(super) fn is_copy_of(address: &Address, agent: &AgentId, rules: &Rules) -> bool {
    match rules.agent_at(address) {
        Some(owner) => owner.id == *agent,
        None => rules.is_of_team(agent, address),
    }
}

pub(super) fn is_for(holder: &Holder, agent: &AgentId, rules: &Rules) -> bool {
    match holder {
        Holder::Agent(id) => id == agent,
        Holder::Team(address) => rules.is_of_team(agent, address),
        Holder::Client => false,
    }
}

/// From anybody else.
fn of_client(digest: &Digest, known: &Known, rules: &Rules) -> Route {
    let evidence = evidence(digest, known, rules);
    let is_machine = digest.mail.machine.kind == Author::AutoReply || is_absence(digest, known);
    let is_notice = digest.mail.machine.kind == Author::Notice;
    match (evidence, is_machine) {
        (Some(found), false) if is_notice && !is_worked_on(&found.ticket) => {
            let reason = format!("{}; a program's notice changes no state: {}", found.reason, marks(digest));
            to(Destination::Machine(Box::new(found.ticket)), reason)
        }
        (Some(found), true) => {
            let reason = format!("{}; an automatic reply changes nothing: {}", found.reason, marks(digest));
            to(Destination::Machine(Box::new(found.ticket)), reason)
        }
        (None, true) if known.letter.is_some() || known.mailed_just_now => {
            to(Destination::Nowhere, format!("an automatic reply to a letter of ours: {}", marks(digest)))
        }
        (None, true) => to(
            Destination::New { previous: None },
            format!("automatic, and no answer to us: {}", marks(digest)),
        ),
        (Some(found), false)
            if digest.found.new_request.is_some() && found.standing != Standing::Outsider =>
        {
            let word = digest.found.new_request.as_deref().unwrap_or_default();
            to(Destination::New { previous: None }, format!("{}; it begins with {word:?}", found.reason))
        }
        (Some(found), false) => {
            said_in_passing(digest, known, &found, rules).unwrap_or_else(|| on_ticket(digest, found))
        }
        (None, false) => to(Destination::New { previous: None }, why_new(digest, known, rules)),
    }
}

/// A confirmation, a rating, a question about the state: what needs nobody's work.
fn said_in_passing(digest: &Digest, known: &Known, found: &Found, rules: &Rules) -> Option<Route> {
    let ticket = || Box::new(found.ticket.clone());
    let said = &digest.found;
    let waits = matches!(found.ticket.state, State::NeedsInfo { lack: Lack::Confirmation, .. });
    if waits && found.proven && is_contracts(digest, &found.ticket, rules) {
        let (yes, word) = match (&said.affirm, &said.deny) {
            (Some(word), _) => (true, word),
            (None, Some(word)) => (false, word),
            (None, None) => return None,
        };
        let vouched = Destination::Vouched { ticket: ticket(), yes, word: word.clone() };
        return Some(to(vouched, format!("{}; the client's contract address answers", found.reason)));
    }
    if found.standing == Standing::Outsider {
        return None;
    }
    let by_link = known.token.as_ref().and_then(|(token, _)| match token.verb {
        Verb::Rate(value) => Some(value),
        _ => None,
    });
    let is_done = matches!(found.ticket.status(), Status::Resolved | Status::Closed);
    if let Some(value) = by_link.or(said.rating.filter(|_| is_done)).filter(|_| rules.rating.is_some()) {
        return Some(to(Destination::Rated { ticket: ticket(), value }, found.reason.clone()));
    }
    let word = said.status.as_ref()?;
    Some(to(Destination::StatusAsked { ticket: ticket() }, format!("{}; {word:?}", found.reason)))
}

/// Is the sender the address of the contract that the ticket's client has?
fn is_contracts(digest: &Digest, ticket: &Ticket, rules: &Rules) -> bool {
    let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
    let address = client.and_then(|client| client.contract.as_ref()?.address.as_ref());
    let failed = matches!(digest.authentication, Authentication::Fail(_));
    let sender = digest.mail.from.mailbox().map(|m| &m.address);
    !failed && address.is_some() && address == sender
}

/// Here a program's notice is news for the agents, and moves nothing (B1).
fn is_worked_on(ticket: &Ticket) -> bool {
    matches!(ticket.status(), Status::New | Status::Open)
}

fn marks(digest: &Digest) -> String {
    let subject = digest.absence.iter().map(|s| format!("subject {s:?}"));
    digest.mail.machine.marks.iter().cloned().chain(subject).collect::<Vec<_>>().join(", ")
}

/// An absence note without headers: the subject says so, and something ties it to a letter of ours (B14).
fn is_absence(digest: &Digest, known: &Known) -> bool {
    let tied =
        known.letter.is_some() || known.tagged.is_some() || known.token.is_some() || known.mailed_just_now;
    digest.absence.is_some() && tied
}

/// A ticket that the evidence names and to which the sender may add.
struct Found {
    ticket: Ticket,
    standing: Standing,
    /// By a token or a letter of ours, or with a passed authentication.
    proven: bool,
    reason: String,
}

fn evidence(digest: &Digest, known: &Known, rules: &Rules) -> Option<Found> {
    let sender = match &digest.mail.from {
        Sender::Known(mailbox) => Some(&mailbox.address),
        Sender::Unreadable(_) => None,
    };
    let failed = matches!(digest.authentication, Authentication::Fail(_));
    let standing = |ticket: &Ticket| match sender {
        Some(sender) if !failed => standing(ticket, sender, rules),
        _ => Standing::Outsider,
    };
    let strong = match &known.token {
        Some((token, ticket)) if !known.tokens_disagree => {
            let whose = if token.holder == Holder::Client { "" } else { " (an agent's)" };
            Some((ticket, format!("token in the address{whose}")))
        }
        _ => None,
    };
    let by_letter = || {
        let letter = known.letter.as_ref()?;
        Some((letter.ticket.as_ref()?, format!("refers to our letter ({})", letter.purpose)))
    };
    if let Some((ticket, reason)) = strong.or_else(by_letter) {
        return Some(Found { ticket: ticket.clone(), standing: standing(ticket), proven: true, reason });
    }
    let by_mail = known.mail.iter().map(|t| (t, "refers to a mail of this ticket"));
    let by_tag = known.tagged.iter().map(|t| (t, "tag in the subject"));
    by_mail.chain(by_tag).find_map(|(ticket, reason)| {
        let standing = standing(ticket);
        let takes_part = standing != Standing::Outsider;
        let proven = digest.authentication == Authentication::Pass;
        takes_part.then(|| Found { ticket: ticket.clone(), standing, proven, reason: reason.to_owned() })
    })
}

/// What the owner of an address is to a ticket.
pub fn standing(ticket: &Ticket, address: &Address, rules: &Rules) -> Standing {
    if ticket.requester.address.as_ref() == Some(address) {
        return Standing::Requester;
    }
    if ticket.takes_part(address) {
        return Standing::Participant;
    }
    let client = rules.clients.of_address(address).map(|(client, _)| client.code.as_str());
    if client.is_some() && client == ticket.client.as_deref() {
        return Standing::Colleague;
    }
    Standing::Outsider
}

/// The ticket is known; what is it to its present state?
fn on_ticket(digest: &Digest, found: Found) -> Route {
    let closed = matches!(found.ticket.state, State::Closed { .. });
    if closed && digest.thanks.is_none() && found.standing != Standing::Outsider {
        let number = found.ticket.key.number;
        let reason = format!("{}; that ticket is closed, so a new one follows it", found.reason);
        return to(Destination::New { previous: Some(number) }, reason);
    }
    let Found { ticket, standing, proven, reason } = found;
    to(Destination::Client { ticket: Box::new(ticket), standing, proven }, reason)
}

fn why_new(digest: &Digest, known: &Known, rules: &Rules) -> String {
    let mut reason = whence_new(digest, known).to_owned();
    if let Authentication::Fail(why) = &digest.authentication {
        reason.push_str(&format!("; the mail server could not confirm its sender: {why}"));
    }
    if let Sender::Unreadable(why) = &digest.mail.from {
        reason.push_str(&format!("; {why}"));
    }
    let sender = digest.mail.from.mailbox().map(|mailbox| &mailbox.address);
    if let Some(true_one) = sender.and_then(|sender| rules.clients.resembled(sender)) {
        reason.push_str(&format!("; its domain only looks like {true_one}"));
    }
    reason
}

fn whence_new(digest: &Digest, known: &Known) -> &'static str {
    if known.tokens_disagree {
        return "its tokens name different tickets";
    }
    if digest.trail.forged_token {
        return "the token in its address is not ours";
    }
    if known.tagged.is_some() || known.mail.is_some() {
        return "it names a ticket in which its sender takes no part";
    }
    "a new request: it refers to nothing that we know"
}
