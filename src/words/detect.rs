//! Finds in a mail the words the desk must react to, and says which word it was.

use std::ops::Range;

use super::absence::AbsenceSubjects;
use super::catalogue::Catalogue;
use super::pack::{Kind, WordLists};
use super::phrase::{Hit, PhraseIndex, Tokens, unmasked};
use crate::domain::language::Lang;

/// The lists `detect` of some languages, prepared for search. Cheap to use, dear to make: keep it.
#[derive(Debug)]
pub struct Detector {
    pub(super) index: PhraseIndex<Kind>,
    absence: AbsenceSubjects,
}

/// What a mail of thanks is made of, and what makes it more than that.
const OF_THANKS: [Kind; 5] = [Kind::Thanks, Kind::Greeting, Kind::Closing, Kind::Filler, Kind::But];

/// A clause that goes on for so many characters is no question.
const CLAUSE_CHARS_MAX: usize = 200;
/// A condition stands at most so many words from the consent that it is one of.
const SENTENCE_WORDS_MAX: usize = 30;

impl Catalogue {
    /// A detector for mails in the given languages, with words of the operator's own besides. Thanks are known in every
    /// language that is known at all: a colleague abroad may thank in his own, and that must reopen nothing.
    pub fn detector(&self, languages: &[Lang], extra: &WordLists) -> Detector {
        let mut index = PhraseIndex::default();
        let packs = languages.iter().filter_map(|lang| self.packs.get(lang));
        for lists in packs.map(|pack| &pack.detect).chain([extra]) {
            for (kind, phrases) in lists {
                for phrase in phrases {
                    index.add(*kind, phrase);
                }
            }
        }
        let others = self.packs.iter().filter(|(lang, _)| !languages.contains(lang));
        let foreign = self.foreign_absence.values().map(|absence| &absence.detect);
        for lists in others.map(|(_, pack)| &pack.detect).chain(foreign) {
            for kind in OF_THANKS {
                lists.get(&kind).into_iter().flatten().for_each(|phrase| index.add(kind, phrase));
            }
        }
        Detector { index, absence: AbsenceSubjects::new(self) }
    }
}

impl Detector {
    /// Reads a text once, for as many questions as one likes. Linear in the length of the text.
    pub fn read<'t>(&self, text: &'t str) -> Reading<'_, 't> {
        self.read_words(text, Tokens::read(text))
    }

    /// The same for a text whose words are known already.
    pub fn read_words<'t>(&self, text: &'t str, tokens: Tokens) -> Reading<'_, 't> {
        let hits = self.index.find(&tokens);
        Reading { detector: self, text, tokens, hits }
    }

    /// See [`Reading::urgent`].
    pub fn urgent(&self, text: &str) -> Option<String> {
        self.read(text).urgent()
    }

    /// See [`Reading::agree`].
    pub fn agree(&self, text: &str) -> Option<String> {
        self.read(text).agree()
    }

    /// See [`Reading::disagree`].
    pub fn disagree(&self, text: &str) -> Option<String> {
        self.read(text).disagree()
    }

    /// See [`Reading::affirm`].
    pub fn affirm(&self, text: &str) -> Option<String> {
        self.read(text).affirm()
    }

    /// See [`Reading::deny`].
    pub fn deny(&self, text: &str) -> Option<String> {
        self.read(text).deny()
    }

    /// See [`Reading::new_request`].
    pub fn new_request(&self, text: &str) -> Option<String> {
        self.read(text).new_request()
    }

    /// See [`Reading::complaint`].
    pub fn complaint(&self, text: &str) -> Option<String> {
        self.read(text).complaint()
    }

    /// See [`Reading::statement`].
    pub fn statement(&self, text: &str) -> Option<String> {
        self.read(text).statement()
    }

    /// See [`Reading::status`].
    pub fn status(&self, text: &str) -> Option<String> {
        self.read(text).status()
    }

    /// See [`Reading::thanks_only`].
    pub fn thanks_only(&self, text: &str, names: &[&str]) -> Option<String> {
        self.read(text).thanks_only(names)
    }

    /// The prefix by which a subject is that of a notice of absence, in any language known.
    ///
    /// A subject alone proves little (RFC 3834, section 3.1.5): use it only for a mail that is tied to a
    /// letter of ours.
    pub fn absence_subject(&self, subject: &str) -> Option<String> {
        self.absence.find(subject).map(str::to_owned)
    }
}

impl<'t> Reading<'_, 't> {
    /// What stands behind a phrase of these kinds with which the text begins.
    pub fn behind(&self, kinds: &[Kind]) -> Option<&'t str> {
        let hit = self.longest_at(0, kinds)?;
        self.tokens.get(hit.last).map(|(_, token)| &self.text[token.written.1..])
    }
}

/// One text with all that was found in it. Each answer is the word or phrase as the list has it.
#[derive(Debug)]
pub struct Reading<'d, 't> {
    pub(super) detector: &'d Detector,
    pub(super) text: &'t str,
    pub(super) tokens: Tokens,
    pub(super) hits: Vec<Hit<Kind>>,
}

impl<'d, 't> Reading<'d, 't> {
    /// What is found in a part of the text that words neither cross into nor out of, as if it stood alone.
    pub fn part(&self, bytes: Range<usize>) -> Reading<'d, 't> {
        let (tokens, words) = self.tokens.part(bytes.clone());
        let inside = self.hits.iter().filter(|hit| words.contains(&hit.first) && words.contains(&hit.last));
        let hits = inside.map(|hit| hit.moved(words.start)).collect();
        Reading { detector: self.detector, text: &self.text[bytes], tokens, hits }
    }
}

impl Reading<'_, '_> {
    /// A word of urgency that is not part of its denial.
    pub fn urgent(&self) -> Option<String> {
        self.find(Kind::Urgent, Some(Kind::NotUrgent))
    }

    /// The text says that there is no hurry.
    pub fn not_urgent(&self) -> Option<String> {
        self.find(Kind::NotUrgent, None)
    }

    /// Consent, with no refusal anywhere in the text; neither a question nor on a condition, which a person weighs.
    pub fn agree(&self) -> Option<String> {
        if self.disagree().is_some() {
            return None;
        }
        let consent = unmasked(&self.hits, Kind::Agree, Some(Kind::AgreeNot));
        let plain = |hit: &Hit<Kind>| !self.is_asked(hit) && !self.is_conditional(hit);
        consent.into_iter().find(plain).map(|hit| self.listed(hit))
    }

    /// Does its clause end with a question mark?
    fn is_asked(&self, hit: &Hit<Kind>) -> bool {
        let Some((_, token)) = self.tokens.get(hit.last) else { return false };
        let behind = self.text[token.written.1..].chars().take(CLAUSE_CHARS_MAX);
        behind.into_iter().find(|c| ".,;!?…".contains(*c)) == Some('?')
    }

    /// Does a word of condition stand in the same sentence? One that ends its clause, or stands right before the
    /// consent, is none: Latvian "jā" and "ja" fold to the same.
    fn is_conditional(&self, consent: &Hit<Kind>) -> bool {
        let from = consent.first.saturating_sub(SENTENCE_WORDS_MAX);
        let first = self.hits.partition_point(|hit| hit.first < from);
        let near = self.hits[first..].iter().take_while(|hit| hit.first < consent.last + SENTENCE_WORDS_MAX);
        near.filter(|hit| hit.kind == Kind::Condition).any(|condition| {
            let next = self.tokens.get(condition.last + 1).filter(|(_, token)| !token.after_break);
            next.is_some() && condition.last + 1 != consent.first && self.is_one_sentence(condition, consent)
        })
    }

    fn is_one_sentence(&self, one: &Hit<Kind>, other: &Hit<Kind>) -> bool {
        let place = |word: usize| self.tokens.get(word).map_or(self.text.len(), |(_, token)| token.written.0);
        let (from, to) = (place(one.first.min(other.first)), place(one.first.max(other.first)));
        let between = &self.text[from..to];
        !between.contains(['.', '!', '?']) && !between.contains("\n\n")
    }

    /// Refusal of an offer.
    pub fn disagree(&self) -> Option<String> {
        self.find(Kind::Disagree, None)
    }

    /// The text begins, after a greeting, with a yes.
    pub fn affirm(&self) -> Option<String> {
        self.answer().filter(|hit| hit.kind == Kind::Affirm).map(|hit| self.listed(hit))
    }

    /// The text begins, after a greeting, with a no.
    pub fn deny(&self) -> Option<String> {
        self.answer().filter(|hit| hit.kind == Kind::Deny).map(|hit| self.listed(hit))
    }

    /// The text begins, after a greeting, by asking for a ticket of its own.
    pub fn new_request(&self) -> Option<String> {
        self.longest_at(self.after_greeting(), &[Kind::NewRequest]).map(|hit| self.listed(hit))
    }

    /// A statement of work is asked for; that a period is named is for the caller to see.
    pub fn statement(&self) -> Option<String> {
        self.find(Kind::Statement, Some(Kind::StatementNot))
    }

    /// The state of a ticket is asked for.
    pub fn status(&self) -> Option<String> {
        self.find(Kind::Status, None)
    }

    /// The service itself is complained of.
    pub fn complaint(&self) -> Option<String> {
        self.find(Kind::Complaint, Some(Kind::ComplaintNot))
    }

    /// A rating is spoken of.
    pub fn rating(&self) -> Option<String> {
        self.find(Kind::Rating, None)
    }

    /// The writer says that he wrote or called before.
    pub fn same_matter(&self) -> Option<String> {
        self.find(Kind::SameMatter, None)
    }

    /// First and last word of everything of these kinds, in the order of the text.
    pub fn spans(&self, kinds: &[Kind]) -> impl Iterator<Item = (usize, usize)> {
        self.hits.iter().filter(move |hit| kinds.contains(&hit.kind)).map(|hit| (hit.first, hit.last))
    }

    fn find(&self, kind: Kind, opposite: Option<Kind>) -> Option<String> {
        unmasked(&self.hits, kind, opposite).next().map(|hit| self.listed(hit))
    }

    pub(super) fn listed(&self, hit: Hit<Kind>) -> String {
        self.detector.index.listed(hit).to_owned()
    }

    /// The yes or no at the beginning; the longer phrase decides: "да нет" is a no.
    fn answer(&self) -> Option<Hit<Kind>> {
        self.longest_at(self.after_greeting(), &[Kind::Affirm, Kind::Deny])
    }

    /// The first word behind greetings at the beginning.
    pub fn after_greeting(&self) -> usize {
        let mut at = 0;
        while let Some(greeting) = self.longest_at(at, &[Kind::Greeting]) {
            at = greeting.last + 1;
        }
        at
    }

    fn longest_at(&self, at: usize, kinds: &[Kind]) -> Option<Hit<Kind>> {
        let from = self.hits.partition_point(|hit| hit.first < at);
        self.hits[from..]
            .iter()
            .take_while(|hit| hit.first == at)
            .filter(|hit| kinds.contains(&hit.kind))
            .max_by_key(|hit| hit.last)
            .copied()
    }
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
