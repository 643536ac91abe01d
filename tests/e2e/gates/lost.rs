//! A letter that does not arrive stops no other, is seen, and mutes nobody whom it does not concern. Gates 7, 9
//! and 19.

use crate::desk::{OPEN, PATIENCE, ends_sound, has_decided, letter, text};
use crate::support::daemon::Daemon;
use crate::support::people::{compose, fresh_id};
use crate::support::town::{DESK, GONE, Town};

/// One agent who is told.
const PETR: &str = "[desk]\nnotify_new = [\"petr\"]\n";
/// Postfix does not know this one: it says so at RCPT.
const NOBODY: &str = "nobody@client.example";

fn said(daemon: &Daemon, words: &[&str]) -> String {
    let done = daemon.command(words);
    let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{words:?}: {out}{error}");
    out.into_owned()
}

/// A request that lies in the desk's mailbox, whoever can be written to at the address it came from.
fn lies_there(town: &Town, from: &str, subject: &str) {
    let mail = compose(from, DESK, &fresh_id(from), &[("Subject", subject)], "The lamp is dark.");
    town.mailbox(DESK).put(mail.as_bytes());
}

#[test]
fn gate_07_one_bad_recipient_does_not_stop_the_others() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, PETR);
    daemon.start();
    let [ona, janis, petr] =
        ["ona@client.example", "janis@client.example", "petr@desk.example"].map(|who| town.person(who));
    let cc = format!("{NOBODY}, {}", janis.address);
    ona.sends(DESK, &[("Subject", "Lamp"), ("Cc", &cc)], "The lamp is dark.");
    let told = letter(&daemon, &petr, "agent_new", 0);
    petr.replies(&told, "A new lamp is on its way.");
    let reply = letter(&daemon, &ona, "reply", 0);
    let copy = letter(&daemon, &janis, "reply", 0);
    assert_eq!(reply.header("Message-ID"), copy.header("Message-ID"), "one letter for all of them");
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    let stand = "SELECT recipient || ' ' || state || ' ' || attempts FROM deliveries JOIN letters
        ON letter = letters.id WHERE purpose = 'reply' ORDER BY recipient";
    assert_eq!(
        daemon.texts(stand),
        ["janis@client.example sent 1", "nobody@client.example failed 1", "ona@client.example sent 1"]
    );
    let lost = letter(&daemon, &petr, "agent_update", 0);
    assert!(lost.text().contains(NOBODY), "Petr hears of it: {}", lost.text());
    town.settle(PATIENCE);
    let copies = [&ona, &janis].map(|who| {
        let all = who.mailbox.letters();
        all.iter().filter(|one| one.header("Message-ID") == reply.header("Message-ID")).count()
    });
    assert_eq!(copies, [1, 1], "nobody gets it twice for another's sake");
    ends_sound(daemon);
}

#[test]
fn gate_09_what_does_not_arrive_is_seen_on_its_ticket_and_in_one_list() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, PETR);
    daemon.start();
    let petr = town.person("petr@desk.example");
    town.person("ona@client.example").writes(DESK, "First", "The lamp is dark.");
    has_decided(&daemon, 1);
    // Refused at once; and taken by the mail server, which gives it back later.
    for (nth, address) in [(1, NOBODY), (2, GONE)] {
        lies_there(&town, address, &format!("Lamp of {address}"));
        let told = letter(&daemon, &petr, "agent_new", nth);
        petr.replies(&told, "A new lamp is on its way.");
    }
    let lost = "SELECT count(*) FROM deliveries JOIN letters ON letter = letters.id
        WHERE purpose = 'reply' AND state = 'failed'";
    daemon.wait_for_count(lost, 2, PATIENCE);
    let list = said(&daemon, &["outbox", "list"]);
    for (number, address) in [("2", NOBODY), ("3", GONE)] {
        let row = list.lines().find(|row| row.contains(address) && row.contains("reply"));
        assert!(row.is_some_and(|row| row.contains("failed")), "{address} is in the list:\n{list}");
        let shown = said(&daemon, &["ticket", "show", number, "--history", "--letters"]);
        assert!(shown.contains(&format!("our letter did not reach {address}")), "{shown}");
        assert!(shown.contains(&format!("failed reply to {address}")), "{shown}");
    }
    let told = daemon.count(
        "SELECT count(*) FROM letters JOIN deliveries ON letter = letters.id
         WHERE purpose = 'agent_update' AND recipient = 'petr@desk.example'",
    );
    assert!(told >= 2, "an agent hears of each: {told}");
    let first = said(&daemon, &["ticket", "show", "1", "--history", "--letters"]);
    assert!(!first.contains("did not reach") && !first.contains("failed"), "{first}");
    ends_sound(daemon);
}

/// A delivery report, well made.
fn report(from: &str, about: &str, recipient: &str) -> Vec<u8> {
    let id = fresh_id(from);
    let text = format!(
        "From: Mail Delivery System <{from}>\nTo: {DESK}\nSubject: Undelivered Mail Returned to Sender\n\
         Message-ID: {id}\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=edge\n\n\
         --edge\nContent-Type: text/plain\n\nI am sorry to have to inform you.\n\
         --edge\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.client.example\n\n\
         Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\n\n\
         --edge\nContent-Type: text/rfc822-headers\n\nFrom: {DESK}\nMessage-ID: {about}\n\n--edge--\n"
    );
    text.replace('\n', "\r\n").into_bytes()
}

#[test]
fn gate_19_a_forged_bounce_mutes_nobody_and_a_true_one_until_the_next_mail() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, PETR);
    daemon.start();
    let [ona, olga, petr] =
        ["ona@client.example", "olga@other.example", "petr@desk.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    petr.replies(&letter(&daemon, &petr, "agent_new", 0), "A new lamp is on its way.");
    let reply = letter(&daemon, &ona, "reply", 0);
    has_decided(&daemon, 2);
    // Forged: a true Message-ID with somebody else's address, and her address with an invented Message-ID.
    let known = reply.header("Message-ID").unwrap();
    for (about, recipient) in [(known.as_str(), "janis@client.example"), ("<made@up.example>", &ona.address)]
    {
        let mail = report("mailer-daemon@other.example", about, recipient);
        assert!(olga.sends_raw(DESK, &mail).is_good());
    }
    has_decided(&daemon, 4);
    assert_eq!(daemon.count("SELECT count(*) FROM standings"), 0, "nobody is muted");
    let again = ona.writes(DESK, "Door", "The door is open.");
    ona.gets_answer_to(&again);

    // True: Postfix took the answer and Dovecot knows no such person.
    lies_there(&town, GONE, "Window");
    petr.replies(&letter(&daemon, &petr, "agent_new", 2), "A new window is on its way.");
    let muted =
        format!("SELECT count(*) FROM standings WHERE address = '{GONE}' AND standing = 'undeliverable'");
    daemon.wait_for_count(&muted, 1, PATIENCE);
    let lost = letter(&daemon, &petr, "agent_update", 0);
    assert!(lost.text().contains(GONE), "{}", lost.text());
    let letters = |purpose: &str| {
        let to = "SELECT count(*) FROM letters JOIN deliveries ON letter = letters.id";
        daemon.count(&format!("{to} WHERE recipient = '{GONE}' AND purpose = '{purpose}'"))
    };
    assert_eq!((letters("ack"), letters("reply")), (1, 1));
    said(&daemon, &["ticket", "resolve", "3", "--as", "petr"]);
    assert_eq!(text(&daemon, "SELECT status FROM tickets WHERE number = 3"), "resolved");
    assert_eq!(letters("resolved"), 0, "nothing automatic goes there");
    lies_there(&town, GONE, "I am here");
    daemon.wait_for_count(&muted, 0, PATIENCE);
    daemon.wait_for_count("SELECT count(*) FROM tickets", 4, PATIENCE);
    assert_eq!(letters("ack"), 2, "who writes is heard again");
    ends_sound(daemon);
}
