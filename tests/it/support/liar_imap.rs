//! An IMAP server that says exactly what its script says: the lies no real server tells on command.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use maildesk::mail::imap::{Account, Auth, Deadlines};
use maildesk::mail::secret::Secret;
use maildesk::mail::wire::{Endpoint, Security, Trust, Wire};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The password of every scripted account.
pub const PASSWORD: &str = "slaptas 1\"2";

/// One step of the script.
#[derive(Clone)]
enum Act {
    /// Reads a line and remembers its tag; the rest must begin with this.
    Hear(String),
    /// Reads a line without a tag (DONE, an answer to `+`), which must begin with this.
    HearBare(String),
    /// Reads this many bytes of a literal and the line end behind it.
    Swallow(usize),
    /// Sends this with `{tag}` filled in.
    Say(Vec<u8>),
    /// As `Say`, one byte a segment, with the given pause before each.
    Drip(Vec<u8>, Duration),
    /// Says this again and again until the client goes.
    Repeat(String, Duration),
    /// Closes with FIN.
    Close,
    /// Closes with RST.
    Reset,
    /// Never says another word, and reads none.
    Hang,
    /// Reads no lines any more, only bytes, and answers what is no TLS.
    Babble,
    /// From here on under TLS.
    Tls(TlsAcceptor),
}

/// The script, and after [`Liar::start`] the server.
#[derive(Default)]
pub struct Script {
    acts: VecDeque<Act>,
}

impl Script {
    /// A greeting alone; what follows is up to the test.
    pub fn greeting(text: &str) -> Script {
        Script::default().say(text)
    }

    /// Greeting, capabilities, LOGIN, capabilities: a session of a server that can do `capabilities`.
    pub fn logged_in(capabilities: &str) -> Script {
        let list = format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n{{tag}} OK done\r\n");
        Script::greeting("* OK ready\r\n")
            .hear("CAPABILITY", &list)
            .hear("LOGIN", "{tag} OK in\r\n")
            .hear("CAPABILITY", &list)
    }

    /// As [`Script::logged_in`], and INBOX with three mails open, UIDVALIDITY 7.
    pub fn opened(capabilities: &str) -> Script {
        Script::logged_in(capabilities).hear(
            "SELECT \"INBOX\"",
            "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n* OK [UIDNEXT 13] next\r\n{tag} OK [READ-WRITE] done\r\n",
        )
    }

    /// Waits for a command and answers.
    pub fn hear(mut self, command: &str, reply: &str) -> Script {
        self.acts.push_back(Act::Hear(command.to_owned()));
        self.say(reply)
    }

    /// Waits for a line that is no command and answers.
    pub fn hear_bare(mut self, line: &str, reply: &str) -> Script {
        self.acts.push_back(Act::HearBare(line.to_owned()));
        self.say(reply)
    }

    pub fn swallow(mut self, bytes: usize, reply: &str) -> Script {
        self.acts.push_back(Act::Swallow(bytes));
        self.say(reply)
    }

    pub fn say(self, text: &str) -> Script {
        self.say_bytes(text.as_bytes())
    }

    pub fn say_bytes(mut self, bytes: &[u8]) -> Script {
        self.acts.push_back(Act::Say(bytes.to_vec()));
        self
    }

    pub fn drip(mut self, text: &str, pause: Duration) -> Script {
        self.acts.push_back(Act::Drip(text.as_bytes().to_vec(), pause));
        self
    }

    pub fn repeat(mut self, text: &str, pause: Duration) -> Script {
        self.acts.push_back(Act::Repeat(text.to_owned(), pause));
        self
    }

    pub fn close(mut self) -> Script {
        self.acts.push_back(Act::Close);
        self
    }

    pub fn reset(mut self) -> Script {
        self.acts.push_back(Act::Reset);
        self
    }

    pub fn hang(mut self) -> Script {
        self.acts.push_back(Act::Hang);
        self
    }

    /// Whatever comes, an answer in another protocol.
    pub fn babble() -> Script {
        Script { acts: VecDeque::from([Act::Babble]) }
    }

    /// Takes the client's side of a TLS handshake; what follows is said under it.
    pub fn tls(mut self, acceptor: TlsAcceptor) -> Script {
        self.acts.push_back(Act::Tls(acceptor));
        self
    }

    /// After a `close`: what the next connection gets.
    pub fn then(self, next: Script) -> Script {
        self.append(next)
    }

    /// What comes next on the same connection.
    pub fn append(mut self, mut next: Script) -> Script {
        self.acts.append(&mut next.acts);
        self
    }

    /// Listens on a free port of loopback and plays the script, one connection after another.
    pub async fn start(self) -> Liar {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let complaint = Arc::new(Mutex::new(None));
        let (lines, fault) = (heard.clone(), complaint.clone());
        let task = tokio::spawn(async move {
            let mut acts = self.acts;
            while !acts.is_empty() {
                let Ok((stream, _)) = listener.accept().await else { return };
                if let Err(text) = play(stream, &mut acts, &lines).await {
                    fault.lock().unwrap().get_or_insert(text);
                    return;
                }
            }
        });
        Liar { port, heard, complaint, task }
    }
}

/// A running liar. Dropping it fails the test if the client said something the script did not expect.
pub struct Liar {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    complaint: Arc<Mutex<Option<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Liar {
    /// An account on this server, in the clear, with short deadlines.
    pub fn account(&self) -> Account {
        let short = Duration::from_millis(300);
        Account {
            endpoint: Endpoint { host: "127.0.0.1".into(), port: self.port, security: Security::Plain },
            user: "ona@client.example".into(),
            password: Secret::new(PASSWORD),
            auth: Auth::Auto,
            trust: Trust::load(None).unwrap(),
            deadlines: Deadlines {
                greeting: short,
                login: short,
                quiet: short,
                idle: short,
                logout: short,
                ..Deadlines::default()
            },
        }
    }

    /// Every line the client sent so far.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.task.abort();
        let complaint = self.complaint.lock().unwrap().take();
        match complaint {
            _ if std::thread::panicking() => {
                eprintln!("the client said {:#?}; not expected: {complaint:?}", self.heard());
            }
            Some(text) => panic!("the client said what the script did not expect: {text}"),
            None => {}
        }
    }
}

/// Plays acts on one connection until it is closed. A client that goes away is no fault.
async fn play(stream: TcpStream, acts: &mut VecDeque<Act>, heard: &Mutex<Vec<String>>) -> Result<(), String> {
    stream.set_nodelay(true).unwrap();
    let socket = socket2::SockRef::from(&stream).try_clone().unwrap();
    let mut stream = BufReader::new(Box::new(stream) as Wire);
    let mut tag = String::new();
    while let Some(act) = acts.pop_front() {
        match act {
            Act::Hear(want) => {
                let Some(line) = hear(&mut stream, heard).await else { return Ok(()) };
                let Some((its_tag, command)) = line.split_once(' ') else { return Err(line) };
                its_tag.clone_into(&mut tag);
                if !command.starts_with(&want) {
                    return Err(format!("{command:?} instead of {want:?}"));
                }
            }
            Act::HearBare(want) => {
                let Some(line) = hear(&mut stream, heard).await else { return Ok(()) };
                if !line.starts_with(&want) {
                    return Err(format!("{line:?} instead of {want:?}"));
                }
            }
            Act::Swallow(count) => {
                let mut literal = vec![0; count + 2];
                if stream.read_exact(&mut literal).await.is_err() {
                    return Ok(());
                }
            }
            Act::Say(bytes) => drop(stream.write_all(&filled(&bytes, &tag)).await),
            Act::Drip(bytes, pause) => {
                for byte in filled(&bytes, &tag) {
                    tokio::time::sleep(pause).await;
                    drop(stream.write_all(&[byte]).await);
                }
            }
            Act::Repeat(text, pause) => loop {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    line = hear(&mut stream, heard) => {
                        // The client broke the silence: back to the script, from its next line on.
                        let Some(line) = line else { return Ok(()) };
                        if let Some(Act::HearBare(want)) = acts.front() && line.starts_with(want.as_str()) {
                            acts.pop_front();
                        }
                        break;
                    }
                }
                drop(stream.write_all(text.as_bytes()).await);
            },
            Act::Close => return Ok(()),
            Act::Reset => {
                socket.set_linger(Some(Duration::ZERO)).unwrap();
                return Ok(());
            }
            Act::Hang => std::future::pending().await,
            Act::Babble => {
                let _ = stream.read(&mut [0; 4096]).await;
                drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
            }
            Act::Tls(acceptor) => match acceptor.accept(stream.into_inner()).await {
                Ok(secured) => stream = BufReader::new(Box::new(secured) as Wire),
                Err(_) => return Ok(()),
            },
        }
    }
    // The script is over: read what else is said, so that nothing of it is lost to an early close.
    while hear(&mut stream, heard).await.is_some() {}
    Ok(())
}

async fn hear(stream: &mut BufReader<Wire>, heard: &Mutex<Vec<String>>) -> Option<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await {
        Ok(count) if count > 0 => {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            heard.lock().unwrap().push(line.clone());
            Some(line)
        }
        _ => None,
    }
}

fn filled(bytes: &[u8], tag: &str) -> Vec<u8> {
    match bytes.windows(5).position(|window| window == b"{tag}") {
        Some(at) => [&bytes[..at], tag.as_bytes(), &filled(&bytes[at + 5..], tag)].concat(),
        None => bytes.to_vec(),
    }
}
