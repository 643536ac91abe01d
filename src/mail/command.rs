//! An agent's text to instructions: lines that start with `#`, and what is for the client.
//!
//! Commands stand in the first or the last block of the new text (empty lines part blocks). Everything is read or
//! nothing: an unknown `#word` there, a wrong value, or a known command in the middle of the text is a mistake,
//! so that no client ever reads `#resolve`.

use jiff::civil::{Date, Time};
use sha2::{Digest, Sha256};

use crate::domain::command::{Assignee, Command, Instructions, Mistake};
use crate::domain::fold::fold;
use crate::domain::hash::Hash;

/// Every command with the form in which it is shown to agents.
pub const COMMANDS: [(&str, &str); 14] = [
    ("resolve", "#resolve"),
    ("close", "#close"),
    ("wait", "#wait [2026-03-31]"),
    ("note", "#note [text]"),
    ("time", "#time 0:45 [work]"),
    ("assign", "#assign name|me|none"),
    ("group", "#group name name"),
    ("urgent", "#urgent"),
    ("severity", "#severity high"),
    ("deadline", "#deadline 2026-03-31 [12:00] [reason]"),
    ("files", "#files"),
    ("spam", "#spam"),
    ("show", "#show"),
    ("help", "#help"),
];

/// Reads the new text of an agent's mail (quotation and signature are cut off already). `name` is his own: a rest
/// that is nothing but it is no text.
pub fn read(text: &str, name: &str, has_attachments: bool) -> Instructions {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let (head, tail) = command_blocks(&lines);
    let mut read = Reading::default();
    for (at, line) in lines.iter().enumerate() {
        let word = command_word(line);
        match word {
            Some(word) if head.contains(&at) || tail.contains(&at) => read.command(word, line),
            Some(word) if COMMANDS.iter().any(|(known, _)| *known == word) => {
                read.wrong(Mistake::new("command_in_text").with("command", format!("#{word}")));
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
fn command_word(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix('#')?;
    let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '-').collect();
    word.chars().next().filter(|c| c.is_alphabetic())?;
    Some(word.to_lowercase())
}

#[derive(Default)]
struct Reading<'a> {
    read: Instructions,
    rest: Vec<&'a str>,
    notes: Vec<String>,
}

impl Reading<'_> {
    fn wrong(&mut self, mistake: Mistake) {
        self.read.mistake.get_or_insert(mistake);
    }

    fn command(&mut self, word: String, line: &str) {
        let line = line.trim();
        let argument = line[1 + word_bytes(line)..].trim();
        if word == "note" && !argument.is_empty() {
            return self.notes.push(argument.to_owned());
        }
        match parse(&word, argument) {
            Ok(command) => self.read.commands.push(command),
            Err(mut mistake) => {
                mistake.suggestion = match COMMANDS.iter().find(|(known, _)| *known == word) {
                    Some((_, form)) => Some((*form).to_owned()),
                    None => nearest(&word),
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
        if let Some(minutes) = minutes(&rest).filter(|_| rest.contains(':')) {
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

fn word_bytes(line: &str) -> usize {
    let rest = &line[1..];
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len())
}

fn parse(word: &str, argument: &str) -> Result<Command, Mistake> {
    let named = |phrase| Mistake::new(phrase).with("command", format!("#{word}"));
    let bare = |command| match argument {
        "" => Ok(command),
        _ => Err(named("takes_nothing").with("value", argument)),
    };
    match word {
        "resolve" => bare(Command::Resolve),
        "close" => bare(Command::Close),
        "note" => bare(Command::NoteAll),
        "urgent" => bare(Command::Urgent),
        "files" => bare(Command::Files),
        "spam" => bare(Command::Spam),
        "show" => bare(Command::Show),
        "help" => bare(Command::Help),
        "wait" if argument.is_empty() => Ok(Command::Wait(None)),
        "wait" => Ok(Command::Wait(Some(date(argument)?))),
        "assign" => match fold(argument).as_str() {
            "" => Err(named("incomplete")),
            "me" => Ok(Command::Assign(Assignee::Me)),
            "none" => Ok(Command::Assign(Assignee::Nobody)),
            _ => Ok(Command::Assign(Assignee::Named(argument.to_owned()))),
        },
        "group" | "severity" | "time" | "deadline" if argument.is_empty() => Err(named("incomplete")),
        "time" => time(argument),
        "group" => {
            let names = argument.split([' ', ',']).filter(|n| !n.is_empty());
            Ok(Command::Group(names.map(str::to_owned).collect()))
        }
        "severity" => Ok(Command::Severity(argument.to_owned())),
        "deadline" => deadline(argument),
        _ => Err(named("unknown_command")),
    }
}

fn time(argument: &str) -> Result<Command, Mistake> {
    let (first, work) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let minutes = minutes(first).ok_or_else(|| Mistake::new("bad_time").with("value", first))?;
    Ok(Command::Time { minutes, work: work.trim().to_owned() })
}

/// `0:45`, `45m`, `1h`, `1.5h`, `45`: minutes, more than none and at most a week.
fn minutes(text: &str) -> Option<u32> {
    let text = text.trim();
    let found = if let Some((hours, minutes)) = text.split_once(':') {
        let sound = minutes.len() == 2 && (1..=3).contains(&hours.len());
        let minutes = minutes.parse::<u32>().ok().filter(|m| sound && *m < 60)?;
        hours.parse::<u32>().ok()? * 60 + minutes
    } else if let Some(hours) = text.strip_suffix('h') {
        let hours = hours.replace(',', ".").parse::<f64>().ok().filter(|h| (0.0..=168.0).contains(h))?;
        (hours * 60.0).ceil() as u32
    } else {
        text.strip_suffix('m').unwrap_or(text).parse().ok()?
    };
    (1..=10_080).contains(&found).then_some(found)
}

fn deadline(argument: &str) -> Result<Command, Mistake> {
    let (first, rest) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let date = date(first)?;
    let rest = rest.trim();
    let (second, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Ok(match clock(second) {
        Some(time) => Command::Deadline { date, time: Some(time), reason: reason.trim().to_owned() },
        None => Command::Deadline { date, time: None, reason: rest.to_owned() },
    })
}

/// `2026-03-31` or `31.03.2026`.
fn date(text: &str) -> Result<Date, Mistake> {
    let dotted = text.trim_end_matches('.').split('.').rev().collect::<Vec<_>>();
    let iso = if dotted.len() == 3 { dotted.join("-") } else { text.to_owned() };
    let padded: Vec<_> = iso.split('-').map(|part| format!("{part:0>2}")).collect();
    padded
        .join("-")
        .parse()
        .map_err(|_| Mistake::new("bad_date").with("value", text).with("example", DATE_EXAMPLE))
}

/// How a date is written, as mistakes show it.
const DATE_EXAMPLE: &str = "2030-01-31";

fn clock(text: &str) -> Option<Time> {
    let (hours, minutes) = text.split_once([':', '.'])?;
    Time::new(hours.parse().ok()?, minutes.parse().ok()?, 0, 0).ok()
}

fn nearest(word: &str) -> Option<String> {
    let near = COMMANDS.iter().map(|(known, form)| (strsim::damerau_levenshtein(known, word), form));
    near.filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, form)| (*form).to_owned())
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
        read(text, "Tomas Grigas", false)
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
    fn a_mistake_is_named_with_the_nearest_command() {
        for (text, phrase, value, suggestion) in [
            ("#reslove\n\nDone.", "unknown_command", "#reslove", Some("#resolve")),
            ("#time soon\n\nDone.", "bad_time", "soon", Some("#time 0:45 [work]")),
            ("#time\n\nDone.", "incomplete", "#time", Some("#time 0:45 [work]")),
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
    fn times_and_dates_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0:45", Some(45)),
            ("45m", Some(45)),
            ("45", Some(45)),
            ("1h", Some(60)),
            ("1.5h", Some(90)),
            ("1,5h", Some(90)),
            ("0:00", None),
            ("1:75", None),
            ("abc", None),
            ("200:00", None),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
        for text in ["2026-03-31", "31.03.2026", "31.3.2026", "2026-3-31"] {
            assert_eq!(date(text), Ok(jiff::civil::date(2026, 3, 31)), "{text}");
        }
        let read = read_text("#deadline 31.03.2026 12:00 waiting for parts");
        let time = Some(jiff::civil::time(12, 0, 0, 0));
        let reason = "waiting for parts".to_owned();
        assert_eq!(read.commands, [Command::Deadline { date: jiff::civil::date(2026, 3, 31), time, reason }]);
    }

    #[test]
    fn a_bare_time_is_an_entry_in_the_journal() {
        assert_eq!(read_text("0:20").commands, [Command::Time { minutes: 20, work: String::new() }]);
        assert_eq!(read_text("45").answer, "45");
    }
}
