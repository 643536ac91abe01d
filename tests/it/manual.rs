//! The manual and the completions that the example `man` writes, read by the programs that they are for.

#[path = "../../examples/man/pages/mod.rs"]
mod pages;

use std::path::Path;
use std::process::{Command, Output};

use crate::support::ground::missing;

fn said(program: &str, words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command
        .args(words)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "100")
        .env("MANROFFOPT", "-ww");
    command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// It ends well and complains of nothing.
fn accepts(program: &str, words: &[&str], folder: &Path) -> String {
    let done = said(program, words, folder);
    let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success() && error.is_empty(), "{program} {words:?}: {error}{out}");
    out.into_owned()
}

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    pages::write(folder.path()).unwrap();
    folder
}

#[test]
fn man_and_mandoc_find_no_fault_in_the_manual() {
    let folder = written();
    if missing(&["/usr/bin/man", "/usr/bin/mandoc", "/usr/bin/lexgrog"]) {
        return;
    }
    for (page, name) in [
        ("./maildesk.1", "maildesk - a support desk that lives in a mailbox"),
        ("./maildesk.toml.5", "maildesk.toml - configuration of maildesk"),
    ] {
        let text = accepts("man", &["--warnings", "-l", page], folder.path());
        assert!(text.lines().count() > 100, "{page} is empty");
        let lint = accepts("mandoc", &["-T", "lint", "-W", "warning", page], folder.path());
        assert_eq!(lint, "", "{page}");
        let line = accepts("lexgrog", &[page], folder.path());
        assert!(line.contains(name), "what apropos finds: {line}");
    }
}

#[test]
fn the_manual_tells_of_every_command_and_every_key() {
    let text = |page: String| page.replace("\\-", "-");
    let manual = text(pages::command_page());
    for words in ["ticket list", "ticket new", "outbox retry", "quarantine discard", "run", "journal correct"]
    {
        assert!(manual.contains(&format!(".SS \"maildesk {words}")), "{words}");
    }
    for part in ["--json", "EXIT STATUS", "\\fB78\\fR\nconfiguration", "MAILDESK_CONFIG", "SIGHUP"] {
        assert!(manual.contains(part), "{part}");
    }
    let reference = text(pages::reference_page());
    for part in [
        ".SS \"[mailbox]\"",
        "\\fBpoll_seconds\\fR = 60\n",
        ".SS \"[desk.hooks.unlock]\"",
        "\\fBlease_seconds\\fR",
    ] {
        assert!(reference.contains(part), "{part}");
    }
}

#[test]
fn each_shell_reads_its_completions() {
    let folder = written();
    let folder = folder.path().join("completions");
    for (shell, file) in [("bash", "maildesk.bash"), ("zsh", "_maildesk"), ("fish", "maildesk.fish")] {
        assert!(std::fs::read_to_string(folder.join(file)).unwrap().contains("quarantine"), "{file}");
        if !missing(&[&format!("/usr/bin/{shell}")]) {
            accepts(shell, &["-n", file], &folder);
        }
    }
    let complete = "source ./maildesk.bash; COMP_WORDS=(maildesk ticket re); COMP_CWORD=2; \
                    _maildesk maildesk re ticket; echo ${COMPREPLY[@]}";
    assert_eq!(accepts("bash", &["-c", complete], &folder), "reply resolve reopen\n");
}
