//! Bytes in and out: literals, IDLE, the login dialogue.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use imap_codec::fragmentizer::{FragmentInfo, Fragmentizer, LiteralAnnouncement};
use imap_codec::imap_types::auth::AuthenticateData;
use imap_codec::imap_types::core::{LiteralMode, Tag};
use imap_codec::{AuthenticateDataCodec, CommandCodec, IdleDoneCodec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::replies::{Outcome, Replies};
use super::session::{Next, Session};
use crate::sandbox::state::{MAIL_SIZE_BYTES_MAX, Shared};

/// How long a silent client is kept (RFC 3501, 5.4, asks for 30 minutes at least).
const SILENCE_MAX: Duration = Duration::from_secs(31 * 60);
/// A command: the largest mail in an APPEND and something around it.
const COMMAND_SIZE_BYTES_MAX: u32 = MAIL_SIZE_BYTES_MAX as u32 + 64 * 1024;

/// Serves one client to its end.
pub(in crate::sandbox) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let stopping = shared.stopping.clone();
    let bell = shared.listen();
    let mut wire =
        Wire { stream, fragments: Fragmentizer::new(COMMAND_SIZE_BYTES_MAX), chunk: vec![0; 16 * 1024] };
    let mut session = Session::new(shared);
    session.greet();
    let ended = tokio::select! {
        ended = converse(&mut wire, &mut session, bell) => ended,
        () = stopping.cancelled() => {
            session.replies.bye("The sandbox is shutting down");
            Ok(())
        }
    };
    if let Err(error) = ended {
        if error.kind() != io::ErrorKind::TimedOut {
            return Err(error);
        }
        session.replies.bye("Too long without a word");
    }
    wire.send(&mut session.replies).await
}

async fn converse(wire: &mut Wire, session: &mut Session, mut bell: watch::Receiver<u64>) -> io::Result<()> {
    loop {
        wire.send(&mut session.replies).await?;
        if !wire.message(&mut session.replies).await? {
            return Ok(());
        }
        let next = match wire.fragments.decode_message(&CommandCodec::default()) {
            Ok(command) => session.perform(command),
            Err(_) => {
                let outcome = Outcome::bad("Cannot read that command");
                session.replies.done(wire.fragments.decode_tag(), outcome);
                Next::Command
            }
        };
        match next {
            Next::Command => {}
            Next::Plain { tag } => plain(wire, session, tag).await?,
            Next::Idle { tag } => idle(wire, session, tag, &mut bell).await?,
            Next::Close => return Ok(()),
        }
    }
}

/// AUTHENTICATE PLAIN without an initial response: challenge and answer.
async fn plain(wire: &mut Wire, session: &mut Session, tag: Tag<'static>) -> io::Result<()> {
    session.replies.challenge();
    wire.send(&mut session.replies).await?;
    if !wire.message(&mut session.replies).await? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let outcome = match wire.fragments.decode_message(&AuthenticateDataCodec::default()) {
        Ok(AuthenticateData::Continue(answer)) => session.authenticate(answer.declassify()),
        Ok(AuthenticateData::Cancel) => Outcome::bad("Login given up"),
        Err(_) => Outcome::bad("Not base64"),
    };
    session.replies.done(Some(tag), outcome);
    Ok(())
}

/// IDLE (RFC 2177): tells every change at once until the client says DONE.
async fn idle(
    wire: &mut Wire,
    session: &mut Session,
    tag: Tag<'static>,
    bell: &mut watch::Receiver<u64>,
) -> io::Result<()> {
    session.replies.go_on("idling");
    loop {
        bell.mark_unchanged();
        if !session.tell_changes() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        wire.send(&mut session.replies).await?;
        let mut none = Replies::default();
        tokio::select! {
            _ = bell.changed() => continue,
            message = wire.message(&mut none) => if !message? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            },
        }
        let outcome = match wire.fragments.decode_message(&IdleDoneCodec::default()) {
            Ok(_) => Outcome::ok("Idled"),
            Err(_) => Outcome::bad("Expected DONE"),
        };
        session.replies.done(Some(tag), outcome);
        return Ok(());
    }
}

/// The connection and what was read of the message under way.
struct Wire {
    stream: TcpStream,
    fragments: Fragmentizer,
    chunk: Vec<u8>,
}

impl Wire {
    /// Reads one message to its end, granting its literals; false at the end of the stream.
    /// May be dropped while it waits: nothing read is lost.
    async fn message(&mut self, replies: &mut Replies) -> io::Result<bool> {
        loop {
            match self.fragments.progress() {
                Some(FragmentInfo::Line { announcement: Some(literal), .. }) => {
                    self.grant(literal, replies).await?
                }
                Some(_) if self.fragments.is_message_complete() => return Ok(true),
                Some(_) => {}
                None => {
                    let read = tokio::time::timeout(SILENCE_MAX, self.stream.read(&mut self.chunk));
                    let count = read.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
                    if count == 0 {
                        return Ok(false);
                    }
                    self.fragments.enqueue_bytes(&self.chunk[..count]);
                }
            }
        }
    }

    /// A synchronizing literal waits for our word (RFC 3501, 7.5); the other kind comes by itself
    /// (RFC 7888), and one that is too large is read to its end and then refused as unreadable.
    async fn grant(&mut self, literal: LiteralAnnouncement, replies: &mut Replies) -> io::Result<()> {
        if literal.mode == LiteralMode::NonSync {
            return Ok(());
        }
        if literal.length as usize > MAIL_SIZE_BYTES_MAX {
            let outcome = Outcome::no("Too large").with_word("TOOBIG");
            replies.done(self.fragments.decode_tag(), outcome);
            self.fragments.skip_message();
        } else {
            replies.go_on("go ahead");
        }
        self.send(replies).await
    }

    async fn send(&mut self, replies: &mut Replies) -> io::Result<()> {
        let bytes = replies.take();
        if !bytes.is_empty() {
            self.stream.write_all(&bytes).await?;
        }
        Ok(())
    }
}
