//! A mail as the desk sees it: what `mail::parse` makes of the bytes, and what deciding needs of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::address::{Address, Mailbox};
use super::hash::Hash;

/// One received mail, read. Every field is clean: no controls, no route addresses, safe file names.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// Content key: the mail without its trace headers, so that a second copy is recognised (A12).
    pub fingerprint: Hash,
    /// Key of the raw bytes as received.
    pub raw: Hash,
    /// Size of the raw bytes.
    pub size_bytes: u64,
    /// Message-ID without angle brackets, as the sender wrote it; `None` where there is none.
    pub message_id: Option<String>,
    pub from: Sender,
    /// Never an identity (C22); shown to agents only.
    pub reply_to: Option<Mailbox>,
    pub to: Vec<Mailbox>,
    pub cc: Vec<Mailbox>,
    /// Delivered-To, X-Original-To, Envelope-To: where the mail really went.
    pub delivered_to: Vec<Address>,
    /// The topmost Return-Path.
    pub return_path: Option<ReturnPath>,
    /// Decoded and on one line; empty where there is none.
    pub subject: String,
    /// The Date header where it is sane; never used for deadlines (A38).
    pub date: Option<Timestamp>,
    /// Message-IDs, without angle brackets, in the order of the header.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// The whole readable text, LF line ends. HTML-only mail comes here as text.
    pub text: String,
    pub attachments: Vec<Attachment>,
    /// The first mail that is attached, unless a report encloses it.
    pub enclosed: Option<Box<Enclosed>>,
    pub machine: Machine,
    /// A delivery report's contents.
    pub report: Option<Report>,
    /// Authentication-Results headers, topmost first, unfolded.
    pub authentication: Vec<String>,
    /// The first spam mark found (X-Spam-Flag, SCL …), as text.
    pub spam: Option<String>,
    /// `X-Maildesk-Instance` values: which daemons have already had this mail.
    pub instances: Vec<String>,
    /// Number of Received headers.
    pub hops: usize,
    /// What was wrong with the mail and how it was mended.
    pub defects: Vec<Defect>,
}

/// A mail attached to a mail: nothing but what somebody passes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosed {
    pub from: Sender,
    pub text: String,
}

/// Who a mail says it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Exactly one From header with exactly one sound address (C20, C21).
    Known(Mailbox),
    /// Anything else, with the reason; such a mail is answered by nothing automatic.
    Unreadable(String),
}

impl Sender {
    /// The mailbox, where there is exactly one.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Sender::Known(mailbox) => Some(mailbox),
            Sender::Unreadable(_) => None,
        }
    }
}

/// Where the envelope says that errors go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReturnPath {
    /// `<>`: no automatic answer may be given (RFC 3834, section 2).
    Empty,
    Address(Address),
}

/// One attachment or inline picture. Its bytes are found again as part `part` of the raw mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// A safe base name; never a path.
    pub name: String,
    pub content_type: String,
    /// Size after decoding.
    pub size_bytes: u64,
    /// SHA-256 of the decoded bytes.
    pub hash: Hash,
    /// Number of the part within the mail, as `mail::parse::part` counts.
    pub part: u32,
    /// Shown within the text rather than attached.
    pub inline: bool,
    pub content_id: Option<String>,
}

/// What wrote the mail, and whether it may be answered automatically.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    pub kind: Author,
    /// The marks that led to `kind`, as a person can check them: `Auto-Submitted: auto-replied`.
    pub marks: Vec<String>,
    /// The mark that forbids automatic answers, though a person may have written it
    /// (X-Auto-Response-Suppress, no-reply addresses, empty return path).
    pub suppress: Option<String>,
}

/// What kind of author wrote a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    #[default]
    Person,
    /// A delivery report or something that can only be one.
    Bounce,
    /// A vacation note, an automatic acknowledgement, a challenge.
    AutoReply,
    /// A mailing list or bulk mail.
    List,
    /// A read receipt or a feedback report.
    Receipt,
    /// A program's own notice (monitoring, shop, calendar).
    Notice,
}

impl Machine {
    /// May an automatic mail answer this one, as far as the mail itself tells?
    pub fn may_be_answered(&self) -> bool {
        self.kind == Author::Person && self.suppress.is_none()
    }
}

/// The contents of a delivery report (RFC 3464), or what could be gathered from one in another form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// It is a report by its form (multipart/report, a status part, X-Failed-Recipients). One that is a report by
    /// its wording alone counts only when it speaks of a letter of ours: people write about failures, too.
    pub formal: bool,
    /// Message-ID of the mail that the report is about, without angle brackets.
    pub original_message_id: Option<String>,
    pub recipients: Vec<Reported>,
}

/// The fate of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub address: Address,
    pub fate: Fate,
    /// Enhanced status code such as `5.1.1`, where there is one.
    pub status: Option<String>,
    /// The reporting server's own words, one line.
    pub diagnostic: String,
}

/// What a report says became of the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Given up for a reason that will last.
    Failed,
    /// Given up for a reason that may pass.
    FailedForNow,
    /// Still being tried: news, not failure (B20).
    Delayed,
    /// Delivered, relayed or expanded.
    Delivered,
}

/// Something wrong with a mail that was mended or noted while reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// The parser could make nothing of it; only the raw bytes are there.
    Unparsable,
    /// Longer than the limit: only the headers were read.
    Oversize,
    /// A limit of parts, depth, headers or addresses was reached.
    Limit(String),
    /// The charset was missing or wrong and was guessed.
    CharsetGuessed(String),
    /// The text was empty though the mail was not.
    EmptyText,
    /// Encrypted or signed mail that is kept as it came.
    Encrypted(String),
    /// A header that must be single stood several times.
    RepeatedHeader(String),
    /// The Date header was missing or impossible.
    Date,
}
