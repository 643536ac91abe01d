//! Each way to fail has its exit code.

use std::fs;

use maildesk::daemon::lock::Lock;

use super::{Folder, exists, finish, program};

#[test]
fn a_faulty_configuration_is_78_with_every_fault() {
    let folder = Folder::with("[desk]\naddress = \"support\"\n[mailbox]\nhost = 7\n");
    let (code, text) = folder.run(&["ticket", "list"]).failed();
    assert_eq!(code, 78);
    assert!(
        text.contains("problems in the configuration:\n") && text.contains("maildesk.toml:3: desk.address"),
        "{text}"
    );
    let (code, text) = folder.run(&["ticket", "list", "--json"]).failed();
    let document: serde_json::Value = serde_json::from_str(&text).expect("JSON, too");
    assert_eq!((code, &document["code"]), (78, &78.into()));
}

#[test]
fn a_configuration_that_is_not_there_is_78() {
    let mut command = program();
    command.args(["ticket", "list"]).env("MAILDESK_CONFIG", "/nowhere/maildesk.toml");
    let (code, text) = finish(command, "").failed();
    assert_eq!(code, 78);
    assert!(text.contains("/nowhere/maildesk.toml"), "{text}");
}

#[test]
fn the_environment_names_the_configuration() {
    let folder = Folder::new();
    let more = folder.path("more.toml");
    fs::write(&more, "[desk]\nfirst_number = 9\n").unwrap();
    let mut command = program();
    let both = format!("{}:{}", folder.config().display(), more.display());
    command.args(["ticket", "new", "--from", "Ona", "--subject", "Printer", "It prints nothing."]);
    command.env("MAILDESK_CONFIG", both);
    assert_eq!(finish(command, "").ok(), "KL-9 new\n");
}

#[test]
fn a_mistyped_path_makes_no_empty_database() {
    let folder = Folder::new();
    for words in [
        &["ticket", "list"][..],
        &["ticket", "close", "3107"],
        &["outbox", "list"],
        &["quarantine", "retry", "1"],
        &["ledger"],
        &["doctor"],
        &["backup", "copy.sqlite"],
        &["explain", "--ledger", "1"],
    ] {
        let (code, text) = folder.run(words).failed();
        assert_eq!(code, 74, "{words:?}: {text}");
        assert!(text.contains("there is no database at"), "{words:?}: {text}");
    }
    assert!(!exists(&folder.path("state")));
}

#[test]
fn a_database_that_is_none_is_74() {
    let folder = Folder::new();
    drop(folder.store());
    fs::write(folder.settings().database, "Dear desk, ".repeat(1000)).unwrap();
    assert_eq!(folder.run(&["doctor"]).failed().0, 74);
    assert_eq!(folder.run(&["ticket", "close", "3107"]).failed().0, 74);
}

#[test]
fn a_lock_held_by_somebody_who_does_not_answer_is_73() {
    let folder = Folder::new();
    drop(folder.store());
    let _lock = Lock::take(&folder.path("state")).unwrap();
    let (code, text) = folder.run(&["ticket", "close", "3107"]).failed();
    assert_eq!(code, 73);
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert_eq!(folder.run(&["ticket", "list"]).ok(), "");
}

#[test]
fn what_only_a_daemon_can_do_is_75_without_one() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["poke"]).failed(), (75, "maildesk: no daemon runs\n".to_owned()));
    assert!(!exists(&folder.path("state")));
}

#[test]
fn without_a_daemon_status_shows_what_the_database_knows() {
    let folder = Folder::new();
    let none = folder.run(&["status"]);
    let expected =
        "daemon       none runs; what the database knows:\ndatabase     none yet; `maildesk run` makes it\n";
    assert_eq!((none.code, none.out.as_str()), (75, expected));
    assert!(!exists(&folder.path("state")));
    folder
        .run(&["ticket", "new", "--from", "Ona <ona@client.example>", "--subject", "Printer", "No ink."])
        .ok();
    let some = folder.run(&["status"]);
    assert_eq!(some.code, 75);
    for line in [
        "outbox       3 queued\n",
        "tickets      desk: 1 new; 1 nobody has taken; due today 0, promises broken 0\n",
    ] {
        assert!(some.out.contains(line), "{}", some.out);
    }
    let document: serde_json::Value =
        serde_json::from_str(&folder.run(&["status", "--json"]).out).expect("JSON");
    assert_eq!(document["running"], false);
    assert_eq!(document["database"]["desks"][0]["untaken"], 1);
}
