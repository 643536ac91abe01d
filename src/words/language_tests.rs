use super::*;

const ALL: &[Lang] = &[Lang::LT, Lang::LV, Lang::RU, Lang::CS, Lang::EN];

const PHRASES: &[(Lang, &str)] = &[
    (Lang::LT, "Laba diena, kur yra siunta CE000203119LT?"),
    (Lang::LT, "Sveiki, programa nespausdina sąskaitų. Ką daryti?"),
    (Lang::LT, "neveikia spausdintuvas"),
    (Lang::LT, "Labas, laukiu siuntos jau savaite, vis dar negavau."),
    (Lang::LT, "sveiki, prasau dar israso uz sausio menesi. Jurgita"),
    (Lang::LT, "Rašiau ryte dėl CE 000 203 119 LT ir niekas neatsako!!! SKUBU"),
    (Lang::LT, "Kada atvyks? Siuntėjas 860023101, gavėja 860023102. Ona"),
    (Lang::LT, "Gavau pažeistą siuntą"),
    (Lang::LT, "Norėtume sąskaitose pakeisti įmonės logotipą"),
    (Lang::LT, "nuo sio ryto neatsidaro PVM deklaracijos langas"),
    (Lang::LT, "Neskubame, geriau palauksime Eglės."),
    (Lang::LT, "Ačiū, viskas gerai"),
    (Lang::LT, "Aciu uz pagalba"),
    (Lang::LT, "Sutinkame su kaina, galite pradėti"),
    (Lang::LV, "Labdien! Kase nestrādā, nevaram tirgoties"),
    (Lang::LV, "kase nestrada, zvaniet ludzu"),
    (Lang::LV, "No 1. jūlija mums būs divas jaunas oficiantes."),
    (Lang::LV, "Lūdzam apmācību darbam ar kases sistēmu"),
    (Lang::LV, "Vai varat pievienot jaunu ēdienu?"),
    (Lang::LV, "Virtuves printeris klusē"),
    (Lang::LV, "Aizgāja! Paldies."),
    (Lang::LV, "Paldies, viss strādā"),
    (Lang::LV, "Ka rakstiju, ludzam kase pievienot edienu, cena 4,20 EUR"),
    (Lang::LV, "Labvakar! Printeris neko nedrukā"),
    (Lang::LV, "Piekrītam piedāvājumam"),
    (Lang::LV, "Lūdzu nosūtiet rēķinu par martu"),
    (Lang::LV, "Esmu atvaļinājumā līdz 21. septembrim."),
    (Lang::LV, "steidzami vajag palidzibu ar kases aparatu"),
    (Lang::RU, "Здравствуйте! У меня не печатает принтер"),
    (Lang::RU, "Спасибо"),
    (Lang::RU, "срочно!!!"),
    (Lang::RU, "Касса KA-10040 не работает"),
    (Lang::RU, "Подскажите, как получить отчёт о продажах по каждому официанту?"),
    (Lang::RU, "Открылась, но один терминал так и висит."),
    (Lang::RU, "Добрый день, к сожалению, сегодня опять пять минут."),
    (Lang::RU, "у меня пропал доступ к общей папке «Договоры»"),
    (Lang::RU, "Не приходит почта на ноутбук"),
    (Lang::RU, "Нужно подключить новый сканер в офисе"),
    (Lang::RU, "Согласны, начинайте"),
    (Lang::RU, "Windows 11 Pro не активируется, error 0x80070005"),
    (Lang::CS, "Dobrý den, prosím o výměnu fotografií na úvodní stránce."),
    (Lang::CS, "prosim o zaslani faktury za unor"),
    (Lang::CS, "Od rána nejde internet, pokladna nefunguje."),
    (Lang::CS, "potrebuji nove pristupove heslo ke sprave webu"),
    (Lang::CS, "V příloze posíláme fotografie."),
    (Lang::CS, "A prosím i do galerie. Kučera"),
    (Lang::CS, "Ještě návrh obrazovek a video."),
    (Lang::CS, "Omlouvám se, překlep: 000 02 020."),
    (Lang::CS, "Ano, to je moje dcera."),
    (Lang::CS, "Děkuji, vše funguje"),
    (Lang::CS, "Souhlasím s nabídkou"),
    (Lang::CS, "dobry den, nejde nam tiskarna"),
    (Lang::CS, "Prosíme o založení nové domény a nasměrování na náš web."),
    (Lang::CS, "Kdy bude hotovo?"),
    (Lang::EN, "Hello, the printer does not work"),
    (Lang::EN, "Where is my parcel?"),
    (Lang::EN, "Please reset my password"),
    (Lang::EN, "Thanks, it works now"),
    (Lang::EN, "We agree, please go ahead"),
    (Lang::EN, "urgent: cannot log in since this morning"),
    (Lang::EN, "I would like to change our invoice address"),
    (Lang::EN, "No hurry, whenever you can"),
    (Lang::EN, "How do I export the report?"),
    (Lang::EN, "The new till shows an error when we print"),
    (Lang::EN, "Can you call me back today?"),
    (Lang::EN, "Internet is down at our shop again"),
    (Lang::LT, "Nepavyksta prisijungti prie sistemos"),
    (Lang::LT, "Ekranas juodas, kompiuteris neisijungia"),
    (Lang::LV, "Nevaru ieiet sistēmā"),
    (Lang::LV, "Ludzu nomainiet paroli"),
    (Lang::RU, "Не могу войти"),
    (Lang::CS, "Nemůžu se přihlásit do systému"),
    (Lang::CS, "zmente mi prosim heslo"),
    (Lang::EN, "What does a licence cost?"),
];

#[test]
fn short_phrases_are_recognised_with_and_without_diacritics() {
    let words = Catalogue::embedded();
    assert!(PHRASES.len() >= 60);
    let wrong: Vec<String> = PHRASES
        .iter()
        .filter_map(|(lang, text)| {
            // The fallback is never the right answer, so that luck does not count.
            let fallback = if *lang == Lang::EN { Lang::LT } else { Lang::EN };
            let found = words.detect_language(text, ALL, fallback);
            (found.lang != *lang).then(|| format!("{lang} {text}: {} by {}", found.lang, found.evidence))
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn where_there_is_too_little_the_usual_language_stands() {
    let words = Catalogue::embedded();
    for text in [
        "",
        "OK",
        "12345",
        "https://steko.example.test/kur-yra-siunta",
        "ona@pieva.example.test",
        "+370 600 10100",
        "Ona",
    ] {
        let found = words.detect_language(text, ALL, Lang::CS);
        assert_eq!((found.lang, found.evidence), (Lang::CS, Evidence::TooLittle), "{text}");
    }
}

#[test]
fn what_is_no_language_is_not_taken_for_one() {
    let words = Catalogue::embedded();
    let found = words.detect_language(&"xyzzy plugh qwerty asdfgh zxcvb uiop ".repeat(20), ALL, Lang::CS);
    assert_eq!((found.lang, found.evidence), (Lang::CS, Evidence::TooLittle));
}

#[test]
fn only_allowed_languages_are_found() {
    let words = Catalogue::embedded();
    let russian = "Здравствуйте! У меня не печатает принтер, помогите пожалуйста";
    assert_eq!(words.detect_language(russian, &[Lang::LT, Lang::EN], Lang::LT).lang, Lang::LT);
    assert_eq!(words.detect_language(russian, &[], Lang::LV).lang, Lang::LV);
    assert_eq!(
        words.detect_language("Laba diena, neveikia spausdintuvas", &[Lang::LT, Lang::EN], Lang::EN).lang,
        Lang::LT
    );
}

#[test]
fn only_the_beginning_of_a_long_text_is_looked_at() {
    let words = Catalogue::embedded();
    let text = format!(
        "{}{}",
        "neveikia programa, prašome padėti. ".repeat(80),
        "Здравствуйте, принтер не печатает. ".repeat(30_000)
    );
    assert_eq!(words.detect_language(&text, ALL, Lang::EN).lang, Lang::LT);
}
