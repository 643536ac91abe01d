//! What a server may say that is not so, or not all, and what we make of it.

mod certificates;
mod connecting;
mod farewells;
mod fetching;
mod filing;
mod waiting;

use maildesk::mail::imap::{Session, Trouble};

use crate::support::liar_imap::{Liar, Script};

/// A session with INBOX open on a server that goes on with `script`.
async fn opened(script: Script) -> (Session, Liar) {
    let liar = script.start().await;
    let mut session = Session::connect(&liar.account()).await.unwrap();
    session.select("INBOX").await.unwrap();
    (session, liar)
}

/// The session must be over, and say so as a lost connection.
async fn assert_over(session: &mut Session) {
    assert!(!session.is_usable());
    assert!(matches!(session.noop().await, Err(Trouble::Network(_))));
}
