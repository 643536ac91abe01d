//! Mails that are bad for the program, on their way through the hatch.

use std::sync::Condvar;

use maildesk::daemon::intake::handed::{Envelope, Hatch};

use super::*;

fn envelope() -> Envelope {
    Envelope {
        sender: Some("ona@client.example".to_owned()),
        recipients: vec!["help@desk.example".to_owned()],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_panics_is_taken_as_it_is() {
    let ground = Ground::new("").await;
    let desk = ground.house.desks.get("help").unwrap().clone();
    let hatch =
        Hatch::new(ground.house.clone(), "lmtp").thinking_by(Arc::new(|desk, mail, arrived, now, ours| {
            assert_ne!(mail.subject, "bad", "planted");
            maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
        }));
    for subject in ["bad", "good"] {
        let taken = hatch.take(&desk, &envelope(), mail(subject).as_bytes()).await;
        assert_eq!(taken.unwrap().word(), "applied");
    }
    assert_eq!(ground.tickets().await.len(), 2);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_kills_the_program_in_company_and_twice_alone_is_set_aside_unread() {
    let ground = Ground::new("").await;
    let desk = ground.house.desks.get("help").unwrap().clone();
    // Thinking stops at the bad mail until the test is over: as if the program had died there.
    let gate = Arc::new((Mutex::new((0, false)), Condvar::new()));
    let starts = || {
        let gate = gate.clone();
        let hatch = Hatch::new(ground.house.clone(), "lmtp");
        Arc::new(hatch.thinking_by(Arc::new(move |desk, mail, arrived, now, ours| {
            if mail.subject == "bad" {
                let mut state = gate.0.lock().unwrap();
                state.0 += 1;
                while !state.1 {
                    state = gate.1.wait(state).unwrap();
                }
            }
            maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
        })))
    };
    for death in 1..=3 {
        let (hatch, desk) = (starts(), desk.clone());
        let taking =
            tokio::spawn(async move { hatch.take(&desk, &envelope(), mail("bad").as_bytes()).await });
        until("it is in hand", || async { gate.0.lock().unwrap().0 == death }).await;
        taking.abort();
        assert!(taking.await.unwrap_err().is_cancelled());
    }
    let hatch = starts();
    let good = hatch.take(&desk, &envelope(), mail("good").as_bytes()).await;
    assert_eq!(good.unwrap().word(), "applied");
    let bad = hatch.take(&desk, &envelope(), mail("bad").as_bytes()).await.unwrap();
    assert_eq!(bad.word(), "quarantined");
    *gate.0.lock().unwrap() = (3, true);
    gate.1.notify_all();
    assert_eq!(ground.outcomes().await, ["applied", "quarantined"]);
    assert!(ground.raw(2).await.contains("Subject: bad"));
    ground.ends_sound().await;
}
