use super::*;
use crate::words::pack::WordLists;

fn detector() -> Detector {
    Catalogue::embedded().detector(&[Lang::LT, Lang::LV, Lang::RU, Lang::CS, Lang::EN], &WordLists::new())
}

fn table(ask: impl Fn(&Reading) -> Option<String>, found: &[&str], not: &[&str]) {
    let detector = detector();
    for text in found {
        assert!(ask(&detector.read(text)).is_some(), "should be found: {text}");
    }
    for text in not {
        assert_eq!(ask(&detector.read(text)), None, "should not be found: {text}");
    }
}

#[test]
fn urgent_mails_are_told_from_those_that_deny_it() {
    table(
        |reading| reading.urgent(),
        &[
            "SKUBU!!! SKUBU!!!",
            "Skubiai reikia, atsakykite DABAR.",
            "labai skubu, padėkite",
            "Tai skubus klausimas",
            "Rašiau ryte ir niekas neatsako!!! SKUBU",
            "Steidzami! Kase nestrādā",
            "lūdzu loti steidzami",
            "Mums ir AVĀRIJA",
            "СРОЧНО: не открывается складская программа",
            "Прошу решить срочно.",
            "Телефон: +7 900 000-31-09. Срочно, в 14 часов подписание договора!",
            "Срочность: высокая",
            "Žádá expresní zásah",
            "je to urgentni, prosim",
            "Spěchá to",
            "URGENT: printer on fire",
            "please call asap",
            "Это не срочно. А вот второе — срочно!",
            "Не. Срочно!",
            "Neskubu? Ne, skubu!",
        ],
        &[
            "neskubu",
            "Neskubame, geriau palauksime Eglės.",
            "Tai nėra skubu",
            "ne taip skubu",
            "skubėjimas",
            "nav steidzami",
            "Tas nav tik steidzami",
            "nesteidzami",
            "не срочно",
            "Не срочно, но мешает работать.",
            "несрочно",
            "не очень срочно",
            "Срочность: обычная.",
            "nespěchá to",
            "není to urgentní",
            "nenaléhavé",
            "not urgent at all",
            "This isn't urgent",
            "no hurry",
            "rašykite urgent@pieva.example.test arba https://pieva.example.test/skubu",
            "",
        ],
    );
}

#[test]
fn the_word_that_decided_is_told() {
    let detector = detector();
    assert_eq!(detector.urgent("labai SKUBIAI").as_deref(), Some("skubiai"));
    assert_eq!(detector.read("Не срочно").not_urgent().as_deref(), Some("не срочно"));
    assert_eq!(detector.statement("prasau dar israso uz sausio menesi").as_deref(), Some("išraš*"));
}

#[test]
fn consent_is_told_from_refusal() {
    table(
        |reading| reading.agree(),
        &[
            "Dobrý den, souhlasím. Děkuji, Nováková",
            "souhlasime",
            "Potvrzuji objednávku",
            "Sutinku.",
            "taip, sutinkame su kaina",
            "Tvirtinu",
            "Piekrītu!",
            "apstiprinam",
            "Согласен",
            "да, согласны, начинайте",
            "подтверждаю",
            "I agree",
            "Agreed, go ahead",
            "Confirmed",
        ],
        &[
            "nesouhlasím",
            "Nesouhlasíme s cenou",
            "souhlasím s termínem, ale je to příliš drahé",
            "nesutinku",
            "Nesutinkame, per brangu",
            "nepiekrītu",
            "parak dargi",
            "не согласен",
            "Мы не согласны",
            "не подтверждаю",
            "I do not agree",
            "I don’t agree",
            "it is too expensive",
            "Kiek tai kainuoja?",
        ],
    );
    table(
        |reading| reading.disagree(),
        &["nesouhlasím", "Не согласна", "per brangu", "pārāk dārgi", "too expensive"],
        &["souhlasím"],
    );
}

#[test]
fn yes_and_no_count_as_first_words_only() {
    table(
        |reading| reading.affirm(),
        &[
            "Ano, to je moje dcera.",
            "Dobrý den, ano",
            "TAIP",
            "Laba diena,\n\ntaip, galima",
            "Jā",
            "Да, это наш сотрудник",
            "Yes please",
            "Hello, yes",
            "No problem, they may",
        ],
        &["To ano není", "ne", "Да нет", "Nevím, ano?", "anon", "", "Hello"],
    );
    table(
        |reading| reading.deny(),
        &[
            "Ne, to není náš člověk",
            "Ne, nepažįstame",
            "Nē",
            "Нет!",
            "Да нет, не наш",
            "No.",
            "Dobrý den, ne",
        ],
        &["Ano, ne že ne", "Nevíme", "No problem", "Taip", "Нетрудно"],
    );
}

#[test]
fn a_new_request_is_announced_at_the_beginning() {
    table(
        |reading| reading.new_request(),
        &[
            "Naujas kreipinys: kita siunta",
            "Labas, naujas klausimas",
            "Jauns pieteikums",
            "Новая заявка. Принтер",
            "nový požadavek",
            "New request",
            "Hello,\nnew request",
        ],
        &["Čia ne naujas kreipinys", "Tai naujas klausimas?", "Это не новая заявка", "A request, new", ""],
    );
}

#[test]
fn statements_of_work_are_told_from_those_of_a_bank() {
    table(
        |reading| reading.statement(),
        &[
            "Išrašas už vasarį",
            "israsas",
            "Sveiki, prasau dar israso uz sausio menesi. Jurgita",
            "atsiųskite ir man konsultacijų ataskaitą nuo 2026-01-01 iki 2026-02-28",
            "prašome atsiųsti atliktų darbų išrašą už 2026 m. vasario mėnesį",
            "Lūdzu izrakstu par martu",
            "Нужна выписка за февраль",
            "отчет об услугах за март",
            "Prosím výpis prací za únor",
            "statement of services for May",
        ],
        &[
            "Neimportuojamas banko išrašas už vasarį",
            "banko išrašas už vasarį neimportuojamas",
            "prašome padėti: neimportuojamas banko išrašas už vasarį, rodo klaidą 12",
            "Darbo užmokesčio ataskaita",
            "bankas izraksts neielādējas",
            "не загружается банковская выписка",
            "выписка из банка",
            "bankovní výpis se nenačetl",
            "bank statement import fails",
            "Отчёт по официантам",
        ],
    );
}

#[test]
fn complaints_are_found() {
    table(
        |reading| reading.complaint(),
        &[
            "Tai skundas!",
            "Esu nepatenkintas",
            "Skundžiuosi dėl aptarnavimo",
            "sudziba",
            "Жалоба на работу",
            "Я недовольна",
            "Stížnost",
            "jsem nespokojena",
            "this is unacceptable",
            "I want to make a complaint",
        ],
        &[
            "Skundų neturiu",
            "viskas gerai",
            "жалоб нет",
            "nejde o stížnost",
            "no complaints",
            "nav sūdzība",
            "patenkintas",
            "довольна",
        ],
    );
}

#[test]
fn status_and_the_same_matter_are_found() {
    table(
        |reading| reading.status(),
        &["Kokia būsena?", "Kads ir statuss", "Что с заявкой 41273?", "Jaký je stav", "Any news?"],
        &["Stavba", "статусный"],
    );
    table(
        |reading| reading.same_matter(),
        &[
            "Jau rašiau el. paštu.",
            "jau zvanīju",
            "Здравствуйте, уже писала в Telegram",
            "Už jsem psal",
            "I already wrote",
        ],
        &["Rašau jums", "писала"],
    );
    table(|reading| reading.rating(), &["vertinu 5", "оценка 5", "hodnocení 4", "vērtējums"], &["netiek"]);
}

#[test]
fn the_operators_own_words_are_found_too() {
    let extra = WordLists::from([(Kind::Urgent, vec!["dega".to_owned(), "sustojo gamyb*".to_owned()])]);
    let detector = Catalogue::embedded().detector(&[Lang::LT], &extra);
    assert_eq!(detector.urgent("Sustojo gamyba!").as_deref(), Some("sustojo gamyb*"));
    assert_eq!(detector.urgent("urgent"), None, "English was not asked for");
}

#[test]
fn a_text_of_a_megabyte_is_read_in_one_go() {
    let detector = detector();
    let text = "не срочно ".repeat(60_000);
    assert!(text.len() > 1_000_000);
    let reading = detector.read(&text);
    assert_eq!(reading.urgent(), None);
    assert_eq!(reading.not_urgent().as_deref(), Some("не срочно"));
    assert_eq!(reading.thanks_only(&[]), None);
    let blank = " \n".repeat(500_000);
    assert_eq!(detector.read(&blank).urgent(), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_can_be_read(text in "(\\PC|\n|не срочно|ačiū|pagarbiai\n|s\u{30c}){0,30}") {
        static DETECTOR: std::sync::LazyLock<Detector> = std::sync::LazyLock::new(detector);
        let reading = DETECTOR.read(&text);
        let _ = (reading.urgent(), reading.affirm(), reading.thanks_only(&["Ona"]));
        let _ = DETECTOR.absence_subject(&text);
    }
}
