//! Promises about the work journal, bills, ratings, and the figures of reports.

use maildesk::domain::people::AgentId;
use maildesk::domain::period::Period;
use maildesk::domain::thread::{Kind, Message, Voice, Work};
use maildesk::domain::ticket::{Clock, Closing, State, Status, Ticket, TicketKey};
use maildesk::store::{Bill, Pending, Promised, Rated, Result, Store, StoreError, Tx};

use crate::support::store_samples::*;

fn petr() -> AgentId {
    AgentId("petr".into())
}

/// A ticket of a client's with work at these moments, minutes as the moment says.
fn worked(store: &mut dyn Store, client: &str, moments: &[u32]) -> TicketKey {
    store
        .run(|tx| {
            let mut ticket = ticket(tx.next_number(&desk(), 1)?);
            ticket.client = Some(client.to_owned());
            for at in moments {
                tx.add_work(&ticket.key, &Work::new(petr(), second(i64::from(*at)), *at))?;
                ticket.spent_minutes += at;
            }
            write(tx, None, &ticket)?;
            Ok(ticket.key)
        })
        .expect("written")
}

/// Number and minutes of what is found.
fn figures(found: &[(TicketKey, Work)]) -> Vec<(u32, u32)> {
    found.iter().map(|(key, work)| (key.number, work.minutes)).collect()
}

pub fn work_is_found_by_its_time_and_its_client(store: &mut dyn Store) {
    worked(store, "301234567", &[10, 50, 30]);
    worked(store, "999999999", &[20]);
    worked(store, "301234567", &[20, 60]);
    let mut of_client = |client: &str, from, until| {
        figures(
            &store.run(|tx| tx.works_of_client(&desk(), client, second(from), second(until))).expect("asked"),
        )
    };
    assert_eq!(of_client("301234567", 0, 99), [(1, 10), (3, 20), (1, 30), (1, 50), (3, 60)]);
    assert_eq!(of_client("301234567", 20, 60), [(3, 20), (1, 30), (1, 50)]);
    assert_eq!(of_client("999999999", 0, 99), [(2, 20)]);
    assert_eq!(of_client("1", 0, 99), []);
    let all = store.run(|tx| tx.works_of_desk(&desk(), second(20), second(51))).expect("asked");
    assert_eq!(figures(&all), [(2, 20), (3, 20), (1, 30), (1, 50)]);
    assert_eq!(all[3].1.row, 2, "the place in its ticket's journal");
    assert_eq!(store.run(|tx| tx.works_of_desk(&"sales".into(), second(0), second(99))).expect("asked"), []);
}

pub fn work_moves_with_its_ticket_to_another_client(store: &mut dyn Store) {
    let key = worked(store, "301234567", &[10, 50]);
    let mut change = |client: Option<&str>, minutes: u32| {
        store
            .run(|tx| {
                let before = tx.ticket(&key)?.expect("there");
                let mut after = Ticket { client: client.map(str::to_owned), ..before.clone() };
                if minutes > 0 {
                    tx.add_work(&key, &Work::new(petr(), second(i64::from(minutes)), minutes))?;
                    after.spent_minutes += minutes;
                }
                write(tx, Some(&before), &after)
            })
            .expect("written");
        let mut of = |client: &str| {
            let works = store.run(|tx| tx.works_of_client(&desk(), client, second(0), second(99)));
            works.expect("asked").iter().map(|(_, work)| work.minutes).collect::<Vec<_>>()
        };
        (of("301234567"), of("999999999"))
    };
    assert_eq!(change(Some("999999999"), 30), (vec![], vec![10, 30, 50]));
    assert_eq!(change(None, 0), (vec![], vec![]));
    assert_eq!(change(Some("301234567"), 20), (vec![10, 20, 30, 50], vec![]));
}

pub fn a_correction_stands_beside_what_it_corrects(store: &mut dyn Store) {
    let key = worked(store, "301234567", &[10, 40]);
    let correction = Work {
        corrects: Some(2),
        mode: "phone".into(),
        text: "buvo trumpiau".into(),
        ..Work::new(AgentId("ona".into()), second(40), 25)
    };
    store
        .run(|tx| {
            tx.add_work(&key, &correction)?;
            let before = tx.ticket(&key)?.expect("there");
            write(tx, Some(&before), &Ticket { spent_minutes: 35, ..before.clone() })
        })
        .expect("written");
    let works = store.run(|tx| tx.works(&key)).expect("asked");
    assert_eq!(works.iter().map(|w| (w.row, w.minutes)).collect::<Vec<_>>(), [(1, 10), (2, 40), (3, 25)]);
    let correction = Work { row: 3, ..correction };
    assert_eq!(works[2], correction);
    let found = store.run(|tx| tx.works_of_client(&desk(), "301234567", second(0), second(99)));
    assert_eq!(found.expect("asked")[2], (key, correction));
}

pub fn what_is_not_there_or_was_corrected_cannot_be_corrected(store: &mut dyn Store) {
    let key = worked(store, "301234567", &[10]);
    worked(store, "301234567", &[20, 30]);
    let mut correct = |row| -> Result<()> {
        store.run(|tx| tx.add_work(&key, &Work { corrects: Some(row), ..Work::new(petr(), second(10), 10) }))
    };
    for row in [0, 2, 77] {
        assert!(matches!(correct(row), Err(StoreError::Abandoned(_))), "row {row}");
    }
    assert_eq!(correct(1), Ok(()));
    assert!(matches!(correct(1), Err(StoreError::Abandoned(_))), "it was corrected");
    assert_eq!(correct(2), Ok(()), "the correction can be corrected");
}

fn add(store: &mut dyn Store, client: &str, period: Period) -> bool {
    store
        .run(|tx| {
            let number = tx.next_bill_number(&desk())?;
            tx.add_bill(&Bill { period, ..bill(number, client, 1) })
        })
        .expect("written")
}

pub fn bill_numbers_follow_each_other_at_each_desk(store: &mut dyn Store) {
    let mut next = |desk: &str| store.run(|tx| tx.next_bill_number(&desk.into())).expect("given");
    assert_eq!([next("support"), next("support"), next("sales"), next("support")], [1, 2, 1, 3]);
    let given_up: Result<()> = store.run(|tx| {
        tx.next_bill_number(&desk())?;
        Err(StoreError::Abandoned("a test".into()))
    });
    assert!(given_up.is_err());
    assert_eq!(store.run(|tx| tx.next_bill_number(&desk())).expect("given"), 4);
}

pub fn a_period_is_billed_once(store: &mut dyn Store) {
    let month = |n| Period::month(2026, n).expect("a month");
    assert!(add(store, "301234567", month(2)));
    assert!(!add(store, "301234567", month(2)));
    assert!(add(store, "999999999", month(2)));
    assert!(add(store, "301234567", month(3)));
    assert!(add(store, "301234567", month(1)));
    assert!(!add(store, "301234567", Period::quarter(2026, 1).expect("a quarter")), "its months were billed");
    assert!(add(store, "301234567", Period::quarter(2026, 2).expect("a quarter")));
    assert!(!add(store, "301234567", month(6)), "its quarter was billed");
}

pub fn bills_come_back_newest_first(store: &mut dyn Store) {
    let written: Vec<Bill> = store
        .run(|tx| {
            let mut written = Vec::new();
            for month in 1..=3 {
                let bill = bill(tx.next_bill_number(&desk())?, "301234567", month);
                assert!(tx.add_bill(&bill)?);
                written.insert(0, bill);
            }
            Ok(written)
        })
        .expect("written");
    assert_eq!(store.run(|tx| tx.bills(&desk(), 0)).expect("asked"), written);
    assert_eq!(store.run(|tx| tx.bills(&desk(), 2)).expect("asked"), written[..2]);
    assert_eq!(store.run(|tx| tx.bills(&"sales".into(), 0)).expect("asked"), []);
}

fn rate(store: &mut dyn Store, number: u32, value: u8, at: i64) -> Rated {
    let rated = Rated { value, comment: "ačiū, padėjo".into(), agent: Some(petr()), at: second(at) };
    store
        .run(|tx| {
            let before = tx.ticket(&ticket(number).key)?.expect("there");
            tx.rate(&before.key, &rated)?;
            write(tx, Some(&before), &Ticket { rating: Some(value), ..before.clone() })
        })
        .expect("written");
    rated
}

pub fn a_later_rating_replaces_the_earlier(store: &mut dyn Store) {
    let key = store.run(|tx| open(tx)).expect("opened").key;
    rate(store, 1, 2, 10);
    let later = rate(store, 1, 5, 20);
    let found = store.run(|tx| tx.ratings(&desk(), second(0), second(99))).expect("asked");
    assert_eq!(found, [(key, later)]);
    let none = Rated { value: 6, comment: String::new(), agent: None, at: second(0) };
    assert!(store.run(|tx| tx.rate(&ticket(1).key, &none)).is_err(), "ratings are 1 to 5");
}

pub fn ratings_are_found_by_their_time(store: &mut dyn Store) {
    for _ in 0..3 {
        store.run(|tx| open(tx)).expect("opened");
    }
    for (number, at) in [(1, 30), (2, 10), (3, 20)] {
        rate(store, number, 4, at);
    }
    let mut of = |from, until| -> Vec<u32> {
        let found = store.run(|tx| tx.ratings(&desk(), second(from), second(until))).expect("asked");
        found.iter().map(|(key, _)| key.number).collect()
    };
    assert_eq!(of(0, 99), [2, 3, 1]);
    assert_eq!(of(10, 30), [2, 3]);
    assert_eq!(of(11, 20), [0; 0]);
}

fn saved(tx: &mut dyn Tx, before: &Ticket, at: i64, change: impl Fn(Ticket) -> Ticket) -> Result<Ticket> {
    let after = change(before.clone());
    tx.save(&after, after.wake())?;
    tx.add_entry(
        &after.key,
        &maildesk::domain::thread::Entry { at: second(at), ..entry(Some(before), &after) },
    )?;
    Ok(after)
}

fn answer(tx: &mut dyn Tx, key: &TicketKey, by: Voice, at: i64) -> Result<()> {
    let reply = Message { author: by, at: second(at), ..message(Kind::Reply, "Pakeičiau kasetę.") };
    tx.add_message(key, &reply).map(drop)
}

fn resolved(at: i64) -> State {
    State::Resolved { at: second(at), closes_at: second(at + 1000) }
}

pub fn tickets_of_an_interval_are_measured(store: &mut dyn Store) {
    let clock =
        |due, met: i64| Clock { due: second(due), warn_at: None, met_at: Some(second(met)), breached: false };
    store
        .run(|tx| {
            open(tx)?;
            let mut first = ticket(tx.next_number(&desk(), 1)?);
            first.received_at = second(50);
            (first.kind, first.channel, first.urgent) = (Some("fault".into()), "phone".into(), true);
            write(tx, None, &first)?;
            answer(tx, &first.key, Voice::Agent(petr()), 60)?;
            answer(tx, &first.key, Voice::Operator, 70)?;
            tx.add_work(&first.key, &Work::new(petr(), second(60), 15))?;
            let first = saved(tx, &first, 80, |t| Ticket {
                state: resolved(80),
                assignee: Some(petr()),
                respond: Some(clock(100, 60)),
                resolve: Some(clock(70, 80)),
                spent_minutes: 15,
                messages: 2,
                ..t
            })?;
            saved(tx, &first, 1080, |t| Ticket {
                state: State::Closed { at: second(1080), how: Closing::Silence },
                ..t
            })?;
            Ok(())
        })
        .expect("written");
    let found = store.run(|tx| tx.measures(&desk(), second(50), second(51))).expect("asked");
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found.number, found.status, found.kind.as_deref()), (2, Status::Closed, Some("fault")));
    assert_eq!((found.channel.as_str(), found.severity.as_str()), ("phone", "normal"));
    assert_eq!((found.client.as_deref(), &found.assignee), (Some("301234567"), &Some(petr())));
    assert_eq!(
        (found.received_at, found.answered_at, found.solved_at),
        (second(50), Some(second(60)), Some(second(80)))
    );
    let promised = |due, met| Some(Promised { due: second(due), met_at: Some(second(met)), breached: false });
    assert_eq!((found.respond, found.resolve), (promised(100, 60), promised(70, 80)));
    assert_eq!((found.reopened, found.rating, found.minutes), (0, None, 15));
    let all = store.run(|tx| tx.measures(&desk(), second(0), second(99))).expect("asked");
    assert_eq!(all.iter().map(|m| m.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((all[0].answered_at, all[0].solved_at, all[0].respond), (None, None, None));
    assert_eq!(store.run(|tx| tx.measures(&desk(), second(51), second(99))).expect("asked"), []);
}

pub fn what_was_reopened_is_measured_by_its_last_solution(store: &mut dyn Store) {
    let opened = |t: Ticket| Ticket { state: State::Open, ..t };
    let mut solved = Vec::new();
    for _ in 0..2 {
        let found = store
            .run(|tx| {
                let fresh = open(tx)?;
                let once = saved(tx, &fresh, 10, |t| Ticket { state: resolved(10), ..t })?;
                let again = saved(tx, &once, 20, opened)?;
                let twice = saved(tx, &again, 30, |t| Ticket { state: resolved(30), ..t })?;
                if twice.key.number == 2 {
                    saved(tx, &twice, 40, opened)?;
                }
                Ok(())
            })
            .and_then(|()| store.run(|tx| tx.measures(&desk(), second(0), second(1))))
            .expect("measured");
        solved.push(found.last().map(|m| (m.reopened, m.solved_at)));
    }
    assert_eq!(solved, [Some((1, Some(second(30)))), Some((2, None))]);
    let by_hand = |how: Closing| {
        move |t: Ticket| Ticket { state: State::Closed { at: second(50), how: how.clone() }, ..t }
    };
    for (how, expected) in [
        (Closing::Agent(petr()), Some(second(50))),
        (Closing::Operator, Some(second(50))),
        (Closing::Expired, None),
    ] {
        let found = store
            .run(|tx| {
                let fresh = open(tx)?;
                saved(tx, &fresh, 50, by_hand(how.clone()))?;
                tx.measures(&desk(), second(0), second(1))
            })
            .expect("measured");
        assert_eq!(found.last().expect("there").solved_at, expected, "{how:?}");
    }
}

pub fn a_promise_once_broken_stays_broken(store: &mut dyn Store) {
    let clock = |breached| Some(Clock { due: second(100), warn_at: None, met_at: None, breached });
    let found = store
        .run(|tx| {
            let fresh = open(tx)?;
            let late =
                saved(tx, &fresh, 10, |t| Ticket { respond: clock(true), resolve: clock(false), ..t })?;
            saved(tx, &late, 20, |t| Ticket { respond: clock(false), ..t })?;
            tx.measures(&desk(), second(0), second(1))
        })
        .expect("measured");
    let breached = |p: Option<Promised>| p.expect("a promise").breached;
    assert!(breached(found[0].respond) && !breached(found[0].resolve));
}

pub fn answers_of_agents_are_found_by_their_time(store: &mut dyn Store) {
    let half = second(20) + jiff::SignedDuration::from_millis(500);
    store
        .run(|tx| {
            let fresh = open(tx)?;
            answer(tx, &fresh.key, Voice::Agent(petr()), 30)?;
            answer(tx, &fresh.key, Voice::Operator, 10)?;
            let reply = Message { author: Voice::Agent(petr()), at: half, ..message(Kind::Reply, "taip") };
            tx.add_message(&fresh.key, &reply)?;
            tx.add_message(&fresh.key, &message(Kind::Comment, "ačiū"))?;
            write(tx, Some(&fresh), &Ticket { messages: 4, ..fresh.clone() })
        })
        .expect("written");
    let mut of =
        |from, until| store.run(|tx| tx.replies(&desk(), second(from), second(until))).expect("asked");
    assert_eq!(of(0, 99), [(second(10), None), (half, Some(petr())), (second(30), Some(petr()))]);
    assert_eq!(of(10, 20), [(second(10), None)]);
    assert_eq!(of(20, 30), [(half, Some(petr()))]);
}

pub fn what_is_not_done_is_counted_by_status(store: &mut dyn Store) {
    for (at, state) in [
        (30, State::New),
        (20, State::New),
        (40, State::Open),
        (10, State::Closed { at: second(50), how: Closing::Operator }),
        (5, resolved(6)),
    ] {
        store
            .run(|tx| {
                let ticket = ticket(tx.next_number(&desk(), 1)?);
                write(tx, None, &Ticket { received_at: second(at), state: state.clone(), ..ticket })
            })
            .expect("written");
    }
    let pending = |status, count, oldest| Pending { status, count, oldest: second(oldest) };
    assert_eq!(
        store.run(|tx| tx.pending(&desk())).expect("asked"),
        [pending(Status::New, 2, 20), pending(Status::Open, 1, 40), pending(Status::Resolved, 1, 5)]
    );
    assert_eq!(store.run(|tx| tx.pending(&"sales".into())).expect("asked"), []);
}
