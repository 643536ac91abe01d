//! Everything a template may name, as values to be filled in.
//!
//! Times, dates, durations and amounts are strings, already written in the reader's language and zone. What
//! is absent is `None` or empty, and prints as nothing; no key is ever missing, so that strict templates hold.
//! Letters to clients see [`Public`] only: an internal note cannot slip into one through an edited template.

use serde::Serialize;

/// What one letter is made of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// For every letter.
    pub public: Public,
    /// For letters to agents and to the head of the desk only.
    pub internal: Internal,
}

/// What clients may read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Public {
    pub desk: Desk,
    /// The person in charge.
    pub head: Person,
    pub ticket: TicketView,
    pub client: ClientView,
    /// Who asks. The e-mail address may be absent where the request came by telephone.
    pub requester: Person,
    pub contract: ContractView,
    /// Who handles the ticket; all absent where nobody does.
    pub consultant: Consultant,
    /// Whom the client asked for.
    pub wish: Option<Named>,
    /// Names of the working group without the consultant.
    pub group: Vec<String>,
    /// Required information that is lacking.
    pub missing: Vec<Missing>,
    /// Published answers that match the request.
    pub faq: Vec<Faq>,
    /// The agent's text.
    pub answer: Option<String>,
    /// What the desk asked last.
    pub question: Option<String>,
    pub offer: Offer,
    /// Absent where rating is off.
    pub rating: Option<Rating>,
    pub period: Period,
    /// Lines of a statement.
    pub rows: Vec<Row>,
    pub totals: Totals,
    pub invoice: Invoice,
    pub announcement: Announcement,
    /// Channel of a refused message, in the reader's language.
    pub channel_label: Option<String>,
    /// Attachments that were not accepted.
    pub rejected: Vec<Rejected>,
    /// The mail that is being answered.
    pub mail: MailView,
    /// Of a changed deadline: free text. To the head of the desk: the word of [`EscalationReason`].
    pub reason: Option<String>,
    pub link: Link,
}

/// What only the desk's own people may read.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Internal {
    /// The new text of the mail, each line after `> `.
    pub quote: String,
    /// Names of files.
    pub attachments: Vec<String>,
    /// Extracted fields.
    pub fields: Vec<FieldView>,
    /// Note of the one who assigned.
    pub note: Option<String>,
    /// Why an agent is told.
    pub event: Option<TicketEvent>,
    /// Who did it.
    pub author: Named,
    /// To whom the digest goes.
    pub agent: Named,
    /// A letter that came back.
    pub bounce: Bounce,
    /// Which promise a warning speaks of.
    pub clock: Option<PromiseKind>,
    /// The deadline in question.
    pub due: Option<String>,
    /// `H:MM`.
    pub time_left: Option<String>,
    /// Why an agent's mail did nothing.
    pub error: Option<String>,
    /// What the agent may have meant.
    pub suggestion: Option<String>,
    /// The agent's mail, returned.
    pub original: Option<String>,
    /// Whether the time spent is asked for.
    pub ask_time: bool,
    /// What an agent's commands did, a line each.
    pub done: Vec<String>,
    /// Date of the digest.
    pub today: Option<String>,
    pub overdue: Vec<DigestLine>,
    pub due_today: Vec<DigestLine>,
    pub to_answer: Vec<DigestLine>,
    pub unassigned: Vec<DigestLine>,
    /// Resolved, but no time was given.
    pub no_time: Vec<DigestLine>,
    /// Mails that were set aside.
    pub set_aside: Vec<AsideLine>,
    pub links: AgentLinks,
}

/// The desk as clients see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Desk {
    pub name: String,
    pub phone: Option<String>,
    /// Where requests are to be written.
    pub address: Option<String>,
    /// For people who are not clients.
    pub sales_address: Option<String>,
    /// Published rules of service.
    pub rules_url: Option<String>,
    /// Such as `8000`.
    pub text_limit: Option<String>,
    /// Such as `25 MB`.
    pub attachment_limit: Option<String>,
    /// Whether to say that requests are answered in the order they came.
    pub fifo_note: bool,
    /// A sentence that the operator wants said for a while.
    pub banner: Option<String>,
}

/// A person who can be reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Person {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// A person who is only named.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Named {
    pub name: String,
}

/// A ticket as letters speak of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TicketView {
    /// `[KL-3107]`
    pub tag: String,
    /// `KL-3107`
    pub number: String,
    /// Without `Re:` and tags; never empty, see the phrase `no_subject`.
    pub subject: String,
    /// `email`, `phone` and so on: the key, not the label.
    pub channel: String,
    pub channel_label: String,
    pub state_label: String,
    pub severity_label: Option<String>,
    pub type_label: Option<String>,
    pub received_at: Option<String>,
    pub asked_at: Option<String>,
    pub resolved_at: Option<String>,
    /// When silence closes it.
    pub close_at: Option<String>,
    /// When a request that lacks information is dropped.
    pub expires_at: Option<String>,
    /// Answer due; absent where the desk does not promise it.
    pub respond_by: Option<String>,
    /// Solution due; absent where the desk does not promise it.
    pub deadline: Option<String>,
    pub old_deadline: Option<String>,
    /// Number of the closed ticket that this one follows.
    pub previous: Option<String>,
    pub urgent: bool,
    /// Price of urgent work.
    pub surcharge: Option<String>,
    /// `H:MM`, where the client is to see it.
    pub spent: Option<String>,
    /// What was done, where the client is to see it.
    pub work: Option<String>,
    /// Whether the text was longer than the limit.
    pub truncated: bool,
    /// Whether the request lay unread for long.
    pub late: bool,
    /// Whether only the header was read, because the mail was larger than the limit.
    pub oversize: bool,
}

/// The company.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ClientView {
    pub name: Option<String>,
    /// Registration number.
    pub code: Option<String>,
    /// A company guessed from the mail domain.
    pub contract_hint: Option<String>,
}

/// The contract.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ContractView {
    pub name: Option<String>,
    /// `H:MM` of this period.
    pub hours_left: Option<String>,
}

/// Who handles the ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Consultant {
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Block from the agent's settings, never from a mail.
    pub signature: Option<String>,
}

/// One piece of required information.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Missing {
    pub label: String,
    pub hint: Option<String>,
}

/// A published answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Faq {
    pub title: String,
    pub url: String,
}

/// An offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Offer {
    pub work: String,
    pub price: String,
    pub date: String,
    pub valid_until: String,
}

/// Links to rate with, and the rating given.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rating {
    pub r1: String,
    pub r2: String,
    pub r3: String,
    pub r4: String,
    pub r5: String,
    /// 1 to 5, once given.
    pub value: Option<u8>,
    /// At or under the desk's threshold.
    pub low: bool,
}

/// First and last day, both included.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Period {
    pub from: String,
    pub to: String,
}

/// One line of a statement.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    pub number: String,
    pub requested_on: String,
    pub done_on: Option<String>,
    pub consultant: Option<String>,
    pub spent: String,
    pub problem: String,
    pub work: String,
}

/// Sums of a statement or an invoice.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    pub spent: String,
    pub included: Option<String>,
    pub beyond: Option<String>,
    pub amount: Option<String>,
}

/// A pro-forma invoice.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Invoice {
    pub number: String,
    /// Price of an hour; absent where only prices of whole requests were agreed.
    pub rate: Option<String>,
    pub net: String,
    pub vat: String,
    pub total: String,
    /// Absent where the desk sets no term.
    pub due: Option<String>,
}

/// News for every client.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Announcement {
    pub title: String,
    pub text: String,
    pub effective_on: Option<String>,
}

/// An attachment that was not accepted.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rejected {
    pub name: String,
    pub size: String,
    pub reason: String,
}

/// A mail that is spoken of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MailView {
    pub subject: String,
    pub date: String,
}

/// A one-time link.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Link {
    pub url: String,
    pub expires_at: String,
}

/// An extracted field.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct FieldView {
    pub label: String,
    pub value: String,
}

/// A letter that could not be delivered.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Bounce {
    pub address: String,
    pub reason: String,
}

/// One ticket in a digest.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct DigestLine {
    pub tag: String,
    pub due: String,
    pub client: String,
    pub subject: String,
}

/// One mail that was set aside.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AsideLine {
    pub number: String,
    pub date: String,
    /// An address.
    pub sender: Option<String>,
    pub subject: String,
    pub reason: String,
}

/// Ready addresses for one agent and one ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AgentLinks {
    pub note: Option<String>,
    pub take: Option<String>,
    pub resolve: Option<String>,
    /// Opens a ticket; good for this agent and every client.
    pub new: Option<String>,
    /// The ticket's page.
    pub console: Option<String>,
}

/// Why an agent is told of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketEvent {
    ClientReply,
    Reopened,
    Note,
    AgentReply,
    OfferLapsed,
    Bounce,
}

/// Which promise is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PromiseKind {
    Respond,
    Resolve,
}

/// Why the head of the desk is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EscalationReason {
    BreachRespond,
    BreachResolve,
    Complaint,
    LowRating,
    UrgentOffHours,
    Unassigned,
    /// An agent asks, with the reason in the note.
    Asked,
}

impl EscalationReason {
    /// The word that templates compare with.
    pub fn as_str(self) -> &'static str {
        match self {
            EscalationReason::BreachRespond => "breach_respond",
            EscalationReason::BreachResolve => "breach_resolve",
            EscalationReason::Complaint => "complaint",
            EscalationReason::LowRating => "low_rating",
            EscalationReason::UrgentOffHours => "urgent_off_hours",
            EscalationReason::Unassigned => "unassigned",
            EscalationReason::Asked => "asked",
        }
    }
}
