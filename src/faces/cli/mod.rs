//! The command line.

use std::process::ExitCode;

/// Runs the command line and answers with the exit code.
pub fn run() -> ExitCode {
    ExitCode::SUCCESS
}
