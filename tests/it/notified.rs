//! What systemd hears of the real program, on a socket as its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::child::{Group, Leashed};
use crate::support::house::CONFIG;

const PATIENCE: Duration = Duration::from_secs(30);

struct Service {
    dir: TempDir,
    socket: UnixDatagram,
    running: Leashed,
}

impl Service {
    fn start(deadline: Duration) -> Service {
        let dir = tempfile::Builder::new().prefix("md").tempdir().unwrap();
        let (path, file) = (dir.path().join("notify"), dir.path().join("maildesk.toml"));
        let socket = UnixDatagram::bind(&path).unwrap();
        // A port where nobody answers: a mailbox in trouble does not keep the program from being ready.
        fs::write(&file, format!("{CONFIG}port = 9\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_maildesk"));
        command.arg("--config").arg(&file).arg("run").stdout(Stdio::null()).stderr(Stdio::null());
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", deadline.as_micros().to_string());
        let running = Leashed::start(command, Group::Ours);
        Service { dir, socket, running }
    }

    /// All lines of the first message that has one which begins so; those of messages before it are dropped.
    fn hears(&self, word: &str) -> Vec<String> {
        let begun = Instant::now();
        let mut text = [0; 4096];
        let mut said = Vec::new();
        while begun.elapsed() < PATIENCE {
            self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
            let Ok(count) = self.socket.recv(&mut text) else { break };
            let lines =
                String::from_utf8_lossy(&text[..count]).lines().map(str::to_owned).collect::<Vec<_>>();
            if lines.iter().any(|line| line.starts_with(word)) {
                return lines;
            }
            said.extend(lines);
            said.dedup();
        }
        panic!("no {word} among {said:?}");
    }
}

#[test]
fn ready_then_fed_then_reloading_then_stopping() {
    let mut service = Service::start(Duration::from_millis(400));
    service.hears("READY=1");
    let status = service.hears("STATUS=mailbox: network");
    assert!(status[0].contains("refused"), "{status:?}");
    let begun = Instant::now();
    for _ in 0..8 {
        service.hears("WATCHDOG=1");
    }
    assert!(begun.elapsed() >= Duration::from_millis(500), "it is fed four times in a deadline, not more");

    service.running.signal("HUP");
    let reloading = service.hears("RELOADING=1");
    assert!(reloading.iter().any(|line| line.starts_with("MONOTONIC_USEC=")), "{reloading:?}");
    service.hears("READY=1");

    // A configuration that cannot be used ends the reload as well: the old one goes on.
    fs::write(service.dir.path().join("maildesk.toml"), "nonsense = 1\n").unwrap();
    service.running.signal("HUP");
    service.hears("RELOADING=1");
    service.hears("READY=1");

    service.running.signal("TERM");
    service.hears("STOPPING=1");
    assert_eq!(service.running.ends_within(PATIENCE).and_then(|end| end.code()), Some(0));
}
