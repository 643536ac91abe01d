//! Agents' mails as commands.

use maildesk::domain::command::{Command, Instructions};
use maildesk::mail::command::{Vocabulary, read, written};

/// No client ever reads a command, nothing is made up, and what was understood says the same when it is written out.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let words = Vocabulary::new([
        ("išspręsta", "resolve"),
        ("laikas", "time"),
        ("pastaba", "note"),
        ("гото́во", "close"),
    ]);
    understood(&text, &words);
    super::grown(bytes, |big| {
        read(&String::from_utf8_lossy(big), "Tomas Grigas", false, &words);
    });
}

fn understood(text: &str, words: &Vocabulary) {
    let found = read(text, "Tomas Grigas", false, words);
    assert_eq!(found, read(text, "Tomas Grigas", false, words));
    assert!(found.answer.len() <= text.len() && found.note.len() <= text.len());
    for line in found.answer.lines().chain(found.note.lines()) {
        assert!(text.contains(line.trim()), "{line:?} was made up");
    }
    if found.mistake.is_none() {
        no_command_in(&found.answer, words);
    }
    for value in found.mistake.iter().flat_map(|mistake| &mistake.values) {
        assert!(value.1.len() <= text.len() * 3 + 16);
    }
    for command in &found.commands {
        says_the_same(command);
    }
}

fn no_command_in(answer: &str, words: &Vocabulary) {
    for line in answer.lines() {
        let Some(rest) = line.trim_start().strip_prefix('#') else { continue };
        let word: String =
            rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-')).collect();
        assert_eq!(words.command(&word), None, "{line:?} would reach the client");
    }
}

fn says_the_same(command: &Command) {
    if let Command::Time { minutes, .. } | Command::Call { minutes, .. } = command {
        assert!((1..=10_080).contains(minutes), "{minutes}");
    }
    let line = written(command);
    let again: Instructions = read(&line, "", false, &Vocabulary::default());
    assert_eq!((again.mistake, again.commands.as_slice()), (None, std::slice::from_ref(command)), "{line:?}");
}
