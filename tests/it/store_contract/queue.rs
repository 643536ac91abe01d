//! Promises about requests that wait to be taken.

use maildesk::domain::people::AgentId;
use maildesk::domain::rules::Queue;
use maildesk::domain::ticket::{Clock, State, Ticket};
use maildesk::store::Store;

use crate::support::store_samples::*;

fn add(store: &mut dyn Store, change: impl Fn(Ticket) -> Ticket) -> u32 {
    store
        .run(|tx| {
            let ticket = change(ticket(tx.next_number(&desk(), 1)?));
            write(tx, None, &ticket)?;
            Ok(ticket.key.number)
        })
        .expect("written")
}

fn clock(due: i64, met: bool) -> Option<Clock> {
    Some(Clock { due: second(due), warn_at: None, met_at: met.then(|| second(1)), breached: due < 50 })
}

fn queue(store: &mut dyn Store, order: Queue, limit: usize) -> Vec<u32> {
    let tickets = store.run(|tx| tx.queue(&desk(), order, limit)).expect("asked");
    tickets.iter().map(|t| t.key.number).collect()
}

pub fn the_queue_is_in_the_order_of_receipt(store: &mut dyn Store) {
    for at in [30, 10, 20, 10] {
        add(store, |t| Ticket { received_at: second(at), resolve: clock(1000 - at, false), ..t });
    }
    assert_eq!(queue(store, Queue::Fifo, 0), [2, 4, 3, 1]);
    assert_eq!(queue(store, Queue::Fifo, 2), [2, 4]);
    let elsewhere = store.run(|tx| tx.queue(&"sales".into(), Queue::Fifo, 0)).expect("asked");
    assert_eq!(elsewhere, []);
}

pub fn by_deadline_the_nearest_unmet_promise_comes_first(store: &mut dyn Store) {
    add(store, |t| Ticket { received_at: second(9), ..t });
    add(store, |t| Ticket { received_at: second(8), ..t });
    add(store, |t| Ticket { respond: clock(60, true), resolve: clock(500, false), ..t });
    add(store, |t| Ticket { respond: clock(400, false), resolve: clock(500, false), ..t });
    add(store, |t| Ticket { respond: clock(60, true), resolve: clock(60, true), ..t });
    add(store, |t| Ticket { respond: clock(10, false), ..t });
    add(store, |t| Ticket { received_at: second(-5), resolve: clock(400, false), ..t });
    assert_eq!(queue(store, Queue::Deadline, 0), [6, 7, 4, 3, 5, 2, 1]);
    assert_eq!(queue(store, Queue::Deadline, 3), [6, 7, 4]);
}

pub fn whoever_is_taken_or_not_new_leaves_the_queue(store: &mut dyn Store) {
    let petr = || Some(AgentId("petr".into()));
    add(store, |t| Ticket { assignee: petr(), ..t });
    add(store, |t| Ticket { state: State::Open, ..t });
    let waits = add(store, |t| t);
    for order in [Queue::Fifo, Queue::Deadline] {
        assert_eq!(queue(store, order, 0), [waits]);
    }
    store
        .run(|tx| {
            let before = tx.ticket(&ticket(waits).key)?.expect("there");
            write(tx, Some(&before), &Ticket { assignee: petr(), ..before.clone() })
        })
        .expect("written");
    for order in [Queue::Fifo, Queue::Deadline] {
        assert_eq!(queue(store, order, 0), [0; 0]);
    }
}
