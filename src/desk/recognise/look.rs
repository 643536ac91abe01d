//! A text as recognition sees it: subject, text and signature in one piece, with its words and what they say.

use std::ops::Range;

use super::Written;
use super::cue::{Cue, Cues};
use crate::words::phrase::{Hit, PhraseIndex, Token, Tokens};
use crate::words::{Detector, Reading};

/// One text, looked through once.
#[derive(Debug)]
pub struct Look<'a> {
    pub whole: String,
    /// Bytes of the text and of the signature in `whole`; the subject stands before them.
    pub text: Range<usize>,
    pub signature: Range<usize>,
    pub tokens: Tokens,
    pub hits: Vec<Hit<Cue>>,
    index: &'a PhraseIndex<Cue>,
}

impl<'a> Look<'a> {
    /// Looks at what was written.
    pub fn at(written: &Written<'_>, cues: &'a Cues) -> Look<'a> {
        let room = written.subject.len() + written.text.len() + written.signature.len() + 4;
        let mut whole = String::with_capacity(room);
        whole.push_str(written.subject);
        whole.push_str("\n\n");
        let text = whole.len()..whole.len() + written.text.len();
        whole.push_str(written.text);
        whole.push_str("\n\n");
        let signature = whole.len()..whole.len() + written.signature.len();
        whole.push_str(written.signature);
        let tokens = Tokens::read(&whole);
        let hits = cues.index.find(&tokens);
        Look { whole, text, signature, tokens, hits, index: &cues.index }
    }

    /// What a detector reads in subject and text.
    pub fn read<'d>(&self, detector: &'d Detector) -> Reading<'d, '_> {
        let said = ..self.text.end;
        detector.read_words(&self.whole[said], self.tokens.part(0..self.text.end).0)
    }

    /// The phrase of a hit as its list has it.
    pub fn listed(&self, hit: Hit<Cue>) -> String {
        self.index.listed(hit).to_owned()
    }

    /// Where a word stands in `whole`.
    pub fn place(&self, word: usize) -> Range<usize> {
        self.tokens.get(word).map_or(self.whole.len()..self.whole.len(), |(_, t)| t.written.0..t.written.1)
    }

    /// A word as it was written.
    pub fn written(&self, token: Token) -> &str {
        &self.whole[token.written.0..token.written.1]
    }

    /// The first word that stands at or behind a byte of `whole`.
    pub fn word_at(&self, byte: usize) -> usize {
        self.tokens.partition(|token| token.written.0 < byte)
    }

    /// The hits whose first word lies among these words.
    pub fn hits_in(&self, words: Range<usize>) -> &[Hit<Cue>] {
        let from = self.hits.partition_point(|hit| hit.first < words.start);
        let to = self.hits.partition_point(|hit| hit.first < words.end);
        &self.hits[from..to.max(from)]
    }

    /// The words of subject and text, without the signature.
    pub fn said(&self) -> Range<usize> {
        0..self.word_at(self.signature.start)
    }

    /// Is this cue said of that word?
    pub fn is(&self, word: usize, cue: Cue) -> bool {
        self.hits_in(word..word + 1).iter().any(|hit| hit.kind == cue)
    }
}
