//! A person logs in, and the desk goes on by itself.

use maildesk::daemon::clock::Clock;
use maildesk::daemon::tokens::login::{LoginError, Visit};

use super::*;

const DELEGATED: &str = "grant = \"refresh_token\"\nclient_secret = \"obuolys-7\"\n";

struct Office {
    provider: TokenServer,
    house: House,
    dir: TempDir,
}

fn office() -> Office {
    let provider = TokenServer::start();
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), &config(DELEGATED, &provider, 9, 9));
    Office { provider, house, dir }
}

fn says(provider: &TokenServer, words: &[&str]) {
    for word in words {
        provider.answers(400, &format!(r#"{{"error":"{word}"}}"#));
    }
}

/// Logs in, and moves the clock to each next question; answers with the seconds at which they came.
async fn log_in(office: &Office) -> (Result<(), LoginError>, Vec<i64>) {
    let clock = Clock::stepped(office.house.clock.now());
    let began = clock.now();
    let (settings, watch, provider) = (office.house.settings.clone(), clock.clone(), office.provider.clone());
    let task = tokio::spawn(async move {
        let oauth = settings.oauths().remove(0).clone();
        let visit = Visit::new(&settings, &oauth, clock).expect("authorities");
        let mut shown = String::new();
        let done = visit.at_device(|invitation| shown = invitation.user_code.clone()).await;
        assert_eq!(shown, "WDJB-MJHT");
        done
    });
    let (mut seconds, mut known) = (Vec::new(), 0);
    while !task.is_finished() {
        let asked = provider.asked().len();
        if asked > known {
            known = asked;
            seconds.push(watch.now().duration_since(began).as_secs());
        } else {
            watch.advance_to(watch.now() + SignedDuration::from_secs(1));
        }
        // Long enough for one question and answer on loopback; a second too many would show in the times.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    if provider.asked().len() > known {
        seconds.push(watch.now().duration_since(began).as_secs());
    }
    (task.await.expect("no panic"), seconds)
}

#[tokio::test]
async fn a_login_at_another_device_waits_as_long_as_it_is_told_and_keeps_what_it_gets() {
    let office = office();
    says(&office.provider, &["authorization_pending", "slow_down", "authorization_pending"]);
    let (done, seconds) = log_in(&office).await;
    done.expect("logged in");
    assert_eq!(office.provider.asked().len(), 4);
    let form = &office.provider.asked()[0];
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:device_code");
    assert_eq!((form["device_code"].as_str(), form["client_secret"].as_str()), ("dc-1", SECRET));
    // The interval of this server is none; from `slow_down` on it is five seconds.
    assert!(seconds.last() >= Some(&10), "{seconds:?}");
    let kept = std::fs::read_to_string(office.dir.path().join("state/oauth/mailbox.json")).unwrap();
    assert!(kept.contains("refresh-1"), "{kept}");
    let login = office.house.settings.mailboxes[0].login.clone();
    office.house.tokens.proof(&login).await.expect("a token");
    assert_eq!(office.provider.asked()[4]["refresh_token"], "refresh-1");
}

#[tokio::test]
async fn a_login_in_a_browser_goes_on_with_the_address_at_which_it_ended() {
    let provider = TokenServer::start();
    let oauth = format!("{DELEGATED}authorize_endpoint = \"{}\"\n", provider.url("authorize"));
    let dir = tempfile::tempdir().unwrap();
    let house = house(dir.path(), &config(&oauth, &provider, 9, 9));
    let oauth = house.settings.oauths().remove(0).clone();
    let visit = Visit::new(&house.settings, &oauth, house.clock.clone()).expect("authorities");
    let login = visit.in_browser().expect("an address");
    let state = login.address.query_pairs().find(|(key, _)| key == "state").expect("a state").1.into_owned();
    let pasted = format!("{}?state={state}&code=4%2F0Ab", login.redirect);
    visit.came_back(&login, &pasted).await.expect("logged in");
    let form = &provider.asked()[0];
    assert_eq!((form["grant_type"].as_str(), form["code"].as_str()), ("authorization_code", "4/0Ab"));
    assert_eq!(form["code_verifier"], login.verifier.expose());
    assert!(dir.path().join("state/oauth/mailbox.json").exists());
}

#[tokio::test]
async fn a_login_that_is_declined_or_forgotten_ends() {
    for (word, words) in [("authorization_declined", "declined"), ("expired_token", "not used in time")] {
        let office = office();
        says(&office.provider, &["authorization_pending", word]);
        let error = log_in(&office).await.0.expect_err("nobody is logged in");
        assert!(matches!(error, LoginError::NotGranted(_)) && error.to_string().contains(words), "{error}");
        assert!(!office.dir.path().join("state/oauth/mailbox.json").exists());
    }
}

#[tokio::test]
async fn an_endpoint_that_falters_during_a_login_is_asked_again() {
    let office = office();
    office.provider.answers(503, "{}");
    says(&office.provider, &["authorization_pending"]);
    log_in(&office).await.0.expect("logged in");
    assert_eq!(office.provider.asked().len(), 3);
}

#[tokio::test]
async fn a_login_without_a_refresh_token_says_what_is_missing() {
    let office = office();
    office.provider.answers(200, r#"{"access_token":"a","expires_in":3600}"#);
    let error = log_in(&office).await.0.expect_err("useless").to_string();
    assert!(error.contains("offline_access"), "{error}");
}
