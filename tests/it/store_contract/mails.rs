//! Promises about mails received.

use maildesk::domain::ticket::TicketKey;
use maildesk::store::{Cursor, MailFilter, Outcome, Store, StoreError};

use crate::support::store_samples::*;

fn skipped(reason: &str) -> Outcome {
    Outcome::Skipped { reason: reason.into() }
}

pub fn a_uid_is_found_again_and_its_outcome_can_be_replaced(store: &mut dyn Store) {
    let first = sighting(4, None, skipped("own letter"));
    let second = sighting(4, None, Outcome::Withdrawn { reason: "gone before it was read".into() });
    store.run(|tx| tx.sight(&first)).expect("kept");
    let found = store.run(|tx| tx.sighting(&first.place)).expect("asked");
    assert_eq!(found, Some(first));
    store.run(|tx| tx.sight(&second)).expect("kept");
    let found = store.run(|tx| tx.sighting(&second.place)).expect("asked");
    assert_eq!(found, Some(second));
    let other = sighting(5, None, skipped("")).place;
    assert_eq!(store.run(|tx| tx.sighting(&other)).expect("asked"), None);
}

pub fn every_outcome_of_a_mail_is_read_back(store: &mut dyn Store) {
    let key = store.run(|tx| Ok(open(tx)?.key)).expect("opened");
    let first = store.run(|tx| keep_mail(tx, &mail("first"), "first")).expect("kept");
    let reason = || "why".to_owned();
    let outcomes = [
        Outcome::Applied { ticket: key.clone(), kind: "new".into(), reason: reason() },
        Outcome::DeliveryEvent { ticket: Some(key.clone()), reason: reason() },
        Outcome::DeliveryEvent { ticket: None, reason: reason() },
        Outcome::Quarantined { reason: reason() },
        Outcome::Skipped { reason: "ąčę 🖨".into() },
        Outcome::Duplicate { of: first },
        Outcome::Withdrawn { reason: reason() },
        Outcome::Returned { ticket: None, reason: reason() },
        Outcome::Returned { ticket: Some(key), reason: reason() },
        Outcome::Stored,
    ];
    for (i, outcome) in outcomes.into_iter().enumerate() {
        let text = format!("mail {i}");
        let mut new = mail(&text);
        new.outcome = outcome;
        let id = store.run(|tx| keep_mail(tx, &new, &text)).expect("kept");
        let found = store.run(|tx| tx.mail(id)).expect("asked").expect("there");
        let attempts = u32::from(new.outcome != Outcome::Stored);
        assert_eq!((found.id, &found.mail, found.attempts), (id, &new, attempts));
    }
}

pub fn a_mail_is_read_back_with_everything_it_has(store: &mut dyn Store) {
    let mut full = mail("full");
    full.subject = "Не печатает 🖨 \u{10fffd}".into();
    full.message_id = Some("weird \r\n id".into());
    full.received_at = "2026-03-29T01:00:00.123456789Z".parse().expect("an instant");
    let mut empty = mail("empty");
    (empty.message_id, empty.from, empty.subject) = (None, None, String::new());
    for (new, text) in [(full, "full"), (empty, "empty")] {
        let id = store.run(|tx| keep_mail(tx, &new, text)).expect("kept");
        let by_id = store.run(|tx| tx.mail(id)).expect("asked").expect("there");
        let by_content = store.run(|tx| tx.mail_by_fingerprint(&new.fingerprint)).expect("asked");
        assert_eq!(by_id.mail, new);
        assert_eq!(by_content, Some(by_id));
    }
}

pub fn a_fingerprint_is_new_once(store: &mut dyn Store) {
    store.run(|tx| keep_mail(tx, &mail("one"), "one")).expect("kept");
    let again = store.run(|tx| keep_mail(tx, &mail("one"), "one"));
    assert!(matches!(again, Err(StoreError::Abandoned(_))), "{again:?}");
    assert_eq!(store.run(|tx| tx.mails(&MailFilter::default())).expect("asked").len(), 1);
}

pub fn a_decision_counts_an_attempt_and_reaches_the_sightings(store: &mut dyn Store) {
    let mut new = mail("one");
    new.outcome = Outcome::Quarantined { reason: "the parser died".into() };
    let id = store
        .run(|tx| {
            let id = keep_mail(tx, &new, "one")?;
            tx.sight(&sighting(1, Some(id), new.outcome.clone()))?;
            tx.sight(&sighting(2, Some(id), Outcome::Duplicate { of: id }))?;
            Ok(id)
        })
        .expect("kept");
    let released = skipped("released, then found to be nothing");
    store.run(|tx| tx.conclude(id, &released)).expect("concluded");
    let found = store.run(|tx| tx.mail(id)).expect("asked").expect("there");
    assert_eq!((&found.mail.outcome, found.attempts), (&released, 2));
    let seen = store.run(|tx| tx.sightings(&MailFilter::default())).expect("asked");
    let outcomes: Vec<Outcome> = seen.into_iter().map(|s| s.outcome).collect();
    assert_eq!(outcomes, [Outcome::Duplicate { of: id }, released]);
    let nobody = store.run(|tx| tx.conclude(id + 1, &skipped("x")));
    assert!(matches!(nobody, Err(StoreError::Abandoned(_))), "{nobody:?}");
}

pub fn mails_of_one_message_id_come_newest_first_and_ten_at_most(store: &mut dyn Store) {
    let ids: Vec<i64> = (0..12)
        .map(|i| {
            let text = format!("copy {i}");
            let mut new = mail(&text);
            new.message_id = Some("same@client.example".into());
            store.run(|tx| keep_mail(tx, &new, &text)).expect("kept")
        })
        .collect();
    let found = store.run(|tx| tx.mails_by_message_id("same@client.example")).expect("asked");
    let found: Vec<i64> = found.into_iter().map(|m| m.id).collect();
    assert_eq!(found, ids.into_iter().rev().take(10).collect::<Vec<_>>());
    assert_eq!(store.run(|tx| tx.mails_by_message_id("other@client.example")).expect("asked"), []);
}

pub fn lists_of_mails_and_sightings_are_filtered(store: &mut dyn Store) {
    let key = store.run(|tx| Ok(open(tx)?.key)).expect("opened");
    let applied = Outcome::Applied { ticket: key.clone(), kind: "new".into(), reason: "new".into() };
    for (uid, outcome) in [(1, applied), (2, skipped("own")), (3, skipped("own"))] {
        let text = format!("mail {uid}");
        let new =
            maildesk::store::NewMail { outcome: outcome.clone(), stored_at: second(uid), ..mail(&text) };
        let uid = u32::try_from(uid).expect("small");
        store
            .run(|tx| {
                let id = keep_mail(tx, &new, &text)?;
                tx.sight(&sighting(uid, Some(id), outcome.clone()))
            })
            .expect("kept");
    }
    let other = TicketKey::new(&desk(), 99);
    let word = |w: &str| Some(w.to_owned());
    for (filter, expected) in [
        (MailFilter::default(), vec![3, 2, 1]),
        (MailFilter { limit: 2, ..MailFilter::default() }, vec![3, 2]),
        (MailFilter { outcome: word("skipped"), ..MailFilter::default() }, vec![3, 2]),
        (MailFilter { mailbox: word("support"), ..MailFilter::default() }, vec![3, 2, 1]),
        (MailFilter { mailbox: word("sales"), ..MailFilter::default() }, vec![]),
        (MailFilter { ticket: Some(key.clone()), ..MailFilter::default() }, vec![1]),
        (MailFilter { ticket: Some(other), ..MailFilter::default() }, vec![]),
        (MailFilter { since: Some(second(2)), ..MailFilter::default() }, vec![3, 2]),
        (MailFilter { from: Some(address("ona@client.example")), ..MailFilter::default() }, vec![3, 2, 1]),
        (MailFilter { from: Some(address("olga@other.example")), ..MailFilter::default() }, vec![]),
        (
            MailFilter {
                since: Some(second(2)),
                outcome: word("skipped"),
                mailbox: word("support"),
                limit: 1,
                ticket: None,
                from: Some(address("ona@client.example")),
            },
            vec![3],
        ),
    ] {
        let mails = store.run(|tx| tx.mails(&filter)).expect("asked");
        assert_eq!(
            mails.iter().map(|m| m.mail.stored_at.as_second() - second(0).as_second()).collect::<Vec<_>>(),
            expected,
            "{filter:?}"
        );
        let seen = store.run(|tx| tx.sightings(&filter)).expect("asked");
        assert_eq!(seen.iter().map(|s| i64::from(s.place.uid)).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

pub fn a_cursor_is_kept_for_each_mailbox(store: &mut dyn Store) {
    let (first, later) = (Cursor { validity: 7, uid: 4 }, Cursor { validity: u32::MAX, uid: u32::MAX });
    store.run(|tx| tx.set_cursor("support", &first)).expect("kept");
    assert_eq!(store.run(|tx| tx.cursor("support")).expect("asked"), Some(first));
    store.run(|tx| tx.set_cursor("support", &later)).expect("kept");
    assert_eq!(store.run(|tx| tx.cursor("support")).expect("asked"), Some(later));
    assert_eq!(store.run(|tx| tx.cursor("sales")).expect("asked"), None);
}

pub fn bytes_are_kept_once_and_come_back_the_same(store: &mut dyn Store) {
    let all: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for bytes in [&[][..], &[0], b"a\r\nb\0\xff", &all] {
        let name = hash(bytes);
        store.run(|tx| tx.keep(&name, bytes)).expect("kept");
        store.run(|tx| tx.keep(&name, bytes)).expect("kept again");
        assert_eq!(store.run(|tx| tx.bytes(&name)).expect("asked").as_deref(), Some(bytes));
    }
    assert_eq!(store.run(|tx| tx.bytes(&hash(b"never kept"))).expect("asked"), None);
}
