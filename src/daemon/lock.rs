//! One daemon for one state directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::store::rights;

/// Held while the program may write to the database. Dropping it, or dying, gives it up.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another maildesk works on {path} (process {pid})")]
    Held { path: PathBuf, pid: String },
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
}

impl Lock {
    /// Takes the lock of a state directory, and writes the process number into its file for people to read.
    ///
    /// # Errors
    /// Somebody holds it, or the file cannot be made.
    pub fn take(state_dir: &Path) -> Result<Lock, LockError> {
        let path = state_dir.join("maildesk.lock");
        let wrong = |source| LockError::Io { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            // Root opens it in a folder that is the daemon's.
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)
            .map_err(wrong)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).unwrap_or_default().trim().to_owned();
                return Err(LockError::Held { path, pid });
            }
            Err(TryLockError::Error(source)) => return Err(wrong(source)),
        }
        rights::settle(&file, state_dir).map_err(wrong)?;
        file.set_len(0).map_err(wrong)?;
        writeln!(file, "{}", std::process::id()).map_err(wrong)?;
        Ok(Lock { _file: file })
    }
}
