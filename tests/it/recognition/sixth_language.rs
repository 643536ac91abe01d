//! A language that the program does not know, brought by files alone.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use maildesk::config::load;
use maildesk::desk::Desk;
use maildesk::domain::language::Lang;
use maildesk::mail::keys::{Key, Keys};
use maildesk::words::{Catalogue, Context};

use super::{fields, mail};

/// Volapük, as far as a desk needs it.
const WORDS: &str = "
labels:
  field: {company: nem fiama, phone: telefonanüm}
  channel: {email: me leäktronapened}
detect:
  urgent: [spidiko]
  not_urgent: [no spidiko]
  statement: [lised vobas]
  statement_not: [lised bankaköna]
  greeting: [glidis]
  thanks: [danö]
recognise:
  letters: äöü
  endings: [ön, ik, iko]
  stop_words: [e, ed, in, ini, no, obs, obes, ol, äs, pro, ko, das, atos, kanobs, pükön]
  field_words: {person: [nem], phone: [telefon], position: [cal]}
  asking: [begö, sedolös]
  asking_fillers: [obes, pro, de]
  trouble: [pöl*]
  wish: [begö, vilobs]
  negation: ['no']
  period:
    months: [[yanul*], [febul*], [mäzul*], [prilul*], [mayul*], [yunul*], [yulul*], [gustul*], [setul*], [tobul*], [novul*], [dekul*]]
    ordinals: [[balid*], [telid*], [kilid*], [folid*]]
    quarter: [foldilayel*]
    year: [yel*]
    last: [lätik*]
    from: [de]
    to: [jü]
";

const DESK: &str = r#"
templates_dir = "templates"
[desk]
address = "support@desk.example"
languages = ["vo", "en"]
phone = "+370 600 10100"
first_number = 7
[desk.agents.ona]
name = "Ona Onaitė"
email = "ona@desk.example"
[desk.statement]
on = true
[[desk.faq]]
title = "Bük"
url = "https://desk.example/bük"
words = ["bükian"]
[mailbox]
host = "mail.desk.example"
user = "support@desk.example"
password = "none"
"#;

#[test]
fn a_sixth_language_needs_files_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    put("maildesk.toml", DESK);
    put("templates/vo/words.yaml", WORDS);
    put("templates/vo/duplicate.txt", "Subject: {{ ticket.tag }} {{ ticket.subject }}\n\nGlidis! Danö.\n");
    let file = folder.path().join("maildesk.toml");
    let settings = load(&[file], &BTreeMap::new()).unwrap_or_else(|p| panic!("{p}")).settings;
    let rules = settings.desks.into_iter().next().expect("a desk");
    let lang: Lang = "vo".parse().expect("a code");
    assert_eq!(rules.languages, [lang, Lang::EN]);
    let words = Catalogue::load(settings.templates_dir.as_deref()).expect("words").with_default(lang);
    assert_eq!(
        words.detect_language("Glidis! No kanobs bükön, begö.", &[lang, Lang::EN], Lang::EN).lang,
        lang
    );
    let letter = words.render("duplicate", lang, &Context::default()).expect("a letter");
    assert!(letter.body.starts_with("Glidis! Danö."), "{}", letter.body);
    assert_eq!(words.channel_label(lang, "email"), "me leäktronapened");

    let desk =
        Desk::new(rules, Arc::new(words), Keys::new(Key::new(1, [7; 32]), Vec::new()), "test".to_owned());
    let found = mail(
        &desk,
        "Alice",
        "Bükian",
        "Nem fiama: Acme Ltd, telefon: 8 600 11301, cal: dilekan\nNo spidiko.",
    );
    assert_eq!(fields(&found), "company=Acme Ltd; phone=+37060011301; position=dilekan");
    assert_eq!(found.fields["urgency"], "no spidiko");
    assert_eq!(found.faq, [0]);
    let wanted = |text: &str| mail(&desk, "Alice", "", text).statement.map(|wish| wish.period);
    let period = wanted("Glidis! Begö sedolös obes lised vobas pro febul.").flatten().expect("a period");
    assert_eq!(period.name(), "2026-02");
    let period = wanted("Begö lised vobas pro balid foldilayel").flatten().expect("a period");
    assert_eq!(period.name(), "2026-Q1");
    let period = wanted("Begö lised vobas de novul jü yanul").flatten().expect("a period");
    assert_eq!((period.from.to_string(), period.to.to_string()), ("2025-11-01".into(), "2026-01-31".into()));
    assert_eq!(wanted("Lised vobas pro febul: pöl"), None);
    assert_eq!(wanted("Lised bankaköna pro febul"), None);
    assert_eq!(mail(&desk, "Alice", "", "Vilobs Ona.").wish.map(|id| id.0).as_deref(), Some("ona"));
    assert_eq!(mail(&desk, "Alice", "", "Glidis, Ona!").wish, None);
}
