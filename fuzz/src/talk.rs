//! A server that says what the input says.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::runtime::{Builder, Runtime};

/// What was said to the server, as it came.
pub type Heard = Arc<Mutex<Vec<u8>>>;

/// The server's end: the input is cut at its zero bytes; the server says the first piece at once, and one more behind each
/// write of ours. `$T` is the tag of our last line. Behind the last piece it closes, so that nobody ever waits.
#[derive(Debug)]
pub struct Server {
    pieces: VecDeque<Vec<u8>>,
    ready: Vec<u8>,
    heard: Heard,
}

impl Server {
    pub fn of(script: &[u8]) -> (Server, Heard) {
        let mut pieces: VecDeque<Vec<u8>> = script.split(|b| *b == 0).map(<[u8]>::to_vec).collect();
        let ready = pieces.pop_front().unwrap_or_default();
        let heard = Heard::default();
        (Server { pieces, ready, heard: heard.clone() }, heard)
    }

    fn hear(&mut self, bytes: &[u8]) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.extend_from_slice(bytes);
        let Some(piece) = self.pieces.pop_front() else { return };
        let tag = bytes.split(|b| *b == b' ').next().unwrap_or_default();
        let mut rest = piece.as_slice();
        while let Some(at) = rest.windows(2).position(|two| two == b"$T") {
            self.ready.extend_from_slice(&rest[..at]);
            self.ready.extend_from_slice(tag);
            rest = &rest[at + 2..];
        }
        self.ready.extend_from_slice(rest);
    }
}

impl AsyncRead for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let count = into.remaining().min(self.ready.len());
        into.put_slice(&self.ready[..count]);
        self.ready.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.hear(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
}

/// Runs a conversation to its end.
pub fn run(conversation: impl Future<Output = ()>) {
    RUNTIME.with(|runtime| runtime.block_on(conversation));
}

/// All that was said to the server.
pub fn all(heard: &Heard) -> Vec<u8> {
    heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
