//! What is said, in tables.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn each_command_has_its_answer() {
    let ground = Ground::new("aliases = [\"info@desk.example\"]\n").await;
    let long = "x".repeat(5_000);
    // A line, and how the answer begins.
    let cases: &[(&str, &str)] = &[
        ("MAIL FROM:<ona@client.example>", "503 5.5.1"),
        ("EHLO mx.desk.example", "500 5.5.1"),
        ("HELO mx.desk.example", "500 5.5.1"),
        ("LHLO mx.desk.example", "250-desk.example"),
        ("RCPT TO:<help@desk.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("BDAT 0 LAST", "503 5.5.1"),
        ("NOOP", "250 2.0.0"),
        ("VRFY ona", "252 2.5.2"),
        ("EXPN all", "502 5.5.1"),
        ("STARTTLS", "502 5.5.1"),
        ("JUMP", "500 5.5.1"),
        ("MAIL FROM:ona@client.example", "501 5.5.4"),
        ("MAIL FROM:<ona@client.example> SIZE=99999999999", "552 5.3.4"),
        ("MAIL FROM:<ona@client.example> RET=FULL", "555 5.5.4"),
        ("MAIL FROM:<ąžuolas@client.example>", "553 5.6.7"),
        ("MAIL FROM:<ona@client.example> SIZE=30000 BODY=8BITMIME SMTPUTF8", "250 2.1.0"),
        ("MAIL FROM:<olga@client.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("RCPT TO:<help@desk.example>", "250 2.1.5"),
        ("RCPT TO:<Help+17.k3v9q@Desk.Example>", "250 2.1.5"),
        ("RCPT TO:<info@desk.example>", "250 2.1.5"),
        ("RCPT TO:<sales@desk.example>", "552 5.3.4"),
        ("RCPT TO:<nobody@desk.example>", "550 5.1.1"),
        ("RCPT TO:<help@elsewhere.example>", "550 5.1.1"),
        ("RCPT TO:<ąžuolas@desk.example>", "550 5.1.1"),
        ("RSET", "250 2.0.0"),
        ("RCPT TO:<help@desk.example>", "503 5.5.1"),
        (&long, "500 5.5.2"),
        ("QUIT", "221 2.0.0"),
    ];
    let mut server = ground.stranger().await;
    assert_eq!(server.hear().await, "220 desk.example LMTP maildesk");
    for (n, (line, expected)) in cases.iter().enumerate() {
        let heard = server.say(line).await;
        assert!(heard.starts_with(expected), "{n} {line}: {heard}");
    }
    assert_eq!(server.hear().await, "", "closed");
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_what_is_done() {
    let ground = Ground::new("").await;
    let mut server = ground.stranger().await;
    server.hear().await;
    let offers = server.say("LHLO mx.desk.example").await;
    let offers: Vec<&str> = offers.lines().map(|line| &line[4..]).collect();
    let size = "SIZE 50000000";
    assert_eq!(
        offers,
        ["desk.example", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", size]
    );
    // All of it in one packet (RFC 2920).
    let one = mail("one");
    let all = format!(
        "MAIL FROM:<ona@client.example>\r\nRCPT TO:<help@desk.example>\r\nDATA\r\n{one}\r\n.\r\n\
         MAIL FROM:<jurgis.ąžuolas@client.example> SMTPUTF8 BODY=8BITMIME\r\nRCPT TO:<help@desk.example>\r\nDATA\r\n\
         {}\r\n.\r\nQUIT\r\n",
        mail("dvi šviesos")
    );
    server.put(all.as_bytes()).await;
    for expected in
        ["250 2.1.0", "250 2.1.5", "354 ", "250 2.0.0", "250 2.1.0", "250 2.1.5", "354 ", "250 2.0.0", "221"]
    {
        let heard = server.hear().await;
        assert!(heard.starts_with(expected), "{expected}: {heard}");
    }
    let subjects: Vec<String> = ground.tickets().await.into_iter().map(|t| t.subject).collect();
    assert_eq!(subjects, ["dvi šviesos", "one"]);
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_not_ended_as_it_must_be_is_no_command() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    for line in [&b"NOOP\n"[..], b"NO\rOP\r\n", b"NOOP\0\r\n", b"\r\r\n"] {
        server.put(line).await;
        assert!(server.hear().await.starts_with("500 5.5.2"), "{line:?}");
    }
    assert!(server.say("NOOP").await.starts_with("250 "));
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_mail_cannot_be_smuggled_in_the_first() {
    let ground = Ground::new("").await;
    let second =
        "MAIL FROM:<bad@bad.example>\r\nRCPT TO:<help@desk.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx";
    for (n, end) in
        ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n.\r\r\n", "\r\n\0.\r\n"]
            .into_iter()
            .enumerate()
    {
        let mut server = ground.server().await;
        for line in ["MAIL FROM:<ona@client.example>", "RCPT TO:<help@desk.example>", "DATA"] {
            server.say(line).await;
        }
        server.put(format!("{}{end}{second}\r\n.\r\n", mail(&format!("mail {n}"))).as_bytes()).await;
        assert!(server.hear().await.starts_with("250 "), "{end:?}");
        assert!(server.say("QUIT").await.starts_with("221"), "{end:?}: nothing else was heard as a command");
    }
    let tickets = ground.tickets().await;
    assert_eq!(tickets.len(), 8);
    assert!(tickets.iter().all(|ticket| ticket.subject.starts_with("mail ")), "{tickets:?}");
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dots_at_the_start_of_lines_come_through() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    let text = mail("dots") + "\r\n.\r\n..\r\n.hidden\r\nend";
    assert!(server.gives("help@desk.example", &text).await.starts_with("250 "));
    let raw = ground.raw(1).await;
    assert!(raw.ends_with("dots.\r\n.\r\n..\r\n.hidden\r\nend\r\n"), "{raw}");
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_in_chunks_is_answered_for_each_recipient_at_its_end() {
    let ground = Ground::new("").await;
    let mut server = ground.server().await;
    server.say("MAIL FROM:<ona@client.example>").await;
    server.say("RCPT TO:<help@desk.example>").await;
    server.say("RCPT TO:<sales@desk.example>").await;
    let text = mail("chunks") + "\r\n.\r\nafter a lone dot\r\n";
    let (first, rest) = text.as_bytes().split_at(100);
    server.put(format!("BDAT {}\r\n", first.len()).as_bytes()).await;
    server.put(first).await;
    assert_eq!(server.hear().await, "250 2.0.0 100 bytes are here");
    assert!(server.say("RCPT TO:<help@desk.example>").await.starts_with("503"));
    assert!(server.say("DATA").await.starts_with("503"));
    server.put(format!("BDAT {} LAST\r\n", rest.len()).as_bytes()).await;
    server.put(rest).await;
    let words = [server.hear().await, server.hear().await];
    assert!(words[0].contains("<help@desk.example> is kept with request H-1"), "{words:?}");
    assert!(words[1].contains("<sales@desk.example> is kept with request S-1"), "{words:?}");
    assert!(ground.raw(1).await.ends_with("\r\n.\r\nafter a lone dot\r\n"));
    // Bytes without a recipient are read to their end and are no commands.
    server.put(b"BDAT 6 LAST\r\nQUIT\r\n").await;
    assert!(server.hear().await.starts_with("503 5.5.1"));
    assert!(server.say("NOOP").await.starts_with("250 "));
    ground.ends_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_only_nonsense_is_sent_away() {
    let ground = Ground::new("idle_seconds = 0.2\n").await;
    let mut silent = ground.server().await;
    assert!(silent.hear().await.starts_with("421 4.4.2"));
    assert_eq!(silent.hear().await, "", "and closed");
    let mut stuck = ground.server().await;
    for line in ["MAIL FROM:<ona@client.example>", "RCPT TO:<help@desk.example>", "DATA"] {
        stuck.say(line).await;
    }
    stuck.put(b"Subject: never ends\r\n").await;
    assert!(stuck.hear().await.starts_with("421 4.4.2"));
    let mut mad = ground.server().await;
    for _ in 0..20 {
        assert!(mad.say("JUMP").await.starts_with("500 "));
    }
    assert!(mad.say("JUMP").await.starts_with("421 4.7.0"));
    assert_eq!(mad.hear().await, "");
    let mut busy = ground.server().await;
    busy.put("NOOP\r\n".repeat(1_000).as_bytes()).await;
    let mut last = String::new();
    for _ in 0..1_000 {
        last = busy.hear().await;
    }
    assert!(last.starts_with("421 4.7.0"), "{last}");
    assert_eq!(ground.tickets().await.len(), 0);
    ground.ends_sound().await;
}
