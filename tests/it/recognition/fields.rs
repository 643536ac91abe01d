//! Fields: by labels, signature, form, the word before a number, and the writer's name.

use super::{desk, desk_with, fields, mail};

/// Mails to a desk: from, text, and the fields found.
fn check(desk: &maildesk::desk::Desk, cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (from, text, expected) in cases {
        let said = fields(&mail(desk, from, "Klausimas", text));
        if said != *expected {
            wrong.push(format!("{text:?}\n  found    {said}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lithuanian() {
    check(
        &desk("steko"),
        &[
            ("Ona", "Įmonė: UAB „Trys ąžuolai“\nKas nutiko?", "company=UAB „Trys ąžuolai“"),
            ("Ona", "įmonės pavadinimas - MB Beržas\nneveikia programa.", "company=MB Beržas"),
            (
                "Ona",
                "Vardas, pavardė: Ona Onaitė, pareigos: buhalterė, tel.: 8 600 11301",
                "person=Ona Onaitė; phone=+37060011301; position=buhalterė",
            ),
            ("Ona", "Mano tel. nr. 8-600-11301, laukiu skambučio iki penkių.", "phone=+37060011301"),
            ("Ona", "Skambinkite man 8 600 11301 bet kada.", "phone=+37060011301"),
            ("Ona", "Skambinkite +371 2000 1101, aš Latvijoje.", "phone=+37120001101"),
            ("Ona", "Sąskaitos Nr. 60011301 nesutampa su likučiu.", ""),
            ("Ona", "Kviečiame tel. 60011301 iki vakaro.", ""),
            ("Ona", "Laba diena, tel. 60011301, lauksiu.", "phone=+37060011301"),
            (
                "Ona",
                "Rodo klaidą.\n\nPagarbiai\nOna Onaitė\nvyr. buhalterė\nUAB „Baltoji pieva“",
                "company=UAB „Baltoji pieva“; person=Ona Onaitė; position=vyr. buhalterė",
            ),
            ("Ona", "Rodo klaidą.\n\nPagarbiai, Ona Onaitė", "person=Ona Onaitė"),
            (
                "Ona",
                "Rodo klaidą.\nOna Onaitė, direktorė, tel. +370 600 11102",
                "person=Ona Onaitė; phone=+37060011102; position=direktorė",
            ),
            (
                "Ona",
                "Rodo klaidą, nieko nedaro.\n-- \nOna Onaitė\nProjektų vadovė\nVšĮ Pagalba\nTel. +370 5 212 3456\nona@client.example.test",
                "company=VšĮ Pagalba; person=Ona Onaitė; phone=+37052123456; position=Projektų vadovė",
            ),
            ("Ona Onaite", "Rodo klaidą.\n\nOna Onaitė", "person=Ona Onaitė"),
            ("Ona Onaitė", "Neveikia Windows", "person=Ona Onaitė"),
            ("Ona", "Neveikia Windows", ""),
            ("Ona", "Neatsidaro langas.\n\nGeros Dienos", ""),
            ("Ona", "Ačiū, viskas veikia.\n\nLabai Ačiū\nOna", ""),
            (
                "Ona Onaitė",
                "Laba diena, kaip išsiųsti ataskaitą?\n\nPagarbiai\nOna\nbuhalterė",
                "person=Ona Onaitė; position=buhalterė",
            ),
            ("Onaitė, Ona", "Kaip išsiųsti?", "person=Ona Onaitė"),
            ("UAB Beržas", "Kaip išsiųsti ataskaitą?", ""),
            ("Ona", "Įmonės kodas: 300000101, buhalterė serga.", "company_number=300000101"),
            ("Ona", "Klaidos kodas: 300000101 rodomas lange.", ""),
            ("Ona", "Problema su telefonu: neskambina nuo ryto.", ""),
            ("Ona", "Mūsų įmonės problema: programa neveikia.", ""),
            (
                "Ona",
                "Pareigos:\nbuhalterė\n\nTelefonas:\n8 600 11301",
                "phone=+37060011301; position=buhalterė",
            ),
            ("Ona", "Kreipiuosi pakartotinai, STEKO tel. +370 600 10100 niekas nekelia.", ""),
        ],
    );
}

#[test]
fn russian() {
    check(
        &desk("stekspb"),
        &[
            ("Ольга", "Компания: ООО «Новая»\nНе работает сеть.", "company=ООО «Новая»"),
            (
                "Ольга",
                "Здравствуйте! ООО «Новая», Шубин П. П., тел. +7 900 000-99-01. Не работает сеть.",
                "company=ООО «Новая»; person=Шубин П. П.; phone=+79000009901",
            ),
            (
                "Ольга",
                "АО «Невский склад», Тимур Асланов, +7 900 000-32-01\nНе открывается программа.",
                "company=АО «Невский склад»; person=Тимур Асланов; phone=+79000003201",
            ),
            ("Ольга", "ФИО: Пётр Шубин, должность: инженер", "person=Пётр Шубин; position=инженер"),
            ("Ольга", "Телефон: 8 (900) 000-31-09. Срочно!", "phone=+79000003109"),
            ("Ольга", "Мой телефон 900 000-31-09, звоните.", "phone=+79000003109"),
            ("Ольга", "Номер заявки 9000003109 не находится.", ""),
            (
                "Ольга",
                "Не печатает принтер.\n\nС уважением,\nКирилл Жданов\nсистемный администратор\nООО «Северный ветер»",
                "company=ООО «Северный ветер»; person=Кирилл Жданов; position=системный администратор",
            ),
            ("Ольга", "Не печатает принтер.\n\nС уважением, Кирилл Жданов", "person=Кирилл Жданов"),
            ("Виктор Сомов", "Пропал доступ к папке.\n\nВиктор Сомов", "person=Виктор Сомов"),
            ("Ирина Павловна Лосева", "Медленно открывается 1С.", "person=Ирина Павловна Лосева"),
            ("Ольга", "ИНН: 7800000301, договор есть.", "company_number=7800000301"),
            (
                "Ольга",
                "Организация — ИП Галкина, тел: 8 900 000 33 01",
                "company=ИП Галкина; phone=+79000003301",
            ),
            ("Ольга", "Проблема с почтой: не приходит письмо.", ""),
            ("Ольга", "Не Работает Принтер", ""),
            (
                "Ольга",
                "Всё сломалось.\n--\nПётр Шубин\nДиректор\n+7 900 000-99-01",
                "person=Пётр Шубин; phone=+79000009901; position=Директор",
            ),
            ("Ольга", "Звонила по +7 900 000-17-87, не берут.", ""),
        ],
    );
}

#[test]
fn latvian() {
    check(
        &desk("smarttek"),
        &[
            ("Dace", "Uzņēmums: SIA \"Ostas bārs\"\nKase neiet.", "company=SIA \"Ostas bārs\""),
            ("Dace", "Zvaniet +371 2000 1101.", "phone=+37120001101"),
            ("Dace", "Zvaniet 20001101, gaidīšu.", "phone=+37120001101"),
            (
                "Dace",
                "Tālr.: 2000 1101, e-pasts: d@pieva.example.test",
                "email=d@pieva.example.test; phone=+37120001101",
            ),
            ("Dace", "Čeka numurs 20001101 nav redzams.", ""),
            ("Dace", "Kase KA-10021 nedrukā.", "device=KA-10021"),
            ("Dace", "Kase KA 10021 nedrukā.", "device=KA-10021"),
            ("Dace", "kase ka10040 nedrukā.", "device=KA-10040"),
            ("Dace", "Kases numurs: KA-77777", "device=KA-77777"),
            ("Dace", "Kase: Brīvības iela 5\nneiet.", "device=Brīvības iela 5"),
            ("Dace", "Vecā kase KA-10021, jaunā KA-10022.", "device=KA-10021; device_new=KA-10022"),
            (
                "Dace",
                "Nestrādā kase.\n\nAr cieņu\nDace Vītola\nvadītāja\nSIA \"Zvaigžņu kafejnīca\"",
                "company=SIA \"Zvaigžņu kafejnīca\"; person=Dace Vītola; position=vadītāja",
            ),
            (
                "Dace",
                "Nestrādā kase, lūdzu palīdziet.\n-- \nDace Vītola, AS Rīgas piens, tālr. 2000 1101",
                "company=AS Rīgas piens; person=Dace Vītola; phone=+37120001101",
            ),
            ("Dace Vītola", "Nestrādā kase.", "person=Dace Vītola"),
            (
                "Dace",
                "Amats: pārdevēja, vārds, uzvārds: Dace Vītola",
                "person=Dace Vītola; position=pārdevēja",
            ),
            ("Dace", "Zvanīju uz 2000 0525 un +371 2000 0525, neviens neceļ.", ""),
        ],
    );
}

#[test]
fn czech() {
    check(
        &desk_with("softech", serde_json::json!({"required": ["company", "phone", "person"]})),
        &[
            (
                "Alena",
                "Firma: Pekařství Zlatý klas s.r.o.\nNejde web.",
                "company=Pekařství Zlatý klas s.r.o.",
            ),
            ("Alena", "IČO je 00002020", "company_number=00002020"),
            ("Alena", "Omlouvám se, překlep: 000 02 020.", "company_number=00002020"),
            ("Alena", "IČ: 000 02 011, děkuji.", "company_number=00002011"),
            ("Alena", "IČO 00002021, prosím o heslo.", ""),
            ("Alena", "Volejte +420 600 000 411.", "phone=+420600000411"),
            ("Alena", "Tel.: 600 000 411, děkuji.", "phone=+420600000411"),
            ("Alena", "Číslo faktury 600000411 nesedí.", ""),
            (
                "Alena",
                "Nejde web.\n\nS pozdravem\nAlena Nováková\núčetní\nPekařství Zlatý klas s.r.o., IČO 00002011",
                "company=Pekařství Zlatý klas s.r.o.; company_number=00002011; person=Alena Nováková; position=účetní",
            ),
            (
                "Alena",
                "Nejde web.\n\nAlena Nováková, jednatelka\nAutodílny Kučera, a.s.\n+420 600 000 421",
                "company=Autodílny Kučera, a.s.; person=Alena Nováková; phone=+420600000421; position=jednatelka",
            ),
            ("Alena Nováková", "Nejde web.", "person=Alena Nováková"),
            (
                "Alena",
                "Jméno: Petr Novák, funkce: technik, telefon: 600000411",
                "person=Petr Novák; phone=+420600000411; position=technik",
            ),
            ("Alena", "Nejde to a.s.a.p. nevím.", ""),
            ("Alena", "Dobrý Den", ""),
            ("Alena", "Web nejde od rána.\n\nHezký Den\nAlena", ""),
            ("Alena", "Prosím heslo, Kučera, IČO 00002020", "company_number=00002020"),
        ],
    );
}

#[test]
fn english() {
    check(
        &desk("steko"),
        &[
            ("Alice", "Company: Acme Ltd\nThe report fails.", "company=Acme Ltd"),
            (
                "Alice",
                "Our company: Acme Ltd, phone: +44 20 7946 0018",
                "company=Acme Ltd; phone=+442079460018",
            ),
            ("Alice", "Name: Alice Brown, position: accountant", "person=Alice Brown; position=accountant"),
            (
                "Alice",
                "The report fails.\n\nKind regards,\nAlice Brown\nHead of Accounting\nAcme Ltd",
                "company=Acme Ltd; person=Alice Brown; position=Head of Accounting",
            ),
            ("Alice", "The report fails.\n\nBest Regards\nAlice", ""),
            ("Alice Brown", "The report fails.", "person=Alice Brown"),
            ("Alice Brown via Web", "The report fails.", "person=Alice Brown via Web"),
            ("Alice", "Call me at +44 20 7946 0018 please.", "phone=+442079460018"),
            ("Alice", "As soon as possible, please.", ""),
            ("Alice", "Position: accountant.", "position=accountant"),
            ("Alice", "Company registration number: 300000101", "company_number=300000101"),
            ("Alice", "My problem with the phone number: it is not shown.", ""),
            (
                "Alice",
                "The report fails again and again.\n--\nAlice Brown | Acme Ltd | +44 20 7946 0018",
                "company=Acme Ltd; person=Alice Brown; phone=+442079460018",
            ),
            ("Alice", "It fails on 2026-04-15 at 10:30, version 9.4.12, order 4444 5555 6666.", ""),
            ("Alice", "Hello,\n\nThank You", ""),
        ],
    );
}

#[test]
fn people_say_who_they_are_in_many_ways() {
    check(
        &desk("steko"),
        &[
            (
                "Linas",
                "1. UAB Žalia giria\n2. Linas Kazlauskas\n3. vadybininkas\n4. 861234567",
                "company=UAB Žalia giria; person=Linas Kazlauskas; phone=+37061234567; position=vadybininkas",
            ),
            (
                "Linas",
                "UAB Žalia giria, Linas Kazlauskas, vadybininkas, 8 612 34567",
                "company=UAB Žalia giria; person=Linas Kazlauskas; phone=+37061234567; position=vadybininkas",
            ),
            (
                "Linas",
                "vadybininkas Linas Kazlauskas\nUAB „Žalia giria“",
                "company=UAB „Žalia giria“; person=Linas Kazlauskas; position=vadybininkas",
            ),
            (
                "Linas",
                "Linas Kazlauskas, UAB „Žalia giria“, vadybininkas",
                "company=UAB „Žalia giria“; person=Linas Kazlauskas; position=vadybininkas",
            ),
            ("Linas", "Esu Linas Kazlauskas, neveikia programa.", "person=Linas Kazlauskas"),
            ("Linas", "Vakar padėjo Tomas Grigas", ""),
            ("Linas", "Čia Vilniaus skyrius, neveikia spausdintuvas.", ""),
            ("Linas", "Neveikia klientui UAB „Ryto rasa“, rodo klaidą.", ""),
            ("Alice", "I am Alice Brown from Acme Ltd.", "company=Acme Ltd; person=Alice Brown"),
            ("Alice", "My name is Alice Brown, the report fails.", "person=Alice Brown"),
        ],
    );
    check(
        &desk("stekspb"),
        &[(
            "Марк",
            "Добрый день! Это Марк Зайцев из ООО «Ромашка», мой номер 8 900 123-45-67.",
            "company=ООО «Ромашка»; person=Марк Зайцев; phone=+79001234567",
        )],
    );
}

#[test]
fn parcels_and_telephones_have_their_owners() {
    check(
        &desk("siuntos"),
        &[
            (
                "Ona",
                "Labas, laukiu siuntos CE 000 123 455 LT jau savaitę.\nSiuntėjas: +370 600 21101, mano numeris 8 600 21102.",
                "parcel=CE000123455LT; receiver_phone=+37060021102; sender_phone=+37060021101",
            ),
            (
                "Ona",
                "siunta ce000203119lt? Siuntėjas 860023101, gavėja 860023102. Ona",
                "parcel=CE000203119LT; receiver_phone=+37060023102; sender_phone=+37060023101",
            ),
            (
                "Ona",
                "860023101 (siuntėjo), 860023102 (gavėjo)",
                "receiver_phone=+37060023102; sender_phone=+37060023101",
            ),
            (
                "Ona",
                "Siuntėjo tel.: 8 600 23101\nGavėjo tel.: 8 600 23102",
                "receiver_phone=+37060023102; sender_phone=+37060023101",
            ),
            ("Ona", "Skambinkite 8 600 23101", "phone=+37060023101"),
            (
                "Ona",
                "Sena siunta CE000555019LT, nauja CE000771208LT",
                "parcel=CE000555019LT; parcel_new=CE000771208LT",
            ),
            (
                "Ona",
                "Naujas kodas CE000771208LT, buvo CE000555019LT",
                "parcel=CE000555019LT; parcel_new=CE000771208LT",
            ),
            ("Ona", "Užregistravau iš naujo, naujas kodas CE000771208LT", "parcel=CE000771208LT"),
            ("Ona", "CE000555019LT ir dar kartą CE 000 555 019 LT", "parcel=CE000555019LT"),
            ("Ona", "Užsakymo numeris: A-7781", "order_confirmation=A-7781"),
            ("Ona", "Paštomatas: Vilnius, Ukmergės g. 1", "locker=Vilnius, Ukmergės g. 1"),
            (
                "Ona",
                "Where is my parcel CE000203119LT? Sender +370 600 22101, my phone +370 600 22102",
                "parcel=CE000203119LT; phone=+37060022102; sender_phone=+37060022101",
            ),
        ],
    );
}

#[test]
fn a_mistyped_code_is_told_and_is_no_value() {
    let found = mail(&desk("siuntos"), "Ona", "Siunta", "Kur CE 000 123 456 LT?");
    assert_eq!(found.mistyped["parcel"], "CE000123456LT");
    assert!(!found.fields.contains_key("parcel"));
    let found = mail(&desk("siuntos"), "Ona", "Siunta", "CE000123456LT, atsiprašau, CE000123455LT");
    assert_eq!(found.fields["parcel"], "CE000123455LT");
    assert!(found.mistyped.is_empty());
    let found = mail(&desk("softech"), "Petr", "Heslo", "IČO je 00002021");
    assert_eq!(found.mistyped["company_number"], "00002021");
    assert!(!found.fields.contains_key("company_number"));
}

#[test]
fn urgency_is_a_field_too() {
    for (text, urgency) in [
        ("Не работает принтер. Срочность: обычная.", Some("обычная")),
        ("Не срочно, но мешает.", Some("не срочно")),
        ("Срочно!", Some("срочно")),
        ("Срочность — высокая", Some("высокая")),
        ("Приоритет: средний", Some("средний")),
        ("Не работает принтер.", None),
    ] {
        let found = mail(&desk("stekspb"), "Ольга", "Принтер", text);
        assert_eq!(found.fields.get("urgency").map(String::as_str), urgency, "{text}");
    }
}
