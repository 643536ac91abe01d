//! Bytes in any charset to text.
//!
//! The chain (RFC 7103, section 7.6): UTF-8 where the label promises nothing and the bytes are UTF-8; the
//! declared charset; a detector with the sender's country as hint; never an empty text where bytes are.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A text and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// Name of the charset that was guessed against, or without, a label.
    pub guessed: Option<&'static str>,
}

/// Decodes `bytes` that are labelled `label`; `tld` (lower case, without dot) helps guessing.
pub fn decode(bytes: &[u8], label: Option<&str>, tld: Option<&str>) -> Decoded {
    let label = label.map(canonical).unwrap_or_default();
    if label == "utf-7" || label == "unicode-1-1-utf-7" {
        return Decoded { text: utf7(bytes), guessed: None };
    }
    let escapes = bytes.contains(&0x1b);
    let vague =
        matches!(label.as_str(), "" | "us-ascii" | "ascii" | "ansi_x3.4-1968" | "iso-8859-1" | "latin1");
    let declared = Encoding::for_label(label.as_bytes());
    if (vague || declared.is_none())
        && !escapes
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        let odd = !text.is_ascii() && !matches!(label.as_str(), "" | "us-ascii");
        return Decoded { text: bare(text), guessed: odd.then_some("UTF-8") };
    }
    let trusted = !matches!(label.as_str(), "" | "us-ascii" | "ascii" | "ansi_x3.4-1968");
    if let Some(encoding) = declared.filter(|_| trusted) {
        let (text, faulty) = encoding.decode_without_bom_handling(bytes);
        if !faulty {
            return Decoded { text: bare(&text), guessed: None };
        }
        // A few broken bytes in text that is otherwise right: nothing else fits better.
        let broken = text.chars().filter(|c| *c == '\u{fffd}').count();
        let sound = text.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
        if sound > broken * 2 || (std::ptr::eq(encoding, UTF_8) && is_cut_off(bytes)) {
            return Decoded { text: bare(&text), guessed: None };
        }
    }
    let encoding = detect(bytes, tld);
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded { text: bare(&text), guessed: Some(encoding.name()) }
}

/// Decodes bytes that bear no label at all.
pub fn guess(bytes: &[u8], tld: Option<&str>) -> String {
    decode(bytes, None, tld).text
}

/// UTF-8 that is sound but for a character cut off at its end.
fn is_cut_off(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none() && e.valid_up_to() > 0)
}

fn bare(text: &str) -> String {
    text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()
}

/// Labels as the registry has them, where programs write others.
fn canonical(label: &str) -> String {
    let label = label.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    for (prefix, proper) in [
        ("cp-125", "windows-125"),
        ("win-125", "windows-125"),
        ("win125", "windows-125"),
        ("windows125", "windows-125"),
        ("windows_125", "windows-125"),
        ("ms-125", "windows-125"),
        ("iso8859_", "iso-8859-"),
        ("iso_8859_", "iso-8859-"),
    ] {
        if let Some(rest) = label.strip_prefix(prefix) {
            return format!("{proper}{rest}");
        }
    }
    match label.as_str() {
        "cp936" | "gb18030-2000" => "gb18030".to_owned(),
        "cp949" | "ks_c_5601-1987" => "euc-kr".to_owned(),
        "cp932" | "x-sjis-jp" => "shift_jis".to_owned(),
        "utf8mb4" | "utf-8-sig" => "utf-8".to_owned(),
        "koi8r" => "koi8-r".to_owned(),
        _ => label,
    }
}

/// Guesses the encoding. Only top level domains that the detector knows as hints reach it.
fn detect(bytes: &[u8], tld: Option<&str>) -> &'static Encoding {
    const HINTS: &[&str] = &[
        "lt", "lv", "ee", "ru", "by", "ua", "bg", "cz", "sk", "pl", "hu", "de", "at", "fr", "tr", "gr", "jp",
        "cn", "tw", "kr", "rs", "hr", "si", "ro", "il",
    ];
    let hint = tld.and_then(|t| HINTS.iter().find(|h| h.eq_ignore_ascii_case(t)));
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    // What lies far behind adds nothing to the guess but time.
    detector.feed(&bytes[..bytes.len().min(64 * 1024)], true);
    let found = detector.guess(hint.map(|h| h.as_bytes()), Utf8Detection::Allow);
    if std::ptr::eq(found, UTF_8) && std::str::from_utf8(bytes).is_err() {
        return WINDOWS_1252;
    }
    let reads = |encoding: &'static Encoding| encoding.decode_without_bom_handling(bytes).0.to_lowercase();
    let is_of = |text: &str, letters: &str| {
        text.chars().all(|c| !c.is_alphabetic() || c.is_ascii() || letters.contains(c))
    };
    // The detector takes Lithuanian and Latvian for Central European where no country helps it.
    let central = std::ptr::eq(found, encoding_rs::WINDOWS_1250) && hint.is_none();
    if central && !is_of(&reads(found), CENTRAL) && is_of(&reads(encoding_rs::WINDOWS_1257), BALTIC) {
        return encoding_rs::WINDOWS_1257;
    }
    found
}

/// Letters beyond a to z of Lithuanian and Latvian.
const BALTIC: &str = "ąčęėįšųūžāēģīķļņō";

/// Those of Czech, Slovak, Polish, Hungarian and German.
const CENTRAL: &str = "áčďéěíňóřšťúůýžäôľĺŕąćęłńśźżöüőűß";

/// UTF-7 (RFC 2152); bytes as they stand where that yields nothing.
fn utf7(bytes: &[u8]) -> String {
    let decoded = mail_parser::decoders::charsets::map::charset_decoder(b"utf-7").map(|decode| decode(bytes));
    match decoded {
        Some(text) if !text.trim().is_empty() || bytes.trim_ascii().is_empty() => text,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, label: &str) -> Vec<u8> {
        let encoding = Encoding::for_label(label.as_bytes()).expect("known");
        let (bytes, _, faulty) = encoding.encode(text);
        assert!(!faulty, "{text} in {label}");
        bytes.into_owned()
    }

    #[test]
    fn what_a_person_could_read_is_read_whatever_the_label_says() {
        let lt = "Neveikia žiniatinklio svetainė, prašome padėti šiandien, labai ačiū už greitą pagalbą.";
        let lv = "Nestrādā ģeneratora vadības programma, lūdzam palīdzēt šodien, paldies jums.";
        let ru = "Не работает щёточный узел, просим помочь сегодня.";
        let cs = "Nefunguje žlutý kůň v účetnictví, prosíme o pomoc ještě dnes.";
        for (text, written, label, tld) in [
            (lt, "windows-1257", Some("windows-1257"), None),
            (lt, "iso-8859-13", Some("iso-8859-13"), None),
            (lt, "windows-1257", Some("utf-8"), Some("lt")),
            (lt, "windows-1257", None, Some("lt")),
            (lv, "iso-8859-4", Some("iso-8859-4"), None),
            (lv, "windows-1257", Some("us-ascii"), Some("lv")),
            (ru, "windows-1251", Some("cp-1251"), None),
            (ru, "windows-1251", None, None),
            (ru, "koi8-r", Some("x-unknown"), Some("ru")),
            (ru, "utf-8", Some("us-ascii"), None),
            (ru, "utf-8", Some("iso-8859-1"), None),
            (cs, "windows-1250", None, Some("cz")),
            (cs, "iso-8859-2", Some("iso-8859-2"), None),
        ] {
            let decoded = decode(&encoded(text, written), label, tld);
            assert_eq!(decoded.text, text, "{written} labelled {label:?}");
        }
    }

    #[test]
    fn utf7_and_unknown_charsets_never_give_an_empty_text() {
        assert_eq!(decode(b"Hi +AUE-", Some("utf-7"), None).text, "Hi \u{141}");
        assert_eq!(decode(b"plain", Some("x-unknown"), None).text, "plain");
        assert!(!decode(b"\xff\xfe\xfd", Some("x-unknown"), None).text.is_empty());
    }

    #[test]
    fn a_stray_byte_does_not_turn_utf8_into_something_else() {
        let mut bytes = "Здравствуйте, коллеги".as_bytes().to_vec();
        bytes.push(0xff);
        assert!(decode(&bytes, Some("utf-8"), None).text.starts_with("Здравствуйте, коллеги"));
    }
}
