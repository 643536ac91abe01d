//! Who refuses what, and what the operator is told.

use super::*;

#[tokio::test]
async fn a_wrong_client_secret_is_told_in_plain_words_and_tried_every_five_minutes() {
    let app = APP.replace("obuolys-7", "kriause-8");
    let Some(mut desk) = Desk::open(&app, Vec::new()).await else { return };
    desk.ona_writes().await;
    desk.begin();
    until("it is told", async || desk.mailbox_trouble().contains("not its Secret ID")).await;
    assert!(desk.mailbox_trouble().contains("AADSTS7000215") && !desk.mailbox_trouble().contains("kriause"));
    let began = desk.house.clock.now();
    desk.goes_on("twelve more attempts", async || desk.provider.asked().len() == 13).await;
    let took = desk.house.clock.now().duration_since(began);
    assert!(took >= SignedDuration::from_mins(55), "{took:?}: twelve an hour, whoever asks");
    assert_eq!(desk.refusals(), 0, "the mail server was not bothered");
    desk.stop().await;
}

#[tokio::test]
async fn a_dead_refresh_token_asks_for_a_login() {
    let oauth = "grant = \"refresh_token\"\nrefresh_token = \"refresh-0\"\n";
    let Some(mut desk) = Desk::open(oauth, Vec::new()).await else { return };
    desk.begin();
    until("it is told", async || desk.mailbox_trouble().contains("run `maildesk login mailbox`")).await;
    desk.stop().await;
}

#[tokio::test]
async fn nobody_logged_in_yet_asks_for_a_login_and_bothers_nobody() {
    let Some(mut desk) = Desk::open("grant = \"refresh_token\"\n", Vec::new()).await else { return };
    desk.begin();
    until("it is told", async || desk.mailbox_trouble().contains("nobody has logged in yet")).await;
    assert_eq!(desk.provider.asked().len(), 0);
    desk.stop().await;
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_is_not_replaced_at_once() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    // Whatever is given, Dovecot does not know it.
    for n in 0..8 {
        desk.provider.answers(200, &format!(r#"{{"access_token":"foreign-{n}","expires_in":3600}}"#));
    }
    desk.begin();
    until("it is told", async || desk.mailbox_trouble().contains("the mail server refused us")).await;
    until("Dovecot has written it down", async || desk.refusals() > 0).await;
    assert_eq!((desk.provider.asked().len(), desk.refusals()), (1, 1), "{}", desk.dovecot.log());
    // A new attempt begins with a new token: rights come with new ones only.
    desk.goes_on("it is tried again", async || desk.refusals() >= 2).await;
    let asked = desk.provider.asked().len();
    assert!(asked <= desk.refusals() + 1, "{asked} tokens for {} refusals", desk.refusals());
    desk.stop().await;
}

#[tokio::test]
async fn smtp_auth_that_is_switched_off_is_told_with_what_to_do() {
    let off =
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.\r\n";
    let Some(mut desk) = Desk::open(APP, vec![(Stage::Auth, 0, Act::Say(off))]).await else { return };
    desk.ona_writes().await;
    desk.begin();
    until("it is told", async || desk.relay_trouble().contains("Set-CASMailbox")).await;
    assert_eq!(desk.tickets().await, 1, "mail is read all the same");
    assert_eq!(desk.liar.taken().len(), 0);
    desk.stop().await;
}

#[tokio::test]
async fn a_refusal_that_comes_as_a_challenge_is_answered_and_then_understood() {
    let challenge = "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n";
    let lies = vec![
        (Stage::Auth, 1, Act::Say(challenge)),
        (Stage::Auth, 2, Act::Say("535 5.7.8 Username and Password not accepted.\r\n")),
    ];
    let Some(mut desk) = Desk::open(APP, lies).await else { return };
    desk.ona_writes().await;
    desk.begin();
    until("it is told", async || desk.relay_trouble().contains("status 401")).await;
    assert!(desk.relay_trouble().contains("Google does not take the token"), "{}", desk.relay_trouble());
    let heard = desk.liar.heard();
    let at = heard.iter().position(|line| line.starts_with("AUTH XOAUTH2")).expect("an attempt");
    assert_eq!(heard[at + 1], "", "an empty line ends it");
    desk.stop().await;
}

#[tokio::test]
async fn a_server_without_xoauth2_gets_no_token() {
    let provider = TokenServer::start();
    let Some(dovecot) = Dovecot::start().await else { return };
    let dir = tempfile::tempdir().unwrap();
    let liar = Liar::start(Script::default()).await;
    let house = house(dir.path(), &config(APP, &provider, dovecot.imap_port, liar.port));
    let (mailbox, waits) = (&house.settings.mailboxes[0], &house.settings.waits);
    let error = intake::log_in(mailbox, waits, &house.tokens).await.expect_err("no way in").to_string();
    assert!(error.contains("AUTH=XOAUTH2"), "{error}");
    let smtp = &house.settings.smtp["desk"];
    let server = outbox::server(smtp, waits).unwrap();
    let error = outbox::open(smtp, &server, &house.tokens).await.expect_err("no way in").to_string();
    assert!(error.contains("no login by XOAUTH2"), "{error}");
    assert!(!liar.heard().iter().any(|line| line.starts_with("AUTH")));
}
