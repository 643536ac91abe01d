//! What a mail refers to: tags in subjects, Message-IDs, tokens in addresses.

use maildesk::domain::address::Address;
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::msgid;
use maildesk::mail::parse::head::ids;
use maildesk::mail::token::{self, Verb};
use maildesk::mail::trail::{TagPattern, base_subject, tags_in};

/// Our own tags, tokens and Message-IDs are always found again, and nothing else is ever taken for one.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for template in ["[KL-{n}]", "[#{n}]", "Užklausa {n}", "({n}/IT)"] {
        subject(&text, template);
    }
    let (template, rest) = text.split_once('\n').unwrap_or(("", &text));
    subject(rest, template);
    references(bytes);
    tokens(&text);
    own_ids(&text);
    super::grown(bytes, |big| {
        let big_text = String::from_utf8_lossy(big);
        for template in ["[KL-{n}]", template] {
            let pattern = TagPattern::parse(template);
            base_subject(&big_text, pattern.as_slice());
            pattern.map(|pattern| tags_in(&big_text, &pattern));
        }
        ids(big);
        token::read_subject(&big_text);
    });
}

fn subject(subject: &str, template: &str) {
    let Some(pattern) = TagPattern::parse(template) else { return };
    let base = base_subject(subject, std::slice::from_ref(&pattern));
    assert!(super::is_one_line(&base) || !super::is_one_line(subject), "{base:?}");
    assert!(base.chars().count() <= 2 * subject.chars().count());
    let plain = base_subject(subject, &[]);
    assert_eq!(base_subject(&plain, &[]), plain, "of {subject:?}");
    assert_eq!(base_subject(&format!("Re: {plain}"), &[]), plain);
    let found = tags_in(subject, &pattern);
    assert!(found.iter().all(|number| *number < 1_000_000_000_000_000_000));
    if template.trim() == template
        && super::is_one_line(template)
        && template.starts_with('[')
        && template.ends_with(']')
    {
        let number = 1 + subject.len() as u64;
        let ours = format!("{} {subject}", template.replacen("{n}", &number.to_string(), 1));
        assert_eq!(tags_in(&ours, &pattern).first(), Some(&number), "{ours:?} after {template:?}");
    }
}

/// Message-IDs are on one line without blanks, and few.
fn references(value: &[u8]) {
    let found = ids(value);
    assert!(found.len() <= 200, "{}", found.len());
    for id in &found {
        assert!(!id.is_empty() && id.len() <= 998 && super::is_one_line(id), "{id:?}");
        assert!(!id.contains(char::is_whitespace), "{id:?}");
    }
    let again: Vec<String> = found.iter().map(|id| format!("<{id}>")).collect();
    if found.iter().all(|id| !id.contains(['<', '>'])) {
        assert_eq!(ids(again.join(" ").as_bytes()), found);
    }
}

fn keys() -> Keys {
    Keys::new(Key::new(1, [7; 32]), vec![Key::new(2, [9; 32])])
}

fn tokens(text: &str) {
    let keys = keys();
    let address = Address::parse(text);
    let tags = address.as_ref().and_then(Address::tag).into_iter().chain([text]);
    for carried in tags.filter_map(token::read).chain(token::read_subject(text)) {
        assert!(!keys.verify(&carried, "support", "client"), "a token that we never gave: {carried:?}");
    }
    let number = text.len() as u64;
    let verb = Verb::ALL[text.len() % Verb::ALL.len()];
    if let Some(ours) =
        address.and_then(|mailbox| keys.reply_address(&mailbox, "support", number, text, verb))
    {
        let carried = ours.tag().and_then(token::read).expect("what we write we read");
        assert_eq!((carried.number, carried.verb), (number, verb), "{ours}");
        assert!(keys.verify(&carried, "support", text) && !keys.verify(&carried, "sales", text));
    }
    let code = format!("{text} {}", keys.subject_code("support", number, text));
    let carried = token::read_subject(&code).expect("what we write we read");
    assert!(keys.verify(&carried, "support", text) && carried.number == number, "{code}");
}

fn own_ids(text: &str) {
    let keys = keys();
    assert_eq!(msgid::verify(&keys, ["support"], text), None);
    let (cause, rest) = text.split_at(text.floor_char_boundary(text.len() / 2));
    let id = msgid::own(&keys, cause, rest, text, "support", text.len() as u64, text);
    let known = msgid::verify(&keys, ["sales", "support"], id.as_str()).expect("our own");
    assert_eq!((known.desk.as_str(), known.number), ("support", text.len() as u64));
    assert!(id.as_str().is_ascii() && super::is_one_line(id.as_str()));
}
