//! A whole conversation between a client and an agent, who have nothing but mail programs.

use crate::desk::{LETTERS, UNDECIDED, ends_sound, has_decided, letter, text};
use crate::support::daemon::Daemon;
use crate::support::maildir::Letter;
use crate::support::people::{Person, fresh_id};
use crate::support::town::{DESK, Town};

const STATUS: &str = "SELECT status FROM tickets WHERE number = 1";

/// A file on a mail: its type, its disposition, its name, its bytes.
struct File {
    kind: &'static str,
    disposition: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
}

impl File {
    fn pdf(name: &'static str, size: usize) -> File {
        let noise = (0..size).map(|at| (at * at * 31 + at * 7 + 13) as u8);
        let bytes = b"%PDF-1.4\r\n".iter().copied().chain(noise).collect();
        File { kind: "application/pdf", disposition: "attachment", name, bytes }
    }

    fn picture(name: &'static str) -> File {
        let bytes =
            b"\x89PNG\r\n\x1a\n".iter().copied().chain((0..5000).map(|at| (at % 251) as u8)).collect();
        File { kind: "image/png", disposition: "inline", name, bytes }
    }

    fn lies_in(&self, letter: &Letter) -> bool {
        letter.parsed().parts.iter().any(|part| part.contents() == self.bytes)
    }
}

/// Sends a mail with files as mail programs make them; the picture is shown in the HTML.
fn sends_files(person: &Person, to: &str, headers: &str, text: &str, files: &[File]) -> String {
    let id = fresh_id(&person.address);
    let mut mail = format!(
        "From: {}\nTo: {to}\n{headers}Message-ID: {id}\nMIME-Version: 1.0\n\
         Content-Type: multipart/related; boundary=edge\n\n\
         --edge\nContent-Type: multipart/alternative; boundary=inner\n\n\
         --inner\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n\
         --inner\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\
         <p>{text}</p><img src=\"cid:picture@client.example\">\n--inner--\n",
        person.address
    );
    for file in files {
        let body = data_encoding::BASE64_MIME.encode(&file.bytes).replace("\r\n", "\n");
        mail += &format!(
            "--edge\nContent-Type: {}; name={name}\nContent-Disposition: {}; filename={name}\n\
             Content-ID: <picture@client.example>\nContent-Transfer-Encoding: base64\n\n{body}\n",
            file.kind,
            file.disposition,
            name = file.name
        );
    }
    mail += "--edge--\n";
    let reply = person.sends_raw(to, mail.replace('\n', "\r\n").as_bytes());
    assert!(reply.is_good(), "{reply:?}");
    id
}

fn reply_to(letter: &Letter) -> String {
    let parsed = letter.parsed();
    let first = parsed.reply_to().and_then(|list| list.first());
    first.and_then(|address| address.address()).expect("a Reply-To").to_owned()
}

#[test]
fn a_client_and_an_agent_settle_a_matter_by_mail_alone() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "");
    daemon.start();
    let [ona, petr, alice] =
        ["ona@client.example", "petr@desk.example", "alice@desk.example"].map(|who| town.person(who));

    let files = [File::pdf("invoice.pdf", 300_000), File::picture("screen.png")];
    let id = sends_files(&ona, DESK, "Subject: Printer is silent\n", "The printer takes paper only.", &files);
    let ack = letter(&daemon, &ona, "ack", 0);
    assert_eq!(ack.subject(), "[#1] Printer is silent");
    assert_eq!(ack.header("In-Reply-To").unwrap(), id);
    assert!(ack.header("Auto-Submitted").is_some_and(|value| value != "no"));
    assert_eq!(ack.header("Return-Path").unwrap(), "<>");
    assert!(ack.text().contains("number 1"), "{}", ack.text());

    for agent in [&petr, &alice] {
        let told = letter(&daemon, agent, "agent_new", 0);
        assert!(reply_to(&told).starts_with("help+1.") && reply_to(&told).ends_with("@desk.example"));
        for file in &files {
            assert!(file.lies_in(&told), "{} is the same bytes for {}", file.name, agent.address);
        }
    }

    away(&daemon, &ona, &ack);
    let reply = answer(&daemon, &petr, &ona);
    files_of_the_agent(&daemon, &petr, &ona);
    ona.replies(&reply, "It prints half a page now.");
    let update = letter(&daemon, &petr, "agent_update", 0);
    assert!(update.text().contains("It prints half a page now."), "{}", update.text());
    end_and_beginning(&daemon, &petr, &ona, &update);
    ends_sound(daemon);
}

/// An out-of-office answer to the acknowledgement changes nothing.
fn away(daemon: &Daemon, ona: &Person, ack: &Letter) {
    let (letters, status) = (daemon.count(LETTERS), text(daemon, STATUS));
    let id = ack.header("Message-ID").unwrap();
    let subject = format!("Automatic reply: {}", ack.subject());
    let headers = [
        ("Subject", subject.as_str()),
        ("In-Reply-To", &id),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
    ];
    ona.sends(&reply_to(ack), &headers, "I am out of the office until 9 March.");
    has_decided(daemon, 2);
    assert_eq!(
        (daemon.count(LETTERS), text(daemon, STATUS)),
        (letters, status),
        "out of office changes nothing"
    );
}

/// The agent answers from his own address; the client sees the desk's alone.
fn answer(daemon: &Daemon, petr: &Person, ona: &Person) -> Letter {
    let told = letter(daemon, petr, "agent_new", 0);
    petr.replies(&told, "Please turn it off for a minute.\n\n-- \nPetr Novák\n+420 600 111 222");
    let reply = letter(daemon, ona, "reply", 0);
    let (whole, said) = (String::from_utf8_lossy(&reply.bytes).into_owned(), reply.text());
    assert_eq!(reply.parsed().from().unwrap().first().unwrap().address(), Some(DESK));
    assert_eq!(reply.subject(), "[#1] Printer is silent");
    assert!(said.contains("Please turn it off for a minute."), "{said}");
    for inside in ["petr@desk.example", "+420", "wrote:", "New request", "-note.", "#help"] {
        assert!(
            !whole.contains(inside) && !said.contains(inside),
            "{inside} is not for the client:\n{whole}"
        );
    }
    reply
}

fn files_of_the_agent(daemon: &Daemon, petr: &Person, ona: &Person) {
    let told = letter(daemon, petr, "agent_new", 0);
    let files = [File::pdf("manual.pdf", 90_000), File::picture("button.png")];
    let id = told.header("Message-ID").unwrap();
    let headers = format!("Subject: Re: [#1] Printer is silent\nIn-Reply-To: {id}\n");
    sends_files(petr, &reply_to(&told), &headers, "The manual is attached.", &files);
    let reply = letter(daemon, ona, "reply", 1);
    for file in &files {
        assert!(file.lies_in(&reply), "{} is the same bytes for the client", file.name);
    }
}

/// Resolved, thanked for (which changes nothing), and contested (which reopens it).
fn end_and_beginning(daemon: &Daemon, petr: &Person, ona: &Person, update: &Letter) {
    petr.replies(update, "I changed the drum.\n\n#resolve");
    let resolved = letter(daemon, ona, "resolved", 0);
    assert!(resolved.text().contains("I changed the drum."), "{}", resolved.text());
    assert_eq!(text(daemon, STATUS), "resolved");

    let (letters, seen) = (daemon.count(LETTERS), daemon.count("SELECT count(*) FROM sightings"));
    ona.replies(&resolved, "Thank you, Petr!");
    has_decided(daemon, seen + 1);
    assert_eq!((daemon.count(LETTERS), text(daemon, STATUS)), (letters, "resolved".into()), "thanks alone");

    ona.replies(&resolved, "It printed one page, and now it is silent again.");
    letter(daemon, ona, "reopened", 0);
    let told = letter(daemon, petr, "agent_update", 1);
    assert!(told.text().contains("silent again"), "{}", told.text());
    assert_eq!(text(daemon, STATUS), "open");
    assert_eq!((daemon.count("SELECT count(*) FROM tickets"), daemon.count(UNDECIDED)), (1, 0));
}
