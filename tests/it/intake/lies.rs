//! Mail on a server that says what no honest one does.

use super::*;
use crate::support::liar_imap::{Liar, Script};

const OK: &str = "{tag} OK done\r\n";

/// A FETCH response with a small mail that bears its UID in the subject.
fn body(uid: u32) -> String {
    text_as(uid, &format!("Subject: mail {uid}\r\nMessage-ID: <{uid}@client.example>\r\n\r\nhelp {uid}\r\n"))
}

fn text_as(uid: u32, rest: &str) -> String {
    let text = format!("From: Ona <{ONA}>\r\nTo: {DESK}\r\n{rest}");
    let size = text.len();
    format!("* {uid} FETCH (UID {uid} RFC822.SIZE {size} FLAGS () BODY[] {{{size}}}\r\n{text})\r\n")
}

/// Sizes and dates of these.
fn listing(uids: &[u32]) -> String {
    let one = |uid: &u32| {
        format!(
            "* {uid} FETCH (UID {uid} RFC822.SIZE 200 INTERNALDATE \"02-Mar-2026 09:00:00 +0200\" FLAGS ())\r\n"
        )
    };
    uids.iter().map(one).chain([OK.to_owned()]).collect()
}

fn search(uids: &[u32]) -> String {
    let list: String = uids.iter().map(|uid| format!(" {uid}")).collect();
    format!("* SEARCH{list}\r\n{OK}")
}

trait Looks: Sized {
    /// A session with INBOX open, UIDVALIDITY 7.
    fn in_inbox(capabilities: &str, next: u32) -> Self;
    /// The first look of a program: it compares, too.
    fn first_look(self, after: u32, uids: &[u32]) -> Self;
    fn look(self, after: u32, uids: &[u32]) -> Self;
    /// The sizes are asked for, then the bodies.
    fn lists(self, uids: &[u32]) -> Self;
    fn fetches(self, set: &str, answer: &str) -> Self;
}

impl Looks for Script {
    fn in_inbox(capabilities: &str, next: u32) -> Script {
        let reply = format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {next}] next\r\n{OK}");
        Script::logged_in(capabilities).hear("SELECT \"INBOX\"", &reply)
    }

    fn first_look(self, after: u32, uids: &[u32]) -> Script {
        self.hear("NOOP", OK)
            .hear("UID SEARCH UID 1:*", &search(uids))
            .hear(&format!("UID SEARCH UID {after}:*"), &search(uids))
    }

    fn look(self, after: u32, uids: &[u32]) -> Script {
        self.hear("NOOP", OK).hear(&format!("UID SEARCH UID {after}:*"), &search(uids))
    }

    fn lists(self, uids: &[u32]) -> Script {
        self.hear("UID FETCH", &listing(uids))
    }

    fn fetches(self, set: &str, answer: &str) -> Script {
        self.hear(&format!("UID FETCH {set} (UID INTERNALDATE"), answer)
    }
}

async fn ground(script: Script, keys: &str, more: &str) -> (Ground, Liar) {
    let liar = script.start().await;
    let port = liar.account().endpoint.port;
    (Ground::new(&file(port, &format!("adopt = \"all\"\n{keys}"), more)), liar)
}

/// Everything up to 13 is safe or given up.
async fn until_cursor(ground: &Ground, uid: u32) {
    until("the cursor", || async { ground.cursor().await == Some(uid) }).await;
}

#[tokio::test]
async fn a_connection_closed_between_two_mails_loses_none_and_doubles_none() {
    let script = Script::in_inbox("", 14)
        .first_look(1, &[11, 12, 13])
        .lists(&[11, 12, 13])
        .fetches("11:13", &body(11))
        .close()
        .then(
            Script::in_inbox("", 14)
                .look(12, &[12, 13])
                .lists(&[12, 13])
                .fetches("12", &format!("{}{OK}", body(12)))
                .fetches("13", &format!("{}{OK}", body(13))),
        );
    let (ground, _liar) = ground(script, "", "").await;
    let watching = ground.start();
    until_cursor(&ground, 13).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11", "mail 12", "mail 13"]);
    assert_eq!(ground.sightings().await.len(), 3);
    ground.check().await;
}

#[tokio::test]
async fn a_body_that_is_withheld_is_asked_for_again_then_given_up_and_blocks_nothing() {
    let withheld = "* 1 FETCH (UID 11 RFC822.SIZE 200 BODY[] NIL)\r\n";
    let script = Script::in_inbox("", 13)
        .first_look(1, &[11, 12])
        .lists(&[11, 12])
        .fetches("11:12", &format!("{withheld}{}{OK}", body(12)))
        .hear("UID SEARCH UID 11", &search(&[11]))
        .hear("NOOP", OK)
        .look(11, &[11, 12])
        .lists(&[11])
        .fetches("11", &format!("{withheld}{OK}"))
        .hear("UID SEARCH UID 11", &search(&[11]));
    let (ground, _liar) = ground(script, "", "[pace]\nattempts = 2\n").await;
    let watching = ground.start();
    until("the other is taken", || async { ground.subjects().await == ["mail 12"] }).await;
    until_cursor(&ground, 12).await;
    watching.until("all is read", |p| p.read_up_to.is_some() && p.trouble.is_none()).await;
    watching.stop().await;
    assert_eq!(ground.outcomes().await, [(11, "quarantined"), (12, "applied")]);
    assert!(reason(&ground.sightings().await[0].outcome).contains("withholds"));
    ground.check().await;
}

#[tokio::test]
async fn a_mail_that_ends_every_session_is_given_up_after_the_others_are_read() {
    let again = |others: Script| Script::in_inbox("", 14).look(12, &[12, 13]).lists(&[12, 13]).append(others);
    let last = |script: Script| script.fetches("12", "* 2 FETCH (UID 12 BODY[] {oops\r\n").close();
    let script = Script::in_inbox("", 14)
        .first_look(1, &[11, 12, 13])
        .lists(&[11, 12, 13])
        .fetches("11:13", &body(11))
        .close()
        .then(again(last(Script::default())))
        .then(again(last(Script::default().fetches("13", &format!("{}{OK}", body(13))))))
        .then(Script::in_inbox("", 14).look(12, &[12, 13]).lists(&[12]).append(last(Script::default())))
        .then(Script::in_inbox("", 14).look(14, &[]));
    let (ground, _liar) = ground(script, "", "").await;
    let watching = ground.start();
    until_cursor(&ground, 13).await;
    watching.until("all is read", |p| p.read_up_to.is_some()).await;
    watching.stop().await;
    assert_eq!(ground.outcomes().await, [(11, "applied"), (12, "quarantined"), (13, "applied")]);
    ground.check().await;
}

#[tokio::test]
async fn a_mail_that_vanished_is_not_a_ticket_and_not_an_empty_mail() {
    let script = Script::in_inbox("", 13)
        .first_look(1, &[11, 12])
        .lists(&[11, 12])
        .fetches("11:12", &format!("* 1 FETCH (UID 11 RFC822.SIZE 0 BODY[] \"\")\r\n{}{OK}", body(12)))
        .hear("UID SEARCH UID 11", &search(&[]));
    let (ground, _liar) = ground(script, "", "").await;
    let watching = ground.start();
    until_cursor(&ground, 12).await;
    watching.stop().await;
    assert_eq!(ground.outcomes().await, [(11, "withdrawn"), (12, "applied")]);
    ground.check().await;
}

#[tokio::test]
async fn numbers_that_went_back_are_read_by_content_though_their_rows_are_about_other_mails() {
    let old = |uid: u32, of: u32| body(of).replace(&format!("UID {of} "), &format!("UID {uid} "));
    let new = |uid: u32, word: &str| {
        text_as(uid, &format!("Subject: {word}\r\nMessage-ID: <{word}@client.example>\r\n\r\nhelp\r\n"))
    };
    let both = |a: String, b: String| format!("{a}{b}{OK}");
    let script = Script::in_inbox("IDLE", 13)
        .first_look(1, &[11, 12])
        .lists(&[11, 12])
        .fetches("11:12", &both(body(11), body(12)))
        .hear("IDLE", "")
        .close()
        .then(
            Script::in_inbox("", 12)
                .first_look(1, &[1, 11])
                .lists(&[1, 11])
                .fetches("1,11", &both(old(1, 12), new(11, "reused"))),
        );
    let (ground, _liar) = ground(script, "", "").await;
    let watching = ground.start();
    until("the reused number is read", || async { ground.subjects().await.len() == 3 }).await;
    until_cursor(&ground, 11).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11", "mail 12", "reused"]);
    assert_eq!(ground.outcomes().await, [(1, "duplicate"), (11, "applied"), (12, "applied")]);
    ground.check().await;
}

#[tokio::test]
async fn a_program_that_dies_between_commit_and_move_moves_after_all_and_opens_no_second_ticket() {
    let folders = format!("* LIST () \".\" INBOX\r\n* LIST () \".\" Done\r\n{OK}");
    let moved = format!("* OK [COPYUID 9 11 1] done\r\n* 1 EXPUNGE\r\n{OK}");
    let script = Script::in_inbox("MOVE", 12)
        .first_look(1, &[11])
        .lists(&[11])
        .fetches("11", &format!("{}{OK}", body(11)))
        .hear("LIST", &folders)
        .hear("UID MOVE 11 \"Done\"", "")
        // The client goes away here.
        .hear("-", "")
        .then(
            Script::in_inbox("MOVE", 12)
                .first_look(12, &[11])
                .hear("LIST", &folders)
                .hear("UID MOVE 11 \"Done\"", &moved)
                .hear("UID SEARCH UID 11", &search(&[])),
        );
    let (ground, liar) = ground(script, "after = \"move to Done\"", "").await;
    let watching = ground.start();
    let moves = || liar.heard().iter().filter(|line| line.contains("UID MOVE")).count();
    until("the first move", || async { moves() == 1 }).await;
    watching.kill().await;
    let before = (ground.subjects().await, ground.sightings().await);
    assert_eq!(before.0, ["mail 11"]);
    let watching = ground.start();
    until("the second move", || async {
        moves() == 2 && liar.heard().iter().any(|line| line.ends_with("UID SEARCH UID 11"))
    })
    .await;
    watching.stop().await;
    assert_eq!((ground.subjects().await, ground.sightings().await), before);
    ground.check().await;
}

#[tokio::test]
async fn a_server_that_tells_no_uidnext_is_read_like_any_other() {
    let bare = format!("* 3 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n{OK}");
    let opens = || Script::logged_in("").hear("SELECT \"INBOX\"", &bare);
    let script = opens()
        .hear("UID SEARCH UID 1:*", &search(&[11]))
        .first_look(1, &[11])
        .lists(&[11])
        .fetches("11", &format!("{}{OK}", body(11)))
        .hear("NOOP", "")
        .close()
        .then(opens())
        .hear("UID SEARCH UID 1:*", &search(&[11, 12]))
        .look(12, &[12])
        .lists(&[12])
        .fetches("12", &format!("{}{OK}", body(12)));
    let (ground, _liar) = ground(script, "poll_seconds = 0.05", "").await;
    let watching = ground.start();
    until_cursor(&ground, 12).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11", "mail 12"]);
    ground.check().await;
}

#[tokio::test]
async fn a_folder_made_anew_under_an_open_session_is_walked_by_content() {
    let anew = format!("* 2 EXISTS\r\n* OK [UIDVALIDITY 8] ok\r\n* OK [UIDNEXT 3] next\r\n{OK}");
    let old = body(11).replace("* 11 FETCH (UID 11 ", "* 1 FETCH (UID 1 ");
    let new = body(2);
    let script = Script::in_inbox("", 12)
        .first_look(1, &[11])
        .lists(&[11])
        .fetches("11", &format!("{}{OK}", body(11)))
        .hear("NOOP", OK)
        .hear("SELECT \"INBOX\"", &anew)
        .first_look(1, &[1, 2])
        .lists(&[1, 2])
        .fetches("1:2", &format!("{old}{new}{OK}"));
    let (ground, _liar) = ground(script, "poll_seconds = 0.05", "").await;
    let watching = ground.start();
    until("the new folder is read", || async { ground.sightings().await.len() == 3 }).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11", "mail 2"]);
    assert_eq!(ground.outcomes().await, [(11, "applied"), (1, "duplicate"), (2, "applied")]);
    ground.check().await;
}

#[tokio::test]
async fn a_server_that_tells_nothing_while_it_idles_is_asked_at_each_poll() {
    let script = Script::in_inbox("IDLE", 12)
        .first_look(1, &[])
        .hear("IDLE", "+ idling\r\n")
        .hear_bare("DONE", OK)
        .hear(
            "SELECT \"INBOX\"",
            &format!("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 13] next\r\n{OK}"),
        )
        .look(1, &[12])
        .lists(&[12])
        .fetches("12", &format!("{}{OK}", body(12)));
    let (ground, _liar) = ground(script, "poll_seconds = 0.1", "").await;
    let watching = ground.start();
    until("it is read", || async { ground.subjects().await == ["mail 12"] }).await;
    watching.stop().await;
    ground.check().await;
}

#[tokio::test]
async fn a_user_who_is_in_but_not_connected_yet_comes_again_and_is_no_reason_for_alarm() {
    let busy = "{tag} BAD User is authenticated but not connected.\r\n";
    let refused = || Script::logged_in("").hear("SELECT", busy).hear("LIST", busy).hear("LOGOUT", "").close();
    let script = refused().then(refused()).then(
        Script::in_inbox("", 12)
            .first_look(1, &[11])
            .lists(&[11])
            .fetches("11", &format!("{}{OK}", body(11))),
    );
    let (ground, _liar) = ground(script, "", "").await;
    let watching = ground.start();
    until_cursor(&ground, 11).await;
    watching.until("all is well", |p| p.trouble.is_none() && p.read_up_to.is_some()).await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11"]);
    ground.check().await;
}

#[tokio::test]
async fn a_folder_that_refuses_a_move_is_left_alone_for_a_while_and_reading_goes_on() {
    let folders = format!("* LIST () \".\" INBOX\r\n* LIST () \".\" Done\r\n{OK}");
    let script = Script::in_inbox("MOVE", 12)
        .first_look(1, &[11])
        .lists(&[11])
        .fetches("11", &format!("{}{OK}", body(11)))
        .hear("LIST", &folders)
        .hear("UID MOVE 11 \"Done\"", "{tag} NO [OVERQUOTA] the mailbox is full\r\n")
        .hear("NOOP", OK)
        .hear(
            "SELECT \"INBOX\"",
            &format!("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 13] next\r\n{OK}"),
        )
        .look(12, &[12])
        .lists(&[12])
        .fetches("12", &format!("{}{OK}", body(12)))
        .hear("NOOP", OK)
        .hear(
            "SELECT \"INBOX\"",
            &format!("* 2 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 13] next\r\n{OK}"),
        )
        .look(13, &[]);
    let (ground, liar) = ground(script, "after = \"move to Done\"\npoll_seconds = 0.05", "").await;
    let watching = ground.start();
    until("two looks more", || async {
        liar.heard().iter().filter(|line| line.contains("UID SEARCH UID 13:*")).count() == 1
    })
    .await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["mail 11", "mail 12"]);
    assert_eq!(liar.heard().iter().filter(|line| line.contains("UID MOVE")).count(), 1);
    ground.check().await;
}
