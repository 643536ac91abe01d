//! What is safe is moved, if the operator wants it.

use maildesk::mail::wire::Security;

use super::*;
use crate::support::dovecot::Dovecot;

#[tokio::test]
async fn what_is_safe_is_moved_and_what_a_person_moves_back_is_no_second_ticket() {
    let server = sandbox(0, &monday()).await;
    let keys = "adopt = \"all\"\nafter = \"move to Done\"";
    let ground = Ground::new(&file(server.imap_addr().port(), keys, ""));
    for subject in ["one", "two"] {
        server.deliver(DESK, &mail(subject)).unwrap();
    }
    let mailbox = server.mailbox(DESK).unwrap();
    let watching = ground.start();
    until("both are moved", || async { mailbox.messages_in("Done").len() == 2 }).await;
    assert!(mailbox.messages().is_empty());
    assert!(mailbox.messages_in("Done").iter().all(|m| !m.flags.contains("\\Seen")));
    // The same content again, as a person who drags it back makes it.
    server.deliver(DESK, &mail("one")).unwrap();
    until("it is moved again", || async { mailbox.messages_in("Done").len() == 3 }).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two"]);
    assert_eq!(ground.outcomes().await, [(1, "applied"), (2, "applied"), (3, "duplicate")]);
    ground.check().await;
}

#[tokio::test]
async fn mail_from_before_the_first_start_stays_where_it_is() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "after = \"move to Done\"", ""));
    server.deliver(DESK, &mail("old")).unwrap();
    let mailbox = server.mailbox(DESK).unwrap();
    for subject in ["new", "newer"] {
        let watching = ground.start();
        watching.read_up().await;
        server.deliver(DESK, &mail(subject)).unwrap();
        until("the new one is moved", || async { mailbox.messages().len() == 1 }).await;
        watching.stop().await;
    }
    assert_eq!(ground.subjects().await, ["new", "newer"]);
    assert!(mailbox.messages()[0].bytes.windows(3).any(|w| w == b"old"));
    ground.check().await;
}

#[tokio::test]
async fn a_real_server_that_stops_and_starts_and_makes_its_folder_anew() {
    let Some(mut server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    let text = file(server.imap_port, "adopt = \"all\"\nafter = \"move to Done\"\nfolder = \"Work\"", "")
        .replace("host = \"127.0.0.1\"\nport = ", "host = \"localhost\"\nport = ")
        .replacen(&format!("user = \"{DESK}\""), &format!("user = \"{}\"", desk.address), 1);
    let account = server.account(&desk, Security::Plain);
    let ground = Ground::with_password(&text, &desk.password);
    let person = async || maildesk::mail::imap::Session::connect(&account).await.unwrap();
    let mut session = person().await;
    session.create("Work").await.unwrap();
    session.append("Work", &mail("one"), &[]).await.unwrap();
    let watching = ground.start();
    until("one", || async { ground.subjects().await.len() == 1 }).await;
    server.stop();
    watching.until("the outage is told", |p| p.trouble.is_some()).await;
    server.start_again().await;
    let mut session = person().await;
    session.append("Work", &mail("two"), &[]).await.unwrap();
    session.append("Work", &mail("one"), &[]).await.unwrap();
    watching.until("the outage is over", |p| p.trouble.is_none()).await;
    until("two, and one again", || async { ground.sightings().await.len() == 3 }).await;
    until("all are moved", || async {
        let mut session = person().await;
        session.select("Done").await.is_ok_and(|done| done.exists == 3)
    })
    .await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["one", "two"]);
    ground.check().await;
}
