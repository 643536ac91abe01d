//! Time does nothing while the operator says so, and after a restore before the mailbox was read (F17, F28).

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::control::{Order, carry_out, fresh_id, obey};
use maildesk::daemon::house::House;
use maildesk::daemon::scheduler;
use maildesk::daemon::switches::Switch;
use maildesk::domain::ticket::{Status, TicketKey};
use maildesk::store::{SqliteStore, Store, restore};

use super::town::PATIENCE;
use crate::support::house::{CONFIG, house, request};

fn key() -> TicketKey {
    TicketKey::new(&"desk".into(), 1)
}

/// A house on the database at `path`, as [`house`] makes one on a database in memory.
fn on_file(dir: &Path, path: &Path) -> House {
    let store: Box<dyn Store> = Box::new(SqliteStore::open(path).expect("opened"));
    House { clerk: Clerk::start(store).expect("a thread").0, ..house(dir, CONFIG) }
}

async fn order(house: &House, order: Order) {
    let (desks, id, now) = (house.desks.clone(), fresh_id().expect("chance"), house.clock.now());
    house.clerk.run(move |tx| obey(tx, &desks, &order, &id, now).map(drop)).await.expect("carried out");
}

/// One request, resolved; silence closes it three days later.
async fn resolved(house: &House) {
    order(house, Order::Register(Box::new(request("Printer")))).await;
    let text = "#resolve\nDone.".to_owned();
    order(house, Order::Instruct { ticket: key(), by: Some("petr".to_owned()), text }).await;
}

async fn status(house: &House) -> Status {
    house.clerk.ask(|tx| Ok(tx.ticket(&key())?.expect("a ticket").status())).await.expect("asked")
}

fn is_read(house: &House, at: Timestamp) {
    house.progress.note("mailbox", |mailbox| mailbox.read_up_to = Some(at));
}

/// Lets the scheduler look as often as it would in some seconds.
async fn a_while(house: &House) {
    for _ in 0..20 {
        house.clerk.run(|_| Ok(())).await.expect("a commit");
        let clock = maildesk::daemon::clock::Clock::system();
        clock.sleep_until(clock.now() + SignedDuration::from_millis(10)).await;
    }
}

async fn closes(house: &House) {
    let closed = async {
        while status(house).await != Status::Closed {
            a_while(house).await;
        }
    };
    tokio::time::timeout(PATIENCE, closed).await.expect("time passes again");
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_that_are_paused_close_nothing_until_they_go_on() {
    let dir = tempfile::tempdir().expect("a folder");
    let house = on_file(dir.path(), &dir.path().join("desk.db"));
    resolved(&house).await;
    carry_out(&house, Order::Pause { what: vec![Switch::Timers], why: String::new() }).await.expect("paused");
    let working = tokio::spawn(scheduler::run(house.clone()));
    let later = house.clock.now() + SignedDuration::from_hours(24 * 5);
    house.clock.advance_to(later);
    is_read(&house, later);
    a_while(&house).await;
    assert_eq!(status(&house).await, Status::Resolved);
    carry_out(&house, Order::Resume { what: vec![Switch::Timers] }).await.expect("resumed");
    closes(&house).await;
    house.stop.cancel();
    working.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_leaps_closes_nothing_for_ten_minutes_and_nothing_at_all_once_it_is_put_right() {
    let dir = tempfile::tempdir().expect("a folder");
    let house = on_file(dir.path(), &dir.path().join("desk.db"));
    resolved(&house).await;
    let working = tokio::spawn(scheduler::run(house.clone()));
    a_while(&house).await;
    let (right, wrong) = (house.clock.now(), house.clock.now() + SignedDuration::from_hours(24 * 5));
    is_read(&house, wrong);

    house.clock.set_to(wrong);
    a_while(&house).await;
    assert_eq!(status(&house).await, Status::Resolved, "five days in no time");
    house.clock.set_to(right);
    a_while(&house).await;
    house.clock.advance_to(right + SignedDuration::from_hours(1));
    a_while(&house).await;
    assert_eq!(status(&house).await, Status::Resolved, "it was a slip");

    house.clock.set_to(wrong);
    a_while(&house).await;
    house.clock.advance_to(wrong + SignedDuration::from_mins(9));
    a_while(&house).await;
    assert_eq!(status(&house).await, Status::Resolved, "nine minutes are time to put it right");
    house.clock.advance_to(wrong + SignedDuration::from_mins(10));
    closes(&house).await;
    house.stop.cancel();
    working.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_nothing_closes_before_the_mailbox_was_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let (path, copy) = (dir.path().join("desk.db"), dir.path().join("copy.db"));
    let before = on_file(dir.path(), &path);
    resolved(&before).await;
    let target = copy.clone();
    before.clerk.whole(move |store| store.backup(&target)).await.expect("copied");
    let later = before.clock.now() + SignedDuration::from_hours(24 * 5);
    drop(before);
    let restored = restore(&copy, &path, 10, later).expect("restored");
    assert_eq!(restored.epoch, 1);

    let house = on_file(dir.path(), &path);
    house.clock.advance_to(later);
    let working =
        tokio::spawn(scheduler::run(House { progress: Arc::clone(&house.progress), ..house.clone() }));
    a_while(&house).await;
    assert_eq!(status(&house).await, Status::Resolved, "she may have written in the time that was lost");
    is_read(&house, later);
    closes(&house).await;
    house.stop.cancel();
    working.await.expect("it ends");
}
