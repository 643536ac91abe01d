//! Time passes: warnings, broken promises, reminders, closing; and the properties of the whole machine.

use jiff::{SignedDuration, Timestamp};
use maildesk::domain::command::{Assignee, Command, Instructions};
use maildesk::domain::event::{ClientWrote, Event};
use maildesk::domain::step::{WAITS_FOR_MAILBOX, open};
use maildesk::domain::ticket::{Closing, State, Status, Ticket};
use proptest::prelude::*;

use super::ground::*;

#[test]
fn a_resolved_request_closes_at_its_moment_and_not_before() {
    let resolved = ticket(Status::Resolved);
    let closes_at = rules().autoclose_at(ten());
    let second = SignedDuration::from_secs(1);
    let early = decide(&resolved, &tick(closes_at), closes_at - second);
    assert_eq!((early.ticket.clone(), early.effects.len()), (resolved.clone(), 0));
    for read in [None, Some(closes_at - second)] {
        let behind = decide(&resolved, &Event::Tick { read_up_to: read }, closes_at + second);
        assert_eq!((behind.ticket.clone(), behind.reason.as_str()), (resolved.clone(), WAITS_FOR_MAILBOX));
    }
    let closed = decide(&resolved, &tick(closes_at), closes_at);
    assert_eq!(closed.ticket.state, State::Closed { at: closes_at, how: Closing::Silence });
    assert_eq!(letters(&closed), ["closed_silence > Requester"]);
    assert_eq!(letters(&decide(&closed.ticket, &tick(closes_at), closes_at)), [""; 0]);
}

#[test]
fn a_reminder_goes_out_once_and_waits_for_the_mailbox() {
    let waiting = ticket(Status::Waiting);
    let behind = decide(&waiting, &tick(after(23)), after(24));
    assert_eq!(
        (behind.ticket.state.clone(), letters(&behind).contains(&"waiting_client > Requester".to_owned())),
        (waiting.state.clone(), false)
    );
    let reminded = decide(&waiting, &tick(after(24)), after(24));
    assert!(letters(&reminded).contains(&"waiting_client > Requester".to_owned()));
    assert_eq!(reminded.ticket.state, State::Waiting { since: ten(), remind_at: None });
    let later = decide(&reminded.ticket, &tick(after(900)), after(900));
    assert!(!letters(&later).contains(&"waiting_client > Requester".to_owned()));
}

#[test]
fn what_never_became_complete_expires_without_a_mail() {
    let lacking = ticket(Status::NeedsInfo);
    assert_eq!(decide(&lacking, &tick(after(47)), after(48)).reason, WAITS_FOR_MAILBOX);
    let expired = decide(&lacking, &tick(after(48)), after(48));
    assert_eq!(expired.ticket.state, State::Closed { at: after(48), how: Closing::Expired });
    assert_eq!(letters(&expired), [""; 0]);
}

#[test]
fn a_promise_is_warned_of_once_and_broken_once() {
    let open = ticket(Status::Open);
    let (due, half_hour) = (open.respond.as_ref().unwrap().due, SignedDuration::from_mins(30));
    assert_eq!(
        letters(&decide(&open, &tick(ten()), due - half_hour - SignedDuration::from_secs(1))),
        [""; 0]
    );
    let warned = decide(&open, &tick(ten()), due - half_hour);
    assert_eq!(letters(&warned), ["agent_warning > NotifyNew"], "nobody has it");
    let taken = Ticket { assignee: Some(agent("petr")), group: vec![agent("alice")], ..open.clone() };
    assert_eq!(letters(&decide(&taken, &tick(ten()), due - half_hour)), ["agent_warning > petr"]);
    assert_eq!(letters(&decide(&warned.ticket, &tick(ten()), due - SignedDuration::from_secs(1))), [""; 0]);
    let broken = decide(&warned.ticket, &tick(ten()), due);
    assert_eq!(letters(&broken), ["escalation_head > Head"]);
    assert_eq!(letters(&decide(&broken.ticket, &tick(ten()), due + half_hour)), [""; 0]);
    let slept = decide(&open, &tick(ten()), after(24 * 60));
    assert_eq!(letters(&slept), ["escalation_head > Head"; 2], "both promises, no warning after the fact");
}

#[test]
fn clocks_go_on_while_the_client_is_asked_and_stand_where_nothing_is_promised() {
    let last = after(24 * 60);
    for (status, breaches) in [
        (Status::New, 2),
        (Status::Open, 2),
        (Status::Waiting, 2),
        (Status::NeedsInfo, 0),
        (Status::Resolved, 0),
        (Status::Closed, 0),
        (Status::Rejected, 0),
        (Status::Merged, 0),
    ] {
        let step = decide(&ticket(status), &tick(last), last);
        let told = letters(&step).iter().filter(|l| l.starts_with("escalation_head")).count();
        assert_eq!(told, breaches, "{status:?}");
    }
}

fn event() -> impl Strategy<Value = Event> {
    let command = prop_oneof![
        Just(vec![Command::Resolve]),
        Just(vec![Command::Close]),
        Just(vec![Command::Wait(None)]),
        Just(vec![Command::Wait(Some(jiff::civil::date(2026, 3, 20)))]),
        Just(vec![Command::Urgent]),
        Just(vec![Command::Severity("high".to_owned())]),
        Just(vec![Command::Assign(Assignee::Me)]),
        Just(vec![Command::Spam]),
        Just(vec![]),
    ];
    let texts = prop_oneof![Just(""), Just("Try again.")];
    prop_oneof![
        4 => Just(Event::Tick { read_up_to: None }),
        3 => (any::<bool>(), any::<bool>()).prop_map(|(thankful, urgent)| {
            let thanks = thankful.then(|| "thanks".to_owned());
            Event::ClientWrote(Box::new(ClientWrote { thanks, urgent: urgent.then(|| "urgent".to_owned()), ..client_wrote() }))
        }),
        5 => (command, texts).prop_map(|(commands, text)| by_agent("petr", says(commands, text))),
        1 => Just(by_agent("alice", Instructions { note: "Hm.".to_owned(), ..Instructions::default() })),
        1 => Just(Event::MachineWrote { text: String::new(), reason: "absent".to_owned() }),
        1 => Just(Event::TakenUp),
    ]
}

/// A tick as the scheduler gives it: the mailbox has been read up to now, or is an hour behind.
fn at(event: &Event, now: Timestamp, behind: bool) -> Event {
    match event {
        Event::Tick { .. } => tick(if behind { now - SignedDuration::from_hours(1) } else { now }),
        other => other.clone(),
    }
}

fn holds(before: &Ticket, event: &Event, after: &Ticket, now: Timestamp) {
    if before.status() == Status::Closed && !matches!(event, Event::TakenUp) {
        assert_eq!(after.status(), Status::Closed, "invariant 9: {event:?}");
    }
    assert!(after.messages >= before.messages && after.messages <= before.messages + 1);
    assert!(after.spent_minutes >= before.spent_minutes);
    if let (State::Resolved { at, closes_at }, State::Closed { how: Closing::Silence, .. }) =
        (&before.state, &after.state)
    {
        assert!(now >= rules().autoclose_at(*at) && now >= *closes_at, "invariant 10");
    }
    if after.status() == Status::Closed && before.status() != Status::Closed {
        let by_word = matches!(event, Event::AgentWrote(_));
        assert!(
            by_word || matches!(before.status(), Status::Resolved | Status::NeedsInfo),
            "invariant 10: {before:?}"
        );
    }
    assert_eq!(after.requester, before.requester, "C6");
    assert_eq!(after.key, before.key);
}

proptest! {
    #[test]
    fn invariants_5_9_and_10_hold_whatever_happens_whenever(
        events in prop::collection::vec((event(), 0i64..3_000, any::<bool>()), 1..40)
    ) {
        let mut it = open(opening(), ten(), &rules()).ticket;
        let mut now = ten();
        for (event, minutes, behind) in events {
            now += SignedDuration::from_mins(minutes);
            let event = at(&event, now, behind);
            let step = decide(&it, &event, now);
            prop_assert!(!step.reason.is_empty());
            holds(&it, &event, &step.ticket, now);
            if matches!(event, Event::Tick { .. }) {
                let again = decide(&step.ticket, &event, now);
                prop_assert_eq!(&again.ticket, &step.ticket, "a second tick changes something");
                prop_assert_eq!(again.effects.len(), 0, "a second tick says something");
                let waits = again.reason == WAITS_FOR_MAILBOX;
                prop_assert!(waits || step.ticket.wake().is_none_or(|wake| wake > now), "invariant 5");
            }
            it = step.ticket;
        }
    }
}
