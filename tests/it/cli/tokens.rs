//! What check and login say about access tokens.

use data_encoding::BASE64URL_NOPAD;

use super::{DESK, Folder};
use crate::support::token_server::TokenServer;

/// A mailbox at Microsoft whose servers are not there; the provider of tokens is.
fn folder(provider: &TokenServer, oauth: &str) -> Folder {
    let (token, device) = (provider.url("token"), provider.url("device"));
    Folder::with(&format!(
        "{DESK}[mailbox]\npreset = \"m365\"\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"plain\"\n\
         user = \"support@desk.example\"\n[mailbox.oauth]\nclient_id = \"desk\"\ntoken_endpoint = \"{token}\"\n\
         device_endpoint = \"{device}\"\n{oauth}[smtp]\nhost = \"127.0.0.1\"\nport = 9\nsecurity = \"plain\"\n"
    ))
}

#[test]
fn check_says_which_right_is_missing_in_a_token() {
    let provider = TokenServer::start();
    let claims = r#"{"aud":"https://outlook.office365.com","roles":["IMAP.AccessAsApp"]}"#;
    let token = format!("e30.{}.c2ln", BASE64URL_NOPAD.encode(claims.as_bytes()));
    provider.answers(200, &format!(r#"{{"access_token":"{token}","expires_in":3600}}"#));
    let run = folder(&provider, "client_secret = \"obuolys-7\"\n").run(&["check"]);
    assert_eq!(run.code, 77, "{}", run.out);
    assert!(
        run.out.contains("tokens mailbox: the token has no right to SMTP: add SMTP.SendAsApp"),
        "{}",
        run.out
    );
    assert!(
        run.out.contains("(it has: IMAP.AccessAsApp)") && !run.out.contains("no right to IMAP"),
        "{}",
        run.out
    );
    assert!(run.out.contains("FAIL imap mailbox: network: connecting"), "each step for itself: {}", run.out);
    assert!(!run.out.contains(&token) && !run.out.contains("obuolys"));
}

#[test]
fn check_says_what_is_wrong_with_the_application() {
    let provider = TokenServer::start();
    let wrong = folder(&provider, "client_secret = \"kriause-8\"\n").run(&["check"]);
    assert_eq!(wrong.code, 77);
    assert!(wrong.out.contains("it must be the secret's Value from Entra"), "{}", wrong.out);
    provider.away(true);
    let away = folder(&provider, "client_secret = \"obuolys-7\"\n").run(&["check"]);
    assert_eq!(away.code, 75, "{}", away.out);
    assert!(away.out.contains(&format!("the token endpoint {} cannot be reached", provider.url("token"))));
}

#[test]
fn check_speaks_of_a_secret_that_ends() {
    let provider = TokenServer::start();
    let secret = "client_secret = \"obuolys-7\"\nsecret_expires = ";
    let ended = folder(&provider, &format!("{secret}\"2020-01-01\"\n")).run(&["check", "--offline"]);
    assert!(
        ended.out.contains("WARN tokens mailbox: the client secret has expired on 2020-01-01"),
        "{}",
        ended.out
    );
    let lasting = folder(&provider, &format!("{secret}\"2199-01-01\"\n")).run(&["check", "--offline"]);
    assert!(lasting.out.contains("the client secret is good until 2199-01-01"), "{}", lasting.out);
}

#[test]
fn a_login_where_none_is_wanted_says_so() {
    let provider = TokenServer::start();
    let app = folder(&provider, "client_secret = \"obuolys-7\"\n");
    let (code, said) = app.run(&["login", "mailbox"]).failed();
    assert!(code == 64 && said.contains("needs no login"), "{said}");
    let (code, said) = app.run(&["login"]).failed();
    assert!(code == 64 && said.contains("no mailbox has [mailbox.oauth]"), "{said}");
    provider.answers(400, r#"{"error":"authorization_declined"}"#);
    let person = folder(&provider, "");
    let (code, said) = person.run(&["login"]).failed();
    assert!(code == 77 && said.contains("WDJB-MJHT") && said.contains("the login was declined"), "{said}");
    let done = person.run(&["login", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("\"daemon_told\": false") && !done.out.contains("refresh-"), "{}", done.out);
}
