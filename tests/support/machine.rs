//! A machine with a systemd of its own, which sees this one's files and writes none of them: see `boot`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use super::child::{Group, Leashed, until};
use super::ground::missing;

/// Until all units of the machine are up, and until it is gone.
const BOOT_MAX: Duration = Duration::from_secs(60);

/// It is gone when this is dropped.
pub struct Machine {
    // In this order: processes first, then the folders that they were in.
    running: Leashed,
    cgroup: Cgroup,
    _base: TempDir,
    /// The number outside of the machine's process 1.
    init: u32,
}

impl Machine {
    /// Boots it, with the program that these tests were built with as `/usr/bin/maildesk`. None, said aloud, where
    /// this machine has no systemd or gives no namespaces.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn boot() -> Option<Machine> {
        if missing(&["/lib/systemd/systemd", "/usr/bin/systemctl", "/usr/bin/nsenter"]) {
            return None;
        }
        let spaces = [
            "--cgroup", "--mount", "--pid", "--uts", "--ipc", "--fork", "mount", "-t", "tmpfs", "none",
            "/mnt",
        ];
        let given = Command::new("unshare").args(spaces).output().expect("unshare");
        let Some(cgroup) = Cgroup::make().filter(|_| given.status.success()) else {
            eprintln!(
                "LEFT OUT: this machine gives no namespaces: {}",
                String::from_utf8_lossy(&given.stderr)
            );
            return None;
        };
        let base = tempfile::Builder::new().prefix("md").tempdir().unwrap();
        let log = fs::File::create(base.path().join("log")).unwrap();
        let root = base.path().join("root");
        fs::create_dir(&root).unwrap();
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/boot"));
        command.args([&root, &cgroup.0, Path::new(env!("CARGO_BIN_EXE_maildesk"))]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let running = Leashed::start(command, Group::Ours);
        let children = format!("/proc/{0}/task/{0}/children", running.id());
        let mut init = None;
        let up = until(BOOT_MAX, || {
            init = fs::read_to_string(&children).ok().and_then(|text| text.trim().parse().ok());
            init.is_some_and(is_running)
        });
        assert!(
            up.is_some(),
            "no systemd: {}",
            fs::read_to_string(base.path().join("log")).unwrap_or_default()
        );
        let machine = Machine { running, cgroup, _base: base, init: init.expect("it is up") };
        eprintln!("systemd up in {:?}", up.unwrap());
        Some(machine)
    }

    /// Runs a command there, as root; words as for a shell's `"$@"`.
    pub fn run(&self, words: &[&str]) -> Output {
        enter(self.init).args(words).stdin(Stdio::null()).output().expect("nsenter")
    }

    /// The same, and what it says.
    ///
    /// # Panics
    /// When it fails.
    pub fn says(&self, words: &[&str]) -> String {
        let done = self.run(words);
        let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{words:?}: {:?} {out}{error}", done.status.code());
        out.into_owned()
    }

    /// A property of a unit, as `systemctl show` has it.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.says(&["systemctl", "show", "--value", "-p", name, unit]).trim().to_owned()
    }

    /// Writes a file there, with the rights of `mode` ("0640") and the owner of `owner` ("root:maildesk").
    pub fn write(&self, path: &str, text: &[u8], mode: &str, owner: &str) {
        let script = "umask 077; mkdir -p \"${1%/*}\"; cat >\"$1\"; chown \"$3\" \"$1\"; chmod \"$2\" \"$1\"";
        let mut command = enter(self.init);
        command.args(["sh", "-euc", script, "sh", path, mode, owner]).stdin(Stdio::piped());
        let mut child = command.spawn().expect("nsenter");
        child.stdin.take().expect("a pipe").write_all(text).expect("it reads");
        assert!(child.wait().expect("our child").success(), "{path} cannot be written");
    }

    /// What a unit has logged.
    pub fn log(&self, unit: &str) -> String {
        self.says(&["journalctl", "--no-pager", "-o", "cat", "-u", unit])
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.running.kill();
        until(BOOT_MAX, || self.cgroup.remove().is_ok());
    }
}

fn enter(init: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["-t", &init.to_string(), "-a", "--"]).env_clear();
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
    command
}

/// `degraded`: units of this machine that cannot run there, such as those of its kernel.
fn is_running(init: u32) -> bool {
    let asked = enter(init).args(["systemctl", "is-system-running"]).output();
    asked.is_ok_and(|said| ["running", "degraded"].contains(&String::from_utf8_lossy(&said.stdout).trim()))
}

/// A cgroup (v2) for the machine's processes.
struct Cgroup(PathBuf);

impl Cgroup {
    /// None where the kernel has no such hierarchy, or it cannot be written.
    fn make() -> Option<Cgroup> {
        let roots = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
        let root = roots.into_iter().map(Path::new).find(|root| root.join("cgroup.controllers").exists())?;
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let own = root.join(format!("maildesk-test-{}-{number}", std::process::id()));
        fs::create_dir(&own).ok()?;
        Some(Cgroup(own))
    }

    fn remove(&self) -> std::io::Result<()> {
        fn folders(of: &Path) -> std::io::Result<()> {
            for entry in fs::read_dir(of)?.flatten().filter(|entry| entry.path().is_dir()) {
                folders(&entry.path())?;
            }
            fs::remove_dir(of)
        }
        folders(&self.0)
    }
}
