//! Requests that wait: for information, for a name, for the client's word.

use std::collections::BTreeMap;

use maildesk::domain::effect::{Effect, Step};
use maildesk::domain::event::{ClientWrote, Event};
use maildesk::domain::found::Found;
use maildesk::domain::people::Acquaintance;
use maildesk::domain::rules::{Identify, Missing, Rules};
use maildesk::domain::span::Span;
use maildesk::domain::step::{Background, Opening, open, step};
use maildesk::domain::ticket::{Lack, Requester, State, Status};

use super::ground::{address, after, client_wrote, letters, mailbox, opening, rules, ten, tick};

const RASA: &str = "rasa@free.example";

/// Holds what lacks company, person, telephone or purpose.
fn holding() -> Rules {
    let required = ["company", "person", "phone", "purpose"].map(str::to_owned).to_vec();
    Rules { required, missing: Missing::Hold { expires: Span::Days(7) }, ..rules() }
}

/// Serves registered clients only.
fn registered() -> Rules {
    Rules { identify: Identify::Ask { verify: true }, ..rules() }
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

/// Of a person whom nobody knows.
fn strange() -> Opening {
    let requester = Requester { name: "Rasa".to_owned(), address: Some(address(RASA)), phone: None };
    let background = Background { remembered: true, stranger: true, ..Background::default() };
    Opening { requester, background, ..opening() }
}

fn writes(fields: BTreeMap<String, String>) -> Event {
    let found = Found { fields, ..Found::default() };
    Event::ClientWrote(Box::new(ClientWrote { by: mailbox(RASA), found, ..client_wrote() }))
}

fn learnt(step: &Step) -> Option<&Acquaintance> {
    step.effects.iter().find_map(|effect| match effect {
        Effect::Acquaint(_, person) => Some(person),
        _ => None,
    })
}

fn lack(step: &Step) -> Option<Lack> {
    match step.ticket.state {
        State::NeedsInfo { lack, .. } => Some(lack),
        _ => None,
    }
}

#[test]
fn a_request_that_lacks_information_is_held_until_all_of_it_has_come() {
    let rules = holding();
    let asked = open(strange(), ten(), &rules);
    assert_eq!(lack(&asked), Some(Lack::Information));
    assert_eq!(asked.ticket.missing, ["company", "person", "phone"]);
    assert_eq!(letters(&asked), ["missing_info > Requester"]);
    assert_eq!((&asked.ticket.respond, &asked.ticket.resolve), (&None, &None));

    let partly = step(&asked.ticket, &writes(fields(&[("phone", "+37060000399")])), after(1), &rules);
    assert_eq!(partly.ticket.missing, ["company", "person"]);
    assert_eq!(letters(&partly), ["missing_info > Requester"]);
    assert_eq!(partly.ticket.wake(), rules.calendar(None).due(after(1), &Span::Days(7)).into());

    let rest = fields(&[("company", "UAB Trys"), ("person", "Rasa Balčytė")]);
    let whole = step(&partly.ticket, &writes(rest), after(2), &rules);
    assert_eq!(whole.ticket.status(), Status::New);
    assert_eq!(letters(&whole), ["ack > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(whole.ticket.clocks_from, after(2));
    assert_eq!(whole.ticket.respond.as_ref().map(|c| c.due), Some(after(6)));
    assert_eq!(whole.ticket.company.as_deref(), Some("UAB Trys"));
    let person = learnt(&whole).expect("is remembered");
    assert_eq!(person.fields.keys().collect::<Vec<_>>(), ["company", "person", "phone"]);
}

#[test]
fn what_never_comes_drops_the_request_without_a_letter() {
    let rules = holding();
    let asked = open(strange(), ten(), &rules);
    let early = step(&asked.ticket, &tick(after(24 * 7 - 1)), after(24 * 7 - 1), &rules);
    assert_eq!(early.ticket.status(), Status::NeedsInfo);
    let late = step(&asked.ticket, &tick(after(24 * 7)), after(24 * 7), &rules);
    assert_eq!((late.ticket.status(), letters(&late).len()), (Status::Closed, 0));
}

#[test]
fn nobody_waits_for_one_who_cannot_be_asked() {
    for rules in [holding(), registered()] {
        let muted = Opening { muted: Some("written by a machine".to_owned()), ..strange() };
        let step = open(muted, ten(), &rules);
        assert_eq!(step.ticket.status(), Status::New);
        assert_eq!(letters(&step), ["agent_new > NotifyNew"]);
        let requester = Requester { name: "Rasa".to_owned(), ..Requester::default() };
        let by_telephone = Opening { requester, ..strange() };
        assert_eq!(open(by_telephone, ten(), &rules).ticket.status(), Status::New);
    }
}

#[test]
fn a_stranger_is_asked_for_a_number_and_the_client_for_its_word() {
    let rules = registered();
    let asked = open(strange(), ten(), &rules);
    assert_eq!(
        (lack(&asked), letters(&asked)),
        (Some(Lack::Identity), vec!["identify > Requester".to_owned()])
    );

    let unknown = step(&asked.ticket, &writes(fields(&[("company_number", "999")])), after(1), &rules);
    assert_eq!(lack(&unknown), Some(Lack::Identity));
    assert_eq!(letters(&unknown), ["identify > Requester"]);
    assert_eq!(unknown.ticket.client, None);

    let number = fields(&[("company_number", "300000301")]);
    let claimed = step(&unknown.ticket, &writes(number.clone()), after(2), &rules);
    assert_eq!(lack(&claimed), Some(Lack::Confirmation));
    assert_eq!(letters(&claimed), ["verify_client > Contract"]);
    let waiting = step(&claimed.ticket, &writes(BTreeMap::new()), after(3), &rules);
    assert_eq!((lack(&waiting), letters(&waiting).len()), (Some(Lack::Confirmation), 0));

    let yes = Event::Vouched { yes: true, word: "yes".to_owned() };
    let confirmed = step(&waiting.ticket, &yes, after(4), &rules);
    assert_eq!(confirmed.ticket.status(), Status::New);
    assert_eq!(confirmed.ticket.clocks_from, after(4));
    assert_eq!(letters(&confirmed), ["ack > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(learnt(&confirmed).and_then(|p| p.client.as_deref()), Some("300000301"));

    let no = Event::Vouched { yes: false, word: "no".to_owned() };
    let denied = step(&waiting.ticket, &no, after(4), &rules);
    assert_eq!((denied.ticket.status(), denied.ticket.client.clone()), (Status::Rejected, None));
    assert_eq!(letters(&denied), ["agent_update > Newcomers"]);
    assert!(learnt(&denied).is_some_and(|p| p.denied));
    let again = step(&denied.ticket, &yes, after(5), &rules);
    assert_eq!(again.ticket, denied.ticket, "a second word changes nothing");
}

#[test]
fn a_number_in_the_first_mail_goes_straight_to_the_client() {
    let found = Found { fields: fields(&[("company_number", "300000301")]), ..Found::default() };
    let step = open(Opening { found, ..strange() }, ten(), &registered());
    assert_eq!(letters(&step), ["verify_client > Contract"]);
    let rules = Rules { identify: Identify::Ask { verify: false }, ..registered() };
    let found = Found { fields: fields(&[("company_number", "300000301")]), ..Found::default() };
    let step = open(Opening { found, ..strange() }, ten(), &rules);
    assert_eq!(step.ticket.status(), Status::New, "this desk believes the number");
    assert_eq!(step.ticket.client.as_deref(), Some("300000301"));
}

#[test]
fn a_held_request_may_turn_urgent_and_is_told_so_once_it_is_complete() {
    let rules = holding();
    let asked = open(strange(), ten(), &rules);
    let hurry = ClientWrote { urgent: Some("urgent".to_owned()), by: mailbox(RASA), ..client_wrote() };
    let held = step(&asked.ticket, &Event::ClientWrote(Box::new(hurry)), after(1), &rules);
    assert_eq!(letters(&held), ["missing_info > Requester"]);
    let rest = fields(&[("company", "UAB Trys"), ("person", "Rasa Balčytė"), ("phone", "+37060000399")]);
    let whole = step(&held.ticket, &writes(rest), after(2), &rules);
    assert_eq!(letters(&whole), ["urgent_accepted > RequesterAndContract", "agent_new > NotifyNew"]);
}

#[test]
fn a_desk_that_only_asks_registers_at_once_and_names_what_is_lacking() {
    let rules = Rules { missing: Missing::Ask, ..holding() };
    let step = open(strange(), ten(), &rules);
    assert_eq!(step.ticket.status(), Status::New);
    assert_eq!(step.ticket.missing, ["company", "person", "phone"]);
    assert_eq!(letters(&step), ["ack > RequesterAndContract", "agent_new > NotifyNew"]);
}

#[test]
fn an_agent_who_answers_a_held_request_takes_it_on() {
    let rules = holding();
    let asked = open(strange(), ten(), &rules);
    let answer = super::ground::by_agent("janis", super::ground::says(vec![], "Switch it off and on."));
    let step = step(&asked.ticket, &answer, after(3), &rules);
    assert_eq!((step.ticket.status(), step.ticket.clocks_from), (Status::Open, after(3)));
    assert_eq!(step.ticket.respond.as_ref().and_then(|c| c.met_at), Some(after(3)));
    assert!(step.ticket.resolve.is_some_and(|c| c.due > after(3)));
}
