//! Agents write: all of it or nothing, and who hears of it.

use jiff::civil::date;
use maildesk::domain::command::{Assignee, Command, Instructions, Mistake};
use maildesk::domain::effect::{Answer, Carry, Effect, Purpose, Step};
use maildesk::domain::event::{Actor, AgentWrote, Event, LastAnswer};
use maildesk::domain::rules::{AfterReply, Rules};
use maildesk::domain::step::step;
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::{State, Status, Ticket};

use super::ground::*;

fn on(status: Status, commands: Vec<Command>, answer: &str) -> Step {
    decide(&ticket(status), &by_agent("janis", says(commands, answer)), after(1))
}

#[test]
fn a_mistake_undoes_all_of_a_mail() {
    let named = |name: &str| Command::Assign(Assignee::Named(name.to_owned()));
    for (commands, answer, phrase) in [
        (vec![Command::Resolve, named("nobody at all")], "Done.", "unknown_agent"),
        (vec![Command::Resolve, named("Novák")], "Done.", "ambiguous_agent"),
        (vec![Command::Resolve, Command::Severity("deadly".to_owned())], "Done.", "unknown_severity"),
        (vec![Command::Resolve, Command::Close], "Done.", "one_end"),
        (vec![Command::Resolve, Command::Wait(None)], "Done.", "one_end"),
        (vec![Command::Wait(Some(date(2026, 3, 1)))], "Done.", "bad_date"),
        (vec![Command::Spam], "You are a spammer.", "spam_with_text"),
        (
            vec![Command::Deadline { date: date(2026, 3, 1), time: None, reason: String::new() }],
            "",
            "nobody_works",
        ),
        (
            vec![Command::Deadline { date: date(2026, 2, 27), time: None, reason: String::new() }],
            "",
            "bad_date",
        ),
        (vec![], "", "nothing_to_do"),
    ] {
        let before = ticket(Status::Open);
        let step = decide(&before, &by_agent("janis", says(commands, answer)), after(1));
        assert_eq!(mistake(&step), Some(phrase));
        assert_eq!(step.ticket, before, "{phrase}");
        assert_eq!(letters(&step), ["agent_result > writer janis@pieva.example.test"], "{phrase}");
        assert_eq!(kept(&step), [], "{phrase}");
    }
    let read = Instructions {
        mistake: Some(Mistake::new("unknown_command")),
        ..says(vec![Command::Resolve], "Done.")
    };
    let step = decide(&ticket(Status::Open), &by_agent("janis", read), after(1));
    assert_eq!((mistake(&step), step.effects.len()), (Some("unknown_command"), 1));
}

#[test]
fn a_desk_without_urgent_requests_refuses_to_make_one() {
    let rules = maildesk::domain::rules::Rules { urgent: None, ..rules() };
    let step =
        step(&ticket(Status::Open), &by_agent("janis", says(vec![Command::Urgent], "")), after(1), &rules);
    assert_eq!(mistake(&step), Some("no_urgent"));
}

#[test]
fn a_requester_without_an_address_can_be_noted_on_and_not_answered() {
    let mut by_phone = ticket(Status::Open);
    by_phone.requester.address = None;
    let answer = decide(&by_phone, &by_agent("janis", says(vec![], "Try again.")), after(1));
    assert_eq!(mistake(&answer), Some("no_address"));
    let resolve = decide(&by_phone, &by_agent("janis", says(vec![Command::Resolve], "")), after(1));
    assert_eq!(resolve.ticket.status(), Status::Resolved);
}

#[test]
fn urgent_by_an_agents_word_is_as_urgent_as_by_the_clients() {
    let step = on(Status::Open, vec![Command::Urgent], "");
    assert!(step.ticket.urgent);
    assert_eq!(letters(&step), ["urgent_accepted > RequesterAndContract", "agent_new > NotifyNew"]);
    assert_eq!(step.ticket.resolve.as_ref().unwrap().due, after(3));
}

#[test]
fn a_text_with_close_goes_out_as_a_reply() {
    let step = on(Status::Open, vec![Command::Close], "That is all we can do.");
    assert_eq!(step.ticket.status(), Status::Closed);
    assert_eq!(letters(&step), ["reply > Everyone", "agent_update > workers but janis"]);
    assert_eq!(letters(&on(Status::Open, vec![Command::Close], "")), [""; 0], "closed without a word");
}

#[test]
fn resolving_sends_the_text_once_and_sets_the_day_of_closing() {
    let step = on(Status::New, vec![Command::Resolve], "Paper is in.");
    let closes_at = rules().autoclose_at(after(1));
    assert_eq!(step.ticket.state, State::Resolved { at: after(1), closes_at });
    assert_eq!(letters(&step), ["agent_update > workers but janis", "resolved > Everyone"]);
    assert_eq!(kept(&step), [Kind::Reply]);
    assert!(step.ticket.resolve.as_ref().is_some_and(|c| c.met_at == Some(after(1))));
}

#[test]
fn time_that_was_forgotten_is_asked_for_and_rounded_up() {
    let mut rules = rules();
    rules.time.required = true;
    let event = by_agent("janis", says(vec![Command::Resolve], "Done."));
    let asked = step(&ticket(Status::Open), &event, after(1), &rules);
    assert!(letters(&asked).contains(&"agent_result > writer janis@pieva.example.test".to_owned()));
    let time = Command::Time { minutes: 16, work: "paper".to_owned() };
    let given = step(&asked.ticket, &by_agent("janis", says(vec![time], "")), after(2), &rules);
    assert_eq!(given.ticket.spent_minutes, 30, "two quarters of an hour");
    let more = Command::Time { minutes: 15, work: String::new() };
    let more = step(&given.ticket, &by_agent("petr", says(vec![more], "")), after(3), &rules);
    assert_eq!(more.ticket.spent_minutes, 45, "entries add up");
    assert_eq!(given.ticket.status(), Status::Resolved);
    assert!(
        given
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Work(w) if w.minutes == 30 && w.agent == agent("janis")))
    );
}

fn to(name: &str) -> Command {
    Command::Assign(Assignee::Named(name.to_owned()))
}

#[test]
fn who_is_assigned_hears_of_it_once_and_the_author_never() {
    let step = on(Status::New, vec![to("Petr")], "");
    assert_eq!(step.ticket.status(), Status::Open);
    assert_eq!(letters(&step), ["agent_assigned > petr", "assigned > Requester"]);
    let step = on(Status::New, vec![to("petr")], "Petr will call you.");
    assert_eq!(
        letters(&step),
        ["agent_assigned > petr", "reply > Everyone", "agent_update > workers but janis petr"],
        "with a text to the client nothing else tells him; Petr gets no second notice"
    );
    let step = on(Status::New, vec![Command::Assign(Assignee::Me)], "");
    assert_eq!(letters(&step), ["assigned > Requester"]);
    let step = on(
        Status::New,
        vec![Command::Group(vec!["petr".to_owned(), "alice".to_owned(), "janis".to_owned()])],
        "",
    );
    assert_eq!(letters(&step), ["agent_assigned > petr", "agent_assigned > alice"]);
}

#[test]
fn a_note_reaches_colleagues_and_no_client() {
    let mut it = ticket(Status::Open);
    it.assignee = Some(agent("petr"));
    it.group = vec![agent("alice")];
    let note = Instructions { note: "He calls tomorrow.".to_owned(), ..Instructions::default() };
    let step = decide(&it, &by_agent("janis", note.clone()), after(1));
    assert_eq!(letters(&step), ["agent_update > workers but janis"]);
    assert_eq!(kept(&step), [Kind::Note]);
    assert_eq!(step.ticket, it, "a note changes nothing");
    let given =
        decide(&it, &by_agent("janis", Instructions { commands: vec![to("alice")], ..note }), after(1));
    let notes = given.effects.iter().filter(|e| {
        matches!(e, Effect::Tell(n) if matches!(&n.purpose, Purpose::AgentAssigned { note: Some(note) } if note.contains("tomorrow")))
    });
    assert_eq!(notes.count(), 1, "the note stands in the notice of assignment");
}

#[test]
fn files_without_a_word_go_out_only_where_nothing_says_that_they_stay() {
    for (commands, note, goes_out) in [
        (vec![], "", true),
        (vec![Command::Resolve], "", true),
        (vec![], "Look at his log.", false),
        (vec![Command::NoteAll], "", false),
        (vec![to("petr")], "", false),
        (vec![Command::Time { minutes: 45, work: String::new() }], "", false),
        (vec![Command::Show], "", false),
    ] {
        let instructions = Instructions {
            has_attachments: true,
            note: note.to_owned(),
            commands,
            ..Instructions::default()
        };
        let step = decide(&ticket(Status::Open), &by_agent("janis", instructions.clone()), after(1));
        assert_eq!(mistake(&step), None);
        let out = letters(&step).iter().any(|l| l.starts_with("reply >") || l.starts_with("resolved >"));
        assert_eq!(out, goes_out, "{instructions:?}");
        let kind = if goes_out { Kind::Reply } else { Kind::Note };
        assert_eq!(kept(&step), [kind], "{instructions:?}");
    }
}

#[test]
fn files_beside_an_answer_and_a_note_belong_to_the_answer() {
    let instructions =
        Instructions { has_attachments: true, note: "Billed.".to_owned(), ..says(vec![], "Your invoice.") };
    let step = decide(&ticket(Status::Open), &by_agent("janis", instructions), after(1));
    let carried = step.effects.iter().filter_map(|effect| match effect {
        Effect::Keep { kind, attachments, .. } => Some((*kind, attachments.clone())),
        _ => None,
    });
    let carried: Vec<_> = carried.collect();
    assert_eq!(carried, [(Kind::Note, Carry::Nothing), (Kind::Reply, Carry::OfThisMail)]);
}

#[test]
fn a_question_waits_for_its_answer_even_where_every_answer_resolves() {
    let rules = Rules { after_reply: AfterReply::Resolved, ..rules() };
    let question = by_agent("janis", says(vec![Command::Wait(None)], "Which printer is it?"));
    let step = step(&ticket(Status::Open), &question, after(1), &rules);
    assert_eq!(step.ticket.status(), Status::Waiting);
    assert_eq!(letters(&step)[0], "reply > Everyone");
}

#[test]
fn severity_and_deadline_in_one_mail_are_told_once() {
    let due = Command::Deadline { date: date(2026, 3, 6), time: None, reason: "parts".to_owned() };
    let step = on(Status::Open, vec![Command::Severity("high".to_owned()), due], "");
    assert_eq!(letters(&step), ["deadline_changed > RequesterAndContract"]);
    assert_eq!(step.ticket.resolve.as_ref().unwrap().due, "2026-03-06T17:00:00+02:00".parse().unwrap());
    let mut muted = ticket(Status::Open);
    muted.muted = Some("spam".to_owned());
    let high = by_agent("janis", says(vec![Command::Severity("high".to_owned())], ""));
    assert_eq!(letters(&decide(&muted, &high, after(1))), [""; 0]);
}

fn crossing(text: &str, by: &str) -> Event {
    let last = LastAnswer { by: agent(by), at: after(2), text: "I have sent the paper.".to_owned() };
    Event::AgentWrote(AgentWrote {
        by: Actor::Agent(agent("janis")),
        instructions: says(vec![], text),
        seen_up_to: Some(after(1)),
        last_answer: Some(last),
        about: Default::default(),
    })
}

#[test]
fn an_answer_that_crosses_a_colleagues_is_held_and_sent_when_it_comes_again() {
    let mut rules = rules();
    rules.hold_collision = true;
    let decide = |ticket: &Ticket, event: &Event, now| step(ticket, event, now, &rules);
    let held = decide(&ticket(Status::Open), &crossing("Buy paper.", "petr"), after(3));
    assert_eq!(mistake(&held), Some("answered_meanwhile"));
    assert_eq!(kept(&held), []);
    let noted = Instructions { note: "Hm.".to_owned(), ..Instructions::default() };
    let noted = decide(&held.ticket, &by_agent("petr", noted), after(3));
    let again = decide(&noted.ticket, &crossing("Buy paper.", "petr"), after(4));
    assert_eq!((mistake(&again), kept(&again)), (None, vec![Kind::Reply]));
    assert_eq!(again.ticket.held_answer, None);
    let other = decide(&held.ticket, &crossing("Sell paper, please.", "petr"), after(4));
    assert_eq!(mistake(&other), Some("answered_meanwhile"), "another text is another answer");
    assert_eq!(
        mistake(&decide(&ticket(Status::Open), &crossing("More.", "janis"), after(3))),
        None,
        "his own"
    );
    let rules = Rules { hold_collision: false, ..rules.clone() };
    let sent = step(&ticket(Status::Open), &crossing("Buy paper.", "petr"), after(3), &rules);
    assert_eq!(mistake(&sent), None);
}

#[test]
fn work_on_a_rejected_request_hears_its_sender_again() {
    for (commands, answer, lifted) in [
        (vec![], "Sorry, you are heard.", true),
        (vec![Command::Assign(Assignee::Me)], "", true),
        (vec![Command::Resolve], "", true),
        (vec![Command::Close], "", false),
        (vec![Command::Time { minutes: 5, work: String::new() }], "", false),
    ] {
        let mut rejected = ticket(Status::Rejected);
        rejected.muted = Some("spam".to_owned());
        let step = decide(&rejected, &by_agent("janis", says(commands.clone(), answer)), after(500));
        assert_eq!(step.effects.contains(&Effect::Unblock(address(ONA))), lifted, "{commands:?}");
        assert_eq!(step.ticket.muted.is_none(), lifted, "{commands:?}");
        if lifted {
            assert_eq!(step.ticket.clocks_from, after(500), "old promises are not broken by it");
        }
    }
}

#[test]
fn spam_blocks_the_sender_and_says_nothing() {
    let step = on(Status::New, vec![Command::Spam], "");
    assert_eq!(step.ticket.status(), Status::Rejected);
    assert_eq!(step.effects, [Effect::Block(address(ONA))]);
    assert!(step.ticket.muted.is_some());
}

#[test]
fn the_operator_answers_in_the_name_of_the_desk_and_becomes_no_assignee() {
    let wrote = AgentWrote {
        by: Actor::Operator,
        instructions: says(vec![], "Try again."),
        seen_up_to: None,
        last_answer: None,
        about: Default::default(),
    };
    let mut it = ticket(Status::New);
    it.group = vec![agent("petr")];
    let step = decide(&it, &Event::AgentWrote(wrote), after(1));
    assert_eq!((step.ticket.assignee.clone(), step.ticket.status()), (None, Status::Open));
    assert_eq!(letters(&step), ["reply > Everyone", "agent_update > workers but "]);
    let me = AgentWrote {
        by: Actor::Operator,
        instructions: says(vec![Command::Assign(Assignee::Me)], ""),
        seen_up_to: None,
        last_answer: None,
        about: Default::default(),
    };
    let step = decide(&it, &Event::AgentWrote(me), after(1));
    assert_eq!(
        (mistake(&step), letters(&step)),
        (Some("me_is_nobody"), vec!["agent_result > Nobody".to_owned()])
    );
}

#[test]
fn what_is_asked_for_is_shown_on_any_ticket() {
    for status in Status::ALL {
        let step = decide(
            &ticket(status),
            &by_agent("janis", says(vec![Command::Show, Command::Help], "")),
            after(1),
        );
        let to = "writer janis@pieva.example.test";
        assert_eq!(
            letters(&step),
            [format!("agent_result > {to}"), format!("agent_help > {to}")],
            "{status:?}"
        );
        assert_eq!(step.ticket.status(), status);
    }
}

#[test]
fn letters_of_one_template_in_one_decision_differ_in_their_part() {
    let instructions =
        Instructions { note: "Careful.".to_owned(), ..says(vec![Command::Show, Command::Files], "Done.") };
    let step = decide(&ticket(Status::Open), &by_agent("janis", instructions), after(1));
    let mut parts: Vec<_> = step
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Tell(n) => Some((n.purpose.template(), n.purpose.part())),
            _ => None,
        })
        .collect();
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!((parts.len(), count), (5, 5), "{parts:?}");
    assert_eq!(Purpose::AgentResult(Answer::Help).template(), "agent_help");
}
