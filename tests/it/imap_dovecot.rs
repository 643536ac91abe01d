//! A real server as the judge: Dovecot on loopback.

use std::future::pending;
use std::time::{Duration, Instant};

use maildesk::mail::imap::{Account, Fetched, Mail, Moved, Session, Trouble, Watch, Woke};
use maildesk::mail::secret::Secret;
use maildesk::mail::wire::{Security, Trust};

use crate::support::dovecot::{Dovecot, User};

fn mail(name: &str) -> Vec<u8> {
    let text = format!(
        "From: Ona <ona@client.example>\r\nTo: desk@desk.example.test\r\nSubject: {name}\r\n\
         Message-ID: <{name}@client.example>\r\n\r\nLabas, čia {name}.\r\n.\r\n"
    );
    text.into_bytes()
}

async fn session(server: &Dovecot, user: &User) -> Session {
    Session::connect(&server.account(user, Security::Tls)).await.unwrap()
}

async fn fetched(session: &mut Session, uids: &[u32]) -> (Vec<Mail>, Fetched) {
    let mut mails = Vec::new();
    let rest = session.fetch(uids, |mail| mails.push(mail)).await.unwrap();
    (mails, rest)
}

#[tokio::test]
async fn every_way_in_leads_to_the_same_mailbox() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    for security in [Security::Tls, Security::StartTls, Security::Plain] {
        let mut session = Session::connect(&server.account(&desk, security)).await.unwrap();
        let selected = session.select("inbox").await.unwrap();
        assert!(selected.validity > 0 && selected.next == Some(1) && selected.exists == 0);
        assert!(selected.keywords && !selected.read_only);
        assert!(session.examine("INBOX").await.unwrap().read_only);
        assert!(session.capabilities().contains("MOVE"));
        assert!(session.server_id().await.unwrap().unwrap().contains("Dovecot"));
        session.logout().await;
    }
}

#[tokio::test]
async fn who_is_not_trusted_gets_no_password() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    for security in [Security::Tls, Security::StartTls] {
        let good = server.account(&desk, security);
        let stranger = Account { trust: Trust::load(None).unwrap(), ..good.clone() };
        let mut renamed = good.clone();
        renamed.endpoint.host = "127.0.0.1".into();
        for account in [stranger, renamed] {
            let trouble = Session::connect(&account).await.unwrap_err();
            assert!(matches!(&trouble, Trouble::Refused(text) if text.contains("certificate")), "{trouble}");
        }
    }
    assert!(!server.log().contains("desk@"), "nobody should have tried to log in");
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    for wrong in ["wrong", "ne tas, žinoma"] {
        let account = Account { password: Secret::new(wrong), ..server.account(&desk, Security::Tls) };
        let trouble = Session::connect(&account).await.unwrap_err();
        assert!(matches!(&trouble, Trouble::Refused(text) if !text.contains(wrong)), "{trouble}");
    }
}

#[tokio::test]
async fn mail_is_taken_whole_and_left_unread() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    for name in ["viens", "du", "три"] {
        server.deliver(&desk, &mail(name)).await;
    }
    let mut session = session(&server, &desk).await;
    assert_eq!(session.select("INBOX").await.unwrap().exists, 3);
    let uids = session.uids_from(1).await.unwrap();
    assert_eq!(uids, [1, 2, 3]);
    let (mails, rest) = fetched(&mut session, &uids).await;
    assert_eq!(rest, Fetched::default());
    for (taken, name) in mails.iter().zip(["viens", "du", "три"]) {
        assert!(taken.bytes.ends_with(&mail(name)), "{name}: every byte behind the headers of the delivery");
        assert_eq!(taken.listed.size as usize, taken.bytes.len());
        assert!(taken.listed.arrived.is_some());
    }
    let listed = session.list(&[1, 2, 3, 99]).await.unwrap();
    assert_eq!(listed, mails.iter().map(|mail| mail.listed.clone()).collect::<Vec<_>>());
    assert!(listed.iter().all(|mail| !mail.seen && !mail.deleted));
    let header = session.fetch_header(2).await.unwrap().unwrap();
    assert!(mails[1].bytes.starts_with(&header) && header.ends_with(b"\r\n\r\n"));
    // The cursor stands behind the last mail: `4:*` still finds it, and it is no news.
    assert!(session.uids_from(4).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_big_mail_comes_in_pieces_and_is_the_same() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    let mut big = mail("didelis");
    while big.len() < 9_000_000 {
        big.extend_from_slice(b"Ilgas laiskas, kuriame daug eiluciu ir dar daugiau kantrybes.\r\n");
    }
    server.deliver(&desk, &big).await;
    let mut session = session(&server, &desk).await;
    session.select("INBOX").await.unwrap();
    let listed = session.list(&[1]).await.unwrap().remove(0);
    let whole = session.fetch_whole(&listed, u32::MAX).await.unwrap().unwrap();
    assert_eq!(whole.len(), listed.size as usize);
    assert!(whole.ends_with(&big));
    assert!(fetched(&mut session, &[1]).await.0[0].bytes == whole);
    let cut = session.fetch_whole(&listed, 5_000_000).await.unwrap().unwrap();
    assert!(whole.starts_with(&cut) && cut.len() == 5_000_000);
    assert_eq!(
        session.fetch_whole(&maildesk::mail::imap::Listed { uid: 9, ..listed }, 100).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn a_mail_expunged_by_another_is_gone_and_no_empty_ticket() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    for name in ["viens", "du"] {
        server.deliver(&desk, &mail(name)).await;
    }
    let (mut ours, mut theirs) = (session(&server, &desk).await, session(&server, &desk).await);
    ours.select("INBOX").await.unwrap();
    theirs.select("INBOX").await.unwrap();
    assert_eq!(ours.uids_from(1).await.unwrap(), [1, 2]);
    theirs.create("Elsewhere").await.unwrap();
    assert_eq!(theirs.move_to(&[1], "Elsewhere").await.unwrap().moved, [1]);
    let (mails, rest) = fetched(&mut ours, &[1, 2]).await;
    assert_eq!(mails.iter().map(|mail| mail.listed.uid).collect::<Vec<_>>(), [2]);
    assert_eq!(rest, Fetched { gone: vec![1], withheld: vec![] });
    // A move of what another moved is no move of ours, and no reason to try for ever.
    ours.create("Done").await.unwrap();
    let moved = ours.move_to(&[1, 2], "Done").await.unwrap();
    assert_eq!(moved, Moved { moved: vec![2], gone: vec![1], left: vec![] });
}

#[tokio::test]
async fn flags_folders_and_sent_letters_stay_where_they_are_put() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    server.deliver(&desk, &mail("viens")).await;
    let mut session = session(&server, &desk).await;
    session.select("INBOX").await.unwrap();
    for _ in 0..2 {
        assert_eq!(session.add_flags(&[1, 7], &["\\Seen", "$Ticketed"]).await.unwrap(), [1]);
    }
    assert!(session.list(&[1]).await.unwrap()[0].seen);
    assert_eq!(session.sent_folder().await.unwrap().as_deref(), Some("Sent"));
    let letter = mail("atsakymas");
    let place = session.append("Sent", &letter, &["\\Seen"]).await.unwrap().unwrap();
    assert!(matches!(session.append("Nowhere", &letter, &[]).await, Err(Trouble::Gone(_))));
    assert!(matches!(session.select("Nowhere").await, Err(Trouble::Gone(_))));
    assert_eq!(session.create("Apdorota ž&").await.unwrap(), "Apdorota ž&");
    assert_eq!(session.create("Apdorota ž&").await.unwrap(), "Apdorota ž&");
    let sent = session.select("Sent").await.unwrap();
    assert_eq!((sent.validity, sent.exists), (place.validity, 1));
    assert_eq!(fetched(&mut session, &[place.uid]).await.0[0].bytes, letter);
    assert_eq!(session.move_to(&[place.uid], "Apdorota ž&").await.unwrap().moved, [place.uid]);
}

#[tokio::test]
async fn new_mail_wakes_whoever_idles() {
    let Some(server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    let mut session = session(&server, &desk).await;
    session.select("INBOX").await.unwrap();
    for (uid, watch) in [(1, Watch::Idle), (2, Watch::Ask(Duration::from_millis(20))), (3, Watch::Idle)] {
        let started = Instant::now();
        let (woke, ()) = tokio::join!(session.wait(Duration::from_secs(60), watch, pending()), async {
            server.deliver(&desk, &mail("naujas")).await;
        });
        assert_eq!(woke.unwrap(), Woke::News);
        assert!(started.elapsed() < Duration::from_secs(30));
        assert_eq!(session.uids_from(uid).await.unwrap(), [uid]);
    }
    let quiet = session.wait(Duration::from_millis(50), Watch::Idle, pending()).await.unwrap();
    assert_eq!(quiet, Woke::Timeout);
}

#[tokio::test]
async fn a_server_that_restarts_is_noticed_and_keeps_the_mail() {
    let Some(mut server) = Dovecot::start().await else { return };
    let desk = server.user("desk");
    server.deliver(&desk, &mail("viens")).await;
    let account = server.account(&desk, Security::Tls);
    let mut session = Session::connect(&account).await.unwrap();
    let before = session.select("INBOX").await.unwrap();
    let waiting = tokio::spawn(async move {
        let woke = session.wait(Duration::from_secs(60), Watch::Idle, pending()).await;
        (woke, session)
    });
    tokio::task::yield_now().await;
    server.stop();
    let (woke, mut session) = waiting.await.unwrap();
    assert!(matches!(woke, Err(Trouble::Network(_))), "{woke:?}");
    assert!(!session.is_usable());
    assert!(matches!(session.uids_from(1).await, Err(Trouble::Network(_))));
    assert!(matches!(Session::connect(&account).await, Err(Trouble::Network(_))));
    server.start_again().await;
    let mut session = Session::connect(&account).await.unwrap();
    assert_eq!(session.select("INBOX").await.unwrap(), before);
    assert_eq!(session.uids_from(1).await.unwrap(), [1]);
}
