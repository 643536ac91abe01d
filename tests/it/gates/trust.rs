//! Who a sender is believed to be, and what an agent's mail needs to be carried out. Gates 22 and 23.

use jiff::Timestamp;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::domain::digest::{Authentication, Digest};
use maildesk::domain::ticket::Status;
use maildesk::mail::parse::{Limits, parse};
use serde_json::json;

use super::desk::{ALICE, DESK, ONA, Rehearsed, small};

const BORDER: &str = "mx.harbour.example.test";

fn bordered() -> Desk {
    small(&json!({"authserv_ids": [BORDER]}))
}

fn digested(desk: &Desk, head: &str, body: &str) -> Digest {
    let kind = match head.contains("Content-Type") {
        true => "",
        false => "Content-Type: text/plain; charset=utf-8\n",
    };
    let raw = format!("{head}To: {DESK}\nSubject: The crane\nMessage-ID: <1@x.example>\n{kind}\n{body}\n");
    let mail = parse(raw.replace('\n', "\r\n").as_bytes(), &Limits::default());
    let now: Timestamp = "2026-03-02T08:00:00Z".parse().unwrap();
    digest(desk, mail, now, now, &[])
}

/// Is the sender believed, by the mail server's word?
fn verdict(desk: &Desk, head: &str) -> &'static str {
    match digested(desk, head, "It does not start.").authentication {
        Authentication::Pass => "pass",
        Authentication::Fail(_) => "fail",
        Authentication::Unknown => "unknown",
    }
}

fn results(by: &str, result: &str) -> String {
    format!("Authentication-Results: {by}; dmarc={result} header.from=boatyard.example.test\n")
}

#[test]
fn gate_22_forged_results_two_from_and_reply_to_give_no_trust() {
    let desk = bordered();
    let alice = format!("From: Alice <{ALICE}>\n");
    let (pass, fail) = (results(BORDER, "pass"), results(BORDER, "fail"));
    let spf_elsewhere = format!("Authentication-Results: {BORDER}; spf=pass smtp.mailfrom=evil.example\n");
    for (head, expected) in [
        (format!("{pass}{alice}"), "pass"),
        (format!("{}{alice}", results("MX.Harbour.Example.Test 1", "pass")), "pass"),
        (format!("{}{alice}", results("mx.harbour.example.test (a comment; dmarc=fail)", "pass")), "pass"),
        (format!("{fail}{alice}"), "fail"),
        (alice.clone(), "unknown"),
        // A sender can write this header, too: below the border's own, under another name, in a comment.
        (format!("{fail}{pass}{alice}"), "fail"),
        (format!("{}{alice}", results("mx.evil.example", "pass")), "unknown"),
        (format!("{}{alice}", results("mx.harbour.example.test.evil.example", "pass")), "unknown"),
        (format!("{}{alice}", results("evilmx.harbour.example.test", "pass")), "unknown"),
        (format!("Authentication-Results: ({BORDER}) mx.evil.example; dmarc=pass\n{alice}"), "unknown"),
        (format!("X-Authentication-Results: {BORDER}; dmarc=pass\n{alice}"), "unknown"),
        // What passed is another domain than From claims.
        (format!("{spf_elsewhere}{alice}"), "unknown"),
        // Two senders are none, whatever the border says of one of them.
        (format!("{pass}{alice}From: Eve <eve@evil.example>\n"), "unknown"),
        (format!("{pass}From: Alice <{ALICE}>, Eve <eve@evil.example>\n"), "unknown"),
        (format!("{pass}From: Alice: {ALICE};\n"), "unknown"),
        (format!("{pass}From: @evil.example:{ALICE}\n"), "unknown"),
        (format!("{pass}From: eve@evil.example ({ALICE})\n"), "unknown"),
    ] {
        assert_eq!(verdict(&desk, &head), expected, "{head}");
    }
    // Without a name for the border nothing is believed.
    assert_eq!(verdict(&small(&json!({})), &format!("{pass}{alice}")), "unknown");
    // A mail within the mail says nothing of the one around it.
    let forwarded = format!("{alice}MIME-Version: 1.0\nContent-Type: message/rfc822\n");
    let within = digested(&desk, &forwarded, &format!("{pass}From: {ALICE}\n\nIt does not start."));
    assert_eq!(within.authentication, Authentication::Unknown);
}

#[test]
fn gate_22_whoever_is_not_believed_opens_a_ticket_of_his_own_and_hears_of_no_other() {
    let alice = format!("From: Alice <{ALICE}>\n");
    let eve = "eve@evil.example.test";
    for (head, requester) in [
        (format!("{}{alice}", results(BORDER, "fail")), Some(ALICE)),
        (format!("{}{alice}From: Eve <{eve}>\n", results(BORDER, "pass")), None),
        (format!("{}From: <{ALICE}>, <{eve}>\n", results(BORDER, "pass")), None),
        // Reply-To is nobody's identity.
        (format!("From: Eve <{eve}>\nReply-To: Alice <{ALICE}>\n"), Some(eve)),
        (format!("From: \"{ALICE}\" <{eve}>\n"), Some(eve)),
    ] {
        let desk = bordered();
        let mut rehearsed = Rehearsed::new(&desk);
        rehearsed.hears(ALICE, "", "The crane", "It does not start. amaranth");
        rehearsed.takes(&format!("{head}To: {DESK}\nSubject: Re: [H-101] The crane\n"), "Tell me all of it.");
        let old = rehearsed.ticket(101);
        assert_eq!(
            (old.messages, old.requester.address.as_ref().map(|a| a.as_str())),
            (1, Some(ALICE)),
            "{head}"
        );
        let new = rehearsed.ticket(102);
        assert_eq!(new.requester.address.as_ref().map(|a| a.as_str()), requester, "{head}");
        for sent in rehearsed.sent.iter().filter(|sent| sent.recipients.iter().any(|to| to.as_str() == eve)) {
            assert!(!sent.mail.text.contains("amaranth"), "{head}");
        }
        rehearsed.check();
    }
}

/// An agent's word on Alice's request, in every way in which something is lacking.
#[test]
fn gate_23_an_agents_command_needs_his_address_his_copy_and_no_failed_authentication() {
    let pass = results(BORDER, "pass").replace("boatyard", "harbour");
    let fail = results(BORDER, "fail").replace("boatyard", "harbour");
    let forged = "help+101.aaaaaaaaaaaaaaaaaa@harbour.example.test";
    for (what, head, to_copy, copy_of, done) in [
        ("all is there", String::new(), true, ONA, true),
        ("confirmed by the border", pass.clone(), true, ONA, true),
        ("refused by the border", fail, true, ONA, false),
        ("without a token", pass.clone(), false, ONA, false),
        ("a token that is not ours", format!("{pass}X-To: {forged}\n"), false, ONA, false),
        ("written by a machine", format!("{pass}Auto-Submitted: auto-replied\n"), true, ONA, false),
        ("from an address that is no agent's", pass.clone(), true, "eve@evil.example.test", false),
        ("a colleague's copy", pass, true, "janis@harbour.example.test", false),
    ] {
        let desk = bordered();
        let mut rehearsed = Rehearsed::new(&desk);
        rehearsed.hears(ALICE, "", "The crane", "It does not start.");
        let told = rehearsed.last("agent_new", ONA).expect("Ona is told");
        let to = match head.split_once("X-To: ") {
            Some((_, forged)) => forged.trim().to_owned(),
            None if to_copy => told.reply_to.as_ref().expect("a Reply-To").address.to_string(),
            None => DESK.to_owned(),
        };
        let head = format!("{head}From: <{copy_of}>\nTo: {to}\nSubject: Re: [H-101] The crane\n");
        rehearsed.takes(&head, "#close");
        let expected = if done { Status::Closed } else { Status::New };
        assert_eq!(rehearsed.ticket(101).status(), expected, "{what}");
        let heard = rehearsed.kinds_to(ONA).iter().filter(|kind| *kind == "agent_result").count();
        let hears_of_it = !done && copy_of == ONA && !what.contains("machine");
        assert_eq!(heard > 0, hears_of_it, "{what}: who tried hears why it was not done");
        assert!(!rehearsed.kinds_to(ALICE).iter().any(|kind| kind == "closed_silence"), "{what}");
        rehearsed.check();
    }
}

#[test]
fn gate_23_an_answer_to_a_note_stays_a_note_and_a_slip_reaches_no_client() {
    let desk = bordered();
    let mut rehearsed = Rehearsed::new(&desk);
    rehearsed.hears(ALICE, "", "The crane", "It does not start.");
    rehearsed.ona_answers("agent_new", "#assign me");
    rehearsed.ona_answers("agent_new", "#group ona janis");
    rehearsed.ona_answers("agent_new", "#note Let us not tell her about bergamot yet.");
    let janis = "janis@harbour.example.test";
    let told = rehearsed.last("agent_update", janis).expect("Jānis reads the note");
    let (to, id) = (told.reply_to.expect("a Reply-To").address, told.message_id.expect("an id"));
    let answers = |text: &str, rehearsed: &mut Rehearsed<'_>| {
        let head = format!("From: <{janis}>\nTo: {to}\nSubject: Re: The crane\nIn-Reply-To: <{id}>\n");
        rehearsed.takes(&head, text)
    };
    answers("I agree, no word of bergamot.", &mut rehearsed);
    answers("#clsoe\nBergamot is done.", &mut rehearsed);
    let hers: Vec<_> = rehearsed.sent.iter().filter(|sent| super::desk::went_to(sent, ALICE)).collect();
    assert!(
        !hers.is_empty() && hers.iter().all(|sent| !sent.mail.text.to_lowercase().contains("bergamot")),
        "{hers:#?}"
    );
    assert_eq!(rehearsed.ticket(101).messages, 1, "nothing public was said");
    assert!(rehearsed.kinds_to(janis).contains(&"agent_result".to_owned()), "the slip comes back");
    rehearsed.check();
}
