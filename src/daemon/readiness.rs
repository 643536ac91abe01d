//! Would a restart help, and does everything work?

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::house::House;
use super::intake::free_bytes;

/// The store's thread is given up for lost after so long at one commit.
const STUCK: Duration = Duration::from_secs(120);
/// A mailbox that is looked at every minute is behind after this, whatever its poll.
const BEHIND_MIN: SignedDuration = SignedDuration::from_mins(5);

/// Why a restart would help; empty: it would not. A server that refuses us is nothing that a restart mends.
pub fn not_live(house: &House) -> Vec<String> {
    let mut reasons = Vec::new();
    if house.clerk.has_ended() {
        reasons.push("the store's thread has ended".to_owned());
    }
    if let Some(busy) = house.clerk.figures.clerk_busy_for().filter(|busy| *busy > STUCK) {
        reasons.push(format!("the store's thread has been at one commit for {} s", busy.as_secs()));
    }
    reasons
}

/// What does not work now, each with since when where that is known.
pub fn not_ready(house: &House) -> Vec<String> {
    let mut reasons = not_live(house);
    if let Some(trouble) = house.clerk.figures.store_trouble() {
        reasons.push(format!("store: {trouble}"));
    }
    let (free, wanted) = (free_bytes(&house.settings.state_dir), house.settings.pace.disk_free_bytes_min);
    if let Some(free) = free.filter(|free| *free < wanted) {
        reasons.push(format!("disk: {free} bytes are free, {wanted} are wanted: no mail is taken"));
    }
    if let Some(found) = house.progress.last_inspected().filter(|found| found.faults > 0) {
        let (faults, at) = (found.faults, found.at);
        reasons
            .push(format!("database: {faults} things do not hold, seen {at:.0}: maildesk doctor names them"));
    }
    mailboxes(house, &mut reasons);
    for (desk, relay) in house.progress.relays() {
        if let Some(trouble) = relay.trouble {
            reasons.push(format!("outbox {desk}: {}{trouble}", since(relay.troubled_since)));
        }
    }
    reasons
}

fn mailboxes(house: &House, reasons: &mut Vec<String>) {
    let now = house.clock.now();
    let all = house.progress.all();
    for mailbox in &house.settings.mailboxes {
        let name = &mailbox.name;
        let progress = all.get(name).cloned().unwrap_or_default();
        let poll = SignedDuration::try_from(mailbox.poll).unwrap_or(BEHIND_MIN);
        let behind = (poll * 3).max(BEHIND_MIN);
        match (progress.trouble, progress.read_up_to) {
            (Some(trouble), _) => {
                reasons.push(format!("mailbox {name}: {}{trouble}", since(progress.troubled_since)));
            }
            (None, None) => reasons.push(format!("mailbox {name}: not read up yet since the start")),
            (None, Some(read)) if now.duration_since(read) > behind => {
                let waiting = progress.waiting;
                reasons.push(format!("mailbox {name}: read up to {read:.0} only; {waiting} mails wait"));
            }
            (None, Some(_)) => {}
        }
    }
}

fn since(at: Option<Timestamp>) -> String {
    at.map(|at| format!("since {at:.0}: ")).unwrap_or_default()
}
