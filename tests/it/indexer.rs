//! The daemon's task that fills the search index.

use jiff::SignedDuration;
use maildesk::daemon::house::House;
use maildesk::daemon::indexer;

use crate::support::house::{CONFIG, house};
use crate::support::store_samples::open;

/// Does something wait to be indexed?
async fn waits(house: &House) -> bool {
    // The commit of a change is answered before its bell is rung: one question later it has been.
    house.clerk.ask(|tx| tx.next_wake()).await.expect("asked");
    house.clerk.ask(|tx| tx.index(0)).await.expect("asked").more
}

/// Lets the task run until nothing waits, or it has had its chance.
async fn settles(house: &House) -> bool {
    for _ in 0..200 {
        if !waits(house).await {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn what_was_written_is_indexed_when_the_store_is_quiet() {
    let dir = tempfile::tempdir().expect("a folder");
    let house = house(dir.path(), CONFIG);
    house.clerk.run(|tx| (0..40).try_for_each(|_| open(tx).map(|_| ()))).await.expect("written");
    let task = tokio::spawn(indexer::run(house.clone()));
    assert!(settles(&house).await || waits(&house).await);
    let step = |seconds| house.clock.advance_to(house.clock.now() + SignedDuration::from_secs(seconds));
    step(3);
    assert!(settles(&house).await, "what was there at the start");

    // At a desk that is never quiet something is read all the same.
    let mut read = false;
    for _ in 0..40 {
        house.clerk.run(|tx| open(tx).map(|_| ())).await.expect("written");
        read |= settles(&house).await;
        step(1);
    }
    assert!(read, "thirty seconds are enough");
    step(3);
    assert!(settles(&house).await);
    house.stop.cancel();
    task.await.expect("it ends");
}
