//! A client asks for one agent by name.

use super::{desk, mail};

fn check(name: &str, cases: &[(&str, &str, Option<&str>)]) {
    let desk = desk(name);
    let mut wrong = Vec::new();
    for (from, text, expected) in cases {
        let said = mail(&desk, from, "", text).wish.map(|id| id.0);
        if said.as_deref() != *expected {
            wrong.push(format!("{text:?}: {said:?}, expected {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lithuanian() {
    check(
        "steko",
        &[
            ("Ona", "prašytume, kad padėtų konsultantė Eglė Narkutė, ji mūsų apskaitą žino.", Some("egle")),
            ("Ona", "Prašome Eglės Narkutės.", Some("egle")),
            ("Ona", "prasome Egles Narkutes", Some("egle")),
            ("Ona", "Norėtume Eglę Narkutę.", Some("egle")),
            ("Ona", "perduokite Eglei Narkutei", Some("egle")),
            ("Ona", "Jei galima, Tomo Grigo konsultacijos", Some("tomas")),
            ("Ona", "gal galėtų Tomui Grigui perduoti", Some("tomas")),
            ("Ona", "prašau perduoti Grigui Tomui", Some("tomas")),
            ("Ona", "Norėtume dirbti su Vyteniu Balčiumi.", Some("vytenis")),
            ("Ona", "Neskubame, geriau palauksime Eglės.", Some("egle")),
            ("Ona", "Prašome, kad ateitų Tomas.", Some("tomas")),
            ("Ona", "Kada bus konsultantė Eglė?", Some("egle")),
            ("Ona", "Laba diena, Egle, neveikia programa.", None),
            ("Ona", "Laba diena, Egle Narkute, neveikia programa.", None),
            ("Tomas Petraitis", "Prašome padėti. Tomas", None),
            ("Ona", "Vakar skambino Tomas iš tiekėjų.", None),
            ("Ona", "Eglės šakos prie lango, prašome nupjauti eglę.", None),
            ("Ona", "Tik ne Eglė Narkutė, prašome kito konsultanto.", None),
            ("Ona", "Reikia naujos rutinos ir tomografo konsultanto.", None),
            ("Ona", "prašome padėti kuo greičiau", None),
        ],
    );
}

#[test]
fn russian() {
    check(
        "stekspb",
        &[
            ("Кирилл", "Прошу, чтобы помог Антон Зорин.", Some("anton")),
            ("Кирилл", "Хотели бы Антона Зорина.", Some("anton")),
            ("Кирилл", "передайте Антону Зорину", Some("anton")),
            ("Кирилл", "лучше с Антоном Зориным", Some("anton")),
            ("Кирилл", "Просим Ольгу Мельникову", Some("olga")),
            ("Кирилл", "для Ольги Мельниковой", Some("olga")),
            ("Кирилл", "Просим Павла Рябова", Some("pavel")),
            ("Кирилл", "Павлу Рябову", Some("pavel")),
            ("Кирилл", "с Мариной Котовой", Some("marina")),
            ("Кирилл", "Подождём Марину, она знает.", Some("marina")),
            ("Кирилл", "Желательно, чтобы приехал Павел.", Some("pavel")),
            ("Кирилл", "Здравствуйте, Антон! Не работает принтер.", None),
            ("Кирилл", "Здравствуйте, Антон Зорин! Не работает принтер.", None),
            ("Ольга Иванова", "Прошу помочь. Ольга", None),
            ("Кирилл", "только не Павел Рябов", None),
            ("Кирилл", "У нас новая сотрудница Марина Иванова, нужен доступ.", None),
            ("Кирилл", "Не работает принтер у Павла в бухгалтерии.", None),
        ],
    );
}

#[test]
fn latvian_and_russian_speakers_of_a_latvian_desk() {
    check(
        "smarttek",
        &[
            ("Dace", "Lūdzu, lai palīdz Ilze Kalniņa.", Some("ilze")),
            ("Dace", "lūdzu Ilzi Kalniņu", Some("ilze")),
            ("Dace", "Ilzes Kalniņas palīdzība", Some("ilze")),
            ("Dace", "ludzu Ilzei Kalninai", Some("ilze")),
            ("Dace", "vēlamies Mārtiņu Ozolu", Some("martins")),
            ("Dace", "nododiet Mārtiņam Ozolam", Some("martins")),
            ("Dace", "Jāņa Bērziņa konsultācija", Some("janis")),
            ("Dace", "Jānim Bērziņam", Some("janis")),
            ("Dace", "Gaidīsim Līgu, paldies.", Some("liga")),
            ("Сергей", "Прошу Анну Петрову.", Some("anna")),
            ("Сергей", "Прошу Илзе Калниню или другую", Some("ilze")),
            ("Dace", "Labdien, Ilze! Kase neiet.", None),
            ("Dace", "Sveiki, Ilze Kalniņa! Kase neiet.", None),
            ("Anna Liepa", "Lūdzu palīdzēt. Anna", None),
            ("Dace", "Jāņu dienā būsim slēgti, lūdzu ņemt vērā.", None),
            ("Dace", "Nezvaniet, nav Mārtiņš Ozols.", None),
        ],
    );
}

#[test]
fn czech() {
    check(
        "softech",
        &[
            ("Alena", "Prosím, ať to udělá Ondřej Malý.", Some("ondrej")),
            ("Alena", "prosíme Ondřeje Malého", Some("ondrej")),
            ("Alena", "předejte Ondřeji Malému", Some("ondrej")),
            ("Alena", "s Ondřejem Malým", Some("ondrej")),
            ("Alena", "Ondrej Maly by to vedel nejlepe", Some("ondrej")),
            ("Alena", "bez čekání na Petru Vlčkovou", Some("petra")),
            ("Alena", "pro Petru Vlčkovou", Some("petra")),
            ("Alena", "od Petry Vlčkové", Some("petra")),
            ("Alena", "Jitce Horákové", Some("jitka")),
            ("Alena", "Jitku Horákovou, prosím", Some("jitka")),
            ("Alena", "Raději počkáme na Jitku.", Some("jitka")),
            ("Alena", "Chtěla bych technika Ondřeje.", Some("ondrej")),
            ("Alena", "Dobrý den, Ondřeji, nejde web.", None),
            ("Alena", "Dobrý den, Ondřeji Malý, nejde web.", None),
            ("Petra Nová", "Prosím o heslo. Petra", None),
            ("Alena", "jen ne Ondřej Malý", None),
            ("Alena", "Prosím o malou změnu na webu.", None),
        ],
    );
}

#[test]
fn english() {
    check(
        "steko",
        &[
            ("Alice", "Could Tomas Grigas help us again?", Some("tomas")),
            ("Alice", "We would like Egle Narkute to do it.", Some("egle")),
            ("Alice", "Narkute Egle, please", Some("egle")),
            ("Alice", "Tomas Grigas's help is needed", Some("tomas")),
            ("Alice", "Please assign Tomas.", Some("tomas")),
            ("Alice", "I prefer to wait for Egle.", Some("egle")),
            ("Alice", "We want Vytenis as our consultant.", Some("vytenis")),
            ("Alice", "Hello Tomas, the report fails.", None),
            ("Alice", "Dear Tomas Grigas, the report fails.", None),
            ("Tomas Brown", "Please help. Tomas", None),
            ("Alice", "Not Tomas Grigas, please.", None),
            ("Alice", "Anyone but Tomas Grigas.", None),
            ("Alice", "Tomas from the bank called yesterday.", None),
            ("Alice", "Our customer Tomas Brown cannot log in.", None),
            ("Alice", "Please help.", None),
        ],
    );
}
