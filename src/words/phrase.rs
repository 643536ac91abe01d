//! Words of a text and the phrases in it, found in one pass.

use std::collections::HashMap;
use std::ops::Range;

use foldhash::fast::FixedState;

use crate::domain::fold::{fold, fold_into, is_letter_or_digit};

/// A text as folded words. Addresses and links are one word each and match nothing.
#[derive(Debug, Default)]
pub struct Tokens {
    folded: String,
    tokens: Vec<Token>,
}

/// One word of a text.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    folded: (usize, usize),
    /// Bytes of the word in the text it was read from.
    pub written: (usize, usize),
    /// Whether a sentence, a clause or a paragraph ends before it: phrases do not reach across.
    pub after_break: bool,
    /// A mail address or a link.
    pub is_address: bool,
}

impl Tokens {
    /// Reads a text once; the work is proportional to its length.
    pub fn read(text: &str) -> Tokens {
        let mut tokens = Tokens { folded: String::with_capacity(text.len()), tokens: Vec::new() };
        let mut after_break = true;
        for (start, chunk) in chunks(text) {
            after_break |= blank_line_before(text, start);
            if is_address(chunk) {
                tokens.push(chunk, start, after_break, true);
                after_break = false;
                continue;
            }
            let mut word_start = None;
            for (at, c) in chunk.char_indices() {
                if is_letter_or_digit(c) || ('\u{300}'..='\u{36f}').contains(&c) {
                    word_start.get_or_insert(at);
                    continue;
                }
                if let Some(from) = word_start.take() {
                    tokens.push(&chunk[from..at], start + from, after_break, false);
                    after_break = false;
                }
                after_break |= matches!(c, '.' | '!' | '?' | ';' | ',' | '…');
            }
            if let Some(from) = word_start {
                tokens.push(&chunk[from..], start + from, after_break, false);
                after_break = false;
            }
        }
        tokens
    }

    fn push(&mut self, word: &str, at: usize, after_break: bool, is_address: bool) {
        let from = self.folded.len();
        fold_into(word, &mut self.folded);
        let (folded, written) = ((from, self.folded.len()), (at, at + word.len()));
        self.tokens.push(Token { folded, written, after_break, is_address });
    }

    /// The words that stand wholly within these bytes of the text, as if it began there; and which of all they are.
    pub fn part(&self, bytes: Range<usize>) -> (Tokens, Range<usize>) {
        let first = self.tokens.partition_point(|token| token.written.0 < bytes.start);
        let last = self.tokens.partition_point(|token| token.written.1 <= bytes.end).max(first);
        let tokens = &self.tokens[first..last];
        let (Some(one), Some(other)) = (tokens.first(), tokens.last()) else {
            return (Tokens::default(), first..last);
        };
        let folded = one.folded.0..other.folded.1;
        let moved = |token: &Token| Token {
            folded: (token.folded.0 - folded.start, token.folded.1 - folded.start),
            written: (token.written.0 - bytes.start, token.written.1 - bytes.start),
            ..*token
        };
        let mut tokens: Vec<Token> = tokens.iter().map(moved).collect();
        tokens[0].after_break = true;
        (Tokens { folded: self.folded[folded.clone()].to_owned(), tokens }, first..last)
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Has it no word at all?
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// A word, folded, with its place.
    pub fn get(&self, index: usize) -> Option<(&str, Token)> {
        let token = *self.tokens.get(index)?;
        Some((&self.folded[token.folded.0..token.folded.1], token))
    }

    /// How many words at the beginning have something; it must hold for none behind one for which it does not.
    pub fn partition(&self, holds: impl Fn(&Token) -> bool) -> usize {
        self.tokens.partition_point(holds)
    }

    /// All words in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Token)> {
        self.tokens.iter().map(|token| (&self.folded[token.folded.0..token.folded.1], *token))
    }
}

/// An address of mail or of the web stays whole.
fn is_address(chunk: &str) -> bool {
    let marked = chunk.bytes().any(|byte| matches!(byte, b'@' | b':'));
    marked && (chunk.contains('@') || chunk.contains("://"))
}

/// Runs of characters without white space, with the byte each begins at.
fn chunks(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|chunk| (chunk.as_ptr() as usize - text.as_ptr() as usize, chunk))
}

/// Whether the white space before a position holds two ends of line.
fn blank_line_before(text: &str, at: usize) -> bool {
    text[..at].chars().rev().take_while(|c| c.is_whitespace()).filter(|&c| c == '\n').nth(1).is_some()
}

/// Where a phrase of a list stands in a text: first and last word, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit<K> {
    pub kind: K,
    pub first: usize,
    pub last: usize,
    pattern: usize,
}

impl<K> Hit<K> {
    /// The same in a text that begins so many words later.
    pub(super) fn moved(self, words: usize) -> Hit<K> {
        Hit { first: self.first - words, last: self.last - words, ..self }
    }
}

#[derive(Debug)]
struct Pattern<K> {
    kind: K,
    /// As the list has it.
    listed: Box<str>,
    parts: Box<[Part]>,
}

#[derive(Debug)]
struct Part {
    text: Box<str>,
    any_ending: bool,
}

impl Part {
    fn matches(&self, word: &str) -> bool {
        if self.any_ending { word.starts_with(&*self.text) } else { word == &*self.text }
    }
}

/// The first two letters of a word.
type Letters = (char, Option<char>);

fn letters(word: &str) -> Letters {
    let mut letters = word.chars();
    (letters.next().unwrap_or_default(), letters.next())
}

/// Phrases found by their first word: one table of whole words, and one of beginnings by their first two letters, so
/// that a word costs few look-ups however many lengths the beginnings have. The words are the configuration's, so the
/// hash need not withstand anybody.
#[derive(Debug)]
pub struct PhraseIndex<K> {
    patterns: Vec<Pattern<K>>,
    whole: HashMap<Box<str>, Vec<u32>, FixedState>,
    /// Patterns, those of the length that was added first at the front.
    beginnings: HashMap<Letters, Vec<u32>, FixedState>,
    /// Lengths in bytes of the beginnings, each once.
    beginning_lengths: Vec<usize>,
}

impl<K> Default for PhraseIndex<K> {
    fn default() -> PhraseIndex<K> {
        PhraseIndex {
            patterns: Vec::new(),
            whole: HashMap::default(),
            beginnings: HashMap::default(),
            beginning_lengths: Vec::new(),
        }
    }
}

impl<K: Copy + PartialEq> PhraseIndex<K> {
    /// Adds a word or phrase as a list has it; `*` at the end of a word is any ending. One without a letter or
    /// digit is left out.
    pub fn add(&mut self, kind: K, listed: &str) {
        self.insert(kind, listed, false);
    }

    /// Adds a phrase each word of which may have any ending.
    pub fn add_beginnings(&mut self, kind: K, listed: &str) {
        self.insert(kind, listed, true);
    }

    fn insert(&mut self, kind: K, listed: &str, all_endings: bool) {
        let mut parts = Vec::new();
        for chunk in listed.split_whitespace() {
            let (chunk, any_ending) = match chunk.strip_suffix('*') {
                Some(beginning) => (beginning, true),
                None => (chunk, all_endings),
            };
            let folded = fold(chunk);
            let words: Vec<&str> =
                folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            for (index, word) in words.iter().enumerate() {
                let last = index + 1 == words.len();
                parts.push(Part { text: (*word).into(), any_ending: any_ending && last });
            }
        }
        let Some(first) = parts.first() else { return };
        let number = u32::try_from(self.patterns.len()).expect("fewer phrases than 32 bits can number");
        if first.any_ending {
            if !self.beginning_lengths.contains(&first.text.len()) {
                self.beginning_lengths.push(first.text.len());
            }
            let rank = |text: &str| self.beginning_lengths.iter().position(|length| *length == text.len());
            let own = rank(&first.text);
            let bucket = self.beginnings.entry(letters(&first.text)).or_default();
            let at =
                bucket.partition_point(|other| rank(&self.patterns[*other as usize].parts[0].text) <= own);
            bucket.insert(at, number);
        } else {
            self.whole.entry(first.text.clone()).or_default().push(number);
        }
        self.patterns.push(Pattern { kind, listed: listed.into(), parts: parts.into() });
    }

    /// All phrases of a text, in the order of their first words.
    pub fn find(&self, tokens: &Tokens) -> Vec<Hit<K>> {
        let mut hits = Vec::new();
        for (at, (word, token)) in tokens.iter().enumerate() {
            if token.is_address {
                continue;
            }
            let whole = self.whole.get(word).into_iter().flatten();
            let (one, two) = letters(word);
            let alone = two.and_then(|_| self.beginnings.get(&(one, None))).into_iter().flatten();
            let beginnings = self.beginnings.get(&(one, two)).into_iter().flatten();
            for &number in whole.chain(beginnings).chain(alone) {
                let pattern = &self.patterns[number as usize];
                if pattern.parts[0].matches(word) && pattern.stands_at(tokens, at) {
                    hits.push(Hit {
                        kind: pattern.kind,
                        first: at,
                        last: at + pattern.parts.len() - 1,
                        pattern: number as usize,
                    });
                }
            }
        }
        hits
    }

    /// The phrase as the list has it.
    pub fn listed(&self, hit: Hit<K>) -> &str {
        &self.patterns[hit.pattern].listed
    }
}

impl<K> Pattern<K> {
    fn stands_at(&self, tokens: &Tokens, at: usize) -> bool {
        self.parts.iter().enumerate().skip(1).all(|(offset, part)| {
            tokens.get(at + offset).is_some_and(|(word, token)| !token.after_break && part.matches(word))
        })
    }
}

/// The hits of a kind that share no word with a hit of the opposite kind.
pub(super) fn unmasked<K: Copy + PartialEq>(
    hits: &[Hit<K>],
    kind: K,
    opposite: Option<K>,
) -> impl Iterator<Item = Hit<K>> {
    // Where each mask begins, and how far it or one before it reaches.
    let mut masks: Vec<(usize, usize)> = Vec::new();
    for mask in hits.iter().filter(|hit| Some(hit.kind) == opposite) {
        let reach = masks.last().map_or(mask.last, |(_, reach)| mask.last.max(*reach));
        masks.push((mask.first, reach));
    }
    let is_masked = move |hit: &Hit<K>| {
        let begun = masks.partition_point(|(first, _)| *first <= hit.last);
        begun.checked_sub(1).is_some_and(|newest| masks[newest].1 >= hit.first)
    };
    hits.iter().filter(move |hit| hit.kind == kind && !is_masked(hit)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Kind;

    fn words(text: &str) -> Vec<String> {
        Tokens::read(text).iter().map(|(word, _)| word.to_owned()).collect()
    }

    #[test]
    fn a_text_becomes_folded_words() {
        assert_eq!(words("Labas, ŽMOGAU! don't"), ["labas", "zmogau", "don", "t"]);
        assert_eq!(words("s\u{30c}ok\n„tu“"), ["sok", "tu"]);
        assert_eq!(words("rašyk urgent@pieva.example.test"), ["rasyk", "urgent@pieva.example.test"]);
        assert_eq!(words("—  — \n"), Vec::<String>::new());
    }

    #[test]
    fn a_phrase_is_made_of_neighbours_within_a_clause() {
        let mut index = PhraseIndex::default();
        index.add(Kind::NotUrgent, "не срочно");
        for (text, found) in [
            ("Это не срочно", true),
            ("не\nсрочно", true),
            ("не «срочно»", true),
            ("Нет, не. Срочно!", false),
            ("не\n\nсрочно", false),
            ("не очень срочно", false),
            ("срочно не", false),
        ] {
            assert_eq!(!index.find(&Tokens::read(text)).is_empty(), found, "{text}");
        }
    }

    #[test]
    fn a_star_is_any_ending_of_its_word() {
        let mut index = PhraseIndex::default();
        index.add(Kind::Statement, "išraš*");
        index.add(Kind::Statement, "отчёт* об услугах");
        index.add(Kind::Statement, " * ");
        for (text, found) in [
            ("israso", true),
            ("IŠRAŠAS", true),
            ("neišrašo", false),
            ("отчетов об услугах", true),
            ("отчет", false),
            ("israsas@pieva.example.test", false),
        ] {
            assert_eq!(!index.find(&Tokens::read(text)).is_empty(), found, "{text}");
        }
    }
}
