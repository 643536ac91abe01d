//! Types, severities, articles, questions for the state, ratings, another address.

use super::{desk, mail};

fn kinds(name: &str, cases: &[(&str, &str, Option<&str>)]) {
    let desk = desk(name);
    for (subject, text, kind) in cases {
        let found = mail(&desk, "Ona", subject, text).kind;
        assert_eq!(found.as_ref().map(|(kind, _)| kind.as_str()), *kind, "{subject}: {text} {found:?}");
    }
}

#[test]
fn a_type_is_told_by_the_first_word_in_the_order_of_the_list() {
    kinds(
        "siuntos",
        &[
            ("Kur mano siunta?", "Labas, laukiu savaitę, vis dar negavau.", Some("late")),
            ("Siunta", "Kur yra siunta CE000203119LT?", Some("late")),
            ("Siunta", "kur yra mano siunta", None),
            ("Ne tas paštomatas", "Sveiki, pasirinkau ne tą paštomatą.", Some("readdress")),
            ("Klausimas", "Noriu peradresuoti, bet vėluoja.", Some("late")),
            ("Klausimas", "NETEISINGAS TELEFONAS, negauna SMS", Some("contacts")),
            ("Klausimas", "Kada dirbate?", None),
        ],
    );
    kinds(
        "smarttek",
        &[
            ("Apmācība jaunām oficiantēm", "Lūdzam apmācību darbam ar kases sistēmu.", Some("training")),
            ("Обучение", "нужно обучение", Some("training")),
            ("EDS", "Nav saites ar EDS", Some("accounting")),
            ("Kase", "Kase nestrādā", Some("incident")),
            ("Касса", "Касса не работает", Some("incident")),
            ("Jauns ēdiens", "lūdzam pievienot ēdienu", None),
        ],
    );
    kinds(
        "softech",
        &[
            ("Založení domény", "na náš web", Some("domain_new")),
            ("Heslo", "ke správě webu", Some("web_access")),
            ("Přesměrování schránky", "prosím přesměrovat", Some("mail_forward")),
            ("Žádost", "Prosíme založit schránku", Some("mailbox_create")),
            ("Žádost", "napište na web@firma.example.test", None),
            ("Žádost", "Nejde internet", None),
        ],
    );
}

#[test]
fn a_severity_is_told_by_neighbouring_words() {
    for (text, severity) in [
        ("KASE NESTRĀDĀ", Some("critical")),
        ("kases nestrada", Some("critical")),
        ("Kase ir, bet nestrādā printeris", None),
        ("Kase. Nestrādā printeris", None),
        ("мы не можем торговать", Some("critical")),
        ("Lūdzu pievienot ēdienu", None),
    ] {
        let found = mail(&desk("smarttek"), "Dace", "", text).severity;
        assert_eq!(found.map(|(severity, _)| severity).as_deref(), severity, "{text}");
    }
}

#[test]
fn fitting_articles_are_found() {
    let desk = desk("siuntos");
    for (text, places) in [
        ("vėluoja siunta, o paštomatas ne tas: norėčiau peradresuoti", vec![0, 1]),
        ("Negavau siuntos", vec![0]),
        ("Kada dirbate?", vec![]),
    ] {
        assert_eq!(mail(&desk, "Ona", "", text).faq, places, "{text}");
    }
}

#[test]
fn only_a_question_for_the_state_is_one() {
    for (name, text, asked) in [
        ("steko", "Laba diena, kokia mano kreipinio būsena?\nOna", true),
        ("steko", "Kokia būsena? Dar programoje neatsidaro langas ir nespausdina sąskaitų.", false),
        ("steko", "Užsakymo būsena programoje nesikeičia", false),
        ("stekspb", "Здравствуйте! Что с заявкой?", true),
        ("stekspb", "Какой статус заявки 41273?", true),
        ("stekspb", "Не меняется статус заказа в 1С", false),
        ("smarttek", "Labdien! Kāds ir statuss pieteikumam?", true),
        ("smarttek", "Statuss kasē nemainās pēc apmaksas", false),
        ("softech", "Dobrý den, jaký je stav požadavku?", true),
        ("softech", "Jaký je stav? A ještě prosím nové heslo do webu.", false),
        ("steko", "Hello, any news?", true),
        ("steko", "What is the status of my request?", true),
    ] {
        assert_eq!(mail(&desk(name), "Ona", "", text).status.is_some(), asked, "{text}");
    }
}

#[test]
fn a_bare_figure_rates() {
    for (text, rating) in [
        ("5", Some(5)),
        ("5\n\nAčiū, viskas puiku.", Some(5)),
        ("4/5", Some(4)),
        ("Įvertinimas: 2", Some(2)),
        ("1!", Some(1)),
        ("6", None),
        ("0", None),
        ("55", None),
        ("5 kompiuteriai neveikia", None),
        ("Ačiū\n5", None),
        ("", None),
    ] {
        assert_eq!(mail(&desk("steko"), "Ona", "Re: [KL-3107]", text).rating, rating, "{text:?}");
    }
}

#[test]
fn a_client_names_another_address() {
    for (text, address) in [
        (
            "V této věci komunikujte prosím na adrese: reklama@studio.example.test\n\nKučera",
            Some("reklama@studio.example.test"),
        ),
        ("Komunikujte prosím na adrese <reklama@studio.example.test>.", Some("reklama@studio.example.test")),
        ("Píšu z adresy reklama@studio.example.test", None),
        ("komunikujte prosím na adrese: nikdo@", None),
    ] {
        let found = mail(&desk("softech"), "Josef", "", text).communication_address;
        assert_eq!(found.as_ref().map(|a| a.as_str()), address, "{text}");
    }
}

#[test]
fn consent_complaint_and_a_request_of_its_own_are_of_the_new_text() {
    let desk = desk("softech");
    let found = mail(&desk, "Alena", "Re: stížnost", "Dobrý den, souhlasím. Děkuji");
    assert_eq!((found.agree.as_deref(), found.complaint), (Some("souhlasím"), None));
    let found = mail(&desk, "Alena", "", "Nesouhlasím, je to stížnost.");
    assert_eq!((found.agree, found.disagree.as_deref()), (None, Some("nesouhlasím")));
    assert_eq!(found.complaint.as_deref(), Some("stížnost"));
    assert!(mail(&desk, "Alena", "", "Nový požadavek: heslo").new_request.is_some());
    assert!(mail(&desk, "Alena", "", "Ano, to je moje dcera.").affirm.is_some());
    assert!(mail(&desk, "Alena", "", "Ne, neznám ji.").deny.is_some());
}
