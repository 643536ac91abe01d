//! Finds our own letters in a reply that quotes them without a mark (Outlook, Mail.ru, Seznam).

use std::collections::HashSet;

use foldhash::fast::FixedState;

use super::Fate;
use super::line::Line;

/// Words in a row that must be ours.
const RUN_WORDS: usize = 6;

/// Runs of words of our own letters: nobody else chooses what is in it, so the hash need not withstand anybody.
type Known = HashSet<u64, FixedState>;

/// Words of a text as numbers, evened out: case and punctuation at their borders do not count.
fn words(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.split_whitespace()
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .map(number)
}

/// A word as a number (FNV-1a over its letters), case ignored.
fn number(word: &str) -> u64 {
    let add = |sum: u64, c: char| (sum ^ u64::from(u32::from(c))).wrapping_mul(PRIME);
    word.chars().fold(0xcbf2_9ce4_8422_2325, |sum, c| {
        if c.is_ascii() { add(sum, c.to_ascii_lowercase()) } else { c.to_lowercase().fold(sum, add) }
    })
}

const PRIME: u64 = 0x0000_0100_0000_01b3;

/// One number for a run of words; each place in it counts differently.
fn hash(run: &[u64]) -> u64 {
    run.iter().fold(0, |sum, word| sum.wrapping_mul(PRIME).wrapping_add(*word))
}

/// Marks lines that repeat a letter of ours. Behind a cut (`cut` and later lines are quotation already) an
/// answer below our letter becomes new again.
pub fn mark(lines: &[Line<'_>], fates: &mut [Fate], ours: &[&str], cut: usize, is_forward: bool) {
    let mut known = Known::default();
    for letter in ours {
        let all: Vec<u64> = words(letter).collect();
        known.extend(all.windows(RUN_WORDS).map(hash));
    }
    if known.is_empty() || is_forward {
        return;
    }
    let mut covered = coverage(lines, &known);
    covered[..written_above(lines, fates)].fill(0.0);
    for (i, part) in covered.iter().enumerate().take(cut) {
        if *part >= 0.8 && fates[i] == Fate::New {
            fates[i] = Fate::Quotation;
        }
    }
    headings(lines, fates, &covered, cut);
    let Some(last) = (cut..lines.len()).rev().find(|i| covered[*i] >= 0.8) else { return };
    let below = &lines[last + 1..];
    let is_older_mail = below
        .iter()
        .any(|l| l.is_original() || l.is_quoted() || l.label().is_some() || l.lower.ends_with("wrote:"));
    if !is_older_mail {
        fates[last + 1..].fill(Fate::New);
    }
}

/// What stands above a quotation that its program introduced was written, though it be in our words: an agent may say
/// what a colleague has said before him. 0 where nothing introduces one.
fn written_above(lines: &[Line<'_>], fates: &[Fate]) -> usize {
    let first = fates.iter().position(|fate| *fate == Fate::Quotation);
    first.filter(|first| !lines[*first].is_quoted()).unwrap_or(0)
}

/// Empty lines between quoted lines are quoted as well.
fn headings(lines: &[Line<'_>], fates: &mut [Fate], covered: &[f32], cut: usize) {
    for i in 1..cut.saturating_sub(1) {
        if lines[i].is_blank() && covered[i - 1] >= 0.8 {
            fates[i] = Fate::Quotation;
        }
    }
}

/// For each line the share of its words that stand within a run of ours; 0 for lines without words.
fn coverage(lines: &[Line<'_>], known: &Known) -> Vec<f32> {
    let mut all: Vec<u64> = Vec::new();
    let mut of_line: Vec<usize> = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        for word in words(line.text) {
            all.push(word);
            of_line.push(i);
        }
    }
    let mut hit = vec![false; all.len()];
    for (start, run) in all.windows(RUN_WORDS).enumerate() {
        if known.contains(&hash(run)) {
            hit[start..start + RUN_WORDS].fill(true);
        }
    }
    let mut sums = vec![(0u32, 0u32); lines.len()];
    for (line, is_hit) in of_line.iter().zip(&hit) {
        sums[*line].0 += u32::from(*is_hit);
        sums[*line].1 += 1;
    }
    sums.iter().map(|(hits, words)| if *words == 0 { 0.0 } else { *hits as f32 / *words as f32 }).collect()
}
