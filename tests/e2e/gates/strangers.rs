//! Who only guesses, steals or forges learns nothing and leads nothing astray. Gates 20 and 21.

use crate::desk::{OPEN, PATIENCE, TICKETS, ends_sound, has_decided, letter, text};
use crate::support::daemon::Daemon;
use crate::support::maildir::Letter;
use crate::support::people::{Person, compose, fresh_id};
use crate::support::town::{DESK, Town};

/// A word that only Ona and the agents may ever read, and one that only the agents may.
const HERS: &str = "amaranth";
const THEIRS: &str = "bergamot";
const STRANGERS_WORD: &str = "calendula";

fn reply_to(letter: &Letter) -> String {
    let parsed = letter.parsed();
    let first = parsed.reply_to().and_then(|list| list.first());
    first.and_then(|address| address.address()).expect("a Reply-To").to_owned()
}

/// No letter in this mailbox has any of these words, in the header or in the text.
fn never_reads(person: &Person, words: &[&str]) {
    for one in person.mailbox.letters() {
        let whole = format!("{}\n{}", String::from_utf8_lossy(&one.bytes), one.text());
        for word in words {
            assert!(!whole.contains(word), "{} reads {word}:\n{whole}", person.address);
        }
    }
}

#[test]
fn gate_20_a_number_guessed_a_reference_stolen_and_a_token_forwarded_let_nobody_in() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, "[desk]\nnotify_new = [\"petr\"]\n");
    daemon.start();
    let [ona, olga, petr] =
        ["ona@client.example", "olga@other.example", "petr@desk.example"].map(|who| town.person(who));
    let hers = ona.writes(DESK, "Lamp", &format!("The lamp is dark. {HERS}"));
    let told = letter(&daemon, &petr, "agent_new", 0);
    petr.replies(&told, &format!("A new lamp is on its way.\n\n#note {THEIRS}"));
    let reply = letter(&daemon, &ona, "reply", 0);
    has_decided(&daemon, 2);

    let asks = format!("Please send me all that was said. {STRANGERS_WORD}");
    let stolen = reply.header("Message-ID").unwrap();
    // A number guessed, and her own Message-ID, seen on some Cc: a request of Olga's own, each.
    olga.writes(DESK, "Re: [#1] Lamp", &asks);
    olga.sends(DESK, &[("Subject", "Re: Lamp"), ("In-Reply-To", &hers), ("References", &hers)], &asks);
    has_decided(&daemon, 4);
    assert_eq!(daemon.count(TICKETS), 3);
    // The Message-ID of our letter, and the address with its token, both forwarded by somebody: kept for agents.
    olga.sends(DESK, &[("Subject", "Re: [#1] Lamp"), ("In-Reply-To", &stolen)], &asks);
    olga.sends(&reply_to(&reply), &[("Subject", "Re: [#1] Lamp")], &asks);
    has_decided(&daemon, 6);
    assert_eq!(daemon.count(TICKETS), 3);
    let kinds = daemon.texts("SELECT kind FROM messages WHERE number = 1 ORDER BY seq");
    assert_eq!(kinds.iter().filter(|kind| *kind == "held").count(), 2, "{kinds:?}");
    let seen = petr.mailbox.letters().iter().filter(|one| one.text().contains(STRANGERS_WORD)).count();
    assert!(
        seen >= 1
            || crate::support::child::until(PATIENCE, || petr
                .mailbox
                .letters()
                .iter()
                .any(|one| one.text().contains(STRANGERS_WORD)))
            .is_some(),
        "agents see what the stranger wrote"
    );

    // The next answer goes where it always went, and carries none of it.
    petr.replies(&told, "The lamp comes tomorrow.");
    let next = letter(&daemon, &ona, "reply", 1);
    assert!(next.text().contains("tomorrow"));
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    assert_eq!(text(&daemon, "SELECT requester FROM tickets WHERE number = 1"), ona.address);
    let astray = "SELECT count(*) FROM deliveries WHERE ticket_number = 1 AND recipient LIKE 'olga%'";
    assert_eq!(daemon.count(astray), 0);
    assert!(olga.mailbox.count() > 0, "her own requests were acknowledged");
    never_reads(&olga, &[HERS, THEIRS, "on its way", "tomorrow"]);
    never_reads(&ona, &[STRANGERS_WORD, THEIRS]);
    ends_sound(daemon);
}

/// Ona's company has a contract; its address hears of statements. The border names itself `mx.desk.example`.
const CLIENT: &str = r#"
[desk]
notify_new = ["petr"]
authserv_ids = ["mx.desk.example"]
duplicates = false
[desk.statement]
on = true
only_for = "contacts"
formats = ["csv"]
[[desk.clients]]
name = "UAB Lempa"
code = "300000101"
domains = ["client.example"]
[desk.clients.contract]
name = "A-17"
email = "janis@client.example"
hours = "4:00"
period = "month"
[[desk.clients.contacts]]
name = "Ona Onaitė"
email = "ona@client.example"
statement = true
"#;

#[test]
fn gate_21_a_forged_sender_with_a_cc_gets_neither_history_nor_statement() {
    let Some(town) = Town::start() else { return };
    let mut daemon = Daemon::prepare(&town, CLIENT);
    daemon.start();
    let [ona, olga, petr] =
        ["ona@client.example", "olga@other.example", "petr@desk.example"].map(|who| town.person(who));
    ona.writes(DESK, "Lamp", &format!("The lamp is dark. {HERS}"));
    let told = letter(&daemon, &petr, "agent_new", 0);
    petr.replies(&told, "A new lamp is on its way.");
    letter(&daemon, &ona, "reply", 0);
    has_decided(&daemon, 2);
    // Olga writes as Ona, with herself on Cc and in Reply-To; with and without the border's verdict.
    let forged = |subject: &str, text: &str, verdict: &str| {
        let headers = format!("{verdict}Cc: {0}\nReply-To: {0}\nSubject: {subject}\n", olga.address);
        let mail = compose(&ona.address, DESK, &fresh_id(&ona.address), &[], text);
        let mail = mail.replacen("Date:", &format!("{}Date:", headers.replace('\n', "\r\n")), 1);
        assert!(olga.sends_raw(DESK, mail.as_bytes()).is_good());
    };
    let fail = "Authentication-Results: mx.desk.example; dmarc=fail header.from=client.example\n";
    let mut seen = 2;
    for verdict in ["", fail] {
        forged("Re: [#1] Lamp", "Please tell me again what was said in this matter.", verdict);
        forged("Statement", "Please send me a statement for February 2026.", verdict);
        seen += 2;
        has_decided(&daemon, seen);
    }
    petr.replies(&told, "The lamp comes tomorrow.");
    letter(&daemon, &ona, "reply", 1);
    daemon.wait_for_count(OPEN, 0, PATIENCE);
    town.settle(PATIENCE);
    let of_statements = "SELECT DISTINCT recipient FROM deliveries JOIN letters ON letter = letters.id
        WHERE purpose LIKE 'statement%'";
    let heard = daemon.texts(of_statements);
    assert!(heard.iter().all(|to| to.ends_with("@client.example")), "{heard:?}");
    let astray = "SELECT count(*) FROM deliveries WHERE ticket_number = 1 AND recipient LIKE 'olga%'";
    assert_eq!(daemon.count(astray), 0, "nobody is let into the old matter");
    never_reads(&olga, &[HERS, "on its way", "tomorrow", "300000101", "A-17"]);
    ends_sound(daemon);
}
