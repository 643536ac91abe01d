//! The command line.

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "maildesk", version)]
enum Command {
    Demo(super::demo::Args),
}

/// Runs the command line and answers with the exit code.
pub fn run() -> ExitCode {
    match Command::parse() {
        Command::Demo(args) => super::demo::run(&args),
    }
}
