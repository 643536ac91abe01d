//! The word to stop, the end without a word, and a store that fails.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use tokio::runtime::Runtime;

use crate::support::faulty_store::{Fault, FaultyStore};
use crate::support::liar_smtp::{Act, Liar, Script, Stage};
use crate::support::post::{Premises, letter, message_id, monday};

#[tokio::test]
async fn a_letter_on_the_wire_is_finished_and_the_others_are_put_back_when_the_word_to_stop_comes() {
    let liar = Liar::start(Script { lies: vec![(Stage::Dot, 3, Act::Stall)], ..Script::default() }).await;
    let premises = Premises::new(liar.port, "connections = 1", "stop_seconds = 0.1");
    let mut post = premises.start(monday());
    post.put((0..20).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    post.until(|all| liar.taken().len() == 3 && all.iter().filter(|d| d.state.word() == "sent").count() == 2)
        .await;
    post.rest().await;
    let all = post.deliveries().await;
    let count = |word: &str| all.iter().filter(|d| d.state.word() == word).count();
    assert_eq!((count("sent"), count("attempting")), (2, 1), "{all:#?}");
    assert!(all.iter().all(|d| d.state.word() != "deferred" || d.attempts == 0));
    post.close().await;

    // The next run finds the one letter whose fate nobody knows, and sends all the others for the first time.
    let post = premises.start(monday());
    let all = post.until_all(&["sent"]).await;
    assert_eq!(all.iter().filter(|d| d.uncertain == 1).count(), 1);
    let mut ids: Vec<String> = liar.taken().iter().map(|taken| message_id(&taken.mail)).collect();
    assert_eq!(ids.len(), 21);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    post.close().await;
}

#[tokio::test]
async fn a_stop_waits_for_the_answer_to_the_letter_on_the_wire() {
    let liar = Liar::start(Script::default()).await;
    let mut post = Premises::new(liar.port, "", "").start(monday());
    post.put((0..200).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    post.until(|all| all.iter().any(|d| d.state.word() == "sent")).await;
    post.rest().await;
    let all = post.deliveries().await;
    assert!(all.iter().all(|d| ["sent", "queued", "deferred"].contains(&d.state.word())), "{all:#?}");
    assert_eq!(all.iter().filter(|d| d.state.word() == "sent").count(), liar.taken().len());
    post.close().await;
}

#[test]
fn what_was_on_the_wire_when_the_process_died_goes_out_again_with_the_same_id() {
    let outside = Runtime::new().expect("a runtime");
    let lies = vec![(Stage::Dot, 5, Act::Stall)];
    let liar = outside.block_on(Liar::start(Script { lies, ..Script::default() }));
    let premises = Premises::new(liar.port, "connections = 1", "");
    let daemon = Runtime::new().expect("a runtime");
    daemon.block_on(async {
        let post = premises.start(monday());
        post.put((0..30).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
        post.until(|_| liar.taken().len() == 5).await;
    });
    // Whatever it was doing, it does no more.
    drop(daemon);
    let before = liar.taken();
    let daemon = Runtime::new().expect("a runtime");
    daemon.block_on(async {
        let post = premises.start(monday());
        post.until_all(&["sent"]).await;
        post.close().await;
    });
    let taken = liar.taken();
    let ids: std::collections::BTreeSet<String> = taken.iter().map(|taken| message_id(&taken.mail)).collect();
    assert_eq!(ids.len(), 30);
    // Those that were sent and not written down, and no more.
    assert!(taken.len() <= 30 + before.len(), "{}", taken.len());
    let first = taken.iter().find(|taken| message_id(&taken.mail) == message_id(&before[4].mail));
    assert_eq!(first.expect("the letter whose answer never came").mail, before[4].mail);
}

#[tokio::test]
async fn a_store_that_fails_once_loses_no_letter_and_doubles_none() {
    let every = [Fault::BeforeCommit, Fault::AfterCommit].map(|fault| (1..=8).map(move |nth| (nth, fault)));
    join_all(every.into_iter().flatten().map(|(nth, fault)| one_fault(nth, fault))).await;
}

async fn one_fault(nth: u64, fault: Fault) {
    let liar = Liar::start(Script::default()).await;
    let premises = Premises::new(liar.port, "connections = 2", "");
    let writer = premises.open(monday());
    writer.put((0..5).map(|n| letter(&format!("a-{n}"), &["ona@client.example"])).collect()).await;
    writer.close().await;
    let mut post = premises.open_on(Box::new(FaultyStore::new(premises.store(), nth, fault)), monday());
    post.start();
    // Nobody asks the store meanwhile, or his question would be the one that fails. What was claimed without
    // anybody's knowledge comes again when its lease is over; what is in hand has a lease that ends, too.
    let all = async {
        while liar.taken().len() < 5 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            post.advance(SignedDuration::from_mins(16));
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("all letters leave");
    post.rest().await;
    post.close().await;
    let after = premises.open(monday());
    let all = after.deliveries().await;
    assert!(all.iter().all(|d| d.state.word() == "sent"), "{nth} {fault:?}: {all:#?}");
    assert_eq!(liar.taken().len(), 5, "{nth} {fault:?}");
    after.close().await;
}
