//! IDLE, and what goes for it where it does not work.

use std::future::pending;
use std::time::{Duration, Instant};

use maildesk::mail::imap::{Trouble, Watch, Woke};
use tokio::sync::Notify;

use super::{assert_over, opened};
use crate::support::liar_imap::Script;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn new_mail_ends_the_wait() {
    let script = Script::opened("IDLE")
        .hear("IDLE", "+ idling\r\n* 3 EXISTS\r\n* OK Still here\r\n* 4 EXISTS\r\n* 1 RECENT\r\n")
        .hear_bare("DONE", "{tag} OK done\r\n")
        .hear("NOOP", "{tag} OK done\r\n");
    let (mut session, _liar) = opened(script).await;
    let started = Instant::now();
    assert_eq!(session.wait(LONG, Watch::Idle, pending()).await.unwrap(), Woke::News);
    assert!(started.elapsed() < LONG / 2);
    session.noop().await.unwrap();
}

#[tokio::test]
async fn news_told_at_an_awkward_moment_is_not_lost() {
    for (before, at_done, limit) in
        [("* 4 EXISTS\r\n+ idling\r\n", "", LONG), ("+ idling\r\n", "* 4 EXISTS\r\n", SHORT)]
    {
        let script = Script::opened("IDLE")
            .hear("IDLE", before)
            .hear_bare("DONE", &format!("{at_done}{{tag}} OK done\r\n"));
        let (mut session, _liar) = opened(script).await;
        let started = Instant::now();
        assert_eq!(session.wait(limit, Watch::Idle, pending()).await.unwrap(), Woke::News);
        assert!(started.elapsed() < LONG / 2);
    }
}

#[tokio::test]
async fn news_told_during_another_command_needs_no_wait() {
    let (mut session, _liar) =
        opened(Script::opened("IDLE").hear("NOOP", "* 4 EXISTS\r\n{tag} OK done\r\n")).await;
    session.noop().await.unwrap();
    assert_eq!(session.wait(LONG, Watch::Idle, pending()).await.unwrap(), Woke::News);
}

#[tokio::test]
async fn a_count_that_is_only_repeated_is_no_news() {
    let script = Script::opened("IDLE")
        .hear("UID SEARCH", "* 3 EXISTS\r\n* SEARCH 11 12 13\r\n{tag} OK done\r\n")
        .hear("IDLE", "* 3 EXISTS\r\n+ idling\r\n* 3 EXISTS\r\n")
        .hear_bare("DONE", "{tag} OK done\r\n");
    let (mut session, _liar) = opened(script).await;
    session.uids_from(1).await.unwrap();
    assert_eq!(session.wait(SHORT, Watch::Idle, pending()).await.unwrap(), Woke::Timeout);
}

#[tokio::test]
async fn keepalives_do_not_postpone_the_end_of_the_wait() {
    let script = Script::opened("IDLE")
        .hear("IDLE", "+ idling\r\n")
        .repeat("* OK Still here\r\n", Duration::from_millis(20))
        .hear_bare("DONE", "{tag} OK done\r\n")
        .hear("NOOP", "{tag} OK done\r\n");
    let (mut session, _liar) = opened(script).await;
    let started = Instant::now();
    assert_eq!(session.wait(SHORT, Watch::Idle, pending()).await.unwrap(), Woke::Timeout);
    assert!(started.elapsed() < Duration::from_secs(5));
    session.noop().await.unwrap();
}

#[tokio::test]
async fn a_poke_ends_the_wait_and_the_session_goes_on() {
    let script = Script::opened("IDLE")
        .hear("IDLE", "+ idling\r\n")
        .hear_bare("DONE", "{tag} OK done\r\n")
        .hear("NOOP", "{tag} OK done\r\n");
    let (mut session, _liar) = opened(script).await;
    let poke = Notify::new();
    poke.notify_one();
    assert_eq!(session.wait(LONG, Watch::Idle, poke.notified()).await.unwrap(), Woke::Poked);
    session.noop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_leaves_while_we_wait_is_noticed() {
    for script in [
        Script::opened("IDLE").hear("IDLE", "+ idling\r\n").close(),
        Script::opened("IDLE").hear("IDLE", "+ idling\r\n").reset(),
        Script::opened("IDLE").hear("IDLE", "+ idling\r\n* BYE Autologout\r\n").hang(),
        Script::opened("IDLE").hear("IDLE", "* BYE Session invalidated - AccessTokenExpired\r\n").hang(),
        Script::opened("IDLE").hear("IDLE", "").close(),
    ] {
        let (mut session, _liar) = opened(script).await;
        let started = Instant::now();
        assert!(matches!(session.wait(LONG, Watch::Idle, pending()).await, Err(Trouble::Network(_))));
        assert!(started.elapsed() < LONG / 2);
        assert_over(&mut session).await;
    }
}

#[tokio::test]
async fn a_server_that_stopped_while_we_wait_is_noticed_at_the_end() {
    for script in [
        Script::opened("IDLE").hear("IDLE", "+ idling\r\n").hang(),
        Script::opened("IDLE").hear("IDLE", "").hang(),
    ] {
        let (mut session, _liar) = opened(script).await;
        assert!(matches!(session.wait(SHORT, Watch::Idle, pending()).await, Err(Trouble::Network(_))));
        assert_over(&mut session).await;
    }
}

#[tokio::test]
async fn a_server_that_will_not_idle_is_asked_instead() {
    for refusal in
        ["{tag} NO not now\r\n", "{tag} BAD what?\r\n", "{tag} OK done\r\n", "+ idling\r\n{tag} OK done\r\n"]
    {
        let script = Script::opened("IDLE")
            .hear("IDLE", refusal)
            .hear("NOOP", "* 4 EXISTS\r\n{tag} OK done\r\n")
            .hear("NOOP", "{tag} OK done\r\n");
        let (mut session, _liar) = opened(script).await;
        assert_eq!(session.wait(SHORT, Watch::Idle, pending()).await.unwrap(), Woke::News, "{refusal:?}");
        assert_eq!(session.wait(SHORT, Watch::Idle, pending()).await.unwrap(), Woke::Timeout, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_server_without_idle_or_slow_to_tell_is_asked() {
    for (capabilities, watch) in [("", Watch::Idle), ("IDLE", Watch::Ask(Duration::from_millis(30)))] {
        let script = Script::opened(capabilities).hear("NOOP", "* 2 EXPUNGE\r\n{tag} OK done\r\n");
        let (mut session, _liar) = opened(script).await;
        assert_eq!(session.wait(SHORT, watch, pending()).await.unwrap(), Woke::News);
    }
    let (mut session, _liar) = opened(Script::opened("")).await;
    let poke = Notify::new();
    poke.notify_one();
    assert_eq!(session.wait(LONG, Watch::Idle, poke.notified()).await.unwrap(), Woke::Poked);
}

#[tokio::test]
async fn a_wait_that_is_dropped_ends_the_session() {
    let (mut session, _liar) = opened(Script::opened("IDLE").hear("IDLE", "+ idling\r\n").hang()).await;
    assert!(tokio::time::timeout(SHORT, session.wait(LONG, Watch::Idle, pending())).await.is_err());
    assert_over(&mut session).await;
}

#[tokio::test]
async fn a_session_can_live_in_a_task_of_its_own() {
    let script =
        Script::opened("IDLE").hear("IDLE", "+ idling\r\n* 4 EXISTS\r\n").hear_bare("DONE", "{tag} OK\r\n");
    let (mut session, _liar) = opened(script).await;
    let task = tokio::spawn(async move {
        let woke = session.wait(LONG, Watch::Idle, pending()).await;
        session.logout().await;
        woke
    });
    assert_eq!(task.await.unwrap().unwrap(), Woke::News);
}
