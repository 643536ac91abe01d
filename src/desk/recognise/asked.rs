//! Questions that can be answered at once, if nothing else is in the mail; and a rating.

use std::ops::Range;

use jiff::Timestamp;

use super::cue::Cue;
use super::look::Look;
use super::period::period;
use crate::desk::Desk;
use crate::domain::fold::fold;
use crate::domain::found::StatementWish;
use crate::words::{Kind, Reading};

/// A longer mail says more than that.
const WORDS_MAX: usize = 60;
/// Words beside those that ask which do not make another request of it.
const STRANGE_WORDS_MAX: usize = 2;

/// Subject and text of a mail, with what is known of its words.
pub struct Asked<'a> {
    pub desk: &'a Desk,
    pub look: &'a Look<'a>,
    /// Of subject and text.
    pub reading: &'a Reading<'a, 'a>,
    /// Names that the writer may sign with.
    pub names: Vec<&'a str>,
    /// Bytes of the signature within the text.
    pub block: Range<usize>,
    pub at: Timestamp,
}

impl Asked<'_> {
    /// A wish for a statement of work, and nothing else.
    pub fn statement(&self) -> Option<StatementWish> {
        let word = self.reading.statement()?;
        if !self.is_all(Kind::Statement) {
            return None;
        }
        let today = self.at.to_zoned(self.desk.rules.zone.clone()).date();
        Some(StatementWish { word, period: period(self.look, self.look.said(), today) })
    }

    /// A question for the state of a request, and nothing else.
    pub fn status(&self) -> Option<String> {
        let word = self.reading.status()?;
        self.is_all(Kind::Status).then_some(word)
    }

    /// Are there, beside the words of this kind, only words of asking, of politeness, of time, and names?
    fn is_all(&self, kind: Kind) -> bool {
        let said = self.look.said();
        if said.len() > WORDS_MAX
            || self.look.hits_in(said.clone()).iter().any(|hit| hit.kind == Cue::Trouble)
        {
            return false;
        }
        let mut known = vec![false; said.len()];
        let polite = [kind, Kind::Greeting, Kind::Closing, Kind::Thanks, Kind::Filler];
        for (first, last) in self.reading.spans(&polite) {
            known[first..=last.min(said.end - 1)].fill(true);
        }
        let mut asks = kind == Kind::Status && self.look.whole.contains('?');
        for hit in self.look.hits_in(said.clone()) {
            asks |= hit.kind == Cue::Asking;
            if is_neutral(hit.kind) {
                known[hit.first..=hit.last.min(said.end - 1)].fill(true);
            }
        }
        let names: Vec<String> =
            self.names.iter().flat_map(|name| name.split_whitespace()).map(fold).collect();
        let strange = said.filter(|word| !known[*word] && !self.is_name(*word, &names)).count();
        strange <= if asks { STRANGE_WORDS_MAX } else { 0 }
    }

    /// Part of a name, of the signature, or a number.
    fn is_name(&self, word: usize, names: &[String]) -> bool {
        let Some((text, token)) = self.look.tokens.get(word) else { return true };
        let signed =
            self.block.contains(&token.written.0) && !self.look.hits_in(word..word + 1).iter().any(asks);
        let numbered = text.starts_with(|c: char| c.is_ascii_digit());
        signed || numbered || token.is_address || names.iter().any(|name| begins_alike(text, name))
    }

    /// A figure of 1 to 5 as the first line, with nothing but a comment below it.
    pub fn rating(&self) -> Option<u8> {
        let text = &self.look.whole[self.look.text.clone()];
        let first = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        if first.len() > 60 {
            return None;
        }
        let rest = self.desk.detector.read(first).behind(&[Kind::Rating]).unwrap_or(first);
        let rest = rest.trim_start_matches([':', ' ', '-', '–', '=']);
        let figure = rest.strip_suffix("/5").unwrap_or(rest).trim_matches(['.', '!', '*', '★', ' ', '+']);
        match figure.as_bytes() {
            [digit @ b'1'..=b'5'] => Some(digit - b'0'),
            _ => None,
        }
    }
}

fn asks(hit: &crate::words::phrase::Hit<Cue>) -> bool {
    matches!(hit.kind, Cue::Asking | Cue::Trouble)
}

/// The same name, perhaps in another case.
fn begins_alike(word: &str, name: &str) -> bool {
    let alike = word.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    alike >= 3 && word.chars().count() <= alike + 3 && name.chars().count() <= alike + 2
}

fn is_neutral(cue: Cue) -> bool {
    matches!(
        cue,
        Cue::Asking
            | Cue::AskingFiller
            | Cue::Month(_)
            | Cue::Ordinal(_)
            | Cue::MonthWord
            | Cue::Quarter
            | Cue::Half
            | Cue::Year
            | Cue::This
            | Cue::Last
            | Cue::From
            | Cue::To
    )
}
