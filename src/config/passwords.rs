//! Where a password comes from: a file, a systemd credential, a variable, or the configuration itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::reader::{Item, Table};
use super::secret::Secret;

const KEYS: [&str; 4] = ["password_file", "password_credential", "password_env", "password"];

/// Where `systemd/maildesk.service` says that credentials lie, from the folder of the configuration.
const CREDENTIALS: &str = "credentials";
/// What that unit calls them together: systemd puts it before each name.
const CREDENTIALS_OF: &str = "maildesk";

/// Reads the passwords of one configuration.
pub struct Passwords<'e> {
    env: &'e BTreeMap<String, String>,
    /// Relative names of files begin here.
    base: PathBuf,
    /// Somebody beside the owner may read a configuration file.
    exposed: bool,
    /// None is read: whoever asks may not be allowed to.
    withheld: bool,
}

impl<'e> Passwords<'e> {
    /// `files` are those of the configuration, the first says where relative names begin.
    pub fn new(env: &'e BTreeMap<String, String>, files: &[PathBuf]) -> Passwords<'e> {
        let base = files.first().and_then(|file| file.parent()).unwrap_or(Path::new("")).to_owned();
        let exposed = files.iter().any(|file| readable_by_others(file) == Some(true));
        Passwords { env, base, exposed, withheld: false }
    }

    /// Every secret is empty and none is looked for: for commands that speak to no server, and whose users may not
    /// read what the daemon does.
    pub fn withheld(self) -> Passwords<'e> {
        Passwords { withheld: true, ..self }
    }

    /// The file that the configuration means by `name`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.base.join(name)
    }

    /// Does the table say where its password is, rightly or not?
    pub fn is_given(&self, table: &Table<'_>) -> bool {
        KEYS.iter().any(|key| table.get(key).is_some())
    }

    /// The password of the table; what is wrong is reported.
    pub fn read(&self, table: &Table<'_>) -> Option<Secret> {
        let given: Vec<Item<'_>> = KEYS.iter().filter_map(|key| table.get(key)).collect();
        if let [_, second, ..] = given.as_slice() {
            second.refuse("is a second password", format!("keep one of {}", KEYS.join(", ")));
            return None;
        }
        if let Some(item) = table.get("password_file") {
            return self.of_file(&item, &self.path(&item.text()?));
        }
        if let Some(item) = table.get("password_credential") {
            return self.of_credential(&item);
        }
        if let Some(item) = table.get("password_env") {
            let name = item.text()?;
            if self.withheld {
                return Some(Secret::withheld());
            }
            let found = self.env.get(&name).filter(|value| !value.is_empty());
            if found.is_none() {
                item.refuse(format!("there is no variable {name} in the environment"), "");
            }
            return found.map(Secret::new);
        }
        let item = table.get("password")?;
        let secret = item.text().map(Secret::new);
        if self.exposed && matches!(item.place(), super::problem::Place::Line { .. }) {
            let hint = "use password_file, or chmod 600 the configuration";
            item.warn("others than the owner can read the file that holds this password", hint);
        }
        secret
    }

    fn of_credential(&self, item: &Item<'_>) -> Option<Secret> {
        let name = item.text()?;
        if name.contains('/') || name.starts_with('.') {
            item.refuse(
                format!("\"{name}\" is no name of a credential"),
                "write the name that LoadCredential= has",
            );
            return None;
        }
        if self.withheld {
            return Some(Secret::withheld());
        }
        // Of a whole folder that LoadCredential= names, systemd calls each file ID_NAME.
        let named =
            |folder: &Path| [name.clone(), format!("{CREDENTIALS_OF}_{name}")].map(|name| folder.join(name));
        if let Some(folder) = self.env.get("CREDENTIALS_DIRECTORY") {
            let [plain, prefixed] = named(Path::new(folder));
            let path = if prefixed.exists() { prefixed } else { plain };
            return self.first_line(item, &path);
        }
        // The administrator at the command line sees what systemd hands to the daemon.
        let beside = self.base.join(CREDENTIALS).join(&name);
        match fs::metadata(&beside) {
            Ok(_) => self.of_file(item, &beside),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                item.refuse("only root and the daemon can read the credentials", "run this as root");
                None
            }
            Err(_) => {
                item.refuse(
                    "no credentials were handed to the program",
                    format!(
                        "write it into {CREDENTIALS}/{name} beside the configuration, where the unit of maildesk \
                         takes it from; a unit of your own needs LoadCredential={name}:/path/to/the/file"
                    ),
                );
                None
            }
        }
    }

    fn of_file(&self, item: &Item<'_>, path: &Path) -> Option<Secret> {
        if self.withheld {
            return Some(Secret::withheld());
        }
        if readable_by_others(path) == Some(true) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            item.refuse("others than the owner can read this file", format!("chmod 600 {name}"));
            return None;
        }
        self.first_line(item, path)
    }

    /// The first line; what else a file holds is a mistake that would else be sent to a server.
    fn first_line(&self, item: &Item<'_>, path: &Path) -> Option<Secret> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                item.refuse(format!("cannot be read: {error}"), "");
                return None;
            }
        };
        let mut lines = text.trim_end_matches(['\r', '\n']).lines();
        match (lines.next().filter(|line| !line.is_empty()), lines.next()) {
            (Some(line), None) => Some(Secret::new(line)),
            (None, _) => {
                item.refuse("the file is empty", "it holds the password in its only line");
                None
            }
            (Some(_), Some(_)) => {
                item.refuse("the file has several lines", "it holds the password in its only line");
                None
            }
        }
    }
}

/// May group or others read the file? `None` where there is no such file.
fn readable_by_others(path: &Path) -> Option<bool> {
    fs::metadata(path).ok().map(|about| about.permissions().mode() & 0o044 != 0)
}
