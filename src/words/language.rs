//! In which language a text is written.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use foldhash::fast::FixedState;

use super::catalogue::Catalogue;
use super::pack::Pack;
use crate::domain::fold::{fold, fold_into, is_letter_or_digit};
use crate::domain::language::Lang;

/// More of a text is not looked at, in characters.
const LOOKED_AT_MAX: usize = 2_000;
/// Letters from which on the frequency of their groups says something.
const TRIGRAM_LETTERS_MIN: usize = 24;
/// Words among which a language would show at least one of its own.
const SILENT_WORDS_MAX: usize = 6;
/// Evidence by which a language is believed without more: about two words that only it has.
const SURE: f32 = 1.5;
/// Evidence below which nothing is believed.
const FAINT: f32 = 0.5;
/// Words after which a text that leaves no doubt is not read further, and the evidence that takes.
const ENOUGH_WORDS: usize = 80;
const ENOUGH: f32 = 12.0;
/// The share of the second language in the evidence of the first that leaves a doubt.
const DOUBT: f32 = 0.75;

/// A language and by what it was recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recognised {
    pub lang: Lang,
    pub evidence: Evidence,
}

/// By what a language was recognised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Evidence {
    /// Usual words, endings and letters; the weight of this language and of the next best.
    Words { weight: f32, next: f32 },
    /// The frequency of groups of letters; confidence from 0 to 1.
    Trigrams { confidence: f32 },
    /// Nothing to go by: the language is the one to fall back on.
    TooLittle,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::Words { weight, next } => {
                write!(f, "words and letters ({weight:.1} against {next:.1})")
            }
            Evidence::Trigrams { confidence } => write!(f, "groups of letters (confidence {confidence:.2})"),
            Evidence::TooLittle => f.write_str("too little text to tell: the usual language"),
        }
    }
}

impl Catalogue {
    /// The language of a text among those allowed. Give it only what the writer wrote himself, without
    /// quotations; names, addresses and numbers count for nothing. At most 2,000 characters are looked at.
    pub fn detect_language(&self, text: &str, allowed: &[Lang], fallback: Lang) -> Recognised {
        self.recogniser.recognise(text, allowed, fallback)
    }
}

/// One word as it is looked up; the same buffers serve all words of a text.
#[derive(Default)]
struct Word {
    lower: String,
    folded: String,
}

impl Word {
    fn read(&mut self, word: &str) {
        self.lower.clear();
        self.folded.clear();
        fold_into(word, &mut self.folded);
        if word.is_ascii() {
            self.lower.push_str(&self.folded);
        } else {
            self.lower.push_str(&word.to_lowercase());
        }
    }
}

/// Words, endings and letters of all languages.
#[derive(Debug)]
pub(super) struct Recogniser {
    /// A set of languages is one bit each, by their place here.
    languages: Vec<Lang>,
    /// Folded word to the languages that have it, and to those that write it exactly so.
    words: HashMap<String, u64, FixedState>,
    exact: HashMap<String, u64, FixedState>,
    endings: HashMap<String, u64, FixedState>,
    ending_lengths: Vec<usize>,
    letters: HashMap<char, u64, FixedState>,
}

impl Recogniser {
    pub fn new(packs: &BTreeMap<Lang, Pack>) -> Recogniser {
        let mut made = Recogniser {
            languages: packs.keys().copied().take(64).collect(),
            words: HashMap::default(),
            exact: HashMap::default(),
            endings: HashMap::default(),
            ending_lengths: Vec::new(),
            letters: HashMap::default(),
        };
        for (place, pack) in packs.values().enumerate().take(64) {
            let bit = 1u64 << place;
            for word in &pack.recognise.stop_words {
                let lower = word.to_lowercase();
                // An apostrophe parts a word, in the list as in the text.
                for part in lower
                    .split(|c: char| !c.is_alphanumeric())
                    .filter(|part| part.chars().count() > 1 || *part == lower)
                {
                    *made.words.entry(fold(part)).or_default() |= bit;
                    *made.exact.entry(part.to_owned()).or_default() |= bit;
                }
            }
            for ending in pack.recognise.endings.iter().map(|ending| fold(ending)) {
                if !made.ending_lengths.contains(&ending.len()) {
                    made.ending_lengths.push(ending.len());
                }
                *made.endings.entry(ending).or_default() |= bit;
            }
            for letter in pack.recognise.letters.to_lowercase().chars() {
                *made.letters.entry(letter).or_default() |= bit;
            }
        }
        made
    }

    fn recognise(&self, text: &str, allowed: &[Lang], fallback: Lang) -> Recognised {
        let end = text.char_indices().nth(LOOKED_AT_MAX).map_or(text.len(), |(at, _)| at);
        let text = &text[..end];
        let mask = self.mask(allowed);
        let mut weights = vec![0f32; self.languages.len()];
        let (mut letters, mut words) = (0, 0);
        let mut buffers = Word::default();
        for chunk in text.split_whitespace().filter(|chunk| !chunk.contains("://") && !chunk.contains('@')) {
            for word in chunk.split(|c: char| !is_letter_or_digit(c)) {
                if word.is_empty() || word.contains(char::is_numeric) {
                    continue;
                }
                letters += word.chars().count();
                words += 1;
                buffers.read(word);
                self.weigh(&buffers, mask, &mut weights);
            }
            if words >= ENOUGH_WORDS && self.is_beyond_doubt(&weights) {
                break;
            }
        }
        let (best, weight, next) = self.leader(&weights, fallback);
        let clear = next <= weight * DOUBT;
        if weight >= SURE && clear {
            return Recognised { lang: best, evidence: Evidence::Words { weight, next } };
        }
        if letters >= TRIGRAM_LETTERS_MIN
            && let Some(found) = by_trigrams(text, allowed)
            && (words <= SILENT_WORDS_MAX || self.weight_of(found.lang, &weights) > 0.0)
        {
            return found;
        }
        if weight >= FAINT && clear {
            return Recognised { lang: best, evidence: Evidence::Words { weight, next } };
        }
        Recognised { lang: fallback, evidence: Evidence::TooLittle }
    }

    fn weight_of(&self, lang: Lang, weights: &[f32]) -> f32 {
        let place = self.languages.iter().position(|known| *known == lang);
        place.and_then(|place| weights.get(place)).copied().unwrap_or_default()
    }

    fn mask(&self, allowed: &[Lang]) -> u64 {
        let places = self.languages.iter().enumerate().filter(|(_, lang)| allowed.contains(lang));
        places.fold(0, |mask, (place, _)| mask | 1 << place)
    }

    /// Does one language outweigh all others together?
    fn is_beyond_doubt(&self, weights: &[f32]) -> bool {
        let best = weights.iter().copied().fold(0.0, f32::max);
        let all: f32 = weights.iter().sum();
        best >= ENOUGH && best > 2.0 * (all - best)
    }

    /// Adds what one word says. What several languages share says less for each.
    fn weigh(&self, Word { lower: word, folded }: &Word, mask: u64, weights: &mut [f32]) {
        if let Some(&languages) = self.words.get(folded) {
            share(languages & mask, 1.0, weights);
        } else if folded.len() >= 5 {
            let endings = self.ending_lengths.iter().filter_map(|length| {
                let from = folded.len().checked_sub(*length)?;
                self.endings.get(folded.get(from..)?)
            });
            share(endings.fold(0, |all, languages| all | languages) & mask, 0.4, weights);
        }
        if word.is_ascii() {
            return;
        }
        if let Some(&languages) = self.exact.get(word) {
            share(languages & mask, 0.5, weights);
        }
        // Only languages that have all the special letters of a word can be its own.
        let special = word.chars().filter(|c| !c.is_ascii());
        let languages = special.fold(mask, |all, c| all & self.letters.get(&c).copied().unwrap_or_default());
        share(languages, 1.0, weights);
    }

    /// The weightiest language, its weight, and that of the next. Between equals the usual language leads.
    fn leader(&self, weights: &[f32], fallback: Lang) -> (Lang, f32, f32) {
        let mut ranked: Vec<(f32, bool, Lang)> = self
            .languages
            .iter()
            .zip(weights)
            .map(|(&lang, &weight)| (weight, lang == fallback, lang))
            .collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        let next = ranked.get(1).map_or(0.0, |second| second.0);
        ranked.first().map_or((fallback, 0.0, 0.0), |&(weight, _, lang)| (lang, weight, next))
    }
}

/// Parts a weight among the languages of a set.
fn share(languages: u64, weight: f32, weights: &mut [f32]) {
    if languages == 0 {
        return;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 64")]
    let each = weight / languages.count_ones() as f32;
    for (place, sum) in weights.iter_mut().enumerate() {
        if languages >> place & 1 == 1 {
            *sum += each;
        }
    }
}

fn by_trigrams(text: &str, allowed: &[Lang]) -> Option<Recognised> {
    let known: Vec<whatlang::Lang> = allowed.iter().filter_map(|lang| trigram_name(*lang)).collect();
    let found = whatlang::Detector::with_allowlist(known).detect(text)?;
    let lang = allowed.iter().find(|lang| trigram_name(**lang) == Some(found.lang()))?;
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 1")]
    let confidence = found.confidence() as f32;
    (confidence >= 0.5).then_some(Recognised { lang: *lang, evidence: Evidence::Trigrams { confidence } })
}

fn trigram_name(lang: Lang) -> Option<whatlang::Lang> {
    use whatlang::Lang as Name;
    Some(match lang.as_str() {
        "cs" => Name::Ces,
        "de" => Name::Deu,
        "en" => Name::Eng,
        "es" => Name::Spa,
        "et" => Name::Est,
        "fi" => Name::Fin,
        "fr" => Name::Fra,
        "it" => Name::Ita,
        "lt" => Name::Lit,
        "lv" => Name::Lav,
        "no" => Name::Nob,
        "pl" => Name::Pol,
        "ru" => Name::Rus,
        "sk" => Name::Slk,
        "sv" => Name::Swe,
        "uk" => Name::Ukr,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "language_tests.rs"]
mod tests;
