//! Statements: asked for with a period in words, and nothing else.

use super::{desk, desk_with, mail};

/// On 2026-04-15: a text, and `from to` of the period; `-`: no wish; `?`: a wish with an unclear period.
fn check(name: &str, languages: &[&str], cases: &[(&str, &str)]) {
    let desk = if languages.is_empty() {
        desk(name)
    } else {
        desk_with(name, serde_json::json!({"languages": languages}))
    };
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let said = match mail(&desk, "Jurgita Šimkienė", "", text).statement {
            None => "-".to_owned(),
            Some(wish) => wish.period.map_or("?".to_owned(), |p| format!("{} {}", p.from, p.to)),
        };
        if said != *expected {
            wrong.push(format!("{text:?}: {said}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lithuanian() {
    check(
        "steko",
        &[],
        &[
            (
                "Laba diena,\nprašome atsiųsti atliktų darbų išrašą už 2026 m. vasario mėnesį.\nJurgita Šimkienė",
                "2026-02-01 2026-02-28",
            ),
            (
                "Sveiki, atsiųskite ir man konsultacijų ataskaitą nuo 2026-01-01 iki 2026-02-28.\nPaulius",
                "2026-01-01 2026-02-28",
            ),
            ("Sveiki, prasau dar israso uz sausio menesi. Jurgita", "2026-01-01 2026-01-31"),
            ("Išrašas už gegužę", "2025-05-01 2025-05-31"),
            ("Reikia paslaugų ataskaitos už I ketvirtį", "2026-01-01 2026-03-31"),
            ("Prašau išrašo už pirmą ketvirtį", "2026-01-01 2026-03-31"),
            ("Prašau išrašo už ketvirtąjį ketvirtį", "2025-10-01 2025-12-31"),
            ("Prašau išrašo už 2025 m. III ketv.", "2025-07-01 2025-09-30"),
            ("Atsiųskite išrašą už praėjusį mėnesį, ačiū", "2026-03-01 2026-03-31"),
            ("Norėčiau išrašo už šiuos metus", "2026-01-01 2026-12-31"),
            ("Norėčiau išrašo už praėjusių metų gruodį", "2025-12-01 2025-12-31"),
            ("Prašome išrašo už 2025 metus", "2025-01-01 2025-12-31"),
            ("Prašome išrašo nuo lapkričio iki sausio", "2025-11-01 2026-01-31"),
            ("Prašome išrašo už sausį ir vasarį", "2026-01-01 2026-02-28"),
            ("Prašome išrašo nuo sausio", "2026-01-01 2026-04-15"),
            ("Prašome išrašo už 2026-02", "2026-02-01 2026-02-28"),
            ("Prašome išrašo nuo 2026 m. sausio 10 d. iki vasario 5 d.", "2026-01-10 2026-02-05"),
            ("Gal galite atsiųsti paslaugų išrašą?", "?"),
            ("Laba diena, prašome padėti: neimportuojamas banko išrašas už vasarį, rodo klaidą 12.", "-"),
            ("Neimportuojamas banko išrašas už vasarį", "-"),
            ("Išrašas už vasarį neteisingas", "-"),
            ("Prašau pataisyti išrašą už vasarį", "-"),
            ("Išraše už vasarį trūksta dviejų darbų, prašome patikslinti ir perskaičiuoti sąskaitą.", "-"),
            ("Kaip programoje suformuoti išrašą už vasarį klientui Petrui?", "-"),
            ("Sąskaita už vasarį", "-"),
        ],
    );
}

#[test]
fn russian() {
    check(
        "stekspb",
        &[],
        &[
            ("Здравствуйте, пришлите, пожалуйста, выписку за первый квартал.", "2026-01-01 2026-03-31"),
            ("Прошу выслать отчет о работах за февраль", "2026-02-01 2026-02-28"),
            ("Нужна выписка за 1 квартал 2026 года", "2026-01-01 2026-03-31"),
            ("Нужна выписка за 4-й квартал", "2025-10-01 2025-12-31"),
            ("Пришлите отчёт об услугах за прошлый месяц", "2026-03-01 2026-03-31"),
            ("Пришлите отчёт об услугах за прошлый год", "2025-01-01 2025-12-31"),
            ("Выписка за март прошлого года", "2025-03-01 2025-03-31"),
            ("Просим выписку с 01.01.2026 по 28.02.2026", "2026-01-01 2026-02-28"),
            ("Просим выписку с 1 января по 15 февраля", "2026-01-01 2026-02-15"),
            ("Просим выписку с ноября по январь", "2025-11-01 2026-01-31"),
            ("Выписка за май", "2025-05-01 2025-05-31"),
            ("Выписка за этот год, спасибо", "2026-01-01 2026-12-31"),
            ("Выписка за второе полугодие", "2025-07-01 2025-12-31"),
            ("Нужен перечень работ", "?"),
            ("Не загружается выписка банка за март", "-"),
            ("В выписке за март ошибка", "-"),
            ("Почему в выписке за март нет выезда?", "-"),
            ("Не открывается отчёт за март", "-"),
        ],
    );
}

#[test]
fn czech() {
    check(
        "softech",
        &[],
        &[
            ("Dobrý den, prosím o výpis prací za 1. čtvrtletí.", "2026-01-01 2026-03-31"),
            ("Prosím o výpis služeb za první čtvrtletí 2025", "2025-01-01 2025-03-31"),
            ("Zašlete prosím přehled prací za únor", "2026-02-01 2026-02-28"),
            ("prosim o vypis praci za brezen", "2026-03-01 2026-03-31"),
            ("Výpis za červen", "2025-06-01 2025-06-30"),
            ("Výpis za červenec", "2025-07-01 2025-07-31"),
            ("Výpis za minulý měsíc", "2026-03-01 2026-03-31"),
            ("Výpis služeb za letošní rok", "2026-01-01 2026-12-31"),
            ("Výpis služeb za loňský rok", "2025-01-01 2025-12-31"),
            ("Potřebujeme výpis služeb od 1. 1. 2026 do 28. 2. 2026", "2026-01-01 2026-02-28"),
            ("Potřebujeme výpis služeb od ledna do března", "2026-01-01 2026-03-31"),
            ("Potřebujeme výpis služeb od listopadu do ledna 2026", "2025-11-01 2026-01-31"),
            ("Výpis prací za rok 2025", "2025-01-01 2025-12-31"),
            ("Můžete poslat výpis prací?", "?"),
            ("Nejde nahrát bankovní výpis za březen", "-"),
            ("Výpis prací za březen nesedí", "-"),
            ("Výpis z účtu za březen", "-"),
        ],
    );
}

#[test]
fn latvian() {
    check(
        "smarttek",
        &[],
        &[
            ("Labdien! Lūdzu atsūtīt pakalpojumu izrakstu par februāri.", "2026-02-01 2026-02-28"),
            ("Ludzu izrakstu par janvari", "2026-01-01 2026-01-31"),
            ("Lūdzam izrakstu par pirmo ceturksni", "2026-01-01 2026-03-31"),
            ("Lūdzam izrakstu par 1. ceturksni", "2026-01-01 2026-03-31"),
            ("Lūdzam darbu sarakstu par iepriekšējo mēnesi", "2026-03-01 2026-03-31"),
            ("Lūdzam darbu sarakstu par pagājušo gadu", "2025-01-01 2025-12-31"),
            ("Izraksts par 2025. gada maiju", "2025-05-01 2025-05-31"),
            ("Izraksts par 2025. gadu", "2025-01-01 2025-12-31"),
            ("Vajag izrakstu no 01.01.2026. līdz 28.02.2026.", "2026-01-01 2026-02-28"),
            ("Vajag izrakstu no 1. janvāra līdz 15. februārim", "2026-01-01 2026-02-15"),
            ("Vajag izrakstu no novembra līdz janvārim", "2025-11-01 2026-01-31"),
            ("Izraksts par jūniju", "2025-06-01 2025-06-30"),
            ("Izraksts par šo gadu", "2026-01-01 2026-12-31"),
            ("Lūdzu konsultāciju atskaiti", "?"),
            ("Neimportējas bankas izraksts par martu", "-"),
            ("Izrakstā par martu ir kļūda", "-"),
            ("Nedrukā atskaiti par martu", "-"),
        ],
    );
}

#[test]
fn english() {
    check(
        "steko",
        &["en", "lt"],
        &[
            ("Hello, please send us the statement of services for February.", "2026-02-01 2026-02-28"),
            ("Statement for February 2026", "2026-02-01 2026-02-28"),
            ("Please send the statement for May", "2025-05-01 2025-05-31"),
            ("May I have a statement for March?", "2026-03-01 2026-03-31"),
            ("Statement of work for the first quarter, please", "2026-01-01 2026-03-31"),
            ("Statement of work for Q4, please", "2025-10-01 2025-12-31"),
            ("Please send a statement for last month", "2026-03-01 2026-03-31"),
            ("Please send a statement for last year", "2025-01-01 2025-12-31"),
            ("Please send a statement for this year", "2026-01-01 2026-12-31"),
            ("We need a statement of services from 1 January to 15 February", "2026-01-01 2026-02-15"),
            ("We need a statement of services from 2026-01-01 to 2026-02-28", "2026-01-01 2026-02-28"),
            ("We need a statement of services from November to January", "2025-11-01 2026-01-31"),
            ("List of works since January, please", "2026-01-01 2026-04-15"),
            ("Could you send a statement of services?", "?"),
            ("The bank statement for February is not imported", "-"),
            ("The statement for February is wrong", "-"),
            ("Please explain the statement for February", "-"),
            ("How do I print a statement for a customer in your program?", "-"),
        ],
    );
}
