//! A logged-in session: folders opened, small questions.

use std::collections::BTreeSet;

use async_imap::imap_proto::{Capability, MailboxDatum, Response, ResponseCode};
use jiff::Timestamp;

use super::Trouble;
use super::exchange::{Code, Line};
use super::folder::quoted_name;

/// One logged-in connection to one account. Calls are made one after another; a future that is dropped before
/// it is done ends the session (to stop [`Session::wait`] early there is its `poke`).
#[derive(Debug)]
pub struct Session {
    pub(super) line: Line,
    pub(super) capabilities: BTreeSet<String>,
    /// The server lists IDLE but refused it once.
    pub(super) idle_refused: bool,
    /// When the certificate ends that the server showed.
    pub(super) certificate_ends: Option<Timestamp>,
}

/// What the server says of the folder just opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selected {
    /// UIDVALIDITY: the UIDs mean the same messages as long as this number stays.
    pub validity: u32,
    /// UIDNEXT, which some servers do not tell.
    pub next: Option<u32>,
    /// Number of messages.
    pub exists: u32,
    /// Nothing can be changed: opened by [`Session::examine`], or for want of rights.
    pub read_only: bool,
    /// Whether the server says that new keywords are kept (`\*` in PERMANENTFLAGS).
    pub keywords: bool,
}

impl Session {
    pub(super) fn new(line: Line, capabilities: BTreeSet<String>) -> Session {
        Session { line, capabilities, idle_refused: false, certificate_ends: None }
    }

    /// When the certificate ends that the server showed; `None` without TLS.
    pub fn certificate_ends(&self) -> Option<Timestamp> {
        self.certificate_ends
    }

    /// What the server can do, in capitals, as listed after the login.
    pub fn capabilities(&self) -> &BTreeSet<String> {
        &self.capabilities
    }

    /// False once a doubt ended the session; each further call fails with [`Trouble::Network`].
    pub fn is_usable(&self) -> bool {
        self.line.usable()
    }

    pub(super) fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Opens a folder for reading and writing (SELECT).
    ///
    /// # Errors
    /// `Gone` when it does not exist, `Protocol` when the server gives no usable UIDVALIDITY.
    pub async fn select(&mut self, folder: &str) -> Result<Selected, Trouble> {
        self.open_folder("SELECT", folder).await
    }

    /// Opens a folder for reading only (EXAMINE).
    ///
    /// # Errors
    /// As [`Session::select`].
    pub async fn examine(&mut self, folder: &str) -> Result<Selected, Trouble> {
        self.open_folder("EXAMINE", folder).await
    }

    async fn open_folder(&mut self, verb: &str, folder: &str) -> Result<Selected, Trouble> {
        self.line.forget_folder();
        let (mut validity, mut next, mut exists, mut keywords) = (None, None, 0, false);
        let command = format!("{verb} {}", quoted_name(folder));
        let answer = self
            .line
            .exec(&command, |response| match response {
                Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
                Response::Data { outcome, .. } => match &outcome.code {
                    Some(ResponseCode::UidValidity(value)) => validity = Some(*value),
                    Some(ResponseCode::UidNext(value)) => next = Some(*value),
                    Some(ResponseCode::PermanentFlags(flags)) => keywords = flags.iter().any(|f| f == "\\*"),
                    _ => {}
                },
                _ => {}
            })
            .await?;
        self.line.take_news();
        if !answer.is_ok() {
            return Err(self.why_not_open(answer.trouble(verb), folder).await?);
        }
        let read_only = verb == "EXAMINE" || answer.code == Code::ReadOnly;
        match validity {
            Some(validity) if validity > 0 => Ok(Selected { validity, next, exists, read_only, keywords }),
            _ => Err(Trouble::protocol(format!("{verb}: no usable UIDVALIDITY"))),
        }
    }

    /// A NO without a code may mean anything; LIST says whether the folder is there at all.
    async fn why_not_open(&mut self, trouble: Trouble, folder: &str) -> Result<Trouble, Trouble> {
        let Trouble::Protocol(text) = &trouble else { return Ok(trouble) };
        let there = self.folders().await?.iter().any(|known| {
            known.name == folder || folder.eq_ignore_ascii_case("INBOX") && known.name == "INBOX"
        });
        if there || folder.eq_ignore_ascii_case("INBOX") { Ok(trouble) } else { Ok(Trouble::gone(text)) }
    }

    /// Asks whether the server is still there; it may tell news by the way, which [`Session::wait`] then reports.
    ///
    /// # Errors
    /// The connection is lost, or the server refuses even this.
    pub async fn noop(&mut self) -> Result<(), Trouble> {
        self.line.exec("NOOP", |_| ()).await?.expect_ok("NOOP").map(drop)
    }

    /// What the server calls itself (RFC 2971), for a report to the operator; None if it does not tell.
    /// An answer that cannot be read ends the session, so ask last.
    ///
    /// # Errors
    /// Those of any command.
    pub async fn server_id(&mut self) -> Result<Option<String>, Trouble> {
        if !self.has("ID") {
            return Ok(None);
        }
        let mut found = None;
        let answer = self
            .line
            .exec("ID (\"name\" \"maildesk\")", |response| {
                if let Response::Id(Some(fields)) = response {
                    let known = ["name", "version"].into_iter().filter_map(|key| fields.get(key));
                    let text = known.map(AsRef::as_ref).collect::<Vec<&str>>().join(" ");
                    found = (!text.is_empty()).then_some(text);
                }
            })
            .await?;
        answer.expect_ok("ID")?;
        Ok(found)
    }

    /// Says goodbye within the limit for it; whatever the server answers, the connection is closed.
    pub async fn logout(mut self) {
        let limit = self.line.deadlines().logout;
        self.line.leave();
        // A goodbye that fails is a goodbye all the same.
        let _ = self.line.converse_within(limit, "LOGOUT", |_| None, |_| ()).await;
    }
}

/// Asks for the capabilities; the names come in capitals, mechanisms as `AUTH=NAME`.
pub(super) async fn ask_capabilities(line: &mut Line) -> Result<BTreeSet<String>, Trouble> {
    let mut found = BTreeSet::new();
    let limit = line.deadlines().login;
    let answer = line
        .converse_within(
            limit,
            "CAPABILITY",
            |_| None,
            |response| {
                if let Response::Capabilities(listed) = response {
                    found.extend(listed.iter().map(|capability| match capability {
                        Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                        Capability::Auth(mechanism) => format!("AUTH={}", mechanism.to_ascii_uppercase()),
                        Capability::Atom(name) => name.to_ascii_uppercase(),
                    }));
                }
            },
        )
        .await?;
    answer.expect_ok("CAPABILITY")?;
    Ok(found)
}
