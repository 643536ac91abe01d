//! How the story looks on a terminal, 78 columns wide.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use super::calendar::Week;
use super::cast::{DESK_NAME, Role};
use super::play::{Arrived, Deviation, Standing};
use super::stage::Stage;
use crate::domain::ticket::Status;

const WIDTH: usize = 78;

const TITLE: Style = AnsiColor::Cyan.on_default().bold();
const NAME: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const COMMAND: Style = AnsiColor::Yellow.on_default();

/// The signs beside the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    pub arrow: &'static str,
    pub bar: &'static str,
    pub line: &'static str,
}

impl Marks {
    pub const DRAWN: Marks = Marks { arrow: "→", bar: "│", line: "─" };
    pub const ASCII: Marks = Marks { arrow: "->", bar: "|", line: "-" };

    /// What the terminal can show: plain signs where the locale names another charset than UTF-8.
    pub fn of_terminal() -> Marks {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let locale =
            names.into_iter().filter_map(|name| std::env::var(name).ok()).find(|text| !text.is_empty());
        let is_utf8 = |locale: String| locale.to_lowercase().replace('-', "").ends_with("utf8");
        if locale.is_none_or(is_utf8) { Marks::DRAWN } else { Marks::ASCII }
    }
}

/// Tells what happens.
pub struct Teller<W> {
    out: W,
    marks: Marks,
}

impl<W: Write> Teller<W> {
    /// Styles are written as escape sequences; `out` is to drop them where they are not wanted.
    pub fn new(out: W, marks: Marks) -> Teller<W> {
        Teller { out, marks }
    }

    /// Gives the writer back, with all that was told.
    pub fn into_inner(self) -> W {
        self.out
    }

    pub(super) fn opening(&mut self, stage: &Stage) -> io::Result<()> {
        writeln!(self.out)?;
        let day = stage.week.first.strftime("%-d %B %Y");
        self.paragraph(&format!(
            "A week at {DESK_NAME}, from {day} on. The daemon is the real one: it reads its mailbox over IMAP, \
             keeps its tickets in SQLite and answers over SMTP. Only the mail server is a sandbox within this \
             process, and the clock is wound on where nothing happens."
        ))?;
        let (imap, smtp) = (stage.sandbox.imap_addr(), stage.sandbox.smtp_addr());
        writeln!(self.out, "{FAINT}(IMAP {imap}, SMTP {smtp}){FAINT:#}")
    }

    pub(super) fn act(&mut self, number: usize, title: &str) -> io::Result<()> {
        let line = self.marks.line;
        let heading = format!("{number}. {title} ");
        let rest = WIDTH.saturating_sub(heading.chars().count() + 3);
        writeln!(self.out, "\n{TITLE}{line}{line} {heading}{}{TITLE:#}", line.repeat(rest))
    }

    pub(super) fn scene(&mut self, time: &str, told: &str) -> io::Result<()> {
        writeln!(self.out, "\n{NAME}{time}{NAME:#}")?;
        if told.is_empty() { Ok(()) } else { self.paragraph(told) }
    }

    /// A mail from somebody to the desk.
    pub(super) fn mail(&mut self, from: &str, to: &str, subject: &str, text: &str) -> io::Result<()> {
        let arrow = self.marks.arrow;
        writeln!(self.out, "\n  {NAME}{from}{NAME:#} {arrow} {to}")?;
        self.framed(subject, text)
    }

    /// Letters of the desk: those to clients as text, those to agents in one line. A time is told where it is not
    /// that of the scene.
    pub(super) fn letters(&mut self, week: &Week, scene: Timestamp, arrived: &[Arrived]) -> io::Result<()> {
        let mut told: Vec<(String, Vec<&str>)> = Vec::new();
        for letter in arrived {
            if !matches!(letter.to, Role::Petr | Role::Eva) {
                let time = Some(week.shown(letter.at)).filter(|time| *time != week.shown(scene));
                self.letter(letter, time.as_deref())?;
                continue;
            }
            let gist = gist(&letter.mail.text);
            match told.iter_mut().find(|(said, _)| *said == gist) {
                Some((_, names)) => names.push(letter.to.called()),
                None => told.push((gist, vec![letter.to.called()])),
            }
        }
        for (gist, names) in told {
            let arrow = self.marks.arrow;
            writeln!(self.out, "\n  {NAME}maildesk{NAME:#} {arrow} {NAME}{}{NAME:#}", names.join(", "))?;
            self.bar(&gist)?;
        }
        if arrived.is_empty() {
            writeln!(self.out, "\n  {FAINT}maildesk sends nothing{FAINT:#}")?;
        }
        Ok(())
    }

    fn letter(&mut self, letter: &Arrived, time: Option<&str>) -> io::Result<()> {
        let (arrow, to) = (self.marks.arrow, letter.to.called());
        let kind = letter.known.as_ref().map(|known| kind(&known.purpose));
        let about = kind.into_iter().chain(time).collect::<Vec<_>>().join(", ");
        writeln!(self.out, "\n  {NAME}maildesk{NAME:#} {arrow} {NAME}{to}{NAME:#}  {FAINT}{about}{FAINT:#}")?;
        self.framed(&letter.mail.subject, above_footer(&letter.mail.text))
    }

    /// How a ticket stands, and why.
    pub(super) fn standing(&mut self, week: &Week, standing: &Standing) -> io::Result<()> {
        let (number, Some((ticket, entry))) = standing else { return Ok(()) };
        let status = ticket.status();
        let agents = || [Role::Petr, Role::Eva].into_iter();
        let who = ticket.assignee.as_ref().and_then(|id| agents().find(|role| role.local() == id.0));
        let who = who.map_or("nobody", Role::called);
        let mut words = vec![format!("{GOOD}{}{GOOD:#}", status.word()), who.to_owned()];
        if let Some(clock) = ticket.resolve.as_ref().filter(|c| c.met_at.is_none() && !status.is_final()) {
            words.push(format!("due {}", week.shown(clock.due)));
        }
        if let crate::domain::ticket::State::Resolved { closes_at, .. } = &ticket.state {
            words.push(format!("closes {}", week.shown(*closes_at)));
        }
        if status == Status::Closed && ticket.spent_minutes > 0 {
            words.push(format!("{}:{:02} spent", ticket.spent_minutes / 60, ticket.spent_minutes % 60));
        }
        writeln!(self.out, "\n  {NAME}ticket {number}{NAME:#}: {}", words.join(", "))?;
        let Some(entry) = entry else { return Ok(()) };
        self.faint(&format!("why: {}", entry.reason))
    }

    /// A line that explains, indented.
    pub(super) fn faint(&mut self, text: &str) -> io::Result<()> {
        for line in wrapped(text, WIDTH - 4) {
            writeln!(self.out, "  {FAINT}{line}{FAINT:#}")?;
        }
        Ok(())
    }

    /// A text of several lines in a frame, its subject first.
    fn framed(&mut self, subject: &str, text: &str) -> io::Result<()> {
        let bar = self.marks.bar;
        for line in wrapped(subject, WIDTH - 4) {
            writeln!(self.out, "  {FAINT}{bar}{FAINT:#} {NAME}{line}{NAME:#}")?;
        }
        writeln!(self.out, "  {FAINT}{bar}{FAINT:#}")?;
        text.trim().lines().try_for_each(|line| self.bar(line))
    }

    /// One line of such a text.
    fn bar(&mut self, text: &str) -> io::Result<()> {
        let bar = self.marks.bar;
        for line in wrapped(text, WIDTH - 4) {
            let gap = if line.is_empty() { "" } else { " " };
            writeln!(self.out, "  {FAINT}{bar}{FAINT:#}{gap}{line}")?;
        }
        Ok(())
    }

    /// Running text over the whole width.
    pub(super) fn paragraph(&mut self, text: &str) -> io::Result<()> {
        wrapped(text, WIDTH).iter().try_for_each(|line| writeln!(self.out, "{line}"))
    }

    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// What to do, and the commands that do it.
    pub(super) fn recipe(&mut self, what: &str, commands: &[String]) -> io::Result<()> {
        writeln!(self.out, "\n{NAME}{what}{NAME:#}")?;
        commands.iter().try_for_each(|command| writeln!(self.out, "  {COMMAND}{command}{COMMAND:#}"))
    }

    /// How it ended.
    pub(super) fn ending(&mut self, deviations: &[Deviation], took: Duration, dir: &Path) -> io::Result<()> {
        let line = self.marks.line.repeat(WIDTH);
        writeln!(self.out, "\n{TITLE}{line}{TITLE:#}")?;
        if deviations.is_empty() {
            return writeln!(
                self.out,
                "{GOOD}The story went as told{GOOD:#}, in {:.1} s.",
                took.as_secs_f64()
            );
        }
        for deviation in deviations {
            writeln!(self.out, "{BAD}Not as told{BAD:#} in \"{}\": {}", deviation.act, deviation.what)?;
        }
        self.paragraph(&format!("The daemon's log and its database: {}", dir.display()))
    }
}

/// What a letter is, by its template.
fn kind(purpose: &str) -> &'static str {
    match purpose {
        "ack" => "acknowledgement",
        "reply" => "answer",
        "resolved" => "resolved",
        "reopened" => "reopened",
        "closed_silence" => "closed by silence",
        "agent_new" => "new request",
        "agent_update" => "news",
        "agent_warning" => "warning",
        "agent_result" => "result",
        _ => "",
    }
}

/// The first sentence of a letter to an agent, with what it quotes.
fn gist(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.next().unwrap_or_default().to_owned()
}

/// A letter's text without its footer.
fn above_footer(text: &str) -> &str {
    text.split("\n-- \n").next().unwrap_or(text)
}

/// Lines of at most `width` characters, broken between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if used > 0 && used + 1 + long > width {
            lines.push(String::new());
            used = 0;
        }
        let line = lines.last_mut().expect("there is always a line");
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += long;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_long_words_stay_whole() {
        assert_eq!(wrapped("spausdintuvas nespausdina", 13), ["spausdintuvas", "nespausdina"]);
        assert_eq!(wrapped("a b c", 3), ["a b", "c"]);
        assert_eq!(wrapped("", 3), [""]);
        assert_eq!(wrapped("принтер не печатает", 10), ["принтер не", "печатает"]);
    }

    #[test]
    fn a_footer_is_not_told() {
        assert_eq!(above_footer("Hello,\n\nit works.\n\n-- \nRiverside"), "Hello,\n\nit works.\n");
        assert_eq!(above_footer("a -- b"), "a -- b");
    }
}
