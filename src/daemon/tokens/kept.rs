//! The refresh token of one account: the last one that was given, safe from crashes and from a second process.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::Oauth;
use crate::mail::secret::Secret;

const FOLDER: &str = "oauth";

/// Where it lies: `oauth/NAME.json` in the state directory, for the owner of that directory alone, whoever writes it:
/// what root keeps in passing must still be the daemon's.
#[derive(Clone, Debug)]
pub struct Kept {
    state_dir: PathBuf,
    folder: PathBuf,
    name: String,
    account: Account,
    /// From the configuration.
    first: Option<Secret>,
}

/// Whose token it is: one of another application or person is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Account {
    token_endpoint: String,
    client_id: String,
    user: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(flatten)]
    account: Account,
    /// SHA-256 of the configuration's token when this one was kept: another one there goes before this one.
    first: Option<String>,
    refresh_token: String,
    kept_at: Timestamp,
}

/// While it lives, nobody else uses the token.
#[derive(Debug)]
pub struct Held {
    _lock: File,
}

impl Kept {
    pub fn new(state_dir: &Path, oauth: &Oauth) -> Kept {
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        Kept {
            state_dir: state_dir.to_owned(),
            folder: state_dir.join(FOLDER),
            name: oauth.name.chars().map(safe).collect(),
            account: Account {
                token_endpoint: oauth.token_endpoint.to_string(),
                client_id: oauth.client_id.clone(),
                user: oauth.user.clone(),
            },
            first: oauth.refresh_token.as_ref().map(|token| Secret::new(token.expose())),
        }
    }

    /// Waits until no other process uses the token.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub async fn hold(&self) -> io::Result<Held> {
        let kept = self.clone();
        let lock = move || {
            kept.make_folder()?;
            let mut options = OpenOptions::new();
            let path = kept.folder.join(format!("{}.lock", kept.name));
            let file = options.create(true).truncate(false).write(true).mode(0o600).open(path)?;
            kept.give(&file);
            file.lock()?;
            Ok(Held { _lock: file })
        };
        tokio::task::spawn_blocking(lock).await.map_err(io::Error::other)?
    }

    /// The token that counts: the last one that was kept, else that of the configuration.
    ///
    /// # Errors
    /// What is kept cannot be read. Nothing is guessed then: an older token may be dead, and using it may kill the rest.
    pub fn token(&self) -> io::Result<Option<Secret>> {
        let path = self.path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self.first.clone()),
            Err(error) => return Err(named(&path, error)),
        };
        // The error of the parser may repeat the text.
        let document: Document = serde_json::from_slice(&bytes).map_err(|_| {
            named(&path, io::Error::other("it cannot be read; `maildesk login` makes it anew"))
        })?;
        let is_of_this = document.account == self.account
            && (self.first.is_none() || document.first == self.fingerprint());
        Ok(if is_of_this { Some(Secret::new(document.refresh_token)) } else { self.first.clone() })
    }

    /// Keeps a token; it is on the disk when this returns.
    ///
    /// # Errors
    /// It could not be written; the one before is still there.
    pub fn keep(&self, token: &Secret, now: Timestamp) -> io::Result<()> {
        let document = Document {
            account: self.account.clone(),
            first: self.fingerprint(),
            refresh_token: token.expose().to_owned(),
            kept_at: now,
        };
        let text = serde_json::to_vec_pretty(&document).map_err(io::Error::other)?;
        let fresh = self.folder.join(format!("{}.new", self.name));
        let written = (|| {
            self.make_folder()?;
            let mut options = OpenOptions::new();
            let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&fresh)?;
            self.give(&file);
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&fresh, self.path())?;
            File::open(&self.folder)?.sync_all()
        })();
        written.map_err(|error| named(&self.path(), error))
    }

    fn make_folder(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.give(&File::open(&self.folder)?);
        Ok(())
    }

    /// Hands a file to the owner of the state directory. Only root can, and only root needs to.
    fn give(&self, file: &File) {
        if let Ok(owner) = fs::metadata(&self.state_dir) {
            let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }

    fn fingerprint(&self) -> Option<String> {
        self.first.as_ref().map(|token| HEXLOWER.encode(&Sha256::digest(token.expose().as_bytes())))
    }
}

fn named(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn kept(dir: &Path, user: &str, first: Option<&str>) -> Kept {
        Kept {
            state_dir: dir.to_owned(),
            folder: dir.join(FOLDER),
            name: "mailbox".to_owned(),
            account: Account {
                token_endpoint: "https://login.example/token".to_owned(),
                client_id: "desk".to_owned(),
                user: user.to_owned(),
            },
            first: first.map(Secret::new),
        }
    }

    fn shown(kept: &Kept) -> Option<String> {
        kept.token().unwrap().map(|token| token.expose().to_owned())
    }

    #[test]
    fn the_last_one_counts_until_the_operator_gives_another_one() {
        let dir = tempfile::tempdir().unwrap();
        let first = kept(dir.path(), "ona", Some("first"));
        assert_eq!(shown(&first).as_deref(), Some("first"));
        first.keep(&Secret::new("second"), Timestamp::UNIX_EPOCH).unwrap();
        first.keep(&Secret::new("third"), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(shown(&first).as_deref(), Some("third"));
        assert_eq!(shown(&kept(dir.path(), "ona", None)).as_deref(), Some("third"));
        assert_eq!(shown(&kept(dir.path(), "ona", Some("another"))).as_deref(), Some("another"));
        assert_eq!(shown(&kept(dir.path(), "petr", None)), None, "somebody else's");
    }

    #[test]
    fn it_is_for_its_owner_alone_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let kept = kept(dir.path(), "ona", Some("obuolys-7"));
        kept.keep(&Secret::new("obuolys-8"), Timestamp::UNIX_EPOCH).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&kept.folder), mode(&kept.path())), (0o700, 0o600));
        assert!(!format!("{kept:?}").contains("obuolys"));
    }

    #[test]
    fn what_root_keeps_is_the_daemons() {
        let dir = tempfile::tempdir().unwrap();
        // Nobody but root can play this.
        let Ok(()) = std::os::unix::fs::chown(dir.path(), Some(65_534), Some(65_534)) else { return };
        let kept = kept(dir.path(), "ona", None);
        kept.keep(&Secret::new("second"), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!([&kept.folder, &kept.path()].map(|path| fs::metadata(path).unwrap().uid()), [65_534; 2]);
    }

    #[test]
    fn what_is_half_written_is_neither_used_nor_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let kept = kept(dir.path(), "ona", Some("first"));
        kept.keep(&Secret::new("obuolys-8"), Timestamp::UNIX_EPOCH).unwrap();
        fs::write(kept.path(), "{\"refresh_token\": \"obuolys-8").unwrap();
        let error = kept.token().unwrap_err().to_string();
        assert!(error.contains("maildesk login") && !error.contains("obuolys"), "{error}");
        // What a crash leaves of the next one is beside it.
        kept.keep(&Secret::new("third"), Timestamp::UNIX_EPOCH).unwrap();
        fs::write(kept.folder.join("mailbox.new"), "half").unwrap();
        assert_eq!(shown(&kept).as_deref(), Some("third"));
    }
}
