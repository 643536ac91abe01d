//! Greeting, STARTTLS, capabilities, login.

use maildesk::mail::imap::{Auth, Session, Trouble};
use maildesk::mail::secret::Secret;
use maildesk::mail::wire::Security;

use crate::support::liar_imap::{PASSWORD, Script};

const LISTED: &str = "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK done\r\n";

#[tokio::test]
async fn a_greeting_decides_before_anything_is_said() {
    for (greeting, kind) in [
        ("* BYE too many connections\r\n", "network: greeting: BYE too many connections"),
        ("220 mx.example ESMTP\r\n", "protocol: greeting: the answer cannot be read"),
        ("* NO not today\r\n", "protocol: greeting: this is no IMAP server"),
    ] {
        let liar = Script::greeting(greeting).start().await;
        assert_eq!(Session::connect(&liar.account()).await.unwrap_err().to_string(), kind);
        assert!(liar.heard().is_empty());
    }
}

#[tokio::test]
async fn a_server_that_never_greets_is_given_up() {
    let liar = Script::default().hang().start().await;
    assert!(matches!(Session::connect(&liar.account()).await, Err(Trouble::Network(_))));
}

#[tokio::test]
async fn a_server_that_closes_at_once_is_a_network_trouble() {
    let liar = Script::default().close().start().await;
    assert!(matches!(Session::connect(&liar.account()).await, Err(Trouble::Network(_))));
}

#[tokio::test]
async fn who_is_known_already_need_not_log_in() {
    let script = Script::greeting("* PREAUTH welcome\r\n").hear("CAPABILITY", LISTED);
    let liar = script.start().await;
    let session = Session::connect(&liar.account()).await.unwrap();
    assert!(session.capabilities().contains("AUTH=PLAIN"));
}

#[tokio::test]
async fn without_starttls_no_password_is_sent() {
    for reply in ["{tag} BAD unknown command\r\n", "{tag} NO [UNAVAILABLE] no certificate\r\n"] {
        let liar = Script::greeting("* OK ready\r\n").hear("STARTTLS", reply).start().await;
        let mut account = liar.account();
        account.endpoint.security = Security::StartTls;
        assert!(matches!(Session::connect(&account).await, Err(Trouble::Refused(_))));
        assert_eq!(liar.heard(), ["m1 STARTTLS"]);
    }
}

#[tokio::test]
async fn a_greeting_that_skips_tls_is_refused_where_tls_is_required() {
    let liar = Script::greeting("* PREAUTH come in\r\n").start().await;
    let mut account = liar.account();
    account.endpoint.security = Security::StartTls;
    assert!(matches!(Session::connect(&account).await, Err(Trouble::Refused(_))));
    assert!(liar.heard().is_empty());
}

#[tokio::test]
async fn words_slipped_in_behind_starttls_end_the_session() {
    for slipped in ["* CAPABILITY IMAP4rev1 IDLE\r\n", "m1 OK again\r\n", "m2", "\r\n"] {
        let reply = format!("{{tag}} OK begin\r\n{slipped}");
        let liar = Script::greeting("* OK ready\r\n").hear("STARTTLS", &reply).start().await;
        let mut account = liar.account();
        account.endpoint.security = Security::StartTls;
        let trouble = Session::connect(&account).await.unwrap_err();
        assert!(!matches!(trouble, Trouble::Refused(_)), "{slipped:?}: {trouble}");
        assert!(trouble.to_string().contains("slipped in"), "{slipped:?}: {trouble}");
        assert_eq!(liar.heard(), ["m1 STARTTLS"]);
    }
}

#[tokio::test]
async fn capabilities_are_those_listed_after_the_login() {
    let script = Script::greeting("* OK [CAPABILITY IMAP4rev1 COMPRESS=DEFLATE] ready\r\n")
        .hear("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\n{tag} OK done\r\n")
        .hear("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 XLIST] in\r\n")
        .hear("CAPABILITY", "* CAPABILITY IMAP4rev1 Idle MOVE LOGINDISABLED\r\n{tag} OK done\r\n");
    let liar = script.start().await;
    let session = Session::connect(&liar.account()).await.unwrap();
    let listed: Vec<&str> = session.capabilities().iter().map(String::as_str).collect();
    assert_eq!(listed, ["IDLE", "IMAP4REV1", "LOGINDISABLED", "MOVE"]);
}

#[tokio::test]
async fn a_list_of_abilities_that_cannot_be_read_costs_the_abilities_only() {
    for list in ["* CAPABILITY IMAP4rev1  IDLE\r\n", "* CAPABILITY IMAP4rev2 IDLE\r\n"] {
        let script = Script::greeting("* OK ready\r\n")
            .hear("CAPABILITY", &format!("{list}{{tag}} OK done\r\n"))
            .close()
            .then(Script::greeting("* OK ready\r\n").hear("LOGIN", "{tag} OK in\r\n"))
            .hear("NOOP", "{tag} OK done\r\n");
        let liar = script.start().await;
        let mut session = Session::connect(&liar.account()).await.unwrap();
        session.noop().await.unwrap();
        assert!(!session.capabilities().contains("IDLE"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_a_server_in_trouble_is_not() {
    for (reply, kind) in [
        ("{tag} NO Authentication failed.\r\n", "refused"),
        ("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n", "refused"),
        ("{tag} NO [UNAVAILABLE] back end is down\r\n", "network"),
        ("{tag} NO [LIMIT] too many\r\n", "network"),
        ("{tag} BAD what?\r\n", "protocol"),
        ("* BYE going down\r\n", "network"),
    ] {
        let script = Script::greeting("* OK ready\r\n").hear("CAPABILITY", LISTED).hear("LOGIN", reply);
        let liar = script.start().await;
        let trouble = Session::connect(&liar.account()).await.unwrap_err().to_string();
        assert!(trouble.starts_with(kind), "{reply:?}: {trouble}");
    }
}

#[tokio::test]
async fn the_password_does_not_come_back_in_an_error() {
    let echo = format!("{{tag}} BAD cannot read LOGIN ona {PASSWORD}\r\n");
    let script = Script::greeting("* OK ready\r\n").hear("CAPABILITY", LISTED).hear("LOGIN", &echo);
    let liar = script.start().await;
    let account = liar.account();
    let trouble = Session::connect(&account).await.unwrap_err().to_string();
    assert!(trouble.contains("***") && !trouble.contains(PASSWORD), "{trouble}");
    assert!(!format!("{account:?}").contains("slaptas"));
}

#[tokio::test]
async fn how_to_log_in_is_our_choice() {
    // (capabilities, password, mechanism, what is said)
    let plain = "AG9uYUBjbGllbnQuZXhhbXBsZQDFvm9kaXM=";
    for (listed, password, auth, want) in [
        (
            "AUTH=GSSAPI AUTH=PLAIN",
            "a\"b",
            Auth::Auto,
            vec!["m2 LOGIN \"ona@client.example\" \"a\\\"b\"".into()],
        ),
        ("AUTH=PLAIN SASL-IR", "žodis", Auth::Auto, vec![format!("m2 AUTHENTICATE PLAIN {plain}")]),
        ("AUTH=PLAIN", "žodis", Auth::Auto, vec!["m2 AUTHENTICATE PLAIN".into(), plain.into()]),
        ("LOGINDISABLED AUTH=PLAIN", "žodis", Auth::Auto, vec!["m2 AUTHENTICATE PLAIN".into(), plain.into()]),
    ] {
        let list = format!("* CAPABILITY IMAP4rev1 {listed}\r\n{{tag}} OK done\r\n");
        let mut script = Script::greeting("* OK ready\r\n").hear("CAPABILITY", &list);
        script = match want.as_slice() {
            [_] => script.hear("", "{tag} OK in\r\n"),
            _ => script.hear("AUTHENTICATE", "+ \r\n").hear_bare("", "{tag} OK in\r\n"),
        };
        let liar = script.hear("CAPABILITY", &list).start().await;
        let mut account = liar.account();
        account.password = Secret::new(password);
        account.auth = auth;
        Session::connect(&account).await.unwrap();
        assert_eq!(liar.heard()[1..=want.len()], want);
    }
}

#[tokio::test]
async fn where_no_way_to_log_in_is_left_nothing_is_tried() {
    let list = "* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=GSSAPI\r\n{tag} OK done\r\n";
    let liar = Script::greeting("* OK ready\r\n").hear("CAPABILITY", list).start().await;
    assert!(matches!(Session::connect(&liar.account()).await, Err(Trouble::Refused(_))));
    assert_eq!(liar.heard().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_a_refusal_and_not_a_hang() {
    let script = Script::greeting("* OK ready\r\n")
        .hear("CAPABILITY", "* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n{tag} OK done\r\n")
        .hear("AUTHENTICATE XOAUTH2", "+ \r\n")
        .hear_bare("dXNlcj1", "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
        .hear_bare("", "{tag} NO invalid credentials\r\n");
    let liar = script.start().await;
    let mut account = liar.account();
    account.auth = Auth::Xoauth2;
    assert!(matches!(Session::connect(&account).await, Err(Trouble::Refused(_))));
    assert_eq!(liar.heard()[3], "");
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_password_is_in_no_log_however_much_is_logged() {
    use tracing_subscriber::util::SubscriberInitExt as _;

    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let _guard = subscriber.with_writer(move || writer.clone()).finish().set_default();
    let mut secrets = vec!["Hunter2".to_owned()];
    for auth in [Auth::Login, Auth::Plain] {
        let mut script = Script::greeting("* OK hello Ona\r\n").hear("CAPABILITY", LISTED);
        script = script.hear("", "{tag} OK in\r\n").hear("CAPABILITY", LISTED);
        let liar = script.start().await;
        let mut account = liar.account();
        account.auth = auth;
        account.password = Secret::new("Hunter2");
        Session::connect(&account).await.unwrap();
        secrets.extend(liar.heard()[1].rsplit(' ').next().map(str::to_owned));
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("hello Ona"),
        "the library's own trace must be in the log, or this proves nothing"
    );
    assert!(secrets[2].len() > 20 && secrets.iter().all(|secret| !logged.contains(secret.as_str())));
}
