use std::time::Instant;

use super::*;
use crate::mail::effort;

const ACK: &str = "Dobrý den,\n\nděkujeme, že jste se na nás obrátili. Váš požadavek jsme zaevidovali pod číslem ZP-5512.\n\n\
    Ozveme se Vám nejpozději do 9. 6. 2026 16:00.\n\nDalší údaje a přílohy můžete poslat odpovědí na tuto zprávu.\n\nSoftech podpora\npodpora@softech.example";

fn quoted(text: &str) -> String {
    text.lines().map(|l| format!("> {l}\n")).collect()
}

#[test]
fn a_reply_above_a_quotation_is_found_in_every_language() {
    for introduction in [
        "On Mon, 4 Mar 2024 at 10:15, Support <a@desk.example> wrote:",
        "On 4 Mar 2024, at 10:15, Support\n<a@desk.example> wrote:",
        "2024-03-04, pr, 10:15 Pagalba <a@desk.example> rašė:",
        "2024 m. kovo 4 d., pirmadienis 10:15, Pagalba <\na@desk.example> rašė:",
        "pirmd., 2024. g. 4. marts, plkst. 10:15 — lietotājs Atbalsts (<a@desk.example>) rakstīja:",
        "пн, 4 мар. 2024 г. в 10:15, Поддержка <a@desk.example>:",
        "Понедельник, 4 марта 2024, 10:15 +03:00 от Поддержка <a@desk.example>:",
        "po 4. 3. 2024 v 10:15 odesílatel Podpora <a@desk.example> napsal:",
        "Am Mo., 4. März 2024 um 10:15 Uhr schrieb Support <\na@desk.example>:",
        "pon., 4 mar 2024 o 10:15 Pomoc <a@desk.example> napisał(a):",
        "Поддержка писал(а) 2024-03-04 10:15:",
    ] {
        let text = format!("Naujas tekstas.\n\n{introduction}\n\n> Senas tekstas.\n>\n> Pagalba\n");
        assert_eq!(split(&text, None).new, "Naujas tekstas.", "{introduction}");
    }
}

#[test]
fn answers_below_and_between_quoted_lines_are_kept() {
    let text = "2024-03-04 10:15, Pagalba rašė:\n> Ar tinka ketvirtadienį?\n\nTaip, tinka.\n\n> Ar reikia laido?\n\nNe.\n";
    assert_eq!(split(text, None).new, "Taip, tinka.\n\nNe.");
    assert_eq!(split(text, None).quoted_from, Some(0));
}

#[test]
fn header_blocks_and_rules_of_mail_programs_end_the_new_text() {
    for block in [
        "-----Original Message-----\nFrom: STEKO <info@steko.example>\nSent: Monday, May 18, 2026 9:50 AM\nTo: Paulius\nSubject: x",
        "________________________________\nNuo: Pagalba <a@desk.example>\nIšsiųsta: 2024 m. kovo 4 d. 10:15\nKam: Ona\nTema: x",
        "No: Atbalsts <a@desk.example>\nNosūtīts: pirmdiena, 2024. gada 4. marts 10:15\nKam: Jānis\nTēma: x",
        "*От:* Поддержка <a@desk.example>\n*Отправлено:* 4 марта 2024 г. 10:15\n*Кому:* Ольга\n*Тема:* x",
        "---------- Původní e-mail ----------\nOd: Podpora <a@desk.example>\nKomu: Petr\nDatum: 4. 3. 2024 10:15:00\nPředmět: x",
        "Von: Support\nGesendet: Montag, 4. März 2024 10:15\nAn: Alice\nBetreff: x",
        "Od: Pomoc\nWysłano: poniedziałek, 4 marca 2024 10:15\nDo: Ona\nTemat: x",
        "----------------\nКому: olga@client.example;\nТема: x;\n04.03.2026, 13:40, \"HelpDesk\" <a@desk.example>:",
    ] {
        let text = format!("Naujas tekstas.\n\nJonas\n\n{block}\n\nSenas tekstas, necituotas.\n");
        assert_eq!(split(&text, None).new, "Naujas tekstas.\n\nJonas", "{block}");
    }
}

#[test]
fn what_a_person_writes_by_hand_stays() {
    for text in [
        "Dobrý den,\n\nvčera mi Jan napsal: restartujte server.\n\nOd pondělí do pátku jsme v kanceláři.\nPředmět je starý.",
        "Три вопроса:\n-- когда приедете?\n-- нужен ли пароль?\n\nЖду ответа.",
        "Laba diena,\n\nAčiū,\nOna Kazlauskienė",
        "Nuo: Vilniaus\nKam: Kaunui\nsiuntą reikia pervežti rytoj.",
        "Another mail.\n\nSent from my desk, this is much easier to write.",
        "Kaina: 10 EUR\nData: rytoj\nTema: remontas",
    ] {
        assert_eq!(split(text, None).new, text);
        assert_eq!(split(text, None).quoted_from, None, "{text}");
    }
}

#[test]
fn signatures_of_programs_and_below_dashes_are_cut() {
    for signature in [
        "-- \nTimur\n+370 600 00000",
        "--\nTimur",
        "Sent from my iPhone",
        "Sūtīts no mana iPhone",
        "Nosūtīts no mana iPhone",
        "Išsiųsta iš mano „iPhone“",
        "Отправлено с iPhone",
        "Odesláno z iPhonu",
        "Von meinem iPhone gesendet",
        "Wysłane z iPhone'a",
        "Get Outlook for Android<https://aka.ms/x>",
    ] {
        let text = format!(
            "Atsidarė.\n\n{signature}\n\n\n>Пятница, 6 марта 2026, 16:46 +03:00 от HelpDesk <a@desk.example>:\n>\n> Senas.\n"
        );
        assert_eq!(split(&text, None).new, "Atsidarė.", "{signature}");
    }
    assert_eq!(split("a\n-- \nOna\n+370", None).signature, "Ona\n+370");
}

#[test]
fn our_letter_quoted_without_a_mark_is_seen_through() {
    let plain = format!("V příloze posíláme fotografie.\n\n{ACK}\n");
    assert_eq!(split(&plain, Some(&[ACK])).new, "V příloze posíláme fotografie.");
    let below = format!(
        "-----Original Message-----\nFrom: podpora@softech.example\nSent: 9. 6. 2026 9:00\nTo: x\nSubject: y\n\n{ACK}\n\nA prosím i do galerie.\n"
    );
    assert_eq!(split(&format!("Hned.\n\n{below}"), Some(&[ACK])).new, "Hned.\n\nA prosím i do galerie.");
    let again =
        format!("{ACK}\n\nOn Mon, 9 Jun 2026 at 9:00 Podpora <podpora@softech.example> wrote:\n> x\n");
    assert_eq!(split(&again, Some(&[ACK])).new, ACK.trim(), "what somebody says in our words, he says");
    let said = |figure| {
        format!("A colleague has changed the cable of the screen, it works now. The new one bears {figure}.")
    };
    let told = format!("Alice answered the client:\n\n{}\n", said(11));
    let second = format!(
        "{}\n\n#resolve\n\nOn 2 March 2026 Desk <help@desk.example> wrote:\n{}",
        said(22),
        quoted(&told)
    );
    let new = split(&second, Some(&[&told])).new;
    assert_eq!(new, format!("{}\n\n#resolve", said(22)), "a second agent says what the first has said");
    let alone = "Další údaje a přílohy pošleme zítra, děkujeme za trpělivost.";
    assert_eq!(split(alone, Some(&[ACK])).new, alone);
}

const REPLY: &str = "Vis dar neveikia.\n\n> Labas,\n> ar veikia?";

#[test]
fn a_forward_is_content_and_names_its_sender() {
    let inner = "Labas,\n\nneveikia.\n\n--\nJonas";
    for rule in [
        "---------- Forwarded message ---------",
        "-------- Persiųstas laiškas --------",
        "Begin forwarded message:",
        "-------- Пересылаемое сообщение --------",
    ] {
        let text = format!(
            "Žr. žemiau.\n\n{rule}\nFrom: Jonas <jonas@client.example>\nDate: 2026-03-09 10:15\nSubject: Spausdintuvas\nTo: Ona\n\n{inner}\n"
        );
        let split = split(&text, None);
        assert!(
            split.new.starts_with("Žr. žemiau.") && split.new.ends_with("Jonas"),
            "{rule}: {}",
            split.new
        );
        let forwarded = split.forwarded.expect("a forward");
        assert_eq!(forwarded.original_sender, "jonas@client.example", "{rule}");
        assert_eq!((forwarded.subject.as_str(), forwarded.text.as_str()), ("Spausdintuvas", inner));
    }
    let with_history = format!(
        "---------- Forwarded message ---------\nFrom: Jonas <jonas@client.example>\nSubject: x\n\n{REPLY}"
    );
    let split_up = split(&with_history, None);
    assert_eq!(split_up.forwarded.map(|f| f.text).as_deref(), Some(REPLY), "what he quoted is part of it");
    assert!(split_up.new.ends_with(REPLY) && split_up.quoted_from.is_none());
    let bare = "From: Jonas <jonas@client.example>\nSent: Monday, March 9, 2026 10:15\nTo: Ona\nSubject: x\n\nNeveikia.";
    assert_eq!(split(bare, None).new, bare);
    assert_eq!(split(bare, None).forwarded.map(|f| f.text).as_deref(), Some("Neveikia."));
}

#[test]
fn a_mail_that_only_quotes_says_nothing_new() {
    let text =
        format!("po 4. 3. 2024 v 10:15 odesílatel Podpora <a@desk.example> napsal:\n\n{}", quoted(ACK));
    assert_eq!(split(&text, None).new, "");
}

/// 10,000 lines: below 20 ms in an optimized build (`cargo run --release --example reading`).
#[test]
fn four_times_a_quotation_takes_about_four_times_as_long() {
    for line in [
        "> Laba diena, Jūsų kreipinys užregistruotas, 10:15.",
        ">> On Mon, 13 Apr 2026, a@desk.example wrote:",
        "Tema: Re: kasa",
        "2026-04-13 10:15, a@desk.example rašė:",
        "Kasa neveikia: rodo 10:15.",
    ] {
        let (short, long) = (format!("{line}\n").repeat(2_500), format!("{line}\n").repeat(10_000));
        let effort = |text: &str| effort::of(|| drop(split(text, Some(&[text]))));
        let (short, long) = (effort(&short), effort(&long));
        assert!(long < short * 10, "{line}: {short:?}, four times as much {long:?}");
        assert!(long.as_millis() < 2_000, "{line}: {long:?}");
    }
}

#[test]
fn long_texts_are_parted_in_linear_time() {
    for line in [
        "> old words of ours",
        "new words, 10:15, with a colon:",
        "From: a@b.example 2026-03-09",
        "",
        "--",
        "a@b.example 2026-01-01 wrote:",
        "-----",
    ] {
        let text = format!("{line}\n").repeat(20_000);
        let start = Instant::now();
        split(&text, Some(&[&text]));
        assert!(start.elapsed().as_secs() < 10, "{line}: {:?}", start.elapsed());
    }
}
