use std::io;

use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::hash::Hash;
use crate::domain::letter::PartSource;

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox::new(name, Address::parse(address).expect("an address"))
}

fn id(text: &str) -> MsgId {
    MsgId::parse(text).expect("a safe id")
}

fn draft() -> Draft {
    Draft {
        from: mailbox("Pagalba", "support@desk.example"),
        to: vec![mailbox("Ona", "ona@client.example")],
        cc: Vec::new(),
        reply_to: Address::parse("support+3107.k7f3q2@desk.example"),
        subject: "Re: [#3107] The printer".to_owned(),
        message_id: id("3107.answer.h.s@desk.example"),
        in_reply_to: Some(id("1@client.example")),
        references: vec![id("0@client.example"), id("1@client.example")],
        date: "2026-03-02T09:12:00+02:00[Europe/Vilnius]".parse().expect("a date"),
        automatic: None,
        instance: "desk-1".to_owned(),
        led_by: Vec::new(),
        text: "Turn it on.\n".to_owned(),
        html: None,
        attachments: Vec::new(),
    }
}

fn attached(name: &str, content_type: &str, content_id: Option<&str>, bytes: &[u8]) -> Attached {
    let hash = Hash(Sha256::digest(bytes).into());
    Attached {
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        content_id: content_id.map(str::to_owned),
        size_bytes: bytes.len() as u64,
        hash,
        source: PartSource::Blob { hash },
    }
}

fn whole(draft: &Draft, files: &[&[u8]]) -> Vec<u8> {
    let mail = assemble(&compose(draft), &mut |wanted| {
        let found = files.iter().find(|bytes| Sha256::digest(bytes)[..] == wanted.hash.0);
        found.map(|bytes| bytes.to_vec()).ok_or_else(|| io::Error::other("no such file"))
    });
    mail.expect("all files are there")
}

fn as_text(mail: &[u8]) -> String {
    String::from_utf8(mail.to_vec()).expect("mails of ours are text")
}

/// What every mail of ours must be, whatever went into it.
fn check_form(mail: &[u8]) {
    assert!(mail.ends_with(b"\r\n"));
    assert!(mail.is_ascii(), "8-bit bytes");
    for line in mail.split_inclusive(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r\n").expect("a bare LF");
        assert!(line.len() <= 998, "a line of {} bytes", line.len());
        assert!(
            line.iter().all(|b| *b == b'\t' || !b.is_ascii_control()),
            "{:?}",
            String::from_utf8_lossy(line)
        );
    }
}

#[test]
fn an_answer_of_a_person_is_written_to_the_byte() {
    let expected = "Date: Mon, 2 Mar 2026 09:12:00 +0200\r\n\
        From: \"Pagalba\" <support@desk.example>\r\n\
        Reply-To: <support+3107.k7f3q2@desk.example>\r\n\
        To: \"Ona\" <ona@client.example>\r\n\
        Message-ID: <3107.answer.h.s@desk.example>\r\n\
        In-Reply-To: <1@client.example>\r\n\
        References: <0@client.example> <1@client.example>\r\n\
        Subject: Re: [#3107] The printer\r\n\
        X-Maildesk-Instance: desk-1\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=\"utf-8\"\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Turn it on.\r\n";
    assert_eq!(as_text(&whole(&draft(), &[])), expected);
}

#[test]
fn an_acknowledgement_says_that_no_person_wrote_it() {
    for (automatic, expected) in [
        (
            Automatic::Replied,
            "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\nPrecedence: auto_reply\r\n\
             X-Maildesk-Instance: desk-1\r\n",
        ),
        (
            Automatic::Generated,
            "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nX-Maildesk-Instance: desk-1\r\n",
        ),
    ] {
        let mail = as_text(&whole(&Draft { automatic: Some(automatic), ..draft() }, &[]));
        assert!(mail.contains(expected), "{mail}");
    }
    assert!(!as_text(&whole(&draft(), &[])).contains("Auto-Submitted"));
}

#[test]
fn attachments_and_pictures_stand_in_their_frames_to_the_byte() {
    let picture = attached("logo.png", "image/png", Some("logo@desk"), b"png");
    let file = attached("kopija.eml", "message/rfc822", None, b"Subject: x\r\n\r\ny");
    let draft = Draft {
        html: Some("<p>Turn it <img src=\"cid:logo@desk\"></p>".to_owned()),
        attachments: vec![file, picture],
        ..draft()
    };
    let mail = as_text(&whole(&draft, &[b"png", b"Subject: x\r\n\r\ny"]));
    let expected = "MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"=_MIXED\"\r\n\
        \r\n\
        --=_MIXED\r\n\
        Content-Type: multipart/related; type=\"multipart/alternative\";\r\n \
        boundary=\"=_RELATED\"\r\n\
        \r\n\
        --=_RELATED\r\n\
        Content-Type: multipart/alternative; boundary=\"=_ALTERNATIVE\"\r\n\
        \r\n\
        --=_ALTERNATIVE\r\n\
        Content-Type: text/plain; charset=\"utf-8\"\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Turn it on.\r\n\
        \r\n\
        --=_ALTERNATIVE\r\n\
        Content-Type: text/html; charset=\"utf-8\"\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        <p>Turn it <img src=\"cid:logo@desk\"></p>\r\n\
        \r\n\
        --=_ALTERNATIVE--\r\n\
        --=_RELATED\r\n\
        Content-Type: image/png; name=\"logo.png\"\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: inline; filename=\"logo.png\"\r\n\
        Content-ID: <logo@desk>\r\n\
        \r\n\
        cG5n\r\n\
        --=_RELATED--\r\n\
        --=_MIXED\r\n\
        Content-Type: application/octet-stream; name=\"kopija.eml\"\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"kopija.eml\"\r\n\
        \r\n\
        U3ViamVjdDogeA0KDQp5\r\n\
        --=_MIXED--\r\n";
    let expected = expected
        .replace("=_MIXED", "=_5d628581f8b5759f7c899ba6")
        .replace("=_RELATED", "=_ad13ab9c30c364539e4f353c")
        .replace("=_ALTERNATIVE", "=_df9a4de773af4e960c03c01c");
    assert_eq!(&mail[mail.find("MIME-Version").expect("the header")..], expected);
    assert_eq!(compose(&draft), compose(&draft));
}

#[test]
fn a_picture_that_no_html_shows_is_an_attachment() {
    let picture = attached("logo.png", "image/png", Some("logo@desk"), b"png");
    for html in [None, Some("<p>Turn it on.</p>".to_owned())] {
        let mail = as_text(&whole(&Draft { html, attachments: vec![picture.clone()], ..draft() }, &[b"png"]));
        assert!(mail.contains("Content-Disposition: attachment; filename=\"logo.png\""), "{mail}");
        assert!(!mail.contains("multipart/related"));
    }
}

#[test]
fn names_subjects_and_texts_of_every_alphabet_arrive_as_they_were() {
    for (name, subject, text, file) in [
        (
            "Ona Ąžuolaitė",
            "Neveikia spausdintuvas, žiūrėkite ėęįšųū",
            "Ačiū už pagalbą.\n-- \nOna",
            "sąskaita už kovą.pdf",
        ),
        ("Ольга Петрова", "Не работает принтер", "Здравствуйте!\nСпасибо.", "Счёт за март, копия (2).docx"),
        ("Jānis Bērziņš", "Nedarbojas printeris", "Paldies par palīdzību.", "rēķins.pdf"),
        ("Petr \"Péťa\" Novák, ml.", "Nejde tisk = chyba?", "Příliš žluťoučký kůň", "účtenka \"x\".pdf"),
    ] {
        let draft = Draft {
            to: vec![mailbox(name, "ona@client.example")],
            subject: subject.repeat(6),
            text: text.to_owned(),
            attachments: vec![attached(file, "application/pdf", None, b"pdf")],
            ..draft()
        };
        let mail = whole(&draft, &[b"pdf"]);
        check_form(&mail);
        let read = MessageParser::new().parse(&mail).expect("a mail");
        let to = read.to().and_then(|to| to.first()).and_then(|to| to.name.as_deref());
        assert_eq!(to, Some(name));
        assert_eq!(read.subject(), Some(subject.repeat(6).as_str()));
        assert_eq!(read.body_text(0).expect("text").trim_end(), text.replace('\n', "\r\n"));
        let part = read.attachment(0).expect("the file");
        assert_eq!((part.attachment_name(), part.contents()), (Some(file), &b"pdf"[..]));
        for line in as_text(&mail).lines().filter(|line| line.contains("=?")) {
            assert!(line.len() <= 78, "{line}");
        }
    }
}

#[test]
fn a_long_thread_keeps_its_first_and_last_ids_in_less_than_two_kilobytes() {
    let thread: Vec<MsgId> = (0..300).map(|n| id(&format!("{n}@client.example"))).collect();
    let draft = Draft { references: thread, in_reply_to: Some(id("last@client.example")), ..draft() };
    let kept = references(&draft);
    assert_eq!(kept.len(), 21);
    assert_eq!(kept[0].as_str(), "0@client.example");
    assert_eq!(kept[1].as_str(), "281@client.example");
    assert_eq!(kept[20].as_str(), "last@client.example");

    let long: Vec<MsgId> = (0..30).map(|n| id(&format!("{n}{}@client.example", "x".repeat(230)))).collect();
    let draft = Draft { references: long, in_reply_to: None, ..draft };
    let mail = as_text(&whole(&draft, &[]));
    let from = mail.find("References:").expect("the header");
    let header = &mail[from..mail.find("Subject:").expect("the next header")];
    assert!(header.len() < 2048 && header.contains("<0xx") && header.contains("<29xx"), "{}", header.len());
}

#[test]
fn words_of_strangers_write_no_header_of_their_own() {
    let evil = "x\r\nBcc: all@client.example\r\n\r\nbody\0\u{202e}";
    let mut hostile = draft();
    hostile.to[0].name = evil.to_owned();
    hostile.from.name = format!("\"{evil}\" <boss@client.example>,");
    hostile.subject = evil.to_owned();
    hostile.instance = evil.to_owned();
    hostile.led_by = vec![evil.to_owned()];
    hostile.attachments = vec![
        attached(&format!("../../{evil}.pdf"), &format!("text/html; charset={evil}"), Some(evil), b"1"),
        attached("..", "text\r\nBcc: x/html", Some("a>\r\nBcc: x"), b"2"),
    ];
    hostile.html = Some(format!("cid:{evil}"));
    let mail = whole(&hostile, &[b"1", b"2"]);
    check_form(&mail);
    let text = as_text(&mail);
    let headers = text.split("\r\n\r\n").next().expect("headers");
    assert!(headers.lines().all(|line| !line.starts_with("Bcc:")), "{headers}");
    let read = MessageParser::new().parse(&mail).expect("a mail");
    assert!(read.bcc().is_none());
    assert_eq!(read.from().map(|from| from.iter().count()), Some(1));
    assert_eq!(read.attachment_count(), 2);
    let names: Vec<_> = read.attachments().filter_map(|part| part.attachment_name()).collect();
    assert!(names.iter().all(|name| !name.contains(['/', '\r', '\n', '\0'])), "{names:?}");
}

#[test]
fn a_line_that_would_end_the_mail_early_or_smuggle_another_is_harmless() {
    let text = "a\n.\nb\r.\rMAIL FROM:<x@y>\r\n.\r\nFrom me\n".to_owned() + &"long ".repeat(5000);
    let mail = whole(&Draft { text: text.clone(), html: Some(text), ..draft() }, &[]);
    check_form(&mail);
}

#[test]
fn an_attachment_whose_bytes_changed_stops_the_letter() {
    let letter =
        compose(&Draft { attachments: vec![attached("a.pdf", "application/pdf", None, b"pdf")], ..draft() });
    let changed = assemble(&letter, &mut |_| Ok(b"PDF".to_vec())).expect_err("another hash");
    assert_eq!(changed.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn an_empty_attachment_arrives_empty() {
    let mail =
        whole(&Draft { attachments: vec![attached("a.txt", "text/plain", None, b"")], ..draft() }, &[b""]);
    check_form(&mail);
    let read = MessageParser::new().parse(&mail).expect("a mail");
    assert_eq!(read.attachment(0).expect("the file").contents(), b"");
}

#[test]
fn a_long_file_name_keeps_its_ending() {
    let mail = whole(
        &Draft {
            attachments: vec![attached(&("ė".repeat(900) + ".docx"), "text/plain", None, b"x")],
            ..draft()
        },
        &[b"x"],
    );
    check_form(&mail);
    let read = MessageParser::new().parse(&mail).expect("a mail");
    let name = read.attachment(0).expect("the file").attachment_name().expect("a name").to_owned();
    assert!(name.ends_with("ė.docx") && name.chars().count() == 120, "{name}");
}

#[test]
fn a_local_part_that_is_not_ascii_is_the_only_thing_left_in_eight_bits() {
    let draft = Draft { to: vec![mailbox("Ona", "ąžuolas@paštas.example")], ..draft() };
    let mail = as_text(&whole(&draft, &[]));
    assert!(mail.contains("To: \"Ona\" <ąžuolas@xn--patas-wdb.example>\r\n"), "{mail}");
}

proptest! {
    #[test]
    fn whatever_people_write_the_mail_is_sound_and_says_it(
        subject in any::<String>(), name in any::<String>(), text in any::<String>(), html in any::<Option<String>>(),
        file in any::<String>(), kind in any::<String>(), cid in any::<Option<String>>(), bytes in any::<Vec<u8>>(),
    ) {
        let mut draft = Draft { subject, text, html, ..draft() };
        draft.to[0].name = name;
        draft.attachments = vec![attached(&file, &kind, cid.as_deref(), &bytes)];
        let mail = whole(&draft, &[&bytes]);
        check_form(&mail);
        prop_assert_eq!(&mail, &whole(&draft, &[&bytes]));
        let headers = mail.windows(4).position(|w| w == b"\r\n\r\n").expect("headers end");
        let named: Vec<String> = as_text(&mail[..headers])
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect();
        prop_assert_eq!(
            named,
            ["Date", "From", "Reply-To", "To", "Message-ID", "In-Reply-To", "References", "Subject",
             "X-Maildesk-Instance", "MIME-Version", "Content-Type"]
        );
        let read = MessageParser::new().parse(&mail).expect("a mail");
        prop_assert_eq!(read.attachment_count(), 1);
        prop_assert_eq!(read.attachment(0).expect("the file").contents(), &bytes[..]);
    }
}
