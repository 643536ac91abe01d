//! The search index under crashes, and against a search without any index.

use maildesk::domain::search::{Document, Words};
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::{State, Status, Ticket, TicketKey};
use maildesk::store::{Result, SqliteStore, Store, TicketFilter, Tx};
use proptest::prelude::*;

use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::store_samples::*;

const WORDS: [&str; 10] =
    ["kasa", "Kasė", "kasetė", "ёлка", "елки", "rijna", "října", "ziņas", "12-34", "ona@client.example"];

/// What is done, and what is asked: numbers choose words and tickets.
#[derive(Clone, Debug)]
enum Deed {
    Open(usize, usize),
    Write(usize, usize),
    Close(usize),
    Index(usize),
    Clear,
    Ask(usize, usize, bool),
}

fn deed() -> impl Strategy<Value = Deed> {
    let word = 0..WORDS.len();
    prop_oneof![
        4 => (word.clone(), word.clone()).prop_map(|(a, b)| Deed::Open(a, b)),
        3 => (0usize..6, word.clone()).prop_map(|(t, w)| Deed::Write(t, w)),
        1 => (0usize..6).prop_map(Deed::Close),
        3 => (0usize..4).prop_map(Deed::Index),
        1 => Just(Deed::Clear),
        6 => (word.clone(), word, any::<bool>()).prop_map(|(a, b, open)| Deed::Ask(a, b, open)),
    ]
}

fn change(tx: &mut dyn Tx, number: usize, change: impl FnOnce(&mut Ticket)) -> Result<()> {
    let number = u32::try_from(number).expect("small") + 1;
    let Some(before) = tx.ticket(&TicketKey::new(&desk(), number))? else { return Ok(()) };
    let mut after = before.clone();
    change(&mut after);
    write(tx, Some(&before), &after)
}

fn do_it(tx: &mut dyn Tx, deed: &Deed) -> Result<()> {
    match deed {
        Deed::Open(subject, text) => {
            let mut ticket = ticket(tx.next_number(&desk(), 1)?);
            (ticket.subject, ticket.messages) = (WORDS[*subject].into(), 1);
            tx.add_message(&ticket.key, &message(Kind::Request, WORDS[*text]))?;
            write(tx, None, &ticket)
        }
        Deed::Write(number, text) => {
            let key = TicketKey::new(&desk(), u32::try_from(*number).expect("small") + 1);
            if tx.ticket(&key)?.is_some() {
                tx.add_message(&key, &message(Kind::Note, WORDS[*text]))?;
            }
            change(tx, *number, |t| t.urgent = !t.urgent)
        }
        Deed::Close(number) => change(tx, *number, |t| t.state = State::Rejected { at: second(9) }),
        Deed::Index(most) => tx.index(*most).map(|_| ()),
        Deed::Clear => tx.clear_index(),
        Deed::Ask(..) => Ok(()),
    }
}

/// What is found when every ticket is read, the last opened first.
fn without_index(tx: &mut dyn Tx, words: &Words, filter: &TicketFilter) -> Result<Vec<u32>> {
    let mut found = Vec::new();
    for ticket in tx.tickets(filter)? {
        let mut document = Document::of(&ticket);
        for message in tx.messages(&ticket.key)?.iter().rev() {
            document.add_message(message);
        }
        if words.are_in(&document, None) {
            found.push(ticket.key.number);
        }
    }
    Ok(found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn a_search_answers_as_if_every_ticket_were_read(deeds in prop::collection::vec(deed(), 1..30)) {
        let mut store = SqliteStore::open_in_memory().expect("opened");
        let store: &mut dyn Store = &mut store;
        for deed in &deeds {
            store.run(|tx| do_it(tx, deed)).expect("done");
            let Deed::Ask(first, second, only_new) = deed else { continue };
            let beginning: String = WORDS[*second].chars().take(3).collect();
            let words = Words::read(&format!("{} {beginning}", WORDS[*first])).expect("words");
            let statuses = if *only_new { vec![Status::New] } else { Vec::new() };
            let filter = TicketFilter { statuses, ..TicketFilter::default() };
            let expected = store.run(|tx| without_index(tx, &words, &filter)).expect("read");
            let found = store.run(|tx| tx.search(&words, &filter)).expect("asked");
            prop_assert_eq!(found.tickets.iter().map(|t| t.key.number).collect::<Vec<_>>(), expected, "{:?}", words);
        }
        prop_assert_eq!(store.check().expect("checked"), []);
    }
}

/// Eight tickets, some of which change, indexed in small steps between; whoever gets an error goes on.
fn story(store: &mut dyn Store) {
    let mut deeds = Vec::new();
    for n in 0..8 {
        deeds.extend([Deed::Open(n % 10, n / 2), Deed::Write(n / 3, n % 10), Deed::Index(2)]);
    }
    for deed in &deeds {
        // A unit that was kept though it seemed to fail is done twice: that is a ticket more, and no harm.
        while store.run(|tx| do_it(tx, deed)).is_err() {}
    }
    while store.run(|tx| tx.index(3)).map_or(true, |step| step.more) {}
}

#[test]
fn a_crash_at_any_commit_leaves_words_and_mark_in_step() {
    let words: Vec<Words> = WORDS.iter().filter_map(|word| Words::read(word)).collect();
    for fault in [Fault::BeforeCommit, Fault::AfterCommit] {
        for nth in 1.. {
            let mut faulty = FaultyStore::new(SqliteStore::open_in_memory().expect("opened"), nth, fault);
            story(&mut faulty);
            let store: &mut dyn Store = &mut faulty;
            assert_eq!(store.check().expect("checked"), [], "{fault:?} at {nth}");
            let all = TicketFilter::default();
            for words in words.iter().filter(|_| nth % 3 == 0) {
                let expected = store.run(|tx| without_index(tx, words, &all)).expect("read");
                let found = store.run(|tx| tx.search(words, &all)).expect("asked");
                let found: Vec<u32> = found.tickets.iter().map(|t| t.key.number).collect();
                assert_eq!(found, expected, "{fault:?} at {nth}: {words:?}");
            }
            if !faulty.fired() {
                break;
            }
        }
    }
}
