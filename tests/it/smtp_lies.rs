//! Sending to servers that stall, vanish, refuse and lie: each failure is known for what it is.

use std::time::Duration;

use maildesk::domain::address::Address;
use maildesk::domain::delivery::{Delivery, Hold};
use maildesk::mail::secret::Secret;
use maildesk::mail::smtp::{Auth, Connection, Deadlines, Refusal, Server};
use maildesk::mail::wire::{Endpoint, Security, Trust};

use crate::support::certificates::Authority;
use crate::support::liar_smtp::{Act, Liar, Script, Stage};

const MAIL: &[u8] = b"Subject: x\r\n\r\nLabas\r\n.\r\n..\r\n";

/// Long enough for loopback on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);
/// For the one stage that is to stall.
const SHORT: Duration = Duration::from_millis(60);

fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

pub fn patient() -> Deadlines {
    Deadlines {
        connect: PATIENT,
        tls: PATIENT,
        greeting: PATIENT,
        mail: PATIENT,
        rcpt: PATIENT,
        data: PATIENT,
        block: PATIENT,
        dot: PATIENT,
        idle: PATIENT,
    }
}

pub fn server(liar: &Liar, security: Security, trust: Trust) -> Server {
    Server {
        endpoint: Endpoint { host: "localhost".to_owned(), port: liar.port, security },
        login: Some(("support".to_owned(), Secret::new("obuolys-7"))),
        auth: Auth::Auto,
        plain_login: false,
        trust,
        deadlines: patient(),
        hello: "desk.example".to_owned(),
    }
}

pub fn trust_in(authority: &Authority) -> Trust {
    Trust::load(Some(&authority.file())).expect("an authority")
}

pub fn plain(liar: &Liar) -> Server {
    server(liar, Security::Plain, trust_in(&Authority::new()))
}

async fn lying(lies: Vec<(Stage, usize, Act)>) -> Liar {
    Liar::start(Script { lies, ..Script::default() }).await
}

/// The same lies of a server that wants each command alone, and of one that takes them at once (RFC 2920).
async fn lying_both_ways(lies: Vec<(Stage, usize, Act)>) -> [Liar; 2] {
    let at_once = vec!["AUTH PLAIN", "PIPELINING"];
    let at_once = Script { keywords: at_once, lies: lies.clone(), ..Script::default() };
    [lying(lies).await, Liar::start(at_once).await]
}

pub async fn send(connection: &mut Connection) -> Delivery {
    send_to(connection, "ona@client.example").await
}

async fn send_to(connection: &mut Connection, to: &str) -> Delivery {
    connection.send(Some(&address("support@desk.example")), &address(to), MAIL).await
}

/// Opens and sends once; a refused connection is an outcome, too.
pub async fn attempt(server: &Server) -> Delivery {
    match Connection::open(server).await {
        Ok(mut connection) => send(&mut connection).await,
        Err(refusal) => refusal.into(),
    }
}

/// More than the kernel buffers for a reader who does not read.
fn big() -> Vec<u8> {
    b"0123456789012345678901234567890123456789\r\n".repeat(600_000)
}

fn is_accepted(delivery: &Delivery) -> bool {
    matches!(delivery, Delivery::Accepted { code: 250, reply } if reply.contains("queued"))
}

#[tokio::test]
async fn several_letters_go_over_one_connection_each_to_one_recipient() {
    let liar = lying(vec![]).await;
    let mut connection = Connection::open(&plain(&liar)).await.expect("an honest server");
    assert!(connection.is_fresh() && connection.is_reusable());
    for to in ["ona@client.example", "petr@client.example"] {
        assert!(is_accepted(&send_to(&mut connection, to).await));
        assert!(connection.is_reusable() && !connection.is_fresh());
    }
    let nobody = connection.send(None, &address("olga@client.example"), MAIL).await;
    assert!(is_accepted(&nobody));
    connection.close().await;
    let taken = liar.taken();
    assert_eq!(taken.len(), 3);
    assert!(taken.iter().all(|taken| taken.mail == MAIL), "the bytes arrive as they were");
    assert_eq!(taken[0].from, format!("FROM:<support@desk.example> SIZE={}", MAIL.len()));
    assert_eq!(taken[1].to, "TO:<petr@client.example>");
    assert!(taken[2].from.starts_with("FROM:<> "));
    assert_eq!(liar.connections(), 1);
    assert_eq!(liar.heard().last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn a_server_that_falls_silent_is_left_at_the_deadline_of_that_stage() {
    for (stage, deadlines, outcome) in [
        (Stage::Greeting, Deadlines { greeting: SHORT, ..patient() }, "host"),
        (Stage::Hello, Deadlines { mail: SHORT, ..patient() }, "host"),
        (Stage::Auth, Deadlines { mail: SHORT, ..patient() }, "host"),
        (Stage::Mail, Deadlines { mail: SHORT, ..patient() }, "host"),
        (Stage::Rcpt, Deadlines { rcpt: SHORT, ..patient() }, "deferred"),
        (Stage::Data, Deadlines { data: SHORT, ..patient() }, "deferred"),
        (Stage::Dot, Deadlines { dot: SHORT, ..patient() }, "unknown"),
    ] {
        for liar in lying_both_ways(vec![(stage, 0, Act::Stall)]).await {
            let delivery = attempt(&Server { deadlines, ..plain(&liar) }).await;
            assert_eq!(delivery.word(), outcome, "{stage:?}: {delivery}");
            assert!(delivery.text().contains("no answer in"), "{delivery}");
            assert_eq!(liar.taken().len(), usize::from(stage == Stage::Dot));
        }
    }
}

#[tokio::test]
async fn a_server_that_stops_reading_a_big_letter_is_left_at_the_deadline_of_a_block() {
    let liar = Liar::start(Script {
        keywords: vec!["AUTH PLAIN"],
        lies: vec![(Stage::Body, 0, Act::Stall)],
        ..Script::default()
    })
    .await;
    let server = Server { deadlines: Deadlines { block: SHORT, ..patient() }, ..plain(&liar) };
    let mut connection = Connection::open(&server).await.expect("a connection");
    let delivery = connection.send(None, &address("ona@client.example"), &big()).await;
    assert!(matches!(&delivery, Delivery::Deferred { code: None, .. }), "{delivery}");
    assert!(!connection.is_reusable());
}

#[tokio::test]
async fn a_connection_lost_after_the_final_dot_leaves_the_outcome_unknown_and_before_it_does_not() {
    for (stage, outcome, stored) in [
        (Stage::Greeting, "host", 0),
        (Stage::Mail, "host", 0),
        (Stage::Rcpt, "deferred", 0),
        (Stage::Data, "deferred", 0),
        (Stage::Body, "deferred", 0),
        (Stage::Dot, "unknown", 1),
    ] {
        for keywords in [vec!["AUTH PLAIN"], vec!["AUTH PLAIN", "PIPELINING"]] {
            let lies = vec![(stage, 0, Act::Close)];
            let liar = Liar::start(Script { keywords, lies, ..Script::default() }).await;
            let server = plain(&liar);
            let delivery = if stage == Stage::Body {
                // A letter that fits into the buffers of the kernel is lost only at its dot.
                let mut connection = Connection::open(&server).await.expect("a connection");
                connection.send(None, &address("ona@client.example"), &big()).await
            } else {
                attempt(&server).await
            };
            assert_eq!(delivery.word(), outcome, "{stage:?}: {delivery}");
            assert_eq!(liar.taken().len(), stored, "{stage:?}");
        }
    }
}

#[tokio::test]
async fn babble_after_the_final_dot_is_no_acceptance() {
    for babble in ["nonsense\r\n", "354 go on\r\n"] {
        for liar in lying_both_ways(vec![(Stage::Dot, 0, Act::Say(babble))]).await {
            let delivery = attempt(&plain(&liar)).await;
            assert!(matches!(delivery, Delivery::Unknown { .. }), "{delivery}");
        }
    }
}

#[tokio::test]
async fn one_refused_recipient_does_not_touch_the_others() {
    for liar in lying_both_ways(vec![(Stage::Rcpt, 2, Act::Say("550 5.1.1 no such user\r\n"))]).await {
        let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
        let mut words = Vec::new();
        for to in ["ona@client.example", "typo@client.example", "petr@client.example"] {
            words.push(send_to(&mut connection, to).await.word());
        }
        assert_eq!(words, ["accepted", "refused", "accepted"]);
        assert_eq!(liar.taken().len(), 2);
        assert_eq!(liar.connections(), 1);
    }
}

#[tokio::test]
async fn a_temporary_refusal_at_any_stage_defers_this_letter_only() {
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot] {
        for liar in lying_both_ways(vec![(stage, 1, Act::Say("451 4.7.1 greylisted\r\n"))]).await {
            let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
            let first = send(&mut connection).await;
            assert_eq!(first, Delivery::Deferred { code: Some(451), text: "4.7.1 greylisted".to_owned() });
            assert!(is_accepted(&send(&mut connection).await), "{stage:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_waits_for_a_mail_whose_recipient_it_refused_gets_none() {
    let lies = vec![
        (Stage::Rcpt, 1, Act::Say("550 5.1.1 no such user\r\n")),
        (Stage::Data, 1, Act::Say("354 go on all the same\r\n")),
    ];
    let [_, liar] = lying_both_ways(lies).await;
    let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
    let delivery = send(&mut connection).await;
    assert_eq!(delivery, Delivery::Refused { code: Some(550), text: "5.1.1 no such user".to_owned() });
    assert!(!connection.is_reusable(), "a QUIT would be the text of a mail");
    assert!(liar.taken().is_empty());
}

#[tokio::test]
async fn commands_are_said_at_once_only_where_the_server_offers_it() {
    let lies = vec![(Stage::Mail, 0, Act::Say("451 4.3.0 not now\r\n"))];
    for (liar, commands) in lying_both_ways(lies).await.into_iter().zip([1, 3]) {
        let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
        assert_eq!(send(&mut connection).await.word(), "deferred");
        connection.close().await;
        let heard = liar.heard();
        let said = heard.iter().filter(|line| ["MAIL", "RCPT", "DATA"].contains(&&line[..4])).count();
        assert_eq!(said, commands, "{heard:?}");
    }
}

#[tokio::test]
async fn a_closing_server_is_the_hosts_matter_whenever_it_says_so() {
    for stage in
        [Stage::Greeting, Stage::Hello, Stage::Auth, Stage::Mail, Stage::Rcpt, Stage::Data, Stage::Dot]
    {
        for liar in lying_both_ways(vec![(stage, 0, Act::SayAndClose("421 4.3.2 closing\r\n"))]).await {
            let delivery = attempt(&plain(&liar)).await;
            assert!(matches!(delivery, Delivery::Host { code: Some(421), .. }), "{stage:?}: {delivery}");
        }
    }
}

#[tokio::test]
async fn a_farewell_said_while_idle_is_not_taken_for_an_answer() {
    let farewell = "250 2.0.0 Ok: queued as 1\r\n421 4.4.2 idle too long\r\n";
    for liar in lying_both_ways(vec![(Stage::Dot, 1, Act::Say(farewell))]).await {
        let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
        assert!(is_accepted(&send(&mut connection).await));
        let second = send(&mut connection).await;
        assert!(matches!(second, Delivery::Host { code: Some(421), .. }), "{second}");
        assert!(!connection.is_reusable());
    }
}

#[tokio::test]
async fn an_answer_nobody_asked_for_makes_the_connection_useless() {
    let twice = "250 2.0.0 Ok: queued as 1\r\n250 2.0.0 Ok: queued as 2\r\n";
    for liar in lying_both_ways(vec![(Stage::Dot, 1, Act::Say(twice))]).await {
        let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
        assert!(is_accepted(&send(&mut connection).await));
        assert!(matches!(send(&mut connection).await, Delivery::Host { code: None, .. }));
        assert!(!connection.is_reusable());
    }
}

#[tokio::test]
async fn a_refused_password_or_sender_holds_the_queue() {
    for (stage, words, cause) in [
        (Stage::Auth, "535 5.7.8 authentication failed\r\n", Hold::Login),
        (Stage::Mail, "530 5.7.0 authentication required\r\n", Hold::Login),
        (Stage::Mail, "550 5.7.1 not your address\r\n", Hold::Sender),
        (Stage::Rcpt, "553 5.7.1 Sender address rejected: not owned by user\r\n", Hold::Sender),
        (Stage::Rcpt, "554 5.7.1 Relay access denied\r\n", Hold::Policy),
    ] {
        for liar in lying_both_ways(vec![(stage, 0, Act::Say(words))]).await {
            let delivery = attempt(&plain(&liar)).await;
            assert!(
                matches!(&delivery, Delivery::Held { cause: held, .. } if *held == cause),
                "{words}: {delivery}"
            );
        }
    }
}

#[tokio::test]
async fn an_abandoned_letter_takes_its_connection_along() {
    let liar = lying(vec![(Stage::Dot, 0, Act::Stall)]).await;
    let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
    assert!(tokio::time::timeout(SHORT, send(&mut connection)).await.is_err());
    assert!(!connection.is_reusable());
    assert!(matches!(send(&mut connection).await, Delivery::Host { code: None, .. }));
}

#[tokio::test]
async fn a_server_without_extensions_is_good_enough() {
    let relay = Script { keywords: vec![], ..Script::default() };
    let old = Script { lies: vec![(Stage::Hello, 0, Act::Say("502 5.5.1 what?\r\n"))], ..relay.clone() };
    for script in [relay, old] {
        let liar = Liar::start(script).await;
        let delivery = attempt(&Server { login: None, ..plain(&liar) }).await;
        assert!(is_accepted(&delivery), "{delivery}");
        assert_eq!(liar.taken()[0].from, "FROM:<support@desk.example>");
    }
}

#[tokio::test]
async fn what_the_server_cannot_carry_is_refused_before_it_is_asked() {
    let liar = Liar::start(Script { keywords: vec!["SIZE 100", "AUTH PLAIN"], ..Script::default() }).await;
    let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
    let big = b"0123456789\r\n".repeat(20);
    let ona = address("ona@client.example");
    for (to, mail, reason) in [
        (&ona, &big[..], "takes 100 at most"),
        (&address("ąžuolas@client.example"), MAIL, "SMTPUTF8"),
        (&ona, b"a\nb\r\n", "bare CR or LF"),
    ] {
        let delivery = connection.send(None, to, mail).await;
        assert!(
            matches!(&delivery, Delivery::Refused { code: None, text } if text.contains(reason)),
            "{delivery}"
        );
    }
    assert!(is_accepted(&connection.send(None, &address("ona@paštas.example"), MAIL).await));
    assert_eq!(liar.taken()[0].to, "TO:<ona@xn--patas-wdb.example>");
}

#[tokio::test]
async fn an_address_in_all_alphabets_goes_where_it_is_understood() {
    let liar =
        Liar::start(Script { keywords: vec!["SMTPUTF8", "8BITMIME", "AUTH PLAIN"], ..Script::default() })
            .await;
    let mut connection = Connection::open(&plain(&liar)).await.expect("a connection");
    assert!(is_accepted(&send_to(&mut connection, "ąžuolas@client.example").await));
    assert_eq!(liar.taken()[0].from, "FROM:<support@desk.example> SMTPUTF8");
    assert_eq!(liar.taken()[0].to, "TO:<ąžuolas@client.example>");
}

#[tokio::test]
async fn login_works_in_both_mechanisms() {
    // "\0support\0obuolys-7", "support", "obuolys-7"
    for (keyword, expected) in [
        ("AUTH PLAIN", vec!["AUTH PLAIN AHN1cHBvcnQAb2J1b2x5cy03"]),
        ("AUTH=LOGIN", vec!["AUTH LOGIN", "c3VwcG9ydA==", "b2J1b2x5cy03"]),
    ] {
        let liar = Liar::start(Script { keywords: vec![keyword], ..Script::default() }).await;
        assert!(is_accepted(&attempt(&plain(&liar)).await));
        assert_eq!(liar.heard()[1..=expected.len()], expected);
    }
    let liar = Liar::start(Script { keywords: vec!["AUTH CRAM-MD5"], ..Script::default() }).await;
    let delivery = attempt(&plain(&liar)).await;
    assert!(matches!(delivery, Delivery::Held { cause: Hold::Login, code: None, .. }), "{delivery}");
}

#[tokio::test]
async fn letters_go_over_tls_from_the_start_and_after_starttls() {
    let authority = Authority::new();
    for security in [Security::Tls, Security::StartTls] {
        let acceptor = Some(authority.acceptor("localhost"));
        let liar = Liar::start(Script { security, acceptor, ..Script::default() }).await;
        let trust = trust_in(&authority);
        let delivery = attempt(&server(&liar, security, trust)).await;
        assert!(is_accepted(&delivery), "{security:?}: {delivery}");
        let hellos = liar.heard().iter().filter(|line| line.starts_with("EHLO")).count();
        assert_eq!(hellos, if security == Security::StartTls { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_connection_tells_what_the_server_said_of_itself() {
    let authority = Authority::new();
    for (security, protocol) in
        [(Security::Plain, None), (Security::Tls, Some("TLS 1.3")), (Security::StartTls, Some("TLS 1.3"))]
    {
        let acceptor = Some(authority.acceptor("localhost"));
        let liar = Liar::start(Script { security, acceptor, ..Script::default() }).await;
        let trust = trust_in(&authority);
        let connection = Connection::open(&server(&liar, security, trust)).await.expect("a connection");
        let about = connection.about();
        assert_eq!((about.name, about.size_bytes_max), ("liar.example", Some(1_000_000)));
        assert_eq!(about.keywords, ["SIZE 1000000", "AUTH PLAIN LOGIN", "8BITMIME"]);
        assert_eq!(about.protocol, protocol, "{security:?}");
    }
}

#[tokio::test]
async fn an_unbelievable_certificate_costs_no_password() {
    let (believed, other) = (Authority::new(), Authority::new());
    for security in [Security::Tls, Security::StartTls] {
        for acceptor in [
            other.acceptor("localhost"),
            believed.acceptor("mail.other.example"),
            believed.outdated("localhost"),
        ] {
            let script = Script { security, acceptor: Some(acceptor), ..Script::default() };
            let liar = Liar::start(script).await;
            let trust = trust_in(&believed);
            let refusal =
                Connection::open(&server(&liar, security, trust)).await.expect_err("a wrong certificate");
            assert!(
                matches!(&refusal, Refusal::Host { text, .. } if text.contains("certificate")),
                "{refusal}"
            );
            assert!(liar.heard().iter().all(|line| !line.starts_with("AUTH")));
        }
    }
}

#[tokio::test]
async fn without_the_starttls_that_was_asked_for_nothing_secret_is_said() {
    let authority = Authority::new();
    let trust = trust_in(&authority);
    let stripped = Script { security: Security::Plain, ..Script::default() };
    let refused = Script {
        security: Security::StartTls,
        lies: vec![(Stage::StartTls, 0, Act::SayAndClose("454 4.7.0 not now\r\n"))],
        ..Script::default()
    };
    for script in [stripped, refused] {
        let liar = Liar::start(script).await;
        let refusal =
            Connection::open(&server(&liar, Security::StartTls, trust.clone())).await.expect_err("no TLS");
        assert!(matches!(&refusal, Refusal::Host { .. }), "{refusal}");
        assert!(liar.heard().iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn answers_injected_behind_starttls_are_not_believed() {
    let authority = Authority::new();
    let injected = "220 2.0.0 go ahead\r\n250-evil.example\r\n250 AUTH PLAIN\r\n";
    let liar = Liar::start(Script {
        security: Security::StartTls,
        acceptor: Some(authority.acceptor("localhost")),
        lies: vec![(Stage::StartTls, 0, Act::Say(injected))],
        ..Script::default()
    })
    .await;
    let trust = trust_in(&authority);
    let refusal =
        Connection::open(&server(&liar, Security::StartTls, trust)).await.expect_err("injected bytes");
    assert!(refusal.to_string().contains("behind the STARTTLS reply"), "{refusal}");
    assert!(liar.heard().iter().all(|line| !line.starts_with("AUTH")));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_the_hosts_matter() {
    let liar = lying(vec![]).await;
    let nobody = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let mut server = plain(&liar);
    server.endpoint = Endpoint { port, ..server.endpoint };
    assert!(matches!(attempt(&server).await, Delivery::Host { code: None, .. }));
}

#[tokio::test]
async fn the_password_is_in_no_debugging_output_and_no_outcome() {
    let words = "535 5.7.8 authentication failed\r\n";
    let liar = lying(vec![(Stage::Auth, 0, Act::Say(words))]).await;
    let server = plain(&liar);
    let refusal = Connection::open(&server).await.expect_err("a refused password");
    for shown in [format!("{server:?}"), format!("{refusal:?} {refusal}")] {
        assert!(!shown.contains("obuolys") && !shown.contains("b2J1b2x5cy03"), "{shown}");
    }
}
