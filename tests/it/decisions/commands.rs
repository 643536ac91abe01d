//! Commands that put a ticket right, and those that reach beyond it.

use jiff::Timestamp;
use maildesk::domain::command::{Command, Instructions};
use maildesk::domain::effect::{Effect, Step};
use maildesk::domain::event::{About, Actor, AgentWrote, Event, LastAct};
use maildesk::domain::kinds::{Means, TypeRule, Types};
use maildesk::domain::language::Lang;
use maildesk::domain::people::Promise;
use maildesk::domain::rules::{Hook, Rules};
use maildesk::domain::step::step;
use maildesk::domain::thread::{Kind, Message, Voice};
use maildesk::domain::ticket::{State, Status, Ticket};

use super::ground::*;

fn rich() -> Rules {
    let kind = |name: &str, team: &str| TypeRule {
        name: name.to_owned(),
        labels: [(Lang::EN, format!("the {name}"))].into(),
        team: Some(team.to_owned()),
        promise: Promise { resolve: Some("2h".parse().unwrap()), ..Promise::default() },
        ..TypeRule::default()
    };
    let all = vec![kind("question", "desk"), kind("repair", "tech")];
    let texts = [(Lang::EN, "Turn it off and on."), (Lang::LT, "Išjunkite ir įjunkite.")];
    let texts = texts.map(|(lang, text)| (lang, text.to_owned())).into();
    Rules {
        types: Types { all, looked_for: vec![1], otherwise: 0 },
        required: vec!["device".to_owned()],
        texts: [("reset".to_owned(), texts)].into(),
        hooks: [("resend".to_owned(), Hook { command: vec!["true".to_owned()], timeout_seconds: 5 })].into(),
        ..rules()
    }
}

fn on(ticket: &Ticket, commands: Vec<Command>, answer: &str) -> Step {
    step(ticket, &by_agent("janis", says(commands, answer)), after(1), &rich())
}

fn with(about: About, commands: Vec<Command>) -> Event {
    let about = Box::new(about);
    let (by, instructions) = (Actor::Agent(agent("janis")), says(commands, ""));
    Event::AgentWrote(AgentWrote { by, instructions, seen_up_to: None, last_answer: None, about })
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn a_wrong_name_undoes_all_of_the_mail() {
    for (command, phrase) in [
        (Command::Type(text("repairs")), "unknown_type"),
        (Command::Field { name: text("colour"), value: text("red") }, "unknown_field"),
        (Command::Client(text("999")), "unknown_client"),
        (Command::Requester(text("nobody")), "bad_address"),
        (Command::Requester(text("petr@pieva.example.test")), "bad_address"),
        (Command::Cc(text("ona@upe.example.test, support@pieva.example.test")), "bad_address"),
        (Command::Merge(text("KL-3999")), "unknown_request"),
        (Command::Link(text("KL-3107")), "unknown_request"),
        (Command::Text(text("rest")), "unknown_text"),
        (Command::Do(text("reset")), "unknown_hook"),
        (Command::Split, "nothing_to_split"),
        (Command::New, "nobody_named"),
    ] {
        let before = ticket(Status::Open);
        let event =
            with(About { named: vec![before.clone()], ..About::default() }, vec![Command::Urgent, command]);
        let step = step(&before, &event, after(1), &rich());
        assert_eq!((mistake(&step), &step.ticket), (Some(phrase), &before));
        assert_eq!(letters(&step), ["agent_result > writer janis@pieva.example.test"], "{phrase}");
    }
}

#[test]
fn another_type_is_its_teams_news_as_long_as_nobody_has_it() {
    let step = on(&ticket(Status::New), vec![Command::Type(text("THE repair"))], "");
    assert_eq!(step.ticket.kind.as_deref(), Some("repair"));
    assert!(letters(&step).contains(&"agent_new > NotifyNew".to_owned()), "{:?}", letters(&step));
    let mut taken = ticket(Status::Open);
    taken.assignee = Some(agent("petr"));
    let step = on(&taken, vec![Command::Type(text("repair"))], "");
    assert!(!letters(&step).contains(&"agent_new > NotifyNew".to_owned()), "{:?}", letters(&step));
}

#[test]
fn a_severity_that_means_urgent_makes_it_so_and_another_takes_it_away() {
    let mut rules = rules();
    rules.urgent.as_mut().unwrap().means = Some(Means::Severity(text("high")));
    let set = |ticket: &Ticket, name: &str, at| {
        step(ticket, &by_agent("janis", says(vec![Command::Severity(text(name))], "")), at, &rules)
    };
    let urgent = set(&ticket(Status::Open), "high", after(1));
    assert!(urgent.ticket.urgent);
    assert_eq!(letters(&urgent), ["urgent_accepted > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(urgent.ticket.resolve.as_ref().unwrap().due, after(3), "two hours from the agent's word");
    let by_word = by_agent("janis", says(vec![Command::Urgent], ""));
    let by_word = step(&ticket(Status::Open), &by_word, after(1), &rules).ticket;
    assert_eq!(by_word, urgent.ticket, "it is the same thing");
    let calm = set(&urgent.ticket, "normal", after(2));
    assert!(!calm.ticket.urgent);
    assert_eq!(letters(&calm), ["deadline_changed > RequesterAndContract"]);
    assert_eq!(calm.ticket.resolve, ticket(Status::Open).resolve, "counted from the receipt");
}

#[test]
fn a_ticket_is_put_right_without_a_word_to_the_client() {
    let mut it = ticket(Status::Open);
    it.client = None;
    it.missing = vec![text("device")];
    let commands = vec![
        Command::Subject(text("The printer in room 5")),
        Command::Field { name: text("Device"), value: text("KA-17") },
        Command::Requester(text("Petra Upienė <petra@elsewhere.example.test>")),
        Command::Cc(text("boss@upe.example.test")),
    ];
    let step = on(&it, commands, "");
    assert_eq!(letters(&step), [""; 0]);
    let now = &step.ticket;
    assert_eq!(now.subject, "The printer in room 5");
    assert_eq!((now.fields["device"].as_str(), now.missing.len()), ("KA-17", 0));
    assert_eq!(now.requester.name, "Petra Upienė");
    assert_eq!(now.requester.address, Some(address("petra@elsewhere.example.test")));
    assert!(now.takes_part(&address("boss@upe.example.test")));
    assert!(!now.takes_part(&address(ONA)), "it was not hers");
}

#[test]
fn another_client_brings_its_contracts_promise_and_the_client_learns_of_it() {
    let mut it = ticket(Status::Open);
    (it.client, it.requester.address) = (None, Some(address("ona@free.example.test")));
    it.kind = None;
    it.resolve = maildesk::domain::sla::clocks(&it, ten(), &rules()).1;
    let event = by_agent("janis", says(vec![Command::Client(text("UAB upe"))], ""));
    let step = step(&it, &event, after(1), &rules());
    assert_eq!(step.ticket.client.as_deref(), Some("300000301"));
    assert_eq!(letters(&step), ["deadline_changed > RequesterAndContract"]);
    assert!(step.ticket.resolve.unwrap().due < it.resolve.unwrap().due, "Gold is quicker");
}

#[test]
fn a_request_that_was_held_is_registered_when_the_last_field_is_named() {
    let mut held = ticket(Status::NeedsInfo);
    held.missing = vec![text("device")];
    let step = on(&held, vec![Command::Field { name: text("device"), value: text("KA-17") }], "");
    assert_eq!(step.ticket.status(), Status::New);
    assert_eq!(letters(&step), ["ack > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(step.ticket.clocks_from, after(1));
}

#[test]
fn a_ready_answer_comes_in_the_clients_language_below_what_was_typed() {
    let mut it = ticket(Status::Open);
    let ready = || vec![Command::Text(text("Reset"))];
    assert_eq!(reply(&on(&it, ready(), "Good morning.")), "Good morning.\n\nTurn it off and on.");
    it.language = Lang::LT;
    assert_eq!(reply(&on(&it, ready(), "")), "Išjunkite ir įjunkite.");
    it.language = Lang::RU;
    assert_eq!(reply(&on(&it, ready(), "")), "Turn it off and on.", "the desk's own language helps out");
}

fn reply(step: &Step) -> String {
    let kept = step.effects.iter().find_map(|effect| match effect {
        Effect::Keep { kind: Kind::Reply, text, .. } => Some(text.clone()),
        _ => None,
    });
    kept.unwrap_or_else(|| panic!("no answer: {}", step.reason))
}

#[test]
fn time_names_the_way_and_a_call_is_a_note_and_time() {
    let commands = vec![
        Command::Time { minutes: 60, work: text("visit Server room") },
        Command::Time { minutes: 5, work: text("visited nobody") },
        Command::Call { minutes: 10, text: text("She will send the log.") },
    ];
    let step = on(&ticket(Status::Open), commands, "");
    let works: Vec<_> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Work(work) => Some((work.minutes, work.mode.as_str(), work.text.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(
        works,
        [(60, "visit", "Server room"), (15, "", "visited nobody"), (15, "phone", "She will send the log.")]
    );
    assert_eq!(kept(&step), [Kind::Note]);
    assert_eq!(letters(&step), ["agent_update > workers but janis"]);
}

#[test]
fn a_ticket_goes_on_in_another_and_says_so_to_both() {
    let other =
        Ticket { key: maildesk::domain::ticket::TicketKey::new(&rules().desk, 3100), ..ticket(Status::Open) };
    let about = || About { named: vec![other.clone()], ..About::default() };
    let merged =
        decide(&ticket(Status::Open), &with(about(), vec![Command::Merge(text("kl-3100"))]), after(1));
    assert_eq!(merged.ticket.state, State::Merged { into: 3100 });
    assert!(merged.effects.contains(&Effect::Join(3100)));
    let linked =
        decide(&ticket(Status::Closed), &with(about(), vec![Command::Link(text("[KL-3100]"))]), after(1));
    assert_eq!((mistake(&linked), linked.ticket.related), (None, vec![3100]));
    assert!(linked.effects.contains(&Effect::Relate(3100)));
    let gone = Ticket { state: State::Merged { into: 3001 }, ..other };
    let event = with(About { named: vec![gone], ..About::default() }, vec![Command::Merge(text("3100"))]);
    assert_eq!(mistake(&decide(&ticket(Status::Open), &event, after(1))), Some("unknown_request"));
}

#[test]
fn the_head_is_asked_and_the_client_hears_nothing() {
    let step = on(&ticket(Status::Open), vec![Command::Escalate(text("He threatens us."))], "");
    assert_eq!(letters(&step), ["escalation_head > Head"]);
    assert_eq!(kept(&step), [Kind::Note]);
    let headless = Rules { head: None, ..rich() };
    let event = by_agent("janis", says(vec![Command::Escalate(text("Help."))], ""));
    let refused = maildesk::domain::step::step(&ticket(Status::Open), &event, after(1), &headless);
    assert_eq!(mistake(&refused), Some("no_head"));
}

#[test]
fn what_an_agent_starts_or_splits_off_is_handed_on() {
    let message = Message {
        seq: 2,
        kind: Kind::Comment,
        author: Voice::Person(mailbox(ONA)),
        at: after(1),
        text: text("And the scanner is broken, too."),
        mail: None,
        letter: None,
        attachments: Vec::new(),
    };
    let about = About { apart: Some(message.clone()), ..About::default() };
    let event = with(about, vec![Command::Split, Command::Do(text("resend")), Command::Next]);
    let step = step(&ticket(Status::Open), &event, after(2), &rich());
    let last: Vec<_> = step.effects.clone();
    assert_eq!(last, [Effect::Apart(message), Effect::Run(text("resend")), Effect::Next]);
}

fn undo(ticket: &Ticket, act: Option<LastAct>, now: Timestamp) -> Step {
    decide(ticket, &with(About { last_act: act, ..About::default() }, vec![Command::Undo]), now)
}

#[test]
fn the_last_act_is_taken_back_as_long_as_nothing_has_left() {
    let before = ticket(Status::Open);
    let time = Command::Time { minutes: 30, work: String::new() };
    let after_it =
        decide(&before, &by_agent("janis", says(vec![Command::Resolve, time], "Done.")), after(1)).ticket;
    let act = LastAct {
        at: after(1),
        before: before.clone(),
        has_left: false,
        reaches_further: false,
        told: vec![agent("petr")],
    };
    let undone = undo(&after_it, Some(act.clone()), after(2));
    assert_eq!(undone.ticket, Ticket { spent_minutes: 30, ..before }, "time that was spent stays");
    assert!(undone.effects.contains(&Effect::TakeBack(after(1))));
    assert_eq!(letters(&undone), ["agent_update > petr", "agent_result > writer janis@pieva.example.test"]);
    for (act, phrase) in [
        (None, "nothing_to_undo"),
        (Some(LastAct { has_left: true, ..act.clone() }), "undo_too_late"),
        (Some(LastAct { reaches_further: true, ..act }), "undo_too_far"),
    ] {
        let refused = undo(&after_it, act, after(2));
        assert_eq!((mistake(&refused), &refused.ticket), (Some(phrase), &after_it));
    }
    let both = on(&after_it, vec![Command::Undo, Command::Resolve], "");
    assert_eq!(mistake(&both), Some("undo_stands_alone"));
}

#[test]
fn a_request_taken_from_the_queue_is_the_takers() {
    let step = decide(&ticket(Status::New), &Event::Taken { by: agent("petr") }, after(1));
    assert_eq!((step.ticket.status(), step.ticket.assignee.clone()), (Status::Open, Some(agent("petr"))));
    assert_eq!(letters(&step), ["agent_assigned > petr", "assigned > Requester"]);
    let quiet = Rules { tell_assigned: false, ..rules() };
    let step = maildesk::domain::step::step(
        &ticket(Status::New),
        &Event::Taken { by: agent("petr") },
        after(1),
        &quiet,
    );
    assert_eq!(letters(&step), ["agent_assigned > petr"]);
}

#[test]
fn only_a_look_is_left_to_a_merged_ticket() {
    let merged = ticket(Status::Merged);
    for (command, phrase) in [
        (Command::Subject(text("x")), Some("merged")),
        (Command::Call { minutes: 5, text: String::new() }, Some("merged")),
        (Command::History, None),
        (Command::Next, None),
    ] {
        let instructions = Instructions { commands: vec![command.clone()], ..Instructions::default() };
        let step = decide(&merged, &by_agent("janis", instructions), after(1));
        assert_eq!(mistake(&step), phrase, "{command:?}");
    }
}
