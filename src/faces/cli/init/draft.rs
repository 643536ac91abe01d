//! The files that are written: a configuration with comments, and the password beside it.

use std::fmt::Write as _;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use super::answers::{Answers, Provider, SecretIn};
use super::create;
use super::guess::At;
use crate::config::Security;
use crate::faces::cli::failure::Failure;

/// Where the unit of the package runs; who reads its secrets.
const SYSTEM_CONFIG: &str = "/etc/maildesk";
const SYSTEM_STATE: &str = "/var/lib/maildesk";
const SYSTEM_USER: &str = "maildesk";

/// Files that are there and taken away again unless they are kept.
pub struct Draft {
    pub config: PathBuf,
    secret: Option<PathBuf>,
    kept: bool,
}

impl Draft {
    /// Where the configuration goes.
    pub fn place(file: Option<&Path>) -> PathBuf {
        let usual = || {
            let folder = Path::new(SYSTEM_CONFIG);
            let is_root = rustix::process::geteuid().is_root();
            if is_root { folder.join("maildesk.toml") } else { PathBuf::from("maildesk.toml") }
        };
        file.map_or_else(usual, Path::to_owned)
    }

    /// Writes both files. `mended` are keys that a probe asked for.
    ///
    /// # Errors
    /// One of them is there already, or cannot be written.
    pub fn write(
        config: &Path,
        answers: &Answers,
        mended: &[(&'static str, String)],
    ) -> Result<Draft, Failure> {
        let folder = config.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).map_err(|error| Failure::io(folder.display(), &error))?;
        }
        let mut draft = Draft { config: config.to_owned(), secret: None, kept: false };
        let secret_name = match &answers.secret {
            SecretIn::File(path) => path.display().to_string(),
            SecretIn::Typed(_) | SecretIn::Later => secret_name(config),
        };
        let text = text(config, answers, &secret_name, mended);
        create(config, 0o644, &text).map_err(|error| draft.not_written(config, &error))?;
        if let SecretIn::Typed(secret) = &answers.secret {
            let path = config.with_file_name(&secret_name);
            create(&path, 0o600, &format!("{secret}\n"))
                .map_err(|error| Failure::io(path.display(), &error))?;
            give_to_daemon(&path);
            draft.secret = Some(path);
        }
        Ok(draft)
    }

    /// What is not ours is not taken away.
    fn not_written(&mut self, config: &Path, error: &std::io::Error) -> Failure {
        self.kept = true;
        let failure = Failure::io(config.display(), error);
        match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                let text = format!("{}: it is there already, and nothing is overwritten", config.display());
                Failure { text, ..failure }
            }
            _ => failure,
        }
    }

    /// The files stay.
    pub fn keep(mut self) -> Option<PathBuf> {
        self.kept = true;
        self.secret.take()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            for path in [Some(&self.config), self.secret.as_ref()].into_iter().flatten() {
                // Whoever cannot write there any more sees the files.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// `maildesk.toml` has `maildesk.password` beside it.
fn secret_name(config: &Path) -> String {
    let stem = config.file_stem().unwrap_or_default().to_string_lossy();
    format!("{stem}.password")
}

/// Root writes it, and the daemon's own user has to read it.
fn give_to_daemon(path: &Path) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user =
        users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == SYSTEM_USER);
    let Some((uid, gid)) =
        user.and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
    else {
        return;
    };
    // Only root may; for anybody else the file stays his own.
    let is_roots = std::fs::metadata(path).is_ok_and(|about| about.uid() == 0);
    if is_roots && path.starts_with(SYSTEM_CONFIG) {
        let _ = chown(path, Some(uid), Some(gid));
    }
}

fn text(config: &Path, answers: &Answers, secret_name: &str, mended: &[(&'static str, String)]) -> String {
    let folder = std::path::absolute(config).ok().and_then(|path| path.parent().map(Path::to_owned));
    let state = match folder {
        Some(folder) if folder == Path::new(SYSTEM_CONFIG) => SYSTEM_STATE.to_owned(),
        _ => "state".to_owned(),
    };
    let mut text = format!(
        "\
# The desk {plain}, as `maildesk init` wrote it. What is not written here has a default: the reference
# config/maildesk.toml lists every key with it, and `maildesk init --list` names examples of larger desks.
# After a change: maildesk check, then systemctl reload maildesk (or a SIGHUP).

# All that the daemon keeps lies here; names of files are meant from the folder of this one.
state_dir = {state}

[desk]
# Clients see this name.
name = {address}
address = {address}
# Each is told of every new request; whoever replies first takes it.
agents = [
",
        plain = answers.address,
        address = quoted(answers.address.as_str()),
        state = quoted(&state),
    );
    for agent in &answers.agents {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "    {},", quoted(agent));
    }
    let languages: Vec<String> = answers.languages.iter().map(|language| quoted(language)).collect();
    let _ = write!(
        text,
        "]\n# The first is the desk's own; clients are answered in the one they write in.\nlanguages = [{}]\n",
        languages.join(", ")
    );
    if let Some(zone) = jiff::tz::TimeZone::system().iana_name() {
        let _ = writeln!(text, "time_zone = {}", quoted(zone));
    }
    add_mended(&mut text, mended, "carrier");
    add_mailbox(&mut text, answers, secret_name);
    add_relay(&mut text, answers, secret_name);
    add_mended(&mut text, mended, "empty_sender");
    text.push_str("\n# For monitoring on this machine: /live, /ready and /metrics.\n[http]\n# listen = \"127.0.0.1:9180\"\n");
    text
}

fn add_mailbox(text: &mut String, answers: &Answers, secret_name: &str) {
    text.push_str(
        "\n# The mailbox is only read; set after = \"move to Archive\" to have it tidied.\n[mailbox]\n",
    );
    match answers.provider {
        Provider::M365 => text.push_str("# Hosts, ports and bounds of Exchange Online.\npreset = \"m365\"\n"),
        _ => add_server(text, &answers.imap),
    }
    add_ca_file(text, answers);
    let _ = writeln!(text, "user = {}", quoted(&answers.user));
    if answers.application.is_none() {
        let name = quoted(secret_name);
        let _ = writeln!(
            text,
            "# Its only line is the password; only its owner may read it.\npassword_file = {name}"
        );
    }
    text.push_str(
        "# On the first start only mail that comes from then on is read; \"all\" takes what is there, too.\n\
         adopt = \"new\"\n",
    );
    if let Some(application) = &answers.application {
        let (tenant, client) = (quoted(&application.tenant), quoted(&application.client));
        let _ =
            writeln!(text, "\n# Access tokens.\n[mailbox.oauth]\ntenant = {tenant}\nclient_id = {client}");
        match answers.secret {
            SecretIn::Later => text.push_str("# No secret: a person logs in once with maildesk login.\n"),
            _ => {
                let _ = writeln!(
                    text,
                    "client_secret_file = {}\n# The day on which it ends; it is told of from a month before.\n\
                     # secret_expires = \"2027-03-01\"",
                    quoted(secret_name)
                );
            }
        }
    }
}

fn add_relay(text: &mut String, answers: &Answers, secret_name: &str) {
    text.push_str(
        "\n# How letters leave; with the login of the mailbox where nothing else is said.\n[smtp]\n",
    );
    match answers.provider {
        // The preset of the mailbox says it all.
        Provider::M365 => return,
        _ => add_server(text, &answers.smtp),
    }
    match answers.provider {
        Provider::Local => text.push_str("auth = \"none\"\n"),
        _ if answers.smtp.host != answers.imap.host => {
            let _ =
                writeln!(text, "user = {}\npassword_file = {}", quoted(&answers.user), quoted(secret_name));
        }
        _ => {}
    }
    add_ca_file(text, answers);
    if answers.provider == Provider::Gmail {
        text.push_str("# The provider's bounds.\nconnections = 3\nper_minute = 30\n");
    }
}

fn add_ca_file(text: &mut String, answers: &Answers) {
    if let Some(ca_file) = &answers.ca_file {
        let _ = writeln!(text, "ca_file = {}", quoted(&whole(ca_file)));
    }
}

fn whole(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn add_server(text: &mut String, at: &At) {
    let security = match at.security {
        Security::Tls => "tls",
        Security::StartTls => "starttls",
        Security::Plain => "plain",
    };
    let _ = writeln!(text, "host = {}\nport = {}\nsecurity = \"{security}\"", quoted(&at.host), at.port);
}

fn add_mended(text: &mut String, mended: &[(&'static str, String)], key: &str) {
    for (_, value) in mended.iter().filter(|(name, _)| *name == key) {
        let _ = writeln!(text, "# As the letter to oneself came back.\n{key} = {value}");
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::Address;
    use crate::faces::cli::init::answers::Application;

    fn answers(provider: Provider) -> Answers {
        let at = |port| At { host: "mail.desk.example".to_owned(), port, security: Security::Tls };
        Answers {
            address: Address::parse("support@desk.example").expect("an address"),
            provider,
            imap: at(993),
            smtp: at(465),
            user: "support@desk.example".to_owned(),
            secret: SecretIn::Typed("slaptas".to_owned()),
            application: None,
            agents: vec!["Ona \"O\" <ona@desk.example>".to_owned()],
            languages: vec!["lt".to_owned(), "en".to_owned()],
            ca_file: None,
        }
    }

    fn drawn(answers: &Answers) -> toml::Table {
        let written = text(Path::new("desk.toml"), answers, "desk.password", &[]);
        assert!(!written.contains("slaptas"), "{written}");
        toml::from_str(&written).unwrap_or_else(|error| panic!("{error}\n{written}"))
    }

    #[test]
    fn a_draft_holds_the_answers_and_no_secret() {
        let table = drawn(&answers(Provider::Other));
        assert_eq!(table["desk"]["agents"][0].as_str(), Some("Ona \"O\" <ona@desk.example>"));
        assert_eq!(table["mailbox"]["password_file"].as_str(), Some("desk.password"));
        assert_eq!(table["smtp"]["port"].as_integer(), Some(465));
        assert_eq!(drawn(&answers(Provider::Local))["smtp"]["auth"].as_str(), Some("none"));
    }

    #[test]
    fn microsoft_gets_the_application_instead_of_a_password() {
        let application = Application { tenant: "t-1".to_owned(), client: "c-1".to_owned() };
        let mut answers = Answers { application: Some(application), ..answers(Provider::M365) };
        let mailbox = drawn(&answers)["mailbox"].clone();
        assert_eq!(mailbox["preset"].as_str(), Some("m365"));
        assert_eq!(mailbox["oauth"]["tenant"].as_str(), Some("t-1"));
        assert_eq!(mailbox["oauth"]["client_secret_file"].as_str(), Some("desk.password"));
        assert!(mailbox.get("password_file").is_none() && mailbox.get("host").is_none());
        answers.secret = SecretIn::Later;
        assert!(drawn(&answers)["mailbox"]["oauth"].get("client_secret_file").is_none());
    }
}
