//! Where a secret comes from: a file, a systemd credential, a variable, or the configuration itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::reader::{Item, Table};
use super::secret::Secret;

/// The four keys of one secret.
pub struct Keys {
    file: &'static str,
    credential: &'static str,
    env: &'static str,
    plain: &'static str,
    /// What it is called.
    what: &'static str,
}

/// Where `systemd/maildesk.service` says that credentials lie, from the folder of the configuration.
const CREDENTIALS: &str = "credentials";
/// What that unit calls them together: systemd puts it before each name.
const CREDENTIALS_OF: &str = "maildesk";

/// The password of a login.
pub const PASSWORD: Keys = Keys {
    file: "password_file",
    credential: "password_credential",
    env: "password_env",
    plain: "password",
    what: "password",
};
/// The secret of an application that asks for access tokens.
pub const CLIENT_SECRET: Keys = Keys {
    file: "client_secret_file",
    credential: "client_secret_credential",
    env: "client_secret_env",
    plain: "client_secret",
    what: "client secret",
};
/// What access tokens are asked for with, once a person has logged in.
pub const REFRESH_TOKEN: Keys = Keys {
    file: "refresh_token_file",
    credential: "refresh_token_credential",
    env: "refresh_token_env",
    plain: "refresh_token",
    what: "refresh token",
};

impl Keys {
    fn all(&self) -> [&'static str; 4] {
        [self.file, self.credential, self.env, self.plain]
    }
}

/// Reads the secrets of one configuration.
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

    /// Does the table say where this secret is, rightly or not?
    pub fn is_given(&self, table: &Table<'_>, keys: &Keys) -> bool {
        keys.all().iter().any(|key| table.get(key).is_some())
    }

    /// The secret of the table; what is wrong is reported.
    pub fn read(&self, table: &Table<'_>, keys: &Keys) -> Option<Secret> {
        let given: Vec<Item<'_>> = keys.all().iter().filter_map(|key| table.get(key)).collect();
        let what = keys.what;
        if let [_, second, ..] = given.as_slice() {
            second.refuse(format!("is a second {what}"), format!("keep one of {}", keys.all().join(", ")));
            return None;
        }
        if let Some(item) = table.get(keys.file) {
            return self.of_file(&item, &self.path(&item.text()?), what);
        }
        if let Some(item) = table.get(keys.credential) {
            return self.of_credential(&item, keys);
        }
        if let Some(item) = table.get(keys.env) {
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
        let item = table.get(keys.plain)?;
        let secret = item.text().map(Secret::new);
        if self.exposed && matches!(item.place(), super::problem::Place::Line { .. }) {
            let hint = format!("use {}, or chmod 600 the configuration", keys.file);
            item.warn(format!("others than the owner can read the file that holds this {what}"), hint);
        }
        secret
    }

    fn of_credential(&self, item: &Item<'_>, keys: &Keys) -> Option<Secret> {
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
            return self.first_line(item, &path, keys.what);
        }
        // The administrator at the command line sees what systemd hands to the daemon.
        let beside = self.base.join(CREDENTIALS).join(&name);
        match fs::metadata(&beside) {
            Ok(_) => self.of_file(item, &beside, keys.what),
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

    fn of_file(&self, item: &Item<'_>, path: &Path, what: &str) -> Option<Secret> {
        if self.withheld {
            return Some(Secret::withheld());
        }
        if readable_by_others(path) == Some(true) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            item.refuse("others than the owner can read this file", format!("chmod 600 {name}"));
            return None;
        }
        self.first_line(item, path, what)
    }

    /// The first line; what else a file holds is a mistake that would else be sent to a server.
    fn first_line(&self, item: &Item<'_>, path: &Path, what: &str) -> Option<Secret> {
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
                item.refuse("the file is empty", format!("it holds the {what} in its only line"));
                None
            }
            (Some(_), Some(_)) => {
                item.refuse("the file has several lines", format!("it holds the {what} in its only line"));
                None
            }
        }
    }
}

/// May group or others read the file? `None` where there is no such file.
fn readable_by_others(path: &Path) -> Option<bool> {
    fs::metadata(path).ok().map(|about| about.permissions().mode() & 0o044 != 0)
}
