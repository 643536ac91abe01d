//! How many automatic letters anybody gets: by address, by domain, altogether; over restarts and midnights; and that it
//! heals.

use std::path::Path;
use std::sync::Arc;

use jiff::SignedDuration;
use maildesk::desk::Desk;
use maildesk::domain::rules::Limits;
use serde_json::json;

use super::robots::written;
use crate::support::bench::{Bench, another_desk, monday};

fn desk(change: impl FnOnce(&mut Limits)) -> Arc<Desk> {
    Arc::new(another_desk(&json!({}), 7, "bench", |rules| change(&mut rules.limits)))
}

/// One request; how many acknowledgements follow.
fn asks(bench: &mut Bench, from: &str) -> usize {
    let nth = bench.uid() + 1;
    let (id, subject) = (format!("{nth}@asking.example.test"), format!("Question number {nth}"));
    let text = format!("How deep is the water at pier number {nth}, please?");
    let desk = bench.desk.rules.address.clone();
    bench.take_in(&written(&id, from, &desk, &subject, "", &text).raw);
    bench.letters().iter().filter(|out| out.purpose == "ack").count()
}

fn asks_often(bench: &mut Bench, from: &str, times: usize) -> usize {
    (0..times).map(|_| asks(bench, from)).sum()
}

#[test]
fn an_address_gets_three_in_an_hour_and_ten_in_a_day_and_more_the_next() {
    let mut bench = Bench::new(desk(|_| ()), monday());
    let eve = "eve@elsewhere.example.test";
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(asks_often(&mut bench, eve, 5));
        bench.pass(SignedDuration::from_mins(61));
    }
    assert_eq!(heard, [3, 3, 3, 1, 0]);
    bench.pass(SignedDuration::from_hours(24));
    assert_eq!(asks_often(&mut bench, eve, 5), 3, "it heals");
}

#[test]
fn neither_a_restart_nor_midnight_begins_the_count_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desk.db");
    let desk = desk(|_| ());
    // 23:50 in Riga.
    let late = monday() + SignedDuration::from_mins(13 * 60 + 50);
    let open = |at, uid| Bench::open(desk.clone(), Path::new(&file), at, uid);
    let mut bench = open(late, 0);
    assert_eq!(asks_often(&mut bench, "eve@elsewhere.example.test", 3), 3);
    let uid = bench.uid();
    drop(bench);
    let mut bench = open(late + SignedDuration::from_mins(20), uid);
    assert_eq!(asks_often(&mut bench, "eve@elsewhere.example.test", 3), 0);
    let uid = bench.uid();
    drop(bench);
    let mut bench = open(late + SignedDuration::from_mins(61), uid);
    assert_eq!(asks_often(&mut bench, "eve@elsewhere.example.test", 3), 3);
}

#[test]
fn plus_tags_and_capitals_are_one_address() {
    let mut bench = Bench::new(desk(|_| ()), monday());
    let forms =
        ["eve@elsewhere.example.test", "eve+1@elsewhere.example.test", "EVE+two@Elsewhere.example.test"];
    let heard: usize = (0..6).map(|n| asks(&mut bench, forms[n % forms.len()])).sum();
    assert_eq!(heard, 3);
}

#[test]
fn a_domain_and_everybody_together_have_bounds_and_others_go_on() {
    let mut bench = Bench::new(desk(|limits| limits.domain_answers_per_day = 4), monday());
    let of = |n: usize| format!("person{n}@elsewhere.example.test");
    let heard: usize = (0..8).map(|n| asks(&mut bench, &of(n))).sum();
    assert_eq!(heard, 4);
    assert_eq!(asks(&mut bench, "zoe@genuine.example.test"), 1, "another domain");
    assert_eq!(asks(&mut bench, "alice@boatyard.example.test"), 1, "a known contact");
    bench.pass(SignedDuration::from_hours(25));
    assert_eq!(asks(&mut bench, &of(9)), 1, "it heals");

    let mut bench = Bench::new(desk(|limits| limits.all_answers_per_hour = 5), monday());
    let heard: usize = (0..9).map(|n| asks(&mut bench, &format!("p{n}@d{n}.example.test"))).sum();
    assert_eq!(heard, 5);
    assert_eq!(asks(&mut bench, "alice@boatyard.example.test"), 0, "everybody is everybody");
    bench.pass(SignedDuration::from_mins(61));
    assert_eq!(asks(&mut bench, "alice@boatyard.example.test"), 1, "it heals");
}

#[test]
fn what_is_over_budget_is_registered_all_the_same_and_the_reason_is_kept() {
    let mut bench = Bench::new(desk(|_| ()), monday());
    asks_often(&mut bench, "eve@elsewhere.example.test", 5);
    let (fourth, thread) = bench.ticket(104).expect("registered");
    assert!(fourth.muted.as_deref().is_some_and(|why| why.contains("limit of 3")), "{:?}", fourth.muted);
    assert_eq!(thread.len(), 1);
}
