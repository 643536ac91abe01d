//! The first quarter of an hour: `maildesk init` against real servers.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::town::{DESK, Town};

/// What is known without asking: where the servers of the town are.
fn servers(town: &Town) -> Vec<String> {
    vec![
        "--imap".to_owned(),
        format!("localhost:{}", town.dovecot.imaps_port),
        "--smtp".to_owned(),
        format!("localhost:{}", town.postfix.submissions),
        "--security".to_owned(),
        "tls".to_owned(),
        "--ca-file".to_owned(),
        town.postfix.ca.display().to_string(),
    ]
}

fn program(dir: &Path) -> Command {
    let built = env!("CARGO_BIN_EXE_maildesk").to_owned();
    let mut command = Command::new(std::env::var("MAILDESK_BINARY").unwrap_or(built));
    command.current_dir(dir).env_remove("MAILDESK_CONFIG").env("LANG", "C.UTF-8");
    command
}

fn answered(mut command: Command, answers: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("maildesk");
    // It may end before it has read all.
    let _ = child.stdin.take().expect("a pipe").write_all(answers.as_bytes());
    child.wait_with_output().expect("its end")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn five_answers_make_a_desk_that_the_check_accepts() {
    let Some(town) = Town::start() else { return };
    let dir = TempDir::new().unwrap();
    let mut command = program(dir.path());
    command.args(["init", "desk/maildesk.toml"]).args(servers(&town));
    let password = &town.user(DESK).password;
    let answers = format!(
        "nobody\n{DESK}\nnot this\nPetr\nPetr Novák <petr@desk.example>\n\nxx\nen, lt\np\n{password}\n"
    );
    let done = answered(command, &answers);
    let text = said(&done);
    assert_eq!(done.status.code(), Some(0), "{text}");
    assert!(text.contains("app password"), "what to try after a refusal: {text}");
    assert!(text.contains("a plus address arrives"), "the letter to oneself: {text}");
    let (config, secret) = (dir.path().join("desk/maildesk.toml"), dir.path().join("desk/maildesk.password"));
    let written = fs::read_to_string(&config).unwrap();
    assert!(!written.contains("slaptas") && written.contains("languages = [\"en\", \"lt\"]"), "{written}");
    assert_eq!((mode(&secret), fs::read_to_string(&secret).unwrap()), (0o600, format!("{password}\n")));
    for words in [&["check", "--offline"][..], &["check"]] {
        let mut command = program(dir.path());
        let checked = command.arg("--config").arg(&config).args(words).output().unwrap();
        assert!(checked.status.success() && !said(&checked).contains("WARN"), "{}", said(&checked));
    }
    let mut again = program(dir.path());
    again.args(["init", "desk/maildesk.toml", "--yes", "--address", DESK]);
    let again = answered(again, "");
    assert!(
        again.status.code() == Some(74) && said(&again).contains("nothing is overwritten"),
        "{}",
        said(&again)
    );
    assert_eq!(fs::read_to_string(&config).unwrap(), written);
}

#[test]
fn without_questions_all_is_given_and_nothing_is_written_when_refused() {
    let Some(town) = Town::start() else { return };
    let dir = TempDir::new().unwrap();
    let secret = dir.path().join("secret");
    let begins = |password: &str, more: &[&str]| {
        fs::write(&secret, password).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = program(dir.path());
        command.args(["init", "--yes", "desk.toml", "--no-probe", "--address", DESK, "--language", "lt,ru"]);
        command.args(["--agent", "Petr Novák <petr@desk.example>", "--password-file", "secret"]);
        command.args(servers(&town)).args(more);
        answered(command, "")
    };
    let refused = begins("not this", &[]);
    assert_eq!(refused.status.code(), Some(77), "{}", said(&refused));
    assert!(said(&refused).contains("nothing was written"), "{}", said(&refused));
    assert!(!dir.path().join("desk.toml").exists() && secret.exists());
    let written = begins(&town.user(DESK).password, &["--json"]);
    assert_eq!(written.status.code(), Some(0), "{}", said(&written));
    let page: serde_json::Value = serde_json::from_slice(&written.stdout).expect("one document");
    assert_eq!(page["file"], "desk.toml");
    let unasked = program(dir.path()).args(["init", "--yes", "other.toml"]).output().unwrap();
    assert_eq!(unasked.status.code(), Some(64));
    assert!(said(&unasked).contains("give --address"), "{}", said(&unasked));
}

/// Reads from the terminal until these words come.
fn until_said(terminal: &mut impl Read, words: &str) -> String {
    let (mut seen, mut piece) = (Vec::new(), [0; 256]);
    while !String::from_utf8_lossy(&seen).contains(words) {
        let count = terminal.read(&mut piece).expect("the terminal");
        assert!(count > 0, "no {words:?} in {}", String::from_utf8_lossy(&seen));
        seen.extend(&piece[..count]);
    }
    String::from_utf8_lossy(&seen).into_owned()
}

#[test]
fn on_a_terminal_the_password_is_not_shown() {
    let Some(town) = Town::start() else { return };
    let dir = TempDir::new().unwrap();
    let mut inner = program(dir.path());
    inner.args([
        "init",
        "desk.toml",
        "--address",
        DESK,
        "--agent",
        "Petr <petr@desk.example>",
        "--language",
        "en",
    ]);
    inner.arg("--no-probe").args(servers(&town));
    let words: Vec<String> = std::iter::once(inner.get_program())
        .chain(inner.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    // script(1) gives it a terminal of its own.
    let mut terminal = Command::new("script")
        .args(["-qec", &words.join(" "), "/dev/null"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script");
    let (mut keys, mut screen) = (terminal.stdin.take().unwrap(), terminal.stdout.take().unwrap());
    let mut shown = until_said(&mut screen, "it is not shown: ");
    let password = &town.user(DESK).password;
    writeln!(keys, "{password}").unwrap();
    shown += &until_said(&mut screen, "desk.toml: written");
    drop(keys);
    assert!(terminal.wait().unwrap().success(), "{shown}");
    assert!(!shown.contains("slaptas"), "{shown}");
    assert_eq!(fs::read_to_string(dir.path().join("desk.password")).unwrap(), format!("{password}\n"));
}
