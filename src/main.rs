//! The `maildesk` program: everything is in the library.

fn main() -> std::process::ExitCode {
    maildesk::faces::cli::run()
}
