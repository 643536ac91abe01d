//! Who goes before whom, and who does not hold up whom.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use crate::support::liar_smtp::{Act, Liar, Script, Stage};
use crate::support::post::{Premises, REQUEST, letter, message_id, monday};

#[tokio::test]
async fn of_a_hundred_letters_the_one_whose_recipient_stalls_holds_up_no_other() {
    let liar = Liar::start(Script { lies: vec![(Stage::Rcpt, 1, Act::Stall)], ..Script::default() }).await;
    let mut post = Premises::new(liar.port, "", "stop_seconds = 0.1").start(monday());
    let to = |n: usize| format!("client{n}@client.example");
    post.put((0..100).map(|n| letter(&format!("answer-{n}"), &[&to(n)])).collect()).await;
    let all = post.until(|all| all.iter().filter(|d| d.state.word() == "sent").count() == 99).await;
    assert_eq!(all.iter().filter(|d| d.state.word() == "attempting").count(), 1);
    post.rest().await;
    post.close().await;
}

#[tokio::test]
async fn the_acknowledgement_stays_before_the_answer_even_when_it_is_deferred() {
    let greylisted = |n| (Stage::Rcpt, n, Act::Say("450 4.2.0 greylisted\r\n"));
    let liar = Liar::start(Script { lies: [1, 2].map(greylisted).to_vec(), ..Script::default() }).await;
    let mut post = Premises::new(liar.port, "", "").open(monday());
    // Two letters: the acknowledgement, and the news for the agent.
    let key = post.receive(REQUEST).await;
    let of_ticket = |name: &str, to: &str| {
        let mut letter = letter(name, &[to]);
        letter.ticket = Some(key.clone());
        letter
    };
    post.put(vec![of_ticket("answer", "ona@client.example")]).await;
    post.start();
    let all = post.until(|all| all[..2].iter().all(|d| d.state.word() == "deferred")).await;
    assert_eq!((all[2].state.word(), all[2].attempts), ("queued", 0));
    // Somebody else on the same ticket does not wait for her.
    post.put(vec![of_ticket("note", "petr@client.example")]).await;
    post.until(|all| all[3].state.word() == "sent").await;
    post.advance(SignedDuration::from_mins(2));
    let all = post.until_all(&["sent"]).await;
    let ids: Vec<String> = liar.taken().iter().map(|taken| message_id(&taken.mail)).collect();
    let place = |id: &str| ids.iter().position(|taken| taken == id).expect("it was sent");
    let ack = all.iter().find(|d| d.purpose == "ack").expect("an acknowledgement");
    assert_eq!(place("note@desk.example"), 0);
    assert!(place(&ack.message_id) < place("answer@desk.example"), "{ids:?}");
    post.close().await;
}

#[tokio::test]
async fn a_thousand_letters_leave_each_once_over_few_connections() {
    let liar = Liar::start(Script::default()).await;
    let post = Premises::new(liar.port, "connections = 3", "").start(monday());
    let to = |n: usize| format!("client{}@client.example", n % 50);
    for part in 0..10 {
        let letters = (0..100).map(|n| letter(&format!("l-{part}-{n}"), &[&to(n)])).collect();
        post.put(letters).await;
    }
    post.until_empty().await;
    let all = post.deliveries().await;
    assert_eq!(all.len(), 1000);
    assert!(all.iter().all(|d| (d.state.word(), d.attempts, d.uncertain) == ("sent", 1, 0)));
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for taken in liar.taken() {
        *copies.entry(message_id(&taken.mail)).or_default() += 1;
    }
    assert_eq!(copies.len(), 1000);
    assert!(copies.values().all(|n| *n == 1));
    // A connection is left after a hundred letters.
    assert!((10..=30).contains(&liar.connections()), "{}", liar.connections());
    post.close().await;
}

#[tokio::test]
async fn a_desk_whose_server_is_down_holds_up_no_other_desk() {
    let liar = Liar::start(Script::default()).await;
    let dead =
        Liar::start(Script { lies: vec![(Stage::Greeting, 0, Act::Close)], ..Script::default() }).await;
    let post = Premises::with_neighbour(liar.port, dead.port).start(monday());
    let mut letters: Vec<_> =
        (0..300).map(|n| letter(&format!("dead-{n}"), &[&format!("client{n}@client.example")])).collect();
    letters.iter_mut().for_each(|letter| letter.desk = "neighbour".into());
    letters.push(letter("alive", &["ona@client.example"]));
    post.put(letters).await;
    let all = post.until(|all| all.iter().all(|d| ["sent", "deferred"].contains(&d.state.word()))).await;
    assert!(all.iter().all(|d| (d.state.word() == "sent") == (&*d.desk == "desk")), "{all:#?}");
    assert!(all.iter().all(|d| d.attempts == u32::from(&*d.desk == "desk")));
    // One letter tried the way and told all others, but for those that were trying at the same time.
    assert!(dead.connections() <= 4, "{}", dead.connections());
    assert_eq!(liar.taken().len(), 1);
    post.close().await;
}
