//! An agent writes: all of his mail is carried out, or nothing of it.

mod acts;
mod matter;
mod named;
mod undo;

use jiff::Timestamp;

use acts::Acts;
use matter::Targets;
pub use undo::TAKEN_BACK;

use super::client::made_urgent;
use super::offer;
use crate::domain::command::{Command, Instructions, Mistake};
use crate::domain::effect::{Answer, Audience, Carry, Effect, Purpose, Step, Update};
use crate::domain::event::{Actor, AgentWrote};
use crate::domain::fold::fold;
use crate::domain::kinds::Means;
use crate::domain::offer::Offer;
use crate::domain::people::AgentId;
use crate::domain::rules::{AfterReply, Rules};
use crate::domain::sla;
use crate::domain::thread::{Kind, Work};
use crate::domain::ticket::{Clock, Closing, HeldAnswer, State, Status, Ticket};

/// Decides on an agent's mail. A mistake, a wrong state or a colleague's answer in between undoes all of it and
/// brings the text back to him.
pub fn wrote(ticket: &Ticket, wrote: &AgentWrote, now: Timestamp, rules: &Rules) -> Step {
    let completed = with_ready_answers(wrote, ticket, rules);
    let wrote = completed.as_ref().unwrap_or(wrote);
    let (acts, targets) = match understood(ticket, wrote, now, rules) {
        Ok(understood) => understood,
        Err(mistake) => return returned(ticket, wrote, mistake, rules),
    };
    if acts.undo {
        let undone = undo::taken_back(ticket, wrote, rules);
        return undone.unwrap_or_else(|mistake| returned(ticket, wrote, mistake, rules));
    }
    if let Some(held) = crossing(ticket, wrote, &acts, rules) {
        return held;
    }
    Doing { wrote, acts: &acts, targets, now, rules, assigned: Vec::new() }.all(ticket)
}

fn understood(
    ticket: &Ticket,
    wrote: &AgentWrote,
    now: Timestamp,
    rules: &Rules,
) -> Result<(Acts, Targets), Mistake> {
    let instructions = &wrote.instructions;
    if let Some(mistake) = &instructions.mistake {
        return Err(mistake.clone());
    }
    let acts = Acts::of(instructions, &wrote.by, now, rules)?;
    acts.allowed_on(ticket, instructions, rules)?;
    let targets = Targets::of(&acts, ticket, wrote, rules)?;
    Ok((acts, targets))
}

/// `#text name` puts a ready answer, in the client's language, below what the agent typed himself.
fn with_ready_answers(wrote: &AgentWrote, ticket: &Ticket, rules: &Rules) -> Option<AgentWrote> {
    let ready = |name: &String| {
        let texts = rules.texts.iter().find(|(known, _)| fold(known) == fold(name))?.1;
        texts.get(&ticket.language).or_else(|| texts.get(&rules.own_language())).or(texts.values().next())
    };
    let named = wrote.instructions.commands.iter().filter_map(|command| match command {
        Command::Text(name) => ready(name),
        _ => None,
    });
    let texts: Vec<&str> = named.map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    if texts.is_empty() {
        return None;
    }
    let mut wrote = wrote.clone();
    let typed = std::mem::take(&mut wrote.instructions.answer);
    let parts = Some(typed.as_str()).filter(|typed| !typed.is_empty()).into_iter().chain(texts);
    wrote.instructions.answer = parts.collect::<Vec<_>>().join("\n\n");
    Some(wrote)
}

/// An agent takes a request from the queue: it is his, and he gets it with all that is known of it.
pub fn taken(ticket: &Ticket, by: &AgentId, rules: &Rules) -> Step {
    let mut next = ticket.clone();
    next.assignee = Some(by.clone());
    if next.status() == Status::New {
        next.state = State::Open;
    }
    let tells = rules.tell_assigned && next.muted.is_none();
    let step = Step::to(next, format!("taken from the queue by {by}"));
    let step = step.tell(Purpose::AgentAssigned { note: None }, Audience::Agent(by.clone()));
    if tells { step.tell(Purpose::Assigned, Audience::Requester) } else { step }
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
    targets: Targets,
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
        step = self.agreed(step);
        step = self.give(step);
        step = self.note(step);
        step = self.answer(step);
        step = self.work(step);
        step = self.stand(step);
        step = self.take_on(ticket, step);
        step = self.beyond(step);
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

    /// Whoever answers a held request takes it on: promises count from now.
    fn take_on(&self, before: &Ticket, mut step: Step) -> Step {
        let is_on = matches!(step.ticket.status(), Status::Open | Status::Waiting);
        if before.status() == Status::NeedsInfo && is_on {
            step.ticket.clocks_from = self.now;
            (step.ticket.respond, step.ticket.resolve) = sla::clocks(&step.ticket, self.now, self.rules);
            if self.has_answer() {
                meet(&mut step.ticket.respond, self.now);
            }
        }
        step
    }

    /// `#urgent`, `#severity`, `#type`, `#deadline`, and what puts the ticket right.
    fn change(&self, mut step: Step) -> Step {
        let before = step.ticket.clone();
        step = self.put_right(step);
        let means = self.means_urgent();
        if (self.acts.urgent || means == Some(true)) && !step.ticket.urgent {
            let reason = std::mem::take(&mut step.reason);
            let earlier = std::mem::take(&mut step.effects);
            step = made_urgent(step.ticket, self.now, self.rules, reason, true);
            step.effects.splice(0..0, earlier);
        }
        let old = step.ticket.resolve.as_ref().map(|c| c.due);
        let by_urgency = step.ticket.urgent && !before.urgent;
        let mut reason = None;
        if let Some(severity) = &self.acts.severity {
            step.ticket.severity = severity.clone();
        }
        if let Some(kind) = &self.acts.kind {
            step.ticket.kind = Some(kind.clone());
        }
        step.ticket.urgent &= means != Some(false) || self.acts.urgent;
        let promised = |t: &Ticket| (t.severity.clone(), t.kind.clone(), t.client.clone(), t.urgent);
        let is_held = step.ticket.status() == Status::NeedsInfo;
        // What became urgent has its clocks already: from now, the nearer ones.
        if !by_urgency && !is_held && promised(&step.ticket) != promised(&before) {
            let (respond, resolve) = sla::clocks(&step.ticket, step.ticket.clocks_from, self.rules);
            step.ticket.respond = still_met(step.ticket.respond.take(), respond);
            step.ticket.resolve = still_met(step.ticket.resolve.take(), resolve);
        }
        if let Some((due, why)) = &self.acts.deadline {
            step.ticket.resolve = Some(sla::by_hand(self.now, *due, self.rules));
            reason = Some(why.clone()).filter(|why| !why.is_empty());
        }
        step = self.tell_team(step, &before);
        let is_same = step.ticket.resolve.as_ref().map(|c| c.due) == old;
        if is_same || step.ticket.muted.is_some() {
            return step;
        }
        step.tell(Purpose::DeadlineChanged { old, reason }, Audience::RequesterAndContract)
    }

    /// Where urgent and a severity (or a type) are the same thing: is that one set, or another?
    fn means_urgent(&self) -> Option<bool> {
        match self.rules.urgent.as_ref()?.means.as_ref()? {
            Means::Severity(name) => self.acts.severity.as_ref().map(|set| set == name),
            Means::Type(name) => self.acts.kind.as_ref().map(|set| set == name),
        }
    }

    /// A request of another type that nobody has yet is the news of another team.
    fn tell_team(&self, step: Step, before: &Ticket) -> Step {
        let team = |ticket: &Ticket| {
            let kind = ticket.kind.as_deref().and_then(|name| self.rules.types.get(name));
            kind.and_then(|kind| kind.team.clone())
        };
        let has_worker = step.ticket.workers().next().is_some() || self.acts.assign.is_some();
        let moves = team(&step.ticket).is_some() && team(&step.ticket) != team(before);
        if has_worker || !moves {
            return step;
        }
        step.tell(Purpose::AgentNew, Audience::NotifyNew)
    }

    /// `#agreed`: consent that came by another way.
    fn agreed(&self, mut step: Step) -> Step {
        let Some(terms) = &self.acts.agreed else { return step };
        if let Some(offer) = terms {
            step.ticket.offer = Some(offer.clone());
        }
        offer::agree(&mut step.ticket, self.now, self.rules);
        if step.ticket.muted.is_some() {
            return step;
        }
        step.tell(Purpose::OfferAgreed, Audience::Requester)
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
        let text = self.noted();
        let only_files = self.instructions().has_attachments && !self.has_answer();
        if text.is_empty() && !only_files {
            return step;
        }
        let attachments = if self.has_answer() { Carry::Nothing } else { Carry::OfThisMail };
        let keep = Effect::Keep { kind: Kind::Note, text: text.clone(), attachments };
        let update = Update::Note { author: self.name(), text };
        first(step, keep).tell(Purpose::AgentUpdate(update), self.others())
    }

    /// The note, and what was said on the telephone.
    fn noted(&self) -> String {
        let calls = self.acts.calls.iter().filter(|call| !call.text.is_empty());
        let calls = calls.map(|call| format!("{}: {}", call.mode, call.text));
        let note = Some(self.instructions().note.clone()).filter(|note| !note.is_empty());
        note.into_iter().chain(calls).collect::<Vec<_>>().join("\n")
    }

    fn answer(&self, mut step: Step) -> Step {
        let answer = self.instructions().answer.clone();
        if !self.has_answer() {
            return step;
        }
        let shown = match &self.acts.offer {
            Some(offer) => terms(offer, &answer),
            None => answer.clone(),
        };
        let keep = Effect::Keep { kind: Kind::Reply, text: shown, attachments: Carry::OfThisMail };
        step = first(step, keep);
        step.ticket.messages += 1;
        meet(&mut step.ticket.respond, self.now);
        if let Some(offer) = &self.acts.offer {
            step.ticket.offer = Some(offer.clone());
            step = step.tell(Purpose::Offer { answer: answer.clone() }, Audience::Requester);
        } else if !self.resolves() {
            step = step.tell(Purpose::Reply { answer: answer.clone() }, Audience::Everyone);
        }
        let text = self.acts.offer.as_ref().map_or(answer.clone(), |offer| terms(offer, &answer));
        let update = Update::AgentReply { author: self.name(), text };
        step.tell(Purpose::AgentUpdate(update), self.others())
    }

    /// Assignee and group, but for the author and for those who get `agent_assigned` anyway.
    fn others(&self) -> Audience {
        let but = self.author().into_iter().chain(&self.assigned).cloned().collect();
        Audience::Workers { but }
    }

    fn work(&self, mut step: Step) -> Step {
        let round = self.rules.time.round_minutes.max(1);
        for spent in self.acts.time.iter().chain(&self.acts.calls) {
            let minutes = spent.minutes.div_ceil(round) * round;
            step.ticket.spent_minutes += minutes;
            let agent = self.author().cloned().unwrap_or_else(|| AgentId("operator".to_owned()));
            let (mode, text) = (spent.mode.clone(), spent.text.clone());
            let work = Work { mode, text, ..Work::new(agent, self.now, minutes) };
            step = step.with(Effect::Work(work));
        }
        step
    }

    fn resolves(&self) -> bool {
        let answers = self.has_answer() && self.acts.offer.is_none() && self.acts.agreed.is_none();
        let by_answer =
            answers && self.rules.after_reply == AfterReply::Resolved && self.acts.merge.is_none();
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
        } else if self.acts.offer.is_some() {
            step.ticket.state = State::Waiting { since: now, remind_at: None };
        } else if self.has_answer() && self.acts.agreed.is_none() {
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
            (self.acts.history, Answer::History),
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

/// An offer as a message of the thread.
fn terms(offer: &Offer, answer: &str) -> String {
    let terms = format!("{}\n{}\n{}", offer.work, offer.price, offer.date);
    if answer.is_empty() { terms } else { format!("{terms}\n\n{answer}") }
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
