//! Trouble of hours: what is only put off arrives in the end, nothing of it fails, and it is told once.

use std::sync::Arc;

use jiff::SignedDuration;
use maildesk::mail::wire::Security;
use tokio::sync::Notify;

use crate::support::certificates::Authority;
use crate::support::liar_smtp::{Act, Liar, Lie, Script, Stage};
use crate::support::post::{Post, Premises, letter, monday};

const HOURS: SignedDuration = SignedDuration::from_hours(6);

/// A server whose trouble at one stage ends when it is told so.
struct Troubled {
    liar: Liar,
    mended: Arc<std::sync::atomic::AtomicBool>,
}

impl Troubled {
    async fn start(stage: Stage, act: Act) -> Troubled {
        let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let lie: Lie = (stage, 0, Act::Until(mended.clone(), Box::new(act)));
        Troubled { liar: Liar::start(Script { lies: vec![lie], ..Script::default() }).await, mended }
    }

    fn mend(&self) {
        self.mended.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Tries again and again for six hours; every letter waits all that time.
async fn hours_pass(post: &Post) {
    let until = monday() + HOURS;
    while post.house.clock.now() < until {
        let all = post.until_rest().await;
        assert!(all.iter().all(|d| ["deferred", "uncertain"].contains(&d.state.word())), "{all:#?}");
        post.to_next().await;
    }
    post.until_rest().await;
}

#[tokio::test]
async fn a_4xx_at_any_stage_for_six_hours_fails_no_letter() {
    for (stage, words) in [
        (Stage::Auth, "454 4.7.0 Temporary authentication failure\r\n"),
        (Stage::Mail, "451 4.3.0 Try later\r\n"),
        (Stage::Mail, "450 4.7.1 You send too fast\r\n"),
        (Stage::Rcpt, "450 4.2.0 Greylisted\r\n"),
        (Stage::Data, "451 4.3.0 Queue file write error\r\n"),
        (Stage::Dot, "452 4.3.1 Insufficient system storage\r\n"),
    ] {
        let server = Troubled::start(stage, Act::Say(words)).await;
        let post = Premises::new(server.liar.port, "connections = 1", "").start(monday());
        post.put((0..3).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
        hours_pass(&post).await;
        assert_eq!(server.liar.taken().len(), 0, "{words}");
        server.mend();
        until_sent(&post).await;
        assert_eq!(server.liar.taken().len(), 3, "{words}");
        post.close().await;
    }
}

/// From one attempt to the next until all are sent.
async fn until_sent(post: &Post) {
    loop {
        let all = post.until_rest().await;
        if all.iter().all(|d| d.state.word() == "sent") {
            return;
        }
        assert!(all.iter().all(|d| d.state.word() != "failed"), "{all:#?}");
        post.to_next().await;
    }
}

#[tokio::test]
async fn a_5xx_about_the_account_at_any_stage_for_six_hours_holds_the_queue_and_uses_up_no_attempt() {
    for (stage, words, told) in [
        (Stage::Auth, "535 5.7.8 Authentication failed\r\n", "password"),
        (Stage::Auth, "534 5.7.9 Please log in with your web browser\r\n", "password"),
        (Stage::Auth, "538 5.7.11 Encryption required\r\n", "password"),
        (Stage::Mail, "530 5.7.0 Authentication required\r\n", "password"),
        (Stage::Mail, "550 5.7.60 Client does not have permissions to send as this sender\r\n", "address"),
        (Stage::Rcpt, "553 5.7.1 Sender address rejected: not owned by user\r\n", "address"),
        (Stage::Rcpt, "554 5.7.1 Relay access denied\r\n", "limit"),
        (Stage::Dot, "550 5.4.5 Daily user sending limit exceeded\r\n", "limit"),
    ] {
        let server = Troubled::start(stage, Act::Say(words)).await;
        let post = Premises::new(server.liar.port, "connections = 1", "").start(monday());
        post.put((0..3).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
        hours_pass(&post).await;
        assert!(post.deliveries().await.iter().all(|d| d.attempts == 0), "{words}");
        let relay = post.house.progress.relays().into_values().next().expect("a desk");
        let trouble = relay.trouble.expect("it is told");
        assert!(trouble.contains(told) && trouble.contains(&words[4..10]), "{trouble}");
        assert_eq!(relay.troubled_since, Some(monday()));
        server.mend();
        until_sent(&post).await;
        assert!(post.deliveries().await.iter().all(|d| d.attempts == 1), "{words}");
        assert_eq!(server.liar.taken().len(), 3, "{words}");
        post.close().await;
    }
}

#[tokio::test]
async fn a_host_that_is_away_closing_or_not_to_be_believed_for_six_hours_uses_up_no_attempt() {
    for (stage, act) in [
        (Stage::Greeting, Act::Close),
        (Stage::Greeting, Act::SayAndClose("554 5.3.2 No SMTP service here\r\n")),
        (Stage::Hello, Act::SayAndClose("421 4.3.2 Shutting down\r\n")),
        (Stage::Mail, Act::SayAndClose("421 4.7.0 Too many connections\r\n")),
    ] {
        let what = format!("{act:?}");
        let server = Troubled::start(stage, act).await;
        let post = Premises::new(server.liar.port, "connections = 1", "").start(monday());
        post.put((0..3).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
        hours_pass(&post).await;
        assert!(post.deliveries().await.iter().all(|d| d.attempts == 0), "{what}");
        server.mend();
        until_sent(&post).await;
        assert!(post.deliveries().await.iter().all(|d| d.attempts == 1), "{what}");
        post.close().await;
    }
}

#[tokio::test]
async fn letters_wait_while_certificates_are_wrong_and_while_something_stands_behind_starttls() {
    let (believed, other) = (Authority::new(), Authority::new());
    let injected = "220 2.0.0 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN\r\n";
    let good = || believed.acceptor("localhost");
    for (acceptor, lies, told) in [
        (other.acceptor("localhost"), vec![], "certificate"),
        (believed.acceptor("mail.other.example"), vec![], "certificate"),
        (believed.outdated("localhost"), vec![], "certificate"),
        (good(), vec![(Stage::StartTls, 0, Act::Say(injected))], "behind the STARTTLS reply"),
        (
            good(),
            vec![(Stage::StartTls, 0, Act::Say("454 4.7.0 TLS not available\r\n"))],
            "TLS not available",
        ),
    ] {
        let script =
            Script { security: Security::StartTls, acceptor: Some(acceptor), lies, ..Script::default() };
        let liar = Liar::start(script).await;
        let smtp = format!("security = \"starttls\"\nca_file = \"{}\"", believed.file().display());
        let post = Premises::new(liar.port, &smtp, "").start(monday());
        post.put(vec![letter("answer", &["ona@client.example"])]).await;
        for _ in 0..5 {
            let all = post.until_all(&["deferred"]).await;
            assert_eq!(all[0].attempts, 0, "{told}");
            assert!(all[0].text.contains(told), "{told}: {}", all[0].text);
            let before = liar.connections();
            post.to_next().await;
            post.until(|_| liar.connections() > before).await;
        }
        let secret = |line: &String| ["AUTH", "MAIL"].iter().any(|verb| line.starts_with(verb));
        assert!(!liar.heard().iter().any(secret), "{told}: {:?}", liar.heard());
        post.close().await;
    }
}

#[tokio::test]
async fn a_relay_that_takes_twenty_letters_and_no_more_for_a_while_gets_the_others_later() {
    let lies = (21..=60).map(|n| (Stage::Mail, n, Act::Say("450 4.7.1 Rate limit exceeded\r\n"))).collect();
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    post.put((0..50).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    until_sent(&post).await;
    assert_eq!(liar.taken().len(), 50);
    post.close().await;
}

#[tokio::test]
async fn a_configuration_that_is_read_again_cuts_off_no_letter_on_the_wire() {
    let answer = Arc::new(Notify::new());
    let lies = vec![(Stage::Dot, 1, Act::AnswerAt(answer.clone()))];
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let premises = Premises::new(liar.port, "connections = 1", "stop_seconds = 0.05");
    let mut daemon = premises.daemon(monday()).await;
    let put = letter("slow", &["ona@client.example"]);
    daemon.house().clerk.run(move |tx| tx.enqueue(&put).map(drop)).await.unwrap();
    crate::intake::until("it is on the wire", || async { liar.taken().len() == 1 }).await;
    daemon.reload(premises.settings()).await.unwrap();
    // The new house sends others meanwhile, and leaves this one alone.
    let put = letter("quick", &["petr@client.example"]);
    daemon.house().clerk.run(move |tx| tx.enqueue(&put).map(drop)).await.unwrap();
    crate::intake::until("the other is sent", || async { liar.taken().len() == 2 }).await;
    answer.notify_one();
    let states = async || {
        let all = daemon.house().clerk.ask(|tx| tx.deliveries(&Default::default())).await.unwrap();
        all.iter().map(|d| (d.state.word(), d.attempts, d.uncertain)).collect::<Vec<_>>()
    };
    crate::intake::until("both are sent", || async { states().await == [("sent", 1, 0), ("sent", 1, 0)] })
        .await;
    assert_eq!(liar.taken().len(), 2);
    daemon.stop().await;
}

#[tokio::test]
async fn the_end_of_the_program_does_not_wait_for_what_an_earlier_configuration_left_on_the_wire() {
    let lies = vec![(Stage::Dot, 1, Act::Stall)];
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let premises = Premises::new(liar.port, "connections = 1", "stop_seconds = 0.05");
    let mut daemon = premises.daemon(monday()).await;
    let put = letter("slow", &["ona@client.example"]);
    daemon.house().clerk.run(move |tx| tx.enqueue(&put).map(drop)).await.unwrap();
    crate::intake::until("it is on the wire", || async { liar.taken().len() == 1 }).await;
    daemon.reload(premises.settings()).await.unwrap();
    let stopped = tokio::time::timeout(crate::intake::SOON, daemon.stop()).await.expect("it ends");
    assert!(stopped.is_some());
    // The next start says that nobody knows, and sends it again.
    let daemon = premises.daemon(monday()).await;
    crate::intake::until("it is sent again", || async { liar.taken().len() == 2 }).await;
    let uncertain = || async {
        let all = daemon.house().clerk.ask(|tx| tx.deliveries(&Default::default())).await.unwrap();
        all.iter().all(|d| (d.state.word(), d.uncertain) == ("sent", 1))
    };
    crate::intake::until("it is uncertain", uncertain).await;
    daemon.stop().await;
}
