use super::*;
use crate::mail::parse::{self, Limits};

fn written(mail: &Mail, answers: Option<&Earlier>) -> Vec<u8> {
    let at = "2026-03-10T14:20[Europe/Vilnius]".parse().expect("moment");
    let to = Address::parse("help@desk.example").expect("address");
    let text_of = |name: &str| (name == "ack1").then(|| "Hello,\n\nit is [A-1].".to_owned());
    let writing = Writing {
        at: &at,
        id: "a.1",
        to: &to,
        answers,
        text_of: &text_of,
        language: "en",
        line_ends: LineEnds::CrLf,
    };
    write(mail, &writing).expect("can be written")
}

fn read(mail: &Mail) -> Incoming {
    parse::parse(&written(mail, None), &Limits::default())
}

fn from_olga() -> Mail {
    Mail {
        from: "Ольга Мельникова <olga@client.example>".to_owned(),
        subject: "Не печатает принтер".to_owned(),
        body: Some("Здравствуйте!\n".to_owned()),
        ..Mail::default()
    }
}

#[test]
fn a_mail_in_an_old_charset_is_read_as_it_was_meant() {
    for charset in ["windows-1251", "koi8-r", "utf-8"] {
        let mail = read(&Mail { charset: Some(charset.to_owned()), ..from_olga() });
        assert_eq!(mail.subject, "Не печатает принтер", "{charset}");
        assert_eq!(mail.text.trim(), "Здравствуйте!", "{charset}");
        let from = mail.from.mailbox().expect("a sender");
        assert_eq!((from.name.as_str(), from.address.as_str()), ("Ольга Мельникова", "olga@client.example"));
    }
}

#[test]
fn a_charset_that_lacks_a_letter_is_told() {
    let mail = Mail { charset: Some("iso-8859-1".to_owned()), ..from_olga() };
    let at = "2026-03-10T14:20[Europe/Vilnius]".parse().expect("moment");
    let to = Address::parse("help@desk.example").expect("address");
    let writing = Writing {
        at: &at,
        id: "a.1",
        to: &to,
        answers: None,
        text_of: &|_| None,
        language: "en",
        line_ends: LineEnds::Lf,
    };
    assert!(write(&mail, &writing).expect_err("no Cyrillic there").contains("iso-8859-1"));
}

#[test]
fn attachments_have_their_names_and_sizes() {
    let file = |name: &str, inline, name_encoding| AttachedFile {
        name: name.to_owned(),
        content_type: "image/png".to_owned(),
        size: 20_480,
        inline,
        name_encoding,
    };
    let attachments = vec![
        file("снимок экрана.png", false, NameEncoding::Rfc2231),
        file("dílna přední.png", false, NameEncoding::Rfc2047),
        file("logo.png", true, NameEncoding::Rfc2231),
    ];
    let mail = read(&Mail { attachments, ..from_olga() });
    let mut found: Vec<_> =
        mail.attachments.iter().map(|a| (a.name.as_str(), a.size_bytes, a.inline)).collect();
    found.sort_unstable();
    let all = [
        ("dílna přední.png", 20_480, false),
        ("logo.png", 20_480, true),
        ("снимок экрана.png", 20_480, false),
    ];
    assert_eq!(found, all);
}

#[test]
fn an_answer_names_and_quotes_what_it_answers() {
    let earlier = Earlier {
        message_id: "2@desk".to_owned(),
        references: vec!["1@desk".to_owned()],
        reply_to: None,
        to: Vec::new(),
        text: String::new(),
    };
    let body = Some("Thanks.\n\n<<quote ack1>>\n".to_owned());
    let raw = written(&Mail { body, ..from_olga() }, Some(&earlier));
    let mail = parse::parse(&raw, &Limits::default());
    assert_eq!(mail.in_reply_to, ["2@desk"]);
    assert_eq!(mail.references, ["1@desk", "2@desk"]);
    assert_eq!(mail.text.trim(), "Thanks.\n\n> Hello,\n>\n> it is [A-1].");
}

#[test]
fn running_text_has_just_the_length_that_was_asked_for() {
    for (chars, language) in [(1, "en"), (77, "cs"), (8_000, "cs"), (9_500, "ru")] {
        let text = body::running_text(chars, language);
        assert_eq!((text.chars().count(), text.trim().chars().count()), (chars, chars), "{language}");
        assert!(text.lines().all(|line| line.chars().count() < 100));
    }
}

#[test]
fn a_delivery_report_names_the_mail_that_did_not_arrive() {
    let earlier = Earlier {
        message_id: "2@desk".to_owned(),
        references: Vec::new(),
        reply_to: None,
        to: Vec::new(),
        text: String::new(),
    };
    let headers = [("Content-Type".to_owned(), "multipart/report; report-type=delivery-status".to_owned())];
    let status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; ona@client.example\nAction: failed\nStatus: 5.1.1\n";
    let mail = Mail {
        from: "MAILER-DAEMON@mx.example".to_owned(),
        subject: "Undelivered".to_owned(),
        body: Some(status.to_owned()),
        headers: headers.into(),
        ..Mail::default()
    };
    let read = parse::parse(&written(&mail, Some(&earlier)), &Limits::default());
    let report = read.report.expect("a report");
    assert_eq!(report.original_message_id.as_deref(), Some("2@desk"));
    assert_eq!(report.recipients[0].address.as_str(), "ona@client.example");
}
