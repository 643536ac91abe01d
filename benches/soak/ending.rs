//! A word that several threads wait for.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Comes once, and stays.
#[derive(Clone, Default)]
pub struct Ending(Arc<(Mutex<bool>, Condvar)>);

impl Ending {
    /// From now on it has come.
    pub fn comes(&self) {
        *self.0.0.lock().expect("nobody panics with it") = true;
        self.0.1.notify_all();
    }

    /// Whether it has come.
    pub fn has_come(&self) -> bool {
        self.is_within(Duration::ZERO)
    }

    /// Waits for it for so long; whether it has come.
    pub fn is_within(&self, span: Duration) -> bool {
        let come = self.0.0.lock().expect("nobody panics with it");
        *self.0.1.wait_timeout_while(come, span, |come| !*come).expect("nobody panics with it").0
    }
}
