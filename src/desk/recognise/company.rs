//! Companies are told by their legal form.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::domain::fold::{fold, is_letter_or_digit};
use crate::words::Catalogue;

/// The legal forms of all languages.
#[derive(Debug, Default)]
pub struct LegalForms {
    /// As lists have them, by what is left of them when they are folded without points and blanks.
    forms: HashMap<String, Vec<String>, FixedState>,
    /// Everything that a key begins with.
    beginnings: HashSet<String, FixedState>,
    /// Bytes of the longest key.
    longest: usize,
}

/// More words are a sentence.
const WORDS_MAX: usize = 9;
/// Words of the longest form.
const FORM_WORDS_MAX: usize = 4;

impl LegalForms {
    pub fn new(words: &Catalogue) -> LegalForms {
        let lists = words.languages().filter_map(|language| words.recognise(language));
        let forms = lists.flat_map(|lists| &lists.legal_forms);
        let mut known = LegalForms::default();
        for form in forms {
            let bare = bare(form);
            known.longest = known.longest.max(bare.len());
            let ends = bare.char_indices().skip(1).map(|(at, _)| at).chain([bare.len()]);
            known.beginnings.extend(ends.map(|end| bare[..end].to_owned()));
            known.forms.entry(bare).or_default().push(form.clone());
        }
        known
    }

    /// Is this nothing but a legal form? Short ones must have their capitals or points: `as` is a word.
    pub fn is_form(&self, text: &str) -> bool {
        text.split_whitespace().nth(FORM_WORDS_MAX).is_none() && self.is_written_as(&bare(text), text)
    }

    fn is_written_as(&self, bare: &str, text: &str) -> bool {
        let Some(forms) = self.forms.get(bare) else { return false };
        let text = text.trim().trim_matches(QUOTES).trim_end_matches(',');
        let is_long = bare.chars().count() > 2;
        forms.iter().any(|form| {
            (!form.contains('.') || text.contains('.'))
                && (is_long || form.trim_end_matches('.') == text.trim_end_matches('.'))
        })
    }

    /// The company that a piece of a line names: a form and a name before or behind it.
    pub fn company<'t>(&self, piece: &'t str) -> Option<&'t str> {
        let piece = piece.trim();
        let words: Vec<&str> = piece.split_whitespace().collect();
        let is_long = words.len() > WORDS_MAX;
        if words.len() < 2 || piece.len() > 160 || is_long && !piece.contains(QUOTES) {
            return None;
        }
        let bares: Vec<String> = words.iter().map(|word| bare(word)).collect();
        let at = |n: usize| words[n].as_ptr() as usize - piece.as_ptr() as usize;
        let may_begin = |first: &usize| self.beginnings.contains(&bares[*first]);
        for first in (0..words.len()).filter(may_begin) {
            for count in (1..=FORM_WORDS_MAX.min(words.len() - first)).rev() {
                let last = first + count - 1;
                let end = at(last) + words[last].len();
                let parts = &bares[first..=last];
                if parts.iter().map(String::len).sum::<usize>() > self.longest
                    || !self.is_written_as(&parts.concat(), &piece[at(first)..end])
                {
                    continue;
                }
                let behind = piece[end..].trim_start();
                if behind.starts_with(QUOTES) {
                    // In the middle of a sentence it may be anybody's.
                    if first > 0 && !words[first - 1].ends_with(['!', ':', '.', ',', '-', '–', '—']) {
                        return None;
                    }
                    let closing = behind.char_indices().skip(2).find(|(_, c)| QUOTES.contains(c));
                    let stop = closing.map(|(n, c)| n + c.len_utf8())?;
                    return Some(&piece[at(first)..piece.len() - behind.len() + stop]);
                }
                let alone = (first == 0) != (last + 1 == words.len());
                return (alone && !is_long).then(|| without_full_stop(piece));
            }
        }
        None
    }
}

/// The full stop of a sentence goes, that of "s.r.o." stays.
fn without_full_stop(piece: &str) -> &str {
    let piece = piece.trim_end_matches([',', ';']);
    let last = piece.split_whitespace().last().unwrap_or_default();
    if last.trim_end_matches('.').contains('.') || last.chars().count() <= 2 {
        piece
    } else {
        piece.trim_end_matches('.')
    }
}

const QUOTES: [char; 9] = ['„', '“', '”', '"', '«', '»', '‘', '’', '\''];

fn bare(form: &str) -> String {
    let mut bare = fold(form);
    bare.retain(is_letter_or_digit);
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_a_legal_form_with_a_name() {
        let forms = LegalForms::new(&Catalogue::embedded());
        for (piece, company) in [
            ("UAB „Baltoji pieva“", Some("UAB „Baltoji pieva“")),
            ("uab Trys ąžuolai", Some("uab Trys ąžuolai")),
            ("Baltoji pieva, UAB", Some("Baltoji pieva, UAB")),
            ("VšĮ Pagalba", Some("VšĮ Pagalba")),
            ("SIA \"Ostas bārs\"", Some("SIA \"Ostas bārs\"")),
            ("AS Rīgas piens", Some("AS Rīgas piens")),
            ("Pekařství Zlatý klas s.r.o.", Some("Pekařství Zlatý klas s.r.o.")),
            ("Novák a syn, spol. s r. o.", Some("Novák a syn, spol. s r. o.")),
            ("Kovo a.s.", Some("Kovo a.s.")),
            ("ООО «Северный ветер»", Some("ООО «Северный ветер»")),
            ("Здравствуйте! ООО «Северный ветер»", Some("ООО «Северный ветер»")),
            ("ИП Галкина", Some("ИП Галкина")),
            ("Acme Ltd.", Some("Acme Ltd")),
            ("klientui UAB „Ryto rasa“", None),
            ("UAB", None),
            ("aš pati", None),
            ("as soon", None),
            ("ab ovo", None),
            ("Jurgita Šimkienė", None),
            ("šiandien mūsų UAB negali dirbti", None),
        ] {
            assert_eq!(forms.company(piece), company, "{piece}");
        }
    }
}
