//! What stands behind a command: times, dates, offers, names.

use jiff::civil::{Date, Time};

use crate::domain::command::{Assignee, Command, Mistake, Terms};
use crate::domain::fold::fold;

/// A command of this English name with what stands behind it.
pub fn parse(word: &str, argument: &str) -> Result<Command, Mistake> {
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
        "split" => bare(Command::Split),
        "undo" => bare(Command::Undo),
        "next" => bare(Command::Next),
        "history" => bare(Command::History),
        "files" => bare(Command::Files),
        "spam" => bare(Command::Spam),
        "show" => bare(Command::Show),
        "help" => bare(Command::Help),
        "new" => bare(Command::New),
        "wait" if argument.is_empty() => Ok(Command::Wait(None)),
        "wait" => Ok(Command::Wait(Some(date(argument)?))),
        "agreed" if argument.is_empty() => Ok(Command::Agreed(None)),
        _ if argument.is_empty() => Err(named("incomplete")),
        _ => with_argument(word, argument).unwrap_or_else(|| Err(named("unknown_command"))),
    }
}

/// Commands that say more than their name.
fn with_argument(word: &str, argument: &str) -> Option<Result<Command, Mistake>> {
    let text = argument.to_owned();
    Some(match word {
        "assign" => Ok(Command::Assign(match fold(argument).as_str() {
            "me" => Assignee::Me,
            "none" => Assignee::Nobody,
            _ => Assignee::Named(text),
        })),
        "group" => {
            let names = argument.split(|c: char| c == ',' || c.is_whitespace()).filter(|n| !n.is_empty());
            let names: Vec<String> = names.map(str::to_owned).collect();
            if names.is_empty() {
                return Some(Err(Mistake::new("incomplete").with("command", "#group")));
            }
            Ok(Command::Group(names))
        }
        "time" => time(argument),
        "call" => call(argument),
        "deadline" => deadline(argument),
        "offer" => terms(argument).map(Command::Offer),
        "agreed" => terms(argument).map(|terms| Command::Agreed(Some(terms))),
        "field" => field(argument),
        "severity" => Ok(Command::Severity(text)),
        "type" => Ok(Command::Type(text)),
        "subject" => Ok(Command::Subject(text)),
        "merge" => Ok(Command::Merge(text)),
        "link" => Ok(Command::Link(text)),
        "client" => Ok(Command::Client(text)),
        "requester" => Ok(Command::Requester(text)),
        "cc" => Ok(Command::Cc(text)),
        "escalate" => Ok(Command::Escalate(text)),
        "text" => Ok(Command::Text(text)),
        "do" => Ok(Command::Do(text)),
        _ => return None,
    })
}

fn time(argument: &str) -> Result<Command, Mistake> {
    let (minutes, work) = minutes_and(argument)?;
    Ok(Command::Time { minutes, work })
}

fn call(argument: &str) -> Result<Command, Mistake> {
    let (minutes, text) = minutes_and(argument)?;
    Ok(Command::Call { minutes, text })
}

fn minutes_and(argument: &str) -> Result<(u32, String), Mistake> {
    let (first, rest) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let minutes = minutes(first).ok_or_else(|| Mistake::new("bad_time").with("value", first))?;
    Ok((minutes, rest.trim().to_owned()))
}

/// `0:45`, `45m`, `1h`, `1.5h`, `45`: minutes, more than none and at most a week.
pub fn minutes(text: &str) -> Option<u32> {
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

/// `1 200 CZK | 2026-05-06 | what will be done`.
fn terms(argument: &str) -> Result<Terms, Mistake> {
    let mut parts = argument.splitn(3, '|').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(price), Some(when), Some(work)) if !price.is_empty() && !work.is_empty() => {
            Ok(Terms { price: price.to_owned(), date: date(when)?, work: work.to_owned() })
        }
        _ => Err(Mistake::new("bad_offer").with("value", argument)),
    }
}

/// `device KA-17`, also `device: KA-17` and `device=KA-17`.
fn field(argument: &str) -> Result<Command, Mistake> {
    let parts = |c: char| c.is_whitespace() || matches!(c, ':' | '=');
    let (name, value) = argument.split_once(parts).unwrap_or((argument, ""));
    let value = value.trim_start_matches(parts).trim_end();
    if name.is_empty() || value.is_empty() {
        return Err(Mistake::new("incomplete").with("command", "#field"));
    }
    Ok(Command::Field { name: name.to_owned(), value: value.to_owned() })
}

/// `2026-03-31` or `31.03.2026`, also `31. 3. 2026`.
pub fn date(text: &str) -> Result<Date, Mistake> {
    let tight: String = text.split_whitespace().collect();
    let dotted = tight.trim_end_matches('.').split('.').rev().collect::<Vec<_>>();
    let iso = if dotted.len() == 3 { dotted.join("-") } else { tight.clone() };
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

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in ["2026-03-31", "31.03.2026", "31.3.2026", "2026-3-31", "31. 3. 2026"] {
            assert_eq!(date(text), Ok(jiff::civil::date(2026, 3, 31)), "{text}");
        }
    }

    #[test]
    fn a_deadline_has_a_date_perhaps_a_time_and_perhaps_a_reason() {
        let date = jiff::civil::date(2026, 3, 31);
        let time = Some(jiff::civil::time(12, 0, 0, 0));
        let reason = "waiting for parts".to_owned();
        let read = parse("deadline", "31.03.2026 12:00 waiting for parts");
        assert_eq!(read, Ok(Command::Deadline { date, time, reason: reason.clone() }));
        let read = parse("deadline", "31.03.2026 waiting for parts");
        assert_eq!(read, Ok(Command::Deadline { date, time: None, reason }));
    }

    #[test]
    fn a_group_is_names_whatever_parts_them() {
        for argument in ["ona petr", "ona, petr", "ona,\tpetr", "ona\u{a0}petr,"] {
            let names = ["ona", "petr"].map(str::to_owned).to_vec();
            assert_eq!(parse("group", argument), Ok(Command::Group(names)), "{argument:?}");
        }
    }

    #[test]
    fn an_offer_has_three_parts() {
        let terms = Terms {
            price: "1 200 CZK".to_owned(),
            date: jiff::civil::date(2026, 5, 6),
            work: "Domain for a year | with mail".to_owned(),
        };
        for text in [
            "1 200 CZK | 2026-05-06 | Domain for a year | with mail",
            "1 200 CZK|6. 5. 2026|Domain for a year | with mail",
        ] {
            assert_eq!(parse("offer", text), Ok(Command::Offer(terms.clone())), "{text}");
        }
        assert_eq!(parse("agreed", ""), Ok(Command::Agreed(None)));
        for (text, phrase) in [
            ("1 200 CZK", "bad_offer"),
            ("1 200 CZK | 2026-05-06", "bad_offer"),
            ("1 200 CZK | 2026-05-06 | ", "bad_offer"),
            (" | 2026-05-06 | work", "bad_offer"),
            ("1 200 CZK | soon | work", "bad_date"),
            ("", "incomplete"),
        ] {
            assert_eq!(parse("offer", text).unwrap_err().phrase, phrase, "{text}");
        }
    }
}
