//! Commands as they are typed.

use crate::domain::command::{Assignee, Command, Terms};

/// A command as an agent types it: what [`read`](super::read) understands as the same command.
pub fn written(command: &Command) -> String {
    match command {
        Command::Resolve => "#resolve".to_owned(),
        Command::Close => "#close".to_owned(),
        Command::Wait(None) => "#wait".to_owned(),
        Command::Wait(Some(date)) => format!("#wait {date}"),
        Command::NoteAll => "#note".to_owned(),
        Command::Time { minutes, work: rest } => timed("time", *minutes, rest),
        Command::Call { minutes, text: rest } => timed("call", *minutes, rest),
        Command::Assign(Assignee::Me) => "#assign me".to_owned(),
        Command::Assign(Assignee::Nobody) => "#assign none".to_owned(),
        Command::Assign(Assignee::Named(name)) => format!("#assign {name}"),
        Command::Group(names) => format!("#group {}", names.join(" ")),
        Command::Urgent => "#urgent".to_owned(),
        Command::Severity(severity) => format!("#severity {severity}"),
        Command::Deadline { date, time, reason } => {
            let time = time.map(|t| format!(" {}", t.strftime("%H:%M"))).unwrap_or_default();
            format!("#deadline {date}{time} {reason}").trim_end().to_owned()
        }
        Command::Type(text) => format!("#type {text}"),
        Command::Subject(text) => format!("#subject {text}"),
        Command::Field { name, value } => format!("#field {name} {value}"),
        Command::Offer(terms) => termed("offer", terms),
        Command::Agreed(None) => "#agreed".to_owned(),
        Command::Agreed(Some(terms)) => termed("agreed", terms),
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
        Command::History => "#history".to_owned(),
        Command::New => "#new".to_owned(),
        Command::Files => "#files".to_owned(),
        Command::Spam => "#spam".to_owned(),
        Command::Show => "#show".to_owned(),
        Command::Help => "#help".to_owned(),
    }
}

fn timed(word: &str, minutes: u32, rest: &str) -> String {
    format!("#{word} {}:{:02} {rest}", minutes / 60, minutes % 60).trim_end().to_owned()
}

fn termed(word: &str, terms: &Terms) -> String {
    format!("#{word} {} | {} | {}", terms.price, terms.date, terms.work)
}
