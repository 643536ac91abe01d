//! What the commands mean (RFC 2033 over RFC 5321): the envelope, and the replies until a mail comes.

use std::borrow::Cow;
use std::sync::Arc;

use smtp_proto::{Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_SMTPUTF8, MailFrom, RcptTo, Request};

use super::wire::Body;
use crate::config::LocalSettings;
use crate::daemon::house::Desks;
use crate::daemon::intake::handed::{Hatch, desk_of};
use crate::desk::Desk;

/// Recipients of one mail; RFC 5321, section 4.5.3.1.8 wants at least 100.
const RECIPIENTS_MAX: usize = 100;
/// Commands between two mails; nobody needs a fifth of it.
const COMMANDS_MAX: u32 = 1_000;
/// Commands that make no sense, on one connection.
const ERRORS_MAX: u32 = 20;

/// What the wire does after a command.
pub(super) enum Next {
    /// Reads the next line.
    Command,
    /// Reads a mail up to the lone dot.
    Mail,
    /// Reads so many bytes of one.
    Chunk { bytes: usize, is_last: bool },
    /// Closes.
    Close,
}

/// A recipient that was accepted.
pub(super) struct Recipient {
    /// As it was written.
    pub(super) address: String,
    pub(super) desk: Arc<Desk>,
}

/// A mail that is being said.
pub(super) struct Transaction {
    pub(super) sender: String,
    utf8: bool,
    size: usize,
    pub(super) recipients: Vec<Recipient>,
    /// What came of it by BDAT.
    pub(super) body: Option<Body>,
}

/// One client's state.
pub(super) struct Session {
    desks: Arc<Desks>,
    local: LocalSettings,
    hatch: Arc<Hatch>,
    greeted: bool,
    commands: u32,
    errors: u32,
    pub(super) transaction: Option<Transaction>,
}

/// One reply line. Codes by RFC 5321, section 4.2, and RFC 3463.
pub(super) fn reply(out: &mut Vec<u8>, line: &str) {
    out.extend(line.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c as u8 } else { b'?' }));
    out.extend_from_slice(b"\r\n");
}

impl Session {
    pub(super) fn new(desks: Arc<Desks>, local: LocalSettings, hatch: Arc<Hatch>) -> Session {
        Session { desks, local, hatch, greeted: false, commands: 0, errors: 0, transaction: None }
    }

    pub(super) fn greet(&self, out: &mut Vec<u8>) {
        reply(out, &format!("220 {} LMTP maildesk", self.name()));
    }

    /// Performs one line.
    pub(super) fn perform(&mut self, line: &[u8], out: &mut Vec<u8>) -> Next {
        self.commands += 1;
        if self.commands > COMMANDS_MAX {
            return close(out, "421 4.7.0 Too many commands");
        }
        let line = [line, b"\r\n"].concat();
        let done = match Request::parse(&mut line.iter()) {
            Ok(request) => self.carry_out(request, out),
            Err(error) => Err(refusal(&error)),
        };
        done.unwrap_or_else(|why| self.wrong(&why, out))
    }

    /// Says that a command makes no sense; too many of them end the connection.
    pub(super) fn wrong(&mut self, why: &str, out: &mut Vec<u8>) -> Next {
        self.errors += 1;
        if self.errors > ERRORS_MAX {
            return close(out, "421 4.7.0 Too many errors");
        }
        reply(out, why);
        Next::Command
    }

    /// A mail has come whole: its transaction, and a clean slate.
    pub(super) fn complete(&mut self) -> Option<Transaction> {
        self.commands = 0;
        self.transaction.take()
    }

    fn carry_out(&mut self, request: Request<Cow<'_, str>>, out: &mut Vec<u8>) -> Result<Next, String> {
        match request {
            Request::Lhlo { .. } => self.hello(out),
            // RFC 2033, section 4.1: they must be refused.
            Request::Ehlo { .. } | Request::Helo { .. } => {
                return Err("500 5.5.1 LMTP is spoken here: say LHLO".to_owned());
            }
            Request::Mail { from } => self.mail(from, out)?,
            Request::Rcpt { to } => self.rcpt(&to, out)?,
            Request::Data => return self.begin_mail(out),
            Request::Bdat { chunk_size, is_last } => {
                return Ok(Next::Chunk { bytes: chunk_size, is_last });
            }
            Request::Rset => {
                self.transaction = None;
                reply(out, "250 2.0.0 Forgotten");
            }
            Request::Noop { .. } => reply(out, "250 2.0.0 Nothing done"),
            Request::Vrfy { .. } => reply(out, "252 2.5.2 Say RCPT, it will be told"),
            Request::Help { .. } => reply(out, "214 2.0.0 See RFC 2033"),
            Request::Quit => return Ok(close(out, "221 2.0.0 Goodbye")),
            _ => return Err("502 5.5.1 Not offered here".to_owned()),
        }
        Ok(Next::Command)
    }

    fn name(&self) -> &str {
        let first = self.local.desks.first().and_then(|id| self.desks.get(id));
        first.map_or("localhost", |desk| desk.rules.address.domain())
    }

    fn hello(&mut self, out: &mut Vec<u8>) {
        self.greeted = true;
        // A greeting in the middle forgets the mail under way (RFC 5321, section 4.1.4).
        self.transaction = None;
        for line in [self.name(), "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES"] {
            reply(out, &format!("250-{line}"));
        }
        reply(out, &format!("250 SIZE {}", self.hatch.mail_bytes_max()));
    }

    fn mail(&mut self, from: MailFrom<Cow<'_, str>>, out: &mut Vec<u8>) -> Result<(), String> {
        if !self.greeted {
            return Err("503 5.5.1 Say LHLO first".to_owned());
        }
        if self.transaction.is_some() {
            return Err("503 5.5.1 One mail at a time".to_owned());
        }
        let offered = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_SMTPUTF8;
        if from.flags & !offered != 0 || from.env_id.is_some() || from.by != 0 {
            return Err("555 5.5.4 A parameter that is not offered here".to_owned());
        }
        if from.size > self.hatch.mail_bytes_max() {
            reply(out, "552 5.3.4 Larger than any desk here takes");
            return Ok(());
        }
        let utf8 = from.flags & MAIL_SMTPUTF8 != 0;
        if !utf8 && !from.address.is_ascii() {
            return Err("553 5.6.7 Say SMTPUTF8 for such an address".to_owned());
        }
        let sender = from.address.into_owned();
        self.transaction =
            Some(Transaction { sender, utf8, size: from.size, recipients: Vec::new(), body: None });
        reply(out, "250 2.1.0 Sender ok");
        Ok(())
    }

    fn rcpt(&mut self, to: &RcptTo<Cow<'_, str>>, out: &mut Vec<u8>) -> Result<(), String> {
        let Some(transaction) = self.transaction.as_mut().filter(|t| t.body.is_none()) else {
            return Err("503 5.5.1 Say MAIL first".to_owned());
        };
        if to.flags != 0 || to.orcpt.is_some() {
            return Err("555 5.5.4 A parameter that is not offered here".to_owned());
        }
        if !transaction.utf8 && !to.address.is_ascii() {
            return Err("553 5.6.7 Say SMTPUTF8 for such an address".to_owned());
        }
        if transaction.recipients.len() >= RECIPIENTS_MAX {
            reply(out, "452 4.5.3 Too many recipients at a time");
            return Ok(());
        }
        let Some(desk) = desk_of(&self.desks, &self.local.desks, &self.local.aliases, &to.address) else {
            tracing::debug!(recipient = %to.address, "a recipient was refused: no desk has this address");
            reply(out, "550 5.1.1 There is no such desk here");
            return Ok(());
        };
        if transaction.size as u64 > desk.rules.limits.mail_bytes {
            reply(out, "552 5.3.4 Larger than this desk takes");
            return Ok(());
        }
        transaction.recipients.push(Recipient { address: to.address.to_string(), desk: desk.clone() });
        reply(out, "250 2.1.5 Recipient ok");
        Ok(())
    }

    fn begin_mail(&mut self, out: &mut Vec<u8>) -> Result<Next, String> {
        match &self.transaction {
            None => Err("503 5.5.1 Say MAIL first".to_owned()),
            Some(transaction) if transaction.body.is_some() => {
                Err("503 5.5.1 What began with BDAT ends with BDAT".to_owned())
            }
            // RFC 2033, section 4.2: there would be nobody to answer for.
            Some(transaction) if transaction.recipients.is_empty() => {
                Err("503 5.5.1 No recipient was accepted".to_owned())
            }
            Some(_) => {
                reply(out, "354 End with a dot alone on a line");
                Ok(Next::Mail)
            }
        }
    }

    /// The body of the mail under way; `None`: there is none to which anything could be added.
    pub(super) fn body(&mut self) -> Option<&mut Body> {
        let hatch = &self.hatch;
        let transaction = self.transaction.as_mut().filter(|t| !t.recipients.is_empty())?;
        let size = transaction.size;
        let new = || Body::new(hatch.weight(), size, hatch.mail_bytes_max());
        Some(transaction.body.get_or_insert_with(new))
    }
}

fn close(out: &mut Vec<u8>, last: &str) -> Next {
    reply(out, last);
    Next::Close
}

fn refusal(error: &Error) -> String {
    match error {
        Error::UnknownCommand => "500 5.5.1 Unknown command".to_owned(),
        Error::InvalidSenderAddress => "553 5.1.7 Not an address".to_owned(),
        Error::InvalidRecipientAddress => "553 5.1.3 Not an address".to_owned(),
        Error::UnsupportedParameter { .. } => "555 5.5.4 A parameter that is not offered here".to_owned(),
        Error::SyntaxError { syntax } => format!("501 5.5.4 Expected: {syntax}"),
        _ => "501 5.5.4 Cannot be read".to_owned(),
    }
}
