//! What the operator tells clients, and papers that are added to a request.

use std::fs;

use super::{DESK, Folder, NOBODY};

const CLIENTS: &str = r#"
[[desk.clients]]
name = "Boatyard"
code = "301"
contract = { name = "B-1", email = "office@boatyard.example" }
contacts = [{ name = "Alice Brown", email = "alice@boatyard.example", language = "lv" }]
[[desk.clients]]
name = "Net loft"
code = "302"
[[desk.clients]]
name = "Pier"
code = "303"
contacts = [{ name = "Petr", email = "petr@pier.example", responsible = true }]
"#;

const NEWS: &str = r#"
effective_on = "2026-10-01"
[title]
en = "New hours"
lv = "Jauns darba laiks"
[text]
en = "From October on we work until six."
lv = "No oktobra strādājam līdz sešiem."
"#;

fn folder() -> Folder {
    let desk = DESK.replace("[desk]", "[desk]\nlanguages = [\"en\", \"lv\"]");
    Folder::with(&format!("{desk}{CLIENTS}{NOBODY}"))
}

#[test]
fn every_client_is_told_once_in_its_language() {
    let folder = folder();
    fs::write(folder.path("news.toml"), NEWS).expect("a file");
    let news = folder.path("news.toml").display().to_string();
    assert_eq!(
        folder.run(&["announce", "--dry-run", &news]).ok(),
        "lv office@boatyard.example Jauns darba laiks\nen petr@pier.example New hours\nno address: Net loft\n"
    );
    assert!(!folder.path("state/maildesk.sqlite").exists(), "a dry run writes nothing");
    drop(folder.store());
    for _ in 0..2 {
        let told = folder.json(&["announce", &news]);
        assert_eq!(told["told"], serde_json::json!(["office@boatyard.example", "petr@pier.example"]));
        assert_eq!(told["unreachable"], serde_json::json!(["Net loft"]));
        let letters = folder.json(&["outbox", "list", "--all"]);
        assert_eq!(letters.as_array().map(Vec::len), Some(2), "{letters}");
    }
}

#[test]
fn an_announcement_that_says_nothing_or_too_much_is_refused() {
    let folder = folder();
    for (text, said) in [
        ("[title]\nen = \"New hours\"\n", "needs a title and a text"),
        ("[title]\nenglish = \"New hours\"\n[text]\nen = \"x\"\n", "is no language"),
        ("effective_on = \"soon\"\n[title]\nen = \"a\"\n[text]\nen = \"b\"\n", ""),
        ("tittle = \"New hours\"\n", "tittle"),
    ] {
        fs::write(folder.path("news.toml"), text).expect("a file");
        let (code, told) =
            folder.run(&["announce", &folder.path("news.toml").display().to_string()]).failed();
        assert_eq!(code, 64, "{told}");
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn a_scan_joins_a_closed_request_as_a_note_with_its_file() {
    let folder = folder();
    let words = ["ticket", "new", "--from", "Ona <ona@client.example>", "--subject", "Lamp", "It is dark."];
    folder.run(&words).ok();
    folder.run(&["ticket", "close", "3107"]).ok();
    fs::write(folder.path("signed.pdf"), "a paper").expect("a file");
    let scan = folder.path("signed.pdf").display().to_string();
    let attach = ["ticket", "attach", "3107", &scan, "--note", "Original in folder 10", "--as", "petr"];
    assert_eq!(folder.run(&attach).ok(), "KL-3107 closed\n");
    let shown = folder.json(&["ticket", "show", "3107"]);
    let note = &shown["messages"][1];
    assert_eq!((&note["kind"], &note["text"]), (&"note".into(), &"Original in folder 10".into()));
    assert_eq!(note["attachments"][0]["name"], "signed.pdf");
    assert_eq!(folder.json(&["doctor"])["faults"], serde_json::json!([]));
    let missing = folder.path("nothing.pdf").display().to_string();
    assert_eq!(folder.run(&["ticket", "attach", "3107", &missing]).code, 74);
}
