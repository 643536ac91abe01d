//! What would become of a mail, and why.

use super::Folder;

const FIRST: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Date: Mon, 2 Mar 2026 07:12:00 +0000
Subject: Printer
Message-ID: <a1@client.example>

It prints nothing.
";

const SECOND: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Date: Tue, 3 Mar 2026 07:12:00 +0000
Subject: Re: [KL-3107] Printer
Message-ID: <a2@client.example>

It still fails. This is urgent!

On Monday, 2 March 2026 Petr wrote:
> Switch it on.
";

const AWAY: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Date: Tue, 3 Mar 2026 07:12:00 +0000
Subject: Out of office
Auto-Submitted: auto-replied
Message-ID: <a3@client.example>

I am away.
";

fn explained(folder: &Folder, mail: &str) -> String {
    let file = folder.path("mail.eml");
    std::fs::write(&file, mail).unwrap();
    folder.run(&["explain", file.to_str().unwrap(), "--arrived", "2026-03-03 09:12"]).ok()
}

#[test]
fn a_strangers_first_mail_is_explained_without_a_database() {
    let folder = Folder::new();
    assert_eq!(
        explained(&folder, FIRST),
        "\
mail         \"Printer\", arrived 2026-03-03 09:12
desk         desk
from         Ona <ona@client.example>
trust        T0, a stranger
server says  not asked: no authserv_ids are configured
written by   a person
language     en
new text     1 line
  | It prints nothing.
refers to    nothing of ours
goes         a new ticket: a new request: it refers to nothing that we know
outcome      applied: a new request: it refers to nothing that we know
ticket       KL-3107: not there -> new
because      opened: a new request: it refers to nothing that we know
thread       gets request
letter       ack to ona@client.example (en), not before 2026-03-03 09:12: \"[KL-3107] Printer\"
letter       agent_new to petr@desk.example (en), not before 2026-03-03 09:12: \"[KL-3107] Printer\"
letter       agent_new to alice@desk.example (en), not before 2026-03-03 09:12: \"[KL-3107] Printer\"
"
    );
    assert!(!super::exists(&folder.path("state")));
}

#[test]
fn a_further_mail_is_explained_by_its_evidence_and_nothing_is_written() {
    let folder = Folder::new();
    folder.receive(1, FIRST, "2026-03-02T07:12:00Z");
    let before = std::fs::read(folder.settings().database).unwrap();
    let told = explained(&folder, SECOND);
    for line in [
        "urgent       it says \"urgent\"\n",
        "cut off      2 lines\n  | On Monday, 2 March 2026 Petr wrote:\n  | > Switch it on.\n",
        "refers to    the tag [KL-3107] in its subject: KL-3107 (new), and the sender is its requester\n",
        "goes         a further mail on KL-3107: tag in the subject\n",
        "ticket       KL-3107: new -> new\n",
        "thread       gets comment\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    let other = explained(&folder, &SECOND.replace("ona@client.example", "olga@elsewhere.example"));
    assert!(other.contains("and the sender is nobody who takes part in it\n"), "{other}");
    assert!(
        other.contains("goes         a new ticket: it names a ticket in which its sender takes no part\n"),
        "{other}"
    );
    assert_eq!(std::fs::read(folder.settings().database).unwrap(), before);
    assert_eq!(folder.json(&["ticket", "list"])["tickets"].as_array().unwrap().len(), 1);
}

#[test]
fn a_machines_mail_shows_its_marks_and_the_silence() {
    let folder = Folder::new();
    folder.receive(1, FIRST, "2026-03-03T07:00:00Z");
    let told = explained(&folder, AWAY);
    assert!(told.contains("written by   an automatic reply: Auto-Submitted: auto-replied"), "{told}");
    assert!(told.contains("silence      no automatic mail to the sender: written by a machine"), "{told}");
    assert!(told.ends_with("ticket       none is touched\nletter       none goes out\n"), "{told}");
}

#[test]
fn a_mail_of_the_ledger_is_explained_with_its_past() {
    let folder = Folder::new();
    folder.receive(1, FIRST, "2026-03-02T07:12:00Z");
    let told = folder.run(&["explain", "--ledger", "1", "--letters", "--arrived", "2026-03-03"]).ok();
    let past = "before       2026-03-02 09:12 applied, KL-3107: request: a new request: it refers to nothing that we know\n";
    assert!(told.contains(past), "{told}");
    assert!(
        told.contains("\n--- ack to ona@client.example\nSubject: [KL-3108] Printer\n\nHello,\n"),
        "{told}"
    );
    assert!(explained(&folder, FIRST).contains("copy         the same content came as mail 1: "));
    assert_eq!(folder.run(&["explain", "--ledger", "9"]).failed().0, 1);
    assert_eq!(folder.run(&["explain", "/nowhere.eml"]).failed().0, 74);
}

#[test]
fn an_explanation_is_a_document_for_programs() {
    let folder = Folder::new();
    let told = folder.run_with(&["explain", "-", "--json"], FIRST).json();
    assert_eq!((&told["route"], &told["sender"]["kind"]), (&"a new ticket".into(), &"stranger".into()));
    assert_eq!(told["tickets"][0]["after"], "new");
    assert_eq!(told["letters"][0]["template"], "ack");
}
