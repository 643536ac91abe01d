//! Mails of tens of megabytes.

use std::time::Duration;

use mail_parser::{MessageParser, MimeHeaders};

use crate::desk::{BUSY, LETTERS, UNDECIDED, ends_sound};
use crate::support::daemon::Daemon;
use crate::support::odd_mail::big;
use crate::support::people::fresh_id;
use crate::support::town::{DESK, Town};

/// For a mail of 40 MB through two servers and a program that was compiled for tests.
const LONG: Duration = Duration::from_secs(120);
const MEMORY_MAX: u64 = 200_000_000;
const MEMORY_GOAL: u64 = 100_000_000;

#[test]
fn forty_megabytes_are_kept_whole_and_of_more_than_the_limit_the_header_is_read() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, BUSY);
    daemon.start();
    let ona = town.person("ona@client.example");
    let (id, larger) = (fresh_id(&ona.address), fresh_id(&ona.address));
    let mail = big(&ona.address, DESK, &id, 40_000_000);
    assert!(ona.sends_raw(DESK, &mail).is_good());
    daemon.wait_for_count("SELECT count(*) FROM tickets WHERE number = 1", 1, LONG);
    ona.gets_answer_to(&id);
    let after_first = daemon.memory_peak();

    let raw: Vec<u8> = daemon
        .database()
        .query_row("SELECT bytes FROM bytes JOIN mails ON raw = hash WHERE outcome = 'applied'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let [kept, sent] = [&raw, &mail].map(|bytes| MessageParser::default().parse(bytes).unwrap());
    let file = |mail: &mail_parser::Message<'_>| mail.attachment(0).unwrap().contents().to_vec();
    assert_eq!(kept.attachment(0).unwrap().attachment_name(), Some("big.bin"));
    assert!(file(&kept).len() > 29_000_000 && file(&kept) == file(&sent), "the attachment is whole");

    town.mailbox(DESK).put(&big(&ona.address, DESK, &larger, 60_000_000));
    daemon.wait_for_count("SELECT count(*) FROM tickets WHERE number = 2", 1, LONG);
    daemon.wait_for_count(UNDECIDED, 0, LONG);
    let answer = ona.gets_answer_to(&larger);
    assert_eq!(answer.subject(), "[#2] a big file");
    assert!(answer.text().contains("larger than we can take"), "{}", answer.text());
    let kept =
        daemon.count("SELECT max(length(bytes)) FROM bytes JOIN mails ON raw = hash WHERE ticket_number = 2");
    assert!(kept < 1_000_000, "only the header of a mail over the limit is kept: {kept} bytes");
    // Of the first one's file, which is larger than the desk takes, he is told by name; the raw mail has it.
    assert_eq!(daemon.count("SELECT count(*) FROM letters WHERE purpose = 'problem'"), 1);
    assert_eq!(daemon.count(LETTERS), 5);

    let peak = daemon.memory_peak();
    eprintln!(
        "peak of memory: {after_first} bytes after 40 MB, {peak} after 60 MB; the goal is {MEMORY_GOAL}"
    );
    assert!(peak < MEMORY_MAX, "{peak} bytes");
    ends_sound(daemon);
}
