//! An agent's text to instructions: lines that start with `#`, and what is for the client.
//!
//! Commands stand in the first or the last block of the new text (empty lines part blocks). Everything is read or
//! nothing: an unknown `#word` there, a wrong value, or a known command in the middle of the text is a mistake,
//! so that no client ever reads `#resolve`.

mod argument;
mod vocabulary;
mod written;

use sha2::{Digest, Sha256};

pub use vocabulary::{COMMANDS, Vocabulary};
pub use written::written;

use crate::domain::command::{Command, Instructions, Mistake};
use crate::domain::fold::fold;
use crate::domain::hash::Hash;

/// Reads the new text of an agent's mail (quotation and signature are cut off already). `name` is his own: a rest
/// that is nothing but it is no text.
pub fn read(text: &str, name: &str, has_attachments: bool, words: &Vocabulary) -> Instructions {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (head, tail) = command_blocks(&lines);
    let mut read = Reading { words, read: Instructions::default(), rest: Vec::new(), notes: Vec::new() };
    for (at, line) in lines.iter().enumerate() {
        let word = command_word(line);
        match word {
            Some(word) if head.contains(&at) || tail.contains(&at) => read.command(word, line),
            Some(word) if words.command(word).is_some() => {
                let command = format!("#{}", word.to_lowercase());
                read.wrong(Mistake::new("command_in_text").with("command", command));
            }
            _ => read.rest.push(line),
        }
    }
    read.finish(name, has_attachments)
}

/// Line numbers of the first and of the last block that is not empty.
fn command_blocks(lines: &[&str]) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let filled = |line: &&str| !line.trim().is_empty();
    let Some(first) = lines.iter().position(filled) else { return (0..0, 0..0) };
    let head_end = lines[first..].iter().position(|l| !filled(l)).map_or(lines.len(), |n| first + n);
    let last = lines.iter().rposition(filled).unwrap_or(first);
    let tail_start = lines[..=last].iter().rposition(|l| !filled(l)).map_or(0, |n| n + 1);
    (first..head_end, tail_start..last + 1)
}

/// The word behind `#` at the start of a line; `#12` and `# heading` are text.
fn command_word(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix('#')?;
    let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
    let word = &rest[..end];
    word.chars().next().filter(|c| c.is_alphabetic())?;
    Some(word)
}

struct Reading<'a> {
    words: &'a Vocabulary,
    read: Instructions,
    rest: Vec<&'a str>,
    notes: Vec<String>,
}

impl Reading<'_> {
    fn wrong(&mut self, mistake: Mistake) {
        self.read.mistake.get_or_insert(mistake);
    }

    fn command(&mut self, word: &str, line: &str) {
        let line = line.trim();
        let argument = line[1 + word.len()..].trim();
        let known = self.words.command(word);
        if known == Some("note") && !argument.is_empty() {
            return self.notes.push(argument.to_owned());
        }
        let unknown = || Mistake::new("unknown_command").with("command", format!("#{}", word.to_lowercase()));
        match known.ok_or_else(unknown).and_then(|known| argument::parse(known, argument)) {
            Ok(command) => self.read.commands.push(command),
            // The first mistake is told; a suggestion takes time.
            Err(_) if self.read.mistake.is_some() => {}
            Err(mut mistake) => {
                mistake.suggestion = match known {
                    Some(known) => Some(vocabulary::form(known).to_owned()),
                    None => self.words.nearest(word),
                };
                self.wrong(mistake);
            }
        }
    }

    fn finish(mut self, name: &str, has_attachments: bool) -> Instructions {
        let mut rest = self.rest.join("\n").trim().to_owned();
        if is_own_name(&rest, name) {
            rest.clear();
        }
        if let Some(minutes) = argument::minutes(&rest).filter(|_| rest.contains(':')) {
            self.read.commands.push(Command::Time { minutes, work: String::new() });
            rest.clear();
        }
        let note_all = self.read.commands.contains(&Command::NoteAll);
        if note_all {
            self.notes.push(rest);
        } else {
            self.read.answer = rest;
        }
        self.notes.retain(|note| !note.is_empty());
        self.read.note = self.notes.join("\n");
        self.read.has_attachments = has_attachments;
        self.read.text_hash = Some(Hash(Sha256::digest(self.read.answer.as_bytes()).into()));
        self.read
    }
}

/// Is this nothing but the agent's own name, or a part of it, typed under his commands?
fn is_own_name(text: &str, name: &str) -> bool {
    let own = fold(name);
    let mut words = fold(text);
    words.retain(|c| c.is_alphanumeric() || c.is_whitespace());
    !words.trim().is_empty()
        && words.split_whitespace().all(|word| own.split_whitespace().any(|own| own == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Instructions {
        read(text, "Tomas Grigas", false, &Vocabulary::default())
    }

    #[test]
    fn commands_stand_above_or_below_and_never_reach_the_client() {
        for text in [
            "#resolve\n#time 0:40 Templates\n\nDone, please try.",
            "Done, please try.\n\n#resolve\n#time 40m Templates",
            "#resolve\nDone, please try.\n\n#time 40 Templates",
            "#Resolve\n#TIME 0:40 Templates\n\nDone, please try.\n\nTomas",
        ] {
            let read = read_text(text);
            assert_eq!(read.mistake, None, "{text}");
            let time = Command::Time { minutes: 40, work: "Templates".to_owned() };
            assert!(read.commands.contains(&Command::Resolve) && read.commands.contains(&time), "{text}");
            let body = read.answer.replace("\n\nTomas", "");
            assert_eq!(body, "Done, please try.", "{text}");
        }
    }

    #[test]
    fn a_field_has_a_name_and_a_value_however_they_are_parted() {
        let field = Command::Field { name: "device".to_owned(), value: "KA-17 = new".to_owned() };
        for text in
            ["device KA-17 = new", "device: KA-17 = new", "device=KA-17 = new", "device = KA-17 = new"]
        {
            assert_eq!(read_text(&format!("#field {text}")).commands, std::slice::from_ref(&field), "{text}");
        }
        for text in ["", "device", "device:", "= KA-17", ": device KA-17"] {
            let mistake = read_text(&format!("#field {text}")).mistake.expect(text);
            assert_eq!(mistake.phrase, "incomplete", "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_the_nearest_command() {
        for (text, phrase, value, suggestion) in [
            ("#reslove\n\nDone.", "unknown_command", "#reslove", Some("#resolve")),
            ("#time soon\n\nDone.", "bad_time", "soon", Some("#time 0:45 [phone|remote|visit] [work]")),
            ("#time\n\nDone.", "incomplete", "#time", Some("#time 0:45 [phone|remote|visit] [work]")),
            ("#group ,,\n\nDone.", "incomplete", "#group", Some("#group name name")),
            ("#assign\n\nDone.", "incomplete", "#assign", Some("#assign name|me|none")),
            ("#wait until monday", "bad_date", "until monday", Some("#wait [2026-03-31]")),
            ("Hello.\n\n#resolve\n\nBye.", "command_in_text", "#resolve", None),
            ("#resolve now", "takes_nothing", "#resolve", Some("#resolve")),
        ] {
            let mistake = read_text(text).mistake.unwrap_or_else(|| panic!("{text:?} was taken"));
            assert_eq!((mistake.phrase, mistake.values[0].1.as_str()), (phrase, value), "{text:?}");
            assert_eq!(mistake.suggestion.as_deref(), suggestion, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_command_is_text() {
        for text in ["#1 is the port.", "# Heading", "Use #include <stdio.h> in the middle.", "Ticket #3107."]
        {
            let read = read_text(text);
            assert_eq!((read.mistake, read.commands.len()), (None, 0), "{text}");
            assert_eq!(read.answer, text);
        }
        assert_eq!(read_text("Hello.\n\n#channel is what you need\n\nBye.").mistake, None);
    }

    #[test]
    fn a_note_is_a_line_or_all_of_the_mail() {
        let line = read_text("#assign egle\n#note Updated yesterday.\n\nTomas");
        assert_eq!((line.note.as_str(), line.answer.as_str()), ("Updated yesterday.", ""));
        let all = read_text("#note\nThey always say so.");
        assert_eq!((all.note.as_str(), all.answer.as_str()), ("They always say so.", ""));
        let both = read_text("#note Billed.\n\nYour invoice is on its way.");
        assert_eq!((both.note.as_str(), both.answer.as_str()), ("Billed.", "Your invoice is on its way."));
    }

    #[test]
    fn a_bare_time_is_an_entry_in_the_journal() {
        assert_eq!(read_text("0:20").commands, [Command::Time { minutes: 20, work: String::new() }]);
        assert_eq!(read_text("45").answer, "45");
    }
}
