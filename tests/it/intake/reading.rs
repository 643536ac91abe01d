//! Mail on an honest server.

use std::sync::atomic::{AtomicUsize, Ordering};

use maildesk::domain::thread::Kind;
use maildesk::mail::imap::{Account, Session};
use maildesk::mail::wire::{Endpoint, Security};
use maildesk::store::Outcome;

use super::*;
use crate::support::liar_imap::Script;

fn deliver(sandbox: &Sandbox, subjects: &[&str]) {
    for subject in subjects {
        sandbox.deliver(DESK, &mail(subject)).unwrap();
    }
}

/// A second program in the same mailbox.
async fn second_client(sandbox: &Sandbox) -> Session {
    let liar = Script::greeting("").start().await;
    let endpoint =
        Endpoint { host: "127.0.0.1".into(), port: sandbox.imap_addr().port(), security: Security::Plain };
    let account = Account { endpoint, user: DESK.to_owned(), ..liar.account() };
    let mut session = Session::connect(&account).await.unwrap();
    session.select("INBOX").await.unwrap();
    session
}

#[tokio::test]
async fn each_mail_becomes_a_ticket_and_a_restart_changes_nothing() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    deliver(&server, &["one", "two"]);
    let watching = ground.start();
    watching.read_up().await;
    deliver(&server, &["three"]);
    until("IDLE tells of the third", || async { ground.subjects().await.len() == 3 }).await;
    watching.stop().await;
    let before = (ground.sightings().await, ground.subjects().await);
    assert_eq!(before.1, ["one", "two", "three"]);
    for _ in 0..2 {
        let again = ground.start();
        again.read_up().await;
        again.stop().await;
        assert_eq!((ground.sightings().await, ground.subjects().await), before);
    }
    assert_eq!(ground.cursor().await, Some(3));
    assert!(server.mailbox(DESK).unwrap().messages().iter().all(|m| !m.flags.contains("\\Seen")));
    ground.check().await;
}

#[tokio::test]
async fn a_backlog_is_read_in_its_order_over_many_chunks() {
    let server = sandbox(0, &monday()).await;
    let more = "[pace]\ncommit_mails = 7\n[limits]\ntickets_per_hour = 0\nall_answers_per_hour = 1000\n";
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", more));
    let subjects: Vec<String> = (0..150).map(|n| format!("number {n}")).collect();
    for subject in &subjects {
        server.deliver(DESK, &mail(subject)).unwrap();
    }
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, subjects);
    assert_eq!(ground.cursor().await, Some(150));
    ground.check().await;
}

#[tokio::test]
async fn a_mail_sees_the_one_before_it_in_the_same_chunk() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    deliver(&server, &["first"]);
    let text = String::from_utf8(mail("second")).unwrap();
    let text = text.replace("Date:", "In-Reply-To: <first@client.example>\r\nDate:");
    server.deliver(DESK, text.as_bytes()).unwrap();
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    let tickets = ground.tickets().await;
    let key = tickets[0].key.clone();
    let thread = ground.house.clerk.run(move |tx| tx.messages(&key)).await.unwrap();
    let kinds: Vec<Kind> = thread.iter().map(|message| message.kind).collect();
    assert_eq!((tickets.len(), kinds), (1, vec![Kind::Request, Kind::Comment]));
    ground.check().await;
}

#[tokio::test]
async fn a_first_start_adopts_what_the_operator_said() {
    let cases: [(&str, &[&str], usize); 3] = [
        ("new", &["later"], 1),
        ("all", &["old", "fresh", "later"], 3),
        ("since 2026-03-01", &["fresh", "later"], 3),
    ];
    for (adopt, subjects, rows) in cases {
        let clock = monday();
        let server = sandbox(0, &clock).await;
        let ground = Ground::new(&file(server.imap_addr().port(), &format!("adopt = \"{adopt}\""), ""));
        *clock.lock().unwrap() = "2026-02-20T07:00:00Z".parse().unwrap();
        deliver(&server, &["old"]);
        *clock.lock().unwrap() = "2026-03-01T07:00:00Z".parse().unwrap();
        deliver(&server, &["fresh"]);
        let watching = ground.start();
        watching.read_up().await;
        deliver(&server, &["later"]);
        watching.read_up().await;
        watching.stop().await;
        assert_eq!(
            (ground.subjects().await, ground.sightings().await.len()),
            (subjects.iter().map(|s| (*s).to_owned()).collect(), rows),
            "{adopt}"
        );
        assert_eq!(ground.cursor().await, Some(3));
        ground.check().await;
    }
}

#[tokio::test]
async fn a_mailbox_made_anew_gives_tickets_for_what_is_new_only() {
    let clock = monday();
    let server = sandbox(0, &clock).await;
    let port = server.imap_addr().port();
    let ground = Ground::new(&file(port, "adopt = \"all\"", ""));
    deliver(&server, &["one", "two", "three"]);
    let watching = ground.start();
    watching.read_up().await;
    server.stop().await;
    // Another start of the server, another UIDVALIDITY, the same mails in another order.
    *clock.lock().unwrap() = "2026-03-03T07:00:00Z".parse().unwrap();
    let server = sandbox(port, &clock).await;
    deliver(&server, &["new", "three", "one", "two"]);
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two", "three", "new"]);
    let words: Vec<_> = ground.outcomes().await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(words.iter().filter(|word| **word == "duplicate").count(), 3);
    ground.check().await;
}

#[tokio::test]
async fn a_mail_that_was_withdrawn_before_it_was_read_is_no_ticket_and_is_not_forgotten() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    deliver(&server, &["kept", "withdrawn"]);
    let mut second = second_client(&server).await;
    second.add_flags(&[2], &["\\Deleted"]).await.unwrap();
    second.add_flags(&[1], &["\\Seen"]).await.unwrap();
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["kept"]);
    assert_eq!(ground.outcomes().await, [(1, "applied"), (2, "withdrawn")]);
    ground.check().await;
}

#[tokio::test]
async fn a_mail_over_the_limit_becomes_a_ticket_from_its_header() {
    let server = sandbox(0, &monday()).await;
    let more = "[limits]\nmail = \"30 kB\"\nattachment = \"20 kB\"\nnotify_attachment = \"10 kB\"\n[pace]\nfetch_piece = \"8 kB\"\n";
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", more));
    let long =
        |subject: &str, lines: usize| [mail(subject), "line of text\r\n".repeat(lines).into()].concat();
    server.deliver(DESK, &long("in pieces", 1000)).unwrap();
    server.deliver(DESK, &long("too big", 4000)).unwrap();
    deliver(&server, &["small"]);
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["in pieces", "too big", "small"]);
    let key = ground.tickets().await[1].key.clone();
    let thread = ground.house.clerk.run(move |tx| tx.messages(&key)).await.unwrap();
    assert!(thread[0].text.contains("more than the limit"), "{}", thread[0].text);
    let mails = ground.house.clerk.run(|tx| tx.mails(&MailFilter::default())).await.unwrap();
    assert!(mails[1].mail.size_bytes < 1000 && mails[2].mail.size_bytes > 13_000);
    ground.check().await;
}

#[tokio::test]
async fn a_poke_is_answered_at_once() {
    let server = sandbox(0, &monday()).await;
    // Without IDLE, and an hour from one look to the next.
    let keys = "adopt = \"all\"\npoll_seconds = 3600\nnoop_seconds = 3600";
    let ground = Ground::new(&file(server.imap_addr().port(), keys, ""));
    let watching = ground.start();
    watching.until("the first look", |p| p.read_up_to.is_some()).await;
    deliver(&server, &["one"]);
    watching.read_up().await;
    assert_eq!(ground.subjects().await, ["one"]);
    watching.stop().await;
    ground.check().await;
}

#[tokio::test]
async fn the_text_of_our_own_letters_is_handed_to_whoever_thinks_a_reply_over() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    let seen = Arc::new(AtomicUsize::new(0));
    let count = seen.clone();
    let watching = ground.start_named("main", |intake| {
        intake.thinking_by(Arc::new(move |desk, mail, arrived, now, ours| {
            count.fetch_add(ours.iter().filter(|text| !text.trim().is_empty()).count(), Ordering::SeqCst);
            maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
        }))
    });
    deliver(&server, &["question"]);
    watching.read_up().await;
    let letters = ground.house.clerk.run(|tx| tx.deliveries(&Default::default())).await.unwrap();
    let ours = &letters
        .iter()
        .find(|letter| letter.recipient.as_str() == ONA || letter.purpose == "agent_new")
        .unwrap()
        .message_id;
    let text = String::from_utf8(mail("Re question")).unwrap();
    let text = text.replace("Date:", &format!("References: <foreign@x.example> <{ours}>\r\nDate:"));
    server.deliver(DESK, text.as_bytes()).unwrap();
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(seen.load(Ordering::SeqCst), 1);
    ground.check().await;
}

#[tokio::test]
async fn a_row_lost_by_hand_is_noticed_and_the_mail_read_after_all() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    deliver(&server, &["one", "two"]);
    // Somebody moved the cursor past mails that were never read.
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    deliver(&server, &["three"]);
    let skip = |tx: &mut dyn maildesk::store::Tx| {
        let cursor = tx.cursor("main")?.unwrap();
        tx.set_cursor("main", &maildesk::store::Cursor { uid: 3, ..cursor })
    };
    ground.house.clerk.run(skip).await.unwrap();
    let watching = ground.start();
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two", "three"]);
    assert!(matches!(ground.sightings().await[2].outcome, Outcome::Applied { .. }));
    ground.check().await;
}

#[tokio::test]
async fn mail_of_somebody_known_that_lies_among_the_unwanted_is_told_of() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    deliver(&server, &["one"]);
    let mut second = second_client(&server).await;
    let stranger = String::from_utf8(mail("offer")).unwrap().replace(ONA, "eve@elsewhere.example");
    for lost in [mail("lost"), stranger.into_bytes()] {
        second.append("Junk", &lost, &[]).await.unwrap();
    }
    let watching = ground.start();
    watching.until("Ona's mail is found", |p| p.in_junk == 1).await;
    deliver(&server, &["two"]);
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two"], "nothing of it is taken");
    assert_eq!(server.mailbox(DESK).unwrap().messages_in("Junk").len(), 2, "or moved");
    ground.check().await;
}
