//! How well the desk keeps its promises: figures of tickets, all together and by what they have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::people::AgentId;
use crate::domain::ticket::{Number, Status};

/// A ticket as reports count it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    pub number: Number,
    pub status: Status,
    /// Its type.
    pub kind: Option<String>,
    pub severity: String,
    pub channel: String,
    pub client: Option<String>,
    pub assignee: Option<AgentId>,
    pub received_at: Timestamp,
    /// The first public answer of an agent.
    pub answered_at: Option<Timestamp>,
    /// When it was last resolved; `None` while it is not (any more).
    pub solved_at: Option<Timestamp>,
    pub respond: Option<Promised>,
    pub resolve: Option<Promised>,
    /// How often it was taken up again after it was resolved or closed.
    pub reopened: u32,
    pub rating: Option<u8>,
    pub minutes: u32,
}

/// How a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// As it is now: a reopening and a new severity set it anew.
    pub due: Timestamp,
    pub met_at: Option<Timestamp>,
    /// It was broken at any time, also before it was set anew.
    pub breached: bool,
}

impl Promised {
    /// Was it kept? `None` while that is open.
    pub fn kept(&self, now: Timestamp) -> Option<bool> {
        match self.met_at {
            _ if self.breached => Some(false),
            Some(met) => Some(met <= self.due),
            None if self.due < now => Some(false),
            None => None,
        }
    }
}

/// How many tickets wait in one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    pub status: Status,
    pub count: u32,
    /// When the oldest of them was received.
    pub oldest: Timestamp,
}

/// By what tickets are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Month,
    Type,
    Severity,
    Channel,
    Agent,
    Client,
}

impl Group {
    pub const ALL: [Group; 6] =
        [Group::Month, Group::Type, Group::Severity, Group::Channel, Group::Agent, Group::Client];

    /// The word for it in tables.
    pub fn word(self) -> &'static str {
        match self {
            Group::Month => "month",
            Group::Type => "type",
            Group::Severity => "severity",
            Group::Channel => "channel",
            Group::Agent => "agent",
            Group::Client => "client",
        }
    }

    /// The value of a ticket; `-` where it has none.
    fn of(self, measure: &Measure, zone: &TimeZone) -> String {
        let value = match self {
            Group::Month => Some(measure.received_at.to_zoned(zone.clone()).strftime("%Y-%m").to_string()),
            Group::Type => measure.kind.clone(),
            Group::Severity => Some(measure.severity.clone()),
            Group::Channel => Some(measure.channel.clone()),
            Group::Agent => measure.assignee.as_ref().map(|a| a.0.clone()),
            Group::Client => measure.client.clone(),
        };
        value.unwrap_or_else(|| "-".to_owned())
    }
}

/// Median and the bound that nine of ten keep, in minutes of real time; nearest rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    pub median: i64,
    pub ninety: i64,
}

impl Quantiles {
    fn of(mut minutes: Vec<i64>) -> Option<Quantiles> {
        minutes.sort_unstable();
        let rank = |percent: usize| {
            let rank = (minutes.len() * percent).div_ceil(100);
            minutes.get(rank.checked_sub(1)?).copied()
        };
        Some(Quantiles { median: rank(50)?, ninety: rank(90)? })
    }
}

/// What some tickets come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    pub tickets: u32,
    pub answered: u32,
    pub solved: u32,
    /// From receipt to the first public answer.
    pub answer_minutes: Option<Quantiles>,
    /// From receipt to the last solution.
    pub solution_minutes: Option<Quantiles>,
    /// Promises that were kept, of those about which that is decided.
    pub promises_kept: u32,
    pub promises: u32,
    pub reopened: u32,
    pub ratings: u32,
    /// In hundredths.
    pub rating_hundredths: Option<u32>,
    /// In the work journal.
    pub minutes: u64,
}

/// The figures of an interval.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub all: Figures,
    /// By each group, by its values in alphabetical order; groups in which all tickets are alike are there, too.
    pub groups: BTreeMap<Group, BTreeMap<String, Figures>>,
}

/// Counts. Months are those of the desk's zone.
pub fn report(measures: &[Measure], zone: &TimeZone, now: Timestamp) -> Report {
    let mut groups = BTreeMap::new();
    for group in Group::ALL {
        let mut parts: BTreeMap<String, Vec<&Measure>> = BTreeMap::new();
        for measure in measures {
            parts.entry(group.of(measure, zone)).or_default().push(measure);
        }
        let figures = parts.into_iter().map(|(value, part)| (value, count(&part, now)));
        groups.insert(group, figures.collect());
    }
    Report { all: count(&measures.iter().collect::<Vec<_>>(), now), groups }
}

fn count(measures: &[&Measure], now: Timestamp) -> Figures {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let since = |m: &Measure, at: Timestamp| at.duration_since(m.received_at).as_mins();
    let answers: Vec<i64> = measures.iter().filter_map(|m| Some(since(m, m.answered_at?))).collect();
    let solutions: Vec<i64> = measures.iter().filter_map(|m| Some(since(m, m.solved_at?))).collect();
    let promises = measures.iter().flat_map(|m| [m.respond, m.resolve]).flatten();
    let decided: Vec<bool> = promises.filter_map(|p| p.kept(now)).collect();
    let ratings: Vec<u32> = measures.iter().filter_map(|m| m.rating.map(u32::from)).collect();
    let average =
        (ratings.iter().sum::<u32>() * 200 + number(ratings.len())).checked_div(number(ratings.len()) * 2);
    Figures {
        tickets: number(measures.len()),
        answered: number(answers.len()),
        solved: number(solutions.len()),
        answer_minutes: Quantiles::of(answers),
        solution_minutes: Quantiles::of(solutions),
        promises_kept: number(decided.iter().filter(|kept| **kept).count()),
        promises: number(decided.len()),
        reopened: measures.iter().map(|m| m.reopened).sum(),
        ratings: number(ratings.len()),
        rating_hundredths: average,
        minutes: measures.iter().map(|m| u64::from(m.minutes)).sum(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        let nine: Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
        nine + SignedDuration::from_mins(minutes)
    }

    fn measure(answered: Option<i64>, solved: Option<i64>) -> Measure {
        Measure {
            number: 1,
            status: Status::Open,
            kind: None,
            severity: "normal".to_owned(),
            channel: "email".to_owned(),
            client: None,
            assignee: None,
            received_at: at(0),
            answered_at: answered.map(at),
            solved_at: solved.map(at),
            respond: None,
            resolve: None,
            reopened: 0,
            rating: None,
            minutes: 10,
        }
    }

    #[test]
    fn the_median_is_by_nearest_rank() {
        for (minutes, expected) in [
            (vec![], None),
            (vec![7], Some((7, 7))),
            (vec![3, 1], Some((1, 3))),
            (vec![5, 1, 3], Some((3, 5))),
            ((1..=10).collect(), Some((5, 9))),
            ((1..=100).collect(), Some((50, 90))),
        ] {
            let found = Quantiles::of(minutes.clone()).map(|q| (q.median, q.ninety));
            assert_eq!(found, expected, "{minutes:?}");
        }
    }

    #[test]
    fn a_promise_is_kept_broken_or_open() {
        let promise = |met: Option<i64>, breached| Promised { due: at(60), met_at: met.map(at), breached };
        for (promise, now, expected) in [
            (promise(Some(60), false), 99, Some(true)),
            (promise(Some(61), false), 99, Some(false)),
            (promise(Some(10), true), 99, Some(false)),
            (promise(None, false), 60, None),
            (promise(None, false), 61, Some(false)),
        ] {
            assert_eq!(promise.kept(at(now)), expected, "{promise:?} at {now}");
        }
    }

    #[test]
    fn tickets_are_counted_in_each_group() {
        let petr = Some(AgentId("petr".to_owned()));
        let measures = [
            Measure { rating: Some(5), assignee: petr.clone(), ..measure(Some(10), Some(100)) },
            Measure { rating: Some(2), assignee: petr, reopened: 2, ..measure(Some(30), None) },
            Measure {
                respond: Some(Promised { due: at(5), met_at: Some(at(4)), breached: false }),
                resolve: Some(Promised { due: at(50), met_at: None, breached: false }),
                received_at: at(-60 * 24 * 3),
                ..measure(None, None)
            },
        ];
        let found = report(&measures, &TimeZone::UTC, at(60));
        let all = &found.all;
        assert_eq!((all.tickets, all.answered, all.solved, all.reopened, all.minutes), (3, 2, 1, 2, 30));
        assert_eq!(all.answer_minutes, Some(Quantiles { median: 10, ninety: 30 }));
        assert_eq!((all.promises_kept, all.promises), (1, 2));
        assert_eq!((all.ratings, all.rating_hundredths), (2, Some(350)));
        let tickets = |group: Group| -> Vec<(&str, u32)> {
            found.groups[&group].iter().map(|(value, f)| (value.as_str(), f.tickets)).collect()
        };
        assert_eq!(tickets(Group::Month), [("2026-02", 1), ("2026-03", 2)]);
        assert_eq!(tickets(Group::Agent), [("-", 1), ("petr", 2)]);
        assert_eq!(tickets(Group::Channel), [("email", 3)]);
        assert_eq!(report(&[], &TimeZone::UTC, at(0)).all.rating_hundredths, None);
    }
}
