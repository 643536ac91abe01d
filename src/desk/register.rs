//! A request that did not come by the requester's own mail: by telephone, over the counter, through another channel.

use jiff::Timestamp;

use super::act::{Act, refused};
use super::background::background;
use super::perform::{Cause, perform};
use super::recognise::{self, Written};
use super::say::to_person;
use super::{Desk, same_matter};
use crate::domain::address::{Address, Mailbox};
use crate::domain::effect::Purpose;
use crate::domain::event::{Event, Joined};
use crate::domain::fold::fold;
use crate::domain::found::Found;
use crate::domain::language::Lang;
use crate::domain::letter::Attached;
use crate::domain::people::AgentId;
use crate::domain::rules::Rules;
use crate::domain::step::{Background, Opening, open, step};
use crate::domain::thread::Voice;
use crate::domain::ticket::{Requester, TicketKey};
use crate::mail::automatic::answers_nobody;
use crate::store::{Result, Standing, Tx};

/// A request that came by telephone, over the counter, or from the operator's keyboard.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    pub by: Option<AgentId>,
    pub channel: String,
    pub name: String,
    pub address: Option<Address>,
    pub phone: Option<String>,
    pub company: Option<String>,
    pub position: Option<String>,
    pub device: Option<String>,
    /// Name of the type, of the severity.
    pub kind: Option<String>,
    pub severity: Option<String>,
    pub subject: String,
    pub text: String,
    pub urgent: bool,
    pub language: Option<Lang>,
    /// Fields that the client is asked for, whatever else is required.
    pub ask: Vec<String>,
    /// Files that the agent got with it.
    pub files: Vec<Attached>,
}

/// What came of a registration.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Registered {
    Opened(TicketKey),
    /// The matter had a ticket.
    Joined(TicketKey),
    /// The desk takes no requests this way; the client was told where his address is known.
    Refused(String),
}

/// Registers a request that did not come by the requester's own mail.
///
/// # Errors
/// `Abandoned` with the reason when the desk has no such channel, type or severity.
pub fn register(
    tx: &mut dyn Tx,
    desk: &Desk,
    registration: &Registration,
    act: &Act,
    now: Timestamp,
) -> Result<Registered> {
    let rules = &desk.rules;
    known_names(registration, rules)?;
    if !may_create(&registration.channel, now, rules) {
        return refuse(tx, desk, registration, act, now);
    }
    let (client, background) = of_caller(tx, desk, registration)?;
    let mut found = found_in(desk, registration, now);
    if client.is_some() {
        found.fields.remove("company");
    }
    let asked = same_matter::Asked {
        fields: &found.fields,
        sender: registration.address.as_ref(),
        subject: &registration.subject,
    };
    if let Some((ticket, evidence)) = same_matter::find(tx, desk, &asked, now)? {
        let (text, fields) = (registration.text.clone(), found.fields.clone());
        let event = Event::Joined(Joined { text, fields, tell: None, evidence });
        let decided = step(&ticket, &event, now, rules);
        let (by, files) = (caller(registration, act), registration.files.clone());
        let cause = Cause { by, files, ..act.cause(event.word(), now) };
        perform(tx, desk, &cause, Some(&ticket), decided)?;
        return Ok(Registered::Joined(ticket.key));
    }
    let opening = opening(tx, desk, registration, background, &found, act, now)?;
    let mut decided = open(opening, now, rules);
    for field in &registration.ask {
        if !decided.ticket.missing.contains(field) {
            decided.ticket.missing.push(field.clone());
        }
    }
    let files = registration.files.clone();
    let cause = Cause { found: Some(&found), files, ..act.cause("opened", now) };
    perform(tx, desk, &cause, None, decided).map(Registered::Opened)
}

/// What is known of the request that was taken down.
fn opening(
    tx: &mut dyn Tx,
    desk: &Desk,
    registration: &Registration,
    background: Background,
    found: &Found,
    act: &Act,
    now: Timestamp,
) -> Result<Opening> {
    let rules = &desk.rules;
    let reading = desk.detector.read(&registration.text);
    Ok(Opening {
        number: tx.next_number(&rules.desk, rules.first_number)?,
        background,
        requester: Requester {
            name: registration.name.clone(),
            address: registration.address.clone(),
            phone: registration.phone.clone(),
        },
        participants: Vec::new(),
        subject: registration.subject.clone(),
        text: registration.text.clone(),
        language: language(desk, registration),
        channel: registration.channel.clone(),
        kind: registration.kind.clone(),
        severity: registration.severity.clone(),
        urgent: registration
            .urgent
            .then(|| "said so".to_owned())
            .or_else(|| reading.urgent().filter(|_| rules.heeds_urgent_words())),
        urgency_stated: reading.not_urgent().is_some() || found.fields.contains_key("urgency"),
        found: found.clone(),
        document: false,
        previous: None,
        received_at: now,
        late: false,
        muted: muted(tx, registration)?,
        by: registration.by.clone(),
        outbound: false,
        reason: format!("registered by {}", act.voice().shown()),
    })
}

/// What nobody at the desk could have meant is refused before anything is done.
fn known_names(registration: &Registration, rules: &Rules) -> Result<()> {
    let listed = |names: Vec<&str>| names.join(", ");
    let channel = &registration.channel;
    if !rules.channels.is_empty() && !rules.channels.contains_key(channel) {
        let known = listed(rules.channels.keys().map(String::as_str).collect());
        return Err(refused(format!("there is no channel {channel:?}; there are {known}")));
    }
    if let Some(kind) = registration.kind.as_ref().filter(|kind| rules.types.get(kind).is_none()) {
        let known = listed(rules.types.all.iter().map(|kind| kind.name.as_str()).collect());
        return Err(refused(format!("there is no type {kind:?}; there are {known}")));
    }
    let known = &rules.severities;
    if let Some(severity) = registration.severity.as_ref().filter(|s| !known.contains_key(*s)) {
        let known = listed(known.keys().map(String::as_str).collect());
        return Err(refused(format!("there is no severity {severity:?}; there are {known}")));
    }
    Ok(())
}

/// May a request that came this way become a ticket today?
fn may_create(channel: &str, now: Timestamp, rules: &Rules) -> bool {
    let today = now.to_zoned(rules.zone.clone()).date();
    let rule = rules.channels.get(channel);
    rule.is_none_or(|rule| rule.create || rule.from.is_some_and(|from| today < from))
}

/// Over a channel for talk alone: the agent reads why not; the client gets a mail where he wrote and can be reached.
fn refuse(
    tx: &mut dyn Tx,
    desk: &Desk,
    registration: &Registration,
    act: &Act,
    now: Timestamp,
) -> Result<Registered> {
    let channel = &registration.channel;
    let spoken = channel.starts_with("phone") || channel.starts_with("in_person");
    if let Some(address) = registration.address.clone().filter(|_| !spoken)
        && muted(tx, registration)?.is_none()
    {
        let language = language(desk, registration);
        let to = Mailbox::new(&registration.name, address);
        let purpose = Purpose::ChannelRefused { channel: channel.clone() };
        to_person(tx, desk, &act.cause("refused", now), purpose, language, to)?;
    }
    let label = desk.words.channel_label(Lang::EN, channel);
    Ok(Registered::Refused(format!("requests {label} ({channel}) may not be registered")))
}

/// In which language the caller is written to: as the agent said, as the record has it, as the text is written.
fn language(desk: &Desk, registration: &Registration) -> Lang {
    let rules = &desk.rules;
    let client = registration.address.as_ref().and_then(|address| rules.clients.of_address(address));
    let set = registration.language.or_else(|| client.and_then(|(_, contact)| contact?.language));
    set.unwrap_or_else(|| {
        desk.words.detect_language(&registration.text, &rules.languages, rules.own_language()).lang
    })
}

/// Why the caller gets no automatic mail.
fn muted(tx: &mut dyn Tx, registration: &Registration) -> Result<Option<String>> {
    let Some(address) = &registration.address else { return Ok(None) };
    if answers_nobody(address.local()) {
        return Ok(Some(format!("nobody reads {address}")));
    }
    let blocked = tx.standing(&address.base())? == Standing::Blocked;
    Ok(blocked.then(|| format!("{address} is blocked")))
}

/// The caller's client, and what is known of him. An agent's word that he calls for a client is believed.
fn of_caller(
    tx: &mut dyn Tx,
    desk: &Desk,
    registration: &Registration,
) -> Result<(Option<String>, Background)> {
    let mut background = background(tx, desk, registration.address.as_ref(), None)?;
    let named = registration.company.as_ref().map(|name| fold(name));
    let by_name = named.and_then(|name| desk.rules.clients.iter().find(|client| fold(&client.name) == name));
    if background.client.is_none() {
        background.client = by_name.map(|client| client.code.clone());
        background.company = registration.company.clone().or(background.company);
    }
    background.stranger = false;
    Ok((background.client.clone(), background))
}

/// What the agent filled in, and what stands in the text that he took down.
fn found_in(desk: &Desk, registration: &Registration, now: Timestamp) -> Found {
    let by = registration.address.clone().map(|address| Mailbox::new(&registration.name, address));
    let written = Written {
        subject: &registration.subject,
        text: &registration.text,
        signature: "",
        by: by.as_ref(),
        at: now,
    };
    let mut found = recognise::found(desk, &written);
    let filled_in = [
        ("phone", &registration.phone),
        ("company", &registration.company),
        ("position", &registration.position),
        ("device", &registration.device),
    ];
    for (field, value) in filled_in {
        if let Some(value) = value.as_ref().filter(|value| !value.trim().is_empty()) {
            found.fields.insert(field.to_owned(), recognise::normal(desk, field, value));
        }
    }
    if registration.name.split_whitespace().count() >= 2 {
        found.fields.insert("person".to_owned(), registration.name.clone());
    }
    found
}

/// Who speaks in a request that an agent took down.
fn caller(registration: &Registration, act: &Act) -> Voice {
    let address = registration.address.clone();
    address.map_or_else(|| act.voice(), |address| Voice::Person(Mailbox::new(&registration.name, address)))
}
