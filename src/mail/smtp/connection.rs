//! One connection: opening it, and one transaction after another over it.

use std::io;
use std::str::FromStr;
use std::time::{Duration, Instant};

use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{MailBodyParameter, MailParameter};

use super::dialogue::{Dialogue, Reply};
use super::hello::{Offers, client_id, greeted, host, protocol, say_hello, start_tls};
use super::verdict::{Stage, lost, refused};
use super::{About, Deadlines, Refusal, Server, login};
use crate::domain::address::Address;
use crate::domain::delivery::{Delivery, Hold};
use crate::mail::idn::wire_form;
use crate::mail::wire::{Security, Wire, connect, secure};

/// A farewell is not worth waiting for longer.
const FAREWELL: Duration = Duration::from_secs(2);

/// An open connection, logged in, between two transactions.
#[derive(Debug)]
pub struct Connection {
    dialogue: Dialogue,
    offers: Offers,
    /// The version of TLS; `None`: unprotected.
    protocol: Option<String>,
    deadlines: Deadlines,
    /// In step with the server. Not while a transaction is under way, so that a dropped future cannot leave a
    /// connection behind whose next reply belongs to another letter.
    in_step: bool,
    /// A refused recipient leaves MAIL standing; the next one would be "nested".
    mail_stands: bool,
    transactions: u32,
    idle_since: Instant,
}

impl Connection {
    /// Connects, protects the connection as configured, greets and logs in.
    ///
    /// # Errors
    /// [`Refusal::Host`] when the server cannot be reached or trusted, [`Refusal::Held`] when it refuses the
    /// account. Nothing secret was sent over an unprotected connection.
    pub async fn open(server: &Server) -> Result<Connection, Refusal> {
        let endpoint = &server.endpoint;
        let limits = server.deadlines;
        let hello = client_id(&server.hello);
        let stream = connect(&endpoint.host, endpoint.port, limits.connect).await.map_err(host)?;
        let near = stream.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
        let (dialogue, offers, protocol) = match endpoint.security {
            Security::Tls => {
                let tls = secure(stream, &endpoint.host, &server.trust, limits.tls).await.map_err(host)?;
                let protocol = protocol(&tls);
                let mut dialogue = Dialogue::new(Box::new(tls));
                greeted(&mut dialogue, limits.greeting).await?;
                let offers = say_hello(&mut dialogue, &hello, limits.mail).await?;
                (dialogue, offers, protocol)
            }
            Security::Plain | Security::StartTls => {
                let mut dialogue = Dialogue::new(Box::new(stream));
                greeted(&mut dialogue, limits.greeting).await?;
                let offers = say_hello(&mut dialogue, &hello, limits.mail).await?;
                if endpoint.security == Security::Plain {
                    (dialogue, offers, None)
                } else {
                    start_tls(dialogue, &offers, server, &hello).await?
                }
            }
        };
        if server.login.is_some() && endpoint.security == Security::Plain && !near && !server.plain_login {
            let text = "the password is not sent over an unprotected connection".to_owned();
            return Err(Refusal::Held { cause: Hold::Login, code: None, text });
        }
        Connection::enter(dialogue, offers, protocol, server).await
    }

    /// Greets and logs in over a connection that somebody else has opened, and protected as the server's settings want it.
    ///
    /// # Errors
    /// As [`Connection::open`].
    pub async fn over(wire: Wire, server: &Server) -> Result<Connection, Refusal> {
        let limits = server.deadlines;
        let mut dialogue = Dialogue::new(wire);
        greeted(&mut dialogue, limits.greeting).await?;
        let offers = say_hello(&mut dialogue, &client_id(&server.hello), limits.mail).await?;
        Connection::enter(dialogue, offers, None, server).await
    }

    /// Logs in where that is wanted.
    async fn enter(
        dialogue: Dialogue,
        offers: Offers,
        protocol: Option<String>,
        server: &Server,
    ) -> Result<Connection, Refusal> {
        let mut connection = Connection {
            dialogue,
            offers,
            protocol,
            deadlines: server.deadlines,
            in_step: true,
            mail_stands: false,
            transactions: 0,
            idle_since: Instant::now(),
        };
        if let Some((user, password)) = &server.login {
            let who = login::Who { user, password, auth: server.auth };
            let (mechanisms, limit) = (&connection.offers.mechanisms, connection.deadlines.mail);
            login::log_in(&mut connection.dialogue, mechanisms, who, limit).await?;
            connection.idle_since = Instant::now();
        }
        Ok(connection)
    }

    /// Sends one mail (CRLF lines, 7-bit) to one recipient. `None` is the empty envelope sender, `<>`.
    ///
    /// On a connection that is not [fresh](Connection::is_fresh) a `Host` outcome says little: the server may have
    /// tired of it. Try once more on a new one. `Held` with [`Hold::Sender`] for the empty sender means that
    /// this server wants a real one.
    pub async fn send(
        &mut self,
        envelope_from: Option<&Address>,
        recipient: &Address,
        mail: &[u8],
    ) -> Delivery {
        if !self.in_step {
            return Delivery::Host { code: None, text: "the connection is used up".to_owned() };
        }
        let (sender, recipient) = match self.envelope(envelope_from, recipient, mail) {
            Ok(envelope) => envelope,
            Err(delivery) => return delivery,
        };
        self.in_step = false;
        let outcome = self.transact(sender, Rcpt::new(recipient, Vec::new()), mail).await;
        self.transactions += 1;
        self.idle_since = Instant::now();
        self.in_step = outcome.is_ok();
        outcome.unwrap_or_else(|delivery| delivery)
    }

    /// What the server has said of itself, for people to read.
    pub fn about(&self) -> About<'_> {
        let Offers { name, keywords, size, .. } = &self.offers;
        About { name, keywords, size_bytes_max: size.filter(|n| *n > 0), protocol: self.protocol.as_deref() }
    }

    /// Whether another letter may go over this connection: in step, and not idle for too long.
    pub fn is_reusable(&self) -> bool {
        self.in_step && self.idle_since.elapsed() < self.deadlines.idle
    }

    /// Whether no letter has gone over this connection yet.
    pub fn is_fresh(&self) -> bool {
        self.transactions == 0
    }

    /// Says goodbye and closes; takes two seconds at most for each.
    pub async fn close(mut self) {
        if self.in_step {
            // The answer changes nothing.
            let _ = self.dialogue.ask(&Quit.to_string(), "quit", FAREWELL).await;
        }
        self.dialogue.close(FAREWELL).await;
    }

    /// MAIL and the recipient for this letter, or why this server cannot take it.
    fn envelope(
        &self,
        from: Option<&Address>,
        to: &Address,
        mail: &[u8],
    ) -> Result<(Mail, lettre::Address), Delivery> {
        let never = |text: String| Delivery::Refused { code: None, text };
        if !has_sound_lines(mail) {
            return Err(never("the mail holds a bare CR or LF".to_owned()));
        }
        let mut parameters = Vec::new();
        if let Some(limit) = self.offers.size {
            if limit > 0 && mail.len() > limit {
                return Err(never(format!("{} bytes; the server takes {limit} at most", mail.len())));
            }
            parameters.push(MailParameter::Size(mail.len()));
        }
        let to_form = wire_form(to);
        let from_form = from.map(wire_form);
        let plain_mail = mail.is_ascii();
        if !(plain_mail && to_form.is_ascii() && from_form.as_ref().is_none_or(|from| from.is_ascii())) {
            if !self.offers.smtputf8 {
                return Err(never(format!("{to} needs SMTPUTF8, which the server does not offer")));
            }
            parameters.push(MailParameter::SmtpUtfEight);
            if !plain_mail && self.offers.eight_bit {
                parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
            }
        }
        let recipient = lettre::Address::from_str(&to_form);
        let recipient =
            recipient.map_err(|_| never(format!("{to} is not an address that SMTP can carry")))?;
        let sender = from_form.map(|from| lettre::Address::from_str(&from)).transpose();
        let sender = sender.map_err(|_| Delivery::Held {
            cause: Hold::Sender,
            code: None,
            text: "the envelope sender is not an address that SMTP can carry".to_owned(),
        })?;
        Ok((Mail::new(sender, parameters), recipient))
    }

    /// `Ok` when the connection is still in step, `Err` when it is not; the outcome either way.
    async fn transact(&mut self, sender: Mail, recipient: Rcpt, mail: &[u8]) -> Result<Delivery, Delivery> {
        let limits = self.deadlines;
        fault_point!("before_mail", lost(Stage::Mail, "a planted fault".to_owned()));
        if self.mail_stands {
            let reply = self.ask(Stage::Mail, &Rset.to_string(), "RSET", limits.mail).await?;
            if reply.code != 250 {
                return Err(Delivery::Host { code: Some(reply.code), text: reply.text() });
            }
            self.mail_stands = false;
        }
        let commands = Commands { mail: sender.to_string(), rcpt: recipient.to_string() };
        let refused = match self.offers.pipelining {
            true => self.ask_at_once(&commands).await?,
            false => self.ask_in_turn(&commands).await?,
        };
        if let Some(outcome) = refused {
            return Ok(outcome);
        }
        fault_point!("before_dot", lost(Stage::Body, "a planted fault".to_owned()));
        if let Err(e) = self.dialogue.body(mail, limits.block).await {
            return Err(self.interrupted(&e).await);
        }
        let reply = self.dialogue.dot(limits.dot).await.map_err(|e| lost(Stage::Dot, e.to_string()))?;
        fault_point!("after_dot", lost(Stage::Dot, "a planted fault".to_owned()));
        self.mail_stands = false;
        let outcome = judged(Stage::Dot, &reply, 200)?;
        Ok(outcome.unwrap_or_else(|| Delivery::Accepted { code: reply.code, reply: reply.text() }))
    }

    /// MAIL, RCPT and DATA, each after the reply to the one before it. `None` when the server waits for the mail; else as
    /// for [`judged`].
    async fn ask_in_turn(&mut self, commands: &Commands) -> Result<Option<Delivery>, Delivery> {
        let limits = self.deadlines;
        let reply = self.ask(Stage::Mail, &commands.mail, "MAIL", limits.mail).await?;
        if let Some(outcome) = judged(Stage::Mail, &reply, 200)? {
            return Ok(Some(outcome));
        }
        self.mail_stands = true;
        let reply = self.ask(Stage::Rcpt, &commands.rcpt, "RCPT", limits.rcpt).await?;
        if let Some(outcome) = judged(Stage::Rcpt, &reply, 200)? {
            return Ok(Some(outcome));
        }
        fault_point!("after_rcpt", lost(Stage::Rcpt, "a planted fault".to_owned()));
        let reply = self.ask(Stage::Data, &Data.to_string(), "DATA", limits.data).await?;
        judged(Stage::Data, &reply, 300)
    }

    /// The same three in one breath (RFC 2920): a letter takes two turns on the wire instead of four.
    async fn ask_at_once(&mut self, commands: &Commands) -> Result<Option<Delivery>, Delivery> {
        let limits = self.deadlines;
        let lines = format!("{}{}{Data}", commands.mail, commands.rcpt);
        let said = self.dialogue.say(&lines, "MAIL", limits.mail).await;
        said.map_err(|e| lost(Stage::Mail, format!("at MAIL: {e}")))?;
        let mail = judged(Stage::Mail, &self.hear(Stage::Mail, "MAIL", limits.mail).await?, 200)?;
        self.mail_stands = mail.is_none();
        let rcpt = self.hear(Stage::Rcpt, "RCPT", limits.rcpt).await;
        let refused = match mail {
            Some(refused) => Some(refused),
            None => judged(Stage::Rcpt, &rcpt?, 200)?,
        };
        fault_point!("after_rcpt", lost(Stage::Rcpt, "a planted fault".to_owned()));
        let data = self.hear(Stage::Data, "DATA", limits.data).await;
        match (refused, data) {
            (None, data) => judged(Stage::Data, &data?, 300),
            (Some(refused), Ok(data)) if data.code >= 400 && data.code != 421 => Ok(Some(refused)),
            // It waits for a mail that has no recipient (RFC 2920, section 3.1), or is gone: leave it.
            (Some(refused), _) => Err(refused),
        }
    }

    async fn hear(&mut self, stage: Stage, what: &str, limit: Duration) -> Result<Reply, Delivery> {
        self.dialogue.reply(what, limit).await.map_err(|e| lost(stage, format!("at {what}: {e}")))
    }

    /// The mail could not be written to its end: perhaps the server said why before it closed.
    async fn interrupted(&mut self, error: &io::Error) -> Delivery {
        match self.dialogue.reply("last words", FAREWELL.min(self.deadlines.block)).await {
            Ok(reply) if reply.code >= 400 => refused(Stage::Body, &reply),
            _ => lost(Stage::Body, error.to_string()),
        }
    }

    async fn ask(
        &mut self,
        stage: Stage,
        line: &str,
        what: &str,
        limit: Duration,
    ) -> Result<Reply, Delivery> {
        self.dialogue.ask(line, what, limit).await.map_err(|e| lost(stage, format!("at {what}: {e}")))
    }
}

/// What a transaction begins with, as lines.
struct Commands {
    mail: String,
    rcpt: String,
}

/// `None`: go on. `Ok`: the outcome, and the connection is in step. `Err`: the outcome, and it is not.
fn judged(stage: Stage, reply: &Reply, wanted: u16) -> Result<Option<Delivery>, Delivery> {
    match reply.code {
        code if (wanted..wanted + 100).contains(&code) => Ok(None),
        200..400 => Err(lost(stage, format!("out of step: {} {}", reply.code, reply.text()))),
        // RFC 5321, section 3.8: after 421 the server closes. 503 says that we are out of step.
        421 | 503 => Err(refused(stage, reply)),
        _ => Ok(Some(refused(stage, reply))),
    }
}

/// Whether every CR stands before a LF and every LF behind a CR: anything else lets some servers see the end of
/// the mail where others do not (SMTP smuggling).
fn has_sound_lines(mail: &[u8]) -> bool {
    let mut expected = None;
    for at in memchr::memchr2_iter(b'\r', b'\n', mail) {
        match (mail[at], expected) {
            (b'\r', None) => expected = Some(at + 1),
            (b'\n', Some(place)) if place == at => expected = None,
            _ => return false,
        }
    }
    expected.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_line_end_is_seen_wherever_it_stands() {
        assert!(has_sound_lines(b"a\r\n.\r\nb"));
        for mail in [&b"a\nb"[..], b"a\rb", b"a\r", b"\n", b"a\r\r\n", b"a\r\n\n"] {
            assert!(!has_sound_lines(mail), "{mail:?}");
        }
    }
}
