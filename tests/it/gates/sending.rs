//! A mail server that stores and says nothing, falls silent, or is not to be had. Gates 5, 6 and 8.

use std::time::Duration;

use jiff::SignedDuration;

use crate::support::liar_smtp::{Act, Liar, Lie, Script, Stage};
use crate::support::post::{Post, Premises, REQUEST, letter, message_id, monday};

async fn lying(lies: Vec<Lie>) -> Liar {
    Liar::start(Script { lies, ..Script::default() }).await
}

#[tokio::test]
async fn gate_05_a_letter_stored_without_an_answer_goes_out_again_with_the_same_id_and_bytes() {
    let liar = lying(vec![(Stage::Dot, 1, Act::Close)]).await;
    let premises = Premises::new(liar.port, "connections = 1", "");
    let mut post = premises.open(monday());
    post.receive(REQUEST).await;
    post.start();
    let all = post.until(|all| all.iter().any(|d| d.state.word() == "uncertain")).await;
    let doubtful = all.iter().find(|d| d.state.word() == "uncertain").expect("the first to go");
    assert_eq!((doubtful.attempts, doubtful.uncertain), (1, 1));
    assert!(!doubtful.text.is_empty(), "the list says what happened");
    let (id, at) = (doubtful.id, doubtful.next_at.expect("it is tried again"));
    assert!(at >= monday() + SignedDuration::from_mins(15), "and not at once");
    post.until(|all| all.iter().all(|d| d.id == id || d.state.word() == "sent")).await;
    post.rest().await;
    post.close().await;

    // Another life of the program, and the same letter.
    let post = premises.start(at);
    post.until_all(&["sent"]).await;
    let stored = liar.taken();
    let copies: Vec<_> =
        stored.iter().filter(|taken| message_id(&taken.mail) == doubtful.message_id).collect();
    assert_eq!(copies.len(), 2, "as often as it was tried");
    assert_eq!(copies[0], copies[1], "to the byte, with the same envelope");
    assert_eq!(stored.len(), all.len() + 1, "and nothing else twice");
    post.close().await;
}

#[tokio::test]
async fn gate_06_a_server_that_stalls_at_any_stage_holds_up_nothing_else() {
    for stage in [
        Stage::Greeting,
        Stage::Hello,
        Stage::Auth,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
        Stage::Body,
        Stage::Dot,
    ] {
        let liar = lying(vec![(stage, 1, Act::Stall)]).await;
        let post = Premises::new(liar.port, "connections = 2", "stop_seconds = 0.1").start(monday());
        let to = |n: usize| format!("client{n}@client.example");
        post.put((0..30).map(|n| letter(&format!("answer-{n}"), &[&to(n)])).collect()).await;
        let all = post.until(|all| all.iter().filter(|d| d.state.word() == "sent").count() >= 29).await;
        let held = all.iter().filter(|d| d.state.word() == "attempting").count();
        assert!(held <= 1, "{stage:?}: {held}");
        let mut post = post;
        post.rest().await;
        post.close().await;
    }
}

#[tokio::test]
async fn gate_06_after_the_final_dot_we_wait_for_ten_minutes() {
    // One is silent after the dot, the other at RCPT, where half a second is allowed here.
    let liar = lying(vec![(Stage::Dot, 1, Act::Stall), (Stage::Rcpt, 2, Act::Stall)]).await;
    let waits = "smtp_command_seconds = 0.5\nstop_seconds = 0.1";
    let mut post = Premises::new(liar.port, "connections = 2", waits).start(monday());
    assert_eq!(post.house.settings.waits.smtp_data_end, Duration::from_secs(600));
    post.put(vec![letter("silent", &["ona@client.example"])]).await;
    post.until(|_| !liar.taken().is_empty()).await;
    post.put(vec![letter("slow", &["petr@client.example"])]).await;
    let all = post.until(|all| all[1].state.word() == "deferred").await;
    assert!(all[1].text.contains("no answer in"), "{}", all[1].text);
    assert_eq!(all[0].state.word(), "attempting", "it is still waited for");
    post.rest().await;
    post.close().await;
}

/// Moves the clock from one moment at which something is due to the next until `outage` is over, and then to the
/// end; answers when the last letter had left.
async fn outlives(post: &Post, liar: &Liar, outage: SignedDuration) -> SignedDuration {
    let passed = || post.house.clock.now().duration_since(monday());
    loop {
        let all = post.until(|all| all.iter().all(|d| d.state.word() != "attempting")).await;
        if all.iter().all(|d| d.state.is_final()) {
            return passed();
        }
        let due = post.house.clerk.ask(|tx| tx.next_delivery()).await.expect("the store answers");
        let closed = post.house.progress.relays().into_values().find_map(|relay| relay.closed_until);
        let next = due.into_iter().chain(closed).max().expect("something is to be sent");
        if next.duration_since(monday()) >= outage {
            liar.reforms();
        }
        let before = (liar.connections(), post.stand().await);
        post.house.clock.advance_to(next);
        post.until_moved(&before, liar).await;
    }
}

#[tokio::test]
async fn gate_08_greylisting_a_refused_password_and_an_outage_fail_no_letter() {
    for (stage, act, outage) in [
        (Stage::Rcpt, Act::Say("450 4.2.0 greylisted\r\n"), SignedDuration::from_mins(20)),
        (Stage::Auth, Act::Say("535 5.7.8 authentication failed\r\n"), SignedDuration::from_hours(1)),
        (Stage::Greeting, Act::Close, SignedDuration::from_hours(6)),
        (Stage::Greeting, Act::SayAndClose("421 4.3.2 closing\r\n"), SignedDuration::from_hours(6)),
    ] {
        let liar = lying(vec![(stage, 0, act.clone())]).await;
        let post = Premises::new(liar.port, "connections = 1", "").start(monday());
        let to = |n: usize| format!("client{n}@client.example");
        post.put((0..12).map(|n| letter(&format!("answer-{n}"), &[&to(n)])).collect()).await;
        let took = outlives(&post, &liar, outage).await;
        assert!(took >= outage, "{act:?}: {took}");
        let all = post.deliveries().await;
        assert!(all.iter().all(|d| d.state.word() == "sent"), "{act:?}: {all:#?}");
        let attempts: u32 = all.iter().map(|d| d.attempts).sum();
        match stage {
            Stage::Rcpt => assert!(attempts > 24, "greylisting is an attempt: {attempts}"),
            _ => assert_eq!(attempts, 12, "{act:?}: no letter pays for the server"),
        }
        assert_eq!(liar.taken().len(), 12);
        post.close().await;
    }
}
