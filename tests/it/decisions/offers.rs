//! An offer is agreed in writing, or lapses; nothing else binds anybody.

use jiff::Timestamp;
use jiff::civil::date;
use maildesk::domain::command::{Command, Terms};
use maildesk::domain::effect::Step;
use maildesk::domain::event::{ClientWrote, Event, Standing};
use maildesk::domain::found::Found;
use maildesk::domain::rules::Rules;
use maildesk::domain::step::{WAITS_FOR_MAILBOX, step};
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::{Status, Ticket};

use super::ground::*;

/// Offers are valid for two working days: until Wednesday at five.
fn offering() -> Rules {
    Rules { offer_valid: Some("2wd".parse().unwrap()), ..rules() }
}

fn terms(day: i8) -> Terms {
    Terms { price: "1 200 CZK".to_owned(), date: date(2026, 3, day), work: "A domain for a year".to_owned() }
}

fn decide(ticket: &Ticket, event: &Event, now: Timestamp) -> Step {
    step(ticket, event, now, &offering())
}

fn offered() -> Ticket {
    let mut it = ticket(Status::Open);
    it.assignee = Some(agent("janis"));
    decide(&it, &by_agent("janis", says(vec![Command::Offer(terms(6))], "")), after(1)).ticket
}

fn says_the_client(found: Found, standing: Standing, arrived: Timestamp) -> Event {
    Event::ClientWrote(Box::new(ClientWrote { found, standing, arrived, ..client_wrote() }))
}

fn agrees() -> Found {
    Found { agree: Some("i agree".to_owned()), ..Found::default() }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn an_offer_goes_to_the_requester_alone_and_waits_for_his_word() {
    let mut it = ticket(Status::New);
    it.participants = vec![mailbox("petra@upe.example.test")];
    let made =
        decide(&it, &by_agent("janis", says(vec![Command::Offer(terms(6))], "It is a good one.")), after(1));
    assert_eq!(mistake(&made), None);
    assert_eq!(letters(&made), ["offer > Requester", "agent_update > workers but janis"]);
    assert_eq!(kept(&made), [Kind::Reply]);
    assert_eq!(made.ticket.status(), Status::Waiting);
    assert_eq!(made.ticket.messages, it.messages + 1);
    assert_eq!(made.ticket.assignee, Some(agent("janis")));
    assert_eq!(made.ticket.respond.as_ref().and_then(|c| c.met_at), Some(after(1)), "an offer is an answer");
    let offer = made.ticket.offer.unwrap();
    assert_eq!(offer.valid_until, Some(at("2026-03-04T17:00:00+02:00")));
    assert_eq!((offer.price.as_str(), offer.agreed_at), ("1 200 CZK", None));
}

#[test]
fn what_cannot_be_offered_is_refused() {
    let on = |rules: &Rules, commands: Vec<Command>| {
        step(&ticket(Status::Open), &by_agent("janis", says(commands, "")), after(1), rules)
    };
    for (commands, phrase) in [
        (vec![Command::Offer(terms(7))], "nobody_works"),
        (vec![Command::Offer(Terms { date: date(2026, 2, 27), ..terms(6) })], "bad_date"),
        (vec![Command::Offer(terms(6)), Command::Resolve], "offer_stands_alone"),
        (vec![Command::Offer(terms(6)), Command::Agreed(None)], "offer_stands_alone"),
        (vec![Command::Agreed(None)], "no_offer_stands"),
    ] {
        let step = on(&offering(), commands.clone());
        assert_eq!((mistake(&step), step.ticket), (Some(phrase), ticket(Status::Open)), "{commands:?}");
    }
    assert_eq!(mistake(&on(&rules(), vec![Command::Offer(terms(6))])), Some("no_offers"));
}

#[test]
fn consent_in_time_makes_the_day_the_deadline() {
    for standing in [Standing::Requester, Standing::Colleague] {
        let event = says_the_client(agrees(), standing, after(2));
        let step = decide(&offered(), &event, after(2));
        assert_eq!(letters(&step), ["offer_agreed > Requester", "agent_update > responsible"]);
        assert_eq!(step.ticket.status(), Status::Open);
        assert_eq!(step.ticket.resolve.as_ref().unwrap().due, at("2026-03-06T17:00:00+02:00"));
        let offer = step.ticket.offer.clone().unwrap();
        assert_eq!((offer.valid_until, offer.agreed_at), (None, Some(after(2))));
        let again = decide(&step.ticket, &event, after(3));
        assert_eq!(letters(&again), ["agent_update > responsible"], "agreed is agreed");
    }
}

#[test]
fn anything_but_consent_only_reaches_the_agents() {
    let refuses = Found { disagree: Some("too expensive".to_owned()), ..agrees() };
    for (found, standing) in [
        (Found::default(), Standing::Requester),
        (refuses, Standing::Requester),
        (agrees(), Standing::Outsider),
    ] {
        let before = offered();
        let step = decide(&before, &says_the_client(found.clone(), standing, after(2)), after(2));
        assert_eq!(letters(&step), ["agent_update > responsible"], "{found:?}");
        assert_eq!(step.ticket.offer, before.offer, "the offer stands");
        let moves = standing != Standing::Outsider;
        assert_eq!(step.ticket.status() == Status::Open, moves);
    }
}

#[test]
fn an_offer_lapses_at_its_time_but_not_before_the_mail_is_read() {
    let lapses = at("2026-03-04T17:00:00+02:00");
    let it = Ticket { respond: None, resolve: None, ..offered() };
    assert_eq!(it.wake(), Some(lapses));
    let behind = decide(&it, &tick(lapses - jiff::SignedDuration::from_secs(1)), lapses);
    assert_eq!((behind.reason.as_str(), &behind.ticket), (WAITS_FOR_MAILBOX, &it));
    let late = decide(&it, &says_the_client(agrees(), Standing::Requester, lapses), lapses);
    assert_eq!(letters(&late), ["agent_update > responsible"], "it came too late");
    let read_late = says_the_client(agrees(), Standing::Requester, after(3));
    assert_eq!(
        decide(&it, &read_late, lapses).ticket.offer.unwrap().agreed_at,
        Some(lapses),
        "it came in time"
    );
    let lapsed = decide(&it, &tick(lapses), lapses);
    assert_eq!(letters(&lapsed), ["agent_update > responsible"]);
    assert_eq!((lapsed.ticket.status(), lapsed.ticket.offer.clone()), (Status::Open, None));
    assert_eq!(lapsed.ticket.wake(), None);
    let resolved = decide(&it, &by_agent("janis", says(vec![Command::Resolve], "Done.")), after(2)).ticket;
    assert_eq!(
        letters(&decide(&resolved, &tick(lapses), lapses)),
        [""; 0],
        "what is resolved has no offer to lapse"
    );
}

#[test]
fn a_later_offer_replaces_the_earlier_one() {
    let second = by_agent("janis", says(vec![Command::Offer(terms(9))], ""));
    let second = decide(&offered(), &second, after(24));
    let first_lapses = at("2026-03-04T17:00:00+02:00");
    let offer = second.ticket.offer.clone().unwrap();
    assert_eq!(offer.valid_until, Some(at("2026-03-05T17:00:00+02:00")));
    let quiet = Ticket { respond: None, resolve: None, ..second.ticket };
    assert_eq!(letters(&decide(&quiet, &tick(first_lapses), first_lapses)), [""; 0]);
    let agreed = decide(&quiet, &says_the_client(agrees(), Standing::Requester, after(25)), after(25));
    assert_eq!(agreed.ticket.resolve.unwrap().due, at("2026-03-09T17:00:00+02:00"));
}

#[test]
fn consent_by_telephone_is_recorded_by_the_agent() {
    let own = by_agent("janis", says(vec![Command::Agreed(Some(terms(10)))], ""));
    let step = decide(&ticket(Status::New), &own, after(1));
    assert_eq!(letters(&step), ["offer_agreed > Requester"]);
    assert_eq!(step.ticket.status(), Status::Open);
    assert_eq!(step.ticket.resolve.unwrap().due, at("2026-03-10T17:00:00+02:00"));
    let standing = decide(&offered(), &by_agent("janis", says(vec![Command::Agreed(None)], "")), after(2));
    assert_eq!(letters(&standing), ["offer_agreed > Requester"]);
    assert_eq!(standing.ticket.resolve.unwrap().due, at("2026-03-06T17:00:00+02:00"));
}
