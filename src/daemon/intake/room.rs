//! Is there room on the disk?

use std::path::Path;

use super::halt::Halt;

/// Mail is only taken while `wanted` bytes are free where the state directory lies (A20). A file system that
/// does not tell has room.
pub(super) fn check(state_dir: &Path, wanted: u64) -> Result<(), Halt> {
    let Ok(found) = rustix::fs::statvfs(state_dir) else { return Ok(()) };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    if free < wanted { Err(Halt::Room { free, wanted }) } else { Ok(()) }
}
