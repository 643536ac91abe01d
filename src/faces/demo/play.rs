//! Plays a story, tells it, and says where it went another way.

use std::io::Write;

use jiff::Timestamp;

use super::calendar::Week;
use super::cast::Role;
use super::pen::{Pen, Written};
use super::stage::{Known, Stage, Trouble};
use super::story::{Deed, Expect, Found, Promise, Scene, Story};
use super::teller::Teller;
use crate::domain::message::Incoming;
use crate::domain::thread::Entry;
use crate::domain::ticket::{Number, Ticket};
use crate::mail::parse::{Limits, parse};
use crate::sandbox::Delivery;

/// Where a story did not go as told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The act's title.
    pub act: String,
    pub what: String,
}

/// A letter in somebody's mailbox.
#[derive(Clone, Debug)]
pub struct Arrived {
    pub to: Role,
    pub at: Timestamp,
    pub mail: Incoming,
    /// What the outbox knows of it.
    pub known: Option<Known>,
}

/// A ticket with the newest line of its history.
pub type Standing = (Number, Option<(Ticket, Option<Entry>)>);

/// Plays every act; ends after the first that went another way.
///
/// # Errors
/// The daemon, the sandbox or the terminal cannot go on.
pub async fn play<W: Write>(
    story: &Story,
    stage: &mut Stage,
    teller: &mut Teller<W>,
) -> Result<Vec<Deviation>, Trouble> {
    let mut troupe = Troupe { pen: Pen::default(), boxes: Vec::new() };
    for (number, act) in (1..).zip(&story.acts) {
        teller.act(number, &act.title)?;
        for scene in &act.scenes {
            let differences = troupe.scene(scene, stage, teller).await?;
            if !differences.is_empty() {
                let all = differences.into_iter();
                return Ok(all.map(|what| Deviation { act: act.title.clone(), what }).collect());
            }
        }
    }
    Ok(Vec::new())
}

/// Everybody who plays, with all that came into their mailboxes.
struct Troupe {
    pen: Pen,
    boxes: Vec<Arrived>,
}

impl Troupe {
    async fn scene<W: Write>(
        &mut self,
        scene: &Scene,
        stage: &mut Stage,
        teller: &mut Teller<W>,
    ) -> Result<Vec<String>, Trouble> {
        let at = stage.week.instant(scene.at);
        if let Some(stuck) = rested(stage.passes_until(at).await)? {
            return Ok(vec![stuck]);
        }
        teller.scene(&stage.week.shown(at), &scene.told)?;
        match self.write(&scene.deed, stage) {
            Ok(None) => {}
            Ok(Some((who, text, mail))) => {
                teller.mail(who.called(), &mail.to, &mail.subject, text)?;
                stage.hand_in(&mail).await?;
            }
            Err(why) => return Ok(vec![why]),
        }
        if let Some(stuck) = rested(stage.comes_to_rest().await)? {
            return Ok(vec![stuck]);
        }
        let arrived = arrivals(stage).await?;
        teller.letters(&stage.week, at, &arrived)?;
        let mut standings = Vec::new();
        for promise in &scene.expect.tickets {
            let standing = (promise.number, stage.ticket(promise.number).await?);
            teller.standing(&stage.week, &standing)?;
            standings.push(standing);
        }
        let differences = differences(&scene.expect, &arrived, &standings, &stage.week);
        self.boxes.extend(arrived);
        Ok(differences)
    }

    /// The mail of a deed, with its writer and the text that is new in it; an error where the letter to be
    /// answered never came.
    fn write<'a>(
        &mut self,
        deed: &'a Deed,
        stage: &Stage,
    ) -> Result<Option<(Role, &'a str, Written)>, String> {
        let now = stage.now();
        match deed {
            Deed::Waits => Ok(None),
            Deed::Writes { who, subject, text } => {
                Ok(Some((*who, text, self.pen.letter(*who, subject, text, &now))))
            }
            Deed::Answers { who, letter, text } => {
                let answered = found(&self.boxes, *who, *letter)?;
                Ok(Some((*who, text, self.pen.reply(*who, &answered.mail, text, &now))))
            }
            Deed::IsAway { who, letter, prefix, text } => {
                let answered = found(&self.boxes, *who, *letter)?;
                let mail = self.pen.away(*who, &answered.mail, prefix, text, &now);
                let mail = mail.ok_or("the letter has no sender that a machine may answer")?;
                Ok(Some((*who, text, mail)))
            }
        }
    }
}

fn found(boxes: &[Arrived], who: Role, letter: Found) -> Result<&Arrived, String> {
    let wanted = |arrived: &&Arrived| {
        let known = arrived.known.as_ref();
        arrived.to == who
            && known.is_some_and(|k| k.purpose == letter.purpose && k.ticket == Some(letter.ticket))
    };
    let found = boxes.iter().rev().find(wanted);
    found.ok_or_else(|| {
        format!("{} has no letter {:?} about ticket {}", who.called(), letter.purpose, letter.ticket)
    })
}

/// A stage that does not come to rest is a difference, not an end.
fn rested(result: Result<(), Trouble>) -> Result<Option<String>, Trouble> {
    match result {
        Ok(()) => Ok(None),
        Err(Trouble::Stuck(what)) => Ok(Some(what)),
        Err(trouble) => Err(trouble),
    }
}

/// What came into people's mailboxes since the last call, oldest first, at one time in the order of the cast.
///
/// # Errors
/// Those of the store.
pub async fn arrivals(stage: &mut Stage) -> Result<Vec<Arrived>, Trouble> {
    let mut arrived = Vec::new();
    for delivery in stage.delivered() {
        arrived.extend(arrival(stage, &delivery).await?);
    }
    arrived.sort_by_key(|letter| (letter.at, letter.to));
    Ok(arrived)
}

/// A delivery as its reader sees it; `None` for mail to the desk.
///
/// # Errors
/// Those of the store.
pub async fn arrival(stage: &Stage, delivery: &Delivery) -> Result<Option<Arrived>, Trouble> {
    let Some(to) = Role::of(&delivery.account).filter(|to| *to != Role::Desk) else { return Ok(None) };
    let mail = parse(&delivery.bytes, &Limits::default());
    let known = match &mail.message_id {
        Some(id) => stage.known(id).await?,
        None => None,
    };
    Ok(Some(Arrived { to, at: delivery.received, mail, known }))
}

/// Where what came differs from what was expected; empty where it does not.
fn differences(expect: &Expect, arrived: &[Arrived], standings: &[Standing], week: &Week) -> Vec<String> {
    let mut found = Vec::new();
    let mut left: Vec<&Arrived> = arrived.iter().collect();
    for letter in &expect.letters {
        let who = letter.to.called();
        let is_it = |a: &&Arrived| a.to == letter.to && purpose(a) == letter.purpose;
        match left.iter().position(is_it).map(|at| left.remove(at)) {
            None => found.push(format!("the letter {:?} to {who} did not come", letter.purpose)),
            Some(came) if !says(&came.mail, &letter.says) => {
                found
                    .push(format!("the letter {:?} to {who} does not say {:?}", letter.purpose, letter.says));
            }
            Some(_) => {}
        }
    }
    let unexpected =
        left.iter().map(|a| format!("nobody expected the letter {:?} to {}", purpose(a), a.to.called()));
    found.extend(unexpected);
    for promise in &expect.tickets {
        let standing = standings.iter().find(|(number, _)| *number == promise.number);
        match standing.and_then(|(_, ticket)| ticket.as_ref()) {
            Some((ticket, _)) => found.extend(broken(promise, ticket, week)),
            None => found.push(format!("there is no ticket {}", promise.number)),
        }
    }
    found
}

fn purpose(arrived: &Arrived) -> &str {
    arrived.known.as_ref().map_or("unknown to the outbox", |known| &known.purpose)
}

/// Do these words stand in the mail, however its lines are broken and quoted?
fn says(mail: &Incoming, words: &str) -> bool {
    let flat = |text: &str| text.split_whitespace().filter(|word| *word != ">").collect::<Vec<_>>().join(" ");
    flat(&format!("{}\n{}", mail.subject, mail.text)).contains(&flat(words))
}

fn broken(promise: &Promise, ticket: &Ticket, week: &Week) -> Vec<String> {
    let number = promise.number;
    let mut found = Vec::new();
    if ticket.status() != promise.status {
        let (is, should) = (ticket.status().word(), promise.status.word());
        found.push(format!("ticket {number} is {is}, not {should}"));
    }
    let assignee = promise.assignee.map(Role::local);
    if ticket.assignee.as_ref().map(|id| id.0.as_str()) != assignee {
        let is = ticket.assignee.as_ref().map_or("nobody", |id| &id.0);
        found.push(format!("ticket {number} is {is}'s, not {}'s", assignee.unwrap_or("nobody")));
    }
    let due = ticket.resolve.as_ref().map(|clock| clock.due);
    let should = week.instant(promise.due);
    if due != Some(should) {
        let is = due.map_or("never".to_owned(), |due| week.shown(due));
        found.push(format!("ticket {number} is due {is}, not {}", week.shown(should)));
    }
    found
}
