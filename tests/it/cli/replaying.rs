//! Mails of the past through a configuration, and through two.

use std::fs;
use std::sync::Arc;

use maildesk::daemon::clock::Clock;
use maildesk::daemon::intake;
use maildesk::daemon::tokens::Tokens;
use maildesk::domain::address::Address;
use maildesk::mail::token::Verb;
use maildesk::sandbox::{Sandbox, SandboxConfig};
use maildesk::store::DeliveryFilter;
use tokio::task::spawn_blocking;

use super::{DESK, Folder, NOBODY, Run};

const MBOX: &str = "\
From ona@client.example Mon Mar  2 10:00:00 2026
From: Ona <ona@client.example>
To: support@desk.example
Subject: Scanner
Message-ID: <2@client.example>
Date: Mon, 2 Mar 2026 10:00:00 +0200

It scans nothing.

From ona@client.example Mon Mar  2 09:00:00 2026
From: Ona <ona@client.example>
To: support@desk.example
Subject: Printer
Message-ID: <1@client.example>
Date: Mon, 2 Mar 2026 09:00:00 +0200

It prints nothing.

";

const REPLY: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Subject: Re: [KL-3107] Printer
Message-ID: <3@client.example>
Date: Mon, 2 Mar 2026 11:00:00 +0200

Now it prints.
";

fn folder() -> (Folder, String, String) {
    let folder = Folder::new();
    fs::write(folder.path("day.mbox"), MBOX).expect("a file");
    for name in ["maildir/cur", "maildir/tmp"] {
        fs::create_dir_all(folder.path(name)).expect("a folder");
    }
    fs::write(folder.path("maildir/cur/1:2,S"), REPLY).expect("a file");
    fs::write(folder.path("maildir/tmp/2"), "half a mail").expect("a file");
    let path = |name: &str| folder.path(name).display().to_string();
    let (mbox, maildir) = (path("day.mbox"), path("maildir"));
    (folder, mbox, maildir)
}

#[test]
fn mails_are_played_in_the_order_of_time_and_nothing_is_kept() {
    let (folder, mbox, maildir) = folder();
    let told = folder.run(&["replay", &mbox, &maildir]).ok();
    let heads: Vec<&str> =
        told.lines().filter(|line| !line.starts_with(' ')).map(|line| &line[..36]).collect();
    assert_eq!(
        heads,
        [
            "2026-03-02 09:00  ona@client.example",
            "2026-03-02 10:00  ona@client.example",
            "2026-03-02 11:00  ona@client.example"
        ]
    );
    for part in [
        "  applied KL-3107: ",
        "  applied KL-3108: ",
        "  letter ack to ona@client.example: [KL-3107] Printer\n",
        "  letter agent_new to petr@desk.example: [KL-3107] Printer\n",
        "  letter agent_update to petr@desk.example: [KL-3107] Printer\n",
    ] {
        assert!(told.contains(part), "{part:?} is not in\n{told}");
    }
    let document = folder.json(&["replay", &mbox, &maildir]);
    let subjects: Vec<_> =
        document.as_array().expect("a list").iter().map(|d| d["subject"].clone()).collect();
    assert_eq!(subjects, ["Printer", "Scanner", "Re: [KL-3107] Printer"]);
    assert_eq!(document[2]["ticket"]["number"], "KL-3107");
    assert!(!folder.path("state").exists(), "no database was made");
    assert_eq!(folder.run(&["replay", "nowhere.mbox"]).code, 74);
}

#[test]
fn only_what_is_decided_otherwise_is_shown() {
    let (folder, mbox, maildir) = folder();
    let old = folder.config().display().to_string();
    let same = folder.run(&["replay", &mbox, "--against", &old]);
    assert_eq!((same.code, same.out.as_str()), (0, "0 of 2 mails are decided otherwise\n"));
    let desk = DESK.replace("[desk]", "[desk]\nnotify_new = [\"alice\"]");
    fs::write(folder.path("new.toml"), format!("state_dir = \"state\"\n{desk}{NOBODY}")).expect("a file");
    let mut command = super::program();
    command.arg("--config").arg(folder.path("new.toml"));
    command.args(["replay", &mbox, &maildir, "--against", &old]);
    let run = super::finish(command, "");
    assert_eq!(run.code, 1, "{}", run.err);
    assert!(
        run.out.contains("  - letter agent_new to petr@desk.example: [KL-3107] Printer\n"),
        "{}",
        run.out
    );
    assert!(!run.out.contains("letter ack"), "{}", run.out);
    assert!(run.out.ends_with("3 of 3 mails are decided otherwise\n"), "{}", run.out);
}

const SCANNER: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Subject: Scanner
Message-ID: <4@client.example>
Date: Mon, 2 Mar 2026 08:00:00 +0200

It scans nothing.
";

const PRINTER: &str = "\
From: Olga <olga@other.example>
To: support@desk.example
Subject: Printer
Message-ID: <5@other.example>
Date: Tue, 3 Mar 2026 08:00:00 +0200

It prints nothing.
";

/// A mail of an agent to the address of a token, or with the reference, that the real desk gave him.
fn of_agent(agent: &str, to: &str, reference: &str, hour: u32) -> String {
    format!(
        "From: {agent}@desk.example\nTo: {to}\nSubject: Re: Printer\nMessage-ID: <{agent}{hour}@desk.example>\n\
         In-Reply-To: <{reference}>\nDate: Tue, 3 Mar 2026 {hour}:00:00 +0200\n\nPlease switch it on.\n"
    )
}

/// The real desk has KL-3107 and KL-3108; the mails of a day begin with the one that became KL-3108.
fn a_day_of_the_real_desk() -> (Folder, String) {
    let folder = Folder::new();
    folder.receive(1, SCANNER, "2026-03-02T06:00:00Z");
    folder.receive(2, PRINTER, "2026-03-03T06:00:00Z");
    let (settings, mut store) = (folder.settings(), folder.store());
    let (keys, letters) = store
        .run(|tx| {
            let desks = super::desks(&settings, tx)?;
            let keys = desks.iter().next().expect("a desk").keys.clone();
            let mut letters = Vec::new();
            for delivery in tx.deliveries(&DeliveryFilter::default())? {
                letters.extend(tx.letter(delivery.letter)?);
            }
            Ok((keys, letters))
        })
        .expect("it can be read");
    let desk = Address::parse("support@desk.example").expect("an address");
    let token = |number| {
        keys.reply_address(&desk, "desk", number, "petr", Verb::Note).expect("an address").to_string()
    };
    let told_alice = letters
        .iter()
        .map(|row| &row.letter)
        .find(|l| {
            l.ticket.as_ref().is_some_and(|key| key.number == 3108)
                && l.recipients.iter().any(|to| to.as_str() == "alice@desk.example")
        })
        .expect("Alice was told of it");
    fs::create_dir(folder.path("day")).expect("a folder");
    let write = |name: &str, mail: &str| fs::write(folder.path("day").join(name), mail).expect("a file");
    write("1", PRINTER);
    write("2", &of_agent("petr", &token(3108), "x@desk.example", 10));
    write("3", &of_agent("petr", &token(3107), "x@desk.example", 11));
    let alice = of_agent("alice", "support@desk.example", told_alice.letter.message_id.as_str(), 9);
    write("4", &alice);
    let day = folder.path("day").display().to_string();
    (folder, day)
}

fn outcomes(document: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let all = document.as_array().expect("a list").iter();
    all.map(|d| (text(&d["outcome"]), text(&d["ticket"]["number"]))).collect()
}

#[test]
fn yesterdays_agents_are_believed_where_the_desks_keys_are() {
    let (folder, day) = a_day_of_the_real_desk();
    let database = folder.settings().database;
    let before = fs::read(&database).expect("a database");
    let document = folder.json(&["replay", &day]);
    let pair = |outcome: &str, number: &str| (outcome.to_owned(), number.to_owned());
    let expected = [
        pair("applied", "KL-3108"),
        pair("applied", "KL-3108"),
        pair("applied", "KL-3108"),
        pair("elsewhere", ""),
    ];
    assert_eq!(outcomes(&document), expected, "{document:#}");
    assert_eq!(document[3]["reason"], "an agent writes on KL-3107, which is not among these mails");
    assert!(document[3]["letters"].as_array().is_some_and(Vec::is_empty), "{document:#}");
    assert_eq!(document[1]["reason"], "reply: answered the client", "by its reference alone");
    assert_eq!(fs::read(&database).expect("a database"), before, "it was only read");

    let stranger = Folder::new();
    let document = stranger.json(&["replay", &day]);
    let expected =
        [pair("applied", "KL-3107"), pair("returned", ""), pair("returned", ""), pair("returned", "")];
    assert_eq!(outcomes(&document), expected, "no keys, no belief: {document:#}");
}

#[test]
fn an_agents_mail_on_an_older_request_is_no_difference() {
    let (folder, day) = a_day_of_the_real_desk();
    let old = format!("state_dir = \"none\"\n{DESK}{NOBODY}");
    fs::write(folder.path("old.toml"), old).expect("a file");
    let old = folder.path("old.toml").display().to_string();
    assert_eq!(
        folder.run(&["replay", &day, "--against", &old]).ok(),
        "0 of 4 mails are decided otherwise\n\
         1 of agents was not compared: its request is not among these mails\n"
    );
}

const ADDRESS: &str = "support@desk.example";

/// A mail server with a mail of three days each; the first one was moved to the archive, the second one is flagged.
async fn three_days() -> (Sandbox, Folder) {
    let clock = Clock::stepped("2026-03-02T06:00:00Z".parse().expect("an instant"));
    let steps = clock.clone();
    let config = SandboxConfig::new([(ADDRESS, "obuolys")], Arc::new(move || steps.now()));
    let sandbox = Sandbox::start(config).await.expect("a sandbox");
    for (mail, at) in [
        (SCANNER, "2026-03-02T06:00:00Z"),
        (PRINTER, "2026-03-03T06:00:00Z"),
        (REPLY, "2026-03-04T06:00:00Z"),
    ] {
        clock.advance_to(at.parse().expect("an instant"));
        sandbox.deliver(ADDRESS, mail.replace('\n', "\r\n").as_bytes()).expect("it is delivered");
    }
    let server = NOBODY.replace("port = 9", &format!("port = {}", sandbox.imap_addr().port()));
    let folder = Folder::with(&format!("{DESK}{server}after = \"move to Archive\"\n"));
    let settings = folder.settings();
    let session = intake::log_in(&settings.mailboxes[0], &settings.waits, &Tokens::default()).await;
    let mut session = session.expect("a session");
    session.select("INBOX").await.expect("it opens");
    session.move_to(&[1], "Archive").await.expect("it moves");
    session.add_flags(&[2], &["\\Flagged"]).await.expect("it is flagged");
    session.logout().await;
    (sandbox, folder)
}

type Lying = Vec<(u32, Vec<String>, Arc<[u8]>)>;

fn lying(sandbox: &Sandbox) -> [Lying; 2] {
    let mailbox = sandbox.mailbox(ADDRESS).expect("an account");
    ["INBOX", "Archive"].map(|folder| {
        let all = mailbox.messages_in(folder).into_iter();
        all.map(|m| (m.uid, m.flags.iter().map(str::to_owned).collect(), m.bytes)).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_played_and_stays_as_it_was() {
    let (sandbox, folder) = three_days().await;
    let before = lying(&sandbox);
    assert_eq!(before.each_ref().map(Vec::len), [2, 1]);
    assert_eq!(before[0][0].1, ["\\Flagged"], "nobody has seen them: {before:?}");
    spawn_blocking(move || {
        let names = |words: &[&str]| {
            let document = folder.json(&[&["replay", "--mailbox"], words].concat());
            let all = document.as_array().expect("a list").iter();
            all.map(|d| d["mail"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["Archive/1", "INBOX/2", "INBOX/3"]);
        assert_eq!(names(&["mailbox", "--last", "2"]), ["INBOX/2", "INBOX/3"]);
        assert_eq!(names(&["--since", "2026-03-04"]), ["INBOX/3"]);
        let told = folder.run(&["replay", "--mailbox"]).ok();
        assert!(
            told.starts_with("2026-03-02 08:00  ona@client.example  \"Scanner\"  (Archive/1)\n"),
            "{told}"
        );
        assert!(!folder.path("state").exists(), "no database was made");
        let (code, text) = folder.run(&["replay", "--mailbox", "post"]).failed();
        assert!(
            code == 64 && text.contains("there is no mailbox \"post\"; there are mailbox"),
            "{code} {text}"
        );
        let mixed = folder.run(&["replay", "--mailbox", "mailbox", "day.mbox"]);
        assert_eq!(mixed.code, 64, "{}", mixed.err);
    })
    .await
    .expect("no panic");
    assert_eq!(lying(&sandbox), before);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_let_us_in_has_the_usual_code() {
    let (sandbox, folder) = three_days().await;
    let played = |folder: Folder| spawn_blocking(move || folder.run(&["replay", "--mailbox"]));
    let text = fs::read_to_string(folder.config()).expect("a file");
    fs::write(folder.config(), text.replace("obuolys", "kriaušė")).expect("a file");
    let refused: Run = played(folder).await.expect("no panic");
    assert_eq!((refused.code, refused.out.as_str()), (77, ""));
    assert!(!refused.err.contains("kriaušė"), "{}", refused.err);
    let away = played(Folder::new()).await.expect("no panic");
    assert_eq!(away.code, 75);
    assert!(away.err.contains("Connection refused"), "{}", away.err);
    sandbox.stop().await;
}
