//! LMTP (RFC 2033): a mail server on this machine hands over mail, and is told for each recipient what became of it.
//!
//! 250 is said only after the commit. A word that is lost on its way makes the server hand the mail over again; it is
//! recognised then. What is not possible now is answered with 4yz, and stays in the server's queue.
//!
//! * `wire`: lines, limits, deadlines. `dots`: where a mail ends.
//! * `session`: what the commands mean. `verdict`: the word for each recipient.

mod dots;
mod session;
mod verdict;
mod wire;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::house::House;
use super::intake::handed::{Envelope, Hatch, NotTaken};
use super::socket::Socket;
use crate::config::{Listen, LocalSettings, WAYS_IN};
use crate::desk::Desk;
use crate::store::StoreError;
use session::{Next, Session, Transaction, reply};
use wire::{Body, Heard, Stream, Wire};

pub use verdict::became;

/// Between two attempts to listen, where it is not possible.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);
/// Whoever finds no seat is told so within this time.
const TURNED_AWAY: Duration = Duration::from_secs(5);

/// Listens until the house stops; mail whose transfer has begun is taken to its end within `stop_seconds`.
///
/// # Errors
/// The store must not be touched any more: the daemon has to end.
pub async fn run(house: House) -> Result<(), StoreError> {
    let Some((local, listen)) = house.settings.local.clone().and_then(|l| Some((l.clone(), l.lmtp?))) else {
        house.stop.cancelled().await;
        return Ok(());
    };
    let hatch = Arc::new(Hatch::new(house.clone(), WAYS_IN[0]));
    while !house.stop.is_cancelled() {
        match Door::open(&listen, local.group).await {
            Ok(door) => return door.serve(&house, &local, &hatch).await,
            Err(error) => {
                tracing::error!(?listen, %error, "no mail can be handed over here; tried again every five seconds");
                let trouble = format!("cannot listen: {error}");
                house.progress.note(WAYS_IN[0], |progress| progress.trouble = Some(trouble));
                tokio::select! {
                    () = house.stop.cancelled() => {}
                    () = tokio::time::sleep(LISTEN_AGAIN) => {}
                }
            }
        }
    }
    Ok(())
}

/// Where we listen.
enum Door {
    Socket(Socket),
    Loopback(TcpListener),
}

impl Door {
    async fn open(listen: &Listen, group: Option<u32>) -> io::Result<Door> {
        match listen {
            Listen::Socket(path) => {
                // The mail server's own socket, named by mistake, must not be taken away.
                if UnixStream::connect(path).await.is_ok() {
                    let why = "another program listens there";
                    return Err(io::Error::new(io::ErrorKind::AddrInUse, why));
                }
                let mode = if group.is_some() { 0o660 } else { 0o600 };
                Ok(Door::Socket(Socket::bind(path, 0o755, mode, group)?))
            }
            Listen::Loopback(at) => Ok(Door::Loopback(TcpListener::bind(at).await?)),
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Door::Socket(socket) => Ok(Box::new(socket.listener.accept().await?.0)),
            Door::Loopback(listener) => {
                let (stream, _) = listener.accept().await?;
                // Replies are small and waited for.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }

    async fn serve(self, house: &House, local: &LocalSettings, hatch: &Arc<Hatch>) -> Result<(), StoreError> {
        house.progress.note(WAYS_IN[0], |progress| progress.trouble = None);
        let mut guests: JoinSet<Option<StoreError>> = JoinSet::new();
        let seats = Arc::new(Semaphore::new(usize::try_from(local.connections).unwrap_or(1)));
        let fatal = loop {
            tokio::select! {
                () = house.stop.cancelled() => break None,
                Some(left) = guests.join_next() => match left {
                    Ok(None) => {}
                    Ok(Some(error)) => break Some(error),
                    Err(error) => tracing::error!(%error, "a connection for mail panicked"),
                },
                come = self.accept() => match come {
                    Ok(stream) => {
                        let (house, local, hatch) = (house.clone(), local.clone(), hatch.clone());
                        match seats.clone().try_acquire_owned() {
                            Ok(seat) => guests.spawn(async move {
                                let _seat = seat;
                                attend(stream, house, local, hatch).await
                            }),
                            Err(_) => guests.spawn(turn_away(stream, house)),
                        };
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection for mail cannot be taken");
                        // Out of descriptors, most likely: some must close first.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        };
        drop(self);
        let left = async { while guests.join_next().await.is_some() {} };
        if timeout(house.settings.waits.stop, left).await.is_err() {
            tracing::warn!(connections = guests.len(), "mail that is still coming is cut off");
        }
        fatal.map_or(Ok(()), Err)
    }
}

/// There is no seat: the server comes again.
async fn turn_away(stream: Box<dyn Stream>, house: House) -> Option<StoreError> {
    tracing::debug!("a connection was turned away: all seats are taken");
    let mut wire = Wire::new(stream, TURNED_AWAY, house.stop.clone());
    reply(&mut wire.replies, "421 4.3.2 Too many connections, come again");
    // Whether he heard it changes nothing.
    let _ = timeout(TURNED_AWAY, wire.flush()).await;
    None
}

/// One connection. Answers with an error after which the store must not be touched.
async fn attend(
    stream: Box<dyn Stream>,
    house: House,
    local: LocalSettings,
    hatch: Arc<Hatch>,
) -> Option<StoreError> {
    let mut wire = Wire::new(stream, local.idle, house.stop.clone());
    let mut session = Session::new(house.desks.clone(), local, hatch.clone());
    session.greet(&mut wire.replies);
    let ended = converse(&mut wire, &mut session, &hatch).await;
    let last = match ended {
        Ok(End::Closed) => None,
        Ok(End::Silence) => Some("421 4.4.2 Too long without a word"),
        Ok(End::Stopping) => Some("421 4.3.2 Shutting down, come again"),
        Ok(End::Fatal(error)) => return Some(error),
        Err(error) => {
            tracing::debug!(%error, "a connection for mail broke");
            return None;
        }
    };
    if let Some(last) = last {
        reply(&mut wire.replies, last);
    }
    if let Err(error) = wire.flush().await {
        tracing::debug!(%error, "a connection for mail broke");
    }
    None
}

/// How a conversation ended.
enum End {
    Closed,
    Silence,
    Stopping,
    Fatal(StoreError),
}

async fn converse(wire: &mut Wire, session: &mut Session, hatch: &Hatch) -> io::Result<End> {
    loop {
        let next = match wire.command().await? {
            Heard::Command(line) => session.perform(&line, &mut wire.replies),
            Heard::Nonsense(why) => session.wrong(why, &mut wire.replies),
            Heard::Gone => return Ok(End::Closed),
            Heard::Silence => return Ok(End::Silence),
            Heard::Stopping => return Ok(End::Stopping),
        };
        let whole = match next {
            Next::Command => false,
            Next::Close => return Ok(End::Closed),
            Next::Mail => {
                let Some(body) = session.body() else { continue };
                if !wire.mail(body).await? {
                    return Ok(End::Silence);
                }
                true
            }
            Next::Chunk { bytes, is_last } => {
                if !wire.chunk(bytes, session.body()).await? {
                    return Ok(End::Silence);
                }
                chunk_is_here(bytes, is_last, session, &mut wire.replies)
            }
        };
        if whole
            && let Some(transaction) = session.complete()
            && let Some(fatal) = deliver(transaction, hatch, &mut wire.replies).await
        {
            wire.flush().await?;
            return Ok(End::Fatal(fatal));
        }
    }
}

/// Answers for a chunk. `true`: it was the last one of a mail, each recipient of which gets his own word.
fn chunk_is_here(bytes: usize, is_last: bool, session: &mut Session, out: &mut Vec<u8>) -> bool {
    match session.body() {
        None => {
            session.wrong("503 5.5.1 No recipient was accepted", out);
            false
        }
        Some(_) if is_last => true,
        Some(Body { trouble: Some(why), .. }) => {
            reply(out, &format!("{} This mail {}", verdict::code(why), verdict::said(why)));
            false
        }
        Some(_) => {
            reply(out, &format!("250 2.0.0 {bytes} bytes are here"));
            false
        }
    }
}

/// Takes a mail in for each desk that it is for, all in one commit where that is possible, and answers for each
/// recipient in their order.
async fn deliver(mail: Transaction, hatch: &Hatch, out: &mut Vec<u8>) -> Option<StoreError> {
    let Transaction { sender, recipients, body, .. } = mail;
    let body = body?;
    let mut desks: Vec<Arc<Desk>> = Vec::new();
    for recipient in &recipients {
        if !desks.iter().any(|desk| desk.id() == recipient.desk.id()) {
            desks.push(recipient.desk.clone());
        }
    }
    let taking = desks.iter().map(|desk| {
        let own = recipients.iter().filter(|r| r.desk.id() == desk.id()).map(|r| r.address.clone());
        let envelope = Envelope { sender: Some(sender.clone()), recipients: own.collect() };
        let (bytes, trouble) = (&body.bytes, &body.trouble);
        async move {
            match trouble {
                Some(why) => Err(why.clone()),
                None => hatch.take(desk, &envelope, bytes).await,
            }
        }
    });
    let taken = join_all(taking).await;
    fault_point!("before_word_to_sender");
    for recipient in &recipients {
        let of_desk = desks.iter().position(|desk| desk.id() == recipient.desk.id());
        if let Some(result) = of_desk.and_then(|at| taken.get(at)) {
            reply(out, &verdict::line(&recipient.address, &recipient.desk, result));
        }
    }
    taken.into_iter().find_map(|result| match result {
        Err(why @ NotTaken::Store(_)) if why.is_fatal() => match why {
            NotTaken::Store(error) => Some(error),
            _ => None,
        },
        _ => None,
    })
}
