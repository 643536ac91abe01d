//! Waiting for mail: IDLE (RFC 2177) where it works, NOOP where it does not.

use std::pin::{Pin, pin};
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::Heard;
use super::{Session, Trouble};

/// Longest single wait. RFC 2177 allows 29 minutes; servers and address translators cut at 10.
const RENEW: Duration = Duration::from_secs(300);

/// How often to ask where IDLE is not to be had.
const ASK: Duration = Duration::from_secs(30);

/// How to watch a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// Let the server tell (IDLE); where it cannot, ask every 30 seconds.
    Idle,
    /// Ask at this interval: for a server next door that is slow to tell.
    Ask(Duration),
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke {
    /// The folder changed: look with [`Session::uids_from`].
    News,
    /// The limit passed without a word. IDLE is a hint, not a promise: look all the same.
    Timeout,
    /// The caller's poke came.
    Poked,
}

impl Session {
    /// Waits until the folder changes, `limit` passes (at most 5 minutes count) or `poke` is done. What was
    /// told during earlier commands counts as news at once. The session stays usable in each case; dropping
    /// the future instead of poking ends it.
    ///
    /// # Errors
    /// `Network` when the server says BYE, closes, or does not answer the end of IDLE.
    pub async fn wait(
        &mut self,
        limit: Duration,
        watch: Watch,
        poke: impl Future<Output = ()>,
    ) -> Result<Woke, Trouble> {
        if self.line.take_news() {
            return Ok(Woke::News);
        }
        let mut poke = pin!(poke);
        let until = Instant::now() + limit.min(RENEW);
        if watch == Watch::Idle && self.has("IDLE") && !self.idle_refused {
            match self.idle(until, poke.as_mut()).await? {
                Some(woke) => return Ok(woke),
                None => self.idle_refused = true,
            }
        }
        let every = match watch {
            Watch::Ask(every) => every.max(Duration::from_millis(1)),
            Watch::Idle => ASK,
        };
        loop {
            tokio::select! {
                biased;
                () = poke.as_mut() => return Ok(Woke::Poked),
                () = tokio::time::sleep_until(until.min(Instant::now() + every)) => {}
            }
            self.noop().await?;
            if self.line.take_news() {
                return Ok(Woke::News);
            }
            if Instant::now() >= until {
                return Ok(Woke::Timeout);
            }
        }
    }

    /// One IDLE; None when the server will not idle.
    async fn idle(
        &mut self,
        until: Instant,
        poke: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Woke>, Trouble> {
        let limit = self.line.deadlines().idle;
        let silent = |_| Trouble::network(format!("IDLE: no answer in {limit:?}"));
        self.line.begin("IDLE").await?;
        if !tokio::time::timeout(limit, self.idle_begins()).await.map_err(silent)?? {
            return Ok(None);
        }
        // The folder's own clock ends the silence; the stream must not give up before it.
        self.line.set_quiet(until.saturating_duration_since(Instant::now()) + limit);
        let Some(woke) = self.idle_listens(until, poke).await? else { return Ok(None) };
        self.line.set_quiet(limit);
        tokio::time::timeout(limit, self.idle_ends()).await.map_err(silent)??;
        // Some servers tell only now.
        Ok(Some(if self.line.take_news() { Woke::News } else { woke }))
    }

    /// Waits for the `+`; false when the server answers NO, BAD, or is done before it began.
    async fn idle_begins(&mut self) -> Result<bool, Trouble> {
        loop {
            match self.line.next("IDLE", |_| ()).await? {
                Heard::Continue(_) => return Ok(true),
                Heard::Done(_) => return Ok(false),
                Heard::Untagged => {}
            }
        }
    }

    /// Listens until there is a reason to stop; None when the server ended IDLE by itself. Keepalives (`* OK
    /// Still here`) move no clock of ours.
    async fn idle_listens(
        &mut self,
        until: Instant,
        mut poke: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Option<Woke>, Trouble> {
        loop {
            // News told before the `+` counts, too.
            if self.line.has_news() {
                return Ok(Some(Woke::News));
            }
            let heard = tokio::select! {
                biased;
                () = poke.as_mut() => return Ok(Some(Woke::Poked)),
                () = tokio::time::sleep_until(until) => return Ok(Some(Woke::Timeout)),
                heard = self.line.next("IDLE", |_| ()) => heard?,
            };
            if let Heard::Done(_) = heard {
                return Ok(None);
            }
        }
    }

    async fn idle_ends(&mut self) -> Result<(), Trouble> {
        self.line.write("DONE", b"DONE\r\n").await?;
        loop {
            if let Heard::Done(answer) = self.line.next("DONE", |_| ()).await? {
                return answer.expect_ok("IDLE").map(drop);
            }
        }
    }
}
