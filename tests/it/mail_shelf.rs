//! The shelf of mails in `fixtures/mail`: each is read with LF and with CRLF line ends and held against the
//! expectation beside it.
//!
//! An expectation is a file of lines `key: value`. Lines `text:` and `new:` are the lines of the text and of
//! what is new in it; `from: ?` means that nobody can be taken for the sender; `*` is any size.

use std::fs;
use std::path::{Path, PathBuf};

use maildesk::domain::message::{Defect, Incoming};
use maildesk::mail::parse::{Limits, parse, part};
use maildesk::mail::quote;

fn mails() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail");
    let mut found = Vec::new();
    for folder in
        fs::read_dir(root).expect("the shelf").map(|f| f.expect("a folder").path()).filter(|f| f.is_dir())
    {
        let files = fs::read_dir(folder).expect("a folder").map(|f| f.expect("a file").path());
        found.extend(files.filter(|f| f.extension().is_some_and(|e| e == "eml")));
    }
    found.sort();
    found
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in bytes {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

#[test]
fn every_mail_on_the_shelf_is_read_as_expected_with_lf_and_with_crlf() {
    let mut wrong = Vec::new();
    let all = mails();
    assert!(all.len() > 60, "the shelf is nearly empty");
    for file in all {
        let bytes = fs::read(&file).expect("a mail");
        let expected = fs::read_to_string(file.with_extension("expect")).expect("an expectation");
        for (ends, bytes) in [("LF", bytes.clone()), ("CRLF", with_crlf(&bytes))] {
            let mail = parse(&bytes, &Limits::default());
            let found = differences(&expected, &mail);
            wrong.extend(found.into_iter().map(|d| format!("{} with {ends}: {d}", file.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mail_keeps_its_fingerprint_whatever_its_line_ends() {
    for file in mails() {
        let bytes = fs::read(&file).expect("a mail");
        let (lf, crlf) = (parse(&bytes, &Limits::default()), parse(&with_crlf(&bytes), &Limits::default()));
        assert_eq!(lf.fingerprint, crlf.fingerprint, "{}", file.display());
    }
}

#[test]
fn every_attachment_is_found_again_by_its_number() {
    for file in mails() {
        let bytes = fs::read(&file).expect("a mail");
        for attachment in parse(&bytes, &Limits::default()).attachments {
            let body = part(&bytes, attachment.part).expect("the part");
            assert_eq!(body.len() as u64, attachment.size_bytes, "{}: {}", file.display(), attachment.name);
        }
    }
}

/// What of the expectation does not hold.
fn differences(expected: &str, mail: &Incoming) -> Vec<String> {
    let pairs: Vec<(&str, &str)> = expected
        .lines()
        .filter_map(|l| l.split_once(':'))
        .map(|(k, v)| (k, v.strip_prefix(' ').unwrap_or(v)))
        .collect();
    let mut wrong = Vec::new();
    let mut hold = |key: &str, want: &str, got: String| {
        if want != got {
            wrong.push(format!("{key}: want {want:?}, got {got:?}"));
        }
    };
    for key in ["text", "new"] {
        let lines: Vec<&str> = pairs.iter().filter(|(k, _)| *k == key).map(|(_, v)| *v).collect();
        if !lines.is_empty() {
            let got = if key == "text" { mail.text.clone() } else { quote::split(&mail.text, None).new };
            hold(key, &lines.join("\n"), got);
        }
    }
    for (key, want) in pairs.iter().filter(|(k, _)| *k != "text" && *k != "new") {
        let got = if has(mail, key, want) { (*want).to_owned() } else { shown(mail, key) };
        hold(key, want, got);
    }
    wrong
}

fn has(mail: &Incoming, key: &str, want: &str) -> bool {
    let attached = |inline: bool| {
        let (name, size) = want.rsplit_once(' ').expect("name and size");
        let fits = |a: &&maildesk::domain::message::Attachment| {
            a.name == name && a.inline == inline && (size == "*" || a.size_bytes.to_string() == size)
        };
        mail.attachments.iter().any(|a| fits(&a))
    };
    match key {
        "from" => mail.from.mailbox().map_or("?", |m| m.address.as_str()) == want,
        "from-name" => mail.from.mailbox().is_some_and(|m| m.name == want),
        "subject" => mail.subject == want,
        "date" => mail.date.map_or("none".to_owned(), |d| d.to_string()) == want,
        "text-has" => mail.text.contains(want),
        "reference" => mail.references.iter().any(|r| r == want),
        "in-reply-to" => mail.in_reply_to.iter().any(|r| r == want),
        "attachment" => attached(false),
        "inline" => attached(true),
        "attachments" => mail.attachments.len().to_string() == want,
        "authentication" => mail.authentication.len().to_string() == want,
        "kind" => kind(mail) == want,
        "answerable" => (if mail.machine.may_be_answered() { "yes" } else { "no" }) == want,
        "defect" => mail.defects.iter().any(|d| defect(d) == want),
        "recipient" => reported(mail).iter().any(|r| r == want),
        "original" => mail.report.as_ref().and_then(|r| r.original_message_id.as_deref()) == Some(want),
        other => panic!("unknown key {other}"),
    }
}

fn kind(mail: &Incoming) -> String {
    let json = serde_json::to_value(mail.machine.kind).expect("a word");
    json.as_str().unwrap_or_default().to_owned()
}

fn defect(defect: &Defect) -> String {
    match serde_json::to_value(defect).expect("a defect") {
        serde_json::Value::Object(map) => {
            map.iter().map(|(k, v)| format!("{k} {}", v.as_str().unwrap_or_default())).collect()
        }
        word => word.as_str().unwrap_or_default().to_owned(),
    }
}

fn reported(mail: &Incoming) -> Vec<String> {
    let fate = |f| match f {
        maildesk::domain::message::Fate::Failed => "failed",
        maildesk::domain::message::Fate::FailedForNow => "failed_for_now",
        maildesk::domain::message::Fate::Delayed => "delayed",
        maildesk::domain::message::Fate::Delivered => "delivered",
    };
    let recipients = mail.report.iter().flat_map(|r| &r.recipients);
    recipients
        .map(|r| {
            format!("{} {} {}", r.address, fate(r.fate), r.status.as_deref().unwrap_or_default())
                .trim()
                .to_owned()
        })
        .collect()
}

fn shown(mail: &Incoming, key: &str) -> String {
    match key {
        "from" | "from-name" => format!("{:?}", mail.from),
        "subject" => mail.subject.clone(),
        "date" => format!("{:?}", mail.date),
        "text-has" => mail.text.clone(),
        "kind" | "answerable" => format!("{:?}", mail.machine),
        "defect" => format!("{:?}", mail.defects),
        "recipient" | "original" => format!("{:?}", mail.report),
        "reference" | "in-reply-to" => format!("{:?} {:?}", mail.references, mail.in_reply_to),
        _ => format!("{:?}", mail.attachments),
    }
}
