//! Subjects without what replying and forwarding puts before them.

use super::tag::TagPattern;
use crate::domain::address::is_invisible;

/// Prefixes of replies and forwards, lower case, without colon (C14).
const PREFIXES: &[&str] = &[
    // English, and what all programs understand
    "re",
    "fw",
    "fwd",
    "reply",
    "forward",
    "forwarded",
    // lt, lv
    "ats",
    "atsakymas",
    "persiųsta",
    "persiusta",
    "persiunčiama",
    "pers",
    "atb",
    "atbilde",
    "pārs",
    "pārsūtīts",
    "pārsūtīt",
    // ru, uk (the second НА is Cyrillic, the first Latin: Mail.ru wrote both)
    "ha",
    "на",
    "отв",
    "ответ",
    "пер",
    "пересл",
    "пересылка",
    "переслано",
    "відп",
    "перес",
    // cs, sk, pl
    "odp",
    "odpověď",
    "odpoveď",
    "přeposláno",
    "předáno",
    "fwd",
    "pd",
    "podaj dalej",
    "odpowiedź",
    // de, nl, da, sv, no, fi, et
    "aw",
    "antwort",
    "wg",
    "weitergeleitet",
    "antw",
    "doorst",
    "sv",
    "vs",
    "vb",
    "vl",
    "vid",
    "videresend",
    "va",
    "edasi",
    // fr, es, pt, it, ro, tr, hu, el
    "tr",
    "rép",
    "réf",
    "rv",
    "res",
    "enc",
    "r",
    "i",
    "rif",
    "inoltra",
    "ynt",
    "ilt",
    "vá",
    "tov",
    "απ",
    "πρθ",
    "σχετ",
    // zh, ja, ko
    "回复",
    "回覆",
    "答复",
    "答覆",
    "转发",
    "轉寄",
    "轉發",
    "返信",
    "転送",
    "회신",
    "전달",
];

/// Those of them that forwards have in the languages of the desk, and what all programs understand.
const FORWARDS: &[&str] = &[
    "fw",
    "fwd",
    "forward",
    "forwarded",
    "persiųsta",
    "persiusta",
    "persiunčiama",
    "pers",
    "pārs",
    "pārsūtīts",
    "pārsūtīt",
    "пер",
    "пересл",
    "пересылка",
    "переслано",
    "přeposláno",
    "předáno",
    "pd",
    "wg",
];

/// Does the subject say that a mail is passed on?
pub fn is_forward(subject: &str) -> bool {
    let subject = subject.trim_start();
    prefix(subject).is_some_and(|(letters, _)| FORWARDS.contains(&letters.as_str()))
}

/// The subject without tags of `tags` and without any chain of reply and forward prefixes, in whatever
/// language and with counters (`Re[2]:`, `Re^3:`, `AW：`). For showing and comparing, never for threading.
pub fn base_subject(subject: &str, tags: &[TagPattern]) -> String {
    let mut text: String = subject.chars().filter(|c| !is_invisible(*c)).collect();
    for tag in tags {
        text = tag.removed(&text);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = text.as_str();
    while let Some(behind) = without_prefix(rest) {
        rest = behind;
    }
    rest.to_owned()
}

/// What follows a prefix, or `None` where there is none. A prefix with nothing behind it leaves nothing.
fn without_prefix(text: &str) -> Option<&str> {
    prefix(text).map(|(_, behind)| behind)
}

/// A prefix in lower case and bare of counters, and what follows it.
fn prefix(text: &str) -> Option<(String, &str)> {
    let colon = text.char_indices().take(24).find(|(_, c)| matches!(c, ':' | '：' | '﹕' | '︓'))?;
    let word = text[..colon.0].trim();
    let behind = text[colon.0 + colon.1.len_utf8()..].trim_start();
    let word = word.trim_start_matches(['[', '(', '【']).to_lowercase();
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit() || "[]()^*#. \u{a0}】".contains(c));
    PREFIXES.contains(&letters).then(|| (letters.to_owned(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_all_languages_are_stripped_as_often_as_they_stand() {
        let tag = [TagPattern::parse("[KL-{n}]").expect("a template")];
        for subject in [
            "Spausdintuvas",
            "Re: Spausdintuvas",
            "RE: Re: re: Spausdintuvas",
            "Re[2]: Spausdintuvas",
            "Re^3: Spausdintuvas",
            "RE(4): Spausdintuvas",
            "Re*2: Spausdintuvas",
            "Re： Spausdintuvas",
            "AW: WG: SV: VS: VB: Spausdintuvas",
            "Ats: Spausdintuvas",
            "ATS.: Spausdintuvas",
            "Persiųsta: Spausdintuvas",
            "Atb.: Pārs: Spausdintuvas",
            "НА: Spausdintuvas",
            "HA: На: Spausdintuvas",
            "Отв: Пер: Spausdintuvas",
            "Ответ: Пересылка: Spausdintuvas",
            "Odp: PD: Spausdintuvas",
            "Fwd: FW: TR: RV: Spausdintuvas",
            "RES: ENC: R: I: Spausdintuvas",
            "回复: 答复：转发: Spausdintuvas",
            "Re : Spausdintuvas",
            "Re:Spausdintuvas",
            " re:\u{a0}Spausdintuvas ",
            "Re: [KL-3107] Spausdintuvas",
            "[KL-3107] Re: Spausdintuvas",
            "Re: [KL-3107] Fwd: [KL-3107] Spausdintuvas",
            "[Re: Spausdintuvas",
            "\u{200e}Re: Spausdintuvas",
        ] {
            assert_eq!(base_subject(subject, &tag), "Spausdintuvas", "{subject:?}");
        }
        for (subject, expected) in [
            ("Prašau: spausdintuvas", "Prašau: spausdintuvas"),
            ("Re:", ""),
            ("10:15 susitikimas", "10:15 susitikimas"),
            ("Remontas: printeris", "Remontas: printeris"),
            ("Re: [#12] x", "[#12] x"),
            ("", ""),
        ] {
            assert_eq!(base_subject(subject, &tag), expected, "{subject:?}");
        }
    }
}
