//! What the machine gives to tests: programs, and ports nobody else takes.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the kernel gives ports to outgoing connections, so that a server can be stopped
/// and started again on its port.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port of 127.0.0.1 on which nobody listens.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = PORTS.end - PORTS.start;
    let first = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(span)).unwrap();
    (0..span)
        .map(|_| PORTS.start + (first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))) % span)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port below the ephemeral ones")
}

/// Whether a test may be left out because `programs` are missing: only on a machine that does not demand them.
///
/// # Panics
/// When one is missing and `CI` or `MAILDESK_SERVERS` (as tests/run does) is set.
pub fn missing(programs: &[&str]) -> bool {
    let absent: Vec<_> = programs.iter().filter(|program| !Path::new(program).exists()).collect();
    if absent.is_empty() {
        return false;
    }
    let demanded = ["CI", "MAILDESK_SERVERS"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(!demanded, "not installed: {absent:?}; tests/run installs them");
    eprintln!("LEFT OUT: not installed: {absent:?}; tests/run installs them");
    true
}
