//! Offers: made by an agent, agreed by the client in writing, lapsed by silence.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::domain::command::Terms;
use crate::domain::effect::{Audience, Purpose, Step, Update};
use crate::domain::event::ClientWrote;
use crate::domain::offer::Offer;
use crate::domain::rules::Rules;
use crate::domain::sla;
use crate::domain::ticket::{State, Ticket};

/// The offer that these terms make at `now`; `None` at a desk that makes none.
pub(super) fn made(terms: &Terms, now: Timestamp, rules: &Rules) -> Option<Offer> {
    let valid = rules.offer_valid.as_ref()?;
    Some(Offer {
        price: terms.price.clone(),
        date: terms.date,
        work: terms.work.clone(),
        valid_until: Some(rules.calendar(None).due(now, valid)),
        agreed_at: None,
    })
}

/// Does the client's mail agree to the offer that stands? Then it is agreed, and its day is the deadline.
///
/// What came before the offer lapsed counts, whenever it is read.
pub(super) fn consent(next: &mut Ticket, wrote: &ClientWrote, now: Timestamp, rules: &Rules) -> bool {
    let agrees = wrote.found.agree.is_some() && wrote.found.disagree.is_none();
    let stands = next.offer.as_ref().and_then(|o| o.valid_until).is_some_and(|until| wrote.arrived < until);
    if !agrees || !stands {
        return false;
    }
    agree(next, now, rules);
    true
}

/// The client learns that his consent was recorded.
pub(super) fn confirmed(step: Step, agreed: bool, wrote: &ClientWrote) -> Step {
    if !agreed {
        return step;
    }
    let word = wrote.found.agree.as_deref().unwrap_or_default();
    let reason = format!("{}; consent to the offer: {word:?}", step.reason);
    let tells = wrote.silent.is_none() && step.ticket.muted.is_none();
    let mut step = Step { reason, ..step };
    if tells {
        let at = 0;
        let letter = Step::stay(&step.ticket, "").tell(Purpose::OfferAgreed, Audience::Requester);
        step.effects.splice(at..at, letter.effects);
    }
    step
}

/// The offer of the ticket is agreed from now on.
pub(super) fn agree(next: &mut Ticket, now: Timestamp, rules: &Rules) {
    let Some(offer) = next.offer.as_mut() else { return };
    offer.valid_until = None;
    offer.agreed_at = Some(now);
    next.resolve = Some(sla::by_hand(now, end_of(offer.date, rules), rules));
    next.state = State::Open;
}

/// The end of working hours on a date; of the date itself where nobody works then.
fn end_of(date: Date, rules: &Rules) -> Timestamp {
    let closing = rules.calendar(None).closing_on(date);
    let last = date.to_datetime(Time::constant(23, 59, 0, 0)).to_zoned(rules.zone.clone());
    closing.or(last.ok().map(|at| at.timestamp())).unwrap_or(Timestamp::MAX)
}

/// An offer that nobody agreed to ends at its time: it binds nobody any more, and the agents take over.
///
/// Returns whether it waits for the mailbox: an answer may lie there that has not been read.
pub(super) fn lapse(
    mut step: Step,
    silent: impl Fn(&Timestamp) -> bool,
    now: Timestamp,
    reasons: &mut Vec<String>,
) -> (Step, bool) {
    let until = step.ticket.offer.as_ref().and_then(|o| o.valid_until).filter(|until| *until <= now);
    let Some(until) = until.filter(|_| can_lapse(&step.ticket.state)) else { return (step, false) };
    if !silent(&until) {
        return (step, true);
    }
    step.ticket.offer = None;
    if matches!(step.ticket.state, State::Waiting { .. }) {
        step.ticket.state = State::Open;
    }
    reasons.push("nobody agreed to the offer in its time: it lapsed".to_owned());
    let update = Purpose::AgentUpdate(Update::OfferLapsed);
    (step.tell(update, Audience::Responsible { but: None }), false)
}

fn can_lapse(state: &State) -> bool {
    matches!(state, State::New | State::Open | State::Waiting { .. })
}
