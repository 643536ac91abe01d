//! Tickets by telephone: the whole life of some without any daemon.

use super::{DESK, Folder, NOBODY};

fn opened() -> Folder {
    let folder = Folder::new();
    let who = "Ona Onaitė <ona@client.example>";
    let words = ["ticket", "new", "--from", who, "--subject", "Printer", "It prints nothing."];
    assert_eq!(folder.run(&words).ok(), "KL-3107 new\n");
    folder
}

#[test]
fn a_request_by_telephone_lives_without_a_daemon() {
    let folder = opened();
    for (words, said) in [
        (&["ticket", "assign", "KL-3107", "petr", "--note", "Yours."][..], "KL-3107 open\n"),
        (&["ticket", "reply", "3107", "--wait=2030-03-04", "Which one?"], "KL-3107 waiting\n"),
        (&["ticket", "note", "[KL-3107]", "She is in a hurry.", "--as", "alice"], "KL-3107 waiting\n"),
        (
            &["ticket", "resolve", "desk/3107", "Done.", "--time", "0:20", "--as", "petr@desk.example"],
            "KL-3107 resolved\n",
        ),
        (&["ticket", "reopen", "kl-3107"], "KL-3107 open\n"),
        (&["ticket", "close", "3107", "--desk", "desk"], "KL-3107 closed\n"),
    ] {
        assert_eq!(folder.run(words).ok(), said, "{words:?}");
    }
    let shown = folder.json(&["ticket", "show", "3107"]);
    let messages = shown["messages"].as_array().unwrap().iter();
    let thread: Vec<_> =
        messages.map(|m| (m["kind"].as_str().unwrap(), m["text"].as_str().unwrap())).collect();
    assert_eq!(
        thread,
        [
            ("request", "It prints nothing."),
            ("note", "Yours."),
            ("reply", "Which one?"),
            ("note", "She is in a hurry."),
            ("reply", "Done."),
        ]
    );
    assert_eq!(shown["works"][0]["minutes"], 20);
    assert_eq!(shown["ticket"]["assignee"], "petr");
    assert_eq!(folder.json(&["doctor"])["faults"], serde_json::json!([]));
}

#[test]
fn a_list_is_for_people_scripts_and_programs() {
    let folder = opened();
    let words = [
        "ticket",
        "new",
        "--from",
        "Jānis",
        "--phone",
        "+371 2",
        "--as",
        "alice",
        "--subject",
        "Router",
        "-",
    ];
    assert_eq!(folder.run_with(&words, "It is off.\n").ok(), "KL-3108 new\n");
    assert_eq!(
        folder.run(&["ticket", "list"]).ok(),
        "KL-3108\tnew\tnormal\t\t\t\tJānis\tRouter\n\
         KL-3107\tnew\tnormal\t\t\t\tona@client.example\tPrinter\n"
    );
    let list = folder.json(&["ticket", "list", "--requester", "ona@client.example"]);
    let first = list["tickets"][0].as_object().unwrap();
    let keys: Vec<_> = first.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "assignee",
            "desk",
            "number",
            "received_at",
            "requester",
            "resolve_by",
            "respond_by",
            "severity",
            "shown",
            "status",
            "subject",
            "urgent"
        ]
    );
    assert_eq!(
        (&first["number"], &first["shown"], &first["status"]),
        (&3107.into(), &"KL-3107".into(), &"new".into())
    );
    folder.run(&["ticket", "close", "3107"]).ok();
    let count = |words: &[&str]| folder.json(words)["tickets"].as_array().unwrap().len();
    assert_eq!(count(&["ticket", "list"]), 1);
    assert_eq!(count(&["ticket", "list", "--all"]), 2);
    assert_eq!(count(&["ticket", "list", "--status", "closed"]), 1);
    assert_eq!(count(&["ticket", "list", "--all", "--limit", "1"]), 1);
    assert_eq!(folder.json(&["ticket", "list", "--all", "--limit", "1"])["more"], 1);
    let cut = folder.run(&["ticket", "list", "--all", "--limit", "1"]);
    assert_eq!((cut.code, cut.err.as_str()), (0, "maildesk: 1 more; --limit 0 shows all\n"));
    assert_eq!(cut.out.lines().count(), 1);
    assert_eq!(count(&["ticket", "list", "--assignee", "petr"]), 0);
}

#[test]
fn a_merged_ticket_goes_on_in_another() {
    let folder = opened();
    let words =
        ["ticket", "new", "--from", "Petr <petr@client.example>", "--subject", "Printer again", "Same here."];
    folder.run(&words).ok();
    assert_eq!(folder.run(&["ticket", "merge", "KL-3108", "KL-3107"]).ok(), "KL-3108 merged\n");
    let shown = folder.run(&["ticket", "show", "3108"]).ok();
    assert!(shown.contains("status       merged into KL-3107\n"), "{shown}");
    let (code, text) = folder.run(&["ticket", "reply", "3108", "Hello."]).failed();
    assert_eq!((code, text.as_str()), (1, "maildesk: the request was merged into KL-3107; write there\n"));
    let shown = folder.run(&["ticket", "show", "3107"]).ok();
    assert!(shown.contains("others       petr@client.example\n"), "{shown}");
}

#[test]
fn what_cannot_be_done_says_why_and_changes_nothing() {
    let folder = opened();
    for (words, code, said) in [
        (&["ticket", "show", "3199"][..], 1, "there is no ticket KL-3199"),
        (&["ticket", "close", "3199"], 1, "there is no request KL-3199"),
        (&["ticket", "show", "XY-3107"], 64, "no number of a ticket; write 12 or KL-12"),
        (&["ticket", "close", "3107", "--desk", "sales"], 64, "there is no desk \"sales\""),
        (&["ticket", "reply", "3107", "#reslove"], 1, "#reslove; possible: #resolve"),
        (&["ticket", "reply", "3107", "Hello.\n\n#resolve\n\nBye."], 1, "stands in the middle of the text"),
        (&["ticket", "reply", "3107", ""], 1, "neither text nor a command"),
        (&["ticket", "note", "3107", " "], 64, "the note is empty"),
        (&["ticket", "assign", "3107", "olga"], 1, "no agent \"olga\"; possible: petr, alice"),
        (&["ticket", "assign", "3107", "petr\n#close"], 64, "must stand on one line"),
        (&["ticket", "reply", "3107", "Hello.", "--as", "olga"], 1, "no agent is called \"olga\"; there are"),
        (&["ticket", "reopen", "3107"], 1, "KL-3107 is new"),
        (&["ticket", "merge", "3107", "3107"], 1, "merged into itself"),
        (&["ticket", "new", "--from", "Ona <ona>", "--subject", "A", "B"], 1, "is not a mail address"),
        (&["ticket", "new", "--from", "Ona", "--subject", "A", "B", "--channel", "fax"], 1, "fax"),
        (
            &["ticket", "new", "--from", "Ona", "--subject", "A", "B", "--language", "eng"],
            1,
            "is no language",
        ),
        (
            &["ticket", "new", "--from", "support@desk.example", "--subject", "A", "B"],
            1,
            "one of the desk's own",
        ),
    ] {
        let (got, text) = folder.run(words).failed();
        assert!(got == code && text.contains(said), "{words:?}: {got} {text}");
    }
    let shown = folder.json(&["ticket", "show", "3107"]);
    assert_eq!(shown["history"].as_array().unwrap().len(), 1);
    assert_eq!(folder.json(&["ticket", "list", "--all"])["tickets"].as_array().unwrap().len(), 1);
}

#[test]
fn with_several_desks_a_bare_number_needs_a_name() {
    let named = DESK.replace("[desk", "[desks.support");
    let other = "[desks.sales]\naddress = \"sales@desk.example\"\ntag = \"[S2-{n}]\"\nagents = [\"Olga <olga@desk.example>\"]\n";
    let folder = Folder::with(&format!("{named}{other}{NOBODY}"));
    let (code, text) = folder.run(&["ticket", "new", "--from", "Ona", "--subject", "A", "B"]).failed();
    assert!(code == 64 && text.contains("which desk? Give --desk; there are"), "{code} {text}");
    let words = ["ticket", "new", "--from", "Ona", "--subject", "Offer", "How much?", "--desk", "sales"];
    assert_eq!(folder.run(&words).ok(), "S2-1 new\n");
    for number in ["S2-1", "[s2-1]", "sales/1"] {
        assert!(folder.run(&["ticket", "show", number]).ok().contains("subject      Offer\n"), "{number}");
    }
    assert_eq!(folder.run(&["ticket", "show", "1"]).failed().0, 64);
    assert_eq!(folder.run(&["ticket", "merge", "S2-1", "KL-3107"]).failed().0, 64);
}
