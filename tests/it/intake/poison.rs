//! Mails that are bad for the program.

use std::sync::Condvar;

use super::*;

/// Ten mails, one of which says `bad`.
fn ten(server: &Sandbox) {
    for n in 0..10 {
        let subject = if n == 4 { "bad".to_owned() } else { format!("good {n}") };
        server.deliver(DESK, &mail(&subject)).unwrap();
    }
}

#[tokio::test]
async fn a_mail_that_panics_is_taken_as_it_is_and_the_nine_others_as_ever() {
    let server = sandbox(0, &monday()).await;
    let ground =
        Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", "[pace]\ncommit_mails = 4\n"));
    ten(&server);
    let watching = ground.start_named("main", |intake| {
        intake.thinking_by(Arc::new(|desk, mail, arrived, now, ours| {
            assert_ne!(mail.subject, "bad", "planted");
            maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
        }))
    });
    watching.read_up().await;
    watching.stop().await;
    let subjects = ground.subjects().await;
    assert_eq!((subjects.len(), subjects[4].as_str(), subjects[5].as_str()), (10, "bad", "good 5"));
    assert!(ground.outcomes().await.iter().all(|(_, word)| *word == "applied"));
    ground.check().await;
}

/// A watcher whose thinking stops at the bad mail until the gate is opened: as if the program had died there.
fn stops_at_bad(ground: &Ground, gate: &Arc<(Mutex<(u32, bool)>, Condvar)>) -> Watching {
    let gate = gate.clone();
    ground.start_named("main", move |intake| {
        intake.thinking_by(Arc::new(move |desk, mail, arrived, now, ours| {
            if mail.subject == "bad" {
                let mut state = gate.0.lock().unwrap();
                state.0 += 1;
                while !state.1 {
                    state = gate.1.wait(state).unwrap();
                }
            }
            maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
        }))
    })
}

#[tokio::test]
async fn a_mail_that_was_in_hand_at_a_death_waits_until_the_program_has_run_for_a_while_and_holds_up_no_other()
 {
    let server = sandbox(0, &monday()).await;
    let text = |seconds: &str| {
        file(server.imap_addr().port(), "adopt = \"all\"", &format!("[pace]\nsuspect_seconds = {seconds}\n"))
    };
    let ground = Ground::new(&text("3600"));
    server.deliver(DESK, &mail("bad")).unwrap();
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    let watching = stops_at_bad(&ground, &gate);
    until("it is in hand", || async { gate.0.lock().unwrap().0 == 1 }).await;
    watching.kill().await;
    // It was somebody else's doing, again and again: nobody blames the mail.
    for n in 0..3 {
        let watching = stops_at_bad(&ground, &gate);
        server.deliver(DESK, &mail(&format!("good {n}"))).unwrap();
        until("the other is read", || async { ground.subjects().await.len() == n + 1 }).await;
        assert!(watching.progress("main").read_up_to.is_none(), "something is left");
        watching.kill().await;
    }
    assert_eq!(gate.0.lock().unwrap().0, 1);
    assert_eq!(ground.cursor().await, Some(0));
    *gate.0.lock().unwrap() = (1, true);
    gate.1.notify_all();
    let settings = Arc::new(maildesk::config::Settings {
        pace: maildesk::config::Pace {
            suspect: Duration::from_millis(300),
            ..ground.house.settings.pace.clone()
        },
        ..(*ground.house.settings).clone()
    });
    let house = House { settings, stop: CancellationToken::new(), ..ground.house.clone() };
    let watching = ground.watch(house, "main", |intake| intake);
    watching.read_up().await;
    watching.stop().await;
    assert_eq!(ground.subjects().await, ["good 0", "good 1", "good 2", "bad"]);
    assert_eq!(ground.cursor().await, Some(4));
    ground.check().await;
}

#[tokio::test]
async fn a_mail_that_kills_the_program_twice_is_set_aside_unread_the_third_time() {
    let server = sandbox(0, &monday()).await;
    let more = "[pace]\nsuspect_seconds = 0.1\n";
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", more));
    ten(&server);
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    for death in 1..=2 {
        let watching = stops_at_bad(&ground, &gate);
        until("it is in hand", || async { gate.0.lock().unwrap().0 == death }).await;
        watching.kill().await;
    }
    assert!(ground.dir.path().join("state/in-hand.main").exists());
    // At the second start mails came one at a time, so those before it are in already.
    assert_eq!(ground.sightings().await.len(), 4);
    let watching = stops_at_bad(&ground, &gate);
    watching.read_up().await;
    watching.stop().await;
    *gate.0.lock().unwrap() = (2, true);
    gate.1.notify_all();
    let outcomes = ground.outcomes().await;
    assert_eq!((outcomes.len(), outcomes[4]), (10, (5, "quarantined")));
    assert_eq!(outcomes.iter().filter(|(_, word)| *word == "applied").count(), 9);
    assert!(reason(&ground.sightings().await[4].outcome).contains("stopped the program 2 times"));
    let raw = ground.house.clerk.run(|tx| tx.mails(&MailFilter::default())).await.unwrap()[5].mail.raw;
    let bytes = ground.house.clerk.run(move |tx| tx.bytes(&raw)).await.unwrap().unwrap();
    assert!(bytes.windows(12).any(|w| w == b"Subject: bad"));
    ground.check().await;
}
