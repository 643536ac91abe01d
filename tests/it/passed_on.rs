//! An agent passes a client's mail on to the desk: the client is the one who asks.

use maildesk::desk::Desk;
use maildesk::domain::language::Lang;
use maildesk::domain::ticket::Ticket;
use maildesk::store::Outcome;
use serde_json::{Value, json};

use crate::gates::desk::{ALICE, DESK, ONA, Rehearsed, small};

const EVE: &str = "eve@elsewhere.example.test";
const SAID: &str = "The lock of the boathouse is broken.\nPlease send somebody.";

/// The address for new requests, which is believed where the mail server vouches for the agent.
const NEW: &str = "help+new@harbour.example.test";
const SERVER: &str = "mx.harbour.example.test";

fn desk(mut setup: Value) -> Desk {
    setup["authserv_ids"] = json!([SERVER]);
    small(&setup)
}

/// Header lines of a mail of Ona's.
fn by_ona(to: &str, subject: &str) -> String {
    format!(
        "Authentication-Results: {SERVER}; dmarc=pass header.from=harbour.example.test\n\
         From: Ona <{ONA}>\nTo: {to}\nSubject: {subject}\n"
    )
}

/// How the programs of one language show the head of a mail that they forward.
fn heads(from: &str, sent: &str, to: &str, subject: &str, rules: [&str; 2]) -> Vec<String> {
    let eve = format!("Eve Newton <{EVE}>");
    let gmail = format!(
        "---------- Forwarded message ---------\n{from}: {eve}\nDate: Mon, 2 Mar 2026 at 09:12\nSubject: Lock\nTo: <{ONA}>"
    );
    let fenced = |rule: &str| {
        format!("{rule}\n{subject}: Lock\n{sent}: Mon, 2 Mar 2026 09:12:00 +0200\n{from}: {eve}\n{to}: {ONA}")
    };
    let outlook = format!(
        "________________________________\n{from}: {eve}\n{sent}: 2026-03-02 09:12\n{to}: Ona <{ONA}>\n{subject}: Lock"
    );
    vec![gmail, fenced(rules[0]), fenced(rules[1]), outlook]
}

fn in_all_languages() -> Vec<(&'static str, Vec<String>)> {
    let apple = "Begin forwarded message:";
    vec![
        ("Fwd: ", heads("From", "Date", "To", "Subject", ["-------- Forwarded Message --------", apple])),
        ("FW: ", heads("From", "Sent", "To", "Subject", ["-----Forwarded Message-----", apple])),
        (
            "Persiųsta: ",
            heads("Nuo", "Išsiųsta", "Kam", "Tema", ["-------- Persiųstas laiškas --------", apple]),
        ),
        ("Pārs: ", heads("No", "Nosūtīts", "Kam", "Tēma", ["-------- Pārsūtītā vēstule --------", apple])),
        (
            "Пересл: ",
            heads(
                "От",
                "Отправлено",
                "Кому",
                "Тема",
                ["-------- Перенаправленное сообщение --------", "Начало переадресованного сообщения:"],
            ),
        ),
        (
            "FW: ",
            heads(
                "Od",
                "Odesláno",
                "Komu",
                "Předmět",
                ["-------- Přeposlaná zpráva --------", "Začátek přeposílané zprávy:"],
            ),
        ),
    ]
}

/// Ona sends this to the address for new requests; the ticket that it opened.
fn opened(desk: &mut Rehearsed<'_>, subject: &str, text: &str) -> Ticket {
    let outcome = desk.takes(&by_ona(NEW, &format!("{subject}Lock")), text);
    let number = outcome.ticket().unwrap_or_else(|| panic!("no ticket: {outcome:?}\n{text}")).number;
    desk.ticket(number)
}

fn is_eves(ticket: &Ticket, shown: &str) {
    let requester = &ticket.requester;
    assert_eq!(requester.address.as_ref().map(|a| a.as_str()), Some(EVE), "{shown}");
    assert_eq!((requester.name.as_str(), ticket.subject.as_str()), ("Eve Newton", "Lock"), "{shown}");
}

#[test]
fn whoever_wrote_what_an_agent_forwards_is_the_one_who_asks() {
    let desk = desk(json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    for (subject, heads) in in_all_languages() {
        for head in heads {
            for cover in ["", "Jānis, please take this one.\n\n"] {
                let text = format!("{cover}{head}\n\n{SAID}");
                let ticket = opened(&mut rehearsed, subject, &text);
                is_eves(&ticket, &text);
                let told = rehearsed.last("agent_new", ONA).expect("Ona is told");
                assert!(told.text.contains("boathouse is broken"), "{text}\n{}", told.text);
            }
        }
    }
    rehearsed.check();
}

#[test]
fn a_mail_forwarded_as_a_file_is_its_writers_request() {
    let desk = desk(json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    let mime = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";
    let head = format!("{}{mime}", by_ona(NEW, "Fwd: Lock"));
    let within = format!(
        "From: Eve Newton <{EVE}>\nTo: {ONA}\nSubject: Lock\nContent-Type: text/plain; charset=iso-8859-1\n\
         Content-Transfer-Encoding: quoted-printable\n\nThe lock of the caf=E9 is broken."
    );
    let body = format!(
        "--b\nContent-Type: text/plain\n\nShe called twice.\n--b\nContent-Type: message/rfc822\n\n{within}\n--b--"
    );
    let outcome = rehearsed.takes(&head, &body);
    let Outcome::Applied { ticket, .. } = &outcome else { panic!("{outcome:?}") };
    is_eves(&rehearsed.ticket(ticket.number), "as a file");
    let told = rehearsed.last("agent_new", ONA).expect("Ona is told");
    assert!(told.text.contains("the café is broken"), "{}", told.text);
    assert!(told.text.contains("Lock.eml"), "the mail itself is a file: {}", told.text);
    rehearsed.check();
}

/// A client may write whatever he likes at the end of his mail; an agent who passes it on has not said it.
#[test]
fn commands_within_what_is_forwarded_are_nobodys() {
    let desk = desk(json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    for (_, heads) in in_all_languages() {
        for head in heads {
            let text = format!("#severity low\n\n{head}\n\n{SAID}\n\n#subject A trick\n#spam");
            let ticket = opened(&mut rehearsed, "FW: ", &text);
            is_eves(&ticket, &text);
            assert_eq!(ticket.severity.as_str(), "low", "{text}");
            assert!(ticket.muted.is_none(), "{text}");
        }
    }
    // Nor in an answer to a client that passes on what a supplier wrote.
    let text = format!("See what they say.\n\n{}\n\n{SAID}\n\n#spam", &in_all_languages()[0].1[0]);
    rehearsed.hears(ALICE, "", "Crane", "The crane is late.");
    rehearsed.ona_answers("agent_new", &text);
    let answer = rehearsed.last("reply", ALICE).expect("Alice has an answer");
    assert!(answer.text.contains("See what they say.") && answer.text.contains("#spam"), "{}", answer.text);
    rehearsed.check();
}

#[test]
fn the_desks_own_address_takes_a_forward_only_where_the_mail_server_vouches_for_the_agent() {
    let desk = desk(json!({}));
    let forward = format!("{}\n\n{SAID}", in_all_languages()[0].1[0]);
    for (result, is_taken) in [("dmarc=pass", true), ("dmarc=none", false)] {
        let mut rehearsed = Rehearsed::new(&desk);
        let head = by_ona(DESK, "Fwd: Lock").replace("dmarc=pass", result);
        let outcome = rehearsed.takes(&head, &forward);
        assert_eq!(matches!(outcome, Outcome::Applied { .. }), is_taken, "{outcome:?}");
        assert_eq!(rehearsed.kinds_to(EVE), if is_taken { vec!["ack"] } else { Vec::new() });
        if let Outcome::Applied { reason, .. } = &outcome {
            assert!(reason.contains("mail server confirms") && reason.contains(EVE), "{reason}");
        }
        rehearsed.check();
    }
}

#[test]
fn a_forward_that_bears_the_number_of_a_ticket_opens_no_second_one() {
    let desk = desk(json!({}));
    let mut rehearsed = Rehearsed::new(&desk);
    rehearsed.hears(ALICE, "", "Crane", "The crane is late.");
    let forward = format!("{}\n\n{SAID}", in_all_languages()[0].1[0]);
    let outcome = rehearsed.takes(&by_ona(DESK, "Fwd: [H-101] Crane"), &forward);
    assert!(matches!(outcome, Outcome::Returned { .. }), "{outcome:?}");
}

#[test]
fn our_own_mail_passed_on_makes_nobody_of_ours_a_client() {
    let desk = desk(json!({}));
    for ours in [DESK, "janis@harbour.example.test"] {
        let mut rehearsed = Rehearsed::new(&desk);
        let forward = in_all_languages()[0].1[0].replace(EVE, ours);
        let outcome = rehearsed.takes(&by_ona(NEW, "Fwd: x"), &forward);
        assert!(matches!(outcome, Outcome::Returned { .. }), "{ours}: {outcome:?}");
        assert!(!rehearsed.kinds_to(ours).contains(&"ack".to_owned()));
    }
}

#[test]
fn the_language_is_that_of_the_client() {
    let desk = desk(json!({"languages": ["en", "lv"]}));
    let mut rehearsed = Rehearsed::new(&desk);
    let text = format!(
        "Please have a look at this one today, they are waiting for us.\n\n{}\n\nLabdien! Nevaram atvērt vārtus, lūdzu, palīdziet.",
        in_all_languages()[0].1[0]
    );
    assert_eq!(opened(&mut rehearsed, "Fwd: ", &text).language, Lang::LV);
}
