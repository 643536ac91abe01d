//! A program gone wild: what it sends fills one ticket and not the list, and nobody else waits behind it (D30).

use std::sync::Arc;

use jiff::SignedDuration;
use maildesk::desk::Desk;
use maildesk::domain::ticket::Ticket;
use maildesk::store::TicketFilter;
use serde_json::json;

use super::robots::written;
use crate::support::bench::{Bench, another_desk, monday};

const MACHINE: &str = "monitoring@elsewhere.example.test";

fn desk(most: u32) -> Arc<Desk> {
    Arc::new(another_desk(&json!({}), 7, "bench", |rules| rules.limits.tickets_per_hour = most))
}

/// One mail that refers to nothing; the purposes and recipients of what follows.
fn writes(bench: &mut Bench, from: &str, further: &str, text: &str) -> Vec<String> {
    let nth = bench.uid() + 1;
    let (id, subject) = (format!("{nth}@asking.example.test"), format!("Disk {nth} is full"));
    let to = bench.desk.rules.address.clone();
    bench.take_in(&written(&id, from, &to, &subject, further, text).raw);
    bench.letters().iter().map(|out| format!("{} > {}", out.purpose, out.to)).collect()
}

fn alarms(bench: &mut Bench, count: usize) -> usize {
    let alarm = |bench: &mut Bench| writes(bench, MACHINE, "Auto-Submitted: auto-generated\n", "No room.");
    (0..count).map(|_| alarm(bench).len()).sum()
}

/// Of one requester, newest first, with the number of messages.
fn tickets_of(bench: &mut Bench, from: &str) -> Vec<(Ticket, usize)> {
    let requester = maildesk::domain::address::Address::parse(from);
    let filter = TicketFilter { requester, ..TicketFilter::default() };
    let tickets = bench.run(|tx, _, _| tx.tickets(&filter));
    let thread = |ticket: Ticket, bench: &mut Bench| {
        let count = bench.ticket(ticket.key.number).map_or(0, |(_, thread)| thread.len());
        (ticket, count)
    };
    tickets.into_iter().map(|ticket| thread(ticket, bench)).collect()
}

#[test]
fn a_thousand_alarms_are_fifty_tickets_and_others_do_not_notice() {
    let mut bench = Bench::new(desk(50), monday());
    let before = alarms(&mut bench, 50);
    let told_of_one = before / 50;
    let later = alarms(&mut bench, 950);
    assert_eq!(later, 3 * told_of_one, "the first, the tenth and the hundredth are told");
    let tickets = tickets_of(&mut bench, MACHINE);
    assert_eq!(tickets.len(), 50);
    let (newest, messages) = &tickets[0];
    assert_eq!((newest.flood, *messages), (950, 951), "none is lost");
    assert!(tickets[1..].iter().all(|(ticket, messages)| (ticket.flood, *messages) == (0, 1)));

    let told = writes(&mut bench, "ona@genuine.example.test", "", "How deep is the water at the pier?");
    assert!(told.iter().any(|letter| letter == "ack > ona@genuine.example.test"), "{told:?}");
    assert_eq!(tickets_of(&mut bench, "ona@genuine.example.test").len(), 1);
}

#[test]
fn it_is_over_an_hour_later_and_a_desk_may_do_without() {
    let mut bench = Bench::new(desk(5), monday());
    alarms(&mut bench, 8);
    bench.pass(SignedDuration::from_mins(61));
    alarms(&mut bench, 1);
    assert_eq!(tickets_of(&mut bench, MACHINE).len(), 6, "an hour later");

    let mut bench = Bench::new(desk(0), monday());
    alarms(&mut bench, 60);
    assert_eq!(tickets_of(&mut bench, MACHINE).len(), 60, "a desk without this bound");
}

#[test]
fn a_person_who_says_that_it_is_urgent_is_heard_in_the_middle_of_it() {
    let mut bench = Bench::new(desk(2), monday());
    let eve = "eve@elsewhere.example.test";
    for _ in 0..4 {
        writes(&mut bench, eve, "", "How deep is the water at the pier?");
    }
    assert_eq!(tickets_of(&mut bench, eve).len(), 2);
    let quiet = writes(&mut bench, eve, "", "And at the other one?");
    assert_eq!(quiet, Vec::<String>::new());
    let heard = writes(&mut bench, eve, "", "URGENT: the pier is burning!");
    assert!(heard.iter().any(|letter| letter.starts_with("agent_update > ")), "{heard:?}");
    let (newest, messages) = &tickets_of(&mut bench, eve)[0];
    assert_eq!((newest.flood, *messages), (4, 5));
}
