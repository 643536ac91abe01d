//! `maildesk-poke [SOCKET]` has every mailbox looked at, as `maildesk poke` does, for a mail server that runs it with each
//! mail.
//!
//! It knows nothing of the rest, and reads no configuration: a program of this size has asked before the large one has
//! started.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

/// Where the control socket lies unless `state_dir` or `control_socket` says otherwise.
const SOCKET: &str = "/var/lib/maildesk/control.sock";
/// The order as the daemon reads it, and how its consent begins (`daemon::control::order`).
const ORDER: &[u8] = b"{\"order\":\"poke\"}\n";
const DONE: &str = "{\"done\":";
/// Nobody waits for a daemon that does not answer: it looks into its mailboxes by itself.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Of `sysexits.h`: not now, later it may work.
const TEMPORARY: u8 = 75;

fn main() -> ExitCode {
    let socket = std::env::args_os().nth(1).unwrap_or_else(|| OsString::from(SOCKET));
    match poke(&socket) {
        Ok(answer) if answer.starts_with(DONE) => ExitCode::SUCCESS,
        Ok(answer) => failed(&format!("the daemon answered {}", answer.trim_end())),
        Err(error) => failed(&format!("{}: {error}", socket.display())),
    }
}

fn poke(socket: &OsString) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    stream.write_all(ORDER)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(answer)
}

fn failed(why: &str) -> ExitCode {
    // Where nobody can be told, the code still tells.
    let _ = writeln!(io::stderr(), "maildesk-poke: {why}");
    ExitCode::from(TEMPORARY)
}
