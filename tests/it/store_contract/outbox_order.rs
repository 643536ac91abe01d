//! Promises about the order in which letters go.

use maildesk::domain::ticket::TicketKey;
use maildesk::store::{Claim, DeliveryState, Store};

use super::outbox::{claim, enqueue, settle};
use crate::support::store_samples::*;

fn names(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|c| c.row.letter.cause.clone()).collect()
}

fn open_key(store: &mut dyn Store) -> TicketKey {
    store.run(|tx| Ok(open(tx)?.key)).expect("opened")
}

pub fn the_oldest_is_claimed_first_and_no_more_than_asked(store: &mut dyn Store) {
    for (name, at) in [("late", 20), ("early", 10), ("earliest", 5), ("early-too", 10)] {
        let mut new = letter(name, None, &format!("{name}@client.example"));
        new.not_before = second(at);
        enqueue(store, &new);
    }
    let mut take = |limit| store.run(|tx| tx.claim(second(60), second(120), limit)).expect("claimed");
    assert_eq!(names(&take(0)), [""; 0]);
    assert_eq!(names(&take(3)), ["earliest", "early", "early-too"]);
    assert_eq!(names(&take(3)), ["late"]);
}

pub fn what_somebody_waits_for_goes_first_and_takes_along_what_stands_before_it(store: &mut dyn Store) {
    let key = open_key(store);
    for n in 0..3 {
        enqueue(store, &letter(&format!("ack-{n}"), None, &format!("p{n}@client.example")));
    }
    let ona = "ona@client.example";
    enqueue(store, &letter("ack-ona", Some(&key), ona));
    let mut answer = letter("answer", Some(&key), ona);
    answer.pressing = true;
    enqueue(store, &answer);
    let mut alarm = letter("alarm", None, "petr@desk.example");
    (alarm.pressing, alarm.not_before) = (true, second(30));
    enqueue(store, &alarm);
    let mut take = |now, limit| store.run(|tx| tx.claim(second(now), second(120), limit)).expect("claimed");
    let first = take(0, 2);
    assert_eq!(names(&first), ["ack-ona", "ack-0"], "the answer waits behind it");
    assert_eq!(names(&take(30, 2)), ["alarm", "ack-1"], "whatever was due before");
    settle(store, first[0].delivery, DeliveryState::Sent, 31, None);
    assert_eq!(names(&claim(store, 31)), ["answer", "ack-2"]);
    assert!(claim_of(store, "answer").pressing && !claim_of(store, "ack-ona").pressing, "as it was written");
}

fn claim_of(store: &mut dyn Store, name: &str) -> maildesk::store::NewLetter {
    let id = format!("{name}@desk.example");
    store.run(|tx| tx.letter_by_message_id(&id)).expect("asked").expect("there").letter
}

pub fn letters_of_one_ticket_reach_one_person_in_their_order(store: &mut dyn Store) {
    let (key, other) = (open_key(store), open_key(store));
    let ona = "ona@client.example";
    enqueue(store, &letter("ack", Some(&key), ona));
    enqueue(store, &letter("answer", Some(&key), ona));
    enqueue(store, &letter("other-ticket", Some(&other), ona));
    enqueue(store, &letter("other-person", Some(&key), "petr@desk.example"));
    let taken = claim(store, 0);
    assert_eq!(names(&taken), ["ack", "other-ticket", "other-person"]);

    settle(store, taken[0].delivery, DeliveryState::Deferred, 1, Some(second(300)));
    settle(store, taken[1].delivery, DeliveryState::Sent, 1, None);
    settle(store, taken[2].delivery, DeliveryState::Sent, 1, None);
    assert_eq!(names(&claim(store, 2)), [""; 0], "the answer waits for the acknowledgement");
    let ack = claim(store, 300);
    assert_eq!(names(&ack), ["ack"]);
    settle(store, ack[0].delivery, DeliveryState::Uncertain, 301, Some(second(10_000)));
    settle(store, ack[0].delivery, DeliveryState::Expired, 302, None);
    assert_eq!(names(&claim(store, 302)), ["answer"], "it goes when the acknowledgement is given up");
}

pub fn a_stuck_recipient_delays_nobody_else(store: &mut dyn Store) {
    let key = open_key(store);
    for i in 0..5 {
        enqueue(store, &letter(&format!("stuck-{i}"), Some(&key), "stuck@client.example"));
    }
    for i in 0..5 {
        enqueue(store, &letter(&format!("free-{i}"), Some(&key), &format!("free{i}@client.example")));
    }
    let taken = claim(store, 0);
    assert_eq!(names(&taken), ["stuck-0", "free-0", "free-1", "free-2", "free-3", "free-4"]);
    assert_eq!(claim(store, 1), [], "the others of the stuck one wait behind it");
}

pub fn letters_without_a_ticket_wait_for_no_other(store: &mut dyn Store) {
    enqueue(store, &letter("statement", None, "ona@client.example"));
    enqueue(store, &letter("alert", None, "ona@client.example"));
    assert_eq!(names(&claim(store, 0)), ["statement", "alert"]);
}

pub fn two_recipients_of_one_letter_are_two_deliveries(store: &mut dyn Store) {
    let key = open_key(store);
    let mut ack = letter("ack", Some(&key), "ona@client.example");
    ack.recipients.push(address("contract@client.example"));
    let mut named_twice = letter("reply", Some(&key), "olga@other.example");
    named_twice.recipients.push(address("olga@other.example"));
    let id = enqueue(store, &ack);
    enqueue(store, &named_twice);
    let taken = claim(store, 0);
    let to: Vec<_> = taken.iter().map(|c| (c.letter == id, c.recipient.as_str())).collect();
    assert_eq!(
        to,
        [(true, "ona@client.example"), (true, "contract@client.example"), (false, "olga@other.example")]
    );
    settle(store, taken[0].delivery, DeliveryState::Failed, 1, None);
    let left = claim(store, 60);
    assert_eq!(left[0].recipient.as_str(), "contract@client.example", "one refusal concerns one recipient");
}

pub fn an_older_letter_that_is_opened_again_goes_first(store: &mut dyn Store) {
    let key = open_key(store);
    for name in ["first", "second", "third"] {
        enqueue(store, &letter(name, Some(&key), "ona@client.example"));
    }
    let first = claim(store, 0).remove(0);
    settle(store, first.delivery, DeliveryState::Failed, 1, None);
    settle(store, first.delivery, DeliveryState::Queued, 2, Some(second(10)));
    assert_eq!(claim(store, 9), [], "the second waits for the first again");
    let again = claim(store, 10);
    assert_eq!(names(&again), ["first"]);
    settle(store, again[0].delivery, DeliveryState::Sent, 11, None);
    assert_eq!(names(&claim(store, 11)), ["second"]);
}
