//! Mails were set aside: whoever looks after the program hears of it by mail, once a day at most.
//!
//! It is a letter like any other: written in one unit, with an empty envelope sender and Auto-Submitted, to people of the
//! desk alone, so that it can neither be answered by a robot nor be set aside itself.

use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::perform::Cause;
use super::say::without_ticket;
use crate::domain::effect::{Purpose, SetAside};
use crate::domain::people::{Agent, AgentId};
use crate::store::{Mail, MailFilter, Outcome, Result, StoreError, Tx};

/// Between two notices of one desk.
const BETWEEN: SignedDuration = SignedDuration::from_hours(24);
/// So many mails are named, the newest.
const NAMED_MAX: usize = 10;
/// So many are looked through: those of other desks are among them.
const LOOKED_AT_MAX: usize = 200;
/// Somebody else's subject is repeated up to this many characters.
const SUBJECT_CHARS_MAX: usize = 80;

/// Writes the notice where mails were set aside since the last one, and that is long enough ago. Returns whether it
/// was written.
///
/// # Errors
/// Those of the store; `Abandoned` where the letter cannot be rendered.
pub fn warn(tx: &mut dyn Tx, desk: &Desk, now: Timestamp) -> Result<bool> {
    let last = last(tx, desk)?;
    if last.is_some_and(|last| now.duration_since(last) < BETWEEN) {
        return Ok(false);
    }
    let filter = MailFilter {
        outcome: Some("quarantined".to_owned()),
        since: last,
        limit: LOOKED_AT_MAX,
        ..MailFilter::default()
    };
    let mut mails = tx.mails(&filter)?;
    let is_new = |mail: &Mail| last.is_none_or(|last| mail.mail.stored_at > last);
    mails.retain(|mail| mail.mail.desk == *desk.id() && is_new(mail));
    mails.truncate(NAMED_MAX);
    let told: Vec<SetAside> = mails.iter().filter_map(named).collect();
    if told.is_empty() {
        return Ok(false);
    }
    let cause = Cause::new(format!("aside:{}:{now}", desk.id()), "set_aside", now);
    for somebody in addressees(desk) {
        without_ticket(tx, desk, &cause, Purpose::AgentAside(told.clone()), &somebody)?;
    }
    tx.set_value(&name(desk), now.to_string().as_bytes())?;
    Ok(true)
}

fn named(mail: &Mail) -> Option<SetAside> {
    let Outcome::Quarantined { reason } = &mail.mail.outcome else { return None };
    Some(SetAside {
        mail: mail.id,
        at: mail.mail.received_at,
        sender: mail.mail.from.clone(),
        subject: mail.mail.subject.chars().filter(|c| !c.is_control()).take(SUBJECT_CHARS_MAX).collect(),
        reason: reason.clone(),
    })
}

/// The operator, else the head, else every agent: the mail may be a client's request.
fn addressees(desk: &Desk) -> Vec<Agent> {
    let rules = &desk.rules;
    let operator = rules.operator.iter().map(|address| {
        rules.agent_at(address).cloned().unwrap_or_else(|| Agent {
            id: AgentId("operator".to_owned()),
            name: String::new(),
            address: address.clone(),
            phone: None,
            team: None,
            role: None,
            signature: None,
        })
    });
    let operator: Vec<Agent> = operator.collect();
    match (operator.is_empty(), &rules.head) {
        (false, _) => operator,
        (true, Some(head)) => vec![head.clone()],
        (true, None) => rules.agents.clone(),
    }
}

fn name(desk: &Desk) -> String {
    format!("aside:{}", desk.id())
}

/// When the last notice was written.
fn last(tx: &mut dyn Tx, desk: &Desk) -> Result<Option<Timestamp>> {
    let Some(value) = tx.value(&name(desk))? else { return Ok(None) };
    let at = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
    at.map(Some).ok_or_else(|| StoreError::Corrupt(format!("the value {:?} is no instant", name(desk))))
}
