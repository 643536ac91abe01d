//! Cuts quotations and signatures off a reply.
//!
//! Linear in the text. What is not surely quoted counts as new; the whole text stays with the mail.

mod aligned;
mod closing;
mod line;
pub mod markers;

pub use closing::{agent_text, without_own_name};
use line::{Line, Says, has_address};
use markers::Label;

/// A mail's text, parted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// What the sender wrote anew, with what he forwards; no blank lines at its ends.
    pub new: String,
    /// What stood behind a signature mark; empty where there was none.
    pub signature: String,
    /// Number of the first line, from 0, that was taken for quotation.
    pub quoted_from: Option<usize>,
    /// The mail that was forwarded, if one was.
    pub forwarded: Option<Forwarded>,
}

/// A mail within the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// The address behind From in its header block, else the name there; empty where there is none.
    pub original_sender: String,
    /// The name beside that address; empty where there is none.
    pub sender_name: String,
    /// Its subject, where the header block has one.
    pub subject: String,
    pub text: String,
    /// Number of the line, from 0, with which it begins.
    pub from_line: usize,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    New,
    Quotation,
    Signature,
    Dropped,
}

/// Parts `text`. `ours` are the texts of letters that we sent in this thread: programs that quote without a
/// mark are seen through by them.
pub fn split(text: &str, ours: Option<&[&str]>) -> Split {
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let mut fates = vec![Fate::New; lines.len()];
    for (i, line) in lines.iter().enumerate() {
        if line.is_quoted() {
            fates[i] = Fate::Quotation;
        }
    }
    introductions(&lines, &mut fates);
    let cut = first_cut(&lines, &fates);
    let (kept_until, forward) = match cut {
        // All of it is content, what was quoted in it too.
        Some(Cut { from, is_forward: true }) => {
            fates[from..].fill(Fate::New);
            (from, Some(from))
        }
        Some(Cut { from, .. }) => {
            fates[from..].fill(Fate::Quotation);
            (from, None)
        }
        None => (lines.len(), None),
    };
    if let Some(ours) = ours {
        aligned::mark(&lines, &mut fates, ours, kept_until, forward.is_some());
    }
    signatures(&lines[..kept_until], &mut fates[..kept_until]);
    gathered(&lines, &fates, forward)
}

/// Puts the kept lines together again.
fn gathered(lines: &[Line<'_>], fates: &[Fate], forward: Option<usize>) -> Split {
    let pick = |fate: Fate| {
        let mut out = String::new();
        let mut gap = false;
        for (line, is) in lines.iter().zip(fates) {
            if *is == fate {
                if gap && line.is_blank() && (out.is_empty() || out.ends_with("\n\n")) {
                    continue;
                }
                if gap && !out.is_empty() && !out.ends_with("\n\n") && !line.is_blank() {
                    out.push('\n');
                }
                gap &= line.is_blank();
                out.push_str(line.text.trim_end());
                out.push('\n');
            } else {
                gap = true;
            }
        }
        let start = out.len() - out.trim_start_matches(['\n', ' ']).len();
        out[start..].trim_end().to_owned()
    };
    Split {
        new: pick(Fate::New),
        signature: pick(Fate::Signature),
        quoted_from: fates.iter().position(|f| *f == Fate::Quotation),
        forwarded: forward.map(|from| forwarded(lines, from)),
    }
}

/// Marks the lines that introduce a `>` quotation: up to four, with at most two empty lines behind them.
fn introductions(lines: &[Line<'_>], fates: &mut [Fate]) {
    for i in 1..lines.len() {
        if fates[i] != Fate::Quotation || fates[i - 1] == Fate::Quotation {
            continue;
        }
        let Some(last) = (i.saturating_sub(3)..i).rev().find(|j| !lines[*j].is_blank()) else { continue };
        if fates[last] == Fate::New
            && let Some(first) = introduction(lines, fates, last, false)
        {
            fates[first..i].fill(Fate::Quotation);
        }
    }
}

/// The first line of the introduction that ends in line `last`. Where no `>` follows it must be beyond
/// doubt: someone wrote, and either a full date or an address says so too.
fn introduction(lines: &[Line<'_>], fates: &[Fate], last: usize, must_be_sure: bool) -> Option<usize> {
    let end = &lines[last];
    let is_closed = end.lower.ends_with([':', '：']);
    let may_close = end.lower.ends_with(['>', ')']) || end.says().address || end.says().wrote;
    if !is_closed && !may_close {
        return None;
    }
    let mut says = Says::default();
    let mut found = None;
    for first in (last.saturating_sub(3)..=last).rev() {
        let line = &lines[first];
        if line.is_blank() || fates[first] != Fate::New {
            break;
        }
        // A date that ran over from the line above belongs to it; anything else there does not.
        if found.is_some() && (says.date || !line.says().date) {
            break;
        }
        says = says.and(line.says());
        let sure = if is_closed {
            says.wrote && (says.address || says.date) || says.address && says.date
        } else {
            says.date && (says.address || says.wrote && says.time) && starts_dated(&line.lower)
        };
        let likely = is_closed && (says.wrote || says.address || says.date && says.time)
            || says.date && (says.address || says.wrote);
        if sure || !must_be_sure && likely {
            found = Some(first);
        }
    }
    found
}

/// Whether a line starts with a date or a preposition before one, not in the middle of a sentence.
fn starts_dated(lower: &str) -> bool {
    let start = lower.chars().take(24);
    start.filter(char::is_ascii_digit).count() >= 2 && lower.chars().count() < 200
}

/// Where everything that follows is another mail.
struct Cut {
    from: usize,
    is_forward: bool,
}

fn first_cut(lines: &[Line<'_>], fates: &[Fate]) -> Option<Cut> {
    for i in 0..lines.len() {
        if fates[i] != Fate::New || lines[i].is_blank() {
            continue;
        }
        if lines[i].is_forwarded() && (lines[i].is_rule_like() || header_block(lines, i + 1, 1).is_some()) {
            return Some(Cut { from: i, is_forward: true });
        }
        let starts = lines[i].is_original()
            || header_block(lines, i, 3).is_some()
            || introduction_starting(lines, fates, i);
        if starts {
            let from = rules_above(lines, fates, i);
            // Nothing new above it: the mail itself is a forward, and all of it is content.
            let is_forward = (0..from).all(|j| lines[j].is_blank()) && header_block(lines, i, 3).is_some();
            return Some(Cut { from, is_forward });
        }
    }
    None
}

/// Whether a sure introduction, of up to four lines, starts at line `i` with no `>` behind it.
fn introduction_starting(lines: &[Line<'_>], fates: &[Fate], i: usize) -> bool {
    let candidate = |c: char| c.is_ascii_digit() || c == '@';
    if !lines[i].lower.contains(candidate) {
        return false;
    }
    (i..(i + 4).min(lines.len()))
        .take_while(|j| !lines[*j].is_blank() && fates[*j] == Fate::New)
        .any(|last| introduction(lines, fates, last, true) == Some(i))
}

/// Rules, labels and empty lines directly above a cut belong to it.
fn rules_above(lines: &[Line<'_>], fates: &[Fate], from: usize) -> usize {
    let mut first = from;
    for j in (0..from).rev() {
        let line = &lines[j];
        let belongs = line.is_rule() && !line.is_signature() || line.is_original() || line.label().is_some();
        if fates[j] != Fate::New || !(belongs || line.is_blank()) || from - j > 12 {
            break;
        }
        if belongs {
            first = j;
        }
    }
    first
}

impl Line<'_> {
    /// Drawn with dashes, or emphasised as a heading.
    fn is_rule_like(&self) -> bool {
        self.lower.starts_with(['-', '_', '=', '—', '–'])
    }
}

/// The lines of a header block that starts at `start`: where it ends. At least `least` different labels, one
/// of them saying from or to, with a date or an address in a value.
fn header_block(lines: &[Line<'_>], start: usize, least: usize) -> Option<usize> {
    let start = (start..lines.len().min(start + 3)).find(|i| !lines[*i].is_blank())?;
    lines[start].label()?;
    let mut kinds: Vec<Label> = Vec::new();
    let mut is_certain = false;
    let mut end = start;
    let mut strays = 0;
    for (i, line) in lines.iter().enumerate().skip(start).take(16) {
        match line.label() {
            Some((labels, value)) => {
                let label = labels.iter().find(|l| !kinds.contains(l)).unwrap_or(&labels[0]);
                kinds.push(*label);
                is_certain |=
                    !value.is_empty() && (line.says().address || line.says().date || line.says().time);
                end = i + 1;
                strays = 0;
            }
            // A value that ran over its line, or a program that parts the lines.
            None if strays < 2 => strays += 1,
            None => break,
        }
    }
    let different =
        [Label::From, Label::Sent, Label::To, Label::Subject].iter().filter(|l| kinds.contains(l)).count();
    let names_people =
        kinds.contains(&Label::From) || kinds.contains(&Label::To) && kinds.contains(&Label::Subject);
    (different >= least && names_people && is_certain).then_some(end)
}

/// The mail that is quoted whole from line `from` on, with its header block: what Outlook makes of a forward.
pub fn quoted_whole(text: &str, from: usize) -> Option<Forwarded> {
    let lines: Vec<Line<'_>> = text.lines().map(Line::of).collect();
    let start = (from..lines.len().min(from + 4)).find(|at| lines[*at].label().is_some())?;
    header_block(&lines, start, 3)?;
    Some(forwarded(&lines, from))
}

fn forwarded(all: &[Line<'_>], from_line: usize) -> Forwarded {
    let lines = &all[from_line..];
    let block_start = lines.iter().take(6).position(|l| l.label().is_some()).unwrap_or(0);
    let end = header_block(lines, block_start, 1).unwrap_or(block_start + 1).min(lines.len());
    let (mut original_sender, mut sender_name) = (String::new(), String::new());
    let mut subject = String::new();
    for line in &lines[block_start.min(end)..end] {
        let Some((labels, _)) = line.label() else { continue };
        let value = line.text.split_once([':', '：']).map_or("", |(_, v)| v).replace('*', "");
        if labels.contains(&Label::From) && original_sender.is_empty() {
            original_sender = address_in(&value).unwrap_or_else(|| value.trim().to_owned());
            sender_name = name_in(&value);
        } else if labels.contains(&Label::Subject) && subject.is_empty() {
            subject = value.trim().to_owned();
        }
    }
    let text: Vec<&str> = lines[end..].iter().map(|l| l.text.trim_end()).collect();
    Forwarded { original_sender, sender_name, subject, text: text.join("\n").trim().to_owned(), from_line }
}

/// The name before the address in a value.
fn name_in(value: &str) -> String {
    let before = value.find(['<', '[']).map_or("", |at| &value[..at]);
    let name = before.trim().trim_matches(['"', '\'', '„', '“', '”']).trim();
    if has_address(name) { String::new() } else { name.to_owned() }
}

/// The mail address in a value: `Ona <ona@client.example>`, `Ona [mailto:ona@client.example]`.
fn address_in(value: &str) -> Option<String> {
    let words = value.split(|c: char| c.is_whitespace() || "<>[]();,\"".contains(c));
    words.map(|w| w.trim_start_matches("mailto:")).find(|w| has_address(w)).map(str::to_owned)
}

/// Longest signature in lines; what is longer is text behind a dashed line.
const SIGNATURE_LINES_MAX: usize = 40;

/// Marks signatures and the lines that telephones, scanners and lists add.
fn signatures(lines: &[Line<'_>], fates: &mut [Fate]) {
    let mut i = 0;
    while i < lines.len() {
        if fates[i] != Fate::New {
            i += 1;
            continue;
        }
        let region_end = (i..lines.len()).find(|j| fates[*j] != Fate::New).unwrap_or(lines.len());
        if let Some(at) =
            (i..region_end).find(|j| lines[*j].is_signature() && region_end - j <= SIGNATURE_LINES_MAX)
        {
            fates[at] = Fate::Dropped;
            fates[at + 1..region_end].fill(Fate::Signature);
        }
        let new_end = (i..region_end).find(|j| fates[*j] != Fate::New).unwrap_or(region_end);
        sent_from(&lines[i..new_end], &mut fates[i..new_end]);
        list_footer(&lines[i..new_end], &mut fates[i..new_end]);
        i = region_end;
    }
}

/// Drops "Sent from my telephone" where hardly anything follows, with a rule above it.
fn sent_from(lines: &[Line<'_>], fates: &mut [Fate]) {
    let mut below = 0;
    for i in (0..lines.len()).rev() {
        if lines[i].is_blank() {
            continue;
        }
        if lines[i].is_sent_from() {
            fates[i] = Fate::Dropped;
            if i > 0 && lines[i - 1].is_rule() {
                fates[i - 1] = Fate::Dropped;
            }
            continue;
        }
        below += 1;
        if below > 2 {
            return;
        }
    }
}

/// Drops what a mailing list adds: a long rule, a few lines with a link.
fn list_footer(lines: &[Line<'_>], fates: &mut [Fate]) {
    let from = lines.len().saturating_sub(8);
    let rule = (from..lines.len()).find(|i| lines[*i].is_rule() && lines[*i].lower.len() >= 30);
    if let Some(at) = rule
        && lines[at..].iter().any(|l| l.lower.starts_with("http") || l.lower.contains("mailing list"))
    {
        fates[at..].fill(Fate::Dropped);
    }
}

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
