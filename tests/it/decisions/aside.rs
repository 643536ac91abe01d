//! Repetitions, ratings, complaints, questions about the state: the ticket's course stays.

use maildesk::domain::effect::{Effect, Step};
use maildesk::domain::event::{ClientWrote, Event, Joined};
use maildesk::domain::found::Found;
use maildesk::domain::rules::{Rating, Rules};
use maildesk::domain::step::step;
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::Status;

use super::ground::{ONA, after, client_wrote, decide, kept, letters, mailbox, rules, ticket};

fn rating(value: u8) -> Event {
    Event::Rated { by: mailbox(ONA), value, comment: "Kind and quick.".to_owned(), silent: None }
}

fn rated(step: &Step) -> Option<u8> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Rate { value, .. } => Some(*value),
        _ => None,
    })
}

#[test]
fn a_rating_is_kept_thanked_for_and_never_reopens() {
    let rules = Rules { rating: Some(Rating { low: 2 }), ..rules() };
    for (value, told) in [
        (5, vec!["rating_thanks"]),
        (3, vec!["rating_thanks"]),
        (2, vec!["rating_thanks", "escalation_head"]),
        (1, vec!["rating_thanks", "escalation_head"]),
    ] {
        for status in [Status::Resolved, Status::Closed] {
            let before = ticket(status);
            let step = step(&before, &rating(value), after(1), &rules);
            assert_eq!(
                (step.ticket.status(), step.ticket.rating, rated(&step)),
                (status, Some(value), Some(value))
            );
            let templates: Vec<_> =
                letters(&step).iter().map(|l| l.split(' ').next().unwrap_or_default().to_owned()).collect();
            assert_eq!(templates, told, "{value}");
            let again = maildesk::domain::step::step(&step.ticket, &rating(4), after(2), &rules);
            assert_eq!(again.ticket.rating, Some(4), "a later one replaces it");
        }
    }
    let nothing = decide(&ticket(Status::Resolved), &rating(1), after(1));
    assert_eq!((nothing.ticket.rating, letters(&nothing).len()), (None, 0), "a desk without ratings");
}

#[test]
fn a_repetition_joins_the_thread_and_moves_nothing() {
    let before = ticket(Status::New);
    let joined = Joined {
        text: "Why does nobody answer???".to_owned(),
        fields: [("phone".to_owned(), "+37060000399".to_owned())].into(),
        tell: Some(mailbox(ONA)),
        evidence: "parcel".to_owned(),
    };
    let step = decide(&before, &Event::Joined(joined.clone()), after(5));
    assert_eq!(kept(&step), [Kind::Comment]);
    assert_eq!(letters(&step).len(), 1);
    assert!(letters(&step)[0].starts_with("duplicate > Person"), "{:?}", letters(&step));
    assert_eq!((&step.ticket.respond, &step.ticket.resolve), (&before.respond, &before.resolve));
    assert_eq!((step.ticket.received_at, step.ticket.messages), (before.received_at, before.messages + 1));
    assert_eq!(step.ticket.requester, before.requester);
    assert_eq!(step.ticket.fields["phone"], "+37060000399");
    let quiet = decide(&before, &Event::Joined(Joined { tell: None, ..joined }), after(5));
    assert_eq!(letters(&quiet).len(), 0);
}

#[test]
fn a_complaint_goes_to_the_head_past_those_who_work_on_it() {
    let found = Found { complaint: Some("complaint".to_owned()), ..Found::default() };
    let event = Event::ClientWrote(Box::new(ClientWrote { found: found.clone(), ..client_wrote() }));
    let step = decide(&ticket(Status::Open), &event, after(1));
    assert_eq!(
        letters(&step),
        ["agent_update > responsible", "escalated > Requester", "escalation_head > Head"]
    );
    let by_machine = ClientWrote { found, silent: Some("a machine".to_owned()), ..client_wrote() };
    let step = decide(&ticket(Status::Open), &Event::ClientWrote(Box::new(by_machine)), after(1));
    assert_eq!(letters(&step), ["agent_update > responsible", "escalation_head > Head"]);
}

#[test]
fn who_asks_for_the_state_is_told_and_nobody_is_disturbed() {
    for status in [Status::New, Status::Open, Status::Resolved, Status::Closed] {
        let event = Event::StatusAsked { by: mailbox(ONA), text: "status?".to_owned(), silent: None };
        let step = decide(&ticket(status), &event, after(1));
        assert_eq!(step.ticket.status(), status);
        assert_eq!(letters(&step).len(), 1);
        assert!(letters(&step)[0].starts_with("status > Person"));
    }
}

#[test]
fn a_paper_joins_even_a_closed_ticket_as_a_note() {
    let event = Event::Attached { note: "The original lies in folder 10.".to_owned() };
    let step = decide(&ticket(Status::Closed), &event, after(1));
    assert_eq!(
        (step.ticket.status(), kept(&step), letters(&step).len()),
        (Status::Closed, vec![Kind::Note], 0)
    );
}
