//! The pages, and where they are written.

mod commands;
mod reference;
mod roff;

use std::fs;
use std::io;
use std::path::Path;

use clap_complete::{Shell, generate_to};
use jiff::Timestamp;
use roff::Roff;

/// Writes everything into `folder`, which is made where it is missing.
///
/// # Errors
/// It cannot be written.
pub fn write(folder: &Path) -> io::Result<()> {
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    fs::write(folder.join("maildesk.1"), command_page())?;
    fs::write(folder.join("maildesk.toml.5"), reference_page())?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        generate_to(shell, &mut maildesk::faces::cli::grammar(), "maildesk", &completions)?;
    }
    Ok(())
}

/// maildesk(1), of the help of all commands.
pub fn command_page() -> String {
    let mut page = Roff::begin("MAILDESK", 1, &date(), "User Commands");
    commands::write(&mut page, maildesk::faces::cli::grammar());
    page.end()
}

/// maildesk.toml(5), of the reference file.
pub fn reference_page() -> String {
    let mut page = Roff::begin("MAILDESK.TOML", 5, &date(), "File Formats");
    reference::write(&mut page, maildesk::config::reference::REFERENCE);
    page.end()
}

/// The day of SOURCE_DATE_EPOCH, by which the same sources give the same bytes.
fn date() -> String {
    let epoch = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let day = epoch.and_then(|seconds| Timestamp::from_second(seconds).ok());
    day.map(|day| day.strftime("%Y-%m-%d").to_string()).unwrap_or_else(|| "2026-01-01".to_owned())
}
