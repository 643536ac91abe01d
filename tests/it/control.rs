//! The control socket by itself: what it hears, what it refuses, and how it is guarded.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use maildesk::daemon::control::{Answer, AskError, Door, Order, RefusalKind, Reply, ask, run};
use maildesk::daemon::house::House;
use maildesk::domain::ticket::{Status, TicketKey};
use maildesk::store::{NewMail, Outcome};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::spawn_blocking;

use crate::support::{self, store_samples};

fn house(dir: &Path) -> House {
    support::house::house(dir, support::house::CONFIG)
}

fn request() -> Order {
    Order::Register(Box::new(support::house::request("Printer")))
}

/// Asks as the command line does.
async fn asked(house: &House, order: Order) -> Result<Answer, AskError> {
    let socket = house.settings.control_socket.clone();
    spawn_blocking(move || ask(&socket, &order)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_carried_out_and_the_bells_ring() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let door = Door::open(&house.settings.control_socket).unwrap();
    let serving = tokio::spawn(door.serve(house.clone()));
    let rung = house.clerk.bells.outbox.notified();
    let ticket = TicketKey { desk: "desk".into(), number: 1 };
    let answer = asked(&house, request()).await.unwrap();
    let expected = Answer::Ticket { ticket: ticket.clone(), shown: "1".to_owned(), status: Status::New };
    assert_eq!(answer, expected);
    rung.await;
    let order =
        Order::Instruct { ticket: ticket.clone(), by: Some("petr".to_owned()), text: "Hello.".to_owned() };
    assert!(matches!(asked(&house, order).await, Ok(Answer::Ticket { status: Status::Open, .. })));
    let letters = house.clerk.run(|tx| Ok(tx.deliveries(&Default::default())?.len())).await.unwrap();
    assert_eq!(letters, 3);
    let refused = asked(&house, Order::Reopen { ticket, by: None }).await;
    let Err(AskError::Refused(refusal)) = refused else { panic!("{refused:?}") };
    assert_eq!((refusal.kind, refusal.text.as_str()), (RefusalKind::Refused, "1 is open"));
    house.stop.cancel();
    serving.await.unwrap();
    assert!(matches!(asked(&house, Order::Poke).await, Err(AskError::Nobody)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_learns_of_mails_that_were_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let door = Door::open(&house.settings.control_socket).unwrap();
    let serving = tokio::spawn(door.serve(house.clone()));
    let count = async || match asked(&house, Order::Status).await {
        Ok(Answer::Status(health)) => health.set_aside,
        other => panic!("{other:?}"),
    };
    assert_eq!(count().await, 0);
    let keep = |outcome: Outcome, text: &'static str| {
        let mail = NewMail { outcome, desk: "desk".into(), ..store_samples::mail(text) };
        house.clerk.run(move |tx| store_samples::keep_mail(tx, &mail, text))
    };
    keep(Outcome::Quarantined { reason: "it goes in circles".to_owned() }, "round").await.unwrap();
    keep(Outcome::Skipped { reason: "a receipt".to_owned() }, "receipt").await.unwrap();
    assert_eq!(count().await, 1);
    house.stop.cancel();
    serving.await.unwrap();
}

/// Says lines as they are and reads one line for each.
async fn said(socket: &Path, lines: &[&[u8]]) -> Vec<Reply> {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    let mut replies = Vec::new();
    for line in lines {
        write.write_all(line).await.unwrap();
        let mut reply = Vec::new();
        read.read_until(b'\n', &mut reply).await.unwrap();
        replies.push(serde_json::from_slice(&reply).unwrap());
    }
    replies
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_order_is_refused_and_the_connection_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let socket = house.settings.control_socket.clone();
    let serving = tokio::spawn(Door::open(&socket).unwrap().serve(house.clone()));
    let lines: [&[u8]; 5] = [
        b"hello\n",
        b"{\"order\":\"destroy\"}\n",
        b"{\"order\":\"discard\",\"mail\":1,\"force\":true}\n",
        b"\xff\xfe\n",
        b"{\"order\":\"poke\"}\n",
    ];
    let replies = said(&socket, &lines).await;
    for reply in &replies[..4] {
        assert!(matches!(reply, Reply::Refused(r) if r.kind == RefusalKind::Malformed), "{reply:?}");
    }
    assert_eq!(replies[4], Reply::Done(Answer::Poked { mailboxes: 1 }));
    house.stop.cancel();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_order_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let socket = house.settings.control_socket.clone();
    let serving = tokio::spawn(Door::open(&socket).unwrap().serve(house.clone()));
    let stream = UnixStream::connect(&socket).await.unwrap();
    let (mut read, mut write) = stream.into_split();
    let pouring = tokio::spawn(async move {
        let block = vec![b'x'; 100_000];
        for _ in 0..100 {
            if write.write_all(&block).await.is_err() {
                return;
            }
        }
    });
    let mut reply = Vec::new();
    let _ = read.read_to_end(&mut reply).await;
    pouring.await.unwrap();
    let reply: Reply = serde_json::from_slice(&reply).unwrap();
    assert!(matches!(reply, Reply::Refused(r) if r.kind == RefusalKind::Malformed));
    house.stop.cancel();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_says_nothing_does_not_keep_the_daemon_from_ending() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    let socket = house.settings.control_socket.clone();
    let serving = tokio::spawn(Door::open(&socket).unwrap().serve(house.clone()));
    let _silent = UnixStream::connect(&socket).await.unwrap();
    assert_eq!(said(&socket, &[b"{\"order\":\"poke\"}\n"]).await.len(), 1);
    house.stop.cancel();
    tokio::time::timeout(std::time::Duration::from_secs(5), serving).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn the_socket_is_for_those_of_its_folder_and_a_dead_ones_is_taken_away() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run/control.sock");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let door = Door::open(&path).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    drop(door);
    std::fs::set_permissions(path.parent().unwrap(), std::fs::Permissions::from_mode(0o750)).unwrap();
    let door = Door::open(&path).unwrap();
    assert_eq!(mode(&path), 0o660, "whom the folder lets in may give orders");
    std::mem::forget(door);
    let door = Door::open(&path).expect("what a dead daemon left is taken away");
    drop(door);
    assert!(!path.exists());
    std::fs::write(&path, "somebody's file").unwrap();
    assert!(Door::open(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's file");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_a_socket_works_on() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path());
    std::fs::create_dir_all(dir.path().join("state")).unwrap();
    std::fs::write(&house.settings.control_socket, "in the way").unwrap();
    let running = tokio::spawn(run(house.clone()));
    assert!(matches!(asked(&house, Order::Poke).await, Err(AskError::Nobody)));
    assert!(!running.is_finished());
    house.stop.cancel();
    running.await.unwrap();
}
