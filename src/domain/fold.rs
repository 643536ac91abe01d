//! Text without case and diacritics, for finding what was written carelessly.
//!
//! `ё` folds to `е`, but `й` and `ї` stay: they are letters of their own, and nobody leaves their marks out.

use std::sync::LazyLock;

/// Lower case, diacritics stripped, both of precomposed letters and of letters with combining marks.
///
/// Letters that are written out without their sign get their usual replacement (`ß` ss, `æ` ae, `ø` o, `ł` l).
/// The result is at most three times as long as the text, and folding it again changes nothing.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// As [`fold`], appending to `out`, so that one buffer serves many words.
pub fn fold_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            _ if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            'а'..='я' => out.push(c),
            'А'..='Я' => out.push(char::from_u32(c as u32 + 32).unwrap_or(c)),
            '\u{c0}'..='\u{24f}' if SIMPLE[c as usize - 0xc0] != '\0' => out.push(SIMPLE[c as usize - 0xc0]),
            _ => c.to_lowercase().for_each(|lower| push_folded(lower, out)),
        }
    }
}

/// Is it a letter or a digit of any script? The common ones are told without a table.
pub fn is_letter_or_digit(c: char) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{24f}' => !matches!(c, '×' | '÷'),
        'Ѐ'..='ҁ' => true,
        _ => c.is_alphanumeric(),
    }
}

/// Is it a letter of any script?
pub fn is_letter(c: char) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_alphabetic(),
        '\u{c0}'..='\u{24f}' | 'Ѐ'..='ҁ' => is_letter_or_digit(c),
        _ => c.is_alphabetic(),
    }
}

/// What the letters of Latin-1 and of Latin Extended A and B fold to, from `À` on; NUL where that is not one letter.
static SIMPLE: LazyLock<[char; 0x190]> = LazyLock::new(|| {
    std::array::from_fn(|place| {
        let letter =
            u32::try_from(place).ok().and_then(|place| char::from_u32(0xc0 + place)).unwrap_or_default();
        let mut folded = String::new();
        letter.to_lowercase().for_each(|lower| push_folded(lower, &mut folded));
        let mut letters = folded.chars();
        letters.next().filter(|_| letters.next().is_none()).unwrap_or_default()
    })
});

fn push_folded(c: char, out: &mut String) {
    match c {
        // A breve over и and a diaeresis over і make other letters; every other mark goes.
        '\u{306}' if out.ends_with('и') => {
            out.pop();
            out.push('й');
        }
        '\u{308}' if out.ends_with('і') => {
            out.pop();
            out.push('ї');
        }
        '\u{300}'..='\u{36f}' => {}
        'ё' | 'ѐ' => out.push('е'),
        'ѝ' => out.push('и'),
        'ß' => out.push_str("ss"),
        'æ' | 'ǣ' | 'ǽ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ĳ' => out.push_str("ij"),
        'ŉ' => out.push('n'),
        '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => out.push(base_letter(c)),
        other => out.push(other),
    }
}

/// The letter under the marks of a lower-case Latin letter, or the letter itself.
fn base_letter(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ȁ' | 'ȃ' | 'ạ'..='ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' | 'ð' | 'ḋ' | 'ḍ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ȅ' | 'ȩ' | 'ẹ'..='ệ' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' | 'ǧ' => 'g',
        'ĥ' | 'ħ' | 'ḣ' | 'ḥ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' | 'ỉ' | 'ị' => 'i',
        'ĵ' => 'j',
        'ķ' | 'ĸ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ǒ' | 'ọ'..='ợ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ǔ' | 'ụ'..='ự' => 'u',
        'ŵ' | 'ẁ' | 'ẃ' | 'ẅ' => 'w',
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_lose_case_and_marks_in_every_language_of_the_desk() {
        for (text, folded) in [
            ("Ąžuolėlis ŠĮŲŪČĘ", "azuolelis siuuce"),
            ("ĢIMENE ķļņ āēīū", "gimene kln aeiu"),
            ("Příliš žluťoučký kůň", "prilis zlutoucky kun"),
            ("Zażółć gęślą jaźń", "zazolc gesla jazn"),
            ("Straße ÄÖÜ", "strasse aou"),
            ("Всё ещё", "все еще"),
            ("Йод, мой", "йод, мой"),
            ("Æther Øre", "aether ore"),
            ("İstanbul", "istanbul"),
            ("123 + ×", "123 + ×"),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn combining_marks_fold_like_precomposed_letters() {
        assert_eq!(fold("s\u{30c}a\u{328}"), "sa");
        assert_eq!(fold("мои\u{306}"), "мой");
        assert_eq!(fold("е\u{308}лка"), "елка");
        assert_eq!(fold("і\u{308}жак"), "їжак");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing_more(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
