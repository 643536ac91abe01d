//! A request becomes a ticket, or joins the one that its matter has; a client's further mail goes to its ticket.

use jiff::SignedDuration;

use super::{Deciding, cause};
use crate::desk::background::background;
use crate::desk::same_matter;
use crate::desk::statement::statement;
use crate::domain::address::Mailbox;
use crate::domain::digest::Authentication;
use crate::domain::effect::{Audience, Purpose, Step};
use crate::domain::event::{ClientWrote, Event, Joined, Standing as Part};
use crate::domain::manners;
use crate::domain::message::Author;
use crate::domain::people::AgentId;
use crate::domain::rules::Identify;
use crate::domain::step::{Opening, open, step};
use crate::domain::thread::Kind;
use crate::domain::ticket::{Number, Requester, Status, Ticket, TicketKey};
use crate::domain::trust::may_bring_in;
use crate::mail::trail::base_subject;
use crate::store::{Outcome, Result, TicketFilter};

/// A request read later than this many days after it came is not acknowledged: it would only confuse.
const ACKNOWLEDGED_DAYS: i64 = 3;

/// A request to be registered.
pub(super) struct Request {
    pub requester: Requester,
    pub participants: Vec<Mailbox>,
    pub text: String,
    pub channel: String,
    pub previous: Option<Number>,
    pub muted: Option<String>,
    pub by: Option<AgentId>,
    pub outbound: bool,
}

impl Request {
    pub fn of(requester: Requester, text: String) -> Request {
        Request {
            requester,
            participants: Vec::new(),
            text,
            channel: "email".to_owned(),
            previous: None,
            muted: None,
            by: None,
            outbound: false,
        }
    }
}

impl Deciding<'_> {
    /// A mail that refers to nothing of ours: a repetition of a matter that has a ticket, or a new one.
    pub(super) fn open(&mut self, previous: Option<Number>, reason: String) -> Result<Outcome> {
        let digest = self.digest;
        let muted = self.muted();
        if digest.mail.machine.kind == Author::Person && previous.is_none() && !self.is_forged() {
            if let Some(reason) = self.statement(muted.as_deref())? {
                return Ok(Outcome::Skipped { reason });
            }
            if let Some(ticket) = self.held()? {
                let evidence = "a further mail of the person whose request is held".to_owned();
                return self.client(&ticket, Part::Requester, false, evidence);
            }
            if let Some((ticket, evidence)) = self.same_matter()? {
                return self.join(&ticket, evidence, muted.is_none());
            }
        }
        if previous.is_none()
            && let Some((ticket, evidence)) = self.flooded(muted.is_some())?
        {
            let (text, urgent) = (digest.text.clone(), digest.urgent.is_some());
            let event = Event::Flooded { text, urgent, evidence };
            return self.step(&ticket, &event, Kind::Comment.word());
        }
        let mut requester = digest.mail.from.mailbox().map(Requester::of).unwrap_or_default();
        let listens = muted.is_none() && may_bring_in(digest, &self.desk.rules);
        let participants = if listens { self.brought_in() } else { Vec::new() };
        if let Some(address) = self.other_address(muted.as_deref()) {
            requester = Requester { name: String::new(), address: Some(address), phone: None };
        }
        let text = digest.text.clone();
        let request = Request { participants, previous, muted, ..Request::of(requester, text) };
        self.register(request, reason)
    }

    /// A statement of work is asked for, and nothing else: it is answered at once, without a ticket.
    fn statement(&mut self, muted: Option<&str>) -> Result<Option<String>> {
        let digest = self.digest;
        let wish = digest.found.statement.as_ref().filter(|_| muted.is_none());
        let wish = wish.filter(|_| self.desk.rules.statement.is_some());
        let Some((wish, asker)) = wish.zip(digest.mail.from.mailbox()) else { return Ok(None) };
        let cause = cause(digest, "statement", self.now);
        statement(self.tx, self.desk, asker, wish, digest.language, &cause, self.now).map(Some)
    }

    fn is_forged(&self) -> bool {
        matches!(self.digest.authentication, Authentication::Fail(_))
    }

    /// Where all mail in this matter shall go. A known client's word only: a stranger could have anybody written to.
    fn other_address(&self, muted: Option<&str>) -> Option<crate::domain::address::Address> {
        let rules = &self.desk.rules;
        let address = self.digest.found.communication_address.clone()?;
        let sender = &self.digest.mail.from.mailbox()?.address;
        let known = rules.clients.of_address(sender).is_some();
        let sound = !rules.watches(&address) && rules.agent_at(&address).is_none();
        let believed = muted.is_none() && may_bring_in(self.digest, rules);
        (known && sound && believed).then_some(address)
    }

    /// The held request of the sender to which this mail belongs: one verification at a time, and what was asked for
    /// may come in a mail of its own.
    fn held(&mut self) -> Result<Option<Ticket>> {
        let rules = &self.desk.rules;
        let identifies = matches!(rules.identify, Identify::Ask { .. });
        let asks = matches!(rules.missing, crate::domain::rules::Missing::Hold { .. });
        let Some(sender) = self.digest.mail.from.mailbox().filter(|_| identifies || asks) else {
            return Ok(None);
        };
        let filter = TicketFilter {
            desk: Some(rules.desk.clone()),
            statuses: vec![Status::NeedsInfo],
            requester: Some(sender.address.clone()),
            limit: 1,
            ..TicketFilter::default()
        };
        let held = self.tx.tickets(&filter)?.into_iter().next();
        let fields = &self.digest.found.fields;
        Ok(held.filter(|ticket| match ticket.state {
            crate::domain::ticket::State::NeedsInfo { lack, .. } => {
                lack != crate::domain::ticket::Lack::Information
                    || ticket.missing.iter().any(|field| fields.contains_key(field))
            }
            _ => false,
        }))
    }

    fn same_matter(&mut self) -> Result<Option<(Ticket, String)>> {
        let digest = self.digest;
        if digest.found.new_request.is_some() {
            return Ok(None);
        }
        let subject = base_subject(&digest.mail.subject, std::slice::from_ref(&self.desk.tag));
        let sender = digest.mail.from.mailbox().map(|m| &m.address);
        let asked = same_matter::Asked { fields: &digest.found.fields, sender, subject: &subject };
        same_matter::find(self.tx, self.desk, &asked, self.now)
    }

    /// The newest open request of a sender who has sent too many within the hour (D30). Whoever was not answered lately and
    /// may be answered has sent none, and nothing is looked up for him.
    fn flooded(&mut self, muted: bool) -> Result<Option<(Ticket, String)>> {
        let rules = &self.desk.rules;
        let most = rules.limits.tickets_per_hour;
        let sender = self.digest.mail.from.mailbox();
        let Some(sender) = sender.filter(|_| most > 0 && (muted || self.known.answered.hour > 0)) else {
            return Ok(None);
        };
        let own = TicketFilter {
            desk: Some(rules.desk.clone()),
            requester: Some(sender.address.clone()),
            limit: 1,
            ..TicketFilter::default()
        };
        let earliest = TicketFilter { skip: most as usize - 1, ..own.clone() };
        let earliest = self.tx.tickets(&earliest)?.into_iter().next();
        let hour = self.digest.arrived - SignedDuration::from_hours(1);
        if earliest.is_none_or(|ticket| ticket.received_at <= hour) {
            return Ok(None);
        }
        let statuses = vec![Status::New, Status::Open, Status::Waiting];
        let newest = self.tx.tickets(&TicketFilter { statuses, ..own })?.into_iter().next();
        let evidence = format!("{} has sent {most} requests within an hour", sender.address);
        Ok(newest.map(|ticket| (ticket, evidence)))
    }

    fn join(&mut self, ticket: &Ticket, evidence: String, may_tell: bool) -> Result<Outcome> {
        let digest = self.digest;
        let writer = digest.mail.from.mailbox().cloned();
        let told = match &writer {
            Some(writer) => same_matter::was_told(self.tx, self.desk, &writer.address, self.now)?,
            None => true,
        };
        let joined = Joined {
            text: digest.text.clone(),
            fields: digest.found.fields.clone(),
            tell: writer.filter(|_| may_tell && !told),
            evidence,
        };
        self.step(ticket, &Event::Joined(joined), Kind::Comment.word())
    }

    /// Why nothing automatic goes to the sender: manners, or a mail so old that an acknowledgement would confuse.
    fn muted(&self) -> Option<String> {
        let age = self.now.duration_since(self.digest.arrived);
        if age > SignedDuration::from_hours(24 * ACKNOWLEDGED_DAYS) {
            return Some(format!("it came {} days ago", age.as_hours() / 24));
        }
        manners::silence(self.digest, self.known, &self.desk.rules)
    }

    /// People on To and Cc beside the desk: they hear the agents' answers.
    fn brought_in(&self) -> Vec<Mailbox> {
        let rules = &self.desk.rules;
        let sender = self.digest.mail.from.mailbox().map(|m| &m.address);
        let on_cc = self.digest.mail.cc.iter();
        on_cc
            .filter(|m| !rules.watches(&m.address) && Some(&m.address) != sender)
            .filter(|m| rules.agent_at(&m.address).is_none())
            .cloned()
            .collect()
    }

    pub(super) fn register(&mut self, request: Request, reason: String) -> Result<Outcome> {
        let (rules, digest) = (&self.desk.rules, self.digest);
        let number = self.tx.next_number(&rules.desk, rules.first_number)?;
        let known_by = match digest.mail.from.mailbox().filter(|_| request.by.is_none()) {
            Some(sender) => Some(&sender.address),
            None => request.requester.address.as_ref(),
        };
        let old = request.previous.map(|n| self.tx.ticket(&TicketKey::new(&rules.desk, n)));
        let old = old.transpose()?.flatten();
        let background = background(self.tx, self.desk, known_by, old.as_ref())?;
        let opening = Opening {
            number,
            background,
            requester: request.requester,
            participants: request.participants,
            subject: base_subject(&digest.mail.subject, std::slice::from_ref(&self.desk.tag)),
            text: request.text,
            language: digest.language,
            channel: request.channel,
            kind: None,
            severity: None,
            urgent: digest.urgent.clone().filter(|_| rules.heeds_urgent_words()),
            urgency_stated: digest.urgency_stated,
            found: digest.found.clone(),
            document: self.brings_document(),
            previous: request.previous,
            received_at: digest.arrived,
            late: digest.late,
            muted: request.muted,
            by: request.by,
            outbound: request.outbound,
            reason,
        };
        let decided = open(opening, self.now, rules);
        let decided = self.problem(decided);
        self.perform(None, decided, "opened", Kind::Request.word())
    }

    fn brings_document(&self) -> bool {
        self.digest.mail.attachments.iter().any(|a| !a.inline) || self.digest.forwards
    }

    /// Files that are too large are named to the writer; the rest of his mail is accepted.
    fn problem(&self, step: Step) -> Step {
        let writer = self.digest.mail.from.mailbox().filter(|_| !self.digest.rejected.is_empty());
        let may_tell = step.ticket.muted.is_none()
            && self.digest.agent.is_none()
            && manners::silence(self.digest, self.known, &self.desk.rules).is_none();
        match writer.filter(|_| may_tell) {
            Some(writer) => step.tell(Purpose::Problem, Audience::Person(writer.clone())),
            None => step,
        }
    }

    pub(super) fn client(
        &mut self,
        ticket: &Ticket,
        standing: Part,
        proven: bool,
        evidence: String,
    ) -> Result<Outcome> {
        let Some(by) = self.digest.mail.from.mailbox().cloned() else {
            return Ok(Outcome::Quarantined { reason: "the sender cannot be read".to_owned() });
        };
        let silent = manners::silence(self.digest, self.known, &self.desk.rules);
        let listens = silent.is_none() && proven && may_bring_in(self.digest, &self.desk.rules);
        let wrote = ClientWrote {
            by,
            standing,
            text: self.digest.text.clone(),
            thanks: self.digest.thanks.clone(),
            urgent: self.digest.urgent.clone(),
            urgency_stated: self.digest.urgency_stated,
            found: self.digest.found.clone(),
            arrived: self.digest.arrived,
            document: self.brings_document(),
            // A forged From and a guessed number must not let anybody listen (C10).
            cc: if listens { self.brought_in() } else { Vec::new() },
            silent,
            evidence,
        };
        let kind = if standing == Part::Outsider { Kind::Held } else { Kind::Comment };
        let event = Event::ClientWrote(Box::new(wrote));
        let decided = step(ticket, &event, self.now, &self.desk.rules);
        let decided = if standing == Part::Outsider { decided } else { self.problem(decided) };
        self.perform(Some(ticket), decided, event.word(), kind.word())
    }

    /// The client follows a link to rate, or writes nothing but a figure.
    pub(super) fn rated(&mut self, ticket: &Ticket, value: u8) -> Result<Outcome> {
        let Some(by) = self.digest.mail.from.mailbox().cloned() else {
            return Ok(Outcome::Quarantined { reason: "the sender cannot be read".to_owned() });
        };
        let silent = manners::silence(self.digest, self.known, &self.desk.rules);
        let comment = without_figure(&self.digest.text, value);
        self.step(ticket, &Event::Rated { by, value, comment, silent }, "rated")
    }

    pub(super) fn status_asked(&mut self, ticket: &Ticket) -> Result<Outcome> {
        let Some(by) = self.digest.mail.from.mailbox().cloned() else {
            return Ok(Outcome::Quarantined { reason: "the sender cannot be read".to_owned() });
        };
        let silent = manners::silence(self.digest, self.known, &self.desk.rules);
        let event = Event::StatusAsked { by, text: self.digest.text.clone(), silent };
        self.step(ticket, &event, Kind::Comment.word())
    }
}

/// What was written beside the figure.
fn without_figure(text: &str, value: u8) -> String {
    let figure = value.to_string();
    let lines = text.lines().skip_while(|line| line.trim().is_empty() || line.trim() == figure);
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}
