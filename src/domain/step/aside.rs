//! What happens beside a ticket's course: repetitions, ratings, questions about its state, papers. The state stays.

use crate::domain::address::Mailbox;
use crate::domain::effect::{Alarm, Audience, Carry, Effect, Purpose, Step, Update};
use crate::domain::event::Joined;
use crate::domain::people::AgentId;
use crate::domain::rules::Rules;
use crate::domain::thread::Kind;
use crate::domain::ticket::Ticket;

/// A mail joins the thread, and nothing moves.
fn commented(ticket: &Ticket, reason: impl Into<String>, text: &str) -> Step {
    let keep = Effect::Keep { kind: Kind::Comment, text: text.to_owned(), attachments: Carry::OfThisMail };
    let mut step = Step::stay(ticket, reason).with(keep);
    step.ticket.messages += 1;
    step
}

/// A repetition joins the thread: place in the queue, clocks and requester stay, no agent is bothered.
pub(super) fn joined(ticket: &Ticket, joined: &Joined) -> Step {
    let mut step = commented(ticket, format!("the same matter: {}", joined.evidence), &joined.text);
    for (field, value) in &joined.fields {
        step.ticket.fields.entry(field.clone()).or_insert_with(|| value.clone());
    }
    step.ticket.missing.retain(|field| !joined.fields.contains_key(field));
    match &joined.tell {
        Some(writer) => {
            let own = ticket.takes_part(&writer.address);
            step.tell(Purpose::Duplicate { own }, Audience::Person(writer.clone()))
        }
        None => step,
    }
}

/// One request too many of its sender joins the newest (D30). Agents hear of the first, the tenth, the hundredth and so on,
/// and of each that says it is urgent: nobody can work with a letter for each mail of a program gone wild.
pub(super) fn flooded(ticket: &Ticket, text: &str, urgent: bool, evidence: &str) -> Step {
    let count = ticket.flood + 1;
    let mut step = commented(ticket, format!("{evidence}; {count} of them are filed here"), text);
    step.ticket.flood = count;
    let is_told = urgent || count == 10_u32.pow(count.ilog10());
    if !is_told {
        return step;
    }
    step.tell(Purpose::AgentUpdate(Update::ClientReply), Audience::Responsible { but: None })
}

/// The client rated the solution. A later rating replaces an earlier one, and none reopens.
pub(super) fn rated(
    ticket: &Ticket,
    by: &Mailbox,
    value: u8,
    comment: &str,
    may_thank: bool,
    rules: &Rules,
) -> Step {
    let Some(rating) = &rules.rating else { return Step::stay(ticket, "this desk asks for no ratings") };
    let mut step = Step::stay(ticket, format!("rated {value} of 5"));
    step.ticket.rating = Some(value);
    step = step.with(Effect::Rate { value, comment: comment.to_owned() });
    if may_thank {
        step = step.tell(Purpose::RatingThanks(value), Audience::Person(by.clone()));
    }
    if value <= rating.low {
        step.reason.push_str("; the head is told of a low rating");
        step = step.tell(Purpose::EscalationHead(Alarm::LowRating(value)), Audience::Head);
    }
    step
}

/// The state is told to who asks, and nobody else is disturbed.
pub(super) fn status_asked(ticket: &Ticket, by: &Mailbox, silent: Option<&str>, text: &str) -> Step {
    let step = commented(ticket, "asks for the state", text);
    match silent {
        None => step.tell(Purpose::Status, Audience::Person(by.clone())),
        Some(_) => step,
    }
}

/// A paper with a note, also on a closed ticket.
pub(super) fn attached(ticket: &Ticket, note: &str) -> Step {
    let keep = Effect::Keep { kind: Kind::Note, text: note.to_owned(), attachments: Carry::OfThisMail };
    Step::stay(ticket, "a paper was added").with(keep)
}

/// An operation has ended: a note, of which the agent who ordered it hears, and those who work on the ticket.
pub(super) fn ran(ticket: &Ticket, by: Option<&AgentId>, told: &str, rules: &Rules) -> Step {
    let keep = Effect::Keep { kind: Kind::Note, text: told.to_owned(), attachments: Carry::Nothing };
    let step = Step::stay(ticket, "an ordered operation has ended").with(keep);
    let update = || Purpose::AgentUpdate(Update::Note { author: rules.name.clone(), text: told.to_owned() });
    let step = step.tell(update(), Audience::Workers { but: by.into_iter().cloned().collect() });
    match by {
        Some(agent) => step.tell(update(), Audience::Agent(agent.clone())),
        None => step,
    }
}
