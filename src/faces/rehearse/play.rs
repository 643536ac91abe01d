//! A conversation is played step by step, and each step compared with what it was to cause.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::conversation::{Act, Conversation, Mail, Step};
use super::expect;
use super::mail::{self, Earlier, LineEnds, Writing};
use super::stage::{OpenStore, Sent, Stage};
use crate::desk::Desk;
use crate::domain::address::Address;
use crate::domain::language::Lang;
use crate::domain::message::Incoming;
use crate::domain::ticket::TicketKey;
use crate::mail::parse;
use crate::store::{Outcome, StoreError};

/// How a conversation is told; the same must come of it every way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Telling {
    /// Every mail reaches the mailbox twice.
    pub twice: bool,
    /// The daemon is started anew after every step.
    pub reopen: bool,
    pub line_ends: LineEnds,
}

/// What came of a conversation.
#[derive(Debug, Default)]
pub struct Story {
    pub scenes: Vec<Scene>,
    /// What the store finds wrong with itself in the end.
    pub faults: Vec<String>,
}

impl Story {
    /// Everything that is not as it was to be, with the line of its step.
    pub fn differences(&self) -> impl Iterator<Item = (u64, &str)> {
        let of_steps = self.scenes.iter().flat_map(|s| s.differences.iter().map(|d| (s.line, d.as_str())));
        of_steps.chain(self.faults.iter().map(|fault| (0, fault.as_str())))
    }
}

/// One step as it went.
#[derive(Debug)]
pub struct Scene {
    pub line: u64,
    pub at: Timestamp,
    /// What happened, in one line; for a mail, nothing.
    pub what: String,
    /// The mail that came in.
    pub mail: Option<Incoming>,
    /// What the desk made of it, and why.
    pub outcome: Option<Outcome>,
    pub sent: Vec<Sent>,
    /// What the step gave back: the ticket taken, the bills, the export.
    pub result: BTreeMap<String, serde_json::Value>,
    pub differences: Vec<String>,
}

/// Plays a conversation on a desk. `open` opens its store.
///
/// # Errors
/// The store's: nothing can be said about the conversation then.
pub fn play(
    conversation: &Conversation,
    desk: &Desk,
    open: OpenStore<'_>,
    telling: Telling,
) -> Result<Story, StoreError> {
    let mut story = Story::default();
    let Some(first) = conversation.steps.first() else { return Ok(story) };
    // Half a day before, so that what a desk does at once at its start is done.
    let start = moment(first, desk)?.timestamp() - SignedDuration::from_hours(12);
    let stage = Stage::new(desk, open, start);
    let (names, journal) = (BTreeMap::new(), BTreeMap::new());
    let mut player = Player { conversation, desk, telling, stage, names, journal };
    for step in &conversation.steps {
        story.scenes.push(player.scene(step)?);
        if telling.reopen {
            player.stage.reopen()?;
        }
    }
    story.faults = player.stage.faults()?;
    Ok(story)
}

fn moment(step: &Step, desk: &Desk) -> Result<Zoned, StoreError> {
    let beyond = |error: jiff::Error| StoreError::Abandoned(format!("line {}: {error}", step.line));
    step.at.in_zone(&desk.rules.zone).map_err(beyond)
}

/// The same mail as a second server delivers it: only its trace differs.
fn over_another_road(raw: &[u8]) -> Vec<u8> {
    let crlf = raw.windows(2).any(|pair| pair == b"\r\n");
    let mut copy = b"Received: from relay.example by mx.example".to_vec();
    copy.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
    copy.extend_from_slice(raw);
    copy
}

pub(super) struct Player<'a> {
    conversation: &'a Conversation,
    pub(super) desk: &'a Desk,
    telling: Telling,
    pub(super) stage: Stage<'a>,
    /// Mails by name; one name stands for all copies.
    pub(super) names: BTreeMap<String, Vec<Earlier>>,
    /// Rows of the work journal before the step.
    journal: BTreeMap<TicketKey, usize>,
}

impl Player<'_> {
    fn scene(&mut self, step: &Step) -> Result<Scene, StoreError> {
        let at = moment(step, self.desk)?;
        self.stage.advance_to(at.timestamp())?;
        let mut scene = Scene {
            line: step.line,
            at: at.timestamp(),
            what: String::new(),
            mail: None,
            outcome: None,
            sent: Vec::new(),
            result: BTreeMap::new(),
            differences: Vec::new(),
        };
        self.act(step, &at, &mut scene)?;
        scene.sent = self.stage.letters();
        let rows = self.new_rows()?;
        self.compare(step, &rows, &mut scene)?;
        Ok(scene)
    }

    fn act(&mut self, step: &Step, at: &Zoned, scene: &mut Scene) -> Result<(), StoreError> {
        let refused = match &step.act {
            Act::Mail(mail) => self.mail(step, mail, at, scene)?,
            Act::Tick => {
                scene.what = "time passes".to_owned();
                None
            }
            Act::Register(register) => self.register(step, register, scene)?,
            Act::Rate(rate) => self.rate(step, rate, at, scene)?,
            Act::Attach(attach) => self.attach(step, attach, scene)?,
            Act::Announce(announce) => self.announce(step, announce, scene)?,
            Act::Bill(bill) => self.bill(step, bill, scene)?,
            Act::Export(export) => self.export(export, scene)?,
            Act::Next(next) => self.next(step, next, scene)?,
        };
        match (&step.expect.refused, refused) {
            (None, Some(why)) => scene.differences.push(format!("refused: {why}")),
            (Some(words), None) => scene.differences.push(format!("not refused with {words:?}")),
            (Some(words), Some(why)) if !why.to_lowercase().contains(&words.to_lowercase()) => {
                scene.differences.push(format!("refused, but not with {words:?}: {why}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns why the mail could not be written or decided, if so.
    pub(super) fn mail(
        &mut self,
        step: &Step,
        mail: &Mail,
        at: &Zoned,
        scene: &mut Scene,
    ) -> Result<Option<String>, StoreError> {
        let raw = match self.raw(step, mail, at) {
            Ok(raw) => raw,
            Err(why) => return Ok(Some(why)),
        };
        let incoming = parse::parse(&raw, &parse::Limits::default());
        if let Some(name) = &mail.name {
            self.names.insert(name.clone(), vec![Earlier::of(&incoming)]);
        }
        let taken = self.stage.take_in(&raw, incoming.clone());
        scene.mail = Some(incoming);
        if self.telling.twice && taken.is_ok() {
            let copy = over_another_road(&raw);
            self.stage.take_in(&copy, parse::parse(&copy, &parse::Limits::default()))?;
        }
        match taken {
            Ok(outcome) => scene.outcome = Some(outcome),
            Err(StoreError::Abandoned(why)) => return Ok(Some(why)),
            Err(error) => return Err(error),
        }
        Ok(None)
    }

    fn raw(&self, step: &Step, mail: &Mail, at: &Zoned) -> Result<Vec<u8>, String> {
        let rules = &self.desk.rules;
        let writer = Address::parse(mail::address_of(&mail.from));
        let copy = |name: &str| {
            let copies = self.names.get(name)?;
            let own = copies.iter().find(|c| writer.as_ref().is_some_and(|w| c.to.contains(w)));
            own.or(copies.first())
        };
        let answers = match &mail.reply_to {
            Some(name) => Some(copy(name).ok_or_else(|| format!("no mail is called {name:?} so far"))?),
            None => None,
        };
        let is_agent = writer.as_ref().is_some_and(|w| rules.agent_at(w).is_some());
        let back = answers.filter(|_| is_agent).and_then(|earlier| earlier.reply_to.as_ref());
        let (conversation, own) = (self.conversation, rules.own_language());
        mail::write(
            mail,
            &Writing {
                at,
                id: &format!("{}.{}", conversation.id, step.line),
                to: back.unwrap_or(&rules.address),
                answers,
                text_of: &|name| copy(name).map(|earlier| earlier.text.clone()),
                language: conversation.language.as_deref().unwrap_or(own.as_str()),
                line_ends: self.telling.line_ends,
            },
        )
    }

    fn compare(&mut self, step: &Step, rows: &[expect::Row], scene: &mut Scene) -> Result<(), StoreError> {
        let expect = &step.expect;
        let rules = &self.desk.rules;
        if let Some(mails) = &expect.mails {
            let language_of =
                |text: &str, usual: Lang| self.desk.words.detect_language(text, &rules.languages, usual).lang;
            let matched = expect::letters(mails, &scene.sent, &language_of);
            scene.differences.extend(matched.differences);
            for (mail, places) in mails.iter().zip(&matched.letters) {
                if let Some(name) = &mail.name {
                    let copies = places.iter().map(|at| Earlier::of(&scene.sent[*at].mail)).collect();
                    self.names.insert(name.clone(), copies);
                }
            }
        }
        let mut find = |number| self.stage.ticket(number);
        for (name, ticket) in &expect.tickets {
            scene.differences.extend(expect::ticket(name, ticket, rules, &mut find)?);
        }
        scene.differences.extend(expect::absent(&expect.absent, rules, &mut find)?);
        if let Some(wanted) = &expect.result {
            scene.differences.extend(expect::result(wanted, &scene.result));
        }
        if let Some(wanted) = &expect.journal {
            scene.differences.extend(expect::journal(wanted, rows, rules));
        }
        Ok(())
    }

    /// Rows of the work journal that the step added.
    fn new_rows(&mut self) -> Result<Vec<expect::Row>, StoreError> {
        let mut rows = Vec::new();
        for (ticket, works) in self.stage.journal()? {
            let before = self.journal.insert(ticket.key.clone(), works.len()).unwrap_or(0);
            rows.extend(
                works.into_iter().skip(before).map(|work| expect::Row { ticket: ticket.clone(), work }),
            );
        }
        Ok(rows)
    }
}
