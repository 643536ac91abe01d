//! Who signs: the block of short lines at the end, what stands behind `-- `, and lines that name a person with a
//! company or a telephone.

use std::ops::Range;

use super::company::LegalForms;
use super::look::Look;
use crate::domain::fold::fold;
use crate::domain::telephone::{Country, Dialled, dialled};
use crate::words::{Detector, Kind};

/// What a signature says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signed {
    pub person: Option<String>,
    /// The person stands below a farewell, behind `-- `, or beside a company or a telephone.
    pub sure: bool,
    pub company: Option<String>,
    pub position: Option<String>,
    pub phone: Option<String>,
    /// Bytes of the text from the farewell or the name on.
    pub block: Range<usize>,
}

/// What signatures are read with.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    pub forms: &'a LegalForms,
    pub detector: &'a Detector,
    pub home: Option<Country>,
    /// The writer's name as From shows it.
    pub sender: &'a str,
    /// Folded phrases with which people say who they are.
    pub introductions: &'a [String],
}

#[derive(Clone, Debug, PartialEq)]
enum Piece<'t> {
    Company(&'t str),
    Person(&'t str),
    /// "I am …": surely a person.
    Introduced(&'t str),
    /// A position and the person behind it.
    Titled(&'t str, &'t str),
    Phone(String),
    Address,
    Farewell,
    Other(&'t str),
}

/// What stands before the items of a list.
const BULLETS: [char; 5] = ['-', '–', '—', '*', ' '];
const BLOCK_LINES_MAX: usize = 10;
const LINE_CHARS_MAX: usize = 72;
const LINE_WORDS_MAX: usize = 7;
/// A signature behind `-- ` may be long; more of it is not looked at.
const SIGNATURE_LINES_MAX: usize = 15;
/// Lines of the text that are looked at for a person beside a company.
const CONTACT_LINES_MAX: usize = 400;

impl Reader<'_> {
    /// Reads what is signed in a text.
    pub fn signed(&self, look: &Look<'_>) -> Signed {
        let whole = look.whole.as_str();
        let below = &whole[look.signature.clone()];
        let (block, has_words_above) = block(whole, look.text.clone(), self);
        let mut signed = Signed::default();
        self.take(below.lines().take(SIGNATURE_LINES_MAX), true, &mut signed);
        let closed = !below.trim().is_empty() && signed.person.is_some();
        let mut above = Signed::default();
        self.take(whole[block.clone()].lines(), false, &mut above);
        if has_words_above {
            signed.block = self.signed_from(whole, block);
        }
        let known = above.person.as_deref().is_some_and(|person| shares_a_word(person, self.sender));
        if !(above.sure || has_words_above || known) {
            above.person = None;
            above.position = None;
        }
        signed.fill(above, closed);
        for line in whole[look.text.clone()].lines().take(CONTACT_LINES_MAX) {
            if signed.is_complete() {
                break;
            }
            signed.fill(self.contact_line(line), closed);
        }
        signed
    }

    /// The part of a block that begins with a farewell or a name.
    fn signed_from(&self, whole: &str, block: Range<usize>) -> Range<usize> {
        let signs = |line: &&str| {
            let pieces = self.pieces(line, false);
            pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Farewell | Piece::Person(_) | Piece::Introduced(_)))
        };
        let first = whole[block.clone()].lines().find(signs);
        first.map_or(block.end..block.end, |line| line.as_ptr() as usize - whole.as_ptr() as usize..block.end)
    }

    /// Reads the lines of a block.
    fn take<'t>(&self, lines: impl Iterator<Item = &'t str>, behind_mark: bool, into: &mut Signed) {
        let mut sure = behind_mark;
        let mut position_next = false;
        let mut titled = None;
        for line in lines.filter(|line| !line.trim().is_empty()) {
            for piece in self.pieces(line, behind_mark) {
                let was_next = std::mem::take(&mut position_next);
                match piece {
                    Piece::Farewell => sure = true,
                    Piece::Person(name) | Piece::Introduced(name) if into.person.is_none() => {
                        into.person = Some(name.to_owned());
                        into.sure = sure || matches!(piece, Piece::Introduced(_));
                        position_next = matches!(piece, Piece::Person(_));
                    }
                    Piece::Titled(position, name) => titled = titled.or(Some((position, name))),
                    Piece::Company(name) => {
                        position_next = was_next && line.contains(',');
                        into.company.get_or_insert_with(|| name.to_owned());
                    }
                    Piece::Phone(number) => into.phone = into.phone.take().or(Some(number)),
                    Piece::Other(text) if was_next && is_position(text) => {
                        into.position = Some(text.to_owned());
                    }
                    Piece::Other(text) if into.person.is_none() && self.is_senders_first_name(text) => {
                        position_next = true;
                    }
                    _ => {}
                }
            }
        }
        let told = into.company.is_some() || into.phone.is_some();
        if let (None, Some((position, name)), true) = (&into.person, titled, sure || told) {
            (into.position, into.person) = (Some(position.to_owned()), Some(name.to_owned()));
        }
        into.sure |= into.person.is_some() && (told || titled.is_some());
    }

    /// A line within the text in which somebody says who he is, or that gives a person, company, telephone or
    /// address, at least two of them.
    fn contact_line(&self, line: &str) -> Signed {
        let mut signed = Signed::default();
        if line.len() > 400 {
            return signed;
        }
        let parts = self.parts(line);
        let has_comma = line.contains(',');
        let is_hopeful = parts.iter().any(|part| self.introduces(part))
            || has_comma && parts.iter().filter(|part| self.may_tell(part)).nth(1).is_some();
        if !is_hopeful {
            return signed;
        }
        let pieces = self.pieces(line, false);
        let telling =
            pieces.iter().filter(|piece| !matches!(piece, Piece::Other(_) | Piece::Farewell)).count();
        let introduced = pieces.iter().any(|piece| matches!(piece, Piece::Introduced(_)));
        if introduced || has_comma && telling >= 2 {
            self.take(std::iter::once(line), false, &mut signed);
            signed.sure = true;
        }
        signed
    }

    /// May this part name somebody or something? Most parts of most lines are told apart here, at little cost.
    fn may_tell(&self, part: &str) -> bool {
        let part = listed(part);
        let marked = |byte: u8| matches!(byte, b'@' | b':') || byte.is_ascii_digit();
        let last = part.split_whitespace().next_back().unwrap_or_default();
        part.bytes().any(marked)
            || last.starts_with(char::is_uppercase)
            || part.starts_with("www.")
            || self.forms.company(part).is_some()
    }

    /// Does this part begin as people do who say who they are?
    fn introduces(&self, part: &str) -> bool {
        let first = fold(listed(part).split_whitespace().next().unwrap_or_default());
        self.introductions.iter().any(|phrase| phrase.split(' ').next() == Some(first.as_str()))
    }

    /// The parts of a line, each with what it is.
    fn pieces<'t>(&self, line: &'t str, behind_mark: bool) -> Vec<Piece<'t>> {
        let parts = self.parts(line).into_iter().filter(|part| !part.trim().is_empty());
        parts.flat_map(|part| self.told(part, behind_mark)).collect()
    }

    /// The parts of a line between commas and the like.
    fn parts<'t>(&self, line: &'t str) -> Vec<&'t str> {
        let mut parts: Vec<&'t str> = Vec::new();
        let mut start = 0;
        let mut open = false;
        let push = |part: &'t str, parts: &mut Vec<&'t str>| {
            let at = |text: &str| text.as_ptr() as usize - line.as_ptr() as usize;
            match parts.last_mut() {
                // "Kovo, a.s." is one company.
                Some(last) if part.trim() != "" && self.forms.is_form(part) => {
                    *last = &line[at(last)..at(part) + part.len()];
                }
                _ => parts.push(part),
            }
        };
        for (at, c) in line.char_indices() {
            match c {
                '„' | '«' => open = true,
                '“' | '”' | '»' => open = false,
                ',' | ';' | '|' | '!' | '•' | '·' | '\t' if !open => {
                    push(&line[start..at], &mut parts);
                    start = at + c.len_utf8();
                }
                _ => {}
            }
        }
        push(&line[start..], &mut parts);
        parts
    }

    /// What a part of a line is; a farewell may stand before a name.
    fn told<'t>(&self, part: &'t str, behind_mark: bool) -> Vec<Piece<'t>> {
        let part = listed(part);
        if part.is_empty() || part.len() > 200 {
            return vec![Piece::Other(part)];
        }
        if let Some(told) = self.introduced(part) {
            return told;
        }
        if let Some(company) = self.forms.company(part) {
            return vec![Piece::Company(company)];
        }
        if part.contains('@') || part.contains("://") || part.starts_with("www.") {
            return vec![Piece::Address];
        }
        if let Some(number) = self.phone(part) {
            return vec![Piece::Phone(number)];
        }
        let reading = self.detector.read(part);
        let polite = [Kind::Closing, Kind::Greeting, Kind::Thanks];
        if let Some(rest) = reading.behind(&polite) {
            let rest = rest.trim_start_matches([',', '.', ' ', '-', '–']).trim();
            let mut told = vec![Piece::Farewell];
            if is_name(rest, behind_mark) {
                told.push(Piece::Person(rest));
            }
            return told;
        }
        let trimmed = part.trim_end_matches(['.', ' ']);
        let name = if part.ends_with("..") || is_initialled(part) { part } else { trimmed };
        let said = [Kind::Urgent, Kind::NotUrgent, Kind::Complaint, Kind::Status, Kind::Statement];
        if is_name(name, behind_mark) && reading.spans(&said).next().is_none() {
            return vec![Piece::Person(name)];
        }
        vec![titled(trimmed).map_or(Piece::Other(trimmed), |(position, name)| Piece::Titled(position, name))]
    }

    /// "I am Alice Brown from Acme Ltd".
    fn introduced<'t>(&self, part: &'t str) -> Option<Vec<Piece<'t>>> {
        let first = fold(part.split_whitespace().next()?);
        let begins = |phrase: &&String| phrase.split(' ').next() == Some(first.as_str());
        let phrases = self.introductions.iter().filter(begins);
        let rest = phrases.filter_map(|phrase| behind(part, phrase)).min_by_key(|rest| rest.len())?;
        let capital = |word: &&str| word.starts_with(char::is_uppercase) && !self.forms.is_form(word);
        let last = rest.split_whitespace().take_while(capital).take(3).last()?;
        let end = last.as_ptr() as usize - rest.as_ptr() as usize + last.len();
        let name = rest[..end].trim_end_matches(['.', ',']);
        let mut told = vec![Piece::Introduced(name)];
        // "… from Acme Ltd".
        let further = rest[end..].trim_start();
        let from = further.split_once(' ').filter(|(word, _)| word.starts_with(char::is_lowercase));
        told.extend(self.forms.company(from.map_or(further, |(_, company)| company)).map(Piece::Company));
        is_name(name, false).then_some(told)
    }

    /// A telephone, perhaps with a word before it.
    fn phone(&self, part: &str) -> Option<String> {
        let digits = part.find(|c: char| c.is_ascii_digit() || c == '+' || c == '(')?;
        let (front, number) = part.split_at(digits);
        let words = front.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count();
        let plain = |c: char| c.is_ascii_digit() || " +()-./–\u{a0}".contains(c);
        if words > 2 || !number.trim_end_matches(['.', ' ']).chars().all(plain) {
            return None;
        }
        match dialled(number, self.home)? {
            Dialled::Surely(number) | Dialled::Perhaps(number) => Some(number),
        }
    }

    fn is_senders_first_name(&self, text: &str) -> bool {
        let first = self.sender.split_whitespace().next().unwrap_or_default();
        !first.is_empty() && fold(first) == fold(text)
    }
}

impl Signed {
    fn is_complete(&self) -> bool {
        self.person.is_some() && self.company.is_some() && self.position.is_some() && self.phone.is_some()
    }

    /// Takes over what is not known yet.
    fn fill(&mut self, other: Signed, closed: bool) {
        if self.person.is_none() && !closed {
            self.position = self.position.take().or_else(|| other.position.clone());
            self.sure = other.sure;
            self.person = other.person;
        }
        if self.position.is_none() {
            self.position = other.position;
        }
        self.company = self.company.take().or(other.company);
        self.phone = self.phone.take().or(other.phone);
    }
}

/// What stands behind a folded phrase with which a text begins.
fn behind<'t>(text: &'t str, phrase: &str) -> Option<&'t str> {
    let mut words = text.split_whitespace();
    let mut last = None;
    for wanted in phrase.split(' ') {
        last = words.next().filter(|word| fold(word) == wanted);
        last?;
    }
    let last = last?;
    Some(text[last.as_ptr() as usize - text.as_ptr() as usize + last.len()..].trim_start())
}

/// A part of a line without what makes it the item of a list.
fn listed(part: &str) -> &str {
    unnumbered(part.trim().trim_start_matches(BULLETS))
}

/// A part of a line without the "1." or "2)" before it.
fn unnumbered(part: &str) -> &str {
    let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
    let figures = part.len() - rest.len();
    let behind = rest.strip_prefix(['.', ')']).filter(|_| (1..=2).contains(&figures));
    behind.filter(|text| text.starts_with(' ')).map_or(part, str::trim_start)
}

/// "direktorius Saulius Petrulis": one to three small words, and a name.
fn titled(text: &str) -> Option<(&str, &str)> {
    let small = |word: &&str| word.starts_with(char::is_lowercase);
    let count = text.split_whitespace().take_while(small).count();
    let first = text.split_whitespace().nth(count)?;
    let (position, name) = text.split_at(first.as_ptr() as usize - text.as_ptr() as usize);
    let fits = (1..=3).contains(&count) && is_name(name, false) && is_position(position.trim());
    fits.then(|| (position.trim(), name))
}

/// The short lines at the end of the text, and whether anything but a greeting stands above them.
fn block(whole: &str, text: Range<usize>, reader: &Reader<'_>) -> (Range<usize>, bool) {
    let mut start = text.end;
    let mut count = 0;
    let mut end = text.end;
    while end > text.start && count < BLOCK_LINES_MAX {
        let line_start = whole[text.start..end].rfind('\n').map_or(text.start, |at| text.start + at + 1);
        let line = whole[line_start..end].trim();
        if !line.is_empty() {
            if !is_short(line, reader.forms) {
                break;
            }
            count += 1;
            start = line_start;
        }
        end = line_start.saturating_sub(1).max(text.start);
        if line_start == text.start {
            break;
        }
    }
    let above = whole[text.start..start].trim();
    (start..text.end, above.chars().any(char::is_alphanumeric))
}

/// A line as signatures have them: short, and no end of a sentence.
fn is_short(line: &str, forms: &LegalForms) -> bool {
    let words = line.split_whitespace().count();
    let parts = line.split([',', '|', ';']).map(|part| part.split_whitespace().count()).max().unwrap_or(0);
    if line.chars().count() > LINE_CHARS_MAX || words > LINE_WORDS_MAX && parts > 5 {
        return false;
    }
    let ends = line.ends_with(['?', '!', ':']) && words > 2;
    let last = line.split_whitespace().last().unwrap_or_default();
    let sentence = line.ends_with('.')
        && words > 2
        && !forms.is_form(last)
        && forms.company(line).is_none()
        && !is_initialled(line)
        && !line.trim_end_matches('.').ends_with(|c: char| c.is_ascii_digit());
    !ends && !sentence
}

/// Two or three capitalised words, or a surname with initials.
fn is_name(text: &str, capitals_allowed: bool) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let capitalised = |word: &&str| {
        let mut letters = word.trim_end_matches('.').chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.'))
    };
    let full = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() > 1 && !word.ends_with('.');
    let shouted = |word: &&str| word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
    (2..=3).contains(&words.len())
        && words.iter().all(capitalised)
        && words.iter().any(full)
        && (capitals_allowed || !words.iter().filter(|word| full(word)).all(shouted))
}

/// `Лосева И. П.`
fn is_initialled(text: &str) -> bool {
    let last = text.split_whitespace().last().unwrap_or_default();
    last.ends_with('.') && last.chars().filter(|c| c.is_alphabetic()).count() == 1
}

/// A few words without figures.
fn is_position(text: &str) -> bool {
    let words = text.split_whitespace().count();
    (1..=6).contains(&words)
        && text.chars().count() <= 60
        && !text.contains(|c: char| c.is_ascii_digit() || "@:?!<>".contains(c))
        && text.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

/// Do two names share a word, case and diacritics ignored?
pub fn shares_a_word(one: &str, other: &str) -> bool {
    let other: Vec<String> = other.split_whitespace().map(fold).collect();
    one.split_whitespace().map(fold).any(|word| word.chars().count() > 2 && other.contains(&word))
}
