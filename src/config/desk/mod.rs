//! One desk's table to its [`Rules`]: the same words in the operator's TOML and in `desk.yaml`.

mod calendars;
mod clients;
mod kinds;
pub mod limits;
mod looked_for;
mod people;
mod policy;
mod promises;
mod services;
mod wording;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use self::calendars::Calendars;
use self::people::People;
use self::policy::Policy;
use self::promises::Promises;
use super::reader::{Item, Table};
use super::servers::address;
use super::sheets::Sheet;
use crate::domain::address::Address;
use crate::domain::kinds::Types;
use crate::domain::language::Lang;
use crate::domain::people::Clients;
use crate::domain::rules::{Carrier, DeskId, Identify, Limits, Queue, Rules, Tag};
use crate::domain::span::Span;

/// The languages that have built-in templates.
pub const LANGUAGES: [Lang; 5] = [Lang::EN, Lang::LT, Lang::LV, Lang::RU, Lang::CS];

/// What a desk's table cannot say itself.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Every address that the program watches.
    pub watched: Vec<Address>,
    /// The limits where the desk has none of its own.
    pub limits: Limits,
    /// Where the table leaves them out.
    pub reply_delay_seconds: u32,
    pub hold_collision: bool,
    /// That have templates: the built-in ones, and those of the operator's own folder.
    pub languages: Vec<Lang>,
}

/// Reads a desk. All of it is read whatever is wrong; `None` where what is left is no desk.
pub fn rules(id: &DeskId, table: &Table<'_>, around: &Surroundings) -> Option<Rules> {
    table.remark("kind");
    reopening(table);
    let address = own_address(table);
    let name = table.text("name").or_else(|| address.as_ref().map(ToString::to_string));
    let zone = table.get("time_zone").map_or(Some(TimeZone::UTC), |item| time_zone(&item));
    let zone = zone.unwrap_or(TimeZone::UTC);
    let languages = languages(table, around);
    let calendars = Calendars::read(table.get("calendars"), &zone);
    let types = kinds::read(table, &kinds::Ground { around, calendars: &calendars, languages: &languages });
    // What they hold has been joined to `clients` and `agents`, where they are read from.
    for sheet in Sheet::ALL {
        table.text(sheet.key());
    }
    let phones = phones(table);
    let people = People::read(table, around, id, &phones);
    let promises = promises::read(table, &calendars);
    let strangers = services::strangers(table);
    let known = clients::Known { around, promises: &promises, agents: &people.agents, desk: id };
    let clients = clients::read(table, &known, strangers.by_domain);
    let policy = policy::read(table, &calendars);
    people.check_teams(table, &types, &policy.channels);
    let parts = Parts {
        id: id.clone(),
        address: address
            .clone()
            .unwrap_or_else(|| Address::parse("nobody@desk.invalid").expect("an address")),
        name: name.unwrap_or_default(),
        zone,
        languages,
        calendars,
        types,
        phones,
        people,
        promises,
        identify: strangers.identify,
        clients,
        policy,
    };
    let rules = parts.into_rules(table, around);
    address.map(|_| rules)
}

/// What the rest of a desk refers to.
struct Parts {
    id: DeskId,
    address: Address,
    name: String,
    zone: TimeZone,
    languages: Vec<Lang>,
    calendars: Calendars,
    types: Types,
    phones: BTreeMap<String, String>,
    people: People,
    promises: Promises,
    identify: Identify,
    clients: Clients,
    policy: Policy,
}

impl Parts {
    fn into_rules(self, table: &Table<'_>, around: &Surroundings) -> Rules {
        let Parts { zone, languages, calendars, types, people, promises, policy, .. } = self;
        let text = |key| table.text(key);
        let usual_queue = if policy.ack.fifo_note { Queue::Fifo } else { Queue::Deadline };
        let queues = [("fifo", Queue::Fifo), ("deadline", Queue::Deadline)];
        Rules {
            watched: around.watched.iter().filter(|a| **a != self.address).cloned().collect(),
            desk: self.id,
            name: self.name,
            address: self.address,
            phone: text("phone"),
            phones: self.phones,
            sales_address: table.get("sales_address").and_then(|i| address(&i)).map(|a| a.to_string()),
            rules_url: text("rules_url"),
            tag: tag(table),
            first_number: table.whole("first_number", 1..=900_000_000, 1),
            channels: policy.channels,
            required: policy.required,
            missing: policy.missing,
            contract_resolve: promises.contract_resolve.clone(),
            ack: policy.ack,
            urgent: promises::urgent(table, &calendars, &promises, &types),
            severities: promises.severities,
            severity_words: promises.severity_words,
            types,
            autoclose: policy.autoclose,
            tell_assigned: policy.tell_assigned,
            after_reply: policy.after_reply,
            rating: policy.rating,
            time: policy.time,
            warn_before_minutes: table.get("warn_before").and_then(|item| real_minutes(&item)),
            agents: people.agents,
            head: people.head,
            operator: people.operator,
            notify_new: people.notify_new,
            notify_teams: people.notify_teams,
            notify_urgent: people.notify_urgent,
            clients: self.clients,
            limits: own_limits(table, around),
            reply_delay_seconds: table.whole("reply_delay_seconds", 0..=3_600, around.reply_delay_seconds),
            hold_collision: table.flag("hold_collision", around.hold_collision),
            authserv_ids: table.get("authserv_ids").map(|item| texts(&item)).unwrap_or_default(),
            carrier: table.choice("carrier", &CARRIERS, Carrier::PlusAddress),
            extract: looked_for::extract(table, &zone),
            identify: self.identify,
            duplicates: services::duplicates(table, &calendars),
            offer_valid: services::offer(table, &calendars),
            statement: services::statement(table),
            billing: services::billing(table),
            text_limit: looked_for::text_limit(table),
            communication_address: looked_for::communication_address(table),
            faq: looked_for::faq(table),
            faq_url: text("faq_url"),
            texts: wording::ready(table, &languages, around),
            queue: table.choice("queue", &queues, usual_queue),
            digest_at: table.get("digest_at").filter(|i| !i.is_off()).and_then(|i| services::clock(&i)),
            escalate_address: table.get("escalate_address").and_then(|i| escalation(&i, around)),
            banners: wording::banners(table, &languages, around),
            hooks: wording::hooks(table),
            calendars: calendars.all,
            languages,
            zone,
        }
    }
}

fn own_address(table: &Table<'_>) -> Option<Address> {
    let item = table.need("address", "the support address of the desk")?;
    let address = address(&item)?;
    table.report().claim("desk address", address.as_str(), table.item().key(), &item);
    if address.tag().is_some() {
        item.refuse("has a tag behind +", "maildesk itself puts the numbers of tickets there");
    }
    Some(address)
}

const CARRIERS: [(&str, Carrier); 3] = [
    ("plus_address", Carrier::PlusAddress),
    ("references", Carrier::References),
    ("subject", Carrier::Subject),
];

/// Clocks start afresh when a ticket is reopened; there is no other way yet.
fn reopening(table: &Table<'_>) {
    if let Some(item) = table.get("reopen_sla")
        && item.text().is_some_and(|text| text != "restart")
    {
        item.not_yet("clocks start afresh when a ticket is reopened");
    }
}

fn own_limits(table: &Table<'_>, around: &Surroundings) -> Limits {
    let own = table.get("limits").and_then(|item| item.table());
    own.map_or_else(|| around.limits.clone(), |table| limits::limits(&table, &around.limits))
}

/// Telephones by team.
fn phones(table: &Table<'_>) -> BTreeMap<String, String> {
    let named = table.get("phones").map(|item| item.named()).unwrap_or_default();
    named.into_iter().filter_map(|(team, item)| Some((team, item.text()?))).collect()
}

/// An address for complaints is one that is read.
fn escalation(item: &Item<'_>, around: &Surroundings) -> Option<Address> {
    let address = address(item)?;
    if !around.watched.contains(&address.base()) {
        item.refuse("is in no mailbox that is watched", "name it in aliases of the mailbox");
    }
    Some(address)
}

/// Names of fields and of types: small letters, digits and `_`.
fn check_name(name: &str, item: &Item<'_>) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let sound = !name.is_empty() && name.chars().all(plain);
    if !sound {
        item.refuse(format!("\"{name}\" is no name of a field or type"), "write small letters, digits and _");
    }
    sound
}

/// A list of such names, each once.
fn names(item: &Item<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in item.items() {
        let Some(name) = item.text() else { continue };
        if names.contains(&name) {
            item.refuse(format!("{name} stands here twice"), "");
        } else if check_name(&name, &item) {
            names.push(name);
        }
    }
    names
}

/// A list of beginnings of words.
fn words(item: &Item<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for item in item.items() {
        let Some(word) = item.text() else { continue };
        if word.contains(char::is_alphanumeric) {
            words.push(word);
        } else {
            item.refuse(format!("\"{word}\" is no word"), "");
        }
    }
    words
}

/// A sentence in the desk's own language, or a table by language.
fn localized(item: &Item<'_>, languages: &[Lang], around: &Surroundings) -> BTreeMap<Lang, String> {
    if !item.is_table() {
        return item.text().map(|text| (languages[0], text)).into_iter().collect();
    }
    let named = item.named();
    if named.is_empty() {
        item.refuse("is empty", "write the text, or one for each language");
    }
    let read = |(code, item): (String, Item<'_>)| Some((language(&code, &item, around)?, item.text()?));
    named.into_iter().filter_map(read).collect()
}

/// A language that has templates.
fn language(code: &str, item: &Item<'_>, around: &Surroundings) -> Option<Lang> {
    let language: Lang = code.parse().map_err(|error| item.refuse(format!("{error}"), "")).ok()?;
    if !around.languages.contains(&language) {
        let known = around.languages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        item.refuse(format!("there are no templates in \"{language}\""), format!("there are {known}"));
    }
    Some(language)
}

/// The list of texts.
pub(super) fn texts(item: &Item<'_>) -> Vec<String> {
    item.items().iter().filter_map(Item::text).collect()
}

/// Real time, `0.5H`, in whole minutes.
fn real_minutes(item: &Item<'_>) -> Option<u32> {
    let span: Span = item.parse()?;
    let Span::Real { hundredths } = span else {
        item.refuse(format!("{span} is no real time"), "write real hours, as in 0.5H");
        return None;
    };
    Some((hundredths * 60).div_ceil(100))
}

fn time_zone(item: &Item<'_>) -> Option<TimeZone> {
    let name = item.text()?;
    let zone = TimeZone::get(&name).ok();
    if zone.is_none() {
        let known = jiff::tz::db().available().map(|name| name.to_string()).collect::<Vec<_>>();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let hint = super::reader::nearest(&name, &known);
        let hint = hint.unwrap_or_else(|| "write for example Europe/Vilnius".to_owned());
        item.refuse(format!("there is no time zone \"{name}\""), hint);
    }
    zone
}

fn languages(table: &Table<'_>, around: &Surroundings) -> Vec<Lang> {
    let mut languages = Vec::new();
    let Some(list) = table.get("languages") else { return vec![Lang::EN] };
    let items = list.items();
    for item in &items {
        let Some(language) = item.text().and_then(|code| language(&code, item, around)) else { continue };
        if languages.contains(&language) {
            item.refuse(format!("{language} stands here twice"), "");
        } else {
            languages.push(language);
        }
    }
    if items.is_empty() && list.is_list() {
        list.refuse("is empty", "the first is the desk's own language");
    }
    if languages.is_empty() { vec![Lang::EN] } else { languages }
}

fn tag(table: &Table<'_>) -> Tag {
    let default = Tag { before: "[#".to_owned(), after: "]".to_owned() };
    let Some(item) = table.get("tag") else {
        table.report().claim("tag", &default.before, table.item().key(), table.item());
        return default;
    };
    let Some(text) = item.text() else { return default };
    let Some(tag) = Tag::parse(&text) else {
        item.refuse(format!("\"{text}\" does not hold {{n}} exactly once"), "write for example [KL-{n}]");
        return default;
    };
    if tag.before.ends_with(|c: char| c.is_ascii_digit())
        || tag.after.starts_with(|c: char| c.is_ascii_digit())
    {
        item.refuse(format!("\"{text}\" has a digit beside {{n}}"), "nobody could tell it from the number");
    }
    let in_brackets = tag.before.trim_start().starts_with('[') && tag.after.trim_end().ends_with(']');
    if !in_brackets && tag.before.trim_matches(|c: char| " [](){}<>".contains(c)).is_empty() {
        item.refuse(format!("\"{text}\" has nothing before {{n}}"), "any number would be taken for a ticket");
    }
    table.report().claim("tag", &tag.before.to_lowercase(), table.item().key(), &item);
    tag
}

/// Refuses a person's address that is watched: every notification to it would come back as a request.
pub(super) fn refuse_watched(item: &Item<'_>, address: &Address, around: &Surroundings) {
    if around.watched.contains(&address.base()) {
        item.refuse(
            format!("{address} is an address that maildesk itself watches"),
            "its own mails would come back as requests; give the person's own address",
        );
    }
}

/// Claims that count within one desk.
pub(super) fn scope(id: &DeskId, what: &str) -> String {
    format!("{id} {what}")
}
