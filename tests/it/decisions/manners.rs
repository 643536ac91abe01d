//! Who is answered automatically, and who is meant by an audience.

use maildesk::domain::address::Mailbox;
use maildesk::domain::audience::{Recipients, recipients};
use maildesk::domain::effect::Audience;
use maildesk::domain::manners::{Answered, silence};
use maildesk::domain::message::{Author, Machine};
use maildesk::domain::route::Known;
use maildesk::domain::ticket::{Status, Ticket};

use super::ground::*;

const STRANGER: &str = "someone@elsewhere.example";

#[test]
fn invariant_8_nothing_written_by_a_machine_is_answered_whatever_the_budget() {
    for kind in [Author::Bounce, Author::AutoReply, Author::List, Author::Receipt, Author::Notice] {
        for from in [ONA, STRANGER, "janis@pieva.example.test"] {
            let mut digest = digest(from);
            digest.mail.machine =
                Machine { kind, marks: vec!["Auto-Submitted: x".to_owned()], suppress: None };
            let why = silence(&digest, &Known::default(), &rules()).expect("silence");
            assert!(why.starts_with("written by a machine"), "{why}");
        }
    }
    assert_eq!(silence(&digest(STRANGER), &Known::default(), &rules()), None);
}

#[test]
fn marks_senders_and_blocks_silence() {
    let rules = rules();
    let mut no_reply = digest(STRANGER);
    no_reply.mail.machine.suppress = Some("X-Auto-Response-Suppress: All".to_owned());
    let mut spam = digest(ONA);
    spam.mail.spam = Some("X-Spam-Flag: YES".to_owned());
    for (digest, known, starts) in [
        (no_reply, Known::default(), "it asks for no automatic answer"),
        (spam, Known::default(), "marked as spam"),
        (digest("two@of.example, them@of.example"), Known::default(), "the sender cannot be read"),
        (digest("support+x@pieva.example.test"), Known::default(), "the sender is an address of ours"),
        (digest(ONA), Known { blocked: true, ..Known::default() }, "the sender is blocked"),
    ] {
        let why = silence(&digest, &known, &rules).expect("silence");
        assert!(why.starts_with(starts), "{why}");
    }
}

#[test]
fn invariant_8_budgets_are_smaller_for_strangers() {
    let none = Answered::default();
    for (from, answered, is_silent) in [
        (STRANGER, Answered { hour: 2, day: 9, ..none }, false),
        (STRANGER, Answered { hour: 3, ..none }, true),
        (STRANGER, Answered { day: 10, ..none }, true),
        (STRANGER, Answered { domain_day: 10_000, ..none }, true),
        (STRANGER, Answered { all_hour: 20_000, ..none }, true),
        (ONA, Answered { hour: 3, day: 10, ..none }, false),
        (ONA, Answered { hour: 60, ..none }, true),
        (ONA, Answered { day: 500, ..none }, true),
        (ONA, Answered { domain_day: 10_000, ..none }, false),
        (ONA, Answered { all_hour: 20_000, ..none }, true),
        ("petr@pieva.example.test", Answered { hour: 59, ..none }, false),
        ("petr@pieva.example.test", Answered { hour: 60, ..none }, true),
    ] {
        let known = Known { answered, ..Known::default() };
        assert_eq!(silence(&digest(from), &known, &rules()).is_some(), is_silent, "{from} {answered:?}");
    }
}

fn to(audience: &Audience, ticket: &Ticket) -> (Vec<String>, Vec<String>) {
    let list = |all: Vec<Mailbox>| all.into_iter().map(|m| m.address.to_string()).collect();
    match recipients(audience, ticket, &rules()) {
        Recipients::Client { to, cc } => (list(to), list(cc)),
        Recipients::Staff(staff) => (list(staff.into_iter().map(|s| s.mailbox).collect()), Vec::new()),
    }
}

#[test]
fn audiences_are_the_people_meant_nobody_twice_and_no_address_of_ours() {
    let mut it = ticket(Status::Open);
    it.participants = [ONA, "lina@upe.example.test", "lina@upe.example.test", "support+x@pieva.example.test"]
        .map(mailbox)
        .to_vec();
    it.assignee = Some(agent("petr"));
    it.group = vec![agent("alice"), agent("gone")];
    let office = "office@upe.example.test";
    let (janis, petr, alice) =
        ("janis@pieva.example.test", "petr@pieva.example.test", "alice@pieva.example.test");
    let team = "team@pieva.example.test";
    let nobody: [&str; 0] = [];
    for (audience, expected, cc) in [
        (Audience::Requester, vec![ONA], vec![]),
        (Audience::RequesterAndContract, vec![ONA, office], vec![]),
        (Audience::Everyone, vec![ONA], vec!["lina@upe.example.test"]),
        (Audience::NotifyNew, vec![janis, petr, team], vec![]),
        (Audience::Responsible { but: None }, vec![petr, alice], vec![]),
        (Audience::Responsible { but: Some(agent("petr")) }, vec![alice], vec![]),
        (Audience::Workers { but: vec![agent("petr"), agent("alice")] }, nobody.to_vec(), vec![]),
        (Audience::Head, vec!["head@pieva.example.test"], vec![]),
        (Audience::Nobody, nobody.to_vec(), vec![]),
        (Audience::Agent(agent("gone")), nobody.to_vec(), vec![]),
        (Audience::Writer(mailbox(janis)), vec![janis], vec![]),
    ] {
        let (to, on_cc) = to(&audience, &it);
        assert_eq!(
            (to, on_cc),
            (
                expected.iter().map(ToString::to_string).collect(),
                cc.iter().map(ToString::to_string).collect()
            ),
            "{audience:?}"
        );
    }
}

#[test]
fn where_nobody_works_on_it_those_told_of_new_requests_are_responsible() {
    let mut it = ticket(Status::New);
    assert_eq!(to(&Audience::Responsible { but: None }, &it).0.len(), 3);
    it.urgent = true;
    assert_eq!(to(&Audience::NotifyNew, &it).0[3], "alice@pieva.example.test");
    it.assignee = Some(agent("gone"));
    assert_eq!(to(&Audience::Responsible { but: None }, &it).0.len(), 4, "an agent who left is nobody");
    it.requester.address = Some(address("support@pieva.example.test"));
    assert_eq!(to(&Audience::Requester, &it).0, Vec::<String>::new(), "B8");
}

#[test]
fn a_contract_address_that_is_the_requesters_gets_one_mail() {
    let mut it = ticket(Status::New);
    it.requester.address = Some(address("office@upe.example.test"));
    assert_eq!(to(&Audience::RequesterAndContract, &it).0, ["office@upe.example.test"]);
}
