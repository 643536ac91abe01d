//! A mail arrives: trace headers on top, into the INBOX, into the log of deliveries.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::directory::Route;
use super::mailbox::{Flags, INBOX};
use super::state::Shared;

/// How a mail came into the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Over SMTP: the protocol word of RFC 3848 (`ESMTP`, `ESMTPA`, ...) and who the client said it was.
    Smtp {
        /// The word after `with` in `Received`.
        protocol: &'static str,
        /// The name given at EHLO or HELO.
        helo: String,
    },
    /// Handed over inside the process, as if from outside.
    Process,
}

/// One mail that reached one recipient.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The address as the sender of the mail wrote it, extension and all.
    pub recipient: String,
    /// The account whose INBOX has it.
    pub account: String,
    /// The envelope sender; empty for `<>`.
    pub envelope_sender: String,
    /// The UID in the INBOX.
    pub uid: u32,
    /// When, by the sandbox's clock.
    pub received: Timestamp,
    /// How it came.
    pub via: Via,
    /// The mail as stored: trace headers, then what was sent.
    pub bytes: Arc<[u8]>,
}

/// A place in the log of deliveries; reading never misses one, however slow the reader.
pub struct Deliveries {
    pub(super) shared: Arc<Shared>,
    pub(super) next: usize,
}

impl Deliveries {
    /// The next delivery; waits for it. `None` when the sandbox stopped and everything was read.
    pub async fn next(&mut self) -> Option<Arc<Delivery>> {
        let mut bell = self.shared.listen();
        loop {
            if let Some(delivery) = self.try_next() {
                return Some(delivery);
            }
            tokio::select! {
                _ = bell.changed() => {}
                () = self.shared.stopping.cancelled() => return self.try_next(),
            }
        }
    }

    /// The next delivery, if it is there already.
    pub fn try_next(&mut self) -> Option<Arc<Delivery>> {
        let delivery = self.shared.look().log.get(self.next).cloned()?;
        self.next += 1;
        Some(delivery)
    }
}

/// One mail with its envelope, before delivery.
pub(super) struct Incoming<'a> {
    pub envelope_sender: &'a str,
    pub via: &'a Via,
    pub bytes: &'a [u8],
}

/// Delivers to every recipient and gives the deliveries in their order. All of them appear at once.
pub(super) fn deliver(shared: &Shared, mail: &Incoming<'_>, to: &[(String, Route)]) -> Vec<Arc<Delivery>> {
    let received = (shared.clock)();
    let body = with_crlf(mail.bytes);
    shared.change(|state| {
        let mut made = Vec::with_capacity(to.len());
        for (recipient, route) in to {
            let id = state.log.len() + 1;
            let mut bytes = trace_headers(shared, mail, recipient, route, received, id).into_bytes();
            bytes.extend_from_slice(&body);
            let bytes: Arc<[u8]> = bytes.into();
            let inbox = state.folder_mut(&route.account, INBOX).expect("INBOX cannot be deleted");
            let uid = inbox.add(bytes.clone(), Flags::default(), received);
            let delivery = Arc::new(Delivery {
                recipient: recipient.clone(),
                account: route.account.clone(),
                envelope_sender: mail.envelope_sender.to_owned(),
                uid,
                received,
                via: mail.via.clone(),
                bytes,
            });
            state.log.push(delivery.clone());
            made.push(delivery);
        }
        made
    })
}

/// The lines a server of final delivery puts on top (RFC 5321, 4.4).
fn trace_headers(
    shared: &Shared,
    mail: &Incoming<'_>,
    recipient: &str,
    route: &Route,
    received: Timestamp,
    id: usize,
) -> String {
    let date = rfc5322_date(received);
    let host = &shared.hostname;
    let (from, with) = match mail.via {
        Via::Smtp { protocol, helo } => (format!("from {helo} (loopback [127.0.0.1]) "), *protocol),
        Via::Process => (String::new(), "local"),
    };
    format!(
        "Return-Path: <{sender}>\r\n\
         X-Original-To: {recipient}\r\n\
         Delivered-To: {delivered_to}\r\n\
         Received: {from}by {host} (maildesk sandbox)\r\n\
         \twith {with} id {id:06}\r\n\
         \tfor <{recipient}>; {date}\r\n",
        sender = mail.envelope_sender,
        delivered_to = route.delivered_to,
    )
}

/// A date as mail headers write it, in UTC.
fn rfc5322_date(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Lines end in CRLF in a mailbox (RFC 5322, 2.3); a bare LF is made one, as other servers do.
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    let mut before = 0;
    for &byte in bytes {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_line_feed_becomes_crlf_and_a_whole_one_stays() {
        assert_eq!(with_crlf(b"a\nb\r\n\n\rc\r\n"), b"a\r\nb\r\n\r\n\rc\r\n");
    }

    #[test]
    fn the_date_is_written_as_mail_writes_it() {
        let at: Timestamp = "2026-03-02T07:12:05.9Z".parse().unwrap();
        assert_eq!(rfc5322_date(at), "Mon, 02 Mar 2026 07:12:05 +0000");
    }
}
