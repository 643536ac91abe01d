//! Fills the search index while nobody needs the store: what was written is read into it in small steps.

use jiff::SignedDuration;

use super::house::House;

/// So many tickets are read in one step: mails that come meanwhile wait some milliseconds.
const STEP_TICKETS: usize = 16;
/// Nothing is read until there was no commit for so long …
const QUIET: SignedDuration = SignedDuration::from_secs(2);
/// … but some steps at least so often, at a desk that is never quiet.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);
const STEPS_BESIDE: usize = 100;
/// After trouble with the store.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Runs until the house stops.
pub async fn run(house: House) {
    // Steps that are taken though others need the store.
    let mut beside = 0;
    while !house.stop.is_cancelled() {
        let mut rung = std::pin::pin!(house.clerk.bells.indexer.notified());
        match house.clerk.ask(|tx| tx.index(STEP_TICKETS)).await {
            Ok(step) if step.more && beside > 0 => beside -= 1,
            Ok(step) => {
                // While nobody else commits, the next step follows at once.
                let disturbed = rung.as_mut().enable();
                if step.more && !disturbed {
                    continue;
                }
                if !disturbed {
                    tokio::select! {
                        () = house.stop.cancelled() => return,
                        () = rung => {}
                    }
                }
                beside = if quiet(&house).await { 0 } else { STEPS_BESIDE };
            }
            Err(error) => {
                tracing::error!(%error, "the search index cannot be filled; a pause");
                house.rest_until(house.clock.now() + PAUSE).await;
            }
        }
    }
}

/// Waits until nothing was committed for a while; `false` when that took too long.
async fn quiet(house: &House) -> bool {
    let longest = house.clock.now() + LONGEST;
    loop {
        let until = (house.clock.now() + QUIET).min(longest);
        tokio::select! {
            biased;
            () = house.clerk.bells.indexer.notified() => {}
            () = house.rest_until(until) => return until < longest,
        }
        if house.clock.now() >= longest || house.stop.is_cancelled() {
            return false;
        }
    }
}
