//! Help that teaches.

use super::{Run, finish, program};

fn run(words: &[&str]) -> Run {
    let mut command = program();
    command.args(words);
    finish(command, "")
}

/// Names under "Commands:" of a help text.
fn commands(help: &str) -> Vec<String> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = list.lines().take_while(|line| !line.trim().is_empty());
    let entries = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// All of them, in alphabetical order.
const COMMANDS: &[&str] = &[
    "",
    "agent",
    "agent add",
    "agent import",
    "agent list",
    "agent show",
    "announce",
    "backup",
    "bill",
    "check",
    "client",
    "client add",
    "client import",
    "client list",
    "client show",
    "contract",
    "contract list",
    "contract show",
    "deadline",
    "demo",
    "doctor",
    "explain",
    "init",
    "journal",
    "journal correct",
    "ledger",
    "login",
    "outbox",
    "outbox drop",
    "outbox list",
    "outbox retry",
    "outbox show",
    "pause",
    "person",
    "person erase",
    "person export",
    "poke",
    "quarantine",
    "quarantine discard",
    "quarantine list",
    "quarantine retry",
    "quarantine show",
    "receive",
    "rehearse",
    "reindex",
    "replay",
    "report",
    "restore",
    "resume",
    "retention",
    "run",
    "statement",
    "status",
    "take-over",
    "ticket",
    "ticket assign",
    "ticket attach",
    "ticket close",
    "ticket export",
    "ticket list",
    "ticket merge",
    "ticket new",
    "ticket next",
    "ticket note",
    "ticket reopen",
    "ticket reply",
    "ticket resolve",
    "ticket show",
];

#[test]
fn every_command_explains_itself_with_examples() {
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut told = Vec::new();
    while let Some(path) = open.pop() {
        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
        words.push("--help");
        let help = run(&words).ok();
        let below = commands(&help);
        if below.is_empty() {
            assert!(help.contains("Examples:\n  maildesk "), "{path:?}:\n{help}");
        }
        for name in below {
            open.push(path.iter().cloned().chain([name]).collect());
        }
        told.push(path.join(" "));
    }
    told.sort();
    assert_eq!(told, COMMANDS);
}

#[test]
fn a_command_line_without_sense_is_64() {
    for words in [
        &[][..],
        &["tickets"],
        &["ticket"],
        &["ticket", "list", "--status", "lost"],
        &["ticket", "reply"],
        &["outbox", "retry", "first"],
        &["explain"],
        &["ledger", "--outcome", "gone"],
        &["check", "--offline", "--probe"],
    ] {
        let run = run(words);
        assert_eq!(run.code, 64, "{words:?}: {} {}", run.out, run.err);
        assert!(!run.err.is_empty(), "{words:?}");
    }
}

#[test]
fn the_version_is_told() {
    let (version, schema) = (env!("CARGO_PKG_VERSION"), maildesk::store::schema());
    assert_eq!(run(&["-V"]).ok(), format!("maildesk {version}\n"));
    assert_eq!(
        run(&["--version"]).ok(),
        format!("maildesk {version}\ndatabase schema {schema}, configuration 1, templates 1\n")
    );
}
