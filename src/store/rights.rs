//! Who may read what lies in the folder of the database: its owner, and the group if the folder lets it in.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::Path;

/// The rights of a file in `folder`: for its owner alone; for the group to read, too, where somebody made the folder
/// for that: open to the group and to nobody else (0750).
pub fn mode_in(folder: &Path) -> u32 {
    let group = std::fs::metadata(folder).is_ok_and(|about| about.mode() & 0o057 == 0o050);
    if group { 0o640 } else { 0o600 }
}

/// Gives `file`, which was just made in `folder`, the folder's owner, where root made it beside a daemon with a user
/// of its own; and the rights of [`mode_in`]. The file must not have been reached through a link: whoever owns the
/// folder could have it point to somebody else's.
///
/// # Errors
/// The system refuses.
pub fn settle(file: &File, folder: &Path) -> io::Result<()> {
    let (ours, home) = (file.metadata()?, std::fs::metadata(folder)?);
    if ours.uid() == 0 && home.uid() != 0 && ours.nlink() == 1 {
        fchown(file, Some(home.uid()), Some(home.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(mode_in(folder)))
}
