//! `check` finds each fault, with its exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use maildesk::daemon::clock::Clock;
use maildesk::sandbox::{Sandbox, SandboxConfig};

use super::{DESK, Folder};

/// Areas and verdicts of a check, and its exit code.
fn found(folder: &Folder, words: &[&str]) -> (i32, Vec<(String, String, String)>) {
    let run = folder.run(&[&["check", "--json"], words].concat());
    let document: serde_json::Value = serde_json::from_str(&run.out).expect("JSON");
    assert_eq!(document["code"], run.code);
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    (run.code, findings.map(|f| (text(&f["area"]), text(&f["verdict"]), text(&f["text"]))).collect())
}

#[track_caller]
fn assert_found(found: &[(String, String, String)], area: &str, verdict: &str, text: &str) {
    let same = |f: &&(String, String, String)| f.0 == area && f.1 == verdict && f.2.contains(text);
    assert!(found.iter().find(same).is_some(), "{area} {verdict} {text}\n{found:#?}");
}

#[test]
fn a_sound_desk_passes_without_its_servers() {
    let folder = Folder::new();
    let config = folder.config();
    let said = folder.run(&["check", "--offline"]).ok();
    // What follows is about this machine, not about the desk.
    let (of_desk, of_machine) = said.split_at(said.find("OK   clock").or(said.find("WARN clock")).unwrap());
    assert!(of_machine.contains("\nOK   time zones: "), "{of_machine}");
    assert_eq!(
        of_desk,
        format!(
            "OK   configuration: {}\n\
             OK   templates: all render in cs, en, lt, lv, ru\n\
             OK   state directory: {state} is not there yet; the daemon makes it\n\
             OK   database: {state}/maildesk.sqlite is not there yet; the daemon makes it\n\
             OK   daemon: none runs\n",
            config.display(),
            state = folder.path("state").display()
        )
    );
    folder.run(&["ticket", "new", "--from", "Ona", "--subject", "A", "B"]).ok();
    assert!(folder.run(&["check", "--offline"]).ok().contains("all is as it must be"));
}

#[test]
fn a_clock_that_no_time_server_keeps_in_step_is_warned_of() {
    let folder = Folder::new();
    let systemd = |says: &str| {
        fs::create_dir_all(folder.path("bin")).unwrap();
        let program = folder.path("bin/timedatectl");
        let script = format!("#!/bin/sh\n[ \"$*\" = 'show --property=NTPSynchronized --value' ] && {says}\n");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let run = folder.run_beside("bin", &["check", "--offline"]);
        assert_eq!(run.code, 0, "{}", run.out);
        run.out.lines().find(|line| line.contains(" clock: ")).unwrap().to_owned()
    };
    assert_eq!(systemd("echo yes"), "OK   clock: a time server keeps it in step");
    assert!(systemd("echo no").starts_with("WARN clock: no time server keeps it in step"));
    let unknown = "OK   clock: timedatectl does not say whether a time server keeps it in step";
    assert_eq!(systemd("exit 1"), unknown, "as in a container");
}

#[test]
fn each_fault_has_its_code_and_the_gravest_counts() {
    let folder = Folder::with("[desk]\naddress = 7\n");
    let (code, all) = found(&folder, &["--offline"]);
    assert_eq!(code, 78);
    assert_found(&all, "configuration", "fail", "desk.address");

    let folder = Folder::new();
    drop(folder.store());
    let (code, all) = found(&folder, &[]);
    assert_eq!(code, 75);
    assert_found(&all, "imap mailbox", "fail", "Connection refused");
    assert_found(&all, "smtp desk", "fail", "Connection refused");

    fs::set_permissions(folder.path("state"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, all) = found(&folder, &[]);
    assert_eq!(code, 77);
    assert_found(&all, "state directory", "fail", "everybody can look into");

    fs::create_dir_all(folder.path("words/en")).unwrap();
    fs::write(folder.path("words/en/ack.txt"), "Subject: Hello\n\n{{ tickt.number }}\n").unwrap();
    let text = fs::read_to_string(folder.config()).unwrap();
    fs::write(folder.config(), format!("templates_dir = \"words\"\n{text}")).unwrap();
    let (code, all) = found(&folder, &["--offline"]);
    assert_eq!(code, 78);
    assert_found(&all, "templates", "fail", "en/ack.txt:3");
}

#[test]
fn a_damaged_database_is_74() {
    let folder = Folder::new();
    drop(folder.store());
    fs::write(folder.settings().database, "Dear desk, ".repeat(1000)).unwrap();
    let (code, all) = found(&folder, &["--offline"]);
    assert_eq!(code, 74);
    assert_found(&all, "database", "fail", "");
}

async fn sandbox() -> (Sandbox, Folder) {
    let clock = Clock::system();
    let config = SandboxConfig::new([("support@desk.example", "obuolys")], Arc::new(move || clock.now()));
    let sandbox = Sandbox::start(config).await.unwrap();
    let (imap, smtp) = (sandbox.imap_addr().port(), sandbox.smtp_addr().port());
    let folder = Folder::with(&format!(
        "{DESK}
[mailbox]
host = \"127.0.0.1\"
port = {imap}
security = \"plain\"
user = \"support@desk.example\"
password = \"obuolys\"
[smtp]
host = \"127.0.0.1\"
port = {smtp}
security = \"plain\"
user = \"support@desk.example\"
password = \"obuolys\"
"
    ));
    (sandbox, folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_let_us_in_are_told_with_what_they_can() {
    let (sandbox, folder) = sandbox().await;
    let (code, all) = tokio::task::spawn_blocking(move || found(&folder, &[])).await.unwrap();
    assert_eq!(code, 0, "{all:#?}");
    assert_found(&all, "imap mailbox", "ok", "let support@desk.example in after");
    assert_found(&all, "imap mailbox", "ok", "folder INBOX: 0 mails");
    assert_found(&all, "smtp desk", "ok", "let support@desk.example in after");
    assert!(sandbox.mailbox("support@desk.example").unwrap().messages().is_empty());
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_77_and_is_not_repeated() {
    let (sandbox, folder) = sandbox().await;
    let text = fs::read_to_string(folder.config()).unwrap();
    fs::write(folder.config(), text.replace("obuolys", "kriaušė")).unwrap();
    let (code, all) = tokio::task::spawn_blocking(move || found(&folder, &[])).await.unwrap();
    assert_eq!(code, 77, "{all:#?}");
    assert!(all.iter().all(|(.., text)| !text.contains("kriaušė")), "{all:#?}");
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_to_oneself_tells_how_tokens_travel() {
    let (sandbox, folder) = sandbox().await;
    let (code, all) = tokio::task::spawn_blocking(move || found(&folder, &["--probe"])).await.unwrap();
    assert_eq!(code, 0, "{all:#?}");
    for text in [
        "the letter arrived after",
        "our own Message-ID survives",
        "the empty envelope sender is allowed",
        "a plus address arrives",
        "no Authentication-Results on mail to oneself, and none is trusted",
    ] {
        assert_found(&all, "probe desk", "ok", text);
    }
    assert_eq!(sandbox.mailbox("support@desk.example").unwrap().messages().len(), 1);
    sandbox.stop().await;
}
