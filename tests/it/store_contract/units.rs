//! Promises about units of work and batches of them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use maildesk::domain::thread::Kind;
use maildesk::store::{
    DeliveryFilter, MailFilter, Result, Scope, Standing, Store, StoreError, TicketFilter, Tx,
};

use crate::support::store_samples::*;

/// Writes something of every kind.
fn write_everything(tx: &mut dyn Tx) -> Result<()> {
    let ticket = open(tx)?;
    tx.add_message(&ticket.key, &message(Kind::Note, "a note"))?;
    let mail_id = keep_mail(tx, &mail("one"), "one")?;
    tx.sight(&sighting(1, Some(mail_id), mail("one").outcome))?;
    tx.enqueue(&letter("one", Some(&ticket.key), "ona@client.example"))?;
    tx.count_answer(&address("ona@client.example"), second(0))?;
    tx.set_standing(&address("ona@client.example"), Standing::Blocked, second(0))?;
    tx.set_value("one", b"1")
}

fn assert_nothing_is_there(store: &mut dyn Store) {
    store
        .run(|tx| {
            assert_eq!(tx.tickets(&TicketFilter::default())?, []);
            assert_eq!(tx.mails(&MailFilter::default())?, []);
            assert_eq!(tx.sightings(&MailFilter::default())?, []);
            assert_eq!(tx.mail_by_fingerprint(&mail("one").fingerprint)?, None);
            assert_eq!(tx.bytes(&mail("one").raw)?, None);
            assert_eq!(tx.deliveries(&DeliveryFilter::default())?, []);
            assert_eq!(tx.next_delivery()?, None);
            assert_eq!(tx.next_wake()?, None);
            let key = ticket(1).key;
            assert!(tx.entries(&key)?.is_empty() && tx.messages(&key)?.is_empty());
            assert_eq!(tx.answers(&Scope::Everybody, second(0))?, 0);
            assert_eq!(tx.standing(&address("ona@client.example"))?, Standing::Good);
            assert_eq!(tx.value("one")?, None);
            Ok(())
        })
        .expect("asked");
}

pub fn a_unit_that_fails_leaves_nothing(store: &mut dyn Store) {
    let given_up = StoreError::Abandoned("changed my mind".into());
    let answer = store.run(|tx| {
        write_everything(tx)?;
        Err::<(), _>(given_up.clone())
    });
    assert_eq!(answer, Err(given_up));
    assert_nothing_is_there(store);
    store.run(write_everything).expect("the store goes on");
}

pub fn a_unit_that_panics_leaves_nothing(store: &mut dyn Store) {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        store.run(|tx| -> Result<()> {
            write_everything(tx)?;
            std::panic::panic_any("planted");
        })
    }));
    assert!(panicked.is_err(), "the panic is not swallowed");
    assert_nothing_is_there(store);
    store.run(write_everything).expect("the store goes on");
}

pub fn a_batch_keeps_all_but_the_unit_that_failed(store: &mut dyn Store) {
    let mut one = |tx: &mut dyn Tx| tx.set_value("a", b"1");
    let mut failing = |tx: &mut dyn Tx| {
        write_everything(tx)?;
        keep_mail(tx, &mail("one"), "one").map(|_| ())
    };
    let mut two = |tx: &mut dyn Tx| tx.set_value("b", b"2");
    let answers = store.batch(&mut [&mut one, &mut failing, &mut two]);
    assert_eq!((&answers[0], &answers[2]), (&Ok(()), &Ok(())));
    assert!(matches!(answers[1], Err(StoreError::Abandoned(_))), "{answers:?}");
    assert_nothing_is_there(store);
    assert_eq!(store.run(|tx| tx.value("a")).expect("asked").as_deref(), Some(&b"1"[..]));
    assert_eq!(store.run(|tx| tx.value("b")).expect("asked").as_deref(), Some(&b"2"[..]));
}

pub fn a_unit_that_ends_the_batch_takes_all_with_it(store: &mut dyn Store) {
    for error in [
        StoreError::Full("planted".into()),
        StoreError::Corrupt("planted".into()),
        StoreError::Busy("planted".into()),
        StoreError::Unreachable("planted".into()),
    ] {
        let mut ran = 0;
        let mut before = |tx: &mut dyn Tx| write_everything(tx);
        let mut failing = |_: &mut dyn Tx| Err(error.clone());
        let mut after = |_: &mut dyn Tx| {
            ran += 1;
            Ok(())
        };
        let answers = store.batch(&mut [&mut before, &mut failing, &mut after]);
        assert_eq!(answers, vec![Err(error.clone()); 3]);
        assert_eq!(ran, 0, "what comes after {error:?} is not run");
        assert_nothing_is_there(store);
    }
}

pub fn units_of_a_batch_see_each_other(store: &mut dyn Store) {
    let mut found = None;
    let mut write = |tx: &mut dyn Tx| open(tx).map(|_| ());
    let mut read = |tx: &mut dyn Tx| {
        found = tx.ticket(&ticket(1).key)?;
        Ok(())
    };
    assert_eq!(store.batch(&mut [&mut write, &mut read]), [Ok(()), Ok(())]);
    assert_eq!(found, Some(ticket(1)));
}

pub fn a_number_of_a_failed_unit_is_given_to_the_next(store: &mut dyn Store) {
    let (mut first, mut third) = (0, 0);
    let mut one = |tx: &mut dyn Tx| {
        first = tx.next_number(&desk(), 1)?;
        Ok(())
    };
    let mut failing = |tx: &mut dyn Tx| {
        tx.next_number(&desk(), 1)?;
        Err(StoreError::Abandoned("changed my mind".into()))
    };
    let mut three = |tx: &mut dyn Tx| {
        third = tx.next_number(&desk(), 1)?;
        Ok(())
    };
    store.batch(&mut [&mut one, &mut failing, &mut three]);
    assert_eq!((first, third), (1, 2), "a unit that is rolled back leaves no gap");
}

pub fn an_empty_batch_is_no_trouble(store: &mut dyn Store) {
    assert_eq!(store.batch(&mut []), []);
}
