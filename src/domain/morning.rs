//! What an agent should know when the working day begins.

use jiff::Timestamp;
use jiff::civil::Date;

use super::people::{Agent, AgentId};
use super::rules::Rules;
use super::ticket::{Clock, Status, Ticket};

/// One agent's requests on one morning; each stands in one list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Morning {
    /// A promise is broken.
    pub overdue: Vec<Ticket>,
    /// A promise ends today.
    pub due_today: Vec<Ticket>,
    /// The client waits for an answer.
    pub to_answer: Vec<Ticket>,
    /// Nobody has taken them, and this agent is told of new ones.
    pub unassigned: Vec<Ticket>,
    /// Resolved, and nobody said how long it took.
    pub no_time: Vec<Ticket>,
}

impl Morning {
    /// There is nothing to tell.
    pub fn is_empty(&self) -> bool {
        let all = [&self.overdue, &self.due_today, &self.to_answer, &self.unassigned, &self.no_time];
        all.into_iter().all(Vec::is_empty)
    }
}

/// The states whose tickets a morning may speak of.
pub const SPOKEN_OF: [Status; 4] = [Status::New, Status::Open, Status::Waiting, Status::Resolved];

/// Sorts a desk's tickets for one agent, the nearest promise first.
pub fn of(agent: &Agent, tickets: &[Ticket], now: Timestamp, rules: &Rules) -> Morning {
    let today = rules.calendar(None).local_date(now);
    let mut morning = Morning::default();
    for ticket in tickets {
        let list = match ticket.status() {
            Status::New | Status::Open | Status::Waiting => {
                list(&mut morning, ticket, agent, today, now, rules)
            }
            Status::Resolved if lacks_time(ticket, &agent.id, rules) => Some(&mut morning.no_time),
            _ => None,
        };
        if let Some(list) = list {
            list.push(ticket.clone());
        }
    }
    let lists =
        [&mut morning.overdue, &mut morning.due_today, &mut morning.to_answer, &mut morning.unassigned];
    for list in lists {
        list.sort_by_key(|ticket| (due(ticket).is_none(), due(ticket), ticket.received_at));
    }
    morning
}

fn list<'a>(
    morning: &'a mut Morning,
    ticket: &Ticket,
    agent: &Agent,
    today: Date,
    now: Timestamp,
    rules: &Rules,
) -> Option<&'a mut Vec<Ticket>> {
    if ticket.workers().next().is_none() {
        let is_told = rules.told_of_new(ticket).contains(&agent.address);
        return is_told.then_some(&mut morning.unassigned);
    }
    if !ticket.workers().any(|id| *id == agent.id) {
        return None;
    }
    match due(ticket) {
        Some(due) if due <= now => Some(&mut morning.overdue),
        Some(due) if rules.calendar(None).local_date(due) == today => Some(&mut morning.due_today),
        _ if ticket.status() == Status::Waiting => None,
        _ => Some(&mut morning.to_answer),
    }
}

fn lacks_time(ticket: &Ticket, agent: &AgentId, rules: &Rules) -> bool {
    rules.time.required && ticket.spent_minutes == 0 && ticket.assignee.as_ref() == Some(agent)
}

/// When the nearest promise ends that still runs.
pub fn due(ticket: &Ticket) -> Option<Timestamp> {
    let running = |clock: &&Clock| clock.met_at.is_none();
    [&ticket.respond, &ticket.resolve].into_iter().flatten().filter(running).map(|clock| clock.due).min()
}

/// The instant on that date at which agents get their digest; `None` where nobody works or wants one.
pub fn at(date: Date, rules: &Rules) -> Option<Timestamp> {
    let time = rules.digest_at?;
    rules.calendar(None).closing_on(date)?;
    Some(date.to_datetime(time).to_zoned(rules.zone.clone()).ok()?.timestamp())
}

/// The next digest after the one of `last`: that of today, even if its time is past, as long as people work today;
/// else that of the next working day within three weeks.
pub fn next(last: Option<Date>, now: Timestamp, rules: &Rules) -> Option<Timestamp> {
    let calendar = rules.calendar(None);
    let today = calendar.local_date(now);
    let missed =
        |at: &Timestamp| *at <= now && calendar.closing_on(today).is_some_and(|closing| closing <= now);
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(21);
    days.filter(|day| last.is_none_or(|last| *day > last))
        .filter_map(|day| at(day, rules))
        .find(|at| !missed(at))
}
