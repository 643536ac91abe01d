//! How fast a full mailbox is worked off: 2,000 mails wait in a real Dovecot, letters go to a real Postfix.
//!
//! `cargo bench --bench burst`; `MAILDESK_BINARY` names another program to be measured. `docs/performance.md` has
//! figures and what they mean.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::daemon::{Daemon, STOP_MAX};
use support::people::{compose, fresh_id};
use support::town::{DESK, Town};

/// Nobody's answers are bounded, one agent is told, and the mails that wait are taken.
const SETTINGS: &str = "[limits]\nanswers_per_hour = 100000\nanswers_per_day = 100000\n\
     [desk]\nnotify_new = [\"petr\"]\n[mailbox]\nadopt = \"all\"\n";

/// Mails that wait; one in ten has a file of about 200 kB.
const MAILS: i64 = 2_000;
const LIMIT: Duration = Duration::from_secs(300);

fn main() {
    let Some(town) = Town::start() else { return };
    // The first mail makes the mailbox.
    town.person("ona@client.example").writes(DESK, "Good morning", "The lamp is dark.");
    let inbox = town.mailbox(DESK);
    inbox.wait_for_count(1, LIMIT);
    let file =
        "VGhlIHNjcmVlbiBpcyBkYXJrIGFuZCB0aGUgcHJpbnRlciBwcmludHMgbm90aGluZyBhdCBhbGwu\r\n".repeat(2_600);
    let running = "The screen of the till is dark since this morning, and nobody can print an invoice.\r\n";
    for number in 0..MAILS {
        let from = format!("client{number}@client{}.example", number % 300);
        let subject = format!("The till does not work, number {number}");
        let mut body = running.repeat(60);
        let mut headers = vec![("Subject", subject.as_str())];
        if number % 10 == 0 {
            headers.push(("MIME-Version", "1.0"));
            headers.push(("Content-Type", "multipart/mixed; boundary=\"part\""));
            body = format!(
                "--part\r\nContent-Type: text/plain\r\n\r\n{body}\r\n--part\r\nContent-Type: image/png\r\n\
                 Content-Disposition: attachment; filename=\"screen.png\"\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\n{file}--part--\r\n"
            );
        }
        inbox.put(compose(&from, DESK, &fresh_id(&from), &headers, &body).as_bytes());
    }
    let mut daemon = Daemon::prepare(&town, SETTINGS);
    let begun = Instant::now();
    daemon.start();
    daemon.wait_for_count("SELECT count(*) FROM tickets", MAILS + 1, LIMIT);
    let decided = begun.elapsed();
    daemon.wait_for_count("SELECT count(*) FROM deliveries WHERE open = 1", 0, LIMIT);
    let sent = begun.elapsed();
    let rate = |time: Duration| MAILS as f64 / time.as_secs_f64();
    println!(
        "{MAILS} mails: all decided after {decided:.2?} ({:.0}/s), all letters taken by Postfix after {sent:.2?} ({:.0}/s)",
        rate(decided),
        rate(sent)
    );
    assert_eq!(daemon.stop(STOP_MAX).code(), Some(0), "{}", daemon.log());
}
