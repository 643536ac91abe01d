//! What fuzzing once found stays mended: every seed that is kept is asked again, without a fuzzer.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use maildesk::config::load_without_secrets;
use maildesk::domain::message::Defect;
use maildesk::mail::auth_results::{Auth, verdict};
use maildesk::mail::command::{self, Vocabulary};
use maildesk::mail::parse::{Limits, parse};
use maildesk::mail::trail::base_subject;

#[path = "../../fuzz/src/lib.rs"]
mod properties;

#[test]
fn what_must_hold_of_anything_a_stranger_sends_holds_of_every_kept_seed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut broken = Vec::new();
    for (name, holds) in properties::ALL {
        let seeds = fs::read_dir(corpus.join(name)).expect("each check has a folder of seeds");
        let mut count = 0;
        for seed in seeds {
            let path = seed.expect("a seed").path();
            let bytes = fs::read(&path).expect("its bytes");
            count += 1;
            if catch_unwind(AssertUnwindSafe(|| holds(&bytes))).is_err() {
                broken.push(format!("{name}/{}", path.file_name().unwrap_or_default().display()));
            }
        }
        assert!(count > 0, "{name} has no seeds");
    }
    assert!(broken.is_empty(), "does not hold of {}", broken.join(", "));
}

#[test]
fn a_report_about_a_hundred_thousand_recipients_is_read_at_once_and_two_hundred_count() {
    let mut mail =
        String::from("From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; boundary=b\n");
    for part in 0..6 {
        mail.push_str("\n--b\nContent-Type: message/delivery-status\n\n");
        for n in 0..18_000 {
            mail.push_str(&format!("Final-Recipient: rfc822;a{part}.{n}@client.example\nAction: failed\n\n"));
        }
    }
    let read = properties::in_time(|| parse(mail.as_bytes(), &Limits::default()));
    assert_eq!(read.report.expect("a report").recipients.len(), 200);
}

#[test]
fn a_long_word_is_no_slip_of_the_pen_and_only_the_first_mistake_is_told() {
    let words = Vocabulary::default();
    let long = format!("#{}\n\nText", "resolve".repeat(100_000));
    let read = properties::in_time(|| command::read(&long, "Ona", false, &words));
    assert_eq!(read.mistake.expect("no command").suggestion, None);
    let many = "#reslove\n".repeat(60_000);
    let read = properties::in_time(|| command::read(&many, "Ona", false, &words));
    assert_eq!(read.mistake.expect("no command").suggestion.as_deref(), Some("#resolve"));
}

#[test]
fn a_configuration_of_forty_thousand_wrong_lines_is_told_all_of_them_before_long() {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    fs::write(&file, "# The desk\n petr: {\n".to_owned() + &"e}\n".repeat(42_000)).unwrap();
    let read = || load_without_secrets(&[file.path().to_owned()], &BTreeMap::new());
    let problems = properties::in_time(read).expect_err("it is no configuration").0;
    assert!(problems.len() > 42_000, "{} problems", problems.len());
}

#[test]
fn a_text_of_zero_bytes_stays_within_its_limit() {
    let limits = Limits { text_bytes: 30, ..Limits::default() };
    let mail = parse(&[&b"Subject: x\n\n"[..], &[0; 30], b" end"].concat(), &limits);
    assert_eq!(mail.text, "\u{fffd}".repeat(10));
    assert!(mail.defects.contains(&Defect::Limit("text".to_owned())), "{:?}", mail.defects);
}

#[test]
fn a_content_type_is_one_word_whatever_stands_in_it() {
    for (given, read) in [
        ("application/x-\u{1}odd", "application/x-"),
        ("application/pdf name=a.pdf", "application/pdf"),
        ("Application/PDF (a paper)", "application/pdf"),
    ] {
        let mail = format!("Content-Type: {given}\nContent-Disposition: attachment\n\nx");
        let mail = parse(mail.as_bytes(), &Limits::default());
        assert_eq!(mail.attachments[0].content_type, read, "{given:?}");
    }
}

#[test]
fn a_value_that_ends_with_a_sign_does_not_swallow_the_next() {
    let trusted = ["mx.desk.example"];
    for (field, auth) in [
        ("dkim=pass header.b=Zm9vYg== header.d=client.example", Auth::Pass),
        ("dkim=pass header.b=\"Zm9v=\" header.d=client.example", Auth::Pass),
        ("dkim = pass header.d = client.example", Auth::Pass),
        ("dmarc=\"\" pass header.from=client.example", Auth::Unknown),
    ] {
        let fields = [format!("mx.desk.example; {field}")];
        assert_eq!(verdict(&fields, &trusted, "client.example"), auth, "{field}");
    }
}

#[test]
fn a_prefix_with_many_blanks_before_its_colon_is_a_prefix() {
    let subject = format!("Re{}: Re :\t Spausdintuvas", " ".repeat(40));
    assert_eq!(base_subject(&subject, &[]), "Spausdintuvas");
}
