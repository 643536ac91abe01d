//! Between the outbox and the relay.

use std::collections::BTreeMap;

use crate::support::cable::{Break, Cable, End, Way};
use crate::support::liar_smtp::{Liar, Script};
use crate::support::post::{Premises, letter, message_id, monday};

/// Deadlines for servers that fall silent.
const SHORT: &str = "greeting_seconds = 0.3\nsmtp_command_seconds = 0.3\nsmtp_data_end_seconds = 0.3\n\
    connect_seconds = 5\nsmtp_keep_seconds = 0.00001";
/// Bytes that the connection of one letter carries in each direction, no less.
const TO_SERVER: usize = 640;
const TO_CLIENT: usize = 150;

fn places(step: usize, ends: &'static [End]) -> impl Iterator<Item = Break> {
    let to_server = (0..TO_SERVER).step_by(step).map(|after| (Way::ToServer, after));
    let to_client = (0..TO_CLIENT).step_by(step.div_ceil(3)).map(|after| (Way::ToClient, after));
    let all = to_server.chain(to_client).enumerate();
    all.map(move |(n, (way, after))| Break { way, after: after + 1, how: ends[n % ends.len()] })
}

/// One letter for each place; the connection that carries it breaks there, the next one does not.
async fn each_letter_arrives(step: usize, ends: &'static [End]) {
    let liar = Liar::start(Script::default()).await;
    let cable = Cable::to(liar.port, |_| None);
    let post = Premises::new(cable.port, "connections = 1", SHORT).start(monday());
    let mut letters = 0;
    for place in places(step, ends) {
        let first = cable.connections();
        cable.plan(move |number| (number == first).then_some(place));
        let name = format!("letter-{letters}");
        post.put(vec![letter(&name, &["ona@client.example"])]).await;
        letters += 1;
        loop {
            let all = post.until_rest().await;
            let last = &all[all.len() - 1];
            match last.state.word() {
                "sent" => break,
                "deferred" | "uncertain" => drop(post.to_next().await),
                other => panic!("{place:?}: {other}: {}", last.text),
            }
        }
    }
    let all = post.deliveries().await;
    let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for taken in liar.taken() {
        copies.entry(message_id(&taken.mail)).or_default().push(taken.mail);
    }
    assert_eq!(copies.len(), letters);
    for row in &all {
        let copies = &copies[&row.message_id];
        let most = 1 + row.uncertain as usize;
        assert!(
            (1..=most).contains(&copies.len()),
            "{}: {} copies, {most} at most",
            row.message_id,
            copies.len()
        );
        assert!(copies.iter().all(|copy| *copy == copies[0]));
    }
    assert!(cable.broken() * 10 >= letters * 8, "only {} of {letters} were cut", cable.broken());
    if !ends.contains(&End::Crumbs) {
        assert!(all.iter().any(|row| row.uncertain > 0), "none was cut after its dot");
        assert!(all.iter().any(|row| row.uncertain == 0 && row.attempts > 1), "none was cut before it");
    }
    post.close().await;
}

#[tokio::test]
async fn wherever_the_cable_to_the_relay_is_cut_each_letter_arrives_and_twice_only_where_it_is_uncertain() {
    each_letter_arrives(7, &[End::Closed, End::Reset]).await;
}

#[tokio::test]
async fn silence_at_any_place_of_a_letter_is_noticed_by_a_deadline() {
    each_letter_arrives(41, &[End::Silence]).await;
}

#[tokio::test]
async fn crumbs_from_a_relay_are_put_together() {
    each_letter_arrives(120, &[End::Crumbs]).await;
}
