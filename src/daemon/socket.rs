//! A unix socket that we listen on. Its file goes when the program ends.

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// The socket, bound.
#[derive(Debug)]
pub struct Socket {
    pub listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds it with this mode, for this group. A folder that is not there is made with `folder_mode`, and a socket
    /// that lies there is taken away: the caller knows that it is a dead one's.
    ///
    /// # Errors
    /// Something that is no socket lies at `path`, or its folder cannot be made or written.
    pub fn bind(path: &Path, folder_mode: u32, mode: u32, group: Option<u32>) -> io::Result<Socket> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            DirBuilder::new().recursive(true).mode(folder_mode).create(folder)?;
        }
        match std::fs::symlink_metadata(path) {
            Ok(there) if there.file_type().is_socket() => std::fs::remove_file(path)?,
            Ok(_) => return Err(io::Error::new(io::ErrorKind::AlreadyExists, "this is no socket")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let listener = UnixListener::bind(path)?;
        let socket = Socket { listener, path: path.to_owned() };
        if group.is_some() {
            chown(path, None, group)?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok(socket)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // That it cannot be removed changes nothing: the next daemon takes it away.
        let _ = std::fs::remove_file(&self.path);
    }
}
