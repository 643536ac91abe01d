//! Rehearsal: a scripted conversation is played through the journeys of the daemon, with a stepped clock and
//! without any network, and what it causes is compared with what was expected.

mod acts;
mod books;
pub mod conversation;
pub mod expect;
pub mod mail;
pub mod play;
pub mod reading;
pub mod setting;
pub mod stage;
pub mod transcript;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::exit;
use crate::store::SqliteStore;
use conversation::Conversation;
use play::{Story, Telling};
use setting::Setting;
use transcript::WRONG;

/// Plays conversations with a desk and tells what differs from the expectations.
#[derive(Clone, Debug, clap::Args)]
pub struct RehearseArgs {
    /// A desk.yaml, or the operator's own configuration (its first desk, or the one named by --desk)
    #[arg(value_name = "DESK")]
    pub setting: PathBuf,
    /// Conversation files
    #[arg(required = true, value_name = "CONVERSATION")]
    pub conversations: Vec<PathBuf>,
    /// Which desk of the configuration
    #[arg(long = "desk", value_name = "NAME")]
    pub name: Option<String>,
    /// Print the whole story
    #[arg(long, short = 'v')]
    pub transcript: bool,
}

/// Runs the command. Exits 0 when all is as expected, 1 when something differs, 78 for a bad file.
pub fn run(args: RehearseArgs) -> ExitCode {
    let setting = match Setting::read(&args.setting, args.name) {
        Ok(setting) => setting,
        Err(why) => {
            anstream::eprintln!("{WRONG}{why}{WRONG:#}");
            return ExitCode::from(exit::CONFIG);
        }
    };
    for note in setting.not_acted_on() {
        anstream::eprintln!("{note}");
    }
    let codes = args.conversations.iter().map(|path| rehearse(&setting, path, args.transcript));
    let codes: Vec<u8> = codes.collect();
    let worst = [exit::CONFIG, exit::IO, exit::DIFFERS].into_iter().find(|code| codes.contains(code));
    ExitCode::from(worst.unwrap_or(exit::OK))
}

fn rehearse(setting: &Setting, path: &Path, with_transcript: bool) -> u8 {
    let file = path.display().to_string();
    let (conversation, desk) = match read(setting, path, &file) {
        Ok(both) => both,
        Err(why) => {
            anstream::eprintln!("{WRONG}{why}{WRONG:#}");
            return exit::CONFIG;
        }
    };
    let open =
        Box::new(|| SqliteStore::open_in_memory().map(|s| Box::new(s) as Box<dyn crate::store::Store>));
    let story = match play::play(&conversation, &desk, open, Telling::default()) {
        Ok(story) => story,
        Err(error) => {
            anstream::eprintln!("{WRONG}{file}: {error}{WRONG:#}");
            return exit::IO;
        }
    };
    if with_transcript {
        anstream::print!("{}", transcript::transcript(&story, &desk.rules.zone));
    }
    verdict(&conversation, &story)
}

fn read(setting: &Setting, path: &Path, file: &str) -> Result<(Conversation, crate::desk::Desk), String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
    let conversation = reading::read(file, &text).map_err(|error| error.to_string())?;
    let desk = setting.desk(conversation.desk.as_ref())?;
    Ok((conversation, desk))
}

fn verdict(conversation: &Conversation, story: &Story) -> u8 {
    let differences: Vec<_> = story.differences().collect();
    let word = match differences.len() {
        0 => "as expected".to_owned(),
        1 => "1 difference".to_owned(),
        n => format!("{n} differences"),
    };
    anstream::println!("{}: {}: {word}", conversation.id, conversation.title);
    for (line, what) in &differences {
        anstream::println!("  {}:{line}: {WRONG}{what}{WRONG:#}", conversation.file);
    }
    if differences.is_empty() { exit::OK } else { exit::DIFFERS }
}
