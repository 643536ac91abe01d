//! Whom the client asks for: an agent's first and last name in any grammatical case, or the first name beside a word
//! of wish.
//!
//! A name behind a greeting calls its bearer and asks for nothing: "Laba diena, Egle". Nor does one that is thanked.

use std::cell::OnceCell;

use super::cue::Cue;
use super::look::Look;
use crate::desk::Desk;
use crate::domain::fold::fold;
use crate::domain::people::AgentId;
use crate::words::{Kind, Reading};

/// The names of an agent without their endings.
#[derive(Debug)]
pub struct AgentName {
    id: AgentId,
    first: Stems,
    last: Option<Stems>,
}

/// What a name begins with in every case. More than one where a vowel comes and goes: Pavel, Pavla.
#[derive(Debug)]
struct Stems(Vec<String>);

/// The longest ending of a case, in letters.
const ENDING_MAX: usize = 4;
/// A word of wish stands at most so many words from a first name.
const WISH_WORDS_MAX: usize = 7;

impl AgentName {
    pub fn new(id: &AgentId, name: &str) -> Option<AgentName> {
        let mut words = name.split_whitespace();
        let first = Stems::of(words.next()?);
        Some(AgentName { id: id.clone(), first, last: words.next_back().map(Stems::of) })
    }
}

impl Stems {
    fn of(name: &str) -> Stems {
        let folded = fold(name);
        let letters: Vec<char> = folded.chars().collect();
        let mut end = letters.len();
        let vowel = |c: char| "aeiouyаеиоуыэюяйь".contains(c);
        // Baltic names end in a vowel and s.
        if end > 3 && letters[end - 1] == 's' {
            end -= 1;
        }
        while end > 3 && vowel(letters[end - 1]) {
            end -= 1;
        }
        let stem: String = letters[..end].iter().collect();
        let mut stems = vec![stem];
        if end > 3 && matches!(letters[end - 2], 'e' | 'е' | 'о' | 'o') && !vowel(letters[end - 1]) {
            let mut short: String = letters[..end - 2].iter().collect();
            short.push(letters[end - 1]);
            stems.push(short);
        }
        // Jitka, Jitce.
        if stems[0].ends_with('k') {
            let soft = format!("{}c", &stems[0][..stems[0].len() - 1]);
            stems.push(soft);
        }
        Stems(stems)
    }

    /// May a word that begins with this letter be the name?
    fn may_begin(&self, letter: Option<char>) -> bool {
        self.0.iter().any(|stem| stem.chars().next() == letter)
    }

    fn begin(&self, word: &str) -> bool {
        let ending = |stem: &String| word.strip_prefix(stem.as_str()).map(|rest| rest.chars().count());
        self.0.iter().filter_map(ending).any(|letters| letters <= ENDING_MAX)
    }
}

/// The agent asked for. `reading` is that of subject and text.
pub fn wish(desk: &Desk, look: &Look<'_>, reading: &Reading<'_, '_>, writer: &str) -> Option<AgentId> {
    let names = &desk.recogniser.agents;
    let writer: Vec<String> = writer.split_whitespace().map(fold).collect();
    let greetings: Vec<usize> = reading.spans(&[Kind::Greeting]).map(|(_, last)| last + 1).collect();
    let thanks: Vec<usize> = reading.spans(&[Kind::Thanks]).map(|(_, last)| last).collect();
    let mut by_first = None;
    for at in look.said() {
        let Some((word, token)) = look.tokens.get(at) else { break };
        if token.is_address || !look.written(token).starts_with(char::is_alphabetic) {
            continue;
        }
        let said = Said::of(word);
        let next = OnceCell::new();
        let next = || {
            let behind = || look.tokens.get(at + 1).filter(|(_, token)| !token.after_break);
            next.get_or_init(|| behind().map(|(word, _)| Said::of(word))).as_ref()
        };
        for name in names {
            let pair = |one: &Stems, two: &Stems| {
                said.begins_with(one) && next().is_some_and(|next| next.begins_with(two))
            };
            let full =
                name.last.as_ref().is_some_and(|last| pair(&name.first, last) || pair(last, &name.first));
            if !(full || by_first.is_none() && said.begins_with(&name.first)) {
                continue;
            }
            let asks_nothing = refused(look, at) || greetings.contains(&at) || is_thanked(look, at, &thanks);
            if asks_nothing || is_writer(&writer, name, full) {
                continue;
            }
            if full {
                return Some(name.id.clone());
            }
            if look.written(token).starts_with(char::is_uppercase) && wished(look, at) {
                let alike = names.iter().filter(|other| said.begins_with(&other.first)).count();
                by_first = (alike == 1).then(|| name.id.clone());
            }
        }
    }
    by_first
}

/// Is the writer's own name meant?
fn is_writer(writer: &[String], name: &AgentName, full: bool) -> bool {
    let has = |stems: &Stems| writer.iter().any(|word| stems.begin(word));
    has(&name.first) && (!full || name.last.as_ref().is_some_and(has))
}

/// Does a word that refuses stand right before it?
fn refused(look: &Look<'_>, at: usize) -> bool {
    let before = look.hits_in(at.saturating_sub(4)..at);
    before.iter().any(|hit| hit.kind == Cue::Negation && hit.last + 1 == at)
}

/// Do words of thanks, of which these are the last, stand before it in the same clause?
fn is_thanked(look: &Look<'_>, at: usize, thanks: &[usize]) -> bool {
    let before = thanks.partition_point(|word| *word < at).checked_sub(1).map(|place| thanks[place]);
    before.filter(|word| at - word <= WISH_WORDS_MAX).is_some_and(|word| {
        let between = &look.whole[look.place(word).end..look.place(at).start];
        !between.contains([',', '.', '!', '?', ';', '\n'])
    })
}

/// Does a word of wish stand near: before it in the same sentence, or behind it in the same clause?
fn wished(look: &Look<'_>, at: usize) -> bool {
    let around = at.saturating_sub(WISH_WORDS_MAX)..at + WISH_WORDS_MAX + 1;
    look.hits_in(around).iter().any(|hit| {
        let (from, to) = (hit.first.min(at), hit.first.max(at));
        let between = &look.whole[look.place(from).start..look.place(to).start];
        let apart = between.contains(['\n', '.', '!', '?']) || hit.first > at && between.contains(',');
        hit.kind == Cue::Wish && !apart
    })
}

/// A word, and how it sounds in Latin letters where it has Cyrillic ones: Russian clients decline Latvian names.
struct Said<'w> {
    word: &'w str,
    is_cyrillic: bool,
}

impl<'w> Said<'w> {
    fn of(word: &'w str) -> Said<'w> {
        Said { word, is_cyrillic: word.starts_with(|c| ('а'..='я').contains(&c)) }
    }

    fn begins_with(&self, stems: &Stems) -> bool {
        let first = self.word.chars().next();
        let sounds = first.and_then(|letter| latin(letter).chars().next());
        stems.may_begin(first) && stems.begin(self.word)
            || self.is_cyrillic
                && (sounds.is_none() || stems.may_begin(sounds))
                && stems.begin(&self.word.chars().map(latin).collect::<String>())
    }
}

fn latin(c: char) -> &'static str {
    const LETTERS: [&str; 32] = [
        "a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
        "f", "h", "c", "c", "s", "s", "", "y", "", "e", "ju", "ja",
    ];
    let place = u32::from(c).checked_sub(u32::from('а')).and_then(|n| usize::try_from(n).ok());
    place.and_then(|n| LETTERS.get(n)).copied().unwrap_or_default()
}
