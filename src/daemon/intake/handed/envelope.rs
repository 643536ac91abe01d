//! The envelope of a mail that was handed over (RFC 5321, section 2.3.1), and whose it is.

use std::sync::Arc;

use bytes::Bytes;

use crate::daemon::house::Desks;
use crate::desk::Desk;
use crate::domain::address::Address;

/// From whom and to whom, as whoever hands it over says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse path without its brackets; empty is `<>`, by which nothing may be answered. `None`: nobody told,
    /// and what the mail itself says counts.
    pub sender: Option<String>,
    /// The recipients of one desk, as they were written.
    pub recipients: Vec<String>,
}

impl Envelope {
    /// The mail as the final delivery leaves it (RFC 5321, section 4.4): the envelope in front, for everything that
    /// reads the mail later. No trace line with a time: the same mail handed over again must stay the same.
    pub fn before(&self, mail: &[u8]) -> Bytes {
        let mail = without_mbox_line(mail);
        // As the mail ends its lines, so that a mail with LF alone is one throughout.
        let first = mail.iter().position(|byte| *byte == b'\n');
        let end = if first.is_some_and(|at| at > 0 && mail[at - 1] != b'\r') { "\n" } else { "\r\n" };
        let mut lines = String::new();
        if let Some(sender) = &self.sender {
            lines.push_str(&format!("Return-Path: <{}>{end}", clean(sender)));
        }
        for recipient in &self.recipients {
            lines.push_str(&format!("Delivered-To: {}{end}", clean(recipient)));
        }
        lines.as_bytes().iter().chain(mail).copied().collect()
    }
}

/// `From ona@client.example Mon Mar  2 …`, which pipes like to put in front.
fn without_mbox_line(mail: &[u8]) -> &[u8] {
    if !mail.starts_with(b"From ") {
        return mail;
    }
    mail.iter().position(|byte| *byte == b'\n').map_or(mail, |end| &mail[end + 1..])
}

/// Nothing in an envelope begins a line of its own.
fn clean(path: &str) -> String {
    path.chars().filter(|c| !c.is_control() && !"<>".contains(*c)).collect()
}

/// The desk that a recipient belongs to, of those that are served this way: by its address with any plus tag, or as
/// an alias, whose mail is the first desk's.
pub fn desk_of<'d>(
    desks: &'d Desks,
    served: &[impl AsRef<str>],
    aliases: &[Address],
    to: &str,
) -> Option<&'d Arc<Desk>> {
    let base = Address::parse(to)?.base();
    let mut own = served.iter().filter_map(|id| desks.get(id.as_ref()));
    let first = served.first().and_then(|id| desks.get(id.as_ref()));
    own.find(|desk| desk.rules.address == base).or(first.filter(|_| aliases.contains(&base)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(envelope: &Envelope, mail: &str) -> String {
        String::from_utf8(envelope.before(mail.as_bytes()).to_vec()).expect("text")
    }

    #[test]
    fn the_envelope_stands_before_the_mail_in_the_mails_own_line_ends() {
        let envelope = Envelope {
            sender: Some("ona@client.example".to_owned()),
            recipients: vec!["support+7@desk.example".to_owned(), "info@desk.example".to_owned()],
        };
        assert_eq!(
            text(&envelope, "Subject: x\r\n\r\nbody"),
            "Return-Path: <ona@client.example>\r\nDelivered-To: support+7@desk.example\r\n\
             Delivered-To: info@desk.example\r\nSubject: x\r\n\r\nbody"
        );
        let bounce = Envelope { sender: Some(String::new()), recipients: Vec::new() };
        assert_eq!(text(&bounce, "Subject: x\n\nbody"), "Return-Path: <>\nSubject: x\n\nbody");
    }

    #[test]
    fn a_line_of_an_mbox_is_left_out_and_an_address_begins_no_line() {
        let envelope = Envelope { sender: Some("a@b\r\nBcc: c@d".to_owned()), recipients: Vec::new() };
        let mail = "From a@b Mon Mar  2 09:12:00 2026\nSubject: x\n\nFrom here on";
        assert_eq!(text(&envelope, mail), "Return-Path: <a@bBcc: c@d>\nSubject: x\n\nFrom here on");
    }
}
