//! Random operations on the engine and on a model of a few lines must answer alike.

use jiff::Timestamp;
use maildesk::domain::ticket::{Clock, State, Ticket};
use maildesk::store::{DeliveryState, Settled, SqliteStore, Store};
use proptest::prelude::*;

use crate::support::store_samples::*;

/// A delivery as the model sees it.
#[derive(Clone, Debug)]
struct Row {
    to: u8,
    about: Option<u32>,
    state: DeliveryState,
    next: i64,
    attempts: u32,
    uncertain: u32,
    pressing: bool,
}

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
}

impl Model {
    fn is_head(&self, i: usize) -> bool {
        let same = |a: &Row, b: &Row| a.about.is_some() && (a.to, a.about) == (b.to, b.about);
        let open = |row: &Row| !row.state.is_final();
        let row = &self.rows[i];
        open(row) && !self.rows[..i].iter().any(|older| open(older) && same(older, row))
    }

    fn enqueue(&mut self, row: Row) {
        if row.pressing && row.about.is_some() {
            let before = self.rows.iter_mut().filter(|r| (r.to, r.about) == (row.to, row.about));
            before.filter(|r| !r.state.is_final()).for_each(|r| r.pressing = true);
        }
        self.rows.push(row);
    }

    fn claim(&mut self, now: i64, lease: i64, limit: usize) -> Vec<(usize, u32, u32)> {
        let mut due: Vec<usize> =
            (0..self.rows.len()).filter(|i| self.is_head(*i) && self.rows[*i].next <= now).collect();
        due.sort_by_key(|i| (!self.rows[*i].pressing, self.rows[*i].next, *i));
        due.truncate(limit);
        let take = |i: usize| {
            let row = &mut self.rows[i];
            row.uncertain += u32::from(row.state == DeliveryState::Attempting);
            (row.attempts, row.state, row.next) = (row.attempts + 1, DeliveryState::Attempting, lease);
            (i, row.attempts, row.uncertain)
        };
        due.into_iter().map(take).collect()
    }

    fn settle(&mut self, i: usize, state: DeliveryState, next: i64, uncounted: bool) {
        use DeliveryState::{Failed, Queued, Sent};
        let row = &mut self.rows[i];
        let late = match row.state {
            Sent => !matches!(state, Sent | Failed | Queued),
            Failed if state == Sent => true,
            old => old.is_final() && !state.is_final() && state != Queued,
        };
        if !late {
            row.uncertain += u32::from(state == DeliveryState::Uncertain);
            row.attempts -= u32::from(uncounted).min(row.attempts);
            (row.state, row.next) = (state, next);
        }
    }

    fn reclaim(&mut self, now: i64) -> u32 {
        let broken = self.rows.iter_mut().filter(|r| r.state == DeliveryState::Attempting);
        broken
            .map(|r| (r.state, r.next, r.uncertain) = (DeliveryState::Uncertain, now, r.uncertain + 1))
            .count() as u32
    }

    fn next(&self) -> Option<i64> {
        (0..self.rows.len()).filter(|i| self.is_head(*i)).map(|i| self.rows[i].next).min()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Enqueue { to: u8, about: Option<u32>, delay: i64, pressing: bool },
    Claim { lease: i64, limit: usize },
    Settle { which: prop::sample::Index, state: DeliveryState, delay: i64, uncounted: bool },
    Reclaim,
    Pass { seconds: i64 },
}

fn a_step() -> impl Strategy<Value = Step> {
    let states: Vec<DeliveryState> =
        DeliveryState::ALL.into_iter().filter(|s| *s != DeliveryState::Attempting).collect();
    prop_oneof![
        3 => (0..3u8, prop::option::of(1..3u32), 0..20i64, prop::bool::weighted(0.3))
            .prop_map(|(to, about, delay, pressing)| Step::Enqueue { to, about, delay, pressing }),
        3 => (0..30i64, 0..4usize).prop_map(|(lease, limit)| Step::Claim { lease, limit }),
        4 => (any::<prop::sample::Index>(), prop::sample::select(states), 0..40i64, any::<bool>())
            .prop_map(|(which, state, delay, uncounted)| Step::Settle { which, state, delay, uncounted }),
        1 => Just(Step::Reclaim),
        3 => (0..30i64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

/// Does one step on both; the engine's ids are the model's places, counted from 1.
fn compare(store: &mut dyn Store, model: &mut Model, now: &mut i64, step: Step) -> Result<(), TestCaseError> {
    match step {
        Step::Enqueue { to, about, delay, pressing } => {
            let i = model.rows.len();
            let key = about.map(|n| ticket(n).key);
            let mut new = letter(&format!("letter-{i}"), key.as_ref(), &format!("p{to}@client.example"));
            new.not_before = second(*now + delay);
            new.pressing = pressing;
            store.run(|tx| tx.enqueue(&new)).expect("put into the outbox");
            let state = DeliveryState::Queued;
            let next = *now + delay;
            model.enqueue(Row { to, about, state, next, attempts: 0, uncertain: 0, pressing });
        }
        Step::Claim { lease, limit } => {
            let until = *now + lease;
            let taken = store.run(|tx| tx.claim(second(*now), second(until), limit)).expect("claimed");
            let taken: Vec<_> = taken.iter().map(|c| (c.delivery, c.attempt, c.uncertain)).collect();
            let expected = model.claim(*now, until, limit).into_iter();
            prop_assert_eq!(taken, expected.map(|(i, a, u)| (i as i64 + 1, a, u)).collect::<Vec<_>>());
        }
        Step::Settle { which, state, delay, uncounted } if !model.rows.is_empty() => {
            let i = which.index(model.rows.len());
            let next_at = (!state.is_final()).then(|| second(*now + delay));
            let outcome = Settled { state, at: second(*now), next_at, text: String::new(), uncounted };
            store.run(|tx| tx.settle(i as i64 + 1, &outcome)).expect("settled");
            model.settle(i, state, *now + delay, uncounted);
        }
        Step::Settle { .. } => {}
        Step::Reclaim => {
            let count = store.run(|tx| tx.reclaim(second(*now))).expect("reclaimed");
            prop_assert_eq!(count, model.reclaim(*now));
        }
        Step::Pass { seconds } => *now += seconds,
    }
    let next = store.run(|tx| tx.next_delivery()).expect("asked");
    prop_assert_eq!(next, model.next().map(second));
    Ok(())
}

fn with_wake(number: u32, wake: Option<i64>) -> Ticket {
    let clock = |at| Clock { due: second(at), warn_at: None, met_at: None, breached: false };
    Ticket { state: State::Open, resolve: wake.map(clock), ..ticket(number) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_outbox_answers_as_its_model(steps in prop::collection::vec(a_step(), 1..60)) {
        let mut engine = SqliteStore::open_in_memory().expect("opened");
        let store: &mut dyn Store = &mut engine;
        store.run(|tx| { open(tx)?; open(tx) }).expect("opened");
        let (mut model, mut now) = (Model::default(), 0);
        for step in steps {
            compare(store, &mut model, &mut now, step)?;
        }
        prop_assert_eq!(store.check().expect("checked"), []);
    }

    #[test]
    fn wakes_answer_as_their_model(
        saves in prop::collection::vec((1..8u32, prop::option::of(0..50i64)), 1..40),
        now in 0..60i64,
        limit in 0..10usize,
    ) {
        let mut engine = SqliteStore::open_in_memory().expect("opened");
        let store: &mut dyn Store = &mut engine;
        let mut model = std::collections::BTreeMap::new();
        for (number, wake) in saves {
            let (before, after) = (model.get(&number).map(|w| with_wake(number, *w)), with_wake(number, wake));
            store.run(|tx| { tx.next_number(&desk(), 10)?; write(tx, before.as_ref(), &after) }).expect("saved");
            model.insert(number, wake);
        }
        let mut wakes: Vec<(i64, u32)> = model.iter().filter_map(|(n, w)| Some(((*w)?, *n))).collect();
        wakes.sort_unstable();
        let earliest: Option<Timestamp> = wakes.first().map(|(wake, _)| second(*wake));
        prop_assert_eq!(store.run(|tx| tx.next_wake()).expect("asked"), earliest);
        let due = wakes.iter().filter(|(wake, _)| *wake <= now).take(limit).map(|(_, n)| *n);
        let found = store.run(|tx| tx.due(second(now), limit)).expect("asked");
        prop_assert_eq!(found.iter().map(|k| k.number).collect::<Vec<_>>(), due.collect::<Vec<_>>());
        prop_assert_eq!(store.check().expect("checked"), []);
    }
}
