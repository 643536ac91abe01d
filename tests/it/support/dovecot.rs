//! A Dovecot of our own: loopback only, ports of its own, everything in one temporary directory.
//!
//! ```ignore
//! let Some(server) = Dovecot::start().await else { return };   // not installed: skipped aloud
//! let desk = server.user("desk");
//! server.deliver(&desk, b"Subject: a\r\n\r\nlabas\r\n").await;  // by LMTP, as an MTA does
//! let session = Session::connect(&server.account(&desk, Security::Tls)).await.unwrap();
//! ```
//!
//! Runs as root (mails then belong to the `dovecot` user) and as anybody else. Killed on drop; the log is
//! printed when the test fails.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use maildesk::mail::imap::{Account, Auth, Deadlines};
use maildesk::mail::secret::Secret;
use maildesk::mail::wire::{Endpoint, Security, Trust};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::authority::Authority;
use super::child::{Group, Leashed};
use super::ground::{free_port, missing};

/// The program that must be there.
pub const PROGRAM: &str = "/usr/sbin/dovecot";

/// What the server reads; each `@word@` is filled in.
const CONFIGURATION: &str = r"base_dir = @home@/run
state_dir = @home@/state
instance_name = @name@
log_path = @home@/log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = @internal@
default_internal_group = @owner_group@
default_login_user = @login@
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <@home@/server.pem
ssl_key = <@home@/server.key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0 secs
mail_max_userip_connections = 100
mail_location = maildir:~/Maildir
passdb {
  driver = passwd-file
  args = username_format=%u @home@/users
}
userdb {
  driver = static
  args = uid=@owner@ gid=@owner_group@ home=@home@/mail/%u
}
namespace inbox {
  inbox = yes
  separator = .
  mailbox Sent {
    special_use = \Sent
    auto = subscribe
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = @imap@
  }
  inet_listener imaps {
    port = @imaps@
    ssl = yes
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = @lmtp@
  }
}
protocol lmtp {
  auth_username_format = %u
}
";

/// Longest time to come up.
const START_MAX: Duration = Duration::from_secs(20);

/// Who can log in.
#[derive(Clone, Debug)]
pub struct User {
    /// The login name, and the address mail is delivered to.
    pub address: String,
    pub password: String,
}

/// A running (or stopped) private instance.
pub struct Dovecot {
    /// IMAP in the clear, with STARTTLS.
    pub imap_port: u16,
    /// IMAP over TLS.
    pub imaps_port: u16,
    /// LMTP, for `deliver` or for an MTA.
    pub lmtp_port: u16,
    /// The authority that signed the certificate of `localhost` (PEM). 127.0.0.1 is not in it.
    pub ca_file: PathBuf,
    home: TempDir,
    /// Lines added to the configuration.
    extra: String,
    child: Option<Leashed>,
}

impl Dovecot {
    /// A fresh server without users; None, said aloud, where Dovecot is not installed. See [`missing`].
    pub async fn start() -> Option<Dovecot> {
        Dovecot::start_with(|_| String::new()).await
    }

    /// As [`Dovecot::start`], with what `extra` says, told the server's directory, added to its configuration.
    pub async fn start_with(extra: impl FnOnce(&Path) -> String) -> Option<Dovecot> {
        if missing(&[PROGRAM]) {
            return None;
        }
        let home = tempfile::Builder::new().prefix("dc").tempdir().unwrap();
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let ca_file = Authority::of_this_run().write(home.path());
        fs::write(home.path().join("users"), "").unwrap();
        let extra = extra(home.path());
        let mut server =
            Dovecot { imap_port: 0, imaps_port: 0, lmtp_port: 0, ca_file, home, extra, child: None };
        // A free port may be taken by somebody else before the server has it.
        for _ in 0..5 {
            [server.imap_port, server.imaps_port, server.lmtp_port] = [(); 3].map(|()| free_port());
            server.configure();
            if server.try_start().await {
                return Some(server);
            }
            server.stop();
        }
        panic!("Dovecot does not start: {}", server.log());
    }

    /// A new user `NAME@desk.example.test` with an empty mailbox.
    pub fn user(&self, name: &str) -> User {
        self.user_at(&format!("{name}@desk.example.test"))
    }

    /// A new user with this address and an empty mailbox.
    pub fn user_at(&self, address: &str) -> User {
        let name = address.split('@').next().unwrap_or_default();
        let user = User { address: address.to_owned(), password: format!("{name} \"slaptas\"") };
        let mut file = fs::OpenOptions::new().append(true).open(self.path("users")).unwrap();
        writeln!(file, "{}:{{PLAIN}}{}::::::", user.address, user.password).unwrap();
        user
    }

    /// What the daemon needs to read this user's mail.
    pub fn account(&self, user: &User, security: Security) -> Account {
        let port = if security == Security::Tls { self.imaps_port } else { self.imap_port };
        Account {
            endpoint: Endpoint { host: "localhost".into(), port, security },
            user: user.address.clone(),
            password: Secret::new(&user.password),
            auth: Auth::Auto,
            trust: Trust::load(Some(&self.ca_file)).unwrap(),
            deadlines: Deadlines::default(),
        }
    }

    /// Delivers a mail by LMTP (RFC 2033) as the last MTA does; returns when it lies in the mailbox.
    pub async fn deliver(&self, user: &User, mail: &[u8]) {
        let stream = TcpStream::connect(("127.0.0.1", self.lmtp_port)).await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut stuffed = Vec::with_capacity(mail.len() + 64);
        for line in mail.split_inclusive(|b| *b == b'\n') {
            if line.starts_with(b".") {
                stuffed.push(b'.');
            }
            stuffed.extend_from_slice(line);
        }
        if !stuffed.ends_with(b"\r\n") {
            stuffed.extend_from_slice(b"\r\n");
        }
        stuffed.extend_from_slice(b".\r\n");
        expect(&mut stream, "220").await;
        for (line, code) in [
            ("LHLO mx.example.test\r\n".to_owned(), "250"),
            ("MAIL FROM:<ona@client.example>\r\n".to_owned(), "250"),
            (format!("RCPT TO:<{}>\r\n", user.address), "250"),
            ("DATA\r\n".to_owned(), "354"),
        ] {
            stream.write_all(line.as_bytes()).await.unwrap();
            expect(&mut stream, code).await;
        }
        stream.write_all(&stuffed).await.unwrap();
        expect(&mut stream, "250").await;
    }

    /// Ends the server and all its processes at once, as a power cut does; mailboxes and ports stay. (Asked
    /// politely, it keeps an idling session for up to ten seconds.)
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill();
        }
    }

    /// Freezes all its processes: connections are taken, and nobody answers.
    pub fn freeze(&self) {
        self.child.as_ref().expect("it runs").signal_all("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.child.as_ref().expect("it runs").signal_all("CONT");
    }

    /// Starts a stopped server again, on the same ports with the same mailboxes.
    pub async fn start_again(&mut self) {
        assert!(self.try_start().await, "Dovecot does not start again: {}", self.log());
    }

    /// What the server wrote into its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// A file of the server: `log`, or `mail/ADDRESS/Maildir` (Maildir++: other folders are `.NAME` below it).
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    async fn try_start(&mut self) -> bool {
        let mut command = Command::new(PROGRAM);
        command.arg("-F").arg("-c").arg(self.path("dovecot.conf")).stdout(Stdio::null());
        command.stderr(fs::File::create(self.path("stderr")).unwrap());
        self.child = Some(Leashed::start(command, Group::Ours));
        let ready = async {
            loop {
                if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.imap_port)).await
                    && stream.read(&mut [0; 64]).await.is_ok_and(|count| count > 0)
                {
                    return true;
                }
                if self.child.as_mut().is_none_or(|child| child.ended().is_some()) {
                    return false;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(START_MAX, ready).await.unwrap_or(false)
    }

    fn configure(&self) {
        let me = text_of(Command::new("id").arg("-un"));
        let group = text_of(Command::new("id").arg("-gn"));
        let root = me == "root";
        // Mail of root is refused by the server, so root borrows a user that the package made.
        let (owner, internal, login) =
            if root { ("dovecot", "dovecot", "dovenull") } else { (&*me, &*me, &*me) };
        let owner_group = if root { "dovecot" } else { &group };
        let mail = self.path("mail");
        fs::create_dir_all(&mail).unwrap();
        if root {
            let status = Command::new("chown").arg(format!("{owner}:{owner_group}")).arg(&mail).status();
            assert!(status.unwrap().success());
        }
        let name = self.home.path().file_name().unwrap().to_string_lossy();
        let mut text = format!("{CONFIGURATION}{}", self.extra);
        for (key, value) in [
            ("@home@", self.home.path().to_str().unwrap()),
            ("@name@", &name),
            ("@internal@", internal),
            ("@login@", login),
            ("@owner@", owner),
            ("@owner_group@", owner_group),
            ("@imap@", &self.imap_port.to_string()),
            ("@imaps@", &self.imaps_port.to_string()),
            ("@lmtp@", &self.lmtp_port.to_string()),
        ] {
            text = text.replace(key, value);
        }
        fs::write(self.path("dovecot.conf"), text).unwrap();
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            eprintln!("Dovecot said:\n{}", self.log());
        }
    }
}

/// Reads one reply, which may have several lines, and demands its code.
async fn expect(stream: &mut BufReader<TcpStream>, code: &str) {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with(code), "LMTP: {line:?} instead of {code}");
        if line.as_bytes().get(3) != Some(&b'-') {
            return;
        }
    }
}

fn text_of(command: &mut Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
}
