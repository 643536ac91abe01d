//! Whoever looks after the program hears of mails that were set aside.

use jiff::{SignedDuration, Timestamp};
use maildesk::daemon::house::House;
use maildesk::desk::aside::warn;
use maildesk::domain::address::Address;
use maildesk::store::{DeliveryRow, NewMail, Outcome};

use crate::support::house::{CONFIG, house};
use crate::support::store_samples;

/// A mail that nobody dared to work on.
async fn set_aside(house: &House, text: &'static str, at: Timestamp) {
    let mail = NewMail {
        outcome: Outcome::Quarantined { reason: format!("it goes in circles: {text}") },
        desk: "desk".into(),
        subject: format!("About {text}"),
        from: Address::parse("ona@client.example"),
        received_at: at,
        stored_at: at,
        ..store_samples::mail(text)
    };
    house.clerk.run(move |tx| store_samples::keep_mail(tx, &mail, text)).await.unwrap();
}

async fn warned(house: &House, at: Timestamp) -> bool {
    let desk = house.desks.get("desk").expect("the desk").clone();
    house.clerk.run(move |tx| warn(tx, &desk, at)).await.unwrap()
}

async fn letters(house: &House) -> Vec<DeliveryRow> {
    house.clerk.run(|tx| tx.deliveries(&Default::default())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_letter_a_day_names_what_was_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), CONFIG);
    let now = house.clock.now();
    assert!(!warned(&house, now).await, "nothing was set aside");
    set_aside(&house, "round", now).await;
    assert!(warned(&house, now).await);
    let hours = |n| now + SignedDuration::from_hours(n);
    set_aside(&house, "again", hours(1)).await;
    assert!(!warned(&house, hours(23)).await, "once a day at most");
    assert!(warned(&house, hours(24)).await);
    assert!(!warned(&house, hours(72)).await, "nothing new");
    let all = letters(&house).await;
    assert_eq!(all.len(), 2);
    let id = all[0].letter;
    let letter = house.clerk.run(move |tx| tx.letter(id)).await.unwrap().expect("the letter").letter;
    assert_eq!(
        (letter.purpose.as_str(), letter.automatic, &letter.envelope_from),
        ("agent_aside", true, &None)
    );
    assert_eq!(letter.recipients[0].as_str(), "petr@desk.example", "a desk without a head tells its agents");
    let text = String::from_utf8(letter.letter.head).unwrap();
    assert!(text.contains("Auto-Submitted: auto-generated"), "{text}");
    assert!(text.contains("About again") && text.contains("ona@client.example"), "{text}");
    assert!(!text.contains("About round"), "it was named the day before: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_is_told_where_there_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let config = CONFIG.replace("agents =", "operator = [\"admin@desk.example\"]\nagents =");
    let house = house(dir.path(), &config);
    let now = house.clock.now();
    set_aside(&house, "round", now).await;
    assert!(warned(&house, now).await);
    let to: Vec<String> = letters(&house).await.iter().map(|row| row.recipient.to_string()).collect();
    assert_eq!(to, ["admin@desk.example"]);
}
