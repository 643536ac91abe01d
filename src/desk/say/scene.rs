//! What a letter is about: desk, ticket, thread and cause, as the values that templates name.

use super::mistake::phrase;
use super::view::{quoted, shown_thread};
use crate::desk::Desk;
use crate::desk::perform::Cause;
use crate::domain::audience::Staff;
use crate::domain::effect::{Alarm, Answer, Promised, Purpose, Update};
use crate::domain::language::Lang;
use crate::domain::people::Agent;
use crate::domain::rules::Shown;
use crate::domain::sla;
use crate::domain::thread::{Kind, Message, Voice};
use crate::domain::ticket::{Clock, State, Ticket, TicketKey};
use crate::mail::token::Verb;
use crate::words::Context;
use crate::words::context::{
    AgentLinks, Bounce, ClientView, Consultant, ContractView, Desk as DeskView, EscalationReason, Internal,
    MailView, Missing, Named, Person, PromiseKind, Public, TicketEvent, TicketView,
};
use crate::words::when;

/// Strangers' subjects are repeated up to this many plain characters (they thread by it, and no more).
const STRANGER_SUBJECT_CHARS: usize = 80;

/// What a stranger wrote over his mail, without what would lead whoever reads it elsewhere: else anybody could have
/// us send his links to people of his choice (B29).
fn harmless(subject: &str) -> String {
    let leads =
        |word: &&str| word.contains("://") || word.contains('@') || word.to_lowercase().contains("www.");
    let words: Vec<&str> = subject.split_whitespace().filter(|word| !leads(word)).collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(STRANGER_SUBJECT_CHARS).collect()
}

/// One decision, ready to be told of.
pub(super) struct Scene<'a> {
    pub desk: &'a Desk,
    pub cause: &'a Cause<'a>,
    /// As it is afterwards.
    pub ticket: &'a Ticket,
    /// What the decision adds to the thread.
    pub kept: &'a [Message],
    /// The whole thread, where a letter shows it; `kept` included.
    pub thread: Vec<Message>,
    /// The client's latest tickets, where a letter lists them.
    pub earlier: Vec<Ticket>,
    /// Minutes of the contract that are left in this period.
    pub hours_left: Option<u32>,
}

impl<'a> Scene<'a> {
    pub fn new(desk: &'a Desk, cause: &'a Cause<'a>, ticket: &'a Ticket, kept: &'a [Message]) -> Scene<'a> {
        Scene { desk, cause, ticket, kept, thread: Vec::new(), earlier: Vec::new(), hours_left: None }
    }

    /// What a letter to the client's side may name. A letter to a stranger repeats nothing of his but a short
    /// subject.
    pub fn client_context(&self, purpose: &Purpose, lang: Lang, to_stranger: bool) -> Context {
        let mut public = self.public(lang);
        if to_stranger {
            public.ticket.subject = harmless(&public.ticket.subject);
        }
        public.answer = match purpose {
            Purpose::Reply { answer } | Purpose::Resolved { answer } | Purpose::Offer { answer } => {
                Some(answer.clone())
            }
            _ => None,
        };
        public.answer = public.answer.filter(|answer| !answer.is_empty());
        if matches!(purpose, Purpose::Offer { .. } | Purpose::OfferAgreed) {
            public.offer = self.offer(lang);
        }
        if let Purpose::DeadlineChanged { old, reason } = purpose {
            public.ticket.old_deadline = old.map(|at| self.time(lang, at));
            public.reason = reason.clone();
        }
        if matches!(purpose, Purpose::WaitingClient) {
            let question = self.thread.iter().rev().find(|m| m.kind == Kind::Reply);
            public.question = Some(question.map(|m| quoted(&m.text)).unwrap_or_default());
        }
        self.of_request(purpose, lang, &mut public);
        let shows_deadline = matches!(purpose, Purpose::UrgentAccepted | Purpose::DeadlineChanged { .. });
        match self.desk.rules.ack.shows {
            Shown::Deadline => public.ticket.respond_by = None,
            Shown::RespondBy if !shows_deadline => public.ticket.deadline = None,
            Shown::Nothing if !shows_deadline => {
                public.ticket.deadline = None;
                public.ticket.respond_by = None;
            }
            _ => {}
        }
        // Who typed it signs it; the operator is nobody in particular, and the desk's name stands under his answer.
        if purpose.is_typed() || matches!(purpose, Purpose::Resolved { .. }) {
            public.consultant = self.consultant(self.author());
        }
        Context { public, internal: Internal::default() }
    }

    /// What a letter to an agent or the head may name.
    pub fn staff_context(&self, purpose: &Purpose, lang: Lang, staff: &Staff) -> Context {
        let mut public = self.public(lang);
        let mut internal = Internal { links: self.links(&staff.holder), ..Internal::default() };
        internal.attachments = self.files_shown(purpose).into_iter().map(|a| a.name).collect();
        internal.author =
            Named { name: self.author().map_or(self.desk.rules.name.clone(), |a| a.name.clone()) };
        internal.quote = match purpose {
            Purpose::AgentUpdate(Update::Note { text, .. } | Update::AgentReply { text, .. }) => quoted(text),
            Purpose::AgentUpdate(Update::Bounce { .. }) => String::new(),
            // What is no message of the ticket (the client's word on a stranger) is shown as well.
            Purpose::AgentUpdate(_) if self.kept.is_empty() => {
                self.cause.mail.map(|digest| quoted(&digest.text)).unwrap_or_default()
            }
            Purpose::AgentUpdate(_) => self.kept.iter().map(|m| self.attributed(lang, m)).collect(),
            _ => shown_thread(&self.thread, |m| matches!(m.kind, Kind::Request | Kind::Comment)),
        };
        if matches!(purpose, Purpose::AgentNew | Purpose::AgentAssigned { .. }) {
            self.fields(lang, &mut internal);
        }
        match purpose {
            Purpose::AgentUpdate(update) => self.update(update, &mut internal),
            Purpose::AgentAssigned { note } => internal.note = note.clone(),
            Purpose::AgentWarning(which) => {
                let due = self.clock(*which).map(|c| c.due);
                internal.clock = Some(match which {
                    Promised::Respond => PromiseKind::Respond,
                    Promised::Resolve => PromiseKind::Resolve,
                });
                internal.due = due.map(|at| self.time(lang, at));
                let left = due.map(|at| at.duration_since(self.cause.now).as_mins());
                internal.time_left = left.map(when::duration);
            }
            Purpose::AgentDigest(morning) => self.morning(morning, lang, staff, &mut internal),
            Purpose::AgentAside(mails) => self.set_aside(mails, lang, &mut internal),
            Purpose::AgentResult(answer) => self.result(answer, lang, &mut public, &mut internal),
            Purpose::EscalationHead(alarm) => {
                let (reason, which) = match alarm {
                    Alarm::Breach(Promised::Respond) => (EscalationReason::BreachRespond, Promised::Respond),
                    Alarm::Breach(Promised::Resolve) => (EscalationReason::BreachResolve, Promised::Resolve),
                    Alarm::UrgentOffHours => (EscalationReason::UrgentOffHours, Promised::Resolve),
                    Alarm::Asked { reason } => {
                        internal.note = Some(reason.clone());
                        (EscalationReason::Asked, Promised::Resolve)
                    }
                    Alarm::Complaint => (EscalationReason::Complaint, Promised::Resolve),
                    Alarm::LowRating(_) => (EscalationReason::LowRating, Promised::Resolve),
                };
                self.of_alarm(alarm, &mut public);
                public.reason = Some(reason.as_str().to_owned());
                internal.due = self.clock(which).map(|c| self.time(lang, c.due));
            }
            _ => {}
        }
        Context { public, internal }
    }

    fn update(&self, update: &Update, internal: &mut Internal) {
        internal.event = Some(match update {
            Update::ClientReply => TicketEvent::ClientReply,
            Update::Reopened => TicketEvent::Reopened,
            Update::Note { .. } => TicketEvent::Note,
            Update::AgentReply { .. } => TicketEvent::AgentReply,
            Update::OfferLapsed => TicketEvent::OfferLapsed,
            Update::Bounce { .. } => TicketEvent::Bounce,
        });
        match update {
            Update::Note { author, .. } | Update::AgentReply { author, .. } => {
                internal.author = Named { name: author.clone() };
            }
            Update::Bounce { address, reason } => {
                internal.bounce = Bounce { address: address.to_string(), reason: reason.clone() };
            }
            Update::ClientReply | Update::Reopened | Update::OfferLapsed => {}
        }
    }

    fn result(&self, answer: &Answer, lang: Lang, public: &mut Public, internal: &mut Internal) {
        if let Some(digest) = self.cause.mail {
            public.mail =
                MailView { subject: digest.mail.subject.clone(), date: self.time(lang, digest.arrived) };
        }
        internal.quote.clear();
        match answer {
            Answer::Error(mistake) => {
                internal.error = Some(phrase(self.desk, lang, mistake));
                internal.suggestion = mistake.suggestion.clone();
                internal.original = self.cause.mail.map(|d| d.text.clone());
            }
            Answer::AskTime => internal.ask_time = true,
            Answer::Show => {
                internal.done = vec![
                    format!("{} / {}", public.ticket.state_label, public.ticket.subject),
                    public.consultant.name.clone().unwrap_or_else(|| "-".to_owned()),
                ];
                internal.done.extend(self.related());
                internal.original = Some(shown_thread(&self.thread, |_| true));
            }
            Answer::Help => {}
            Answer::History => internal.done = self.history(lang, public),
            Answer::Done(what) => internal.done = vec![phrase(self.desk, lang, what)],
            Answer::Files => internal.done = internal.attachments.clone(),
        }
    }

    fn clock(&self, which: Promised) -> Option<&Clock> {
        match which {
            Promised::Respond => self.ticket.respond.as_ref(),
            Promised::Resolve => self.ticket.resolve.as_ref(),
        }
    }

    fn public(&self, lang: Lang) -> Public {
        let (rules, ticket, words) = (&self.desk.rules, self.ticket, &self.desk.words);
        let client = ticket.client.as_deref().and_then(|code| rules.clients.of_code(code));
        let missing = ticket.missing.iter();
        Public {
            desk: DeskView {
                name: rules.name.clone(),
                phone: rules.phone.clone(),
                address: Some(rules.address.to_string()),
                sales_address: rules.sales_address.clone(),
                rules_url: rules.rules_url.clone(),
                fifo_note: rules.ack.fifo_note,
                text_limit: rules.text_limit.map(|limit| limit.to_string()),
                attachment_limit: Some(super::request::megabytes(rules.limits.attachment_bytes)),
                ..DeskView::default()
            },
            head: rules.head.as_ref().map(person).unwrap_or_default(),
            ticket: self.ticket_view(lang),
            client: ClientView {
                name: client.map(|c| c.name.clone()).or_else(|| ticket.company.clone()),
                code: client.map(|c| c.code.clone()),
                contract_hint: None,
            },
            requester: Person {
                name: Some(ticket.requester.name.clone()).filter(|name| !name.is_empty()),
                email: ticket.requester.address.as_ref().map(ToString::to_string),
                phone: self.requester_phone(),
            },
            contract: ContractView {
                name: sla::contract(ticket, rules).map(str::to_owned),
                hours_left: self.hours_left.map(|minutes| when::duration(i64::from(minutes))),
            },
            consultant: self.consultant(ticket.assignee.as_ref().and_then(|id| rules.agent(id))),
            wish: self.wish(),
            group: ticket.group.iter().filter_map(|id| rules.agent(id)).map(|a| a.name.clone()).collect(),
            missing: missing.map(|f| Missing { label: words.field_label(lang, f), hint: None }).collect(),
            ..Public::default()
        }
    }

    /// A new message under its author, where that is not the requester: an agent must not take a stranger for him (C7).
    fn attributed(&self, lang: Lang, message: &Message) -> String {
        let text = quoted(&message.text);
        let requester = self.ticket.requester.address.as_ref();
        match &message.author {
            Voice::Person(writer) if requester != Some(&writer.address) => {
                let name = format!("{} <{}>", writer.name, writer.address);
                match message.kind {
                    Kind::Held => {
                        let told = self.desk.words.phrase(lang, "held_from", &[("name", name.trim())]);
                        format!("{told}:\n{text}")
                    }
                    _ => format!("{}:\n{text}", name.trim()),
                }
            }
            _ => text,
        }
    }

    fn ticket_view(&self, lang: Lang) -> TicketView {
        let (rules, ticket, words) = (&self.desk.rules, self.ticket, &self.desk.words);
        let time = |at| self.time(lang, at);
        let (resolved_at, close_at) = match &ticket.state {
            State::Resolved { at, closes_at } => (Some(*at), Some(*closes_at)),
            State::Closed { .. } => (self.last_resolved(), None),
            _ => (None, None),
        };
        let asked_at = match &ticket.state {
            State::Waiting { since, .. } => Some(*since),
            _ => None,
        };
        let number = ticket.key.number;
        TicketView {
            tag: if number == 0 { String::new() } else { rules.tag.of(number) },
            number: rules.tag.shown(number),
            subject: super::subject(self.desk, ticket, lang),
            channel: ticket.channel.clone(),
            channel_label: words.channel_label(lang, &ticket.channel),
            state_label: words.state_label(lang, ticket.status().word()),
            severity_label: Some(words.severity_label(lang, &ticket.severity)),
            type_label: self.type_label(lang),
            received_at: Some(time(ticket.received_at)),
            expires_at: self.expires_at(lang),
            asked_at: asked_at.map(time),
            resolved_at: resolved_at.map(time),
            close_at: close_at.map(time),
            respond_by: ticket.respond.as_ref().map(|c| time(c.due)),
            deadline: ticket.resolve.as_ref().map(|c| time(c.due)),
            previous: ticket.previous.map(|n| rules.tag.shown(n)),
            urgent: ticket.urgent,
            surcharge: rules.urgent.as_ref().and_then(|u| u.surcharge.clone()).filter(|_| ticket.urgent),
            spent: Some(when::duration(i64::from(ticket.spent_minutes)))
                .filter(|_| rules.time.show_client && ticket.spent_minutes > 0),
            work: self.work().filter(|_| rules.time.show_client),
            ..TicketView::default()
        }
    }

    /// What was done, as the agent's mail says that caused this letter.
    fn work(&self) -> Option<String> {
        use crate::domain::command::Command;
        let commands = &self.cause.mail?.instructions.commands;
        commands.iter().find_map(|c| {
            match c {
                Command::Time { work, .. } => Some(self.desk.rules.time.mode(work).1.to_owned()),
                Command::Call { text, .. } => Some(text.clone()),
                _ => None,
            }
            .filter(|work| !work.is_empty())
        })
    }

    /// A ticket closed by silence was resolved when its clock stopped, or when its last answer went out.
    fn last_resolved(&self) -> Option<jiff::Timestamp> {
        self.cause.resolved_at.or(self.ticket.resolve.as_ref().and_then(|c| c.met_at))
    }

    fn requester_phone(&self) -> Option<String> {
        let contact = self.ticket.requester.address.as_ref();
        let contact = contact.and_then(|a| self.desk.rules.clients.of_address(a)).and_then(|(_, c)| c);
        let said = self.ticket.requester.phone.clone().or_else(|| self.ticket.fields.get("phone").cloned());
        contact.and_then(|c| c.phone.clone()).or(said)
    }

    /// The agent whose mail caused this.
    fn author(&self) -> Option<&Agent> {
        match &self.cause.by {
            crate::domain::thread::Voice::Agent(id) => self.desk.rules.agent(id),
            _ => None,
        }
    }

    fn consultant(&self, agent: Option<&Agent>) -> Consultant {
        let signature = agent.map(|a| a.signature.clone().unwrap_or_else(|| a.name.clone()));
        Consultant {
            name: agent.map(|a| a.name.clone()),
            phone: agent.and_then(|a| a.phone.clone()),
            signature: Some(signature.unwrap_or_else(|| self.desk.rules.name.clone())),
        }
    }

    fn links(&self, holder: &str) -> AgentLinks {
        let link = |verb| self.reply_address(holder, verb).map(|address| format!("mailto:{address}"));
        AgentLinks {
            note: link(Verb::Note),
            take: link(Verb::Take),
            resolve: link(Verb::Resolve),
            new: self.new_address(holder).map(|address| format!("mailto:{address}")),
            console: None,
        }
    }

    pub(super) fn time(&self, lang: Lang, at: jiff::Timestamp) -> String {
        self.desk.words.datetime(lang, at, &self.desk.rules.zone)
    }
}

fn person(agent: &Agent) -> Person {
    Person {
        name: Some(agent.name.clone()),
        email: Some(agent.address.to_string()),
        phone: agent.phone.clone(),
    }
}

/// Stands in for a ticket where an agent's mail belongs to none.
pub(super) fn no_ticket(desk: &Desk, cause: &Cause<'_>) -> Ticket {
    let subject = cause.mail.map(|d| d.mail.subject.clone()).unwrap_or_default();
    let key = TicketKey::new(&desk.rules.desk, 0);
    Ticket { subject, ..Ticket::blank(key, desk.rules.own_language(), cause.now) }
}
