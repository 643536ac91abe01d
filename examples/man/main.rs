//! Writes the manual and what shells complete, from the texts that the program has anyway.
//!
//! `cargo run --example man -- FOLDER` writes `maildesk.1` and `maildesk.toml.5`, and `completions/` for bash, zsh and
//! fish. With SOURCE_DATE_EPOCH in the environment the pages bear that date.

mod pages;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("cargo run --example man -- FOLDER");
        return ExitCode::from(64);
    };
    match pages::write(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            ExitCode::from(74)
        }
    }
}
