//! Postfix hands mail straight to the program, by LMTP or by a pipe; there is no mailbox in between.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use crate::desk::{BUSY, OPEN, PATIENCE, SEEN, TICKETS, UNDECIDED, ends_sound, letter, text};
use crate::support::child::until;
use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::people::{compose, fresh_id};
use crate::support::smtp::Smtp;
use crate::support::town::{DESK, Town};

/// A user that may run programs and is neither root nor Postfix.
const NOBODY: u32 = 65_534;
/// Lives of the story of the kills, and mails in each.
const KILLS: usize = 10;
const MAILS_A_LIFE: usize = 10;

/// A town whose mail for these addresses goes to the program's socket.
fn by_lmtp(town: &mut Town, daemon: &Daemon, addresses: &[&str]) {
    let way = format!("handed:unix:{}", daemon.path("lmtp.sock").display());
    let ways: Vec<(&str, &str)> = addresses.iter().map(|address| (*address, way.as_str())).collect();
    town.postfix.routes(&ways);
}

/// Holds the database as another program does that writes; given up when it is dropped.
fn held(daemon: &Daemon) -> Connection {
    let connection = Connection::open(daemon.path("state/maildesk.sqlite")).unwrap();
    connection.busy_timeout(Duration::from_secs(20)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[test]
fn a_desk_without_a_mailbox_has_a_whole_conversation() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, "");
    by_lmtp(&mut town, &daemon, &[DESK]);
    daemon.start();
    let [ona, petr] = ["ona@client.example", "petr@desk.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    letter(&daemon, &ona, "ack", 0);
    let told = letter(&daemon, &petr, "agent_new", 0);
    petr.replies(&told, "A new lamp is on its way.");
    let answer = letter(&daemon, &ona, "reply", 0);
    assert!(answer.text().contains("A new lamp is on its way."), "{}", answer.text());
    ona.replies(&answer, "It shines.");
    daemon.wait_for_count(SEEN, 3, PATIENCE);
    assert_eq!(daemon.count(TICKETS), 1);
    assert_eq!(daemon.count("SELECT count(*) FROM sightings WHERE mailbox = 'lmtp'"), 3);
    let log = town.postfix.log();
    assert!(log.contains("is kept with request"), "Postfix's log names the request:\n{log}");
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ends_sound(daemon);
}

#[test]
fn a_store_in_trouble_leaves_mail_in_postfix_until_it_is_well() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, "[waits]\ndatabase_busy_seconds = 0.2\n");
    by_lmtp(&mut town, &daemon, &[DESK]);
    daemon.start();
    let lock = held(&daemon);
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Lamp", "The lamp is dark.");
    let put_off = until(PATIENCE, || town.postfix.log().contains("451 4.3.0"));
    assert!(put_off.is_some(), "{}", town.postfix.log());
    assert_eq!((town.postfix.queued(), daemon.count(TICKETS)), (1, 0));
    drop(lock);
    town.settle(PATIENCE);
    ona.gets_answer_to(&id);
    town.settle(PATIENCE);
    assert_eq!(daemon.count(TICKETS), 1);
    // And with nobody there at all.
    daemon.stop(STOP_MAX);
    ona.writes(DESK, "Door", "The door is open.");
    assert_eq!(town.postfix.queued(), 1);
    daemon.start();
    town.settle(PATIENCE);
    daemon.wait_for_count(TICKETS, 2, PATIENCE);
    town.settle(PATIENCE);
    ends_sound(daemon);
}

#[test]
fn a_program_killed_between_the_mail_and_its_word_opens_one_request_in_the_end() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, "");
    by_lmtp(&mut town, &daemon, &[DESK]);
    daemon.start();
    let lock = held(&daemon);
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Lamp", "The lamp is dark.");
    // Read and thought over, and in line for the database.
    let in_hand = daemon.path("state/handed-over.lmtp");
    let read =
        until(PATIENCE, || in_hand.exists() && fs::read_to_string(&in_hand).is_ok_and(|t| t.is_empty()));
    assert!(read.is_some(), "{}", daemon.log());
    daemon.kill();
    drop(lock);
    let lost = until(PATIENCE, || town.postfix.log().contains("while sending end of data"));
    assert!(lost.is_some(), "{}", town.postfix.log());
    assert_eq!(town.postfix.queued(), 1);
    daemon.start();
    town.settle(PATIENCE);
    ona.gets_answer_to(&id);
    town.settle(PATIENCE);
    assert_eq!((daemon.count(TICKETS), daemon.count(SEEN)), (1, 1));
    ends_sound(daemon);
}

#[test]
fn ten_kills_under_a_hundred_mails_lose_and_double_nothing() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, BUSY);
    by_lmtp(&mut town, &daemon, &[DESK]);
    let ona = town.person("ona@client.example");
    for life in 0..KILLS {
        daemon.start();
        let writer = ona.clone();
        let writes = std::thread::spawn(move || writer.writes_many(DESK, MAILS_A_LIFE));
        // Later in each life, from the first mail to after the last.
        let moment = Duration::from_millis(40 * life as u64);
        assert_eq!(until(moment, || daemon.has_ended()), None, "it ended by itself:\n{}", daemon.log());
        daemon.kill();
        writes.join().unwrap();
    }
    daemon.start();
    town.settle(PATIENCE);
    let mails = i64::try_from(KILLS * MAILS_A_LIFE).unwrap();
    daemon.wait_for_count(TICKETS, mails, PATIENCE);
    town.settle(PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    assert_eq!(daemon.count(TICKETS), mails);
    let again = daemon.count("SELECT count(*) FROM sightings WHERE outcome = 'duplicate'");
    eprintln!("after {KILLS} kills: {again} mails were handed over again and recognised");
    assert_eq!(
        daemon.texts("SELECT message_id FROM letters WHERE purpose = 'ack'").len(),
        KILLS * MAILS_A_LIFE
    );
    ends_sound(daemon);
}

#[test]
fn of_two_recipients_the_unknown_one_comes_back() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, "");
    // Postfix believes in both, the program in one.
    by_lmtp(&mut town, &daemon, &[DESK, "alice@desk.example"]);
    daemon.start();
    let ona = town.person("ona@client.example");
    let mail = compose(&ona.address, DESK, &fresh_id(&ona.address), &[("Subject", "Lamp")], "It is dark.");
    let mut smtp = Smtp::plain(town.postfix.outside).unwrap();
    for line in [
        "MAIL FROM:<ona@client.example>".to_owned(),
        format!("RCPT TO:<{DESK}>"),
        "RCPT TO:<alice@desk.example>".to_owned(),
        "DATA".to_owned(),
        format!("{mail}\r\n."),
    ] {
        let reply = smtp.say(&line).unwrap();
        assert!(reply.is_good(), "{line}: {reply:?}");
    }
    let bounce = ona.mailbox.wait_for("a bounce", PATIENCE, |letter| {
        String::from_utf8_lossy(&letter.bytes).contains("Action: failed")
    });
    let told = String::from_utf8_lossy(&bounce.bytes).into_owned();
    assert!(told.contains("5.1.1") && told.contains("alice@desk.example"), "{told}");
    assert!(!told.contains(&format!("Final-Recipient: rfc822; {DESK}")), "{told}");
    daemon.wait_for_count(TICKETS, 1, PATIENCE);
    town.settle(PATIENCE);
    ends_sound(daemon);
}

#[test]
fn a_pipe_delivers_with_a_daemon_without_one_and_after_the_operators_mistake() {
    let Some(mut town) = Town::start() else { return };
    let mut daemon = Daemon::prepare_local(&town, "[local]\nlmtp = \"./unused.sock\"\ngroup = \"65534\"\n");
    daemon.belongs_to(NOBODY);
    let at = |name: &str| daemon.path(name).display().to_string();
    let argv = format!(
        "{} --config {} receive --sender ${{sender}} --recipient ${{recipient}}",
        at("maildesk"),
        at("maildesk.toml")
    );
    town.postfix.has_pipe("desk", "nobody", &argv);
    town.postfix.routes(&[(DESK, "desk:")]);
    daemon.start();
    let ona = town.person("ona@client.example");
    let first = ona.writes(DESK, "Lamp", "The lamp is dark.");
    ona.gets_answer_to(&first);
    let kept = "SELECT count(*) FROM sightings WHERE mailbox = 'receive'";
    assert_eq!((daemon.count(kept), daemon.count(TICKETS)), (1, 1), "{}", town.postfix.log());
    daemon.stop(STOP_MAX);
    ona.writes(DESK, "Door", "The door is open.");
    let stored = until(PATIENCE, || daemon.count(TICKETS) == 2);
    assert!(stored.is_some(), "nobody runs, and it is stored:\n{}", town.postfix.log());
    town.settle(PATIENCE);
    daemon.configure("nonsense = 1\n");
    ona.writes(DESK, "Roof", "The roof leaks.");
    let put_off = until(PATIENCE, || town.postfix.log().contains("dsn=4.3.0"));
    assert!(put_off.is_some(), "{}", town.postfix.log());
    assert_eq!((town.postfix.queued(), daemon.count(TICKETS)), (1, 2));
    daemon.configure("");
    town.postfix.flush();
    daemon.wait_for_count(TICKETS, 3, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(text(&daemon, "SELECT count(*) || '' FROM sightings"), "3");
    daemon.start();
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    ends_sound(daemon);
}
