//! Promises about counts of automatic mail, what is known of addresses, and small values.

use maildesk::store::{Scope, Standing, Store};

use crate::support::store_samples::*;

fn count(store: &mut dyn Store, to: &str, at: i64) {
    store.run(|tx| tx.count_answer(&address(to), second(at))).expect("counted");
}

fn answers(store: &mut dyn Store, scope: &Scope, since: i64) -> u32 {
    store.run(|tx| tx.answers(scope, second(since))).expect("asked")
}

pub fn automatic_mails_are_counted_by_address_domain_and_all(store: &mut dyn Store) {
    count(store, "ona@client.example", 0);
    count(store, "ona@client.example", 0);
    count(store, "janis@client.example", 1);
    count(store, "olga@other.example", 2);
    for (scope, expected) in [
        (Scope::Address(address("ona@client.example")), 2),
        (Scope::Address(address("janis@client.example")), 1),
        (Scope::Address(address("alice@client.example")), 0),
        (Scope::Domain("client.example".into()), 3),
        (Scope::Domain("Other.Example".into()), 1),
        (Scope::Everybody, 4),
    ] {
        assert_eq!(answers(store, &scope, 0), expected, "{scope:?}");
    }
}

pub fn a_plus_tag_or_capitals_do_not_escape_the_count(store: &mut dyn Store) {
    for i in 0..5 {
        count(store, &format!("Ona+{i}@Client.example"), 0);
    }
    assert_eq!(answers(store, &Scope::Address(address("ona+new@client.example")), 0), 5);
}

pub fn the_window_of_a_count_slides_by_the_minute(store: &mut dyn Store) {
    let day = 24 * 3600;
    for at in [0, 59, 60, 3600, day] {
        count(store, "ona@client.example", at);
    }
    for (since, expected) in
        [(0, 5), (59, 5), (60, 3), (119, 3), (120, 2), (3600, 2), (day, 1), (day + 60, 0)]
    {
        assert_eq!(answers(store, &Scope::Everybody, since), expected, "since second {since}");
    }
    // What no window asks for any more is taken away.
    for week in 2..6 {
        count(store, "ona@client.example", week * 7 * day);
    }
    assert_eq!(answers(store, &Scope::Everybody, 0), 2);
}

pub fn what_is_known_of_an_address_is_kept_and_forgotten(store: &mut dyn Store) {
    let ona = address("ona@client.example");
    let tagged = address("ona+list@client.example");
    let mut standing = |who| store.run(|tx| tx.standing(who)).expect("asked");
    assert_eq!(standing(&ona), Standing::Good);
    for known in [Standing::Blocked, Standing::Undeliverable, Standing::Good] {
        store.run(|tx| tx.set_standing(&ona, known, second(0))).expect("kept");
        assert_eq!(store.run(|tx| tx.standing(&ona)).expect("asked"), known);
        assert_eq!(store.run(|tx| tx.standing(&tagged)).expect("asked"), known);
        let other = store.run(|tx| tx.standing(&address("olga@client.example"))).expect("asked");
        assert_eq!(other, Standing::Good);
    }
}

pub fn a_value_is_replaced_under_its_name(store: &mut dyn Store) {
    let mut value = |name: &str| store.run(|tx| tx.value(name)).expect("asked");
    assert_eq!(value("key"), None);
    for bytes in [&b"\0\xff"[..], b"", b"second"] {
        store.run(|tx| tx.set_value("key", bytes)).expect("kept");
        assert_eq!(store.run(|tx| tx.value("key")).expect("asked").as_deref(), Some(bytes));
    }
    assert_eq!(store.run(|tx| tx.value("other")).expect("asked"), None);
}
