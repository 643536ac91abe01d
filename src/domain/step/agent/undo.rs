//! `#undo`: an agent takes back the last thing that he did on a ticket.

use crate::domain::command::Mistake;
use crate::domain::effect::{Answer, Audience, Carry, Effect, Purpose, Step, Update};
use crate::domain::event::{AgentWrote, LastAct};
use crate::domain::rules::Rules;
use crate::domain::thread::Kind;
use crate::domain::ticket::Ticket;

/// The reason of an act that takes another one back, and so cannot be taken back itself.
pub const TAKEN_BACK: &str = "took back the last act";

/// The ticket as it was before, as long as no letter of the act has left for the client. Time that was entered
/// stays: it was spent.
pub fn taken_back(ticket: &Ticket, wrote: &AgentWrote, rules: &Rules) -> Result<Step, Mistake> {
    let act = wrote.about.last_act.as_ref().ok_or_else(|| Mistake::new("nothing_to_undo"))?;
    if act.reaches_further {
        return Err(Mistake::new("undo_too_far"));
    }
    if act.has_left {
        return Err(Mistake::new("undo_too_late"));
    }
    let next = Ticket { spent_minutes: ticket.spent_minutes, held_answer: None, ..act.before.clone() };
    let was_spam = ticket.muted.is_some() && next.muted.is_none();
    let sender = next.requester.address.clone().filter(|_| was_spam);
    let agent = wrote.by.agent().and_then(|id| rules.agent(id));
    let name = agent.map_or_else(|| rules.name.clone(), |a| a.name.clone());
    let text = format!("{name} took back what was done last");
    let keep = Effect::Keep { kind: Kind::Note, text: text.clone(), attachments: Carry::Nothing };
    let mut step = Step::to(next, TAKEN_BACK).with(Effect::TakeBack(act.at)).with(keep);
    if let Some(address) = sender {
        step = step.with(Effect::Unblock(address));
    }
    step = told(step, act, &name, &text);
    let done = Purpose::AgentResult(Answer::Done(Mistake::new("done_undone")));
    Ok(step.tell(done, super::writer(wrote, rules)))
}

/// Colleagues who read of the act already must know that it is undone.
fn told(step: Step, act: &LastAct, author: &str, text: &str) -> Step {
    let update = Update::Note { author: author.to_owned(), text: text.to_owned() };
    let tell = |step: Step, id: &crate::domain::people::AgentId| {
        step.tell(Purpose::AgentUpdate(update.clone()), Audience::Agent(id.clone()))
    };
    act.told.iter().fold(step, tell)
}
