//! Silence: it closes nothing while a reply lies on the server, and it is what a responder gets in the end. Gates 13
//! and 16.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::desk::{OPEN, PATIENCE, TICKETS, UNDECIDED, ends_sound, letter, text};
use crate::support::child::until;
use crate::support::daemon::Daemon;
use crate::support::people::{Person, compose, fresh_id};
use crate::support::town::{DESK, Town};

/// The shortest silence that can be set, and a little: 36 seconds of real time.
const SILENCE: Duration = Duration::from_secs(45);
/// A ticket whose mailbox is behind is looked at again after a minute.
const SETTLES: Duration = Duration::from_secs(150);

#[test]
fn gate_13_a_reply_that_waits_on_the_server_beats_the_silence_that_closes() {
    let Some(mut town) = Town::start() else { return };
    let config = "[desk]\nautoclose = \"0.01H\"\nnotify_new = [\"petr\"]\n";
    let mut daemon = Daemon::prepare(&town, config);
    daemon.start();
    let [ona, janis] = ["ona@client.example", "janis@client.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", "The lamp is dark.");
    letter(&daemon, &ona, "ack", 0);
    janis.writes(DESK, "Door", "The door is open.");
    letter(&daemon, &janis, "ack", 0);
    for number in ["1", "2"] {
        let done = daemon.command(&["ticket", "resolve", number, "It is done.", "--as", "petr"]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let resolved = letter(&daemon, &ona, "resolved", 0);
    letter(&daemon, &janis, "resolved", 0);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.stop_dovecot();
    let id = resolved.header("Message-ID").unwrap();
    let headers = [("Subject", "Re: [#1] Lamp"), ("In-Reply-To", id.as_str()), ("References", id.as_str())];
    let reply = compose(&ona.address, DESK, &fresh_id(&ona.address), &headers, "It went dark again.");
    town.mailbox(DESK).put(reply.as_bytes());
    // Neither may close while nobody can know what lies on the server.
    let closed = "SELECT count(*) FROM tickets WHERE status = 'closed'";
    assert_eq!(until(SILENCE, || daemon.count(closed) > 0), None, "closed by guess:\n{}", daemon.log());
    town.resume_dovecot();
    daemon.wait_for_count("SELECT count(*) FROM tickets WHERE number = 1 AND status = 'open'", 1, SETTLES);
    daemon.wait_for_count("SELECT count(*) FROM tickets WHERE number = 2 AND status = 'closed'", 1, SETTLES);
    let events = daemon.texts("SELECT event FROM history WHERE number = 1 ORDER BY id");
    assert_eq!(events.last().map(String::as_str), Some("client_wrote"), "{events:?}");
    let told = "SELECT count(*) FROM letters WHERE purpose = 'closed_silence' AND ticket_number = 1";
    assert_eq!(daemon.count(told), 0);
    letter(&daemon, &ona, "reopened", 0);
    ends_sound(daemon);
}

/// A program at somebody's address that answers all that comes, as a person would write: no mark of a machine, a
/// Message-ID and a subject of its own each time, and never the same address twice.
fn responder(olga: Person, stop: Arc<AtomicBool>) -> JoinHandle<usize> {
    std::thread::spawn(move || {
        let mut answered = BTreeSet::new();
        while !stop.load(Ordering::Relaxed) {
            until(Duration::from_millis(100), || false);
            for letter in olga.mailbox.letters() {
                let id = letter.header("Message-ID").unwrap_or_default();
                if !answered.insert(id) {
                    continue;
                }
                let number = answered.len();
                let from = format!("olga+{number}@other.example");
                let subject = format!("Your mail of today, matter {number}");
                let text = format!("We have got your mail and gave it the number {number}.");
                let mail = compose(&from, DESK, &fresh_id(&from), &[("Subject", &subject)], &text);
                assert!(olga.sends_raw(DESK, mail.as_bytes()).is_good());
            }
        }
        answered.len()
    })
}

#[test]
fn gate_16_a_desk_that_answers_everything_gets_three_letters_and_a_restart_gives_it_no_more() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "[desk]\nnotify_new = [\"petr\"]\n");
    daemon.start();
    let olga = town.person("olga@other.example");
    let stop = Arc::new(AtomicBool::new(false));
    let answering = responder(olga.clone(), stop.clone());
    olga.writes(DESK, "Hello", "Is anybody there?");
    for life in 1..=2 {
        olga.mailbox.wait_for_count(life, PATIENCE);
        daemon.kill();
        daemon.start();
    }
    // Three answers; her fourth mail, like every one after it, has a ticket and no answer.
    daemon.wait_for_count(TICKETS, 4, PATIENCE);
    daemon.wait_for_count(UNDECIDED, 0, PATIENCE);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(until(Duration::from_secs(3), || daemon.count(TICKETS) > 4), None, "it goes on");
    let letters = "SELECT count(*) FROM deliveries WHERE recipient LIKE 'olga%'";
    assert_eq!((daemon.count(letters), olga.mailbox.message_ids().len()), (3, 3));
    let why = text(&daemon, "SELECT doc FROM tickets WHERE number = 4");
    assert!(why.contains("automatic mails to this address in an hour"), "{why}");
    // Somebody else is answered as ever.
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Lamp", "The lamp is dark.");
    ona.gets_answer_to(&id);
    stop.store(true, Ordering::Relaxed);
    assert_eq!(answering.join().unwrap(), 3);
    ends_sound(daemon);
}
