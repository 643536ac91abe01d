//! Opening folders, searching, taking mails.

use std::time::Duration;

use maildesk::mail::imap::{Fetched, Listed, Mail, Session, Trouble};

use super::{assert_over, opened};
use crate::support::liar_imap::Script;

/// A FETCH response with a small mail that bears its UID.
fn mail(sequence: u32, uid: u32) -> String {
    let text = format!("Message-ID: <{uid}@client.example>\r\n\r\nmail {uid}\r\n");
    let size = text.len();
    format!(
        "* {sequence} FETCH (UID {uid} INTERNALDATE \"01-Mar-2026 08:00:00 +0200\" RFC822.SIZE {size} \
         FLAGS () BODY[] {{{size}}}\r\n{text})\r\n"
    )
}

async fn fetch(session: &mut Session, uids: &[u32]) -> (Vec<Mail>, Result<Fetched, Trouble>) {
    let mut mails = Vec::new();
    let result = session.fetch(uids, |mail| mails.push(mail)).await;
    (mails, result)
}

#[tokio::test]
async fn opening_a_folder_tells_what_is_in_it() {
    let reply = "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n* 5 EXISTS\r\n* 5 EXISTS\r\n\
                 * OK [UIDVALIDITY 4294967295] ok\r\n{tag} OK [READ-ONLY] done\r\n";
    let liar = Script::logged_in("").hear("SELECT \"I&AWE-si&AXM-sta\"", reply).start().await;
    let mut session = Session::connect(&liar.account()).await.unwrap();
    let selected = session.select("Išsiųsta").await.unwrap();
    assert_eq!((selected.validity, selected.next, selected.exists), (u32::MAX, None, 5));
    assert!(selected.read_only && selected.keywords);
}

#[tokio::test]
async fn a_folder_without_a_sound_uidvalidity_is_not_opened() {
    for line in ["", "* OK [UIDVALIDITY 4294967296] big\r\n", "* OK [UIDVALIDITY 0] none\r\n"] {
        let reply = format!("* 5 EXISTS\r\n{line}{{tag}} OK done\r\n");
        let liar = Script::logged_in("").hear("EXAMINE", &reply).start().await;
        let mut session = Session::connect(&liar.account()).await.unwrap();
        assert!(matches!(session.examine("INBOX").await, Err(Trouble::Protocol(_))), "{line}");
    }
}

#[tokio::test]
async fn a_connection_lost_while_opening_is_no_empty_folder() {
    let liar = Script::logged_in("").hear("SELECT", "* 3 EXISTS\r\n").close().start().await;
    let mut session = Session::connect(&liar.account()).await.unwrap();
    assert!(matches!(session.select("INBOX").await, Err(Trouble::Network(_))));
    assert_over(&mut session).await;
}

#[tokio::test]
async fn a_missing_folder_is_gone_and_a_busy_one_is_not() {
    let absent = "* LIST () \".\" INBOX\r\n{tag} OK done\r\n";
    let present = "* LIST () \".\" INBOX\r\n* LIST () \".\" Desk\r\n{tag} OK done\r\n";
    for (reply, list, kind) in [
        ("{tag} NO [NONEXISTENT] no such mailbox\r\n", None, "no such folder"),
        ("{tag} NO Unable to open this mailbox.\r\n", Some(absent), "no such folder"),
        ("{tag} NO Unsafe Login.\r\n", Some(present), "protocol"),
        ("{tag} NO [INUSE] locked\r\n", None, "network"),
        ("{tag} NO [NOPERM] not yours\r\n", None, "refused"),
    ] {
        let mut script = Script::logged_in("").hear("SELECT \"Desk\"", reply);
        if let Some(list) = list {
            script = script.hear("LIST", list);
        }
        let liar = script.start().await;
        let mut session = Session::connect(&liar.account()).await.unwrap();
        let trouble = session.select("Desk").await.unwrap_err().to_string();
        assert!(trouble.starts_with(kind), "{reply:?}: {trouble}");
        assert!(session.is_usable());
    }
}

#[tokio::test]
async fn a_user_who_is_in_but_not_connected_connects_again() {
    let reply = "{tag} BAD User is authenticated but not connected.\r\n";
    let absent = "{tag} BAD User is authenticated but not connected.\r\n";
    let liar = Script::logged_in("").hear("SELECT", reply).hear("LIST", absent).start().await;
    let mut session = Session::connect(&liar.account()).await.unwrap();
    assert!(matches!(session.select("INBOX").await, Err(Trouble::Protocol(_))));
}

#[tokio::test]
async fn the_last_mail_below_the_cursor_is_not_new() {
    let (mut session, _liar) = opened(
        Script::opened("")
            .hear("UID SEARCH UID 13:*", "* SEARCH 12\r\n{tag} OK done\r\n")
            .hear("UID SEARCH UID 13:*", "{tag} OK done\r\n")
            .hear("UID SEARCH UID 13:*", "* SEARCH 15 14\r\n* SEARCH 13 15\r\n{tag} OK done\r\n"),
    )
    .await;
    assert_eq!(session.uids_from(13).await.unwrap(), Vec::<u32>::new());
    assert_eq!(session.uids_from(13).await.unwrap(), Vec::<u32>::new());
    assert_eq!(session.uids_from(13).await.unwrap(), [13, 14, 15]);
}

#[tokio::test]
async fn a_search_that_failed_is_not_an_empty_folder() {
    for (reply, over) in [
        ("{tag} NO [SERVERBUG] index broken\r\n", false),
        ("* SEARCH 11\r\n{tag} NO later\r\n", false),
        ("{tag} BAD what?\r\n", false),
        ("* SEARCH 11\r\n* BYE shutting down\r\n", true),
        ("* SEARCH 11\r\nm99 OK done\r\n", true),
        ("* SEARCH 11\r\n+ go on\r\n", true),
    ] {
        let (mut session, _liar) = opened(Script::opened("").hear("UID SEARCH", reply)).await;
        assert!(session.uids_from(1).await.is_err(), "{reply:?}");
        assert_eq!(session.is_usable(), !over, "{reply:?}");
    }
}

#[tokio::test]
async fn a_connection_lost_while_searching_is_not_an_empty_folder() {
    for script in [Script::opened("").hear("UID SEARCH", "* SEARCH 11\r\n")] {
        let (mut session, _liar) = opened(script.close()).await;
        assert!(matches!(session.uids_from(1).await, Err(Trouble::Network(_))));
        assert_over(&mut session).await;
    }
}

#[tokio::test]
async fn a_search_never_answered_is_given_up() {
    let (mut session, _liar) = opened(Script::opened("").hear("UID SEARCH", "* SEARCH 11\r\n").hang()).await;
    assert!(matches!(session.uids_from(1).await, Err(Trouble::Network(_))));
    assert_over(&mut session).await;
}

#[tokio::test]
async fn keepalives_do_not_make_a_command_last_for_ever() {
    let script = Script::opened("")
        .hear("UID SEARCH", "* OK Still here\r\n")
        .repeat("* OK Still here\r\n", Duration::from_millis(20));
    let liar = script.start().await;
    let mut account = liar.account();
    account.deadlines.command = Duration::from_millis(400);
    let mut session = Session::connect(&account).await.unwrap();
    session.select("INBOX").await.unwrap();
    assert!(matches!(session.uids_from(1).await, Err(Trouble::Network(_))));
    assert_over(&mut session).await;
}

#[tokio::test]
async fn mails_are_listed_with_what_the_server_knows() {
    let reply = "* 1 FETCH (UID 11 RFC822.SIZE 900 INTERNALDATE \"17-Jul-2026 02:44:25 +0300\" FLAGS (\\deleted))\r\n\
                 * 2 FETCH (UID 12 RFC822.SIZE 5000000000 FLAGS (\\Seen) INTERNALDATE \"never\")\r\n\
                 * 9 FETCH (UID 99 RFC822.SIZE 1 FLAGS () INTERNALDATE \"17-Jul-2026 02:44:25 +0300\")\r\n\
                 * 3 FETCH (UID 13 FLAGS (\\Seen))\r\n{tag} OK done\r\n";
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH 11:13 (UID", reply)).await;
    let listed = session.list(&[13, 11, 12]).await.unwrap();
    let first = Listed {
        uid: 11,
        size: 900,
        arrived: Some("2026-07-16T23:44:25Z".parse().unwrap()),
        deleted: true,
        seen: false,
    };
    let huge = Listed { uid: 12, size: u32::MAX, arrived: None, deleted: false, seen: true };
    assert_eq!(listed, [first, huge]);
}

#[tokio::test]
async fn a_connection_closed_between_two_mails_is_not_the_end_of_the_list() {
    for ending in ["", "* BYE bye\r\n"] {
        let script = Script::opened("").hear("UID FETCH 11:13 (UID", &mail(1, 11)).say(ending).close();
        let (mut session, _liar) = opened(script).await;
        let (mails, result) = fetch(&mut session, &[11, 12, 13]).await;
        assert_eq!(mails.len(), 1);
        assert!(matches!(result, Err(Trouble::Network(_))));
        assert_over(&mut session).await;
    }
}

#[tokio::test]
async fn a_reset_connection_is_a_network_trouble() {
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", &mail(1, 11)).reset()).await;
    assert!(matches!(fetch(&mut session, &[11]).await.1, Err(Trouble::Network(_))));
    assert_over(&mut session).await;
}

#[tokio::test]
async fn a_refused_fetch_is_not_an_empty_one() {
    for reply in ["{tag} NO cannot read\r\n", "{tag} BAD no\r\n"] {
        let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", reply)).await;
        assert!(matches!(fetch(&mut session, &[11]).await.1, Err(Trouble::Protocol(_))));
        assert!(session.is_usable());
    }
}

#[tokio::test]
async fn a_mail_cut_in_the_middle_is_not_taken() {
    let cut = "* 1 FETCH (UID 11 BODY[] {900}\r\nMessage-ID: <11@client.example>\r\n";
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", cut).close()).await;
    let (mails, result) = fetch(&mut session, &[11]).await;
    assert!(mails.is_empty() && matches!(result, Err(Trouble::Network(_))));

    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", cut).hang()).await;
    let (mails, result) = fetch(&mut session, &[11]).await;
    assert!(mails.is_empty() && matches!(result, Err(Trouble::Network(_))));
    assert_over(&mut session).await;
}

#[tokio::test]
async fn a_slow_mail_may_take_longer_than_a_silence() {
    let reply = format!("{}{{tag}} OK done\r\n", mail(1, 11));
    let script = Script::opened("").hear("UID FETCH", "").drip(&reply, Duration::from_millis(5));
    let (mut session, _liar) = opened(script).await;
    let started = std::time::Instant::now();
    let (mails, result) = fetch(&mut session, &[11]).await;
    assert!(started.elapsed() > Duration::from_millis(300), "the drip was too fast to prove anything");
    assert_eq!((mails.len(), result.unwrap()), (1, Fetched::default()));
}

#[tokio::test]
async fn a_mail_that_vanished_is_gone_and_never_empty() {
    for answer in [
        "* 1 FETCH (UID 11 BODY[] NIL)\r\n{tag} OK [EXPUNGEISSUED] some are gone\r\n",
        "* 1 FETCH (UID 11 BODY[] {0}\r\n)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 11 BODY[] \"\")\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 11 FLAGS (\\Seen))\r\n{tag} OK done\r\n",
        "{tag} OK done\r\n",
        "{tag} NO [EXPUNGEISSUED] some are gone\r\n",
    ] {
        let script = Script::opened("")
            .hear("UID FETCH 11:12", &format!("{}{answer}", mail(2, 12)))
            .hear("UID SEARCH UID 11", "* SEARCH\r\n{tag} OK done\r\n");
        let (mut session, _liar) = opened(script).await;
        let (mails, result) = fetch(&mut session, &[11, 12]).await;
        assert_eq!(mails.iter().map(|mail| mail.listed.uid).collect::<Vec<_>>(), [12], "{answer:?}");
        assert_eq!(result.unwrap(), Fetched { gone: vec![11], withheld: vec![] }, "{answer:?}");
    }
}

#[tokio::test]
async fn a_mail_that_is_there_and_does_not_come_is_withheld() {
    for answer in ["", "* 1 FETCH (UID 11 BODY[] {0}\r\n)\r\n", "* 1 FETCH (UID 11 BODY[] NIL)\r\n"] {
        let script = Script::opened("")
            .hear("UID FETCH 11:12", &format!("{answer}{}{{tag}} OK done\r\n", mail(2, 12)))
            .hear("UID SEARCH UID 11", "* SEARCH 11\r\n{tag} OK done\r\n");
        let (mut session, _liar) = opened(script).await;
        let (mails, result) = fetch(&mut session, &[11, 12]).await;
        assert_eq!(mails.len(), 1, "{answer:?}");
        assert_eq!(result.unwrap(), Fetched { gone: vec![], withheld: vec![11] }, "{answer:?}");
    }
}

#[tokio::test]
async fn a_mail_that_the_server_invented_is_not_taken() {
    let invented = "* 1 FETCH (UID 11 BODY[] {62}\r\nFrom: System Administrator <root@mx>\r\nSubject: unavailable\r\n\r\n)\r\n\
                    {tag} OK done\r\n";
    for (search, taken) in [("* SEARCH\r\n", 0), ("* SEARCH 11\r\n", 1)] {
        let script = Script::opened("")
            .hear("UID FETCH 11", invented)
            .hear("UID SEARCH UID 11", &format!("{search}{{tag}} OK done\r\n"));
        let (mut session, _liar) = opened(script).await;
        let (mails, result) = fetch(&mut session, &[11]).await;
        assert_eq!((mails.len(), result.unwrap().gone.len()), (taken, 1 - taken));
    }
}

#[tokio::test]
async fn only_what_was_asked_for_is_taken_and_once() {
    let body = "Message-ID: <9@x.example>\r\n\r\n.";
    let nameless = format!("* 9 FETCH (BODY[] {{{}}}\r\n{body})\r\n", body.len());
    let reply = [&mail(9, 99), &mail(1, 11), &nameless, &mail(1, 11), "{tag} OK done\r\n"].concat();
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH 11", &reply)).await;
    let (mails, result) = fetch(&mut session, &[11, 11]).await;
    assert_eq!(mails.iter().map(|mail| mail.listed.uid).collect::<Vec<_>>(), [11]);
    assert_eq!(result.unwrap(), Fetched::default());
}

#[tokio::test]
async fn what_cannot_be_read_ends_the_session_and_is_not_repeated() {
    let bodies = [
        "* 1 FETCH (UID 11 BODY[] ~{12}\r\nmy PIN: 1234)\r\n{tag} OK done\r\n",
        "* 1 FETCH (UID 11 INTERNALDATE NIL BODY[] {12}\r\nmy PIN: 1234)\r\n{tag} OK done\r\n",
        "* XYZZY my PIN: 1234\r\n{tag} OK done\r\n",
        "* OK [ALERT]\u{17e} PIN: 1234\r\n{tag} OK done\r\n",
    ];
    for body in bodies {
        let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", body)).await;
        let trouble = fetch(&mut session, &[11]).await.1.unwrap_err();
        assert!(matches!(&trouble, Trouble::Protocol(text) if !text.contains("1234")), "{body:?}: {trouble}");
        assert_over(&mut session).await;
    }
}

#[tokio::test]
async fn a_dropped_fetch_never_gives_its_mails_to_the_next() {
    let script = Script::opened("").hear("UID FETCH 11:13", &mail(1, 11)).hang();
    let (mut session, _liar) = opened(script).await;
    let dropped = tokio::time::timeout(Duration::from_millis(50), session.fetch(&[11, 12, 13], |_| ())).await;
    assert!(dropped.is_err());
    assert_over(&mut session).await;
}

#[tokio::test]
async fn a_big_mail_comes_in_pieces() {
    let piece = 4 * 1024 * 1024;
    let whole: Vec<u8> =
        b"Message-ID: <11@client.example>\r\n".iter().copied().cycle().take(piece + 1000).collect();
    let part = |from: usize, bytes: &[u8]| {
        let head = format!("* 1 FETCH (UID 11 BODY[]<{from}> {{{}}}\r\n", bytes.len());
        [head.as_bytes(), bytes, b")\r\n{tag} OK done\r\n"].concat()
    };
    let script = Script::opened("")
        .hear("UID FETCH 11 (UID BODY.PEEK[]<0.4194304>)", "")
        .say_bytes(&part(0, &whole[..piece]))
        .hear("UID FETCH 11 (UID BODY.PEEK[]<4194304.4194304>)", "")
        .say_bytes(&part(piece, &whole[piece..]));
    let (mut session, _liar) = opened(script).await;
    let size = u32::try_from(whole.len()).unwrap();
    let listed = Listed { uid: 11, size, arrived: None, deleted: false, seen: false };
    assert!(session.fetch_whole(&listed, u32::MAX).await.unwrap().unwrap() == whole);
}

#[tokio::test]
async fn a_big_mail_that_is_not_as_it_was_told_is_looked_for_again() {
    let (gone, there) = ("* SEARCH\r\n{tag} OK done\r\n", "* SEARCH 11\r\n{tag} OK done\r\n");
    let piece = "* 1 FETCH (UID 11 BODY[]<0> {14}\r\nSubject: a\r\n\r\n)\r\n{tag} OK done\r\n";
    for (first, second, search, taken) in [
        (piece, "* 1 FETCH (UID 11 BODY[]<14> NIL)\r\n{tag} OK done\r\n", there, Some(14)),
        (piece, "* 1 FETCH (UID 11 BODY[]<14> \"\")\r\n{tag} OK done\r\n", there, Some(14)),
        (piece, "{tag} OK done\r\n", gone, None),
        (piece, "{tag} NO [EXPUNGEISSUED] gone\r\n", gone, None),
    ] {
        let script = Script::opened("")
            .hear("UID FETCH 11", first)
            .hear("UID FETCH 11", second)
            .hear("UID SEARCH", search);
        let (mut session, _liar) = opened(script).await;
        let listed = Listed { uid: 11, size: 20, arrived: None, deleted: false, seen: false };
        let whole = session.fetch_whole(&listed, 4000).await.unwrap();
        assert_eq!(whole.map(|bytes| bytes.len()), taken, "{second:?}");
    }
}

#[tokio::test]
async fn another_piece_than_asked_for_is_not_put_into_a_mail() {
    let reply = "* 1 FETCH (UID 11 BODY[]<0> {4}\r\nFrom)\r\n{tag} OK done\r\n";
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", reply)).await;
    assert!(matches!(session.fetch_partial(11, 4000, 4).await, Err(Trouble::Protocol(_))));
    let reply = "* 1 FETCH (UID 11 BODY[]<0> NIL)\r\n{tag} OK done\r\n";
    let (mut session, _liar) = opened(Script::opened("").hear("UID FETCH", reply)).await;
    assert_eq!(session.fetch_partial(11, 0, 4).await.unwrap(), None);
}

#[tokio::test]
async fn a_header_alone_is_to_be_had() {
    let reply = "* 1 FETCH (UID 11 BODY[HEADER] {12}\r\nSubject: a\r\n)\r\n{tag} OK done\r\n";
    let script = Script::opened("").hear("UID FETCH 11 (UID BODY.PEEK[HEADER])", reply);
    let (mut session, _liar) = opened(script).await;
    assert_eq!(session.fetch_header(11).await.unwrap().unwrap(), b"Subject: a\r\n");
}
