//! Rules of robustness told at a rehearsed desk, each test named by its rule (docs/robustness.md).

use jiff::SignedDuration;
use maildesk::domain::ticket::Status;
use maildesk::store::Outcome;
use serde_json::json;

use crate::gates::desk::{ALICE, DESK, ONA, Rehearsed, small};

const EVE: &str = "eve@elsewhere.example.test";

/// Alice's request, acknowledged; the Message-ID of that letter.
fn asked(desk: &mut Rehearsed<'_>) -> String {
    desk.hears(ALICE, "", "The crane", "The crane on pier two does not start. amaranth");
    desk.last("ack", ALICE).expect("an acknowledgement").message_id.expect("an id")
}

#[test]
fn b3_a_request_forwarded_from_an_address_that_nobody_reads_is_silent() {
    let desk = small(&json!({}));
    for (from, heard) in
        [("noreply@shop.example.test", false), ("owner-x@shop.example.test", false), (EVE, true)]
    {
        let mut rehearsed = Rehearsed::new(&desk);
        rehearsed.hears(ALICE, "", "Another", "So that Ona has an address for new requests.");
        let token = rehearsed.last("agent_new", ONA).expect("told").reply_to.expect("a Reply-To").address;
        let text = format!(
            "#new\n\n---------- Forwarded message ---------\nFrom: Shop <{from}>\nDate: Mon, 2 Mar 2026 at 09:12\n\
             Subject: Order 17\nTo: <{ONA}>\n\nYour order 17 waits for you."
        );
        let head = format!("From: <{ONA}>\nTo: {token}\nSubject: Fwd: Order 17\n");
        let outcome = rehearsed.takes(&head, &text);
        let opened = outcome.ticket().expect("a ticket").number;
        let requester = rehearsed.ticket(opened).requester.address;
        assert_eq!(requester.as_ref().map(|a| a.as_str()), Some(from), "{outcome:?}");
        assert_eq!(!rehearsed.kinds_to(from).is_empty(), heard, "{from}");
    }
}

#[test]
fn b17_after_so_many_reopenings_in_a_day_a_person_decides() {
    let desk = small(&json!({"limits": {"reopens_per_day": 2}}));
    let mut rehearsed = Rehearsed::new(&desk);
    let id = asked(&mut rehearsed);
    let mut statuses = Vec::new();
    for turn in 0..4 {
        if rehearsed.ticket(101).status() != Status::Resolved {
            rehearsed.ona_answers("agent_new", "Done.\n\n#resolve");
        }
        let text = format!("It stopped again, turn {turn}.");
        rehearsed.hears(ALICE, &format!("In-Reply-To: <{id}>\n"), "Re: The crane", &text);
        statuses.push(rehearsed.ticket(101).status());
    }
    assert_eq!(statuses, [Status::Open, Status::Open, Status::Resolved, Status::Resolved]);
    let update = rehearsed.last("agent_update", ONA).expect("Ona hears of each");
    assert!(update.text.contains("turn 3"), "{}", update.text);
    assert_eq!(rehearsed.kinds_to(ALICE).iter().filter(|kind| *kind == "reopened").count(), 2);
    rehearsed.check();
}

#[test]
fn b24_a_challenge_is_answered_by_nothing() {
    let desk = small(&json!({}));
    for head in [
        "Auto-Submitted: auto-replied\n",
        "Precedence: auto_reply\nX-Auto-Response-Suppress: All\n",
        "Return-Path: <>\n",
        // Without any mark it is an answer to our letter on an open request: no mail to its sender either.
        "",
    ] {
        let mut rehearsed = Rehearsed::new(&desk);
        let id = asked(&mut rehearsed);
        let before = rehearsed.kinds_to(ALICE).len();
        let head = format!("{head}In-Reply-To: <{id}>\n");
        let text = "Please confirm that you are a person: https://challenge.example/confirm?x=17";
        rehearsed.hears(ALICE, &head, "Confirm your mail", text);
        assert_eq!(rehearsed.kinds_to(ALICE).len(), before, "{head}");
        assert_eq!(rehearsed.ticket(101).status(), Status::New, "{head}");
    }
}

#[test]
fn b28_automatic_mail_goes_to_from_alone() {
    let desk = small(&json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let head = format!(
        "Reply-To: list@elsewhere.example.test\nCc: janis@elsewhere.example.test\nFrom: {EVE}\nTo: {DESK}\nSubject: Hours\n"
    );
    rehearsed.takes(&head, "When do you open?");
    let to_clients: Vec<_> = rehearsed
        .sent
        .iter()
        .filter(|sent| sent.template == "ack")
        .flat_map(|sent| sent.recipients.clone())
        .collect();
    assert_eq!(to_clients.iter().map(|a| a.as_str()).collect::<Vec<_>>(), [EVE]);
    // What is decided by time goes there alone, too.
    rehearsed.ona_answers("agent_new", "#resolve");
    rehearsed.passes(SignedDuration::from_hours(24 * 5));
    for sent in rehearsed.sent.iter().filter(|sent| sent.template == "closed_silence") {
        assert_eq!(sent.recipients.iter().map(|a| a.as_str()).collect::<Vec<_>>(), [EVE]);
    }
    assert!(rehearsed.kinds_to(EVE).contains(&"closed_silence".to_owned()));
}

#[test]
fn b29_a_stranger_is_told_little_of_what_he_wrote() {
    let desk = small(&json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let subject = "Buy now cheap things at https://shop.example/17 ".repeat(20);
    rehearsed.hears(EVE, "", &subject, "Visit https://spam.example now, bergamot guaranteed.");
    let ack = rehearsed.last("ack", EVE).expect("an acknowledgement");
    assert!(!ack.text.contains("bergamot") && !ack.text.contains("spam.example"), "{}", ack.text);
    assert!(ack.subject.chars().count() < 100 && !ack.subject.contains("shop.example"), "{}", ack.subject);
    assert!(ack.attachments.is_empty());
}

#[test]
fn c11_who_joins_late_gets_the_new_text_alone() {
    let desk = small(&json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let id = asked(&mut rehearsed);
    rehearsed.ona_answers("agent_new", "We look at it. bergamot");
    let (olga, reply) = ("olga@boatyard.example.test", format!("In-Reply-To: <{id}>\n"));
    rehearsed.hears(ALICE, &format!("{reply}Cc: {olga}\n"), "Re: The crane", "Olga takes over from here.");
    rehearsed.ona_answers("agent_new", "Welcome, Olga.");
    let letter = rehearsed.last("reply", olga).expect("she hears the answers now");
    assert!(letter.text.contains("Welcome, Olga."), "{}", letter.text);
    for earlier in ["amaranth", "bergamot"] {
        assert!(!letter.text.contains(earlier), "{}", letter.text);
    }
}

#[test]
fn c16_wrong_foreign_and_missing_numbers_are_answered_alike() {
    let desk = small(&json!({}));
    let mut answers = Vec::new();
    for subject in ["Hours", "[H-101] Hours", "[H-999] Hours", "[KL-101] Hours"] {
        let mut rehearsed = Rehearsed::new(&desk);
        asked(&mut rehearsed);
        rehearsed.hears(EVE, "", subject, "When do you open tomorrow?");
        let ack = rehearsed.last("ack", EVE).expect("an acknowledgement");
        let kinds = rehearsed.kinds_to(EVE);
        answers.push((kinds, ack.text.clone()));
        assert!(ack.subject.starts_with("[H-102]"), "{}", ack.subject);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:#?}");
}

#[test]
fn c18_mail_for_a_merged_request_goes_to_the_survivor_and_spam_stays_spam() {
    let desk = small(&json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let first = asked(&mut rehearsed);
    rehearsed.hears(ALICE, "", "The crane again", "It still does not start.");
    rehearsed.ona_answers("agent_new", "#merge H-101");
    assert_eq!(rehearsed.ticket(102).status(), Status::Merged);
    let outcome = rehearsed.hears(ALICE, "", "Re: [H-102] The crane again", "Any news?");
    assert_eq!(outcome.ticket().map(|key| key.number), Some(101), "{outcome:?}");
    let count = rehearsed.ticket(101).messages;
    rehearsed.hears(ALICE, &format!("In-Reply-To: <{first}>\n"), "Re: The crane", "Or any hope?");
    assert_eq!(rehearsed.ticket(101).messages, count + 1);

    let mut rehearsed = Rehearsed::new(&desk);
    rehearsed.hears(EVE, "", "Win", "You have won.");
    rehearsed.ona_answers("agent_new", "#spam");
    let outcome = rehearsed.hears(EVE, "", "Re: [H-101] Win", "You have won again.");
    assert!(matches!(outcome, Outcome::Skipped { .. }), "{outcome:?}");
    assert_eq!(rehearsed.ticket(101).status(), Status::Rejected);
}

#[test]
fn d14_a_sender_that_cannot_be_read_has_a_silent_ticket() {
    let desk = small(&json!({}));
    for from in ["", "From:\n", "From: undisclosed:;\n", "From: <ona@>\n", "From: a@x.example, b@x.example\n"]
    {
        let mut rehearsed = Rehearsed::new(&desk);
        let head = format!("{from}To: {DESK}\nSubject: Hours\n");
        let outcome = rehearsed.takes(&head, "When do you open?");
        assert!(matches!(outcome, Outcome::Applied { .. }), "{from:?}: {outcome:?}");
        let ticket = rehearsed.ticket(101);
        assert!(ticket.requester.address.is_none() && ticket.muted.is_some(), "{from:?}");
        let to: Vec<_> = rehearsed.sent.iter().flat_map(|sent| sent.recipients.clone()).collect();
        assert!(to.iter().all(|address| address.as_str() == ONA), "{from:?}: {to:?}");
    }
}

#[test]
fn d6_d21_text_that_nobody_can_read_is_announced() {
    let desk = small(&json!({}));
    for (kind, says) in [
        (
            "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\n\
             Content-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\nContent-Type: application/octet-stream; \
             name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\nx\n-----END PGP MESSAGE-----\n\n--b--",
            "encrypted, PGP/MIME",
        ),
        (
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\
             Content-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHA6CAMIACAQA=",
            "encrypted, S/MIME",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\n\
             Content-Transfer-Encoding: base64\n\neJ8+IgA=\n\n--b--",
            "winmail.dat",
        ),
    ] {
        let mut rehearsed = Rehearsed::new(&desk);
        let (head, body) = kind.split_once("\n\n").unwrap();
        let head = format!("From: {ALICE}\nTo: {DESK}\nSubject: Secret\nMIME-Version: 1.0\n{head}\n");
        let outcome = rehearsed.takes(&head, body);
        assert!(matches!(outcome, Outcome::Applied { .. }), "{outcome:?}");
        let told = rehearsed.last("agent_new", ONA).expect("Ona is told");
        assert!(told.text.contains(says), "{}", told.text);
        let ack = rehearsed.last("ack", ALICE).expect("an acknowledgement");
        assert!(!ack.text.contains(says), "it quotes nothing: {}", ack.text);
    }
}

#[test]
fn d23_a_picture_of_a_signature_is_shown_once() {
    let desk = small(&json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let head = |more: &str| {
        format!(
            "From: {ALICE}\nTo: {DESK}\nSubject: The crane\n{more}MIME-Version: 1.0\n\
             Content-Type: multipart/related; boundary=b\n"
        )
    };
    let mail = |text: &str, other: &str| {
        format!(
            "--b\nContent-Type: text/html\n\n<p>{text}</p><img src=\"cid:logo\">\n--b\nContent-Type: image/png\n\
             Content-ID: <logo>\nContent-Disposition: inline; filename=logo.png\n\nlogo\n{other}--b--"
        )
    };
    rehearsed.takes(&head(""), &mail("It does not start.", ""));
    let files = |desk: &Rehearsed<'_>, template: &str| -> Vec<String> {
        let told = desk.last(template, ONA).expect("Ona is told");
        told.attachments.into_iter().map(|file| file.name).collect()
    };
    assert_eq!(files(&rehearsed, "agent_new"), ["logo.png"]);
    let id = rehearsed.last("ack", ALICE).expect("an acknowledgement").message_id.expect("an id");
    let other =
        "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=crane.png\n\ncrane\n";
    rehearsed.takes(&head(&format!("In-Reply-To: <{id}>\n")), &mail("This is how it looks.", other));
    assert_eq!(files(&rehearsed, "agent_update"), ["crane.png"]);
    rehearsed.check();
}

#[test]
fn c30_addresses_are_compared_whole() {
    let desk = small(&json!({}));
    for from in
        ["xona@harbour.example.test", "ona@harbour.example.test.evil.example", "ona@x-harbour.example.test"]
    {
        let mut rehearsed = Rehearsed::new(&desk);
        asked(&mut rehearsed);
        rehearsed.hears(from, "", "Re: [H-101] The crane", "#close");
        assert_eq!(rehearsed.ticket(101).status(), Status::New, "{from}");
        assert_eq!(rehearsed.kinds_to(from), ["ack"], "{from} is a stranger with a request of his own");
    }
}

#[test]
fn d9_lithuanian_without_a_label_is_told_from_central_european_where_no_country_helps() {
    for (text, charset) in [
        (
            "Laba diena, ekrane rašoma „klaida“. Prašome padėti kuo greičiau. Žąsys ėda šįryt sušlapusį šieną.",
            "windows-1257",
        ),
        (
            "Labdien, uz ekrāna redzama kļūda. Lūdzu, palīdziet pēc iespējas ātrāk. Šķūnī čab žagari.",
            "windows-1257",
        ),
        (
            "Dobrý den, tiskárna nefunguje. Příliš žluťoučký kůň úpěl ďábelské ódy, pomozte nám prosím.",
            "windows-1250",
        ),
        ("Dzień dobry, drukarka nie działa. Proszę o pomoc, zażółć gęślą jaźń.", "windows-1250"),
    ] {
        let (bytes, _, faulty) = encoding_rs::Encoding::for_label(charset.as_bytes()).unwrap().encode(text);
        assert!(!faulty, "{text}");
        assert_eq!(maildesk::mail::charset::decode(&bytes, None, None).text, text);
    }
}
