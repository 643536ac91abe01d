use super::*;
use crate::mail::parse::{Limits, parse};

fn report(subject: &str, text: &str) -> Option<Report> {
    let mail = format!(
        "From: MAILER-DAEMON@mx.example\nTo: support@desk.example\nReturn-Path: <>\nSubject: {subject}\n\n{text}"
    );
    parse(mail.as_bytes(), &Limits::default()).report
}

fn fates(report: &Report) -> Vec<(&str, Fate)> {
    report.recipients.iter().map(|r| (r.address.as_str(), r.fate)).collect()
}

#[test]
fn reports_in_words_tell_who_and_whether_for_good() {
    for (text, expected) in [
        ("<ona@client.example>:\n550 5.1.1 unknown", Fate::Failed),
        ("<ona@client.example>:\n452 4.2.2 over quota", Fate::FailedForNow),
        ("ona@client.example: Connection timed out", Fate::FailedForNow),
        (
            "This is a warning message only.\nYou do not need to resend.\n\n  ona@client.example\n",
            Fate::Delayed,
        ),
        ("Die folgende Adresse ist nicht zustellbar:\n\n* ona@client.example\n", Fate::Failed),
    ] {
        let report = report("Undelivered Mail Returned to Sender", text).expect("a report");
        assert_eq!(fates(&report), [("ona@client.example", expected)], "{text}");
    }
}

#[test]
fn several_recipients_have_fates_of_their_own() {
    let text = "<ona@client.example>:\n550 5.1.1 unknown\n\n<petr@client.example>:\n451 4.3.0 later\n";
    let report = report("failure notice", text).expect("a report");
    assert_eq!(
        fates(&report),
        [("ona@client.example", Fate::Failed), ("petr@client.example", Fate::FailedForNow)]
    );
}

#[test]
fn the_reporting_system_and_ourselves_are_no_recipients() {
    let text = "Contact postmaster@mx.example.\nYour mail from support@desk.example did not reach\n\n  ona@client.example\n";
    let report = report("Undeliverable: x", text).expect("a report");
    assert_eq!(fates(&report), [("ona@client.example", Fate::Failed)]);
}

#[test]
fn codes_are_read_where_they_stand() {
    for (text, code) in [
        ("550 5.1.1 x", Some("5.1.1")),
        ("(#4.4.1)", Some("4.4.1")),
        ("host 192.0.2.15 said", None),
        ("version 15.1.1", None),
        ("5.7.124.", Some("5.7.124")),
    ] {
        assert_eq!(status::enhanced(text).as_deref(), code, "{text}");
    }
}

#[test]
fn a_mail_system_is_believed_whatever_it_writes_over_its_report() {
    let read = |from: &str, text: &str| {
        let mail = format!(
            "From: {from}\nTo: support@desk.example\nReturn-Path: <list@desk.example>\nSubject: Mail\n\n{text}"
        );
        parse(mail.as_bytes(), &Limits::default()).report
    };
    let text =
        "Unable to deliver message to the following address(es).\n\n<ona@client.example>:\n550 unknown\n";
    let found = read("MAILER-DAEMON@mx.example", text).expect("a report");
    assert_eq!(fates(&found), [("ona@client.example", Fate::Failed)]);
    assert_eq!(read("Petr <petr@client.example>", text), None, "people write such things, too");
    assert_eq!(read("postmaster@mx.example", "Our address is ona@client.example now."), None);
}
