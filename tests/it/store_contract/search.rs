//! Promises about finding tickets by their words.

use maildesk::domain::address::Mailbox;
use maildesk::domain::people::AgentId;
use maildesk::domain::search::Words;
use maildesk::domain::thread::{Kind, Message, Voice};
use maildesk::domain::ticket::{State, Ticket, TicketKey};
use maildesk::store::{Found, Indexed, Result, Store, StoreError, TicketFilter, Tx};

use crate::support::store_samples::*;

fn words(typed: &str) -> Words {
    Words::read(typed).expect("words")
}

fn ask(store: &mut dyn Store, typed: &str, filter: &TicketFilter) -> Found {
    store.run(|tx| tx.search(&words(typed), filter)).expect("asked")
}

/// Numbers of the tickets that are found.
fn found(store: &mut dyn Store, typed: &str) -> Vec<u32> {
    let found = ask(store, typed, &TicketFilter::default());
    assert_eq!((found.more, found.unsearched), (0, 0), "{typed}");
    found.tickets.iter().map(|t| t.key.number).collect()
}

fn index_all(store: &mut dyn Store) {
    while store.run(|tx| tx.index(100)).expect("indexed").more {}
}

/// Opens a ticket with this subject and a request of this text.
fn request(tx: &mut dyn Tx, subject: &str, text: &str) -> Result<Ticket> {
    let ticket = Ticket { subject: subject.into(), messages: 1, ..ticket(tx.next_number(&desk(), 1)?) };
    tx.add_message(&ticket.key, &message(Kind::Request, text))?;
    write(tx, None, &ticket)?;
    Ok(ticket)
}

/// Changes a ticket.
fn change(tx: &mut dyn Tx, number: u32, change: impl FnOnce(&mut Ticket)) -> Result<()> {
    let before = tx.ticket(&TicketKey::new(&desk(), number))?.expect("there");
    let mut after = before.clone();
    change(&mut after);
    write(tx, Some(&before), &after)
}

pub fn a_ticket_is_found_by_its_words_before_and_after_it_is_indexed(store: &mut dyn Store) {
    store
        .run(|tx| {
            let first = request(tx, "Spausdintuvas", "Baigėsi kasetė 12-34/A.")?;
            request(tx, "Kasa", "Neveikia nuo ryto.")?;
            let petr = Voice::Agent(AgentId("petr".into()));
            tx.add_message(&first.key, &Message { author: petr, ..message(Kind::Note, "Reikia užsakyti.") })?;
            change(tx, first.key.number, |t| {
                t.participants = vec![Mailbox::new("Jānis Bērziņš", address("janis@other.example"))];
                t.company = Some("UAB „Vėtra“".into());
                t.fields.insert("parcel".into(), "CE000123455LT".into());
            })
        })
        .expect("written");
    for indexed in [false, true] {
        for (typed, expected) in [
            ("kasete", &[1][..]),
            ("spausdintuvas kasete", &[1]),
            ("kasete spausdintuv", &[1]),
            ("spausdintuv kasete", &[]),
            ("kas", &[2, 1]),
            ("ryto", &[2]),
            ("uzsakyti petr", &[1]),
            ("berzins janis@other.example", &[1]),
            ("VETRA ce000123455lt", &[1]),
            ("ona@client.example", &[2, 1]),
            ("\"kasete 12-34/a\"", &[1]),
            ("\"12 kasete\"", &[]),
            ("kasete ryto", &[]),
            ("kompiuteris", &[]),
        ] {
            assert_eq!(found(store, typed), expected, "{typed}, indexed: {indexed}");
        }
        index_all(store);
    }
    store
        .run(|tx| {
            let key = TicketKey::new(&desk(), 2);
            tx.add_message(
                &key,
                &Message { kind: Kind::Comment, ..message(Kind::Comment, "Ir kompiuteris.") },
            )?;
            change(tx, 2, |t| t.messages = 2)
        })
        .expect("written");
    assert_eq!(found(store, "kompiuteris ryto"), [2], "what was added is found at once");
    index_all(store);
    assert_eq!(found(store, "kompiuteris ryto"), [2]);
}

pub fn words_are_found_without_case_and_marks(store: &mut dyn Store) {
    let texts = [
        ("lt", "Man skauda galvą: Ąžuolėlio čekis įstrigo"),
        ("lv", "Jānis gaida ziņas, šķēres un ģērbtuve"),
        ("ru", "Всё ещё не печатает, йод и Ёлка"),
        ("cs", "Příliš žluťoučký kůň, faktura z října"),
        ("en", "The till's café bill"),
    ];
    store
        .run(|tx| texts.iter().try_for_each(|(subject, text)| request(tx, subject, text).map(|_| ())))
        .expect("written");
    for _ in 0..2 {
        for (typed, number) in [
            ("skauda GALVA azuolelio", 1),
            ("čękis", 1),
            ("zinas skeres", 2),
            ("JĀNIS gerb", 2),
            ("все еще", 3),
            ("елка йод", 3),
            ("ВСЁ ЁЛК", 3),
            ("prilis zlutoucky kun", 4),
            ("října", 4),
            ("s\u{30c}ke\u{304}res", 2),
            ("cafe tills", 5),
        ] {
            // An apostrophe parts words: nobody looks for it.
            let expected: &[u32] = if typed.ends_with("tills") { &[] } else { &[number] };
            assert_eq!(found(store, typed), expected, "{typed}");
        }
        assert_eq!(found(store, "иод"), [] as [u32; 0], "й is a letter of its own");
        index_all(store);
    }
}

pub fn what_was_opened_last_comes_first_and_the_rest_is_counted(store: &mut dyn Store) {
    store.run(|tx| (0..7).try_for_each(|_| request(tx, "Kasa", "Neveikia.").map(|_| ()))).expect("written");
    index_all(store);
    // The oldest changes: its place stays.
    store.run(|tx| change(tx, 1, |t| t.urgent = true)).expect("written");
    for _ in 0..2 {
        let three = ask(store, "kasa", &TicketFilter { limit: 3, ..TicketFilter::default() });
        assert_eq!(three.tickets.iter().map(|t| t.key.number).collect::<Vec<_>>(), [7, 6, 5]);
        assert_eq!((three.more, three.unsearched), (4, 0));
        assert_eq!(found(store, "neveik"), [7, 6, 5, 4, 3, 2, 1]);
        index_all(store);
    }
}

pub fn a_search_is_filtered_by_what_tickets_are_now(store: &mut dyn Store) {
    store
        .run(|tx| {
            for n in 1..=5 {
                let ticket = request(tx, "Kasa", "Neveikia.")?;
                change(tx, ticket.key.number, |t| {
                    t.received_at = second(0) + jiff::SignedDuration::from_hours(24 * 40 * n);
                    if n % 2 == 0 {
                        t.state = State::Open;
                        t.assignee = Some(AgentId("petr@old desk".into()));
                        t.client = Some("LV-4000 1".into());
                        t.requester.address = Some(address("janis@client.example"));
                    }
                })?;
            }
            let sales: maildesk::domain::rules::DeskId = "sales desk".into();
            let key = TicketKey::new(&sales, tx.next_number(&sales, 1)?);
            write(tx, None, &Ticket { key, subject: "Kasa".into(), ..ticket(1) })
        })
        .expect("written");
    let all = TicketFilter::default;
    let days = |n: i64| Some(second(0) + jiff::SignedDuration::from_hours(24 * n));
    use maildesk::domain::ticket::Status;
    for _ in 0..2 {
        for (filter, expected) in [
            (all(), &[1, 5, 4, 3, 2, 1][..]),
            (TicketFilter { desk: Some("sales desk".into()), ..all() }, &[1]),
            (TicketFilter { desk: Some(desk()), statuses: vec![Status::New], ..all() }, &[5, 3, 1]),
            (TicketFilter { statuses: vec![Status::Open, Status::Closed], ..all() }, &[4, 2]),
            (TicketFilter { assignee: Some("petr@old desk".into()), ..all() }, &[4, 2]),
            (TicketFilter { client: Some("LV-4000 1".into()), limit: 1, ..all() }, &[4]),
            (TicketFilter { requester: Some(address("janis@client.example")), ..all() }, &[4, 2]),
            (TicketFilter { since: days(100), until: days(161), ..all() }, &[4, 3]),
            (TicketFilter { since: days(160), until: days(160), ..all() }, &[]),
            (TicketFilter { until: days(80), desk: Some(desk()), ..all() }, &[1]),
            (TicketFilter { since: days(160), ..all() }, &[5, 4]),
            (TicketFilter { before: Some(3), statuses: vec![Status::Open], ..all() }, &[2]),
        ] {
            let numbers: Vec<u32> =
                ask(store, "kasa", &filter).tickets.iter().map(|t| t.key.number).collect();
            assert_eq!(numbers, expected, "{filter:?}");
        }
        index_all(store);
    }
}

pub fn a_client_is_found_by_his_name(store: &mut dyn Store) {
    store
        .run(|tx| {
            request(tx, "Kasa", "Neveikia.")?;
            let other = request(tx, "Kasa", "Vetra pučia.")?;
            change(tx, other.key.number, |t| t.client = None)
        })
        .expect("written");
    let vetra = |code: &str| {
        words("vetra kasa").of_clients(|wanted| match wanted.phrase[0].as_str() {
            "vetra" => vec![code.to_owned()],
            _ => Vec::new(),
        })
    };
    for _ in 0..2 {
        for (code, expected) in [("301234567", &[2, 1][..]), ("1", &[2])] {
            let found = store.run(|tx| tx.search(&vetra(code), &TicketFilter::default())).expect("asked");
            assert_eq!(found.tickets.iter().map(|t| t.key.number).collect::<Vec<_>>(), expected);
        }
        index_all(store);
    }
}

pub fn nothing_that_is_typed_is_an_operator(store: &mut dyn Store) {
    store
        .run(|tx| request(tx, "Kasa", "NOT AND OR NEAR kasetė a-b =s=new subject").map(|_| ()))
        .expect("written");
    for _ in 0..2 {
        for (typed, expected) in [
            ("kasete AND", true),
            ("OR kasete", true),
            ("NOT kasete", true),
            ("NOT spausdintuvas", false),
            ("subject:kasete", false),
            ("kasete*", true),
            ("^kasete -kasa +near(", true),
            ("(kasete OR", true),
            ("{words}: kasete", false),
            ("a-b \"\"\" kasete", true),
            ("' OR 1=1 --", false),
            ("s new", true),
            ("s open", false),
            ("kas%", true),
            ("kas\0ete", false),
        ] {
            let expected: &[u32] = if expected { &[1] } else { &[] };
            assert_eq!(found(store, typed), expected, "{typed}");
        }
        index_all(store);
    }
}

pub fn steps_of_indexing_are_bounded_and_go_on_where_they_ended(store: &mut dyn Store) {
    store
        .run(|tx| {
            (0..5).try_for_each(|_| request(tx, "Kasa", "Neveikia.").map(|_| ()))?;
            // Read at its last entry, and so last.
            change(tx, 1, |t| t.urgent = true)
        })
        .expect("written");
    let step = |store: &mut dyn Store, most| store.run(|tx| tx.index(most)).expect("indexed");
    assert_eq!(step(store, 2), Indexed { tickets: 2, more: true });
    assert_eq!(found(store, "kasa"), [5, 4, 3, 2, 1], "halfway all are found");
    assert_eq!(step(store, 2), Indexed { tickets: 2, more: true });
    assert_eq!(step(store, 2), Indexed { tickets: 1, more: false });
    assert_eq!(step(store, 2), Indexed { tickets: 0, more: false });
    assert_eq!(found(store, "kasa"), [5, 4, 3, 2, 1]);
    let long = "kasetė ".repeat(5_000);
    store.run(|tx| (0..3).try_for_each(|_| request(tx, "Ilgas", &long).map(|_| ()))).expect("written");
    assert_eq!(step(store, 5), Indexed { tickets: 1, more: true }, "long ones make a step shorter");
}

pub fn a_step_that_fails_leaves_the_index_as_it_was(store: &mut dyn Store) {
    store.run(|tx| (0..4).try_for_each(|_| request(tx, "Kasa", "Neveikia.").map(|_| ()))).expect("written");
    for most in [1, 2, 3, 4] {
        let failed: Result<()> = store.run(|tx| {
            tx.index(most)?;
            Err(StoreError::Abandoned("a planted fault".into()))
        });
        assert!(failed.is_err());
        assert_eq!(store.check().expect("checked"), []);
        assert_eq!(found(store, "kasa"), [4, 3, 2, 1]);
        assert_eq!(store.run(|tx| tx.index(1)).expect("indexed").tickets, 1);
        assert_eq!(store.check().expect("checked"), []);
        assert_eq!(found(store, "kasa"), [4, 3, 2, 1]);
    }
}

pub fn an_index_made_anew_finds_the_same(store: &mut dyn Store) {
    let mut answers = Vec::new();
    for round in 0..3 {
        match round {
            0 => {
                for n in 0..6 {
                    let text = ["Baigėsi kasetė", "Neveikia kasa", "Lūžo stalas"][n % 3];
                    store.run(|tx| request(tx, "Kasa", text).map(|_| ())).expect("written");
                    store.run(|tx| tx.index(1)).expect("indexed");
                    let number = u32::try_from(n / 2 + 1).expect("small");
                    store.run(|tx| change(tx, number, |t| t.subject += " vėl")).expect("written");
                    store.run(|tx| tx.index(1)).expect("indexed");
                }
                index_all(store);
            }
            1 => {
                store.run(|tx| tx.clear_index()).expect("emptied");
                index_all(store);
            }
            // All of them changed, as it were.
            _ => store.run(|tx| tx.clear_index()).expect("emptied"),
        }
        let typed = ["kasete", "kas", "vel kasa", "luzo", "\"vel ona\"", "nieko", "baig kasete"];
        answers.push(typed.map(|typed| found(store, typed)));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    assert_eq!(answers[0][0], [4, 1]);
}

pub fn too_many_changed_tickets_are_counted_and_not_searched(store: &mut dyn Store) {
    store.run(|tx| (0..700).try_for_each(|_| request(tx, "Kasa", "Neveikia.").map(|_| ()))).expect("written");
    let few = TicketFilter { limit: 5, ..TicketFilter::default() };
    let waiting = ask(store, "kasa", &few);
    assert_eq!(
        (waiting.tickets.len(), waiting.unsearched),
        (0, 700),
        "nothing is said to be missing that waits"
    );
    store.run(|tx| tx.index(300)).expect("indexed");
    let searched = ask(store, "kasa", &few);
    assert_eq!((searched.tickets.len(), searched.more, searched.unsearched), (5, 695, 0));
}
