//! What is kept, what is put off, and what is not taken at all.

use maildesk::store::DeliveryFilter;

use super::*;

impl Ground {
    /// The raw bytes of the mail that stands in the ledger under this number.
    async fn raw_bytes(&self, uid: u32) -> Vec<u8> {
        let id = self.sightings().await.iter().find(|seen| seen.place.uid == uid).unwrap().mail.unwrap();
        let bytes = self.house.clerk.run(move |tx| {
            let hash = tx.mail(id)?.unwrap().mail.raw;
            tx.bytes(&hash)
        });
        bytes.await.unwrap().unwrap()
    }

    pub(super) async fn raw(&self, uid: u32) -> String {
        String::from_utf8_lossy(&self.raw_bytes(uid).await).into_owned()
    }

    async fn recipients(&self) -> Vec<String> {
        let all = self.house.clerk.run(|tx| tx.deliveries(&DeliveryFilter::default())).await.unwrap();
        all.iter().map(|delivery| delivery.recipient.to_string()).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_with_250_is_in_the_store_with_its_envelope() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    let word = server.gives("help+new@desk.example", &mail("Lamp")).await;
    assert_eq!(word, "250 2.0.0 <help+new@desk.example> is kept with request H-1");
    let seen = ground.sightings().await.remove(0);
    assert_eq!((seen.place.mailbox.as_str(), seen.place.uid, seen.outcome.word()), ("lmtp", 1, "applied"));
    let raw = ground.raw(1).await;
    let expected =
        "Return-Path: <ona@client.example>\r\nDelivered-To: help+new@desk.example\r\nReceived: from a";
    assert!(raw.starts_with(expected), "{raw}");
    let ticket = ground.tickets().await.remove(0);
    // Promises count from when the mail server took it, not from when it could hand it over.
    assert_eq!(ticket.received_at.to_string(), "2026-03-02T06:30:00Z");
    assert!(ground.recipients().await.contains(&"ona@client.example".to_owned()), "an acknowledgement");
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_handed_over_again_opens_no_second_request() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    // Its word is lost: all is committed, and the mail server is told that it is not.
    ground.feels(Some((StoreError::Busy("planted".to_owned()), true)));
    assert!(server.gives("help@desk.example", &mail("Lamp")).await.starts_with("451 4.3.0"));
    ground.feels(None);
    let word = server.gives("help@desk.example", &mail("Lamp")).await;
    assert_eq!(word, "250 2.0.0 <help@desk.example> is here already");
    let mut other = ground.server().await;
    assert!(other.gives("help@desk.example", &mail("Lamp")).await.starts_with("250 2.0.0"));
    assert_eq!(ground.tickets().await.len(), 1);
    assert_eq!(ground.outcomes().await, ["applied", "duplicate", "duplicate"]);
    // Without a Message-ID all of its bytes are its name.
    let nameless = mail("Door").replace("Message-ID: <Door@client.example>\r\n", "");
    for _ in 0..2 {
        assert!(server.gives("help@desk.example", &nameless).await.starts_with("250 "));
    }
    assert_eq!(ground.tickets().await.len(), 2);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_for_two_desks_is_each_ones_own_and_an_unknown_recipient_is_told_at_once() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    let to = ["help@desk.example", "nobody@desk.example", "sales@desk.example", "help+x@desk.example"];
    let (accepted, words) = server.hand_over("ona@client.example", &to, &mail("Lamp")).await;
    let codes: Vec<&str> = accepted.iter().map(|reply| &reply[..3]).collect();
    assert_eq!(codes, ["250", "550", "250", "250"]);
    assert_eq!(
        words,
        [
            "250 2.0.0 <help@desk.example> is kept with request H-1",
            "250 2.0.0 <sales@desk.example> is kept with request S-1",
            "250 2.0.0 <help+x@desk.example> is kept with request H-1",
        ]
    );
    let (_, again) = server.hand_over("ona@client.example", &["sales@desk.example"], &mail("Lamp")).await;
    assert_eq!(again, ["250 2.0.0 <sales@desk.example> is here already"]);
    let (_, again) = server.hand_over("ona@client.example", &["help@desk.example"], &mail("Lamp")).await;
    assert_eq!(again, ["250 2.0.0 <help@desk.example> is here already"]);
    assert_eq!(ground.tickets().await.len(), 2);
    // Which of the two was written first is not said.
    let raw = ground.raw(1).await + &ground.raw(2).await;
    let both = "\r\nDelivered-To: help@desk.example\r\nDelivered-To: help+x@desk.example\r\nReceived";
    let one = "\r\nDelivered-To: sales@desk.example\r\nReceived";
    assert!(raw.contains(both) && raw.contains(one), "{raw}");
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_sender_gets_no_answer() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    let (_, words) = server.hand_over("", &["help@desk.example"], &mail("Lamp")).await;
    assert!(words[0].starts_with("250 "), "{words:?}");
    assert!(ground.raw(1).await.starts_with("Return-Path: <>\r\n"));
    assert!(!ground.recipients().await.contains(&"ona@client.example".to_owned()));
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_trouble_puts_mail_off_and_takes_it_later() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    for (error, expected) in [
        (StoreError::Full("planted".to_owned()), "452 4.3.1"),
        (StoreError::Busy("planted".to_owned()), "451 4.3.0"),
        (StoreError::Unreachable("planted".to_owned()), "451 4.3.0"),
    ] {
        ground.feels(Some((error.clone(), false)));
        let word = server.gives("help@desk.example", &mail("Lamp")).await;
        assert!(word.starts_with(expected), "{error:?}: {word}");
        let trouble = ground.house.progress.all()["lmtp"].trouble.clone();
        assert!(trouble.is_some_and(|text| text.contains("planted")), "the operator sees it");
    }
    ground.feels(None);
    assert!(server.gives("help@desk.example", &mail("Lamp")).await.starts_with("250 "));
    assert_eq!(ground.house.progress.all()["lmtp"].trouble, None);
    assert_eq!(ground.tickets().await.len(), 1);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_ends_the_listening_after_a_word_to_come_again() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    let damage = StoreError::Corrupt("planted".to_owned());
    ground.feels(Some((damage.clone(), false)));
    assert!(server.gives("help@desk.example", &mail("Lamp")).await.starts_with("451 4.3.0"));
    let ended = tokio::time::timeout(SOON, ground.listening).await.expect("it ends").unwrap();
    assert_eq!(ended, Err(damage));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_too_large_is_refused_for_good_and_the_next_one_is_taken() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    // 20 kB for sales, 50 MB for help: the same mail is one desk's and not the other's.
    let large = mail("Large") + &"\r\nand so on".repeat(3_000);
    let to = ["help@desk.example", "sales@desk.example"];
    let (accepted, words) = server.hand_over("ona@client.example", &to, &large).await;
    assert!(accepted.iter().all(|reply| reply.starts_with("250 ")), "no size was said: {accepted:?}");
    assert!(words[0].starts_with("250 2.0.0"), "{words:?}");
    assert!(words[1].starts_with("552 5.3.4 <sales@desk.example>"), "{words:?}");
    assert!(server.gives("sales@desk.example", &mail("Small")).await.starts_with("250 "));
    assert_eq!(ground.tickets().await.len(), 2);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_seat_is_asked_to_come_again() {
    let ground = Ground::new("connections = 2\n").await;
    // The connection that saw it listen may still have its seat.
    let mut first = ground.server().await;
    let mut second = ground.stranger().await;
    until("there is one seat left", || async { ground.stranger().await.hear().await.starts_with("421") })
        .await;
    let mut third = ground.stranger().await;
    assert!(third.hear().await.starts_with("421 4.3.2"));
    assert_eq!(third.hear().await, "");
    assert!(second.hear().await.starts_with("220 "));
    assert!(first.say("QUIT").await.starts_with("221"));
    until("a seat is free", || async { ground.stranger().await.hear().await.starts_with("220") }).await;
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_coming_is_taken_to_its_end_when_the_daemon_stops() {
    let ground = Ground::new("").await;
    let (mut idle, mut busy) = (ground.server().await, ground.server().await);
    for line in ["MAIL FROM:<ona@client.example>", "RCPT TO:<help@desk.example>", "DATA"] {
        busy.say(line).await;
    }
    let text = mail("Lamp");
    let (first, rest) = text.split_at(200);
    busy.put(first.as_bytes()).await;
    ground.house.stop.cancel();
    assert!(idle.hear().await.starts_with("421 4.3.2"));
    assert_eq!(idle.hear().await, "");
    until("nobody else is let in", || async { ground.connect().await.is_err() }).await;
    busy.put(format!("{rest}\r\n.\r\nMAIL FROM:<olga@client.example>\r\n").as_bytes()).await;
    assert!(busy.hear().await.starts_with("250 2.0.0"));
    assert!(busy.hear().await.starts_with("421 4.3.2"), "no further mail");
    assert_eq!(ground.tickets().await.len(), 1);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_servers_at_once_hand_over_two_hundred_mails() {
    let ground = Arc::new(Ground::new("").await);
    let servers = (0..20).map(|server| {
        let ground = ground.clone();
        tokio::spawn(async move {
            let mut connection = ground.server().await;
            for n in 0..10 {
                let text = mail(&format!("mail {server} {n}"));
                let sender = format!("ona{server}@client.example");
                let text = text.replace("ona@client.example", &sender);
                let (_, words) = connection.hand_over(&sender, &["help@desk.example"], &text).await;
                assert!(words[0].starts_with("250 2.0.0"), "{words:?}");
            }
        })
    });
    for server in servers.collect::<Vec<_>>() {
        server.await.unwrap();
    }
    assert_eq!(ground.tickets().await.len(), 200);
    let numbers: Vec<u32> = ground.sightings().await.iter().map(|seen| seen.place.uid).collect();
    assert_eq!(numbers, (1..=200).collect::<Vec<u32>>());
    Arc::into_inner(ground).unwrap().ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_closed_by_silence_while_mail_may_wait_at_the_mail_server() {
    let ground = Ground::new("retry_seconds = 600\n").await;
    let (house, desk) = (&ground.house, "help".into());
    let up_to = || house.progress.read_up_to(&house.settings, &desk, house.clock.now());
    let later =
        |minutes| house.clock.advance_to(house.clock.now() + jiff::SignedDuration::from_mins(minutes));
    assert_eq!(up_to(), None, "not open yet");
    house.progress.opened(house.clock.now());
    later(9);
    assert_eq!(up_to(), None, "it may come again");
    later(2);
    assert_eq!(up_to(), Some(house.clock.now()));
    ground.feels(Some((StoreError::Busy("planted".to_owned()), false)));
    let mut server = ground.server().await;
    assert!(server.gives("help@desk.example", &mail("Lamp")).await.starts_with("451"));
    ground.feels(None);
    assert_eq!(up_to(), None, "one was put off");
    later(11);
    assert_eq!(up_to(), Some(house.clock.now()));
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_of_another_program_is_left_alone_and_a_dead_one_is_taken_away() {
    let ground = Ground::new("").await;
    let path = ground.dir.path().join("lmtp.sock");
    let second = tokio::spawn(lmtp::run(ground.house.clone()));
    until("it is told", || async {
        let trouble = ground.house.progress.all()["lmtp"].trouble.clone();
        trouble.is_some_and(|text| text.contains("another program listens there"))
    })
    .await;
    assert!(ground.server().await.gives("help@desk.example", &mail("Lamp")).await.starts_with("250 "));
    second.abort();
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600, "without a group nobody else may connect");
    ground.ends_sound().await;
}
