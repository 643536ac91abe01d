//! Letters: which of those that left is meant by which expectation, and in what they differ.

use std::collections::BTreeSet;

use super::{all_fit, one_blank};
use crate::domain::address::Address;
use crate::domain::language::Lang;
use crate::faces::rehearse::conversation::ExpectedMail;
use crate::faces::rehearse::stage::Sent;

/// Which letters an expectation stands for, by their places in the list.
#[derive(Debug, Default)]
pub struct Matched {
    /// For each expectation, in order.
    pub letters: Vec<Vec<usize>>,
    pub differences: Vec<String>,
}

/// One letter that is expected: agents get one each, clients share theirs.
struct Wanted<'e> {
    index: usize,
    mail: &'e ExpectedMail,
    /// `None`: anybody.
    to: Option<BTreeSet<Address>>,
}

/// Compares all letters of a step. `language_of` tells the language of a text, or the one proposed if it cannot.
pub fn letters(
    expected: &[ExpectedMail],
    sent: &[Sent],
    language_of: &dyn Fn(&str, Lang) -> Lang,
) -> Matched {
    let mut matched = Matched { letters: vec![Vec::new(); expected.len()], differences: Vec::new() };
    let mut free: Vec<usize> = (0..sent.len()).collect();
    let mut wanted = Vec::new();
    for (index, mail) in expected.iter().enumerate() {
        wanted.extend(each(index, mail, &mut matched.differences));
    }
    let differences = |w: &Wanted<'_>, at: usize| differences(w, &sent[at], language_of);
    wanted.retain(|w| match free.iter().position(|at| differences(w, *at).is_empty()) {
        Some(place) => {
            matched.letters[w.index].push(free.remove(place));
            false
        }
        None => true,
    });
    for w in &wanted {
        let same_kind = |at: &usize| w.mail.template.as_ref().is_none_or(|t| *t == sent[*at].template);
        let nearest = free.iter().filter(|at| same_kind(at)).min_by_key(|at| {
            let addressed = w.to.as_ref().is_none_or(|to| *to == addressees(&sent[**at]));
            (!addressed, differences(w, **at).len())
        });
        match nearest.copied() {
            Some(at) => {
                let found = differences(w, at);
                matched.differences.extend(found.iter().map(|d| format!("{}: {d}", sent[at].template)));
                matched.letters[w.index].push(at);
                free.retain(|other| *other != at);
            }
            None => matched.differences.push(format!("not sent: {}", shown(w))),
        }
    }
    for at in free {
        let letter = &sent[at];
        let to = list(&addressees(letter));
        matched
            .differences
            .push(format!("not expected: {} to {to}: {}", letter.template, letter.mail.subject));
    }
    matched.letters.iter_mut().for_each(|places| places.sort_unstable());
    matched
}

/// Is it a template of which every agent gets a copy of his own?
fn is_for_staff(template: &str) -> bool {
    template.starts_with("agent_") || template == "escalation_head"
}

fn each<'e>(index: usize, mail: &'e ExpectedMail, differences: &mut Vec<String>) -> Vec<Wanted<'e>> {
    let Some(to) = &mail.to else { return vec![Wanted { index, mail, to: None }] };
    let mut addresses = BTreeSet::new();
    for text in to {
        match Address::parse(text) {
            Some(address) => drop(addresses.insert(address)),
            None => differences.push(format!("{text:?} is no address that a mail can be sent to")),
        }
    }
    if mail.template.as_deref().is_some_and(is_for_staff) {
        let copy = |address| Wanted { index, mail, to: Some(BTreeSet::from([address])) };
        return addresses.into_iter().map(copy).collect();
    }
    vec![Wanted { index, mail, to: Some(addresses) }]
}

/// To and Cc of a letter.
fn addressees(letter: &Sent) -> BTreeSet<Address> {
    letter.mail.to.iter().chain(&letter.mail.cc).map(|m| m.address.clone()).collect()
}

fn differences(wanted: &Wanted<'_>, letter: &Sent, language_of: &dyn Fn(&str, Lang) -> Lang) -> Vec<String> {
    let mail = wanted.mail;
    let mut found = Vec::new();
    if let Some(template) = mail.template.as_ref().filter(|t| **t != letter.template) {
        found.push(format!("is not {template}"));
    }
    let to = addressees(letter);
    if let Some(wanted) = wanted.to.as_ref().filter(|wanted| **wanted != to) {
        found.push(format!("goes to {}, not to {}", list(&to), list(wanted)));
    }
    let envelope: BTreeSet<Address> = letter.recipients.iter().cloned().collect();
    if envelope != to {
        found.push(format!("says it goes to {} and goes to {}", list(&to), list(&envelope)));
    }
    if let Some(wanted) = &mail.lang {
        match wanted.parse::<Lang>() {
            Ok(lang) => {
                let is = language_of(&letter.mail.text, lang);
                if is != lang {
                    found.push(format!("is written in {is}, not in {wanted}"));
                }
            }
            Err(error) => found.push(format!("cannot be written so: {error}")),
        }
    }
    let (subject, body) = (one_blank(&letter.mail.subject), one_blank(&letter.mail.text));
    let contains = |text: &String| {
        let text = one_blank(text);
        subject.contains(&text) || body.contains(&text)
    };
    found.extend(mail.has.iter().filter(|t| !contains(t)).map(|t| format!("does not contain {t:?}")));
    found.extend(mail.lacks.iter().filter(|t| contains(t)).map(|t| format!("contains {t:?}")));
    if let Some(patterns) = &mail.attachments {
        let names: Vec<&str> = letter.mail.attachments.iter().map(|a| a.name.as_str()).collect();
        if !all_fit(patterns, &names) {
            found.push(format!("has the attachments {names:?}, not {patterns:?}"));
        }
    }
    found
}

fn shown(wanted: &Wanted<'_>) -> String {
    let template = wanted.mail.template.as_deref().unwrap_or("a mail");
    wanted.to.as_ref().map_or_else(|| template.to_owned(), |to| format!("{template} to {}", list(to)))
}

fn list(addresses: &BTreeSet<Address>) -> String {
    addresses.iter().map(Address::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::{self, Limits};

    fn sent(template: &str, to: &[&str], body: &str) -> Sent {
        let raw =
            format!("From: desk@d.example\r\nTo: {}\r\nSubject: [A-1] Hm\r\n\r\n{body}\r\n", to.join(", "));
        Sent {
            at: "2026-03-10T14:20Z".parse().expect("instant"),
            template: template.to_owned(),
            ticket: Some(1),
            recipients: to.iter().map(|a| Address::parse(a).expect("address")).collect(),
            mail: parse::parse(raw.as_bytes(), &Limits::default()),
            raw: raw.into(),
        }
    }

    fn expected(template: &str, to: &[&str], has: &[&str]) -> ExpectedMail {
        ExpectedMail {
            template: Some(template.to_owned()),
            to: Some(to.iter().map(|a| (*a).to_owned()).collect()),
            has: has.iter().map(|t| (*t).to_owned()).collect(),
            ..ExpectedMail::default()
        }
    }

    fn compared(expected: &[ExpectedMail], sent: &[Sent]) -> Matched {
        letters(expected, sent, &|_, lang| lang)
    }

    #[test]
    fn agents_get_a_copy_each_and_clients_one_mail_together() {
        let copies = [sent("agent_new", &["a@d.example"], ""), sent("agent_new", &["b@d.example"], "")];
        let wanted = [expected("agent_new", &["b@d.example", "a@d.example"], &[])];
        let matched = compared(&wanted, &copies);
        assert_eq!((matched.letters, matched.differences), (vec![vec![0, 1]], vec![]));
        let apart = [sent("ack", &["a@d.example"], ""), sent("ack", &["b@d.example"], "")];
        let wanted = [expected("ack", &["b@d.example", "a@d.example"], &[])];
        assert_eq!(compared(&wanted, &apart).differences.len(), 2);
        let together = [sent("ack", &["a@d.example", "b@d.example"], "")];
        assert_eq!(compared(&wanted, &together).differences, Vec::<String>::new());
    }

    #[test]
    fn every_letter_must_have_been_announced() {
        let one = [sent("ack", &["a@d.example"], "")];
        assert!(compared(&[], &one).differences[0].starts_with("not expected: ack to a@d.example"));
        let wanted = [expected("ack", &["a@d.example"], &[])];
        assert_eq!(compared(&wanted, &[]).differences, ["not sent: ack to a@d.example"]);
    }

    #[test]
    fn two_of_a_kind_are_told_apart_by_their_texts() {
        let both = [
            sent("agent_update", &["a@d.example"], "the note"),
            sent("agent_update", &["a@d.example"], "the mail"),
        ];
        let wanted = [
            expected("agent_update", &["a@d.example"], &["the mail"]),
            expected("agent_update", &["a@d.example"], &["the note"]),
        ];
        let matched = compared(&wanted, &both);
        assert_eq!((matched.letters, matched.differences), (vec![vec![1], vec![0]], vec![]));
    }

    #[test]
    fn what_a_letter_lacks_is_told_and_its_name_kept_all_the_same() {
        let one = [sent("ack", &["a@d.example"], "Dear\u{a0}Ona")];
        let wanted = [expected("ack", &["a@d.example"], &["Dear Ona", "06.03.2026"])];
        let matched = compared(&wanted, &one);
        assert_eq!(
            (matched.letters, matched.differences),
            (vec![vec![0]], vec!["ack: does not contain \"06.03.2026\"".to_owned()])
        );
    }

    #[test]
    fn an_envelope_that_is_not_what_the_letter_says_is_told() {
        let mut one = sent("reply", &["a@d.example"], "");
        one.recipients.push(Address::parse("b@d.example").expect("address"));
        assert_eq!(compared(&[expected("reply", &["a@d.example"], &[])], &[one]).differences.len(), 1);
    }
}
