//! What an IMAP server answers.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use maildesk::mail::imap::{Account, Auth, Deadlines, Listed, Session, Trouble, Watch};
use maildesk::mail::secret::Secret;
use maildesk::mail::wire::{Endpoint, Security, Trust};

use super::talk::{self, Heard, Server};

/// Whatever the server says: a mail comes at most once and only where it was asked for, each that was asked for is accounted
/// for, every trouble is told on one short line without the password, after a doubt nothing more is said, and what we say is
/// one line for each command. The first byte chooses what is asked for.
pub fn holds(bytes: &[u8]) {
    let Some((choice, script)) = bytes.split_first() else { return };
    let (server, heard) = Server::of(script);
    talk::run(visit(server, &heard, *choice));
    said_in_lines(&talk::all(&heard));
    super::grown(script, |big| {
        let (server, heard) = Server::of(big);
        talk::run(visit(server, &heard, *choice));
    });
}

const PASSWORD: &str = "canary-slaptas";

fn account(choice: u8) -> Account {
    let auth = [Auth::Auto, Auth::Login, Auth::Plain, Auth::Xoauth2][usize::from(choice >> 4) % 4];
    Account {
        endpoint: Endpoint { host: "mail.desk.example".to_owned(), port: 143, security: Security::Plain },
        user: "support@desk.example".to_owned(),
        password: Secret::new(PASSWORD),
        auth,
        trust: Trust::none(),
        deadlines: Deadlines::default(),
    }
}

async fn visit(server: Server, heard: &Heard, choice: u8) {
    let mut session = match Session::over(Box::new(server), &account(choice)).await {
        Ok(session) => session,
        Err(trouble) => {
            let said = String::from_utf8_lossy(&talk::all(heard)).into_owned();
            let is_told_it = said.contains("LOGIN") || said.contains("AUTHENTICATE");
            assert!(!is_told_it || !trouble.to_string().contains(PASSWORD), "{trouble}");
            return is_told(&trouble);
        }
    };
    assert!(session.capabilities().iter().all(|name| *name == name.to_ascii_uppercase()));
    let outcome = match choice % 4 {
        0 => taking(&mut session).await,
        1 => filing(&mut session).await,
        2 => looking(&mut session).await,
        _ => waiting(&mut session).await,
    };
    if let Err(trouble) = outcome {
        is_told(&trouble);
    }
    if !session.is_usable() {
        assert!(matches!(session.noop().await, Err(Trouble::Network(_))), "a doubtful session went on");
    }
    session.logout().await;
}

fn is_told(trouble: &Trouble) {
    let (Trouble::Refused(text) | Trouble::Network(text) | Trouble::Protocol(text) | Trouble::Gone(text)) =
        trouble;
    assert!(text.chars().count() <= 200 && super::is_one_line(text), "{text:?}");
}

const ASKED: [u32; 5] = [1, 2, 3, 7, u32::MAX];

async fn taking(session: &mut Session) -> Result<(), Trouble> {
    let selected = session.select("INBOX").await?;
    assert!(selected.validity > 0);
    let found = session.uids_from(5).await?;
    assert!(found.is_sorted_by(|a, b| a < b) && found.iter().all(|uid| *uid >= 5), "{found:?}");
    let listed = session.list(&ASKED).await?;
    assert!(listed.is_sorted_by(|a, b| a.uid < b.uid) && listed.iter().all(|mail| ASKED.contains(&mail.uid)));
    let mut came = Vec::new();
    let fetched = session.fetch(&ASKED, |mail| {
        assert!(!mail.bytes.is_empty(), "an empty mail");
        came.push(mail.listed.uid);
    });
    let fetched = fetched.await?;
    is_each_once(&[&came, &fetched.gone, &fetched.withheld]);
    if let Some(piece) = session.fetch_partial(7, 10, 20).await? {
        assert!(piece.len() <= 20, "more than was asked for");
    }
    let big = Listed { uid: 7, size: 100, arrived: None, deleted: false, seen: false };
    let whole = session.fetch_whole(&big, 200).await?;
    assert!(whole.is_none_or(|bytes| !bytes.is_empty() && bytes.len() <= 200));
    assert!(session.fetch_header(7).await?.is_none_or(|bytes| !bytes.is_empty()));
    Ok(())
}

/// Each of [`ASKED`] stands in exactly one of the lists.
fn is_each_once(lists: &[&[u32]]) {
    let mut all = lists.concat();
    all.sort_unstable();
    assert_eq!(all, ASKED, "{lists:?}");
}

async fn filing(session: &mut Session) -> Result<(), Trouble> {
    session.select("INBOX").await?;
    let moved = session.move_to(&ASKED, "Sutvarkyta").await?;
    is_each_once(&[&moved.moved, &moved.gone, &moved.left]);
    let bearing = session.add_flags(&ASKED, &["\\Seen", "$Ticketed"]).await?;
    assert!(bearing.iter().all(|uid| ASKED.contains(uid)));
    session.create("Sutvarkyta").await?;
    session.append("Sutvarkyta", b"Subject: labas\r\n\r\nlabas", &["\\Seen"]).await?;
    Ok(())
}

async fn looking(session: &mut Session) -> Result<(), Trouble> {
    let folders = session.folders().await?;
    if let Some(sent) = session.sent_folder().await? {
        assert!(!sent.is_empty() || folders.iter().any(|folder| folder.name.is_empty()));
    }
    session.examine("Išsiųsta").await?;
    let there = session.still_there(&ASKED).await?;
    assert!(there.is_sorted_by(|a, b| a < b) && there.iter().all(|uid| ASKED.contains(uid)));
    session.server_id().await?;
    Ok(())
}

async fn waiting(session: &mut Session) -> Result<(), Trouble> {
    session.select("INBOX").await?;
    for watch in [Watch::Idle, Watch::Ask(Duration::from_millis(1))] {
        session.wait(Duration::from_secs(60), watch, Soon(3)).await?;
        session.noop().await?;
    }
    Ok(())
}

/// A poke that comes when it has been looked for some times.
struct Soon(u8);

impl Future for Soon {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Nothing that the server said gets us to say two commands in one, or half of one.
fn said_in_lines(said: &[u8]) {
    let mut rest = said;
    while !rest.is_empty() {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a line ends");
        let line = &rest[..end];
        assert!(!line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)), "{:?}", String::from_utf8_lossy(line));
        assert!(line.len() < 8_192);
        rest = &rest[end + 2..];
    }
}
