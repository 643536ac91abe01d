//! How fast letters leave: `cargo run --release --example burst -- [LETTERS] [CONNECTIONS]`, to a server on loopback
//! that takes everything and thinks about nothing.
//!
//! First a burst, enqueued 100 to a commit; then letters one by one: how long after its commit a letter is on the
//! wire, and how long after it the server has taken it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
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
    let letters: usize = args.next().map_or(Ok(10_000), |n| n.parse())?;
    let connections: u32 = args.next().map_or(Ok(4), |n| n.parse())?;
    let sink = TcpListener::bind("127.0.0.1:0")?;
    let port = sink.local_addr()?.port();
    let (seen, seeing) = channel();
    thread::spawn(move || {
        for stream in sink.incoming().flatten() {
            let seen = seen.clone();
            thread::spawn(move || take_all(stream, &seen));
        }
    });
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

    while seeing.try_recv().is_ok() {}
    let (mut to_wire, mut to_end) = (Vec::new(), Vec::new());
    for n in 0..500 {
        let letter = letter(letters + n, &house);
        house.clerk.run(move |tx| tx.enqueue(&letter).map(|_| ())).await?;
        let committed = Instant::now();
        let (begun, ended) = tokio::task::block_in_place(|| seeing.recv())?;
        to_wire.push(begun.saturating_duration_since(committed));
        to_end.push(ended - committed);
        until_empty(&house, Duration::from_millis(1)).await?;
    }
    for (what, mut waits) in [("on the wire", to_wire), ("taken by the server", to_end)] {
        waits.sort();
        println!("alone: from the commit to {what} {:.2?}, {:.2?} for 99 of 100", waits[250], waits[494]);
    }
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

/// Takes mails, and tells of each when MAIL came and when it was taken.
fn take_all(stream: TcpStream, seen: &Sender<(Instant, Instant)>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let (mut line, mut in_mail, mut begun) = (Vec::new(), false, Instant::now());
    answers.write_all(b"220 sink\r\n")?;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match (in_mail, line.get(..4).unwrap_or(&line)) {
            (true, b".\r\n") => {
                in_mail = false;
                // Nobody may be listening any more.
                let _ = seen.send((begun, Instant::now()));
                b"250 ok\r\n"
            }
            (true, _) => continue,
            (false, b"DATA") => {
                in_mail = true;
                b"354 go on\r\n"
            }
            (false, b"MAIL") => {
                begun = Instant::now();
                b"250 ok\r\n"
            }
            _ => b"250 ok\r\n",
        };
        answers.write_all(answer)?;
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
        tokens: Arc::default(),
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
        led_by: Vec::new(),
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
        pressing: false,
        cause: n.to_string(),
        created_at: now,
        envelope_from: Some(desk),
        recipients: vec![to],
        not_before: now,
    }
}
