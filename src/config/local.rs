//! `[local]`: mail that a mail server on this machine hands over, by LMTP or by `maildesk receive`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::reader::{Item, Table};
use super::servers::{aliases, served_desks};
use super::settings::{Listen, LocalSettings};
use crate::domain::rules::DeskId;

/// Names under which the ledger shows such mail; no mailbox may be called so.
pub const WAYS_IN: [&str; 2] = ["lmtp", "receive"];

/// The longest name of a unix socket (`sun_path` without its end, unix(7)).
const SOCKET_BYTES_MAX: usize = 107;

/// Reads the section. It has a meaning without a line in it: mail comes by `maildesk receive`.
pub fn local(table: &Table<'_>, desks: &[DeskId], base: &Path) -> LocalSettings {
    let s = Duration::from_secs;
    let lmtp = table.get("lmtp").and_then(|item| listen(&item, base));
    let group = table.get("group").and_then(|item| group(&item));
    if let (Some(item), Some(Listen::Loopback(_))) = (table.get("group"), &lmtp) {
        item.refuse("belongs to a socket that is a file", "everybody on this machine reaches an address");
    }
    LocalSettings {
        lmtp,
        group,
        desks: served_desks(table, desks),
        aliases: table.get("aliases").map(|item| aliases(&item)).unwrap_or_default(),
        connections: table.whole("connections", 1..=500, 32),
        idle: table.seconds("idle_seconds", s(300)).max(Duration::from_millis(50)),
        retry: table.seconds("retry_seconds", s(4_500)),
        late: table.seconds("late_seconds", s(86_400)),
    }
}

/// A file name with a slash, or an address of this machine with a port.
fn listen(item: &Item<'_>, base: &Path) -> Option<Listen> {
    let text = item.text()?;
    if text.contains('/') {
        let path = base.join(&text);
        if path.as_os_str().len() > SOCKET_BYTES_MAX {
            item.refuse(format!("is longer than {SOCKET_BYTES_MAX} bytes, the limit for sockets"), "");
            return None;
        }
        return Some(Listen::Socket(path));
    }
    let at = match text.strip_prefix("localhost:").map(str::parse) {
        Some(Ok(port)) => Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        _ => text.parse().ok(),
    };
    match at {
        Some(at) if at.ip().is_loopback() => Some(Listen::Loopback(at)),
        Some(_) => {
            item.refuse(
                "would let the whole network put mail in, for LMTP asks nobody who he is",
                "write 127.0.0.1 and a port, or the name of a socket with a slash",
            );
            None
        }
        None => {
            item.refuse(
                format!("\"{text}\" is no place to listen"),
                "write for example \"/run/maildesk/lmtp.sock\" or \"127.0.0.1:2003\"",
            );
            None
        }
    }
}

/// The number of a group of this machine, by its name in /etc/group or as a number.
fn group(item: &Item<'_>) -> Option<u32> {
    let name = item.text()?;
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let file = PathBuf::from("/etc/group");
    let groups = std::fs::read_to_string(&file).unwrap_or_default();
    let number = groups.lines().find_map(|line| {
        let mut parts = line.split(':');
        (parts.next() == Some(name.as_str())).then(|| parts.nth(1)?.parse().ok())?
    });
    if number.is_none() {
        item.refuse(
            format!("there is no group \"{name}\" in {}", file.display()),
            "write its number where another service of this machine knows it",
        );
    }
    number
}
