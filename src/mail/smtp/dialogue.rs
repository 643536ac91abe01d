//! Lines to the server and replies from it, each step under its deadline.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::mail::wire::{Wire, within};

/// RFC 5321 allows 512; servers with long explanations exist.
const LINE_BYTES_MAX: usize = 4096;
const LINES_MAX: usize = 128;
const TEXT_CHARS_MAX: usize = 500;
const BLOCK_BYTES: usize = 64 * 1024;

/// One reply: its code and its lines without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// 200 to 599.
    pub code: u16,
    /// Cleaned of what must not reach a log or a letter.
    pub lines: Vec<String>,
}

impl Reply {
    /// All lines as one, cut to 500 characters.
    pub fn text(&self) -> String {
        self.lines.join(" ").trim().chars().take(TEXT_CHARS_MAX).collect()
    }
}

/// The two directions of one connection.
#[derive(Debug)]
pub(super) struct Dialogue {
    wire: Wire,
    unread: Vec<u8>,
}

impl Dialogue {
    pub fn new(wire: Wire) -> Dialogue {
        Dialogue { wire, unread: Vec::with_capacity(1024) }
    }

    /// The bare stream, for the TLS handshake.
    ///
    /// # Errors
    /// The server has said more than we asked for: in plain text, before TLS, anybody may have said it
    /// (RFC 3207, section 4.2, and the injections known since 2011).
    pub fn into_wire(self) -> io::Result<Wire> {
        if self.unread.is_empty() {
            return Ok(self.wire);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "unprotected bytes behind the STARTTLS reply"))
    }

    /// Says one command line, CRLF included, and reads the reply, both within `limit`.
    ///
    /// # Errors
    /// The connection is lost, silent, or speaks something else than SMTP.
    pub async fn ask(&mut self, line: &str, what: &str, limit: Duration) -> io::Result<Reply> {
        within(limit, what, async {
            if !self.unread.is_empty() {
                // Nothing was asked, so this is a farewell (421), or the two sides are out of step.
                let farewell = self.next_reply().await?;
                return if farewell.code == 421 {
                    Ok(farewell)
                } else {
                    Err(garbage("a reply nobody asked for"))
                };
            }
            self.wire.write_all(line.as_bytes()).await?;
            self.wire.flush().await?;
            self.next_reply().await
        })
        .await
    }

    /// Reads one reply within `limit`, however slowly its bytes come.
    ///
    /// # Errors
    /// As for [`Dialogue::ask`].
    pub async fn reply(&mut self, what: &str, limit: Duration) -> io::Result<Reply> {
        within(limit, what, self.next_reply()).await
    }

    /// Says several command lines at once (RFC 2920), each with its CRLF, within `limit`; the replies are read one by one
    /// with [`Dialogue::reply`].
    ///
    /// # Errors
    /// As for [`Dialogue::ask`].
    pub async fn say(&mut self, lines: &str, what: &str, limit: Duration) -> io::Result<()> {
        if self.unread.starts_with(b"421") {
            // A farewell; it stands there for the one who reads the first reply.
            return Ok(());
        }
        if !self.unread.is_empty() {
            return Err(garbage("a reply nobody asked for"));
        }
        within(limit, what, async {
            self.wire.write_all(lines.as_bytes()).await?;
            self.wire.flush().await
        })
        .await
    }

    /// Writes a mail of CRLF lines with its dots doubled (RFC 5321, section 4.5.2) and the final dot behind it. `limit` is
    /// for each block.
    ///
    /// # Errors
    /// The connection is lost or takes no more. The final dot stands at the end of the last block, so the server
    /// cannot have it, and cannot have taken the mail.
    pub async fn body(&mut self, mail: &[u8], limit: Duration) -> io::Result<()> {
        let mut rest = mail;
        let mut line_start = true;
        let mut out = Vec::with_capacity(mail.len().min(BLOCK_BYTES) + 64);
        loop {
            let block;
            (block, rest) = rest.split_at(rest.len().min(BLOCK_BYTES));
            out.clear();
            double_dots(block, line_start, &mut out);
            line_start = if block.is_empty() { line_start } else { block.ends_with(b"\n") };
            let is_last = rest.is_empty();
            if is_last {
                out.extend_from_slice(if line_start { b".\r\n" } else { b"\r\n.\r\n" });
            }
            within(limit, "sending the mail", self.wire.write_all(&out)).await?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Sees the final dot off and reads what became of the mail.
    ///
    /// # Errors
    /// Nobody knows what became of it.
    pub async fn dot(&mut self, limit: Duration) -> io::Result<Reply> {
        within(limit, "waiting for the answer to the final dot", async {
            self.wire.flush().await?;
            fault_point!("dot_said", io::Error::other("a planted fault"));
            self.next_reply().await
        })
        .await
    }

    /// Closes the stream; TLS says so to the other side.
    pub async fn close(&mut self, limit: Duration) {
        // Whatever the server makes of it, we are leaving.
        let _ = within(limit, "closing", self.wire.shutdown()).await;
    }

    async fn next_reply(&mut self) -> io::Result<Reply> {
        let mut lines = Vec::new();
        let mut code = None;
        while lines.len() < LINES_MAX {
            let line = self.line().await?;
            let (digits, rest) =
                line.split_at_checked(3).ok_or_else(|| garbage("a line without a reply code"))?;
            let found = digits.parse::<u16>().ok().filter(|n| (200..600).contains(n));
            let found = found.ok_or_else(|| garbage("a line without a reply code"))?;
            if *code.get_or_insert(found) != found {
                return Err(garbage("a reply with two codes"));
            }
            let more = rest.starts_with('-');
            if !more && !rest.is_empty() && !rest.starts_with(' ') {
                return Err(garbage("a line without a reply code"));
            }
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !more {
                return Ok(Reply { code: found, lines });
            }
        }
        Err(garbage("a reply without end"))
    }

    /// The next line, cleaned; bytes that are not UTF-8 (older servers speak their country's charset) are replaced.
    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.unread.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end_matches(['\r', '\n']);
                return Ok(text.chars().map(|c| if c.is_control() { '?' } else { c }).collect());
            }
            if self.unread.len() > LINE_BYTES_MAX {
                return Err(garbage("a line without end"));
            }
            if self.wire.read_buf(&mut self.unread).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
            }
        }
    }
}

fn garbage(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the server sent {what}"))
}

/// Puts `block` into `out`, the dots doubled that begin a line.
fn double_dots(block: &[u8], line_start: bool, out: &mut Vec<u8>) {
    if line_start && block.first() == Some(&b'.') {
        out.push(b'.');
    }
    let mut done = 0;
    for line_end in memchr::memmem::find_iter(block, b"\n.") {
        out.extend_from_slice(&block[done..=line_end]);
        out.push(b'.');
        done = line_end + 1;
    }
    out.extend_from_slice(&block[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    async fn heard(bytes: &[u8]) -> io::Result<Reply> {
        let (near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(bytes).await.expect("room for it");
        drop(far);
        Dialogue::new(Box::new(near)).reply("a reply", LIMIT).await
    }

    #[tokio::test]
    async fn replies_of_one_and_many_lines_are_read() {
        for (bytes, code, text) in [
            (&b"250 2.0.0 Ok\r\n"[..], 250, "2.0.0 Ok"),
            (b"250\r\n", 250, ""),
            (b"250-desk.example\r\n250-SIZE 10\r\n250 HELP\r\n", 250, "desk.example SIZE 10 HELP"),
            (b"550 no\n", 550, "no"),
            (b"550 \xcf\xcf \x1b[31m\r\n", 550, "\u{fffd}\u{fffd} ?[31m"),
        ] {
            let reply = heard(bytes).await.expect("a reply");
            assert_eq!((reply.code, reply.text().as_str()), (code, text));
        }
    }

    #[tokio::test]
    async fn what_is_no_reply_is_an_error() {
        let endless = b"250-more\r\n".repeat(200);
        let long = [&b"250 "[..], &b"x".repeat(9000)].concat();
        for bytes in [
            &b""[..],
            b"250",
            b"250-a\r\n",
            b"+OK\r\n",
            b"25\r\n",
            b"999 x\r\n",
            b"250-a\r\n550 b\r\n",
            &endless,
            &long,
        ] {
            assert!(
                heard(bytes).await.is_err(),
                "{:?}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(40)])
            );
        }
    }

    #[tokio::test]
    async fn dots_are_doubled_wherever_a_line_begins_and_nowhere_else() {
        let across = [&b"x".repeat(BLOCK_BYTES - 2)[..], b"\r\n.y\r\n"].concat();
        let across_doubled = [&b"x".repeat(BLOCK_BYTES - 2)[..], b"\r\n..y\r\n"].concat();
        for (mail, sent) in [
            (&b"a\r\n.\r\nb\r\n"[..], &b"a\r\n..\r\nb\r\n"[..]),
            (b".a\r\n", b"..a\r\n"),
            (b"a.b\r\n..c\r\n", b"a.b\r\n...c\r\n"),
            (b"a", b"a\r\n"),
            (b"", b""),
            (&across, &across_doubled),
        ] {
            let (near, mut far) = tokio::io::duplex(4 * BLOCK_BYTES);
            Dialogue::new(Box::new(near)).body(mail, LIMIT).await.expect("room for it");
            let mut got = Vec::new();
            far.read_to_end(&mut got).await.expect("all of it");
            let sent = [sent, b".\r\n"].concat();
            assert!(got == sent, "{:?}", String::from_utf8_lossy(&got[got.len().saturating_sub(40)..]));
        }
    }
}
