//! Robots that answer whatever they hear, as programs in the world do.

use maildesk::domain::address::Address;
use maildesk::domain::message::Incoming;

use super::town::Mail;

/// How a robot answers.
#[derive(Clone)]
pub enum Ways {
    /// A person: hears and says nothing.
    Person,
    /// Everything, without any mark, under a new subject, from a plus address that changes each time.
    Changing,
    /// The same from another mailbox each time.
    Rotating,
    /// To the reply address and with its thread, without any mark, as a mail program does.
    Threading,
    /// As RFC 3834 wants it.
    Vacation,
    /// An absence note by its subject alone.
    Away(&'static str),
    /// A formal report to the envelope sender, and to nobody where that is empty.
    Bounces,
    /// A text to the From, whatever the envelope sender is.
    BouncesToFrom,
    /// Sends everything on to its members, the desk among them.
    List,
    /// The same under its own name, with an id of its own.
    RewritingList,
    /// A ticket system that marks its answers in its own way.
    Tickets(&'static str),
    /// A ticket system that marks nothing and numbers what it gets.
    BareTickets,
    /// Asks whoever writes to prove that he is a person.
    Challenge,
    /// Sends everything on, as it came, to another address.
    Forwards(&'static str),
}

pub struct Robot {
    pub address: Address,
    ways: Ways,
    pub heard: usize,
}

pub fn address(text: &str) -> Address {
    Address::parse(text).expect("an address")
}

/// A mail as a program writes it; `further` are whole header lines.
pub fn written(id: &str, from: &str, to: &Address, subject: &str, further: &str, text: &str) -> Mail {
    let raw = format!("From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{id}>\n{further}\n{text}\n");
    let from = Some(from.rsplit('<').next().unwrap_or(from).trim_end_matches('>')).and_then(Address::parse);
    Mail { from, to: to.clone(), raw: raw.replace('\n', "\r\n").into_bytes() }
}

impl Robot {
    pub fn new(at: &str, ways: Ways) -> Robot {
        Robot { address: address(at), ways, heard: 0 }
    }

    /// What it asks the desk of its own accord, so that there is something to answer.
    pub fn asks(&self, desk: &Address) -> Mail {
        let (id, from) = (format!("first@{}", self.address.domain()), self.address.as_str());
        let marks =
            if matches!(self.ways, Ways::List | Ways::RewritingList) { "Precedence: list\n" } else { "" };
        let text = "Could you tell me, please, how we can rent a berth for the summer?";
        written(&id, from, desk, &format!("A berth for {}", self.address.local()), marks, text)
    }

    pub fn hears(&mut self, mail: &Mail, read: &Incoming) -> Vec<Mail> {
        self.heard += 1;
        let n = self.heard;
        let Some(sender) = read.from.mailbox().map(|m| m.address.clone()) else { return Vec::new() };
        let (own, domain) = (self.address.as_str(), self.address.domain());
        let id = format!("{n}.{}@{domain}", self.address.local());
        let subject = format!("Re: {}", read.subject);
        let say = |from: &str, to: &Address, subject: &str, further: &str, text: &str| {
            vec![written(&id, from, to, subject, further, text)]
        };
        let we_got = format!("We have received your message number {n} and will look into it soon.");
        let local = self.address.local();
        match &self.ways {
            Ways::Person => Vec::new(),
            Ways::Changing => {
                let from = format!("{local}+{n}@{domain}");
                say(&from, &sender, &format!("Your message {n}"), "", &we_got)
            }
            Ways::Rotating => {
                let from = format!("{local}{n}@{domain}");
                let mut mails = say(&from, &sender, &format!("Your message {n}"), "", &we_got);
                mails.iter_mut().for_each(|mail| mail.from = Some(self.address.clone()));
                mails
            }
            Ways::Threading => {
                let to = read.reply_to.as_ref().map_or(&sender, |reply_to| &reply_to.address);
                let thread = format!("In-Reply-To: <{}>\n", read.message_id.clone().unwrap_or_default());
                say(own, to, &subject, &thread, &we_got)
            }
            Ways::Vacation => say(
                own,
                &sender,
                &format!("Away: {}", read.subject),
                "Auto-Submitted: auto-replied\n",
                "I am away.",
            ),
            Ways::Away(words) => say(
                own,
                &sender,
                &format!("{words}: {}", read.subject),
                "",
                "I am away until the end of the month.",
            ),
            Ways::Bounces => mail.from.iter().map(|back| self.report(back, read, &id)).collect(),
            Ways::BouncesToFrom => {
                let text = format!("{own}: 550 5.1.1 user unknown");
                say(&format!("MAILER-DAEMON@{domain}"), &sender, "Mail delivery failed", "", &text)
            }
            Ways::List => {
                let mut raw = b"List-Id: <club.example.test>\r\nPrecedence: list\r\n".to_vec();
                raw.extend_from_slice(&mail.raw);
                vec![Mail { from: Some(self.address.clone()), to: sender.base(), raw }]
            }
            Ways::RewritingList => {
                let marks = "List-Id: <club.example.test>\nPrecedence: list\n";
                say(own, &sender.base(), &format!("[Club] {}", read.subject), marks, &read.text)
            }
            Ways::Tickets(marks) => {
                say(own, &sender, &format!("[Ticket#2026{n:04}] {}", read.subject), marks, &we_got)
            }
            Ways::BareTickets => say(own, &sender, &format!("{} [#{n}]", read.subject), "", &we_got),
            Ways::Challenge => {
                let subject = format!("Please confirm: {}", read.subject);
                say(own, &sender, &subject, "", "Follow the link to prove that you are no robot.")
            }
            Ways::Forwards(to) => {
                vec![Mail { from: mail.from.clone(), to: address(to), raw: mail.raw.clone() }]
            }
        }
    }

    fn report(&self, back: &Address, read: &Incoming, id: &str) -> Mail {
        let domain = self.address.domain();
        let marks =
            "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n";
        let text = format!(
            "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n--b\nContent-Type: message/delivery-status\n\n\
             Reporting-MTA: dns; {domain}\n\nFinal-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1\n\
             --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{}>\n--b--",
            self.address,
            read.message_id.clone().unwrap_or_default()
        );
        let subject = "Undelivered Mail Returned to Sender";
        let mail = written(id, &format!("MAILER-DAEMON@{domain}"), back, subject, marks, &text);
        Mail { from: None, ..mail }
    }
}
