//! A server that stalls, refuses, closes and lies: what becomes of the letter and of the others.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use maildesk::mail::wire::Security;
use maildesk::sandbox::{Sandbox, SandboxConfig};

use crate::support::certificates::Authority;
use crate::support::liar_smtp::{Act, Liar, Lie, Script, Stage};
use crate::support::post::{DESK, Premises, letter, message_id, monday};

async fn lying(lies: Vec<Lie>) -> Liar {
    Liar::start(Script { lies, ..Script::default() }).await
}

#[tokio::test]
async fn a_letter_leaves_once_with_the_bytes_that_were_frozen() {
    let liar = lying(vec![]).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    let new = letter("answer", &["ona@client.example"]);
    post.put(vec![new.clone()]).await;
    let all = post.until_all(&["sent"]).await;
    assert_eq!((all[0].attempts, all[0].text.as_str()), (1, "2.0.0 Ok: queued as 4Zx"));
    let taken = liar.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].mail, new.letter.head);
    assert!(taken[0].from.starts_with("FROM:<support@desk.example>"), "{}", taken[0].from);
    assert!(liar.heard().iter().any(|line| line.starts_with("AUTH PLAIN")));
    post.close().await;
}

#[tokio::test]
async fn a_server_that_falls_silent_costs_the_letter_what_that_stage_costs() {
    for (stage, state, attempts) in [
        (Stage::Greeting, "deferred", 0),
        (Stage::Hello, "deferred", 0),
        (Stage::Auth, "deferred", 0),
        (Stage::Mail, "deferred", 0),
        (Stage::Rcpt, "deferred", 1),
        (Stage::Data, "deferred", 1),
        (Stage::Dot, "uncertain", 1),
    ] {
        let liar = lying(vec![(stage, 1, Act::Stall)]).await;
        let waits = "greeting_seconds = 0.2\nsmtp_command_seconds = 0.2\nsmtp_data_end_seconds = 0.2";
        let post = Premises::new(liar.port, "", waits).start(monday());
        post.put(vec![letter("answer", &["ona@client.example"])]).await;
        let all = post.until(|all| all[0].state.word() == state).await;
        assert_eq!(all[0].attempts, attempts, "{stage:?}");
        assert!(all[0].text.contains("no answer in"), "{stage:?}: {}", all[0].text);
        post.to_next().await;
        post.until_all(&["sent"]).await;
        post.close().await;
    }
}

#[tokio::test]
async fn a_letter_that_was_stored_without_an_answer_goes_out_again_the_same_to_the_byte() {
    for act in [Act::Close, Act::Stall, Act::Say("nonsense\r\n")] {
        // What is refused by a lie is not stored by it; what is said badly is not either.
        let stored = usize::from(!matches!(act, Act::Say(_)));
        let liar = lying(vec![(Stage::Dot, 1, act)]).await;
        let post = Premises::new(liar.port, "", "smtp_data_end_seconds = 0.2").start(monday());
        post.put(vec![letter("answer", &["ona@client.example"])]).await;
        let all = post.until_all(&["uncertain"]).await;
        assert_eq!((all[0].attempts, all[0].uncertain), (1, 1));
        assert!(all[0].next_at.expect("a time") >= monday() + SignedDuration::from_mins(15));
        post.to_next().await;
        post.until_all(&["sent"]).await;
        let taken = liar.taken();
        assert_eq!(taken.len(), stored + 1);
        assert!(taken.windows(2).all(|two| two[0].mail == two[1].mail));
        post.close().await;
    }
}

#[tokio::test]
async fn a_letter_that_stays_uncertain_is_given_up_after_the_third_time() {
    let liar = lying(vec![(Stage::Dot, 0, Act::Close)]).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    post.put(vec![letter("answer", &["ona@client.example"])]).await;
    for times in 1..=2 {
        post.until(|all| all[0].uncertain == times && all[0].state.word() == "uncertain").await;
        post.to_next().await;
    }
    post.until_all(&["failed"]).await;
    let ids: BTreeSet<String> = liar.taken().iter().map(|taken| message_id(&taken.mail)).collect();
    assert_eq!((liar.taken().len(), ids.len()), (3, 1));
    post.close().await;
}

#[tokio::test]
async fn a_greylisted_letter_comes_again_until_it_is_taken() {
    let lies = (1..=3).map(|n| (Stage::Rcpt, n, Act::Say("450 4.2.0 greylisted\r\n"))).collect();
    let liar = lying(lies).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    post.put(vec![letter("answer", &["ona@client.example"])]).await;
    for (times, minutes) in [(1, 1), (2, 5), (3, 15)] {
        let all = post.until(|all| all[0].attempts == times && all[0].state.word() == "deferred").await;
        let waits = all[0].next_at.expect("a time").duration_since(post.house.clock.now()).as_secs();
        assert!((minutes * 60..=minutes * 72).contains(&waits), "{times}: {waits} s");
        post.to_next().await;
    }
    let all = post.until_all(&["sent"]).await;
    assert_eq!(all[0].attempts, 4);
    post.close().await;
}

#[tokio::test]
async fn a_closing_server_uses_up_no_attempt_and_everything_leaves_when_it_is_back() {
    let lies = (1..=6).map(|n| (Stage::Greeting, n, Act::SayAndClose("421 4.3.2 closing\r\n"))).collect();
    let liar = lying(lies).await;
    let post = Premises::new(liar.port, "connections = 2", "").start(monday());
    let letters = (0..40).map(|n| letter(&format!("answer-{n}"), &["ona@client.example"])).collect();
    post.put(letters).await;
    while liar.connections() < 6 {
        let all = post.until_all(&["deferred"]).await;
        assert!(all.iter().all(|d| d.attempts == 0), "{all:#?}");
        let relay = post.house.progress.relays().into_values().next().expect("a desk");
        assert!(relay.trouble.expect("trouble").contains("closing"));
        let before = liar.connections();
        post.advance(relay.closed_until.expect("a time").duration_since(post.house.clock.now()));
        post.until(|all| liar.connections() > before && all.iter().all(|d| d.state.word() != "attempting"))
            .await;
    }
    if post.deliveries().await.iter().any(|d| d.state.word() == "deferred") {
        post.to_next().await;
    }
    let all = post.until_all(&["sent"]).await;
    assert!(all.iter().all(|d| d.attempts == 1));
    assert_eq!(liar.taken().len(), 40);
    let relay = post.house.progress.relays().into_values().next().expect("a desk");
    assert_eq!((relay.trouble, relay.closed_until), (None, None));
    post.close().await;
}

#[tokio::test]
async fn a_password_that_is_refused_for_an_hour_fails_no_letter() {
    let lies = (1..=4).map(|n| (Stage::Auth, n, Act::Say("535 5.7.8 no\r\n"))).collect();
    let liar = lying(lies).await;
    let post = Premises::new(liar.port, "connections = 1", "").start(monday());
    post.put((0..20).map(|n| letter(&format!("answer-{n}"), &["ona@client.example"])).collect()).await;
    for tried in 1..=4 {
        post.until(|all| {
            liar.connections() == tried && all.iter().all(|d| (d.state.word(), d.attempts) == ("deferred", 0))
        })
        .await;
        post.to_next().await;
    }
    let all = post.until_all(&["sent"]).await;
    assert!(all.iter().all(|d| d.attempts == 1));
    let hours = post.house.clock.now().duration_since(monday());
    assert!(hours >= SignedDuration::from_hours(1), "{hours}");
    assert_eq!(liar.taken().len(), 20);
    post.close().await;
}

#[tokio::test]
async fn one_refused_recipient_of_three_fails_alone() {
    let liar = lying(vec![(Stage::Rcpt, 2, Act::Say("550 5.1.1 no such user\r\n"))]).await;
    let post = Premises::new(liar.port, "connections = 1", "").start(monday());
    let three = ["ona@client.example", "typo@client.example", "petr@client.example"];
    post.put(vec![letter("answer", &three)]).await;
    post.until_all(&["sent", "failed"]).await;
    assert_eq!(post.stand().await, [("sent", 1), ("failed", 1), ("sent", 1)]);
    let taken = liar.taken();
    assert_eq!(
        taken.iter().map(|t| t.to.as_str()).collect::<Vec<_>>(),
        ["TO:<ona@client.example>", "TO:<petr@client.example>"]
    );
    post.close().await;
}

#[tokio::test]
async fn without_the_starttls_that_was_asked_for_letters_wait() {
    let authority = Authority::new();
    let stripped = Liar::start(Script { security: Security::Plain, ..Script::default() }).await;
    let smtp = format!("security = \"starttls\"\nca_file = \"{}\"", authority.file().display());
    let post = Premises::new(stripped.port, &smtp, "").start(monday());
    post.put(vec![letter("answer", &["ona@client.example"])]).await;
    let all = post.until_all(&["deferred"]).await;
    assert_eq!(all[0].attempts, 0);
    assert!(all[0].text.contains("does not offer STARTTLS"), "{}", all[0].text);
    assert!(stripped.heard().iter().all(|line| line.starts_with("EHLO")), "{:?}", stripped.heard());
    post.close().await;
}

#[tokio::test]
async fn letters_leave_after_starttls() {
    let authority = Authority::new();
    let acceptor = Some(authority.acceptor("localhost"));
    let liar = Liar::start(Script { security: Security::StartTls, acceptor, ..Script::default() }).await;
    let smtp = format!("security = \"starttls\"\nca_file = \"{}\"", authority.file().display());
    let post = Premises::new(liar.port, &smtp, "").start(monday());
    post.put(vec![letter("answer", &["ona@client.example"])]).await;
    post.until_all(&["sent"]).await;
    post.close().await;
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_it_was_idle_costs_nothing() {
    let farewell = "250 2.0.0 Ok: queued as 1\r\n421 4.4.2 idle too long\r\n";
    let liar = lying(vec![(Stage::Dot, 1, Act::SayAndClose(farewell))]).await;
    let post = Premises::new(liar.port, "connections = 1", "").start(monday());
    for name in ["first", "second"] {
        post.put(vec![letter(name, &["ona@client.example"])]).await;
        post.until_all(&["sent"]).await;
    }
    assert_eq!(post.stand().await, [("sent", 1), ("sent", 1)]);
    assert_eq!(liar.connections(), 2);
    post.close().await;
}

#[tokio::test]
async fn letters_reach_the_mailboxes_of_an_honest_server() {
    let clock = Arc::new(monday);
    let accounts = [(DESK, "obuolys-7"), ("ona@client.example", "x"), ("petr@client.example", "x")];
    let sandbox = Sandbox::start(SandboxConfig::new(accounts, clock)).await.expect("a sandbox");
    let post = Premises::new(sandbox.smtp_addr().port(), "", "").start(monday());
    let both = ["ona@client.example", "petr@client.example"];
    post.put(vec![letter("answer", &both), letter("lost", &["nobody@client.example"])]).await;
    post.until_all(&["sent", "failed"]).await;
    assert_eq!(post.stand().await, [("sent", 1), ("sent", 1), ("failed", 1)]);
    for name in both {
        let mails = sandbox.mailbox(name).expect("an account").messages();
        assert_eq!(mails.len(), 1);
        assert_eq!(message_id(&mails[0].bytes), "answer@desk.example");
    }
    post.close().await;
    sandbox.stop().await;
}
