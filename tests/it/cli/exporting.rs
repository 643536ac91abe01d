//! A case and a person's mails as folders.

use std::fs;
use std::path::Path;

use super::Folder;

const MAIL: &str = "\
From: Ona Onaitė <ona@client.example>
To: support@desk.example
Subject: Printer & <more>
Message-ID: <1@client.example>
Date: Mon, 2 Mar 2026 09:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

It prints <nothing>.
--b
Content-Type: text/plain; name=\"../log.txt\"
Content-Disposition: attachment; filename=\"../log.txt\"

a log
--b--
";

fn names(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("below").display().to_string());
            }
        }
    }
    found.sort();
    found
}

fn filled() -> Folder {
    let folder = Folder::new();
    folder.receive(1, MAIL, "2026-03-02T07:12:00Z");
    let note = ["ticket", "note", "3107", "She is in a hurry.", "--as", "petr"];
    folder.run(&note).ok();
    folder.run(&["ticket", "resolve", "3107", "Done.", "--time", "0:20", "--as", "petr"]).ok();
    folder
}

#[test]
fn a_case_is_exported_whole() {
    let folder = filled();
    let target = folder.path("case");
    let dir = target.display().to_string();
    let said = folder.run(&["ticket", "export", "KL-3107", &dir]).ok();
    assert!(said.starts_with(&format!("{dir}: ")), "{said}");
    let names = names(&target);
    for name in [
        "attachments/log.txt",
        "history.csv",
        "index.html",
        "index.txt",
        "journal.csv",
        "mails/001-in.eml",
        "ticket.json",
    ] {
        assert!(names.contains(&name.to_owned()), "{name} is not among {names:?}");
    }
    assert!(names.iter().any(|name| name.ends_with("-out.eml")), "{names:?}");
    let text = fs::read_to_string(target.join("index.txt")).expect("a page");
    for part in [
        "KL-3107 Printer & <more>",
        "It prints <nothing>.",
        "(note, internal)",
        "She is in a hurry.",
        "Done.",
        "0:20",
        "log.txt",
        "History",
        "mails/001-in.eml  in: ona@client.example",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let page = fs::read_to_string(target.join("index.html")).expect("a page");
    assert!(page.contains("It prints &lt;nothing&gt;.") && !page.contains("<nothing>"), "{page}");
    assert_eq!(
        fs::read(target.join("mails/001-in.eml")).expect("raw"),
        MAIL.replace('\n', "\r\n").as_bytes()
    );
    let (code, said) = folder.run(&["ticket", "export", "KL-3107", &dir]).failed();
    assert!(code == 1 && said.contains("is not empty"), "{code} {said}");
    assert_eq!(folder.run(&["ticket", "export", "3999", &dir]).code, 1);
}

#[test]
fn a_person_gets_what_is_the_persons() {
    let folder = filled();
    let target = folder.path("ona");
    let dir = target.display().to_string();
    folder.run(&["person", "export", "ona@client.example", &dir]).ok();
    let names = names(&target);
    assert!(names.contains(&"KL-3107/mails/001-in.eml".to_owned()), "{names:?}");
    assert!(
        names.contains(&"person.txt".to_owned()) && !names.iter().any(|n| n.contains("history")),
        "{names:?}"
    );
    for name in names.iter().filter(|name| !name.ends_with(".eml")) {
        let text = fs::read_to_string(target.join(name)).expect("text");
        assert!(!text.contains("in a hurry"), "an internal note is in {name}:\n{text}");
    }
    let letters = names.iter().filter(|name| name.ends_with("-out.eml"));
    for name in letters {
        let text = fs::read_to_string(target.join(name)).expect("text");
        assert!(text.contains("ona@client.example"), "{name}");
    }
    let other = folder.path("nobody").display().to_string();
    let (code, said) = folder.run(&["person", "export", "nobody@client.example", &other]).failed();
    assert!(code == 1 && said.contains("nothing is known"), "{code} {said}");
}
