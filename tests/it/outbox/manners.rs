//! What is not sent, how fast, from whom, and who hears of what was lost.

use jiff::SignedDuration;
use maildesk::domain::letter::{Attached, PartSource};
use maildesk::mail::parse;
use sha2::{Digest, Sha256};

use crate::support::liar_smtp::{Act, Liar, Script, Stage};
use crate::support::post::{DESK, Premises, REQUEST, letter, letter_with, monday};

#[tokio::test]
async fn nothing_automatic_goes_to_an_address_that_is_watched() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    let mut letters = Vec::new();
    for (name, automatic, to) in
        [("loop", true, DESK), ("tagged", true, "support+7.x@desk.example"), ("typed", false, DESK)]
    {
        let mut new = letter(name, &[to]);
        new.automatic = automatic;
        letters.push(new);
    }
    post.put(letters).await;
    let all = post.until_all(&["sent", "cancelled"]).await;
    assert_eq!(post.stand().await, [("cancelled", 0), ("cancelled", 0), ("sent", 1)]);
    assert!(all[0].text.contains("watched"), "{}", all[0].text);
    assert_eq!(liar.taken().len(), 1);
    post.close().await;
}

#[tokio::test]
async fn an_acknowledgement_three_days_late_is_not_sent_and_an_answer_is() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::new(liar.port, "", "").start(monday() + SignedDuration::from_hours(96));
    let mut ack = letter("late-ack", &["ona@client.example"]);
    ack.purpose = "ack".to_owned();
    post.put(vec![ack, letter("answer", &["ona@client.example"])]).await;
    post.until_all(&["sent", "expired"]).await;
    assert_eq!(post.stand().await.iter().map(|s| s.0).collect::<Vec<_>>(), ["expired", "sent"]);
    assert_eq!(liar.taken().len(), 1);
    post.close().await;
}

#[tokio::test]
async fn where_the_empty_sender_is_refused_the_desks_address_is_used_from_then_on() {
    let lies = vec![(Stage::Mail, 1, Act::Say("550 5.7.1 empty sender not allowed\r\n"))];
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let post = Premises::new(liar.port, "connections = 1", "").start(monday());
    for name in ["first", "second"] {
        let mut new = letter(name, &["ona@client.example"]);
        (new.envelope_from, new.automatic) = (None, true);
        post.put(vec![new]).await;
        post.until_all(&["sent"]).await;
    }
    assert_eq!(post.stand().await, [("sent", 1), ("sent", 1)]);
    let mails = liar.heard().into_iter().filter(|line| line.starts_with("MAIL"));
    let senders: Vec<bool> = mails.map(|line| line.contains("FROM:<>")).collect();
    assert_eq!(senders, [true, false, false]);
    post.close().await;
}

#[tokio::test]
async fn an_empty_sender_leaves_as_it_is_where_the_operator_lets_it() {
    for (smtp, expected) in [("", "FROM:<>"), ("empty_sender = false", "FROM:<support@desk.example>")] {
        let liar = Liar::start(Script::default()).await;
        let post = Premises::new(liar.port, smtp, "").start(monday());
        let mut new = letter("ack", &["ona@client.example"]);
        new.envelope_from = None;
        post.put(vec![new]).await;
        post.until_all(&["sent"]).await;
        assert!(liar.taken()[0].from.starts_with(expected), "{}", liar.taken()[0].from);
        post.close().await;
    }
}

#[tokio::test]
async fn a_sender_that_the_account_may_not_use_holds_everything_and_fails_nothing() {
    let lies = vec![(Stage::Mail, 0, Act::Say("553 5.7.1 Sender address rejected: not owned by user\r\n"))];
    let liar = Liar::start(Script { lies, ..Script::default() }).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    post.put((0..10).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    let all = post.until_all(&["deferred"]).await;
    assert!(all.iter().all(|d| d.attempts == 0));
    let relay = post.house.progress.relays().into_values().next().expect("a desk");
    assert!(relay.trouble.expect("trouble").contains("not owned by user"));
    post.close().await;
}

#[tokio::test]
async fn no_more_letters_leave_in_a_minute_than_the_provider_allows() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::new(liar.port, "per_minute = 10", "").start(monday());
    post.put((0..25).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    for sent in [10, 20, 25] {
        post.until(|all| all.iter().filter(|d| d.state.word() == "sent").count() == sent).await;
        post.advance(SignedDuration::from_secs(59));
        assert_eq!(liar.taken().len(), sent);
        post.advance(SignedDuration::from_secs(1));
    }
    assert!(post.deliveries().await.iter().all(|d| d.attempts == 1));
    post.close().await;
}

#[tokio::test]
async fn an_answer_does_not_wait_behind_a_hundred_acknowledgements() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::new(liar.port, "per_minute = 5\nconnections = 1", "").start(monday());
    post.put((0..100).map(|n| letter(&format!("ack-{n}"), &[&format!("p{n}@client.example")])).collect())
        .await;
    post.until(|all| sent(all) == 5).await;
    let mut answer = letter("answer", &["ona@client.example"]);
    answer.pressing = true;
    post.put(vec![answer]).await;
    post.until(|all| all.iter().filter(|row| row.state.word() == "attempting").count() == 5).await;
    // Those in hand go before it: no more than leave in a minute.
    for minutes in 1..=2 {
        post.advance(SignedDuration::from_mins(1));
        post.until(|all| sent(all) == 5 + 5 * minutes).await;
    }
    let all = post.deliveries().await;
    let answered = all.iter().find(|row| row.message_id.starts_with("answer"));
    assert_eq!(answered.map(|row| row.state.word()), Some("sent"));
    post.close().await;
}

fn sent(all: &[maildesk::store::DeliveryRow]) -> usize {
    all.iter().filter(|d| d.state.word() == "sent").count()
}

#[tokio::test]
async fn desks_that_send_through_one_account_share_its_bound() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::sharing(liar.port, "per_minute = 10\nconnections = 3").start(monday());
    let of = |desk: &'static str| {
        (0..12).map(move |n| {
            let letter = letter(&format!("{desk}-{n}"), &["ona@client.example"]);
            maildesk::store::NewLetter { desk: desk.into(), ..letter }
        })
    };
    post.put(of("desk").chain(of("neighbour")).collect()).await;
    for expected in [10, 20, 24] {
        post.until(|all| sent(all) == expected).await;
        post.advance(SignedDuration::from_secs(59));
        assert_eq!(liar.taken().len(), expected);
        post.advance(SignedDuration::from_secs(1));
    }
    post.close().await;
}

#[tokio::test]
async fn a_restart_does_not_begin_the_minute_anew() {
    let liar = Liar::start(Script::default()).await;
    let premises = Premises::new(liar.port, "per_minute = 10", "");
    let mut post = premises.start(monday());
    post.put((0..25).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    post.until(|all| sent(all) == 10).await;
    post.rest().await;
    post.close().await;
    let post = premises.start(monday() + SignedDuration::from_secs(30));
    post.advance(SignedDuration::from_secs(29));
    post.put(vec![letter("b", &["janis@client.example"])]).await;
    assert_eq!(liar.taken().len(), 10);
    post.advance(SignedDuration::from_secs(1));
    post.until(|all| sent(all) == 20).await;
    post.close().await;
}

#[tokio::test]
async fn the_agents_hear_of_an_answer_that_was_refused() {
    let refused = (Stage::Rcpt, 1, Act::Say("550 5.1.1 no such user\r\n"));
    let liar = Liar::start(Script { lies: vec![refused], ..Script::default() }).await;
    let mut post = Premises::new(liar.port, "connections = 1", "").open(monday());
    let key = post.receive(REQUEST).await;
    post.start();
    let before = post.deliveries().await;
    let lost =
        before.iter().find(|d| d.recipient.as_str() == "ona@client.example").expect("an acknowledgement").id;
    let all = post.until(|all| all.len() > before.len() && all.iter().all(|d| d.state.is_final())).await;
    assert_eq!(all.iter().filter(|d| d.state.word() == "failed").map(|d| d.id).collect::<Vec<_>>(), [lost]);
    let told = all.last().expect("a letter");
    assert_eq!((told.recipient.as_str(), told.purpose.as_str()), ("ona@desk.example", "agent_update"));
    let entries = post.house.clerk.ask(move |tx| tx.entries(&key)).await.expect("an answer");
    assert!(entries.iter().any(|entry| entry.event == "undelivered"), "{entries:#?}");
    post.close().await;
}

#[tokio::test]
async fn attachments_are_fetched_from_the_mails_that_they_came_with() {
    let liar = Liar::start(Script { keywords: vec!["AUTH PLAIN"], ..Script::default() }).await;
    let post = Premises::new(liar.port, "", "").start(monday());
    let picture: Vec<u8> = (0..300_000u32).map(|n| (n * 7 % 251) as u8).collect();
    let raw = format!(
        "From: ona@client.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nLook.\r\n--b\r\nContent-Type: image/png; name=a.png\r\n\
         Content-Disposition: attachment; filename=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        data_encoding::BASE64.encode(&picture)
    )
    .into_bytes();
    let read = parse::parse(&raw, &parse::Limits::default());
    let attached = |hash| Attached {
        name: "a.png".to_owned(),
        content_type: "image/png".to_owned(),
        content_id: None,
        size_bytes: picture.len() as u64,
        hash,
        source: PartSource::Mail { raw: read.raw, part: read.attachments[0].part },
    };
    let true_hash = maildesk::domain::hash::Hash(Sha256::digest(&picture).into());
    let whole = letter_with("whole", &["ona@client.example"], vec![attached(true_hash)]);
    let broken = letter_with("broken", &["ona@client.example"], vec![attached(read.raw)]);
    let (hash, bytes) = (read.raw, raw.clone());
    post.house.clerk.run(move |tx| tx.keep(&hash, &bytes)).await.expect("a commit");
    post.put(vec![whole, broken]).await;
    let all = post.until_all(&["sent", "failed"]).await;
    assert_eq!(all.iter().map(|d| d.state.word()).collect::<Vec<_>>(), ["sent", "failed"]);
    assert!(all[1].text.contains("not what was attached"), "{}", all[1].text);
    let came = parse::parse(&liar.taken()[0].mail, &parse::Limits::default());
    assert_eq!(came.attachments[0].hash, true_hash);
    post.close().await;
}
