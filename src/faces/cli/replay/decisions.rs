//! What a configuration makes of mails, one after the other.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::mails::Mail;
use super::numbered::{Numbered, Wish};
use super::past::Past;
use crate::config::Settings;
use crate::desk::Desk;
use crate::desk::digest::digest;
use crate::domain::digest::{Authentication, Verb};
use crate::domain::message::Author;
use crate::domain::rules::Rules;
use crate::domain::ticket::{Clock, Ticket};
use crate::faces::cli::failure::Failure;
use crate::faces::cli::office::words;
use crate::faces::rehearse::stage::{OpenStore, Sent, Stage};
use crate::mail::msgid;
use crate::store::{Outcome, Result as StoreResult, Store, StoreError};

/// The outcome of a mail on which a replay cannot decide.
const ELSEWHERE: &str = "elsewhere";

/// What came of one mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decision {
    pub mail: String,
    pub at: Timestamp,
    pub from: String,
    pub subject: String,
    pub desk: String,
    /// Letters that time alone brought about since the mail before.
    pub meanwhile: Vec<Letter>,
    /// One word, as in the ledger; `failed` where the decision could not be written down, `elsewhere` where an
    /// agent writes on a request that came before the mails that are played.
    pub outcome: String,
    pub reason: String,
    pub ticket: Option<TicketFacts>,
    pub letters: Vec<Letter>,
}

impl Decision {
    /// Whether there was enough to decide on.
    pub fn is_elsewhere(&self) -> bool {
        self.outcome == ELSEWHERE
    }
}

/// A ticket after the mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TicketFacts {
    pub number: String,
    pub status: String,
    pub severity: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub urgent: bool,
    pub client: Option<String>,
    pub assignee: Option<String>,
    pub language: String,
    pub answer_by: Option<Timestamp>,
    pub solve_by: Option<Timestamp>,
    pub missing: Vec<String>,
    pub fields: BTreeMap<String, String>,
}

/// A letter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Letter {
    pub template: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: String,
}

impl Letter {
    fn of(sent: Sent) -> Letter {
        let mut to: Vec<String> = sent.recipients.iter().map(ToString::to_string).collect();
        to.sort();
        Letter { template: sent.template, to, subject: sent.mail.subject, text: sent.mail.text }
    }
}

/// A desk on its stage.
struct Played<'a> {
    desk: &'a Desk,
    stage: Stage<'a>,
    wish: Wish,
}

/// Plays mails through a configuration, each at its own time, on a database in memory.
///
/// # Errors
/// The operator's templates cannot be used, or memory runs out.
pub fn decisions(
    settings: &Settings,
    only: Option<&str>,
    mails: &[Mail],
    past: &Past,
) -> Result<Vec<Decision>, Failure> {
    let words = words(settings.templates_dir.as_deref())?;
    let chosen = settings.desks.iter().filter(|rules| only.is_none_or(|name| &*rules.desk == name));
    let desks: Vec<Desk> = chosen
        .map(|rules| {
            // What waits for second thoughts would only blur what a mail causes.
            let rules = Rules { reply_delay_seconds: 0, ..rules.clone() };
            let identity = past.identity.clone();
            Desk::new(rules, words.clone(), identity.keys, identity.instance)
        })
        .collect();
    let start = mails.first().map_or(Timestamp::UNIX_EPOCH, |mail| mail.at);
    let mut stages = Vec::new();
    for desk in &desks {
        let wish = Wish::default();
        let mut store = Some(Numbered::open(wish.clone(), past.newest(desk.id()))?);
        let open: OpenStore<'_> = Box::new(move || {
            let store = store.take().ok_or_else(|| StoreError::Unreachable("it was in memory".to_owned()))?;
            Ok(Box::new(store) as Box<dyn Store>)
        });
        stages.push(Played { desk, stage: Stage::new(desk, open, start), wish });
    }
    let mut found = Vec::new();
    for mail in mails {
        let addressed = mail.read.to.iter().chain(&mail.read.cc).map(|to| &to.address);
        let mut addressed = addressed.chain(&mail.read.delivered_to);
        let named = addressed.find_map(|to| desks.iter().position(|desk| desk.rules.address == to.base()));
        if let Some(played) = stages.get_mut(named.unwrap_or(0)) {
            found.push(decide(played, mail, past)?);
        }
    }
    Ok(found)
}

fn decide(played: &mut Played<'_>, mail: &Mail, past: &Past) -> Result<Decision, Failure> {
    let Played { desk, stage, wish } = played;
    stage.advance_to(mail.at)?;
    let meanwhile = stage.letters().into_iter().map(Letter::of).collect();
    let (outcome, reason, key) = match lacking(desk, stage, mail)? {
        Some(number) => {
            let shown = desk.rules.tag.shown(number);
            (
                ELSEWHERE.to_owned(),
                format!("an agent writes on {shown}, which is not among these mails"),
                None,
            )
        }
        None => {
            wish.set(past.ticket(desk.id(), mail));
            let taken = stage.take_in(&mail.raw, mail.read.clone());
            wish.set(None);
            match taken {
                Ok(outcome) => {
                    (outcome.word().to_owned(), super::super::ledger::told(&outcome), of_ticket(&outcome))
                }
                Err(StoreError::Abandoned(why)) => ("failed".to_owned(), why, None),
                Err(error) => return Err(error.into()),
            }
        }
    };
    let ticket = match key {
        Some(number) => stage.ticket(number)?.map(|(ticket, _)| facts(&ticket, &desk.rules)),
        None => None,
    };
    Ok(Decision {
        mail: mail.name.clone(),
        at: mail.at,
        from: mail.read.from.mailbox().map(|from| from.address.to_string()).unwrap_or_default(),
        subject: mail.read.subject.clone(),
        desk: desk.rules.desk.to_string(),
        meanwhile,
        outcome,
        reason,
        ticket,
        letters: stage.letters().into_iter().map(Letter::of).collect(),
    })
}

/// The request on which an agent writes, proven by what the real desk signed, where the stage has none of those that
/// his mail names: nothing can be said of such a mail.
fn lacking(desk: &Desk, stage: &mut Stage<'_>, mail: &Mail) -> StoreResult<Option<u32>> {
    let digest = digest(desk, mail.read.clone(), mail.at, mail.at, &[]);
    let (trail, author) = (&digest.trail, digest.mail.machine.kind);
    let refused = matches!(digest.authentication, Authentication::Fail(_));
    if digest.agent.is_none() || author != Author::Person || refused || trail.ours || trail.circled {
        return Ok(None);
    }
    let opens = trail.to_new || trail.tokens.iter().any(|token| token.verb == Verb::New);
    let by_token = trail.tokens.iter().map(|token| token.number);
    let by_letter = trail.references.iter().filter_map(|id| {
        let own = msgid::verify(&desk.keys, [&*desk.rules.desk], id)?;
        u32::try_from(own.number).ok().filter(|number| *number > 0)
    });
    let numbers: Vec<u32> = by_token.chain(by_letter).collect();
    for number in &numbers {
        if stage.ticket(*number)?.is_some() {
            return Ok(None);
        }
    }
    Ok(numbers.first().copied().filter(|_| !opens))
}

fn of_ticket(outcome: &Outcome) -> Option<u32> {
    outcome.ticket().map(|key| key.number)
}

fn facts(ticket: &Ticket, rules: &Rules) -> TicketFacts {
    let owed = |clock: &Option<Clock>| clock.as_ref().filter(|c| c.met_at.is_none()).map(|c| c.due);
    TicketFacts {
        number: rules.tag.shown(ticket.key.number),
        status: ticket.status().word().to_owned(),
        severity: ticket.severity.clone(),
        kind: ticket.kind.clone(),
        urgent: ticket.urgent,
        client: ticket.client.clone(),
        assignee: ticket.assignee.as_ref().map(|id| id.0.clone()),
        language: ticket.language.to_string(),
        answer_by: owed(&ticket.respond),
        solve_by: owed(&ticket.resolve),
        missing: ticket.missing.clone(),
        fields: ticket.fields.clone(),
    }
}
