//! The sandbox is understood by mail programs that are not ours: swaks, mbsync, mutt and Python's
//! imaplib and smtplib. A missing program is skipped aloud; where CI is set it is a failure.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use futures_util::TryStreamExt;
use lettre::address::Envelope;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use maildesk::sandbox::Sandbox;
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::sandbox::{DESK, ONA, PASSWORD, mail, started};

const PDF_MAIL: &[u8] = b"From: Ona <ona@client.example>\r\nTo: support@desk.example\r\nSubject: Invoice\r\n\
    Message-ID: <1@client.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the file.\r\n--b\r\nContent-Type: application/pdf\r\n\
    Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"invoice.pdf\"\r\n\r\n\
    SGVsbG8gUERG\r\n--b--\r\n";

/// Whether a program is there; says so aloud if not.
async fn is_there(program: &str, ask: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg(ask).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let there = asked.status().await.is_ok();
    assert!(there || std::env::var_os("CI").is_none(), "{program} is missing, and CI must not skip");
    if !there {
        eprintln!("SKIPPED: {program} is not installed");
    }
    there
}

/// Runs a program to its end and demands that it succeeded.
async fn run(command: &mut Command) -> String {
    let ended = tokio::time::timeout(
        Duration::from_secs(60),
        command.stdin(Stdio::null()).kill_on_drop(true).output(),
    );
    let Output { status, stdout, stderr } = ended.await.expect("it hangs").expect("it starts");
    let text = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}: {text}");
    text
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for part in ["cur", "new"] {
        let entries = std::fs::read_dir(folder.join(part)).into_iter().flatten();
        all.extend(entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn swaks_sends_mails_with_and_without_a_login_and_is_refused() {
    if !is_there("swaks", "--version").await {
        return;
    }
    let sandbox = started().await;
    let addr = sandbox.smtp_addr();
    let swaks = |to: &str| {
        let mut command = Command::new("swaks");
        command.args([
            "--server",
            "127.0.0.1",
            "--port",
            &addr.port().to_string(),
            "--helo",
            "client.example",
        ]);
        command.args([
            "--from",
            ONA,
            "--to",
            to,
            "--header",
            "Subject: By swaks",
            "--body",
            "Hello\n.\nthere",
        ]);
        command
    };
    let plain =
        run(swaks(DESK).args(["--auth", "PLAIN", "--auth-user", ONA, "--auth-password", PASSWORD])).await;
    assert!(plain.contains("235 2.7.0") && plain.contains("250 2.0.0 Delivered"), "{plain}");
    run(swaks("support+9.zz@desk.example").args([
        "--auth",
        "LOGIN",
        "--auth-user",
        ONA,
        "--auth-password",
        PASSWORD,
    ]))
    .await;
    run(swaks(DESK).args(["--pipeline", "--protocol", "ESMTP"])).await;
    let refused = swaks("nobody@desk.example").stdin(Stdio::null()).output().await.unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stdout).contains("550 5.1.1"));

    let messages = sandbox.mailbox(DESK).unwrap().messages();
    assert_eq!(messages.len(), 3);
    for message in &messages {
        assert!(String::from_utf8_lossy(&message.bytes).contains("\r\nHello\r\n.\r\nthere\r\n"));
    }
    let with: Vec<bool> = messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message.bytes).contains("with ESMTPA id"))
        .collect();
    assert_eq!(with, [true, true, false]);
}

/// The account of the desk and a Maildir, both ways.
fn mbsync_config(sandbox: &Sandbox, home: &Path) -> String {
    let port = sandbox.imap_addr().port();
    let maildir = home.join("mail");
    let maildir = maildir.display();
    format!(
        "IMAPAccount desk\nHost 127.0.0.1\nPort {port}\nUser {DESK}\nPass \"{PASSWORD}\"\nSSLType None\n\
         AuthMechs *\n\nIMAPStore far\nAccount desk\n\nMaildirStore near\nPath {maildir}/\nInbox {maildir}/INBOX\n\
         SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\n\
         Sync All\nSyncState *\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn mbsync_keeps_a_maildir_in_step_both_ways() {
    if !is_there("mbsync", "--version").await {
        return;
    }
    let sandbox = started().await;
    for subject in ["one", "two", "three"] {
        sandbox.deliver(DESK, &mail(subject, "text")).unwrap();
    }
    sandbox.deliver(DESK, PDF_MAIL).unwrap();
    let home = tempfile::tempdir().unwrap();
    let rc = home.path().join("rc");
    std::fs::write(&rc, mbsync_config(&sandbox, home.path())).unwrap();
    std::fs::create_dir(home.path().join("mail")).unwrap();
    let sync =
        async || run(Command::new("mbsync").env("HOME", home.path()).arg("-c").arg(&rc).arg("all")).await;
    sync().await;

    let inbox = home.path().join("mail/INBOX");
    assert_eq!(files(&inbox).len(), 4);
    let desk = sandbox.mailbox(DESK).unwrap();
    let kept: Vec<String> =
        desk.messages().iter().map(|m| String::from_utf8_lossy(&m.bytes).replace("\r\n", "\n")).collect();
    for file in files(&inbox) {
        // mbsync adds a header of its own to find a mail again.
        let lines = String::from_utf8(file).unwrap();
        let lines: String = lines.split_inclusive('\n').filter(|line| !line.starts_with("X-TUID")).collect();
        assert!(kept.contains(&lines), "{lines}");
    }

    // Here one is written, one read, one removed; there one comes in.
    let sent = home.path().join("mail/Sent");
    std::fs::write(sent.join("new/1.1.here"), "Subject: written here\n\ntext\n").unwrap();
    let named = |wanted: &str| {
        let all = ["new", "cur"].map(|part| std::fs::read_dir(inbox.join(part)).unwrap());
        let mut all = all.into_iter().flatten().map(|entry| entry.unwrap().path());
        all.find(|path| std::fs::read_to_string(path).unwrap().contains(wanted)).unwrap()
    };
    for (subject, flags) in [("Subject: one", "S"), ("Subject: two", "ST")] {
        let from = named(subject);
        let name = from.file_name().unwrap().to_string_lossy().split(":2,").next().unwrap().to_owned();
        std::fs::rename(&from, inbox.join("cur").join(format!("{name}:2,{flags}"))).unwrap();
    }
    sandbox.deliver(DESK, &mail("four", "text")).unwrap();
    sync().await;
    sync().await;

    let uids: Vec<(u32, bool)> =
        desk.messages().iter().map(|m| (m.uid, m.flags.contains("\\Seen"))).collect();
    assert_eq!(uids, [(1, true), (3, false), (4, false), (5, false)]);
    let sent = desk.messages_in("Sent");
    assert_eq!(sent.len(), 1);
    assert!(String::from_utf8_lossy(&sent[0].bytes).contains("Subject: written here\r\n"));
    assert_eq!(files(&inbox).len(), 4);
    for folder in ["Archive", "Junk", "Trash"] {
        assert!(home.path().join("mail").join(folder).join("cur").is_dir());
    }
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mutt_reads_saves_and_removes_and_sends() {
    if !is_there("mutt", "-v").await {
        return;
    }
    let sandbox = started().await;
    sandbox.deliver(DESK, &mail("one", "text")).unwrap();
    sandbox.deliver(DESK, PDF_MAIL).unwrap();
    let home = tempfile::tempdir().unwrap();
    let (imap, smtp) = (sandbox.imap_addr().port(), sandbox.smtp_addr().port());
    let shown = home.path().join("shown");
    let rc = home.path().join("rc");
    // Keys as a person would press them: pipe the newest mail to a file; save it to Archive; mark
    // the other one; leave.
    std::fs::write(
        &rc,
        format!(
            "set folder=\"imap://127.0.0.1:{imap}/\"\nset spoolfile=+INBOX\nset imap_user=\"{DESK}\"\n\
             set imap_pass=\"{PASSWORD}\"\nset ssl_starttls=no\nset ssl_force_tls=no\nset smtp_url=\"smtp://127.0.0.1:{smtp}/\"\n\
             set from=\"{DESK}\"\nset record=+Sent\nset confirmappend=no\nset confirmcreate=no\nset delete=yes\nset quit=yes\n\
             set wait_key=no\nset pipe_decode=yes\nset sort=mailbox-order\nset move=no\nset header_cache=\"\"\nset mark_old=no\n\
             set imap_idle=yes\nset resolve=no\nset hostname=client.example\n"
        ),
    )
    .unwrap();
    let keys = format!(
        "<last-entry><pipe-message>cat > {}<enter><save-message>=Archive<enter><first-entry><flag-message><sync-mailbox><quit>",
        shown.display()
    );
    let mut mutt = Command::new("mutt");
    mutt.env("HOME", home.path())
        .env("TERM", "vt100")
        .arg("-F")
        .arg(&rc)
        .arg("-e")
        .arg(format!("push \"{keys}\""));
    // mutt reads mail only on a terminal; `script` gives it one.
    let line: Vec<String> =
        mutt.as_std().get_args().map(|arg| format!("'{}'", arg.to_string_lossy())).collect();
    let mut terminal = Command::new("script");
    terminal.env("HOME", home.path()).env("TERM", "vt100");
    run(terminal.args(["-qec", &format!("mutt {}", line.join(" ")), "/dev/null"])).await;

    let shown = std::fs::read_to_string(&shown).unwrap();
    assert!(shown.contains("See the file.") && shown.contains("Subject: Invoice"), "{shown}");
    let desk = sandbox.mailbox(DESK).unwrap();
    let inbox = desk.messages();
    assert_eq!(inbox.len(), 1, "{inbox:?}");
    assert!(inbox[0].flags.contains("\\Flagged"));
    let archive = desk.messages_in("Archive");
    assert_eq!(archive.len(), 1);
    assert!(archive[0].bytes.ends_with(b"--b--\r\n"));

    let text = home.path().join("text");
    std::fs::write(&text, "Labdien!\n").unwrap();
    let sent = format!("mutt -F '{}' -s 'Atbilde: ā' -- {ONA} < '{}'", rc.display(), text.display());
    run(Command::new("sh").env("HOME", home.path()).args(["-c", &sent])).await;
    let letter = sandbox.wait_for(|delivery| delivery.account == ONA).await.unwrap();
    assert!(String::from_utf8_lossy(&letter.bytes).contains("Labdien!\r\n"));
    assert_eq!(desk.messages_in("Sent").len(), 1);
}

const PYTHON: &str = r#"
import imaplib, smtplib, sys
imap, smtp, user, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
with smtplib.SMTP("127.0.0.1", smtp) as s:
    s.login(user, password)
    assert s.has_extn("smtputf8") and s.has_extn("size"), s.esmtp_features
    s.sendmail("<>", [user, "support+1.a@desk.example"], "Subject: sm\r\n\r\n.dot\r\n")
    try:
        s.sendmail(user, ["petr@elsewhere.example"], "Subject: x\r\n\r\n")
        raise SystemExit("relayed")
    except smtplib.SMTPRecipientsRefused as refused:
        assert refused.recipients["petr@elsewhere.example"][0] == 550, refused.recipients
m = imaplib.IMAP4("127.0.0.1", imap)
m.authenticate("PLAIN", lambda challenge: b"\0" + user.encode() + b"\0" + password.encode())
assert m.select("INBOX") == ("OK", [b"2"])
assert m.search(None, "UNSEEN") == ("OK", [b"1 2"])
kind, data = m.uid("FETCH", "1", "(FLAGS BODY.PEEK[TEXT])")
assert data[0][1] == b".dot\r\n", data
assert m.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
assert m.uid("COPY", "2", "Trash")[0] == "OK"
assert m.expunge() == ("OK", [b"1"])
assert m.append("Sent", "\\Seen", None, b"Subject: kept\r\n\r\ntext\r\n")[0] == "OK"
assert m.status("Sent", "(MESSAGES UIDNEXT)") == ("OK", [b"Sent (MESSAGES 1 UIDNEXT 2)"])
assert len(m.list()[1]) == 5 and m.namespace()[0] == "OK"
assert m.close()[0] == "OK" and m.logout()[0] == "BYE"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_libraries_of_python_understand_it() {
    if !is_there("python3", "--version").await {
        return;
    }
    let sandbox = started().await;
    let ports = [sandbox.imap_addr().port(), sandbox.smtp_addr().port()].map(|port| port.to_string());
    run(Command::new("python3").arg("-c").arg(PYTHON).args(ports).args([DESK, PASSWORD])).await;
    assert_eq!(sandbox.mailbox(DESK).unwrap().messages_in("Trash").len(), 1);
}

#[tokio::test]
async fn lettre_and_async_imap_understand_it() {
    let sandbox = started().await;
    let smtp =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1").port(sandbox.smtp_addr().port());
    let smtp = smtp.build();
    let bounce = Envelope::new(None, vec![DESK.parse().unwrap()]).unwrap();
    smtp.send_raw(&bounce, b"Subject: bounce\r\n\r\n.text\r\n").await.unwrap();
    let relay = Envelope::new(None, vec!["petr@elsewhere.example".parse().unwrap()]).unwrap();
    assert!(smtp.send_raw(&relay, b"\r\n").await.unwrap_err().is_permanent());

    let stream = TcpStream::connect(sandbox.imap_addr()).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    client.read_response().await.unwrap().unwrap();
    let mut session = client.login(DESK, PASSWORD).await.map_err(|(error, _)| error).unwrap();
    for capability in
        ["IDLE", "MOVE", "UIDPLUS", "LITERAL+", "SASL-IR", "SPECIAL-USE", "ID", "NAMESPACE", "UNSELECT"]
    {
        assert!(session.capabilities().await.unwrap().has_str(capability), "{capability}");
    }
    let opened = session.select("INBOX").await.unwrap();
    assert_eq!((opened.exists, opened.uid_next), (1, Some(2)));
    let fetched: Vec<_> = session
        .uid_fetch("1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(fetched.len(), 1);
    // lettre ends every mail with one CRLF more than it was given.
    assert!(fetched[0].body().unwrap().ends_with(b"\r\n\r\n.text\r\n\r\n"));
    assert_eq!(fetched[0].size, Some(u32::try_from(fetched[0].body().unwrap().len()).unwrap()));
    assert_eq!(fetched[0].envelope().unwrap().subject.as_deref(), Some(&b"bounce"[..]));
    session.uid_mv("1", "Archive").await.unwrap();

    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (waiting, _stop) = idle.wait_with_timeout(Duration::from_secs(20));
    sandbox.deliver(DESK, PDF_MAIL).unwrap();
    assert!(matches!(waiting.await.unwrap(), async_imap::extensions::idle::IdleResponse::NewData(_)));
    let mut session = idle.done().await.unwrap();
    assert_eq!(session.uid_search("UNSEEN").await.unwrap().into_iter().collect::<Vec<_>>(), [2]);
    session.logout().await.unwrap();
}
