//! A request that an agent took down: the lines at the head of his mail to the address for new requests.

use crate::desk::Desk;
use crate::desk::register::Registration;
use crate::domain::address::Address;
use crate::domain::command::Mistake;
use crate::domain::fold::fold;
use crate::domain::people::AgentId;

/// Reads `For: Ona Onaitė <ona@client.example>` (or a bare name), `Phone: …`, `Company: …` and so on, in the words
/// of any language, at the head of an agent's text; what follows is the request. `None` where nobody is named.
///
/// # Errors
/// A channel, type, severity or address that cannot be.
pub fn read(desk: &Desk, by: &AgentId, subject: &str, text: &str) -> Option<Result<Registration, Mistake>> {
    let mut form = Registration {
        by: Some(by.clone()),
        channel: telephone(desk),
        subject: subject.to_owned(),
        ..Registration::default()
    };
    let mut lines = text.trim_start().lines().peekable();
    let mut mistake = None;
    while let Some((label, value)) = lines.peek().and_then(|line| line.split_once(':')) {
        let Some(key) = desk.forms.get(&fold(label.trim())) else { break };
        if let Err(wrong) = fill(desk, &mut form, key, value.trim()) {
            mistake.get_or_insert(wrong);
        }
        lines.next();
    }
    form.text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    let named = !form.name.is_empty() || form.address.is_some() || form.phone.is_some();
    (named || mistake.is_some()).then(|| mistake.map_or(Ok(form), Err))
}

fn fill(desk: &Desk, form: &mut Registration, key: &str, value: &str) -> Result<(), Mistake> {
    let given = || Some(value.to_owned()).filter(|value| !value.is_empty());
    match key {
        "for" => (form.name, form.address) = person(desk, value)?,
        "email" => form.address = Some(address(desk, value)?),
        "phone" => form.phone = given(),
        "company" => form.company = given(),
        "position" => form.position = given(),
        "device" => form.device = given(),
        "channel" => form.channel = channel(desk, value)?,
        "type" => form.kind = Some(kind(desk, value)?),
        "severity" => form.severity = Some(severity(desk, value)?),
        "urgent" => form.urgent = is_yes(desk, value),
        "subject" => value.clone_into(&mut form.subject),
        "ask" => {
            let fields = value.split(',').map(str::trim).filter(|field| !field.is_empty());
            form.ask.extend(fields.map(|field| field_of(desk, field)));
        }
        _ => {}
    }
    Ok(())
}

/// The channel of a request that nobody says otherwise of.
fn telephone(desk: &Desk) -> String {
    let known = desk.rules.channels.keys().find(|name| name.starts_with("phone"));
    known.cloned().unwrap_or_else(|| "phone".to_owned())
}

/// `Ona <ona@client.example>`, `ona@client.example` or `Ona`.
fn person(desk: &Desk, value: &str) -> Result<(String, Option<Address>), Mistake> {
    match value.split_once('<') {
        Some((name, rest)) => {
            let name = name.trim().trim_matches('"').to_owned();
            Ok((name, Some(address(desk, rest.trim_end_matches('>'))?)))
        }
        None if value.contains('@') => Ok((String::new(), Some(address(desk, value)?))),
        None => Ok((value.to_owned(), None)),
    }
}

fn address(desk: &Desk, value: &str) -> Result<Address, Mistake> {
    let found = Address::parse(value.trim()).filter(|address| !desk.rules.watches(address));
    found.ok_or_else(|| Mistake::new("bad_address").with("value", value))
}

/// A name of the configuration, or what the desk's languages call it.
fn named<'a>(
    desk: &Desk,
    value: &str,
    names: impl Iterator<Item = &'a String> + Clone,
    label: impl Fn(crate::domain::language::Lang, &str) -> String,
    phrase: &'static str,
) -> Result<String, Mistake> {
    let wanted = fold(value);
    let languages = || desk.words.languages().collect::<Vec<_>>();
    let is_meant = |name: &&String| {
        fold(name) == wanted || languages().into_iter().any(|lang| fold(&label(lang, name)) == wanted)
    };
    let all: Vec<&str> = names.clone().map(String::as_str).collect();
    let mut names = names;
    let mistake = || Mistake::new(phrase).with("value", value).with("known", all.join(", "));
    names.find(is_meant).cloned().ok_or_else(mistake)
}

fn channel(desk: &Desk, value: &str) -> Result<String, Mistake> {
    let channels = &desk.rules.channels;
    if channels.is_empty() {
        return Ok(fold(value));
    }
    let label = |lang, name: &str| desk.words.channel_label(lang, name);
    named(desk, value, channels.keys(), label, "unknown_channel")
}

fn severity(desk: &Desk, value: &str) -> Result<String, Mistake> {
    let label = |lang, name: &str| desk.words.severity_label(lang, name);
    named(desk, value, desk.rules.severities.keys(), label, "unknown_severity")
}

fn kind(desk: &Desk, value: &str) -> Result<String, Mistake> {
    let types = &desk.rules.types;
    let label = |lang, name: &str| {
        let label = types.get(name).and_then(|kind| kind.labels.get(&lang));
        label.cloned().unwrap_or_default()
    };
    named(desk, value, types.all.iter().map(|kind| &kind.name), label, "unknown_type")
}

/// A field by its name or by what a language calls it.
fn field_of(desk: &Desk, value: &str) -> String {
    let wanted = fold(value);
    let mut known = desk.rules.required.iter();
    let is_meant = |name: &&String| {
        desk.words.languages().any(|lang| fold(&desk.words.field_label(lang, name)) == wanted)
    };
    known.find(is_meant).cloned().unwrap_or(wanted)
}

fn is_yes(desk: &Desk, value: &str) -> bool {
    ["yes", "x", "1", "+", "true"].contains(&fold(value).as_str()) || desk.detector.affirm(value).is_some()
}
