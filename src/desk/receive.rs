//! A mail came in: remembered, looked up, routed, decided, written down; one unit of work.

mod form;
mod request;

use bytes::Bytes;
use jiff::Timestamp;

use super::Desk;
use super::about::about;
use super::act::Act;
use super::canary;
use super::digest::note_all;
use super::follow::{follow, next};
use super::look_up::look_up;
use super::perform::{Cause, attached, perform};
use super::register::{Registered, Registration, register};
use super::say::{error, explained, in_english};
use crate::domain::address::{Address, Mailbox};
use crate::domain::audience::{Recipients, recipients};
use crate::domain::command::{Command, Instructions, Mistake};
use crate::domain::digest::{Digest, Verb};
use crate::domain::effect::{Answer, Audience, Effect, Purpose, Step};
use crate::domain::event::{Actor, AgentWrote, Event};
use crate::domain::manners;
use crate::domain::message::{Author, Fate, Report, Reported};
use crate::domain::people::AgentId;
use crate::domain::route::{Destination, Known, Route, is_report, route};
use crate::domain::step::{mistake, step};
use crate::domain::thread::{Kind, Voice};
use crate::domain::ticket::{Requester, Ticket, TicketKey};
use crate::mail::automatic::answers_nobody;
use crate::mail::parse::REPORT_BY_WORDING;
use crate::mail::trail::base_subject;
use crate::store::{
    DeliveryFilter, DeliveryState, Fact, Mail, MailId, NewMail, Outcome, Place, Result, Settled, Sighting,
    Standing, StoreError, Tx,
};
use request::Request;

/// A mail that has been read and thought over.
#[derive(Clone)]
pub struct Arrival {
    pub digest: Digest,
    pub raw: Bytes,
    /// Where it lies on a server; `None` for mail that came another way.
    pub place: Option<Place>,
}

/// Takes a mail in. The same content is decided once, however often it comes; the earlier outcome holds.
pub fn receive(tx: &mut dyn Tx, desk: &Desk, arrival: &Arrival, now: Timestamp) -> Result<Outcome> {
    if let Some(place) = &arrival.place
        && let Some(seen) = tx.sighting(place)?
        && seen.outcome != Outcome::Stored
    {
        return Ok(seen.outcome);
    }
    let digest = &arrival.digest;
    if canary::came_back(tx, desk, digest, now)? {
        let outcome = Outcome::Skipped { reason: "our own canary: mail leaves and arrives".to_owned() };
        if let Some(place) = arrival.place.clone() {
            tx.sight(&Sighting { place, seen_at: now, mail: None, outcome: outcome.clone() })?;
        }
        return Ok(outcome);
    }
    let earlier = tx.mail_by_fingerprint(&digest.mail.fingerprint)?;
    if let Some(earlier) = earlier.as_ref().filter(|earlier| earlier.mail.outcome != Outcome::Stored) {
        return seen_before(tx, arrival, earlier, now);
    }
    tx.keep(&digest.mail.raw, &arrival.raw)?;
    let outcome = decide(tx, desk, digest, now)?;
    let id = match earlier {
        Some(earlier) => {
            tx.conclude(earlier.id, &outcome)?;
            earlier.id
        }
        None => enter(tx, desk, arrival, &outcome, now)?,
    };
    sight(tx, arrival, Some(id), &outcome, now)?;
    Ok(outcome)
}

/// Keeps a mail raw and sets it aside for the operator: nothing of it is decided.
pub fn quarantine(
    tx: &mut dyn Tx,
    desk: &Desk,
    arrival: &Arrival,
    reason: &str,
    now: Timestamp,
) -> Result<Outcome> {
    let outcome = Outcome::Quarantined { reason: reason.to_owned() };
    if let Some(earlier) = tx.mail_by_fingerprint(&arrival.digest.mail.fingerprint)? {
        return seen_before(tx, arrival, &earlier, now);
    }
    tx.keep(&arrival.digest.mail.raw, &arrival.raw)?;
    let id = enter(tx, desk, arrival, &outcome, now)?;
    sight(tx, arrival, Some(id), &outcome, now)?;
    Ok(outcome)
}

fn seen_before(tx: &mut dyn Tx, arrival: &Arrival, earlier: &Mail, now: Timestamp) -> Result<Outcome> {
    let outcome = Outcome::Duplicate { of: earlier.id };
    sight(tx, arrival, Some(earlier.id), &outcome, now)?;
    Ok(outcome)
}

/// Enters a mail whose content is new, with what became of it.
fn enter(
    tx: &mut dyn Tx,
    desk: &Desk,
    arrival: &Arrival,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<MailId> {
    let mail = &arrival.digest.mail;
    tx.add_mail(&NewMail {
        desk: desk.rules.desk.clone(),
        fingerprint: mail.fingerprint,
        raw: mail.raw,
        size_bytes: mail.size_bytes,
        message_id: mail.message_id.clone(),
        from: mail.from.mailbox().map(|m| m.address.clone()),
        subject: mail.subject.chars().take(200).collect(),
        received_at: arrival.digest.arrived,
        stored_at: now,
        outcome: outcome.clone(),
    })
}

fn sight(
    tx: &mut dyn Tx,
    arrival: &Arrival,
    mail: Option<MailId>,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<()> {
    tx.note(Fact::Received {
        mail,
        place: arrival.place.clone(),
        arrived: Some(arrival.digest.arrived),
        outcome: outcome.clone(),
    });
    let Some(place) = arrival.place.clone() else { return Ok(()) };
    tx.sight(&Sighting { place, seen_at: now, mail, outcome: outcome.clone() })
}

/// Decides on a mail that is new, and writes the decision down.
pub fn decide(tx: &mut dyn Tx, desk: &Desk, digest: &Digest, now: Timestamp) -> Result<Outcome> {
    let known = look_up(tx, desk, digest, now)?;
    let plain;
    let digest = if digest.mail.machine.kind == Author::Bounce && !is_report(digest, &known) {
        plain = by_a_person(digest);
        &plain
    } else {
        digest
    };
    let route = route(digest, &known, &desk.rules);
    if let Some(sender) = digest.mail.from.mailbox().filter(|_| digest.mail.machine.kind == Author::Person)
        && tx.standing(&sender.address.base())? == Standing::Undeliverable
    {
        tx.set_standing(&sender.address.base(), Standing::Good, now)?;
    }
    Deciding { tx, desk, digest, known: &known, now }.carry_out(route)
}

fn cause<'a>(digest: &'a Digest, event: &'static str, now: Timestamp) -> Cause<'a> {
    let by = match (&digest.agent, digest.mail.from.mailbox()) {
        (Some(id), _) => Voice::Agent(id.clone()),
        (None, Some(mailbox)) => Voice::Person(mailbox.clone()),
        (None, None) => Voice::Unknown,
    };
    let id = format!("mail:{}", digest.mail.fingerprint);
    let happened = digest.arrived;
    Cause { by, mail: Some(digest), found: Some(&digest.found), happened, ..Cause::new(id, event, now) }
}

/// A mail that only sounds like a report: somebody writes about mail that fails. One that bears other marks of a
/// machine is a program's notice.
fn by_a_person(digest: &Digest) -> Digest {
    let mut plain = digest.clone();
    let machine = &mut plain.mail.machine;
    let by_words_alone = machine.marks.iter().all(|mark| mark == REPORT_BY_WORDING);
    machine.kind = if by_words_alone { Author::Person } else { Author::Notice };
    plain.mail.report = None;
    plain
}

struct Deciding<'a> {
    tx: &'a mut dyn Tx,
    desk: &'a Desk,
    digest: &'a Digest,
    known: &'a Known,
    now: Timestamp,
}

impl Deciding<'_> {
    fn carry_out(mut self, route: Route) -> Result<Outcome> {
        let reason = route.reason;
        match route.to {
            Destination::Nowhere => Ok(Outcome::Skipped { reason }),
            Destination::Aside => Ok(Outcome::Quarantined { reason }),
            Destination::Report(ticket) => self.report(ticket.as_deref(), reason),
            Destination::Machine(ticket) => {
                let event = Event::MachineWrote { text: self.digest.text.clone(), reason };
                self.step(&ticket, &event, Kind::Automatic.word())
            }
            Destination::New { previous } => self.open(previous, reason),
            Destination::Vouched { ticket, yes, word } => {
                self.step(&ticket, &Event::Vouched { yes, word }, "vouched")
            }
            Destination::Rated { ticket, value } => self.rated(&ticket, value),
            Destination::StatusAsked { ticket } => self.status_asked(&ticket),
            Destination::Client { ticket, standing, proven } => {
                self.client(&ticket, standing, proven, reason)
            }
            Destination::Agent { ticket, agent, verb, seen_up_to } => {
                let mut instructions = self.digest.instructions.clone();
                if verb == Verb::Note && !self.speaks_up(&instructions) {
                    note_all(&mut instructions);
                }
                if instructions.commands.contains(&Command::New) {
                    return self.agent_opens(agent, format!("{reason}; #new asks for a new request"));
                }
                self.agent(&ticket, agent, instructions, seen_up_to)
            }
            Destination::AgentOpens { agent } => self.agent_opens(agent, reason),
            Destination::Back { ticket, agent, mistake } => {
                self.back(ticket.as_deref(), &agent, mistake, reason)
            }
        }
    }

    /// An answer to talk among agents stays there, but for an explicit word: who resolves or closes in it speaks to
    /// the client. What is sent to the note address by itself never does.
    fn speaks_up(&self, instructions: &Instructions) -> bool {
        let answers_a_note = self.known.letter.as_ref().is_some_and(|letter| letter.internal);
        answers_a_note && instructions.commands.iter().any(|c| matches!(c, Command::Resolve | Command::Close))
    }

    fn step(&mut self, ticket: &Ticket, event: &Event, kind: &str) -> Result<Outcome> {
        let step = step(ticket, event, self.now, &self.desk.rules);
        self.perform(Some(ticket), step, event.word(), kind)
    }

    fn perform(
        &mut self,
        before: Option<&Ticket>,
        step: Step,
        event: &'static str,
        kind: &str,
    ) -> Result<Outcome> {
        let reason = step.reason.clone();
        let cause = cause(self.digest, event, self.now);
        let ticket = perform(self.tx, self.desk, &cause, before, step)?;
        Ok(Outcome::Applied { ticket, kind: kind.to_owned(), reason })
    }

    fn agent(
        &mut self,
        ticket: &Ticket,
        agent: AgentId,
        instructions: Instructions,
        seen_up_to: Option<Timestamp>,
    ) -> Result<Outcome> {
        let voice = Voice::Agent(agent.clone());
        let answered = self.known.letter.as_ref().map(|letter| letter.cause.as_str());
        let about = Box::new(about(self.tx, self.desk, ticket, &voice, &instructions, answered)?);
        let wrote = AgentWrote {
            by: Actor::Agent(agent),
            about,
            instructions,
            seen_up_to,
            last_answer: self.known.last_answer.clone(),
        };
        let decided = step(ticket, &Event::AgentWrote(wrote), self.now, &self.desk.rules);
        let decided = explained(self.desk, decided);
        let returned = error(&decided).is_some();
        let reason = decided.reason.clone();
        let kind = decided.effects.iter().find_map(kept_kind).map_or("command", Kind::word);
        let effects = decided.effects.clone();
        let outcome = self.perform(Some(ticket), decided, "agent_wrote", kind)?;
        let cause = cause(self.digest, "agent_wrote", self.now);
        follow(self.tx, self.desk, &cause, &ticket.key, &effects)?;
        Ok(if returned { Outcome::Returned { ticket: Some(ticket.key.clone()), reason } } else { outcome })
    }

    /// An agent opens a ticket. A forwarded mail makes its sender the requester, `For: name <address>` him who
    /// telephoned; else those on To and Cc are written to. `#next` alone asks for a request instead.
    fn agent_opens(&mut self, agent: AgentId, reason: String) -> Result<Outcome> {
        let digest = self.digest;
        let forwarded = digest.forwarded.as_ref();
        let mut instructions = forwarded.map_or(&digest.instructions, |within| &within.cover).clone();
        instructions.commands.retain(|command| *command != Command::New);
        let by = Actor::Agent(agent.clone());
        if let Some(mistake) = mistake(&instructions, &by, self.now, &self.desk.rules) {
            return self.back(None, &agent, mistake, reason);
        }
        if instructions.commands == [Command::Next] && instructions.answer.is_empty() {
            let cause = cause(digest, "next", self.now);
            next(self.tx, self.desk, &cause)?;
            return Ok(Outcome::Skipped { reason: format!("{agent} asked for the next request") });
        }
        let by = Some(agent.clone());
        let reason = match forwarded {
            Some(within) => {
                format!("{reason}; a mail of {} is forwarded, whose request it is", within.sender.address)
            }
            None => reason,
        };
        let request = if let Some(forwarded) = forwarded {
            note_all(&mut instructions);
            let requester = Requester::of(&forwarded.sender);
            let muted = self.unanswerable(&forwarded.sender.address)?;
            Request { by, muted, ..Request::of(requester, forwarded.text.clone()) }
        } else if let Some(form) = self.form(&agent, &instructions.answer) {
            return match form {
                Ok(registration) => self.took_down(&agent, registration, instructions, reason),
                Err(mistake) => self.back(None, &agent, mistake, reason),
            };
        } else {
            let mut addressed = self.addressed().into_iter();
            let Some(first) = addressed.next() else {
                return self.back(None, &agent, Mistake::new("nobody_named"), reason);
            };
            let participants = addressed.collect();
            Request { by, participants, outbound: true, ..Request::of(Requester::of(&first), String::new()) }
        };
        let outcome = self.register(request, reason)?;
        self.and_then(outcome, &agent, instructions)
    }

    /// What else the mail says that opened a ticket.
    fn and_then(&mut self, outcome: Outcome, agent: &AgentId, instructions: Instructions) -> Result<Outcome> {
        let Some(key) = outcome.ticket().cloned() else { return Ok(outcome) };
        let Some(ticket) = self.tx.ticket(&key)? else { return Ok(outcome) };
        let says = !instructions.answer.is_empty() || !instructions.note.is_empty();
        let acts = instructions.commands.iter().any(|c| *c != Command::NoteAll);
        if says || acts {
            return self.agent(&ticket, agent.clone(), instructions, None);
        }
        Ok(outcome)
    }

    fn form(&self, agent: &AgentId, text: &str) -> Option<std::result::Result<Registration, Mistake>> {
        let subject = base_subject(&self.digest.mail.subject, std::slice::from_ref(&self.desk.tag));
        form::read(self.desk, agent, &subject, text)
    }

    /// A request that an agent took down is registered as if he had done it at the keyboard.
    fn took_down(
        &mut self,
        agent: &AgentId,
        registration: Registration,
        mut instructions: Instructions,
        reason: String,
    ) -> Result<Outcome> {
        let registration = Registration { files: attached(self.digest), ..registration };
        let act = Act { agent: Some(agent.clone()), id: format!("mail:{}", self.digest.mail.fingerprint) };
        instructions.answer.clear();
        instructions.has_attachments = false;
        let ticket = match register(self.tx, self.desk, &registration, &act, self.now)? {
            Registered::Refused(_) => {
                let mistake = Mistake::new("channel_closed").with("value", registration.channel.as_str());
                return self.back(None, agent, mistake, reason);
            }
            Registered::Opened(key) => {
                self.registered(agent, &key)?;
                key
            }
            Registered::Joined(key) => key,
        };
        let outcome = Outcome::Applied { ticket, kind: Kind::Request.word().to_owned(), reason };
        self.and_then(outcome, agent, instructions)
    }

    /// The agent gets the number and the address of a request that he registered, unless he is told of it anyway.
    fn registered(&mut self, agent: &AgentId, key: &TicketKey) -> Result<()> {
        let Some(ticket) = self.tx.ticket(key)? else { return Ok(()) };
        let rules = &self.desk.rules;
        let Some(writer) = rules.agent(agent) else { return Ok(()) };
        let is_told = match recipients(&Audience::NotifyNew, &ticket, rules) {
            Recipients::Staff(staff) => staff.iter().any(|one| one.agent.as_ref() == Some(agent)),
            Recipients::Client { .. } => false,
        };
        if is_told {
            return Ok(());
        }
        let done = Mistake::new("done_registered").with("value", rules.tag.shown(key.number));
        let told = Step::stay(&ticket, "the agent who registered it is told its number")
            .tell(Purpose::AgentResult(Answer::Done(done)), Audience::Writer(writer.mailbox()));
        self.perform(Some(&ticket), told, "registered", Kind::Reply.word()).map(|_| ())
    }

    /// Why nobody reads what is sent to this address, if so.
    fn unanswerable(&mut self, address: &Address) -> Result<Option<String>> {
        if answers_nobody(address.local()) {
            return Ok(Some(format!("nobody reads {address}")));
        }
        let blocked = self.tx.standing(&address.base())? == Standing::Blocked;
        Ok(blocked.then(|| format!("{address} is blocked")))
    }

    /// Everybody on To and Cc who is neither the desk nor one of its agents.
    fn addressed(&self) -> Vec<Mailbox> {
        let rules = &self.desk.rules;
        let all = self.digest.mail.to.iter().chain(&self.digest.mail.cc);
        all.filter(|m| !rules.watches(&m.address) && rules.agent_at(&m.address).is_none()).cloned().collect()
    }

    fn back(
        &mut self,
        ticket: Option<&Ticket>,
        agent: &AgentId,
        mistake: Mistake,
        evidence: String,
    ) -> Result<Outcome> {
        let silent = manners::silence(self.digest, self.known, &self.desk.rules);
        let known = self.desk.rules.agent(agent);
        let reason = match &silent {
            Some(why) => format!("nothing done: {evidence}; not told: {why}"),
            None => format!("nothing done: {evidence}; {}", in_english(self.desk, &mistake)),
        };
        let answer = Answer::Error(mistake);
        if let (None, Some(agent)) = (&silent, known) {
            let purpose = Purpose::AgentResult(answer);
            match ticket {
                Some(ticket) => {
                    let step =
                        Step::stay(ticket, reason.clone()).tell(purpose, Audience::Writer(agent.mailbox()));
                    self.perform(Some(ticket), step, "returned", Kind::Reply.word())?;
                }
                None => {
                    let cause = cause(self.digest, "returned", self.now);
                    super::say::without_ticket(self.tx, self.desk, &cause, purpose, agent)?;
                }
            }
        }
        Ok(Outcome::Returned { ticket: ticket.map(|t| t.key.clone()), reason })
    }

    /// A delivery report: the address is marked where the report is about a letter that went there.
    fn report(&mut self, ticket: Option<&Ticket>, reason: String) -> Result<Outcome> {
        let report = self.digest.mail.report.clone().unwrap_or_default();
        let sent_to = self.known.letter.as_ref().map(|l| l.recipients.clone()).unwrap_or_default();
        let failed = report.recipients.iter().filter(|r| matches!(r.fate, Fate::Failed | Fate::FailedForNow));
        let failed: Vec<_> = failed.filter(|r| sent_to.contains(&r.address)).collect();
        for recipient in &failed {
            if recipient.fate == Fate::Failed {
                self.tx.set_standing(&recipient.address.base(), Standing::Undeliverable, self.now)?;
            }
            self.is_lost(&report, recipient)?;
        }
        let (Some(ticket), Some(first)) = (ticket, failed.first()) else {
            let reason = format!("{reason}; it settles nothing of ours");
            return Ok(Outcome::DeliveryEvent { ticket: ticket.map(|t| t.key.clone()), reason });
        };
        let event = Event::Undelivered { address: first.address.clone(), reason: first.diagnostic.clone() };
        let Outcome::Applied { ticket, .. } = self.step(ticket, &event, Kind::Automatic.word())? else {
            return Err(StoreError::Abandoned("a report was applied to no ticket".to_owned()));
        };
        Ok(Outcome::DeliveryEvent { ticket: Some(ticket), reason })
    }
}

impl Deciding<'_> {
    /// What a mail server took and then gave back stands with the letters that failed (A33).
    fn is_lost(&mut self, report: &Report, recipient: &Reported) -> Result<()> {
        let named = report.original_message_id.iter().chain(&self.digest.trail.references);
        for id in named {
            let Some(row) = self.tx.letter_by_message_id(id)? else { continue };
            let recipient_of = Some(recipient.address.clone());
            let filter =
                DeliveryFilter { letter: Some(row.id), recipient: recipient_of, ..Default::default() };
            for delivery in self.tx.deliveries(&filter)? {
                let text = format!("came back: {}", recipient.diagnostic);
                let (state, at) = (DeliveryState::Failed, self.now);
                let failed = Settled { state, at, next_at: None, text, uncounted: false };
                self.tx.settle(delivery.id, &failed)?;
            }
            return Ok(());
        }
        Ok(())
    }
}

fn kept_kind(effect: &Effect) -> Option<Kind> {
    match effect {
        Effect::Keep { kind, .. } => Some(*kind),
        _ => None,
    }
}
