//! A private Postfix: takes mail from outside, takes letters from who has a password, delivers by LMTP, bounces.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use tempfile::TempDir;

use super::authority::{Authority, HOST};
use super::child::{Group, Leashed, listens, until};
use super::ground::free_port;

/// The program that must be there.
pub const PROGRAM: &str = "/usr/lib/postfix/sbin/master";

/// What Postfix has to know of the world around it.
pub struct World<'a> {
    /// Domains whose mail is delivered here.
    pub domains: &'a [&'a str],
    /// Addresses that exist in them (each with any `+tag`).
    pub addresses: &'a [&'a str],
    /// Where mail for them is delivered: a port of 127.0.0.1 that speaks LMTP.
    pub lmtp: u16,
    /// The socket on which Dovecot answers who has which password.
    pub passwords: &'a Path,
}

/// A running (or stopped) Postfix. Dropping it kills it with all its children.
pub struct Postfix {
    /// As a mail exchanger: no password, mail for the local domains only.
    pub outside: u16,
    /// Submission with STARTTLS and a password, both demanded.
    pub submission: u16,
    /// Submission with TLS from the first byte and a password.
    pub submissions: u16,
    /// The authority that signed its certificate, for who connects.
    pub ca: PathBuf,
    running: Option<Leashed>,
    dir: TempDir,
}

impl Postfix {
    /// Writes the configuration and starts; ready when this returns.
    ///
    /// # Panics
    /// When it does not come up in 10 s: with its log.
    pub fn start(world: &World) -> Postfix {
        let dir = tempfile::Builder::new().prefix("pf").tempdir().unwrap();
        let ca = Authority::of_this_run().write(dir.path());
        let (outside, submission, submissions) = (free_port(), free_port(), free_port());
        let mut postfix = Postfix { outside, submission, submissions, ca, running: None, dir };
        postfix.lay_out(world);
        postfix.resume();
        postfix
    }

    /// Starts it again, on the same ports, with the same queue.
    pub fn resume(&mut self) {
        let mut command = Command::new(PROGRAM);
        command.arg("-c").arg(self.config()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = self.running.insert(Leashed::start(command, Group::Own));
        let ports = [self.outside, self.submission, self.submissions];
        let up = until(Duration::from_secs(10), || {
            ports.iter().all(|port| listens(*port)) || running.ended().is_some()
        });
        let ended = running.ended();
        assert!(up.is_some() && ended.is_none(), "postfix did not start ({ended:?}):\n{}", self.log());
    }

    /// Mail for these addresses goes other ways from now on, as in `handed:unix:/path`.
    pub fn routes(&mut self, ways: &[(&str, &str)]) {
        let text: String = ways.iter().map(|(address, way)| format!("{address} {way}\n")).collect();
        write_old(&self.dir.path().join("transport"), &text);
        self.stop();
        self.resume();
    }

    /// Adds a service that starts a program for each mail, with these arguments, as this user.
    pub fn has_pipe(&mut self, name: &str, user: &str, argv: &str) {
        let line = format!("{name} unix - n n - 10 pipe flags=q user={user} null_sender= argv={argv}\n");
        write_old(&self.config().join("master.cf"), &(self.master_cf() + &line));
    }

    /// Stops it; what is in the queue stays there.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.stop(Duration::from_secs(5));
        }
    }

    /// Freezes all its processes: connections are taken, and nobody answers.
    pub fn freeze(&self) {
        self.running.as_ref().expect("it runs").signal_all("STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.running.as_ref().expect("it runs").signal_all("CONT");
    }

    /// All that it logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Number of mails that it has neither delivered nor given back.
    pub fn queued(&self) -> usize {
        // Two looks: a mail on its way from one folder to the next may hide from one of them.
        [self.queue_ids(), self.queue_ids()].into_iter().flatten().collect::<BTreeSet<_>>().len()
    }

    fn queue_ids(&self) -> BTreeSet<OsString> {
        // `deferred` has folders of its own, named by the first letter of the queue id.
        let deferred = entries(self.queue().join("deferred")).flat_map(|folder| entries(folder.path()));
        let rest = ["incoming", "active"].map(|name| entries(self.queue().join(name)));
        rest.into_iter().flatten().chain(deferred).map(|file| file.file_name()).collect()
    }

    /// Tries now all that was put off.
    pub fn flush(&self) {
        let done = Command::new("/usr/sbin/postqueue").arg("-c").arg(self.config()).arg("-f").status();
        assert!(done.expect("postqueue").success());
    }

    fn config(&self) -> PathBuf {
        self.dir.path().join("etc")
    }

    fn queue(&self) -> PathBuf {
        self.dir.path().join("spool")
    }

    fn lay_out(&self, world: &World) {
        let root = self.dir.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        let (owner, group) = (number_of("passwd", "postfix"), number_of("group", "postdrop"));
        fs::create_dir(self.config()).unwrap();
        fs::create_dir_all(self.queue().join("pid")).unwrap();
        let own = |path: PathBuf, group: Option<u32>, mode: u32| {
            fs::create_dir(&path).unwrap();
            chown(&path, Some(owner), group).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        own(root.join("data"), None, 0o700);
        for name in QUEUES {
            own(self.queue().join(name), None, 0o700);
        }
        own(self.queue().join("maildrop"), Some(group), 0o730);
        own(self.queue().join("public"), Some(group), 0o710);
        write_old(&root.join("addresses"), &table(world.addresses));
        write_old(&root.join("transport"), "");
        write_old(&self.config().join("main.cf"), &self.main_cf(world));
        write_old(&self.config().join("master.cf"), &self.master_cf());
    }

    fn main_cf(&self, world: &World) -> String {
        let root = self.dir.path().display();
        let (domains, lmtp, passwords) = (world.domains.join(" "), world.lmtp, world.passwords.display());
        let fixed = MAIN_CF;
        format!(
            "queue_directory = {root}/spool\n\
             data_directory = {root}/data\n\
             maillog_file = {root}/log\n\
             maillog_file_prefixes = {root}\n\
             myhostname = {HOST}\n\
             smtpd_tls_cert_file = {root}/server.pem\n\
             smtpd_tls_key_file = {root}/server.key\n\
             virtual_mailbox_domains = {domains}\n\
             virtual_mailbox_maps = texthash:{root}/addresses\n\
             virtual_transport = lmtp:inet:127.0.0.1:{lmtp}\n\
             transport_maps = texthash:{root}/transport\n\
             smtpd_sender_login_maps = texthash:{root}/addresses\n\
             smtpd_sasl_path = {passwords}\n\
             {fixed}"
        )
    }

    fn master_cf(&self) -> String {
        let (outside, submission, submissions) = (self.outside, self.submission, self.submissions);
        let login = "-o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes \
                     -o smtpd_client_restrictions=permit_sasl_authenticated,reject \
                     -o smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch \
                     -o smtpd_relay_restrictions=permit_sasl_authenticated,reject";
        format!(
            "127.0.0.1:{outside} inet n - n - - smtpd\n\
             127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_tls_security_level=encrypt {login}\n\
             127.0.0.1:{submissions} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {login}\n\
             {MASTER_CF}"
        )
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what postfix logged\n{}", self.log());
        }
    }
}

const QUEUES: [&str; 11] = [
    "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
    "trace",
];

/// Nothing is looked up in the DNS, nothing leaves the machine: other domains bounce. Retries come after a second.
const MAIN_CF: &str = "\
compatibility_level = 3.6
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains =
recipient_delimiter = +
default_transport = error:5.1.2 no such domain in the tests
relay_transport = error:5.1.2 no such domain in the tests
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
lmtp_host_lookup = native
smtpd_recipient_restrictions =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_reject_unlisted_recipient = yes
smtpd_tls_security_level = may
smtpd_tls_loglevel = 0
smtpd_sasl_type = dovecot
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
disable_vrfy_command = yes
strict_rfc821_envelopes = no
biff = no
message_size_limit = 104857600
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_minfree = 0
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
transport_retry_time = 1s
lmtp_destination_concurrency_failed_cohort_limit = 1000000
maximal_queue_lifetime = 5m
bounce_queue_lifetime = 5m
";

/// `flags=O` keeps the address as it was written, with its tag, in X-Original-To; it wants each recipient alone.
/// `handed` is the same as Postfix comes, with several recipients at a time.
const MASTER_CF: &str = "\
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
lmtp unix - - n - - lmtp flags=O
handed unix - - n - - lmtp
";

fn entries(dir: PathBuf) -> impl Iterator<Item = fs::DirEntry> {
    fs::read_dir(dir).into_iter().flatten().flatten()
}

/// Writes a file that looks old: Postfix reads one younger than 2 s again and again until it is not.
fn write_old(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    let file = fs::File::options().append(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
}

/// `address address` a line: exists, and belongs to the login of the same name.
fn table(addresses: &[&str]) -> String {
    addresses.iter().map(|address| format!("{address} {address}\n")).collect()
}

/// The number of a user or a group, from /etc/passwd or /etc/group.
fn number_of(file: &str, name: &str) -> u32 {
    let text = fs::read_to_string(Path::new("/etc").join(file)).unwrap();
    let mut rows = text.lines().map(|row| row.split(':').collect::<Vec<_>>());
    let row = rows.find(|row| row[0] == name).unwrap_or_else(|| panic!("no {name} in {file}"));
    row[2].parse().unwrap()
}
