//! A submission server that does what it is told: honest by default, and at chosen moments silent, gone, or lying.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use maildesk::mail::wire::{Security, Wire};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// The moments at which it can lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Greeting,
    Hello,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Reset,
    Data,
    /// While the mail comes.
    Body,
    /// After the final dot: the mail is stored before a `Stall` or `Close`, not before a refusal.
    Dot,
}

/// What it does instead of the honest answer.
#[derive(Clone, Debug)]
pub enum Act {
    /// These bytes, then on as if nothing were wrong.
    Say(&'static str),
    /// These bytes, then the connection is closed.
    SayAndClose(&'static str),
    Close,
    /// Nothing at all, for ever.
    Stall,
    /// These bytes, and then nothing more.
    SayAndStall(&'static str),
    /// The honest answer, once somebody says so. Only at the final dot.
    AnswerAt(Arc<Notify>),
    /// As the other, until this is set; honest from then on.
    Until(Arc<AtomicBool>, Box<Act>),
}

/// One lie: where, at which time (from 1; 0 means every time), what.
pub type Lie = (Stage, usize, Act);

/// A mail that it has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The parameters of MAIL FROM: and RCPT TO:, as they came.
    pub from: String,
    pub to: String,
    /// With dots undone.
    pub mail: Vec<u8>,
}

#[derive(Clone)]
pub struct Script {
    pub security: Security,
    pub acceptor: Option<TlsAcceptor>,
    /// Keywords of the EHLO reply; AUTH and STARTTLS are named where they belong.
    pub keywords: Vec<&'static str>,
    pub lies: Vec<Lie>,
}

impl Default for Script {
    fn default() -> Script {
        Script {
            security: Security::Plain,
            acceptor: None,
            keywords: vec!["SIZE 1000000", "AUTH PLAIN LOGIN", "8BITMIME"],
            lies: Vec::new(),
        }
    }
}

#[derive(Default)]
struct Notes {
    taken: Vec<Taken>,
    heard: Vec<String>,
    reached: Vec<Stage>,
    connections: usize,
}

pub struct Liar {
    pub port: u16,
    notes: Arc<Mutex<Notes>>,
    task: JoinHandle<()>,
}

impl Liar {
    pub async fn start(script: Script) -> Liar {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let notes = Arc::new(Mutex::new(Notes::default()));
        let shared = notes.clone();
        let task = tokio::spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().expect("no panic").connections += 1;
                let session = Session { script: script.clone(), notes: shared.clone() };
                sessions.spawn(session.run(stream));
            }
        });
        Liar { port, notes, task }
    }

    /// All mails stored so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.notes.lock().expect("no panic").taken.clone()
    }

    /// All command lines so far, of all connections.
    pub fn heard(&self) -> Vec<String> {
        self.notes.lock().expect("no panic").heard.clone()
    }

    pub fn connections(&self) -> usize {
        self.notes.lock().expect("no panic").connections
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Session {
    script: Script,
    notes: Arc<Mutex<Notes>>,
}

/// The connection is over.
struct Over;

impl<E: std::error::Error> From<E> for Over {
    fn from(_: E) -> Over {
        Over
    }
}

impl Session {
    async fn run(self, stream: TcpStream) {
        stream.set_nodelay(true).expect("an open socket");
        let mut wire: Wire = Box::new(stream);
        if self.script.security == Security::Tls {
            match self.acceptor().accept(wire).await {
                Ok(tls) => wire = Box::new(tls),
                Err(_) => return,
            }
        }
        let mut wire = BufReader::new(wire);
        if self.answer(&mut wire, Stage::Greeting, "220 liar.example ESMTP\r\n").await.is_err() {
            return;
        }
        let mut encrypted = self.script.security == Security::Tls;
        while let Ok(upgrade) = self.talk(&mut wire, encrypted).await {
            if !upgrade {
                return;
            }
            match self.acceptor().accept(wire.into_inner()).await {
                Ok(tls) => wire = BufReader::new(Box::new(tls)),
                Err(_) => return,
            }
            encrypted = true;
        }
    }

    fn acceptor(&self) -> &TlsAcceptor {
        self.script.acceptor.as_ref().expect("a script with TLS has a certificate")
    }

    /// Talks until the end (`false`) or until STARTTLS was agreed upon (`true`).
    async fn talk(&self, wire: &mut BufReader<Wire>, encrypted: bool) -> Result<bool, Over> {
        let mut envelope = (String::new(), String::new());
        loop {
            let line = read_line(wire).await?;
            self.notes.lock().expect("no panic").heard.push(line.clone());
            let (verb, argument) = line.split_once([' ', ':']).unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.answer(wire, Stage::Hello, &self.hello(encrypted)).await?,
                "HELO" | "NOOP" => say(wire, "250 liar.example\r\n").await?,
                "RSET" => {
                    envelope = Default::default();
                    self.answer(wire, Stage::Reset, "250 2.0.0 Ok\r\n").await?
                }
                "STARTTLS" => return self.answer(wire, Stage::StartTls, "220 2.0.0 go ahead\r\n").await,
                "AUTH" => self.auth(wire, argument).await?,
                "MAIL" if !envelope.0.is_empty() => say(wire, "503 5.5.1 nested MAIL command\r\n").await?,
                "MAIL" => {
                    let welcome = self.answer(wire, Stage::Mail, "250 2.1.0 Ok\r\n").await?;
                    envelope.0 = if welcome { argument.to_owned() } else { String::new() };
                    welcome
                }
                "RCPT" if envelope.0.is_empty() => say(wire, "503 5.5.1 need MAIL command\r\n").await?,
                "RCPT" => {
                    let welcome = self.answer(wire, Stage::Rcpt, "250 2.1.5 Ok\r\n").await?;
                    envelope.1 = if welcome { argument.to_owned() } else { String::new() };
                    welcome
                }
                "DATA" if envelope.1.is_empty() => {
                    let welcome = self.answer(wire, Stage::Data, "554 5.5.1 no valid recipients\r\n").await?;
                    self.script.lies.iter().any(|lie| lie.0 == Stage::Data)
                        && welcome
                        && self.data(wire, std::mem::take(&mut envelope)).await?
                }
                "DATA" => {
                    let welcome = self.answer(wire, Stage::Data, "354 go on\r\n").await?;
                    welcome && self.data(wire, std::mem::take(&mut envelope)).await?
                }
                "QUIT" => {
                    say(wire, "221 2.0.0 Bye\r\n").await?;
                    return Ok(false);
                }
                _ => say(wire, "500 5.5.2 what?\r\n").await?,
            };
        }
    }

    fn hello(&self, encrypted: bool) -> String {
        let mut lines = vec!["liar.example"];
        let plain = self.script.security == Security::Plain;
        lines.extend(self.script.keywords.iter().filter(|k| plain || encrypted || !k.starts_with("AUTH")));
        if self.script.security == Security::StartTls && !encrypted {
            lines.push("STARTTLS");
        }
        let last = lines.len() - 1;
        let lines = lines.iter().enumerate();
        lines.map(|(n, line)| format!("250{}{line}\r\n", if n == last { ' ' } else { '-' })).collect()
    }

    async fn auth(&self, wire: &mut BufReader<Wire>, argument: &str) -> Result<bool, Over> {
        if argument.eq_ignore_ascii_case("LOGIN") {
            for challenge in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"] {
                say(wire, challenge).await?;
                let line = read_line(wire).await?;
                self.notes.lock().expect("no panic").heard.push(line);
            }
        }
        match self.lie(Stage::Auth) {
            // A challenge is answered, whatever with, before the next word about it.
            Some(Act::Say(words)) if words.starts_with("334") => {
                say(wire, words).await?;
                let line = read_line(wire).await?;
                self.notes.lock().expect("no panic").heard.push(line);
                self.answer(wire, Stage::Auth, "235 2.7.0 welcome\r\n").await
            }
            Some(act) => perform(wire, act).await,
            None => say(wire, "235 2.7.0 welcome\r\n").await,
        }
    }

    async fn data(&self, wire: &mut BufReader<Wire>, envelope: (String, String)) -> Result<bool, Over> {
        if let Some(act) = self.lie(Stage::Body) {
            return perform(wire, act).await;
        }
        let mut mail = Vec::new();
        let mut line = Vec::new();
        loop {
            line.clear();
            if wire.read_until(b'\n', &mut line).await? == 0 {
                return Err(Over);
            }
            match line.as_slice() {
                b".\r\n" => break,
                [b'.', rest @ ..] => mail.extend(rest),
                whole => mail.extend(whole),
            }
        }
        let lie = self.lie(Stage::Dot);
        if !matches!(lie, Some(Act::Say(_) | Act::SayAndClose(_))) {
            let taken = Taken { from: envelope.0, to: envelope.1, mail };
            self.notes.lock().expect("no panic").taken.push(taken);
        }
        match lie {
            Some(act) => perform(wire, act).await,
            None => say(wire, "250 2.0.0 Ok: queued as 4Zx\r\n").await,
        }
    }

    /// The honest answer, or the lie for this moment. `true` when the dialogue goes on as honest.
    async fn answer(&self, wire: &mut BufReader<Wire>, stage: Stage, honest: &str) -> Result<bool, Over> {
        match self.lie(stage) {
            None => say(wire, honest).await,
            Some(act) => perform(wire, act).await,
        }
    }

    fn lie(&self, stage: Stage) -> Option<Act> {
        let mut notes = self.notes.lock().expect("no panic");
        notes.reached.push(stage);
        let times = notes.reached.iter().filter(|reached| **reached == stage).count();
        let lie = self.script.lies.iter().find(|lie| lie.0 == stage && (lie.1 == 0 || lie.1 == times));
        match lie.map(|lie| lie.2.clone()) {
            Some(Act::Until(mended, act)) => (!mended.load(Ordering::SeqCst)).then_some(*act),
            other => other,
        }
    }
}

async fn perform(wire: &mut BufReader<Wire>, act: Act) -> Result<bool, Over> {
    match act {
        Act::Say(words) => {
            say(wire, words).await?;
            Ok(words.starts_with(['2', '3']))
        }
        Act::SayAndClose(words) => {
            say(wire, words).await?;
            Err(Over)
        }
        Act::Close => Err(Over),
        Act::SayAndStall(words) => {
            say(wire, words).await?;
            std::future::pending().await
        }
        Act::AnswerAt(bell) => {
            bell.notified().await;
            say(wire, "250 2.0.0 Ok: queued as 4Zx\r\n").await
        }
        Act::Until(..) => unreachable!("opened before"),
        Act::Stall => std::future::pending().await,
    }
}

async fn say(wire: &mut BufReader<Wire>, words: &str) -> Result<bool, Over> {
    wire.get_mut().write_all(words.as_bytes()).await?;
    wire.get_mut().flush().await?;
    Ok(true)
}

async fn read_line(wire: &mut BufReader<Wire>) -> Result<String, Over> {
    let mut line = String::new();
    match wire.read_line(&mut line).await? {
        0 => Err(Over),
        _ => Ok(line.trim_end().to_owned()),
    }
}
