//! Flags, moves, copies of sent letters, folders.

use maildesk::mail::imap::{Appended, Moved, Trouble};

use super::opened;
use crate::support::liar_imap::Script;

#[tokio::test]
async fn only_a_copyuid_proves_a_move() {
    let search = |left: &str| format!("* SEARCH {left}\r\n{{tag}} OK done\r\n");
    for (reply, left, want) in [
        (
            "* OK [COPYUID 9 11:12 1:2] moved\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n{tag} OK done\r\n",
            "13",
            Moved { moved: vec![11, 12], gone: vec![], left: vec![13] },
        ),
        (
            "{tag} OK [COPYUID 9 13 4] done\r\n",
            "",
            Moved { moved: vec![13], gone: vec![11, 12], left: vec![] },
        ),
        ("{tag} OK done\r\n", "11 12 13", Moved { moved: vec![], gone: vec![], left: vec![11, 12, 13] }),
        ("{tag} OK done\r\n", "", Moved { moved: vec![], gone: vec![11, 12, 13], left: vec![] }),
        (
            "{tag} NO [EXPUNGEISSUED] gone\r\n",
            "",
            Moved { moved: vec![], gone: vec![11, 12, 13], left: vec![] },
        ),
        (
            "{tag} OK [COPYUID 9 1:4294967295 1:4294967295] all of them\r\n",
            "11 12 13",
            Moved { moved: vec![], gone: vec![], left: vec![11, 12, 13] },
        ),
    ] {
        let script = Script::opened("MOVE UIDPLUS")
            .hear("UID MOVE 11:13 \"Done\"", reply)
            .hear("UID SEARCH UID 11:13", &search(left));
        let (mut session, _liar) = opened(script).await;
        assert_eq!(session.move_to(&[11, 12, 13], "Done").await.unwrap(), want, "{reply:?}");
    }
}

#[tokio::test]
async fn without_move_only_proved_copies_are_taken_away_by_uid() {
    let script = Script::opened("UIDPLUS")
        .hear("UID COPY 11:12 \"Done\"", "{tag} OK [COPYUID 9 12 4] done\r\n")
        .hear("UID STORE 12 +FLAGS.SILENT (\\Deleted)", "{tag} OK done\r\n")
        .hear("UID EXPUNGE 12", "* 2 EXPUNGE\r\n{tag} OK done\r\n")
        .hear("UID SEARCH UID 11:12", "* SEARCH 11\r\n{tag} OK done\r\n");
    let (mut session, liar) = opened(script).await;
    let moved = session.move_to(&[11, 12], "Done").await.unwrap();
    assert_eq!(moved, Moved { moved: vec![12], gone: vec![], left: vec![11] });
    assert!(!liar.heard().iter().any(|line| line.ends_with(" EXPUNGE")));
}

#[tokio::test]
async fn without_move_and_uidplus_everything_stays() {
    let script = Script::opened("").hear("UID SEARCH UID 11", "* SEARCH 11\r\n{tag} OK done\r\n");
    let (mut session, _liar) = opened(script).await;
    assert_eq!(session.move_to(&[11], "Done").await.unwrap().left, [11]);
}

#[tokio::test]
async fn a_missing_target_is_gone_and_can_be_made() {
    let script = Script::opened("MOVE")
        .hear("UID MOVE", "{tag} NO [TRYCREATE] no such mailbox\r\n")
        .hear("LIST", "* LIST (\\HasChildren) \".\" INBOX\r\n{tag} OK done\r\n")
        .hear("CREATE \"Done\"", "{tag} NO Invalid mailbox name\r\n")
        .hear("LIST", "* LIST (\\HasChildren) \".\" INBOX\r\n{tag} OK done\r\n")
        .hear("CREATE \"INBOX.Done\"", "{tag} OK made\r\n");
    let (mut session, _liar) = opened(script).await;
    assert!(matches!(session.move_to(&[11], "Done").await, Err(Trouble::Gone(_))));
    assert_eq!(session.create("Done").await.unwrap(), "INBOX.Done");
}

#[tokio::test]
async fn a_flag_counts_when_it_is_seen_to_stay() {
    let script = Script::opened("")
        .hear(
            "UID STORE 11:13 +FLAGS ($Ticketed)",
            "* 1 FETCH (FLAGS ($Ticketed) UID 11)\r\n{tag} OK done\r\n",
        )
        .hear(
            "UID FETCH 12:13 (UID FLAGS)",
            "* 2 FETCH (UID 12 FLAGS (\\Seen))\r\n* 3 FETCH (UID 13 FLAGS ($ticketed))\r\n{tag} OK done\r\n",
        );
    let (mut session, _liar) = opened(script).await;
    assert_eq!(session.add_flags(&[11, 12, 13], &["$Ticketed"]).await.unwrap(), [11, 13]);
}

#[tokio::test]
async fn a_refused_flag_is_not_set() {
    for reply in ["{tag} NO read-only\r\n", "{tag} BAD no keywords\r\n"] {
        let (mut session, _liar) = opened(Script::opened("").hear("UID STORE", reply)).await;
        assert!(matches!(session.add_flags(&[11], &["$Ticketed"]).await, Err(Trouble::Protocol(_))));
    }
}

#[tokio::test]
async fn a_refused_noop_is_no_sign_of_life() {
    let (mut session, _liar) = opened(Script::opened("").hear("NOOP", "{tag} BAD what?\r\n")).await;
    assert!(matches!(session.noop().await, Err(Trouble::Protocol(_))));
}

#[tokio::test]
async fn a_letter_is_appended_though_the_server_chats_before_its_leave() {
    let script = Script::opened("LITERAL+")
        .hear("APPEND \"Sent\" (\\Seen) {12}", "* 4 EXISTS\r\n* OK still here\r\n+ go\r\n")
        .swallow(12, "{tag} OK [APPENDUID 9 77] done\r\n")
        .hear("APPEND \"Sent\" (\\Seen) {12}", "{tag} NO [TRYCREATE] no such mailbox\r\n");
    let (mut session, _liar) = opened(script).await;
    let letter = b"Subject: a\r\n";
    let place = session.append("Sent", letter, &["\\Seen"]).await.unwrap();
    assert_eq!(place, Some(Appended { validity: 9, uid: 77 }));
    assert!(matches!(session.append("Sent", letter, &["\\Seen"]).await, Err(Trouble::Gone(_))));
}

#[tokio::test]
async fn the_folder_for_sent_mail_is_the_marked_one_or_one_with_a_usual_name() {
    for (list, want) in [
        ("* LIST () \".\" Sent\r\n* LIST (\\sent) \".\" \"I&AWE-si&AXM-sta\"\r\n", Some("Išsiųsta")),
        ("* LIST () \".\" INBOX\r\n* LIST () \".\" \"INBOX.Sent Items\"\r\n", Some("INBOX.Sent Items")),
        ("* LIST (\\NonExistent) \"/\" Sent\r\n* LIST () NIL INBOX\r\n", None),
    ] {
        let script = Script::opened("").hear("LIST \"\" \"*\"", &format!("{list}{{tag}} OK done\r\n"));
        let (mut session, _liar) = opened(script).await;
        assert_eq!(session.sent_folder().await.unwrap().as_deref(), want);
    }
}
