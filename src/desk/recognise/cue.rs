//! The words that recognition goes by, in one index, so that a text is searched for all of them at once.

use crate::domain::rules::Rules;
use crate::words::phrase::PhraseIndex;
use crate::words::{Catalogue, PeriodWords, Recognise};

/// What a word or phrase says. Numbers are places in the lists of the rules, or count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Place in `types.looked_for`.
    Type(usize),
    /// Place in `severity_words`.
    Severity(usize),
    Faq(usize),
    /// The label of a field; a place in [`Cues::fields`].
    Field(usize),
    FieldFiller,
    /// Says whose a number is: place in `extract`, place in its `near`.
    Near(usize, usize),
    Newer,
    Asking,
    AskingFiller,
    Trouble,
    Wish,
    Negation,
    Month(i8),
    Ordinal(i8),
    MonthWord,
    Quarter,
    Half,
    Year,
    This,
    Last,
    From,
    To,
}

/// The index and what its numbers mean.
#[derive(Debug, Default)]
pub struct Cues {
    pub index: PhraseIndex<Cue>,
    /// Names of fields.
    pub fields: Vec<String>,
}

impl Cues {
    /// The words of a desk, in all of its languages.
    pub fn new(rules: &Rules, words: &Catalogue) -> Cues {
        let mut cues = Cues::default();
        cues.take_rules(rules);
        for language in &rules.languages {
            for (field, label) in words.field_labels(*language) {
                cues.label(field, label);
            }
            if let Some(lists) = words.recognise(*language) {
                cues.take_lists(lists);
                cues.take_period(&lists.period);
            }
        }
        cues
    }

    fn take_rules(&mut self, rules: &Rules) {
        for (order, place) in rules.types.looked_for.iter().enumerate() {
            let words = rules.types.all.get(*place).map(|kind| kind.words.as_slice());
            self.beginnings(Cue::Type(order), words.unwrap_or_default());
        }
        for (order, (_, words)) in rules.severity_words.iter().enumerate() {
            self.beginnings(Cue::Severity(order), words);
        }
        for (place, article) in rules.faq.iter().enumerate() {
            self.beginnings(Cue::Faq(place), &article.words);
        }
        for (place, extract) in rules.extract.iter().enumerate() {
            for (order, words) in extract.near.values().enumerate() {
                self.beginnings(Cue::Near(place, order), words);
            }
        }
    }

    fn take_lists(&mut self, lists: &Recognise) {
        for (field, labels) in &lists.field_words {
            for label in labels {
                self.label(field, label);
            }
        }
        self.all(Cue::FieldFiller, &lists.field_fillers);
        self.all(Cue::Newer, &lists.newer);
        self.all(Cue::Asking, &lists.asking);
        self.all(Cue::AskingFiller, &lists.asking_fillers);
        self.all(Cue::Trouble, &lists.trouble);
        self.all(Cue::Wish, &lists.wish);
        self.all(Cue::Negation, &lists.negation);
    }

    fn take_period(&mut self, lists: &PeriodWords) {
        for (number, words) in (1..).zip(&lists.months) {
            self.all(Cue::Month(number), words);
        }
        for (number, words) in (1..).zip(&lists.ordinals) {
            self.all(Cue::Ordinal(number), words);
        }
        for (cue, words) in [
            (Cue::MonthWord, &lists.month),
            (Cue::Quarter, &lists.quarter),
            (Cue::Half, &lists.half),
            (Cue::Year, &lists.year),
            (Cue::This, &lists.this),
            (Cue::Last, &lists.last),
            (Cue::From, &lists.from),
            (Cue::To, &lists.to),
        ] {
            self.all(cue, words);
        }
    }

    fn label(&mut self, field: &str, label: &str) {
        let known = self.fields.iter().position(|known| known == field);
        let place = known.unwrap_or_else(|| {
            self.fields.push(field.to_owned());
            self.fields.len() - 1
        });
        self.index.add(Cue::Field(place), label);
    }

    fn all(&mut self, cue: Cue, words: &[String]) {
        for word in words {
            self.index.add(cue, word);
        }
    }

    fn beginnings(&mut self, cue: Cue, words: &[String]) {
        for word in words {
            self.index.add_beginnings(cue, word);
        }
    }
}
