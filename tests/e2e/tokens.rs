//! Login by access token with the real program, Dovecot and Postfix: XOAUTH2 on both, a provider on loopback.

use std::time::Duration;

use crate::support::daemon::{Daemon, STOP_MAX};
use crate::support::people::SOON;
use crate::support::token_server::{SECRET, TokenServer};
use crate::support::town::{DESK, Town};

/// A daemon that has no password, only this table.
fn daemon(town: &Town, provider: &TokenServer, oauth: &str) -> Daemon {
    let more = format!(
        "[mailbox]\npoll_seconds = 0.2\n[mailbox.oauth]\nclient_id = \"desk\"\nclient_secret = \"{SECRET}\"\n\
         token_endpoint = \"{}\"\ndevice_endpoint = \"{}\"\n{oauth}[log]\nfilter = \"trace\"\n",
        provider.url("token"),
        provider.url("device")
    );
    let daemon = Daemon::prepare(town, &more);
    let file = daemon.path("maildesk.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("password_file")).collect();
    std::fs::write(&file, kept.join("\n")).unwrap();
    daemon
}

#[track_caller]
fn shows_no_secret(daemon: &Daemon, provider: &TokenServer) {
    let log = daemon.log();
    for secret in provider.secrets() {
        assert!(!log.contains(&secret), "{secret} stands in the log:\n{log}");
    }
}

#[test]
fn a_conversation_goes_through_dovecot_and_postfix_without_a_password() {
    let provider = TokenServer::start();
    let Some(town) = Town::start_with(|home| provider.passdb(home)) else { return };
    let mut daemon = daemon(&town, &provider, "grant = \"client_credentials\"\n");
    daemon.start();
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Printer", "The printer prints nothing.");
    let acknowledgement = ona.gets_answer_to(&id);
    assert!(acknowledgement.subject().contains("Printer"));
    assert_eq!(provider.asked().len(), 1, "one token for both servers");
    let checked = daemon.command(&["check"]);
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success(), "{text}");
    assert!(
        text.contains("tokens mailbox: 127.0.0.1 gives tokens, this one for 59 minutes")
            || text.contains("this one for 60 minutes"),
        "{text}"
    );
    shows_no_secret(&daemon, &provider);
    assert!(daemon.stop(STOP_MAX).success());
}

#[test]
fn a_login_at_a_device_wakes_a_daemon_that_waits_for_it() {
    let provider = TokenServer::start();
    let Some(town) = Town::start_with(|home| provider.passdb(home)) else { return };
    let mut daemon = daemon(&town, &provider, "grant = \"refresh_token\"\n");
    daemon.start();
    daemon.wait_for_log("run `maildesk login mailbox`", SOON);
    let status = daemon.command(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.code() == Some(1) && said.contains("alarm        mailbox: "), "{said}");
    provider.answers(400, r#"{"error":"authorization_pending"}"#);
    let login = daemon.command(&["login"]);
    let (out, err) = (String::from_utf8_lossy(&login.stdout), String::from_utf8_lossy(&login.stderr));
    assert!(login.status.success(), "{out}{err}");
    assert!(err.contains("https://login.example/device") && err.contains("WDJB-MJHT"), "{err}");
    assert_eq!(out, format!("{DESK} is logged in; the daemon goes on with it\n"));
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Printer", "The printer prints nothing.");
    ona.gets_answer_to(&id);
    assert_eq!(daemon.command(&["status"]).status.code(), Some(0));
    shows_no_secret(&daemon, &provider);
    provider.forgets_logins();
    provider.forgets_access();
    let checked = daemon.command(&["check"]);
    let text = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert_eq!(checked.status.code(), Some(77), "{text}");
    assert!(text.contains("run `maildesk login mailbox`"), "{text}");
}

#[test]
fn a_replaced_refresh_token_survives_kills_at_any_moment() {
    const KILLS: u32 = 12;
    let provider = TokenServer::start();
    provider.rotates();
    let first = provider.logged_in();
    let Some(town) = Town::start_with(|home| provider.passdb(home)) else { return };
    let mut daemon = daemon(&town, &provider, "grant = \"refresh_token\"\n");
    std::fs::write(daemon.path("first"), first).unwrap();
    std::fs::set_permissions(daemon.path("first"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .unwrap();
    let with_first = format!("refresh_token_file = \"{}\"\n", daemon.path("first").display());
    let story = std::fs::read_to_string(daemon.path("conf.d/10-story.toml")).unwrap();
    daemon.configure(&story.replace("grant =", &format!("{with_first}grant =")));
    for kill in 0..KILLS {
        let asked = provider.asked().len();
        daemon.launch();
        crate::support::child::until(SOON, || provider.asked().len() > asked).expect("it asks for a token");
        // From the moment of the answer on, a little later each time: before, while and after it is kept and used.
        let moment = Duration::from_micros(u64::from(kill) * 700);
        let begun = std::time::Instant::now();
        while begun.elapsed() < moment {
            std::hint::spin_loop();
        }
        daemon.kill();
    }
    daemon.start();
    let ona = town.person("ona@client.example");
    let id = ona.writes(DESK, "Printer", "The printer prints nothing.");
    ona.gets_answer_to(&id);
    assert!(!daemon.log().contains("maildesk login"), "no login was lost");
    shows_no_secret(&daemon, &provider);
}
