//! The unit under a real systemd: one conversation within all its restrictions, and what becomes of a daemon that is
//! stuck, or cannot be configured.
//!
//! That systemd is process 1 of namespaces of its own. What it cannot show: limits of memory and tasks (its cgroups
//! have no controllers), and what another kernel or another distribution does otherwise.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::child::until;
use crate::support::ground::missing;
use crate::support::machine::Machine;
use crate::support::town::{DESK, Town};

const PATIENCE: Duration = Duration::from_secs(60);
const UNIT: &str = "maildesk.service";

/// The files of `systemd/`, laid where a package lays them.
fn install(machine: &Machine) {
    for (name, place) in [
        ("maildesk.service", "/usr/lib/systemd/system/maildesk.service"),
        ("maildesk.sysusers", "/usr/lib/sysusers.d/maildesk.conf"),
        ("maildesk.tmpfiles", "/usr/lib/tmpfiles.d/maildesk.conf"),
    ] {
        let text = fs::read(format!("{}/systemd/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        machine.write(place, &text, "0644", "root:root");
    }
    machine.says(&["systemd-sysusers", "maildesk.conf"]);
    machine.says(&["systemd-tmpfiles", "--create", "maildesk.conf"]);
    machine.says(&["systemctl", "daemon-reload"]);
}

/// The configuration as an administrator leaves it: in the group's hands, without the password.
fn configure(machine: &Machine, town: &Town, more: &str) {
    let (imap, smtp) = (town.dovecot.imaps_port, town.postfix.submissions);
    let config = format!(
        r#"[mailbox]
host = "localhost"
port = {imap}
ca_file = "ca.pem"
user = "{DESK}"
password_credential = "imap"
adopt = "all"
[smtp]
host = "localhost"
port = {smtp}
ca_file = "ca.pem"
[desk]
address = "{DESK}"
agents = ["Petr Novák <petr@desk.example>"]
{more}"#
    );
    machine.write("/etc/maildesk/maildesk.toml", config.as_bytes(), "0640", "root:maildesk");
    machine.write("/etc/maildesk/ca.pem", &fs::read(&town.postfix.ca).unwrap(), "0644", "root:root");
    let password = &town.user(DESK).password;
    machine.write("/etc/maildesk/credentials/imap", password.as_bytes(), "0600", "root:root");
}

/// Lines of the unit that go before it, as `systemctl edit` writes them.
fn edit(machine: &Machine, lines: &str) {
    let place = "/etc/systemd/system/maildesk.service.d/override.conf";
    machine.write(place, lines.as_bytes(), "0644", "root:root");
    machine.says(&["systemctl", "daemon-reload"]);
}

/// Exit code and all that was said by `maildesk` with these words, under that user.
fn as_user(machine: &Machine, user: &str, words: &[&str]) -> (Option<i32>, String) {
    let front = ["runuser", "-u", user, "--", "/usr/bin/maildesk"];
    let done = machine.run(&[&front, words].concat());
    let said = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&said).into_owned())
}

fn start(machine: &Machine) {
    let started = machine.run(&["systemctl", "start", UNIT]);
    assert!(started.status.success(), "{}", machine.log(UNIT));
}

#[test]
fn the_unit_is_exposed_to_little() {
    if missing(&["/usr/bin/systemd-analyze"]) {
        return;
    }
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/systemd/maildesk.service");
    // In tenths: 1.5 at most. Above it systemd-analyze fails.
    let words = ["security", "--offline=true", "--threshold=15", "--no-pager", unit];
    let said = Command::new("systemd-analyze").args(words).output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout);
    eprintln!("{}", text.lines().last().unwrap_or_default());
    assert!(said.status.success(), "{text}{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn a_conversation_within_all_restrictions_of_the_unit() {
    let Some(town) = Town::start() else { return };
    let Some(machine) = Machine::boot() else { return };
    install(&machine);
    configure(&machine, &town, "");
    for (user, group) in [("alice", "maildesk"), ("olga", "nogroup")] {
        machine.says(&["useradd", "--groups", group, user]);
    }
    start(&machine);
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Lamp", "The lamp is dark.");
    let ack = ona.gets_answer_to(&id);
    assert!(ack.header("Subject").unwrap().contains("[#1]"));

    runs_confined(&machine);
    let told = until(PATIENCE, || machine.property(UNIT, "StatusText") == "all mailboxes can be read");
    assert!(told.is_some(), "{}", machine.property(UNIT, "StatusText"));

    let list = |user: &str| as_user(&machine, user, &["ticket", "list"]);
    for user in ["alice", "root", "maildesk"] {
        let (code, said) = list(user);
        assert!(code == Some(0) && said.contains("Lamp"), "{user}: {code:?} {said}");
        let (code, said) = as_user(&machine, user, &["status"]);
        assert_eq!(code, Some(0), "{user}: {said}");
    }
    let (code, said) =
        as_user(&machine, "alice", &["ticket", "note", "1", "She called again.", "--as", "petr"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        as_user(&machine, "maildesk", &["poke"]).0,
        Some(0),
        "as Postfix's pipe with user=maildesk does"
    );
    let (code, said) = list("olga");
    assert_eq!(code, Some(77), "{said}");
    assert!(said.contains("members of the group maildesk"), "{said}");
    let (code, said) = as_user(&machine, "root", &["check"]);
    assert_eq!(code, Some(0), "{said}");
    for user in ["alice", "maildesk"] {
        let secret = machine.run(&["runuser", "-u", user, "cat", "/etc/maildesk/credentials/imap"]);
        assert!(!secret.status.success(), "{user} reads the password");
    }

    machine.says(&["systemctl", "reload", UNIT]);
    let active = until(PATIENCE, || machine.property(UNIT, "ActiveState") == "active");
    assert!(active.is_some(), "{}", machine.log(UNIT));
    assert!(machine.log(UNIT).contains("the configuration was reloaded"), "{}", machine.log(UNIT));
    ona.gets_answer_to(&ona.writes(DESK, "Door", "The door is open."));
    machine.says(&["systemctl", "stop", UNIT]);
    assert_eq!(machine.property(UNIT, "Result"), "success", "{}", machine.log(UNIT));
    for user in ["alice", "root"] {
        let (code, said) = list(user);
        assert!(code == Some(0) && said.contains("Door"), "{user}, without a daemon: {code:?} {said}");
    }
    // As docs/postfix-lmtp.md says it.
    edit(&machine, "[Service]\nSupplementaryGroups=postfix\nPrivateUsers=no\nSystemCallFilter=@chown\n");
    configure(&machine, &town, "[local]\nlmtp = \"/run/maildesk/lmtp.sock\"\ngroup = \"postfix\"\n");
    start(&machine);
    ona.gets_answer_to(&ona.writes(DESK, "Window", "The window is broken."));
    only_postfix_hands_over(&machine);
}

/// The daemon has a user of its own, no capability, and the filter of system calls.
fn runs_confined(machine: &Machine) {
    let main = machine.property(UNIT, "MainPID");
    let status = machine.says(&["cat", &format!("/proc/{main}/status")]);
    let user = machine.says(&["id", "-u", "maildesk"]).trim().to_owned();
    for (name, value) in [
        ("Uid", format!("{user}\t{user}\t{user}\t{user}")),
        ("CapBnd", "0000000000000000".to_owned()),
        ("CapEff", "0000000000000000".to_owned()),
        ("NoNewPrivs", "1".to_owned()),
        ("Seccomp", "2".to_owned()),
    ] {
        assert!(status.contains(&format!("{name}:\t{value}\n")), "{name} is not {value}:\n{status}");
    }
}

/// The socket for mail that is handed over takes Postfix in and nobody else.
fn only_postfix_hands_over(machine: &Machine) {
    let greeted = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/maildesk/lmtp.sock'); \
                   print(s.recv(3).decode())";
    let as_postfix = ["runuser", "-u", "postfix", "--", "/usr/bin/python3", "-c", greeted];
    assert_eq!(machine.says(&as_postfix).trim(), "220");
    assert!(
        !machine.run(&["runuser", "-u", "olga", "--", "/usr/bin/python3", "-c", greeted]).status.success()
    );
}

#[test]
fn a_daemon_that_is_stuck_is_started_afresh_and_one_that_cannot_be_configured_is_not() {
    let Some(town) = Town::start() else { return };
    let Some(machine) = Machine::boot() else { return };
    install(&machine);
    configure(&machine, &town, "");
    edit(&machine, "[Service]\nWatchdogSec=2s\nRestartSec=100ms\n");
    start(&machine);
    let main = machine.property(UNIT, "MainPID");
    machine.says(&["kill", "-STOP", &main]);
    let again = until(PATIENCE, || {
        machine.property(UNIT, "NRestarts") == "1" && machine.property(UNIT, "ActiveState") == "active"
    });
    assert!(again.is_some(), "{}", machine.log(UNIT));
    assert_ne!(machine.property(UNIT, "MainPID"), main);
    let ona = town.person("ona@client.example");
    ona.gets_answer_to(&ona.writes(DESK, "Lamp", "The lamp is dark."));

    configure(&machine, &town, "nonsense = 1\n");
    let failed = machine.run(&["systemctl", "restart", UNIT]);
    assert!(!failed.status.success());
    assert_eq!(machine.property(UNIT, "ExecMainStatus"), "78");
    assert_eq!(machine.property(UNIT, "ActiveState"), "failed", "nobody starts it again");
    assert!(machine.log(UNIT).contains("nonsense"), "{}", machine.log(UNIT));
    configure(&machine, &town, "");
    start(&machine);
}
