//! The post office: claims letters, gives them to postmen, and writes down what came of them.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::accounts::Accounts;
use super::pack::Packer;
use super::postman::{Came, Postman, Return};
use super::room::Room;
use super::verdict::{Decided, Verdict};
use crate::daemon::clerk::Standing;
use crate::daemon::house::House;
use crate::daemon::switches::{AllPaused, Switch};
use crate::domain::rules::DeskId;
use crate::store::{Claim, DeliveryFilter, DeliveryId, DeliveryState, Result, StoreError};

/// Claims beyond what open branches can take: for those that are closed, and those that there are none for.
const TURNED_AWAY: usize = 64;
/// A letter whose branch has its hands full comes again after this.
const CROWDED: SignedDuration = SignedDuration::from_secs(5);
/// A letter whose desk is not configured any more comes again after this.
const HOMELESS: SignedDuration = SignedDuration::from_hours(1);
/// A letter that the store did not give the attachments for comes again after this.
const STORE_FAILED: SignedDuration = SignedDuration::from_secs(30);
/// So many of the last letters are looked at for when they left.
const RECALLED: usize = 1000;
/// What came back waits so long for others, to be written down in one commit with them: a commit for each letter would
/// cost more than the letter. A crash within this time makes those that wait uncertain, so it is short.
const GATHERING: Duration = Duration::from_millis(20);
/// Where a lease of the configuration is too long to be counted.
const LEASE_LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// When there is something to do again.
pub enum Next {
    Now,
    /// At this instant, or earlier when somebody rings.
    At(Timestamp),
    /// When somebody rings.
    Rung,
}

/// The whole outbox of one house.
pub struct Office {
    house: House,
    rooms: BTreeMap<DeskId, Room>,
    accounts: Accounts,
    packer: Arc<Packer>,
    postmen: JoinSet<DeskId>,
    door: UnboundedSender<Return>,
    coming: UnboundedReceiver<Return>,
    /// Since when.
    in_hand: HashMap<DeliveryId, Instant>,
    /// What is to be written down next.
    decided: Vec<Arc<Decided>>,
    /// New letters are claimed by the commit that writes them, as long as there is room for some.
    standing: Option<Standing<Vec<Claim>>>,
    /// The last round.
    awake_at: Timestamp,
    /// When it was last noticed that there was none for long.
    frozen_until: Timestamp,
}

impl Office {
    /// Opens a branch for each desk.
    pub fn open(house: House) -> Office {
        let (door, coming) = mpsc::unbounded_channel();
        let accounts = Accounts::new(&house.settings.smtp);
        let rooms = house.desks.iter().filter_map(|desk| {
            let (turns, settings) = accounts.share(house.settings.smtp.get(desk.id())?);
            Some((desk.id().clone(), Room::new(desk.clone(), settings, turns, &house)))
        });
        Office {
            rooms: rooms.collect(),
            accounts,
            packer: Arc::new(Packer::new(house.clerk.clone())),
            postmen: JoinSet::new(),
            door,
            coming,
            in_hand: HashMap::new(),
            decided: Vec::new(),
            standing: None,
            awake_at: house.clock.now(),
            frozen_until: Timestamp::UNIX_EPOCH,
            house,
        }
    }

    /// What an earlier run sent within the last minute counts towards the bounds of this one.
    pub async fn recall(&self) {
        if self.accounts.bounded().next().is_none() {
            return;
        }
        let states = vec![DeliveryState::Sent, DeliveryState::Failed];
        let last = DeliveryFilter { states, limit: RECALLED, ..DeliveryFilter::default() };
        match self.house.clerk.ask(move |tx| tx.deliveries(&last)).await {
            Ok(rows) => {
                for (desks, turns) in self.accounts.bounded() {
                    let own = rows.iter().filter(|row| desks.contains(&row.desk));
                    turns.recall(own.filter_map(|row| row.settled_at).collect());
                }
            }
            Err(error) => tracing::warn!(%error, "what was sent before is not known; the bounds begin anew"),
        }
    }

    /// Changes when the operator stops something, or lets it go on.
    pub fn switched(&self) -> watch::Receiver<AllPaused> {
        self.house.progress.switches.changes()
    }

    /// Writes down what came back, takes the next letters in the same commit, and sends postmen out.
    ///
    /// # Errors
    /// Those of the store. Nothing is lost: what came back is written down next time.
    pub async fn round(&mut self) -> Result<Next> {
        let claimed = self.claimed_meanwhile().await;
        let now = self.house.clock.now();
        while let Ok(came) = self.coming.try_recv() {
            self.decide(came, now);
        }
        if now.duration_since(self.awake_at) > self.owner_span() * 2 {
            // Frozen for long: whoever took the mailboxes over meanwhile has answered their mail.
            self.frozen_until = now;
        }
        self.awake_at = now;
        if self.house.progress.switches.is_paused(Switch::Letters) || !self.owns(now) {
            self.clear_shelves(claimed, now);
        } else {
            for claim in claimed {
                self.give_out(claim, now);
            }
        }
        self.send_out_postmen(now);
        let limit = self.limit(now);
        let (claims, next) = self.exchange(limit, now).await?;
        let more = limit > 0 && claims.len() == limit;
        for claim in claims {
            self.give_out(claim, now);
        }
        self.send_out_postmen(now);
        let room = self.limit(now);
        if !self.decided.is_empty() || (more && room > 0) {
            return Ok(Next::Now);
        }
        if room == 0 {
            // With full hands nothing can be claimed, whatever is due: a postman will ring.
            return Ok(Next::Rung);
        }
        self.stand_by(room);
        Ok(next.map_or(Next::Rung, Next::At))
    }

    /// Has up to `limit` new letters claimed by the commit that writes them.
    fn stand_by(&mut self, limit: usize) {
        let (clock, lease) = (self.house.clock.clone(), self.lease());
        self.standing = Some(self.house.clerk.stand_by(move |tx| {
            let now = clock.now();
            tx.claim(now, now + lease, limit)
        }));
    }

    /// The letters that were claimed by the commit that wrote them.
    async fn claimed_meanwhile(&mut self) -> Vec<Claim> {
        let Some(standing) = self.standing.take() else { return Vec::new() };
        match standing.withdraw().await {
            Some(Ok(claims)) => {
                if !claims.is_empty() {
                    fault_point!("letters_claimed");
                }
                claims
            }
            // Where the commit failed nothing was claimed, and whoever asked for it says so.
            Some(Err(_)) | None => Vec::new(),
        }
    }

    fn lease(&self) -> SignedDuration {
        SignedDuration::try_from(self.house.settings.waits.lease).unwrap_or(LEASE_LONGEST)
    }

    /// Waits until there is something to write down, a postman leaves, or `next`.
    pub async fn wait(&mut self, next: Next) {
        let clock = self.house.clock.clone();
        let due = async {
            match next {
                Next::Now => {}
                Next::At(at) => clock.sleep_until(at).await,
                Next::Rung => std::future::pending().await,
            }
        };
        tokio::pin!(due);
        let gathered = sleep_until(Instant::now() + GATHERING);
        tokio::pin!(gathered);
        loop {
            let gathers = !self.decided.is_empty();
            tokio::select! {
                Some(came) = self.coming.recv() => {
                    self.decide(came, clock.now());
                    if !gathers {
                        gathered.as_mut().reset(Instant::now() + GATHERING);
                    }
                    if self.is_gathered() {
                        return;
                    }
                }
                Some(left) = self.postmen.join_next() => return self.left(left),
                () = &mut due => return,
                () = &mut gathered, if gathers => return,
            }
        }
    }

    /// Is it time to write down what came back: all that was in hand, or so much that postmen may soon wait for more?
    fn is_gathered(&self) -> bool {
        let back = self.decided.len();
        back >= self.in_hand.len() || back * 2 >= self.rooms.values().map(Room::capacity).sum()
    }

    /// Takes no more letters. Those in hand that were not begun are put back, those on the wire may be finished
    /// until the house must be closed, `waits.stop` after `end`; what is still on the wire then stays marked as
    /// attempted, and becomes uncertain at the next start, for it may have arrived.
    pub async fn close(mut self, end: &CancellationToken) {
        let longest = self.house.settings.waits.stop;
        let mut over = pin!(async {
            end.cancelled().await;
            sleep_until(Instant::now() + longest).await;
        });
        let claimed = self.claimed_meanwhile().await;
        for claim in claimed {
            if self.take_in_hand(&claim) {
                self.decided.push(stopped(claim, &self.house));
            }
        }
        for room in self.rooms.values() {
            self.decided.extend(room.branch.clear().into_iter().map(|claim| stopped(claim, &self.house)));
        }
        loop {
            self.write_while_closing().await;
            let now = self.house.clock.now();
            tokio::select! {
                Some(came) = self.coming.recv() => self.decide(came, now),
                left = self.postmen.join_next() => match left {
                    Some(left) => self.left(left),
                    None => break,
                },
                () = &mut over => break,
            }
        }
        self.postmen.shutdown().await;
        let now = self.house.clock.now();
        while let Ok(came) = self.coming.try_recv() {
            self.decide(came, now);
        }
        self.write_while_closing().await;
        if !self.in_hand.is_empty() {
            let letters = self.in_hand.len();
            tracing::warn!(letters, "the word to stop found letters on the wire; they count as uncertain");
        }
    }

    async fn write_while_closing(&mut self) {
        if let Err(error) = self.exchange(0, self.house.clock.now()).await {
            tracing::error!(%error, "what became of some letters could not be written down yet");
        }
    }

    /// How many letters to claim.
    fn limit(&self, now: Timestamp) -> usize {
        if self.house.progress.switches.is_paused(Switch::Letters) || !self.owns(now) {
            return 0;
        }
        let closed = self.rooms.values().any(|room| room.condition.closed_until(now).is_some());
        let free: usize = self.rooms.values().map(|room| room.free(now)).sum();
        free + if closed || self.rooms.is_empty() { TURNED_AWAY } else { 0 }
    }

    /// One commit: what was decided is written down, and `limit` letters are claimed.
    async fn exchange(&mut self, limit: usize, now: Timestamp) -> Result<(Vec<Claim>, Option<Timestamp>)> {
        let lease = self.lease();
        let (decided, desks) = (self.decided.clone(), self.house.desks.clone());
        let work = self.house.clerk.ask(move |tx| {
            for one in &decided {
                one.write(tx, &desks, now)?;
            }
            let claims = if limit > 0 { tx.claim(now, now + lease, limit)? } else { Vec::new() };
            Ok((claims, tx.next_delivery()?))
        });
        match work.await {
            Ok(answer) => {
                if !self.decided.is_empty() {
                    fault_point!("letters_written");
                }
                if !answer.0.is_empty() {
                    fault_point!("letters_claimed");
                }
                self.written(self.decided.len());
                Ok(answer)
            }
            Err(StoreError::Abandoned(why)) if !self.decided.is_empty() => {
                tracing::debug!(why, "letters are settled one by one, for one of them cannot be");
                self.write_one_by_one(now).await?;
                Ok((Vec::new(), Some(now)))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes each down alone, so that one that cannot be does not hold up the others.
    async fn write_one_by_one(&mut self, now: Timestamp) -> Result<()> {
        while let Some(one) = self.decided.first().cloned() {
            let (told, desks) = (one.clone(), self.house.desks.clone());
            match self.house.clerk.ask(move |tx| told.write(tx, &desks, now)).await {
                Ok(()) => {}
                Err(StoreError::Abandoned(why)) => {
                    let letter = one.claim.row.id;
                    tracing::error!(letter, why, "nobody can be told what became of a letter");
                    match self.house.clerk.ask(move |tx| one.write_silently(tx, now)).await {
                        // Nothing is there to be settled.
                        Ok(()) | Err(StoreError::Abandoned(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(error) => return Err(error),
            }
            self.written(1);
        }
        Ok(())
    }

    /// The first `count` decisions are in the store.
    fn written(&mut self, count: usize) {
        let mut lost = false;
        for one in self.decided.drain(..count) {
            self.in_hand.remove(&one.claim.delivery);
            if let Some(room) = self.rooms.get_mut(&one.claim.row.letter.desk) {
                room.in_hand = room.in_hand.saturating_sub(1);
            }
            lost |= one.is_loss();
        }
        if lost {
            // Our own commits ring no bell, and the ticket may want an earlier look now.
            self.house.clerk.bells.scheduler.notify_one();
        }
    }

    /// Are the mailboxes that are marked ours, and were looked at since this program was last frozen (A51)?
    fn owns(&self, now: Timestamp) -> bool {
        let all = self.house.progress.all();
        let marked = self.house.settings.mailboxes.iter().filter(|mailbox| mailbox.owner_folder.is_some());
        marked.map(|mailbox| &mailbox.name).all(|name| {
            let owned = all.get(name).and_then(|progress| progress.owned_at);
            let quiet = self.house.progress.quiet_until(name).is_some_and(|until| until > now);
            !quiet && owned.is_some_and(|at| at >= self.frozen_until)
        })
    }

    fn owner_span(&self) -> SignedDuration {
        SignedDuration::try_from(self.house.settings.waits.owner).unwrap_or(SignedDuration::from_mins(1))
    }

    /// What nobody has begun with goes back, and what was just claimed.
    fn clear_shelves(&mut self, claimed: Vec<Claim>, now: Timestamp) {
        let put_back = |claim| {
            let why = "letters are paused, or the mailbox is another's".to_owned();
            Arc::new(Decided { claim, verdict: Verdict::PutBack { until: now, why } })
        };
        for room in self.rooms.values() {
            self.decided.extend(room.branch.clear().into_iter().map(put_back));
        }
        let claimed: Vec<Claim> = claimed.into_iter().filter(|claim| self.take_in_hand(claim)).collect();
        self.decided.extend(claimed.into_iter().map(put_back));
    }

    /// `false` where its lease has run out while it is still on the wire here; it must not be there twice.
    fn take_in_hand(&mut self, claim: &Claim) -> bool {
        match self.in_hand.entry(claim.delivery) {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                free.insert(Instant::now());
                if let Some(room) = self.rooms.get_mut(&claim.row.letter.desk) {
                    room.in_hand += 1;
                }
                true
            }
        }
    }

    /// A postman came back with a letter.
    fn decide(&mut self, came: Return, now: Timestamp) {
        fault_point!("letter_came_back");
        let Return { claim, came } = came;
        let Some(room) = self.rooms.get_mut(&claim.row.letter.desk) else { return };
        let verdict = match came {
            Came::Tried(delivery) => {
                room.came_back(self.in_hand.get(&claim.delivery).map_or(Duration::MAX, Instant::elapsed));
                let (verdict, behind) = room.judge(&claim, delivery, now);
                self.decided.extend(behind.into_iter().map(Arc::new));
                verdict
            }
            Came::StoreFailed(why) => Verdict::PutBack { until: now + STORE_FAILED, why },
            Came::Stopped => {
                self.decided.push(stopped(claim, &self.house));
                return;
            }
        };
        self.decided.push(Arc::new(Decided { claim, verdict }));
    }

    /// Puts a claimed letter on the shelf of its desk, or says at once what becomes of it.
    fn give_out(&mut self, claim: Claim, now: Timestamp) {
        let is_full = self.rooms.get(&claim.row.letter.desk).is_some_and(|room| room.free(now) == 0);
        if !self.take_in_hand(&claim) {
            return;
        }
        let letter = &claim.row.letter;
        let verdict = match self.rooms.get_mut(&letter.desk) {
            None => {
                let why = format!("the desk {} is not configured any more", letter.desk);
                tracing::warn!(letter = claim.row.id, "a letter cannot leave: {why}");
                Verdict::PutBack { until: now + HOMELESS, why }
            }
            Some(room) => {
                let objection = room.objection(&claim, &self.house, now);
                match (objection, room.condition.closed_until(now)) {
                    (Some(verdict), _) => verdict,
                    (None, Some(until)) => {
                        Verdict::PutBack { until, why: room.condition.trouble().to_owned() }
                    }
                    (None, None) if is_full => {
                        let why = "other letters of this desk are before it".to_owned();
                        Verdict::PutBack { until: now + CROWDED, why }
                    }
                    (None, None) => return room.branch.put(claim),
                }
            }
        };
        self.decided.push(Arc::new(Decided { claim, verdict }));
    }

    /// Hires as many postmen as there are letters that nobody waits for.
    fn send_out_postmen(&mut self, now: Timestamp) {
        for room in self.rooms.values_mut() {
            while room.wants_postman(now) {
                let postman = Postman {
                    branch: room.branch.clone(),
                    packer: self.packer.clone(),
                    clock: self.house.clock.clone(),
                    stop: self.house.stop.clone(),
                    keep: self.house.settings.waits.smtp_keep,
                    office: self.door.clone(),
                    lease: self.house.settings.waits.lease,
                    beat: self.house.clerk.pulse.beat(format!("letters of {}", room.branch.desk.id())),
                };
                room.postmen += 1;
                room.branch.ready();
                self.postmen.spawn(postman.carry());
            }
        }
    }

    /// A postman has left.
    fn left(&mut self, left: std::result::Result<DeskId, JoinError>) {
        match left {
            Ok(desk) => {
                if let Some(room) = self.rooms.get_mut(&desk) {
                    room.postmen -= 1;
                }
            }
            Err(error) => match error.try_into_panic() {
                // A task that has lost its senses ends the process; its letter becomes uncertain.
                Ok(panic) => resume_unwind(panic),
                Err(cancelled) => tracing::debug!(%cancelled, "a postman was sent home"),
            },
        }
    }
}

fn stopped(claim: Claim, house: &House) -> Arc<Decided> {
    let why = "the daemon was stopped before it was tried".to_owned();
    Arc::new(Decided { claim, verdict: Verdict::PutBack { until: house.clock.now(), why } })
}
