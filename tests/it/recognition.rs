//! What is found in the texts of clients, in five languages.

mod fields;
mod periods;
mod sixth_language;
mod wishes;
mod words;
mod worked_examples;

use std::sync::Arc;

use maildesk::config::read_desk_yaml;
use maildesk::desk::Desk;
use maildesk::desk::recognise::{Written, found};
use maildesk::domain::address::{Address, Mailbox};
use maildesk::domain::found::Found;
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::quote;
use maildesk::words::Catalogue;

use crate::support::effort;

/// One of the five desks.
pub fn desk(name: &str) -> Desk {
    desk_with(name, serde_json::json!({}))
}

/// One of the five desks with parts of it set otherwise.
pub fn desk_with(name: &str, setup: serde_json::Value) -> Desk {
    let path = format!("fixtures/conversations/{name}/desk.yaml");
    let text = std::fs::read_to_string(&path).expect("a desk");
    let rules = read_desk_yaml(&path, &text, Some(&setup)).expect("a desk").rules;
    let words = Arc::new(Catalogue::embedded().with_default(rules.own_language()));
    Desk::new(rules, words, Keys::new(Key::new(1, [7; 32]), Vec::new()), "test".to_owned())
}

/// What is found in a mail of 2026-04-15.
pub fn mail(desk: &Desk, from: &str, subject: &str, text: &str) -> Found {
    let by = Mailbox::new(from, Address::parse("ona@client.example.test").expect("an address"));
    let split = quote::split(text, None);
    let at = "2026-04-15T09:00:00Z".parse().expect("a moment");
    let written = Written { subject, text: &split.new, signature: &split.signature, by: Some(&by), at };
    found(desk, &written)
}

/// Its fields in one line, without the urgency: `company=UAB, person=Ona`.
pub fn fields(found: &Found) -> String {
    let fields = found.fields.iter().filter(|(name, _)| *name != "urgency");
    fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Eight times the text takes about eight times as long; 64 times, if each word had to do with each.
#[test]
fn hostile_text_takes_time_by_its_length_alone() {
    let desk = desk("siuntos");
    let effort = |text: &str| effort::of(|| drop(mail(&desk, "Ona Onaitė", "a", text)));
    for piece in
        ["a, ", "tel. ", "įmonė: ", "8 600 ", "CE 000 123 455 LT ", "a\n\n", "UAB „", "Eglė Narkutė, "]
    {
        let short = effort(&piece.repeat(20_000 / piece.len()));
        let long = effort(&piece.repeat(160_000 / piece.len()));
        assert!(long < short * 28, "{piece:?}: {short:?}, and for eight times the text {long:?}");
    }
}
