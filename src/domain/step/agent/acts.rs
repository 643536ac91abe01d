//! Commands looked up: names become agents, dates become instants; what cannot be, is a mistake.

use jiff::Timestamp;
use jiff::civil::Time;

use super::named;
use crate::domain::address::Mailbox;
use crate::domain::command::{Assignee, Command, Instructions, Mistake, Terms};
use crate::domain::event::Actor;
use crate::domain::offer::Offer;
use crate::domain::people::AgentId;
use crate::domain::rules::Rules;
use crate::domain::step::offer;
use crate::domain::ticket::{State, Ticket};

/// Everything that one mail asks for, ready to be carried out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acts {
    pub resolve: bool,
    pub close: bool,
    /// Waiting for the client, with the moment of a reminder.
    pub wait: Option<Option<Timestamp>>,
    /// The new assignee, or nobody.
    pub assign: Option<Option<AgentId>>,
    pub group: Vec<AgentId>,
    pub urgent: bool,
    pub severity: Option<String>,
    pub kind: Option<String>,
    pub deadline: Option<(Timestamp, String)>,
    /// A new offer to the client.
    pub offer: Option<Offer>,
    /// Consent that came by another way; without terms, to the offer that stands.
    pub agreed: Option<Option<Offer>>,
    pub time: Vec<Spent>,
    pub calls: Vec<Spent>,
    pub subject: Option<String>,
    /// Name as it was written, and value.
    pub fields: Vec<(String, String)>,
    /// Registration number.
    pub client: Option<String>,
    pub requester: Option<Mailbox>,
    pub cc: Vec<Mailbox>,
    /// As they were written: looked up among the desk's tickets.
    pub merge: Option<String>,
    pub links: Vec<String>,
    pub split: bool,
    pub escalate: Option<String>,
    pub hooks: Vec<String>,
    pub note_all: bool,
    /// The attachments go to the client even without a word.
    pub files_for_client: bool,
    pub spam: bool,
    pub undo: bool,
    pub next: bool,
    pub show: bool,
    pub help: bool,
    pub files: bool,
    pub history: bool,
}

/// Time that was spent, before rounding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub minutes: u32,
    /// The way in which it was; empty where none was named.
    pub mode: String,
    pub text: String,
}

impl Acts {
    /// Looks the commands up.
    pub fn of(
        instructions: &Instructions,
        by: &Actor,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Acts, Mistake> {
        let mut acts = Acts::default();
        for command in &instructions.commands {
            acts.take(command, by, now, rules)?;
        }
        let resolves_or_waits = acts.resolve || acts.close || acts.wait.is_some();
        let ends = [acts.resolve, acts.close, acts.wait.is_some(), acts.spam, acts.merge.is_some()];
        if ends.into_iter().filter(|set| *set).count() > 1 {
            return Err(Mistake::new("one_end"));
        }
        if acts.offer.is_some()
            && (acts.agreed.is_some() || (resolves_or_waits && acts.wait.is_none()) || acts.spam)
        {
            return Err(Mistake::new("offer_stands_alone"));
        }
        if acts.undo && (instructions.commands.len() > 1 || !instructions.answer.is_empty()) {
            return Err(Mistake::new("undo_stands_alone"));
        }
        acts.files_for_client = instructions.has_attachments
            && instructions.note.is_empty()
            && (instructions.commands.is_empty() || resolves_or_waits || acts.offer.is_some())
            && !acts.note_all;
        if acts.spam && !instructions.answer.is_empty() {
            return Err(Mistake::new("spam_with_text"));
        }
        Ok(acts)
    }

    /// Does the client get anything to read or to open by this mail?
    ///
    /// Files without a word go to him only where nothing says that they are for colleagues: what is said in a note
    /// or brought along with `#assign` stays inside.
    pub fn answers(&self, instructions: &Instructions) -> bool {
        !instructions.answer.is_empty() || self.files_for_client || self.offer.is_some()
    }

    fn take(&mut self, command: &Command, by: &Actor, now: Timestamp, rules: &Rules) -> Result<(), Mistake> {
        match command {
            Command::Resolve => self.resolve = true,
            Command::Close => self.close = true,
            Command::NoteAll => self.note_all = true,
            Command::Files => self.files = true,
            Command::History => self.history = true,
            Command::Spam => self.spam = true,
            Command::Show => self.show = true,
            Command::Help => self.help = true,
            Command::Undo => self.undo = true,
            Command::Next => match by {
                Actor::Agent(_) => self.next = true,
                Actor::Operator => return Err(Mistake::new("me_is_nobody")),
            },
            Command::New => return Err(Mistake::new("nobody_named")),
            Command::Split => self.split = true,
            Command::Subject(text) => self.subject = Some(text.clone()),
            Command::Field { name, value } => self.fields.push((name.clone(), value.clone())),
            Command::Merge(text) => self.merge = Some(text.clone()),
            Command::Link(text) => self.links.push(text.clone()),
            Command::Escalate(reason) => self.escalate = Some(reason.clone()),
            Command::Time { minutes, work } => self.time.push(spent(*minutes, work, rules)),
            Command::Call { minutes, text } => {
                self.calls.push(Spent { minutes: *minutes, mode: PHONE.to_owned(), text: text.clone() });
            }
            Command::Wait(_) | Command::Deadline { .. } | Command::Offer(_) | Command::Agreed(_) => {
                return self.take_date(command, now, rules);
            }
            _ => return self.take_name(command, by, rules),
        }
        Ok(())
    }

    /// Commands that speak of a day.
    fn take_date(&mut self, command: &Command, now: Timestamp, rules: &Rules) -> Result<(), Mistake> {
        match command {
            Command::Wait(date) => {
                let midnight = date.map(|d| named::instant(d, Time::midnight(), rules)).transpose()?;
                let opening = midnight.map(|at| rules.calendar(None).next_opening(at).unwrap_or(at));
                if let (Some(date), true) = (date, opening.is_some_and(|at| at <= now)) {
                    return Err(named::past(date, now, rules));
                }
                self.wait = Some(opening);
            }
            Command::Deadline { date, time, reason } => {
                let due = match time {
                    Some(time) => named::instant(*date, *time, rules)?,
                    None => named::end_of(*date, now, rules)?,
                };
                if due <= now {
                    return Err(named::past(date, now, rules));
                }
                self.deadline = Some((due, reason.clone()));
            }
            Command::Offer(terms) => self.offer = Some(offered(terms, now, rules)?),
            Command::Agreed(terms) => {
                self.agreed = Some(terms.as_ref().map(|terms| offered(terms, now, rules)).transpose()?);
            }
            _ => {}
        }
        Ok(())
    }

    /// Commands that name somebody or something of the desk.
    fn take_name(&mut self, command: &Command, by: &Actor, rules: &Rules) -> Result<(), Mistake> {
        match command {
            Command::Assign(Assignee::Nobody) => self.assign = Some(None),
            Command::Assign(Assignee::Me) => match by.agent() {
                Some(id) => self.assign = Some(Some(id.clone())),
                None => return Err(Mistake::new("me_is_nobody")),
            },
            Command::Assign(Assignee::Named(name)) => self.assign = Some(Some(named::agent(name, rules)?)),
            Command::Group(names) => {
                for name in names {
                    self.group.push(named::agent(name, rules)?);
                }
            }
            Command::Urgent if rules.urgent.is_some() => self.urgent = true,
            Command::Urgent => return Err(Mistake::new("no_urgent")),
            Command::Severity(name) => self.severity = Some(named::severity(name, rules)?),
            Command::Type(name) => self.kind = Some(named::kind(name, rules)?),
            Command::Client(text) => self.client = Some(named::client(text, rules)?.code.clone()),
            Command::Requester(text) => self.requester = Some(named::mailbox(text, rules)?),
            Command::Cc(text) => {
                for one in text.split(',') {
                    self.cc.push(named::mailbox(one, rules)?);
                }
            }
            // Its text was put in before; see `ready`.
            Command::Text(name) => {
                named::one_of(name, rules.texts.keys(), "unknown_text")?;
            }
            Command::Do(name) => self.hooks.push(named::one_of(name, rules.hooks.keys(), "unknown_hook")?),
            _ => {}
        }
        Ok(())
    }

    /// Is something of the ticket to be changed?
    fn changes(&self) -> bool {
        self.goes_on()
            || self.close
            || self.assign.is_some()
            || self.spam
            || self.merge.is_some()
            || self.split
            || self.subject.is_some()
            || !self.fields.is_empty()
            || self.client.is_some()
            || self.requester.is_some()
            || !self.cc.is_empty()
            || self.escalate.is_some()
    }

    /// May all of this be done where the ticket stands?
    pub fn allowed_on(
        &self,
        ticket: &Ticket,
        instructions: &Instructions,
        rules: &Rules,
    ) -> Result<(), Mistake> {
        let has_answer = self.answers(instructions);
        let asks = self.show || self.help || self.files || self.history || self.next;
        let adds = !self.time.is_empty() || !self.calls.is_empty() || !self.links.is_empty();
        let writes = has_answer || !instructions.note.is_empty() || instructions.has_attachments;
        let changes = self.changes();
        if !(asks || changes || writes || adds || self.undo || !self.hooks.is_empty()) {
            return Err(Mistake::new("nothing_to_do"));
        }
        let address = self.requester.as_ref().map(|m| &m.address).or(ticket.requester.address.as_ref());
        if has_answer && address.is_none() {
            return Err(Mistake::new("no_address"));
        }
        let stands = ticket.offer.as_ref().is_some_and(|offer| offer.valid_until.is_some());
        if self.agreed == Some(None) && !stands {
            return Err(Mistake::new("no_offer_stands"));
        }
        match &ticket.state {
            State::Merged { into } if changes || writes || adds => {
                Err(Mistake::new("merged").with("value", rules.tag.shown(*into)))
            }
            State::Closed { .. } if changes || has_answer => Err(Mistake::new("closed")),
            _ => Ok(()),
        }
    }

    /// Is the request worked on, rather than looked at or ended?
    pub fn goes_on(&self) -> bool {
        self.resolve
            || self.wait.is_some()
            || matches!(self.assign, Some(Some(_)))
            || !self.group.is_empty()
            || self.urgent
            || self.severity.is_some()
            || self.kind.is_some()
            || self.deadline.is_some()
            || self.offer.is_some()
            || self.agreed.is_some()
    }

    /// What is done, for the history.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = [
            (self.resolve, "resolved"),
            (self.close, "closed"),
            (self.wait.is_some(), "waits for the client"),
            (self.urgent, "made urgent"),
            (self.spam, "marked as spam"),
            (self.deadline.is_some(), "set the deadline"),
            (self.offer.is_some(), "made an offer"),
            (self.agreed.is_some(), "recorded the client's consent"),
            (!self.time.is_empty(), "entered time"),
            (!self.calls.is_empty(), "talked on the telephone"),
            (self.subject.is_some(), "changed the subject"),
            (self.requester.is_some(), "changed the requester"),
            (!self.cc.is_empty(), "brought people in"),
            (self.split, "split a message off"),
            (self.escalate.is_some(), "asked the head"),
            (self.next, "asked for the next request"),
            (self.show || self.help || self.files || self.history, "asked to see"),
        ]
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, word)| word.to_owned())
        .collect();
        match &self.assign {
            Some(Some(id)) => words.push(format!("assigned to {id}")),
            Some(None) => words.push("assigned to nobody".to_owned()),
            None => {}
        }
        words.extend(self.severity.iter().map(|severity| format!("severity {severity}")));
        words.extend(self.kind.iter().map(|kind| format!("type {kind}")));
        words.extend(self.client.iter().map(|code| format!("client {code}")));
        words.extend(self.fields.iter().map(|(name, _)| format!("set {name}")));
        words.extend(self.merge.iter().map(|other| format!("merged into {other}")));
        words.extend(self.links.iter().map(|other| format!("linked to {other}")));
        words.extend(self.hooks.iter().map(|hook| format!("started {hook}")));
        if !self.group.is_empty() {
            let names: Vec<_> = self.group.iter().map(|id| id.0.as_str()).collect();
            words.push(format!("working group {}", names.join(" ")));
        }
        words
    }
}

/// The way in which telephone calls are worked.
const PHONE: &str = "phone";

fn spent(minutes: u32, work: &str, rules: &Rules) -> Spent {
    let (mode, text) = rules.time.mode(work);
    Spent { minutes, mode: mode.unwrap_or_default().to_owned(), text: text.to_owned() }
}

fn offered(terms: &Terms, now: Timestamp, rules: &Rules) -> Result<Offer, Mistake> {
    named::end_of(terms.date, now, rules)?;
    offer::made(terms, now, rules).ok_or_else(|| Mistake::new("no_offers"))
}
