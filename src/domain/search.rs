//! Words that somebody looks for, and the words of a ticket: cut and folded alike, whatever engine compares them.

use std::ops::Range;

use super::address::is_invisible;
use super::fold::fold_into;
use super::thread::{Message, Voice};
use super::ticket::Ticket;

/// A word is compared by so many letters at its beginning.
const WORD_CHARS_MAX: usize = 40;
/// The last word that is looked for may be the beginning of one if it has so many letters.
const BEGINNING_CHARS_MIN: usize = 3;
/// Of a longer thread the newest messages are found.
const DOCUMENT_BYTES_MAX: usize = 500_000;
/// Words beyond these are not looked for: nobody types them.
const WANTED_MAX: usize = 20;
/// Around a place that was found so many letters are shown.
const BEFORE_CHARS: usize = 30;
const AFTER_CHARS: usize = 60;

/// The words of a text in their order: where each stands, and its folded form.
pub fn words(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut rest = text.char_indices().peekable();
    std::iter::from_fn(move || {
        loop {
            let (start, _) = *rest.find(|(_, c)| is_part(*c)).as_ref()?;
            let mut end = start;
            let mut visible = String::new();
            for c in text[start..].chars().take_while(|c| is_part(*c)) {
                end += c.len_utf8();
                if !is_unseen(c) {
                    visible.push(c);
                }
            }
            while rest.next_if(|(at, _)| *at < end).is_some() {}
            let mut word = String::with_capacity(visible.len());
            fold_into(&visible, &mut word);
            if let Some((cut, _)) = word.char_indices().nth(WORD_CHARS_MAX) {
                word.truncate(cut);
            }
            if !word.is_empty() {
                return Some((start..end, word));
            }
        }
    })
}

/// Letters, digits, and what stands upon or within them unseen.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}') || is_unseen(c)
}

/// Soft hyphens and their like part no word.
fn is_unseen(c: char) -> bool {
    c == '\u{ad}' || is_invisible(c)
}

/// What somebody looks for: a ticket has to have all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(Vec<Wanted>);

/// One word, or several that follow each other (`ona@client.example`, `"new till"`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Folded; at least one.
    pub phrase: Vec<String>,
    /// The last word of it may go on.
    pub is_open: bool,
    /// Registration numbers of clients to whose name it belongs: their tickets have it.
    pub clients: Vec<String>,
}

impl Words {
    /// Reads what was typed: blanks part, quotation marks hold together, the last word may be a beginning. Nothing
    /// is a mistake; `None` where there is not one letter.
    pub fn read(text: &str) -> Option<Words> {
        let mut wanted = Vec::new();
        // Every second piece stood between quotation marks.
        let pieces: Vec<&str> = text.split(['"', '„', '“', '”', '«', '»']).collect();
        for (i, piece) in pieces.iter().enumerate() {
            if i % 2 == 1 && i + 1 < pieces.len() {
                wanted.extend(Wanted::read(piece));
            } else {
                wanted.extend(piece.split_whitespace().filter_map(Wanted::read));
            }
        }
        let is_closed = text.trim_end().ends_with(['"', '“', '”', '»']);
        wanted.truncate(WANTED_MAX);
        if let Some(last) = wanted.last_mut().filter(|_| !is_closed) {
            let word = last.phrase.last().map_or(0, |word| word.chars().count());
            last.is_open = word >= BEGINNING_CHARS_MIN;
        }
        (!wanted.is_empty()).then_some(Words(wanted))
    }

    /// What is looked for, one by one.
    pub fn iter(&self) -> impl Iterator<Item = &Wanted> {
        self.0.iter()
    }

    /// Lets names of clients count: `named` gives the registration numbers of those whose name has the words.
    pub fn of_clients(mut self, named: impl Fn(&Wanted) -> Vec<String>) -> Words {
        for wanted in &mut self.0 {
            wanted.clients = named(wanted);
        }
        self
    }

    /// Has a ticket all that is looked for?
    pub fn are_in(&self, document: &Document, client: Option<&str>) -> bool {
        self.0.iter().all(|wanted| {
            client.is_some_and(|code| wanted.clients.iter().any(|c| c == code)) || wanted.is_in(document)
        })
    }

    /// How much of what is looked for stands in a text, and the first place with some text around it.
    pub fn excerpt(&self, text: &str) -> Option<(usize, String)> {
        let all: Vec<(Range<usize>, String)> = words(text).collect();
        let places: Vec<usize> = self.0.iter().filter_map(|wanted| wanted.place(&all)).collect();
        let first = all.get(*places.iter().min()?)?;
        Some((places.len(), around(text, first.0.start)))
    }
}

impl Wanted {
    fn read(text: &str) -> Option<Wanted> {
        let phrase: Vec<String> = words(text).map(|(_, word)| word).collect();
        (!phrase.is_empty()).then(|| Wanted { phrase, is_open: false, clients: Vec::new() })
    }

    /// Do these words stand there, one behind the other?
    pub fn is_in(&self, document: &Document) -> bool {
        let end = if self.is_open { "" } else { " " };
        document.text.contains(&format!(" {}{end}", self.phrase.join(" ")))
    }

    /// The number of the word at which it begins.
    fn place(&self, all: &[(Range<usize>, String)]) -> Option<usize> {
        all.windows(self.phrase.len()).position(|window| {
            let mut pairs = window.iter().map(|(_, word)| word).zip(&self.phrase).rev();
            let last = pairs.next().is_some_and(|(word, wanted)| match self.is_open {
                true => word.starts_with(wanted.as_str()),
                false => word == wanted,
            });
            last && pairs.all(|(word, wanted)| word == wanted)
        })
    }
}

/// One line of a text around a place in it.
fn around(text: &str, place: usize) -> String {
    let start = text[..place].char_indices().rev().nth(BEFORE_CHARS);
    // A word that would be cut is left out.
    let start = start.map(|(at, c)| {
        let rest = &text[at + c.len_utf8()..place];
        let cut = if c.is_whitespace() { None } else { rest.find(char::is_whitespace) };
        at + c.len_utf8() + cut.unwrap_or(0)
    });
    let end = text[place..].char_indices().nth(AFTER_CHARS).map(|(at, _)| {
        let cut = &text[place..place + at];
        place + cut.rfind(char::is_whitespace).unwrap_or(at)
    });
    let shown = &text[start.unwrap_or(0)..end.unwrap_or(text.len())];
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let (before, after) = (if start.is_some() { "…" } else { "" }, if end.is_some() { "…" } else { "" });
    format!("{before}{line}{after}")
}

/// All words by which a ticket is found: folded, a blank before and behind each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    text: String,
}

impl Document {
    /// Subject, people, company and what was learnt; the thread is added by [`Document::add_message`].
    pub fn of(ticket: &Ticket) -> Document {
        let mut document = Document::of_text(&ticket.subject);
        let requester = &ticket.requester;
        document.add(&requester.name);
        document.add(requester.address.as_ref().map_or("", |a| a.as_str()));
        document.add(requester.phone.as_deref().unwrap_or_default());
        for mailbox in &ticket.participants {
            document.add(&mailbox.name);
            document.add(mailbox.address.as_str());
        }
        document.add(ticket.company.as_deref().unwrap_or_default());
        document.add(ticket.client.as_deref().unwrap_or_default());
        for value in ticket.fields.values() {
            document.add(value);
        }
        document
    }

    /// The words of one text.
    pub fn of_text(text: &str) -> Document {
        let mut document = Document { text: " ".to_owned() };
        document.add(text);
        document
    }

    /// Adds who wrote a message, its text and the names of its files. The newest comes first: beyond a length
    /// nothing more is added.
    pub fn add_message(&mut self, message: &Message) {
        match &message.author {
            Voice::Person(mailbox) => {
                self.add(&mailbox.name);
                self.add(mailbox.address.as_str());
            }
            Voice::Agent(id) => self.add(&id.0),
            Voice::Operator | Voice::Unknown | Voice::Desk => {}
        }
        self.add(&message.text);
        for attached in &message.attachments {
            self.add(&attached.name);
        }
    }

    /// Would more be left out?
    pub fn is_full(&self) -> bool {
        self.text.len() >= DOCUMENT_BYTES_MAX
    }

    /// The words, parted by blanks.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn add(&mut self, text: &str) {
        for (_, word) in words(text) {
            if self.is_full() {
                return;
            }
            self.text.push_str(&word);
            self.text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(typed: &str, text: &str) -> bool {
        Words::read(typed).is_some_and(|words| words.are_in(&Document::of_text(text), None))
    }

    #[test]
    fn words_are_found_without_case_and_marks_in_every_language() {
        for (typed, text) in [
            ("skauda", "Man skauda galvą nuo šito spausdintuvo"),
            ("galva", "Man skauda galvą nuo šito spausdintuvo"),
            ("galvą", "man skauda galva"),
            ("ąžuolelio cekis", "Ąžuolėlio čekis"),
            ("vsyo", "vsyo"),
            ("все еще", "Всё ещё не печатает"),
            ("Ёлка", "елка"),
            ("елка", "Ёлка"),
            ("rijna", "Faktura z října"),
            ("říj", "faktura z rijna"),
            ("zinas", "Jānis gaida ziņas"),
            ("JANIS", "Jānis"),
            ("s\u{30c}aldytuvas", "Šaldytuvas"),
            ("atsarginis", "atsar\u{ad}ginis"),
        ] {
            assert!(finds(typed, text), "{typed} in {text}");
        }
    }

    #[test]
    fn all_words_must_be_there_and_the_last_may_be_a_beginning() {
        let text = "Ona Onaitė <ona@client.example>: kasetė 12-34/A baigėsi";
        for (typed, expected) in [
            ("kasete ona", true),
            ("kasete petr", false),
            ("baig", true),
            ("baig kasete", false),
            ("ba", false),
            ("ona@client.example", true),
            ("ona@client.exa", true),
            ("client ona", true),
            ("client@ona", false),
            ("12-34/a", true),
            ("34-12", false),
            ("\"kasete 12\"", true),
            ("\"kasete 34\"", false),
            ("\"baig\"", false),
            ("\"kasete", true),
            ("kasete\"", true),
            ("„Ona Onaitė“", true),
            ("NOT AND OR NEAR(", false),
            ("kasete* ^baig:", true),
        ] {
            assert_eq!(finds(typed, text), expected, "{typed}");
        }
        for nothing in ["", "  ", "\"\"", "-", "*", "\u{301}"] {
            assert_eq!(Words::read(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_client_is_found_by_his_name() {
        let words = Words::read("vetra kasete").expect("words");
        let named = |wanted: &Wanted| match wanted.is_in(&Document::of_text("UAB „Vėtra“")) {
            true => vec!["301234567".to_owned()],
            false => Vec::new(),
        };
        let words = words.of_clients(named);
        let document = Document::of_text("kasetė");
        assert!(words.are_in(&document, Some("301234567")));
        assert!(!words.are_in(&document, Some("1")) && !words.are_in(&document, None));
    }

    #[test]
    fn an_excerpt_is_one_line_around_the_first_place() {
        let words = Words::read("kasete baig").expect("words");
        let text = "Laba diena,\n\nmūsų buhalterijos spausdintuve\tjau vėl baigėsi kasetė, o rytoj reikia išspausdinti \
                    visas šio mėnesio sąskaitas.";
        let (count, line) = words.excerpt(text).expect("found");
        assert_eq!(count, 2);
        assert_eq!(line, "…spausdintuve jau vėl baigėsi kasetė, o rytoj reikia išspausdinti visas šio…");
        assert_eq!(words.excerpt("Baigėsi."), Some((1, "Baigėsi.".to_owned())));
        assert_eq!(words.excerpt("spausdintuvas"), None);
    }

    #[test]
    fn what_is_endless_is_cut() {
        let mut document = Document::of_text(&"kasetė ".repeat(200_000));
        let before = document.as_str().len();
        document.add("spausdintuvas");
        assert!(before == document.as_str().len() && before < DOCUMENT_BYTES_MAX + 200);
        assert!(finds(&"a".repeat(90), &"a".repeat(80)));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_no_mistake(typed in "\\PC{0,40}", text in "\\PC{0,80}") {
            if let Some(words) = Words::read(&typed) {
                let there = words.are_in(&Document::of_text(&text), None);
                prop_assert!(!there || words.excerpt(&text).is_some_and(|(n, _)| n == words.iter().count()));
            }
        }

        #[test]
        fn a_text_has_its_own_words(text in "[a-zA-ZąčęėįšųūžйёЁř 0-9.,-]{1,60}") {
            if let Some(words) = Words::read(&text) {
                prop_assert!(words.are_in(&Document::of_text(&text), None));
            }
        }
    }
}
