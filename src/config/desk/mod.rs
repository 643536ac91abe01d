//! One desk's table to its [`Rules`]: the same words in the operator's TOML and in `desk.yaml`.

mod calendars;
mod clients;
pub mod limits;
mod people;
mod policy;
mod promises;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use self::calendars::Calendars;
use self::people::People;
use super::reader::{Item, Table};
use super::servers::address;
use crate::domain::address::Address;
use crate::domain::kinds::Types;
use crate::domain::language::Lang;
use crate::domain::rules::{Billing, Carrier, DeskId, Identify, Limits, Queue, Rules, Tag};
use crate::domain::span::Span;

/// The languages that have templates.
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
}

/// Reads a desk. All of it is read whatever is wrong; `None` where what is left is no desk.
pub fn rules(id: &DeskId, table: &Table<'_>, around: &Surroundings) -> Option<Rules> {
    table.remark("kind");
    let desk_address = own_address(table);
    let name = table.text("name").or_else(|| desk_address.as_ref().map(ToString::to_string));
    let zone = table.get("time_zone").map_or(Some(TimeZone::UTC), |item| time_zone(&item));
    let zone = zone.unwrap_or(TimeZone::UTC);
    let languages = languages(table);
    let calendars = Calendars::read(table.get("calendars"), &zone);
    let people = People::read(table, around, id);
    let promises = promises::read(table, &calendars);
    let clients = clients::read(table, around, &promises, id);
    let policy = policy::read(table, &calendars);
    let urgent = promises::urgent(table, &calendars, &promises);
    let warn_before_minutes = table.get("warn_before").and_then(|item| real_minutes(&item));
    let base = around.limits.clone();
    let limits =
        table.get("limits").and_then(|item| item.table()).map_or(base.clone(), |t| limits::limits(&t, &base));
    let (phone, sales_address) =
        (table.text("phone"), table.get("sales_address").and_then(|item| address(&item)));
    let rules_url = table.text("rules_url");
    let (tag, first_number) = (tag(table), table.whole("first_number", 1..=900_000_000, 1));
    let authserv_ids = table.get("authserv_ids").map(|item| texts(&item)).unwrap_or_default();
    let carrier = table.choice("carrier", &CARRIERS, Carrier::PlusAddress);
    let reply_delay_seconds = table.whole("reply_delay_seconds", 0..=3_600, around.reply_delay_seconds);
    let hold_collision = table.flag("hold_collision", around.hold_collision);
    later(table);
    let desk_address = desk_address?;
    Some(Rules {
        desk: id.clone(),
        name: name.unwrap_or_default(),
        watched: around.watched.iter().filter(|a| **a != desk_address).cloned().collect(),
        address: desk_address,
        phone,
        sales_address: sales_address.map(|a| a.to_string()),
        rules_url,
        tag,
        first_number,
        languages,
        zone,
        calendars: calendars.all,
        channels: policy.channels,
        required: policy.required,
        missing: policy.missing,
        severities: promises.severities,
        severity_words: Vec::new(),
        types: Types::default(),
        contract_resolve: promises.contract_resolve,
        ack: policy.ack,
        urgent,
        autoclose: policy.autoclose,
        tell_assigned: policy.tell_assigned,
        after_reply: policy.after_reply,
        rating: policy.rating,
        time: policy.time,
        warn_before_minutes,
        agents: people.agents,
        head: people.head,
        notify_new: people.notify_new,
        notify_teams: BTreeMap::new(),
        notify_urgent: people.notify_urgent,
        clients,
        limits,
        reply_delay_seconds,
        hold_collision,
        authserv_ids,
        carrier,
        extract: Vec::new(),
        identify: Identify::Register,
        duplicates: None,
        offer_valid: None,
        statement: None,
        billing: Billing::default(),
        text_limit: None,
        communication_address: None,
        faq: Vec::new(),
        faq_url: None,
        texts: BTreeMap::new(),
        queue: Queue::default(),
        digest_at: None,
        escalate_address: None,
        banners: Vec::new(),
        hooks: BTreeMap::new(),
    })
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

/// Keys of a desk's description that have no place in the rules yet.
fn later(table: &Table<'_>) {
    for (key, why) in [
        ("types", "a request has no type"),
        ("type_words", "a request has no type"),
        ("duplicates", "every new mail without reference opens a ticket"),
        ("duplicates_quiet", "duplicates are not joined"),
        ("same_matter_over_channels", "duplicates are not joined"),
        ("extract", "nothing is taken out of the text"),
        ("identify", "unknown senders are registered"),
        ("offer", "there are no offers"),
        ("statement", "statements are not answered by mail"),
        ("text_limit", "long texts stand in the ticket whole"),
        ("communication_address", "answers go to the address that wrote"),
        ("vat", "nothing is billed"),
        ("faq", "acknowledgements propose no articles"),
        ("faq_url", "no mail shows it"),
        ("phones", "mails show phone alone"),
    ] {
        table.not_yet(key, why);
    }
    for (key, only, why) in [
        ("unknown_sender", "register", "unknown senders are registered"),
        ("reopen_sla", "restart", "clocks start afresh when a ticket is reopened"),
    ] {
        if let Some(item) = table.get(key)
            && item.text().is_some_and(|text| text != only)
        {
            item.not_yet(why);
        }
    }
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

fn languages(table: &Table<'_>) -> Vec<Lang> {
    let mut languages = Vec::new();
    let Some(list) = table.get("languages") else { return vec![Lang::EN] };
    let items = list.items();
    for item in &items {
        let Some(language) = item.parse::<Lang>() else { continue };
        if languages.contains(&language) {
            item.refuse(format!("{language} stands here twice"), "");
        } else if !LANGUAGES.contains(&language) {
            let known = LANGUAGES.map(|l| l.to_string()).join(", ");
            item.refuse(format!("there are no templates in \"{language}\""), format!("there are {known}"));
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
    if tag.before.trim().is_empty() {
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
