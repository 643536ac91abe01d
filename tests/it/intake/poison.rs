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

#[tokio::test]
async fn a_mail_that_kills_the_program_twice_is_set_aside_unread_the_third_time() {
    let server = sandbox(0, &monday()).await;
    let ground = Ground::new(&file(server.imap_addr().port(), "adopt = \"all\"", ""));
    ten(&server);
    // Thinking stops at the bad mail until the test is over: as if the program had died there.
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    let starts = |gate: Arc<(Mutex<(u32, bool)>, Condvar)>| {
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
    };
    for death in 1..=2 {
        let watching = starts(gate.clone());
        until("it is in hand", || async { gate.0.lock().unwrap().0 == death }).await;
        watching.kill().await;
    }
    assert!(ground.dir.path().join("state/in-hand.main").exists());
    // At the second start mails came one at a time, so those before it are in already.
    assert_eq!(ground.sightings().await.len(), 4);
    let watching = starts(gate.clone());
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
