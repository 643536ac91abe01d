//! Servers that go, or fall silent, at each step there is.

use std::time::{Duration, Instant};

use maildesk::mail::imap::{Account, Auth, Session, Trouble, Watch};
use maildesk::mail::wire::Security;

use super::{assert_over, opened};
use crate::support::liar_imap::{PASSWORD, Script};

const LISTED: &str = "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{tag} OK done\r\n";
const SHORT: Duration = Duration::from_millis(300);
/// No step here has a longer deadline; a busy machine may need some.
const LATEST: Duration = Duration::from_secs(8);

type End = fn(Script) -> Script;

/// What a server does at a step instead of what it should.
const ENDS: [(&str, End); 4] = [
    ("FIN", Script::close),
    ("RST", Script::reset),
    ("silence", Script::hang),
    ("BYE", |script| script.say("* BYE Session invalidated - AccessTokenExpired\r\n").hang()),
];

fn greeted() -> Script {
    Script::greeting("* OK ready\r\n")
}

/// Each step of a login up to the command whose answer does not come.
fn logins() -> Vec<(&'static str, Auth, Script)> {
    let asked = || greeted().hear("CAPABILITY", LISTED);
    vec![
        ("capabilities before", Auth::Auto, greeted().hear("CAPABILITY", "")),
        ("half of them", Auth::Auto, greeted().hear("CAPABILITY", "* CAPABILITY IMAP4rev1 AU")),
        ("the login", Auth::Login, asked().hear("LOGIN", "")),
        ("leave to say it", Auth::Plain, asked().hear("AUTHENTICATE PLAIN", "")),
        ("having said it", Auth::Plain, asked().hear("AUTHENTICATE PLAIN", "+ \r\n").hear_bare("", "")),
        ("capabilities after", Auth::Login, asked().hear("LOGIN", "{tag} OK in\r\n").hear("CAPABILITY", "")),
    ]
}

#[tokio::test]
async fn a_server_that_goes_or_falls_silent_at_any_step_of_a_login_is_away_and_refuses_nothing() {
    for (how, end) in ENDS {
        for (step, auth, script) in logins() {
            let liar = end(script).start().await;
            let account = Account { auth, ..liar.account() };
            let begun = Instant::now();
            let trouble = Session::connect(&account).await.unwrap_err();
            assert!(matches!(trouble, Trouble::Network(_)), "{how} at {step}: {trouble}");
            assert!(begun.elapsed() < LATEST, "{how} at {step}: {:?}", begun.elapsed());
        }
    }
}

#[tokio::test]
async fn tls_that_does_not_come_about_is_no_reason_to_say_a_password() {
    let word = |reply: &str| greeted().hear("STARTTLS", reply);
    let unanswered = [
        ("no word", word("").hang()),
        ("FIN for a word", word("").close()),
        ("silence after it", word("{tag} OK begin\r\n").hang()),
        ("FIN after it", word("{tag} OK begin\r\n").close()),
        ("another protocol after it", word("{tag} OK begin\r\n").append(Script::babble())),
    ];
    for (how, script) in unanswered {
        assert_away(how, Security::StartTls, script).await;
    }
    for (how, script) in [
        ("silence", Script::default().hang()),
        ("FIN", Script::default().close()),
        ("RST", Script::default().reset()),
        ("a greeting in the clear", Script::greeting("* OK ready\r\n").hang()),
    ] {
        assert_away(how, Security::Tls, script).await;
    }
}

async fn assert_away(how: &str, security: Security, script: Script) {
    let liar = script.start().await;
    let mut account = liar.account();
    account.endpoint.security = security;
    account.deadlines.tls = SHORT;
    let begun = Instant::now();
    let trouble = Session::connect(&account).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Network(_)), "{security:?}, {how}: {trouble}");
    assert!(begun.elapsed() < LATEST, "{how}: {:?}", begun.elapsed());
    let heard = liar.heard().concat();
    assert!(!heard.contains("LOGIN") && !heard.contains(PASSWORD), "{how}: {heard}");
}

#[tokio::test]
async fn a_server_that_goes_or_falls_silent_at_any_command_ends_the_session_and_answers_nothing() {
    for (how, end) in ENDS {
        for command in
            ["SELECT", "NOOP", "UID SEARCH", "UID FETCH 11", "UID STORE", "UID MOVE", "LIST", "IDLE"]
        {
            let script = end(Script::opened("MOVE UIDPLUS IDLE").hear(command, ""));
            let (mut session, _liar) = opened(script).await;
            let begun = Instant::now();
            let trouble = match command {
                "SELECT" => session.select("INBOX").await.map(drop),
                "NOOP" => session.noop().await,
                "UID SEARCH" => session.uids_from(1).await.map(drop),
                "UID FETCH 11" => session.list(&[11]).await.map(drop),
                "UID STORE" => session.add_flags(&[11], &["$Ticketed"]).await.map(drop),
                "UID MOVE" => session.move_to(&[11], "Done").await.map(drop),
                "LIST" => session.folders().await.map(drop),
                _ => session.wait(SHORT, Watch::Idle, std::future::pending()).await.map(drop),
            };
            assert!(matches!(trouble, Err(Trouble::Network(_))), "{how} at {command}: {trouble:?}");
            assert!(begun.elapsed() < LATEST, "{how} at {command}");
            assert_over(&mut session).await;
        }
    }
}
