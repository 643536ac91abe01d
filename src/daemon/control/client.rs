//! The other end of the control socket: a command that asks the daemon.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::order::{Answer, Handing, Order, Refusal, Reply};

/// The clerk may be in the middle of a commit on a slow disk, or of a big mail.
const ANSWER_MAX: Duration = Duration::from_secs(120);
/// What reads or writes the whole database takes its time.
const WHOLE_MAX: Duration = Duration::from_secs(3600);
/// Longest answer.
const ANSWER_BYTES_MAX: u64 = 16_000_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens: no daemon runs.
    #[error("no daemon runs")]
    Nobody,
    #[error("the control socket cannot be used: {0}")]
    Io(io::Error),
    #[error(transparent)]
    Refused(Refusal),
}

/// Asks the daemon that listens at `socket`.
///
/// # Errors
/// [`AskError`]. After `Io` nobody knows whether the order was carried out.
pub fn ask(socket: &Path, order: &Order) -> Result<Answer, AskError> {
    asked(socket, order, &[])
}

/// Hands a mail over to the daemon that listens at `socket`.
///
/// # Errors
/// As [`ask`]. After `Io` the same mail may be handed over again: it is recognised.
pub fn hand_over(socket: &Path, handing: &Handing, mail: &[u8]) -> Result<Answer, AskError> {
    asked(socket, &Order::Receive(handing.clone()), mail)
}

fn asked(socket: &Path, order: &Order, bytes: &[u8]) -> Result<Answer, AskError> {
    let mut stream = match UnixStream::connect(socket) {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(AskError::Nobody);
        }
        Err(error) => return Err(AskError::Io(error)),
    };
    match converse(&mut stream, order, bytes).map_err(AskError::Io)? {
        Reply::Done(answer) => Ok(answer),
        Reply::Refused(refusal) => Err(AskError::Refused(refusal)),
    }
}

fn converse(stream: &mut UnixStream, order: &Order, bytes: &[u8]) -> io::Result<Reply> {
    let longest = if matches!(order, Order::Compact | Order::Erase { .. }) { WHOLE_MAX } else { ANSWER_MAX };
    stream.set_read_timeout(Some(longest))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    let mut line = serde_json::to_vec(order).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    stream.write_all(bytes)?;
    let mut reply = Vec::new();
    BufReader::new(stream).take(ANSWER_BYTES_MAX).read_until(b'\n', &mut reply)?;
    if reply.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the daemon closed it without an answer"));
    }
    serde_json::from_slice(&reply).map_err(io::Error::other)
}
