//! The control socket: while a daemon lives, it alone writes, and the command line asks it here.
//!
//! One JSON document a line each way ([`Order`], [`Reply`]), several on one connection. The rights of the socket's
//! file say who is heard: the daemon's own user, root, and its group where the folder is open to the group. The
//! numbers of users say nothing here, for under `PrivateUsers=` root is nobody.

mod client;
mod obey;
mod order;
pub mod reading;
mod receive;
mod set_aside;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use client::{AskError, ask, hand_over};
pub use obey::obey;
pub use order::{
    Answer, Handing, Health, MailboxHealth, NewRequest, Order, Refusal, RefusalKind, RelayHealth, Reply,
};
pub use receive::take;
pub use set_aside::reason;

use super::house::House;
use super::intake::handed::Hatch;
use super::readiness::not_ready;
use super::socket::Socket;
use super::tokens::Alarm;
use crate::config::WAYS_IN;
use crate::store::rights;
use crate::store::{MailId, StoreError};

/// Longest order: an agent's answer with room to spare.
const ORDER_BYTES_MAX: u64 = 40_000_000;
/// Connections that are served at a time; who comes then waits.
const CONNECTIONS_MAX: usize = 16;
/// A connection that says nothing for so long is closed.
const QUIET: Duration = Duration::from_secs(30);

/// Who does not read his answer for so long does not get it.
const UNREAD: Duration = Duration::from_secs(5);

/// Serves the socket until the house stops.
pub async fn run(house: House) {
    let path = house.settings.control_socket.clone();
    match Door::open(&path) {
        Ok(door) => door.serve(house).await,
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "no control socket: the command line cannot ask");
            house.stop.cancelled().await;
        }
    }
}

/// The socket, bound. Its file goes when it is dropped.
#[derive(Debug)]
pub struct Door {
    socket: Socket,
}

impl Door {
    /// Binds the socket, with the rights of [`rights::mode_in`]. Whoever holds the lock of the state directory may take
    /// away a socket that lies there: its daemon is dead.
    ///
    /// # Errors
    /// Those of [`Socket::bind`].
    pub fn open(path: &Path) -> io::Result<Door> {
        let mode = rights::mode_in(path.parent().unwrap_or(Path::new(".")));
        // Who may write to a socket may connect to it.
        let mode = if mode & 0o040 == 0 { 0o600 } else { 0o660 };
        Ok(Door { socket: Socket::bind(path, 0o700, mode, None)? })
    }

    /// Serves until the house stops. Orders in hand are finished and answered first.
    pub async fn serve(self, house: House) {
        let mut guests = JoinSet::new();
        let hatch = Arc::new(Hatch::new(house.clone(), WAYS_IN[1]));
        let seats = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let seat = seats.clone().acquire_owned();
            let come = async { (seat.await, self.socket.listener.accept().await) };
            tokio::select! {
                () = house.stop.cancelled() => break,
                Some(_) = guests.join_next() => {}
                (seat, come) = come => match come {
                    Ok((stream, _)) => {
                        let (house, hatch) = (house.clone(), hatch.clone());
                        guests.spawn(async move {
                            let _seat = seat;
                            if let Err(error) = attend(stream, house, hatch).await {
                                tracing::debug!(%error, "a connection to the control socket broke");
                            }
                        });
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the control socket cannot take a connection");
                        // Out of descriptors, most likely: some must close first.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
            }
        }
        while guests.join_next().await.is_some() {}
    }
}

/// One connection: orders and answers, until it ends.
async fn attend(mut stream: UnixStream, house: House, hatch: Arc<Hatch>) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let next = async { (&mut read).take(ORDER_BYTES_MAX).read_until(b'\n', &mut line).await };
        let next = tokio::select! {
            () = house.stop.cancelled() => return Ok(()),
            next = tokio::time::timeout(QUIET, next) => next,
        };
        match next {
            Ok(Ok(0)) | Err(_) => return Ok(()),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
        let whole = line.ends_with(b"\n");
        let reply = match order(&line) {
            Ok(Order::Receive(handing)) => receive::receive(&house, &hatch, &handing, &mut read).await?,
            Ok(order) => match carry_out(&house, order).await {
                Ok(answer) => Reply::Done(answer),
                Err(refusal) => Reply::Refused(refusal),
            },
            Err(why) => Reply::Refused(Refusal { kind: RefusalKind::Malformed, text: why }),
        };
        let mut text = serde_json::to_vec(&reply).map_err(io::Error::other)?;
        text.push(b'\n');
        match tokio::time::timeout(UNREAD, write.write_all(&text)).await {
            Ok(written) => written?,
            Err(_) => return Ok(()),
        }
        if !whole {
            return Ok(());
        }
    }
}

fn order(line: &[u8]) -> Result<Order, String> {
    if !line.ends_with(b"\n") {
        return Err("the order is not a line".to_owned());
    }
    serde_json::from_slice(line).map_err(|error| format!("the order cannot be read: {error}"))
}

/// Carries out an order beside the other tasks of the daemon.
///
/// # Errors
/// The reason, when it cannot be done.
pub async fn carry_out(house: &House, order: Order) -> Result<Answer, Refusal> {
    let now = house.clock.now();
    let desks = house.desks.clone();
    match order {
        Order::Poke => {
            house.progress.poke();
            Ok(Answer::Poked { mailboxes: house.settings.mailboxes.len() })
        }
        Order::Status => Ok(Answer::Status(Box::new(health(house).await?))),
        Order::Reload => {
            house.progress.ask_reload();
            Ok(Answer::Reloading)
        }
        Order::TakeOver { mailboxes } => {
            let marked = house.settings.mailboxes.iter().filter(|mailbox| mailbox.owner_folder.is_some());
            let wanted = |name: &String| mailboxes.is_empty() || mailboxes.contains(name);
            let names: Vec<String> = marked.map(|mailbox| mailbox.name.clone()).filter(wanted).collect();
            if names.is_empty() {
                return Err(Refusal::refused("no such mailbox has an owner_folder"));
            }
            tracing::warn!(mailboxes = names.join(", "), "the operator has mailboxes taken over");
            let count = names.len();
            house.progress.take_over(names.into_iter());
            house.progress.poke();
            Ok(Answer::Poked { mailboxes: count })
        }
        Order::Compact => {
            house.clerk.whole(|store| store.compact()).await?;
            Ok(Answer::Compacted)
        }
        // The store's thread only reads and writes: a mail is thought over here.
        Order::Retry { mail } => {
            let thought = think(house, mail).await?;
            Ok(house.clerk.run(move |tx| set_aside::retry(tx, &desks, &thought, now)).await?)
        }
        order => {
            let id = fresh_id()?;
            tracing::info!(order = word(&order), act = id, "the operator gave an order");
            let answer = house.clerk.run(move |tx| obey(tx, &desks, &order, &id, now)).await?;
            if let Answer::Switched { paused } = &answer {
                house.progress.switches.set(paused.clone());
            }
            Ok(answer)
        }
    }
}

/// Reads a mail again, away from the store's thread.
async fn think(house: &House, mail: MailId) -> Result<set_aside::Thought, Refusal> {
    let (now, desks) = (house.clock.now(), house.desks.clone());
    let kept = house.clerk.run(move |tx| set_aside::fetch(tx, mail)).await?;
    let parsed = aside(move || set_aside::parsed(&desks, kept)).await?;
    let (answering, desks) = (parsed.clone(), house.desks.clone());
    let ours = house.clerk.run(move |tx| set_aside::answered(tx, &answering)).await?;
    aside(move || set_aside::think(&desks, parsed, &ours, now)).await
}

/// Runs work that takes its time beside the async tasks.
async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Refusal> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| Refusal::refused("reading the mail panicked; see the log"))??)
}

async fn health(house: &House) -> Result<Health, StoreError> {
    let (now, desks) = (house.clock.now(), Vec::new());
    let asked =
        house.clerk.ask(move |tx| Ok((tx.overview(&desks, now, now)?, tx.next_delivery()?, tx.next_wake()?)));
    let (overview, next_delivery, next_wake) = asked.await?;
    let all = house.progress.all();
    let mailbox = |name: &str| {
        let progress = all.get(name).cloned().unwrap_or_default();
        MailboxHealth {
            name: name.to_owned(),
            read_up_to: progress.read_up_to,
            answered_at: progress.answered_at,
            waiting: progress.waiting,
            certificate_ends: progress.certificate_ends,
            trouble: progress.trouble,
            troubled_since: progress.troubled_since,
        }
    };
    let handed = house.settings.local.as_ref().map(|local| {
        let desks = local.desks.iter().map(|desk| house.progress.handed_up_to(&house.settings, desk, now));
        let way = if local.lmtp.is_some() { WAYS_IN[0] } else { WAYS_IN[1] };
        MailboxHealth { read_up_to: desks.flatten().flatten().min(), ..mailbox(way) }
    });
    let junk = all.iter().filter(|(_, progress)| progress.in_junk > 0).map(|(name, progress)| Alarm {
        account: name.clone(),
        grave: false,
        text: format!(
            "{} mails of people whom we know lie in the folder for unwanted mail",
            progress.in_junk
        ),
    });
    let relays = house.progress.relays().into_iter().map(|(desk, relay)| RelayHealth {
        desk: desk.to_string(),
        answered_at: relay.answered_at,
        trouble: relay.trouble,
        troubled_since: relay.troubled_since,
        certificate_ends: relay.certificate_ends,
        closed_until: relay.closed_until,
    });
    Ok(Health {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        process: std::process::id(),
        now,
        started_at: house.progress.started_at(),
        mailboxes: house.settings.mailboxes.iter().map(|m| mailbox(&m.name)).chain(handed).collect(),
        alarms: house.tokens.alarms(now).into_iter().chain(junk).collect(),
        paused: house.progress.switches.all(),
        relays: relays.collect(),
        not_ready: not_ready(house),
        outbox: overview.waiting.iter().map(|(state, n)| (state.word().to_owned(), *n)).collect(),
        set_aside: overview.set_aside,
        next_delivery,
        next_wake,
    })
}

/// An id that no other act ever has.
///
/// # Errors
/// The system has no randomness to give.
pub fn fresh_id() -> Result<String, Refusal> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|e| Refusal::refused(format!("no randomness: {e}")))?;
    Ok(data_encoding::HEXLOWER.encode(&bytes))
}

fn word(order: &Order) -> &'static str {
    match order {
        Order::Poke => "poke",
        Order::Status => "status",
        Order::Reload => "reload",
        Order::Receive(_) => "receive",
        Order::Register(_) => "register",
        Order::Instruct { .. } => "instruct",
        Order::Next { .. } => "next",
        Order::Reopen { .. } => "reopen",
        Order::Merge { .. } => "merge",
        Order::Attach { .. } => "attach",
        Order::Announce { .. } => "announce",
        Order::CorrectWork { .. } => "correct work",
        Order::Bill { .. } => "bill",
        Order::Requeue { .. } => "requeue",
        Order::Drop { .. } => "drop",
        Order::Retry { .. } => "retry",
        Order::Discard { .. } => "discard",
        Order::Reindex => "reindex",
        Order::Pause { .. } => "pause",
        Order::Resume { .. } => "resume",
        Order::Erase { .. } => "erase",
        Order::Compact => "compact",
        Order::TakeOver { .. } => "take over",
    }
}
