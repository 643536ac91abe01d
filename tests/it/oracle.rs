//! The oracle finds what was planted, the daemon says so, and an ordinary day passes without a word.

use jiff::{SignedDuration, Timestamp};
use maildesk::daemon::{oracle, readiness};
use maildesk::desk::Desk;
use maildesk::desk::oracle::{Walk, roll};
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::letter::MsgId;
use maildesk::domain::patch;
use maildesk::domain::thread::{Entry, Voice};
use maildesk::domain::ticket::TicketKey;
use maildesk::store::{Fault, NewLetter, Outcome, Result, Tx};

use crate::support::bench::{Bench, monday, small_desk};
use crate::support::house::{CONFIG, house};
use crate::support::store_samples::{keep_mail, letter, mail};

const REQUEST: &str = "From: Alice Brown <alice@boatyard.example.test>\r\nTo: help@harbour.example.test\r\n\
    Cc: Olga <olga@boatyard.example.test>\r\nSubject: The crane does not start\r\n\r\n\
    Good morning, the crane on pier two does not start since yesterday.\r\n";

/// A desk with one request and its two letters.
fn bench() -> Bench {
    let mut bench = Bench::new(small_desk(&serde_json::json!({})), monday());
    bench.take_in(REQUEST.as_bytes());
    assert_eq!(bench.letters().len(), 2);
    bench
}

/// What is found after something was planted.
fn found(plant: impl FnMut(&mut dyn Tx, &Desk, Timestamp) -> Result<()>) -> Vec<String> {
    let mut bench = bench();
    assert_eq!(bench.faults(), Vec::<String>::new());
    bench.run(plant);
    bench.faults()
}

/// A letter of the desk as somebody else might have written it.
fn forged(tx: &mut dyn Tx, desk: &Desk, purpose: &str, to: &str, now: Timestamp) -> Result<NewLetter> {
    let key = TicketKey::new(desk.id(), 101);
    let mut letter = letter(
        &format!("{purpose}-{}", to.replace('@', "-at-")),
        tx.ticket(&key)?.map(|t| t.key).as_ref(),
        to,
    );
    (letter.desk, letter.purpose, letter.created_at) = (desk.id().clone(), purpose.to_owned(), now);
    letter.automatic = false;
    Ok(letter)
}

#[test]
fn who_hears_what_he_may_not_is_found() {
    for (purpose, to, may) in [
        ("reply", "alice@boatyard.example.test", true),
        ("reply", "olga@boatyard.example.test", true),
        ("reply", "eve@elsewhere.example.test", false),
        ("reply", "bob@boatyard.example.test", false),
        ("reply", "ona@harbour.example.test", false),
        ("resolved", "office@boatyard.example.test", false),
        ("ack", "office@boatyard.example.test", true),
        ("agent_update", "ona@harbour.example.test", true),
        ("agent_update", "alice@boatyard.example.test", false),
        ("escalation_head", "petr@harbour.example.test", true),
        ("statement", "office@boatyard.example.test", true),
        ("statement", "bob@boatyard.example.test", false),
        ("something_new", "alice@boatyard.example.test", false),
    ] {
        let faults = found(|tx, desk, now| {
            let letter = forged(tx, desk, purpose, to, now)?;
            tx.enqueue(&letter).map(|_| ())
        });
        let told = faults.iter().any(|fault| fault.starts_with("invariant 15: "));
        assert_eq!(!told, may, "{purpose} to {to}: {faults:?}");
        assert!(faults.iter().all(|fault| !fault.contains('@')), "no address stands in it: {faults:?}");
    }
}

#[test]
fn who_comes_later_may_not_have_heard_before_and_who_left_no_more() {
    let mut bench = bench();
    bench.pass(SignedDuration::from_hours(1));
    let key = TicketKey::new(bench.desk.id(), 101);
    bench.run(|tx, desk, now| {
        let mut early = forged(tx, desk, "reply", "zoe@boatyard.example.test", now)?;
        early.created_at = now - SignedDuration::from_mins(30);
        tx.enqueue(&early)?;
        let before = tx.ticket(&key)?.expect("a ticket");
        let mut after = before.clone();
        let zoe = Address::parse("zoe@boatyard.example.test").expect("an address");
        after.participants = vec![Mailbox::new("Zoe", zoe)];
        tx.save(&after, after.wake())?;
        let entry = Entry {
            at: now,
            event: "changed".to_owned(),
            by: Voice::Operator,
            reason: "by hand".to_owned(),
            change: patch::change(Some(&before), &after),
        };
        tx.add_entry(&key, &entry)
    });
    assert_eq!(bench.faults().len(), 1, "{:?}", bench.faults());
    bench.pass(SignedDuration::from_hours(1));
    bench.run(|tx, desk, now| {
        let mut later = forged(tx, desk, "reply", "zoe@boatyard.example.test", now)?;
        later.letter.message_id = MsgId::parse("later@harbour.example.test").expect("safe");
        later.cause = "later".to_owned();
        tx.enqueue(&later)?;
        let left = forged(tx, desk, "reply", "olga@boatyard.example.test", now)?;
        tx.enqueue(&left).map(|_| ())
    });
    assert_eq!(bench.faults().len(), 2, "{:?}", bench.faults());
}

#[test]
fn two_letters_for_one_cause_are_found() {
    let faults = found(|tx, desk, now| {
        let first = forged(tx, desk, "reply", "alice@boatyard.example.test", now)?;
        let mut second = first.clone();
        second.letter.message_id = MsgId::parse("second@harbour.example.test").expect("safe");
        tx.enqueue(&first)?;
        tx.enqueue(&second).map(|_| ())
    });
    assert!(faults.iter().any(|f| f.contains("for one cause and went to one person")), "{faults:?}");
}

#[test]
fn a_mail_without_its_effect_is_found() {
    let faults = found(|tx, desk, _| {
        let key = TicketKey::new(desk.id(), 101);
        let outcome = Outcome::Applied { ticket: key, kind: "comment".to_owned(), reason: "told".to_owned() };
        let mut lost = mail("lost");
        lost.outcome = outcome;
        keep_mail(tx, &lost, "lost").map(|_| ())
    });
    assert!(faults.iter().any(|f| f.contains("is not in its thread")), "{faults:?}");
    let faults = found(|tx, _, _| {
        let mut undecided = mail("undecided");
        undecided.outcome = Outcome::Stored;
        keep_mail(tx, &undecided, "undecided")?;
        keep_mail(tx, &mail("newest"), "newest").map(|_| ())
    });
    assert!(faults.iter().any(|f| f.contains("was never decided")), "{faults:?}");
}

#[test]
fn a_walk_takes_small_steps_and_comes_to_the_same() {
    let mut bench = bench();
    let by = |bench: &mut Bench, most: usize| {
        bench.run(|tx, desk, _| {
            let (mut walk, mut steps) = (Walk::default(), 0);
            let mut faults: Vec<Fault> = Vec::new();
            while !walk.is_over() {
                faults.extend(walk.step(tx, &[desk], most)?);
                steps += 1;
            }
            Ok((walk.looked_at, faults.len(), steps))
        })
    };
    assert_eq!(by(&mut bench, 100), (3, 0, 1));
    assert_eq!(by(&mut bench, 1), (3, 0, 3));
}

/// An agent who has left is no stranger to the letters that he got.
#[test]
fn the_roll_remembers_who_belonged_to_the_desk() {
    let mut bench = bench();
    let gone = small_desk(&serde_json::json!({"notify_new": ["janis@harbour.example.test"], "agents": {
        "ona": {"name": "Ona", "email": "ona.new@harbour.example.test"}}}));
    let judged = |bench: &mut Bench, since: Walk| {
        bench.run(|tx, _, _| {
            let mut walk = since.clone();
            let mut faults = Vec::new();
            while !walk.is_over() {
                faults.extend(walk.step(tx, &[&gone], 16)?);
            }
            Ok(faults.len())
        })
    };
    assert_eq!(
        judged(&mut bench, Walk::default()),
        1,
        "Ona's new address is not the one that was written to"
    );
    let before = bench.run(|tx, desk, _| Walk::since_roll(tx, &[desk], 0));
    assert_eq!(judged(&mut bench, before), 0, "nobody wrote down who belonged to the desk then");
    let at = bench.now - SignedDuration::from_hours(1);
    bench.run(|tx, desk, _| roll::call(tx, &desk.rules, at));
    let after = bench.run(|tx, desk, _| Walk::since_roll(tx, &[desk], 0));
    assert_eq!(judged(&mut bench, after), 0);
}

#[tokio::test]
async fn the_daemon_looks_through_everything_and_says_what_does_not_hold() {
    let dir = tempfile::tempdir().expect("a folder");
    let house = house(dir.path(), CONFIG);
    oracle::call_the_roll(&house).await.expect("written");
    oracle::walk(&house, SignedDuration::ZERO).await.expect("walked");
    let first = house.progress.last_inspected().expect("inspected");
    assert_eq!((first.rows, first.faults), (0, 0));
    let now = house.clock.now();
    let plant = move |tx: &mut dyn Tx| {
        let mut letter = letter("leak", None, "eve@elsewhere.example");
        (letter.desk, letter.purpose, letter.created_at) = ("desk".into(), "agent_new".to_owned(), now);
        tx.enqueue(&letter).map(|_| ())
    };
    house.clerk.run(plant).await.expect("planted");
    oracle::walk(&house, SignedDuration::ZERO).await.expect("walked");
    assert_eq!(house.progress.last_inspected().map(|found| found.faults), Some(1));
    let reasons = readiness::not_ready(&house);
    assert!(reasons.iter().any(|reason| reason.contains("1 things do not hold")), "{reasons:?}");
    // It was told once; the next day is judged by what is new.
    oracle::walk(&house, SignedDuration::ZERO).await.expect("walked");
    assert_eq!(house.progress.last_inspected().map(|found| found.faults), Some(0));
}
