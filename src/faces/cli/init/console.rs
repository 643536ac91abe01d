//! Questions on standard error, answers from standard input: a person's or a pipe's.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::faces::cli::failure::Failure;

/// Longest answer.
const ANSWER_BYTES_MAX: u64 = 4_096;

/// Who is asked.
pub struct Console {
    /// Nobody is to be asked.
    silent: bool,
}

impl Console {
    pub fn new(silent: bool) -> Console {
        Console { silent }
    }

    /// Says something to whoever answers.
    pub fn say(&self, text: &str) {
        // That nobody reads it changes nothing.
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Asks; an empty answer means `default`. `option` is what could have been given instead.
    ///
    /// # Errors
    /// Nobody answers, and there is no default.
    pub fn ask(&self, question: &str, default: Option<&str>, option: &str) -> Result<String, Failure> {
        if self.silent {
            return default.map(str::to_owned).ok_or_else(|| missing(option));
        }
        let shown = default.filter(|default| !default.is_empty());
        let shown = shown.map(|default| format!(" [{default}]")).unwrap_or_default();
        let _ = write!(io::stderr(), "{question}{shown}: ").and_then(|()| io::stderr().flush());
        let answer = line(option)?;
        match (answer.is_empty(), default) {
            (true, Some(default)) => Ok(default.to_owned()),
            _ => Ok(answer),
        }
    }

    /// Asks for a secret: nothing of it is shown.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn ask_secret(&self, question: &str, option: &str) -> Result<String, Failure> {
        self.hide(|| self.ask(question, None, option))
    }

    /// The same where there need not be one.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn ask_secret_or(&self, question: &str, default: &str, option: &str) -> Result<String, Failure> {
        self.hide(|| self.ask(question, Some(default), option))
    }

    fn hide(&self, ask: impl FnOnce() -> Result<String, Failure>) -> Result<String, Failure> {
        let _hidden = Hidden::begin();
        let answer = ask();
        if io::stdin().is_terminal() {
            self.say("");
        }
        answer
    }
}

/// One line of standard input without its end.
fn line(option: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = io::Read::take(io::stdin().lock(), ANSWER_BYTES_MAX).read_until(b'\n', &mut bytes);
    match read {
        Ok(0) => Err(missing(option)),
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(_) => Err(Failure::usage("the answer is not UTF-8".to_owned())),
        },
        Err(error) => Err(Failure::io("standard input", &error)),
    }
}

fn missing(option: &str) -> Failure {
    Failure::usage(format!("nobody answers; give {option}"))
}

/// While it lives the terminal shows nothing of what is typed.
struct Hidden {
    before: Option<Termios>,
}

impl Hidden {
    fn begin() -> Hidden {
        // No terminal, nothing to hide.
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &quiet);
        }
        Hidden { before }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Flush, before);
        }
    }
}
