//! Commands looked up: names become agents, dates become instants; what cannot be, is a mistake.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::domain::command::{Assignee, Command, Instructions, Mistake};
use crate::domain::event::Actor;
use crate::domain::fold::fold;
use crate::domain::people::AgentId;
use crate::domain::rules::Rules;
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
    pub deadline: Option<(Timestamp, String)>,
    /// Minutes and what was done.
    pub time: Vec<(u32, String)>,
    pub note_all: bool,
    pub spam: bool,
    pub show: bool,
    pub help: bool,
    pub files: bool,
}

impl Acts {
    /// Looks the commands up.
    pub fn of(instructions: &Instructions, by: &Actor, rules: &Rules) -> Result<Acts, Mistake> {
        let mut acts = Acts::default();
        for command in &instructions.commands {
            acts.take(command, by, rules)?;
        }
        let ends = [acts.resolve, acts.close, acts.wait.is_some(), acts.spam];
        if ends.into_iter().filter(|set| *set).count() > 1 {
            return Err(mistake("#resolve, #close, #wait and #spam exclude one another"));
        }
        Ok(acts)
    }

    fn take(&mut self, command: &Command, by: &Actor, rules: &Rules) -> Result<(), Mistake> {
        match command {
            Command::Resolve => self.resolve = true,
            Command::Close => self.close = true,
            Command::Wait(date) => {
                let midnight = date.map(|d| instant(d, Time::midnight(), rules)).transpose()?;
                let opening = |at| rules.calendar(None).next_opening(at).unwrap_or(at);
                self.wait = Some(midnight.map(opening));
            }
            Command::NoteAll => self.note_all = true,
            Command::Time { minutes, work } => self.time.push((*minutes, work.clone())),
            Command::Assign(Assignee::Nobody) => self.assign = Some(None),
            Command::Assign(Assignee::Me) => match by.agent() {
                Some(id) => self.assign = Some(Some(id.clone())),
                None => return Err(mistake("#assign me: the operator is no agent; name one")),
            },
            Command::Assign(Assignee::Named(name)) => self.assign = Some(Some(find(name, rules)?)),
            Command::Group(names) => {
                for name in names {
                    self.group.push(find(name, rules)?);
                }
            }
            Command::Urgent if rules.urgent.is_some() => self.urgent = true,
            Command::Urgent => return Err(mistake("#urgent: this desk has no urgent requests")),
            Command::Severity(severity) => self.severity = Some(severity_of(severity, rules)?),
            Command::Deadline { date, time, reason } => {
                let due = match time {
                    Some(time) => instant(*date, *time, rules)?,
                    None => match rules.calendar(None).closing_on(*date) {
                        Some(closing) => closing,
                        None => return Err(mistake(&format!("#deadline: nobody works on {date}"))),
                    },
                };
                self.deadline = Some((due, reason.clone()));
            }
            Command::Files => self.files = true,
            Command::Spam => self.spam = true,
            Command::Show => self.show = true,
            Command::Help => self.help = true,
        }
        Ok(())
    }

    /// May all of this be done where the ticket stands?
    pub fn allowed_on(
        &self,
        ticket: &Ticket,
        instructions: &Instructions,
        rules: &Rules,
    ) -> Result<(), Mistake> {
        let has_answer = !instructions.answer.is_empty() || (instructions.has_attachments && !self.note_all);
        let asks = self.show || self.help || self.files;
        let changes = self.resolve
            || self.close
            || self.wait.is_some()
            || self.assign.is_some()
            || !self.group.is_empty()
            || self.urgent
            || self.severity.is_some()
            || self.deadline.is_some()
            || self.spam;
        let writes = has_answer || !instructions.note.is_empty() || instructions.has_attachments;
        if !(asks || changes || writes || !self.time.is_empty()) {
            return Err(mistake("the mail has neither text nor a command"));
        }
        if has_answer && ticket.requester.address.is_none() {
            return Err(mistake("the requester has no mail address to answer to"));
        }
        match &ticket.state {
            State::Merged { into } if !asks => {
                Err(mistake(&format!("the request was merged into {}; write there", rules.tag.shown(*into))))
            }
            State::Closed { .. } if changes || has_answer => Err(mistake(
                "the request is closed; only notes, time and files can be added, and a reply of the client opens a new one",
            )),
            _ => Ok(()),
        }
    }

    /// What is done, for the history.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut add = |set: bool, word: &str| {
            if set {
                words.push(word.to_owned());
            }
        };
        add(self.resolve, "resolved");
        add(self.close, "closed");
        add(self.wait.is_some(), "waits for the client");
        add(self.urgent, "made urgent");
        add(self.spam, "marked as spam");
        add(self.deadline.is_some(), "set the deadline");
        add(!self.time.is_empty(), "entered time");
        add(self.show || self.help || self.files, "asked to see");
        match &self.assign {
            Some(Some(id)) => words.push(format!("assigned to {id}")),
            Some(None) => words.push("assigned to nobody".to_owned()),
            None => {}
        }
        if let Some(severity) = &self.severity {
            words.push(format!("severity {severity}"));
        }
        if !self.group.is_empty() {
            let names: Vec<_> = self.group.iter().map(|id| id.0.as_str()).collect();
            words.push(format!("working group {}", names.join(" ")));
        }
        words
    }
}

/// The agent meant by an id, a name, or an unmistakable part of a name; diacritics and case do not matter.
fn find(name: &str, rules: &Rules) -> Result<AgentId, Mistake> {
    let wanted = fold(name);
    let everybody = || rules.agents.iter().chain(&rules.head);
    if let Some(agent) = everybody().find(|a| fold(&a.id.0) == wanted || fold(&a.name) == wanted) {
        return Ok(agent.id.clone());
    }
    let mut partly = everybody().filter(|a| fold(&a.name).split_whitespace().any(|word| word == wanted));
    match (partly.next(), partly.next()) {
        (Some(agent), None) => Ok(agent.id.clone()),
        (Some(_), Some(_)) => Err(mistake(&format!("more than one agent is called {name:?}"))),
        (None, _) => {
            let ids: Vec<_> = everybody().map(|a| a.id.0.as_str()).collect();
            Err(Mistake { error: format!("no agent is called {name:?}"), suggestion: Some(ids.join(", ")) })
        }
    }
}

fn severity_of(severity: &str, rules: &Rules) -> Result<String, Mistake> {
    let known = rules.severities.keys().find(|s| s.eq_ignore_ascii_case(severity));
    known.cloned().ok_or_else(|| Mistake {
        error: format!("there is no severity {severity:?}"),
        suggestion: Some(rules.severities.keys().cloned().collect::<Vec<_>>().join(", ")),
    })
}

fn instant(date: Date, time: Time, rules: &Rules) -> Result<Timestamp, Mistake> {
    let zoned = date.to_datetime(time).to_zoned(rules.zone.clone());
    zoned.map(|z| z.timestamp()).map_err(|e| mistake(&format!("{date} {time}: {e}")))
}

fn mistake(error: &str) -> Mistake {
    Mistake { error: error.to_owned(), suggestion: None }
}
