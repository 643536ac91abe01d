//! A measurement, not a story: how fast a full mailbox is worked off. `docs/performance.md` has figures.

use std::time::{Duration, Instant};

use crate::desk::{BUSY, OPEN, TICKETS, ends_sound};
use crate::support::daemon::Daemon;
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, Town};

/// Mails that wait; one in ten has a file of about 200 kB.
const MAILS: i64 = 2_000;
const LIMIT: Duration = Duration::from_secs(300);

/// `MAILDESK_BINARY` names another program to be measured than the one that was built with the tests.
#[test]
#[ignore = "takes minutes and measures; run it alone with --nocapture"]
fn two_thousand_waiting_mails() {
    let Some(town) = Town::start() else { return };
    let inbox = town.mailbox(DESK);
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
    let mut daemon = Daemon::prepare(&town, &format!("{BUSY}[mailbox]\nadopt = \"all\"\n"));
    let begun = Instant::now();
    daemon.start();
    daemon.wait_for_count(TICKETS, MAILS, LIMIT);
    let decided = begun.elapsed();
    daemon.wait_for_count(OPEN, 0, LIMIT);
    let sent = begun.elapsed();
    let rate = |time: Duration| MAILS as f64 / time.as_secs_f64();
    println!(
        "{MAILS} mails: all decided after {decided:.2?} ({:.0}/s), all letters taken by Postfix after {sent:.2?} ({:.0}/s)",
        rate(decided),
        rate(sent)
    );
    ends_sound(daemon);
}
