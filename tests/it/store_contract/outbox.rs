//! Promises about letters and their deliveries, one at a time.

use jiff::Timestamp;
use maildesk::domain::letter::{Attached, LetterPart, PartSource};
use maildesk::store::{
    Claim, DeliveryFilter, DeliveryId, DeliveryState, NewLetter, Settled, Store, StoreError,
};

use crate::support::store_samples::*;

pub fn enqueue(store: &mut dyn Store, letter: &NewLetter) -> i64 {
    store.run(|tx| tx.enqueue(letter)).expect("put into the outbox")
}

/// Claims at a second, with a lease of a minute.
pub fn claim(store: &mut dyn Store, at: i64) -> Vec<Claim> {
    store.run(|tx| tx.claim(second(at), second(at + 60), 10)).expect("claimed")
}

pub fn settle(
    store: &mut dyn Store,
    id: DeliveryId,
    state: DeliveryState,
    at: i64,
    next_at: Option<Timestamp>,
) {
    let outcome = Settled { state, at: second(at), next_at, text: format!("{state:?}"), uncounted: false };
    store.run(|tx| tx.settle(id, &outcome)).expect("settled");
}

pub fn state(store: &mut dyn Store, id: DeliveryId) -> DeliveryState {
    store.run(|tx| tx.delivery(id)).expect("asked").expect("there").state
}

fn plain(store: &mut dyn Store) -> i64 {
    enqueue(store, &letter("one", None, "ona@client.example"))
}

pub fn a_letter_is_read_back_as_it_was_frozen(store: &mut dyn Store) {
    let key = store.run(|tx| Ok(open(tx)?.key)).expect("opened");
    let mut new = letter("full", Some(&key), "ona@client.example");
    new.letter.head = b"Subject: \xff\0\r\n\r\n".to_vec();
    new.letter.tail = b"--b--\r\n".to_vec();
    let attached = Attached {
        name: "a.pdf".into(),
        content_type: "application/pdf".into(),
        content_id: None,
        size_bytes: 4,
        hash: hash(b"blob"),
        source: PartSource::Blob { hash: hash(b"blob") },
    };
    new.letter.parts = vec![LetterPart { head: b"--b\r\n\r\n".to_vec(), attached }];
    new.envelope_from = Some(address("support+bounce@desk.example"));
    new.recipients.push(address("contract@client.example"));
    new.not_before = second(30);
    store.run(|tx| tx.keep(&hash(b"blob"), b"blob")).expect("kept");
    let id = enqueue(store, &new);
    let row = store.run(|tx| tx.letter(id)).expect("asked").expect("there");
    assert_eq!((row.id, &row.letter), (id, &new));
    let found = store.run(|tx| tx.letter_by_message_id("full@desk.example")).expect("asked");
    assert_eq!(found, Some(row));
    assert_eq!(store.run(|tx| tx.letter_by_message_id("none@desk.example")).expect("asked"), None);
    assert_eq!(store.run(|tx| tx.letter(id + 1)).expect("asked"), None);
}

pub fn a_message_id_is_put_into_the_outbox_once(store: &mut dyn Store) {
    let first = plain(store);
    let mut again = letter("one", None, "olga@other.example");
    again.letter.head = b"other words".to_vec();
    assert_eq!(enqueue(store, &again), first);
    let row = store.run(|tx| tx.letter(first)).expect("asked").expect("there");
    assert_eq!(row.letter, letter("one", None, "ona@client.example"));
    assert_eq!(claim(store, 0).len(), 1);
}

pub fn a_letter_to_nobody_is_refused(store: &mut dyn Store) {
    let mut nobody = letter("one", None, "ona@client.example");
    nobody.recipients.clear();
    let answer = store.run(|tx| tx.enqueue(&nobody));
    assert!(matches!(answer, Err(StoreError::Abandoned(_))), "{answer:?}");
}

pub fn a_claim_is_exclusive_until_its_lease_ends(store: &mut dyn Store) {
    let id = plain(store);
    let first = claim(store, 0);
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].letter, first[0].attempt, first[0].uncertain), (id, 1, 0));
    assert_eq!(first[0].row, store.run(|tx| tx.letter(id)).expect("asked").expect("there"));
    assert_eq!((&first[0].recipient, first[0].first_at), (&address("ona@client.example"), second(0)));
    assert_eq!(claim(store, 0), []);
    assert_eq!(claim(store, 59), []);
    assert_eq!(store.run(|tx| tx.next_delivery()).expect("asked"), Some(second(60)));
    assert_eq!(claim(store, 60).len(), 1);
}

pub fn a_lease_that_ran_out_makes_the_next_attempt_uncertain(store: &mut dyn Store) {
    plain(store);
    let ids: Vec<_> = [0, 60, 120].into_iter().map(|at| claim(store, at).remove(0)).collect();
    let counts: Vec<_> = ids.iter().map(|c| (c.attempt, c.uncertain, c.first_at)).collect();
    assert_eq!(counts, [(1, 0, second(0)), (2, 1, second(0)), (3, 2, second(0))]);
}

pub fn a_claim_counts_and_an_uncounted_attempt_is_taken_back(store: &mut dyn Store) {
    plain(store);
    let first = claim(store, 0).remove(0);
    let down = Settled {
        state: DeliveryState::Deferred,
        at: second(1),
        next_at: Some(second(10)),
        text: "the host is down".into(),
        uncounted: true,
    };
    store.run(|tx| tx.settle(first.delivery, &down)).expect("settled");
    let row = store.run(|tx| tx.delivery(first.delivery)).expect("asked").expect("there");
    assert_eq!((row.attempts, row.state, row.next_at), (0, DeliveryState::Deferred, Some(second(10))));
    assert_eq!((row.settled_at, row.text.as_str()), (Some(second(1)), "the host is down"));
    assert_eq!(claim(store, 10).remove(0).attempt, 1);
}

pub fn nothing_is_claimed_before_its_time(store: &mut dyn Store) {
    let mut delayed = letter("one", None, "ona@client.example");
    delayed.not_before = second(30);
    enqueue(store, &delayed);
    assert_eq!(store.run(|tx| tx.next_delivery()).expect("asked"), Some(second(30)));
    assert_eq!(claim(store, 29), []);
    assert_eq!(claim(store, 30).len(), 1);
}

pub fn a_deferred_delivery_is_tried_again_at_its_time(store: &mut dyn Store) {
    plain(store);
    for (state_after, uncertain) in [(DeliveryState::Deferred, 0), (DeliveryState::Uncertain, 1)] {
        let start = 1000 * i64::from(uncertain);
        let taken = claim(store, start).remove(0);
        settle(store, taken.delivery, state_after, start + 1, Some(second(start + 300)));
        assert_eq!(state(store, taken.delivery), state_after);
        assert_eq!(claim(store, start + 299), [], "not at the end of its lease, at the time that was said");
        let again = claim(store, start + 300).remove(0);
        assert_eq!((again.attempt, again.uncertain), (taken.attempt + 1, uncertain));
        settle(store, again.delivery, DeliveryState::Deferred, start + 301, Some(second(1000)));
    }
}

pub fn what_is_final_is_not_tried_again(store: &mut dyn Store) {
    use DeliveryState::{Cancelled, Expired, Failed, Sent};
    for (i, last) in [Sent, Failed, Expired, Cancelled].into_iter().enumerate() {
        enqueue(store, &letter(&format!("letter {i}").replace(' ', "-"), None, "ona@client.example"));
        let taken = claim(store, 0).remove(0);
        settle(store, taken.delivery, last, 1, None);
        let row = store.run(|tx| tx.delivery(taken.delivery)).expect("asked").expect("there");
        assert_eq!((row.state, row.next_at, row.settled_at), (last, None, Some(second(1))));
        assert_eq!(claim(store, 100_000), []);
        assert_eq!(store.run(|tx| tx.next_delivery()).expect("asked"), None);
    }
}

pub fn a_late_result_does_not_undo_what_was_sent(store: &mut dyn Store) {
    use DeliveryState::{Cancelled, Deferred, Expired, Failed, Sent, Uncertain};
    for (i, (first, late, expected)) in [
        (Sent, Deferred, Sent),
        (Sent, Uncertain, Sent),
        (Sent, Expired, Sent),
        (Sent, Cancelled, Sent),
        (Sent, Failed, Failed),
        // A report that it could not be delivered was quicker than the word that it was taken.
        (Failed, Sent, Failed),
        (Failed, Deferred, Failed),
        (Cancelled, Uncertain, Cancelled),
        (Expired, Sent, Sent),
    ]
    .into_iter()
    .enumerate()
    {
        enqueue(store, &letter(&format!("letter-{i}"), None, "ona@client.example"));
        let taken = claim(store, 0).remove(0);
        settle(store, taken.delivery, first, 1, None);
        settle(store, taken.delivery, late, 2, Some(second(2)));
        assert_eq!(state(store, taken.delivery), expected, "{late:?} after {first:?}");
        assert_eq!(claim(store, 100_000), [], "{late:?} after {first:?}");
    }
}

pub fn an_operator_can_open_what_was_final(store: &mut dyn Store) {
    plain(store);
    let taken = claim(store, 0).remove(0);
    settle(store, taken.delivery, DeliveryState::Failed, 1, None);
    settle(store, taken.delivery, DeliveryState::Queued, 10, Some(second(20)));
    assert_eq!(claim(store, 19), []);
    assert_eq!(claim(store, 20).remove(0).attempt, 2);
}

pub fn after_a_crash_attempts_become_uncertain_and_due(store: &mut dyn Store) {
    for (name, to) in
        [("a", "ona@client.example"), ("b", "olga@other.example"), ("c", "janis@client.example")]
    {
        enqueue(store, &letter(name, None, to));
    }
    let taken = claim(store, 0);
    settle(store, taken[2].delivery, DeliveryState::Sent, 1, None);
    assert_eq!(store.run(|tx| tx.reclaim(second(5))).expect("reclaimed"), 2);
    assert_eq!(state(store, taken[0].delivery), DeliveryState::Uncertain);
    assert_eq!(state(store, taken[2].delivery), DeliveryState::Sent);
    let again = claim(store, 5);
    assert_eq!(again.iter().map(|c| (c.attempt, c.uncertain)).collect::<Vec<_>>(), [(2, 1), (2, 1)]);
    assert_eq!(store.run(|tx| tx.reclaim(second(6))).expect("reclaimed"), 2);
    assert_eq!(store.run(|tx| tx.reclaim(second(6))).expect("reclaimed"), 0);
}

pub fn deliveries_are_listed_by_what_is_asked(store: &mut dyn Store) {
    let key = store.run(|tx| Ok(open(tx)?.key)).expect("opened");
    let first = enqueue(store, &letter("a", Some(&key), "ona@client.example"));
    enqueue(store, &letter("b", None, "ona@client.example"));
    enqueue(store, &letter("c", Some(&key), "olga@other.example"));
    let taken = claim(store, 0);
    settle(store, taken[0].delivery, DeliveryState::Sent, 1, None);
    let all = DeliveryFilter::default;
    let ona = Some(address("ona@client.example"));
    use DeliveryState::{Attempting, Queued, Sent};
    for (filter, expected) in [
        (all(), "c b a"),
        (DeliveryFilter { limit: 1, ..all() }, "c"),
        (DeliveryFilter { states: vec![Sent], ..all() }, "a"),
        (DeliveryFilter { states: vec![Attempting, Queued], ..all() }, "c b"),
        (DeliveryFilter { states: vec![Attempting, Sent], recipient: ona.clone(), ..all() }, "b a"),
        (DeliveryFilter { ticket: Some(key.clone()), ..all() }, "c a"),
        (DeliveryFilter { ticket: Some(key.clone()), recipient: ona, ..all() }, "a"),
        (DeliveryFilter { letter: Some(first), ..all() }, "a"),
    ] {
        let found = store.run(|tx| tx.deliveries(&filter)).expect("asked");
        let names: Vec<&str> = found.iter().map(|d| &d.message_id[..1]).collect();
        assert_eq!(names.join(" "), expected, "{filter:?}");
    }
    let row = store.run(|tx| tx.delivery(taken[0].delivery)).expect("asked").expect("there");
    assert_eq!((row.desk, row.ticket, row.purpose.as_str()), (desk(), Some(key), "ack"));
    assert_eq!((row.letter, row.created_at, row.attempts, row.uncertain), (first, second(0), 1, 0));
}

pub fn settling_what_is_not_there_is_an_error_of_the_unit(store: &mut dyn Store) {
    let outcome =
        |state| Settled { state, at: second(0), next_at: None, text: String::new(), uncounted: false };
    let nobody = store.run(|tx| tx.settle(7, &outcome(DeliveryState::Sent)));
    assert!(matches!(nobody, Err(StoreError::Abandoned(_))), "{nobody:?}");
    plain(store);
    let taken = claim(store, 0).remove(0);
    let attempting = store.run(|tx| tx.settle(taken.delivery, &outcome(DeliveryState::Attempting)));
    assert!(matches!(attempting, Err(StoreError::Abandoned(_))), "{attempting:?}");
    assert_eq!(store.run(|tx| tx.delivery(7)).expect("asked"), None);
}
