//! Mails that break whoever reads them, among a hundred. Gate 10.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::intake::{DESK, Ground, file, mail, monday, sandbox, until};

/// Passes bytes on between the program and an honest server, but for the mail with this subject: instead of it comes
/// what no parser of IMAP can read.
async fn garbling(to: u16, subject: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            tokio::spawn(passes(near, far, subject));
        }
    });
    port
}

async fn passes(near: TcpStream, far: TcpStream, subject: &str) {
    let (mut near_reads, mut near_writes) = near.into_split();
    let (far_reads, mut far_writes) = far.into_split();
    let out = tokio::spawn(async move { tokio::io::copy(&mut near_reads, &mut far_writes).await });
    let mut far = BufReader::new(far_reads);
    let mut line = Vec::new();
    while far.read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line).into_owned();
        let size = text.trim_end().strip_suffix('}').and_then(|head| head.rsplit_once('{')?.1.parse().ok());
        let mut literal = vec![0; size.unwrap_or(0)];
        far.read_exact(&mut literal).await.unwrap();
        let told = match String::from_utf8_lossy(&literal).contains(subject) {
            true => b"* 1 FETCH ((((UID 0 BODY[ NIL oops\r\n".to_vec(),
            false => [line.clone(), literal].concat(),
        };
        if near_writes.write_all(&told).await.is_err() {
            break;
        }
        line.clear();
    }
    out.abort();
}

/// Lets those go that think for ever, however the test ends.
struct Over(Arc<AtomicBool>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn gate_10_a_mail_that_panics_one_that_kills_and_one_that_breaks_imap_keep_none_of_the_others_back() {
    let server = sandbox(0, &monday()).await;
    let port = garbling(server.imap_addr().port(), "Subject: unspeakable").await;
    let more = "[pace]\nattempts = 3\n[limits]\ntickets_per_hour = 0\nall_answers_per_hour = 1000\n";
    let ground = Ground::new(&file(port, "adopt = \"all\"", more));
    let named = |n: u32| match n {
        20 => "panics".to_owned(),
        50 => "kills".to_owned(),
        80 => "unspeakable".to_owned(),
        n => format!("good {n}"),
    };
    for n in 1..=100 {
        server.deliver(DESK, &mail(&named(n))).unwrap();
    }
    // A mail that kills: thinking about it never comes to an end, and the program is dead by then.
    let (deaths, over) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
    let _let_go = Over(over.clone());
    let starts = || {
        let (deaths, over) = (deaths.clone(), over.clone());
        ground.start_named("main", move |intake| {
            intake.thinking_by(Arc::new(move |desk, mail, arrived, now, ours| {
                assert_ne!(mail.subject, "panics", "planted");
                if mail.subject == "kills" {
                    deaths.fetch_add(1, Ordering::SeqCst);
                    while !over.load(Ordering::SeqCst) {
                        std::thread::park_timeout(Duration::from_millis(5));
                    }
                }
                maildesk::desk::digest::digest(desk, mail, arrived, now, ours)
            }))
        })
    };
    for death in 1..=2 {
        let watching = starts();
        until("it is in hand", || async { deaths.load(Ordering::SeqCst) == death }).await;
        watching.kill().await;
    }
    let watching = starts();
    until("the last of the good ones", || async {
        ground.subjects().await.iter().any(|subject| subject == "good 100")
    })
    .await;
    until("all are settled", || async { ground.cursor().await == Some(100) }).await;
    watching.stop().await;
    over.store(true, Ordering::SeqCst);

    let subjects = ground.subjects().await;
    for n in (1..=100).filter(|n| ![20, 50, 80].contains(n)) {
        assert_eq!(subjects.iter().filter(|s| **s == named(n)).count(), 1, "{}", named(n));
    }
    let outcomes = ground.outcomes().await;
    assert_eq!(outcomes.len(), 100, "each has its row");
    let of = |uid: u32| outcomes.iter().find(|(found, _)| *found == uid).unwrap().1;
    assert_eq!(
        (of(20), of(50)),
        ("applied", "quarantined"),
        "the first has its ticket from the header alone"
    );
    assert_ne!(of(80), "applied", "nobody could read the last");
    ground.check().await;
}
