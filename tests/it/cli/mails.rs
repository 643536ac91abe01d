//! The ledger and the quarantine.

use super::Folder;

const REQUEST: &str = "\
From: Ona <ona@client.example>
To: support@desk.example
Date: Mon, 2 Mar 2026 07:12:00 +0000
Subject: Printer
Message-ID: <a1@client.example>

It prints nothing.
";

const FORGED: &str = "\
From: support@desk.example
To: support@desk.example
Date: Mon, 2 Mar 2026 08:00:00 +0000
Subject: Send money
Message-ID: <b1@elsewhere.example>

To this account, please.
";

fn with_mail() -> Folder {
    let folder = Folder::new();
    folder.receive(1, REQUEST, "2026-03-02T07:12:00Z");
    folder.receive(2, FORGED, "2026-03-02T08:00:00Z");
    folder.receive(3, REQUEST, "2026-03-03T07:12:00Z");
    folder
}

#[test]
fn the_ledger_says_what_became_of_every_mail() {
    let folder = with_mail();
    let out = folder.run(&["ledger"]).ok();
    let aside = "it claims to be from our own address and bears no signature of ours";
    assert_eq!(
        out,
        format!(
            "2026-03-03 09:12\tmailbox\t3\tduplicate\t\t1\tona@client.example\tPrinter\tthe same as mail 1\n\
             2026-03-02 10:00\tmailbox\t2\tquarantined\t\t2\tsupport@desk.example\tSend money\t{aside}\n\
             2026-03-02 09:12\tmailbox\t1\tapplied\tKL-3107\t1\tona@client.example\tPrinter\t\
             request: a new request: it refers to nothing that we know\n"
        )
    );
    let uids = |words: &[&str]| -> Vec<u64> {
        let rows = folder.json(&[&["ledger"], words].concat());
        rows.as_array().unwrap().iter().map(|row| row["uid"].as_u64().unwrap()).collect()
    };
    assert_eq!(uids(&["--ticket", "KL-3107"]), [1]);
    assert_eq!(uids(&["--since", "2026-03-02 10:00"]), [3, 2]);
    assert_eq!(uids(&["--outcome", "quarantined", "--outcome", "applied"]), [2, 1]);
    assert_eq!(uids(&["--mailbox", "mailbox", "--limit", "1"]), [3]);
    assert_eq!(folder.run(&["ledger", "--mailbox", "post"]).failed().0, 64);
    assert_eq!(folder.run(&["ledger", "--since", "lately"]).failed().0, 64);
}

#[test]
fn a_mail_that_was_set_aside_waits_for_the_operator() {
    let folder = with_mail();
    let list = folder.json(&["quarantine", "list"]);
    assert_eq!((list.as_array().unwrap().len(), &list[0]["id"]), (1, &2.into()));
    let shown = folder.run(&["quarantine", "show", "2"]).ok();
    assert!(
        shown.contains("places       mailbox 7/2\n") && shown.ends_with("\nTo this account, please.\n"),
        "{shown}"
    );
    assert_eq!(folder.run(&["quarantine", "show", "2", "--raw"]).ok(), FORGED.replace('\n', "\r\n"));
    let again = folder.run(&["quarantine", "retry", "2"]);
    assert_eq!((again.code, again.err.as_str()), (1, ""));
    assert!(again.out.starts_with("mail 2: quarantined: it claims to be"), "{}", again.out);
    assert_eq!(folder.run(&["quarantine", "discard", "2"]).failed().0, 64);
    let done = folder.json(&["quarantine", "discard", "2", "--yes"]);
    assert_eq!(done["outcome"], "skipped");
    assert!(
        done["reason"]
            .as_str()
            .unwrap()
            .starts_with("discarded by the operator; set aside before: it claims")
    );
    assert_eq!(folder.run(&["quarantine", "list"]).ok(), "");
    assert_eq!(folder.run(&["quarantine", "retry", "2"]).failed().0, 1);
    assert_eq!(folder.run(&["quarantine", "discard", "9", "--yes"]).failed().0, 1);
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn after_the_rules_are_mended_a_mail_becomes_a_ticket() {
    let folder = with_mail();
    // The address was the desk's own; since then the desk has moved to another one.
    let text = std::fs::read_to_string(folder.config()).unwrap();
    let moved = text.replacen("address = \"support@desk.example\"", "address = \"help@desk.example\"", 1);
    let moved = moved.replace("user = \"support@desk.example\"", "user = \"help@desk.example\"");
    std::fs::write(folder.config(), moved).unwrap();
    let done = folder.json(&["quarantine", "retry", "2"]);
    assert_eq!((&done["outcome"], &done["ticket"]["number"]), (&"applied".into(), &3108.into()));
    let rows = folder.json(&["ledger", "--ticket", "KL-3108"]);
    let reason = rows[0]["reason"].as_str().unwrap();
    assert!(reason.contains("tried again by the operator, set aside before: it claims"), "{reason}");
    assert_eq!(folder.run(&["doctor"]).code, 0);
}
