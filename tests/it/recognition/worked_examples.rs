//! Sentences of clients in five languages, in files: what each says, and what it only seems to say.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use maildesk::config::read_desk_yaml;
use maildesk::desk::Desk;
use maildesk::desk::digest::digest;
use maildesk::domain::digest::Digest;
use maildesk::domain::language::Lang;
use maildesk::mail::keys::{Key, Keys};
use maildesk::mail::parse::{Limits, parse};
use maildesk::words::Catalogue;
use serde::Deserialize;

const LANGUAGES: [&str; 5] = ["lt", "lv", "ru", "cs", "en"];
const EXAMPLES_MIN: usize = 60;
/// A text of so many words is told without knowing which language is usual at the desk.
const WORDS_TOLD: usize = 5;

/// What a mail may say. `Period` and `Language` are of `period` and `language` of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Meaning {
    Urgent,
    NoHurry,
    Thanks,
    Consent,
    Refusal,
    Complaint,
    Absence,
    Statement,
    Agent,
    Period,
    Language,
}

use Meaning::{
    Absence, Agent, Complaint, Consent, Language, NoHurry, Period, Refusal, Statement, Thanks, Urgent,
};

const ALL: [Meaning; 11] =
    [Urgent, NoHurry, Thanks, Consent, Refusal, Complaint, Absence, Statement, Agent, Period, Language];

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    /// The desk whose agents are asked for.
    desk: String,
    /// The writer's name.
    from: String,
    examples: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(default)]
    subject: String,
    text: String,
    /// Everything that it says.
    #[serde(default)]
    is: BTreeSet<Meaning>,
    /// What it only seems to say.
    #[serde(default)]
    not: BTreeSet<Meaning>,
    agent: Option<String>,
    /// First and last day.
    period: Option<String>,
    /// Where it is not that of the file.
    language: Option<String>,
}

fn read(language: &str) -> Examples {
    let path: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "fixtures/language", &format!("{language}.yaml")].iter().collect();
    let text = std::fs::read_to_string(&path).expect("a file of examples");
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The desk of the file, for clients of all five languages, `usual` before the others.
fn desk(name: &str, usual: &str) -> Desk {
    let others = LANGUAGES.iter().filter(|language| **language != usual);
    let languages: Vec<&str> = std::iter::once(usual).chain(others.copied()).collect();
    let path = format!("fixtures/conversations/{name}/desk.yaml");
    let text = std::fs::read_to_string(&path).expect("a desk");
    let setup = serde_json::json!({ "languages": languages });
    let rules = read_desk_yaml(&path, &text, Some(&setup)).expect("a desk").rules;
    let words = Arc::new(Catalogue::embedded().with_default(rules.own_language()));
    Desk::new(rules, words, Keys::new(Key::new(1, [7; 32]), Vec::new()), "test".to_owned())
}

/// The mail as the daemon reads it and thinks it over, on 2026-04-15.
fn read_mail(desk: &Desk, from: &str, example: &Example) -> Digest {
    let mail = format!(
        "From: {from} <somebody@client.example.test>\nSubject: {}\nMessage-ID: <1@client.example.test>\n\
         Content-Type: text/plain; charset=utf-8\n\n{}\n",
        example.subject, example.text
    );
    let at = "2026-04-15T09:00:00Z".parse().expect("a moment");
    digest(desk, parse(mail.as_bytes(), &Limits::default()), at, at, &[])
}

fn meanings(digest: &Digest) -> BTreeSet<Meaning> {
    let found = &digest.found;
    [
        (Urgent, digest.urgent.is_some()),
        (Thanks, digest.thanks.is_some()),
        (Consent, found.agree.is_some()),
        (Refusal, found.disagree.is_some()),
        (Complaint, found.complaint.is_some()),
        (Absence, digest.absence.is_some()),
        (Statement, found.statement.is_some()),
        (Agent, found.wish.is_some()),
    ]
    .into_iter()
    .filter_map(|(meaning, is)| is.then_some(meaning))
    .collect()
}

/// What is recognised otherwise than the example says.
fn differences(desk: &Desk, from: &str, own: &str, example: &Example) -> Vec<String> {
    let digest = read_mail(desk, from, example);
    let mut said = meanings(&digest);
    let reading = desk.detector.read(&digest.text);
    if reading.not_urgent().is_some() {
        said.insert(NoHurry);
    }
    let mut wrong = Vec::new();
    if said != example.is {
        wrong.push(format!("says {said:?}, expected {:?}", example.is));
    }
    let agent = digest.found.wish.as_ref().map(|id| id.0.clone());
    if agent != example.agent {
        wrong.push(format!("the agent {agent:?}, expected {:?}", example.agent));
    }
    let period = digest.found.statement.as_ref().and_then(|wish| wish.period);
    let period = period.map(|period| format!("{} {}", period.from, period.to));
    if period != example.period {
        wrong.push(format!("the period {period:?}, expected {:?}", example.period));
    }
    let language = example.language.as_deref().unwrap_or(own);
    if digest.language.as_str() != language {
        wrong.push(format!("the language {}, expected {language}", digest.language.as_str()));
    }
    if example.not.iter().any(|meaning| example.is.contains(meaning)) {
        wrong.push("says what it must not say".to_owned());
    }
    wrong
}

#[test]
fn what_clients_write_in_five_languages_says_what_it_says_and_nothing_else() {
    let mut wrong = Vec::new();
    for own in LANGUAGES {
        let file = read(own);
        let desk = desk(&file.desk, own);
        for example in &file.examples {
            for difference in differences(&desk, &file.from, own, example) {
                wrong.push(format!("{own}.yaml: {:?} {:?}: {difference}", example.subject, example.text));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// At a desk whose usual language is another.
#[test]
fn a_text_of_a_few_words_has_its_language_wherever_it_arrives() {
    let mut wrong = Vec::new();
    for own in LANGUAGES {
        let file = read(own);
        let usual = if own == "en" { "lv" } else { "en" };
        let desk = desk(&file.desk, usual);
        for example in &file.examples {
            let digest = read_mail(&desk, &file.from, example);
            let language: Lang =
                example.language.as_deref().unwrap_or(own).parse().expect("a language of the desk");
            let words = digest.text.split_whitespace().count();
            if words >= WORDS_TOLD && digest.language != language {
                wrong.push(format!("{own}.yaml: {:?}: {}", example.text, digest.language.as_str()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_language_has_enough_examples_and_something_that_only_seems_to_say_each_thing() {
    for own in LANGUAGES {
        let file = read(own);
        let count = file.examples.len();
        assert!(count >= EXAMPLES_MIN, "{own}.yaml has {count} examples");
        let texts: BTreeSet<_> = file.examples.iter().map(|e| (&e.subject, &e.text)).collect();
        assert_eq!(texts.len(), count, "{own}.yaml has an example twice");
        let any = |of: &dyn Fn(&Example) -> bool| file.examples.iter().any(of);
        for meaning in ALL {
            let says = match meaning {
                Period => any(&|e| e.period.is_some()),
                Language => any(&|e| e.language.is_none()),
                _ => any(&|e| e.is.contains(&meaning)),
            };
            assert!(says, "{own}.yaml has nothing that says {meaning:?}");
            let seems = any(&|e| e.not.contains(&meaning) || meaning == Language && e.language.is_some());
            assert!(seems, "{own}.yaml has nothing that only seems to say {meaning:?}");
        }
        let is_plain = |e: &Example| e.text.chars().filter(|c| c.is_alphabetic()).all(|c| c.is_ascii());
        let plain = file.examples.iter().filter(|e| is_plain(e) && !e.is.is_empty()).count();
        assert!(own == "ru" || plain >= 8, "{own}.yaml has {plain} examples without diacritics");
    }
}
