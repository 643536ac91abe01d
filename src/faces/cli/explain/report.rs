//! What there is to say about a mail, gathered.

use jiff::Timestamp;
use serde::Serialize;

use super::dry::Dry;
use crate::daemon::control::reason;
use crate::desk::Desk;
use crate::desk::say::in_english;
use crate::domain::address::{Address, Mailbox};
use crate::domain::digest::{Authentication, Digest, Holder, Verb};
use crate::domain::manners;
use crate::domain::message::Author;
use crate::domain::patch;
use crate::domain::route::{self, Destination, Known, Route};
use crate::domain::ticket::{Status, Ticket, TicketKey};
use crate::domain::trust::trust;
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::Office;
use crate::mail::command;
use crate::mail::parse::{Limits, parse};
use crate::store::{MailId, NewLetter, Outcome, Tx};

/// Everything about one mail.
#[derive(Debug, Serialize)]
pub struct Report {
    pub desk: String,
    pub arrived: Timestamp,
    pub late: bool,
    pub subject: String,
    /// What became of it, where it came before.
    pub past: Option<String>,
    /// The mail with the same content, where one came before: this one would be taken for its copy.
    pub copy_of: Option<MailId>,
    pub sender: Sender,
    pub author: AuthorView,
    pub defects: Vec<String>,
    pub language: String,
    pub urgent: Option<String>,
    pub thanks: Option<String>,
    pub absence: Option<String>,
    /// The new text.
    pub text: String,
    /// Lines that were taken for quotation or signature.
    pub cut: Vec<String>,
    pub attachments: Vec<String>,
    pub instructions: Option<InstructionsView>,
    /// What it refers to, and what each of these says.
    pub evidence: Vec<String>,
    pub route: String,
    pub route_reason: String,
    /// Why no automatic mail would go to its sender.
    pub silence: Option<String>,
    pub outcome: String,
    pub outcome_reason: String,
    pub tickets: Vec<Change>,
    pub letters: Vec<LetterView>,
    /// Addresses that are seen in another light afterwards.
    pub standings: Vec<String>,
}

/// Who wrote, and how far he is believed.
#[derive(Debug, Serialize)]
pub struct Sender {
    /// The mailbox, or why it cannot be read.
    pub from: String,
    /// `agent`, `contact`, `client`, `stranger`, `ourselves`, `unreadable`.
    pub kind: &'static str,
    pub who: Option<String>,
    /// `T0` (nobody) to `T3` (holds what only he was given).
    pub trust: &'static str,
    pub authentication: String,
    pub blocked: bool,
}

/// A person or a machine.
#[derive(Debug, Serialize)]
pub struct AuthorView {
    pub kind: Author,
    pub marks: Vec<String>,
    /// What forbids automatic answers though a person may have written it.
    pub suppress: Option<String>,
    pub spam: Option<String>,
}

/// What an agent wants.
#[derive(Debug, Serialize)]
pub struct InstructionsView {
    pub commands: Vec<String>,
    pub answer: String,
    pub note: String,
    pub mistake: Option<String>,
}

/// What happens to a ticket.
#[derive(Debug, Serialize)]
pub struct Change {
    pub ticket: String,
    /// `None`: it is new.
    pub before: Option<Status>,
    pub after: Status,
    /// Merge patch of the ticket (RFC 7396).
    pub change: serde_json::Value,
    /// Why, as it stands in its history.
    pub reasons: Vec<String>,
    /// Kinds of messages that join its thread.
    pub messages: Vec<&'static str>,
}

/// A letter that would go.
#[derive(Debug, Serialize)]
pub struct LetterView {
    pub template: String,
    pub to: Vec<String>,
    pub language: String,
    pub subject: String,
    /// Nobody typed it.
    pub automatic: bool,
    pub not_before: Timestamp,
    pub text: String,
    pub attachments: Vec<String>,
}

impl Report {
    /// What was found and decided; what it does is added by [`Report::see`].
    pub fn new(
        office: &Office,
        desk: &Desk,
        digest: &Digest,
        known: &Known,
        route: &Route,
        outcome: &Outcome,
    ) -> Report {
        let mail = &digest.mail;
        let of_agent = digest.agent.is_some();
        Report {
            desk: desk.id().to_string(),
            arrived: digest.arrived,
            late: digest.late,
            subject: mail.subject.clone(),
            past: None,
            copy_of: None,
            sender: sender(desk, digest, known),
            author: AuthorView {
                kind: mail.machine.kind,
                marks: mail.machine.marks.clone(),
                suppress: mail.machine.suppress.clone(),
                spam: mail.spam.clone(),
            },
            defects: mail.defects.iter().map(defect).collect(),
            language: digest.language.to_string(),
            urgent: digest.urgent.clone(),
            thanks: digest.thanks.clone(),
            absence: digest.absence.clone(),
            text: digest.text.clone(),
            cut: cut(&mail.text, &digest.text),
            attachments: mail
                .attachments
                .iter()
                .map(|a| format!("{}, {}, {} bytes", a.name, a.content_type, a.size_bytes))
                .collect(),
            instructions: of_agent.then(|| instructions(desk, digest)),
            evidence: evidence(office, desk, digest, known),
            route: destination(office, &route.to),
            route_reason: route.reason.clone(),
            silence: manners::silence(digest, known, &desk.rules),
            outcome: outcome.word().to_owned(),
            outcome_reason: reason(outcome).to_owned(),
            tickets: Vec::new(),
            letters: Vec::new(),
            standings: Vec::new(),
        }
    }

    /// Adds what the decision would write.
    ///
    /// # Errors
    /// Those of the database below.
    pub fn see(&mut self, office: &Office, mut dry: Dry<'_>) -> Result<(), Failure> {
        let changed = std::mem::take(&mut dry.tickets);
        for (key, after) in &changed {
            let before = dry.ticket(key)?;
            let reasons = dry.entries.iter().filter(|(of, _)| of == key);
            let messages = dry.messages.iter().filter(|(of, _)| of == key);
            self.tickets.push(Change {
                ticket: office.shown(key),
                before: before.as_ref().map(Ticket::status),
                after: after.status(),
                change: patch::change(before.as_ref(), after),
                reasons: reasons.map(|(_, entry)| format!("{}: {}", entry.event, entry.reason)).collect(),
                messages: messages.map(|(_, message)| message.kind.word()).collect(),
            });
        }
        self.letters = dry
            .letters
            .iter()
            .map(|letter| {
                letter_view(office, letter, letter.ticket.as_ref().and_then(|key| changed.get(key)))
            })
            .collect();
        self.standings =
            dry.standings.iter().map(|(address, standing)| format!("{address}: {standing:?}")).collect();
        Ok(())
    }
}

fn sender(desk: &Desk, digest: &Digest, known: &Known) -> Sender {
    let rules = &desk.rules;
    let trust = trust(digest, known, rules).word();
    let authentication = match &digest.authentication {
        Authentication::Unknown if rules.authserv_ids.is_empty() => {
            "not asked: no authserv_ids are configured".to_owned()
        }
        Authentication::Unknown => "no trusted Authentication-Results says anything".to_owned(),
        Authentication::Pass => "passed".to_owned(),
        Authentication::Fail(why) => format!("failed: {why}"),
    };
    let Some(mailbox) = digest.mail.from.mailbox() else {
        let why = match &digest.mail.from {
            crate::domain::message::Sender::Unreadable(why) => why.clone(),
            crate::domain::message::Sender::Known(_) => String::new(),
        };
        return Sender {
            from: why,
            kind: "unreadable",
            who: None,
            trust,
            authentication,
            blocked: known.blocked,
        };
    };
    let (kind, who) = match (&digest.agent, rules.clients.of_address(&mailbox.address)) {
        (Some(id), _) => ("agent", Some(id.to_string())),
        (None, _) if rules.watches(&mailbox.address) => ("ourselves", None),
        (None, Some((client, Some(contact)))) => {
            ("contact", Some(format!("{}, {}", contact.name, client.name)))
        }
        (None, Some((client, None))) => ("client", Some(client.name.clone())),
        (None, None) => ("stranger", None),
    };
    Sender { from: full(mailbox), kind, who, trust, authentication, blocked: known.blocked }
}

fn full(mailbox: &Mailbox) -> String {
    match mailbox.name.as_str() {
        "" => mailbox.address.to_string(),
        name => format!("{name} <{}>", mailbox.address),
    }
}

/// A defect as a clause.
fn defect(defect: &crate::domain::message::Defect) -> String {
    use crate::domain::message::Defect;
    match defect {
        Defect::Unparsable => "it cannot be parsed: only its bytes are kept".to_owned(),
        Defect::Oversize => "it is longer than the limit: only its header was read".to_owned(),
        Defect::Limit(what) => format!("a limit was reached: {what}"),
        Defect::CharsetGuessed(charset) => format!("the charset was guessed: {charset}"),
        Defect::EmptyText => "its text is empty though the mail is not".to_owned(),
        Defect::Encrypted(how) => format!("it is encrypted or signed: {how}"),
        Defect::RepeatedHeader(name) => format!("the header {name} stands more than once"),
        Defect::Date => "its Date is missing or impossible".to_owned(),
    }
}

/// The lines of `whole` that are not in `new`, which is a part of it.
fn cut(whole: &str, new: &str) -> Vec<String> {
    let mut kept = new.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let mut cut = Vec::new();
    for line in whole.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()) {
        if kept.peek() == Some(&line.trim()) {
            kept.next();
        } else {
            cut.push(line.to_owned());
        }
    }
    cut
}

fn instructions(desk: &Desk, digest: &Digest) -> InstructionsView {
    let wanted = &digest.instructions;
    let mistake = wanted.mistake.as_ref().map(|mistake| in_english(desk, mistake));
    InstructionsView {
        commands: wanted.commands.iter().map(command::written).collect(),
        answer: wanted.answer.clone(),
        note: wanted.note.clone(),
        mistake,
    }
}

fn evidence(office: &Office, desk: &Desk, digest: &Digest, known: &Known) -> Vec<String> {
    let trail = &digest.trail;
    let shown = |ticket: &Ticket| standing(office, desk, digest, ticket);
    let mut said = Vec::new();
    if trail.ours {
        said.push("its own Message-ID bears our signature: we wrote it".to_owned());
    }
    if trail.circled {
        said.push("it bears the mark of this installation: it came back from somewhere".to_owned());
    }
    for token in &trail.tokens {
        let holder = match &token.holder {
            Holder::Client => "the client".to_owned(),
            Holder::Agent(id) => format!("agent {id}"),
            Holder::Team(address) => format!("the team {address}"),
        };
        let number = desk.rules.tag.shown(token.number);
        let what = if token.verb == Verb::New { "new requests".to_owned() } else { number };
        said.push(format!("a token in its address, given to {holder} for {what}: {}", verb(token.verb)));
    }
    if trail.forged_token {
        said.push(
            "something like a token in its address, whose signature is not ours: counts for nothing"
                .to_owned(),
        );
    }
    if let Some(letter) = &known.letter {
        let to: Vec<String> = letter.recipients.iter().map(Address::to_string).collect();
        let of = letter.ticket.as_ref().map_or_else(|| "of no ticket".to_owned(), shown);
        said.push(format!("refers to our letter {} to {}, {of}", letter.purpose, to.join(", ")));
    }
    if let Some(ticket) = &known.mail {
        said.push(format!("refers to a mail that came for {}", shown(ticket)));
    }
    if known.letter.is_none() && known.mail.is_none() && !trail.references.is_empty() {
        said.push(format!("refers to {} Message-IDs, none of which we know", trail.references.len()));
    }
    for (at, number) in trail.tags.iter().enumerate() {
        let tag = desk.rules.tag.of(*number);
        said.push(match (at, &known.tagged) {
            (0, Some(ticket)) => format!("the tag {tag} in its subject: {}", shown(ticket)),
            (0, None) => format!("the tag {tag} in its subject: there is no such ticket"),
            _ => format!("another tag {tag} in its subject: only the first one counts"),
        });
    }
    if trail.to_new {
        said.push("sent to the address for new requests".to_owned());
    }
    said
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Reply => "the text goes to the other side",
        Verb::Note => "the text stays among agents",
        Verb::Take => "takes the ticket",
        Verb::Resolve => "resolves the ticket",
        Verb::Wait => "the ticket waits for the client",
        Verb::New => "opens a ticket",
        Verb::Rate(_) => "rates the solution",
    }
}

/// A ticket, its state, and what the sender is to it.
fn standing(office: &Office, desk: &Desk, digest: &Digest, ticket: &Ticket) -> String {
    use crate::domain::event::Standing;
    let name = format!("{} ({})", office.shown(&ticket.key), ticket.status().word());
    let Some(sender) = digest.mail.from.mailbox().filter(|_| digest.agent.is_none()) else { return name };
    let part = match route::standing(ticket, &sender.address, &desk.rules) {
        Standing::Requester => "its requester",
        Standing::Participant => "one who takes part in it",
        Standing::Colleague => "a colleague of its requester",
        Standing::Outsider => "nobody who takes part in it",
    };
    format!("{name}, and the sender is {part}")
}

fn destination(office: &Office, to: &Destination) -> String {
    let of = |key: &TicketKey| office.shown(key);
    match to {
        Destination::Nowhere => "kept, without any effect".to_owned(),
        Destination::Aside => "set aside for the operator".to_owned(),
        Destination::Report(None) => "a delivery report about nothing of ours".to_owned(),
        Destination::Report(Some(ticket)) => {
            format!("a delivery report about a letter of {}", of(&ticket.key))
        }
        Destination::Vouched { ticket, yes: true, word } => {
            format!("the client confirms the sender of {} ({word:?})", of(&ticket.key))
        }
        Destination::Vouched { ticket, yes: false, word } => {
            format!("the client denies the sender of {} ({word:?})", of(&ticket.key))
        }
        Destination::Rated { ticket, value } => format!("rates {} with {value} of 5", of(&ticket.key)),
        Destination::StatusAsked { ticket } => format!("asks how {} stands", of(&ticket.key)),
        Destination::Machine(ticket) => format!("kept with {}, changing nothing", of(&ticket.key)),
        Destination::New { previous: None } => "a new ticket".to_owned(),
        Destination::New { previous: Some(number) } => format!("a new ticket that follows {number}"),
        Destination::Client { ticket, .. } => format!("a further mail on {}", of(&ticket.key)),
        Destination::Agent { ticket, agent, .. } => format!("agent {agent} acts on {}", of(&ticket.key)),
        Destination::AgentOpens { agent } => format!("agent {agent} opens a ticket"),
        Destination::Back { agent, .. } => format!("back to agent {agent}"),
    }
}

fn letter_view(office: &Office, letter: &NewLetter, ticket: Option<&Ticket>) -> LetterView {
    let rules = office.settings.desk(&letter.desk);
    let to_staff = rules.is_some_and(|r| letter.recipients.iter().any(|a| r.agent_at(a).is_some()));
    let language = ticket.filter(|_| !to_staff).map(|t| t.language).or(rules.map(|r| r.own_language()));
    let mail = parse(&letter.letter.head, &Limits::default());
    LetterView {
        template: letter.purpose.clone(),
        to: letter.recipients.iter().map(Address::to_string).collect(),
        language: language.map(|l| l.to_string()).unwrap_or_default(),
        subject: mail.subject,
        automatic: letter.automatic,
        not_before: letter.not_before,
        text: mail.text,
        attachments: letter.letter.parts.iter().map(|p| p.attached.name.clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn what_is_not_new_was_cut() {
        let whole =
            "It still fails.\n\nOna\n\nOn Monday Petr wrote:\n> Switch it on.\n\nBelow, too.\n-- \nOna\n";
        let new = "It still fails.\n\nOna\n\nBelow, too.";
        assert_eq!(cut(whole, new), ["On Monday Petr wrote:", "> Switch it on.", "--", "Ona"]);
        assert!(cut("One.\nTwo.", "One.\nTwo.").is_empty());
    }
}
