//! The files of the demo: the desk's configuration, and those of mail programs that take part.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::calendar::{Week, ZONE};
use super::cast::{DESK_ADDRESS, DESK_NAME, PASSWORD, Role};

/// The configuration, by which `maildesk --config` finds the desk.
pub fn config_path(dir: &Path) -> PathBuf {
    dir.join("demo.toml")
}

/// A mail program's configuration for one account.
pub fn muttrc_path(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("{}.muttrc", role.local()))
}

/// The same for mbsync.
pub fn mbsyncrc_path(dir: &Path, role: Role) -> PathBuf {
    dir.join(format!("{}.mbsyncrc", role.local()))
}

/// A mail for `maildesk explain`.
pub fn example_path(dir: &Path) -> PathBuf {
    dir.join("example.eml")
}

/// Writes them all, for their owner alone.
///
/// # Errors
/// One cannot be written.
pub fn write_all(dir: &Path, week: &Week, imap: SocketAddr, smtp: SocketAddr) -> io::Result<()> {
    write(&dir.join("password"), &format!("{PASSWORD}\n"))?;
    write(&config_path(dir), &config(dir, week, imap, smtp))?;
    write(&example_path(dir), EXAMPLE)?;
    for role in [Role::Guest, Role::Petr, Role::Eva] {
        write(&muttrc_path(dir, role), &muttrc(dir, role, imap, smtp))?;
        write(&mbsyncrc_path(dir, role), &mbsyncrc(dir, role, imap))?;
        fs::create_dir_all(dir.join(format!("mail-{}", role.local())))?;
    }
    Ok(())
}

/// A request that nobody has sent: `explain` says what it would lead to.
const EXAMPLE: &str = "From: Guest <you@guest.example>\n\
     To: support@desk.example\n\
     Subject: The lamp in the hall\n\
     Date: Mon, 2 Mar 2026 09:12:00 +0200\n\
     Message-ID: <example@guest.example>\n\n\
     Hello,\n\nthe lamp in the hall is broken. Could you have a look?\n";

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// The desk: two agents, one kind of promise, office hours with a holiday on the story's second day.
fn config(dir: &Path, week: &Week, imap: SocketAddr, smtp: SocketAddr) -> String {
    let mut text = format!(
        r#"# The desk of `maildesk demo`. Everything that is not here has its default.
state_dir = {dir}

[mailbox]
host = "{imap_host}"
port = {imap_port}
security = "plain"
user = "{DESK_ADDRESS}"
password_file = "password"
adopt = "all"

[smtp]
host = "{smtp_host}"
port = {smtp_port}
security = "plain"
ehlo = "desk.example"

[desk]
name = "{DESK_NAME}"
address = "{DESK_ADDRESS}"
languages = ["en", "lt", "lv", "ru", "cs"]
time_zone = "{ZONE}"
ack_shows = "deadline"
warn_before = "0.5H"
autoclose = "3d"
severity.normal = {{ respond = "2h", resolve = "8h" }}

[desk.calendars.office]
mon-fri = "08:00-17:00"
exceptions = {{ "{holiday}" = "closed" }}

"#,
        dir = quoted(&dir.display().to_string()),
        imap_host = imap.ip(),
        imap_port = imap.port(),
        smtp_host = smtp.ip(),
        smtp_port = smtp.port(),
        holiday = week.day(1),
    );
    for agent in [Role::Petr, Role::Eva] {
        agent_table(&mut text, agent);
    }
    for client in Role::ALL {
        client_table(&mut text, client);
    }
    text
}

fn agent_table(text: &mut String, agent: Role) {
    let (id, name, address) = (agent.local(), agent.name(), agent.address());
    let table = format!("[desk.agents.{id}]\nname = \"{name}\"\nemail = \"{address}\"\n");
    text.push_str(&table);
}

fn client_table(text: &mut String, client: Role) {
    let Some((company, code, language)) = client.company() else { return };
    let (name, address) = (client.name(), client.address());
    let written = write!(
        text,
        "\n[[desk.clients]]\nname = \"{company}\"\ncode = \"{code}\"\ncontacts = [{{ name = \"{name}\", email = \
         \"{address}\", language = \"{language}\" }}]\n"
    );
    written.expect("a string takes everything");
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn muttrc(dir: &Path, role: Role, imap: SocketAddr, smtp: SocketAddr) -> String {
    let (name, address) = (role.name(), role.address());
    let user = address.replace('@', "%40");
    format!(
        r#"# mutt as {name}
set charset=utf-8 send_charset="us-ascii:utf-8"
set from="{address}" realname="{name}" use_from=yes use_envelope_from=yes
set folder="imap://{user}@{imap}/" spoolfile="imap://{user}@{imap}/INBOX"
set imap_user="{address}" imap_pass="{PASSWORD}"
set smtp_url="smtp://{smtp}/" ssl_starttls=no ssl_force_tls=no
set record="" postponed="{dir}/postponed" mail_check=2 timeout=2
set reply_to=yes include=yes
"#,
        dir = dir.display(),
    )
}

fn mbsyncrc(dir: &Path, role: Role, imap: SocketAddr) -> String {
    let (id, address, dir) = (role.local(), role.address(), dir.display());
    format!(
        "IMAPStore far\nHost {host}\nPort {port}\nUser {address}\nPass {PASSWORD}\nSSLType None\nAuthMechs LOGIN\n\n\
         MaildirStore near\nPath \"{dir}/mail-{id}/\"\nInbox \"{dir}/mail-{id}/INBOX\"\nSubFolders Verbatim\n\n\
         Channel all\nFar :far:\nNear :near:\nPatterns INBOX\nCreate Near\nSyncState *\n",
        host = imap.ip(),
        port = imap.port(),
    )
}
