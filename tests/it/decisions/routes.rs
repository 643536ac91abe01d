//! Where a mail goes: evidence, sender and state of the ticket, in all their mixtures (C1 to C18, C23).

use maildesk::domain::digest::{Authentication, Digest, Holder, Token, Verb};
use maildesk::domain::event::Standing;
use maildesk::domain::message::{Author, Machine, Report};
use maildesk::domain::route::{Destination, Known, KnownLetter, route};
use maildesk::domain::ticket::{Status, Ticket};

use super::ground::*;

/// Destination in one word.
fn went(digest: &Digest, known: &Known) -> String {
    let route = route(digest, known, &rules());
    assert!(!route.reason.is_empty());
    match route.to {
        Destination::Nowhere => "nowhere".to_owned(),
        Destination::Aside => "aside".to_owned(),
        Destination::Report(ticket) => format!("report {}", ticket.map_or(0, |t| t.key.number)),
        Destination::Machine(ticket) => format!("machine {}", ticket.key.number),
        Destination::New { previous } => previous.map_or("new".to_owned(), |n| format!("new after {n}")),
        Destination::Client { ticket, standing, .. } => match standing {
            Standing::Requester => format!("requester {}", ticket.key.number),
            Standing::Participant => format!("participant {}", ticket.key.number),
            Standing::Colleague => format!("colleague {}", ticket.key.number),
            Standing::Outsider => format!("held {}", ticket.key.number),
        },
        Destination::Vouched { ticket, yes, .. } => format!("vouched {yes} {}", ticket.key.number),
        Destination::Rated { ticket, value } => format!("rated {value} {}", ticket.key.number),
        Destination::StatusAsked { ticket } => format!("status {}", ticket.key.number),
        Destination::Agent { ticket, agent, verb, .. } => format!("{agent} {verb:?} {}", ticket.key.number),
        Destination::AgentOpens { agent } => format!("{agent} opens"),
        Destination::Back { mistake, .. } => format!("back: {}", mistake.phrase),
    }
}

const LINA: &str = "lina@elsewhere.example";
const COLLEAGUE: &str = "vera@upe.example.test";
const STRANGER: &str = "someone@elsewhere.example";
const JANIS: &str = "janis@pieva.example.test";

fn on(status: Status) -> Ticket {
    Ticket { participants: vec![mailbox(LINA)], ..ticket(status) }
}

fn letter(ticket: Option<Ticket>, to: &str, internal: bool) -> Known {
    let recipients = vec![address(to)];
    let letter = KnownLetter {
        ticket,
        cause: String::new(),
        purpose: "agent_new".to_owned(),
        recipients,
        written_at: ten(),
        internal,
    };
    Known { letter: Some(letter), ..Known::default() }
}

/// The four kinds of evidence for a ticket.
fn evidence(kind: &str, ticket: Ticket) -> Known {
    match kind {
        "token" => token(Holder::Client, Verb::Reply, ticket),
        "agent's token" => token(Holder::Agent(agent("petr")), Verb::Reply, ticket),
        "letter" => letter(Some(ticket), ONA, false),
        "mail" => Known { mail: Some(ticket), ..Known::default() },
        "tag" => Known { tagged: Some(ticket), ..Known::default() },
        _ => Known::default(),
    }
}

fn token(holder: Holder, verb: Verb, ticket: Ticket) -> Known {
    Known { token: Some((Token { number: 3107, holder, verb }, ticket)), ..Known::default() }
}

#[test]
fn c1_to_c8_evidence_counts_by_its_kind_and_by_who_writes() {
    for (kind, requester, participant, colleague, stranger) in [
        ("token", "requester 3107", "participant 3107", "colleague 3107", "held 3107"),
        ("agent's token", "requester 3107", "participant 3107", "colleague 3107", "held 3107"),
        ("letter", "requester 3107", "participant 3107", "colleague 3107", "held 3107"),
        ("mail", "requester 3107", "participant 3107", "colleague 3107", "new"),
        ("tag", "requester 3107", "participant 3107", "colleague 3107", "new"),
        ("nothing", "new", "new", "new", "new"),
    ] {
        for (from, expected) in
            [(ONA, requester), (LINA, participant), (COLLEAGUE, colleague), (STRANGER, stranger)]
        {
            assert_eq!(went(&digest(from), &evidence(kind, on(Status::Open))), expected, "{kind} {from}");
        }
    }
}

#[test]
fn c8_a_failed_authentication_makes_an_outsider_of_anybody() {
    for (kind, expected) in [("token", "held 3107"), ("letter", "held 3107"), ("mail", "new"), ("tag", "new")]
    {
        for from in [ONA, LINA, COLLEAGUE] {
            let mut digest = digest(from);
            digest.authentication = Authentication::Fail("dmarc=fail".to_owned());
            assert_eq!(went(&digest, &evidence(kind, on(Status::Open))), expected, "{kind} {from}");
            digest.authentication = Authentication::Pass;
            assert!(went(&digest, &evidence(kind, on(Status::Open))).ends_with("3107"), "{kind} {from}");
        }
    }
}

#[test]
fn c17_c18_the_state_of_the_ticket_decides_what_a_mail_is() {
    for (status, mail, thanks, outsider) in [
        (Status::New, "requester 3107", "requester 3107", "held 3107"),
        (Status::Waiting, "requester 3107", "requester 3107", "held 3107"),
        (Status::Resolved, "requester 3107", "requester 3107", "held 3107"),
        (Status::Closed, "new after 3107", "requester 3107", "held 3107"),
        (Status::Rejected, "requester 3107", "requester 3107", "held 3107"),
    ] {
        for kind in ["token", "letter"] {
            let known = evidence(kind, on(status));
            assert_eq!(went(&digest(ONA), &known), mail, "{kind} {status:?}");
            let mut thankful = digest(ONA);
            thankful.thanks = Some("thanks".to_owned());
            assert_eq!(went(&thankful, &known), thanks, "{kind} {status:?} thanks");
            assert_eq!(went(&digest(STRANGER), &known), outsider, "{kind} {status:?} outsider");
        }
    }
    assert_eq!(
        went(&digest(STRANGER), &evidence("tag", on(Status::Closed))),
        "new",
        "C16: a number says nothing"
    );
}

#[test]
fn c13_stronger_evidence_wins_and_two_tokens_cancel_out() {
    let other =
        Ticket { key: maildesk::domain::ticket::TicketKey::new(&rules().desk, 3000), ..on(Status::Open) };
    let mut known = evidence("token", on(Status::Open));
    known.tagged = Some(other.clone());
    assert_eq!(went(&digest(ONA), &known), "requester 3107");
    let mut by_letter = evidence("letter", on(Status::Open));
    by_letter.mail = Some(other.clone());
    assert_eq!(went(&digest(ONA), &by_letter), "requester 3107");
    let mut by_mail = evidence("mail", other);
    by_mail.tagged = Some(on(Status::Open));
    assert_eq!(went(&digest(ONA), &by_mail), "requester 3000");
    let mut two = evidence("token", on(Status::Open));
    two.tokens_disagree = true;
    assert_eq!(went(&digest(ONA), &two), "new");
    let reason = route(&digest(ONA), &two, &rules()).reason;
    assert_eq!(reason, "its tokens name different tickets");
}

#[test]
fn c23_an_agent_is_believed_with_his_own_token_and_no_other() {
    let open = || on(Status::Open);
    let mine = Holder::Agent(agent("janis"));
    for (holder, verb, expected) in [
        (mine.clone(), Verb::Reply, "janis Reply 3107"),
        (mine.clone(), Verb::Note, "janis Note 3107"),
        (mine.clone(), Verb::Take, "janis Take 3107"),
        (mine.clone(), Verb::Resolve, "janis Resolve 3107"),
        (mine.clone(), Verb::New, "janis opens"),
        (Holder::Team(address("team@pieva.example.test")), Verb::Reply, "janis Reply 3107"),
        (Holder::Agent(agent("petr")), Verb::Reply, "back: not_your_copy"),
        (Holder::Client, Verb::Reply, "back: not_your_copy"),
    ] {
        let known = token(holder.clone(), verb, open());
        assert_eq!(went(&digest(JANIS), &known), expected, "{holder:?} {verb:?}");
        let mut failed = digest(JANIS);
        failed.authentication = Authentication::Fail("spf=fail".to_owned());
        assert_eq!(went(&failed, &known), "back: authentication_failed", "{holder:?}");
        let mut passed = digest(JANIS);
        passed.authentication = Authentication::Pass;
        assert_eq!(went(&passed, &known), expected, "{holder:?} {verb:?}");
    }
    let mut two = token(mine, Verb::Reply, open());
    two.tokens_disagree = true;
    assert_eq!(went(&digest(JANIS), &two), "back: two_requests");
    let mut forged = digest(JANIS);
    forged.trail.forged_token = true;
    assert_eq!(went(&forged, &Known::default()), "back: token_missing");
    for kind in ["mail", "tag", "nothing"] {
        assert_eq!(went(&digest(JANIS), &evidence(kind, open())), "back: token_missing", "{kind}");
    }
}

#[test]
fn a45_an_agents_mail_beyond_the_limit_comes_back_to_him() {
    let mut digest = digest(JANIS);
    digest.mail.defects.push(maildesk::domain::message::Defect::Oversize);
    let known = token(Holder::Agent(agent("janis")), Verb::Reply, on(Status::Open));
    assert_eq!(went(&digest, &known), "back: too_large");
}

#[test]
fn an_agents_answer_to_his_copy_is_believed_by_its_message_id() {
    for (to, internal, expected) in [
        (JANIS, false, "janis Reply 3107"),
        (JANIS, true, "janis Note 3107"),
        ("team@pieva.example.test", false, "janis Reply 3107"),
        ("petr@pieva.example.test", false, "back: not_your_copy"),
        (ONA, false, "back: not_your_copy"),
    ] {
        assert_eq!(went(&digest(JANIS), &letter(Some(on(Status::Open)), to, internal)), expected, "{to}");
    }
    assert_eq!(went(&digest(JANIS), &letter(None, JANIS, false)), "back: not_your_copy");
}

#[test]
fn the_address_for_new_requests_needs_a_token_or_a_pass() {
    let mut bare = digest(JANIS);
    bare.trail.to_new = true;
    assert_eq!(went(&bare, &Known::default()), "back: token_missing");
    bare.authentication = Authentication::Pass;
    assert_eq!(went(&bare, &Known::default()), "janis opens");
    let mut signed = digest(JANIS);
    signed.trail.tokens = vec![Token { number: 0, holder: Holder::Agent(agent("janis")), verb: Verb::New }];
    assert_eq!(went(&signed, &Known::default()), "janis opens");
    signed.trail.tokens[0].holder = Holder::Agent(agent("petr"));
    assert_eq!(went(&signed, &Known::default()), "back: token_missing");
    let mut client = digest(ONA);
    client.trail.to_new = true;
    assert_eq!(went(&client, &Known::default()), "new");
}

fn machine(from: &str, kind: Author) -> Digest {
    let mut digest = digest(from);
    digest.mail.machine = Machine { kind, marks: vec!["a mark".to_owned()], suppress: None };
    digest
}

#[test]
fn what_machines_write_moves_nothing() {
    let known = |status| evidence("letter", on(status));
    for status in
        [Status::New, Status::Open, Status::Waiting, Status::Resolved, Status::Closed, Status::Rejected]
    {
        assert_eq!(went(&machine(ONA, Author::AutoReply), &known(status)), "machine 3107", "{status:?}");
        assert_eq!(went(&machine(ONA, Author::Receipt), &known(status)), "nowhere", "{status:?}");
    }
    for status in [Status::Waiting, Status::Resolved, Status::Closed] {
        assert_eq!(went(&machine(ONA, Author::Notice), &known(status)), "machine 3107", "B1 {status:?}");
    }
    assert_eq!(went(&machine(ONA, Author::Notice), &known(Status::Open)), "requester 3107");
    assert_eq!(
        went(&machine(ONA, Author::List), &known(Status::Resolved)),
        "requester 3107",
        "people write over lists"
    );
    assert_eq!(went(&machine(STRANGER, Author::Notice), &Known::default()), "new");
    assert_eq!(went(&machine(STRANGER, Author::AutoReply), &Known::default()), "new");
    let just_now = Known { mailed_just_now: true, ..Known::default() };
    assert_eq!(went(&machine(STRANGER, Author::AutoReply), &just_now), "nowhere");
    for kind in [Author::AutoReply, Author::List, Author::Notice, Author::Receipt] {
        let known = token(Holder::Agent(agent("janis")), Verb::Reply, on(Status::Open));
        assert_eq!(went(&machine(JANIS, kind), &known), "nowhere", "{kind:?}");
    }
}

#[test]
fn b14_an_absence_note_without_headers_needs_a_tie_to_us() {
    let mut away = digest(ONA);
    away.absence = Some("Automatic reply".to_owned());
    assert_eq!(went(&away, &Known::default()), "new", "a request may be called so");
    assert_eq!(went(&away, &evidence("tag", on(Status::Resolved))), "machine 3107");
    assert_eq!(went(&away, &evidence("letter", on(Status::Resolved))), "machine 3107");
    assert_eq!(went(&away, &Known { mailed_just_now: true, ..Known::default() }), "nowhere");
}

#[test]
fn reports_are_never_requests_and_find_their_ticket() {
    let mut report = machine("mailer-daemon@elsewhere.example", Author::Bounce);
    report.mail.report = Some(Report { formal: true, ..Report::default() });
    assert_eq!(went(&report, &Known::default()), "report 0");
    assert_eq!(went(&report, &evidence("letter", on(Status::Open))), "report 3107");
    assert_eq!(went(&report, &evidence("token", on(Status::Open))), "report 3107");
    assert_eq!(went(&report, &Known { blocked: true, ..Known::default() }), "report 0");
    let by_wording = machine(ONA, Author::Bounce);
    assert_eq!(went(&by_wording, &Known::default()), "new", "people write about failing mail");
    assert_eq!(went(&by_wording, &evidence("letter", on(Status::Open))), "report 3107");
    assert_eq!(went(&by_wording, &Known { reports_on_ours: true, ..Known::default() }), "report 0");
}

#[test]
fn c10_only_more_than_a_name_and_a_number_proves_a_sender() {
    for (kind, authentication, expected) in [
        ("token", Authentication::Unknown, true),
        ("letter", Authentication::Unknown, true),
        ("mail", Authentication::Unknown, false),
        ("tag", Authentication::Unknown, false),
        ("mail", Authentication::Pass, true),
        ("tag", Authentication::Pass, true),
    ] {
        let mut digest = digest(ONA);
        digest.authentication = authentication;
        let to = route(&digest, &evidence(kind, on(Status::Open)), &rules()).to;
        assert!(matches!(to, Destination::Client { proven, .. } if proven == expected), "{kind}");
    }
}

#[test]
fn b7_b25_our_own_mail_and_mail_in_circles_open_nothing() {
    let mut ours = digest("support@pieva.example.test");
    assert_eq!(went(&ours, &Known::default()), "aside", "anybody can write our address");
    ours.trail.ours = true;
    assert_eq!(went(&ours, &Known::default()), "nowhere");
    let mut circled = digest(STRANGER);
    circled.trail.circled = true;
    assert_eq!(went(&circled, &Known::default()), "aside");
    for (hops, expected) in [(49, "new"), (50, "new"), (51, "aside")] {
        let mut digest = digest(STRANGER);
        digest.mail.hops = hops;
        assert_eq!(went(&digest, &Known::default()), expected, "{hops}");
    }
    assert_eq!(went(&digest("support+3107@pieva.example.test"), &Known::default()), "aside");
}

#[test]
fn a_blocked_sender_is_not_heard_whatever_he_knows() {
    for kind in ["token", "letter", "mail", "tag", "nothing"] {
        let mut known = evidence(kind, on(Status::Rejected));
        known.blocked = true;
        assert_eq!(went(&digest(ONA), &known), "nowhere", "{kind}");
    }
}

#[test]
fn c20_a_sender_that_cannot_be_read_takes_part_in_nothing() {
    for (kind, expected) in [("token", "held 3107"), ("letter", "held 3107"), ("mail", "new"), ("tag", "new")]
    {
        assert_eq!(
            went(&digest("a@x.example, b@x.example"), &evidence(kind, on(Status::Open))),
            expected,
            "{kind}"
        );
    }
}

/// A ticket of Ona's client that waits for the client's word on a stranger.
fn unconfirmed() -> Ticket {
    let lack = maildesk::domain::ticket::Lack::Confirmation;
    let mut ticket = ticket(Status::NeedsInfo);
    ticket.requester.address = Some(super::ground::address(STRANGER));
    ticket.state = maildesk::domain::ticket::State::NeedsInfo { expires_at: None, lack };
    ticket
}

#[test]
fn only_the_address_of_the_contract_vouches_and_only_in_answer_to_our_letter() {
    let asked = letter(Some(unconfirmed()), "office@upe.example.test", false);
    let says = |from: &str, yes: Option<&str>, no: Option<&str>| {
        let mut digest = digest(from);
        digest.found.affirm = yes.map(str::to_owned);
        digest.found.deny = no.map(str::to_owned);
        digest
    };
    let office = "office@upe.example.test";
    let number = unconfirmed().key.number;
    assert_eq!(went(&says(office, Some("yes"), None), &asked), format!("vouched true {number}"));
    assert_eq!(went(&says(office, None, Some("no")), &asked), format!("vouched false {number}"));
    assert_eq!(went(&says(office, None, None), &asked), format!("colleague {number}"));
    assert_eq!(went(&says(STRANGER, Some("yes"), None), &asked), format!("requester {number}"));
    assert_eq!(went(&says(COLLEAGUE, Some("yes"), None), &asked), format!("colleague {number}"));
    let by_tag = Known { tagged: Some(unconfirmed()), ..Known::default() };
    assert_eq!(went(&says(office, Some("yes"), None), &by_tag), format!("colleague {number}"));
}

#[test]
fn a_person_whom_the_client_denied_is_kept_and_answered_by_nothing() {
    let denied = Known { denied: true, ..Known::default() };
    assert_eq!(went(&digest(STRANGER), &denied), "nowhere");
    assert_eq!(
        went(&digest(JANIS), &denied),
        went(&digest(JANIS), &Known::default()),
        "an agent is an agent"
    );
}

#[test]
fn a_question_about_the_state_and_a_wish_for_a_new_ticket_are_what_they_say() {
    let closed = Known { tagged: Some(on(Status::Closed)), ..Known::default() };
    let number = on(Status::Closed).key.number;
    let mut asks = digest(super::ground::ONA);
    asks.found.status = Some("status".to_owned());
    assert_eq!(went(&asks, &closed), format!("status {number}"));
    let mut stranger = digest(STRANGER);
    stranger.found.status = Some("status".to_owned());
    assert_eq!(went(&stranger, &closed), "new");
    let resolved = Known { tagged: Some(on(Status::Resolved)), ..Known::default() };
    let mut anew = digest(super::ground::ONA);
    anew.found.new_request = Some("new request".to_owned());
    assert_eq!(went(&anew, &resolved), "new");
}
