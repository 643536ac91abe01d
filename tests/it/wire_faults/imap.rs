//! Between the watcher and its mailbox.

use std::time::{Duration, Instant};

use crate::intake::{DESK, Ground, file, mail, monday, sandbox, until};
use crate::support::cable::{Break, Cable, End, Way};

/// Deadlines for servers that fall silent, and for our waits beside them.
const SHORT: &str =
    "imap_quiet_seconds = 5\nidle_answer_seconds = 5\ngreeting_seconds = 2\nlogin_seconds = 5";
const SHORTER: &str =
    "imap_quiet_seconds = 0.3\nidle_answer_seconds = 0.3\ngreeting_seconds = 0.3\nlogin_seconds = 0.3";

fn text(port: u16, keys: &str) -> String {
    let mut text = file(port, keys, "[limits]\ntickets_per_hour = 0\n");
    assert!(text.contains(SHORT.lines().next().unwrap()));
    for (long, short) in SHORT.lines().zip(SHORTER.lines()) {
        text = text.replace(long, short);
    }
    text
}

/// Bytes that one connection of this story carries in each direction, no less.
const TO_SERVER: usize = 420;
const TO_CLIENT: usize = 1900;

/// Each place at which a connection is cut, some bytes apart, by one end and another in turn.
fn places(step: usize, ends: &'static [End]) -> impl Iterator<Item = Break> {
    let to_server = (0..TO_SERVER).step_by(step).map(|after| (Way::ToServer, after));
    let to_client = (0..TO_CLIENT).step_by(step * 3).map(|after| (Way::ToClient, after));
    let all = to_server.chain(to_client).enumerate();
    all.map(move |(n, (way, after))| Break { way, after: after + 1, how: ends[n % ends.len()] })
}

/// One mail for each place; the first connection of a daemon that has just started breaks there.
async fn each_mail_arrives_once(step: usize, ends: &'static [End]) {
    let server = sandbox(0, &monday()).await;
    let cable = Cable::to(server.imap_addr().port(), |_| None);
    let ground = Ground::new(&text(cable.port, "adopt = \"all\"\nafter = \"move to Done\""));
    let mut subjects = Vec::new();
    let mut cut = 0;
    for place in places(step, ends) {
        let subject = format!("{:?} {} {:?}", place.way, place.after, place.how);
        server.deliver(DESK, &mail(&subject)).unwrap();
        subjects.push(subject);
        let (first, before) = (cable.connections(), cable.broken());
        cable.plan(move |number| (number == first).then_some(place));
        let watching = ground.start();
        watching.read_up().await;
        let inbox = server.mailbox(DESK).unwrap();
        until("it is moved", || async { inbox.messages().is_empty() }).await;
        watching.stop().await;
        cut += cable.broken() - before;
        assert_eq!(ground.subjects().await.len(), subjects.len(), "{place:?}");
    }
    assert!(cut * 10 >= subjects.len() * 9, "only {cut} of {} connections were cut", subjects.len());
    assert_eq!(ground.subjects().await, subjects);
    assert_eq!(server.mailbox(DESK).unwrap().messages_in("Done").len(), subjects.len());
    assert_eq!(ground.sightings().await.len(), subjects.len());
    ground.check().await;
}

#[tokio::test]
async fn wherever_the_cable_to_the_mailbox_is_cut_each_mail_becomes_one_ticket() {
    each_mail_arrives_once(11, &[End::Closed, End::Reset]).await;
}

#[tokio::test]
async fn silence_at_any_place_of_a_session_is_noticed_by_a_deadline() {
    each_mail_arrives_once(53, &[End::Silence]).await;
}

#[tokio::test]
async fn crumbs_from_a_server_are_put_together() {
    each_mail_arrives_once(140, &[End::Crumbs]).await;
}

#[tokio::test]
async fn silence_while_we_wait_for_news_delays_the_next_mail_by_the_poll_and_no_more() {
    let server = sandbox(0, &monday()).await;
    let cable = Cable::to(server.imap_addr().port(), |_| None);
    let ground = Ground::new(&text(cable.port, "adopt = \"all\"\npoll_seconds = 1"));
    // What the client says up to IDLE goes through; then the firewall forgets the connection.
    cable.plan(|number| {
        (number == 0).then_some(Break { way: Way::ToServer, after: TO_SERVER, how: End::Silence })
    });
    let watching = ground.start();
    until("the connection is forgotten", || async { cable.broken() == 1 }).await;
    let begun = Instant::now();
    server.deliver(DESK, &mail("unheard")).unwrap();
    until("it is read", || async { ground.subjects().await == ["unheard"] }).await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert!(cable.connections() > 1);
    watching.stop().await;
    ground.check().await;
}
