//! Is there room on the disk?

use std::path::Path;

use super::halt::Halt;
use crate::daemon::house::House;
use crate::daemon::switches::Switch;

/// May mail be taken now?
pub(super) fn may_take(house: &House) -> Result<(), Halt> {
    if house.progress.switches.is_paused(Switch::Intake) {
        return Err(Halt::Paused);
    }
    check(&house.settings.state_dir, house.settings.pace.disk_free_bytes_min)
}

/// Mail is only taken while `wanted` bytes are free where the state directory lies (A20). A file system that
/// does not tell has room.
fn check(state_dir: &Path, wanted: u64) -> Result<(), Halt> {
    match free_bytes(state_dir) {
        Some(free) if free < wanted => Err(Halt::Room { free, wanted }),
        _ => Ok(()),
    }
}

/// Bytes that are free for us where `path` lies; `None` where the file system does not tell.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
