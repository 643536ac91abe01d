//! An agent writes: all of his mail is carried out, or nothing of it.

mod acts;

use jiff::Timestamp;

use acts::Acts;

use super::client::made_urgent;
use crate::domain::command::{Instructions, Mistake};
use crate::domain::effect::{Answer, Audience, Carry, Effect, Purpose, Step, Update};
use crate::domain::event::{Actor, AgentWrote};
use crate::domain::people::AgentId;
use crate::domain::rules::{AfterReply, Rules};
use crate::domain::sla;
use crate::domain::thread::{Kind, Work};
use crate::domain::ticket::{Clock, Closing, HeldAnswer, State, Status, Ticket};

/// Decides on an agent's mail. A mistake, a wrong state or a colleague's answer in between undoes all of it and
/// brings the text back to him.
pub fn wrote(ticket: &Ticket, wrote: &AgentWrote, now: Timestamp, rules: &Rules) -> Step {
    let instructions = &wrote.instructions;
    let acts = match instructions.mistake.clone() {
        Some(mistake) => Err(mistake),
        None => Acts::of(instructions, &wrote.by, now, rules),
    };
    let acts = acts.and_then(|acts| acts.allowed_on(ticket, instructions, rules).map(|()| acts));
    let acts = match acts {
        Ok(acts) => acts,
        Err(mistake) => return returned(ticket, wrote, mistake, rules),
    };
    if let Some(held) = crossing(ticket, wrote, &acts, rules) {
        return held;
    }
    Doing { wrote, acts: &acts, now, rules, assigned: Vec::new() }.all(ticket)
}

/// What is wrong with instructions on any ticket whatever: unknown names, dates that are over.
pub fn mistake(instructions: &Instructions, by: &Actor, now: Timestamp, rules: &Rules) -> Option<Mistake> {
    let acts = || Acts::of(instructions, by, now, rules);
    instructions.mistake.clone().or_else(|| acts().err())
}

/// The reason where a mistake undoes all; what the mistake is, stands in the answer.
pub const NOTHING_DONE: &str = "nothing done";

/// The mail goes back with the reason; nothing else happens.
fn returned(ticket: &Ticket, wrote: &AgentWrote, mistake: Mistake, rules: &Rules) -> Step {
    let step = Step::stay(ticket, NOTHING_DONE);
    step.tell(Purpose::AgentResult(Answer::Error(mistake)), writer(wrote, rules))
}

/// The operator reads the answer where he typed: to him no letter goes.
fn writer(wrote: &AgentWrote, rules: &Rules) -> Audience {
    let agent = wrote.by.agent().and_then(|id| rules.agent(id));
    agent.map_or(Audience::Nobody, |agent| Audience::Writer(agent.mailbox()))
}

/// A colleague has answered after the notification to which this mail replies: the answer waits, and the agent
/// is asked with both texts. The same mail again is sent.
fn crossing(ticket: &Ticket, wrote: &AgentWrote, acts: &Acts, rules: &Rules) -> Option<Step> {
    let (agent, last, seen) = (wrote.by.agent()?, wrote.last_answer.as_ref()?, wrote.seen_up_to?);
    if !rules.hold_collision || !acts.answers(&wrote.instructions) || last.by == *agent || last.at <= seen {
        return None;
    }
    let held = HeldAnswer { agent: agent.clone(), text: wrote.instructions.text_hash? };
    if ticket.held_answer.as_ref() == Some(&held) {
        return None;
    }
    let colleague = rules.agent(&last.by).map_or(last.by.0.as_str(), |a| a.name.as_str());
    let mistake = Mistake::new("answered_meanwhile").with("name", colleague).with("text", last.text.as_str());
    let mut step = returned(ticket, wrote, mistake, rules);
    step.ticket.held_answer = Some(held);
    step.reason = format!("held: {colleague} answered in between");
    Some(step)
}

/// Carries out one mail.
struct Doing<'a> {
    wrote: &'a AgentWrote,
    acts: &'a Acts,
    now: Timestamp,
    rules: &'a Rules,
    /// Who gets `agent_assigned` by this mail, and so no other notice of it.
    assigned: Vec<AgentId>,
}

impl Doing<'_> {
    fn all(mut self, ticket: &Ticket) -> Step {
        let mut step = Step::to(ticket.clone(), self.reason());
        if self.has_answer() {
            step.ticket.held_answer = None;
        }
        step = self.lift(step);
        step = self.change(step);
        step = self.give(step);
        step = self.note(step);
        step = self.answer(step);
        step = self.work(step);
        step = self.stand(step);
        self.report(step)
    }

    fn instructions(&self) -> &Instructions {
        &self.wrote.instructions
    }

    fn author(&self) -> Option<&AgentId> {
        self.wrote.by.agent()
    }

    fn name(&self) -> String {
        let agent = self.author().and_then(|id| self.rules.agent(id));
        agent.map_or_else(|| self.rules.name.clone(), |a| a.name.clone())
    }

    fn reason(&self) -> String {
        let mut did = self.acts.words();
        if self.has_answer() {
            did.push("answered the client".to_owned());
        }
        if !self.instructions().note.is_empty() {
            did.push("left a note".to_owned());
        }
        did.join(", ")
    }

    fn has_answer(&self) -> bool {
        self.acts.answers(self.instructions())
    }

    /// Work on a rejected request shows that it was one after all: its sender is heard again, promises count anew.
    fn lift(&self, step: Step) -> Step {
        let is_rejected = step.ticket.status() == Status::Rejected;
        if !is_rejected || self.acts.spam || !(self.has_answer() || self.acts.goes_on()) {
            return step;
        }
        let reason = format!("{}; no spam after all", step.reason);
        let mut lifted = super::client::afresh(&step.ticket, self.now, self.rules);
        lifted.muted = None;
        let sender = lifted.requester.address.clone();
        let step = Step { ticket: lifted, reason, ..step };
        sender.into_iter().fold(step, |step, address| step.with(Effect::Unblock(address)))
    }

    /// `#urgent`, `#severity`, `#deadline`.
    fn change(&self, mut step: Step) -> Step {
        if self.acts.urgent && !step.ticket.urgent {
            let reason = std::mem::take(&mut step.reason);
            let earlier = std::mem::take(&mut step.effects);
            step = made_urgent(step.ticket, self.now, self.rules, reason, true);
            step.effects.splice(0..0, earlier);
        }
        let old = step.ticket.resolve.as_ref().map(|c| c.due);
        let mut reason = None;
        if let Some(severity) = &self.acts.severity {
            step.ticket.severity = severity.clone();
            let (respond, resolve) = sla::clocks(&step.ticket, step.ticket.clocks_from, self.rules);
            step.ticket.respond = still_met(step.ticket.respond.take(), respond);
            step.ticket.resolve = still_met(step.ticket.resolve.take(), resolve);
        }
        if let Some((due, why)) = &self.acts.deadline {
            step.ticket.resolve = Some(sla::by_hand(self.now, *due, self.rules));
            reason = Some(why.clone()).filter(|why| !why.is_empty());
        }
        let is_same = step.ticket.resolve.as_ref().map(|c| c.due) == old;
        if is_same || step.ticket.muted.is_some() {
            return step;
        }
        step.tell(Purpose::DeadlineChanged { old, reason }, Audience::RequesterAndContract)
    }

    /// `#assign` and `#group`.
    fn give(&mut self, mut step: Step) -> Step {
        let before = step.ticket.assignee.clone();
        if let Some(assignee) = &self.acts.assign {
            step.ticket.assignee = assignee.clone();
        }
        if self.has_answer() && step.ticket.assignee.is_none() {
            step.ticket.assignee = self.author().cloned();
        }
        let assignee = step.ticket.assignee.clone();
        let newly = assignee.filter(|_| step.ticket.assignee != before && self.acts.assign.is_some());
        for member in &self.acts.group {
            if !step.ticket.group.contains(member) {
                step.ticket.group.push(member.clone());
                self.assigned.push(member.clone());
            }
        }
        let ticket = &mut step.ticket;
        ticket.group.retain(|member| ticket.assignee.as_ref() != Some(member));
        self.assigned.extend(newly.clone());
        let author = self.author().cloned();
        self.assigned.retain(|id| Some(id) != author.as_ref());
        let note = Some(self.instructions().note.clone()).filter(|note| !note.is_empty());
        for id in &self.assigned {
            step = step.tell(Purpose::AgentAssigned { note: note.clone() }, Audience::Agent(id.clone()));
        }
        if newly.is_some() && self.rules.tell_assigned && !self.has_answer() && step.ticket.muted.is_none() {
            step = step.tell(Purpose::Assigned, Audience::Requester);
        }
        if step.ticket.assignee.is_some() && step.ticket.status() == Status::New {
            step.ticket.state = State::Open;
        }
        step
    }

    fn note(&self, step: Step) -> Step {
        let text = &self.instructions().note;
        let only_files = self.instructions().has_attachments && !self.has_answer();
        if text.is_empty() && !only_files {
            return step;
        }
        let attachments = if self.has_answer() { Carry::Nothing } else { Carry::OfThisMail };
        let keep = Effect::Keep { kind: Kind::Note, text: text.clone(), attachments };
        let update = Update::Note { author: self.name(), text: text.clone() };
        first(step, keep).tell(Purpose::AgentUpdate(update), self.others())
    }

    fn answer(&self, mut step: Step) -> Step {
        let answer = self.instructions().answer.clone();
        if !self.has_answer() {
            return step;
        }
        let keep = Effect::Keep { kind: Kind::Reply, text: answer.clone(), attachments: Carry::OfThisMail };
        step = first(step, keep);
        step.ticket.messages += 1;
        meet(&mut step.ticket.respond, self.now);
        if !self.resolves() {
            step = step.tell(Purpose::Reply { answer: answer.clone() }, Audience::Everyone);
        }
        let update = Update::AgentReply { author: self.name(), text: answer };
        step.tell(Purpose::AgentUpdate(update), self.others())
    }

    /// Assignee and group, but for the author and for those who get `agent_assigned` anyway.
    fn others(&self) -> Audience {
        let but = self.author().into_iter().chain(&self.assigned).cloned().collect();
        Audience::Workers { but }
    }

    fn work(&self, mut step: Step) -> Step {
        let round = self.rules.time.round_minutes.max(1);
        for (minutes, text) in &self.acts.time {
            let minutes = minutes.div_ceil(round) * round;
            step.ticket.spent_minutes += minutes;
            let agent = self.author().cloned().unwrap_or_else(|| AgentId("operator".to_owned()));
            let work = Work { text: text.clone(), ..Work::new(agent, self.now, minutes) };
            step = step.with(Effect::Work(work));
        }
        step
    }

    fn resolves(&self) -> bool {
        let by_answer = self.has_answer() && self.rules.after_reply == AfterReply::Resolved;
        self.acts.resolve || (by_answer && self.acts.wait.is_none() && !self.acts.close)
    }

    /// The state afterwards.
    fn stand(&self, mut step: Step) -> Step {
        let now = self.now;
        if self.acts.spam {
            step.ticket.state = State::Rejected { at: now };
            step.ticket.muted = Some("spam".to_owned());
            let sender = step.ticket.requester.address.clone();
            return sender.into_iter().fold(step, |step, address| step.with(Effect::Block(address)));
        }
        if self.resolves() {
            return self.resolve(step);
        }
        if self.acts.close {
            meet(&mut step.ticket.respond, now);
            meet(&mut step.ticket.resolve, now);
            let how = match &self.wrote.by {
                Actor::Agent(id) => Closing::Agent(id.clone()),
                Actor::Operator => Closing::Operator,
            };
            step.ticket.state = State::Closed { at: now, how };
        } else if let Some(remind_at) = self.acts.wait {
            step.ticket.state = State::Waiting { since: now, remind_at };
        } else if self.has_answer() {
            step.ticket.state = match self.rules.after_reply {
                AfterReply::Waiting => State::Waiting { since: now, remind_at: None },
                AfterReply::Open | AfterReply::Resolved => State::Open,
            };
        }
        step
    }

    fn resolve(&self, mut step: Step) -> Step {
        let closes_at = self.rules.autoclose_at(self.now);
        meet(&mut step.ticket.respond, self.now);
        meet(&mut step.ticket.resolve, self.now);
        step.ticket.state = State::Resolved { at: self.now, closes_at };
        let answer = self.instructions().answer.clone();
        if step.ticket.muted.is_none() || !answer.is_empty() {
            // What nobody typed goes to one person only (B28).
            let to = if answer.is_empty() { Audience::Requester } else { Audience::Everyone };
            step = step.tell(Purpose::Resolved { answer }, to);
        }
        if self.rules.time.required && step.ticket.spent_minutes == 0 {
            step = self.to_writer(step, Answer::AskTime);
        }
        step
    }

    /// What he asked to see.
    fn report(&self, mut step: Step) -> Step {
        let asked = [
            (self.acts.show, Answer::Show),
            (self.acts.help, Answer::Help),
            (self.acts.files, Answer::Files),
        ];
        for (wanted, answer) in asked {
            if wanted {
                step = self.to_writer(step, answer);
            }
        }
        step
    }

    fn to_writer(&self, step: Step, answer: Answer) -> Step {
        step.tell(Purpose::AgentResult(answer), writer(self.wrote, self.rules))
    }
}

/// Messages are kept before any letter that shows them.
fn first(mut step: Step, keep: Effect) -> Step {
    let at = step.effects.iter().take_while(|e| matches!(e, Effect::Keep { .. })).count();
    step.effects.insert(at, keep);
    step
}

fn meet(clock: &mut Option<Clock>, now: Timestamp) {
    if let Some(clock) = clock {
        clock.met_at.get_or_insert(now);
    }
}

fn still_met(old: Option<Clock>, new: Option<Clock>) -> Option<Clock> {
    match old {
        Some(old) if old.met_at.is_some() => Some(old),
        _ => new,
    }
}
