use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn read(bytes: &[u8]) -> Incoming {
    parse(bytes, &Limits::default())
}

#[test]
fn a_mail_with_carriage_returns_for_line_ends_is_read() {
    for text in [
        "From: ona@client.example\rSubject: x\r\rbody\rmore",
        "From: ona@client.example\r\r\nSubject: x\r\r\n\r\r\nbody\r\r\nmore",
        "From: ona@client.example\nSubject: x\n\nbody\nmore",
    ] {
        let mail = read(text.as_bytes());
        assert_eq!((mail.subject.as_str(), mail.text.as_str()), ("x", "body\nmore"), "{text:?}");
        assert_eq!(mail.raw, digest::of(text.as_bytes()), "the raw name is of the bytes as received");
    }
}

#[test]
fn of_a_mail_beyond_the_limit_only_the_header_is_read() {
    let limits = Limits { mail_bytes: 100, ..Limits::default() };
    let text = format!("From: ona@client.example\nSubject: big\n\n{}", "x".repeat(200));
    let mail = parse(text.as_bytes(), &limits);
    assert_eq!((mail.subject.as_str(), mail.text.as_str(), mail.size_bytes), ("big", "", text.len() as u64));
    assert!(mail.defects.contains(&Defect::Oversize));
}

#[test]
fn bombs_are_read_up_to_a_limit_and_in_no_time() {
    let nested: String =
        (0..20_000).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")).collect();
    let parts = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(100_000));
    let fields = "X-A: b\n".repeat(200_000) + "\nbody";
    let addresses = format!("To: {}\n\nbody", "a@b.example, ".repeat(50_000));
    let name = format!("From: {} <ona@client.example>\n\nbody", "(".repeat(500_000));
    let files = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n{}",
        "--b\nContent-Disposition: attachment; filename=a\n\nx\n".repeat(900)
    );
    for (bomb, limit) in [
        (nested, "depth"),
        (parts, "parts"),
        (fields, "header"),
        (addresses, "addresses"),
        (name, ""),
        (files, "attachments"),
    ] {
        let start = Instant::now();
        let mail = read(bomb.as_bytes());
        assert!(start.elapsed().as_secs() < 5, "{limit} took {:?}", start.elapsed());
        let said = mail.defects.contains(&Defect::Limit(limit.to_owned()));
        assert!(limit.is_empty() || said, "{limit}: {:?}", mail.defects);
        assert!(mail.from.mailbox().is_none_or(|m| m.name.chars().count() <= 200));
    }
}

#[test]
fn the_date_counts_only_where_it_can_be() {
    for (text, expected) in [
        ("Mon, 9 Mar 2026 10:15:00 +0200", Some("2026-03-09T08:15:00Z")),
        ("9 Mar 2026 10:15 GMT", Some("2026-03-09T10:15:00Z")),
        ("31 Feb 2026 25:00:00 +0000", None),
        ("32 Nov 9999 00:00:00 +0000", None),
        ("yesterday", None),
        ("", None),
    ] {
        assert_eq!(date(text).map(|d| d.to_string()).as_deref(), expected, "{text}");
    }
}

#[test]
fn where_the_mail_really_went_and_who_has_had_it_is_known() {
    let mail = read(
        b"Return-Path: <bounce@client.example>\nReturn-Path: <>\nDelivered-To: support+3107.k7@desk.example\n\
          X-Original-To: support@desk.example\nReceived: a\nReceived: b\nX-Maildesk-Instance: d1\n\
          X-Spam-Flag: YES\nAuthentication-Results: mx.desk.example;\n dmarc=pass\n\nx",
    );
    let delivered: Vec<&str> = mail.delivered_to.iter().map(Address::as_str).collect();
    assert_eq!(delivered, ["support+3107.k7@desk.example", "support@desk.example"]);
    assert_eq!(
        mail.return_path,
        Some(ReturnPath::Address(Address::parse("bounce@client.example").expect("sound")))
    );
    assert_eq!((mail.hops, mail.instances.as_slice()), (2, ["d1".to_owned()].as_slice()));
    assert_eq!(mail.spam.as_deref(), Some("X-Spam-Flag: YES"));
    assert_eq!(mail.authentication, ["mx.desk.example; dmarc=pass"]);
}

#[test]
fn a_part_that_is_not_there_is_none() {
    assert_eq!(part(b"Subject: x\n\nbody", 0).as_deref(), Some(b"body".as_slice()));
    assert_eq!(part(b"Subject: x\n\nbody", 1), None);
    assert_eq!(part(b"", 7), None);
}

proptest! {
    #[test]
    fn no_bytes_make_reading_fail(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        read(&bytes);
    }

    #[test]
    fn no_mail_like_text_makes_reading_fail(pieces in prop::collection::vec(prop::sample::select(vec![
        "From: ", "Subject: ", "Content-Type: ", "multipart/mixed; ", "boundary=", "b", "--b", "--", "\n", "\r\n", "\r",
        "\n\n", "=?utf-8?Q?", "=?utf-8?B?", "?=", "=C4", "=", "<", ">", "@", "a@b.example", ",", ":", ";", "\"", "(", ")", "\\",
        "text/html", "text/plain; charset=", "utf-7", "+", "&#x", "&amp;", "<div>", "<!--", "<blockquote>", "> ", "-- ", "ą", "\u{0}",
        "filename*0*=", "utf-8''%C4", "base64", "Content-Transfer-Encoding: ", "quoted-printable", "On Mon 2026 a@b wrote:", "5.1.1",
        "message/rfc822", "message/delivery-status", "Final-Recipient: rfc822;", "Return-Path: <>", "MAILER-DAEMON", " ", "\t",
    ]), 0..80)) {
        let text = pieces.concat();
        let mail = read(text.as_bytes());
        for attachment in &mail.attachments {
            prop_assert_eq!(part(text.as_bytes(), attachment.part).map(|b| b.len() as u64), Some(attachment.size_bytes));
        }
        let split = crate::mail::quote::split(&mail.text, Some(&["we wrote you a letter with many words in it"]));
        prop_assert!(split.new.len() <= mail.text.len() + mail.text.lines().count());
        let _ = crate::mail::trail::base_subject(&mail.subject, &[]);
        let _ = crate::mail::html::from_text(&text);
        let _ = crate::mail::html::to_text(&text);
    }
}
