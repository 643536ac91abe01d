//! The table of `domain::step`: from each status, by each event, to a status.

use maildesk::domain::command::{Command, Instructions};
use maildesk::domain::event::Event;
use maildesk::domain::rules::AfterReply;
use maildesk::domain::step::step;
use maildesk::domain::ticket::Status::{self, *};

use super::ground::*;

fn events() -> Vec<(&'static str, Event)> {
    let command = |command: Command| by_agent("janis", says(vec![command], ""));
    let note = Instructions { note: "He calls tomorrow.".to_owned(), ..Instructions::default() };
    vec![
        ("client", Event::ClientWrote(Box::new(client_wrote()))),
        ("thanks", thanks()),
        ("machine", Event::MachineWrote { text: "I am away.".to_owned(), reason: "absent".to_owned() }),
        ("answer", by_agent("janis", says(vec![], "Try again."))),
        ("#wait", command(Command::Wait(None))),
        ("#resolve", command(Command::Resolve)),
        ("#close", command(Command::Close)),
        ("#spam", command(Command::Spam)),
        ("note", by_agent("janis", note)),
        ("#assign", command(Command::Assign(maildesk::domain::command::Assignee::Me))),
        ("merged", Event::MergedInto(3001)),
        ("taken up", Event::TakenUp),
        ("tick", tick(after(24 * 30))),
    ]
}

/// One row for each status, in the order of [`events`].
const TABLE: [(Status, [Status; 13]); 8] = [
    (
        NeedsInfo,
        [
            NeedsInfo, NeedsInfo, NeedsInfo, Open, Waiting, Resolved, Closed, Rejected, NeedsInfo, NeedsInfo,
            Merged, Open, Closed,
        ],
    ),
    (New, [New, New, New, Open, Waiting, Resolved, Closed, Rejected, New, Open, Merged, Open, New]),
    (Open, [Open, Open, Open, Open, Waiting, Resolved, Closed, Rejected, Open, Open, Merged, Open, Open]),
    (
        Waiting,
        [
            Open, Waiting, Waiting, Open, Waiting, Resolved, Closed, Rejected, Waiting, Waiting, Merged,
            Open, Waiting,
        ],
    ),
    (
        Resolved,
        [
            Open, Resolved, Resolved, Open, Waiting, Resolved, Closed, Rejected, Resolved, Resolved, Merged,
            Open, Closed,
        ],
    ),
    (
        Closed,
        [
            Closed, Closed, Closed, Closed, Closed, Closed, Closed, Closed, Closed, Closed, Merged, Open,
            Closed,
        ],
    ),
    (
        Merged,
        [
            Merged, Merged, Merged, Merged, Merged, Merged, Merged, Merged, Merged, Merged, Merged, Open,
            Merged,
        ],
    ),
    (
        Rejected,
        [
            Rejected, Rejected, Rejected, Open, Waiting, Resolved, Closed, Rejected, Rejected, Open, Merged,
            Open, Rejected,
        ],
    ),
];

#[test]
fn invariant_4_the_table_of_statuses_is_the_machine() {
    let events = events();
    for (from, row) in TABLE {
        for ((name, event), to) in events.iter().zip(row) {
            let step = decide(&ticket(from), event, after(24 * 30 - 1));
            assert_eq!(step.ticket.status(), to, "{from:?} + {name}: {}", step.reason);
            assert!(!step.reason.is_empty(), "{from:?} + {name} has no reason");
        }
    }
}

#[test]
fn an_answer_leaves_the_ticket_as_the_desk_says() {
    for (after_reply, status, letter) in [
        (AfterReply::Open, Open, "reply > Everyone"),
        (AfterReply::Waiting, Waiting, "reply > Everyone"),
        (AfterReply::Resolved, Resolved, "resolved > Everyone"),
    ] {
        let rules = maildesk::domain::rules::Rules { after_reply, ..rules() };
        for from in [New, Open, Waiting, Resolved] {
            let event = by_agent("janis", says(vec![], "Try again."));
            let step = step(&ticket(from), &event, after(1), &rules);
            assert_eq!(step.ticket.status(), status, "{from:?}");
            let told = letters(&step);
            assert!(told.contains(&letter.to_owned()) && told.len() == 2, "{from:?}: {told:?}");
            assert_eq!(step.ticket.assignee, Some(agent("janis")));
            assert!(step.ticket.respond.as_ref().is_some_and(|c| c.met_at.is_some()));
        }
    }
}

#[test]
fn what_a_closed_or_merged_request_refuses_is_said() {
    for (from, phrase) in [(Closed, "closed"), (Merged, "merged")] {
        for (name, event) in events() {
            let changes = ["answer", "#wait", "#resolve", "#close", "#spam", "#assign"].contains(&name);
            let step = decide(&ticket(from), &event, after(1));
            assert_eq!(
                mistake(&step).is_some_and(|m| m == phrase),
                changes || (from == Merged && name == "note"),
                "{from:?} {name}"
            );
        }
    }
}
