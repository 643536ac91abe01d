//! One command and its answer: the only way anything is said to an IMAP server.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_imap::Client;
use async_imap::imap_proto::rfc4315::UidSetMember;
use async_imap::imap_proto::{MailboxDatum, Outcome, Response, ResponseCode, Status};
use futures_util::FutureExt;
use tokio::io::AsyncWriteExt;

use super::patient::Patient;
use super::{Deadlines, Trouble};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Ok,
    No,
    Bad,
}

/// The response codes that mean something to us (RFC 9051, section 7.1; RFC 4315; RFC 5530).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Code {
    ReadOnly,
    TryCreate,
    CopyUid(Vec<UidSetMember>),
    AppendUid(u32, Option<u32>),
    None,
}

/// The tagged line that ended a command.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) code: Code,
    /// The human text, with a code that the parser does not know in front.
    pub(super) text: String,
}

impl Answer {
    pub(super) fn is_ok(&self) -> bool {
        self.verdict == Verdict::Ok
    }

    /// The word of a bracketed code which the parser left in the text, in capitals; else empty.
    pub(super) fn word(&self) -> String {
        let inside = self.text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let word = inside.and_then(|(code, _)| code.split_ascii_whitespace().next()).unwrap_or_default();
        word.to_ascii_uppercase()
    }

    /// OK, or the trouble that the refusal means.
    pub(super) fn expect_ok(self, what: &str) -> Result<Answer, Trouble> {
        if self.is_ok() { Ok(self) } else { Err(self.trouble(what)) }
    }

    /// What a NO or BAD means for us (codes of RFC 5530).
    pub(super) fn trouble(&self, what: &str) -> Trouble {
        let verdict = if self.verdict == Verdict::Bad { "BAD" } else { "NO" };
        let text = format!("{what}: {verdict} {}", self.text);
        match self.word().as_str() {
            _ if self.code == Code::TryCreate => Trouble::gone(text),
            "NONEXISTENT" => Trouble::gone(text),
            "AUTHENTICATIONFAILED"
            | "AUTHORIZATIONFAILED"
            | "EXPIRED"
            | "PRIVACYREQUIRED"
            | "CONTACTADMIN"
            | "NOPERM"
            | "OVERQUOTA" => Trouble::refused(text),
            "UNAVAILABLE" | "INUSE" | "LIMIT" | "SERVERBUG" => Trouble::network(text),
            _ => Trouble::protocol(text),
        }
    }
}

/// What the server said last.
#[derive(Debug)]
pub(super) enum Heard {
    /// The tagged line: the command is over.
    Done(Answer),
    /// A `+` and its text.
    Continue(String),
    /// Something beside the command.
    Untagged,
}

/// A connection that speaks IMAP, and what it noticed by the way.
pub(super) struct Line {
    client: Client<Patient>,
    tags: u32,
    /// False while a command is under way, and for ever after one that did not end cleanly.
    usable: bool,
    /// After our LOGOUT a BYE is what we asked for.
    leaving: bool,
    deadlines: Deadlines,
    /// Messages in the selected folder, as far as the server told.
    exists: Option<u32>,
    /// Something came, went or was counted anew since [`Line::take_news`].
    news: bool,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("usable", &self.usable)
            .field("commands", &self.tags)
            .finish_non_exhaustive()
    }
}

impl Line {
    pub(super) fn new(stream: Patient, deadlines: Deadlines) -> Line {
        let client = Client::new(stream);
        Line { client, tags: 0, usable: true, leaving: false, deadlines, exists: None, news: false }
    }

    pub(super) fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    pub(super) fn usable(&self) -> bool {
        self.usable
    }

    pub(super) fn leave(&mut self) {
        self.leaving = true;
    }

    /// Whether something changed since the last call; the question resets it.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    /// As [`Line::take_news`], without resetting it.
    pub(super) fn has_news(&self) -> bool {
        self.news
    }

    /// Forgets what is known of the selected folder.
    pub(super) fn forget_folder(&mut self) {
        self.exists = None;
        self.news = false;
    }

    /// The stream below, for the way into TLS; what the parser still held is thrown away.
    pub(super) fn into_stream(self) -> Patient {
        self.client.into_inner()
    }

    /// Whether nothing came behind the answer to the last command (RFC 9051, section 6.2.1).
    pub(super) fn nothing_behind_answer(&self) -> bool {
        self.client.get_ref().ends_with_answer_to(&self.tag())
    }

    /// Runs one command to its tagged answer. `on` sees each untagged response.
    ///
    /// # Errors
    /// `Network` when the connection is lost, silent or over; `Protocol` when the server's words cannot be
    /// understood. A NO or BAD is not an error here: the answer says so.
    pub(super) async fn exec(
        &mut self,
        command: &str,
        on: impl FnMut(&Response<'_>),
    ) -> Result<Answer, Trouble> {
        self.converse(command, |_| None, on).await
    }

    /// As [`Line::exec`], for commands that the server interrupts with `+`: `reply` gives the bytes to send
    /// then, None where no further `+` is expected.
    pub(super) async fn converse(
        &mut self,
        command: &str,
        reply: impl FnMut(&str) -> Option<Vec<u8>>,
        on: impl FnMut(&Response<'_>),
    ) -> Result<Answer, Trouble> {
        let limit = self.deadlines.command;
        self.converse_within(limit, command, reply, on).await
    }

    /// As [`Line::converse`] with a limit of its own for the whole exchange.
    pub(super) async fn converse_within(
        &mut self,
        limit: Duration,
        command: &str,
        mut reply: impl FnMut(&str) -> Option<Vec<u8>>,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<Answer, Trouble> {
        let what = name_of(command);
        let exchange = async {
            self.begin(command).await?;
            loop {
                match self.next(what, &mut on).await? {
                    Heard::Done(answer) => return Ok(answer),
                    Heard::Untagged => {}
                    Heard::Continue(text) => match reply(&text) {
                        Some(bytes) => self.write(what, &bytes).await?,
                        None => return Err(Trouble::protocol(format!("{what}: an unexpected +"))),
                    },
                }
            }
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(Trouble::network(format!("{what}: not done in {limit:?}"))),
        }
    }

    /// Sends a command. From here to its tagged answer the session counts as over, so that a future dropped in
    /// the middle cannot leave its answer to the next command.
    pub(super) async fn begin(&mut self, command: &str) -> Result<(), Trouble> {
        if !self.usable {
            return Err(Trouble::network("the session is over"));
        }
        self.usable = false;
        self.tags += 1;
        let quiet = self.deadlines.quiet;
        self.set_quiet(quiet);
        let text = format!("{} {command}\r\n", self.tag());
        self.write(name_of(command), text.as_bytes()).await
    }

    /// Writes raw bytes. We write past the library: it would log the password, and use four writes for a line.
    pub(super) async fn write(&mut self, what: &str, bytes: &[u8]) -> Result<(), Trouble> {
        let stream = self.client.get_mut();
        let written = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        written.await.map_err(|error| Trouble::from_io(what, &error))
    }

    pub(super) fn set_quiet(&mut self, quiet: Duration) {
        self.client.get_mut().set_quiet(quiet);
    }

    /// The next response, noted; `on` sees it if it is untagged. May be dropped while it waits: half a response
    /// stays in the buffer.
    pub(super) async fn next(
        &mut self,
        what: &str,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<Heard, Trouble> {
        let read = AssertUnwindSafe(self.client.read_response()).catch_unwind().await;
        let response = match read {
            Ok(Ok(Some(response))) => response,
            Ok(Ok(None)) => {
                return Err(Trouble::network(format!("{what}: the server closed the connection")));
            }
            Ok(Err(error)) => return Err(Trouble::from_io(what, &error)),
            // The parser panics on some answers, such as an INTERNALDATE of NIL.
            Err(_) => return Err(Trouble::protocol(format!("{what}: the answer broke the parser"))),
        };
        match response.parsed() {
            done @ Response::Done { .. } => self.finish(what, done).map(Heard::Done),
            Response::Continue(outcome) => {
                Ok(Heard::Continue(outcome.information.as_deref().unwrap_or_default().to_owned()))
            }
            untagged => {
                self.note(what, untagged)?;
                on(untagged);
                Ok(Heard::Untagged)
            }
        }
    }

    /// Ends the command under way with its tagged answer.
    fn finish(&mut self, what: &str, done: &Response<'_>) -> Result<Answer, Trouble> {
        let Response::Done { tag, status, outcome } = done else {
            return Err(Trouble::protocol(format!("{what}: not an answer")));
        };
        if tag.0 != self.tag() || self.usable {
            return Err(Trouble::protocol(format!("{what}: an answer to a command never given")));
        }
        let verdict = match status {
            Status::Ok => Verdict::Ok,
            Status::No => Verdict::No,
            Status::Bad => Verdict::Bad,
            Status::PreAuth | Status::Bye => {
                return Err(Trouble::protocol(format!("{what}: an answer that is none")));
            }
        };
        self.usable = true;
        let text = outcome.information.as_deref().unwrap_or_default().to_owned();
        Ok(Answer { verdict, code: code_of(outcome), text })
    }

    fn tag(&self) -> String {
        format!("m{}", self.tags)
    }

    /// Remembers what is told by the way. The count is compared, for some servers repeat it with every answer.
    fn note(&mut self, what: &str, response: &Response<'_>) -> Result<(), Trouble> {
        match response {
            Response::Data { status: Status::Bye, outcome } if !self.leaving => {
                let text = outcome.information.as_deref().unwrap_or_default();
                return Err(Trouble::network(format!("{what}: BYE {text}")));
            }
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                self.news |= self.exists.is_some_and(|known| known != *count);
                self.exists = Some(*count);
            }
            Response::Expunge(_) | Response::Vanished { earlier: false, .. } => {
                let gone = match response {
                    Response::Vanished { uids, .. } => uids.iter().map(span).fold(0u32, u32::saturating_add),
                    _ => 1,
                };
                self.news = true;
                self.exists = self.exists.map(|known| known.saturating_sub(gone));
            }
            _ => {}
        }
        Ok(())
    }
}

fn span(range: &std::ops::RangeInclusive<u32>) -> u32 {
    range.end().saturating_sub(*range.start()).saturating_add(1)
}

/// The command's name without its arguments, which may hold a password.
fn name_of(command: &str) -> &str {
    let first = command.find(' ').unwrap_or(command.len());
    if &command[..first] != "UID" {
        return &command[..first];
    }
    let second = command[first + 1..].find(' ').map_or(command.len(), |at| first + 1 + at);
    &command[..second]
}

pub(super) fn code_of(outcome: &Outcome<'_>) -> Code {
    match &outcome.code {
        Some(ResponseCode::ReadOnly) => Code::ReadOnly,
        Some(ResponseCode::TryCreate) => Code::TryCreate,
        Some(ResponseCode::CopyUid(_, from, _)) => Code::CopyUid(from.clone()),
        Some(ResponseCode::AppendUid(validity, uids)) => Code::AppendUid(
            *validity,
            match uids.as_slice() {
                [UidSetMember::Uid(uid)] => Some(*uid),
                _ => None,
            },
        ),
        _ => Code::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no(text: &str) -> Answer {
        Answer { verdict: Verdict::No, code: Code::None, text: text.to_owned() }
    }

    #[test]
    fn each_refusal_asks_for_one_reaction() {
        assert!(matches!(no("[NONEXISTENT] Mailbox doesn't exist").trouble("SELECT"), Trouble::Gone(_)));
        assert!(matches!(no("[AUTHENTICATIONFAILED] bad").trouble("LOGIN"), Trouble::Refused(_)));
        assert!(matches!(no("[noperm] rights").trouble("SELECT"), Trouble::Refused(_)));
        assert!(matches!(no("[UNAVAILABLE] later").trouble("LOGIN"), Trouble::Network(_)));
        assert!(matches!(no("Unsafe Login").trouble("SELECT"), Trouble::Protocol(_)));
        let bad = Answer { verdict: Verdict::Bad, ..no("User is authenticated but not connected.") };
        assert!(matches!(bad.trouble("SELECT"), Trouble::Protocol(_)));
    }

    #[test]
    fn the_name_of_a_command_holds_no_argument() {
        assert_eq!(name_of("LOGIN \"ona\" \"slaptas\""), "LOGIN");
        assert_eq!(name_of("UID FETCH 1:3 (UID)"), "UID FETCH");
        assert_eq!(name_of("NOOP"), "NOOP");
    }
}
