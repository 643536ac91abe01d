//! Promises about people who became known, and about what ties tickets to matters.

use maildesk::domain::people::Acquaintance;
use maildesk::domain::ticket::TicketKey;
use maildesk::store::Store;

use crate::support::store_samples::*;

fn known(name: &str, client: Option<&str>) -> Acquaintance {
    Acquaintance {
        client: client.map(str::to_owned),
        fields: [("person".to_owned(), name.to_owned())].into(),
        denied: client.is_none(),
    }
}

fn acquaintance(store: &mut dyn Store, desk: &str, of: &str) -> Option<Acquaintance> {
    store.run(|tx| tx.acquaintance(&desk.into(), &address(of))).expect("asked")
}

fn acquaint(store: &mut dyn Store, of: &str, person: &Acquaintance) {
    store.run(|tx| tx.acquaint(&desk(), &address(of), person, second(1))).expect("written");
}

pub fn an_acquaintance_is_kept_and_replaced(store: &mut dyn Store) {
    let (first, later) = (known("Ona", None), known("Ona Petraitė", Some("301234567")));
    assert_eq!(acquaintance(store, "support", "ona@client.example"), None);
    acquaint(store, "ona@client.example", &first);
    assert_eq!(acquaintance(store, "support", "ona@client.example"), Some(first));
    acquaint(store, "ona@client.example", &later);
    assert_eq!(acquaintance(store, "support", "ona@client.example"), Some(later));
    assert_eq!(acquaintance(store, "sales", "ona@client.example"), None, "each desk knows its own people");
    assert_eq!(acquaintance(store, "support", "janis@client.example"), None);
}

pub fn a_plus_tag_or_capitals_do_not_hide_an_acquaintance(store: &mut dyn Store) {
    acquaint(store, "Ona+desk@Client.example", &known("Ona", None));
    for address in ["ona@client.example", "ona+other@client.example", "ONA@CLIENT.EXAMPLE"] {
        assert_eq!(acquaintance(store, "support", address), Some(known("Ona", None)), "{address}");
    }
}

fn tied(store: &mut dyn Store, matter: &str, since: i64) -> Vec<u32> {
    store.run(|tx| tx.tied(&desk(), matter, second(since))).expect("asked")
}

fn tie(store: &mut dyn Store, key: &TicketKey, matter: &str, at: i64) {
    store.run(|tx| tx.tie(key, matter, second(at))).expect("tied");
}

pub fn a_tie_is_found_again_and_stays_as_it_was(store: &mut dyn Store) {
    let first = store.run(|tx| open(tx)).expect("opened").key;
    let second = store.run(|tx| open(tx)).expect("opened").key;
    let parcel = "parcel:CE000123455LT";
    tie(store, &second, parcel, 10);
    tie(store, &first, parcel, 20);
    tie(store, &first, parcel, 99);
    tie(store, &first, "phone:+37060000000", 5);
    assert_eq!(tied(store, parcel, 0), [2, 1]);
    assert_eq!(tied(store, parcel, 10), [2, 1], "at the very moment counts");
    assert_eq!(tied(store, parcel, 11), [1]);
    assert_eq!(tied(store, parcel, 21), [0; 0], "a tie that was there keeps its moment");
    assert_eq!(tied(store, "phone:+37060000000", 0), [1]);
    assert_eq!(tied(store, "parcel:ce000123455lt", 0), [0; 0], "a matter is what it is, to the letter");
    let elsewhere = store
        .run(|tx| tx.tied(&"sales".into(), parcel, crate::support::store_samples::second(0)))
        .expect("asked");
    assert_eq!(elsewhere, [0; 0]);
}

pub fn ties_come_newest_number_first_and_ten_at_most(store: &mut dyn Store) {
    let matter = "from:ona@client.example Spausdintuvas";
    for n in 0..13 {
        let key = store.run(|tx| open(tx)).expect("opened").key;
        tie(store, &key, matter, n);
    }
    assert_eq!(tied(store, matter, 0), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
}
