//! No loop: for two days of minutes desks live among robots that answer everything, and nothing goes on for ever.

mod budgets;
mod floods;
mod languages;
mod marks;
mod robots;
mod town;

use jiff::SignedDuration;
use maildesk::domain::address::Address;
use maildesk::store::{MailFilter, Outcome};
use robots::{Robot, Ways, address, written};
use serde_json::{Value, json};
use town::{Town, most_within};

use crate::support::bench::{Bench, another_desk, monday, small_desk};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn desk_address() -> Address {
    address("help@harbour.example.test")
}

fn town(setup: &Value, robots: Vec<Robot>) -> Town {
    Town::new(vec![Bench::new(small_desk(setup), monday())], robots)
}

/// Every robot writes once, and then answers.
fn let_them_ask(town: &mut Town) {
    let asked: Vec<_> = town.robots.iter().map(|robot| robot.asks(&desk_address())).collect();
    for (nth, mail) in asked.into_iter().enumerate() {
        town.post_in(SignedDuration::from_mins(3 * nth as i64 + 1), mail);
    }
}

/// Somebody who writes in the middle of it all is acknowledged within a few minutes.
fn genuine(town: &mut Town, hours: i64) -> Address {
    let zoe = address("zoe@genuine.example.test");
    let text = "My boat has lost its rudder, could you take it out of the water tomorrow?";
    let mail = written(
        "zoe@genuine.example.test",
        "Zoe <zoe@genuine.example.test>",
        &desk_address(),
        "Rudder",
        "",
        text,
    );
    town.post_in(SignedDuration::from_hours(hours), mail);
    zoe
}

fn was_acknowledged_at(town: &Town, who: &Address, hours: i64) {
    let due = monday() + SignedDuration::from_hours(hours);
    let times: Vec<_> =
        town.sent.iter().filter(|s| s.to == *who && s.purpose == "ack").map(|s| s.at).collect();
    assert_eq!(times.len(), 1, "one acknowledgement");
    assert!(times[0].duration_since(due) <= SignedDuration::from_mins(3), "{} for {due}", times[0]);
}

/// (B32) The rig.
#[test]
fn for_48_hours_robots_of_every_kind_get_their_share_and_no_more() {
    let robots = vec![
        Robot::new("crm@changing.example.test", Ways::Changing),
        Robot::new("office@threading.example.test", Ways::Threading),
        Robot::new("ina@vacation.example.test", Ways::Vacation),
        Robot::new("lt@away.example.test", Ways::Away("Automatinis atsakymas")),
        Robot::new("de@away.example.test", Ways::Away("Abwesenheitsnotiz")),
        Robot::new("pl@away.example.test", Ways::Away("Nieobecność")),
        Robot::new("gone@bouncing.example.test", Ways::Bounces),
        Robot::new("gone@bouncing-to-from.example.test", Ways::BouncesToFrom),
        Robot::new("club@list.example.test", Ways::List),
        Robot::new("club@rewriting.example.test", Ways::RewritingList),
        Robot::new("support@marked.example.test", Ways::Tickets("Auto-Submitted: auto-generated\n")),
        Robot::new("support@bulk.example.test", Ways::Tickets("Precedence: bulk\nX-OTRS-Loop: support\n")),
        Robot::new("support@suppressing.example.test", Ways::Tickets("X-Auto-Response-Suppress: All\n")),
        Robot::new("support@bare.example.test", Ways::BareTickets),
        Robot::new("guard@challenge.example.test", Ways::Challenge),
    ];
    let mut town = town(&json!({}), robots);
    let_them_ask(&mut town);
    let zoe = genuine(&mut town, 30);
    town.live(48);
    was_acknowledged_at(&town, &zoe, 30);
    let marked = ["vacation", "marked", "bulk", "suppressing", "bouncing", "list", "rewriting"];
    let mut all = 0;
    for robot in &town.robots {
        let times = town.times(&robot.address);
        println!("{:40} {:3} letters", robot.address, times.len());
        let name = robot.address.domain().split('.').next().unwrap_or_default();
        let most = if marked.contains(&name) { 1 } else { 20 };
        assert!(times.len() <= most, "{}: {} letters in two days", robot.address, times.len());
        assert!(most_within(&times, HOUR) <= 3 && most_within(&times, DAY) <= 10, "{}", robot.address);
        all += times.len();
    }
    let tickets = town.tickets(0);
    println!("{all} letters to robots, {tickets} tickets");
    assert!(tickets <= all + town.robots.len() + 1, "{tickets} tickets of {all} letters");
    assert!(town.sent.iter().filter(|s| s.purpose == "ack").count() >= 8, "the robots were answered at all");
}

/// (B10) Who takes another mailbox each time is stopped by the bound of his domain, and others are not.
#[test]
fn a_robot_that_takes_another_mailbox_each_time_is_stopped_by_its_domain() {
    let robots = vec![Robot::new("crm@rotating.example.test", Ways::Rotating)];
    let desk = another_desk(&json!({}), 7, "bench", |rules| rules.limits.domain_answers_per_day = 12);
    let mut town = Town::new(vec![Bench::new(desk.into(), monday())], robots);
    // Whatever mailbox it wrote from, it reads what comes back.
    town.robots[0].address = address("crm@rotating.example.test");
    for n in 1..=40 {
        let from = format!("crm{n}@rotating.example.test");
        let mail = written(
            &format!("{n}@rotating.example.test"),
            &from,
            &desk_address(),
            &format!("Report {n}"),
            "",
            "All is well here, thank you for asking us again.",
        );
        town.post_in(SignedDuration::from_mins(30 * n), mail);
    }
    let zoe = genuine(&mut town, 20);
    town.live(24);
    was_acknowledged_at(&town, &zoe, 20);
    let of_domain =
        town.sent.iter().filter(|s| s.to.domain() == "rotating.example.test" && s.automatic).count();
    assert_eq!(of_domain, 12);
}

/// A second installation.
fn second() -> Bench {
    let setup = json!({
        "desk": "second", "address": "support@second.example.test", "tag": "[S-{n}]",
        "agents": {"kim": {"name": "Kim Berg", "email": "kim@second.example.test"}},
        "notify_new": ["kim@second.example.test"], "notify_urgent": [], "clients": [],
    });
    Bench::new(another_desk(&setup, 9, "second", |_| ()).into(), monday())
}

#[test]
fn two_maildesks_that_write_to_each_other_fall_silent() {
    let mut town = Town::new(vec![Bench::new(small_desk(&json!({})), monday()), second()], Vec::new());
    let (one, two) = (desk_address(), address("support@second.example.test"));
    let text = "We would like to know how you do these things, please tell us.";
    town.post(written("a@second.example.test", two.as_str(), &one, "A question", "", text));
    town.post(written("b@harbour.example.test", one.as_str(), &two, "Another question", "", text));
    town.live(48);
    let between = town.sent.iter().filter(|s| s.to == one || s.to == two).count();
    assert!((1..=2).contains(&between), "{between} letters between the two");
    let (a, b) = (town.tickets(0), town.tickets(1));
    assert!(a <= 2 && b <= 2, "{a} and {b} tickets");
}

/// (B25, B31) Each desk's agent has his notifications sent on to the other desk.
#[test]
fn two_maildesks_that_get_each_others_notifications_do_not_go_round() {
    let robots = vec![
        Robot::new("ona@harbour.example.test", Ways::Forwards("support@second.example.test")),
        Robot::new("kim@second.example.test", Ways::Forwards("help@harbour.example.test")),
        Robot::new("petr@harbour.example.test", Ways::Person),
    ];
    let mut town = Town::new(vec![Bench::new(small_desk(&json!({})), monday()), second()], robots);
    let text = "Could you tell me, please, how we can rent a berth for the summer?";
    town.post(written(
        "zoe@genuine.example.test",
        "zoe@genuine.example.test",
        &desk_address(),
        "A berth",
        "",
        text,
    ));
    town.live(48);
    let (a, b) = (town.tickets(0), town.tickets(1));
    println!("{a} and {b} tickets, {} letters", town.sent.len());
    assert!(a <= 2 && b <= 2, "{a} and {b} tickets");
    assert!(town.sent.len() <= 20, "{} letters", town.sent.len());
}

/// (B9) The client's program and the agent's program answer everything, unmarked: what an agent types counts against no
/// budget.
#[test]
fn two_programs_that_talk_through_an_agent_are_parted() {
    let robots = vec![
        Robot::new("alice@boatyard.example.test", Ways::Threading),
        Robot::new("ona@harbour.example.test", Ways::Threading),
        Robot::new("petr@harbour.example.test", Ways::Person),
    ];
    let mut town = town(&json!({}), robots);
    let ask = town.robots[0].asks(&desk_address());
    town.post(ask);
    let zoe = genuine(&mut town, 30);
    town.live(48);
    was_acknowledged_at(&town, &zoe, 30);
    let replies: Vec<_> = town.sent.iter().filter(|s| s.purpose == "reply").map(|s| s.at).collect();
    println!("{} replies, {} letters, {} tickets", replies.len(), town.sent.len(), town.tickets(0));
    assert!(replies.len() > 10, "they talked");
    assert!(
        most_within(&replies, HOUR) <= 61 && most_within(&replies, DAY) <= 201,
        "{} replies",
        replies.len()
    );
    let aside = MailFilter { outcome: Some("quarantined".to_owned()), limit: 10, ..MailFilter::default() };
    let aside = town.desks[0].run(|tx, _, _| tx.mails(&aside));
    let why = |mail: &maildesk::store::Mail| match &mail.mail.outcome {
        Outcome::Quarantined { reason } => reason.clone(),
        other => format!("{other:?}"),
    };
    assert!(aside.iter().any(|mail| why(mail).contains("two programs may be talking")), "{aside:?}");
    assert!(town.sent.iter().any(|s| s.purpose == "agent_aside"), "the operator hears of it");
}

/// (B9) A known contact's program that answers every acknowledgement with a request of its own.
#[test]
fn a_known_contacts_program_gets_as_much_as_known_contacts_do() {
    let robots = vec![Robot::new("alice@boatyard.example.test", Ways::BareTickets)];
    let desk = another_desk(&json!({}), 7, "bench", |rules| {
        (rules.limits.known_answers_per_hour, rules.limits.known_answers_per_day) = (6, 40);
    });
    let mut town = Town::new(vec![Bench::new(desk.into(), monday())], robots);
    // Its answers bear the tag; without it each is a new request.
    for n in 0..12 {
        let text = format!("Message {n} has been received by our system and will be looked at.");
        let mail = written(
            &format!("{n}@boatyard.example.test"),
            "alice@boatyard.example.test",
            &desk_address(),
            &format!("Received {n}"),
            "",
            &text,
        );
        town.post_in(SignedDuration::from_mins(1 + n), mail);
    }
    town.live(26);
    let alice = address("alice@boatyard.example.test");
    let times = town.times(&alice);
    assert!(
        !times.is_empty() && most_within(&times, HOUR) <= 6 && most_within(&times, DAY) <= 40,
        "{}",
        times.len()
    );
}
