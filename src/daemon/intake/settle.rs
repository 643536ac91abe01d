//! Brings mails that were thought over into the store: decided by the clerk in the order in which they came, several to
//! a commit.

use super::Intake;
use super::footing::Footing;
use super::take::{Considered, put_down};
use super::think::Thought;
use crate::desk::Desk;
use crate::desk::receive::{Arrival, quarantine, receive};
use crate::store::{Outcome, Place, Result, Sighting, StoreError, Tx};

/// What is written of one mail, or of none.
type Unit = Box<dyn FnMut(&mut dyn Tx) -> Result<Option<Outcome>> + Send>;

/// What the clerk will say of it.
type Answer = futures_util::future::BoxFuture<'static, Result<Option<Outcome>>>;

/// A batch that is in line for the clerk.
pub(super) struct Underway {
    footing: Footing,
    thoughts: Vec<Thought>,
    /// One more than mails: the first is of the cursor.
    answers: Vec<Answer>,
    trouble: Option<StoreError>,
}

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// Safe in the store, with their outcomes.
    pub(super) done: Vec<u32>,
    /// Could neither be decided nor set aside.
    pub(super) failed: Vec<(u32, String)>,
    /// The store is in trouble: what is named nowhere here is still to be done.
    pub(super) trouble: Option<StoreError>,
}

impl Settled {
    /// With what became of the batch behind it.
    pub(super) fn and(mut self, later: Settled) -> Settled {
        self.done.extend(later.done);
        self.failed.extend(later.failed);
        self.trouble = self.trouble.or(later.trouble);
        self
    }
}

impl Underway {
    fn nothing(footing: Footing, trouble: Option<StoreError>) -> Underway {
        Underway { footing, thoughts: Vec::new(), answers: Vec::new(), trouble }
    }

    /// Whether the mails behind it may get in line before it is written: a mail that came alone may be big, or one of
    /// those on which no decision can be made.
    pub(super) fn lets_others_in(&self) -> bool {
        self.thoughts.len() > 1
    }

    /// Where its mails lie on the server.
    pub(super) fn places(&self, mailbox: &str) -> Vec<Place> {
        let place = |thought: &Thought| place(mailbox, &self.footing, thought.uid);
        self.thoughts.iter().map(place).collect()
    }
}

impl Intake {
    /// Puts what was thought over in line behind the mails of `before`. Whatever happens, each mail is done, failed, or as if it
    /// had never been fetched.
    pub(super) async fn line_up(&self, considered: Considered, before: Vec<Place>) -> Underway {
        let Considered { thoughts, footing, moved } = considered;
        if self.is_owner_still().is_err() {
            // It was frozen, perhaps, and another one has these mails by now: nothing of them was written.
            let why = "the mailbox may be another's by now".to_owned();
            return Underway::nothing(footing, Some(StoreError::Busy(why)));
        }
        let thoughts = match thoughts {
            Ok(thoughts) if thoughts.is_empty() && !moved => return Underway::nothing(footing, None),
            Ok(thoughts) => thoughts,
            Err(trouble) => return Underway::nothing(footing, Some(trouble)),
        };
        let mut works: Vec<(usize, Unit)> = Vec::with_capacity(thoughts.len() + 1);
        works.push((0, self.cursor_unit(&footing, moved, before)));
        works
            .extend(thoughts.iter().map(|thought| (thought.arrival.raw.len(), self.unit(&footing, thought))));
        match self.house.clerk.submit_together(works).await {
            Ok(answers) => {
                let answers = answers.into_iter().map(|answer| Box::pin(answer) as Answer).collect();
                Underway { footing, thoughts, answers, trouble: None }
            }
            Err(error) => Underway::nothing(footing, Some(error)),
        }
    }

    /// Goes before the mails of a batch, in their commit.
    fn cursor_unit(&self, footing: &Footing, moved: bool, before: Vec<Place>) -> Unit {
        let (mailbox, kept) = (self.mailbox.name.clone(), footing.clone());
        Box::new(move |tx| {
            // A batch is written whole or not at all, but for mails on which no decision could be made.
            let mut is_written = before.is_empty();
            for place in &before {
                is_written = is_written || tx.sighting(place)?.is_some();
            }
            if !is_written {
                return Err(StoreError::Busy("the mails before these were not written".to_owned()));
            }
            if moved {
                kept.keep(tx, &mailbox)?;
            }
            Ok(None)
        })
    }

    /// Decides on one mail.
    fn unit(&self, footing: &Footing, thought: &Thought) -> Unit {
        let now = self.house.clock.now();
        let by_content = footing.by_content(thought.uid);
        let (arrival, desk) = (thought.arrival.clone(), thought.desk.clone());
        let (deciding, name) = (self.deciding.clone(), name(footing, thought.uid));
        let attempts = self.house.settings.pace.attempts;
        let aside = thought.aside.clone().or_else(|| deciding.objection(&name, attempts));
        Box::new(move |tx| {
            if let Some(reason) = &aside {
                return quarantine(tx, &desk, &arrival, reason, now).map(Some);
            }
            let _underway = deciding.begin(&name);
            fault_point!("mail_deciding");
            let outcome = match by_content {
                true => receive_by_content(tx, &desk, &arrival, now)?,
                false => receive(tx, &desk, &arrival, now)?,
            };
            fault_point!("mail_decided", StoreError::Abandoned("a planted fault".to_owned()));
            Ok(Some(outcome))
        })
    }

    /// Waits until a batch is written.
    pub(super) async fn settle(&self, underway: Underway) -> Settled {
        let Underway { footing, thoughts, answers, trouble } = underway;
        let mut settled = Settled { trouble, ..Settled::default() };
        let mut answers = answers.into_iter();
        if let Some(cursor_kept) = answers.next() {
            settled.trouble = cursor_kept.await.err();
        }
        let mut set_aside = Vec::new();
        for (thought, answer) in thoughts.into_iter().zip(answers) {
            let outcome = match answer.await {
                Err(StoreError::Abandoned(text)) => self.set_aside(&thought, &text).await.map(Some),
                other => other,
            };
            match outcome {
                Ok(_) => {
                    settled.done.push(thought.uid);
                    set_aside.extend(thought.aside.is_some().then_some(thought.uid));
                }
                Err(StoreError::Abandoned(text)) => settled.failed.push((thought.uid, text)),
                Err(error) => settled.trouble = Some(error),
            }
        }
        put_down(&self.in_hand, footing.cursor.validity, &set_aside);
        let names: Vec<String> = settled.done.iter().map(|uid| name(&footing, *uid)).collect();
        self.deciding.forget(names.iter().map(String::as_str));
        settled
    }

    /// A mail on which no decision could be made is kept raw for the operator.
    async fn set_aside(&self, thought: &Thought, why: &str) -> Result<Outcome> {
        let (mailbox, uid) = (&self.mailbox.name, thought.uid);
        tracing::error!(%mailbox, uid, reason = why, "deciding on a mail failed; it is set aside");
        let (arrival, desk, now) = (thought.arrival.clone(), thought.desk.clone(), self.house.clock.now());
        let reason = format!("deciding on it failed: {why}");
        self.house.clerk.run(move |tx| quarantine(tx, &desk, &arrival, &reason, now)).await
    }
}

/// A mail of this mailbox, for the file of what is being decided on.
pub(super) fn name(footing: &Footing, uid: u32) -> String {
    format!("{} {uid}", footing.cursor.validity)
}

fn place(mailbox: &str, footing: &Footing, uid: u32) -> Place {
    Place { mailbox: mailbox.to_owned(), validity: footing.cursor.validity, uid }
}

/// As [`receive`], for a UID whose row may be about another mail: only the content tells whether it is known.
fn receive_by_content(
    tx: &mut dyn Tx,
    desk: &Desk,
    arrival: &Arrival,
    now: jiff::Timestamp,
) -> Result<Outcome> {
    let mut bare = arrival.clone();
    let Some(place) = bare.place.take() else { return receive(tx, desk, arrival, now) };
    let outcome = receive(tx, desk, &bare, now)?;
    let mail = tx.mail_by_fingerprint(&arrival.digest.mail.fingerprint)?.map(|mail| mail.id);
    let seen = tx.sighting(&place)?;
    if mail.is_none() || seen.is_none_or(|seen| seen.mail != mail) {
        tx.sight(&Sighting { place, seen_at: now, mail, outcome: outcome.clone() })?;
    }
    Ok(outcome)
}
