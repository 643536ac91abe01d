//! Mails of the past through a configuration, and through two.

use std::fs;

use super::{DESK, Folder, NOBODY};

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
