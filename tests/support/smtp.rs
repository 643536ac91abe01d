//! SMTP spoken word by word, so that a story sees each reply (RFC 5321).

use std::io;
use std::path::Path;

use super::wire::Line;

/// A server's reply: its code and its text, lines joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

impl Reply {
    /// 2yz or 3yz.
    pub fn is_good(&self) -> bool {
        (200..400).contains(&self.code)
    }
}

/// One conversation with a server, greeted and past EHLO.
pub struct Smtp {
    line: Line,
    /// What the server offered after the last EHLO.
    pub offers: String,
}

impl Smtp {
    /// In the clear.
    pub fn plain(port: u16) -> io::Result<Smtp> {
        Smtp::greeted(Line::plain(port)?)
    }

    /// In the clear, then TLS by STARTTLS.
    pub fn start_tls(port: u16, ca: &Path) -> io::Result<Smtp> {
        let mut smtp = Smtp::plain(port)?;
        demand(&smtp.say("STARTTLS")?)?;
        smtp.line.secure(ca)?;
        smtp.hello()?;
        Ok(smtp)
    }

    /// TLS from the first byte.
    pub fn tls(port: u16, ca: &Path) -> io::Result<Smtp> {
        let mut line = Line::plain(port)?;
        line.secure(ca)?;
        Smtp::greeted(line)
    }

    fn greeted(line: Line) -> io::Result<Smtp> {
        let mut smtp = Smtp { line, offers: String::new() };
        demand(&smtp.reply()?)?;
        smtp.hello()?;
        Ok(smtp)
    }

    fn hello(&mut self) -> io::Result<()> {
        let reply = self.say("EHLO laptop.client.example")?;
        demand(&reply)?;
        self.offers = reply.text;
        Ok(())
    }

    /// Says one line and hears the reply.
    pub fn say(&mut self, line: &str) -> io::Result<Reply> {
        self.line.put(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    /// AUTH PLAIN (RFC 4616).
    pub fn log_in(&mut self, user: &str, password: &str) -> io::Result<Reply> {
        let word = data_encoding::BASE64.encode(format!("\0{user}\0{password}").as_bytes());
        self.say(&format!("AUTH PLAIN {word}"))
    }

    /// One mail to one recipient; the first reply that is not good ends it and is the answer.
    pub fn send(&mut self, from: &str, to: &str, mail: &[u8]) -> io::Result<Reply> {
        for line in [format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"), "DATA".to_owned()] {
            let reply = self.say(&line)?;
            if !reply.is_good() {
                self.say("RSET")?;
                return Ok(reply);
            }
        }
        self.line.put(&dotted(mail))?;
        self.reply()
    }

    fn reply(&mut self) -> io::Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let line = self.line.get()?;
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(format!("no reply: {line:?}")))?;
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, text: lines.join("\n") });
            }
        }
    }
}

fn demand(reply: &Reply) -> io::Result<()> {
    if reply.is_good() { Ok(()) } else { Err(io::Error::other(format!("{reply:?}"))) }
}

/// The mail with a dot before each dot that begins a line, and the final dot (RFC 5321, section 4.5.2). Line ends
/// stay as they are: some stories need them wrong.
fn dotted(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}
