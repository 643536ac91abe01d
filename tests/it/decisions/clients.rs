//! The client's side writes.

use maildesk::domain::effect::{Effect, Purpose, Update};
use maildesk::domain::event::{ClientWrote, Event, Standing};
use maildesk::domain::people::AgentId;
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::{State, Status};

use super::ground::*;

fn wrote(change: impl FnOnce(&mut ClientWrote)) -> Event {
    let mut wrote = client_wrote();
    change(&mut wrote);
    Event::ClientWrote(Box::new(wrote))
}

#[test]
fn a_reply_to_a_resolved_request_reopens_it_with_clocks_afresh() {
    let resolved = ticket(Status::Resolved);
    let step = decide(&resolved, &wrote(|_| {}), after(5));
    assert_eq!(step.ticket.state, State::Open);
    assert_eq!(letters(&step), ["reopened > Requester", "agent_update > responsible"]);
    assert_eq!(step.ticket.clocks_from, after(5));
    assert!(step.ticket.respond.as_ref().is_some_and(|c| c.met_at.is_none() && c.due > after(5)));
    assert_eq!(step.ticket.messages, resolved.messages + 1);
    let update = step
        .effects
        .iter()
        .any(|e| matches!(e, Effect::Tell(n) if n.purpose == Purpose::AgentUpdate(Update::Reopened)));
    assert!(update, "agents hear that it is open again");
}

#[test]
fn thanks_are_kept_and_move_nothing() {
    for status in Status::ALL {
        let before = ticket(status);
        let step = decide(&before, &thanks(), after(1));
        assert_eq!(step.ticket.state, before.state, "{status:?}");
        let is_over = status == Status::Resolved || status.is_final();
        let told: &[&str] = if is_over { &[] } else { &["agent_update > responsible"] };
        assert_eq!(letters(&step), told, "{status:?}");
        assert_eq!(kept(&step), [Kind::Comment], "{status:?}");
        assert_eq!(step.ticket.messages, before.messages + 1, "{status:?}");
    }
}

#[test]
fn two_machines_cannot_reopen_for_ever_and_silence_does_not_close_what_is_not_silent() {
    let rules = rules();
    let mut it = ticket(Status::Resolved);
    let most = rules.limits.reopens_per_day as usize;
    it.reopened_at = vec![after(0); most - 1];
    let closes_at = rules.autoclose_at(ten());
    assert_eq!(decide(&it, &wrote(|_| {}), after(2)).ticket.state, State::Open);
    it.reopened_at.push(after(1));
    let step = decide(&it, &wrote(|_| {}), after(2));
    assert_eq!(step.ticket.status(), Status::Resolved);
    assert_eq!(letters(&step), ["agent_update > responsible"]);
    assert!(matches!(step.ticket.state, State::Resolved { closes_at: later, .. } if later > closes_at));
    assert_eq!(decide(&it, &wrote(|_| {}), after(24)).ticket.state, State::Open, "a new day");
}

#[test]
fn an_outsiders_mail_is_held_and_nobody_joins_by_it() {
    for status in Status::ALL {
        let before = ticket(status);
        let event = wrote(|w| {
            w.standing = Standing::Outsider;
            w.urgent = Some("urgent".to_owned());
            w.cc = vec![mailbox("petr@elsewhere.example")];
        });
        let step = decide(&before, &event, after(1));
        assert_eq!(step.ticket, before, "{status:?}");
        assert_eq!(kept(&step), [Kind::Held]);
        assert_eq!(letters(&step), ["agent_update > responsible"]);
    }
}

#[test]
fn only_the_requesters_copies_bring_people_in() {
    for (standing, joined) in [
        (Standing::Requester, 1),
        (Standing::Participant, 0),
        (Standing::Colleague, 0),
        (Standing::Outsider, 0),
    ] {
        let event = wrote(|w| {
            w.standing = standing;
            w.cc = vec![mailbox("alice@upe.example.test"), mailbox(ONA)];
        });
        let step = decide(&ticket(Status::Open), &event, after(1));
        assert_eq!(step.ticket.participants.len(), joined, "{standing:?}");
        assert_eq!(step.ticket.requester.address, Some(address(ONA)), "the requester stays (C6)");
    }
}

#[test]
fn no_more_than_twenty_people_are_brought_in() {
    let crowd = (0..50).map(|i| mailbox(&format!("p{i}@upe.example.test"))).collect();
    let step = decide(&ticket(Status::Open), &wrote(|w| w.cc = crowd), after(1));
    assert_eq!(step.ticket.participants.len(), maildesk::domain::step::PARTICIPANTS_MAX);
}

#[test]
fn what_becomes_urgent_keeps_the_nearer_deadline() {
    let early = ticket(Status::Waiting);
    let step = decide(&early, &wrote(|w| w.urgent = Some("skubu".to_owned())), after(1));
    assert_eq!(step.ticket.state, State::Open);
    assert_eq!(letters(&step), ["urgent_accepted > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(step.ticket.resolve.as_ref().unwrap().due, after(3), "two real hours");
    let mut near = ticket(Status::Open);
    near.resolve.as_mut().unwrap().due = after(2);
    let step = decide(&near, &wrote(|w| w.urgent = Some("skubu".to_owned())), after(1));
    assert_eq!(step.ticket.resolve.as_ref().unwrap().due, after(2), "the old promise was nearer");
    let again = decide(&step.ticket, &wrote(|w| w.urgent = Some("skubu".to_owned())), after(1));
    assert_eq!(letters(&again), ["agent_update > responsible"], "it is urgent already");
}

#[test]
fn urgent_outside_office_hours_wakes_the_head() {
    let step = decide(&ticket(Status::Open), &wrote(|w| w.urgent = Some("skubu".to_owned())), after(10));
    assert_eq!(letters(&step)[2], "escalation_head > Head");
}

#[test]
fn a_muted_request_gets_no_automatic_mail() {
    let silent = |w: &mut ClientWrote| w.silent = Some("written by a machine".to_owned());
    for status in [Status::Resolved, Status::Open] {
        let step = decide(&ticket(status), &wrote(silent), after(1));
        assert_eq!(letters(&step), ["agent_update > responsible"], "{status:?}");
    }
    let mut muted = ticket(Status::Resolved);
    muted.muted = Some("marked as spam".to_owned());
    assert_eq!(letters(&decide(&muted, &wrote(|_| {}), after(1))), ["agent_update > responsible"]);
    assert_eq!(letters(&decide(&muted, &tick(after(100)), after(100))), [""; 0], "closed without a word");
}

#[test]
fn a_taken_up_request_is_open_and_a_rejected_ones_sender_is_heard_again() {
    let mut rejected = ticket(Status::Rejected);
    rejected.muted = Some("spam".to_owned());
    rejected.assignee = Some(AgentId("petr".to_owned()));
    let step = decide(&rejected, &Event::TakenUp, after(9));
    assert_eq!((step.ticket.status(), step.ticket.muted.clone()), (Status::Open, None));
    assert!(step.effects.contains(&Effect::Unblock(address(ONA))));
    assert_eq!(step.ticket.assignee, Some(agent("petr")));
}
