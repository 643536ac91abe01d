//! Ticket tags in subjects, as a desk writes them: `[KL-3107]`, `[#41273]`.

use std::ops::Range;

use crate::domain::address::is_invisible;

/// How a desk writes its tag: a template with `{n}` where the number goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagPattern {
    /// Evened characters before and behind the number, without blanks and the brackets around all of it.
    lead: Vec<char>,
    tail: Vec<char>,
    is_bracketed: bool,
}

/// A subject as it is compared: one entry a character that shows.
struct Evened {
    chars: Vec<char>,
    /// Where each character starts in the subject.
    at: Vec<usize>,
}

impl Evened {
    fn of(text: &str) -> Evened {
        let shown = text.char_indices().filter(|(_, c)| !is_invisible(*c));
        let (at, chars) = shown.map(|(i, c)| (i, evened(c))).unzip();
        Evened { chars, at }
    }
}

/// Full-width forms, dashes, blanks and case evened out.
fn evened(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => {
            let plain = char::from_u32(c as u32 - 0xfee0).unwrap_or(c);
            plain.to_ascii_lowercase()
        }
        '【' | '〔' => '[',
        '】' | '〕' => ']',
        '‐' | '‑' | '‒' | '–' | '—' | '−' | '﹣' => '-',
        '№' => '#',
        c if c.is_whitespace() || c.is_control() => ' ',
        c => c.to_lowercase().next().unwrap_or(c),
    }
}

fn is_bracket(c: char) -> bool {
    matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>')
}

impl TagPattern {
    /// Reads a template; `None` where it holds no `{n}`, nothing but it, or a digit behind it, which nobody could part from
    /// the number.
    pub fn parse(template: &str) -> Option<TagPattern> {
        let (before, behind) = template.split_once("{n}")?;
        let core =
            |text: &str| -> Vec<char> { Evened::of(text).chars.into_iter().filter(|c| *c != ' ').collect() };
        let (mut lead, mut tail) = (core(before), core(behind));
        let is_bracketed = lead.first() == Some(&'[') && tail.last() == Some(&']');
        if is_bracketed {
            lead.remove(0);
            tail.pop();
        } else {
            lead.drain(..lead.iter().take_while(|c| is_bracket(**c)).count());
            while tail.last().is_some_and(|c| is_bracket(*c)) {
                tail.pop();
            }
        }
        let is_parted = !tail.first().is_some_and(char::is_ascii_digit);
        let pattern = TagPattern { lead, tail, is_bracketed };
        (is_parted && (is_bracketed || !pattern.lead.is_empty())).then_some(pattern)
    }

    /// A tag with letters of its own is known without its brackets; `#41273` alone could be anybody's.
    fn may_lose_brackets(&self) -> bool {
        self.lead.iter().any(|c| c.is_alphabetic())
    }

    /// Tags in an evened subject: the number and the characters that it takes.
    fn find(&self, text: &Evened) -> Vec<(u64, Range<usize>)> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.chars.len() {
            match self.read(&text.chars, at) {
                Some((number, end)) => {
                    found.push((number, at..end));
                    at = end;
                }
                None => at += 1,
            }
        }
        found
    }

    /// Reads the tag that starts at `start`.
    fn read(&self, chars: &[char], start: usize) -> Option<(u64, usize)> {
        let mut at = start;
        let opened = chars[at] == '[';
        if opened {
            at = blanks(chars, at + 1);
        } else if self.is_bracketed && !self.may_lose_brackets() {
            return None;
        }
        let before = start.checked_sub(1).map(|i| chars[i]);
        if !opened && before.is_some_and(|c| c.is_alphanumeric() || "-_/#.".contains(c)) {
            return None;
        }
        at = follow(chars, at, &self.lead)?;
        at = blanks(chars, at);
        let digits = chars[at..].iter().take_while(|c| c.is_ascii_digit()).count();
        if !(1..=18).contains(&digits) || digits > 1 && chars[at] == '0' {
            return None;
        }
        let number: u64 = chars[at..at + digits].iter().collect::<String>().parse().ok()?;
        at += digits;
        if !self.tail.is_empty() {
            at = follow(chars, blanks(chars, at), &self.tail)?;
        }
        let closing = blanks(chars, at);
        if chars.get(closing) == Some(&']') {
            return Some((number, closing + 1));
        }
        let more = chars.get(at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/'));
        let loose = !self.is_bracketed || self.may_lose_brackets();
        (loose && !more).then_some((number, at))
    }

    /// `text` without its tags.
    pub(super) fn removed(&self, text: &str) -> String {
        let evened = Evened::of(text);
        let mut out = text.to_owned();
        for (_, range) in self.find(&evened).into_iter().rev() {
            let from = evened.at[range.start];
            let until = evened.at.get(range.end).copied().unwrap_or(text.len());
            out.replace_range(from..until, " ");
        }
        out
    }
}

fn blanks(chars: &[char], from: usize) -> usize {
    from + chars[from.min(chars.len())..].iter().take_while(|c| **c == ' ').count()
}

/// Where `core` ends, if it stands at `from`; blanks that folding put within are passed over.
fn follow(chars: &[char], from: usize, core: &[char]) -> Option<usize> {
    let mut at = from;
    for wanted in core {
        let here = if at > from { blanks(chars, at) } else { at };
        if chars.get(here) != Some(wanted) {
            return None;
        }
        at = here + 1;
    }
    Some(at)
}

/// Numbers of the tickets whose tags, written after `pattern`, stand in `subject`, each once, in order.
pub fn tags_in(subject: &str, pattern: &TagPattern) -> Vec<u64> {
    let mut numbers = Vec::new();
    for (number, _) in pattern.find(&Evened::of(subject)) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(template: &str, subject: &str) -> Vec<u64> {
        tags_in(subject, &TagPattern::parse(template).expect("a template"))
    }

    #[test]
    fn a_tag_survives_what_mail_programs_do_to_it() {
        for subject in [
            "[KL-3107] x",
            "Re: [KL-3107] x",
            "RE: [kl-3107] x",
            "Re: KL-3107 x",
            "Re: (KL-3107) x",
            "KL-3107",
            "[KL-3107]x",
            "[KL\u{2011}3107] x",
            "[KL–3107] x",
            "[\u{a0}KL-3107\u{a0}] x",
            "[KL-\u{a0}3107] x",
            "[KL-\t3107] x",
            "［KL-３１０７］ x",
            "【KL-3107】 x",
            "[KL-3107] Re: [KL-3107] x",
            "[KL-\u{200b}3107] x",
            "x [KL-3107",
            "x KL-3107]",
            "x, KL-3107, y",
            "KL-3107: x",
            "[KL -3107]",
            "\u{202a}[KL-3107]\u{202c} x",
            "ＫＬ-3107",
            "Fwd: Re[2]:[KL-3107]",
            "x KL-3107.",
            "*KL-3107*",
            "\"KL-3107\"",
            "KL- 3107",
            "[KL-3107 ]",
            "<KL-3107>",
        ] {
            assert_eq!(found("[KL-{n}]", subject), [3107], "{subject:?}");
        }
        for subject in [
            "[#41273] x",
            "Re: [#41273] x",
            "[＃４１２７３] x",
            "[ #41273 ] x",
            "[#\u{a0}41273] x",
            "[№41273]",
        ] {
            assert_eq!(found("[#{n}]", subject), [41273], "{subject:?}");
        }
        assert_eq!(found("[KL-{n}]", "[KL-1] and [KL-2] and [KL-1]"), [1, 2]);
    }

    #[test]
    fn a_tag_with_brackets_and_blanks_of_its_own_is_found_as_it_is_written() {
        for (template, subject) in [
            ("[KL-({n})]", "Re: [KL-(17)] x"),
            ("[KL-{n}} }]", "[KL-17} }] x"),
            ("[[KL-{n}]]", "[[KL-17]] x"),
            ("[KL {n} help]", "[KL 17 help] x"),
            ("Request ({n})", "Re: Request (17) x"),
        ] {
            assert_eq!(found(template, subject), [17], "{template:?}");
        }
    }

    #[test]
    fn another_desks_tag_is_never_ours() {
        for subject in [
            "[#3107] x",
            "[SKL-3107] x",
            "[KL3107] x",
            "[KLA-3107]",
            "[KL-3107-2]",
            "[KL-3107a]",
            "[MD-KL-3107]",
            "KL-3107/2",
            "AKL-3107",
            "[ZP-3107]",
            "[KL-]",
            "[KL-x]",
            "KL 3107",
            "[KL-03107]",
            "[KL-#3107]",
            "x-KL-3107",
            "[Ticket#3107]",
            "3107",
            "#3107",
            "[KL_3107]",
            "[KL-12345678901234567890]",
            "[KLM-3107] [L-3107]",
            "ĄKL-3107",
            "http://x.example/KL-3107",
            "KL.3107",
        ] {
            assert_eq!(found("[KL-{n}]", subject), [] as [u64; 0], "{subject:?}");
        }
        for subject in [
            "#41273",
            "Re: #41273 x",
            "[GH #41273]",
            "[KL-#41273]",
            "[#41273-2]",
            "(#41273)",
            "[#41273",
            "[Ticket#41273]",
            "[x#41273]",
        ] {
            assert_eq!(found("[#{n}]", subject), [] as [u64; 0], "{subject:?}");
        }
        assert_eq!(TagPattern::parse("[KL]"), None);
        assert_eq!(TagPattern::parse("[KL-{n}0]"), None);
        assert_eq!(TagPattern::parse("{n}"), None);
    }
}
