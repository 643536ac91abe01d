//! What an operator goes through: a database lost and restored, a person taken out, switches, old databases.

mod canary;
mod erasing;
mod holding;
mod keeping;
mod living;
mod restoring;
mod shelf;
mod switching;
mod town;

use maildesk::store::{DeliveryState, Settled};

use crate::cli::Folder;

/// Every letter that waits has left.
fn all_leave(folder: &Folder, at: &str) {
    let at = at.parse().expect("an instant");
    let sent =
        Settled { state: DeliveryState::Sent, at, next_at: None, text: "250".into(), uncounted: false };
    let mut store = folder.store();
    loop {
        let claimed = store.run(|tx| tx.claim(at, at, 100)).expect("claimed");
        if claimed.is_empty() {
            return;
        }
        for claim in claimed {
            store.run(|tx| tx.settle(claim.delivery, &sent)).expect("settled");
        }
    }
}
