//! The window for monitoring: what it shows, what it refuses, and that dashboards and alerts ask for what is there.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use maildesk::daemon::control::{Order, carry_out};
use maildesk::daemon::house::House;
use maildesk::daemon::{http, telling};
use maildesk::store::{NewMail, Outcome};
use regex::Regex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::house::{self, CONFIG, house};
use crate::support::store_samples;

/// A house that is looked at from outside.
struct Watched {
    house: House,
    address: SocketAddr,
    serving: JoinHandle<()>,
    _dir: tempfile::TempDir,
}

impl Watched {
    async fn new() -> Watched {
        let dir = tempfile::tempdir().unwrap();
        let house = house(dir.path(), CONFIG);
        // The store lies in memory; files that are measured are there all the same.
        std::fs::create_dir_all(&house.settings.state_dir).unwrap();
        std::fs::write(&house.settings.database, [0; 4096]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(http::serve(listener, house.clone()));
        Watched { house, address, serving, _dir: dir }
    }

    /// Says this as it is; answers with all that comes back.
    async fn says(&self, question: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // Who is refused early may find the connection closed while writing.
        let _ = stream.write_all(question.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    /// Status and body of a GET.
    async fn gets(&self, path: &str) -> (u16, String) {
        let answer = self.says(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    async fn ends(self) {
        self.house.stop.cancel();
        self.serving.await.unwrap();
    }
}

fn request() -> Order {
    Order::Register(Box::new(house::request("Rhododendron")))
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_names_what_is_not_and_live_only_what_a_restart_mends() {
    let watched = Watched::new().await;
    let (progress, now) = (&watched.house.progress, watched.house.clock.now());
    assert_eq!(watched.gets("/live").await, (200, "live\n".to_owned()));
    let starting = "not ready\nmailbox mailbox: not read up yet since the start\n";
    assert_eq!(watched.gets("/ready").await, (503, starting.to_owned()));
    progress.note("mailbox", |m| m.read_up_to = Some(now));
    assert_eq!(watched.gets("/ready").await, (200, "ready\n".to_owned()));
    progress.note("mailbox", |m| {
        m.trouble = Some("the password\nis refused".to_owned());
        m.troubled_since = Some(now);
    });
    progress.note_relay(&"desk".into(), |relay| relay.trouble = Some("nobody answers".to_owned()));
    let (status, reasons) = watched.gets("/ready").await;
    assert_eq!(status, 503);
    assert!(
        reasons.contains("mailbox mailbox: since 2026-03-02T07:12:00Z: the password is refused\n"),
        "{reasons}"
    );
    assert!(reasons.contains("outbox desk: nobody answers\n"), "{reasons}");
    assert_eq!(watched.gets("/live").await.0, 200, "no restart changes a password");
    progress.note("mailbox", |m| {
        m.trouble = None;
        m.read_up_to = Some(now - jiff::SignedDuration::from_mins(6));
        m.waiting = 3;
    });
    assert!(watched.gets("/ready").await.1.contains("read up to 2026-03-02T07:06:00Z only; 3 mails wait"));
    watched.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_was_committed_and_name_nobody() {
    let watched = Watched::new().await;
    let house = &watched.house;
    carry_out(house, request()).await.unwrap();
    let aside = NewMail {
        outcome: Outcome::Quarantined { reason: "it goes in circles".to_owned() },
        desk: "desk".into(),
        ..store_samples::mail("round")
    };
    house.clerk.run(move |tx| store_samples::keep_mail(tx, &aside, "round")).await.unwrap();
    telling::tell(house);
    let (status, page) = watched.gets("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "maildesk_ticket_changes_total{fact=\"opened\"} 1",
        "maildesk_letter_events_total{fact=\"queued\"} 2",
        "maildesk_outbox_letters{state=\"queued\"} 2",
        "maildesk_tickets{desk=\"desk\",status=\"new\"} 1",
        "maildesk_tickets_untaken{desk=\"desk\"} 1",
        "maildesk_quarantine_mails 1",
        "maildesk_mailbox_up{mailbox=\"mailbox\"} 0",
        "maildesk_store_up 1",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    assert!(!page.contains('@') && !page.contains("Rhododendron") && !page.contains("Ona"), "{page}");
    watched.ends().await;
}

/// Every line is a comment of the right kind or a sample of the family before it.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_the_text_format_of_prometheus() {
    let watched = Watched::new().await;
    carry_out(&watched.house, request()).await.unwrap();
    let head = watched.says("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    let page = watched.gets("/metrics").await.1;
    let sample = Regex::new(r#"^([a-z_]+)(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? (\d+(\.\d+)?)$"#).unwrap();
    let (mut family, mut seen) = (String::new(), BTreeSet::new());
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap().to_owned();
            assert!(seen.insert(family.clone()), "{family} stands there twice");
            let kind = lines.next().unwrap_or_default();
            let kind = kind.strip_prefix(&format!("# TYPE {family} ")).expect("a type");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{kind}");
            assert_eq!(family.ends_with("_total"), kind == "counter", "{family} is a {kind}");
            continue;
        }
        let found = sample.captures(line).unwrap_or_else(|| panic!("{line}"));
        let name = found[1].trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count");
        assert_eq!(name, family, "{line}");
    }
    assert!(seen.len() > 25, "{seen:?}");
    watched.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboard_and_alerts_ask_for_figures_that_are_there() {
    let watched = Watched::new().await;
    let page = watched.gets("/metrics").await.1;
    let there: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let dashboard = include_str!("../../docs/grafana/maildesk.json");
    let parsed: serde_json::Value = serde_json::from_str(dashboard).expect("one JSON document");
    assert!(parsed["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    let names = Regex::new(r"\b(maildesk_[a-z_]+|process_[a-z_]+)\b").unwrap();
    for (file, text) in
        [("dashboard", dashboard), ("alerts", include_str!("../../docs/prometheus/alerts.yml"))]
    {
        let asked: BTreeSet<&str> =
            names.find_iter(text).map(|found| found.as_str().trim_end_matches("_bucket")).collect();
        assert!(asked.len() > 8, "{file}: {asked:?}");
        let missing: Vec<_> = asked.difference(&there).collect();
        assert!(missing.is_empty(), "{file} asks for {missing:?}");
    }
    let alerts = include_str!("../../docs/prometheus/alerts.yml");
    let facts = Regex::new("fact=~\\\\?\"([a-z|]+)").unwrap();
    for found in facts.captures_iter(alerts) {
        for fact in found[1].split('|') {
            assert!(page.contains(&format!("{{fact=\"{fact}\"}}")), "{fact}");
        }
    }
    watched.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_question_is_refused() {
    let watched = Watched::new().await;
    assert_eq!(watched.gets("/").await.0, 200);
    assert_eq!(watched.gets("/etc/passwd").await.0, 404);
    let posted = watched.says("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n").await;
    assert!(posted.starts_with("HTTP/1.1 405 ") && posted.contains("allow: GET, HEAD\r\n"), "{posted}");
    let endless = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let refused = watched.says(&endless).await;
    assert!(refused.is_empty() || refused.starts_with("HTTP/1.1 431 "), "{refused}");
    assert!(!watched.says("nonsense\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
    watched.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_says_nothing_does_not_keep_the_house_from_ending() {
    let watched = Watched::new().await;
    let _silent = TcpStream::connect(watched.address).await.unwrap();
    assert_eq!(watched.gets("/live").await.0, 200);
    tokio::time::timeout(std::time::Duration::from_secs(5), watched.ends()).await.expect("it ends");
}
