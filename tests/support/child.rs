//! Servers as children, gone when the test is gone, however it goes.

use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Asks every 5 ms until `ready` says yes; answers how long that took, or nothing at the end of `limit`.
///
/// This is for outside programs only, which tell us nothing by themselves.
#[expect(clippy::disallowed_methods, reason = "an outside program is asked again, it sends no event")]
pub fn until(limit: Duration, mut ready: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    loop {
        if ready() {
            return Some(start.elapsed());
        }
        if start.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does anybody listen there?
pub fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Who leads the process group that is killed at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// We make the child its leader.
    Ours,
    /// The program calls setsid(2) itself and refuses to start where it cannot (Postfix's master).
    Own,
}

/// A running program with all its children.
///
/// A shell holds the other end of a pipe: when this process ends in any way, even by SIGKILL, it kills the group.
pub struct Leashed {
    child: Child,
    leash: Child,
}

impl Leashed {
    /// Starts `command` in its own group.
    pub fn start(mut command: Command, group: Group) -> Leashed {
        if group == Group::Ours {
            command.process_group(0);
        }
        let child = command.stdin(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let leash = Command::new("sh")
            .args(["-c", "read _; kill -KILL -$0", &child.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("a shell");
        Leashed { child, leash }
    }

    /// The program's process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child itself, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends `signal` (a name without SIG) to the program alone.
    pub fn signal(&self, signal: &str) {
        kill(signal, &self.id().to_string());
    }

    /// Sends `signal` to the program and all its children.
    pub fn signal_all(&self, signal: &str) {
        kill(signal, &format!("-{}", self.id()));
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child")
    }

    /// Waits for its end.
    pub fn ends_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        until(limit, || self.ended().is_some())?;
        self.ended()
    }

    /// SIGTERM, and SIGKILL to the whole group for what is left after `limit`.
    pub fn stop(&mut self, limit: Duration) -> Option<ExitStatus> {
        self.signal("TERM");
        let ended = self.ends_within(limit);
        self.kill();
        ended
    }

    /// SIGKILL to the whole group, at once.
    pub fn kill(&mut self) {
        kill("KILL", &format!("-{}", self.id()));
        // Where the program had no time to make its group yet, the group's signal missed it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        self.kill();
        // First the shell, then its pipe: it must not wake up and kill a number that is someone else's by now.
        drop(self.leash.kill());
        drop(self.leash.wait());
    }
}

/// `target` is a process, or a group with a minus before it. No `--`: dash would take it for a number.
fn kill(signal: &str, target: &str) {
    let status =
        Command::new("sh").args(["-c", "kill -$0 $1", signal, target]).stderr(Stdio::null()).status();
    drop(status);
}
