//! Delivery reports, in the form of RFC 3464 and in words.

use maildesk::domain::address::Address;
use maildesk::domain::message::Author;
use maildesk::mail::parse::{Limits, parse};

/// A report names few recipients, each once, with sound addresses and codes on one line; and it never reads as a person's mail.
pub fn holds(bytes: &[u8]) {
    for mail in [bytes.to_vec(), in_words(bytes), formal(bytes)] {
        told(&mail);
    }
    super::grown(bytes, |big| {
        parse(&in_words(big), &Limits::default());
        parse(&formal(big), &Limits::default());
    });
}

/// The bytes as what a mail system writes in words of its own.
fn in_words(bytes: &[u8]) -> Vec<u8> {
    let head = b"From: Mail Delivery System <MAILER-DAEMON@mx.desk.example>\r\nTo: support@desk.example\r\n\
        Subject: Undelivered Mail Returned to Sender\r\n\r\n";
    [head, bytes].concat()
}

/// The bytes as the machine's part of a report, and what comes behind it.
fn formal(bytes: &[u8]) -> Vec<u8> {
    let head = b"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.desk.example\r\nTo: support@desk.example\r\n\
        Subject: failure\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
        --b\r\n\r\nIt did not arrive.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n";
    [head, bytes].concat()
}

fn told(bytes: &[u8]) {
    let mail = parse(bytes, &Limits::default());
    let Some(report) = &mail.report else { return };
    assert_ne!(mail.machine.kind, Author::Person, "a report is answered by nothing");
    assert!(!mail.machine.may_be_answered());
    assert!(report.recipients.len() <= 200, "{}", report.recipients.len());
    for (at, one) in report.recipients.iter().enumerate() {
        assert_eq!(Address::parse(one.address.as_str()).as_ref(), Some(&one.address));
        assert!(
            report.recipients[..at].iter().all(|other| other.address != one.address),
            "{} twice",
            one.address
        );
        assert!(super::is_one_line(&one.diagnostic), "{:?}", one.diagnostic);
        assert!(one.diagnostic.len() <= 4_096, "{} bytes", one.diagnostic.len());
        if let Some(code) = &one.status {
            let parts: Vec<&str> = code.split('.').collect();
            let digits =
                |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            assert!(parts.len() == 3 && parts.iter().all(digits) && "245".contains(parts[0]), "{code}");
        }
    }
    if let Some(id) = &report.original_message_id {
        assert!(!id.is_empty() && !id.contains(char::is_whitespace) && super::is_one_line(id), "{id:?}");
    }
}
