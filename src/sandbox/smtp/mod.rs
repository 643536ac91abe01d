//! SMTP (RFC 5321) with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, enhanced codes, AUTH PLAIN and LOGIN.
//!
//! Here the wire: lines in, replies out, the bytes after DATA. What a command means is in `session`.

mod session;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use smtp_proto::request::receiver::{DataReceiver, DummyDataReceiver, MAX_LINE_LENGTH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use self::session::{Next, Session};
use super::state::{MAIL_SIZE_BYTES_MAX, Shared};

/// How long a silent client is kept (RFC 5321, 4.5.3.2.7).
const SILENCE_MAX: Duration = Duration::from_secs(5 * 60);

/// Serves one client to its end.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let stopping = shared.stopping.clone();
    let mut wire = Wire { stream, unread: Vec::new(), replies: Vec::new() };
    let mut session = Session::new(shared);
    session.greet(&mut wire.replies);
    let ended = tokio::select! {
        ended = converse(&mut wire, &mut session) => ended,
        () = stopping.cancelled() => Err(io::Error::new(io::ErrorKind::Interrupted, "stopping")),
    };
    match ended {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            wire.replies.extend_from_slice(b"421 4.3.2 The sandbox is shutting down\r\n");
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            wire.replies.extend_from_slice(b"421 4.4.2 Too long without a word\r\n");
        }
        other => return other,
    }
    wire.flush().await
}

async fn converse(wire: &mut Wire, session: &mut Session) -> io::Result<()> {
    loop {
        let Some(line) = wire.line().await? else { return Ok(()) };
        let next = match line {
            Line::Whole(line) => session.perform(&line, &mut wire.replies),
            Line::TooLong => {
                wire.replies.extend_from_slice(b"500 5.5.2 Line too long\r\n");
                Next::Command
            }
        };
        match next {
            Next::Command => {}
            Next::Mail => match wire.mail().await? {
                Some(mail) => session.take_mail(mail, &mut wire.replies),
                None => return Ok(()),
            },
            Next::Close => return wire.flush().await,
        }
    }
}

/// One line from the client.
enum Line {
    /// With its line end.
    Whole(Vec<u8>),
    /// Longer than a command may be; it was read to its end and dropped.
    TooLong,
}

/// The mail after DATA.
enum Mail {
    Whole(Vec<u8>),
    /// Larger than SIZE says; it was read to its end and dropped.
    TooLarge,
}

/// The connection with what was read ahead and what is not yet written.
struct Wire {
    stream: TcpStream,
    unread: Vec<u8>,
    replies: Vec<u8>,
}

impl Wire {
    /// The next line; `None` at the end of the stream.
    async fn line(&mut self) -> io::Result<Option<Line>> {
        let mut too_long = false;
        loop {
            if let Some(end) = self.unread.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let fits = !too_long && line.len() <= MAX_LINE_LENGTH;
                return Ok(Some(if fits { Line::Whole(line) } else { Line::TooLong }));
            }
            if self.unread.len() > MAX_LINE_LENGTH {
                too_long = true;
                self.unread.clear();
            }
            if self.read_more().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// The mail up to the lone dot, dots unstuffed; `None` if the stream ends before it.
    async fn mail(&mut self) -> io::Result<Option<Mail>> {
        let mut receiver = DataReceiver::new();
        // The line end of the DATA command counts: an empty mail is a dot at once (RFC 5321, 4.1.1.4).
        receiver.ingest(&mut b"\r\n".iter(), &mut Vec::new());
        let mut mail = Vec::new();
        let mut drain: Option<DummyDataReceiver> = None;
        loop {
            let chunk = std::mem::take(&mut self.unread);
            let mut bytes = chunk.iter();
            let complete = match &mut drain {
                Some(drain) => drain.ingest(&mut bytes),
                None => receiver.ingest(&mut bytes, &mut mail),
            };
            if complete {
                self.unread = bytes.as_slice().to_vec();
                let whole = drain.is_none() && mail.len() <= MAIL_SIZE_BYTES_MAX;
                return Ok(Some(if whole { Mail::Whole(mail) } else { Mail::TooLarge }));
            }
            if drain.is_none() && mail.len() > MAIL_SIZE_BYTES_MAX {
                drain = Some(DummyDataReceiver::new_data(&receiver));
                mail = Vec::new();
            }
            if self.read_more().await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Waits for more bytes; before waiting, everything said so far goes out (RFC 2920, 3.2).
    async fn read_more(&mut self) -> io::Result<usize> {
        self.flush().await?;
        match tokio::time::timeout(SILENCE_MAX, self.stream.read_buf(&mut self.unread)).await {
            Ok(read) => read,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    async fn flush(&mut self) -> io::Result<()> {
        if !self.replies.is_empty() {
            self.stream.write_all(&self.replies).await?;
            self.replies.clear();
        }
        Ok(())
    }
}
