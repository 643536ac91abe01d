//! Tokens are given, shared, renewed and replaced.

use super::*;

#[tokio::test]
async fn mail_is_read_and_answered_with_one_token() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    desk.ona_writes().await;
    desk.begin();
    until("both letters leave", async || desk.liar.taken().len() == 2).await;
    let asked = desk.provider.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(
        (asked[0]["grant_type"].as_str(), asked[0]["client_secret"].as_str()),
        ("client_credentials", SECRET)
    );
    let shown: Vec<String> = desk.liar.heard().iter().filter_map(|line| token_in(line)).collect();
    assert!(!shown.is_empty() && shown.iter().all(|token| token == "access-1"), "{shown:?}");
    desk.stop().await;
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_the_session_goes_on() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    desk.begin();
    desk.is_in().await;
    desk.advance(SignedDuration::from_secs(3600 - 301));
    desk.ona_writes().await;
    until("both letters leave", async || desk.liar.taken().len() == 2).await;
    assert_eq!(desk.provider.asked().len(), 1, "not before its time");
    desk.advance(SignedDuration::from_secs(1));
    until("it is renewed", async || desk.provider.asked().len() == 2).await;
    assert_eq!(desk.mailbox_trouble(), "");
    desk.stop().await;
}

#[tokio::test]
async fn a_token_that_the_server_refuses_is_replaced_once_and_mail_flows() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    desk.begin();
    desk.is_in().await;
    desk.advance(SignedDuration::from_mins(10));
    desk.provider.forgets_access();
    desk.cut().await;
    desk.ona_writes().await;
    until("both letters leave", async || desk.liar.taken().len() == 2).await;
    until("Dovecot has written it down", async || desk.refusals() > 0).await;
    assert_eq!((desk.provider.asked().len(), desk.refusals()), (2, 1), "{}", desk.dovecot.log());
    assert_eq!(desk.mailbox_trouble(), "");
    desk.stop().await;
}

#[tokio::test]
async fn while_the_endpoint_is_away_nobody_hammers_it_and_mail_flows_when_it_is_back() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    desk.provider.away(true);
    desk.ona_writes().await;
    desk.begin();
    until("it is told", async || desk.mailbox_trouble().contains("cannot be reached")).await;
    let told = desk.mailbox_trouble();
    assert!(told.contains(&desk.provider.url("token")), "{told}");
    let health = desk.house.tokens.health().remove(0);
    assert!(health.trouble.is_some() && health.good_until.is_none(), "{health:?}");
    assert_eq!(desk.house.tokens.alarms(desk.house.clock.now()).len(), 1, "no token is left: an alarm");
    desk.provider.away(false);
    // However often the mailbox is tried meanwhile, the endpoint is left alone until the clock moves.
    let tried = desk.provider.asked().len();
    for _ in 0..20 {
        desk.house.progress.poke();
        tokio::task::yield_now().await;
    }
    assert_eq!((desk.provider.asked().len(), tried), (0, 0));
    desk.advance(SignedDuration::from_secs(1));
    until("both letters leave", async || desk.liar.taken().len() == 2).await;
    assert_eq!(desk.provider.asked().len(), 1);
    assert_eq!(desk.house.tokens.alarms(desk.house.clock.now()), []);
    desk.stop().await;
}

#[tokio::test]
async fn a_token_in_hand_serves_to_its_end_while_the_endpoint_is_away() {
    let Some(mut desk) = Desk::open(APP, Vec::new()).await else { return };
    desk.begin();
    desk.is_in().await;
    desk.provider.away(true);
    desk.advance(SignedDuration::from_secs(3600 - 240));
    until("renewing fails", async || desk.house.tokens.health()[0].trouble.is_some()).await;
    desk.cut().await;
    desk.ona_writes().await;
    until("both letters leave", async || desk.liar.taken().len() == 2).await;
    assert_eq!(desk.house.tokens.alarms(desk.house.clock.now()), [], "not yet");
    desk.advance(SignedDuration::from_secs(300));
    assert!(desk.house.tokens.alarms(desk.house.clock.now())[0].grave, "now there is none");
    desk.stop().await;
}

#[tokio::test]
async fn many_who_need_a_token_ask_for_it_once() {
    let Some(desk) = Desk::open(APP, Vec::new()).await else { return };
    let login = std::sync::Arc::new(desk.house.settings.mailboxes[0].login.clone());
    let mut all = JoinSet::new();
    for _ in 0..20 {
        let (tokens, login) = (desk.house.tokens.clone(), login.clone());
        all.spawn(async move { tokens.proof(&login).await.expect("a token").expose().to_owned() });
    }
    let all = all.join_all().await;
    assert!(all.iter().all(|token| token == "access-1"), "{all:?}");
    assert_eq!(desk.provider.asked().len(), 1);
    desk.stop().await;
}

#[tokio::test]
async fn a_replaced_refresh_token_is_kept_and_used_next() {
    let provider = TokenServer::start();
    provider.rotates();
    let first = provider.logged_in();
    let oauth = format!("grant = \"refresh_token\"\nrefresh_token = \"{first}\"\n");
    let dir = tempfile::tempdir().unwrap();
    let text = config(&oauth, &provider, 9, 9);
    for expected in ["refresh-1", "refresh-2", "refresh-3"] {
        // Each time a new program on the same folder.
        let house = house(dir.path(), &text);
        let login = house.settings.mailboxes[0].login.clone();
        house.tokens.proof(&login).await.expect("a token");
        assert_eq!(provider.asked().last().expect("a question")["refresh_token"], expected);
    }
    let kept = std::fs::read_to_string(dir.path().join("state/oauth/mailbox.json")).unwrap();
    assert!(kept.contains("refresh-4"), "{kept}");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_used_and_not_lost() {
    let provider = TokenServer::start();
    provider.rotates();
    let first = provider.logged_in();
    let oauth = format!("grant = \"refresh_token\"\nrefresh_token = \"{first}\"\n");
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), &config(&oauth, &provider, 9, 9));
    let login = house.settings.mailboxes[0].login.clone();
    // Where the new file is to be written lies a folder.
    let blocked = dir.path().join("state/oauth/mailbox.new");
    std::fs::create_dir_all(&blocked).unwrap();
    let error = house.tokens.proof(&login).await.expect_err("nothing is given").to_string();
    assert!(error.contains("cannot be kept") && !error.contains("refresh-"), "{error}");
    std::fs::remove_dir(&blocked).unwrap();
    house.clock.advance_to(house.clock.now() + SignedDuration::from_mins(6));
    house.tokens.proof(&login).await.expect("a token");
    let used: Vec<String> = provider.asked().iter().map(|form| form["refresh_token"].clone()).collect();
    assert_eq!(used, ["refresh-1", "refresh-2"], "the one that was given, not the one before");
}
