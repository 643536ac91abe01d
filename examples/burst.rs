//! How fast letters leave: `cargo run --release --example burst -- PORT [LETTERS] [CONNECTIONS]`, against a server on
//! loopback that takes everything, such as Postfix's `smtp-sink -u nobody 127.0.0.1:PORT 100`.
//!
//! First a burst, enqueued 100 to a commit; then letters one by one, from the commit to the answer of the server.

use std::collections::BTreeMap;
use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use maildesk::config::load;
use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::house::{Desks, House, Progress};
use maildesk::daemon::outbox;
use maildesk::desk::Desk;
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::letter::MsgId;
use maildesk::mail::compose::{Draft, compose};
use maildesk::mail::keys::{Key, Keys};
use maildesk::store::{DeliveryFilter, DeliveryState, NewLetter, SqliteStore};
use maildesk::words::Catalogue;
use tokio_util::sync::CancellationToken;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().ok_or("which port?")?.parse()?;
    let letters: usize = args.next().map_or(Ok(10_000), |n| n.parse())?;
    let connections: u32 = args.next().map_or(Ok(4), |n| n.parse())?;
    let folder = tempfile::tempdir_in(".")?;
    let house = house(folder.path(), port, connections)?;
    let task = tokio::spawn(outbox::run(house.clone()));

    let begun = Instant::now();
    for hundred in 0..letters / 100 {
        let letters: Vec<NewLetter> = (0..100).map(|n| letter(hundred * 100 + n, &house)).collect();
        house.clerk.run(move |tx| letters.iter().try_for_each(|l| tx.enqueue(l).map(|_| ()))).await?;
    }
    let enqueued = begun.elapsed();
    until_empty(&house, Duration::from_millis(5)).await?;
    let all = begun.elapsed();
    println!("{letters} letters enqueued in {enqueued:.2?}, all sent and settled in {all:.2?}");
    println!("{:.0} letters/s", letters as f64 / all.as_secs_f64());

    let mut waits = Vec::new();
    for n in 0..200 {
        let letter = letter(letters + n, &house);
        let begun = Instant::now();
        house.clerk.run(move |tx| tx.enqueue(&letter).map(|_| ())).await?;
        let committed = begun.elapsed();
        until_empty(&house, Duration::ZERO).await?;
        waits.push((begun.elapsed() - committed, committed));
    }
    waits.sort();
    println!(
        "alone: commit {:.2?}, from the commit to sent and settled {:.2?} (median), {:.2?} (99 of 100)",
        waits[100].1, waits[100].0, waits[198].0
    );
    house.stop.cancel();
    task.await?;
    Ok(())
}

async fn until_empty(house: &House, pause: Duration) -> Outcome<()> {
    let open = DeliveryFilter {
        states: DeliveryState::ALL.into_iter().filter(|s| !s.is_final()).collect(),
        limit: 1,
        ..DeliveryFilter::default()
    };
    loop {
        let open = open.clone();
        if house.clerk.ask(move |tx| tx.deliveries(&open)).await?.is_empty() {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
    }
}

fn house(folder: &std::path::Path, port: u16, connections: u32) -> Outcome<House> {
    let password = folder.join("password");
    std::fs::write(&password, "x\n")?;
    std::fs::set_permissions(&password, PermissionsExt::from_mode(0o600))?;
    let text = format!(
        "state_dir = \"state\"\n[desk]\nname = \"Burst\"\naddress = \"support@desk.example\"\n\
         agents = [\"Ona Onaitė <ona@desk.example>\"]\n\
         [mailbox]\nhost = \"imap.desk.example\"\nuser = \"x\"\npassword_file = \"password\"\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"plain\"\nconnections = {connections}\n"
    );
    let file = folder.join("maildesk.toml");
    std::fs::write(&file, text)?;
    let settings = load(&[file], &BTreeMap::new())?.settings;
    let store = SqliteStore::open(&folder.join("maildesk.sqlite"))?;
    let (clerk, _thread) = Clerk::start(Box::new(store))?;
    let (words, keys) = (Arc::new(Catalogue::embedded()), Keys::new(Key::new(1, [7; 32]), Vec::new()));
    let desk = |rules: &maildesk::domain::rules::Rules| {
        Arc::new(Desk::new(rules.clone(), words.clone(), keys.clone(), "burst".to_owned()))
    };
    Ok(House {
        clerk,
        clock: Clock::system(),
        desks: Arc::new(Desks::new(settings.desks.iter().map(desk).collect())),
        settings: Arc::new(settings),
        progress: Arc::new(Progress::default()),
        stop: CancellationToken::new(),
    })
}

fn letter(n: usize, house: &House) -> NewLetter {
    let address = |text: &str| Address::parse(text).expect("an address");
    let to = address(&format!("client{}@client.example", n % 500));
    let (desk, now): (_, Timestamp) = (address("support@desk.example"), house.clock.now());
    let draft = Draft {
        from: Mailbox { name: "Example support".to_owned(), address: desk.clone() },
        to: vec![Mailbox { name: "Jānis".to_owned(), address: to.clone() }],
        cc: Vec::new(),
        reply_to: Some(desk.clone()),
        subject: format!("[#{n}] The printer on the second floor"),
        message_id: MsgId::parse(&format!("{n}@desk.example")).expect("an id"),
        in_reply_to: None,
        references: Vec::new(),
        date: now.to_zoned(jiff::tz::TimeZone::UTC),
        automatic: None,
        instance: "burst".to_owned(),
        text: "We have received your request and will answer by Monday, 16:00.\n".repeat(12),
        html: None,
        attachments: Vec::new(),
    };
    NewLetter {
        letter: compose(&draft),
        desk: "desk".into(),
        ticket: None,
        purpose: "reply".to_owned(),
        automatic: false,
        cause: n.to_string(),
        created_at: now,
        envelope_from: Some(desk),
        recipients: vec![to],
        not_before: now,
    }
}
