//! Holds the house in order: who may name whom, how long files and functions are, what things are called.
//! Nothing is compiled for it: it reads the sources.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A floor, and whom it may name. A name with `::` allows or forbids only that part: `!mail::imap` forbids.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("config", &["config", "domain"]),
    ("words", &["words", "domain"]),
    ("mail", &["mail", "domain"]),
    ("store", &["store", "domain"]),
    ("desk", &["desk", "domain", "words", "mail", "store", "!mail::imap", "!mail::smtp", "!store::sqlite"]),
    ("sandbox", &["sandbox"]),
    ("daemon", &["daemon", "desk", "domain", "words", "mail", "store", "config"]),
    ("faces", &["faces", "daemon", "desk", "domain", "words", "mail", "store", "config", "sandbox"]),
];

/// What a floor may not name of other people's.
const FOREIGN: &[(&str, &[&str])] = &[
    (
        "domain",
        &[
            "tokio",
            "rusqlite",
            "tracing",
            "std::fs",
            "std::net",
            "std::env",
            "SystemTime",
            "Instant::now",
            "std::thread",
            "getrandom",
            "Timestamp::now",
            "Zoned::now",
        ],
    ),
    ("words", &["tokio", "rusqlite", "tracing", "Timestamp::now"]),
    ("store", &["tokio", "Timestamp::now"]),
    ("desk", &["tokio", "rusqlite", "async_imap", "lettre", "getrandom", "Timestamp::now"]),
];

const FILE_LINES_MAX: usize = 600;
const MEDIAN_LINES_MAX: usize = 200;
const FUNCTION_LINES_MAX: usize = 70;

/// They say nothing about what something is or does.
const EMPTY_WORDS: &[&str] = &[
    "handle",
    "handler",
    "process",
    "processor",
    "manager",
    "helper",
    "helpers",
    "util",
    "utils",
    "common",
    "misc",
    "data",
    "info",
];

/// Names that a protocol gave.
const PROTOCOL_WORDS: &[(&str, &str)] = &[
    ("src/sandbox/smtp/session.rs", "data"),
    ("src/sandbox/imap/replies.rs", "data"),
    ("tests/it/support/liar_smtp.rs", "data"),
];

/// Waits of a wire or of a program beside us, where there is no event to wait for.
const WAITS: &[&str] = &[
    "examples/burst.rs",
    "src/daemon/clock.rs",
    "src/daemon/control/mod.rs",
    "src/daemon/http/mod.rs",
    "src/daemon/intake/mod.rs",
    "src/daemon/lmtp/mod.rs",
    "src/daemon/outbox/mod.rs",
    "src/daemon/scheduler.rs",
    "src/daemon/soundness.rs",
    "src/faces/cli/check/probe.rs",
    "src/faces/cli/receive.rs",
    "src/faces/demo/stage.rs",
    "src/mail/imap/patient.rs",
    "src/sandbox/server.rs",
    "tests/it/intake.rs",
    "tests/it/lmtp.rs",
    "tests/it/oauth.rs",
    "tests/it/oauth/logging_in.rs",
    "tests/it/outbox/interrupted.rs",
    "tests/it/support/dovecot.rs",
    "tests/it/support/liar_imap.rs",
    "tests/it/support/post.rs",
    "tests/support/child.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files under a folder of the project whose names end so, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(String, String)> {
    let folders = ["src", "tests", "examples", "benches", "fuzz/src", "fuzz/fuzz_targets"];
    let all = folders.into_iter().flat_map(|folder| files(folder, ".rs"));
    let read = all.filter(|path| !path.ends_with("tests/tidy.rs")).map(|path| {
        let text = std::fs::read_to_string(&path).expect("sources are text");
        (shown(&path), text)
    });
    read.collect()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

/// Lines of code, with their numbers: comments are left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, l)| !l.trim_start().starts_with("//"))
}

/// Every path behind `crate::` in a text, braces opened: `crate::{mail::imap, store}` names two.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let line = text[..at].lines().count();
        let is_comment = text[..at].lines().next_back().is_some_and(|l| l.trim_start().starts_with("//"));
        if is_comment {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        let tree: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || "_:{},\n ".contains(*c)).collect();
        let tree = tree.split(['\n', ';']).next().unwrap_or_default();
        let whole = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![tree],
        };
        paths.extend(whole.into_iter().filter(|p| !p.is_empty()).map(|p| (line, p.to_owned())));
    }
    paths
}

fn may(path: &str, allowed: &[&str]) -> bool {
    let first = path.split("::").next().unwrap_or_default().trim();
    let is_type = first.chars().next().is_some_and(char::is_uppercase);
    let forbidden = allowed.iter().filter_map(|a| a.strip_prefix('!'));
    let hits = |whole: &str| path == whole || path.starts_with(&format!("{whole}::"));
    let grouped = |whole: &str| {
        let (floor, part) = whole.split_once("::").unwrap_or((whole, ""));
        path.strip_prefix(floor).and_then(|p| p.strip_prefix("::{")).is_some_and(|group| {
            group.split([',', '}']).any(|name| name.trim().split("::").next() == Some(part))
        })
    };
    is_type || (allowed.contains(&first) && !forbidden.into_iter().any(|f| hits(f) || grouped(f)))
}

#[test]
fn invariant_12_each_floor_names_only_those_below_it() {
    let mut found = Vec::new();
    for (floor, allowed) in FLOORS {
        for path in files(&format!("src/{floor}"), ".rs") {
            let text = std::fs::read_to_string(&path).expect("sources are text");
            for (line, named) in named(&text) {
                if !may(&named, allowed) {
                    found.push(format!("{}:{line}: {floor} names crate::{named}", shown(&path)));
                }
            }
        }
    }
    none("a floor looks up", found);
}

#[test]
fn a_floor_that_looks_up_would_be_seen() {
    let allowed = FLOORS.iter().find(|(floor, _)| *floor == "desk").expect("the desk").1;
    for (text, sound) in [
        ("use crate::domain::ticket::Ticket;", true),
        ("use crate::mail::{html, msgid};", true),
        ("use crate::mail::{html, imap};", false),
        ("use crate::mail::smtp::Postman;", false),
        ("use crate::daemon::clock;", false),
        ("use crate::store::sqlite::open;", false),
        ("use crate::{domain, faces};", false),
        ("// crate::daemon is above", true),
    ] {
        let all = named(text).iter().all(|(_, path)| may(path, allowed));
        assert_eq!(all, sound, "{text}");
    }
}

#[test]
fn invariant_12_the_domain_knows_no_clock_and_no_wire() {
    let mut found = Vec::new();
    for (floor, foreign) in FOREIGN {
        for path in files(&format!("src/{floor}"), ".rs") {
            let text = std::fs::read_to_string(&path).expect("sources are text");
            for (line, code) in code(&text) {
                let hit = foreign.iter().find(|name| {
                    let starts = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
                    let ends =
                        |at: usize| !code[at + name.len()..].starts_with(|c: char| c.is_alphanumeric());
                    code.match_indices(**name).any(|(at, _)| starts(at) && ends(at))
                });
                let of_sqlite = shown(&path).starts_with("src/store/sqlite");
                if let Some(name) = hit.filter(|_| !of_sqlite) {
                    found.push(format!("{}:{line}: {name}", shown(&path)));
                }
            }
        }
    }
    none("a floor names what it must not know", found);
}

#[test]
fn files_are_short() {
    let counted: Vec<(usize, String)> =
        sources().into_iter().map(|(name, text)| (text.lines().count(), name)).collect();
    let long = counted.iter().filter(|(lines, _)| *lines > FILE_LINES_MAX);
    none("too long a file", long.map(|(lines, name)| format!("{name}: {lines} lines")).collect());
    let mut lengths: Vec<usize> =
        counted.iter().filter(|(_, name)| name.starts_with("src/")).map(|(lines, _)| *lines).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN_LINES_MAX, "the median file of src has {median} lines");
}

/// Name, first line and number of lines of every function. Relies on rustfmt: the brace that closes a function
/// stands as far in as its first line.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let close = format!("{}}}", " ".repeat(indent));
        let ends_head = |l: &&str| l.starts_with(&format!("{}) ", " ".repeat(indent))) || l.trim() == ");";
        let is_promise = line.ends_with('(')
            && lines[at..].iter().find(|l| ends_head(l)).is_some_and(|l| l.ends_with(';'));
        let is_one_line = line.trim_end().ends_with(['}', ';']) || is_promise;
        let lines = lines[at..].iter().position(|l| *l == close).filter(|_| !is_one_line);
        found.push((name, at + 1, lines.map_or(1, |n| n + 1)));
    }
    found
}

fn function_name(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "fn")?;
    let leading = ["pub", "const", "async", "unsafe", "pub(super)", "pub(crate)"];
    if !words[..at].iter().all(|word| leading.contains(word) || word.starts_with("pub(")) {
        return None;
    }
    let name = words.get(at + 1)?;
    Some(name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

#[test]
fn functions_are_short() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let long = functions(&text).into_iter().filter(|(.., lines)| *lines > FUNCTION_LINES_MAX);
        found.extend(
            long.map(|(function, line, lines)| format!("{name}:{line}: {function} has {lines} lines")),
        );
    }
    none("too long a function", found);
}

#[test]
fn a_long_function_would_be_seen() {
    let text = format!(
        "impl X {{\n    pub async fn long(\n        x: u32,\n    ) {{\n{}    }}\n}}\n",
        "        x;\n".repeat(80)
    );
    assert_eq!(functions(&text), [("long".to_owned(), 2, 84)]);
}

/// Is an empty word the whole of a name, its beginning or its end?
fn is_empty_word(name: &str) -> bool {
    let parts: Vec<&str> = name.split('_').collect();
    EMPTY_WORDS.iter().any(|word| parts.first() == Some(word) || parts.last() == Some(word))
}

#[test]
fn names_say_what_things_are() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let parts = name.trim_end_matches(".rs").split('/');
        if parts.into_iter().any(is_empty_word) {
            found.push(format!("{name}: the file's name"));
        }
        for (function, line, _) in functions(&text) {
            let given = PROTOCOL_WORDS.iter().any(|(file, word)| *file == name && *word == function);
            if is_empty_word(&function) && !given {
                found.push(format!("{name}:{line}: {function}"));
            }
        }
    }
    none("an empty word in a name", found);
}

#[test]
fn nothing_is_left_for_later() {
    let later = ["todo!", "unimplemented!", concat!("FIX", "ME"), concat!("TO", "DO"), "#[ignore", "dbg!("];
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (i, line) in text.lines().enumerate() {
            let hit = later.iter().find(|word| line.contains(**word));
            if let Some(word) = hit {
                found.push(format!("{name}:{}: {word}", i + 1));
            }
            if line.contains("sleep(")
                && !line.trim_start().starts_with("//")
                && !WAITS.contains(&name.as_str())
            {
                found.push(format!("{name}:{}: waits for time instead of an event", i + 1));
            }
        }
    }
    none("left for later", found);
    let gone: Vec<_> =
        WAITS.iter().filter(|file| !root().join(file).exists()).map(|f| (*f).to_owned()).collect();
    none("allowed to wait, but not there", gone);
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let named = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
    ];
    let mut found = Vec::new();
    let texts = ["src", "tests", "examples", "config", "fixtures", ".ci", "docs"];
    let all = texts.into_iter().flat_map(|folder| {
        [".rs", ".txt", ".yaml", ".toml", ".md", ".expected", "run"]
            .into_iter()
            .flat_map(move |e| files(folder, e))
    });
    for path in all.filter(|path| !path.ends_with("tests/tidy.rs")) {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (i, line) in text.lines().enumerate() {
            if let Some(name) = named.iter().find(|name| line.contains(**name)) {
                found.push(format!("{}:{}: {name}", shown(&path), i + 1));
            }
        }
    }
    none("a machine or a registry is named", found);
}

#[test]
fn every_folder_of_fixtures_is_used() {
    let sources = sources();
    let mut found = Vec::new();
    let folders = |at: &Path| -> BTreeSet<String> {
        let entries = std::fs::read_dir(at).into_iter().flatten().flatten();
        let folders = entries.filter(|e| e.path().is_dir());
        folders.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
    };
    for kind in folders(&root().join("fixtures")) {
        let users: Vec<&str> = sources
            .iter()
            .filter(|(_, t)| t.contains(&format!("fixtures/{kind}")))
            .map(|(_, t)| t.as_str())
            .collect();
        if users.is_empty() {
            found.push(format!("fixtures/{kind}"));
        }
        // A test that names the folder of the kind itself walks through all of it.
        if users.iter().any(|text| text.contains(&format!("fixtures/{kind}\""))) {
            continue;
        }
        for folder in folders(&root().join("fixtures").join(&kind)) {
            if !users
                .iter()
                .any(|text| text.contains(&format!("\"{folder}\"")) || text.contains(&format!("/{folder}")))
            {
                found.push(format!("fixtures/{kind}/{folder}"));
            }
        }
    }
    none("used by no test", found);
}

/// The phrases of one language's `words.yaml`: the lines that stand two blanks in, behind `phrases:`.
fn phrases(language: &str) -> Vec<(String, String)> {
    let path = root().join(format!("config/templates/{language}/words.yaml"));
    let text = std::fs::read_to_string(path).expect("the words of a language");
    let lines = text.lines().skip_while(|line| *line != "phrases:").skip(1);
    let entries =
        lines.take_while(|line| line.starts_with("  ")).filter_map(|line| line.trim().split_once(": "));
    entries.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// What stands in braces, sorted.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_phrase_that_is_said_exists_in_five_languages() {
    let english = phrases("en");
    let said = |text: &str, before: &str| -> Vec<String> {
        let starts = text.match_indices(before).map(|(at, _)| at + before.len());
        starts.filter_map(|at| text[at..].split_once('"')).map(|(key, _)| key.to_owned()).collect()
    };
    let mut keys = BTreeSet::new();
    let speakers = ["src/domain/", "src/desk/", "src/mail/command.rs"];
    let sources = sources();
    let speaking = sources.iter().filter(|(name, _)| speakers.iter().any(|s| name.starts_with(s)));
    let speaking = speaking.filter(|(name, _)| !name.ends_with("_tests.rs"));
    for (_, text) in speaking {
        for before in ["Mistake::new(\"", "back(None, \"", "back(ticket.as_ref(), \"", "(named(\""] {
            keys.extend(said(text, before));
        }
    }
    assert!(keys.len() >= 20, "the phrases of mistakes are not found any more: {keys:?}");
    let mut found = Vec::new();
    for language in ["cs", "en", "lt", "lv", "ru"] {
        let phrases = phrases(language);
        for key in &keys {
            let ours = phrases.iter().find(|(name, _)| name == key).map(|(_, text)| places(text));
            let theirs = english.iter().find(|(name, _)| name == key).map(|(_, text)| places(text));
            match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours == theirs => {}
                (None, _) => found.push(format!("{language}: {key} is lacking")),
                (Some(ours), theirs) => {
                    found.push(format!("{language}: {key} names {ours:?}, English {theirs:?}"))
                }
            }
        }
    }
    none("phrases", found);
}

/// Words in backticks that can only be names of tests.
fn tests_named(text: &str) -> BTreeSet<&str> {
    let is_name = |word: &&str| {
        word.matches('_').count() >= 3
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// Each function's name, in the sources and in the tests.
fn functions_there() -> BTreeSet<String> {
    let texts = files("src", ".rs").into_iter().chain(files("tests", ".rs"));
    let texts = texts.map(|path| std::fs::read_to_string(path).expect("a source"));
    texts.flat_map(|text| text.lines().filter_map(function_name).collect::<Vec<_>>()).collect()
}

#[test]
fn every_test_that_a_document_names_is_there() {
    let there = functions_there();
    let mut found = Vec::new();
    for document in ["ARCHITECTURE.md", "docs/robustness.md"] {
        let text = std::fs::read_to_string(root().join(document)).expect("a document");
        let named = tests_named(&text);
        assert!(named.len() > 20, "{document} names no tests any more");
        found.extend(
            named.into_iter().filter(|name| !there.contains(*name)).map(|name| format!("{document}: {name}")),
        );
    }
    none("a test that is named and is not there", found);
}

/// The parts of the rules of robustness, and how many rules each has.
const RULES: [(char, usize); 6] = [('A', 60), ('B', 32), ('C', 34), ('D', 30), ('E', 22), ('F', 30)];

/// So many rules may be open.
const OPEN_MAX: usize = 10;

#[test]
fn each_rule_of_robustness_is_kept_not_applicable_or_open_for_a_reason() {
    let text = std::fs::read_to_string(root().join("docs/robustness.md")).expect("a document");
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.splitn(4, " | ").collect();
        let [rule, _, severity, state] = cells[..] else { return None };
        Some((rule, severity, state))
    });
    let rows: Vec<_> = rows.filter(|(rule, ..)| !rule.is_empty()).collect();
    let expected: Vec<String> =
        RULES.iter().flat_map(|(part, count)| (1..=*count).map(move |n| format!("{part}{n}"))).collect();
    assert_eq!(rows.iter().map(|(rule, ..)| *rule).collect::<Vec<_>>(), expected);
    let (mut found, mut open) = (Vec::new(), Vec::new());
    for (rule, severity, state) in rows {
        let lower = state.to_lowercase();
        let shown = state.contains("shelf `") || state.contains("story ") || !tests_named(state).is_empty();
        let sound = match state.split_once(": ") {
            Some(("kept", _)) => shown,
            Some(("not applicable", why)) => !why.is_empty(),
            Some(("open", why)) => {
                open.push(rule);
                !why.is_empty() && !["L", "K", "O"].contains(&severity)
            }
            _ => false,
        };
        if !sound || lower.contains("partly") || lower.contains("no test") {
            found.push(format!("{rule}: {state}"));
        }
    }
    none("a rule without its state", found);
    assert!(open.len() <= OPEN_MAX, "{} rules are open: {open:?}", open.len());
}

#[test]
fn each_of_the_25_gates_has_its_test() {
    let there = functions_there();
    let gates = (1..=25).map(|number| format!("gate_{number:02}_"));
    let missing = gates.filter(|gate| !there.iter().any(|name| name.starts_with(gate))).collect();
    none("a gate without a test", missing);
}
