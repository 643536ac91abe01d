//! Whether deadlines can be right: a clock that is kept in step, and time zones of today (F23).

use std::path::Path;
use std::process::{Command, Stdio};

use super::finding::Finding;

const AREA: &str = "clock";
/// Where the system keeps time zones; without them the program has its own.
const ZONES: &str = "/usr/share/zoneinfo";

/// Asks systemd about the clock, and the system's time zones for their version.
pub fn check(findings: &mut Vec<Finding>) {
    findings.push(of_clock(is_in_step()));
    findings.push(Finding::ok("time zones", of_zones(Path::new(ZONES))));
}

fn of_clock(is_in_step: Option<bool>) -> Finding {
    match is_in_step {
        Some(true) => Finding::ok(AREA, "a time server keeps it in step"),
        Some(false) => Finding::warn(
            AREA,
            "no time server keeps it in step, and deadlines are as wrong as it is; timedatectl set-ntp true",
        ),
        None => Finding::ok(AREA, "timedatectl does not say whether a time server keeps it in step"),
    }
}

/// What the kernel was told last, whichever program keeps the clock; `None` without systemd.
fn is_in_step() -> Option<bool> {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]).stdin(Stdio::null());
    let output = command.output().ok().filter(|output| output.status.success())?;
    match output.stdout.trim_ascii() {
        b"yes" => Some(true),
        b"no" => Some(false),
        _ => None,
    }
}

fn of_zones(folder: &Path) -> String {
    if !folder.is_dir() {
        return "those of the program itself, for the system has none".to_owned();
    }
    // The first line says `# version 2025b`.
    let list = std::fs::read_to_string(folder.join("tzdata.zi")).unwrap_or_default();
    let version = list.lines().next().and_then(|line| line.strip_prefix("# version "));
    format!("{} in {}", version.unwrap_or("of an unknown version"), folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_named_with_their_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let there = folder.path();
        assert_eq!(of_zones(&there.join("none")), "those of the program itself, for the system has none");
        assert_eq!(of_zones(there), format!("of an unknown version in {}", there.display()));
        std::fs::write(there.join("tzdata.zi"), "# version 2026a\n# ddeps backzone\n").expect("written");
        assert_eq!(of_zones(there), format!("2026a in {}", there.display()));
    }
}
