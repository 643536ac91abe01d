//! Promises about tickets, their numbers and their wakes.

use maildesk::domain::people::AgentId;
use maildesk::domain::ticket::{Clock, Closing, Lack, State, Status, Ticket, TicketKey};
use maildesk::store::{Store, TicketFilter};

use crate::support::store_samples::*;

fn in_state(number: u32, state: State) -> Ticket {
    Ticket { state, ..ticket(number) }
}

pub fn every_status_is_read_back(store: &mut dyn Store) {
    let states = [
        State::NeedsInfo { expires_at: None, lack: Lack::Information },
        State::NeedsInfo { expires_at: Some(second(60)), lack: Lack::Confirmation },
        State::New,
        State::Open,
        State::Waiting { since: second(1), remind_at: None },
        State::Waiting { since: second(1), remind_at: Some(second(60)) },
        State::Resolved { at: second(1), closes_at: second(60) },
        State::Closed { at: second(1), how: Closing::Silence },
        State::Closed { at: second(1), how: Closing::Agent(AgentId("petr".into())) },
        State::Closed { at: second(1), how: Closing::Operator },
        State::Closed { at: second(1), how: Closing::Expired },
        State::Merged { into: 1 },
        State::Rejected { at: second(1) },
    ];
    let mut seen: Vec<Status> = states.iter().map(State::status).collect();
    seen.dedup();
    assert_eq!(seen, Status::ALL, "the list leaves a status out");
    for state in states {
        let written = store
            .run(|tx| {
                let ticket = in_state(tx.next_number(&desk(), 1)?, state.clone());
                write(tx, None, &ticket)?;
                Ok(ticket)
            })
            .expect("written");
        assert_eq!(store.run(|tx| tx.ticket(&written.key)).expect("asked"), Some(written));
    }
}

pub fn every_plane_of_unicode_is_read_back(store: &mut dyn Store) {
    let planes: String = (0..=16u32).filter_map(|plane| char::from_u32(plane * 0x1_0000 + 0xabc)).collect();
    let odd = "\0 \u{1}\u{7f} ' \" \\ ; -- \u{202e} e\u{301} é 👩‍🔧 \u{ffff}\u{10ffff}";
    let written = store
        .run(|tx| {
            let mut ticket = ticket(tx.next_number(&desk(), 1)?);
            ticket.subject = format!("{planes}{odd}");
            ticket.fields.insert(odd.into(), planes.clone());
            ticket.client = Some(odd.into());
            ticket.assignee = Some(AgentId("jānis".into()));
            write(tx, None, &ticket)?;
            Ok(ticket)
        })
        .expect("written");
    assert_eq!(store.run(|tx| tx.ticket(&written.key)).expect("asked"), Some(written.clone()));
    let by_client = TicketFilter { client: written.client.clone(), ..TicketFilter::default() };
    assert_eq!(store.run(|tx| tx.tickets(&by_client)).expect("asked"), [written]);
}

pub fn a_ticket_is_replaced_by_the_next_one_saved(store: &mut dyn Store) {
    let before = store.run(|tx| open(tx)).expect("opened");
    let mut after = before.clone();
    after.state = State::Open;
    after.assignee = Some(AgentId("petr".into()));
    after.client = None;
    after.respond = Some(Clock { due: second(60), warn_at: None, met_at: None, breached: false });
    store.run(|tx| write(tx, Some(&before), &after)).expect("written");
    assert_eq!(store.run(|tx| tx.ticket(&before.key)).expect("asked"), Some(after));
    let new = TicketFilter { statuses: vec![Status::New], ..TicketFilter::default() };
    assert_eq!(store.run(|tx| tx.tickets(&new)).expect("asked"), []);
    let nobody = TicketKey::new(&"sales".into(), before.key.number);
    assert_eq!(store.run(|tx| tx.ticket(&nobody)).expect("asked"), None);
}

pub fn numbers_follow_each_other_at_each_desk(store: &mut dyn Store) {
    let sales = "sales".into();
    let numbers = store
        .run(|tx| {
            let mut numbers = Vec::new();
            for desk in [&desk(), &desk(), &sales, &desk(), &sales] {
                numbers.push(tx.next_number(desk, 100)?);
            }
            Ok(numbers)
        })
        .expect("given");
    assert_eq!(numbers, [100, 101, 100, 102, 101]);
    assert_eq!(store.run(|tx| tx.next_number(&desk(), 100)).expect("given"), 103);
}

pub fn a_first_number_that_is_raised_is_followed(store: &mut dyn Store) {
    let mut next = |first| store.run(|tx| tx.next_number(&desk(), first)).expect("given");
    assert_eq!([next(1), next(3000), next(3000), next(1)], [1, 3000, 3001, 3002]);
}

pub fn after_a_restore_numbers_leave_a_gap_even_at_a_desk_that_had_none(store: &mut dyn Store) {
    let mut next = |name: &str, first| store.run(|tx| tx.next_number(&name.into(), first)).expect("given");
    assert_eq!(next("support", 1), 1);
    assert_eq!(store.run(|tx| tx.epoch()).expect("asked"), 0);
    assert_eq!(store.run(|tx| tx.bump_numbers(1000)).expect("bumped"), 1);
    assert_eq!(store.run(|tx| tx.bump_numbers(500)).expect("bumped"), 2);
    assert_eq!(store.run(|tx| tx.epoch()).expect("asked"), 2);
    let mut next = |name: &str, first| store.run(|tx| tx.next_number(&name.into(), first)).expect("given");
    assert_eq!([next("support", 1), next("support", 1)], [1502, 1503]);
    assert_eq!([next("sales", 100), next("sales", 100)], [1600, 1601]);
}

/// Tickets whose clocks end so many seconds from now, in this order.
fn open_with_wakes(store: &mut dyn Store, seconds: &[i64]) -> Vec<TicketKey> {
    let open = |n: &i64| {
        store.run(|tx| {
            let mut ticket = ticket(tx.next_number(&desk(), 1)?);
            ticket.resolve = Some(Clock { due: second(*n), warn_at: None, met_at: None, breached: false });
            write(tx, None, &ticket)?;
            Ok(ticket.key)
        })
    };
    seconds.iter().map(open).collect::<Result<_, _>>().expect("opened")
}

pub fn what_is_due_comes_in_order_and_bounded(store: &mut dyn Store) {
    let keys = open_with_wakes(store, &[50, 10, 30, 10, 90]);
    let mut due = |now, limit| store.run(|tx| tx.due(second(now), limit)).expect("asked");
    let named = |places: &[usize]| places.iter().map(|i| keys[*i].clone()).collect::<Vec<_>>();
    assert_eq!(due(9, 10), []);
    assert_eq!(due(10, 10), named(&[1, 3]));
    assert_eq!(due(60, 10), named(&[1, 3, 2, 0]));
    assert_eq!(due(60, 3), named(&[1, 3, 2]));
    assert_eq!(due(60, 0), []);
    assert_eq!(store.run(|tx| tx.next_wake()).expect("asked"), Some(second(10)));
}

pub fn an_instant_before_its_wake_nothing_is_due(store: &mut dyn Store) {
    let wake = "2026-03-02T09:00:00.000000001Z".parse().expect("an instant");
    let key = store
        .run(|tx| {
            let mut ticket = ticket(tx.next_number(&desk(), 1)?);
            ticket.state = State::Resolved { at: second(0), closes_at: wake };
            write(tx, None, &ticket)?;
            Ok(ticket.key)
        })
        .expect("opened");
    assert_eq!(store.run(|tx| tx.next_wake()).expect("asked"), Some(wake));
    assert_eq!(store.run(|tx| tx.due(second(0), 1)).expect("asked"), []);
    assert_eq!(store.run(|tx| tx.due(wake, 1)).expect("asked"), [key]);
}

pub fn a_ticket_that_waits_for_nothing_is_never_due(store: &mut dyn Store) {
    assert_eq!(store.run(|tx| tx.next_wake()).expect("asked"), None);
    let keys = open_with_wakes(store, &[10]);
    let before = store.run(|tx| tx.ticket(&keys[0])).expect("asked").expect("there");
    let after = Ticket { resolve: None, ..before.clone() };
    store.run(|tx| write(tx, Some(&before), &after)).expect("written");
    assert_eq!(store.run(|tx| tx.next_wake()).expect("asked"), None);
    let end = "2200-01-01T00:00:00Z".parse().expect("an instant");
    assert_eq!(store.run(|tx| tx.due(end, 10)).expect("asked"), []);
}

pub fn lists_of_tickets_are_filtered_and_paged(store: &mut dyn Store) {
    store
        .run(|tx| {
            for n in 1..=6u32 {
                let desk = if n == 6 { "sales".into() } else { desk() };
                let number = tx.next_number(&desk, 1)?;
                let mut ticket = ticket(number);
                ticket.key = TicketKey::new(&desk, number);
                ticket.subject = n.to_string();
                if n % 2 == 0 {
                    ticket.state = State::Open;
                    ticket.assignee = Some(AgentId("petr".into()));
                    ticket.requester.address = Some(address("janis@client.example"));
                }
                write(tx, None, &ticket)?;
            }
            Ok(())
        })
        .expect("opened");
    let all = TicketFilter::default;
    for (filter, expected) in [
        (TicketFilter { desk: Some(desk()), ..all() }, "5 4 3 2 1"),
        (TicketFilter { desk: Some(desk()), limit: 2, ..all() }, "5 4"),
        (TicketFilter { desk: Some(desk()), limit: 2, before: Some(4), ..all() }, "3 2"),
        (TicketFilter { desk: Some(desk()), skip: 1, limit: 2, ..all() }, "4 3"),
        (TicketFilter { desk: Some(desk()), skip: 3, ..all() }, "2 1"),
        (TicketFilter { desk: Some("sales".into()), ..all() }, "6"),
        (TicketFilter { statuses: vec![Status::Open], ..all() }, "4 2 6"),
        (
            TicketFilter { statuses: vec![Status::Open, Status::New], desk: Some(desk()), ..all() },
            "5 4 3 2 1",
        ),
        (TicketFilter { statuses: vec![Status::Closed], ..all() }, ""),
        (TicketFilter { assignee: Some("petr".into()), desk: Some(desk()), ..all() }, "4 2"),
        (TicketFilter { requester: Some(address("ona@client.example")), ..all() }, "5 3 1"),
        (TicketFilter { client: Some("none".into()), ..all() }, ""),
    ] {
        let found = store.run(|tx| tx.tickets(&filter)).expect("asked");
        let found: Vec<&str> = found.iter().map(|t| t.subject.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{filter:?}");
    }
}

pub fn tickets_are_listed_by_when_they_were_received(store: &mut dyn Store) {
    store
        .run(|tx| {
            // Old mail was read after new mail.
            for received in [50, 10, 30, 20, 40] {
                let number = tx.next_number(&desk(), 1)?;
                write(tx, None, &Ticket { received_at: second(received), ..ticket(number) })?;
            }
            Ok(())
        })
        .expect("opened");
    let all = TicketFilter::default;
    for (filter, expected) in [
        (TicketFilter { since: Some(second(30)), ..all() }, &[5, 3, 1][..]),
        (TicketFilter { since: Some(second(30)), limit: 2, ..all() }, &[5, 3]),
        (TicketFilter { until: Some(second(30)), ..all() }, &[4, 2]),
        (TicketFilter { until: Some(second(41)), since: Some(second(20)), ..all() }, &[5, 4, 3]),
        (TicketFilter { since: Some(second(30)), client: Some("301234567".into()), ..all() }, &[5, 3, 1]),
        (TicketFilter { since: Some(second(30)), statuses: vec![Status::Open], ..all() }, &[]),
        (TicketFilter { since: Some(second(30)), before: Some(5), ..all() }, &[3, 1]),
    ] {
        let found = store.run(|tx| tx.tickets(&filter)).expect("asked");
        assert_eq!(found.iter().map(|t| t.key.number).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub fn tickets_are_counted_up_to_a_number(store: &mut dyn Store) {
    open_with_wakes(store, &[1, 2, 3, 4]);
    let mut count = |filter: TicketFilter, most| store.run(|tx| tx.how_many(&filter, most)).expect("asked");
    let limited = TicketFilter { limit: 1, ..TicketFilter::default() };
    assert_eq!([count(limited.clone(), 9), count(limited.clone(), 3), count(limited, 0)], [4, 3, 0]);
    assert_eq!(count(TicketFilter { statuses: vec![Status::Closed], ..TicketFilter::default() }, 9), 0);
}
