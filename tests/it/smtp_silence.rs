//! The remaining ways of an SMTP server to keep us waiting, or to answer what was not asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use maildesk::domain::delivery::Delivery;
use maildesk::mail::smtp::{Connection, Deadlines, Refusal, Server};
use maildesk::mail::wire::{Endpoint, Security};
use socket2::{Domain, Socket, Type};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::smtp_lies::{attempt, patient, plain, send, server, trust_in};
use crate::support::certificates::Authority;
use crate::support::liar_smtp::{Act, Liar, Script, Stage};

const SHORT: Duration = Duration::from_millis(100);
/// No deadline here is longer; a busy machine may need some.
const LATEST: Duration = Duration::from_secs(10);

/// A server that somebody else plays, at this port.
fn at(port: u16, security: Security, deadlines: Deadlines, liar: &Liar) -> Server {
    let endpoint = Endpoint { host: "localhost".to_owned(), port, security };
    Server { endpoint, deadlines, ..server(liar, security, trust_in(&Authority::new())) }
}

#[tokio::test]
async fn a_host_that_does_not_even_take_the_connection_is_left_at_the_deadline() {
    let liar = Liar::start(Script::default()).await;
    // Room for one that nobody accepts; whoever comes then is not answered at all.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(SHORT, tokio::net::TcpStream::connect(address)).await {
        queued.push(stream);
        assert!(queued.len() < 10, "they are all taken");
    }
    let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port: address.port(), security: Security::Plain };
    let deadlines = Deadlines { connect: SHORT, ..patient() };
    let begun = Instant::now();
    let delivery = attempt(&Server { endpoint, deadlines, ..plain(&liar) }).await;
    let told =
        matches!(&delivery, Delivery::Host { code: None, text } if text.contains("connecting: no answer in"));
    assert!(told, "{delivery}");
    assert!(begun.elapsed() < LATEST);
}

#[tokio::test]
async fn tls_that_stalls_closes_or_is_none_is_the_hosts_matter_and_costs_no_password() {
    let authority = Authority::new();
    for (what, words) in
        [("silence", Some("")), ("FIN", None), ("another protocol", Some("220 in the clear\r\n"))]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(words) = words else { continue };
                stream.write_all(words.as_bytes()).await.unwrap();
                tokio::spawn(async move {
                    std::future::pending::<()>().await;
                    drop(stream)
                });
            }
        });
        let liar = Liar::start(Script::default()).await;
        let deadlines = Deadlines { tls: SHORT, ..patient() };
        let begun = Instant::now();
        let refusal = Connection::open(&at(port, Security::Tls, deadlines, &liar)).await.expect_err("no TLS");
        assert!(matches!(&refusal, Refusal::Host { code: None, .. }), "{what}: {refusal}");
        assert!(begun.elapsed() < LATEST, "{what}");
    }
    for (what, act) in [
        ("no word", Act::Stall),
        ("FIN", Act::Close),
        ("a word and silence", Act::SayAndStall("220 2.0.0 go ahead\r\n")),
        ("a word and FIN", Act::SayAndClose("220 2.0.0 go ahead\r\n")),
    ] {
        let script = Script {
            security: Security::StartTls,
            acceptor: Some(authority.acceptor("localhost")),
            lies: vec![(Stage::StartTls, 0, act)],
            ..Script::default()
        };
        let liar = Liar::start(script).await;
        let deadlines = Deadlines { tls: SHORT, mail: SHORT, ..patient() };
        let server = Server { deadlines, ..server(&liar, Security::StartTls, trust_in(&authority)) };
        let begun = Instant::now();
        let refusal = Connection::open(&server).await.expect_err("no TLS");
        assert!(matches!(&refusal, Refusal::Host { code: None, .. }), "STARTTLS, {what}: {refusal}");
        assert!(begun.elapsed() < LATEST, "STARTTLS, {what}");
        assert!(liar.heard().iter().all(|line| !line.starts_with("AUTH") && !line.starts_with("MAIL")));
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_left_at_the_deadline_of_its_stage() {
    // Word after word, each in time: it is the whole answer that has a deadline.
    let begun = "250-still thinking\r\n";
    for (stage, deadlines, outcome) in [
        (Stage::Hello, Deadlines { mail: SHORT, ..patient() }, "host"),
        (Stage::Mail, Deadlines { mail: SHORT, ..patient() }, "host"),
        (Stage::Rcpt, Deadlines { rcpt: SHORT, ..patient() }, "deferred"),
        (Stage::Dot, Deadlines { dot: SHORT, ..patient() }, "unknown"),
    ] {
        let lies = vec![(stage, 0, Act::SayAndStall(begun))];
        let liar = Liar::start(Script { lies, ..Script::default() }).await;
        let delivery = attempt(&Server { deadlines, ..plain(&liar) }).await;
        assert_eq!(delivery.word(), outcome, "{stage:?}: {delivery}");
    }
}

#[tokio::test]
async fn the_wrong_kind_of_yes_is_not_believed() {
    for (stage, words, outcome) in [
        (Stage::Greeting, "354 go on\r\n", "host"),
        (Stage::Greeting, "554 5.3.2 no service here\r\n", "host"),
        (Stage::Mail, "354 go on\r\n", "host"),
        (Stage::Rcpt, "354 go on\r\n", "deferred"),
        (Stage::Data, "250 2.0.0 Ok\r\n", "deferred"),
        (Stage::Dot, "200 what\r\n250 2.0.0 Ok\r\n", "accepted"),
        (Stage::Dot, "550 5.7.1 no\r\n250 2.0.0 Ok\r\n", "refused"),
        (Stage::Dot, "600 beyond\r\n", "unknown"),
        (Stage::Dot, "25\r\n", "unknown"),
    ] {
        let liar = Liar::start(Script { lies: vec![(stage, 1, Act::Say(words))], ..Script::default() }).await;
        let server = plain(&liar);
        let mut connection = match Connection::open(&server).await {
            Ok(connection) => connection,
            Err(refusal) => {
                assert_eq!(Delivery::from(refusal).word(), outcome, "{stage:?} {words:?}");
                continue;
            }
        };
        let delivery = send(&mut connection).await;
        assert_eq!(delivery.word(), outcome, "{stage:?} {words:?}: {delivery}");
        // What was said too much is never the answer to the next letter.
        let next = send(&mut connection).await;
        let honest = liar.taken().len();
        assert!(next.word() != "accepted" || honest > 0, "{stage:?} {words:?}: {next}");
        if words.matches("\r\n").count() > 1 {
            assert_eq!(
                (next.word(), connection.is_reusable()),
                ("host", false),
                "{stage:?} {words:?}: {next}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_says_yes_and_takes_nothing_more_costs_the_next_letter_no_attempt() {
    // RSET, which goes before the next letter after a refused recipient, is not answered.
    let lies = vec![(Stage::Rcpt, 1, Act::Say("550 5.1.1 no such user\r\n")), (Stage::Reset, 0, Act::Stall)];
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let server = Server { deadlines: Deadlines { mail: SHORT, ..patient() }, ..plain(&liar) };
    let mut connection = Connection::open(&server).await.expect("a connection");
    assert_eq!(send(&mut connection).await.word(), "refused");
    let next = send(&mut connection).await;
    assert!(matches!(next, Delivery::Host { code: None, .. }), "{next}");
    assert!(!connection.is_reusable());
}
