//! A person is taken out: not a byte of him stays, what others own stays, and a rescan brings nothing back (E16).

use std::fs;

use maildesk::store::Outcome;

use super::all_leave;
use crate::cli::Folder;

const OLGA: &str = "\
From: Olga Onaitė <olga@client.example>
To: support@desk.example
Subject: The violet printer of the third floor
Message-ID: <violet-1@client.example>
Date: Mon, 2 Mar 2026 09:00:00 +0200
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

It prints nothing but marmalade since Thursday.
--b
Content-Type: text/plain; name=\"marmalade.txt\"
Content-Disposition: attachment; filename=\"marmalade.txt\"

a recipe that nobody else may ever read
--b--
";

const JANIS: &str = "\
From: Janis Berzins <janis@other.example>
To: support@desk.example
Cc: Olga Onait <olga@client.example>
Subject: The lamp in the cellar
Message-ID: <lamp-1@other.example>
Date: Mon, 2 Mar 2026 09:10:00 +0200

It is dark. Ask olga@client.example for the key; wolga@client.example has none.
";

const OLGA_ON_JANIS: &str = "\
From: Olga Onaitė <olga@client.example>
To: support@desk.example
Subject: Re: [KL-3108] The lamp in the cellar
In-Reply-To: <lamp-1@other.example>
References: <lamp-1@other.example>
Message-ID: <violet-2@client.example>
Date: Mon, 2 Mar 2026 09:20:00 +0200

The key hangs behind the tangerine curtain.
";

fn filled() -> Folder {
    let folder = Folder::new();
    folder.receive(1, OLGA, "2026-03-02T07:12:00Z");
    folder.receive(2, JANIS, "2026-03-02T07:22:00Z");
    let joined = folder.receive(3, OLGA_ON_JANIS, "2026-03-02T07:32:00Z");
    assert_eq!(joined.ticket().map(|key| key.number), Some(3108), "{joined:?}");
    folder.run(&["ticket", "note", "3107", "Olga Onaitė sounds marmalade-coloured.", "--as", "petr"]).ok();
    folder.run(&["ticket", "resolve", "3107", "Changed.", "--time", "0:20", "--as", "petr"]).ok();
    folder.run(&["reindex"]).ok();
    let (code, text) = folder.run(&["person", "erase", "olga@client.example", "--dry-run"]).told();
    assert!(code == 0 && text.contains("waits        letters of desk/3108"), "{text}");
    all_leave(&folder, "2026-12-31T07:00:00Z");
    folder
}

/// Everything that the files of the database hold.
fn bytes(folder: &Folder) -> Vec<u8> {
    let mut all = Vec::new();
    for name in ["state/maildesk.sqlite", "state/maildesk.sqlite-wal"] {
        all.extend(fs::read(folder.path(name)).unwrap_or_default());
    }
    all
}

fn holds(all: &[u8], word: &str) -> bool {
    all.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

const WORDS: [&str; 7] = [
    "marmalade",
    "violet",
    "tangerine",
    " olga@client.example",
    "recipe that nobody",
    "Olga Onait",
    "third floor",
];

#[test]
fn an_open_case_is_closed_first_and_a_dry_run_changes_nothing() {
    let folder = filled();
    let (code, text) = folder.run(&["person", "erase", "olga@client.example"]).failed();
    assert!(code == 1 && text.contains("--dry-run"), "{text}");
    let before = bytes(&folder);
    let told = folder.run(&["person", "erase", "olga@client.example", "--dry-run"]).ok();
    assert!(
        told.contains("cases        KL-3107\n") && told.contains("open         KL-3107: close"),
        "{told}"
    );
    assert!(told.contains("named in     KL-3108\n"), "{told}");
    assert_eq!(bytes(&folder), before);
    let (code, text) = folder.run(&["person", "erase", "olga@client.example", "--yes"]).failed();
    assert!(code == 1 && text.contains("desk/3107 is open still"), "{text}");
    let (code, text) = folder.run(&["person", "erase", "nobody@client.example", "--yes"]).failed();
    assert!(code == 1 && text.contains("nothing is kept of"), "{text}");
}

#[test]
fn not_a_byte_of_a_person_stays_and_what_is_others_does() {
    let folder = filled();
    folder.run(&["ticket", "close", "3107", "--as", "petr"]).ok();
    all_leave(&folder, "2026-12-31T08:00:00Z");
    let all = bytes(&folder);
    for word in WORDS {
        assert!(holds(&all, word), "{word} is there before");
    }
    let document = folder.json(&["person", "erase", "olga@client.example", "--yes"]);
    assert_eq!(document["done"], true);
    let found = document["proof"]["found"].as_array().expect("a list");
    assert!(found.iter().all(|found| found["sample"] == "wolga@client.example"), "{document}");
    assert!(document["proof"]["samples"].as_u64().expect("a count") > 10, "{document}");
    let all = bytes(&folder);
    for word in WORDS {
        assert!(!holds(&all, word), "{word} is still there");
    }
    for word in ["wolga@client.example", "The lamp in the cellar", "janis@other.example"] {
        assert!(holds(&all, word), "{word} is somebody else's");
    }
    assert_eq!(folder.run(&["doctor"]).code, 0, "{}", folder.run(&["doctor"]).out);
    let case = folder.json(&["ticket", "show", "3107"]);
    assert!(case.to_string().contains("20"), "the minutes stay: {case}");
    let listed = folder.run(&["ticket", "list", "--all"]).out;
    assert!(listed.contains("KL-3107") || folder.run(&["ticket", "show", "3107"]).code == 0, "{listed}");
    // The next number is another one, and the index finds what is left.
    folder.run(&["reindex"]).ok();
    let found = folder.run(&["ticket", "list", "--search", "cellar"]).ok();
    assert!(found.contains("KL-3108"), "{found}");
    assert_eq!(folder.run(&["ticket", "list", "--search", "marmalade"]).ok(), "");
    assert_eq!(folder.run(&["doctor"]).code, 0);
}

#[test]
fn a_person_who_was_taken_out_stays_so_when_the_mailbox_is_walked_again() {
    let folder = filled();
    folder.run(&["ticket", "close", "3107", "--as", "petr"]).ok();
    folder.run(&["person", "erase", "olga@client.example", "--yes"]).ok();
    for (uid, mail) in [(101, OLGA), (103, OLGA_ON_JANIS)] {
        let met = folder.receive(uid, mail, "2026-03-03T07:12:00Z");
        assert!(matches!(met, Outcome::Duplicate { .. }), "{met:?}");
    }
    let all = bytes(&folder);
    assert!(!holds(&all, "marmalade") && !holds(&all, "tangerine"));
    // A mail of today is a new request, as anybody's.
    let fresh = OLGA.replace("marmalade", "jam").replace("violet-1", "violet-9");
    let outcome = folder.receive(104, &fresh, "2026-03-04T07:12:00Z");
    assert_eq!(outcome.ticket().map(|key| key.number), Some(3109));
    assert_eq!(folder.run(&["doctor"]).code, 0);
}
