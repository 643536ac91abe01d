//! A mail that only says thanks must not reopen a ticket. In doubt it is a request.

use super::detect::Reading;
use super::pack::Kind;
use super::phrase::Token;
use crate::domain::fold::fold;

/// The most words a mail of thanks may have.
const WORDS_MAX: usize = 12;
/// The most words a name on a line of its own may have.
const NAME_WORDS_MAX: usize = 3;

impl Reading<'_, '_> {
    /// The word of thanks, where every word of the text is one of thanks, of greeting or farewell, filling, or
    /// a name; at most twelve words, no question mark, no number, no "but".
    ///
    /// `names`: what is known of the writer and the people of the desk: names, position, company. After a
    /// farewell a line of capitalised words is a name, too. Attachments are for the caller to see.
    pub fn thanks_only(&self, names: &[&str]) -> Option<String> {
        let words = self.tokens.len();
        if words > WORDS_MAX || self.text.contains(['?', '？']) {
            return None;
        }
        let thanks = self.hits.iter().find(|hit| hit.kind == Kind::Thanks)?;
        if self.hits.iter().any(|hit| hit.kind == Kind::But) {
            return None;
        }
        let mut known = vec![false; words];
        let mut farewell = None;
        for hit in &self.hits {
            if matches!(hit.kind, Kind::Thanks | Kind::Greeting | Kind::Closing | Kind::Filler) {
                known[hit.first..=hit.last].fill(true);
            }
            if hit.kind == Kind::Closing {
                farewell = farewell.max(Some(hit.last));
            }
        }
        if let Some(last) = farewell {
            self.mark_name_lines(last, &mut known);
        }
        let names: Vec<String> = names.iter().flat_map(|name| name_words(name)).collect();
        let all_known = self
            .tokens
            .iter()
            .zip(&known)
            .all(|((word, _), known)| *known || names.iter().any(|name| is_name(word, name)));
        all_known.then(|| self.listed(*thanks))
    }

    /// Marks words on lines below the farewell that hold nothing but a few capitalised words.
    fn mark_name_lines(&self, farewell: usize, known: &mut [bool]) {
        let mut line: Vec<usize> = Vec::new();
        let mut end = self.tokens.get(farewell).map_or(0, |(_, token)| token.written.1);
        let mut below = false;
        for index in farewell + 1..self.tokens.len() {
            let Some((_, token)) = self.tokens.get(index) else { break };
            if self.text[end..token.written.0].contains('\n') {
                self.mark_name(&line, known);
                line.clear();
                below = true;
            }
            end = token.written.1;
            if below {
                line.push(index);
            }
        }
        self.mark_name(&line, known);
    }

    fn mark_name(&self, line: &[usize], known: &mut [bool]) {
        let capitalised = |token: Token| {
            let written = &self.text[token.written.0..token.written.1];
            written.chars().next().is_some_and(char::is_uppercase) && written.chars().all(char::is_alphabetic)
        };
        let is_name = line.len() <= NAME_WORDS_MAX
            && line.iter().all(|&index| self.tokens.get(index).is_some_and(|(_, token)| capitalised(token)));
        if is_name {
            for &index in line {
                known[index] = true;
            }
        }
    }
}

fn name_words(name: &str) -> Vec<String> {
    fold(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A name as it is, or declined: `Tomas` is `Tomai` when called. Short names must be exact.
fn is_name(word: &str, name: &str) -> bool {
    if word == name {
        return true;
    }
    let (word, name): (Vec<char>, Vec<char>) = (word.chars().collect(), name.chars().collect());
    let alike = word.iter().zip(&name).take_while(|(a, b)| a == b).count();
    alike >= 4 && word.len() - alike <= 2 && name.len() - alike <= 2
}

#[cfg(test)]
#[path = "thanks_tests.rs"]
mod tests;
