//! `maildesk ticket list --search`, and the index behind it.

use super::{DESK, Folder, NOBODY};

const CLIENTS: &str = r#"
[[desk.clients]]
name = "UAB „Vėtra“"
code = "301234567"
domains = ["vetra.example"]
"#;

fn mail(id: u32, from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: support@desk.example\nSubject: {subject}\nMessage-ID: <{id}@client.example>\n\
         Date: Mon, 2 Mar 2026 09:12:00 +0200\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\
         Content-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

/// Requests in five languages, as the daemon takes them in.
fn desk_of_five_languages() -> Folder {
    let folder = Folder::with(&format!("{DESK}{CLIENTS}{NOBODY}"));
    for (uid, from, subject, text, at) in [
        (
            1,
            "Ona <ona@vetra.example>",
            "Kasa",
            "Laba diena, mūsų ąžuolinė kasa vėl nespausdina čekių.",
            "2026-01-05",
        ),
        (
            2,
            "Jānis <janis@client.example>",
            "Printeris",
            "Labdien, drukātavā beigušās šķēres un ziņas.",
            "2026-01-20",
        ),
        (
            3,
            "Olga <olga@client.example>",
            "Принтер",
            "Здравствуйте, принтер всё ещё не печатает.",
            "2026-02-10",
        ),
        (4, "Petr <petr@client.example>", "Faktura", "Dobrý den, posíláme fakturu z října.", "2026-02-25"),
        (
            5,
            "Alice <alice@client.example>",
            "Till",
            "Good morning, the till in the café is dark.",
            "2026-03-02",
        ),
    ] {
        folder.receive(uid, &mail(uid, from, subject, text), &format!("{at}T08:00:00Z"));
    }
    folder
}

/// The shown numbers of what a search finds.
fn found(folder: &Folder, words: &[&str]) -> Vec<u64> {
    let list = folder.json(&[&["ticket", "list"], words].concat());
    assert_eq!(list["unsearched"], 0);
    list["tickets"].as_array().unwrap().iter().map(|t| t["number"].as_u64().unwrap()).collect()
}

#[test]
fn tickets_are_found_by_words_in_five_languages_however_they_are_typed() {
    let folder = desk_of_five_languages();
    for _ in 0..2 {
        for (typed, number) in [
            ("azuoline cekiu", 3107),
            ("ĄŽUOLINĖ", 3107),
            ("vetra", 3107),
            ("skeres zinas", 3108),
            ("drukātavā", 3108),
            ("все еще", 3109),
            ("ВСЁ принт", 3109),
            ("rijna fakturu", 3110),
            ("října", 3110),
            ("cafe", 3111),
            ("alice@client.example", 3111),
        ] {
            assert_eq!(found(&folder, &["--search", typed]), [number], "{typed}");
        }
        assert_eq!(found(&folder, &["--search", "client.example"]), [3111, 3110, 3109, 3108]);
        folder.run(&["reindex"]).ok();
    }
}

#[test]
fn a_search_is_narrowed_like_a_list() {
    let folder = desk_of_five_languages();
    folder.run(&["ticket", "assign", "3108", "petr"]).ok();
    folder.run(&["ticket", "close", "3109"]).ok();
    let narrowed = |words: &[&str]| found(&folder, &[&["--search", "desk example"], words].concat());
    // Everybody wrote to it; who wrote is what is found.
    assert_eq!(narrowed(&[]), [] as [u64; 0]);
    let narrowed = |words: &[&str]| found(&folder, &[&["--search", "example"], words].concat());
    assert_eq!(narrowed(&[]), [3111, 3110, 3109, 3108, 3107], "also what is finished");
    assert_eq!(narrowed(&["--status", "new"]), [3111, 3110, 3107]);
    assert_eq!(narrowed(&["--status", "closed"]), [3109]);
    for agent in ["petr", "Petr Novak"] {
        assert_eq!(narrowed(&["--agent", agent]), [3108]);
    }
    for client in ["301234567", "uab „vetra“"] {
        assert_eq!(narrowed(&["--client", client]), [3107]);
    }
    assert_eq!(narrowed(&["--requester", "petr@client.example"]), [3110]);
    assert_eq!(narrowed(&["--desk", "desk", "--limit", "2"]), [3111, 3110]);
    assert_eq!(narrowed(&["--age", "2026-01-10..2026-02-20"]), [3109, 3108]);
    assert_eq!(narrowed(&["--age", "2026-02-20.."]), [3109, 3108, 3107]);
    assert_eq!(found(&folder, &["--age", "2026-02-20", "--agent", "petr"]), [] as [u64; 0]);
    assert_eq!(found(&folder, &["--age", "2026-02-20"]), [3111, 3110]);
}

#[test]
fn a_hit_shows_where_the_words_stand() {
    let folder = desk_of_five_languages();
    let line = folder.run(&["ticket", "list", "--search", "cekiu"]).ok();
    assert_eq!(
        line,
        "KL-3107\tnew\t2026-01-05 10:00\t\tona@vetra.example\tKasa\t…ąžuolinė kasa vėl nespausdina čekių.\n"
    );
    let cut = folder.run(&["ticket", "list", "--search", "example", "--limit", "1"]);
    assert_eq!((cut.code, cut.err.as_str()), (0, "maildesk: 4 more; --limit 0 shows all\n"));
    let (code, said) = folder.run(&["ticket", "list", "--search", "*\"'"]).failed();
    assert!(code == 64 && said.contains("--search needs a word"), "{said}");
}

#[test]
fn an_index_in_doubt_is_made_anew() {
    let folder = desk_of_five_languages();
    let database = folder.settings().database;
    assert_eq!(folder.run(&["reindex"]).ok(), "5 tickets indexed\n");
    let raw = rusqlite::Connection::open(&database).expect("opened");
    raw.execute("DELETE FROM search WHERE rowid = 2", []).expect("lost");
    drop(raw);
    assert_eq!(found(&folder, &["--search", "zinas"]), [] as [u64; 0]);
    let doubt = folder.run(&["doctor"]);
    assert!(doubt.code == 1 && doubt.out.contains("desk/3108 is not in the search index"), "{}", doubt.out);
    let made = folder.json(&["reindex"]);
    assert_eq!((&made["tickets"], &made["by_daemon"]), (&5.into(), &false.into()));
    assert_eq!(found(&folder, &["--search", "zinas"]), [3108]);
    assert_eq!(folder.run(&["doctor"]).code, 0);
}
