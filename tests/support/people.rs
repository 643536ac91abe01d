//! A person at a mail program: writes, waits for answers, replies.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::maildir::{Letter, Maildir};
use super::smtp::{Reply, Smtp};

/// Longest time a mail may take from one mailbox to another on this machine.
pub const SOON: Duration = Duration::from_secs(20);

/// One person with one mailbox.
#[derive(Clone)]
pub struct Person {
    /// The address, without a name.
    pub address: String,
    /// The inbox.
    pub mailbox: Maildir,
    mx: u16,
}

impl Person {
    /// Mail goes out over the MX on port `mx`.
    pub fn new(address: &str, mx: u16, mailbox: Maildir) -> Person {
        Person { address: address.to_owned(), mailbox, mx }
    }

    /// Writes a mail; answers with its Message-ID.
    pub fn writes(&self, to: &str, subject: &str, text: &str) -> String {
        self.sends(to, &[("Subject", subject)], text)
    }

    /// Replies as mail programs do: to Reply-To or From, with In-Reply-To, References and `Re:`, the letter quoted
    /// below the new text. Answers with the reply's Message-ID.
    pub fn replies(&self, letter: &Letter, text: &str) -> String {
        let parsed = letter.parsed();
        let to = parsed.reply_to().or(parsed.from()).and_then(|list| list.first());
        let to = to.and_then(|address| address.address()).expect("somebody to answer").to_owned();
        let id = letter.header("Message-ID").expect("a Message-ID");
        let before = letter.header("References").unwrap_or_default();
        let subject = letter.header("Subject").unwrap_or_default();
        let subject =
            if subject.to_lowercase().starts_with("re:") { subject } else { format!("Re: {subject}") };
        let from = letter.header("From").unwrap_or_default();
        let quoted: String = letter.text().lines().map(|line| format!("> {line}\n")).collect();
        let text = format!("{text}\n\nOn 2 March 2026 {from} wrote:\n{quoted}");
        let references = format!("{before} {id}");
        let headers =
            [("Subject", subject.as_str()), ("In-Reply-To", id.as_str()), ("References", references.trim())];
        self.sends(&to, &headers, &text)
    }

    /// Writes a mail with these headers; From, To, Date, Message-ID and MIME headers are added.
    pub fn sends(&self, to: &str, headers: &[(&str, &str)], text: &str) -> String {
        let id = fresh_id(&self.address);
        let reply = self.sends_raw(to, compose(&self.address, to, &id, headers, text).as_bytes());
        assert!(reply.is_good(), "{} could not write to {to}: {reply:?}", self.address);
        id
    }

    /// Hands these bytes to the MX; answers with its last reply.
    pub fn sends_raw(&self, to: &str, mail: &[u8]) -> Reply {
        Smtp::plain(self.mx).and_then(|mut smtp| smtp.send(&self.address, to, mail)).expect("the MX answers")
    }

    /// Writes `count` mails over one connection as fast as the MX takes them; answers with their Message-IDs. Each
    /// is a matter of its own.
    pub fn writes_many(&self, to: &str, count: usize) -> Vec<String> {
        let mut smtp = Smtp::plain(self.mx).expect("the MX answers");
        let mut ids = Vec::with_capacity(count);
        for number in 1..=count {
            let id = fresh_id(&self.address);
            let subject = format!("Matter {number} of {}", self.address);
            let text = format!("Workstation {number} shows fault {}.", number * 7919);
            let mail = compose(&self.address, to, &id, &[("Subject", &subject)], &text);
            let reply = smtp.send(&self.address, to, mail.as_bytes()).expect("the MX answers");
            assert!(reply.is_good(), "{reply:?}");
            ids.push(id);
        }
        ids
    }

    /// Waits for a letter whose subject contains `words`.
    pub fn gets(&self, words: &str) -> Letter {
        let what = format!("letter about {words:?}");
        self.mailbox.wait_for(&what, SOON, |letter| letter.subject().contains(words))
    }

    /// Waits for the letter that answers the mail with this Message-ID.
    pub fn gets_answer_to(&self, id: &str) -> Letter {
        let what = format!("answer to {id}");
        self.mailbox
            .wait_for(&what, SOON, |letter| letter.header("In-Reply-To").is_some_and(|to| to.contains(id)))
    }
}

/// A Message-ID nobody used before, with its brackets.
pub fn fresh_id(address: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let domain = address.split('@').next_back().unwrap_or("client.example");
    format!("<{}.{}@{domain}>", NEXT.fetch_add(1, Ordering::Relaxed), std::process::id())
}

/// A plain mail as bytes, with CRLF, dated when the tests were written: nobody believes a client's clock.
pub fn compose(from: &str, to: &str, id: &str, headers: &[(&str, &str)], text: &str) -> String {
    let rest: String = headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let mail = format!(
        "From: {from}\nTo: {to}\n{rest}Date: Mon, 2 Mar 2026 09:12:00 +0200\nMessage-ID: {id}\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    );
    mail.replace('\n', "\r\n")
}
