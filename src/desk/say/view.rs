//! A thread as text.

use crate::domain::thread::Message;

/// Each line behind `> `.
pub(super) fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}

/// The messages that `shown` lets through, oldest first, each quoted under its author.
pub(super) fn shown_thread(thread: &[Message], shown: impl Fn(&Message) -> bool) -> String {
    let chosen: Vec<&Message> = thread.iter().filter(|m| shown(m)).collect();
    let with_names = chosen.len() > 1;
    let mut text = String::new();
    for message in chosen {
        if with_names {
            text.push_str(&format!("{}, {}:\n", message.author.shown(), message.kind.word()));
        }
        text.push_str(&quoted(&message.text));
        if with_names {
            text.push('\n');
        }
    }
    text
}
