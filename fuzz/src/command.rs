//! Agents' mails as commands.

use maildesk::domain::command::{Assignee, Command, Instructions, Terms};
use maildesk::mail::command::{Vocabulary, read};

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

/// A command as an agent would write it.
fn written(command: &Command) -> String {
    let terms = |t: &Terms| format!("{} | {} | {}", t.price, t.date, t.work);
    match command {
        Command::Resolve => "#resolve".to_owned(),
        Command::Close => "#close".to_owned(),
        Command::Wait(None) => "#wait".to_owned(),
        Command::Wait(Some(date)) => format!("#wait {date}"),
        Command::NoteAll => "#note".to_owned(),
        Command::Time { minutes, work } => format!("#time {minutes}m {work}"),
        Command::Call { minutes, text } => format!("#call {}:{:02} {text}", minutes / 60, minutes % 60),
        Command::Assign(Assignee::Me) => "#assign me".to_owned(),
        Command::Assign(Assignee::Nobody) => "#assign none".to_owned(),
        Command::Assign(Assignee::Named(name)) => format!("#assign {name}"),
        Command::Group(names) => format!("#group {}", names.join(" ")),
        Command::Urgent => "#urgent".to_owned(),
        Command::Severity(text) => format!("#severity {text}"),
        Command::Type(text) => format!("#type {text}"),
        Command::Subject(text) => format!("#subject {text}"),
        Command::Field { name, value } => format!("#field {name} {value}"),
        Command::Deadline { date, time: Some(time), reason } => {
            format!("#deadline {date} {}:{:02} {reason}", time.hour(), time.minute())
        }
        Command::Deadline { date, time: None, reason } => format!("#deadline {date} {reason}"),
        Command::Offer(offer) => format!("#offer {}", terms(offer)),
        Command::Agreed(None) => "#agreed".to_owned(),
        Command::Agreed(Some(offer)) => format!("#agreed {}", terms(offer)),
        Command::Merge(text) => format!("#merge {text}"),
        Command::Split => "#split".to_owned(),
        Command::Link(text) => format!("#link {text}"),
        Command::Client(text) => format!("#client {text}"),
        Command::Requester(text) => format!("#requester {text}"),
        Command::Cc(text) => format!("#cc {text}"),
        Command::Escalate(text) => format!("#escalate {text}"),
        Command::Text(text) => format!("#text {text}"),
        Command::Do(text) => format!("#do {text}"),
        Command::Next => "#next".to_owned(),
        Command::Undo => "#undo".to_owned(),
        Command::Files => "#files".to_owned(),
        Command::History => "#history".to_owned(),
        Command::Spam => "#spam".to_owned(),
        Command::Show => "#show".to_owned(),
        Command::Help => "#help".to_owned(),
        Command::New => "#new".to_owned(),
    }
}
