//! The report in people's words.

use super::report::{Change, LetterView, Report};
use crate::domain::message::Author;
use crate::faces::cli::office::Office;
use crate::faces::cli::page::{one_line, plain};

/// Lines of a text that are shown where it is only to be recognised.
const LINES_SHOWN: usize = 12;

/// All of it, one heading a subject.
pub fn told(office: &Office, report: &Report, with_letters: bool) -> String {
    let mut lines = Lines::default();
    let local = |at| office.local(at, Some(&report.desk));
    lines.add("mail", format!("{:?}, arrived {}", report.subject, local(report.arrived)));
    lines.add("desk", report.desk.clone());
    lines.maybe("before", report.past.clone());
    lines.maybe("copy", report.copy_of.map(|id| format!("the same content came as mail {id}: it would have no further effect; explained as if it had not")));
    sender(&mut lines, report);
    author(&mut lines, report);
    words(&mut lines, report);
    text(&mut lines, report);
    for said in &report.evidence {
        lines.add("refers to", said.clone());
    }
    if report.evidence.is_empty() {
        lines.add("refers to", "nothing of ours".to_owned());
    }
    lines.add("goes", format!("{}: {}", report.route, report.route_reason));
    let silence = report.silence.clone().map(|why| format!("no automatic mail to the sender: {why}"));
    lines.maybe("silence", silence);
    lines.add("outcome", format!("{}: {}", report.outcome, report.outcome_reason));
    for change in &report.tickets {
        ticket(&mut lines, change);
    }
    if report.tickets.is_empty() {
        lines.add("ticket", "none is touched".to_owned());
    }
    for standing in &report.standings {
        lines.add("address", standing.clone());
    }
    for letter in &report.letters {
        lines.add("letter", in_short(letter, &local(letter.not_before)));
    }
    if report.letters.is_empty() {
        lines.add("letter", "none goes out".to_owned());
    }
    let mut told = lines.0;
    for letter in report.letters.iter().filter(|_| with_letters) {
        told += &format!("\n--- {} to {}\n", letter.template, letter.to.join(", "));
        told += &format!("Subject: {}\n\n{}\n", one_line(&letter.subject), plain(&letter.text).trim_end());
    }
    told
}

/// Lines of a heading and what stands behind it; a heading is not repeated.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, heading: &str, text: String) {
        self.0 += &format!("{heading:<12} {}\n", one_line(&text));
    }

    fn maybe(&mut self, heading: &str, text: Option<String>) {
        if let Some(text) = text {
            self.add(heading, text);
        }
    }

    fn below(&mut self, text: &str) {
        self.0 += &format!("  | {}\n", plain(text).trim_end());
    }
}

fn sender(lines: &mut Lines, report: &Report) {
    let sender = &report.sender;
    let who = sender.who.as_deref().unwrap_or_default();
    lines.add("from", sender.from.clone());
    let kind = match sender.kind {
        "agent" => format!("the address of agent {who}; he is believed with a token of his own only"),
        "contact" => format!("a known contact: {who}"),
        "client" => format!("of a known client: {who}"),
        "ourselves" => "one of the desk's own addresses".to_owned(),
        "unreadable" => "no sender that can be relied on".to_owned(),
        _ => "a stranger".to_owned(),
    };
    lines.add("trust", format!("{}, {kind}", sender.trust));
    lines.add("server says", sender.authentication.clone());
    if sender.blocked {
        lines.add("blocked", "an agent marked this sender as spam".to_owned());
    }
}

fn author(lines: &mut Lines, report: &Report) {
    let author = &report.author;
    let kind = match author.kind {
        Author::Person => "a person",
        Author::Bounce => "a delivery report",
        Author::AutoReply => "an automatic reply",
        Author::List => "a mailing list or bulk mail",
        Author::Receipt => "a receipt",
        Author::Notice => "a program's notice",
    };
    let marks =
        if author.marks.is_empty() { String::new() } else { format!(": {}", author.marks.join(", ")) };
    lines.add("written by", format!("{kind}{marks}"));
    lines.maybe("asks", author.suppress.clone().map(|mark| format!("for no automatic answer: {mark}")));
    lines.maybe("spam", author.spam.clone());
    for defect in &report.defects {
        lines.add("defect", defect.clone());
    }
}

fn words(lines: &mut Lines, report: &Report) {
    lines.add("language", report.language.clone());
    lines.maybe("urgent", report.urgent.clone().map(|word| format!("it says {word:?}")));
    lines.maybe("thanks", report.thanks.clone().map(|words| format!("nothing but thanks: {words:?}")));
    lines.maybe("absence", report.absence.clone().map(|start| format!("its subject begins with {start:?}")));
    if report.late {
        lines.add("late", "it is read long after it came".to_owned());
    }
}

fn text(lines: &mut Lines, report: &Report) {
    shortened(lines, "new text", report.text.lines().collect());
    shortened(lines, "cut off", report.cut.iter().map(String::as_str).collect());
    for file in &report.attachments {
        lines.add("file", file.clone());
    }
    let Some(wanted) = &report.instructions else { return };
    if !wanted.commands.is_empty() {
        lines.add("commands", wanted.commands.join(", "));
    }
    lines.maybe("mistake", wanted.mistake.clone());
    shortened(lines, "to client", wanted.answer.lines().collect());
    shortened(lines, "to agents", wanted.note.lines().collect());
}

fn shortened(lines: &mut Lines, heading: &str, all: Vec<&str>) {
    if all.is_empty() {
        return;
    }
    lines.add(heading, format!("{} line{}", all.len(), if all.len() == 1 { "" } else { "s" }));
    for line in all.iter().take(LINES_SHOWN) {
        lines.below(line);
    }
    if all.len() > LINES_SHOWN {
        lines.below("…");
    }
}

fn ticket(lines: &mut Lines, change: &Change) {
    let before = change.before.map_or("not there", |status| status.word());
    lines.add("ticket", format!("{}: {before} -> {}", change.ticket, change.after.word()));
    for reason in &change.reasons {
        lines.add("because", reason.clone());
    }
    if !change.messages.is_empty() {
        lines.add("thread", format!("gets {}", change.messages.join(", ")));
    }
}

fn in_short(letter: &LetterView, not_before: &str) -> String {
    let files = if letter.attachments.is_empty() {
        String::new()
    } else {
        format!(", with {}", letter.attachments.join(", "))
    };
    let LetterView { template, language, subject, .. } = letter;
    format!(
        "{template} to {} ({language}), not before {not_before}: {subject:?}{files}",
        letter.to.join(", ")
    )
}
