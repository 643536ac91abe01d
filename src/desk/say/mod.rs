//! Notices become letters: who, in which language, in which words, with which files and reply address.

mod aside;
pub mod books;
mod mistake;
mod morning;
mod offer;
mod request;
mod scene;
mod view;

use jiff::SignedDuration;

use super::Desk;
use super::digest::CLIENT;
use super::perform::{Cause, post};
use crate::domain::address::{Address, Mailbox};
use crate::domain::audience::{Recipients, Staff, recipients};
use crate::domain::books::spent;
use crate::domain::effect::{Answer, Effect, Notice, Purpose, Step, Update};
use crate::domain::language::Lang;
use crate::domain::letter::{Attached, MsgId};
use crate::domain::people::Agent;
use crate::domain::period::Period;
use crate::domain::rules::Carrier;
use crate::domain::thread::Message;
use crate::domain::ticket::{Ticket, TicketKey};
use crate::mail::compose::{Automatic, Draft, compose};
use crate::mail::token::Verb;
use crate::mail::{html, msgid};
use crate::store::{NewLetter, Result, StoreError, TicketFilter, Tx};
pub use mistake::{error, explained, in_english};
use scene::Scene;

/// Ends the cause of letters that tell of talk among agents: an answer to one stays among agents.
pub const INTERNAL: &str = " internal";

/// A letter ready for the outbox.
pub struct Said {
    pub letter: NewLetter,
    /// It goes to the client's side.
    pub to_client: bool,
    /// It carries what an agent typed to the client.
    pub typed: bool,
}

/// The letters of a decision. `kept` are the messages that it adds to the thread.
pub fn letters(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    step: &Step,
    kept: &[Message],
) -> Result<Vec<Said>> {
    let notices: Vec<&Notice> = step
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Tell(notice) => Some(notice),
            _ => None,
        })
        .collect();
    let mut scene = Scene::new(desk, cause, &step.ticket, kept);
    if notices.iter().any(|notice| needs_thread(&notice.purpose)) && cause.event != "opened" {
        scene.thread = tx.messages(&step.ticket.key)?;
    }
    if notices.iter().any(|notice| notice.purpose == Purpose::AgentResult(Answer::History)) {
        scene.earlier = earlier(tx, desk, &step.ticket)?;
    }
    scene.thread.extend_from_slice(kept);
    if notices.iter().any(|notice| shows_hours(&notice.purpose)) {
        scene.hours_left = hours_left(tx, desk, &step.ticket, cause.now)?;
    }
    let mut said = Vec::new();
    for notice in notices {
        match recipients(&notice.to, &step.ticket, &desk.rules) {
            Recipients::Client { to, cc } => said.extend(scene.to_client(&notice.purpose, to, cc)?),
            Recipients::Staff(staff) => {
                for one in staff {
                    said.push(scene.to_staff(&notice.purpose, &one)?);
                }
            }
        }
    }
    Ok(said)
}

/// So many tickets of a client are listed.
const EARLIER_MAX: usize = 10;

/// The latest tickets of the client, or of the requester where there is no client.
fn earlier(tx: &mut dyn Tx, desk: &Desk, ticket: &Ticket) -> Result<Vec<Ticket>> {
    let requester = ticket.requester.address.clone().filter(|_| ticket.client.is_none());
    if requester.is_none() && ticket.client.is_none() {
        return Ok(Vec::new());
    }
    let filter = TicketFilter {
        desk: Some(desk.id().clone()),
        client: ticket.client.clone(),
        requester,
        limit: EARLIER_MAX + 1,
        ..TicketFilter::default()
    };
    let mut all = tx.tickets(&filter)?;
    all.retain(|other| other.key != ticket.key);
    all.truncate(EARLIER_MAX);
    Ok(all)
}

fn shows_hours(purpose: &Purpose) -> bool {
    use Purpose::{AgentAssigned, AgentNew, AgentResult};
    matches!(purpose, AgentNew | AgentAssigned { .. } | AgentResult(Answer::History))
}

/// Minutes of the contract that are left in this period; `None` where the contract includes none.
fn hours_left(tx: &mut dyn Tx, desk: &Desk, ticket: &Ticket, now: jiff::Timestamp) -> Result<Option<u32>> {
    let rules = &desk.rules;
    let Some(client) = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code)) else {
        return Ok(None);
    };
    let Some((contract, included)) =
        client.contract.as_ref().and_then(|contract| Some((contract, contract.minutes_included?)))
    else {
        return Ok(None);
    };
    let period = Period::around(now.to_zoned(rules.zone.clone()).date(), contract.period);
    let Ok((from, until)) = period.instants(&rules.zone) else { return Ok(None) };
    let works = tx.works_of_client(&rules.desk, &client.code, from, until)?;
    Ok(Some(included.saturating_sub(spent(&works))))
}

/// Does the letter show what was said before?
fn needs_thread(purpose: &Purpose) -> bool {
    match purpose {
        Purpose::AgentNew | Purpose::AgentAssigned { .. } | Purpose::WaitingClient => true,
        Purpose::EscalationHead(_) | Purpose::AgentWarning(_) => true,
        Purpose::AgentResult(answer) => matches!(answer, Answer::Show | Answer::Files),
        _ => false,
    }
}

/// Tells an agent what came of a mail that belongs to no ticket.
pub fn without_ticket(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    purpose: Purpose,
    agent: &Agent,
) -> Result<()> {
    let ticket = scene::no_ticket(desk, cause);
    let scene = Scene::new(desk, cause, &ticket, &[]);
    let staff = Staff { holder: agent.id.0.clone(), agent: Some(agent.id.clone()), mailbox: agent.mailbox() };
    let mut said = scene.to_staff(&purpose, &staff)?;
    said.letter.ticket = None;
    if let Purpose::AgentAside(_) = purpose {
        // Whatever comes back of it would be one more mail to be told of.
        said.letter.envelope_from = None;
    }
    post(tx, said, cause)
}

/// Writes to a person on the client's side about no ticket.
pub fn to_person(
    tx: &mut dyn Tx,
    desk: &Desk,
    cause: &Cause<'_>,
    purpose: Purpose,
    language: Lang,
    to: Mailbox,
) -> Result<()> {
    let ticket = Ticket { language, ..scene::no_ticket(desk, cause) };
    let scene = Scene::new(desk, cause, &ticket, &[]);
    let Some(mut said) = scene.to_client(&purpose, vec![to], Vec::new())? else { return Ok(()) };
    said.letter.ticket = None;
    post(tx, said, cause)
}

impl Scene<'_> {
    fn to_client(&self, purpose: &Purpose, to: Vec<Mailbox>, cc: Vec<Mailbox>) -> Result<Option<Said>> {
        let (to, cc) = if to.is_empty() { (cc, Vec::new()) } else { (to, cc) };
        if to.is_empty() {
            return Ok(None);
        }
        let rules = &self.desk.rules;
        let stranger = to.iter().all(|m| rules.clients.of_address(&m.address).is_none());
        let lang = self.language(purpose, self.ticket.language);
        let context = self.client_context(purpose, lang, stranger && !purpose.is_typed());
        let reply_to = self.reply_address(CLIENT, Verb::Reply);
        let attachments = self.files_for_client(purpose);
        let typed = purpose.is_typed();
        let envelope = (typed || !stranger).then(|| rules.address.clone());
        let mut draft = self.draft(purpose, lang, &context, CLIENT, attachments)?;
        (draft.in_reply_to, draft.references) = self.client_thread();
        draft.reply_to = reply_to;
        draft.to = to;
        draft.cc = cc;
        Ok(Some(Said { letter: self.letter(purpose, &draft, envelope), to_client: true, typed }))
    }

    fn to_staff(&self, purpose: &Purpose, staff: &Staff) -> Result<Said> {
        let rules = &self.desk.rules;
        let lang = self.language(purpose, rules.own_language());
        let context = self.staff_context(purpose, lang, staff);
        let attachments = self.files_for_staff(purpose);
        let mut draft = self.draft(purpose, lang, &context, &staff.holder, attachments)?;
        let internal = matches!(purpose, Purpose::AgentUpdate(Update::Note { .. }));
        let verb = if internal { Verb::Note } else { Verb::Reply };
        draft.reply_to = self.reply_address(&staff.holder, verb);
        if rules.carrier == Carrier::Subject && self.ticket.key.number > 0 {
            let number = u64::from(self.ticket.key.number);
            let code = self.desk.keys.subject_code(&rules.desk, number, &staff.holder);
            draft.subject = format!("{} {code}", draft.subject);
        }
        draft.references = vec![self.own_id("thread", "thread", &staff.holder)];
        draft.to = vec![staff.mailbox.clone()];
        let letter = self.letter(purpose, &draft, Some(rules.address.clone()));
        Ok(Said { letter, to_client: false, typed: false })
    }

    /// The language that the template really has.
    fn language(&self, purpose: &Purpose, wanted: Lang) -> Lang {
        self.desk.words.language_of(purpose.template(), wanted).unwrap_or(wanted)
    }

    fn draft(
        &self,
        purpose: &Purpose,
        lang: Lang,
        context: &crate::words::Context,
        holder: &str,
        attachments: Vec<Attached>,
    ) -> Result<Draft> {
        let rules = &self.desk.rules;
        let rendered = self.desk.words.render(purpose.template(), lang, context);
        let rendered = rendered.map_err(|problem| {
            StoreError::Abandoned(format!("the template cannot be rendered, see `maildesk check`: {problem}"))
        })?;
        let automatic =
            match (purpose.is_typed(), purpose.answers_its_recipient() && self.cause.mail.is_some()) {
                (true, _) => None,
                (false, true) => Some(Automatic::Replied),
                (false, false) => Some(Automatic::Generated),
            };
        let html = with_pictures(&rendered.body, &attachments);
        Ok(Draft {
            from: rules.mailbox(),
            to: Vec::new(),
            cc: Vec::new(),
            reply_to: None,
            subject: rendered.subject,
            message_id: self.own_id(&self.cause_of(purpose), purpose.template(), holder),
            in_reply_to: None,
            references: Vec::new(),
            date: self.cause.now.to_zoned(rules.zone.clone()),
            automatic,
            instance: self.desk.instance.clone(),
            led_by: if automatic.is_some() { self.led_by() } else { Vec::new() },
            html,
            text: rendered.body,
            attachments,
        })
    }

    /// Other installations through which the mail came that caused this.
    fn led_by(&self) -> Vec<String> {
        let marks = self.cause.mail.into_iter().flat_map(|digest| digest.mail.instances.iter());
        marks.filter(|instance| **instance != self.desk.instance).cloned().collect()
    }

    fn own_id(&self, cause: &str, purpose: &str, holder: &str) -> MsgId {
        let rules = &self.desk.rules;
        let number = u64::from(self.ticket.key.number);
        msgid::own(&self.desk.keys, cause, purpose, holder, &rules.desk, number, rules.address.domain())
    }

    pub(super) fn reply_address(&self, holder: &str, verb: Verb) -> Option<Address> {
        let rules = &self.desk.rules;
        if rules.carrier != Carrier::PlusAddress || self.ticket.key.number == 0 {
            return None;
        }
        let number = u64::from(self.ticket.key.number);
        self.desk.keys.reply_address(&rules.address, &rules.desk, number, holder, verb)
    }

    /// Where this agent opens tickets. It belongs to no ticket, and is good until the keys change.
    fn new_address(&self, holder: &str) -> Option<Address> {
        let rules = &self.desk.rules;
        let carried = rules.carrier == Carrier::PlusAddress;
        let address = || self.desk.keys.reply_address(&rules.address, &rules.desk, 0, holder, Verb::New);
        carried.then(address).flatten()
    }

    /// Parent and ancestors, as the client's mail program knows them: the mail that is answered, or the newest of
    /// the thread.
    fn client_thread(&self) -> (Option<MsgId>, Vec<MsgId>) {
        let answered = self.cause.mail.filter(|d| d.agent.is_none()).and_then(|d| {
            let id = MsgId::parse(d.mail.message_id.as_deref()?)?;
            let ancestors = d.mail.references.iter().filter_map(|id| MsgId::parse(id)).collect();
            Some((id, ancestors))
        });
        match answered {
            Some((id, ancestors)) => (Some(id), ancestors),
            None => (self.ticket.thread.last().cloned(), self.ticket.thread.clone()),
        }
    }

    /// One decision may send one person several letters of one template: their causes differ.
    fn cause_of(&self, purpose: &Purpose) -> String {
        let cause = &self.cause.id;
        match (purpose, purpose.part()) {
            (Purpose::AgentUpdate(Update::Note { .. }), _) => format!("{cause}{INTERNAL}"),
            (_, "") => cause.clone(),
            (_, part) => format!("{cause} {part}"),
        }
    }

    fn letter(&self, purpose: &Purpose, draft: &Draft, envelope_from: Option<Address>) -> NewLetter {
        let rules = &self.desk.rules;
        let delay = if purpose.is_typed() { rules.reply_delay_seconds } else { 0 };
        NewLetter {
            letter: compose(draft),
            desk: rules.desk.clone(),
            ticket: Some(TicketKey::new(&rules.desk, self.ticket.key.number)),
            purpose: purpose.template().to_owned(),
            automatic: !purpose.is_typed(),
            pressing: purpose.is_typed() || self.ticket.urgent,
            cause: self.cause_of(purpose),
            created_at: self.cause.now,
            envelope_from,
            recipients: draft.to.iter().chain(&draft.cc).map(|m| m.address.clone()).collect(),
            not_before: self.cause.now + SignedDuration::from_secs(i64::from(delay)),
        }
    }

    fn files_for_client(&self, purpose: &Purpose) -> Vec<Attached> {
        match purpose {
            Purpose::Reply { .. } | Purpose::Resolved { .. } | Purpose::Offer { .. } => {
                self.kept.iter().flat_map(|m| m.attachments.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The client's files for an agent, as long as they are not too much together; `#files` brings them all.
    fn files_for_staff(&self, purpose: &Purpose) -> Vec<Attached> {
        let all = self.files_shown(purpose);
        let sum: u64 = all.iter().map(|a| a.size_bytes).sum();
        let wanted = matches!(purpose, Purpose::AgentResult(Answer::Files));
        if wanted || sum <= self.desk.rules.limits.notify_attachment_bytes { all } else { Vec::new() }
    }

    /// The files that a letter to an agent speaks of.
    fn files_shown(&self, purpose: &Purpose) -> Vec<Attached> {
        let of = |messages: &[Message]| messages.iter().flat_map(|m| m.attachments.clone()).collect();
        match purpose {
            Purpose::AgentNew | Purpose::AgentAssigned { .. } => of(&self.thread),
            Purpose::AgentResult(Answer::Files) => of(&self.thread),
            Purpose::AgentUpdate(Update::ClientReply | Update::Reopened | Update::Note { .. }) => {
                of(self.kept)
            }
            _ => Vec::new(),
        }
    }
}

/// The text as HTML with its pictures below, where there are any.
fn with_pictures(text: &str, attachments: &[Attached]) -> Option<String> {
    let ids: Vec<&str> = attachments.iter().filter_map(|a| a.content_id.as_deref()).collect();
    let shown =
        ids.iter().filter(|id| id.chars().all(|c| c.is_ascii_alphanumeric() || "@.-_$+=".contains(c)));
    let pictures: String = shown.map(|id| format!("<p><img src=\"cid:{id}\" alt=\"\"></p>\n")).collect();
    (!ids.is_empty()).then(|| format!("{}{pictures}", html::from_text(text)))
}

/// The subject that stands on letters about a ticket whose request had none.
pub fn subject(desk: &Desk, ticket: &Ticket, lang: Lang) -> String {
    if ticket.subject.trim().is_empty() { desk.words.no_subject(lang) } else { ticket.subject.clone() }
}
