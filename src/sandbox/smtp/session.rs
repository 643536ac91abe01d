//! What SMTP commands mean: the envelope, the login, the replies.

use std::borrow::Cow;
use std::sync::Arc;

use data_encoding::BASE64;
use smtp_proto::{
    AUTH_LOGIN, AUTH_PLAIN, Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MAIL_SMTPUTF8, MailFrom, RcptTo,
    Request,
};

use super::super::delivery::{self, Incoming, Via};
use super::super::directory::{Refusal, Route};
use super::super::state::{MAIL_SIZE_BYTES_MAX, Shared};
use super::Mail;

/// Recipients of one mail; RFC 5321, 4.5.3.1.8 wants at least 100.
const RECIPIENTS_MAX: usize = 1000;

/// What the wire does after a command.
pub(super) enum Next {
    /// Reads the next line.
    Command,
    /// Reads a mail up to the lone dot.
    Mail,
    /// Closes.
    Close,
}

/// What the next line is.
enum Expect {
    Command,
    Plain,
    LoginUser,
    LoginPassword { user: String },
}

struct Envelope {
    sender: String,
    utf8: bool,
    recipients: Vec<(String, Route)>,
}

/// One client's state.
pub(super) struct Session {
    shared: Arc<Shared>,
    expect: Expect,
    /// Who the client said it is, and whether it said EHLO.
    helo: Option<(String, bool)>,
    user: Option<String>,
    envelope: Option<Envelope>,
}

/// One reply line. Codes by RFC 5321, 4.2 and RFC 3463.
fn reply(out: &mut Vec<u8>, line: &str) -> Next {
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
    Next::Command
}

impl Session {
    pub fn new(shared: Arc<Shared>) -> Session {
        Session { shared, expect: Expect::Command, helo: None, user: None, envelope: None }
    }

    pub fn greet(&self, out: &mut Vec<u8>) {
        reply(out, &format!("220 {} ESMTP maildesk sandbox", self.shared.hostname));
    }

    /// Performs one line, a command or the answer to a challenge.
    pub fn perform(&mut self, line: &[u8], out: &mut Vec<u8>) -> Next {
        match std::mem::replace(&mut self.expect, Expect::Command) {
            Expect::Command => {}
            waiting => return self.answer(waiting, line, out),
        }
        match Request::parse(&mut line.iter()) {
            Ok(Request::Ehlo { host }) => self.hello(&host, true, out),
            Ok(Request::Helo { host }) => self.hello(&host, false, out),
            Ok(Request::Mail { from }) => self.mail(from, out),
            Ok(Request::Rcpt { to }) => self.rcpt(&to, out),
            Ok(Request::Data) => self.data(out),
            Ok(Request::Auth { mechanism, initial_response }) => self.auth(mechanism, &initial_response, out),
            Ok(Request::Rset) => {
                self.envelope = None;
                reply(out, "250 2.0.0 Forgotten")
            }
            Ok(Request::Noop { .. }) => reply(out, "250 2.0.0 Nothing done"),
            Ok(Request::Vrfy { value }) => self.verify(&value, out),
            Ok(Request::Help { .. }) => reply(out, "214 2.0.0 See RFC 5321"),
            Ok(Request::Quit) => {
                reply(out, "221 2.0.0 Goodbye");
                Next::Close
            }
            Ok(_) => reply(out, "502 5.5.1 Not offered here"),
            Err(Error::UnknownCommand) => reply(out, "500 5.5.2 Unknown command"),
            Err(Error::InvalidSenderAddress) => reply(out, "553 5.1.7 Not a sender address"),
            Err(Error::InvalidRecipientAddress) => reply(out, "553 5.1.3 Not a recipient address"),
            Err(Error::UnsupportedParameter { .. }) => reply(out, "555 5.5.4 Parameter not offered here"),
            Err(Error::SyntaxError { syntax }) => reply(out, &format!("501 5.5.4 Expected: {syntax}")),
            Err(_) => reply(out, "501 5.5.4 Cannot read that"),
        }
    }

    fn hello(&mut self, host: &str, extended: bool, out: &mut Vec<u8>) -> Next {
        let name: String = host.chars().filter(|c| c.is_ascii_graphic()).collect();
        self.helo = Some((name, extended));
        // A greeting in the middle forgets the mail under way (RFC 5321, 4.1.4).
        self.envelope = None;
        let hostname = &self.shared.hostname;
        if !extended {
            return reply(out, &format!("250 {hostname}"));
        }
        let size = format!("SIZE {MAIL_SIZE_BYTES_MAX}");
        let lines = [
            hostname.as_str(),
            "PIPELINING",
            size.as_str(),
            "8BITMIME",
            "SMTPUTF8",
            "AUTH PLAIN LOGIN",
            "ENHANCEDSTATUSCODES",
        ];
        for line in lines {
            reply(out, &format!("250-{line}"));
        }
        reply(out, "250 HELP")
    }

    fn mail(&mut self, from: MailFrom<Cow<'_, str>>, out: &mut Vec<u8>) -> Next {
        if self.helo.is_none() {
            return reply(out, "503 5.5.1 Say EHLO first");
        }
        if self.envelope.is_some() {
            return reply(out, "503 5.5.1 One mail at a time");
        }
        let offered = MAIL_BODY_7BIT | MAIL_BODY_8BITMIME | MAIL_SMTPUTF8;
        if from.flags & !offered != 0 || from.env_id.is_some() || from.by != 0 {
            return reply(out, "555 5.5.4 Parameter not offered here");
        }
        if from.size > MAIL_SIZE_BYTES_MAX {
            return reply(out, "552 5.3.4 Too large");
        }
        let utf8 = from.flags & MAIL_SMTPUTF8 != 0;
        if !utf8 && !from.address.is_ascii() {
            return reply(out, "553 5.6.7 Say SMTPUTF8 for such an address");
        }
        self.envelope = Some(Envelope { sender: from.address.into_owned(), utf8, recipients: Vec::new() });
        reply(out, "250 2.1.0 Sender ok")
    }

    fn rcpt(&mut self, to: &RcptTo<Cow<'_, str>>, out: &mut Vec<u8>) -> Next {
        let Some(envelope) = &mut self.envelope else {
            return reply(out, "503 5.5.1 Say MAIL first");
        };
        if to.flags != 0 || to.orcpt.is_some() {
            return reply(out, "555 5.5.4 Parameter not offered here");
        }
        if !envelope.utf8 && !to.address.is_ascii() {
            return reply(out, "553 5.6.7 Say SMTPUTF8 for such an address");
        }
        if envelope.recipients.len() >= RECIPIENTS_MAX {
            return reply(out, "452 4.5.3 Too many recipients");
        }
        match self.shared.directory.route(&to.address) {
            Ok(route) => {
                // The same address twice is one recipient.
                if !envelope.recipients.iter().any(|(address, _)| *address == to.address) {
                    envelope.recipients.push((to.address.to_string(), route));
                }
                reply(out, "250 2.1.5 Recipient ok")
            }
            Err(refusal) => refuse(refusal, out),
        }
    }

    fn data(&mut self, out: &mut Vec<u8>) -> Next {
        match &self.envelope {
            None => reply(out, "503 5.5.1 Say MAIL first"),
            Some(envelope) if envelope.recipients.is_empty() => reply(out, "554 5.5.1 No valid recipients"),
            Some(_) => {
                reply(out, "354 End with a dot alone on a line");
                Next::Mail
            }
        }
    }

    /// Takes the mail that came after DATA and answers for it.
    pub fn take_mail(&mut self, mail: Mail, out: &mut Vec<u8>) {
        let Some(envelope) = self.envelope.take() else { return };
        let bytes = match mail {
            Mail::Whole(bytes) => bytes,
            Mail::TooLarge => {
                reply(out, "552 5.3.4 Too large");
                return;
            }
        };
        let (helo, extended) = self.helo.clone().unwrap_or_default();
        // The words are registered by RFC 3848 and RFC 6531, 4.3.
        let protocol = match (envelope.utf8, extended, self.user.is_some()) {
            (true, _, false) => "UTF8SMTP",
            (true, _, true) => "UTF8SMTPA",
            (false, true, true) => "ESMTPA",
            (false, true, false) => "ESMTP",
            (false, false, _) => "SMTP",
        };
        let via = Via::Smtp { protocol, helo };
        let mail = Incoming { envelope_sender: &envelope.sender, via: &via, bytes: &bytes };
        let made = delivery::deliver(&self.shared, &mail, &envelope.recipients);
        tracing::debug!(
            recipients = made.len(),
            mail_size_bytes = bytes.len(),
            "the sandbox delivered a mail"
        );
        reply(out, "250 2.0.0 Delivered");
    }

    fn verify(&self, value: &str, out: &mut Vec<u8>) -> Next {
        let address = value.trim().trim_start_matches('<').trim_end_matches('>');
        match self.shared.directory.route(address) {
            Ok(_) => reply(out, &format!("250 2.1.5 <{address}>")),
            Err(refusal) => refuse(refusal, out),
        }
    }

    fn auth(&mut self, mechanism: u64, initial: &str, out: &mut Vec<u8>) -> Next {
        // Not twice, and not in the middle of a mail (RFC 4954, 4).
        if self.helo.is_none() || self.user.is_some() || self.envelope.is_some() {
            return reply(out, "503 5.5.1 Not now");
        }
        let initial = initial.trim();
        let (expect, challenge) = match mechanism {
            AUTH_PLAIN => (Expect::Plain, "334 "),
            AUTH_LOGIN => (Expect::LoginUser, "334 VXNlcm5hbWU6"),
            _ => return reply(out, "504 5.5.4 Only PLAIN and LOGIN"),
        };
        if initial.is_empty() {
            self.expect = expect;
            return reply(out, challenge);
        }
        self.answer(expect, initial.as_bytes(), out)
    }

    /// Takes the answer to a challenge (RFC 4954, 4).
    fn answer(&mut self, expect: Expect, line: &[u8], out: &mut Vec<u8>) -> Next {
        let line = line.trim_ascii();
        if line == b"*" {
            return reply(out, "501 5.7.0 Login given up");
        }
        // "=" stands for an empty initial response.
        let answer = if line == b"=" { Ok(Vec::new()) } else { BASE64.decode(line) };
        let Ok(answer) = answer else {
            return reply(out, "501 5.5.2 Not base64");
        };
        let account = match expect {
            Expect::Plain => self.shared.log_in_plain(&answer),
            Expect::LoginUser => {
                self.expect = Expect::LoginPassword { user: String::from_utf8_lossy(&answer).into_owned() };
                return reply(out, "334 UGFzc3dvcmQ6");
            }
            Expect::LoginPassword { user } => {
                std::str::from_utf8(&answer).ok().and_then(|password| self.shared.log_in(&user, password))
            }
            Expect::Command => None,
        };
        match account {
            Some(account) => {
                self.user = Some(account);
                reply(out, "235 2.7.0 Welcome")
            }
            None => reply(out, "535 5.7.8 Wrong user or password"),
        }
    }
}

fn refuse(refusal: Refusal, out: &mut Vec<u8>) -> Next {
    let code = match refusal {
        Refusal::NoSuchUser => "550 5.1.1",
        Refusal::Relay => "550 5.7.1",
        Refusal::NotAnAddress => "553 5.1.3",
    };
    reply(out, &format!("{code} {refusal}"))
}
