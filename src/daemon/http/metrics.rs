//! The figures of `/metrics`. Labels are names of the configuration and fixed words, never an address or a subject.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::STORE_MAX;
use super::page::Page;
use crate::daemon::house::House;
use crate::daemon::intake::free_bytes;
use crate::daemon::telling::Figures;
use crate::domain::ticket::Status;
use crate::store::{DeliveryState, Fact, Overview, Tx};

/// "Soon" is within so long.
const SOON: SignedDuration = SignedDuration::from_hours(24);

/// Statuses of tickets that are not done.
const PENDING: [Status; 5] =
    [Status::NeedsInfo, Status::New, Status::Open, Status::Waiting, Status::Resolved];

/// All of it.
pub async fn page(house: &House) -> String {
    let mut page = Page::default();
    let now = house.clock.now();
    program(house, &mut page);
    work(&house.clerk.figures, &mut page);
    servers(house, &mut page);
    inspected(house, &mut page);
    let desks: Vec<_> = house.desks.iter().map(|desk| desk.id().clone()).collect();
    let asked = house.clerk.ask(move |tx: &mut dyn Tx| tx.overview(&desks, now, now + SOON));
    let overview = match tokio::time::timeout(STORE_MAX, asked).await {
        Ok(Ok(overview)) => Some(overview),
        Ok(Err(_)) | Err(_) => None,
    };
    let up = u8::from(overview.is_some() && house.clerk.figures.store_trouble().is_none());
    page.gauge("maildesk_store_up", "Whether the database can be read and written.").add(&[], up);
    if let Some(overview) = overview {
        stands(&overview, &mut page);
    }
    page.into_text()
}

fn program(house: &House, page: &mut Page) {
    let version = env!("CARGO_PKG_VERSION");
    page.gauge("maildesk_build_info", "The version that runs.").add(&[("version", version)], 1);
    let started = house.progress.started_at().map_or(0.0, seconds);
    page.gauge("maildesk_start_time_seconds", "When it was started, since 1970.").add(&[], started);
    if let Some(resident) = resident_bytes() {
        page.gauge("process_resident_memory_bytes", "Memory that it holds.").add(&[], resident);
    }
    if let Some(free) = free_bytes(&house.settings.state_dir) {
        page.gauge("maildesk_disk_free_bytes", "Room where the database lies.").add(&[], free);
    }
    let wanted = house.settings.pace.disk_free_bytes_min;
    page.gauge("maildesk_disk_free_wanted_bytes", "With less room no mail is taken.").add(&[], wanted);
    let mut wal = house.settings.database.clone().into_os_string();
    wal.push("-wal");
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |about| about.len());
    let bytes = size(&house.settings.database) + size(Path::new(&wal));
    page.gauge("maildesk_database_bytes", "Size of the database with its write-ahead log.").add(&[], bytes);
}

fn work(figures: &Figures, page: &mut Page) {
    for (name, help, words) in [
        ("maildesk_mails_total", "Mails by what became of them.", &Fact::OF_MAILS[..]),
        ("maildesk_ticket_changes_total", "Changes of tickets.", &Fact::OF_TICKETS),
        (
            "maildesk_letter_events_total",
            "Letters written, and what came of each attempt.",
            &Fact::OF_LETTERS,
        ),
    ] {
        let mut family = page.counter(name, help);
        for word in words {
            family.add(&[("fact", word)], figures.told(word));
        }
    }
    page.counter("maildesk_promises_broken_total", "Promised moments that passed without what was promised.")
        .add(&[], figures.promises_broken());
    page.counter("maildesk_store_units_total", "Units of work of the store.").add(&[], figures.units());
    let help = "Seconds for a commit with all its units.";
    page.histogram("maildesk_commit_seconds", help, &figures.commits);
    let help = "Seconds from a request's arrival to its acknowledgement accepted.";
    page.histogram("maildesk_acknowledgement_seconds", help, &figures.acks);
}

fn servers(house: &House, page: &mut Page) {
    let all = house.progress.all();
    let mailboxes: Vec<_> = house
        .settings
        .mailboxes
        .iter()
        .map(|mailbox| (mailbox.name.as_str(), all.get(&mailbox.name).cloned().unwrap_or_default()))
        .collect();
    let mut family = page.gauge("maildesk_mailbox_up", "Whether the mailbox is read without trouble.");
    for (name, progress) in &mailboxes {
        let up = progress.trouble.is_none() && progress.read_up_to.is_some();
        family.add(&[("mailbox", name)], u8::from(up));
    }
    let help = "All that arrived before is in the store; 0: not read up since the start.";
    let mut family = page.gauge("maildesk_mailbox_read_timestamp_seconds", help);
    for (name, progress) in &mailboxes {
        family.add(&[("mailbox", name)], progress.read_up_to.map_or(0.0, seconds));
    }
    let mut family = page.gauge("maildesk_mailbox_waiting_mails", "Mails that were seen and not read yet.");
    for (name, progress) in &mailboxes {
        family.add(&[("mailbox", name)], progress.waiting);
    }
    let help =
        "Mails that the last comparison of folder and rows found without a row; they are read after all.";
    let mut family = page.gauge("maildesk_mailbox_passed_over_mails", help);
    for (name, progress) in &mailboxes {
        family.add(&[("mailbox", name)], progress.passed_over);
    }
    let relays = house.progress.relays();
    let help = "When the certificate ends that the server showed last; without TLS there is none.";
    let mut family = page.gauge("maildesk_certificate_expires_timestamp_seconds", help);
    for (name, progress) in &mailboxes {
        if let Some(ends) = progress.certificate_ends {
            family.add(&[("server", "imap"), ("name", name)], seconds(ends));
        }
    }
    for (desk, relay) in &relays {
        if let Some(ends) = relay.certificate_ends {
            family.add(&[("server", "smtp"), ("name", desk)], seconds(ends));
        }
    }
    let alarms = house.tokens.alarms(house.clock.now()).len();
    let help = "Secrets and access tokens that run out, or have.";
    page.gauge("maildesk_secrets_ending", help).add(&[], alarms);
    let mut family =
        page.gauge("maildesk_relay_up", "Whether letters of the desk can leave, as far as is known.");
    for desk in house.desks.iter() {
        let up = relays.get(desk.id()).is_none_or(|relay| relay.trouble.is_none());
        family.add(&[("desk", desk.id())], u8::from(up));
    }
}

fn stands(overview: &Overview, page: &mut Page) {
    let open = DeliveryState::ALL.into_iter().filter(|state| !state.is_final());
    let mut family =
        page.gauge("maildesk_outbox_letters", "Letters that are still to go, for each recipient.");
    for state in open {
        let count = overview.waiting.iter().find(|(found, _)| *found == state).map_or(0, |(_, n)| *n);
        family.add(&[("state", state.word())], count);
    }
    let help = "When the oldest letter that is still to go was written; 0: none.";
    let oldest = overview.oldest_waiting.map_or(0.0, seconds);
    page.gauge("maildesk_outbox_oldest_timestamp_seconds", help).add(&[], oldest);
    let help = "Letters that were given up, among the last 5,000.";
    page.gauge("maildesk_outbox_given_up", help).add(&[], overview.given_up);
    let help = "Mails that were set aside and wait for the operator.";
    page.gauge("maildesk_quarantine_mails", help).add(&[], overview.set_aside);
    page.gauge("maildesk_mails_kept", "Mails in the database.").add(&[], overview.mails);
    let mut family = page.gauge("maildesk_tickets", "Tickets that are not closed.");
    for of_desk in &overview.desks {
        for status in PENDING {
            let count = of_desk.tickets.iter().find(|(found, _)| *found == status).map_or(0, |(_, n)| *n);
            family.add(&[("desk", &of_desk.desk), ("status", status.word())], count);
        }
    }
    let mut family = page.gauge("maildesk_tickets_untaken", "New requests that nobody has taken.");
    for of_desk in &overview.desks {
        family.add(&[("desk", &of_desk.desk)], of_desk.untaken);
    }
    let mut family = page.gauge("maildesk_tickets_due", "Tickets with a promise that ends within a day.");
    for of_desk in &overview.desks {
        family.add(&[("desk", &of_desk.desk)], of_desk.due);
    }
    let mut family =
        page.gauge("maildesk_tickets_overdue", "Tickets with a promise that is broken and not met.");
    for of_desk in &overview.desks {
        family.add(&[("desk", &of_desk.desk)], of_desk.overdue);
    }
}

/// What the daily look through everything found.
fn inspected(house: &House, page: &mut Page) {
    let found = house.progress.last_inspected();
    let help = "When all that was done was last looked through; 0: not since the start.";
    let at = found.map_or(0.0, |found| seconds(found.at));
    page.gauge("maildesk_inspection_timestamp_seconds", help).add(&[], at);
    let help = "Mails without one outcome, letters written twice, letters to strangers: what it found.";
    page.gauge("maildesk_inspection_faults", help).add(&[], found.map_or(0, |found| found.faults));
    let rows = found.map_or(0, |found| found.rows);
    page.gauge("maildesk_inspection_rows", "Rows that it looked at.").add(&[], rows);
}

/// Milliseconds since 1970 fit into the 53 bits of such a number.
fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// What the kernel says of our memory (proc_pid_status(5), VmRSS in kB).
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
