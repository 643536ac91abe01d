//! What was kept as long as it had to be is emptied, step by step, but for what is held (E17).

use maildesk::config::Retention;
use maildesk::daemon::retention::{cases, step};
use maildesk::domain::ticket::TicketKey;

use crate::cli::Folder;

fn mail(n: u32) -> String {
    format!(
        "From: Ona <ona@client.example>\nTo: support@desk.example\nSubject: Apricot {n}\n\
         Message-ID: <{n}@client.example>\nDate: Mon, 2 Mar 2026 09:00:00 +0200\n\nApricots of number {n}.\n"
    )
}

const OURSELVES: &str = "From: support@desk.example\nTo: support@desk.example\nSubject: Quince\n\
    Message-ID: <q@odd.example>\nDate: Mon, 2 Mar 2026 09:00:00 +0200\n\nA quince.\n";

#[test]
fn after_years_of_the_clock_words_are_gone_and_what_is_held_is_not() {
    let folder = Folder::new();
    for n in 1..=60 {
        folder.receive(n, &mail(n), "2020-03-02T07:12:00Z");
    }
    folder.receive(99, OURSELVES, "2020-03-02T07:12:00Z");
    for n in 1..=58 {
        folder.run(&["ticket", "close", &format!("{}", 3106 + n), "--as", "petr"]).ok();
    }
    let mut store = folder.store();
    let hold = TicketKey::new(&"desk".into(), 3107);
    let settings = Retention { case_days: Some(365), loose_days: Some(30), hold: vec![hold.clone()] };
    let closed: jiff::Timestamp =
        store.run(|tx| Ok(tx.entries(&hold)?.last().expect("closed").at)).expect("asked");
    let day = |days: i64| closed + jiff::SignedDuration::from_hours(24 * days);
    let nothing = store.run(|tx| cases(tx, &settings, day(364), 1_000)).expect("asked");
    assert_eq!(nothing, []);
    assert_eq!(store.run(|tx| cases(tx, &settings, day(366), 1_000)).expect("asked").len(), 57);
    let mut steps = Vec::new();
    loop {
        let emptied = store.run(|tx| step(tx, &settings, day(366))).expect("emptied");
        if emptied.cases + emptied.mails == 0 {
            break;
        }
        steps.push(emptied.cases);
    }
    assert_eq!(steps, [50, 7], "some at a time");
    assert_eq!(store.check().expect("checked"), []);
    let text = |store: &mut Box<dyn maildesk::store::Store>, number| {
        let key = TicketKey::new(&"desk".into(), number);
        store.run(|tx| Ok(tx.messages(&key)?[0].text.clone())).expect("asked")
    };
    assert_eq!(text(&mut store, 3107), "Apricots of number 1.", "it is held");
    assert_eq!(text(&mut store, 3108), "");
    assert_eq!(text(&mut store, 3165), "Apricots of number 59.", "it is open still");
    let loose = store.run(|tx| tx.mails(&Default::default())).expect("asked");
    assert!(loose.iter().all(|mail| mail.mail.subject != "Quince"), "a mail without a case");
    drop(store);
    // Nothing is opened again by what is met again.
    assert!(folder.receive(1_000, &mail(5), "2026-03-02T07:12:00Z").ticket().is_none());
}
