//! The watchdog is fed while every loop goes on, and not when one of them is stuck.

use std::path::Path;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::poll;
use maildesk::daemon::house::House;
use maildesk::daemon::{intake, outbox, scheduler, watchdog};
use sd_notify::NotifyState;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use crate::support::house::{self, CONFIG};

/// No loop announces to be silent for longer than this here.
const WAITS: &str = "[waits]\nconnect_seconds = 0.02\ntls_seconds = 0.02\ngreeting_seconds = 0.02\n\
    login_seconds = 0.02\ntick_seconds = 0.02\nreconnect_first_seconds = 0.02\nreconnect_longest_seconds = 0.02\n";
const DEADLINE: Duration = Duration::from_millis(400);
/// Long enough for a busy machine; nothing waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

fn house(dir: &Path) -> House {
    house::house(dir, &format!("{CONFIG}port = 9\n{WAITS}"))
}

/// What systemd heard.
struct Ear(UnboundedReceiver<String>);

impl Ear {
    /// Feeds from now on.
    fn open(house: &House) -> Ear {
        let (heard, ear) = unbounded_channel();
        let (house, deadline) = (house.clone(), Some(DEADLINE));
        tokio::spawn(async move {
            let houses = watch::Sender::new(house);
            let tell = move |states: &[NotifyState<'_>]| {
                for state in states {
                    heard.send(state.to_string()).expect("the test listens");
                }
            };
            watchdog::feed(houses.subscribe(), deadline, tell).await;
        });
        Ear(ear)
    }

    async fn hears(&mut self, word: &str) {
        let heard = async { while self.0.recv().await.expect("it is fed for ever") != word {} };
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("never heard {word}"));
    }

    /// The next thing that is heard within two deadlines: silence is what systemd acts upon.
    async fn next(&mut self) -> Option<String> {
        tokio::time::timeout(DEADLINE * 2, self.0.recv()).await.ok().flatten()
    }

    async fn is_silent_and_names(&mut self, who: &str) {
        self.hears(&format!("STATUS=no progress: {who}")).await;
        assert_eq!(self.next().await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_fed_while_all_loops_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let mailbox = house.settings.mailboxes[0].clone();
    let loops = [
        tokio::spawn(scheduler::run(house.clone())),
        tokio::spawn(outbox::run(house.clone())),
        tokio::spawn({
            let house = house.clone();
            async { intake::run(house, mailbox).await.expect("the store is well") }
        }),
    ];
    let mut ear = Ear::open(&house);
    for _ in 0..12 {
        ear.hears("WATCHDOG=1").await;
    }
    house.stop.cancel();
    for one in loops {
        tokio::time::timeout(PATIENCE, one).await.expect("it ends").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduler_that_stands_still_is_not_fed_for() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let mut stuck = pin!(scheduler::run(house.clone()));
    assert!(poll!(stuck.as_mut()).is_pending());
    Ear::open(&house).is_silent_and_names("scheduler").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_stands_still_is_not_fed_for() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let mut stuck = pin!(outbox::run(house.clone()));
    // Once for what an earlier run left, once for its first round.
    while house.clerk.pulse.stuck().is_empty() {
        tokio::time::timeout(Duration::from_millis(1), stuck.as_mut()).await.expect_err("it runs for ever");
        house.clerk.pulse.set_patience(Duration::ZERO);
        tokio::task::yield_now().await;
    }
    Ear::open(&house).is_silent_and_names("outbox").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_stands_still_is_not_fed_for() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let mut stuck = pin!(intake::run(house.clone(), house.settings.mailboxes[0].clone()));
    assert!(poll!(stuck.as_mut()).is_pending());
    Ear::open(&house).is_silent_and_names("mailbox mailbox").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stands_still_is_not_fed_for_until_it_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let (go_on, stands) = mpsc::channel::<()>();
    let clerk = house.clerk.clone();
    let unit = tokio::spawn(async move { clerk.run(move |_| Ok(stands.recv().is_ok())).await });
    let mut ear = Ear::open(&house);
    ear.is_silent_and_names("store").await;
    go_on.send(()).unwrap();
    assert!(unit.await.unwrap().unwrap());
    ear.hears("WATCHDOG=1").await;
}
