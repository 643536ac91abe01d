//! A letter to ourselves goes out and comes back; where it does not, somebody hears of it (F14).

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use maildesk::config::load;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::life::Daemon;
use maildesk::daemon::readiness::not_ready;
use maildesk::desk::canary::{Canary, last};
use maildesk::sandbox::{Sandbox, SandboxConfig};
use maildesk::store::{SqliteStore, Tally};

use super::town::{DESK, ONA, PATIENCE};

async fn eventually(what: &str, mut is: impl AsyncFnMut() -> bool) {
    let clock = Clock::system();
    let asked = async {
        while !is().await {
            clock.sleep_until(clock.now() + SignedDuration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("never: {what}"));
}

async fn canary(daemon: &Daemon) -> Option<Canary> {
    let desk = daemon.house().desks.iter().next().expect("a desk").clone();
    daemon.house().clerk.ask(move |tx| last(tx, &desk)).await.expect("asked")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_ourselves_is_no_request_and_its_absence_is_an_alarm_within_two_periods() {
    let clock = Clock::stepped("2026-03-02T07:12:00Z".parse().expect("an instant"));
    let of_sandbox = clock.clone();
    let config = SandboxConfig::new([(DESK, "obuolys"), (ONA, "x")], Arc::new(move || of_sandbox.now()));
    let sandbox = Sandbox::start(config).await.expect("a free port");
    let dir = tempfile::tempdir().expect("a folder");
    let (imap, smtp) = (sandbox.imap_addr().port(), sandbox.smtp_addr().port());
    let text = format!(
        "state_dir = \".\"\n[mailbox]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"{DESK}\"\n\
         password_env = \"PW\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\n\
         [desk]\naddress = \"{DESK}\"\nagents = [\"Petr <petr@desk.example>\"]\n[canary]\nevery_minutes = 10\n\
         [waits]\nstop_seconds = 0.2\nlogout_seconds = 0.1\n"
    );
    let file = dir.path().join("maildesk.toml");
    std::fs::write(&file, text).expect("a file");
    let env = std::collections::BTreeMap::from([("PW".to_owned(), "obuolys".to_owned())]);
    let settings = load(&[file], &env).unwrap_or_else(|problems| panic!("{problems}")).settings;
    let store = Box::new(SqliteStore::open_in_memory().expect("a store"));
    let daemon = Daemon::start(settings, store, clock.clone()).await.expect("it lives");
    let silent =
        |daemon: &Daemon| !not_ready(daemon.house()).iter().any(|why| why.starts_with("canary desk: "));

    eventually("the first one", async || {
        clock.advance_to(clock.now() + SignedDuration::from_secs(1));
        canary(&daemon).await.is_some()
    })
    .await;
    for _ in 0..3 {
        eventually("it comes back", async || canary(&daemon).await.is_some_and(|c| c.back_at.is_some()))
            .await;
        assert!(silent(&daemon));
        let sent = canary(&daemon).await.expect("one").sent_at;
        clock.advance_to(sent + SignedDuration::from_mins(10));
        eventually("the next one", async || canary(&daemon).await.is_some_and(|c| c.sent_at > sent)).await;
    }
    let tally: Tally = daemon.house().clerk.ask(|tx| tx.tally()).await.expect("counted");
    assert!(tally.tickets.is_empty() && tally.mails.is_empty(), "it counts nowhere: {tally:?}");
    assert!(tally.deliveries.values().sum::<usize>() >= 3, "{tally:?}");

    eventually("the last one", async || canary(&daemon).await.is_some_and(|c| c.back_at.is_some())).await;
    sandbox.stop().await;
    let sent = canary(&daemon).await.expect("one").sent_at;
    clock.advance_to(sent + SignedDuration::from_mins(10));
    eventually("one that is lost", async || canary(&daemon).await.is_some_and(|c| c.sent_at > sent)).await;
    assert!(silent(&daemon), "within the first period nobody knows");
    clock.advance_to(sent + SignedDuration::from_mins(20));
    eventually("the alarm", async || !silent(&daemon)).await;
    drop(tokio::time::timeout(Duration::from_secs(20), daemon.stop()).await);
}
