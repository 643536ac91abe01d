//! One desk, its people, and tickets in every state.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use maildesk::config::read_desk_yaml;
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::command::{Command, Instructions};
use maildesk::domain::digest::{Authentication, Digest, Trail};
use maildesk::domain::effect::{Audience, Effect, Purpose, Step};
use maildesk::domain::event::{Actor, AgentWrote, ClientWrote, Event, Standing};
use maildesk::domain::found::Found;
use maildesk::domain::hash::Hash;
use maildesk::domain::language::Lang;
use maildesk::domain::message::{Incoming, Machine, Sender};
use maildesk::domain::people::AgentId;
use maildesk::domain::rules::Rules;
use maildesk::domain::step::{Background, Opening, open, step};
use maildesk::domain::thread::Kind;
use maildesk::domain::ticket::{Closing, Lack, Requester, State, Status, Ticket};

const DESK: &str = r#"
desk: pieva
name: Pieva support
address: support@pieva.example.test
tag: "[KL-{n}]"
first_number: 3107
languages: [en, lt]
time_zone: Europe/Vilnius
calendars: {office: {mon-fri: "08:00-17:00"}}
severity: {normal: {respond: 4h, resolve: by contract}, high: {respond: 1h, resolve: 8h}}
contracts: {Gold: 8h, none: 40h}
ack_shows: deadline
ack_contract: true
urgent: {words: true, respond: 0.25H, resolve: 2H, off_hours: escalate}
autoclose: 3d
tell_closed: true
tell_assigned: true
after_reply: open
warn_before: 0.5H
time: {round: "0:15"}
agents:
  janis: {name: Jānis Bērziņš, email: janis@pieva.example.test}
  petr: {name: Petr Novák, email: petr@pieva.example.test}
  alice: {name: Alice Novák, email: alice@pieva.example.test}
head: {name: Olga Head, email: head@pieva.example.test}
notify_new: [janis@pieva.example.test, petr@pieva.example.test, team@pieva.example.test]
notify_urgent: [alice@pieva.example.test]
clients:
  - name: UAB Upė
    code: "300000301"
    domains: [upe.example.test]
    contract: {name: Gold, email: office@upe.example.test}
    contacts:
      - {name: Ona Onaitė, email: ona@upe.example.test}
"#;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    read_desk_yaml("desk.yaml", DESK, None).unwrap_or_else(|problems| panic!("{problems}")).rules
});

pub fn rules() -> Rules {
    RULES.clone()
}

/// Monday, 2 March 2026, ten o'clock in Vilnius.
pub fn ten() -> Timestamp {
    "2026-03-02T10:00:00+02:00".parse().unwrap()
}

pub fn after(hours: i64) -> Timestamp {
    ten() + SignedDuration::from_hours(hours)
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn mailbox(text: &str) -> Mailbox {
    Mailbox::new("", address(text))
}

pub fn agent(id: &str) -> AgentId {
    AgentId(id.to_owned())
}

pub const ONA: &str = "ona@upe.example.test";

pub fn opening() -> Opening {
    Opening {
        number: 3107,
        requester: Requester { name: "Ona Onaitė".to_owned(), address: Some(address(ONA)), phone: None },
        background: Background {
            client: Some("300000301".to_owned()),
            record: [("phone".to_owned(), "+37060000301".to_owned())].into(),
            ..Background::default()
        },
        participants: Vec::new(),
        subject: "The printer is silent".to_owned(),
        text: "It prints nothing.".to_owned(),
        language: Lang::EN,
        channel: "email".to_owned(),
        urgent: None,
        urgency_stated: false,
        kind: None,
        severity: None,
        found: Found::default(),
        document: false,
        previous: None,
        received_at: ten(),
        late: false,
        muted: None,
        by: None,
        outbound: false,
        reason: "a new request".to_owned(),
    }
}

/// A ticket that came at ten and stands in this state since then.
pub fn ticket(status: Status) -> Ticket {
    let rules = rules();
    let mut ticket = open(opening(), ten(), &rules).ticket;
    ticket.state = match status {
        Status::NeedsInfo => State::NeedsInfo { expires_at: Some(after(48)), lack: Lack::Information },
        Status::New => State::New,
        Status::Open => State::Open,
        Status::Waiting => State::Waiting { since: ten(), remind_at: Some(after(24)) },
        Status::Resolved => State::Resolved { at: ten(), closes_at: rules.autoclose_at(ten()) },
        Status::Closed => State::Closed { at: ten(), how: Closing::Silence },
        Status::Merged => State::Merged { into: 3001 },
        Status::Rejected => State::Rejected { at: ten() },
    };
    if status == Status::NeedsInfo {
        ticket.missing = vec!["position".to_owned()];
        (ticket.respond, ticket.resolve) = (None, None);
    }
    if matches!(status, Status::Resolved | Status::Closed) {
        for clock in ticket.respond.iter_mut().chain(&mut ticket.resolve) {
            clock.met_at = Some(ten());
        }
    }
    ticket
}

pub fn client_wrote() -> ClientWrote {
    ClientWrote {
        by: mailbox(ONA),
        standing: Standing::Requester,
        text: "It still prints nothing.".to_owned(),
        thanks: None,
        urgent: None,
        urgency_stated: false,
        found: Found::default(),
        arrived: ten(),
        document: false,
        cc: Vec::new(),
        silent: None,
        evidence: "tag in the subject".to_owned(),
    }
}

pub fn thanks() -> Event {
    Event::ClientWrote(Box::new(ClientWrote { thanks: Some("thanks".to_owned()), ..client_wrote() }))
}

pub fn says(commands: Vec<Command>, answer: &str) -> Instructions {
    let text_hash = Some(Hash([answer.len() as u8; 32]));
    Instructions { commands, answer: answer.to_owned(), text_hash, ..Instructions::default() }
}

pub fn by_agent(id: &str, instructions: Instructions) -> Event {
    let by = Actor::Agent(agent(id));
    Event::AgentWrote(AgentWrote {
        by,
        instructions,
        seen_up_to: None,
        last_answer: None,
        about: Default::default(),
    })
}

pub fn tick(read_up_to: Timestamp) -> Event {
    Event::Tick { read_up_to: Some(read_up_to) }
}

/// Decides under the rules of the desk.
pub fn decide(ticket: &Ticket, event: &Event, now: Timestamp) -> Step {
    step(ticket, event, now, &RULES)
}

/// Letters as `template > audience`, in their order.
pub fn letters(step: &Step) -> Vec<String> {
    let told = step.effects.iter().filter_map(|effect| match effect {
        Effect::Tell(notice) => Some(format!("{} > {}", notice.purpose.template(), shown(&notice.to))),
        _ => None,
    });
    told.collect()
}

fn shown(audience: &Audience) -> String {
    let ids = |ids: &[AgentId]| ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(" ");
    match audience {
        Audience::Workers { but } => format!("workers but {}", ids(but)),
        Audience::Agent(id) => id.0.clone(),
        Audience::Writer(mailbox) => format!("writer {}", mailbox.address),
        Audience::Responsible { .. } => "responsible".to_owned(),
        other => format!("{other:?}"),
    }
}

/// Kinds of the messages that join the thread.
pub fn kept(step: &Step) -> Vec<Kind> {
    let kept = step.effects.iter().filter_map(|effect| match effect {
        Effect::Keep { kind, .. } => Some(*kind),
        _ => None,
    });
    kept.collect()
}

/// The phrase of the mistake that a decision returns.
pub fn mistake(step: &Step) -> Option<&'static str> {
    use maildesk::domain::effect::{Answer, Notice};
    step.effects.iter().find_map(|effect| match effect {
        Effect::Tell(Notice { purpose: Purpose::AgentResult(Answer::Error(mistake)), .. }) => {
            Some(mistake.phrase)
        }
        _ => None,
    })
}

/// A person's mail, digested: no evidence, nothing known.
pub fn digest(from: &str) -> Digest {
    let from = match Address::parse(from) {
        Some(address) => Sender::Known(Mailbox::new("", address)),
        None => Sender::Unreadable("two addresses".to_owned()),
    };
    let sender = from.mailbox().map(|m| m.address.clone());
    let mail = Incoming {
        fingerprint: Hash([1; 32]),
        raw: Hash([2; 32]),
        size_bytes: 1000,
        message_id: Some("m1@upe.example.test".to_owned()),
        from,
        reply_to: None,
        to: Vec::new(),
        cc: Vec::new(),
        delivered_to: Vec::new(),
        return_path: None,
        subject: "The printer is silent".to_owned(),
        date: None,
        in_reply_to: Vec::new(),
        references: Vec::new(),
        text: "It prints nothing.".to_owned(),
        attachments: Vec::new(),
        enclosed: None,
        machine: Machine::default(),
        report: None,
        authentication: Vec::new(),
        spam: None,
        instances: Vec::new(),
        hops: 3,
        defects: Vec::new(),
    };
    Digest {
        mail,
        arrived: ten(),
        late: false,
        text: "It prints nothing.".to_owned(),
        language: Lang::EN,
        urgent: None,
        urgency_stated: false,
        thanks: None,
        absence: None,
        found: Default::default(),
        forwarded: None,
        forwards: false,
        whole: None,
        rejected: Vec::new(),
        authentication: Authentication::Unknown,
        agent: sender.and_then(|a| rules().agent_at(&a).map(|a| a.id.clone())),
        instructions: Instructions::default(),
        trail: Trail::default(),
    }
}
