//! A town of desks, people and robots, and the road between them: whatever is sent arrives a minute later.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use maildesk::domain::address::Address;
use maildesk::mail::parse;

use super::robots::Robot;
use crate::support::bench::Bench;

const ON_THE_ROAD: SignedDuration = SignedDuration::from_mins(1);

/// A mail on its way.
#[derive(Clone)]
pub struct Mail {
    /// Envelope sender; `None` is `<>`.
    pub from: Option<Address>,
    pub to: Address,
    pub raw: Vec<u8>,
}

/// A letter that left a desk.
pub struct Sent {
    pub at: Timestamp,
    pub purpose: String,
    pub automatic: bool,
    /// Without its plus tag.
    pub to: Address,
}

pub struct Town {
    pub desks: Vec<Bench>,
    pub robots: Vec<Robot>,
    road: BTreeMap<(Timestamp, u64), Mail>,
    posted: u64,
    pub sent: Vec<Sent>,
    pub now: Timestamp,
}

impl Town {
    pub fn new(desks: Vec<Bench>, robots: Vec<Robot>) -> Town {
        let now = desks[0].now;
        Town { desks, robots, road: BTreeMap::new(), posted: 0, sent: Vec::new(), now }
    }

    /// Puts a mail on the road, to arrive in so long.
    pub fn post_in(&mut self, span: SignedDuration, mail: Mail) {
        self.posted += 1;
        self.road.insert((self.now + span, self.posted), mail);
    }

    pub fn post(&mut self, mail: Mail) {
        self.post_in(ON_THE_ROAD, mail);
    }

    /// So many hours go by, minute by minute.
    pub fn live(&mut self, hours: i64) {
        for _ in 0..hours * 60 {
            self.now += SignedDuration::from_mins(1);
            for desk in &mut self.desks {
                desk.pass_to(self.now);
            }
            while let Some(entry) = self.road.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let mail = entry.remove();
                self.arrives(&mail);
            }
            self.collect();
        }
    }

    fn arrives(&mut self, mail: &Mail) {
        let base = mail.to.base();
        if let Some(desk) = self.desks.iter_mut().find(|desk| desk.desk.rules.address == base) {
            let back = mail.from.as_ref().map(Address::as_str).unwrap_or_default();
            let mut raw = format!(
                "Return-Path: <{back}>\r\nDelivered-To: {}\r\nReceived: from town.example.test by mx.example.test\r\n",
                mail.to
            )
            .into_bytes();
            raw.extend_from_slice(&mail.raw);
            desk.take_in(&raw);
            return;
        }
        let read = parse::parse(&mail.raw, &parse::Limits::default());
        if let Some(robot) = self.robots.iter_mut().find(|robot| robot.address == base) {
            for answer in robot.hears(mail, &read) {
                self.post(answer);
            }
        }
    }

    fn collect(&mut self) {
        for nth in 0..self.desks.len() {
            for out in self.desks[nth].letters() {
                self.sent.push(Sent {
                    at: self.now,
                    purpose: out.purpose,
                    automatic: out.automatic,
                    to: out.to.base(),
                });
                self.post(Mail { from: out.from, to: out.to, raw: out.raw });
            }
        }
    }

    /// When letters to an address left.
    pub fn times(&self, to: &Address) -> Vec<Timestamp> {
        self.sent.iter().filter(|sent| sent.to == *to).map(|sent| sent.at).collect()
    }

    /// Tickets of the nth desk.
    pub fn tickets(&mut self, nth: usize) -> usize {
        let filter = maildesk::store::TicketFilter::default();
        self.desks[nth].run(|tx, _, _| tx.tickets(&filter)).len()
    }
}

/// The most that fell into any span of this length.
pub fn most_within(times: &[Timestamp], span: SignedDuration) -> usize {
    let within =
        |from: &Timestamp| times.iter().filter(|at| *at >= from && at.duration_since(*from) < span).count();
    times.iter().map(within).max().unwrap_or(0)
}
