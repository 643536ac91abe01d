//! The task that carries letters out.
//!
//! An [`office::Office`] claims letters, puts them on the shelf of their desk's [`branch::Branch`], hires
//! [`postman::Postman`]s, each with one connection, and writes down what they bring back. What came back and the
//! next claim share one commit, so that under load a letter costs a fraction of one. A letter is marked as
//! attempted before the network is touched (A26).
//!
//! * A recipient for whom the server takes its time holds up one connection and no other letter (A34); letters of
//!   one ticket to one recipient keep their order, for the store gives out one at a time.
//! * When the host or the account fails, the letter that met it decides for the whole desk: everything waits,
//!   no attempt is counted, and later one letter tries the way (A31, A32).
//! * A letter can go out twice in two cases only: its connection was lost after the final dot, or the process was
//!   while it was on the wire. Both times its bytes and its Message-ID are the same.

mod accounts;
mod branch;
mod condition;
mod office;
mod pack;
mod postman;
mod relay;
mod room;
mod turns;
mod verdict;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use self::relay::{open, server};

use self::office::{Next, Office};
use super::house::House;

/// The store is asked again so long after it has failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Runs until the house stops, and then until the letters on the wire are done or `waits.stop` is over.
///
/// What an earlier run left marked as attempted may have arrived: it becomes uncertain, and goes out again.
pub async fn run(house: House) {
    let end = house.stop.clone();
    reclaim(&house).await;
    go_on(house, end).await;
}

/// The same beside an earlier house of this process, whose letters are still on the wire: what is marked as attempted
/// is its business. Letters on the wire when this house stops may take their time until `end`, and `waits.stop` more.
pub async fn go_on(house: House, end: CancellationToken) {
    let (clerk, stop) = (house.clerk.clone(), house.stop.clone());
    let waits = house.settings.waits.clone();
    let tick = waits.tick;
    let beat = clerk.pulse.beat("outbox");
    let mut office = Office::open(house);
    office.recall().await;
    let mut failing = false;
    while !stop.is_cancelled() {
        // Registered before asking, so that a letter written between the two is not slept through.
        let rung = clerk.bells.outbox.notified();
        beat.within(Duration::ZERO);
        let next = match office.round().await {
            Ok(Next::Now) => continue,
            Ok(next) => next,
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::error!(%error, "the outbox cannot use the store; it tries again every second");
                }
                tokio::select! {
                    () = tokio::time::sleep(STORE_PAUSE) => {}
                    () = stop.cancelled() => {}
                }
                continue;
            }
        };
        failing = false;
        beat.within(tick);
        tokio::select! {
            () = stop.cancelled() => {}
            () = rung => {}
            () = office.wait(next) => {}
            () = tokio::time::sleep(tick) => {}
        }
    }
    beat.within(if end.is_cancelled() { waits.stop } else { waits.lease });
    office.close(&end).await;
}

/// What an earlier run left marked as attempted may have arrived: it becomes uncertain, and goes out again.
pub async fn reclaim(house: &House) {
    let now = house.clock.now();
    while !house.stop.is_cancelled() {
        match house.clerk.ask(move |tx| tx.reclaim(now)).await {
            Ok(0) => return,
            Ok(letters) => {
                tracing::warn!(letters, "the last run ended with letters on the wire; they go out again");
                return;
            }
            Err(error) => tracing::error!(%error, "the outbox cannot use the store; it tries again"),
        }
        tokio::select! {
            () = tokio::time::sleep(STORE_PAUSE) => {}
            () = house.stop.cancelled() => {}
        }
    }
}
