//! A stream that gives up when nothing moves.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::mail::wire::Wire;

/// Most bytes kept of what a server says in the clear.
const HEARD_MAX: usize = 64 * 1024;

/// A connection whose reads and writes fail with `TimedOut` after `quiet` without a byte moved. So a big mail
/// over a slow line may take its time, and a server that stopped is noticed inside a literal, too.
#[derive(Debug)]
pub(super) struct Patient {
    wire: Wire,
    quiet: Duration,
    alarm: Pin<Box<Sleep>>,
    armed: bool,
    /// What came since the last write; kept only until TLS is up.
    heard: Option<Vec<u8>>,
}

impl Patient {
    pub(super) fn new(wire: Wire, quiet: Duration) -> Patient {
        let alarm = Box::pin(tokio::time::sleep(quiet));
        Patient { wire, quiet, alarm, armed: false, heard: None }
    }

    /// Remembers from now on what the server sends between two of our writes.
    pub(super) fn remembering(mut self) -> Patient {
        self.heard = Some(Vec::new());
        self
    }

    pub(super) fn set_quiet(&mut self, quiet: Duration) {
        self.quiet = quiet;
        self.armed = false;
    }

    /// Whether the last thing that came is exactly the line that begins with `tag`: no byte behind it.
    /// What an attacker slips in behind the answer to STARTTLS would otherwise count as said under TLS.
    pub(super) fn ends_with_answer_to(&self, tag: &str) -> bool {
        let Some(heard) = &self.heard else { return false };
        let answers =
            |line: &[u8]| line.strip_prefix(tag.as_bytes()).is_some_and(|rest| rest.starts_with(b" "));
        let mut rest = heard.split_inclusive(|b| *b == b'\n').skip_while(|line| !answers(line));
        rest.next().is_some_and(|line| line.ends_with(b"\n")) && rest.next().is_none()
    }

    pub(super) fn into_wire(self) -> Wire {
        self.wire
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if !self.armed {
            self.alarm.as_mut().reset(Instant::now() + self.quiet);
            self.armed = true;
        }
        ready!(self.alarm.as_mut().poll(cx));
        self.armed = false;
        let text = format!("nothing moved for {:?}", self.quiet);
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, text))
    }

    fn settle<T>(&mut self, cx: &mut Context<'_>, step: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match step {
            Poll::Ready(result) => {
                self.armed = false;
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_alarm(cx).map(Err),
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let step = Pin::new(&mut self.wire).poll_read(cx, buf);
        if let Some(heard) = &mut self.heard {
            if heard.len() > HEARD_MAX {
                return Poll::Ready(Err(io::Error::other("too much was said before TLS")));
            }
            heard.extend_from_slice(&buf.filled()[before..]);
        }
        self.settle(cx, step)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(heard) = &mut self.heard {
            heard.clear();
        }
        let step = Pin::new(&mut self.wire).poll_write(cx, buf);
        self.settle(cx, step)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.wire).poll_flush(cx);
        self.settle(cx, step)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.wire).poll_shutdown(cx);
        self.settle(cx, step)
    }
}
