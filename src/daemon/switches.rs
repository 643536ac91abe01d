//! What the operator has stopped, at once and until further notice (F28): kept in the store, so that a restart changes
//! nothing, and watched by the loops that it concerns.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::store::{Result, StoreError, Tx};

/// What can be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// No letter leaves; all of them wait.
    Letters,
    /// Automatic letters to clients are dropped when their turn comes.
    Acknowledgements,
    /// No mail is taken: it stays in the mailbox, and who hands mail over is asked to come again.
    Intake,
    /// Nothing happens to a ticket by time alone: no closing, no reminder, no warning.
    Timers,
}

impl Switch {
    pub const ALL: [Switch; 4] = [Switch::Letters, Switch::Acknowledgements, Switch::Intake, Switch::Timers];

    /// The word for it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Switch::Letters => "letters",
            Switch::Acknowledgements => "acknowledgements",
            Switch::Intake => "intake",
            Switch::Timers => "timers",
        }
    }

    pub fn parse(word: &str) -> Option<Switch> {
        Switch::ALL.into_iter().find(|switch| switch.word() == word)
    }
}

/// Since when it is stopped, and the operator's reason, where he gave one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// All that is stopped.
pub type AllPaused = BTreeMap<Switch, Paused>;

/// What is stopped now, for those who ask and those who wait.
#[derive(Debug, Default)]
pub struct Switches(watch::Sender<AllPaused>);

impl Switches {
    pub fn set(&self, paused: AllPaused) {
        self.0.send_replace(paused);
    }

    pub fn all(&self) -> AllPaused {
        self.0.borrow().clone()
    }

    pub fn is_paused(&self, switch: Switch) -> bool {
        self.0.borrow().contains_key(&switch)
    }

    /// Changes with every order.
    pub fn changes(&self) -> watch::Receiver<AllPaused> {
        self.0.subscribe()
    }
}

const NAME: &str = "switches";

/// What is stopped, as it is kept.
///
/// # Errors
/// The store's; `Corrupt` where it cannot be read.
pub fn kept(tx: &mut dyn Tx) -> Result<AllPaused> {
    let Some(bytes) = tx.value(NAME)? else { return Ok(AllPaused::new()) };
    serde_json::from_slice(&bytes).map_err(|error| StoreError::Corrupt(format!("{NAME}: {error}")))
}

/// Stops these things, or lets them go on; returns all that is stopped afterwards. What was stopped before keeps its
/// time.
///
/// # Errors
/// The store's.
pub fn turn(
    tx: &mut dyn Tx,
    switches: &[Switch],
    pause: bool,
    why: &str,
    now: Timestamp,
) -> Result<AllPaused> {
    let mut paused = kept(tx)?;
    for switch in switches {
        match pause {
            true => {
                let since = paused.get(switch).map_or(now, |paused| paused.since);
                paused.insert(*switch, Paused { since, why: why.to_owned() });
            }
            false => {
                paused.remove(switch);
            }
        }
    }
    let bytes = serde_json::to_vec(&paused).map_err(|error| StoreError::Abandoned(error.to_string()))?;
    tx.set_value(NAME, &bytes)?;
    Ok(paused)
}
