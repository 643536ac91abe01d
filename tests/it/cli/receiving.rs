//! `maildesk receive`: 0 only for what is stored, 65 and 67 only for what will never be, 75 for all else.

use std::io::Read;
use std::os::unix::net::UnixListener;

use maildesk::daemon::clerk::Clerk;
use maildesk::daemon::clock::Clock;
use maildesk::daemon::control::Door;
use maildesk::daemon::house::{House, Progress};
use maildesk::daemon::lock::Lock;
use maildesk::store::{DeliveryFilter, MailFilter, TicketFilter};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::*;

const MAIL: &str = "From support-bounces@relay Mon Mar  2 09:12:00 2026\n\
    From: Ona <ona@client.example>\nTo: support@desk.example\nSubject: Lamp\n\
    Message-ID: <lamp@client.example>\nDate: Mon, 02 Mar 2026 09:12:00 +0200\n\nThe lamp is dark.\n";

/// A desk whose database is there, with room on the disk.
fn folder(more: &str) -> Folder {
    let folder = Folder::with(&format!(
        "{DESK}{NOBODY}[pace]\ndisk_free_min = 1\n[waits]\ndatabase_busy_seconds = 0.2\n{more}"
    ));
    drop(folder.store());
    folder
}

fn tickets(folder: &Folder) -> usize {
    folder.store().run(|tx| Ok(tx.tickets(&TicketFilter::default())?.len())).unwrap()
}

#[test]
fn without_a_daemon_it_stores_the_mail_itself_and_knows_it_again() {
    let folder = folder("");
    let words = ["receive", "--sender", "ona@client.example", "--recipient", "support+new@desk.example"];
    let first = folder.run_with(&words, MAIL).ok();
    assert_eq!(first, "support@desk.example: is kept with request KL-3107\n");
    let again = folder.run_with(&words, MAIL).ok();
    assert_eq!(again, "support@desk.example: is here already\n");
    assert_eq!(tickets(&folder), 1);
    let ledger = folder.json(&["ledger", "--mailbox", "receive"]);
    let outcomes: Vec<&str> =
        ledger.as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.contains(&"applied") && outcomes.contains(&"duplicate"), "{outcomes:?}");
    let raw = folder.store().run(|tx| {
        let mail = tx.mails(&MailFilter::default())?.remove(0);
        tx.bytes(&mail.mail.raw)
    });
    let raw = String::from_utf8(raw.unwrap().unwrap()).unwrap();
    let expected = "Return-Path: <ona@client.example>\nDelivered-To: support+new@desk.example\nFrom: Ona";
    assert!(raw.starts_with(expected), "{raw}");
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn a_request_is_read_again_whatever_letters_its_sender_has() {
    let folder = folder("");
    for from in ["ona@\u{130}stanbul.example", "\u{130}@client.example", "ona@stra\u{1e9e}e.example"] {
        let mail =
            MAIL.replace("ona@client.example>", &format!("{from}>")).replace("<lamp@", &format!("<{from}."));
        folder.run_with(&["receive", "--desk", "desk"], &mail).ok();
    }
    assert_eq!(folder.json(&["ticket", "list"])["tickets"].as_array().unwrap().len(), 3);
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn a_bounce_gets_no_answer_whichever_way_the_pipe_says_it() {
    for sender in ["", "<>", "MAILER-DAEMON"] {
        let folder = folder("");
        folder.run_with(&["receive", "--sender", sender, "--desk", "desk"], MAIL).ok();
        let told = folder.store().run(|tx| tx.deliveries(&DeliveryFilter::default())).unwrap();
        assert!(told.iter().all(|one| one.recipient.domain() == "desk.example"), "{sender:?}: {told:?}");
    }
}

#[test]
fn only_what_will_never_work_is_refused_for_good() {
    let folder = folder("[limits]\nmail = \"2 kB\"\nattachment = \"2 kB\"\nnotify_attachment = \"2 kB\"\n");
    let large = MAIL.to_owned() + &"and so on\n".repeat(300);
    let support = "support@desk.example";
    let cases: &[(&[&str], &str, i32, &str)] = &[
        (&["--recipient", "nobody@desk.example"], MAIL, 67, "no desk has the address nobody@desk.example"),
        (&["--recipient", support, "nobody@desk.example"], MAIL, 67, "nobody@desk.example"),
        (&["--recipient", support], &large, 65, "larger than 2000 bytes"),
        (&["--recipient", support], "", 75, "no mail came"),
        (&["--desk", "other"], MAIL, 75, "no desk \"other\""),
        (&["--nonsense"], MAIL, 75, "--nonsense"),
    ];
    for (words, mail, code, text) in cases {
        let words = [&["receive"], *words].concat();
        let (found, said) = folder.run_with(&words, mail).failed();
        assert!(found == *code && said.contains(text), "{words:?}: {found} {said}");
    }
    assert_eq!(tickets(&folder), 0);
}

#[test]
fn what_an_operator_can_mend_keeps_the_mail_where_it_is() {
    let receive = ["receive", "--recipient", "support@desk.example"];
    let fresh = Folder::new();
    let (code, said) = fresh.run_with(&receive, MAIL).failed();
    assert!(code == 75 && said.contains("there is no database"), "no database yet: {code} {said}");
    let broken = Folder::with("nonsense = 1\n");
    assert_eq!(broken.run_with(&receive, MAIL).failed().0, 75, "a configuration that cannot be used");
    let held = folder("");
    let lock = Lock::take(&held.settings().state_dir).unwrap();
    let (code, said) = held.run_with(&receive, MAIL).failed();
    assert!(
        code == 75 && said.contains("another maildesk works"),
        "a daemon that just begins: {code} {said}"
    );
    drop(lock);
    held.run_with(&receive, MAIL).ok();
    let full = folder("");
    let config = fs::read_to_string(full.config()).unwrap();
    let config = config.replace("disk_free_min = 1\n", "disk_free_min = \"1000000 GB\"\n");
    fs::write(full.config(), config).unwrap();
    let (code, said) = full.run_with(&receive, MAIL).failed();
    assert!(code == 75 && said.contains("the disk is nearly full"), "{code} {said}");
}

#[test]
fn a_daemon_that_dies_in_the_middle_has_stored_nothing_as_far_as_anybody_knows() {
    let folder = folder("");
    let listener = UnixListener::bind(folder.path("state/control.sock")).unwrap();
    let dying = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut some = [0; 200];
        stream.read_exact(&mut some).unwrap();
    });
    let (code, said) = folder.run_with(&["receive", "--desk", "desk"], MAIL).failed();
    assert!(code == 75 && said.contains("did not answer"), "{code} {said}");
    dying.join().unwrap();
    assert_eq!(tickets(&folder), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_running_daemon_takes_it_even_where_the_configuration_cannot_be_read_any_more() {
    let limits = "[limits]\nmail = \"1 MB\"\nattachment = \"1 MB\"\n";
    let folder = Arc::new(folder(limits));
    let settings = folder.settings();
    let mut store = folder.store();
    let _lock = Lock::take(&settings.state_dir).unwrap();
    let desks = Arc::new(store.run(|tx| desks(&settings, tx)).unwrap());
    let (clerk, thread) = Clerk::start(store).unwrap();
    let house = House {
        clerk,
        clock: Clock::stepped("2026-03-02T07:12:00Z".parse().unwrap()),
        settings: Arc::new(settings),
        desks,
        progress: Arc::new(Progress::default()),
        tokens: Arc::default(),
        stop: CancellationToken::new(),
    };
    let stop = house.stop.clone();
    let serving = tokio::spawn(Door::open(&house.settings.control_socket).unwrap().serve(house));
    let there = folder.clone();
    spawn_blocking(move || {
        // A secret that only the daemon was given.
        let config = fs::read_to_string(there.config()).unwrap();
        let config = config.replace("password = \"obuolys\"", "password_credential = \"imap\"");
        fs::write(there.config(), config).unwrap();
        let receive = ["receive", "--sender", "ona@client.example", "--recipient", "support@desk.example"];
        let big = MAIL.to_owned() + &"and so on\n".repeat(90_000);
        let kept = there.run_with(&receive, &big).ok();
        assert_eq!(kept, "support@desk.example: is kept with request KL-3107\n");
        assert!(there.run_with(&receive, &big).ok().contains("is here already"));
        let too_big = MAIL.to_owned() + &"and so on\n".repeat(150_000);
        let (code, said) = there.run_with(&receive, &too_big).failed();
        assert!(code == 65 && said.contains("larger than 1000000 bytes"), "{code} {said}");
        let unknown = ["receive", "--recipient", "nobody@desk.example"];
        assert_eq!(there.run_with(&unknown, MAIL).failed().0, 67);
    })
    .await
    .unwrap();
    stop.cancel();
    serving.await.unwrap();
    let mut store = thread.join().unwrap();
    assert_eq!(store.check().unwrap(), []);
}
