//! Feeds the watchdog of systemd while every loop goes on, and tells it in a line how the desk is.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::watch;

use super::house::House;
use super::pulse::Stuck;

/// The loops are looked at at least so often.
const LOOK: Duration = Duration::from_secs(5);

/// Tells systemd, where it listens.
pub fn systemd(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not told");
    }
}

/// Looks at the loops of the house that is current, for as long as there is one. `deadline` is the one of the
/// watchdog (`WatchdogSec=`): it is fed at least four times in it, and a loop may be silent for half of it beyond its own word.
///
/// This runs beside the loops and knows nothing of its own: a loop that is stuck is not fed for, and systemd ends the
/// program and starts it afresh. `tell` is [`systemd`], or a test's ear.
pub async fn feed(
    houses: watch::Receiver<House>,
    deadline: Option<Duration>,
    tell: impl Fn(&[NotifyState<'_>]),
) {
    if let Some(deadline) = deadline {
        houses.borrow().clerk.pulse.set_patience(deadline / 2);
    }
    let mut every = tokio::time::interval(deadline.map_or(LOOK, |deadline| LOOK.min(deadline / 4)));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut said = String::new();
    let mut known: Vec<String> = Vec::new();
    loop {
        every.tick().await;
        if houses.has_changed().is_err() {
            return;
        }
        let stuck = houses.borrow().clerk.pulse.stuck();
        for Stuck { who, silent } in &stuck {
            if !known.contains(who) {
                let silent_seconds = silent.as_secs();
                tracing::error!(who, silent_seconds, "a part of the program makes no progress");
            }
        }
        known = stuck.iter().map(|stuck| stuck.who.clone()).collect();
        let now = status(&houses.borrow(), &known);
        if now != said {
            tell(&[NotifyState::Status(&now)]);
            said = now;
        }
        if deadline.is_some() && known.is_empty() {
            tell(&[NotifyState::Watchdog]);
        }
    }
}

/// One line for `systemctl status`.
fn status(house: &House, stuck: &[String]) -> String {
    if !stuck.is_empty() {
        return format!("no progress: {}", stuck.join(", "));
    }
    let read = house.progress.all();
    let mailboxes = house.settings.mailboxes.iter().filter_map(|mailbox| {
        let found = read.get(&mailbox.name).cloned().unwrap_or_default();
        let unread = || found.read_up_to.is_none().then(|| "not read yet".to_owned());
        Some((mailbox.name.clone(), found.trouble.clone().or_else(unread)?))
    });
    let relays = house.progress.relays().into_iter();
    let relays = relays.filter_map(|(desk, of)| Some((format!("letters of {desk}"), of.trouble?)));
    let troubles: Vec<String> = mailboxes
        .chain(relays)
        .map(|(what, why)| format!("{what}: {}", why.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    if troubles.is_empty() { "all mailboxes can be read".to_owned() } else { troubles.join("; ") }
}
