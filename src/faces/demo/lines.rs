//! What is said in the story, in the languages that the desk speaks.

use super::cast::Role;

/// The first client's matter: a printer that is repaired twice.
pub struct Printer {
    pub client: Role,
    /// The language's name in English.
    pub language: &'static str,
    pub subject: &'static str,
    pub request: &'static str,
    /// Petr's first answer, and his two solutions.
    pub answer: &'static str,
    pub solved: &'static str,
    pub solved_again: &'static str,
    /// The client's objection.
    pub broken: &'static str,
    /// What stands before the subject of an absence note, and the note.
    pub away_subject: &'static str,
    pub away: &'static str,
}

/// The second client's matter: a folder that does not open.
pub struct Folder {
    pub client: Role,
    pub language: &'static str,
    pub subject: &'static str,
    pub request: &'static str,
    /// Eva's solution.
    pub solved: &'static str,
    pub thanks: &'static str,
}

/// The printer, by language; Lithuanian where there is none in that one.
pub fn printer(language: &str) -> &'static Printer {
    match language {
        "en" => &ENGLISH,
        "lv" => &LATVIAN,
        "ru" => &RUSSIAN,
        "cs" => &CZECH,
        _ => &LITHUANIAN,
    }
}

/// The folder, in another language than the printer.
pub fn folder(printer: &Printer) -> &'static Folder {
    if printer.client == FOLDER_IN_RUSSIAN.client { &FOLDER_IN_LITHUANIAN } else { &FOLDER_IN_RUSSIAN }
}

const LITHUANIAN: Printer = Printer {
    client: Role::Ona,
    language: "Lithuanian",
    subject: "Nespausdina buhalterijos spausdintuvas",
    request: "Laba diena,\n\nnuo ryto nespausdina buhalterijos spausdintuvas, o mums reikia išsiųsti \
              sąskaitas. Gal galite padėti?\n\nPagarbiai\nOna Onaitė",
    answer: "Pažiūrėsiu šiandien. Kol kas prašome spausdinti antro aukšto spausdintuvu, Jūsų kompiuteryje \
             jis jau pridėtas.",
    solved: "Įdiegta nauja tvarkyklė, bandomasis lapas atspausdintas.",
    solved_again: "Pataisyti puslapių nustatymai: dabar spausdinami visi puslapiai.",
    broken: "Deja, dabar sąskaitos spausdinamos be antro puslapio.",
    away_subject: "Automatinis atsakymas",
    away: "Šiuo metu atostogauju, grįšiu kitą pirmadienį.",
};

const ENGLISH: Printer = Printer {
    client: Role::Alice,
    language: "English",
    subject: "The printer in accounts does not print",
    request: "Hello,\n\nthe printer in accounts has printed nothing since this morning, and our invoices \
              have to go out. Can you help?\n\nKind regards\nAlice Green",
    answer: "I will look at it today. Until then please use the printer on the second floor; it is already \
             set up on your computer.",
    solved: "I have installed a new driver, and the test page came out.",
    solved_again: "I have corrected the page settings: all pages are printed now.",
    broken: "Unfortunately the invoices now come out without their second page.",
    away_subject: "Automatic reply",
    away: "I am out of the office and will be back next Monday.",
};

const LATVIAN: Printer = Printer {
    client: Role::Janis,
    language: "Latvian",
    subject: "Nedrukā grāmatvedības printeris",
    request: "Labdien!\n\nKopš rīta nedrukā grāmatvedības printeris, bet mums jāizsūta rēķini. Vai varat \
              palīdzēt?\n\nAr cieņu\nJānis Bērziņš",
    answer: "Šodien paskatīšos. Pagaidām, lūdzu, izmantojiet otrā stāva printeri, Jūsu datorā tas jau ir \
             pievienots.",
    solved: "Uzstādīju jaunu draiveri, pārbaudes lapa ir izdrukāta.",
    solved_again: "Izlaboju lapu iestatījumus: tagad tiek drukātas visas lapas.",
    broken: "Diemžēl rēķini tagad tiek drukāti bez otrās lapas.",
    away_subject: "Automātiska atbilde",
    away: "Esmu atvaļinājumā, atgriezīšos nākamajā pirmdienā.",
};

const RUSSIAN: Printer = Printer {
    client: Role::Olga,
    language: "Russian",
    subject: "Не печатает принтер в бухгалтерии",
    request: "Здравствуйте!\n\nС утра не печатает принтер в бухгалтерии, а нам нужно отправить счета. \
              Можете помочь?\n\nС уважением\nОльга Смирнова",
    answer: "Посмотрю сегодня. Пока печатайте, пожалуйста, на принтере второго этажа, на Вашем компьютере \
             он уже подключён.",
    solved: "Драйвер обновлён, пробная страница напечатана.",
    solved_again: "Настройки страниц исправлены: теперь печатаются все страницы.",
    broken: "К сожалению, теперь счета печатаются без второй страницы.",
    away_subject: "Автоматический ответ",
    away: "Я в отпуске, вернусь в следующий понедельник.",
};

const CZECH: Printer = Printer {
    client: Role::Jana,
    language: "Czech",
    subject: "Tiskárna v účtárně netiskne",
    request: "Dobrý den,\n\nod rána netiskne tiskárna v účtárně a my musíme odeslat faktury. Můžete nám \
              pomoci?\n\nS pozdravem\nJana Dvořáková",
    answer: "Podívám se na to dnes. Zatím prosím používejte tiskárnu ve druhém patře, na Vašem počítači už \
             je nastavená.",
    solved: "Nainstaloval jsem nový ovladač, zkušební stránka se vytiskla.",
    solved_again: "Opravil jsem nastavení stránek: teď se tisknou všechny.",
    broken: "Bohužel se faktury teď tisknou bez druhé stránky.",
    away_subject: "Automatická odpověď",
    away: "Jsem na dovolené, vrátím se příští pondělí.",
};

const FOLDER_IN_RUSSIAN: Folder = Folder {
    client: Role::Olga,
    language: "Russian",
    subject: "Не открывается общая папка",
    request: "Доброе утро!\n\nУ нас не открывается общая папка отдела: «нет доступа». Помогите, \
              пожалуйста.\n\nС уважением\nОльга Смирнова",
    solved: "Права на папку восстановлены. Пожалуйста, войдите в систему заново.",
    thanks: "Спасибо, всё работает!",
};

const FOLDER_IN_LITHUANIAN: Folder = Folder {
    client: Role::Ona,
    language: "Lithuanian",
    subject: "Neatsidaro bendras aplankas",
    request: "Labas rytas,\n\nneatsidaro bendras skyriaus aplankas: „prieiga uždrausta“. Prašome \
              padėti.\n\nPagarbiai\nOna Onaitė",
    solved: "Teisės į aplanką atkurtos. Prašome prisijungti iš naujo.",
    thanks: "Ačiū, viskas veikia!",
};
