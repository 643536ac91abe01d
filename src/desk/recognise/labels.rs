//! Labelled values: `Company: …`, `tel. 8 600 …`, at the beginning of a line or behind a comma, up to its end.

use std::ops::Range;

use super::cue::Cue;
use super::look::Look;

/// A label that stands where labels stand.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Place of the field in [`super::cue::Cues::fields`].
    pub field: usize,
    /// Bytes of the value in the whole; not empty.
    pub value: Range<usize>,
}

/// Words like "our" and "number" around a label.
const FILLERS_MAX: usize = 3;
/// Longer values are sentences, in bytes.
const VALUE_BYTES_MAX: usize = 400;

/// All labelled values of text and signature. `takes_bare` says of a field whether its value may follow without
/// a colon, because it begins with a figure.
pub fn labelled(look: &Look<'_>, takes_bare: impl Fn(usize) -> bool) -> Vec<Labelled> {
    let mut starts: Vec<(usize, Range<usize>)> = Vec::new();
    let mut next_word = 0;
    let hits = look.hits_in(look.word_at(look.text.start)..look.tokens.len());
    let mut at = 0;
    while at < hits.len() {
        let first = hits[at].first;
        let same = hits[at..].iter().take_while(|hit| hit.first == first);
        let count = same.clone().count();
        let longest = same.filter_map(|hit| match hit.kind {
            Cue::Field(field) => Some((hit.last, field)),
            _ => None,
        });
        let longest = longest.max_by_key(|(last, field)| (*last, std::cmp::Reverse(*field)));
        at += count;
        let Some((last, field)) = longest else { continue };
        if first < next_word {
            continue;
        }
        let Some(start) = segment_start(look, first) else { continue };
        if let Some(value) = value_start(look, last, takes_bare(field)) {
            starts.push((field, start..value));
            next_word = last + 1;
        }
    }
    let mut found = Vec::new();
    for (place, (field, label)) in starts.iter().enumerate() {
        let next = starts.get(place + 1).map_or(look.whole.len(), |(_, next)| next.start);
        if let Some(value) = value(&look.whole, label.end, next) {
            found.push(Labelled { field: *field, value });
        }
    }
    found
}

/// Where the segment begins that the label opens; `None` where other words stand before it.
fn segment_start(look: &Look<'_>, mut word: usize) -> Option<usize> {
    for _ in 0..=FILLERS_MAX {
        let start = look.place(word).start;
        let before =
            look.whole[..start].trim_end_matches([' ', '\t', '-', '–', '—', '•', '*', '·', '(', '\u{a0}']);
        if before.is_empty() || before.ends_with(['\n', '\r', ',', ';', '.', '!', '?', ':', '|', ')']) {
            return Some(start);
        }
        word = word.checked_sub(1).filter(|word| look.is(*word, Cue::FieldFiller))?;
    }
    None
}

/// Where the value begins behind the label's last word.
fn value_start(look: &Look<'_>, mut word: usize, takes_bare: bool) -> Option<usize> {
    for _ in 0..FILLERS_MAX {
        let next = word + 1;
        let gap = &look.whole[look.place(word).end..look.place(next).start];
        if !look.is(next, Cue::FieldFiller) || !gap.trim_matches(['.', ' ']).is_empty() {
            break;
        }
        word = next;
    }
    let end = look.place(word).end;
    let rest = &look.whole[end..];
    let behind = rest.trim_start_matches(['.', ' ', '\u{a0}', ')', '№', '#']);
    let dashed = [" - ", " – ", " — "].iter().any(|dash| rest.starts_with(dash));
    let first = behind.chars().next()?;
    let at = end + rest.len() - behind.len();
    if matches!(first, ':' | '：' | '=' | '\t') || dashed {
        return Some(at + first.len_utf8());
    }
    (takes_bare && (first.is_ascii_digit() || matches!(first, '+' | '('))).then_some(at)
}

/// The value from `from` to the end of its line or the next label; of the next line where nothing else is there.
fn value(whole: &str, from: usize, next: usize) -> Option<Range<usize>> {
    // A line without an end in sight is no value, and is not looked along once for each label in it.
    let line_end = |from: usize, until: usize| {
        let near = whole.as_bytes().get(from..until)?.iter().take(VALUE_BYTES_MAX).position(|b| *b == b'\n');
        near.map(|at| from + at).or_else(|| (until - from <= VALUE_BYTES_MAX).then_some(until))
    };
    let cut = |range: Range<usize>| {
        let text = whole.get(range.clone())?;
        let front = text.len() - text.trim_start().len();
        let kept = text.trim().trim_end_matches([',', ';', '(']).trim_end();
        let start = range.start + front;
        (!kept.is_empty()).then(|| start..start + kept.len())
    };
    let end = line_end(from, next)?;
    cut(from..end).or_else(|| {
        let below = (end < next).then_some(end + 1)?;
        cut(below..line_end(below, whole.len()).filter(|end| *end <= next)?)
    })
}
