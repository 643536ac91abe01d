//! Configurations.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use maildesk::config::{Place, Problem, load_without_secrets, read_desk_yaml};

/// Any text is read or refused; each problem is one line that names the file, and a line that the file has.
pub fn holds(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    operators(&text);
    described(&text);
    super::grown(bytes, |big| {
        operators(&String::from_utf8_lossy(big));
        described(&String::from_utf8_lossy(big));
    });
}

thread_local! {
    /// A folder of our own: names of files in the text begin there.
    static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

/// As the operator's own file.
fn operators(text: &str) {
    let path = FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder"));
        folder.path().join("maildesk.toml")
    });
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its mode");
    let read = load_without_secrets(std::slice::from_ref(&path), &BTreeMap::new());
    match &read {
        Ok(loaded) => {
            assert!(!loaded.settings.desks.is_empty(), "a configuration without a desk is none");
            are_told(&loaded.warnings, "maildesk.toml", text);
        }
        Err(problems) => {
            assert!(!problems.0.is_empty(), "refused without a reason");
            are_told(&problems.0, "maildesk.toml", text);
        }
    }
}

/// As the description of a desk for a rehearsal.
fn described(text: &str) {
    if let Err(problems) = read_desk_yaml("desk.yaml", text, None) {
        assert!(!problems.0.is_empty(), "refused without a reason");
        are_told(&problems.0, "desk.yaml", text);
    }
}

fn are_told(problems: &[Problem], file: &str, text: &str) {
    let lines = if file.ends_with(".yaml") {
        // A carriage return alone ends a line, too (YAML 1.2.2, section 5.4).
        text.split(['\n', '\r']).count()
    } else {
        text.lines().count().max(1)
    };
    problems.iter().for_each(|problem| is_told(problem, file, lines));
}

fn is_told(problem: &Problem, file: &str, lines: usize) {
    let shown = problem.to_string();
    assert!(super::is_one_line(&shown), "{shown:?}");
    assert!(!problem.what.is_empty(), "{shown:?} says nothing");
    match &problem.place {
        Place::Line { file: named, line, column } => {
            assert_eq!(&**named, file);
            assert!((1..=lines + 1).contains(&(*line as usize)), "{shown:?}");
            assert!(*column >= 1, "{shown:?}");
            assert!(shown.starts_with(&format!("{file}:{line}: ")), "{shown:?}");
        }
        Place::File(named) => assert_eq!(&**named, file),
        Place::Variable(name) => panic!("{name}: there is no variable"),
    }
}
