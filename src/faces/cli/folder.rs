//! A folder into which an export is written: new, for its owner alone.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::store::{Result, StoreError};

/// The folder, and what was written into it.
pub struct Folder {
    root: PathBuf,
    pub files: Vec<String>,
    pub bytes: u64,
}

impl Folder {
    /// Makes the folder, or takes one that is empty.
    ///
    /// # Errors
    /// Something is in it, or it cannot be made.
    pub fn make(root: &Path) -> std::result::Result<Folder, Failure> {
        let shown = root.display();
        make_folders(root).map_err(|error| Failure::io(&shown, &error))?;
        let mut entries = fs::read_dir(root).map_err(|error| Failure::io(&shown, &error))?;
        if entries.next().is_some() {
            return Err(Failure::refused(format!("{shown} is not empty")));
        }
        Ok(Folder { root: root.to_owned(), files: Vec::new(), bytes: 0 })
    }

    /// Writes one file; `path` is below the folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let whole = self.root.join(path);
        let written = whole.parent().map_or(Ok(()), make_folders).and_then(|()| {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true).mode(0o600).open(&whole)?.write_all(bytes)
        });
        written.map_err(|error| StoreError::Unreachable(format!("{}: {error}", whole.display())))?;
        self.files.push(path.to_owned());
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn make_folders(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
