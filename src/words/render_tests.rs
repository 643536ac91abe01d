use proptest::prelude::*;

use super::*;
use crate::words::TEMPLATES;
use crate::words::context::{Missing, TicketEvent};
use crate::words::sample;

#[test]
fn values_are_data_and_never_templates() {
    let words = Catalogue::embedded();
    let mut context = sample::full();
    let hostile = "{{ desk.name }} {% for x in y %} ${HOME} %s {# no #} <b>&amp;";
    context.public.answer = Some(hostile.to_owned());
    context.public.ticket.subject = hostile.to_owned();
    for lang in words.languages() {
        let letter = words.render("reply", lang, &context).unwrap();
        assert!(letter.subject.contains(hostile), "{}", letter.subject);
        assert!(letter.body.contains(hostile), "{}", letter.body);
    }
}

#[test]
fn a_subject_is_one_line_whatever_stands_in_it() {
    let words = Catalogue::embedded();
    let mut context = sample::full();
    context.public.ticket.subject = "a\r\nBcc: x@evil.example.test\u{2028}b\u{85}c\0d\te ".to_owned();
    let letter = words.render("ack", Lang::LT, &context).unwrap();
    assert_eq!(letter.subject, "[KL-3107] a Bcc: x@evil.example.test b c d e");
}

#[test]
fn the_body_has_plain_ends_of_line_and_ends_in_one() {
    let words = Catalogue::embedded();
    let mut context = sample::full();
    context.public.answer = Some("one\r\ntwo\rthree\u{1b}[31m\0\n\tfour".to_owned());
    let body = words.render("reply", Lang::EN, &context).unwrap().body;
    assert!(body.starts_with("one\ntwo\nthree[31m\n\tfour\n"), "{body:?}");
    for lang in words.languages() {
        for template in TEMPLATES {
            let body = words.render(template, lang, &context).unwrap().body;
            assert!(
                body.ends_with('\n') && !body.ends_with("\n\n") && !body.contains('\r'),
                "{lang}/{template}"
            );
        }
    }
}

#[test]
fn no_letter_shows_the_word_for_nothing() {
    let words = Catalogue::embedded();
    for lang in words.languages() {
        for template in TEMPLATES {
            let letter = words.render(template, lang, &sample::bare(template)).unwrap();
            // The help of agents explains the command word.
            let says_none = letter.body.to_lowercase().contains("none") && template != "agent_help";
            assert!(!says_none, "{lang}/{template}: {}", letter.body);
            assert!(!letter.body.contains("\n\n\n\n\n"), "{lang}/{template}: {:?}", letter.body);
        }
    }
}

#[test]
fn an_acknowledgement_says_what_the_conversations_expect() {
    let words = Catalogue::embedded();
    let mut context = sample::bare("ack");
    context.public.ticket.deadline = Some("2026-03-12 10:20".to_owned());
    context.public.missing = vec![Missing { label: "siuntėjo telefono numeris".to_owned(), hint: None }];
    let body = words.render("ack", Lang::LT, &context).unwrap().body;
    for text in ["KL-3107", "2026-03-12 10:20", "prašome dar atsiųsti", "siuntėjo telefono numeris"] {
        assert!(body.contains(text), "{text} in {body}");
    }
    context.public.missing.clear();
    let body = words.render("ack", Lang::LT, &context).unwrap().body;
    assert!(!body.contains("prašome dar atsiųsti"), "{body}");
}

#[test]
fn an_agent_is_told_what_happened() {
    let words = Catalogue::embedded();
    let mut context = sample::full();
    context.internal.event = Some(TicketEvent::Bounce);
    let body = words.render("agent_update", Lang::EN, &context).unwrap().body;
    assert!(body.contains("could not be delivered to ona@pieva.example.test: 550"), "{body}");
    assert!(body.contains("> text"));
}

#[test]
fn an_unknown_template_is_a_problem_and_no_panic() {
    let problem = Catalogue::embedded().render("no_such", Lang::EN, &sample::bare("ack")).unwrap_err();
    assert_eq!(problem.to_string(), "en/no_such.txt: there is no such template");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_value_breaks_out_of_the_subject(text in any::<String>()) {
        let broken = one_line(&text).contains(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c));
        prop_assert!(!broken);
        prop_assert!(!clean_lines(&text).contains('\r'));
    }
}
