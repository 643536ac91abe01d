//! The sandbox speaks IMAP and SMTP as they should be spoken.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use imap_codec::ResponseCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::response::{Data, Response};
use jiff::Timestamp;
use maildesk::sandbox::{Refusal, Sandbox, SandboxConfig, Via};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const DESK: &str = "support@desk.example";
pub const ONA: &str = "ona@client.example";
pub const PASSWORD: &str = "pass word";

/// 2026-03-02 09:12:00 in Vilnius.
pub const MONDAY: i64 = 1_772_435_520;

pub fn config() -> SandboxConfig {
    let clock = Arc::new(|| Timestamp::from_second(MONDAY).unwrap());
    SandboxConfig::new([(DESK, PASSWORD), (ONA, PASSWORD)], clock)
}

pub async fn started() -> Sandbox {
    Sandbox::start(config()).await.unwrap()
}

pub fn mail(subject: &str, body: &str) -> Vec<u8> {
    format!("From: Ona <{ONA}>\r\nTo: {DESK}\r\nSubject: {subject}\r\n\r\n{body}\r\n").into_bytes()
}

/// A client that says exactly what the test says and sees every byte that comes.
struct Talk {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Talk {
    async fn to(addr: std::net::SocketAddr) -> Talk {
        Talk { stream: TcpStream::connect(addr).await.unwrap(), unread: Vec::new() }
    }

    /// An IMAP client that is logged in.
    async fn imap(sandbox: &Sandbox, user: &str) -> Talk {
        let mut talk = Talk::to(sandbox.imap_addr()).await;
        assert!(talk.until("* OK").await.contains("IMAP4REV1"));
        let welcome = talk.ask("l", &format!("LOGIN {user} \"{PASSWORD}\"")).await;
        assert!(welcome.contains("l OK"), "{welcome}");
        talk
    }

    /// An SMTP client that said EHLO.
    async fn smtp(sandbox: &Sandbox) -> Talk {
        let mut talk = Talk::to(sandbox.smtp_addr()).await;
        talk.until("220 ").await;
        talk.say("EHLO client.example\r\n").await;
        talk.until("250 ").await;
        talk
    }

    async fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything up to and with the line that starts so.
    async fn until(&mut self, start: &str) -> String {
        let read = async {
            loop {
                let mut at = 0;
                while let Some(length) = self.unread[at..].iter().position(|&byte| byte == b'\n') {
                    let line = &self.unread[at..=at + length];
                    at += length + 1;
                    if line.starts_with(start.as_bytes()) {
                        let text = self.unread.drain(..at).collect();
                        return String::from_utf8(text).unwrap();
                    }
                }
                let count = self.stream.read_buf(&mut self.unread).await.unwrap();
                assert!(count > 0, "closed before {start:?}: {:?}", String::from_utf8_lossy(&self.unread));
            }
        };
        tokio::time::timeout(Duration::from_secs(20), read)
            .await
            .unwrap_or_else(|_| panic!("no {start:?} came"))
    }

    /// Says a command with a tag and gives everything up to its end.
    async fn ask(&mut self, tag: &str, command: &str) -> String {
        self.say(format!("{tag} {command}\r\n")).await;
        self.until(&format!("{tag} ")).await
    }

    /// Says a line of SMTP and gives the one-line answer.
    async fn line(&mut self, line: &str) -> String {
        self.say(format!("{line}\r\n")).await;
        self.until("").await.trim_end().to_owned()
    }

    async fn is_closed(&mut self) -> bool {
        self.unread.is_empty() && self.stream.read_buf(&mut self.unread).await.unwrap_or(0) == 0
    }
}

#[tokio::test]
async fn a_mail_sent_over_smtp_is_read_over_imap() {
    let sandbox = started().await;
    let mut smtp = Talk::smtp(&sandbox).await;
    // All at once: PIPELINING.
    smtp.say(format!(
        "MAIL FROM:<{ONA}> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<support+7.k3f@desk.example>\r\nDATA\r\n"
    ))
    .await;
    assert_eq!(smtp.until("354 ").await.lines().count(), 3);
    smtp.say("Subject: Help\r\n\r\n..leading dot\r\n.\r\nNOOP\r\n").await;
    assert!(smtp.until("250 2.0.0 Delivered").await.starts_with("250"));
    smtp.until("250 2.0.0 Nothing").await;

    let delivery = sandbox.wait_for(|delivery| delivery.account == DESK).await.unwrap();
    assert_eq!(delivery.recipient, "support+7.k3f@desk.example");
    assert_eq!(delivery.envelope_sender, ONA);
    assert_eq!(delivery.via, Via::Smtp { protocol: "ESMTP", helo: "client.example".to_owned() });
    let stored = String::from_utf8(delivery.bytes.to_vec()).unwrap();
    assert_eq!(
        stored,
        "Return-Path: <ona@client.example>\r\n\
         X-Original-To: support+7.k3f@desk.example\r\n\
         Delivered-To: support+7.k3f@desk.example\r\n\
         Received: from client.example (loopback [127.0.0.1]) by sandbox.example (maildesk sandbox)\r\n\
         \twith ESMTP id 000001\r\n\
         \tfor <support+7.k3f@desk.example>; Mon, 02 Mar 2026 07:12:00 +0000\r\n\
         Subject: Help\r\n\r\n.leading dot\r\n"
    );

    let mut imap = Talk::imap(&sandbox, DESK).await;
    assert!(imap.ask("a", "SELECT inbox").await.contains("* 1 EXISTS\r\n* 1 RECENT\r\n"));
    let fetched = imap.ask("b", "UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY[])").await;
    let size = stored.len();
    assert_eq!(
        fetched,
        format!(
            "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent) INTERNALDATE \"02-Mar-2026 07:12:00 +0000\" \
             RFC822.SIZE {size} BODY[] {{{size}}}\r\n{stored})\r\nb OK Fetched\r\n"
        )
    );
    sandbox.stop().await;
}

#[tokio::test]
async fn smtp_refuses_what_it_must_and_says_why() {
    let mut config = config();
    config.catch_all = vec![("client.example".to_owned(), ONA.to_owned())];
    let sandbox = Sandbox::start(config).await.unwrap();
    let mut smtp = Talk::to(sandbox.smtp_addr()).await;
    smtp.until("220 ").await;
    let table = [
        ("MAIL FROM:<ona@client.example>", "503 5.5.1"),
        ("NONSENSE", "500 5.5.2"),
        ("EHLO", "501 5.5.4"),
        ("HELO client.example", "250 sandbox.example"),
        ("RCPT TO:<support@desk.example>", "503 5.5.1"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<ona@client.example> SIZE=99999999999", "552 5.3.4"),
        ("MAIL FROM:<ona@client.example> BODY=BINARYMIME", "555 5.5.4"),
        ("MAIL FROM:<>", "250 2.1.0"),
        ("MAIL FROM:<>", "503 5.5.1"),
        ("RCPT TO:<petr@elsewhere.example>", "550 5.7.1"),
        ("RCPT TO:<nobody@desk.example>", "550 5.1.1"),
        ("DATA", "554 5.5.1"),
        ("RCPT TO:<anyone@client.example>", "250 2.1.5"),
        ("VRFY support@desk.example", "250 2.1.5"),
        ("VRFY nobody@desk.example", "550 5.1.1"),
        ("STARTTLS", "502 5.5.1"),
        ("RSET", "250 2.0.0"),
        ("DATA", "503 5.5.1"),
        ("MAIL FROM:<jānis@client.example>", "553 5.6.7"),
        ("MAIL FROM:<jānis@client.example> SMTPUTF8", "250 2.1.0"),
        ("QUIT", "221 2.0.0"),
    ];
    for (line, expected) in table {
        let answer = smtp.line(line).await;
        assert!(answer.starts_with(expected), "{line}: {answer}");
    }
    assert!(smtp.is_closed().await);
    assert!(sandbox.mailbox(ONA).unwrap().messages().is_empty());
}

#[tokio::test]
async fn a_catch_all_takes_what_nobody_has_and_two_recipients_get_one_each() {
    let mut config = config();
    config.catch_all = vec![("client.example".to_owned(), ONA.to_owned())];
    let sandbox = Sandbox::start(config).await.unwrap();
    let mut deliveries = sandbox.deliveries();
    let mut smtp = Talk::smtp(&sandbox).await;
    smtp.say("MAIL FROM:<>\r\nRCPT TO:<alice@client.example>\r\nRCPT TO:<SUPPORT@desk.example>\r\nDATA\r\n")
        .await;
    smtp.until("354 ").await;
    // An empty mail is a dot at once.
    smtp.say(".\r\n").await;
    smtp.until("250 2.0.0").await;
    let (first, second) = (deliveries.next().await.unwrap(), deliveries.next().await.unwrap());
    assert_eq!((first.account.as_str(), second.account.as_str()), (ONA, DESK));
    assert_eq!(first.envelope_sender, "");
    let text = String::from_utf8(first.bytes.to_vec()).unwrap();
    assert!(text.starts_with(
        "Return-Path: <>\r\nX-Original-To: alice@client.example\r\nDelivered-To: ona@client.example"
    ));
    assert!(deliveries.try_next().is_none());
}

#[tokio::test]
async fn a_line_or_a_mail_that_is_too_long_is_refused_and_the_talk_goes_on() {
    let sandbox = started().await;
    let mut smtp = Talk::smtp(&sandbox).await;
    assert!(smtp.line(&format!("NOOP {}", "x".repeat(20_000))).await.starts_with("500 5.5.2"));
    smtp.say(format!("MAIL FROM:<{ONA}>\r\nRCPT TO:<{DESK}>\r\nDATA\r\n")).await;
    smtp.until("354 ").await;
    let megabyte = format!("{}\r\n", "x".repeat(1022)).repeat(1024);
    for _ in 0..51 {
        smtp.say(&megabyte).await;
    }
    smtp.say(".\r\n").await;
    smtp.until("552 5.3.4").await;
    assert!(smtp.line("NOOP").await.starts_with("250"));
    assert!(sandbox.mailbox(DESK).unwrap().messages().is_empty());
}

#[tokio::test]
async fn a_login_over_smtp_is_checked_and_not_demanded() {
    let sandbox = started().await;
    let plain = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let right = plain(&format!("\0{DESK}\0{PASSWORD}"));
    let mut smtp = Talk::smtp(&sandbox).await;
    assert!(
        smtp.line(&format!("AUTH PLAIN {}", plain("\0support@desk.example\0wrong"))).await.starts_with("535")
    );
    assert_eq!(smtp.line("AUTH PLAIN").await, "334");
    assert!(smtp.line("*").await.starts_with("501"));
    assert_eq!(smtp.line("AUTH LOGIN").await, "334 VXNlcm5hbWU6");
    assert_eq!(smtp.line(&plain(DESK)).await, "334 UGFzc3dvcmQ6");
    assert!(smtp.line(&plain(PASSWORD)).await.starts_with("235"));
    assert!(smtp.line(&format!("AUTH PLAIN {right}")).await.starts_with("503"));
    let mut smtp = Talk::smtp(&sandbox).await;
    assert!(smtp.line(&format!("AUTH PLAIN {right}")).await.starts_with("235"));
}

#[tokio::test]
async fn idle_tells_a_new_mail_at_once_and_a_removal_too() {
    let sandbox = started().await;
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "SELECT INBOX").await;
    imap.say("b IDLE\r\n").await;
    imap.until("+ ").await;
    sandbox.deliver(DESK, &mail("one", "text")).unwrap();
    assert_eq!(imap.until("* 1 RECENT").await, "* 1 EXISTS\r\n* 1 RECENT\r\n");

    let mut other = Talk::imap(&sandbox, DESK).await;
    other.ask("a", "SELECT INBOX").await;
    other.ask("b", "STORE 1 +FLAGS.SILENT (\\Deleted)").await;
    assert_eq!(imap.until("* 1 FETCH").await, "* 1 FETCH (FLAGS (\\Deleted \\Recent) UID 1)\r\n");
    assert_eq!(other.ask("c", "EXPUNGE").await, "* 1 EXPUNGE\r\nc OK Expunged\r\n");
    assert_eq!(imap.until("* 1 EXPUNGE").await, "* 1 EXPUNGE\r\n");
    imap.say("DONE\r\n").await;
    assert_eq!(imap.until("b ").await, "b OK Idled\r\n");
}

#[tokio::test]
async fn a_removal_by_another_is_told_only_where_numbers_may_move() {
    let sandbox = started().await;
    for subject in ["one", "two", "three"] {
        sandbox.deliver(DESK, &mail(subject, "text")).unwrap();
    }
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "SELECT INBOX").await;
    let mut other = Talk::imap(&sandbox, DESK).await;
    other.ask("a", "SELECT INBOX").await;
    other.ask("b", "UID STORE 2 +FLAGS (\\Deleted)").await;
    other.ask("c", "EXPUNGE").await;
    sandbox.deliver(DESK, &mail("four", "text")).unwrap();

    // The numbers stand, the removed mail is still readable, and the new one counts after it.
    let fetched = imap.ask("b", "FETCH 1:3 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
    for (number, subject) in [(1, "one"), (2, "two"), (3, "three")] {
        assert!(fetched.contains(&format!("* {number} FETCH (UID {number} ")), "{fetched}");
        assert!(fetched.contains(&format!("Subject: {subject}\r\n\r\n")), "{fetched}");
    }
    assert!(fetched.contains("* 4 EXISTS") && !fetched.contains("EXPUNGE"), "{fetched}");
    assert_eq!(imap.ask("c", "NOOP").await, "* 2 EXPUNGE\r\nc OK Nothing done\r\n");
    assert!(imap.ask("d", "FETCH 3 (UID)").await.contains("* 3 FETCH (UID 4)"));
    assert_eq!(imap.ask("e", "FETCH 4 (UID)").await, "e BAD No such message number\r\n");
    assert_eq!(imap.ask("f", "UID FETCH 2 (FLAGS)").await, "f OK Fetched\r\n");
}

#[tokio::test]
async fn sections_and_parts_of_a_mail_are_fetched() {
    let sandbox = started().await;
    sandbox.deliver(DESK, &mail("Help", "line one\r\nline two")).unwrap();
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "EXAMINE INBOX").await;
    let table = [
        ("BODY[TEXT]", "{20}\r\nline one\r\nline two\r\n)"),
        ("BODY[1]", "{20}\r\nline one\r\nline two\r\n)"),
        ("BODY[TEXT]<5.3>", "BODY[TEXT]<5> \"one\")"),
        ("BODY[TEXT]<500.3>", "BODY[TEXT]<500> \"\")"),
        ("BODY[2]", "BODY[2] NIL)"),
        ("BODY[HEADER.FIELDS (Subject)]", "{17}\r\nSubject: Help\r\n\r\n)"),
        ("RFC822.TEXT", "RFC822.TEXT {20}\r\nline one"),
        ("BODY[HEADER]", "Subject: Help\r\n\r\n)"),
        ("RFC822.HEADER", "Subject: Help\r\n\r\n)"),
        (
            "BODYSTRUCTURE",
            "(\"TEXT\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 20 2 NIL NIL NIL NIL)",
        ),
        ("ENVELOPE", "\"Help\" ((\"Ona\" NIL \"ona\" \"client.example\"))"),
        ("FAST", "FLAGS (\\Recent) INTERNALDATE"),
    ];
    for (item, expected) in table {
        let fetched = imap.ask("b", &format!("FETCH 1 {item}")).await;
        assert!(fetched.contains(expected), "{item}: {fetched}");
        assert!(!fetched.contains("Seen"), "EXAMINE marks nothing: {fetched}");
    }
    assert!(imap.ask("c", "STORE 1 +FLAGS (\\Seen)").await.starts_with("c NO"));
    imap.ask("d", "SELECT INBOX").await;
    assert!(!imap.ask("e", "FETCH 1 BODY.PEEK[]").await.contains("Seen"));
    assert!(imap.ask("f", "FETCH 1 BODY[TEXT]").await.contains("FLAGS (\\Seen \\Recent)"));
}

#[tokio::test]
async fn search_finds_what_was_asked_for() {
    let sandbox = started().await;
    sandbox.deliver(DESK, &mail("=?utf-8?q?Pal=C4=ABdz=C4=ABbu?=", "printer")).unwrap();
    sandbox.deliver(DESK, &mail("Invoice", "money")).unwrap();
    sandbox.deliver(DESK, &mail("Third", "text\r\nPrinter again")).unwrap();
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "SELECT INBOX").await;
    imap.ask("b", "STORE 2 FLAGS (\\Seen $Billed)").await;
    let table = [
        ("ALL", " 1 2 3"),
        ("UNSEEN", " 1 3"),
        ("SEEN", " 2"),
        ("KEYWORD $Billed", " 2"),
        ("UNKEYWORD $billed", " 1 3"),
        ("UID 2:*", " 2 3"),
        ("UID 900:*", " 3"),
        ("1,3", " 1 3"),
        ("7:9", ""),
        ("SUBJECT invoice", " 2"),
        ("CHARSET UTF-8 SUBJECT {11+}\r\npalīdzību", " 1"),
        ("FROM ona@client", " 1 2 3"),
        ("TO petr", ""),
        ("BODY printer", " 1 3"),
        ("TEXT money", " 2"),
        ("HEADER Received \"\"", " 1 2 3"),
        ("HEADER X-None \"\"", ""),
        ("OR SEEN SUBJECT third", " 2 3"),
        ("NOT (SEEN)", " 1 3"),
        ("SINCE 2-Mar-2026", " 1 2 3"),
        ("BEFORE 2-Mar-2026", ""),
        ("ON 2-Mar-2026 UNSEEN", " 1 3"),
        ("DELETED", ""),
        ("NEW", " 1 3"),
        ("LARGER 10000", ""),
        ("SMALLER 10000", " 1 2 3"),
    ];
    for (criteria, expected) in table {
        let found = imap.ask("c", &format!("UID SEARCH {criteria}")).await;
        assert_eq!(found, format!("* SEARCH{expected}\r\nc OK Searched\r\n"), "{criteria}");
    }
    assert!(imap.ask("d", "SEARCH CHARSET KOI8-R ALL").await.starts_with("d NO [BADCHARSET"));
}

#[tokio::test]
async fn mails_are_appended_copied_moved_and_removed_with_their_uids_told() {
    let sandbox = started().await;
    let mut imap = Talk::imap(&sandbox, DESK).await;
    let (sent, trash) = (validity(&mut imap, "Sent").await, validity(&mut imap, "Trash").await);
    imap.say("a APPEND Sent (\\Seen) \"01-Mar-2026 10:00:00 +0200\" {20}\r\n").await;
    imap.until("+ ").await;
    imap.say("Subject: one\r\n\r\none!\r\n").await;
    assert_eq!(imap.until("a ").await, format!("a OK [APPENDUID {sent} 1] Appended\r\n"));
    // LITERAL+: no waiting.
    for uid in 2..=4 {
        let done = imap.ask("b", "APPEND Sent {6+}\r\n\r\ntwo!").await;
        assert_eq!(done, format!("b OK [APPENDUID {sent} {uid}] Appended\r\n"));
    }
    let kept = sandbox.mailbox(DESK).unwrap().messages_in("Sent");
    assert_eq!(&kept[0].bytes[..], b"Subject: one\r\n\r\none!\r\n".split_at(20).0);
    assert_eq!(kept[0].internal_date, "2026-03-01T08:00:00Z".parse().unwrap());
    assert!(kept[0].flags.contains("\\Seen") && !kept[1].flags.contains("\\Seen"));

    imap.ask("c", "SELECT Sent").await;
    assert_eq!(
        imap.ask("d", "UID COPY 1:2,4 Trash").await,
        format!("d OK [COPYUID {trash} 1:2,4 1:3] Copied\r\n")
    );
    assert_eq!(
        imap.ask("e", "UID MOVE 1,3 Trash").await,
        format!("* OK [COPYUID {trash} 1,3 4:5] Moved\r\n* 3 EXPUNGE\r\n* 1 EXPUNGE\r\ne OK Moved\r\n")
    );
    assert_eq!(imap.ask("f", "COPY 1 Nowhere").await, "f NO [TRYCREATE] No such folder\r\n");
    assert_eq!(imap.ask("g", "UID MOVE 1 Trash").await, "g OK Nothing to move\r\n");
    imap.ask("h", "STORE 1:2 +FLAGS (\\Deleted)").await;
    assert_eq!(imap.ask("i", "UID EXPUNGE 4").await, "* 2 EXPUNGE\r\ni OK Expunged\r\n");
    assert_eq!(imap.ask("j", "CLOSE").await, "j OK Closed\r\n");
    assert!(sandbox.mailbox(DESK).unwrap().messages_in("Sent").is_empty());
    assert_eq!(sandbox.mailbox(DESK).unwrap().messages_in("Trash").len(), 5);
}

async fn validity(imap: &mut Talk, folder: &str) -> u32 {
    let status = imap.ask("v", &format!("STATUS {folder} (UIDVALIDITY)")).await;
    let digits: String =
        status.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

#[tokio::test]
async fn folders_are_made_listed_renamed_and_deleted() {
    let sandbox = started().await;
    let mut imap = Talk::imap(&sandbox, DESK).await;
    assert_eq!(
        imap.ask("a", "LIST \"\" *").await,
        "* LIST (\\HasNoChildren \\Archive) \"/\" Archive\r\n\
         * LIST (\\HasNoChildren) \"/\" INBOX\r\n\
         * LIST (\\HasNoChildren \\Junk) \"/\" Junk\r\n\
         * LIST (\\HasNoChildren \\Sent) \"/\" Sent\r\n\
         * LIST (\\HasNoChildren \\Trash) \"/\" Trash\r\na OK Listed\r\n"
    );
    assert_eq!(imap.ask("b", "LIST \"\" \"\"").await, "* LIST (\\Noselect) \"/\" \"\"\r\nb OK Listed\r\n");
    let table = [
        ("CREATE Archive/2026/03", "c OK"),
        ("CREATE archive/", "c OK"),
        ("CREATE INBOX", "c NO [ALREADYEXISTS]"),
        ("CREATE a//b", "c NO [CANNOT]"),
        ("DELETE Archive", "c NO [HASCHILDREN]"),
        ("DELETE INBOX", "c NO [CANNOT]"),
        ("DELETE Nowhere", "c NO [NONEXISTENT]"),
        ("RENAME Archive Old", "c OK"),
        ("RENAME Old Old/er", "c NO [CANNOT]"),
        ("SELECT Archive/2026", "c NO [NONEXISTENT]"),
        ("DELETE Old/2026/03", "c OK"),
        ("SUBSCRIBE Old/2026", "c OK"),
        ("SUBSCRIBE \"two words\"", "c OK"),
        ("UNSUBSCRIBE Sent", "c OK"),
    ];
    for (command, expected) in table {
        let done = imap.ask("c", command).await;
        assert!(done.starts_with(expected), "{command}: {done}");
    }
    let listed = imap.ask("d", "LIST \"\" Old/%").await;
    assert_eq!(listed, "* LIST (\\HasNoChildren) \"/\" Old/2026\r\nd OK Listed\r\n");
    let listed = imap.ask("e", "LSUB \"\" *").await;
    assert!(listed.contains("* LSUB () \"/\" Old/2026\r\n") && !listed.contains("Sent"), "{listed}");

    sandbox.deliver(DESK, &mail("one", "text")).unwrap();
    assert!(imap.ask("f", "RENAME INBOX Taken").await.starts_with("f OK"));
    let counted = imap.ask("g", "STATUS Taken (MESSAGES UNSEEN RECENT UIDNEXT)").await;
    assert!(counted.starts_with("* STATUS Taken (MESSAGES 1 UNSEEN 1 RECENT 1 UIDNEXT 2)"), "{counted}");
    assert!(imap.ask("h", "STATUS INBOX (MESSAGES)").await.contains("(MESSAGES 0)"));
}

#[tokio::test]
async fn an_open_folder_that_is_deleted_ends_the_session() {
    let sandbox = started().await;
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "CREATE Gone").await;
    imap.ask("b", "SELECT Gone").await;
    let mut other = Talk::imap(&sandbox, DESK).await;
    other.ask("a", "DELETE Gone").await;
    imap.say("c NOOP\r\n").await;
    imap.until("* BYE").await;
    assert!(imap.is_closed().await);
}

#[tokio::test]
async fn a_command_at_the_wrong_time_or_unreadable_is_refused_with_its_tag() {
    let sandbox = started().await;
    let mut imap = Talk::to(sandbox.imap_addr()).await;
    imap.until("* OK").await;
    let table = [
        ("SELECT INBOX", "a BAD Log in first"),
        ("NONSENSE", "a BAD Cannot read"),
        ("LOGIN support@desk.example wrong", "a NO [AUTHENTICATIONFAILED]"),
        ("LOGIN nobody@desk.example wrong", "a NO [AUTHENTICATIONFAILED]"),
        ("AUTHENTICATE PLAIN AHN1cHBvcnRAZGVzay5leGFtcGxlAHBhc3Mgd29yZA==", "a OK [CAPABILITY"),
        ("LOGIN support@desk.example wrong", "a BAD Logged in already"),
        ("FETCH 1 FLAGS", "a BAD Select a folder first"),
        ("SELECT INBOX", "a OK [READ-WRITE]"),
        ("FETCH 1 FLAGS", "a BAD No such message number"),
        ("UID FETCH 1:* FLAGS", "a OK"),
        ("APPEND Sent {999999999}", "a NO [TOOBIG]"),
        ("UNSELECT", "a OK"),
        ("LOGOUT", "a OK"),
    ];
    for (command, expected) in table {
        let done = imap.ask("a", command).await;
        assert!(done.lines().last().unwrap().starts_with(expected), "{command}: {done}");
    }
    assert!(imap.is_closed().await);
}

#[tokio::test]
async fn the_sasl_dialogue_works_in_two_steps() {
    let sandbox = started().await;
    let mut imap = Talk::to(sandbox.imap_addr()).await;
    imap.until("* OK").await;
    imap.say("a AUTHENTICATE PLAIN\r\n").await;
    assert_eq!(imap.until("+").await, "+ \r\n");
    imap.say("*\r\n").await;
    assert!(imap.until("a ").await.starts_with("a BAD"));
    imap.say("b AUTHENTICATE PLAIN\r\n").await;
    imap.until("+").await;
    imap.say("AHN1cHBvcnRAZGVzay5leGFtcGxlAHBhc3Mgd29yZA==\r\n").await;
    assert!(imap.until("b ").await.starts_with("b OK"));
}

#[tokio::test]
async fn a_flag_set_elsewhere_is_told_and_ones_own_is_not_told_twice() {
    let sandbox = started().await;
    sandbox.deliver(DESK, &mail("one", "text")).unwrap();
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "SELECT INBOX").await;
    let mut other = Talk::imap(&sandbox, DESK).await;
    other.ask("a", "SELECT INBOX").await;
    assert_eq!(
        other.ask("b", "UID STORE 1 +FLAGS (\\Answered)").await,
        "* 1 FETCH (FLAGS (\\Answered) UID 1)\r\nb OK Stored\r\n"
    );
    assert_eq!(other.ask("c", "UID STORE 1 FLAGS.SILENT (\\Seen)").await, "c OK Stored\r\n");
    assert_eq!(other.ask("d", "NOOP").await, "d OK Nothing done\r\n");
    assert_eq!(
        imap.ask("b", "NOOP").await,
        "* 1 FETCH (FLAGS (\\Seen \\Recent) UID 1)\r\nb OK Nothing done\r\n"
    );
}

#[tokio::test]
async fn a_mail_from_inside_is_refused_as_smtp_would_and_stamped_by_the_clock() {
    let sandbox = started().await;
    assert_eq!(sandbox.deliver("nobody@desk.example", b"").unwrap_err(), Refusal::NoSuchUser);
    assert_eq!(sandbox.deliver("petr@elsewhere.example", b"").unwrap_err(), Refusal::Relay);
    let delivery = sandbox.deliver(DESK, b"From: Ona <ona@client.example>\nSubject: x\n\ntext\n").unwrap();
    assert_eq!(delivery.envelope_sender, ONA);
    assert_eq!(delivery.received.as_second(), MONDAY);
    assert!(delivery.bytes.ends_with(b"Subject: x\r\n\r\ntext\r\n"));
    assert_eq!(sandbox.mailbox(DESK).unwrap().messages()[0].internal_date, delivery.received);
    assert!(sandbox.mailbox("petr@elsewhere.example").is_none());
}

#[tokio::test]
async fn stopping_says_goodbye_and_closes_the_ports() {
    let sandbox = started().await;
    let mut imap = Talk::imap(&sandbox, DESK).await;
    let mut smtp = Talk::smtp(&sandbox).await;
    let mut deliveries = sandbox.deliveries();
    let addr = sandbox.imap_addr();
    sandbox.stop().await;
    imap.until("* BYE").await;
    smtp.until("421 ").await;
    assert!(deliveries.next().await.is_none());
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_mail_with_nul_and_eight_bits_comes_as_a_literal_of_its_length() {
    let sandbox = started().await;
    sandbox.deliver(DESK, b"Subject: \xff\r\n\r\na\0b\xff\r\n").unwrap();
    let mut imap = Talk::imap(&sandbox, DESK).await;
    imap.ask("a", "SELECT INBOX").await;
    imap.say("b UID FETCH 1 (RFC822.SIZE BODY.PEEK[TEXT])\r\n").await;
    while !imap.unread.ends_with(b"Fetched\r\n") {
        assert!(imap.stream.read_buf(&mut imap.unread).await.unwrap() > 0);
    }
    let (_, response) = ResponseCodec::default().decode(&imap.unread).unwrap();
    let Response::Data(Data::Fetch { seq, .. }) = response else { panic!("{response:?}") };
    assert_eq!(seq, NonZeroU32::MIN);
    let literal = b"{6}\r\na\x80b\xff\r\n";
    assert!(imap.unread.windows(literal.len()).any(|part| part == literal));
}
