//! Lines in, replies out, and the bytes of a mail, each within its limits.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::dots::Unstuffing;
use crate::daemon::intake::handed::{NotTaken, Weight};

/// Longest command with its line end; RFC 5321 wants 512, SMTPUTF8 and parameters want more.
const LINE_BYTES_MAX: usize = 4096;
/// Read at a time.
const READ_BYTES: usize = 64 * 1024;
/// Nobody takes longer for a whole mail.
const MAIL_MAX: Duration = Duration::from_secs(30 * 60);
/// Who does not read his replies for so long does not get them.
const UNREAD_MAX: Duration = Duration::from_secs(60);

/// Both directions of a connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What came in place of a command, or one.
pub(super) enum Heard {
    /// Without its line end.
    Command(Vec<u8>),
    /// It is none, and why.
    Nonsense(&'static str),
    /// The other side has gone.
    Gone,
    /// The other side said nothing for too long.
    Silence,
    /// We are to stop.
    Stopping,
}

/// The bytes of a mail as they come.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// Why they were dropped; the rest is only read to its end.
    pub(super) trouble: Option<NotTaken>,
    weight: Weight,
    most: usize,
}

impl Body {
    /// For a mail that is said to have `expected` bytes, and may have `most`.
    pub(super) fn new(weight: Weight, expected: usize, most: usize) -> Body {
        Body { bytes: Vec::with_capacity(expected.min(most)), trouble: None, weight, most }
    }

    fn put(&mut self, piece: &[u8]) {
        if self.trouble.is_some() {
            return;
        }
        let size = self.bytes.len() + piece.len();
        self.trouble = match () {
            () if size > self.most => Some(NotTaken::TooLarge(self.most as u64)),
            () if !self.weight.grows_to(size) => Some(NotTaken::Crowded),
            () => None,
        };
        match self.trouble {
            Some(_) => self.bytes = Vec::new(),
            None => self.bytes.extend_from_slice(piece),
        }
    }
}

/// The connection with what was read ahead and what is not yet written.
pub(super) struct Wire {
    stream: Box<dyn Stream>,
    unread: Vec<u8>,
    pub(super) replies: Vec<u8>,
    idle: Duration,
    stop: CancellationToken,
}

impl Wire {
    pub(super) fn new(stream: Box<dyn Stream>, idle: Duration, stop: CancellationToken) -> Wire {
        Wire { stream, unread: Vec::new(), replies: Vec::new(), idle, stop }
    }

    /// The next command. Not the next of those that came already, once we are to stop.
    pub(super) async fn command(&mut self) -> io::Result<Heard> {
        let mut too_long = false;
        let deadline = Instant::now() + self.idle;
        loop {
            if self.stop.is_cancelled() {
                return Ok(Heard::Stopping);
            }
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Ok(if too_long || line.len() > LINE_BYTES_MAX {
                    Heard::Nonsense("500 5.5.2 The line is too long")
                } else {
                    command(line)
                });
            }
            if self.unread.len() > LINE_BYTES_MAX {
                too_long = true;
                self.unread.clear();
            }
            let stop = self.stop.clone();
            tokio::select! {
                () = stop.cancelled() => return Ok(Heard::Stopping),
                read = timeout_at(deadline, self.read_more()) => match read {
                    Ok(Ok(0)) => return Ok(Heard::Gone),
                    Ok(Ok(_)) => {}
                    Ok(Err(error)) => return Err(error),
                    Err(_) => return Ok(Heard::Silence),
                },
            }
        }
    }

    /// The mail up to its lone dot. `false`: the other side went before it, or said nothing for too long.
    pub(super) async fn mail(&mut self, body: &mut Body) -> io::Result<bool> {
        let mut unstuffing = Unstuffing::new();
        let deadline = Instant::now() + MAIL_MAX;
        loop {
            let piece = std::mem::take(&mut self.unread);
            if let Some(used) = unstuffing.take(&piece, |part| body.put(part)) {
                self.unread = piece[used..].to_vec();
                return Ok(true);
            }
            self.unread = piece;
            self.unread.clear();
            if !self.goes_on(deadline).await? {
                return Ok(false);
            }
        }
    }

    /// So many bytes, whatever they are (RFC 3030); `None` drops them.
    pub(super) async fn chunk(&mut self, mut bytes: usize, mut body: Option<&mut Body>) -> io::Result<bool> {
        let deadline = Instant::now() + MAIL_MAX;
        loop {
            let here = bytes.min(self.unread.len());
            if let Some(body) = &mut body {
                body.put(&self.unread[..here]);
            }
            self.unread.drain(..here);
            bytes -= here;
            if bytes == 0 {
                return Ok(true);
            }
            if !self.goes_on(deadline).await? {
                return Ok(false);
            }
        }
    }

    /// Waits for more of a mail; to stop is no reason to give it up.
    async fn goes_on(&mut self, deadline: Instant) -> io::Result<bool> {
        let until = deadline.min(Instant::now() + self.idle);
        match timeout_at(until, self.read_more()).await {
            Ok(read) => Ok(read? > 0),
            Err(_) => Ok(false),
        }
    }

    /// Waits for more bytes; before waiting, everything said so far goes out (RFC 2920, section 3.2).
    async fn read_more(&mut self) -> io::Result<usize> {
        self.flush().await?;
        self.unread.reserve(READ_BYTES);
        self.stream.read_buf(&mut self.unread).await
    }

    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if !self.replies.is_empty() {
            let written = timeout(UNREAD_MAX, self.stream.write_all(&self.replies)).await;
            written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            self.replies.clear();
        }
        Ok(())
    }
}

/// A line is a command only as RFC 5321, section 2.3.8 ends it, with no other line end or NUL in it.
fn command(mut line: Vec<u8>) -> Heard {
    let text = line.strip_suffix(b"\r\n").filter(|text| !text.iter().any(|byte| b"\r\0".contains(byte)));
    match text.map(<[u8]>::len) {
        Some(length) => {
            line.truncate(length);
            Heard::Command(line)
        }
        None => Heard::Nonsense("500 5.5.2 A line ends with CR LF and has neither in it"),
    }
}
