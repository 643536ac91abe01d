//! Beside a daemon the command line asks it, and reads what it has written.

use std::sync::Arc;

use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::control;
use maildesk::daemon::house::{House, Progress};
use maildesk::daemon::lock::Lock;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{Folder, desks, exists};

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_goes_through_the_daemon() {
    let folder = Arc::new(Folder::new());
    let settings = folder.settings();
    let mut store = folder.store();
    let _lock = Lock::take(&settings.state_dir).unwrap();
    let desks = Arc::new(store.run(|tx| desks(&settings, tx)).unwrap());
    let (clerk, thread) = Clerk::start(store).unwrap();
    let house = House {
        clerk,
        clock: Clock::stepped("2026-03-02T07:12:00Z".parse().unwrap()),
        settings: Arc::new(settings),
        desks,
        progress: Arc::new(Progress::default()),
        tokens: Arc::default(),
        stop: CancellationToken::new(),
    };
    let door = control::Door::open(&house.settings.control_socket).unwrap();
    let mut pokes = house.progress.pokes();
    let stop = house.stop.clone();
    house.progress.note("mailbox", |m| m.trouble = Some("the password is refused".to_owned()));
    let serving = tokio::spawn(door.serve(house));
    let there = folder.clone();
    spawn_blocking(move || {
        let who = "Ona <ona@client.example>";
        let words = ["ticket", "new", "--from", who, "--subject", "Printer", "It prints nothing."];
        assert_eq!(there.run(&words).ok(), "KL-3107 new\n");
        let shown = there.run(&["ticket", "show", "KL-3107"]).ok();
        // By the daemon's clock, so it was the daemon who did it.
        assert!(shown.contains("received     2026-03-02 09:12\n"), "{shown}");
        assert_eq!(there.run(&["ticket", "close", "3107"]).ok(), "KL-3107 closed\n");
        let (code, text) = there.run(&["ticket", "reply", "3107", "Hello."]).failed();
        assert!(code == 1 && text.contains("the request is closed"), "{code} {text}");
        assert_eq!(
            there.run(&["outbox", "drop", "1", "--yes"]).ok(),
            "delivery 1 to ona@client.example: cancelled\n"
        );
        assert_eq!(there.run(&["poke"]).ok(), "the daemon looks into 1 mailbox\n");
        let status = there.run(&["status"]);
        assert_eq!(status.code, 1);
        assert!(status.out.contains("mailbox: in trouble: the password is refused; "), "{}", status.out);
        assert!(
            status.out.contains("outbox       2 queued; next attempt 2026-03-02 09:12\n"),
            "{}",
            status.out
        );
        assert!(there.run(&["check", "--offline"]).ok().contains("runs as process"));
        assert_eq!(there.run(&["doctor"]).code, 0);
        there.run(&["backup", there.path("copy.sqlite").to_str().unwrap()]).ok();
    })
    .await
    .unwrap();
    assert!(pokes.has_changed().unwrap());
    pokes.mark_unchanged();
    stop.cancel();
    serving.await.unwrap();
    assert!(!exists(&folder.path("state/control.sock")));
    drop(thread.join().unwrap());
}
