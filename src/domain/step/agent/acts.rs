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
    /// The attachments go to the client even without a word.
    pub files_for_client: bool,
    pub spam: bool,
    pub show: bool,
    pub help: bool,
    pub files: bool,
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
        let ends = [acts.resolve, acts.close, acts.wait.is_some(), acts.spam];
        if ends.into_iter().filter(|set| *set).count() > 1 {
            return Err(Mistake::new("one_end"));
        }
        acts.files_for_client = instructions.has_attachments
            && instructions.note.is_empty()
            && (instructions.commands.is_empty() || acts.resolve || acts.close || acts.wait.is_some())
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
        !instructions.answer.is_empty() || self.files_for_client
    }

    fn take(&mut self, command: &Command, by: &Actor, now: Timestamp, rules: &Rules) -> Result<(), Mistake> {
        match command {
            Command::Resolve => self.resolve = true,
            Command::Close => self.close = true,
            Command::Wait(date) => {
                let midnight = date.map(|d| instant(d, Time::midnight(), rules)).transpose()?;
                let opening = midnight.map(|at| rules.calendar(None).next_opening(at).unwrap_or(at));
                if let (Some(date), true) = (date, opening.is_some_and(|at| at <= now)) {
                    return Err(past(date, now, rules));
                }
                self.wait = Some(opening);
            }
            Command::NoteAll => self.note_all = true,
            Command::Time { minutes, work } => self.time.push((*minutes, work.clone())),
            Command::Assign(Assignee::Nobody) => self.assign = Some(None),
            Command::Assign(Assignee::Me) => match by.agent() {
                Some(id) => self.assign = Some(Some(id.clone())),
                None => return Err(Mistake::new("me_is_nobody")),
            },
            Command::Assign(Assignee::Named(name)) => self.assign = Some(Some(find(name, rules)?)),
            Command::Group(names) => {
                for name in names {
                    self.group.push(find(name, rules)?);
                }
            }
            Command::Urgent if rules.urgent.is_some() => self.urgent = true,
            Command::Urgent => return Err(Mistake::new("no_urgent")),
            Command::Severity(severity) => self.severity = Some(severity_of(severity, rules)?),
            Command::Deadline { date, time, reason } => {
                let due = match time {
                    Some(time) => instant(*date, *time, rules)?,
                    None => match rules.calendar(None).closing_on(*date) {
                        Some(closing) => closing,
                        None => return Err(Mistake::new("nobody_works").with("value", date.to_string())),
                    },
                };
                if due <= now {
                    return Err(past(date, now, rules));
                }
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
        let has_answer = self.answers(instructions);
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
            return Err(Mistake::new("nothing_to_do"));
        }
        if has_answer && ticket.requester.address.is_none() {
            return Err(Mistake::new("no_address"));
        }
        match &ticket.state {
            State::Merged { into } if !asks => {
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
            || self.deadline.is_some()
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
        (Some(_), Some(_)) => Err(Mistake::new("ambiguous_agent").with("value", name)),
        (None, _) => {
            let ids: Vec<_> = everybody().map(|a| a.id.0.as_str()).collect();
            Err(Mistake::new("unknown_agent").with("value", name).suggest(ids.join(", ")))
        }
    }
}

fn severity_of(severity: &str, rules: &Rules) -> Result<String, Mistake> {
    let known = rules.severities.keys().find(|s| s.eq_ignore_ascii_case(severity));
    known.cloned().ok_or_else(|| {
        let all = rules.severities.keys().cloned().collect::<Vec<_>>().join(", ");
        Mistake::new("unknown_severity").with("value", severity).with("known", all)
    })
}

fn instant(date: Date, time: Time, rules: &Rules) -> Result<Timestamp, Mistake> {
    let zoned = date.to_datetime(time).to_zoned(rules.zone.clone());
    let unreal =
        |_| Mistake::new("bad_date").with("value", format!("{date} {time}")).with("example", "2030-01-31");
    zoned.map(|z| z.timestamp()).map_err(unreal)
}

/// A date that is over; a day of next week is the example.
fn past(date: &Date, now: Timestamp, rules: &Rules) -> Mistake {
    let today = now.to_zoned(rules.zone.clone()).date();
    let example = today.saturating_add(jiff::Span::new().days(7)).to_string();
    Mistake::new("bad_date").with("value", date.to_string()).with("example", example)
}
